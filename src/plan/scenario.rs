//! Life cycles: what one call did, a later call must show.

use super::way::Goal;
use super::{Planned, Scope, set, set_json, setup};
use crate::contract::behaviour::Listing;
use crate::contract::{Act, Endpoint};
use crate::model::template::Keep;
use crate::model::{Edit, Json, Role, Step, field};
use crate::schema::compose;

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
    out.extend(after_every_entry(scope));
    out
}

/// The call whose answer may leave a field out, after calls that chose every entry of a catalogue and not only those that they must: what
/// depends on such a choice is then in the answer.
fn after_every_entry(scope: &Scope<'_>) -> Option<Planned> {
    let mut sparse = false;
    scope.endpoint.response.iter().for_each(|field| field.walk(&mut |f| sparse |= f.optional()));
    if !sparse || !scope.endpoint.effects.iter().any(|e| e.act == Act::Read) {
        return None;
    }
    let mut way = (*scope.plan.way(scope.at, Goal::Accept).ok()?).clone();
    let mut chosen = false;
    for step in &mut way.steps {
        let lists = every_entry(&scope.plan.contract().endpoints[step.endpoint]);
        if !lists.is_empty() {
            step.role = Role::Trial;
            step.edits.extend(lists);
            chosen = true;
        }
    }
    let probe = Step::new(scope.at, Role::Probe, way.edits.clone());
    chosen.then(|| scope.led("body", "after-every-entry", None, &way, probe))
}

/// The edits by which each list of the request that takes some entries of a catalogue takes all of them.
fn every_entry(endpoint: &Endpoint) -> Vec<Edit> {
    let mut edits = Vec::new();
    for field in &endpoint.request {
        field.walk(&mut |f| {
            edits.extend(compose::listing(f, Keep::Every).map(|every| set(f, every)));
        });
    }
    edits
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

#[cfg(test)]
mod tests;
