//! `konform run`: the main job, from its beginning or from where it was killed.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::Utc;

use super::acceptance::{self, Acceptance};
use super::job::{Job, count, pools, saved};
use super::{block_on, inputs, resume};
use crate::cli::Failure;
use crate::cli::args::Run;
use crate::cli::chosen::Chosen;
use crate::cli::config::Config;
use crate::cli::hosts;
use crate::cli::output::Output;
use crate::cli::paint;
use crate::cli::progress::Progress;
use crate::cli::scan::Scan;
use crate::cli::signals::Signals;
use crate::cli::suite;
use crate::cli::words::{FailOn, Format, Mode, Snapshots};
use crate::crypto;
use crate::evidence::Journal;
use crate::exchange::Target;
use crate::model::run::Selected;
use crate::model::wire::Zone;
use crate::model::{Case, Demands, Event, Exit, RunHeader, Summary};
use crate::report::{self, console, snapshot};
use crate::runner::summary::sum_up;
use crate::runner::{Options, Runner};

/// Where behaviour snapshots lie, a folder for each target.
const SNAPSHOTS: &str = "snapshots";

pub(in crate::cli) fn run(args: &Run, out: &mut Output) -> Result<Exit, Failure> {
    let job = match &args.resume {
        Some(folder) => resume::take_up(args, folder)?,
        None => begin(args)?,
    };
    let events = args.events.as_deref().filter(|p| *p != Path::new("-")).map(File::create).transpose();
    let events = events.map_err(|e| Failure::write("--events", e))?;
    carry_out(args, job, events, out)
}

/// Counts and names the cases, makes the folder, writes the header.
fn begin(args: &Run) -> Result<Job, Failure> {
    if args.common.mode == Mode::Certification {
        let chosen = [&args.selection.only, &args.selection.skip, &args.selection.clause].iter().any(|g| !g.is_empty());
        if chosen || args.baseline.is_some() {
            return Err(Failure::Usage(
                "a certification runs every case and knows no baseline: leave --only, --skip, --clause and --baseline out, \
                 and declare in the profile's `capabilities` what the target does not offer"
                    .to_owned(),
            ));
        }
    }
    let config = Config::resolve(&args.common)?;
    let chosen = Chosen::new(&args.selection)?;
    let plan = chosen.narrow(config.plan());
    let saved = saved(args, &config, &plan)?;
    let (planned, not_selected, plan_digest) = count(&config, &chosen, &plan, &saved);
    if planned == saved.len() as u64 {
        return Err(Failure::Usage(chosen.nothing(&config.contract)));
    }
    let pools = pools(&config, &chosen, &plan, &saved, &[]);
    for need in pools.needs(&config.contract).iter().filter(|need| need.short()) {
        Output::note(&format!("warning: {need}"));
    }
    let acceptance = Acceptance::read(args, &config.contract.id)?;
    let folder = folder(args)?;
    let mut header = RunHeader {
        suite: suite::VERSION.to_owned(),
        suite_digest: suite::DIGEST.to_owned(),
        contract: config.contract.id.clone(),
        contract_digest: config.contract_digest.clone(),
        contract_given: config.contract_name.clone(),
        target: config.target.as_ref().map_or_else(|| "embedded sandbox".to_owned(), |t| t.base().to_owned()),
        address: config.target.as_ref().map(Target::written),
        target_name: config.target_name(),
        profile: config.profile.as_ref().map(|p| p.file.clone()),
        profile_digest: config.profile_digest.clone(),
        seed: config.seed,
        salt: format!("{:016x}", config.salt),
        mode: config.mode.word().to_owned(),
        breadth: config.breadth,
        encrypt: config.encrypt.word().to_owned(),
        faults: config.fault_names.clone(),
        selection: Selected {
            only: args.selection.only.clone(),
            skip: args.selection.skip.clone(),
            clause: args.selection.clause.clone(),
        },
        demands: Demands {
            fail_on_should: args.fail_on == FailOn::Should,
            fail_on_retried: args.fail_on == FailOn::Retried,
            min_coverage: args.min_coverage,
            slow_millis: config
                .profile
                .as_ref()
                .and_then(|p| p.slow)
                .map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
        },
        planned,
        not_selected,
        plan_digest,
        started: Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        power: config.power.clone(),
        program: std::env::args().next().unwrap_or_else(|| "konform".to_owned()),
        folder: folder.display().to_string(),
        waivers_digest: None,
        waivers_file: None,
        baseline_digest: None,
        capabilities: config.profile.as_ref().map(|p| p.capabilities.clone()).unwrap_or_default(),
        challenge: args.challenge.clone(),
    };
    acceptance.keep(&folder, &mut header)?;
    let accepted = acceptance.accepted(&header, &config.contract.zone)?;
    let journal = Journal::create(&folder, &header).map_err(Failure::from)?;
    Ok(Job { config, plan, chosen, saved, header, folder, journal, accepted, pools, past: None })
}

fn carry_out(args: &Run, job: Job, events: Option<File>, out: &mut Output) -> Result<Exit, Failure> {
    let Job { config, plan, chosen, saved, header, folder, mut journal, accepted, pools, past } = job;
    block_on(async {
        let (target, http, embedded) = config.connect().await?;
        let stop = Arc::new(AtomicBool::new(false));
        watch_signals(Arc::clone(&stop))?;
        if let Some(seconds) = args.max_time {
            let stop = Arc::clone(&stop);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                stop.store(true, Ordering::Relaxed);
            });
        }
        let runner = Runner::new(plan, http, config.access(target), config.ambient(), options(args, &config), stop);
        let ended = past.as_ref().map(|past| past.ended.as_slice()).unwrap_or_default();
        let doubtful = past.as_ref().map(|past| past.doubtful.as_slice()).unwrap_or_default();
        let runner = runner.accepting(accepted).sharing(pools, ended).remembering(doubtful);
        let killed = past.as_ref().is_some_and(|past| past.killed);
        let runner = Arc::new(if killed { runner.after_a_kill() } else { runner });
        let done = past.as_ref().map_or(0, |past| past.done);
        let progress = Progress::start(args.quiet, header.planned - done, runner.live());
        let mut sinks = (events, args.events.as_deref() == Some(Path::new("-")));
        let planned = runner.plan().cases().filter(|c| chosen.takes(c, runner.plan()) && config.allows(c));
        let cases: Box<dyn Iterator<Item = Case> + Send> =
            Box::new(saved.into_iter().chain(planned).skip(usize::try_from(done).unwrap_or(usize::MAX)));
        let mut unwritten = None;
        let mut emit = |event| {
            if let Event::Case(record) = &event {
                let line = serde_json::to_string(&**record).unwrap_or_default();
                if let Some(file) = sinks.0.as_mut().filter(|_| unwritten.is_none()) {
                    // The run goes on, since evidence is what must not be lost, and says at its end what is missing.
                    unwritten = writeln!(file, "{line}").err();
                }
                if sinks.1 {
                    out.line(&line);
                }
            }
        };
        let ran = match past {
            Some(past) => runner.go_on(past.tally, cases, &mut journal, &mut emit).await,
            None => runner.run(cases, &mut journal, &mut emit).await,
        };
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
        tally.counts.not_selected = header.not_selected;
        let mut summary = sum_up(&header, &tally, runner.plan());
        match journal.finish(summary.partial, summary.millis) {
            Ok(root) => summary.root = root,
            Err(error) => {
                Output::problem(&error.to_string());
                return Ok(Exit::Evidence);
            }
        }
        let ended = finish(args, &config, (&header, &summary), &folder, out);
        // Nothing of the run is lost where its failures can't be kept apart.
        if let Some(folder) = &args.save_failures {
            inputs::write(folder, &config, &summary)?;
        }
        if let Some(error) = unwritten {
            Output::problem(&format!("failed to write --events: {error}"));
            return Ok(Exit::Evidence);
        }
        Ok(ended)
    })
}

/// Writes the reports and prints the end.
fn finish(
    args: &Run,
    config: &Config,
    (header, summary): (&RunHeader, &Summary),
    folder: &Path,
    out: &mut Output,
) -> Exit {
    if let Err(error) = report::write(folder, folder, header, summary) {
        Output::problem(&format!("failed to write the reports in {}: {error}", folder.display()));
        return Exit::Evidence;
    }
    let mut told = remember(args, config, (header, summary), folder);
    if args.bless {
        told.extend(propose(header, &config.contract.zone, summary, folder));
    }
    hosts::tell(header, summary, folder, args.format == Format::Human, out);
    if let Some(exit) = search(args, config, header, folder) {
        return exit;
    }
    match args.format {
        Format::Human => out.text(&paint::painted(&(told.concat() + &console::brief(header, summary)))),
        Format::Json => out.line(&serde_json::json!({"run": header, "summary": summary, "folder": folder}).to_string()),
    }
    Exit::from_code(summary.exit)
}

/// Writes or compares the behaviour snapshots; a line for each that is not as it was.
fn remember(args: &Run, config: &Config, (header, summary): (&RunHeader, &Summary), folder: &Path) -> Vec<String> {
    // What an outage, a choice or a fault made is no behaviour to remember.
    let worth = header.selection == Selected::default()
        && config.mode == Mode::Gate
        && !summary.partial
        && summary.obstacles.is_empty()
        && config.faults.is_empty();
    let kept = snapshot::folder(Path::new(SNAPSHOTS), &header.target_name).exists();
    let mode = match args.snapshots {
        // Nobody has asked to remember this target.
        Snapshots::Check if worth && kept => snapshot::Mode::Check,
        Snapshots::Update if worth => snapshot::Mode::Update,
        _ => return Vec::new(),
    };
    let written = snapshot::write(Path::new(SNAPSHOTS), &header.target_name, folder, mode).unwrap_or_else(|error| {
        Output::note(&format!("warning: failed to write the snapshot: {error}"));
        Vec::new()
    });
    let line = |one| {
        let (path, what) = match one {
            snapshot::Written::New(path) => (path, "is new"),
            snapshot::Written::Updated(path) => (path, "was updated"),
            snapshot::Written::Changed(path) => (path, "differs: behaviour changed (cargo insta review)"),
            snapshot::Written::Same => return None,
        };
        Some(format!("snapshot: {} {what}\n", path.display()))
    };
    written.into_iter().filter_map(line).collect()
}

/// Writes what people may take over; a line for each file.
fn propose(header: &RunHeader, zone: &Zone, summary: &Summary, folder: &Path) -> Vec<String> {
    let proposals = [
        ("waivers", acceptance::bless(folder, header, zone, summary)),
        ("capabilities", acceptance::declare(folder, summary)),
    ];
    let line = |(what, written): (&str, std::io::Result<Option<String>>)| match written {
        Ok(path) => path.map(|path| format!("{what} proposed in {path}\n")),
        Err(error) => {
            Output::note(&format!("warning: failed to propose {what}: {error}"));
            None
        }
    };
    proposals.into_iter().filter_map(line).collect()
}

/// Looks for secrets in all that the run wrote; an exit code if there is one.
fn search(args: &Run, config: &Config, header: &RunHeader, folder: &Path) -> Option<Exit> {
    let Some(scan) = Scan::of(config) else {
        Output::note("warning: the reports were not searched for secrets");
        return None;
    };
    let snapshots = snapshot::folder(Path::new(SNAPSHOTS), &header.target_name);
    let others = [Some(snapshots), args.events.clone(), args.save_failures.clone()];
    for path in std::iter::once(folder.to_owned()).chain(others.into_iter().flatten()) {
        match scan.below(&path) {
            Ok(None) => {}
            Ok(Some((file, what))) => {
                let file = file.display();
                Output::problem(&format!(
                    "{what} stands in {file}, where redaction did not know it. Do not hand it on"
                ));
                return Some(Exit::Harness);
            }
            Err(error) => Output::note(&format!("warning: failed to search {} for secrets: {error}", path.display())),
        }
    }
    None
}

/// Requests under way at once, requests a second, and cases between two canaries, as profile and place of the target say; `rate` is the
/// command line's.
pub(super) fn pace(config: &Config, rate: Option<u32>) -> (usize, Option<u32>, usize) {
    let profile = config.profile.as_ref();
    let (jobs, usual) = if config.local() { (16, None) } else { (4, Some(5)) };
    let rate = rate.or(profile.and_then(|p| p.rate)).or(usual);
    // Evidence is written a batch at a time: at a slow rate a batch is a few seconds long.
    let batch = rate.filter(|r| *r > 0).map_or(256, |r| (r as usize * 4).clamp(16, 256));
    (profile.and_then(|p| p.connections).unwrap_or(jobs), rate, batch)
}

fn options(args: &Run, config: &Config) -> Options {
    let (jobs, rate, batch) = pace(config, args.rate);
    Options {
        jobs: args.jobs.map_or(jobs, usize::from),
        rate,
        max_failures: if args.fail_fast { Some(1) } else { args.max_failures },
        fail_on_should: args.fail_on == FailOn::Should,
        batch: if args.fail_fast { 16 } else { batch },
        confirm: true,
        poll: config.poll.unwrap_or(Options::default().poll),
    }
}

/// The run folder, made before the first request.
fn folder(args: &Run) -> Result<PathBuf, Failure> {
    let unwritable = |path: &Path, e: std::io::Error| {
        Failure::Usage(format!("failed to make the report folder {}: {e}\nno request was sent", path.display()))
    };
    if let Some(out) = &args.out {
        if fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Failure::Usage(format!("{} is not empty: a report overwrites nothing", out.display())));
        }
        fs::create_dir_all(out).map_err(|e| unwritable(out, e))?;
        File::create(out.join("run.log")).map_err(|e| unwritable(out, e))?;
        return Ok(out.clone());
    }
    let name = format!("{}-{}", Utc::now().format("%Y%m%dT%H%M%SZ"), crypto::hex(&crypto::random::<2>()));
    let path = Path::new("reports").join(&name);
    fs::create_dir_all(&path).map_err(|e| unwritable(&path, e))?;
    fs::write("reports/latest", format!("{name}\n")).map_err(|e| unwritable(Path::new("reports/latest"), e))?;
    Ok(path)
}

/// The first signal that asks the program to end stops the run between two requests, and the report says so; a second one ends the
/// program at once, with what evidence there is.
#[expect(clippy::exit, reason = "whoever asks twice does not want to wait for what runs")]
fn watch_signals(stop: Arc<AtomicBool>) -> Result<(), Failure> {
    /// What shells say of a program that Ctrl-C has ended.
    const INTERRUPTED: i32 = 130;
    let mut signals = Signals::listen().map_err(|e| Failure::machine("listen for signals", e))?;
    tokio::spawn(async move {
        signals.next().await;
        stop.store(true, Ordering::Relaxed);
        signals.next().await;
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}
