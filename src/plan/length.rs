//! Each string empty, blank, and at, just below and just above its limits, in ASCII, Hangul and astral characters.

use super::{Planned, Scope, set};
use crate::model::field::{Kind, Location};
use crate::model::twin::Twin;
use crate::model::{Field, Template};
use crate::schema::compose::{self, Script};

/// What a length in one byte can count to, and one more.
const WRAP: usize = 256;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    let is_string = |f: &&&Field| f.kind.as_ref().is_some_and(|k| *k.first() == Kind::String);
    for field in scope.fields().iter().filter(is_string) {
        let clause = field.length.as_ref().and_then(|l| l.clause);
        if field.location == Location::Path {
            out.push(scope.left_out(&field.place(), "empty", clause, "without it the path is another one"));
        } else {
            out.push(scope.edited(
                field,
                "empty",
                clause.or_else(|| field.presence.as_ref().and_then(|p| p.clause)),
                set(field, Template::text("")),
            ));
        }
        let Some(limits) = field.length.as_ref().map(super::super::model::field::Constraint::first) else {
            out.push(scope.edited(field, "blank", None, set(field, Template::text(" "))));
            continue;
        };
        // Each blank takes three bytes in an address.
        out.push(if limits.min > field.room(3) {
            scope.left_out(&field.place(), "blank", clause, compose::too_long(limits.min))
        } else if field.unique {
            scope.left_out(
                &field.place(),
                "blank",
                clause,
                "a blank value of a field that must be unique could be sent once only",
            )
        } else {
            scope.edited(field, "blank", clause, set(field, Template::text(" ".repeat(limits.min.max(1)))))
        });
        let mut lengths = vec![
            ("min-1", limits.min.saturating_sub(1)),
            ("min", limits.min),
            ("max", limits.max),
            ("max+1", limits.max.saturating_add(1)),
        ];
        // A length of 0 is the empty case; a fixed length has one legal value.
        lengths.retain(|(name, n)| *n > 0 && !(*name == "max" && limits.min == limits.max));
        // A length that is counted in one byte begins anew at 256.
        if limits.max < WRAP && limits.max > limits.min {
            lengths.push(("max-wrapped", WRAP + limits.min.max(1)));
        }
        // What names something is looked up: a text that is cut to its legal length first would be found.
        if field.refers.is_some() {
            out.push(scope.twin(field, Twin::Longer, clause));
        }
        for script in Script::ALL {
            for (name, chars) in &lengths {
                let once = name.starts_with("min") && limits.min != limits.max || *name == "max-wrapped";
                if script != Script::Ascii && once {
                    continue;
                }
                let variant =
                    if script == Script::Ascii { (*name).to_owned() } else { format!("{name}-{}", script.word()) };
                out.push(match compose::of_length(field, *chars, script, scope.plan.seed) {
                    Ok(value) => scope.edited(field, &variant, clause, set(field, value)),
                    Err(why) => scope.left_out(&field.place(), &variant, clause, why),
                });
            }
        }
    }
    out
}
