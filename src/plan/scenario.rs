//! Life cycles: what one call did, a later call must show.

use super::way::Goal;
use super::{Planned, Scope, set_json, setup};
use crate::contract::behaviour::Listing;
use crate::contract::{Act, Endpoint};
use crate::model::{Json, Role, Step, field};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let shows: Vec<&str> = scope
        .endpoint
        .effects
        .iter()
        .filter(|e| e.act == Act::Read && (!e.answer.is_empty() || e.list.as_ref().is_some_and(|l| l.clause.is_some())))
        .map(|e| e.resource.as_str())
        .collect();
    let lists: Vec<&str> =
        scope.endpoint.effects.iter().filter(|e| e.list.is_some()).map(|e| e.resource.as_str()).collect();
    let mut out = Vec::new();
    for (at, mover) in scope.plan.contract().endpoints.iter().enumerate() {
        if at == scope.at || !(changes(mover, &shows) || makes(mover, &lists)) {
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
    for effect in &scope.endpoint.effects {
        if let Some(list) = &effect.list {
            out.extend(page(scope, &effect.resource, list));
        }
    }
    out
}

/// Two are there, a page of one is asked for.
fn page(scope: &Scope<'_>, resource: &str, list: &Listing) -> Option<Planned> {
    let size = field::find(&scope.endpoint.request, list.size.as_ref()?)?;
    let clause = list.size_clause;
    let makers = scope.plan.contract().endpoints.iter().enumerate();
    let mut ways = makers
        .filter(|(_, e)| e.effects.iter().any(|e| e.act == Act::Create && e.resource == resource))
        .map(|(maker, _)| (maker, setup::solve(scope.plan, scope.at, Goal::After(maker))));
    let variant = "one-of-two";
    Some(match ways.find_map(|(maker, way)| Some((maker, way.ok()?))) {
        Some((maker, way)) => {
            let edits = way.steps.iter().rev().find(|s| s.endpoint == maker)?.edits.clone();
            let way = way.then(scope.plan, maker, edits);
            let mut edits = way.edits.clone();
            edits.push(set_json(size, Json::number("1")));
            let probe = Step::new(scope.at, Role::Probe, edits);
            scope.led(&size.place(), variant, clause, &way, probe)
        }
        None => scope.left_out(&size.place(), variant, clause, "no call of the contract makes two entries"),
    })
}

fn changes(mover: &Endpoint, shows: &[&str]) -> bool {
    mover.effects.iter().any(|e| {
        let there_before = matches!(e.act, Act::Update | Act::Delete);
        there_before && shows.contains(&e.resource.as_str())
    })
}

/// True if the call adds an entry to one of these lists.
fn makes(mover: &Endpoint, lists: &[&str]) -> bool {
    mover.effects.iter().any(|e| e.act == Act::Create && lists.contains(&e.resource.as_str()))
}
