//! `konform list`: cases, the endpoints and clauses that they are about, and what could not be planned. Offline.

use std::collections::BTreeSet;

use crate::cli::Failure;
use crate::cli::args::List;
use crate::cli::chosen::Chosen;
use crate::cli::config::Config;
use crate::cli::output::Output;
use crate::cli::words::{Format, What};
use crate::model::{Exit, Expect};
use crate::plan::LeftOut;

pub(in crate::cli) fn list(args: &List, out: &mut Output) -> Result<Exit, Failure> {
    let config = Config::resolve(&args.common)?;
    let chosen = Chosen::new(&args.selection)?;
    let plan = chosen.narrow(config.plan());
    let json = args.format == Format::Json;
    let mut print = |plain: String, value: serde_json::Value| out.line(&if json { value.to_string() } else { plain });
    let cases = || plan.cases().filter(|c| chosen.takes(c, &plan));
    let about_cases = args.what == What::Cases || (chosen.some() && args.what != What::LeftOut);
    if about_cases && cases().next().is_none() {
        return Err(Failure::Usage(chosen.nothing(&config.contract)));
    }
    match args.what {
        What::Cases => {
            for case in cases() {
                let expect = match case.expect() {
                    Expect::Accept { .. } => "accept",
                    Expect::Refuse { .. } => "refuse",
                    Expect::Either { .. } => "either",
                };
                let clauses: Vec<&str> = case.clauses.iter().map(|c| config.contract.clause(*c).id.as_str()).collect();
                let why = if let Expect::Either { why, .. } = case.expect() { why.as_str() } else { "" };
                let value = serde_json::json!({"id": &*case.id, "expect": expect, "why": why, "hazard": case.hazard, "steps": case.steps.len(), "clauses": clauses});
                print(format!("{expect:<6}  {}", case.id), value);
            }
        }
        What::Endpoints => {
            let asked: Option<BTreeSet<usize>> = chosen.some().then(|| cases().map(|c| c.endpoint).collect());
            let listed = |at: usize| asked.as_ref().is_none_or(|asked| asked.contains(&at));
            for (_, endpoint) in config.contract.endpoints.iter().enumerate().filter(|(at, _)| listed(*at)) {
                let value = serde_json::json!({"id": endpoint.id, "method": endpoint.method, "path": endpoint.path, "title": endpoint.title});
                print(format!("{:<20} {} {}  {}", endpoint.id, endpoint.method, endpoint.path, endpoint.title), value);
            }
        }
        What::Clauses => {
            let id = |at| config.contract.clause(at).id.as_str();
            let aimed: Option<BTreeSet<&str>> =
                chosen.some().then(|| cases().flat_map(|c| c.clauses).map(id).collect());
            let listed = |id: &str| aimed.as_ref().is_none_or(|aimed| aimed.contains(id));
            for clause in config.contract.clauses.iter().filter(|clause| listed(&clause.id)) {
                let level = match clause.level {
                    crate::model::Level::Must => "MUST",
                    crate::model::Level::Should => "SHOULD",
                };
                let value = serde_json::to_value(clause).unwrap_or_default();
                print(format!("{level:<6} {:<10} {}  {}", clause.basis.word(), clause.id, clause.says), value);
            }
        }
        What::LeftOut => {
            let clause = |left: &LeftOut| left.clause.map_or("", |c| config.contract.clause(c).id.as_str());
            for left in plan.left_out().filter(|left| chosen.named(&left.id) && chosen.names(clause(left))) {
                let value = serde_json::json!({"id": left.id, "reason": left.reason, "clause": left.clause.map(|c| &config.contract.clause(c).id)});
                print(format!("{}: {}", left.id, left.reason), value);
            }
        }
    }
    Ok(Exit::Green)
}
