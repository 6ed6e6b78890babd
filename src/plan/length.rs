//! Each string empty, blank, and at, just below and just above its limits, in ASCII, Hangul and astral characters.

use super::scope::overrides;
use super::way::{Goal, Way};
use super::{Planned, Scope, set};
use crate::model::field::{Kind, Location};
use crate::model::twin::Twin;
use crate::model::{ClauseIx, Edit, Expect, Field, Hole, Role, Template, field};
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
        if field.refers.is_some() {
            out.push(longer(scope, field, limits.max, clause));
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

/// What names something, one character too long: a text that is cut to its legal length before it is looked up would be found.
fn longer(scope: &Scope<'_>, field: &Field, max: usize, clause: Option<ClauseIx>) -> Planned {
    let way = scope.plan.way(scope.at, Goal::Accept).ok().and_then(|way| longest(scope, &way, field, max));
    let probe = way.and_then(|way| scope.twin_on(&way, field, Twin::Longer).map(|probe| (way, probe)));
    if let Some((way, probe)) = probe {
        let planned = scope.led(&field.place(), Twin::Longer.word(), clause, &way, probe);
        if matches!(&planned, Planned::Case(case) if matches!(case.expect(), Expect::Refuse { .. })) {
            return planned;
        }
    }
    scope.twin(field, Twin::Longer, clause)
}

/// The way, with the name that one of its calls gives as long as it may be; none where what is named got its name otherwise.
fn longest(scope: &Scope<'_>, way: &Way, field: &Field, max: usize) -> Option<Way> {
    let (step, path) = way.edits.iter().rev().find_map(|edit| match edit {
        Edit::Set(place, Template::Hole(Hole::Sent { step, path })) if *place == field.path => Some((*step, path)),
        _ => None,
    })?;
    let calls = way.steps.iter().all(|step| step.role == Role::Setup);
    let maker = &scope.plan.contract().endpoints[way.steps[step].endpoint];
    let named = field::find(&maker.request, path)?;
    let limits = named.length.as_ref()?.first();
    if !calls || max < limits.min || max > limits.max {
        return None;
    }
    let name = Edit::Set(path.clone(), compose::of_length(named, max, Script::Ascii, scope.plan.seed).ok()?);
    let mut longest =
        Way { edits: way.edits.clone(), dangling: way.dangling, ..Way::planted(scope.plan, &way.fixtures) };
    for (at, call) in way.steps.iter().enumerate() {
        let mut call = call.clone();
        if at == step {
            call.edits.retain(|edit| !overrides(&name, edit));
            call.edits.push(name.clone());
        }
        longest = longest.call(scope.plan, call);
    }
    Some(longest)
}

#[cfg(test)]
mod tests;
