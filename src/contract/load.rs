//! Puts the files of one API together: `api.yaml` and one file per endpoint become a [`Contract`] in which every promise has a clause.

use std::collections::HashMap;
use std::sync::Arc;

use super::endpoint::{Contract, Covers, Credential, Effect, Endpoint, Envelope, Example, Note, Policy, Resource, Row, RowField, Success, Unknown, When};
use super::error::{LoadError, suggest};
use super::profile::Profile;
use super::property::{self, Conflicts, Property, ReadValue};
use super::yaml::{self, Map, Node};
use crate::model::clause::{Basis, Clause, ClauseIx, Level, Rule};
use crate::model::field::{Constraint, Field, Kind, Location, Presence, Sample, Unit};
use crate::model::wire::{HeaderPlan, HmacPlan, Piece, SecretField, SignedBytes, WirePlan, Zone};
use crate::model::{Hazard, Source};

/// A contract file: its name as shown in errors and findings, and its text.
#[derive(Clone, Debug)]
pub struct File {
    /// Name or path.
    pub name: String,
    /// Content.
    pub text: String,
}

/// Loads the files of one API; a profile may set the envelope and decide conflicts.
///
/// # Errors
/// [`LoadError`] for the first mistake, with its place and what to write instead.
pub fn load(files: &[File], profile: Option<&Profile>) -> Result<Contract, LoadError> {
    let api = files.iter().find(|f| f.name.rsplit(['/', '\\']).next() == Some("api.yaml"));
    let api = api.ok_or_else(|| LoadError::whole("api.yaml", "no api.yaml among the contract's files", "an API is a folder with an api.yaml"))?;
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

struct Loader<'a> {
    contract: Contract,
    conflicts: Conflicts,
    profile: Option<&'a Profile>,
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

/// A table and the side it is on.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    RequestHeader,
    Request,
    ResponseHeader,
    Response,
}

impl Part {
    fn word(self) -> &'static str {
        match self {
            Part::RequestHeader => "request-header",
            Part::Request => "request",
            Part::ResponseHeader => "response-header",
            Part::Response => "response",
        }
    }

    fn location(self) -> Location {
        match self {
            Part::RequestHeader | Part::ResponseHeader => Location::Header,
            Part::Request | Part::Response => Location::Body,
        }
    }
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
            [_, second, ..] => return Err(second.error("a second auth scheme is not supported by this version", "keep one scheme")),
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
        let mut envelope = Envelope { code: map.req("code")?.text()?.to_owned(), message: map.req("message")?.text()?.to_owned() };
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
            other => return Err(scheme.error(format!("auth scheme `{other}` is not supported by this version"), "`hmac` is")),
        }
        map.req("algorithm")?.word(&["hmac-sha256"])?;
        let key = map.req("key")?;
        if !self.contract.credentials.iter().any(|c| Some(c.name.as_str()) == key.text().ok()) {
            return Err(key.error("no such credential", suggest(key.text()?, self.contract.credentials.iter().map(|c| c.name.as_str()))));
        }
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let read = |n: &Node| Ok(if n.word(&["body", "base64-body"])? == "body" { SignedBytes::Body } else { SignedBytes::Base64Body });
        let over = property::property(map.req("over")?, "over", &read, &self.conflicts, (basis, ""))?;
        let over = over.ok_or_else(|| node.error("`over` must be known to sign", "write `body` or `base64-body`"))?;
        let plan = HmacPlan {
            id,
            header: map.req("header")?.text()?.to_owned(),
            value: pieces(map.req("template")?, &self.contract)?,
            key: key.text()?.to_owned(),
            over: *over.sides.first().unwrap_or(&SignedBytes::Body),
        };
        let verified = Property { sides: vec![()], open: false, basis, why: map.text("says")?.unwrap_or_default().to_owned(), source: node.source() };
        map.done()?;
        Ok(Auth { plan, verified })
    }

    fn notes(&mut self, map: &Map<'_>, owner: &str) -> Result<(), LoadError> {
        for node in map.opt("gaps").map(Node::list).transpose()?.unwrap_or_default() {
            self.contract.notes.push(Note { owner: owner.to_owned(), kind: "gap", text: node.text()?.to_owned(), sides: None, decided: String::new(), source: node.source() });
        }
        for node in map.opt("conflicts").map(Node::list).transpose()?.unwrap_or_default() {
            let m = node.map()?;
            let id = m.req("id")?;
            let text = m.req("what")?.text()?.to_owned();
            let sides = (m.req("a")?.text()?.to_owned(), m.req("b")?.text()?.to_owned());
            m.opt("note");
            let why = m.text("why")?.unwrap_or_default();
            let mut decided = if why.is_empty() { String::new() } else { format!("{}: {why}", id.text()?) };
            if let Some(either) = m.opt("either") {
                let default = m.req("default")?;
                let [a, b] = either.list()? else { return Err(either.error("a conflict has two sides", "write `either: [A, B]`, as `a` and `b` say it")) };
                let mut values = if default.word(&["a", "b"])? == "a" { vec![a.clone(), b.clone()] } else { vec![b.clone(), a.clone()] };
                let choice = self.profile.and_then(|p| p.choices.get(id.text().unwrap_or_default()));
                match choice.map(String::as_str) {
                    None => {}
                    Some("a") => values = vec![a.clone()],
                    Some("b") => values = vec![b.clone()],
                    Some(other) => return Err(either.error(format!("the profile chooses `{other}`"), "choose `a` or `b`")),
                }
                let sends = choice.map_or_else(|| default.text(), |c| Ok(c))?;
                let takes = if values.len() == 1 { "takes no other" } else { "takes either" };
                decided = format!("{}: sends side {sends}, {takes}{}", id.text()?, if why.is_empty() { String::new() } else { format!("; {why}") });
                if self.conflicts.sides.insert(id.text()?.to_owned(), values).is_some() {
                    return Err(id.error("a second conflict of this id", "ids are unique in an API"));
                }
            }
            m.done()?;
            self.contract.notes.push(Note { owner: owner.to_owned(), kind: "conflict", text, sides: Some(sides), decided, source: node.source() });
        }
        Ok(())
    }

    fn check_choices(&self, root: &Node) -> Result<(), LoadError> {
        for id in self.profile.iter().flat_map(|p| p.choices.keys()) {
            if !self.conflicts.sides.contains_key(id) {
                return Err(root.error(format!("the profile decides `{id}`, which is no conflict of this contract"), suggest(id, self.conflicts.sides.keys().map(String::as_str))));
            }
        }
        Ok(())
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
            return Err(method_node.error(format!("method `{method}` is not supported by this version"), "`POST` with a JSON body is"));
        }
        let path_node = map.req("path")?;
        let path = path_node.text()?.to_owned();
        if !path.starts_with('/') || path.contains(['{', '?', ' ']) {
            return Err(path_node.error(format!("`{path}` is no plain path"), "write `/api/...`; path parameters are not supported by this version"));
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

        let list = |node: Option<&'_ Node>| -> Result<Vec<Node>, LoadError> { Ok(node.map(Node::list).transpose()?.unwrap_or_default().to_vec()) };
        let mut request = self.table(&list(map.opt("request"))?, &id, Part::Request)?;
        let response = self.table(&list(map.opt("response"))?, &id, Part::Response)?;
        let request_headers = self.table(shared.request_headers, &id, Part::RequestHeader)?;
        let response_headers = self.table(shared.response_headers, &id, Part::ResponseHeader)?;
        let effects = list(map.opt("effects"))?.iter().map(|n| self.effect(n, &request, &response)).collect::<Result<Vec<_>, _>>()?;
        for effect in &effects {
            if let Effect::Create { unique, .. } = effect {
                for field in request.iter_mut().filter(|f| unique.contains(&f.name)) {
                    field.unique = true;
                }
            }
        }
        let success_node = map.opt("success").or(shared.success).ok_or_else(|| node.error("`success` is missing", "add it here or in api.yaml"))?;
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
        let envelope_clause = self.clause(format!("{id}/envelope/{envelope_path}/found"), Rule::Found, &shared.envelope, envelope_says);
        let verified_clause = shared.auth.as_ref().map(|auth| {
            self.clause(format!("{id}/auth/{}/verified", auth.plan.id), Rule::Verified, &auth.verified, "a token that does not match body and key is refused".to_owned())
        });
        let policy = self.policy(&id, &node.source());
        let hazard = if effects.iter().any(|e| matches!(e, Effect::Create { .. })) { Hazard::Create } else { Hazard::Read };
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

    fn wire(&self, id: &str, method: &str, path: &str, shared: &Shared<'_>, request: &[Field], response: &[Field]) -> Result<WirePlan, LoadError> {
        let mut headers = Vec::new();
        for node in shared.request_headers {
            let map = node.map()?;
            let Some(send) = map.opt("send") else { continue };
            let value = pieces(send, &self.contract)?;
            let secret = value.iter().find_map(|piece| match piece {
                Piece::Credential(name) => self.contract.credentials.iter().find(|c| c.name == *name && c.secret).map(|c| c.name.clone()),
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

    fn table(&mut self, nodes: &[Node], endpoint: &str, part: Part) -> Result<Vec<Field>, LoadError> {
        let mut fields: Vec<Field> = Vec::new();
        for node in nodes {
            let field = self.field(node, endpoint, part, "")?;
            if fields.iter().any(|f| f.name == field.name) {
                return Err(node.error(format!("`{}` stands in this table twice", field.name), "keep one of the two"));
            }
            fields.push(field);
        }
        Ok(fields)
    }

    fn field(&mut self, node: &Node, endpoint: &str, part: Part, parent: &str) -> Result<Field, LoadError> {
        let map = node.map()?;
        map.later(&["required_if", "values", "nullable", "in", "conflict"])?;
        let is_item = parent.ends_with(".*") && map.opt("name").is_none();
        let name = if is_item { "*".to_owned() } else { map.req("name")?.text()?.to_owned() };
        let path = match parent {
            _ if is_item => parent.to_owned(),
            "" => name.clone(),
            parent => format!("{parent}.{name}"),
        };
        map.opt("note");
        map.opt("send");
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let why = match (map.text("from")?, map.text("why")?) {
            (Some(from), _) => format!("from {from}"),
            (None, why) => why.unwrap_or_default().to_owned(),
        };
        let place = FieldPlace { endpoint, part, path: &path, basis: (basis, &why) };
        // What every table states must be stated; `unseen` is a statement.
        let stated = |key: &'static str| if part.location() == Location::Header && key == "type" { Ok(map.opt(key)) } else { map.req(key).map(Some) };
        let kind = self.property(stated("type")?, &place, Rule::Type, &property::kind, |k| format!("{path} is a JSON {}", k.word()))?;
        let presence = if is_item {
            None
        } else {
            self.property(map.req("presence").map(Some)?, &place, Rule::Presence, &property::presence, |p| match p {
                Presence::Required => format!("{path} must be there and not null"),
                Presence::Optional => format!("{path} may be left out"),
            })?
        };
        let is_string = part.location() == Location::Header || kind.as_ref().is_some_and(|k: &Constraint<Kind>| *k.first() == Kind::String);
        let length_node = if is_string && !map_has(&map, "length") && !map_has(&map, "enum") && !map_has(&map, "format") { Some(map.req("length")?) } else { map.opt("length") };
        let length = self.property(length_node, &place, Rule::Length, &property::length, |b| {
            if b.min == b.max { format!("{path} has exactly {} characters", b.min) } else { format!("{path} has {} to {} characters", b.min, b.max) }
        })?;
        let value = self.property(map.opt("value"), &place, Rule::Value, &property::value, |b| format!("{path} is a number from {} to {}", b.min, b.max))?;
        let integer = self.property(map.opt("integer"), &place, Rule::Integer, &integer, |()| format!("{path} is a whole number written in plain digits"))?;
        let format = self.property(map.opt("format"), &place, Rule::Format, &property::format, |f| format!("{path} is written as {}", f.name()))?;
        let words = self.property(map.opt("enum"), &place, Rule::Enum, &property::words, |w| format!("{path} is one of {}", w.join(", ")))?;
        let charset = self.property(map.opt("charset"), &place, Rule::Charset, &property::charset, |c| format!("{path} consists of {}", c.word()))?;
        let trace = if map.opt("trace").map(Node::flag).transpose()?.unwrap_or(false) {
            let prop = Property { sides: vec![()], open: false, basis, why: why.clone(), source: node.source() };
            Some(self.clause(format!("{endpoint}/{}/{path}/trace", part.word()), Rule::Trace, &prop, format!("{path} is never the trace number of another request")))
        } else {
            None
        };
        let secret = map.opt("secret").map(|n| n.word(&["password", "pan", "cvc", "token", "identity"])).transpose()?.map(str::to_owned);
        let refers = map.opt("ref").map(|n| self.refers(n)).transpose()?;
        let sample = map.opt("sample").map(property::sample).transpose()?;
        if let (Some(Sample::Catalogue { resource, .. }), Some(n)) = (&sample, map.opt("sample")) {
            if !self.contract.resources.iter().any(|r| r.name == *resource && r.catalogue) {
                return Err(n.error(format!("no catalogue `{resource}`"), "name a resource of api.yaml with `catalogue: true`"));
            }
        }
        let children = map.opt("fields").map(Node::list).transpose()?.unwrap_or_default().to_vec();
        let items = map.opt("items").cloned();
        map.done()?;
        let fields = children.iter().map(|n| self.field(n, endpoint, part, &path)).collect::<Result<Vec<_>, _>>()?;
        let items = items.map(|n| self.field(&n, endpoint, part, &format!("{path}.*"))).transpose()?.map(Box::new);
        Ok(Field {
            name,
            location: part.location(),
            kind,
            presence,
            length,
            value,
            integer,
            format,
            words,
            charset,
            secret,
            refers,
            sample,
            unique: false,
            fields,
            items,
            trace,
            path,
        })
    }

    fn refers(&self, node: &Node) -> Result<String, LoadError> {
        let text = node.text()?;
        let known = self.contract.resources.iter().map(|r| r.name.as_str());
        match text.split_once('.') {
            Some((resource, _)) if self.contract.resources.iter().any(|r| r.name == resource) => Ok(text.to_owned()),
            _ => Err(node.error(format!("`{text}` refers to nothing"), suggest(text.split('.').next().unwrap_or_default(), known))),
        }
    }

    fn property<T: Clone>(
        &mut self,
        node: Option<&Node>,
        place: &FieldPlace<'_>,
        rule: Rule,
        read: ReadValue<'_, T>,
        says: impl Fn(&T) -> String,
    ) -> Result<Option<Constraint<T>>, LoadError> {
        let Some(node) = node else { return Ok(None) };
        let place_id = format!("{}/{}/{}", place.endpoint, place.part.word(), place.path);
        let Some(prop) = property::property(node, rule.word(), read, &self.conflicts, place.basis)? else {
            self.unknown(place_id, rule.word(), node.source());
            return Ok(None);
        };
        // A client shows what a target takes, never what it refuses: beyond it lies the unknown, not an error.
        let open = prop.open || (place.part == Part::Request && prop.basis == Basis::Observed && rule != Rule::Presence);
        let clause = (!open).then(|| {
            let text = prop.sides.iter().map(&says).collect::<Vec<_>>().join("; or: ");
            self.clause(format!("{place_id}/{}", rule.word()), rule, &prop, text)
        });
        Ok(Some(Constraint { sides: prop.sides, open, clause }))
    }

    fn unknown(&mut self, place: String, property: &'static str, source: Source) {
        self.contract.unknowns.push(Unknown { place, property, source });
    }

    fn clause<T>(&mut self, id: String, rule: Rule, prop: &Property<T>, says: String) -> ClauseIx {
        let level = if rule == Rule::Message { Level::Should } else { prop.basis.level() };
        let ix = ClauseIx::try_from(self.contract.clauses.len()).unwrap_or(ClauseIx::MAX);
        self.contract.by_id.insert(id.clone(), ix);
        self.contract.clauses.push(Clause { id, rule, basis: prop.basis, level, says, why: prop.why.clone(), source: prop.source.clone() });
        ix
    }

    fn effect(&self, node: &Node, request: &[Field], response: &[Field]) -> Result<Effect, LoadError> {
        let map = node.map()?;
        map.later(&["update", "delete", "issue", "consume", "add", "subtract", "settle", "once", "state", "answer", "set"])?;
        let resource = |n: &Node| -> Result<String, LoadError> {
            let text = n.text()?;
            if self.contract.resources.iter().any(|r| r.name == text) {
                return Ok(text.to_owned());
            }
            Err(n.error(format!("no resource `{text}`"), suggest(text, self.contract.resources.iter().map(|r| r.name.as_str()))))
        };
        let answered = |n: &Node| -> Result<String, LoadError> {
            let text = n.text()?;
            let path = text.strip_prefix("response.").ok_or_else(|| n.error(format!("`{text}` is no part of the answer"), "write `response.FIELD`"))?;
            let mut found = false;
            for field in response {
                field.walk(&mut |f| found |= f.path == path);
            }
            if found { Ok(path.to_owned()) } else { Err(n.error(format!("the answer has no `{path}`"), suggest(path, response.iter().map(|f| f.path.as_str())))) }
        };
        let effect = if let Some(create) = map.opt("create") {
            let mut unique = Vec::new();
            for n in map.opt("unique").map(Node::list).transpose()?.unwrap_or_default() {
                let text = n.text()?;
                if !request.iter().any(|f| f.name == text) {
                    return Err(n.error(format!("the request has no `{text}`"), suggest(text, request.iter().map(|f| f.name.as_str()))));
                }
                unique.push(text.to_owned());
            }
            Effect::Create { resource: resource(create)?, key: answered(map.req("key")?)?, unique, only_if: map.opt("if").map(answered).transpose()? }
        } else {
            Effect::Read { resource: resource(map.req("read")?)?, list: map.opt("list").map(answered).transpose()? }
        };
        map.done()?;
        Ok(effect)
    }

    fn success(&mut self, node: &Node, endpoint: &str) -> Result<Success, LoadError> {
        let map = node.map()?;
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let why = match (map.text("from")?, map.text("why")?) {
            (Some(from), _) => format!("from {from}"),
            (None, why) => why.unwrap_or_default().to_owned(),
        };
        let status: u16 = map.req("status")?.parse("an HTTP status")?;
        let read = |n: &Node| n.text().map(str::to_owned);
        let codes = property::property(map.req("code")?, "code", &read, &self.conflicts, (basis, &why))?;
        let codes = codes.ok_or_else(|| node.error("the success code must be known", "write it, or `{conflict: ID}`"))?.sides;
        let message = map.req("message")?.text()?.to_owned();
        map.done()?;
        let prop = Property { sides: vec![()], open: false, basis, why, source: node.source() };
        let stem = format!("{endpoint}/success/{}", codes[0]);
        Ok(Success {
            status,
            status_clause: self.clause(format!("{stem}/status"), Rule::Status, &prop, format!("a legal request is answered with {status}")),
            code_clause: self.clause(format!("{stem}/code"), Rule::Code, &prop, format!("a success carries code {}", codes.join(" or "))),
            message_clause: self.clause(format!("{stem}/message"), Rule::Message, &prop, format!("a success says \"{message}\"")),
            codes,
            message,
        })
    }

    fn row(&mut self, node: &Node, endpoint: &str, request: &[Field]) -> Result<Row, LoadError> {
        let map = node.map()?;
        map.later(&["trigger", "conflict"])?;
        let status: u16 = map.req("status")?.parse("an HTTP status")?;
        let code = map.req("code")?.text()?.to_owned();
        let message = map.req("message")?.text()?.to_owned();
        let when_node = map.req("when")?;
        let documented = map.opt("documented_for").map(Node::list).transpose()?.unwrap_or_default();
        map.done()?;
        let (when, chosen) = read_when(when_node, request)?;
        let mut ways: Vec<(String, Covers)> = Vec::new();
        for n in documented {
            let (path, covers) = if n.is_map() {
                let entries: Vec<_> = n.map()?.entries().collect();
                let [(path, way)] = entries[..] else { return Err(n.error("one field at a time", "write `- {birthDate: below}`")) };
                let covers = match way.word(&["null", "absent", "below", "above"])? {
                    "null" => Covers::Null,
                    "absent" => Covers::Absent,
                    "below" => Covers::Below,
                    _ => Covers::Above,
                };
                (path.text()?, covers)
            } else {
                (n.text()?, Covers::All)
            };
            if !chosen.iter().any(|c| c == path) {
                return Err(n.error(format!("the row does not apply to `{path}`"), suggest(path, chosen.iter().map(String::as_str))));
            }
            ways.push((path.to_owned(), covers));
        }
        let state_row = !when.input();
        let mut fields = Vec::new();
        for path in chosen {
            let own: Vec<Covers> = ways.iter().filter(|(p, _)| *p == path).map(|(_, c)| *c).collect();
            let mut variants: Vec<(Covers, bool)> = own.iter().map(|c| (*c, true)).collect();
            if own.is_empty() {
                variants.push((Covers::All, state_row));
            }
            variants.extend(own.iter().filter_map(|c| c.other()).filter(|c| !own.contains(c)).map(|c| (c, false)));
            for (covers, documented) in variants {
                let (basis, why) = if documented { (Basis::Documented, String::new()) } else { (Basis::Inferred, inferred_why(&code, &ways)) };
                let prop = Property { sides: vec![()], open: false, basis, why, source: node.source() };
                let named = if own.len() == 1 && documented || covers == Covers::All { path.clone() } else { format!("{path}.{}", covers.word()) };
                let stem = |rule: Rule| format!("{endpoint}/errors/{code}/{}/{named}", rule.word());
                let cause = format!("{} {path}{}", when.word(), if covers == Covers::All { String::new() } else { format!(" ({})", covers.word()) });
                fields.push(RowField {
                    status: self.clause(stem(Rule::Status), Rule::Status, &prop, format!("{cause} is answered with {status}")),
                    code: self.clause(stem(Rule::Code), Rule::Code, &prop, format!("{cause} is refused with {code}")),
                    message: self.clause(stem(Rule::Message), Rule::Message, &prop, format!("{cause} says \"{message}\"")),
                    path: path.clone(),
                    covers,
                    documented,
                });
            }
        }
        Ok(Row { status, code, message, when, fields })
    }

    fn policy(&mut self, endpoint: &str, source: &Source) -> Policy {
        let mut clause = |rule: Rule, why: &str, says: &str| {
            let prop = Property { sides: vec![()], open: false, basis: Basis::Policy, why: why.to_owned(), source: source.clone() };
            self.clause(format!("{endpoint}/policy/answer/{}", rule.word()), rule, &prop, says.to_owned())
        };
        Policy {
            no_server_error: clause(Rule::NoServerError, "RFC 9110, 15.6: a 5xx admits a fault of the server", "no input is answered with a server error"),
            no_hang: clause(Rule::NoHang, "a client can't tell a hang from a loss", "every request gets a complete answer in time"),
            no_redirect: clause(Rule::NoRedirect, "RFC 9110, 15.4: a signed request can't be sent elsewhere", "no answer is a redirect"),
            no_coding: clause(Rule::NoCoding, "RFC 9110, 12.5.3: the request asks for no coding", "no answer has a content coding that was not asked for"),
            json: clause(Rule::Json, "RFC 8259", "every answer's body is JSON in UTF-8"),
            content_type: clause(Rule::ContentType, "RFC 9110, 8.3", "a content type, where given, says JSON"),
        }
    }
}

struct FieldPlace<'a> {
    endpoint: &'a str,
    part: Part,
    path: &'a str,
    basis: (Basis, &'a str),
}

fn map_has(map: &Map<'_>, key: &'static str) -> bool {
    map.opt(key).is_some()
}

fn integer(node: &Node) -> Result<(), LoadError> {
    if node.flag()? { Ok(()) } else { Err(node.error("`integer: false` says nothing", "leave it out")) }
}

fn version(map: &Map<'_>) -> Result<(), LoadError> {
    let node = map.req("konform")?;
    if node.text()? == "1" {
        return Ok(());
    }
    Err(node.error(format!("language version {} is not known to konform {}", node.text()?, env!("CARGO_PKG_VERSION")), "this program reads `konform: 1`"))
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

fn inferred_why(code: &str, documented: &[(String, Covers)]) -> String {
    match documented.first() {
        Some((path, Covers::All)) => format!("from row {code}, documented for {path}"),
        Some((path, covers)) => format!("from row {code}, documented for {path} ({})", covers.word()),
        None => format!("from row {code}, which names no field"),
    }
}

fn read_when(node: &Node, request: &[Field]) -> Result<(When, Vec<String>), LoadError> {
    let map = node.map()?;
    map.later(&["format", "value", "type", "invalid", "unknown", "mismatch", "where", "state", "attempts", "repeated"])?;
    let field = |n: &Node| -> Result<String, LoadError> {
        let text = n.text()?;
        if request.iter().any(|f| f.path == text) {
            return Ok(text.to_owned());
        }
        Err(n.error(format!("the request has no `{text}`"), suggest(text, request.iter().map(|f| f.path.as_str()))))
    };
    let any = |n: &Node, applies: &dyn Fn(&Field) -> bool| -> Result<Vec<String>, LoadError> {
        if n.plain() == Some("any") { Ok(request.iter().filter(|f| applies(f)).map(|f| f.path.clone()).collect()) } else { Ok(vec![field(n)?]) }
    };
    let is_string = |f: &Field| f.kind.as_ref().is_some_and(|k| *k.first() == Kind::String);
    let result = if let Some(n) = map.opt("empty") {
        (When::Empty, any(n, &|f| f.required() && is_string(f))?)
    } else if let Some(n) = map.opt("missing") {
        (When::Missing, any(n, &Field::required)?)
    } else if let Some(n) = map.opt("length") {
        (When::Length, any(n, &|f| f.length.as_ref().is_some_and(|l| !l.open))?)
    } else if let Some(n) = map.opt("taken") {
        (When::Taken, vec![field(n)?])
    } else if let Some(n) = map.opt("lacks") {
        let entries: Vec<_> = n.map()?.entries().collect();
        let [(list, test)] = entries[..] else { return Err(n.error("`lacks` wants one list", "write `lacks: {LIST: {resource.attribute: VALUE}}`")) };
        let tests: Vec<_> = test.map()?.entries().collect();
        let [(attribute, value)] = tests[..] else { return Err(test.error("one attribute at a time", "write `{resource.attribute: VALUE}`")) };
        let (resource, attribute) = attribute.text()?.split_once('.').ok_or_else(|| attribute.error("no `resource.attribute`", "write `terms.required`"))?;
        let when = When::Lacks { resource: resource.to_owned(), attribute: attribute.to_owned(), value: value.text()?.to_owned() };
        (when, vec![field(list)?])
    } else {
        map.done()?;
        return Err(node.error("a row without a cause", "write `when: {empty: any}`, `missing`, `length`, `taken` or `lacks`"));
    };
    map.done()?;
    Ok(result)
}

fn example(node: &Node, rows: &[Row]) -> Result<Example, LoadError> {
    let map = node.map()?;
    let name = map.req("name")?.text()?.to_owned();
    let title = map.req("title")?.text()?.to_owned();
    let expect = map.req("expect")?;
    map.done()?;
    let text = expect.text()?;
    let row = if text == "200" {
        None
    } else {
        let at = rows.iter().position(|r| r.code == text);
        Some(at.ok_or_else(|| expect.error(format!("no row has code `{text}`"), suggest(text, rows.iter().map(|r| r.code.as_str()))))?)
    };
    Ok(Example { name, title, row })
}

/// Reads a header template: `{now:...} {counter:7} {credential:x} {mac} {auth}` and literal text.
fn pieces(node: &Node, contract: &Contract) -> Result<Vec<Piece>, LoadError> {
    let mut rest = node.text()?;
    let mut out = Vec::new();
    while let Some(open) = rest.find('{') {
        if open > 0 {
            out.push(Piece::Text(rest[..open].to_owned()));
        }
        let close = rest[open..].find('}').ok_or_else(|| node.error("`{` without `}`", "write `{now:yyyyMMdd}`"))? + open;
        let (word, argument) = rest[open + 1..close].split_once(':').unwrap_or((&rest[open + 1..close], ""));
        out.push(match word {
            "now" => Piece::Now(argument.to_owned()),
            "counter" => Piece::Counter(argument.parse().map_err(|_| node.error("`counter` wants its digits", "write `{counter:7}`"))?),
            "credential" if contract.credentials.iter().any(|c| c.name == argument) => Piece::Credential(argument.to_owned()),
            "credential" => return Err(node.error(format!("no credential `{argument}`"), suggest(argument, contract.credentials.iter().map(|c| c.name.as_str())))),
            "mac" => Piece::Code,
            "auth" => Piece::Auth,
            other => return Err(node.error(format!("unknown hole `{other}`"), suggest(other, ["now", "counter", "credential", "mac", "auth"]))),
        });
        rest = &rest[close + 1..];
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest.to_owned()));
    }
    Ok(out)
}

fn secrets(fields: &[Field]) -> Vec<SecretField> {
    let mut found = Vec::new();
    for field in fields {
        field.walk(&mut |f| {
            if let Some(kind) = &f.secret {
                found.push(SecretField {
                    path: f.path.clone(),
                    kind: kind.clone(),
                    formats: f.format.iter().flat_map(|c| c.sides.clone()).collect(),
                    words: f.words.iter().flat_map(|c| c.sides.concat()).collect(),
                    charset: f.charset.as_ref().map(|c| *c.first()),
                });
            }
        });
    }
    found
}
