//! The fields of a successful answer.

use super::Notes;
use crate::contract::{Contract, Endpoint};
use crate::model::field::Way;
use crate::model::observed::{Answer, Body};
use crate::model::{Check, Json, Observed, Rule};
use crate::schema::check::{Side, State};
use crate::schema::{self, Units};

/// What to look at where a field of an answer breaks a rule.
pub(super) fn hint(rule: Rule) -> &'static str {
    match rule {
        Rule::Integer => "strict readers refuse a fraction or exponent where an id is expected",
        _ => "a client that reads the documented type and bounds breaks here",
    }
}

/// The places whose values break a clause.
pub(super) fn broken(contract: &Contract, endpoint: &Endpoint, seen: &Observed) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(root) = seen.answer.as_ref().ok().and_then(Answer::json) {
        let units = Units { side: Side::Response, units: &contract.units };
        schema::check(&endpoint.response, root, units, &mut |judged| {
            if judged.state == State::Broken && judged.clause.is_some() {
                out.push(judged.path.to_string());
            }
        });
    }
    out
}

pub(super) fn check(contract: &Contract, endpoint: &Endpoint, seen: &Observed, notes: &mut Notes<'_>) {
    // Where no body came, no field came.
    let nothing = Json::Object(Vec::new());
    let root = match seen.answer.as_ref().map(|answer| &answer.body) {
        Ok(Body::Json { root, .. }) => root,
        Ok(Body::Empty) => &nothing,
        _ => return,
    };
    let units = Units { side: Side::Response, units: &contract.units };
    schema::check(&endpoint.response, root, units, &mut |judged| {
        let Some(clause) = judged.clause else { return };
        // What this run wrote itself, by a request that is not clearly legal, is nothing to blame the target for.
        if judged.state != State::Holds && !seen.own.is_empty() && seen.own.contains(&judged.path.to_string()) {
            return;
        }
        match judged.state {
            State::Holds => notes.hold(clause),
            State::Unknown => {}
            State::Broken => {
                let says = contract.clause(clause).says.clone();
                let actual = match (judged.way, judged.value) {
                    (Way::Absent, _) => "absent".to_owned(),
                    (_, Some(value)) if judged.rule == Rule::Length => {
                        format!("{} ({} characters)", value.brief(60), length(value))
                    }
                    (_, Some(value)) => format!("{} {}", value.type_name(), value.brief(60)),
                    (_, None) => "nothing".to_owned(),
                };
                notes.find(clause, Check::Field, judged.path.to_string(), says, actual);
            }
        }
    });
}

fn length(value: &Json) -> usize {
    match value {
        Json::Redacted(redacted) => redacted.chars,
        other => other.scalar().map_or(0, |text| text.chars().count()),
    }
}

#[cfg(test)]
mod tests;
