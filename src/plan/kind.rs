//! Each field with every other JSON type.

use super::{Planned, Scope, set_json};
use crate::model::Json;
use crate::model::field::{Kind, Location};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for field in scope.fields() {
        let Some(kind) = &field.kind else { continue };
        if matches!(field.location, Location::Path | Location::Query) {
            // Text is all that an address holds: only what can't be read as the type is of another one.
            out.push(match *kind.first() {
                Kind::Number | Kind::Boolean => {
                    scope.edited(field, "word", kind.clause, set_json(field, Json::text("x1")))
                }
                _ => scope.left_out(&field.place(), "other-types", kind.clause, "an address holds nothing but text"),
            });
            continue;
        }
        for other in Kind::ALL.into_iter().filter(|k| !kind.sides.contains(k)) {
            let value = match other {
                Kind::String => Json::text("1"),
                Kind::Number => Json::number("1"),
                Kind::Boolean => Json::Bool(true),
                Kind::Array => Json::Array(Vec::new()),
                Kind::Object => Json::Object(Vec::new()),
            };
            out.push(scope.edited(field, other.word(), kind.clause, set_json(field, value)));
        }
        if let Some(items) = &field.items {
            let clause = items.kind.as_ref().and_then(|k| k.clause);
            out.push(scope.left_out(
                &items.place(),
                "other-types",
                clause,
                "an item of another type takes the place of one that the list needs",
            ));
        }
    }
    out
}
