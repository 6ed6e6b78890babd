//! Requests signed wrongly or not at all.

use super::{Planned, Scope};
use crate::model::template::{HeaderChange, HeaderEdit, Region, TokenEdit};

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
        tokens.push(("other-body", TokenEdit::Blank(Region::End)));
    }
    for (variant, token) in tokens {
        let mut step = scope.probe(Vec::new());
        step.token = token;
        out.push(scope.case(&field.place(), variant, clause, step));
    }
    out
}
