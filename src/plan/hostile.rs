//! Bytes that no client should send. Any complete answer below 500 will do, and a close where the bytes are no HTTP.

use super::way::Way;
use super::{Plan, Planned, Scope, stage};
use crate::contract::Endpoint;
use crate::model::wire::Mark;
use crate::model::{Hazard, Hostile};

/// What the reader of each endpoint's bodies gets also in a narrow plan.
const FEW: [Hostile; 12] = [
    Hostile::Empty,
    Hostile::TopArray,
    Hostile::TopNull,
    Hostile::Truncated,
    Hostile::TrailingGarbage,
    Hostile::DoubledName,
    Hostile::Deep,
    Hostile::HugeNumber,
    Hostile::LongText,
    Hostile::InvalidUtf8,
    Hostile::LoneSurrogate,
    Hostile::NulEscape,
];
/// Of those, what no reader can take for a request that moves money.
const HARMLESS: [Hostile; 4] = [Hostile::Empty, Hostile::TopArray, Hostile::TopNull, Hostile::Truncated];

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let has_body = scope.endpoint.wire.has_body;
    let kinds: Vec<Hostile> = if scope.plan.breadth().wide || first(scope.plan, scope.at) {
        Hostile::ALL.into_iter().filter(|k| has_body || !k.needs_body()).collect()
    } else if !has_body {
        Vec::new()
    } else if scope.endpoint.hazard == Hazard::Money {
        HARMLESS.to_vec()
    } else {
        FEW.to_vec()
    };
    let way = Way::nothing(scope.plan);
    let case = |kind: Hostile| {
        let mut probe = scope.probe(stage::nameless(scope.plan, scope.at));
        probe.hostile = Some(kind);
        let place = if kind.raw() { "wire" } else { "body" };
        let mut planned = scope.led(place, kind.word(), None, &way, probe);
        if let Planned::Case(case) = &mut planned {
            case.clauses = vec![scope.endpoint.policy.no_server_error];
        }
        planned
    };
    kinds.into_iter().map(case).collect()
}

/// True for the first endpoint of its shape: what reads the bytes before the endpoint is known is the same for all of a shape. Of
/// endpoints that are selected the first one counts too.
fn first(plan: &Plan, at: usize) -> bool {
    let endpoints = &plan.contract().endpoints;
    let shape = |e: &Endpoint| (e.wire.has_body, e.wire.marks.0 == Mark::Marked);
    let alike = |other: &usize| {
        let endpoint = &endpoints[*other];
        endpoint.closed.is_none() && endpoint.hazard != Hazard::Money && shape(endpoint) == shape(&endpoints[at])
    };
    let mut of_shape = (0..endpoints.len()).filter(alike);
    let mut selected = (0..endpoints.len()).filter(|other| plan.selected(*other)).filter(alike);
    of_shape.next() == Some(at) || selected.next() == Some(at)
}

#[cfg(test)]
mod tests;
