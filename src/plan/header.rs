//! Each request header absent, empty, too short, too long and malformed. The token's own header is the token family's.

use super::{Planned, Scope};
use crate::model::case::Seal;
use crate::model::template::{HeaderChange, HeaderEdit};
use crate::model::wire::Mark;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    let wire = &scope.endpoint.wire;
    for field in &scope.endpoint.request_headers {
        let presence = field.presence.as_ref().and_then(|p| p.clause);
        let length = field.length.as_ref().and_then(|l| l.clause);
        let format = field.format.as_ref().and_then(|f| f.clause);
        if wire.shows_caller(&field.name) {
            if length.is_some() {
                out.push(scope.left_out(
                    &field.place(),
                    "length",
                    length,
                    "a token of another length does not verify either: two faults",
                ));
            }
            continue;
        }
        if wire.encryption.as_ref().is_some_and(|e| e.key_id_header == field.name) && wire.marks.0 == Mark::Marked {
            // It goes with encrypted requests, so these are encrypted whatever the mode.
            for (variant, change) in [("short", HeaderChange::Shorten), ("long", HeaderChange::Lengthen)] {
                let mut probe = scope.probe(Vec::new());
                probe.seal = Seal::Sealed;
                probe.headers.push(HeaderEdit { name: field.name.clone(), change });
                out.push(scope.case(&field.place(), variant, length, probe));
            }
            continue;
        }
        if !wire.headers.iter().any(|h| h.name == field.name) {
            for clause in [presence, length].into_iter().flatten() {
                out.push(scope.left_out(
                    &field.place(),
                    "any",
                    Some(clause),
                    "the header goes with encrypted requests, and this endpoint's are not marked",
                ));
            }
            continue;
        }
        let changes = [
            ("absent", HeaderChange::Remove, presence),
            ("empty", HeaderChange::Empty, length.or(presence)),
            ("short", HeaderChange::Shorten, length),
            ("long", HeaderChange::Lengthen, length),
            ("malformed", HeaderChange::Malform, format),
        ];
        for (variant, change, clause) in changes {
            out.push(scope.with_header(field, variant, clause, HeaderEdit { name: field.name.clone(), change }));
        }
    }
    out
}

#[cfg(test)]
mod tests;
