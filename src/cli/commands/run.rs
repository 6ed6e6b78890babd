//! `konform run`: the main job.

use std::fs::{self, File};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

use super::{block_on, inputs};
use crate::cli::UsageError;
use crate::cli::args::{FailOn, Format, Mode, Run};
use crate::cli::config::{Chosen, Config};
use crate::cli::output::Output;
use crate::crypto;
use crate::model::{Case, Event, Exit, RunHeader, Summary};
use crate::report::{self, console, snapshot};
use crate::runner::summary::{Demands, explain, summarize};
use crate::runner::{Journal, Live, Options, Runner};

pub(in crate::cli) fn run(args: &Run, out: &mut Output) -> Result<Exit, UsageError> {
    let config = Config::resolve(&args.common)?;
    let chosen = Chosen::new(&args.selection)?;
    let plan = config.plan();
    let (mut planned, mut not_selected) = (0_u64, 0_u64);
    for case in plan.cases() {
        if chosen.takes(&case, &config.contract) && config.allows(&case) { planned += 1 } else { not_selected += 1 }
    }
    if planned == 0 {
        return Err(UsageError(
            "no case selected: `konform list` shows all ids; --only, --skip and --clause take globs".to_owned(),
        ));
    }
    let saved =
        args.save_failures.as_deref().map(|folder| inputs::read(folder, &plan, &config.contract.id)).transpose()?;
    let saved = saved.unwrap_or_default();
    planned += saved.len() as u64;
    let folder = folder(args)?;
    let events = args.events.as_deref().filter(|p| *p != Path::new("-")).map(File::create).transpose();
    let events = events.map_err(|e| UsageError(format!("failed to create --events: {e}")))?;
    block_on(async {
        let (target, http, embedded) = config.connect().await?;
        let header = RunHeader {
            suite: env!("CARGO_PKG_VERSION").to_owned(),
            contract: config.contract.id.clone(),
            contract_digest: config.contract_digest.clone(),
            target: if embedded.is_some() { "embedded sandbox".to_owned() } else { target.base().to_owned() },
            profile: config.profile.as_ref().map(|p| p.file.clone()),
            profile_digest: config.profile_digest.clone(),
            seed: config.seed,
            salt: format!("{:016x}", config.salt),
            mode: config.mode.word(),
            faults: config.fault_names.clone(),
            planned,
            not_selected,
            started: Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            kill_rate: config.kill_rate,
        };
        let mut journal =
            Journal::create(&folder.join("evidence.jsonl"), &header).map_err(|e| UsageError(e.to_string()))?;
        let stop = Arc::new(AtomicBool::new(false));
        watch_interrupt(Arc::clone(&stop));
        if let Some(seconds) = args.max_time {
            let stop = Arc::clone(&stop);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                stop.store(true, Ordering::Relaxed);
            });
        }
        let runner =
            Arc::new(Runner::new(plan, http, config.access(target), config.ambient(), options(args, &config), stop));
        let progress = Progress::start(args.quiet, planned, runner.live());
        let mut sinks = (events, args.events.as_deref() == Some(Path::new("-")));
        let cases: Box<dyn Iterator<Item = Case> + Send> = Box::new(
            saved
                .into_iter()
                .chain(runner.plan().cases().filter(|c| chosen.takes(c, &config.contract) && config.allows(c))),
        );
        let ran = runner
            .run(cases, &mut journal, &mut |event| {
                if let Event::Case(record) = &event {
                    let line = serde_json::to_string(&**record).unwrap_or_default();
                    if let Some(file) = &mut sinks.0 {
                        // The event stream is a courtesy: evidence is what must not be lost.
                        let _ = writeln!(file, "{line}");
                    }
                    if sinks.1 {
                        out.line(&line);
                    }
                }
            })
            .await;
        drop(progress);
        drop(embedded);
        let mut tally = match ran {
            Ok(tally) => tally,
            Err(error) => {
                Output::problem(&error.to_string());
                return Ok(Exit::Evidence);
            }
        };
        tally.close(|id| runner.plan().find(id));
        tally.counts.not_selected = not_selected;
        let program = std::env::args().next().unwrap_or_else(|| "konform".to_owned());
        let command = |number: usize| {
            format!("{program} replay {}", folder.join("findings").join(format!("{number}.json")).display())
        };
        let demands = Demands {
            fail_on_should: args.fail_on == FailOn::Should,
            min_coverage: args.min_coverage,
            slow: config.profile.as_ref().and_then(|p| p.slow),
        };
        let mut summary = summarize(&tally, runner.plan(), demands, &command);
        if let Some(folder) = &args.save_failures {
            inputs::write(folder, &config, &summary)?;
        }
        explain(&mut summary, &tally, runner.plan());
        match journal.finish(summary.partial) {
            Ok(root) => summary.root = root,
            Err(error) => {
                Output::problem(&error.to_string());
                return Ok(Exit::Evidence);
            }
        }
        Ok(finish(args, &config, &chosen, (&header, &summary), &folder, out))
    })
}

/// Writes the reports and prints the end.
fn finish(
    args: &Run,
    config: &Config,
    chosen: &Chosen,
    (header, summary): (&RunHeader, &Summary),
    folder: &Path,
    out: &mut Output,
) -> Exit {
    let replay = report::Replay {
        contract: config.contract_name.clone(),
        target: config.target.as_ref().map(|t| t.base().to_owned()),
        profile: config.profile.as_ref().map(|p| p.file.clone()),
        seed: config.seed,
        encrypt: config.encrypt.word(),
        faults: config.fault_names.clone(),
    };
    if let Err(error) = report::write(folder, header, summary, &replay) {
        Output::problem(&format!("failed to write the reports in {}: {error}", folder.display()));
        return Exit::Evidence;
    }
    let mut log = console::summary(header, summary, &folder.display().to_string());
    // What an outage, a choice or a fault made is no behaviour to remember.
    if chosen.everything()
        && config.mode == Mode::Gate
        && !summary.partial
        && summary.obstacles.is_empty()
        && config.faults.is_empty()
    {
        match snapshot::write(Path::new("snapshots"), &config.target_name(), &folder.join("evidence.jsonl")) {
            Ok(written) => {
                for one in written {
                    match one {
                        snapshot::Written::New(path) => log = format!("snapshot: {} is new\n{log}", path.display()),
                        snapshot::Written::Changed(path) => {
                            log = format!(
                                "snapshot: behaviour changed, see {} (cargo insta review)\n{log}",
                                path.display()
                            );
                        }
                        snapshot::Written::Same => {}
                    }
                }
            }
            Err(error) => Output::note(&format!("warning: failed to write the snapshot: {error}")),
        }
    }
    if let Err(error) = fs::write(folder.join("run.log"), &log) {
        Output::note(&format!("warning: failed to write run.log: {error}"));
    }
    match args.format {
        Format::Human => out.text(&log),
        Format::Json => out.line(&serde_json::json!({"run": header, "summary": summary, "folder": folder}).to_string()),
    }
    match summary.exit {
        0 => Exit::Green,
        1 => Exit::Broken,
        3 => Exit::Unclear,
        6 => Exit::Coverage,
        _ => Exit::Harness,
    }
}

fn options(args: &Run, config: &Config) -> Options {
    let profile = config.profile.as_ref();
    let (jobs, rate) = if config.local() { (16, None) } else { (4, Some(5)) };
    let rate = args.rate.or(profile.and_then(|p| p.rate)).or(rate);
    // Evidence is written a batch at a time: at a slow rate a batch is a few seconds long.
    let batch = rate.filter(|r| *r > 0).map_or(256, |r| (r as usize * 4).clamp(16, 256));
    Options {
        jobs: args.jobs.map(usize::from).or(profile.and_then(|p| p.connections)).unwrap_or(jobs),
        rate,
        max_failures: if args.fail_fast { Some(1) } else { args.max_failures },
        fail_on_should: args.fail_on == FailOn::Should,
        batch: if args.fail_fast { 16 } else { batch },
        confirm: true,
        poll: config.poll.unwrap_or(Options::default().poll),
    }
}

/// The run folder, made before the first request.
fn folder(args: &Run) -> Result<PathBuf, UsageError> {
    let unwritable = |path: &Path, e: std::io::Error| {
        UsageError(format!("failed to make the report folder {}: {e}\nno request was sent", path.display()))
    };
    if let Some(out) = &args.out {
        if fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(UsageError(format!("{} is not empty: a report overwrites nothing", out.display())));
        }
        fs::create_dir_all(out).map_err(|e| unwritable(out, e))?;
        let probe = out.join("run.log");
        File::create(&probe).map_err(|e| unwritable(out, e))?;
        return Ok(out.clone());
    }
    let name = format!("{}-{}", Utc::now().format("%Y%m%dT%H%M%SZ"), crypto::hex(&crypto::random::<2>()));
    let path = Path::new("reports").join(&name);
    fs::create_dir_all(&path).map_err(|e| unwritable(&path, e))?;
    fs::write("reports/latest", format!("{name}\n")).map_err(|e| unwritable(Path::new("reports/latest"), e))?;
    Ok(path)
}

/// The first Ctrl-C ends the run between two requests; the report then says so.
fn watch_interrupt(stop: Arc<AtomicBool>) {
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.store(true, Ordering::Relaxed);
            // A second one ends the process the ordinary way.
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::abort();
            }
        }
    });
}

/// A bar on a terminal, plain lines elsewhere, nothing if quiet; ends when dropped.
struct Progress(Option<JoinHandle<()>>);

impl Progress {
    fn start(quiet: bool, planned: u64, live: Arc<Live>) -> Self {
        if quiet {
            return Self(None);
        }
        let terminal = std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        Self(Some(if terminal { tokio::spawn(bar(planned, live)) } else { tokio::spawn(lines(planned, live)) }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// Clears the bar also when its task is cut off.
struct Bar(ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

async fn bar(planned: u64, live: Arc<Live>) {
    let bar = Bar(ProgressBar::with_draw_target(Some(planned), ProgressDrawTarget::stderr()));
    let style = "{pos}/{len} cases, {msg} failing, {per_sec}, {eta} left {wide_bar}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.0.set_style(style);
    }
    loop {
        let (done, failing) = live.counts();
        bar.0.set_message(failing.to_string());
        bar.0.set_position(done);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn lines(planned: u64, live: Arc<Live>) {
    let started = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (done, failing) = live.counts();
        Output::note(&format!("{done}/{planned} cases, {failing} failing, {:.0} s", started.elapsed().as_secs_f32()));
    }
}
