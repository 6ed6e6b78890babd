//! What makes a resource: a call, a list in which the target shows one, or a fixture of the profile.

use crate::contract::Contract;
use crate::contract::behaviour::Act;

/// What makes a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// A call whose effect creates it, or shows it by its key.
    Call { endpoint: usize, effect: usize },
    /// A call that lists what an owner has: the target may have given the owner one by itself.
    Listing { endpoint: usize, effect: usize },
    /// A fixture of the profile.
    Fixture(usize),
}

/// Calls and fixtures that make a resource.
pub(super) fn makers(contract: &Contract, resource: usize) -> Vec<Maker> {
    let name = &contract.resources[resource].name;
    let mut found = Vec::new();
    for (endpoint, e) in contract.endpoints.iter().enumerate().filter(|(_, e)| e.closed.is_none()) {
        for (effect, own) in e.effects.iter().enumerate() {
            if own.resource == *name && own.key.is_some() && matches!(own.act, Act::Create | Act::Read) {
                found.push(Maker::Call { endpoint, effect });
            }
        }
    }
    // What comes with every answer before what comes with some.
    found.sort_by_key(|m| match m {
        Maker::Call { endpoint, effect } => {
            let effect = &contract.endpoints[*endpoint].effects[*effect];
            (
                effect.act == Act::Read,
                contract.endpoints[*endpoint].request.iter().filter(|f| f.refers.is_some()).count(),
            )
        }
        Maker::Listing { .. } | Maker::Fixture(_) => (true, usize::MAX),
    });
    let parts = |f: &crate::model::Fixture| f.parts.iter().any(|p| p.resource == *name);
    found.extend(contract.fixtures.iter().enumerate().filter(|(_, f)| parts(f)).map(|(at, _)| Maker::Fixture(at)));
    for (endpoint, e) in contract.endpoints.iter().enumerate().filter(|(_, e)| e.closed.is_none()) {
        for (effect, own) in e.effects.iter().enumerate() {
            let owned = own.list.as_ref().is_some_and(|list| list.of.is_some() && list.clause.is_some());
            if own.resource == *name && own.act == Act::Read && owned {
                found.push(Maker::Listing { endpoint, effect });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
