//! The call that tells whether a request that was not answered was carried out.

use crate::contract::behaviour::{Act, Source};
use crate::contract::{Contract, Endpoint};
use crate::model::{Edit, Hazard, Hole, Role, Step, Template};

/// A call that only reads, and needs no more than what the silent request itself had named: the key of what it was to make, or another
/// attribute by which that is found.
pub(super) fn step(contract: &Contract, silent: &Endpoint, at: usize) -> Option<Step> {
    let made = silent.effects.iter().filter(|e| e.act == Act::Create);
    let known = made.flat_map(|effect| {
        let key = contract.resources.iter().find(|r| r.name == effect.resource).map(|r| r.key.clone());
        let key = key.zip(effect.key.clone());
        key.into_iter().chain(effect.set.iter().cloned()).filter_map(|(attribute, source)| match source {
            Source::Request(path) => Some((format!("{}.{attribute}", effect.resource), path)),
            _ => None,
        })
    });
    let known: Vec<(String, String)> = known.collect();
    contract.endpoints.iter().enumerate().filter(|(_, e)| e.hazard == Hazard::Read && e.closed.is_none()).find_map(
        |(number, endpoint)| {
            let named = endpoint.request.iter().find_map(|field| {
                let (_, sent) = known.iter().find(|(attribute, _)| field.refers.as_ref() == Some(attribute))?;
                let alone = endpoint.request.iter().all(|other| other.optional() || other.path == field.path);
                alone.then_some((&field.path, sent))
            });
            let (path, sent) = named?;
            let hole = Hole::Sent { step: at, path: sent.clone() };
            Some(Step::new(number, Role::Undo, vec![Edit::Set(path.clone(), Template::Hole(hole))]))
        },
    )
}

#[cfg(test)]
mod tests;
