//! How the requests of an endpoint travel: path, query, headers, body, signature.

use super::api::Shared;
use super::error::LoadError;
use super::header::pieces;
use super::load::Loader;
use super::table::secrets;
use super::yaml::Node;
use crate::model::address::PathTemplate;
use crate::model::field::{Field, Location};
use crate::model::wire::{Caller, HeaderPlan, Mark, Piece, WirePlan};

impl Loader<'_> {
    pub(super) fn wire(
        &self,
        id: &str,
        (method, path): (&str, &PathTemplate),
        (shared, own_headers, callers): (&Shared<'_>, &[Node], Vec<Caller>),
        (request, response): (&[Field], &[Field]),
        marks: (Mark, Mark),
    ) -> Result<WirePlan, LoadError> {
        let mut headers = Vec::new();
        for node in own_headers {
            let map = node.map()?;
            let Some(send) = map.opt("send") else { continue };
            let name = map.req("name")?.text()?.to_owned();
            let value = pieces(send, &self.contract)?;
            let secret = value.iter().find_map(|piece| match piece {
                Piece::Credential(name) => {
                    self.contract.credentials.iter().find(|c| c.name == *name && c.secret).map(|c| c.name.clone())
                }
                Piece::Auth => {
                    let mut schemes = callers.iter().flat_map(|caller| &caller.schemes);
                    schemes.find(|plan| plan.in_header(&name)).map(|plan| plan.id.clone())
                }
                _ => None,
            });
            headers.push(HeaderPlan { name, value, secret });
        }
        let trace = shared.response_headers.iter().find_map(|node| {
            let map = node.map().ok()?;
            map.opt("trace")?.flag().ok()?.then(|| map.text("name").ok().flatten().map(str::to_owned)).flatten()
        });
        let queried = request.iter().filter(|f| f.location == Location::Query);
        let bodily = request.iter().any(|f| f.location == Location::Body);
        let located = |location| request.iter().filter(|f| f.location == location).map(|f| f.name.clone()).collect();
        Ok(WirePlan {
            endpoint: id.to_owned(),
            method: method.to_owned(),
            path: path.clone(),
            headers,
            callers,
            encryption: self.contract.encryption.clone(),
            marks,
            path_fields: located(Location::Path),
            query_fields: queried.map(|f| (f.name.clone(), f.list)).collect(),
            // A body of a DELETE has the meaning that its API gives it (RFC 9110, 9.3.5).
            has_body: matches!(method, "POST" | "PUT" | "PATCH") || (method == "DELETE" && bodily),
            zone: self.contract.zone.clone(),
            trace,
            request_secrets: secrets(request),
            response_secrets: secrets(response),
        })
    }
}

/// Fails if the path and the rows of a request name different parameters, or if a GET that can be sent has a body.
pub(super) fn check_places(path: &Node, wire: &WirePlan, request: &[Field], sendable: bool) -> Result<(), LoadError> {
    let parameters = wire.path.parameters();
    if let Some(name) = parameters.iter().find(|p| !wire.path_fields.iter().any(|f| f == *p)) {
        return Err(path.error(
            format!("no request field `{name}` is in the path"),
            format!("add `- {{name: {name}, in: path, ...}}`"),
        ));
    }
    let elsewhere = wire.path_fields.iter().find(|f| !parameters.contains(&f.as_str()));
    if let Some(name) = elsewhere.filter(|_| path.plain() != Some("unseen")) {
        return Err(path.error(
            format!("the field `{name}` says `in: path`, and the path has no `{{{name}}}`"),
            format!("write `{{{name}}}` where it stands in the path, or leave `in: path` out"),
        ));
    }
    let bodily = request.iter().find(|f| f.location == Location::Body);
    if let Some(field) = bodily.filter(|_| wire.method == "GET" && sendable) {
        return Err(path.error(
            format!("`{}` is in the body of a GET request", field.name),
            "write `in: query` or `in: path`: HTTP gives the body of a GET no meaning (RFC 9110, 9.3.1), and what stands \
             between may drop it",
        ));
    }
    Ok(())
}
