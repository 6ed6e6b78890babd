//! Each field absent and null.

use super::{Planned, Scope, set_json};
use crate::model::field::Location;
use crate::model::{Edit, Json};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for field in scope.fields() {
        let clause = field.presence.as_ref().and_then(|p| p.clause);
        if field.location == Location::Path {
            out.push(scope.left_out(&field.place(), "absent", clause, "without it the path is another one"));
            continue;
        }
        // An optional field left out is a legal request: the valid family sends it.
        if !field.optional() {
            out.push(scope.edited(field, "absent", clause, Edit::Remove(field.path.clone())));
        }
        if field.location == Location::Query {
            continue;
        }
        out.push(scope.edited(field, "null", clause, set_json(field, Json::Null)));
    }
    out
}

#[cfg(test)]
mod tests;
