//! Makes answers out of the contract's response tables.

use super::store::Store;
use super::{Sandbox, make};
use crate::contract::{Effect, Endpoint};
use crate::model::field::Kind;
use crate::model::{Field, Json};

/// The body of a success.
pub(super) fn success(sandbox: &Sandbox, endpoint: &Endpoint, key: Option<&Json>, store: &mut Store) -> Json {
    let success = &endpoint.success;
    let side = sandbox.variant.side.min(success.codes.len() - 1);
    let mut members = Vec::new();
    for field in &endpoint.response {
        if !field.required() && !sandbox.variant.optional {
            continue;
        }
        let listed = endpoint.effects.iter().find_map(|e| match e {
            Effect::Read { resource, list: Some(list) } if *list == field.path => {
                store.entries(resource).map(<[Json]>::to_vec)
            }
            _ => None,
        });
        let keyed = endpoint
            .effects
            .iter()
            .any(|e| matches!(e, Effect::Create { key, only_if: None, .. } if *key == field.path));
        let value = match (listed, key) {
            (Some(entries), _) => Json::Array(entries),
            (None, Some(key)) if keyed => key.clone(),
            _ => value(field, sandbox, store),
        };
        members.push((field.name.as_str().into(), value));
    }
    sandbox.envelope(&success.codes[side], &success.message, members)
}

fn value(field: &Field, sandbox: &Sandbox, store: &mut Store) -> Json {
    if field.kind.as_ref().map(|k| *k.first()) == Some(Kind::Object) {
        let wanted = |f: &&Field| f.required() || sandbox.variant.optional;
        return Json::Object(
            field.fields.iter().filter(wanted).map(|f| (f.name.as_str().into(), value(f, sandbox, store))).collect(),
        );
    }
    let n = store.next();
    make::leaf(field, n, sandbox.variant.side, &sandbox.contract.zone)
}
