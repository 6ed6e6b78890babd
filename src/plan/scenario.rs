//! Life cycles: what one call did, a later call must show.

use super::setup::{self, Goal};
use super::{Planned, Scope};
use crate::contract::{Act, Endpoint};
use crate::model::{Role, Step};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let shows: Vec<&str> = scope
        .endpoint
        .effects
        .iter()
        .filter(|e| e.act == Act::Read && (!e.answer.is_empty() || e.list.as_ref().is_some_and(|l| l.clause.is_some())))
        .map(|e| e.resource.as_str())
        .collect();
    let mut out = Vec::new();
    for (at, mover) in scope.plan.contract().endpoints.iter().enumerate() {
        if at == scope.at || !changes(mover, &shows) {
            continue;
        }
        let variant = format!("after-{}", mover.id);
        match setup::solve(scope.plan, scope.at, Goal::After(at)) {
            Ok(way) => {
                let probe = Step::new(scope.at, Role::Probe, way.edits.clone());
                out.push(scope.led("body", &variant, None, &way, probe));
            }
            // What the move leaves behind can't be looked at in this way: other endpoints show it.
            Err(reason) => out.push(scope.left_out("body", &variant, None, reason)),
        }
    }
    out
}

fn changes(mover: &Endpoint, shows: &[&str]) -> bool {
    mover.effects.iter().any(|e| {
        let there_before = matches!(e.act, Act::Update | Act::Delete);
        there_before && shows.contains(&e.resource.as_str())
    })
}
