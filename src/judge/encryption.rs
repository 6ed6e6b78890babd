//! Encrypted answers: opened, and there where the page marks them.

use super::Notes;
use crate::contract::Endpoint;
use crate::model::observed::Opened;
use crate::model::{Check, Observed, Reason};

/// What to look at where an encrypted answer is not what it must be.
pub(super) const HINT: &str = "look at the key pair that the key id names, and which side's public key is used";

/// False if nothing more can be said of the answer.
pub(super) fn check(endpoint: &Endpoint, seen: &Observed, accepted: bool, notes: &mut Notes<'_>) -> bool {
    let Some(clauses) = endpoint.encryption else { return true };
    match &seen.opened {
        Opened::Opened(_) => {
            notes.hold(clauses.opens);
            notes.held.extend(clauses.encrypted.filter(|_| seen.sealed));
        }
        Opened::NoKey => {
            let why = "an encrypted answer came: name the client's private key in the profile, under `encryption`";
            notes.unclear(Reason::FixtureMissing, why);
            return false;
        }
        Opened::Failed(why) => {
            let wanted = "an encrypted answer that the caller's private key opens";
            notes.find(clauses.opens, Check::Encryption, "", wanted, why.clone());
            notes.unclear(Reason::EnvelopeNotFound, "the answer could not be opened");
            return false;
        }
        Opened::Plain => {
            // A plain request carries no key to answer under, and no page shows how refusals come.
            if let Some(clause) = clauses.encrypted.filter(|_| seen.sealed && accepted) {
                notes.find(clause, Check::Encryption, "", "an encrypted answer, as the page marks it", "a plain one");
            }
        }
    }
    true
}

#[cfg(test)]
mod tests;
