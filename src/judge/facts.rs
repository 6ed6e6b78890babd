//! What an answer shows of earlier calls, as it was found before secrets were taken out.

use super::Notes;
use crate::model::{Check, Observed};

/// What to look at where an answer differs from what is known.
pub(super) const HINT: &str =
    "an earlier call of the same case said otherwise: look for a write that was lost, or a stale copy";

pub(super) fn check(seen: &Observed, notes: &mut Notes<'_>) {
    for fact in &seen.facts {
        if fact.holds {
            notes.hold(fact.clause);
        } else {
            notes.find(fact.clause, Check::Fact, fact.pointer.clone(), fact.expected.clone(), fact.actual.clone());
        }
    }
}

#[cfg(test)]
mod tests;
