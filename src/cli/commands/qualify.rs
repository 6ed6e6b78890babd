//! `konform qualify`: what the suite can find, proven on mutants of the contract and faults of the sandbox.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::cli::Failure;
use crate::cli::args::Qualify;
use crate::cli::chosen::Chosen;
use crate::cli::config::Config;
use crate::cli::contracts;
use crate::cli::output::Output;
use crate::cli::suite;
use crate::cli::words::Format;
use crate::model::{Exit, Family, Power};
use crate::qualify::{MutantRecord, Options, Report, Suite};

/// Survivors and alarms printed whole.
const SHOWN: usize = 50;

pub(in crate::cli) fn qualify(args: &Qualify, out: &mut Output) -> Result<Exit, Failure> {
    if args.common.target.is_some() {
        return Err(Failure::Usage("qualify tries the suite on the embedded sandbox: it takes no --target".to_owned()));
    }
    let config = Config::resolve(&args.common)?;
    let without = args.without.as_deref().map(family).transpose()?;
    let chosen = Chosen::clauses(&args.clause)?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let options = Options { sample: args.sample, without, seeds: args.seeds, threads };
    let started = Instant::now();
    Output::note(&format!(
        "{threads} threads try mutants, faults and seeds: a minute or so for a contract of fifty endpoints"
    ));
    let suite = Suite::new(&config.plan());
    let choose = |clause: &str| chosen.names(clause);
    // A part of the clauses is asked about: then the mutants of these alone.
    let part = !args.clause.is_empty() || args.sample.is_some();
    let report = if part { suite.mutants(&options, &choose) } else { suite.qualify(&options, &choose) };
    if report.mutants.is_empty() && report.unknown.is_empty() && report.unreached.is_empty() {
        return Err(Failure::Usage(
            "no clause matches: `konform list clauses` shows all; --clause takes globs".to_owned(),
        ));
    }
    let seconds = started.elapsed().as_secs_f64();
    let power = power(&config, &report);
    if let Some(path) = &args.save {
        let text = contracts::qualified(&config.contract.id, &config.contract_digest, power.clone());
        std::fs::write(path, text).map_err(|e| Failure::write(path.display(), e))?;
    }
    match args.format {
        Format::Json => out
            .line(&serde_json::json!({"format": "konform/qualify-matrix", "version": 1, "report": report}).to_string()),
        Format::Human => print(&report, &power, args.matrix, seconds, out),
    }
    Ok(if report.proven() { Exit::Green } else { Exit::Broken })
}

/// What was counted, and for what.
fn power(config: &Config, report: &Report) -> Power {
    let equivalent = report.mutants.iter().filter(|m| m.equivalent.is_some()).count();
    Power {
        killed: report.mutants.iter().filter(|m| m.killed_by.is_some()).count(),
        mutants: report.mutants.len() - equivalent,
        equivalent,
        faults_found: report.faults.iter().filter(|f| f.killed_by.is_some()).count(),
        faults: report.faults.iter().filter(|f| !f.equivalent).count(),
        reached: report.clauses - report.unreached.len(),
        clauses: report.clauses,
        mode: config.mode.word().to_owned(),
        seed: config.seed,
        suite_digest: suite::DIGEST.to_owned(),
    }
}

fn family(word: &str) -> Result<Family, Failure> {
    Family::ALL.into_iter().find(|f| f.word() == word).ok_or_else(|| {
        let all: Vec<&str> = Family::ALL.iter().map(|f| f.word()).collect();
        Failure::Usage(format!("no case family `{word}`: there are {}", all.join(", ")))
    })
}

/// What became of a mutant, in a line.
fn fate(mutant: &MutantRecord) -> String {
    match (&mutant.killed_by, &mutant.equivalent) {
        (Some(case), _) => format!("killed by {case}"),
        (None, Some(why)) => format!("equivalent: {why}"),
        (None, None) => "SURVIVED".to_owned(),
    }
}

fn print(report: &Report, power: &Power, matrix: bool, seconds: f64, out: &mut Output) {
    if matrix {
        for m in &report.mutants {
            out.line(&format!("{:<18} {}  {}", m.operator, m.clause, fate(m)));
        }
        for n in &report.unknown {
            out.line(&format!("{:<18} {}  no mutant: {}", n.operator, n.clause, n.why));
        }
    }
    let mut operators = BTreeMap::<&str, (usize, usize)>::new();
    for m in &report.mutants {
        let entry = operators.entry(m.operator).or_default();
        entry.0 += usize::from(m.killed_by.is_some());
        entry.1 += 1;
    }
    out.line("operator             killed     of");
    for (operator, (killed, all)) in &operators {
        out.line(&format!("{operator:<18} {killed:>8} {all:>6}"));
    }
    out.line("");
    if report.faults.is_empty() {
        out.line("implementation faults and other seeds are tried when all clauses are\n");
    }
    let mut families = BTreeMap::<&str, Vec<&str>>::new();
    for f in report.faults.iter().filter(|f| f.killed_by.is_some()) {
        families.entry(f.family).or_default().push(&f.fault);
    }
    for (family, faults) in &families {
        out.line(&format!("{family:<10} alone finds {}", faults.join(", ")));
    }
    for (family, count) in &report.short {
        out.line(&format!("{family:<10} has {count} faults of its own in this contract, fewer than three"));
    }
    for family in &report.nothing {
        out.line(&format!("{family:<10} has nothing of its own in this contract"));
    }
    out.line("");
    for m in report.mutants.iter().filter(|m| m.killed_by.is_none() && m.equivalent.is_none()).take(SHOWN) {
        out.line(&format!("SURVIVED {} {}", m.operator, m.clause));
    }
    for f in report.faults.iter().filter(|f| f.survived()) {
        out.line(&format!("SURVIVED {} ({})", f.fault, f.family));
    }
    for alarm in report.alarms.iter().take(SHOWN) {
        out.line(&format!("ALARM {alarm}"));
    }
    out.line(&format!("detection power: {power}"));
    out.line(&format!(
        "{} mutants more are equivalent and {} faults change no answer that the contract decides, {} survivors, {} alarms over {} seeds, {seconds:.1} s",
        power.equivalent,
        report.faults.iter().filter(|f| f.equivalent).count(),
        report.survivors(),
        report.alarms.len(),
        report.seeds
    ));
    let mut reasons = BTreeMap::<String, usize>::new();
    for why in report.mutants.iter().filter_map(|m| m.equivalent.as_deref()) {
        // The reason without what differs from one to the next.
        let short = why.split(" \"").next().unwrap_or(why);
        *reasons.entry(short.to_owned()).or_default() += 1;
    }
    for (why, count) in reasons {
        out.line(&format!("  {count:>5} equivalent: {why}"));
    }
    out.line(&format!(
        "beside these: {} of {} clauses are reached by no case, {} changes that nobody could be blamed for",
        report.unreached.len(),
        report.clauses,
        report.unknown.len()
    ));
}
