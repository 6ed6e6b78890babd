//! What was sent and is shown again: a tentative call, and the call that shows what it stored.

use super::scope::overrides;
use super::way::{Goal, Way};
use super::{Planned, Scope, setup};
use crate::contract::behaviour::{Act, Source};
use crate::model::{Edit, Field, Role, Step, field};

/// The way to a call that shows what this endpoint stores, and which of its steps does the storing.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    reader: usize,
    way: Way,
    writer: usize,
    /// Paths of the request that come back, with whether the answer takes whatever the request does.
    paths: Vec<(String, bool)>,
}

/// Looks for the call that shows most of what the endpoint stores.
pub(super) fn find(scope: &Scope<'_>) -> Option<Shown> {
    let contract = scope.plan.contract();
    // Attribute by attribute: where the request holds it.
    let stored: Vec<(&str, &str, &str)> = scope
        .endpoint
        .effects
        .iter()
        .filter(|e| matches!(e.act, Act::Create | Act::Update) && e.only_if.is_none())
        .flat_map(|e| {
            let set = e.set.iter().filter_map(|(name, source)| match source {
                Source::Request(path) => Some((e.resource.as_str(), name.as_str(), path.as_str())),
                _ => None,
            });
            set.chain(e.unique.iter().map(|path| (e.resource.as_str(), path.as_str(), path.as_str())))
        })
        .collect();
    let mut best: Option<Shown> = None;
    for (reader, endpoint) in contract.endpoints.iter().enumerate() {
        if reader == scope.at || endpoint.closed.is_some() || !scope.plan.judges(scope.at, reader) {
            continue;
        }
        let echoes = endpoint.effects.iter().flat_map(|e| &e.answer);
        let mut paths: Vec<(String, bool)> = echoes
            .filter_map(|echo| {
                let (_, _, path) = stored.iter().find(|(r, a, _)| *r == echo.resource && *a == echo.attribute)?;
                let sent = field::find(&scope.endpoint.request, path)?;
                Some(((*path).to_owned(), field::find(&endpoint.response, &echo.path).is_some_and(|f| takes(f, sent))))
            })
            .collect();
        paths.sort_unstable();
        paths.dedup();
        let free = |paths: &[(String, bool)]| paths.iter().filter(|(_, free)| *free).count();
        if free(&paths) <= best.as_ref().map_or(0, |b| free(&b.paths)) {
            continue;
        }
        let writes = |way: &Way| way.steps.iter().rposition(|s| s.endpoint == scope.at);
        let accepted =
            scope.plan.way(reader, Goal::Accept).ok().filter(|way| writes(way).is_some()).map(|way| (*way).clone());
        let way = accepted.or_else(|| setup::solve(scope.plan, reader, Goal::After(scope.at)).ok());
        if let Some((way, writer)) = way.and_then(|way| writes(&way).map(|at| (way, at))) {
            best = Some(Shown { reader, way, writer, paths });
        }
    }
    best
}

/// True if whatever is legal to send is legal to show.
fn takes(shown: &Field, sent: &Field) -> bool {
    let bounds = |f: &Field| f.length.as_ref().filter(|l| !l.open).map(|l| l.first().clone());
    let fits = match (bounds(shown), bounds(sent)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(a), Some(b)) => a.min <= b.min && a.max >= b.max,
    };
    fits && shown.format.is_none() && shown.charset.is_none() && shown.words.is_none()
}

/// True if a later call shows what these edits store, and none of it breaks a rule of that call's own answer: what we sent
/// ourselves is nothing to blame a target for.
pub(super) fn shows(scope: &Scope<'_>, edits: &[Edit]) -> bool {
    let Some(shown) = scope.plan.shown(scope) else { return false };
    let found = |edit: &Edit| {
        let (Edit::Remove(path) | Edit::Set(path, _)) = edit;
        shown.paths.iter().find(|(p, _)| p == path).map(|(_, free)| *free)
    };
    let free: Vec<bool> = edits.iter().filter_map(found).collect();
    !free.is_empty() && free.iter().all(|free| *free)
}

/// A case of the edited call and of the call that shows what came of it.
pub(super) fn case(scope: &Scope<'_>, place: &str, variant: &str, edits: &[Edit]) -> Planned {
    let Some(shown) = scope.plan.shown(scope) else {
        return scope.case(place, variant, None, scope.probe(edits.to_vec()));
    };
    let Shown { reader, mut way, writer, .. } = (*shown).clone();
    let step = &mut way.steps[writer];
    step.role = Role::Trial;
    step.edits.retain(|e| !edits.iter().any(|own| overrides(own, e)));
    step.edits.extend(edits.iter().cloned());
    let probe = Step::new(reader, Role::Probe, way.edits.clone());
    scope.led(place, variant, None, &way, probe)
}

#[cfg(test)]
mod tests;
