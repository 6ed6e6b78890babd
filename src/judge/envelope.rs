//! Code and message, found where the envelope says.

use super::Notes;
use crate::contract::{Contract, Endpoint};
use crate::model::observed::Answer;
use crate::model::{Check, Json, Reason};

/// The code, a string or a number.
pub(super) fn code(contract: &Contract, answer: &Answer) -> Option<String> {
    answer.json()?.at(&contract.envelope.code).and_then(Json::scalar).map(str::to_owned)
}

/// The message.
pub(super) fn message(contract: &Contract, answer: &Answer) -> Option<String> {
    answer.json()?.at(&contract.envelope.message).and_then(Json::scalar).map(str::to_owned)
}

/// A dotted path as a JSON pointer.
pub(super) fn pointer(path: &str) -> String {
    format!("/{}", path.replace('~', "~0").replace('/', "~1").replace('.', "/"))
}

/// Answers the code; without one the code clauses of this exchange can't be judged.
pub(super) fn check(
    contract: &Contract,
    endpoint: &Endpoint,
    answer: &Answer,
    notes: &mut Notes<'_>,
) -> Option<String> {
    let found = code(contract, answer);
    if found.is_some() {
        notes.hold(endpoint.envelope_clause);
    } else if answer.json().is_some() {
        let actual = answer.json().map(|j| j.brief(120)).unwrap_or_default();
        notes.find(endpoint.envelope_clause, Check::Envelope, pointer(&contract.envelope.code), "a code", actual);
        notes.unclear(Reason::EnvelopeNotFound, Reason::EnvelopeNotFound.says());
    }
    found
}
