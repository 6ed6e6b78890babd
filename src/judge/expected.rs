//! What an answer says of its request: that it was taken or refused, as the contract wants it or not.

use super::{Notes, Reply, envelope, message, place_of, refusal};
use crate::contract::behaviour::Class;
use crate::contract::{Endpoint, When};
use crate::model::case::RowRef;
use crate::model::observed::Answer;
use crate::model::{Check, ClauseIx, Expect, Reason, Role, Rule, Step};

/// What to look at where a legal request is refused.
pub(super) const REFUSED_HINT: &str =
    "a legal value is refused: look for a bound that is off by one, or counts bytes instead of characters";

/// What to look at where a request that breaks the rule is taken.
pub(super) fn taken_hint(rule: Rule) -> &'static str {
    match rule {
        Rule::Length => "the length is not checked at this bound, or checked after the value was cut",
        Rule::Presence => "the field is not checked for null or absence",
        Rule::Enum => "only the length or nothing is checked: compare with the list of words",
        Rule::Type => "the JSON reader turns other types into this one before anybody checks",
        Rule::Format => "digits are checked, not whether the date exists",
        Rule::Verified => "the token is not recomputed over the received bytes, or its result is not used",
        Rule::Code => "the state is not checked before the request is carried out",
        _ => "the rule is not checked",
    }
}

/// Holds an answer that could be read against what the contract says of its request.
pub(super) fn check(
    endpoint: &Endpoint,
    step: &Step,
    aim: Option<ClauseIx>,
    (reply, code): (Reply, Option<&str>),
    answer: &Answer,
    notes: &mut Notes<'_>,
) {
    match (&step.expect, reply) {
        (Expect::Accept { may }, Reply::Refused) => {
            if matches!(step.role, Role::Probe | Role::Trial) {
                wrongly_refused(endpoint, (aim, may), code, answer, notes);
            }
        }
        (Expect::Accept { .. } | Expect::Either { .. }, Reply::Accepted) => {
            if let (Expect::Accept { .. }, Some(aim)) = (&step.expect, aim) {
                notes.hold(aim);
            }
            success(endpoint, code, answer, notes);
        }
        (Expect::Either { .. }, _) | (_, Reply::Neither) => {}
        (Expect::Refuse { broken, .. }, Reply::Accepted) => {
            // Of several clauses the hardest is the one to cite.
            if let Some(clause) = broken.iter().copied().max_by_key(|c| notes.contract.clause(*c).level) {
                notes.find(
                    clause,
                    Check::Refused,
                    place_of(notes.contract.clause(clause)),
                    "refused",
                    format!("accepted with {}", answer.status),
                );
            }
        }
        (Expect::Refuse { broken, rows, .. }, Reply::Refused) => {
            if broken.len() == 1 && rows.is_empty() {
                notes.held.extend(broken);
            }
            refusal::check(notes.contract, endpoint, step, code, answer, notes);
        }
    }
}

fn success(endpoint: &Endpoint, code: Option<&str>, answer: &Answer, notes: &mut Notes<'_>) {
    let success = &endpoint.success;
    if answer.status == success.status {
        notes.hold(success.status_clause);
    } else {
        notes.find(success.status_clause, Check::Status, "", success.status.to_string(), answer.status.to_string());
    }
    // Without a code the envelope has spoken already.
    if let (Some(code), Some(clause)) = (code, success.code_clause) {
        if success.codes.iter().any(|c| c == code) {
            notes.hold(clause);
        } else {
            let pointer = envelope::pointer(&notes.contract.envelope.code);
            notes.find(clause, Check::Code, pointer, success.codes.join(" or "), code);
        }
    }
    let Some(clause) = success.message_clause else { return };
    let pointer = envelope::pointer(&notes.contract.envelope.message);
    match message::compare(&success.message, &|_| None, envelope::message(notes.contract, answer), &[]) {
        message::Match::Same => notes.hold(clause),
        message::Match::Other(actual) => {
            notes.find(clause, Check::Message, pointer, success.message.clone(), actual);
        }
        message::Match::Unknown => {}
    }
}

fn wrongly_refused(
    endpoint: &Endpoint,
    (aim, may): (Option<ClauseIx>, &[RowRef]),
    code: Option<&str>,
    answer: &Answer,
    notes: &mut Notes<'_>,
) {
    // Several rows may have one code: any that may hold excuses it. A refusal that the page states without a code may have any.
    let rows = || endpoint.rows.iter().enumerate().filter(|(_, r)| Some(r.code.as_str()) == code);
    if rows().any(|(at, _)| may.iter().any(|m| m.row == at)) {
        return;
    }
    let first = may.first().map(|m| &endpoint.rows[m.row]).filter(|row| !row.code.is_empty());
    if let (None, Some(row)) = (code, first) {
        let note = format!("refused without a code, and nobody can rule out that {}", row.when.words());
        return notes.unclear(Reason::EnvelopeNotFound, note);
    }
    let other = rows().next().is_some_and(|(_, row)| row.when.class() != Class::State);
    let codeless = may.iter().map(|m| &endpoint.rows[m.row]).find(|row| row.code.is_empty());
    if let Some(row) = codeless.filter(|_| !other) {
        let note = format!("refused, and nobody can rule out that {}", row.when.words());
        return notes.unclear(Reason::PreconditionLost, note);
    }
    match rows().next().map(|(_, row)| row) {
        Some(row) if matches!(row.when, When::Taken(_) | When::Lacks { .. } | When::Unseen) => {
            let reason =
                if matches!(row.when, When::Taken(_)) { Reason::IdentityTaken } else { Reason::PreconditionLost };
            notes.unclear(reason, format!("refused with {} \"{}\"", row.code, row.message));
        }
        Some(row) if !row.when.input() && notes.stale(endpoint, row).is_some() => {
            let why = notes.stale(endpoint, row).unwrap_or_default();
            notes.unclear(Reason::FixtureMissing, why);
        }
        // The row is known not to hold: earlier calls made sure of it.
        Some(row) if !row.when.input() && !row.fields.is_empty() => {
            let actual = format!("refused with {} {}, though that does not hold", answer.status, row.code);
            let clause = row.fields[0].code;
            notes.find(clause, Check::Accepted, "", "accepted: what the row speaks of does not hold", actual);
        }
        _ => {
            let success = &endpoint.success;
            // A success by its status whose code nobody knows: the code is what is wrong with it.
            if let (200..300, Some(code), Some(clause), None) = (answer.status, code, success.code_clause, aim) {
                let pointer = envelope::pointer(&notes.contract.envelope.code);
                notes.find(clause, Check::Code, pointer, success.codes.join(" or "), code);
                return;
            }
            let actual = format!("refused with {} {}", answer.status, code.unwrap_or("and no code"));
            let clause = aim.unwrap_or(endpoint.success.status_clause);
            let pointer = place_of(notes.contract.clause(clause));
            notes.find(clause, Check::Accepted, pointer, "accepted: the request satisfies every clause", actual);
        }
    }
}
