//! A case's record: the same of a live run and of its evidence.

use std::sync::Arc;

use super::executed::Executed;
use super::{Accepted, Runner};
use crate::contract::Contract;
use crate::crypto;
use crate::evidence::record::case_line;
use crate::exchange::Transport;
use crate::judge::{self, Oracle};
use crate::model::json::printable;
use crate::model::observed::Body;
use crate::model::{Case, CaseRecord, Expect, Json, Observed, place, volatile};
use crate::plan::Plan;

/// Shorter values of a request may stand in a message by chance.
const NAMED: usize = 6;
/// Header lines that a case's record names.
const LINES: usize = 64;
/// Characters of a header's value that it shows.
const VALUE: usize = 120;

impl<T: Transport> Runner<T> {
    /// The case's record and its line of evidence; made again if its verdict changed since.
    pub(super) fn record(&self, case: &Case, executed: &Executed) -> (Arc<CaseRecord>, Vec<u8>) {
        let record = record(&self.plan, &self.oracle, &self.accepted, case, executed);
        // Plain data always has a JSON text.
        let verdict = serde_json::to_vec(&record).unwrap_or_default();
        // What comes from a file is not in the plan.
        let input = case.draw.as_ref().filter(|d| d.number.is_none()).map(|d| d.input.to_value());
        (Arc::new(record), case_line(&verdict, &executed.grounds, input.as_ref()))
    }
}

/// The record of a case by its verdict and exchanges.
pub(super) fn record(
    plan: &Plan,
    oracle: &Oracle,
    accepted: &Accepted,
    case: &Case,
    executed: &Executed,
) -> CaseRecord {
    let contract = plan.contract();
    let probe = executed.observed.last().filter(|_| executed.observed.len() == case.steps.len() && case.race.is_none());
    CaseRecord {
        id: Arc::clone(&case.id),
        expect: match case.expect() {
            Expect::Accept { .. } => "accept",
            Expect::Refuse { .. } => "refuse",
            Expect::Either { .. } => "either",
        },
        outcome: executed.verdict.outcome,
        level: executed.verdict.level(),
        accepted: accepted.word(contract, &case.id, &executed.verdict).map(Into::into),
        reason: executed.verdict.reason,
        note: executed.verdict.note.clone(),
        broken: executed
            .verdict
            .findings
            .iter()
            .map(|f| format!("{} {} {}", contract.clause(f.clause).id, f.check.word(), f.pointer))
            .collect(),
        saw: probe.map(|seen| saw(plan, oracle, case, seen)).unwrap_or_default(),
        headers: probe.map(|seen| headers(contract, seen)).unwrap_or_default(),
        created: executed.created.clone(),
        exchanges: executed.exchanges(),
        retried: executed.retried().count() as u64,
        micros: probe.map_or(0, |seen| seen.micros),
    }
}

/// What the probe answered, and on the first legal case of an endpoint what was sent where sources disagree.
fn saw(plan: &Plan, oracle: &Oracle, case: &Case, seen: &Observed) -> String {
    let shape = shape(seen, plan.contract());
    if !case.id.ends_with("::valid::body::every-field") {
        return shape;
    }
    let word = if oracle.accepted(case.endpoint, seen) { "accepted" } else { "not accepted" };
    plan.sides(case.endpoint).iter().fold(shape, |told, side| told + "\n    " + side + " " + word)
}

/// What an exchange answered, without values that differ from run to run: status, code, message, and the body's shape.
fn shape(seen: &Observed, contract: &Contract) -> String {
    let summary = named(seen, &judge::summary(seen, contract));
    match &seen.answer {
        Ok(answer) if (200..300).contains(&answer.status) => match &answer.body {
            Body::Json { root, .. } => format!("{summary} {}", printable(&outline(root, 0))),
            Body::Empty => format!("{summary} no body"),
            Body::Coded { coding, .. } => printable(&format!("{summary} content coding {coding}")),
            Body::Other { .. } => format!("{summary} no JSON"),
        },
        _ => summary,
    }
}

/// The text with what was sent in this request, and what differs from run to run, by name.
fn named(seen: &Observed, text: &str) -> String {
    let mut out = text.to_owned();
    let mut leaves = Vec::new();
    each_leaf(&seen.request_body, String::new(), &mut leaves);
    // Longer ones first: what contains another is named by its own name.
    leaves.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    for (path, value) in leaves.iter().filter(|(_, value)| value.len() >= NAMED) {
        if out.contains(value.as_str()) {
            out = out.replace(value.as_str(), &format!("<request.{path}>"));
        }
    }
    volatile::named(&out)
}

fn each_leaf(node: &Json, path: String, out: &mut Vec<(String, String)>) {
    match node {
        Json::Object(members) => {
            for (name, value) in members {
                each_leaf(value, place::below(&path, name), out);
            }
        }
        Json::Array(items) => {
            for item in items {
                each_leaf(item, if path.is_empty() { "*".to_owned() } else { format!("{path}.*") }, out);
            }
        }
        other => out.extend(other.scalar().map(|value| (path, value.to_owned()))),
    }
}

/// The headers of an answer in the order of their names.
fn headers(contract: &Contract, seen: &Observed) -> String {
    let Ok(answer) = &seen.answer else { return String::new() };
    let endpoint = contract.endpoint(&seen.endpoint).map(|(_, endpoint)| endpoint);
    let traces = |name: &str| {
        let own = endpoint.iter().flat_map(|e| &e.response_headers);
        own.filter(|f| f.trace.is_some()).any(|f| f.name.eq_ignore_ascii_case(name))
    };
    let sent = |value: &str| {
        let mut own = seen.request_headers.iter().filter(|(_, v)| v.len() >= NAMED);
        own.find(|(_, v)| v == value).map(|(name, _)| name.to_ascii_lowercase())
    };
    let mut lines: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| {
            let value = match name.as_str() {
                "date" | "expires" | "last-modified" => "<date>".to_owned(),
                "content-length" => "<length>".to_owned(),
                "content-type" => value.clone(),
                _ if Some(value) == seen.trace.as_ref() => "<trace>".to_owned(),
                _ => match sent(value) {
                    Some(header) => format!("<request header {header}>"),
                    None if traces(name) => "<a number of its own>".to_owned(),
                    None => volatile::named(value),
                },
            };
            printable(&format!("{name}: {}", cut(value)))
        })
        .collect();
    lines.sort_unstable();
    let more = lines.split_off(lines.len().min(LINES)).len();
    if more > 0 {
        lines.push(format!("{more} lines more"));
    }
    lines.join("; ")
}

/// A header's value, a long one cut: what a target sends must not grow the reports, each of whose cases names it. The digest tells two
/// long values apart.
fn cut(value: String) -> String {
    match value.char_indices().nth(VALUE) {
        Some((end, _)) => {
            let digest = crypto::hex(&crypto::sha256(value.as_bytes()));
            format!("{}... ({} bytes, sha256 {})", &value[..end], value.len(), &digest[..16])
        }
        None => value,
    }
}

fn outline(node: &Json, depth: usize) -> String {
    match node {
        Json::Object(members) if depth < 3 => {
            let mut inner: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}: {}", outline(value, depth + 1))).collect();
            inner.sort();
            format!("{{{}}}", inner.join(", "))
        }
        Json::Array(items) => {
            items.first().map_or_else(|| "[]".to_owned(), |first| format!("[{}]", outline(first, depth + 1)))
        }
        other => other.type_name().to_owned(),
    }
}
