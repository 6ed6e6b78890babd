//! What an answer shows of earlier calls, as it was found before secrets were taken out.

use super::Notes;
use crate::model::{Check, Observed};

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
