//! The same request from many connections at once: where a second one is refused, exactly one wins; where it is not, every
//! answer carries the trace number of its own request.

use super::way::{Goal, Way};
use super::{Planned, Scope, isolation, rehearsal};
use crate::behaviour::Style;
use crate::model::case::Race;
use crate::model::{Expect, Hazard, Step};

/// Connections of a race.
const COPIES: usize = 8;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let Ok(way) = scope.plan.way(scope.at, Goal::Accept) else { return Vec::new() };
    let probe = scope.probe(way.edits.clone());
    let losers = again(scope, &way, &probe);
    let trace = scope.endpoint.response_headers.iter().find_map(|f| Some((f.place(), f.trace?)));
    let (place, variant, clause) = match (&losers, trace) {
        (Some(Expect::Refuse { broken, .. }), _) => ("body".to_owned(), "at-once", broken.first().copied()),
        (_, Some((place, clause))) if scope.endpoint.hazard == Hazard::Read => (place, "at-once", Some(clause)),
        _ => return Vec::new(),
    };
    let mut planned = scope.led(&place, variant, None, &way, probe);
    if let Planned::Case(case) = &mut planned {
        if !matches!(case.expect(), Expect::Accept { .. }) {
            return Vec::new();
        }
        case.race = Some(Race { copies: COPIES, losers });
        case.clauses.extend(clause);
        case.clauses.sort_unstable();
        case.clauses.dedup();
    }
    vec![planned]
}

/// What the contract says of the same request once more, where that is a refusal for a known reason.
fn again(scope: &Scope<'_>, way: &Way, probe: &Step) -> Option<Expect> {
    let plan = scope.plan;
    let seen = rehearsal::Seen {
        sent: &way.sent,
        answers: &way.answers,
        step: way.steps.len(),
        base: plan.base(),
        contract: plan.contract(),
        now: plan.moment(),
    };
    let body = rehearsal::bind(plan, probe, &seen);
    let mut world = way.world.clone();
    let answer = world.answer(scope.endpoint, &body, Style { side: 0, optional: true }, plan.moment());
    world.apply(scope.endpoint, &body, &answer, way.steps.len(), plan.moment());
    let standing = world.standing(scope.endpoint, &body, plan.moment());
    let expect = isolation::expect(plan.contract(), probe, &body, &[], &standing);
    matches!(&expect, Expect::Refuse { rows, doubt: None, .. } if !rows.is_empty()).then_some(expect)
}

#[cfg(test)]
mod tests;
