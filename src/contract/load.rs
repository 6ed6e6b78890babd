//! Puts the files of one API together: `api.yaml` and one file per endpoint become a [`Contract`] in which every promise has a clause.

use std::collections::HashMap;
use std::sync::Arc;

use super::endpoint::{Contract, Credential, Effect, Endpoint, Envelope, Policy, Resource, Unknown};
use super::error::{LoadError, suggest};
use super::file::File;
use super::header::pieces;
use super::profile::Profile;
use super::property::{self, Conflicts, Property};
use super::row::example;
use super::table::{Part, secrets};
use super::yaml::{self, Map, Node};
use crate::model::clause::{Basis, Clause, ClauseIx, Level, Rule};
use crate::model::field::{Field, Unit};
use crate::model::wire::{HeaderPlan, HmacPlan, Piece, SignedBytes, WirePlan, Zone};
use crate::model::{Hazard, Source};

/// Loads the files of one API; a profile may set the envelope and decide conflicts.
///
/// # Errors
/// [`LoadError`] for the first mistake, with its place and what to write instead.
pub fn load(files: &[File], profile: Option<&Profile>) -> Result<Contract, LoadError> {
    let api = files.iter().find(|f| f.name.rsplit(['/', '\\']).next() == Some("api.yaml"));
    let api = api.ok_or_else(|| {
        LoadError::whole("api.yaml", "no api.yaml among the contract's files", "an API is a folder with an api.yaml")
    })?;
    let root = yaml::parse(&api.name, &api.text)?;
    let mut loader = Loader::new(profile);
    let shared = loader.api(&root.map()?)?;
    for file in files.iter().filter(|f| !std::ptr::eq(*f, api)) {
        let node = yaml::parse(&file.name, &file.text)?;
        loader.endpoint(&node, &shared)?;
    }
    if loader.contract.endpoints.is_empty() {
        return Err(root.error("a contract without endpoints", "add a file per endpoint beside api.yaml"));
    }
    loader.check_choices(&root)?;
    Ok(loader.contract)
}

pub(super) struct Loader<'a> {
    pub(super) contract: Contract,
    pub(super) conflicts: Conflicts,
    pub(super) profile: Option<&'a Profile>,
}

/// What `api.yaml` gives to every endpoint.
struct Shared<'n> {
    request_headers: &'n [Node],
    response_headers: &'n [Node],
    auth: Option<Auth>,
    success: Option<&'n Node>,
    envelope: Property<String>,
}

#[derive(Clone)]
struct Auth {
    plan: HmacPlan,
    verified: Property<()>,
}

impl<'a> Loader<'a> {
    fn new(profile: Option<&'a Profile>) -> Self {
        let contract = Contract {
            id: String::new(),
            title: String::new(),
            default: false,
            base_path: String::new(),
            endpoints: Vec::new(),
            clauses: Vec::new(),
            by_id: HashMap::new(),
            zone: Zone { name: "UTC".to_owned(), offset_seconds: 0 },
            envelope: Envelope { code: String::new(), message: String::new() },
            units: Unit::ALL.to_vec(),
            credentials: Vec::new(),
            resources: Vec::new(),
            notes: Vec::new(),
            unknowns: Vec::new(),
        };
        Self { contract, conflicts: Conflicts::default(), profile }
    }

    fn api<'n>(&mut self, map: &Map<'n>) -> Result<Shared<'n>, LoadError> {
        version(map)?;
        map.later(&["encryption", "content_encryption", "scenarios"])?;
        map.req("id")?.text()?.clone_into(&mut self.contract.id);
        map.req("title")?.text()?.clone_into(&mut self.contract.title);
        self.contract.default = map.opt("default").map(Node::flag).transpose()?.unwrap_or(false);
        map.text("base_path")?.unwrap_or_default().clone_into(&mut self.contract.base_path);
        map.opt("version");
        map.opt("sources");
        let owner = self.contract.id.clone();
        self.notes(map, &owner)?;
        if let Some(zone) = map.opt("zone") {
            self.contract.zone = read_zone(zone)?;
        }
        if let Some(unit) = map.opt("length_unit") {
            self.contract.units = match unit.word(&["unseen", "code-points", "utf-16", "bytes"])? {
                "code-points" => vec![Unit::CodePoints],
                "utf-16" => vec![Unit::Utf16],
                "bytes" => vec![Unit::Bytes],
                _ => Unit::ALL.to_vec(),
            };
        }
        for node in map.opt("credentials").map(Node::list).transpose()?.unwrap_or_default() {
            let m = node.map()?;
            self.contract.credentials.push(Credential {
                name: m.req("name")?.text()?.to_owned(),
                length: m.opt("length").map(|n| n.parse("a length")).transpose()?,
                secret: m.opt("secret").map(Node::flag).transpose()?.unwrap_or(false),
                digits: m.opt("charset").map(|n| n.word(&["digits", "hex"])).transpose()? == Some("digits"),
            });
            m.done()?;
        }
        for node in map.opt("resources").map(Node::list).transpose()?.unwrap_or_default() {
            let m = node.map()?;
            self.contract.resources.push(Resource {
                name: m.req("name")?.text()?.to_owned(),
                key: m.req("key")?.text()?.to_owned(),
                catalogue: m.opt("catalogue").map(Node::flag).transpose()?.unwrap_or(false),
            });
            m.done()?;
        }
        let envelope = self.envelope(map.req("envelope")?)?;
        let auth = match map.opt("auth").map(Node::list).transpose()?.unwrap_or_default() {
            [] => None,
            [one] => Some(self.auth(one)?),
            [_, second, ..] => {
                return Err(second.error("a second auth scheme is not supported by this version", "keep one scheme"));
            }
        };
        let shared = Shared {
            request_headers: map.opt("request_headers").map(Node::list).transpose()?.unwrap_or_default(),
            response_headers: map.opt("response_headers").map(Node::list).transpose()?.unwrap_or_default(),
            auth,
            success: map.opt("success"),
            envelope,
        };
        map.done()?;
        Ok(shared)
    }

    fn envelope(&mut self, node: &Node) -> Result<Property<String>, LoadError> {
        let map = node.map()?;
        let mut envelope =
            Envelope { code: map.req("code")?.text()?.to_owned(), message: map.req("message")?.text()?.to_owned() };
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let why = map.text("why")?.unwrap_or_default().to_owned();
        map.done()?;
        if let Some(own) = self.profile.and_then(|p| p.envelope.as_ref()) {
            envelope.clone_from(own);
        }
        self.contract.envelope = envelope.clone();
        Ok(Property { sides: vec![envelope.code], open: false, basis, why, source: node.source() })
    }

    fn auth(&mut self, node: &Node) -> Result<Auth, LoadError> {
        let map = node.map()?;
        let id = map.req("id")?.text()?.to_owned();
        let scheme = map.req("scheme")?;
        match scheme.word(&["hmac", "none", "bearer", "basic", "api-key", "mtls"])? {
            "hmac" => {}
            other => {
                return Err(
                    scheme.error(format!("auth scheme `{other}` is not supported by this version"), "`hmac` is")
                );
            }
        }
        map.req("algorithm")?.word(&["hmac-sha256"])?;
        let key = map.req("key")?;
        if !self.contract.credentials.iter().any(|c| Some(c.name.as_str()) == key.text().ok()) {
            return Err(key.error(
                "no such credential",
                suggest(key.text()?, self.contract.credentials.iter().map(|c| c.name.as_str())),
            ));
        }
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let read = |n: &Node| {
            Ok(if n.word(&["body", "base64-body"])? == "body" { SignedBytes::Body } else { SignedBytes::Base64Body })
        };
        let over = property::property(map.req("over")?, "over", &read, &self.conflicts, (basis, ""))?;
        let over = over.ok_or_else(|| node.error("`over` must be known to sign", "write `body` or `base64-body`"))?;
        let plan = HmacPlan {
            id,
            header: map.req("header")?.text()?.to_owned(),
            value: pieces(map.req("template")?, &self.contract)?,
            key: key.text()?.to_owned(),
            over: *over.sides.first().unwrap_or(&SignedBytes::Body),
        };
        let verified = Property {
            sides: vec![()],
            open: false,
            basis,
            why: map.text("says")?.unwrap_or_default().to_owned(),
            source: node.source(),
        };
        map.done()?;
        Ok(Auth { plan, verified })
    }

    fn endpoint(&mut self, node: &Node, shared: &Shared<'_>) -> Result<(), LoadError> {
        let map = node.map()?;
        version(&map)?;
        map.later(&["scenarios", "request_open", "deprecated", "since", "auth"])?;
        let id_node = map.req("id")?;
        let id = id_node.text()?.to_owned();
        if !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(id_node.error(format!("`{id}` is no id"), "use small letters, digits and `-`"));
        }
        if self.contract.endpoint(&id).is_some() {
            return Err(id_node.error(format!("a second endpoint `{id}`"), "ids are unique in an API"));
        }
        let title = map.req("title")?.text()?.to_owned();
        let method_node = map.req("method")?;
        let method = method_node.word(&["POST", "GET", "PUT", "PATCH", "DELETE", "unseen"])?.to_owned();
        if method != "POST" {
            return Err(method_node
                .error(format!("method `{method}` is not supported by this version"), "`POST` with a JSON body is"));
        }
        let path_node = map.req("path")?;
        let path = path_node.text()?.to_owned();
        if !path.starts_with('/') || path.contains(['{', '?', ' ']) {
            return Err(path_node.error(
                format!("`{path}` is no plain path"),
                "write `/api/...`; path parameters are not supported by this version",
            ));
        }
        let encryption = map.req("encryption")?.map()?;
        for direction in ["request", "response"] {
            encryption.req(direction)?.word(&["marked", "unmarked", "unseen"])?;
        }
        encryption.done()?;
        for key in ["summary", "sources", "observations", "mode", "version"] {
            map.opt(key);
        }
        self.notes(&map, &id)?;

        let list = |node: Option<&'_ Node>| -> Result<Vec<Node>, LoadError> {
            Ok(node.map(Node::list).transpose()?.unwrap_or_default().to_vec())
        };
        let mut request = self.table(&list(map.opt("request"))?, &id, Part::Request)?;
        let response = self.table(&list(map.opt("response"))?, &id, Part::Response)?;
        let request_headers = self.table(shared.request_headers, &id, Part::RequestHeader)?;
        let response_headers = self.table(shared.response_headers, &id, Part::ResponseHeader)?;
        let effects = list(map.opt("effects"))?
            .iter()
            .map(|n| self.effect(n, &request, &response))
            .collect::<Result<Vec<_>, _>>()?;
        for effect in &effects {
            if let Effect::Create { unique, .. } = effect {
                for field in request.iter_mut().filter(|f| unique.contains(&f.name)) {
                    field.unique = true;
                }
            }
        }
        let success_node = map
            .opt("success")
            .or(shared.success)
            .ok_or_else(|| node.error("`success` is missing", "add it here or in api.yaml"))?;
        let success = self.success(success_node, &id)?;
        let rows_node = map.req("errors")?;
        let rows_complete = rows_node.plain() != Some("unseen");
        let mut rows = Vec::new();
        if rows_complete {
            for row in rows_node.list()? {
                rows.push(self.row(row, &id, &request)?);
            }
        } else {
            self.unknown(format!("{id}/errors"), "errors", rows_node.source());
        }
        let examples = list(map.opt("test_data"))?.iter().map(|n| example(n, &rows)).collect::<Result<Vec<_>, _>>()?;
        map.done()?;

        let envelope_says = format!("every answer carries its code at `{}`", self.contract.envelope.code);
        let envelope_path = self.contract.envelope.code.clone();
        let envelope_clause =
            self.clause(format!("{id}/envelope/{envelope_path}/found"), Rule::Found, &shared.envelope, envelope_says);
        let verified_clause = shared.auth.as_ref().map(|auth| {
            self.clause(
                format!("{id}/auth/{}/verified", auth.plan.id),
                Rule::Verified,
                &auth.verified,
                "a token that does not match body and key is refused".to_owned(),
            )
        });
        let policy = self.policy(&id, &node.source());
        let hazard =
            if effects.iter().any(|e| matches!(e, Effect::Create { .. })) { Hazard::Create } else { Hazard::Read };
        let wire = Arc::new(self.wire(&id, &method, &path, shared, &request, &response)?);
        self.contract.endpoints.push(Endpoint {
            id,
            title,
            method,
            path,
            hazard,
            request_headers,
            request,
            response_headers,
            response,
            success,
            rows,
            rows_complete,
            effects,
            examples,
            envelope_clause,
            verified_clause,
            policy,
            wire,
            source: node.source(),
        });
        Ok(())
    }

    fn wire(
        &self,
        id: &str,
        method: &str,
        path: &str,
        shared: &Shared<'_>,
        request: &[Field],
        response: &[Field],
    ) -> Result<WirePlan, LoadError> {
        let mut headers = Vec::new();
        for node in shared.request_headers {
            let map = node.map()?;
            let Some(send) = map.opt("send") else { continue };
            let value = pieces(send, &self.contract)?;
            let secret = value.iter().find_map(|piece| match piece {
                Piece::Credential(name) => {
                    self.contract.credentials.iter().find(|c| c.name == *name && c.secret).map(|c| c.name.clone())
                }
                Piece::Auth => shared.auth.as_ref().map(|a| a.plan.id.clone()),
                _ => None,
            });
            headers.push(HeaderPlan { name: map.req("name")?.text()?.to_owned(), value, secret });
        }
        let trace = shared.response_headers.iter().find_map(|node| {
            let map = node.map().ok()?;
            map.opt("trace")?.flag().ok()?.then(|| map.text("name").ok().flatten().map(str::to_owned)).flatten()
        });
        Ok(WirePlan {
            endpoint: id.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            auth: shared.auth.as_ref().map(|a| a.plan.clone()),
            zone: self.contract.zone.clone(),
            trace,
            request_secrets: secrets(request),
            response_secrets: secrets(response),
        })
    }

    pub(super) fn unknown(&mut self, place: String, property: &'static str, source: Source) {
        self.contract.unknowns.push(Unknown { place, property, source });
    }

    pub(super) fn clause<T>(&mut self, id: String, rule: Rule, prop: &Property<T>, says: String) -> ClauseIx {
        let level = if rule == Rule::Message { Level::Should } else { prop.basis.level() };
        let ix = ClauseIx::try_from(self.contract.clauses.len()).unwrap_or(ClauseIx::MAX);
        self.contract.by_id.insert(id.clone(), ix);
        self.contract.clauses.push(Clause {
            id,
            rule,
            basis: prop.basis,
            level,
            says,
            why: prop.why.clone(),
            source: prop.source.clone(),
        });
        ix
    }

    fn policy(&mut self, endpoint: &str, source: &Source) -> Policy {
        let mut clause = |rule: Rule, why: &str, says: &str| {
            let prop = Property {
                sides: vec![()],
                open: false,
                basis: Basis::Policy,
                why: why.to_owned(),
                source: source.clone(),
            };
            self.clause(format!("{endpoint}/policy/answer/{}", rule.word()), rule, &prop, says.to_owned())
        };
        Policy {
            no_server_error: clause(
                Rule::NoServerError,
                "RFC 9110, 15.6: a 5xx admits a fault of the server",
                "no input is answered with a server error",
            ),
            no_hang: clause(
                Rule::NoHang,
                "a client can't tell a hang from a loss",
                "every request gets a complete answer in time",
            ),
            no_redirect: clause(
                Rule::NoRedirect,
                "RFC 9110, 15.4: a signed request can't be sent elsewhere",
                "no answer is a redirect",
            ),
            no_coding: clause(
                Rule::NoCoding,
                "RFC 9110, 12.5.3: the request asks for no coding",
                "no answer has a content coding that was not asked for",
            ),
            json: clause(Rule::Json, "RFC 8259", "every answer's body is JSON in UTF-8"),
            content_type: clause(Rule::ContentType, "RFC 9110, 8.3", "a content type, where given, says JSON"),
        }
    }
}

fn version(map: &Map<'_>) -> Result<(), LoadError> {
    let node = map.req("konform")?;
    if node.text()? == "1" {
        return Ok(());
    }
    Err(node.error(
        format!("language version {} is not known to konform {}", node.text()?, env!("CARGO_PKG_VERSION")),
        "this program reads `konform: 1`",
    ))
}

fn read_zone(node: &Node) -> Result<Zone, LoadError> {
    let map = node.map()?;
    let name = map.req("name")?.text()?.to_owned();
    let offset = map.req("offset")?;
    map.done()?;
    let parsed = offset.text()?.parse::<chrono::FixedOffset>();
    let seconds = parsed.map_err(|_| offset.error("no offset from UTC", "write `\"+09:00\"`"))?.local_minus_utc();
    Ok(Zone { name, offset_seconds: seconds })
}
