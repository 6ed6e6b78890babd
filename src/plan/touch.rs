//! What a case does to the fixtures that take part in it: whether others may have them at the same time, and afterwards.

use super::Plan;
use super::rehearsal::serial;
use super::way::Way;
use crate::behaviour::{Style, World};
use crate::contract::{Act, Effect};
use crate::model::fixture::Touch;
use crate::model::{Edit, Expect, Hole, Json, Role, Step};

/// What the case of these steps does to each fixture of its way, in the order of the way's fixtures. The last step is the request
/// under test, with `body` as its stand-in. Fixtures that the target makes on demand are nobody's alone.
pub(super) fn touches(plan: &Plan, way: &Way, steps: &[Step], body: &Json) -> Vec<Touch> {
    let contract = plan.contract();
    if way.fixtures.iter().all(|fixture| contract.fixtures[*fixture].on_demand()) {
        return vec![Touch::Reads; way.fixtures.len()];
    }
    let after = afterwards(plan, way, steps, body);
    let touch = |fixture: &usize| {
        if contract.fixtures[*fixture].on_demand() {
            Touch::Reads
        } else if differs(plan, &after, *fixture) || steps.iter().any(|step| uses_up(plan, step, *fixture)) {
            Touch::Ends
        } else if steps.iter().any(|step| changes(plan, step, *fixture)) {
            Touch::Changes
        } else {
            Touch::Reads
        }
    };
    way.fixtures.iter().map(touch).collect()
}

/// The world after the last step: as if it was accepted, unless it must be refused; then as if it was refused as documented.
fn afterwards(plan: &Plan, way: &Way, steps: &[Step], body: &Json) -> World {
    let mut world = way.world.clone();
    let Some(probe) = steps.last() else { return world };
    let endpoint = &plan.contract().endpoints[probe.endpoint];
    let codes = || endpoint.rows.iter().map(|row| row.code.as_str());
    match &probe.expect {
        Expect::Accept { .. } | Expect::Either { .. } => {
            // Whichever way an unclear request is answered: refusals may be counted as well.
            if matches!(probe.expect, Expect::Either { .. }) {
                codes().for_each(|code| world.refused(endpoint, body, code));
            }
            let answer = world.answer(endpoint, body, Style { side: 0, optional: true }, plan.moment());
            world.apply(endpoint, body, &answer, steps.len() - 1, plan.moment());
        }
        Expect::Refuse { rows, .. } => {
            for row in rows {
                world.refused(endpoint, body, &endpoint.rows[row.row].code);
            }
        }
    }
    world
}

/// True if the fixture is no longer what the profile says it is.
fn differs(plan: &Plan, world: &World, fixture: usize) -> bool {
    world.strays(fixture, serial(fixture), plan.moment())
}

/// True if the step, once accepted, makes something under a value of the fixture's that can be used once.
fn uses_up(plan: &Plan, step: &Step, fixture: usize) -> bool {
    if matches!(step.expect, Expect::Refuse { .. }) && step.role != Role::Setup {
        return false;
    }
    let planted = |hole: &Hole| matches!(hole, Hole::Planted { fixture: own, .. } if *own == fixture);
    let names = |path: &str| {
        step.edits.iter().any(|edit| matches!(edit, Edit::Set(at, value) if at == path && value.any(&planted)))
    };
    let effects = &plan.contract().endpoints[step.endpoint].effects;
    effects.iter().any(|effect| effect.act == Act::Create && effect.unique.iter().any(|path| names(path)))
}

/// True if the step's call changes a resource that the fixture has, or would if it was accepted.
pub(super) fn changes(plan: &Plan, step: &Step, fixture: usize) -> bool {
    let contract = plan.contract();
    let own = &contract.fixtures[fixture];
    let has = |effect: &&Effect| own.parts.iter().any(|part| part.resource == effect.resource);
    let moves = |effect: &Effect| matches!(effect.act, Act::Update | Act::Delete);
    contract.endpoints[step.endpoint].effects.iter().filter(has).any(moves)
}

#[cfg(test)]
mod tests;
