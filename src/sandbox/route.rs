//! Finds the endpoint of a call, and the parameters in its path and query.

use super::Call;
use crate::contract::{Contract, Endpoint};
use crate::model::address::{ListForm, decode, segments};
use crate::model::field::{Field, Kind, Location};
use crate::model::{Decimal, Json};

/// The endpoint that a call means, else the status that says why there is none.
pub(super) fn find<'a>(contract: &'a Contract, call: &Call) -> Result<&'a Endpoint, u16> {
    let path = segments(&call.path);
    let mut found = None;
    let mut status = 404;
    for endpoint in contract.endpoints.iter().filter(|e| e.closed.is_none()) {
        let Some(fit) = endpoint.wire.path.fits_end(&path) else { continue };
        if endpoint.method != call.method {
            status = 405;
        } else if found.is_none_or(|(known, _)| fit.fixed > known) {
            found = Some((fit.fixed, endpoint));
        }
    }
    found.map(|(_, endpoint)| endpoint).ok_or(status)
}

/// Puts the parameters of path and query into the request's tree, as their fields' types have them.
pub(super) fn parameters(endpoint: &Endpoint, call: &Call, root: &mut Json) {
    let Json::Object(members) = root else { return };
    let values = endpoint.wire.path.fits_end(&segments(&call.path)).map(|fit| fit.values).unwrap_or_default();
    for field in endpoint.request.iter().filter(|f| f.location == Location::Path) {
        if let Some((_, value)) = values.iter().find(|(name, _)| *name == field.name) {
            members.push((field.name.as_str().into(), typed(field, value)));
        }
    }
    for pair in call.query.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name, true);
        let field = endpoint.request.iter().find(|f| f.location == Location::Query && f.name == name);
        let Some(field) = field else { continue };
        if field.kind.as_ref().is_none_or(|k| *k.first() != Kind::Array) {
            members.push((field.name.as_str().into(), typed(field, &decode(value, true))));
            continue;
        }
        let items = listed(field, value);
        match members.iter_mut().find(|(known, _)| *known == field.name) {
            Some((_, Json::Array(known))) => known.extend(items),
            _ => members.push((field.name.as_str().into(), Json::Array(items))),
        }
    }
}

/// The items of a list that one pair of a query holds.
fn listed(field: &Field, value: &str) -> Vec<Json> {
    let item = |text: &str| field.items.as_deref().map_or_else(|| Json::text(text), |items| typed(items, text));
    match field.list {
        ListForm::Repeated => vec![item(&decode(value, true))],
        // A comma inside an item is percent-encoded; a bar and a blank between items are too.
        ListForm::Comma => value.split(',').map(|part| item(&decode(part, true))).collect(),
        ListForm::Pipe => decode(value, true).split('|').map(item).collect(),
        ListForm::Space => decode(value, true).split(' ').map(item).collect(),
    }
}

fn typed(field: &Field, text: &str) -> Json {
    match field.kind.as_ref().map(|k| *k.first()) {
        Some(Kind::Number) if Decimal::parse(text).is_some() => Json::number(text),
        Some(Kind::Boolean) if matches!(text, "true" | "false") => Json::Bool(text == "true"),
        _ => Json::text(text),
    }
}
