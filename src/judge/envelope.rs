//! Code and message, found where the envelope says.

use super::Notes;
use crate::contract::{Contract, Endpoint};
use crate::model::observed::{Answer, Body};
pub(super) use crate::model::place::pointer;
use crate::model::{Check, Json, Reason};

/// What to look at where an answer has no code.
pub(super) const HINT: &str =
    "if the target has its envelope elsewhere, say so in the profile: `envelope: {code: ..., message: ...}`";

/// The code, a string or a number.
pub(super) fn code(contract: &Contract, answer: &Answer) -> Option<String> {
    answer.json()?.at(&contract.envelope.code).and_then(Json::scalar).map(str::to_owned)
}

/// The message.
pub(super) fn message(contract: &Contract, answer: &Answer) -> Option<String> {
    answer.json()?.at(&contract.envelope.message).and_then(Json::scalar).map(str::to_owned)
}

/// Holds the answer, which promises one, to carrying a code.
pub(super) fn check(contract: &Contract, endpoint: &Endpoint, answer: &Answer, notes: &mut Notes<'_>) {
    let actual = match &answer.body {
        _ if code(contract, answer).is_some() => return notes.hold(endpoint.envelope_clause),
        Body::Json { root, .. } => root.brief(120),
        Body::Empty => "no body".to_owned(),
        Body::Coded { .. } | Body::Other { .. } => return,
    };
    notes.find(endpoint.envelope_clause, Check::Envelope, pointer(&contract.envelope.code), "a code", actual);
    if answer.json().is_some() {
        notes.unclear(Reason::EnvelopeNotFound, Reason::EnvelopeNotFound.says());
    }
}

#[cfg(test)]
mod tests;
