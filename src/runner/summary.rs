//! A tally with everything a reader needs: clauses by name, hints, replay commands, the exit code.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use globset::{Glob, GlobMatcher};

use super::Tally;
use super::accepted::Use;
use crate::contract::{Contract, Row, When};
use crate::judge;
use crate::model::event::{ClauseRecord, LatencyRecord, NotServed, RetriedRecord, Scope, Standing, WaiverRecord};
use crate::model::{ClauseIx, Demands, Exit, FindingRecord, Level, Outcome, Reason, Rule, RunHeader, Summary};
use crate::plan::Plan;

/// Sums up a run by its header, with everything that its reports say.
#[must_use]
pub fn sum_up(header: &RunHeader, tally: &Tally, plan: &Plan) -> Summary {
    let replay = |number: usize| {
        let file = Path::new(&header.folder).join("findings").join(format!("{number}.json"));
        format!("{} replay {}", header.program, file.display())
    };
    let mut summary = summarize(tally, plan, header.demands, &replay);
    explain(&mut summary, tally, plan);
    declare(&mut summary, header);
    summary
}

/// Marks the clauses that the profile declares away; a certificate needs every other MUST clause exercised.
fn declare(summary: &mut Summary, header: &RunHeader) {
    let globs: Vec<(GlobMatcher, &str)> = header
        .capabilities
        .iter()
        .filter_map(|c| Some((Glob::new(&c.without).ok()?.compile_matcher(), c.reason.as_str())))
        .collect();
    for clause in summary.clauses.iter_mut().filter(|c| c.asserted == 0) {
        if let Some((_, reason)) = globs.iter().find(|(glob, _)| glob.is_match(&clause.id)) {
            clause.declared = true;
            clause.reason = Some(format!("declared away: {reason}"));
        }
    }
    if header.mode == "certification" {
        let open = |c: &&ClauseRecord| c.level == Level::Must && c.asserted == 0 && !c.declared;
        let undeclared = summary.clauses.iter().filter(open).count();
        summary.undeclared = Some(undeclared);
        if undeclared > 0 && [Exit::Green, Exit::Coverage, Exit::Waiver].contains(&Exit::from_code(summary.exit)) {
            summary.exit = Exit::Unclear.code();
        }
    }
}

/// Sums up; `replay` makes the command for a finding's number.
#[must_use]
pub fn summarize(tally: &Tally, plan: &Plan, demands: Demands, replay: &dyn Fn(usize) -> String) -> Summary {
    let contract = plan.contract();
    let findings = findings(tally, contract, replay);
    let obstacles = obstacles(tally);
    let clauses: Vec<ClauseRecord> = clauses(tally, plan).collect();
    let exercised = clauses.iter().filter(|c| c.asserted > 0).count();
    let latency = latency(tally, demands);
    let slow = latency.iter().any(|l| l.slow);
    let worst = |level: Level| findings.iter().any(|f| f.level == level && f.standing == Standing::Open);
    let waivers = waivers(tally);
    let exit = if tally.counts.broken > 0 {
        Exit::Harness
    } else if worst(Level::Must) || (demands.fail_on_should && (worst(Level::Should) || slow)) {
        Exit::Broken
    } else if tally.partial || obstructed(tally) || (demands.fail_on_retried && !tally.retried.is_empty()) {
        Exit::Unclear
    } else if waivers.iter().any(|w| w.state.red()) {
        Exit::Waiver
    } else if demands.min_coverage.is_some_and(|min| exercised * 100 < usize::from(min) * clauses.len()) {
        Exit::Coverage
    } else {
        Exit::Green
    };
    Summary {
        counts: tally.counts,
        partial: tally.partial,
        clauses,
        notes: obstacles.iter().map(|(_, _, note)| note.clone()).collect(),
        obstacles: obstacles.into_iter().map(|(what, count, _)| (what, count)).collect(),
        findings,
        latency,
        waivers,
        undeclared: None,
        scope: scope(contract),
        not_served: not_served(tally),
        exchanges: tally.exchanges,
        throttled: tally.throttled,
        retried: retried(tally),
        millis: tally.millis,
        root: String::new(),
        exit: exit.code(),
    }
}

/// The findings, the hardest first.
fn findings(tally: &Tally, contract: &Contract, replay: &dyn Fn(usize) -> String) -> Vec<FindingRecord> {
    let mut findings: Vec<FindingRecord> = Vec::new();
    let mut order: Vec<&super::Found> = tally.found.iter().collect();
    order.sort_by(|a, b| b.finding.level.cmp(&a.finding.level).then(a.finding.clause.cmp(&b.finding.clause)));
    for found in order {
        let number = findings.len() + 1;
        let clause = contract.clause(found.finding.clause);
        findings.push(FindingRecord {
            number,
            clause: clause.id.clone(),
            level: clause.level,
            basis: clause.basis,
            says: clause.says.clone(),
            why: clause.why.clone(),
            source: clause.source.clone(),
            check: found.finding.check,
            pointer: found.finding.pointer.clone(),
            expected: found.finding.expected.clone(),
            actual: found.finding.actual.clone(),
            hint: judge::hint(found.finding.check, clause.rule).to_owned(),
            count: found.count,
            rate: tally.audit.rate(found.finding.clause),
            case: found.case.id.to_string(),
            confirmed: found.confirmed,
            request: found.request.clone(),
            answer: found.answer.clone(),
            replay: replay(number),
            standing: match found {
                _ if found.waived == found.count => Standing::Waived,
                _ if found.known => Standing::Known,
                _ => Standing::Open,
            },
            waiver: found.waiver.map(|at| {
                let waiver = &tally.accepted.waivers()[at];
                format!("{} until {}: {}", waiver.owner, waiver.expires, waiver.reason)
            }),
            first: found.first.clone(),
            input: found.case.draw.as_ref().map(|draw| draw.input.to_value()),
        });
    }
    findings
}

/// What kept cases from a verdict: word, number of cases and the first note, the most frequent first.
fn obstacles(tally: &Tally) -> Vec<(String, u64, String)> {
    let mut obstacles: Vec<(String, u64, String)> = tally
        .obstacles
        .iter()
        .map(|((outcome, reason), (count, note))| {
            (
                reason.map_or_else(|| outcome.word().to_owned(), |r| format!("{}({})", outcome.word(), r.word())),
                *count,
                note.clone(),
            )
        })
        .collect();
    obstacles.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    obstacles
}

fn latency(tally: &Tally, demands: Demands) -> Vec<LatencyRecord> {
    tally
        .latency
        .iter()
        .map(|(endpoint, times)| {
            let p99 = times.value_at_quantile(0.99);
            LatencyRecord {
                endpoint: endpoint.to_string(),
                exchanges: times.len(),
                p50: times.value_at_quantile(0.5),
                p99,
                max: times.max(),
                slow: demands.slow_millis.is_some_and(|limit| p99 > limit * 1000),
            }
        })
        .collect()
}

fn retried(tally: &Tally) -> Vec<RetriedRecord> {
    let record = |((endpoint, reason), count): (&(Arc<str>, Reason), &u64)| RetriedRecord {
        endpoint: endpoint.to_string(),
        reason: *reason,
        count: *count,
    };
    tally.retried.iter().map(record).collect()
}

fn waivers(tally: &Tally) -> Vec<WaiverRecord> {
    let asserted = |id: &str| {
        let clauses = (0..).zip(&tally.contract().clauses);
        clauses.filter(|(_, c)| c.id == id).any(|(ix, _)| tally.audit.rate(ix).0 > 0)
    };
    let accepted = &tally.accepted;
    let record = |(at, used): (usize, &Use)| {
        let waiver = &accepted.waivers()[at];
        WaiverRecord {
            about: waiver.selector.id().to_owned(),
            state: accepted.state(at, used, asserted(waiver.selector.id())),
            matched: used.matched,
            came: used.changed.clone(),
            owner: waiver.owner.clone(),
            expires: waiver.expires.clone(),
            source: waiver.source.clone(),
        }
    };
    tally.uses.iter().enumerate().map(record).collect()
}

fn obstructed(tally: &Tally) -> bool {
    // A failing case may hide that something else in it could not be judged: that stands in the way too.
    tally
        .obstacles
        .keys()
        .any(|(outcome, reason)| reason.is_some() || matches!(outcome, Outcome::Blocked | Outcome::Inconclusive))
}

/// Which endpoints the profile says the target has, if it says so.
#[must_use]
pub fn scope(contract: &Contract) -> Option<Scope> {
    let out: Vec<String> = contract.endpoints.iter().filter(|e| e.out).map(|e| e.id.clone()).collect();
    let of = contract.endpoints.len();
    contract.scoped.then(|| Scope { endpoints: of - out.len(), of, out })
}

fn not_served(tally: &Tally) -> Option<NotServed> {
    let contract = tally.contract();
    let such = |wanted: bool| {
        let ids = contract.endpoints.iter().map(|e| &e.id);
        ids.filter(|id| tally.served.get(id.as_str()) == Some(&wanted)).cloned().collect::<Vec<String>>()
    };
    let endpoints = such(false);
    (!endpoints.is_empty()).then(|| NotServed {
        endpoints,
        served: such(true),
        scoped: contract.scoped,
        base_path: contract.base_path.clone(),
    })
}

/// The clauses in scope.
pub fn in_scope(contract: &Contract) -> impl Iterator<Item = ClauseIx> + '_ {
    let out: HashSet<&str> = contract.endpoints.iter().filter(|e| e.out).map(|e| e.id.as_str()).collect();
    (0..).zip(&contract.clauses).filter(move |(_, clause)| !out.contains(clause.endpoint())).map(|(ix, _)| ix)
}

fn clauses<'a>(tally: &'a Tally, plan: &'a Plan) -> impl Iterator<Item = ClauseRecord> + 'a {
    in_scope(plan.contract()).map(|ix| {
        let clause = plan.contract().clause(ix);
        let (asserted, broken) = tally.audit.rate(ix);
        let (id, level, basis) = (clause.id.clone(), clause.level, clause.basis);
        ClauseRecord { id, level, basis, asserted, broken, declared: false, reason: None }
    })
}

/// Says of every clause that was not exercised why not; plans the whole contract once more to know.
fn explain(summary: &mut Summary, tally: &Tally, plan: &Plan) {
    let reasons = unexercised(plan);
    for (ix, clause) in in_scope(plan.contract()).zip(&mut summary.clauses).filter(|(_, c)| c.asserted == 0) {
        clause.reason = Some(match tally.unmet.get(&ix) {
            _ if tally.unsettled.contains(&ix) => "its cases ended without a verdict".to_owned(),
            Some(reason) => reason.clone(),
            None => reasons(ix),
        });
    }
}

/// Why a clause is not exercised: what the plan left out, else what it takes to assert it.
pub fn unexercised(plan: &Plan) -> impl Fn(ClauseIx) -> String + '_ {
    let left: HashMap<ClauseIx, String> = plan.left_out().filter_map(|l| Some((l.clause?, l.reason))).collect();
    let closed: HashMap<usize, String> = plan
        .contract()
        .endpoints
        .iter()
        .enumerate()
        .filter_map(|(at, e)| {
            let prepared = e.prepared.as_ref().map(|_| "the target takes prepared requests only".to_owned());
            Some((at, e.closed.clone().or(prepared).or_else(|| plan.why_not(at))?))
        })
        .collect();
    move |ix| {
        let contract = plan.contract();
        let clause = contract.clause(ix);
        let endpoint = contract.endpoint(clause.endpoint()).map(|(at, _)| at);
        if let Some(reason) = left.get(&ix).or_else(|| closed.get(&endpoint?)) {
            return reason.clone();
        }
        let own = |r: &&Row| r.fields.iter().any(|f| f.code == ix || f.status == Some(ix) || f.message == Some(ix));
        match endpoint.and_then(|at| contract.endpoints[at].rows.iter().find(own)) {
            Some(row) if row.disputed => {
                return "sources disagree whether the call is refused: the profile can decide the conflict".to_owned();
            }
            Some(row) if row.when == When::Unseen => return "no page shows what brings it about".to_owned(),
            _ => {}
        }
        let unproven = endpoint.and_then(|at| contract.endpoints[at].unproven.as_ref());
        if let (Some(why), "request" | "success") = (unproven, clause.part()) {
            return format!("no legal call is sure to be accepted: {why}");
        }
        let words = match (clause.part(), clause.rule) {
            (_, Rule::Message) => "no answer carried a text that is recognisably this message",
            ("response", _) => "no answer carried the field",
            ("response-header", _) => "no answer carried the header",
            ("request" | "request-header", _) => "no case can break or reach it alone",
            ("errors", _) => "no case that ran provokes the row for this field",
            ("effects", _) => "no answer showed what an earlier call of the case had done",
            ("encryption", _) => "no exchange was encrypted",
            _ => "no exchange came to the point where it is asserted",
        };
        words.to_owned()
    }
}
