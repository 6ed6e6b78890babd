//! Requests whose credentials are wrong, right in part or not there at all, and one whose body is written with blanks and signed so.

use super::{Planned, Scope};
use crate::auth;
use crate::model::template::{HeaderChange, HeaderEdit};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let Some(plan) = &scope.endpoint.wire.auth else { return Vec::new() };
    let clause = scope.endpoint.verified_clause;
    let Some(field) = scope.endpoint.request_headers.iter().find(|f| f.name == plan.header) else { return Vec::new() };
    let mut out = Vec::new();
    for (variant, change) in
        [("absent", HeaderChange::Remove), ("empty", HeaderChange::Empty), ("malformed", HeaderChange::Malform)]
    {
        out.push(scope.with_header(field, variant, clause, HeaderEdit { name: field.name.clone(), change }));
    }
    let has_body = scope.endpoint.wire.has_body;
    for tamper in auth::tampers(plan, has_body).into_iter().filter(|t| !t.elsewhere) {
        let mut step = scope.probe(Vec::new());
        step.token = tamper.edit;
        out.push(scope.case(&field.place(), tamper.variant, clause, step));
    }
    if auth::covers_body(plan) && has_body {
        // What is signed is what is sent: a server that writes the body anew before it computes the code refuses a legal request.
        let mut step = scope.probe(Vec::new());
        step.spaced = true;
        out.push(scope.case(&field.place(), "body-with-blanks", clause, step));
    }
    out
}

#[cfg(test)]
mod tests;
