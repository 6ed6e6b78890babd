//! Drawn sequences of calls: create, read, change, delete, in the wrong order, repeated, of what is another's, gone or never was.
//! The model says of each call whether it is taken, or which refusal it gets; where the model can't tell, the call is not made.

use super::way::Goal;
use super::{Planned, Scope, Undrawn, stage};
use crate::contract::{Act, Effect, Endpoint, When};
use crate::model::case::Draw;
use crate::model::input::Call;
use crate::model::{Expect, Input, Role};
use crate::schema::draw;

/// Calls of the longest sequence, the first not counted.
const MOST: usize = 9;
/// Draws for a sequence: not every one can follow on those before.
const DRAWS: usize = 20;
/// How much more often a call is drawn that changes what the sequence is about.
const OFTEN: usize = 4;

/// One sequence after the other: there may be many.
pub(super) fn cases(scope: Scope<'_>) -> impl Iterator<Item = Planned> + Send + '_ {
    (0..scope.plan.breadth().walks).filter_map(move |number| drawn(&scope, number, &[]).ok())
}

/// The draw of this number, made smaller.
pub(super) fn drawn(scope: &Scope<'_>, number: u32, shrinks: &[bool]) -> Result<Planned, Undrawn> {
    let variant = format!("calls-{number:04}");
    let neighbours = neighbours(scope);
    if neighbours.is_empty() || !scope.endpoint.effects.iter().any(|e| e.act != Act::Read) {
        return Err(Undrawn::Done);
    }
    let mut drawing = draw::calls(neighbours, DRAWS, scope.seed(&variant)).ok_or(Undrawn::Done)?;
    if !drawing.replay(shrinks) {
        return Err(Undrawn::Done);
    }
    let draw = Draw { number: Some(number), shrinks: shrinks.to_vec(), input: Input::Calls(drawing.current()) };
    made(scope, &variant, draw)
}

/// The case of a sequence: the endpoint's own call, then those that were drawn, as far as the model can tell what they get.
pub(super) fn made(scope: &Scope<'_>, variant: &str, draw: Draw) -> Result<Planned, Undrawn> {
    let Input::Calls(calls) = &draw.input else { return Err(Undrawn::Done) };
    let plan = scope.plan;
    let way = plan.way(scope.at, Goal::Accept).map_err(|_| Undrawn::Done)?;
    let edits = way.edits.clone();
    let mut way = (*way).clone().then(plan, scope.at, edits);
    if let Some(own) = way.steps.last_mut() {
        own.role = Role::Probe;
        own.expect = Expect::Accept { may: Vec::new() };
    }
    let (mut made, mut before) = (0, None);
    for Call { endpoint, names, turn } in calls {
        if made == MOST {
            break;
        }
        let Some((at, _)) = plan.contract().endpoint(endpoint).filter(|(at, _)| plan.judges(scope.at, *at)) else {
            continue;
        };
        if let Some(longer) = stage::go_on(plan, &way, at, (*names, *turn)) {
            before = Some(std::mem::replace(&mut way, longer).world);
            made += 1;
        }
    }
    // The last call is the probe, whose expectation is read off like any other.
    let (Some(probe), Some(before)) = (way.steps.pop(), before) else { return Err(Undrawn::Unfit) };
    way.world = before;
    way.sent.pop();
    way.answers.pop();
    let mut planned = scope.led("body", variant, None, &way, probe);
    if let Planned::Case(case) = &mut planned {
        case.draw = Some(draw);
    }
    Ok(planned)
}

/// Calls that change, show or depend on what this endpoint changes; those that change it more than once, so that they are drawn
/// more often.
fn neighbours(scope: &Scope<'_>) -> Vec<String> {
    let contract = scope.plan.contract();
    let changed: Vec<&str> =
        scope.endpoint.effects.iter().filter(|e| e.act != Act::Read).map(|e| e.resource.as_str()).collect();
    let touches = |endpoint: &Endpoint| {
        let mut found = endpoint.effects.iter().any(|e| changed.contains(&e.resource.as_str()));
        for row in endpoint.rows.iter().filter(|r| matches!(r.when, When::Where(_) | When::Any(_))) {
            row.when.resources(&endpoint.request, &mut |name| found |= changed.contains(&name));
        }
        found
    };
    let open = contract.endpoints.iter().filter(|e| e.closed.is_none() && e.unproven.is_none());
    let moves = |e: &&Endpoint| {
        let effect = |f: &Effect| matches!(f.act, Act::Update | Act::Delete) && changed.contains(&f.resource.as_str());
        if e.effects.iter().any(effect) { OFTEN } else { 1 }
    };
    open.filter(|e| touches(e)).flat_map(|e| std::iter::repeat_n(e.id.clone(), moves(&e))).collect()
}

#[cfg(test)]
mod tests;
