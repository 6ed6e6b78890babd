//! `konform diff`: what changed between two runs, between snapshots and a run, or between two contracts.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::cli::args::Diff;
use crate::cli::output::Output;
use crate::cli::words::DiffFormat;
use crate::cli::{Failure, contracts, files};
use crate::contract::compare::{self, Change, What};
use crate::contract::{Contract, File, waiver};
use crate::model::Exit;
use crate::model::waiver::Selector;
use crate::plan::Plan;
use crate::report::diff::{self, Side};
use crate::report::markdown::escape;

/// Ids printed of each list.
const SHOWN: usize = 10;

pub(in crate::cli) fn diff(args: &Diff, out: &mut Output) -> Result<Exit, Failure> {
    if args.contract {
        return contract(args, out);
    }
    let open = |path: &str| Side::open(Path::new(path)).map_err(|e| Failure::read(path, e));
    let (before, after) = (open(&args.before)?, open(&args.after)?);
    let found = diff::compare(&before, &after).map_err(|e| Failure::read(e.folder.display(), e.source))?;
    match args.format {
        DiffFormat::Human => out.text(&found.text()),
        DiffFormat::Markdown => out.text(&found.markdown()),
        DiffFormat::Json => out.line(&serde_json::to_string_pretty(&found).map_err(Failure::usage)?),
    }
    Ok(found.exit())
}

/// What a change of contract touches.
#[derive(serde::Serialize)]
struct Touched {
    format: &'static str,
    version: u32,
    before: String,
    after: String,
    changes: Vec<Change>,
    /// Cases of the new contract that exercise what is new or changed.
    cases: Vec<String>,
    /// Cases of the old contract that are gone.
    gone: Vec<String>,
    /// Waivers about what changed or is gone.
    waivers: Vec<String>,
}

fn contract(args: &Diff, out: &mut Output) -> Result<Exit, Failure> {
    let load = |name: &str| contracts::find(Some(name), None).map(|loaded| Arc::new(loaded.contract));
    let (before, after) = (load(&args.before)?, load(&args.after)?);
    let changes = compare::compare(&before, &after);
    let concerns = |id: &str| changes.iter().any(|c| c.clause == id);
    let plans = |contract: &Arc<Contract>| Plan::new(Arc::clone(contract), 1);
    let (old, new) = (plans(&before), plans(&after));
    let ids = |plan: &Plan| plan.cases().map(|c| c.id.to_string()).collect::<std::collections::BTreeSet<_>>();
    let (old_ids, new_ids) = (ids(&old), ids(&new));
    let exercising = new.cases().filter(|case| case.clauses.iter().any(|c| concerns(&after.clause(*c).id)));
    let cases: Vec<String> = exercising.map(|case| case.id.to_string()).collect();
    let gone: Vec<String> = old_ids.difference(&new_ids).cloned().collect();
    let mut waivers = Vec::new();
    if let Some(path) = &args.waivers {
        let text = files::text(path).map_err(|e| Failure::read(format!("waivers {}", path.display()), e))?;
        let file = File { name: path.display().to_string(), text };
        for waiver in waiver::load(&file).map_err(Failure::usage)? {
            let concerned = match &waiver.selector {
                Selector::Clause(id) => concerns(id),
                Selector::Case(id) => gone.contains(id) || cases.contains(id),
            };
            if concerned {
                waivers.push(format!("{}:{} {}", waiver.source.file, waiver.source.line, waiver.selector.id()));
            }
        }
    }
    let touched = Touched {
        format: "konform/contract-diff",
        version: 1,
        before: args.before.clone(),
        after: args.after.clone(),
        changes,
        cases,
        gone,
        waivers,
    };
    match args.format {
        DiffFormat::Human => out.text(&text(&touched)),
        DiffFormat::Markdown => out.text(&markdown(&touched)),
        DiffFormat::Json => out.line(&serde_json::to_string_pretty(&touched).map_err(Failure::usage)?),
    }
    let breaking = touched.changes.iter().any(|c| c.breaking);
    Ok(if breaking { Exit::Broken } else { Exit::Green })
}

fn verdict(touched: &Touched) -> String {
    let breaking = touched.changes.iter().filter(|c| c.breaking).count();
    format!(
        "{}: {} clauses changed, {breaking} breaking; {} cases and {} waivers touched, {} cases gone",
        if breaking > 0 { "BREAKING" } else { "COMPATIBLE" },
        touched.changes.len(),
        touched.cases.len(),
        touched.waivers.len(),
        touched.gone.len()
    )
}

fn line(change: &Change) -> String {
    let word = match change.what {
        What::Added => "added",
        What::Removed => "removed",
        What::Changed => "changed",
        What::Regrounded => "other grounds",
    };
    let mark = if change.breaking { "BREAKING " } else { "" };
    let said = match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (Some(only), None) | (None, Some(only)) => only.clone(),
        (None, None) => String::new(),
    };
    format!("{mark}{word} {}: {said}", change.clause)
}

fn text(touched: &Touched) -> String {
    let mut out = format!("before  {}\nafter   {}\n", touched.before, touched.after);
    // Writing to a String can't fail.
    for change in &touched.changes {
        let _ = writeln!(out, "  {}", line(change));
    }
    for (name, list) in
        [("cases touched", &touched.cases), ("cases gone", &touched.gone), ("waivers touched", &touched.waivers)]
    {
        if !list.is_empty() {
            let _ = writeln!(out, "\n{} {name}", list.len());
            for one in list.iter().take(SHOWN) {
                let _ = writeln!(out, "  {one}");
            }
            if list.len() > SHOWN {
                let _ = writeln!(out, "  ... and {} more (--format json has all)", list.len() - SHOWN);
            }
        }
    }
    let _ = writeln!(out, "\n{}", verdict(touched));
    out
}

fn markdown(touched: &Touched) -> String {
    let mut out = format!("### konform contract: {}\n\n", verdict(touched));
    for change in &touched.changes {
        // Writing to a String can't fail.
        let _ = writeln!(out, "- {}", escape(&line(change)));
    }
    out
}
