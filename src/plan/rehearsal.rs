//! Requests filled with stand-ins of the right shape: what can be said of a step before a run knows more.

use super::Plan;
use crate::auth;
use crate::behaviour::{Moment, World};
use crate::contract::{Contract, Endpoint};
use crate::model::field::LONGEST_IN_LINE;
use crate::model::template::Keep;
use crate::model::twin::Twin;
use crate::model::wire::{AuthPlan, HeaderPlan, Piece};
use crate::model::{Edit, Hole, Json, Step, Template, field};

/// What earlier steps sent and got, stand-ins throughout.
pub(super) struct Seen<'a> {
    pub(super) sent: &'a [Json],
    pub(super) answers: &'a [Json],
    pub(super) step: usize,
    pub(super) base: &'a World,
    pub(super) contract: &'a Contract,
    pub(super) now: &'a Moment,
}

/// The body of a step.
pub(super) fn bind(plan: &Plan, step: &Step, seen: &Seen<'_>) -> Json {
    let body = plan.bind(step, &mut |hole| Ok::<_, std::convert::Infallible>(stand_in(hole, seen)));
    let Ok(body) = body;
    body
}

/// The endpoint's headers as they are without a case's edits, with what shows who calls in this way.
pub(super) fn unbent(plan: &Plan, endpoint: usize, caller: usize) -> Vec<(String, String)> {
    let wire = &plan.contract().endpoints[endpoint].wire;
    let schemes = wire.callers.get(caller).map(|caller| caller.schemes.as_slice()).unwrap_or_default();
    let own = |header: &&HeaderPlan| {
        !header.value.contains(&Piece::Auth) || schemes.iter().any(|plan| plan.in_header(&header.name))
    };
    let headers = wire.headers.iter().filter(own);
    headers.map(|header| (header.name.clone(), stand_in_header(header, schemes, plan.contract()))).collect()
}

/// The headers of a step whose headers are bent; unbent ones are the contract's own and nobody asks for them.
pub(super) fn headers(plan_of: &Plan, step: &Step) -> Vec<(String, String)> {
    if step.headers.is_empty() {
        return Vec::new();
    }
    let wire = &plan_of.contract().endpoints[step.endpoint].wire;
    let mut headers = unbent(plan_of, step.endpoint, step.caller);
    if let Some(plan) = wire.encryption.as_ref().filter(|_| step.seal != crate::model::case::Seal::AsMarked) {
        let own = &plan_of.contract().endpoints[step.endpoint].request_headers;
        let length = own.iter().find(|f| f.name == plan.key_id_header).and_then(|f| f.length.as_ref());
        headers
            .push((plan.key_id_header.clone(), "0".repeat(length.map_or(32, |l| l.first().min.min(LONGEST_IN_LINE)))));
    }
    for edit in &step.headers {
        edit.apply(&mut headers);
    }
    headers
}

/// The place of a value that an edit makes up, and the field that it is made up for.
pub(super) fn made_up(edit: &Edit) -> Option<(&str, &str)> {
    match edit {
        Edit::Set(path, Template::Hole(Hole::Identity { field, .. } | Hole::Number { field, .. })) => {
            Some((path, field))
        }
        Edit::Set(path, Template::Twin(_, Twin::Fraction)) => Some((path, path)),
        _ => None,
    }
}

/// Values of references that were made up name nothing: the world is told. Of a value that is one of few nobody can say that.
pub fn freshen(endpoint: &Endpoint, edits: &[Edit], body: &Json, world: &mut World) {
    let of_few = |edit: &&Edit| matches!(edit, Edit::Set(_, Template::Hole(hole)) if !hole.names_nothing());
    for (path, field) in edits.iter().filter(|edit| !of_few(edit)).filter_map(made_up) {
        let refers = field::find(&endpoint.request, field).is_some_and(|f| f.refers.is_some());
        if let Some(value) = body.at(path).filter(|_| refers) {
            world.freshen(value);
        }
    }
}

/// The serial number of a fixture while planning: a run draws others.
pub(super) fn serial(fixture: usize) -> u64 {
    fixture as u64 + 1
}

fn stand_in(hole: &Hole, seen: &Seen<'_>) -> Json {
    let step = |values: &[Json], step: usize, path: &str| values.get(step).and_then(|v| v.at(path)).cloned();
    match hole {
        Hole::Identity { shape, chars, .. } => Json::text(shape.render(*chars, seen.step as u64 + 1)),
        Hole::Number { least, most, .. } => {
            Json::number(least.saturating_add(seen.step as u64 + 1).min(*most).to_string())
        }
        Hole::Catalogue { resource, attribute, value, keep, text } => {
            let mut ids = entries(seen, resource, (attribute, value), *text, *keep);
            if *keep == Keep::AllButOne {
                ids.pop();
            }
            Json::Array(ids)
        }
        Hole::Entry { resource, attribute, value, text } => {
            entries(seen, resource, (attribute, value), *text, Keep::All)
                .into_iter()
                .next()
                .unwrap_or_else(|| Json::number("1"))
        }
        Hole::Listed { step: at, list, key, except, member } => {
            let known: Vec<Json> = except.iter().map(|hole| stand_in(hole, seen)).collect();
            let entry = seen.answers.get(*at).and_then(|answer| answer.unlisted(list, key, &known));
            entry.and_then(|entry| entry.at(member)).cloned().unwrap_or_else(|| Json::number("1"))
        }
        Hole::Answer { step: at, path } => step(seen.answers, *at, path).unwrap_or_else(|| Json::number("1")),
        Hole::Sent { step: at, path } => step(seen.sent, *at, path).unwrap_or_else(|| Json::text("1")),
        Hole::Planted { fixture, part, attribute } => {
            let part = seen.contract.fixtures.get(*fixture).and_then(|f| f.parts.get(*part));
            let planted = part.and_then(|p| p.attributes.iter().find(|(name, _)| name == attribute));
            planted.and_then(|(_, p)| p.value(serial(*fixture), seen.now)).unwrap_or(Json::Null)
        }
    }
}

/// Catalogue entries that are kept, as a stand-in server lists them; those whose attribute has this value are selected.
fn entries(seen: &Seen<'_>, resource: &str, (attribute, value): (&str, &str), text: bool, keep: Keep) -> Vec<Json> {
    let world = seen.base;
    let Some(at) = world.resource(resource) else { return Vec::new() };
    let key = &seen.contract.resources[at].key;
    let chosen = world.of(at).filter_map(|thing| {
        let attributes = &world.things()[thing].attributes;
        let fits = keep.takes(attributes.get(attribute)?.value.scalar() == Some(value));
        let id = attributes.get(key)?.value.scalar()?;
        fits.then(|| if text { Json::text(id) } else { Json::number(id) })
    });
    chosen.collect()
}

fn stand_in_header(header: &HeaderPlan, schemes: &[AuthPlan], contract: &Contract) -> String {
    let length = |name: &str| {
        let credential = contract.credentials.iter().find(|c| c.name == name);
        credential.and_then(|c| c.length).unwrap_or(16)
    };
    let made = |plan: &AuthPlan| {
        let at = plan.carriers.iter().position(|carrier| carrier.is_header(&header.name))?;
        auth::stand_in(plan, &length).into_iter().nth(at)
    };
    let made = schemes.iter().find_map(made).unwrap_or_default();
    header.value.iter().map(|piece| piece.stand_in(&length, &made)).collect()
}

#[cfg(test)]
mod tests;
