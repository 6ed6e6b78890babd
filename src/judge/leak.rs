//! No answer shows a secret of the caller's.

use super::{Notes, Oracle, Reply};
use crate::contract::Endpoint;
use crate::model::observed::Echo;
use crate::model::{Check, Observed, field, place};

/// What to look at where an answer shows a secret.
pub(super) const HINT: &str =
    "an error text is built from the request, or from an exception that holds it: name the field, not its value";

pub(super) fn check(oracle: &Oracle, endpoint: &Endpoint, seen: &Observed, notes: &mut Notes<'_>) {
    let Ok(answer) = &seen.answer else { return };
    let accepted = oracle.reply(endpoint, answer) == Reply::Accepted;
    // Where an answer is documented to show a value, showing it is no leak.
    let documented = |echo: &&Echo| accepted && is_documented(endpoint, &echo.pointer);
    let mut leaks = seen.echoes.iter().filter(|echo| !documented(echo)).peekable();
    if leaks.peek().is_none() {
        notes.hold(endpoint.policy.no_leak);
    }
    for echo in leaks {
        notes.find(
            endpoint.policy.no_leak,
            Check::Leak,
            echo.pointer.clone(),
            "no secret in an answer",
            format!("the {} stands in it", echo.kind),
        );
    }
}

fn is_documented(endpoint: &Endpoint, pointer: &str) -> bool {
    pointer.starts_with('/') && field::find(&endpoint.response, &place::of_pointer(pointer)).is_some()
}

#[cfg(test)]
mod tests;
