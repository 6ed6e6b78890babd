//! Finds the endpoint of a call, and the parameters in its path and query.

use super::Call;
use crate::contract::{Contract, Endpoint};
use crate::model::address::decode;
use crate::model::field::{Field, Kind, Location};
use crate::model::{Decimal, Json};

/// The endpoint that a call means, else the status that says why there is none.
pub(super) fn find<'a>(contract: &'a Contract, call: &Call) -> Result<&'a Endpoint, u16> {
    let mut found = None;
    let mut status = 404;
    for endpoint in contract.endpoints.iter().filter(|e| e.closed.is_none()) {
        let Some(fixed) = fits(&endpoint.path, &call.path) else { continue };
        if endpoint.method != call.method {
            status = 405;
        } else if found.is_none_or(|(known, _)| fixed > known) {
            found = Some((fixed, endpoint));
        }
    }
    found.map(|(_, endpoint)| endpoint).ok_or(status)
}

/// How many segments of the template are literal, if the end of the path fits it.
fn fits(template: &str, path: &str) -> Option<usize> {
    let wanted: Vec<&str> = template.trim_start_matches('/').split('/').collect();
    let given: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let given = given.get(given.len().checked_sub(wanted.len())?..)?;
    let mut fixed = 0;
    for (want, have) in wanted.iter().zip(given) {
        if want.starts_with('{') {
            if have.is_empty() {
                return None;
            }
        } else if want == have {
            fixed += 1;
        } else {
            return None;
        }
    }
    Some(fixed)
}

/// Puts the parameters of path and query into the request's tree, as their fields' types have them.
pub(super) fn parameters(endpoint: &Endpoint, call: &Call, root: &mut Json) {
    let Json::Object(members) = root else { return };
    let wanted: Vec<&str> = endpoint.path.trim_start_matches('/').split('/').collect();
    let given: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
    let Some(given) = given.len().checked_sub(wanted.len()).and_then(|at| given.get(at..)) else { return };
    for field in endpoint.request.iter().filter(|f| f.location == Location::Path) {
        let placeholder = format!("{{{}}}", field.name);
        if let Some((_, have)) = wanted.iter().zip(given).find(|(want, _)| **want == placeholder) {
            members.push((field.name.as_str().into(), typed(field, &decode(have, false))));
        }
    }
    for pair in call.query.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name, true);
        if let Some(field) = endpoint.request.iter().find(|f| f.location == Location::Query && f.name == name) {
            members.push((field.name.as_str().into(), typed(field, &decode(value, true))));
        }
    }
}

fn typed(field: &Field, text: &str) -> Json {
    match field.kind.as_ref().map(|k| *k.first()) {
        Some(Kind::Number) if Decimal::parse(text).is_some() => Json::number(text),
        Some(Kind::Boolean) if matches!(text, "true" | "false") => Json::Bool(text == "true"),
        _ => Json::text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fit_the_end_of_a_path() {
        for (template, path, fixed) in [
            ("/books", "/v1/books", Some(1)),
            ("/books/{isbn}", "/v1/books/12", Some(1)),
            ("/books/{isbn}", "/v1/books/", None),
            ("/books/{isbn}/loans", "/books/1/loans", Some(2)),
            ("/books/{isbn}", "/books", None),
            ("/a/b", "/b", None),
        ] {
            assert_eq!(fits(template, path), fixed, "{template} {path}");
        }
    }
}
