//! Each field with every other JSON type: any value of that type, and the legal value written as one.

use super::{Planned, Scope, set_json};
use crate::model::Json;
use crate::model::field::{Kind, Location};
use crate::model::twin::Twin;

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
                Kind::Array => match field.items.as_deref().and_then(|i| i.kind.as_ref()).map(|k| *k.first()) {
                    Some(Kind::Number | Kind::Boolean) => {
                        let word = Json::Array(vec![Json::text("x1")]);
                        scope.edited(field, "word", kind.clause, set_json(field, word))
                    }
                    _ => {
                        scope.left_out(&field.place(), "other-types", kind.clause, "an address holds nothing but text")
                    }
                },
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
        // What is wrong in nothing but its type shows whether the type is looked at.
        let legal = scope.example(field);
        for twin in legal.as_ref().map(Twin::of).unwrap_or_default() {
            let of_items = field.items.as_ref().and_then(|items| items.kind.as_ref());
            if twin == Twin::OtherEntries {
                // Where both types are legal there is no other one.
                let one = of_items.filter(|items| items.sides.len() == 1);
                out.extend(one.map(|items| scope.twin(field, twin, items.clause)));
                continue;
            }
            if twin.kind().or(of_items.map(|items| *items.first())).is_some_and(|k| !kind.sides.contains(&k)) {
                out.push(scope.twin(field, twin, kind.clause));
            }
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

#[cfg(test)]
mod tests;
