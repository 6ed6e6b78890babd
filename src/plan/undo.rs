//! The calls that take back what a case has made.

use std::sync::Arc;

use crate::contract::Contract;
use crate::contract::behaviour::{Act, NewState, Source};
use crate::model::{Decimal, Edit, Hole, Json, Kind, Role, Step, Template, field};

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

/// The call that undoes the resource with this key, as a run's list of leftovers has it; `longest` characters of a key are listed.
pub(super) fn of(contract: &Arc<Contract>, resource: &str, key: &str, longest: usize) -> Result<Step, String> {
    let Some((endpoint, path)) = undoing(contract, resource) else {
        return Err(format!("no call of the contract undoes any {resource} by its key alone"));
    };
    match key {
        "unknown" => return Err("its key is unknown: no answer came to the call that may have made it".to_owned()),
        "(secret)" => return Err("its key is a secret, which no report holds".to_owned()),
        _ if key.chars().count() >= longest => {
            return Err("its key is too long: the list has its beginning alone".to_owned());
        }
        _ => {}
    }
    let number = field::find(&contract.endpoints[endpoint].request, &path)
        .is_some_and(|f| f.kind.as_ref().is_some_and(|kind| *kind.first() == Kind::Number));
    let value = match (number, Decimal::parse(key)) {
        (true, None) => return Err(format!("`{path}` is a number, and the key is none")),
        (true, Some(_)) => Json::number(key),
        (false, _) => Json::text(key),
    };
    Ok(Step::new(endpoint, Role::Setup, vec![Edit::Set(path, Template::Json(value))]))
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

#[cfg(test)]
mod tests;
