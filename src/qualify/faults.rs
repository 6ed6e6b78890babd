//! Implementation faults: for each case family some that this family finds and no other does.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::contract::Contract;
use crate::model::field::{Constraint, Kind};
use crate::model::template::{Edit, Template};
use crate::model::{Case, Expect, Family, Hole, Input, Json, Role, field};
use crate::schema::compose;

/// Characters of the narrow Unicode catalogue that no other family sends.
const CHARACTERS: [&str; 6] = ["202e", "3164", "df", "200b", "200d", "1"];
/// Ways of an encrypted body that does not verify.
const SEALED: [&str; 5] = ["key", "alg", "enc", "form", "no-json"];

/// A fault that may be one for a family: its name in the sandbox, and the endpoint whose cases can see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) fault: String,
    pub(super) endpoint: usize,
}

/// Faults that a family should find, the likeliest first; none where the contract has nothing for it.
pub(super) fn candidates(contract: &Contract, family: Family, cases: &[Arc<Case>]) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for case in cases.iter().filter(|c| c.family == family) {
        let id = &contract.endpoints[case.endpoint].id;
        let mut add = |fault: String| {
            let candidate = Candidate { fault: format!("at:{id}:{fault}"), endpoint: case.endpoint };
            if !found.contains(&candidate) {
                found.push(candidate);
            }
        };
        let mut parts = case.id.splitn(4, "::").skip(2);
        let (place, variant) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let path = place.strip_prefix("body.").unwrap_or(place);
        let taken = matches!(case.expect(), Expect::Accept { .. });
        let refused = matches!(case.expect(), Expect::Refuse { broken, .. } if broken.len() == 1);
        match (family, variant) {
            (Family::Valid, "without") if taken => add(format!("refuse-only-without:{path}")),
            (Family::Valid, "without-optional") if taken => add(format!("refuse-bare:{id}")),
            (Family::Presence, "absent") if refused => add(format!("accept-absent:{path}")),
            (Family::Presence, "null") if refused => add(format!("accept-null:{path}")),
            (Family::Length, "max") if taken => add(format!("refuse-max:{path}")),
            (Family::Length, "max+1") if refused => add(format!("accept-above:{path}")),
            (Family::Type, _) if refused => add(format!("skip-type:{path}")),
            (Family::Value, v) if refused && v.starts_with("near-") => add(format!("skip-enum:{path}")),
            (Family::Value, "max+1" | "min-1") if refused => add(format!("skip-value:{path}")),
            (Family::Format | Family::Charset, _) if refused => {
                if let Some(Edit::Set(_, Template::Json(Json::String(text)))) = case.probe().edits.last() {
                    add(format!("accept-text:{path}={text}"));
                }
            }
            (Family::Header, "absent") => add("skip-headers".to_owned()),
            (Family::Token, "absent") => add("unsigned".to_owned()),
            (Family::Token, "wrong-code") => add("loose-code".to_owned()),
            (Family::Token, "other-body") => add("loose-token:end".to_owned()),
            (Family::Error, row) if case.probe().state.is_some() => add(format!("skip-row:{id}/{row}")),
            (Family::Scenario, v) => {
                if let Some(mover) = v.strip_prefix("after-") {
                    found.push(Candidate { fault: format!("stale:{id}/{mover}"), endpoint: case.endpoint });
                } else {
                    add(format!("ignore-page:{id}"));
                }
            }
            (Family::Crypto, "tampered-key") => SEALED.iter().for_each(|word| add(format!("accept-sealed:{word}"))),
            (Family::Unicode, _) => CHARACTERS.iter().for_each(|code| add(format!("crash-on-char:{code}"))),
            (Family::Tamper, "blank-head") => {
                for part in ["head", "middle", "tail"] {
                    add(format!("loose-token:{part}"));
                }
            }
            (Family::Tamper, "second-key") => add("any-secret".to_owned()),
            (Family::Tamper, "replayed") => add("replayed-token".to_owned()),
            (Family::Race, _) if case.race.as_ref().is_some_and(|r| r.losers.is_some()) => add(format!("race:{id}")),
            (Family::Fuzz, _) => inside(contract, case).into_iter().for_each(&mut add),
            (Family::Walk, _) => found.extend(stumble(contract, case)),
            (Family::Hostile, _) => {
                for kind in ["defect", "deep", "shape", "syntax"] {
                    add(format!("crash-on-body:{kind}"));
                }
            }
            _ => {}
        }
    }
    spread(found)
}

/// Texts of a length and numbers that lie well inside the bounds, where no boundary is.
fn inside(contract: &Contract, case: &Case) -> Vec<String> {
    let Some(Input::Edits(edits)) = case.draw.as_ref().map(|d| &d.input) else { return Vec::new() };
    let request = &contract.endpoints[case.endpoint].request;
    let spans = edits.iter().filter_map(|edit| {
        if let Edit::Set(path, Template::Json(Json::Number(number))) = edit {
            let bounds = field::find(request, path)?.value.as_ref()?.first();
            let edge = [&bounds.min, &bounds.max].iter().any(|b| b.to_string() == number.as_str());
            let inside = crate::model::Decimal::parse(number).is_some_and(|n| bounds.holds(&n));
            return (inside && !edge).then(|| format!("crash-on-value:{path}={number}"));
        }
        let Edit::Set(path, value) = edit else { return None };
        let chars = length(value)?;
        let own = field::find(request, path).filter(|f| f.kind.as_ref().is_some_and(|k| *k.first() == Kind::String))?;
        let limits = own.length.as_ref().map(Constraint::first)?;
        let well = chars > limits.min.saturating_add(2) && chars < limits.max.saturating_sub(2);
        // The baseline's length and those beside it are everybody's.
        let usual = compose::baseline(own).and_then(|value| length(&value)).is_some_and(|n| n.abs_diff(chars) <= 2);
        (well && !usual).then(|| format!("crash-on-length:{path}={}-{}", chars - 1, chars + 1))
    });
    spans.collect()
}

/// Characters of a text that is sent.
fn length(value: &Template) -> Option<usize> {
    match value {
        Template::Json(Json::String(text)) => Some(text.chars().count()),
        Template::Hole(Hole::Identity { chars, .. }) => Some(*chars),
        _ => None,
    }
}

/// The calls of a sequence that were taken, as far as there are four of them.
fn stumble(contract: &Contract, case: &Case) -> Option<Candidate> {
    let taken = case.steps.iter().filter(|s| s.role == Role::Setup || matches!(s.expect, Expect::Accept { .. }));
    let calls: Vec<&str> = taken.map(|s| contract.endpoints[s.endpoint].id.as_str()).collect();
    let four = calls.get(calls.len().checked_sub(4)?..)?;
    let last = contract.endpoint(four[3])?.0;
    Some(Candidate { fault: format!("stumble:{}", four.join(">")), endpoint: last })
}

/// One of each kind and endpoint first, then the second of each, and so on: faults of one kind at one endpoint are much alike.
fn spread(mut found: Vec<Candidate>) -> Vec<Candidate> {
    let kind = |c: &Candidate| c.fault.split(':').nth(2).unwrap_or_default().to_owned();
    let mut out = Vec::new();
    while !found.is_empty() {
        let (mut kinds, mut places) = (BTreeSet::new(), BTreeSet::new());
        let (now, later): (Vec<_>, Vec<_>) = found.into_iter().partition(|c| {
            // A new kind, or a new endpoint for a kind that this round has.
            let fresh = kinds.insert(kind(c)) | places.insert(c.endpoint);
            fresh && places.len() <= 4
        });
        if now.is_empty() {
            out.extend(later);
            break;
        }
        out.extend(now);
        found = later;
    }
    out
}
