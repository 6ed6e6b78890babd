//! `konform check`: what a run would test, send and leave behind, and what it would lack. Offline.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::run;
use crate::cli::Failure;
use crate::cli::args::Check;
use crate::cli::chosen::Chosen;
use crate::cli::config::Config;
use crate::cli::output::Output;
use crate::cli::words::Format;
use crate::model::count::counted;
use crate::model::{Case, ClauseIx, Exit, Level};
use crate::plan::Plan;
use crate::runner::summary::{in_scope, unexercised};
use crate::runner::{Forecast, Need, Pools};

/// Cases and clauses that one cause keeps from being tested.
#[derive(Default)]
struct Cause {
    cases: u64,
    must: u64,
    should: u64,
    /// One of them, as an example.
    example: String,
}

/// What a run would come to.
struct Outlook {
    forecast: Forecast,
    needs: Vec<Need>,
    /// Cases that the choice on the command line, the environment, or missing credentials and keys leave out, by why.
    not_selected: BTreeMap<String, u64>,
    /// What is not applicable, by why.
    lacking: BTreeMap<String, Cause>,
    exercised: usize,
}

pub(in crate::cli) fn check(args: &Check, out: &mut Output) -> Result<Exit, Failure> {
    let config = Config::resolve(&args.common)?;
    let chosen = Chosen::new(&args.selection)?;
    let plan = chosen.narrow(config.plan());
    let (_, rate, batch) = run::pace(&config, args.rate);
    let outlook = look(&config, &chosen, &plan, batch);
    if outlook.forecast.cases == 0 {
        return Err(Failure::Usage(chosen.nothing(&config.contract)));
    }
    let seconds = rate.filter(|rate| *rate > 0).map(|rate| outlook.forecast.requests.div_ceil(u64::from(rate)));
    match args.format {
        Format::Json => out.line(&machine(&config, &outlook, rate, seconds).to_string()),
        Format::Human => out.text(&human(&config, &outlook, rate, seconds)),
    }
    let total = in_scope(&config.contract).count();
    let enough = args.min_coverage.is_none_or(|min| outlook.exercised * 100 >= usize::from(min) * total);
    Ok(if enough { Exit::Green } else { Exit::Coverage })
}

fn look(config: &Config, chosen: &Chosen, plan: &Plan, batch: usize) -> Outlook {
    let contract = &config.contract;
    let selected = |case: &Case| chosen.takes(case, plan) && config.allows(case);
    let pools = Pools::new(plan, plan.cases().filter(&selected), &[]);
    let mut lacking: BTreeMap<String, Cause> = BTreeMap::new();
    let mut not_selected: BTreeMap<String, u64> = BTreeMap::new();
    let mut without: BTreeMap<ClauseIx, String> = BTreeMap::new();
    let mut aimed = super::coverage::Aimed::default();
    for case in plan.cases() {
        let why = match config.forbids(&case) {
            _ if !chosen.takes(&case, plan) => Some("--only, --skip or --clause leave it out"),
            why => why,
        };
        if let Some(why) = why {
            *not_selected.entry(why.to_owned()).or_default() += 1;
            case.clauses.iter().for_each(|clause| {
                without.entry(*clause).or_insert_with(|| why.to_owned());
            });
            continue;
        }
        match pools.lacks(&case) {
            None => aimed.add(&case),
            Some(why) => {
                let cause = lacking.entry(why.clone()).or_default();
                cause.cases += 1;
                cause.example = case.id.to_string();
                case.clauses.iter().for_each(|clause| {
                    without.insert(*clause, why.clone());
                });
            }
        }
    }
    for left in plan.left_out() {
        let cause = lacking.entry(left.reason).or_default();
        cause.cases += 1;
        if cause.example.is_empty() {
            cause.example = left.id;
        }
    }
    let reasons = unexercised(plan);
    let mut exercised = 0;
    for (ix, clause) in (0..).zip(&contract.clauses) {
        if aimed.asserts(contract, ix) {
            exercised += 1;
            continue;
        }
        let cause = lacking.entry(without.get(&ix).cloned().unwrap_or_else(|| reasons(ix))).or_default();
        match clause.level {
            Level::Must => cause.must += 1,
            Level::Should => cause.should += 1,
        }
        if cause.example.is_empty() {
            cause.example.clone_from(&clause.id);
        }
    }
    let ready = plan.cases().filter(|case| selected(case) && pools.lacks(case).is_none());
    let forecast = Forecast::new(plan, ready, batch);
    Outlook { forecast, needs: pools.needs(contract), not_selected, lacking, exercised }
}

/// Causes with the most clauses first.
fn ranked(lacking: &BTreeMap<String, Cause>) -> Vec<(&String, &Cause)> {
    let mut ranked: Vec<_> = lacking.iter().collect();
    ranked.sort_by_key(|(_, cause)| std::cmp::Reverse((cause.must, cause.should, cause.cases)));
    ranked
}

fn machine(config: &Config, outlook: &Outlook, rate: Option<u32>, seconds: Option<u64>) -> serde_json::Value {
    let lacking: Vec<_> = ranked(&outlook.lacking)
        .into_iter()
        .map(|(reason, c)| {
            json!({"reason": reason, "cases": c.cases, "must": c.must, "should": c.should, "example": c.example})
        })
        .collect();
    json!({
        "format": "konform/check",
        "version": 1,
        "contract": config.contract.id,
        "target": config.target.as_ref().map_or("embedded sandbox", |t| t.base()),
        "cases": outlook.forecast.cases,
        "requests": outlook.forecast.requests,
        "rate": rate.filter(|rate| *rate > 0),
        "seconds": seconds,
        "records": outlook.forecast.records,
        "pools": outlook.needs,
        "clauses": {"required": in_scope(&config.contract).count(), "exercised": outlook.exercised},
        "not_selected": outlook.not_selected,
        "not_applicable": lacking,
    })
}

fn human(config: &Config, outlook: &Outlook, rate: Option<u32>, seconds: Option<u64>) -> String {
    let Outlook { forecast, needs, not_selected, lacking, exercised } = outlook;
    let mut out = String::new();
    let contract = &config.contract;
    let target = config.target.as_ref().map_or("the embedded sandbox", |t| t.base());
    // Writing to a String can't fail.
    let _ = writeln!(out, "a run of {} against {target} would", contract.title);
    let _ = writeln!(out, "  run    {}; no request was sent yet", counted(forecast.cases, "case"));
    let time = match (rate.filter(|rate| *rate > 0), seconds) {
        (Some(rate), Some(seconds)) => format!("at {rate} a second {}", duration(seconds)),
        _ => "as fast as the target answers (--rate sets a limit)".to_owned(),
    };
    let _ = writeln!(out, "  send   about {}, {time}", counted(forecast.requests, "request"));
    let _ = writeln!(out, "  test   {exercised} of {} clauses", in_scope(contract).count());
    for (resource, records) in &forecast.records {
        let _ = writeln!(out, "  make   {} {resource} records and leave {} of them behind", records.made, records.left);
    }
    if !needs.is_empty() {
        out.push_str("\nfixtures that cases use up\n");
        for need in needs {
            let word = if need.short() { "SHORT" } else { "ok" };
            let _ = writeln!(out, "  {word:<5}  {need}");
        }
    }
    if !not_selected.is_empty() {
        out.push_str("\nnot selected\n");
        for (why, cases) in not_selected {
            let _ = writeln!(out, "  {cases:>6} cases  {why}");
        }
    }
    if !lacking.is_empty() {
        out.push_str("\nnot applicable\n    MUST  SHOULD   cases  why\n");
        let (own, others): (Vec<_>, Vec<_>) = ranked(lacking).into_iter().partition(|(_, c)| c.must + c.should > 0);
        for (why, Cause { cases, must, should, example }) in own {
            let _ = writeln!(out, "  {must:>6}  {should:>6}  {cases:>6}  {why} ({example})");
        }
        let cases: u64 = others.iter().map(|(_, cause)| cause.cases).sum();
        if cases > 0 {
            let _ = writeln!(
                out,
                "                  {cases:>6}  whose clauses other cases test, for {} reasons (konform list left-out)",
                others.len()
            );
        }
    }
    out
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours {} minutes", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_units_that_people_use() {
        assert_eq!(duration(16_283_u64.div_ceil(5)), "54 minutes");
        assert_eq!((duration(59), duration(7_260)), ("59 seconds".to_owned(), "2 hours 1 minutes".to_owned()));
    }
}
