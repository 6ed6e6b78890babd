//! Code, status and message of a refusal.

use super::{Notes, envelope, message};
use crate::contract::{Contract, Endpoint, Row, RowField, When};
use crate::model::case::RowRef;
use crate::model::observed::{Answer, Body};
use crate::model::{Check, ClauseIx, Expect, Level, Reason, Role, Rule, Step, field, place};

/// What to look at where a refusal has another status.
pub(super) const STATUS_HINT: &str = "the HTTP status is part of the documented row";
/// What to look at where a refusal has another code.
pub(super) const CODE_HINT: &str = "another check comes first, or the row's code changed";
/// What to look at where a refusal has another text.
pub(super) const MESSAGE_HINT: &str = "clients may show or compare this text";

pub(super) fn check(
    contract: &Contract,
    endpoint: &Endpoint,
    step: &Step,
    code: Option<&str>,
    answer: &Answer,
    notes: &mut Notes<'_>,
) {
    let Expect::Refuse { broken, rows, may, doubt, .. } = &step.expect else { return };
    let row = |r: &RowRef| &endpoint.rows[r.row];
    // A refusal that is documented without a code is kept by refusing.
    for found in rows.iter().filter(|r| row(r).code.is_empty()) {
        notes.hold(row(found).fields[found.field].code);
    }
    let coded: Vec<&RowRef> = rows.iter().filter(|r| !row(r).code.is_empty()).collect();
    let Some(first) = coded.first() else { return };
    let Some(code) = code else { return uncoded(contract, endpoint, (step, &coded), answer, notes) };
    let aimed = step.state.filter(|r| row(r).code == code && may.iter().any(|m| m.row == r.row));
    let tried = step.state.filter(|r| matches!(row(r).when, When::Attempts { .. }));
    let broken_rules: Vec<Rule> = broken.iter().map(|c| contract.clause(*c).rule).collect();
    let found = coded.iter().copied().find(|r| row(r).code == code).or(aimed.as_ref());
    let Some(found) = found else {
        if let Some(found) = coded.iter().find(|r| alternative(contract, row(r), r, &broken_rules, code)) {
            // Which of these codes a way of breaking a field gets, the page does not say.
            broken.iter().filter(|c| **c != row(found).fields[found.field].code).for_each(|c| notes.hold(*c));
            return;
        }
        if may.iter().any(|m| row(m).code == code) {
            let note = format!("refused with {code}, a row that nobody can rule out here");
            return notes.unclear(Reason::PreconditionLost, note);
        }
        // The fixture that was to bring the row about may be another thing by now.
        let mut other = endpoint.rows.iter().filter(|r| r.code == code && !r.when.input());
        if let Some(why) = other.find_map(|r| notes.stale(endpoint, r)) {
            return notes.unclear(Reason::FixtureMissing, why);
        }
        if doubt.is_some() {
            // Something in the request may as well draw this code: it is recorded, and nothing is said of the row.
            return;
        }
        let mut wanted: Vec<&str> = coded.iter().map(|r| row(r).code.as_str()).collect();
        wanted.dedup();
        // Where several rows may apply, none is promised alone: the softest is the one to cite.
        let softest = coded.iter().map(|r| row(r).fields[r.field].code).min_by_key(|c| contract.clause(*c).level);
        let clause = softest.unwrap_or(row(first).fields[first.field].code);
        broken.iter().filter(|c| **c != clause).for_each(|c| notes.hold(*c));
        notes.find(clause, Check::Code, envelope::pointer(&contract.envelope.code), wanted.join(" or "), code);
        return;
    };
    if let (Some(tried), None, Role::Probe) = (tried, aimed, step.role) {
        let (limit, stated) = contract.attempts;
        if stated {
            let clause = row(&tried).fields[tried.field].code;
            let pointer = envelope::pointer(&contract.envelope.code);
            let expected = format!("{} within {limit} attempts, as the profile says", row(&tried).code);
            notes.find(clause, Check::Code, pointer, expected, code);
        } else {
            let note = format!("still {code} after {limit} attempts: state the limit as `attempts` in the profile");
            notes.unclear(Reason::FixtureMissing, note);
        }
    }
    let known = row(found);
    let own = &known.fields[found.field];
    let others: Vec<ClauseIx> = coded.iter().map(|r| row(r).fields[r.field].code).collect();
    broken.iter().filter(|c| **c != own.code && !others.contains(c)).for_each(|c| notes.hold(*c));
    notes.hold(own.code);
    if let Some(status) = own.status {
        if answer.status == known.status {
            notes.hold(status);
        } else {
            notes.find(status, Check::Status, "", known.status.to_string(), answer.status.to_string());
        }
    }
    text(contract, endpoint, (known, own), answer, notes);
}

/// Holds the message against that of the row.
fn text(
    contract: &Contract,
    endpoint: &Endpoint,
    (known, own): (&Row, &RowField),
    answer: &Answer,
    notes: &mut Notes<'_>,
) {
    let Some(clause) = own.message else { return };
    let limits = field::find(&endpoint.request, &own.path)
        .and_then(|f| f.length.as_ref())
        .map(super::super::model::field::Constraint::first);
    let fill = |hole: &str| match hole {
        "field" => Some(place::spoken(&own.path)),
        "name" => Some(place::last(&own.path).into_owned()),
        "min" => limits.map(|l| l.min.to_string()),
        "max" => limits.map(|l| l.max.to_string()),
        _ => None,
    };
    let others: Vec<&str> = endpoint.rows.iter().map(|r| r.message.as_str()).filter(|m| !m.is_empty()).collect();
    match message::compare(&known.message, &fill, envelope::message(contract, answer), &others) {
        message::Match::Same => notes.hold(clause),
        message::Match::Other(actual) => {
            notes.find(
                clause,
                Check::Message,
                envelope::pointer(&contract.envelope.message),
                message::render(&known.message, &fill),
                actual,
            );
        }
        message::Match::Unknown => {}
    }
}

/// The clause of a row whose code this refusal must carry, as a page says for that very field; none where a row is our reading of a
/// sibling's, or where another refusal may come first.
pub(super) fn promised(contract: &Contract, endpoint: &Endpoint, expect: &Expect) -> Option<ClauseIx> {
    let Expect::Refuse { rows, may, doubt: None, bare: false, .. } = expect else { return None };
    let own = rows.iter().filter(|r| !endpoint.rows[r.row].code.is_empty());
    let clauses = own.map(|r| endpoint.rows[r.row].fields[r.field].code);
    // Where several rows may apply, none is promised alone: the softest is the one to cite.
    let softest = clauses.min_by_key(|c| contract.clause(*c).level)?;
    (may.is_empty() && contract.clause(softest).level == Level::Must).then_some(softest)
}

/// A refusal without a code. That the request was refused is shown; which row it was is not.
fn uncoded(
    contract: &Contract,
    endpoint: &Endpoint,
    (step, coded): (&Step, &[&RowRef]),
    answer: &Answer,
    notes: &mut Notes<'_>,
) {
    let Expect::Refuse { broken, .. } = &step.expect else { return };
    let own: Vec<ClauseIx> = coded.iter().map(|r| endpoint.rows[r.row].fields[r.field].code).collect();
    broken.iter().filter(|c| !own.contains(c)).for_each(|c| notes.hold(*c));
    let actual = match &answer.body {
        Body::Empty => "no body".to_owned(),
        Body::Other { why, excerpt } => format!("no JSON ({why}): {}", excerpt.escape_debug()),
        // JSON without a code is for the envelope's clause.
        Body::Json { .. } | Body::Coded { .. } => return,
    };
    let Some(clause) = promised(contract, endpoint, &step.expect) else { return };
    let mut wanted: Vec<&str> = coded.iter().map(|r| endpoint.rows[r.row].code.as_str()).collect();
    wanted.dedup();
    notes.find(clause, Check::Code, envelope::pointer(&contract.envelope.code), wanted.join(" or "), actual);
}

/// True if the row's page does not tell the ways of breaking a field apart and this code is one of those that may come.
fn alternative(contract: &Contract, row: &Row, own: &RowRef, broken: &[Rule], code: &str) -> bool {
    let documented = contract.clause(row.fields[own.field].code).level == Level::Must;
    // Rows about references and states name their overlaps themselves.
    let told_apart = row.when.input() && broken.iter().all(|r| !matches!(r, Rule::Presence | Rule::Length));
    row.alternatives.iter().any(|c| c == code) && !(documented && told_apart)
}

#[cfg(test)]
mod tests;
