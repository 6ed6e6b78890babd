//! Drawn requests: legal ones over the whole input space, with one violation, with several, and nearly legal.
//!
//! What the contract says of a draw is read off the finished request, as with every other case. A draw that fails is made
//! smaller by sending smaller ones, until nothing can be taken away.

use super::{Planned, Scope, Undrawn, echo};
use crate::model::case::Draw;
use crate::model::field::{Field, Kind, Location};
use crate::model::input::fresh;
use crate::model::{Edit, Input, Template};
use crate::schema::draw::{self, Aim, Drawn};

/// What the draws are for, over and over.
const KINDS: [Draws; 8] =
    [Draws::Legal, Draws::One, Draws::Legal, Draws::Several, Draws::Legal, Draws::One, Draws::Legal, Draws::Near];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Draws {
    Legal,
    One,
    Several,
    Near,
}

impl Draws {
    fn word(self) -> &'static str {
        match self {
            Draws::Legal => "legal",
            Draws::One => "one-violation",
            Draws::Several => "violations",
            Draws::Near => "near",
        }
    }
}

/// One draw after the other: there may be many.
pub(super) fn cases(scope: Scope<'_>) -> impl Iterator<Item = Planned> + Send + '_ {
    let drawn = (0..scope.plan.breadth().fuzz).filter_map(move |number| drawn(&scope, number, &[]).ok());
    // What no legal way leads to is said by the other families, once.
    drawn.filter(|planned| matches!(planned, Planned::Case(_)))
}

/// The draw of this number, made smaller.
pub(super) fn drawn(scope: &Scope<'_>, number: u32, shrinks: &[bool]) -> Result<Planned, Undrawn> {
    let draws = KINDS[number as usize % KINDS.len()];
    let variant = format!("{}-{number:04}", draws.word());
    let seed = scope.seed(&variant);
    let fields = fields(scope);
    let aims = aims(&fields, draws, number, seed).ok_or(Undrawn::Done)?;
    let mut drawing = draw::values(&aims, seed).ok_or(Undrawn::Done)?;
    if !drawing.replay(shrinks) {
        return Err(Undrawn::Done);
    }
    let edits = aims.iter().zip(drawing.current()).filter_map(|((field, _), drawn)| edit(field, drawn)).collect();
    Ok(made(scope, &variant, Draw { number: Some(number), shrinks: shrinks.to_vec(), input: Input::Edits(edits) }))
}

/// A case of edits that were drawn once.
pub(super) fn made(scope: &Scope<'_>, variant: &str, draw: Draw) -> Planned {
    let Input::Edits(edits) = &draw.input else {
        return scope.left_out("body", variant, None, "the input is a sequence of calls");
    };
    let legal = variant.starts_with(Draws::Legal.word());
    let mut planned = if legal && echo::shows(scope, edits) {
        echo::case(scope, "body", variant, edits)
    } else {
        scope.case("body", variant, None, scope.probe(edits.clone()))
    };
    if let Planned::Case(case) = &mut planned {
        case.draw = Some(draw);
    }
    planned
}

/// Fields whose values are free: no reference, nothing that the profile says.
fn fields<'a>(scope: &Scope<'a>) -> Vec<&'a Field> {
    let mut found = scope.fields();
    found.retain(|f| {
        let named = f.refers.is_some() || f.equals.is_some() || f.operator;
        let told = scope.endpoint.sends.iter().any(|(path, _)| *path == f.path);
        !named && !told && f.location == Location::Body
    });
    found
}

fn aims<'a>(fields: &[&'a Field], draws: Draws, number: u32, seed: u64) -> Option<Vec<(&'a Field, Aim)>> {
    if fields.is_empty() {
        return None;
    }
    if draws == Draws::Legal {
        let round = number / 8 * 4 + number % 8 / 2;
        let all: Vec<&Field> = fields.to_vec();
        let optional: Vec<&str> = all.iter().filter(|f| f.optional()).map(|f| f.path.as_str()).collect();
        let aim = |field: &'a Field| {
            let at = optional.iter().position(|path| *path == field.path);
            (field, Aim::Legal { absent: at.and_then(|at| left_out(at, optional.len(), round)) })
        };
        return Some(all.into_iter().map(aim).collect());
    }
    let (how_many, aim) = match draws {
        Draws::Several => (2 + usize::try_from(seed % 2).unwrap_or(0), Aim::Broken),
        Draws::Near => (1, Aim::Near),
        _ => (1, Aim::Broken),
    };
    // Objects are broken by their members.
    let leaves: Vec<&Field> =
        fields.iter().copied().filter(|f| f.kind.as_ref().is_none_or(|k| *k.first() != Kind::Object)).collect();
    let first = usize::try_from(seed >> 8).unwrap_or(0);
    let stride = 1 + usize::try_from(seed >> 40).unwrap_or(0) % leaves.len().saturating_sub(1).max(1);
    let mut chosen: Vec<usize> = (0..how_many).filter_map(|n| (first + n * stride).checked_rem(leaves.len())).collect();
    chosen.sort_unstable();
    chosen.dedup();
    Some(chosen.into_iter().map(|at| (leaves[at], aim)).collect())
}

/// Whether an optional part is left out in this round: after some rounds every pair of parts has been there together with one
/// of the two left out, either way. All there and all left out are the valid family's.
fn left_out(at: usize, parts: usize, round: u32) -> Option<bool> {
    let bits = usize::BITS - parts.leading_zeros();
    if parts < 2 || round >= 2 * bits {
        return None;
    }
    let bit = ((at + 1) >> (round / 2)) & 1 == 1;
    Some(bit == round.is_multiple_of(2))
}

fn edit(field: &Field, drawn: Drawn) -> Option<Edit> {
    let path = field.path.clone();
    Some(match drawn {
        Drawn::Keep => return None,
        Drawn::Absent => Edit::Remove(path),
        Drawn::Value(value) => Edit::Set(path, Template::Json(value)),
        Drawn::Fresh(pattern) => {
            let value = fresh(&path, &pattern);
            Edit::Set(path, value)
        }
    })
}

#[cfg(test)]
mod tests;
