//! `konform replay`: the case of a finding once more, both sides shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Deserialize;

use super::{block_on, find_case, panel};
use crate::cli::Failure;
use clap::ValueEnum as _;

use crate::cli::args::{Common, Replay};
use crate::cli::chosen::Chosen;
use crate::cli::config::Config;
use crate::cli::files;
use crate::cli::output::Output;
use crate::cli::words::EncryptWord;
use crate::model::run::Selected;
use crate::model::{Case, Exit, Input, Level, Outcome};
use crate::runner::{Options, Pools, Runner};

#[derive(Deserialize)]
struct File {
    format: String,
    version: u32,
    finding: Finding,
    replay: How,
}

#[derive(Deserialize)]
struct Finding {
    case: String,
    #[serde(default)]
    clause: String,
    #[serde(default)]
    input: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct How {
    contract: Option<String>,
    target: Option<String>,
    profile: Option<String>,
    seed: u64,
    #[serde(default)]
    encrypt: Option<String>,
    faults: Vec<String>,
    #[serde(default)]
    selection: Selected,
}

pub(in crate::cli) fn replay(args: &Replay, out: &mut Output) -> Result<Exit, Failure> {
    let mut common = args.common.clone();
    let (id, finding, selection) = if args.finding.contains("::") {
        (args.finding.clone(), None, Selected::default())
    } else {
        let (finding, selection) = read(Path::new(&args.finding), &mut common)?;
        (finding.case.clone(), Some(finding), selection)
    };
    let config = Config::resolve(&common)?;
    // What was selected decides which calls a sequence makes.
    let plan = Chosen::of(&selection)?.narrow(config.plan());
    let input = finding.as_ref().and_then(|f| Input::from_value(f.input.as_ref()?));
    let case = match input.and_then(|input| plan.written(&id, &input)) {
        Some(case) => case,
        None => find_case(&plan, &id)?,
    };
    let outcome = single(&config, &case, out)?;
    if let Some(finding) = finding.filter(|f| !f.clause.is_empty()) {
        out.line(&format!("the finding was: {}", finding.clause));
    }
    Ok(outcome)
}

fn read(path: &Path, common: &mut Common) -> Result<(Finding, Selected), Failure> {
    let text = files::text(path)
        .map_err(|e| Failure::read(path.display(), e).hint("; give a findings/<n>.json or a case id"))?;
    let wrong = |e: serde_json::Error| Failure::Usage(format!("{} is no finding of konform: {e}", path.display()));
    let value: serde_json::Value = serde_json::from_str(&text).map_err(wrong)?;
    // An input that --save-failures has kept says what to send, not where.
    if value["format"] == "konform/input" && value["version"] == 1 {
        return Ok((serde_json::from_value(value).map_err(wrong)?, Selected::default()));
    }
    let file: File = serde_json::from_value(value).map_err(wrong)?;
    if file.format != "konform/finding" || file.version != 1 {
        return Err(Failure::Usage(format!(
            "{} has format {} version {}: this program reads konform/finding version 1",
            path.display(),
            file.format,
            file.version
        )));
    }
    // What was said on the command line wins.
    common.contract = common.contract.take().or(file.replay.contract);
    common.target = common.target.take().or(file.replay.target);
    common.profile = common.profile.take().or(file.replay.profile.map(PathBuf::from));
    let encrypted = file.replay.encrypt.as_deref().and_then(|word| EncryptWord::from_str(word, true).ok());
    common.encrypt = common.encrypt.or(encrypted);
    common.seed = file.replay.seed;
    if common.fault.is_empty() && common.target.is_none() {
        common.fault = file.replay.faults;
    }
    Ok((file.finding, file.replay.selection))
}

/// Sends a case, shows its exchanges, says the verdict.
pub(super) fn single(config: &Config, case: &Case, out: &mut Output) -> Result<Exit, Failure> {
    if !config.allows(case) {
        return Err(Failure::Usage(format!("the environment does not allow {}", case.id)));
    }
    block_on(async {
        let (target, http, embedded) = config.connect().await?;
        let runner = Runner::new(
            config.plan(),
            http,
            config.access(target),
            config.ambient(),
            Options { poll: config.poll.unwrap_or(Options::default().poll), ..Options::default() },
            Arc::new(AtomicBool::new(false)),
        );
        // One case alone: it has every fixture of the profile to itself.
        let pools = Pools::new(runner.plan(), std::iter::once(case.clone()), &[]);
        let runner = Arc::new(runner.sharing(pools, &[]));
        runner.prime().await;
        let (verdict, seen) = runner.once_more(case).await;
        drop(embedded);
        for (at, exchange) in seen.iter().enumerate() {
            if seen.len() > 1 {
                out.line(&format!("--- exchange {} of {}", at + 1, seen.len()));
            }
            out.line(&panel::exchange(exchange));
        }
        out.line(&format!(
            "{}: {}{}",
            verdict.outcome.word(),
            case.id,
            if verdict.note.is_empty() { String::new() } else { format!(" ({})", verdict.note) }
        ));
        for finding in &verdict.findings {
            let clause = config.contract.clause(finding.clause);
            out.line(&format!("  {} {} [{}]", clause.id, finding.pointer, clause.basis.word()));
            out.line(&format!("    expected {}\n    actual   {}", finding.expected, finding.actual));
        }
        Ok(match (verdict.outcome, verdict.level()) {
            (Outcome::Broken, _) => Exit::Harness,
            (Outcome::Fail, Some(Level::Must)) => Exit::Broken,
            (Outcome::Pass | Outcome::Fail, _) if verdict.reason.is_none() => Exit::Green,
            _ => Exit::Unclear,
        })
    })
}
