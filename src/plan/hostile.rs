//! Bytes that no client should send. Any complete answer below 500 will do, and a close where the bytes are no HTTP.

use super::way::Way;
use super::{Planned, Scope, stage};
use crate::model::Hostile;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let endpoints = &scope.plan.contract().endpoints;
    // A server reads bytes before it knows the endpoint: a narrow plan tries one call with a body and one without.
    let alike =
        |at: &usize| endpoints[*at].closed.is_none() && endpoints[*at].wire.has_body == scope.endpoint.wire.has_body;
    if !scope.plan.breadth().wide && (0..endpoints.len()).find(alike) != Some(scope.at) {
        return Vec::new();
    }
    let way = Way::nothing(scope.plan);
    let kinds = Hostile::ALL.into_iter().filter(|k| scope.endpoint.wire.has_body || !k.needs_body());
    kinds
        .map(|kind| {
            let mut probe = scope.probe(stage::nameless(scope.plan, scope.at));
            probe.hostile = Some(kind);
            let place = if kind.raw() { "wire" } else { "body" };
            let mut planned = scope.led(place, kind.word(), None, &way, probe);
            if let Planned::Case(case) = &mut planned {
                case.clauses = vec![scope.endpoint.policy.no_server_error];
            }
            planned
        })
        .collect()
}
