//! The calls that take back what a case has made.

use std::sync::Arc;

use crate::contract::Contract;
use crate::contract::behaviour::{Act, NewState, Source};
use crate::model::{Edit, Hole, Role, Step, Template, field};

/// The calls that undo what the steps create.
pub(super) fn steps(contract: &Arc<Contract>, steps: &[Step]) -> Vec<Step> {
    let mut out = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        for effect in &contract.endpoints[step.endpoint].effects {
            let made = match (effect.act, &effect.key, &effect.only_if) {
                (Act::Create, Some(Source::Response(path)), None) => Hole::Answer { step: at, path: path.clone() },
                (Act::Create, Some(Source::Request(path)), None) => Hole::Sent { step: at, path: path.clone() },
                _ => continue,
            };
            let Some((endpoint, path)) = undoing(contract, &effect.resource) else { continue };
            if steps[at..].iter().any(|s| s.endpoint == endpoint && s.role == Role::Setup) {
                continue;
            }
            out.push(Step::new(endpoint, Role::Undo, vec![Edit::Set(path, Template::Hole(made))]));
        }
    }
    // What was made last goes first: it may hold on to what was made before.
    out.reverse();
    out
}

/// The one call that undoes a creation: it brings the resource to a state in which it counts as gone, and needs its key alone.
fn undoing(contract: &Arc<Contract>, resource: &str) -> Option<(usize, String)> {
    let own = contract.resources.iter().find(|r| r.name == resource)?;
    contract.endpoints.iter().enumerate().find_map(|(at, endpoint)| {
        let effect = endpoint.effects.iter().find(|e| {
            e.resource == resource
                && match (&e.act, &e.state) {
                    (Act::Delete, _) => true,
                    (Act::Update, Some(NewState::Always(state))) => own.left.contains(state),
                    _ => false,
                }
        })?;
        let path = effect.by.clone().or_else(|| {
            let key = format!("{}.{}", own.name, own.key);
            endpoint.request.iter().find(|f| f.refers.as_deref() == Some(&key)).map(|f| f.path.clone())
        })?;
        let alone = endpoint.request.iter().filter(|f| !f.optional()).all(|f| f.path == path);
        let key =
            field::find(&endpoint.request, &path)?.refers.as_deref() == Some(&format!("{}.{}", own.name, own.key));
        (endpoint.closed.is_none() && alone && key).then_some((at, path))
    })
}
