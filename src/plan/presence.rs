//! Each field absent and null.

use super::{Planned, Scope, set_json};
use crate::model::{Edit, Json};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for field in scope.fields() {
        let clause = field.presence.as_ref().and_then(|p| p.clause);
        // An optional field left out is a legal request: the valid family sends it.
        if !field.optional() {
            out.push(scope.edited(field, "absent", clause, Edit::Remove(field.path.clone())));
        }
        out.push(scope.edited(field, "null", clause, set_json(field, Json::Null)));
    }
    out
}
