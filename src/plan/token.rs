//! Requests signed wrongly, in part or not at all, and one whose body is written with blanks and signed so.

use super::{Planned, Scope};
use crate::model::template::{HeaderChange, HeaderEdit, Region, TokenEdit};
use crate::model::wire::Piece;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let Some(auth) = &scope.endpoint.wire.auth else { return Vec::new() };
    let clause = scope.endpoint.verified_clause;
    let Some(field) = scope.endpoint.request_headers.iter().find(|f| f.name == auth.header) else { return Vec::new() };
    let mut out = Vec::new();
    for (variant, change) in
        [("absent", HeaderChange::Remove), ("empty", HeaderChange::Empty), ("malformed", HeaderChange::Malform)]
    {
        out.push(scope.with_header(field, variant, clause, HeaderEdit { name: field.name.clone(), change }));
    }
    let mut tokens = vec![("wrong-code", TokenEdit::WrongCode), ("other-key", TokenEdit::OtherKey)];
    if auth.over.is_some() {
        tokens.extend([
            ("other-body", TokenEdit::Blank(Region::End)),
            ("half-code", TokenEdit::HalfCode),
            ("other-case", TokenEdit::OtherCase),
            ("no-code", TokenEdit::NoCode),
        ]);
        let version = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(|c: char| c.is_ascii_digit()));
        if auth.value.first().is_some_and(version) {
            tokens.push(("other-version", TokenEdit::OtherVersion));
        }
    }
    for (variant, token) in tokens {
        let mut step = scope.probe(Vec::new());
        step.token = token;
        out.push(scope.case(&field.place(), variant, clause, step));
    }
    if auth.over.is_some() && scope.endpoint.wire.has_body {
        // What is signed is what is sent: a server that writes the body anew before it computes the code refuses a legal request.
        let mut step = scope.probe(Vec::new());
        step.spaced = true;
        out.push(scope.case(&field.place(), "body-with-blanks", clause, step));
    }
    out
}
