//! Puts the files of one API together: `api.yaml` and one file per endpoint become a [`Contract`] in which every promise has a clause.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::api::Shared;
use super::behaviour::{Act, When};
use super::effect::Tables;
use super::endpoint::{Contract, EncryptionClauses, Endpoint, Envelope, Policy, Unknown};
use super::error::{LoadError, suggest};
use super::file::File;
use super::fitting::{self, Scope};
use super::header::pieces;
use super::profile::Profile;
use super::property::{self, Conflicts, Property};
use super::row::{example, single, skip};
use super::table::{Part, secrets};
use super::unique::Unique;
use super::yaml::{self, Map, Node};
use crate::model::address::PathTemplate;
use crate::model::clause::{Basis, Clause, ClauseIx, Level, Rule};
use crate::model::field::{Field, Location, Sample, Unit};
use crate::model::wire::{HeaderPlan, Mark, Piece, WirePlan, Zone};
use crate::model::{Hazard, Json, Source, field};

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
    let mut loader = Loader::new(profile, Scope::of(profile)?);
    let shared = loader.api(&root.map()?)?;
    for file in files.iter().filter(|f| !std::ptr::eq(*f, api)) {
        let node = yaml::parse(&file.name, &file.text)?;
        loader.endpoint(&node, &shared)?;
    }
    if loader.contract.endpoints.is_empty() {
        return Err(root.error("a contract without endpoints", "add a file per endpoint beside api.yaml"));
    }
    loader.check_ids(files)?;
    loader.check_choices()?;
    loader.check_mentions()?;
    super::sibling::bind(&mut loader.contract);
    super::sibling::form(&mut loader.contract);
    loader.contract.identifying = identifying(&loader.contract);
    if let Some(profile) = profile {
        fitting::apply(&mut loader.contract, profile, &loader.scope)?;
    }
    Ok(loader.contract)
}

pub(super) struct Loader<'a> {
    pub(super) contract: Contract,
    pub(super) conflicts: Conflicts,
    pub(super) profile: Option<&'a Profile>,
    /// Names of the endpoint's fields that are known by their role, where the profile gives them.
    pub(super) roles: BTreeMap<String, Option<String>>,
    /// Endpoints that others name, with the field of their answer that is spoken of: any file may hold them.
    pub(super) mentions: Vec<(Node, Option<Node>)>,
    /// Attributes that are spoken of, where, resource and name: any file may set or show them.
    pub(super) attributes: Vec<(Node, String, String)>,
    /// Ids of endpoints.
    endpoints: Unique,
    /// Methods and paths of endpoints.
    addresses: Unique,
    /// Two clauses with one id.
    pub(super) doubled: Option<(ClauseIx, ClauseIx)>,
    /// Endpoints that the profile names.
    scope: Scope,
}

/// Failing attempts that a case makes where nobody has seen the limit.
pub(super) const ATTEMPTS: u32 = 10;

impl<'a> Loader<'a> {
    fn new(profile: Option<&'a Profile>, scope: Scope) -> Self {
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
            bare_success: false,
            encryption: None,
            identifying: HashSet::new(),
            fixtures: Vec::new(),
            beginnings: Vec::new(),
            attempts: (ATTEMPTS, false),
            hangul: false,
            scoped: false,
            prepared_only: false,
            units: Unit::ALL.to_vec(),
            credentials: Vec::new(),
            resources: Vec::new(),
            notes: Vec::new(),
            unknowns: Vec::new(),
        };
        Self {
            contract,
            conflicts: Conflicts::default(),
            profile,
            roles: BTreeMap::new(),
            mentions: Vec::new(),
            attributes: Vec::new(),
            endpoints: Unique::default(),
            addresses: Unique::default(),
            doubled: None,
            scope,
        }
    }

    fn endpoint(&mut self, node: &Node, shared: &Shared<'_>) -> Result<(), LoadError> {
        let map = node.map()?;
        version(&map)?;
        map.later(&["scenarios", "deprecated", "since", "auth"])?;
        let id_node = map.req("id")?;
        let id = id_node.text()?.to_owned();
        if !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(id_node.error(format!("`{id}` is no id"), "use small letters, digits and `-`"));
        }
        self.endpoints.take("a second endpoint", &id, id_node)?;
        let title = map.req("title")?.text()?.to_owned();
        let method = map.req("method")?.word(&["POST", "GET", "PUT", "PATCH", "DELETE", "unseen"])?.to_owned();
        let path_node = map.req("path")?;
        let path = if path_node.plain() == Some("unseen") { String::new() } else { path_node.text()?.to_owned() };
        let template = PathTemplate::parse(&path).map_err(|why| {
            path_node.error(format!("`{path}` is not a path: {why}"), "write `/api/...`, parameters as `{name}`")
        })?;
        if !path.is_empty() && method != "unseen" {
            self.addresses.take("a second endpoint at", &format!("{method} {}", template.anonymous()), path_node)?;
        }
        self.notes(&map, &id)?;
        let marks = match map.opt("encryption") {
            Some(marks) => {
                let marks = marks.map()?;
                let read = |key| self.mark(marks.req(key)?);
                let both = (read("request")?, read("response")?);
                marks.done()?;
                both
            }
            None if shared.encryption.is_some() => {
                return Err(
                    node.error("`encryption` is missing", "add `encryption: {request: unseen, response: unseen}`")
                );
            }
            None => (Mark::Unmarked, Mark::Unmarked),
        };
        skip(&map, &["title_ko", "group", "summary", "sources", "observations", "hints", "mode", "version"]);
        self.roles.clear();

        let list = |node: Option<&'_ Node>| -> Result<Vec<Node>, LoadError> {
            match node {
                Some(node) if node.plain() == Some("unseen") => Ok(Vec::new()),
                node => Ok(node.map(Node::list).transpose()?.unwrap_or_default().to_vec()),
            }
        };
        let mut request = self.table(&list(map.opt("request"))?, &id, Part::Request)?;
        let response = self.table(&list(map.opt("response"))?, &id, Part::Response)?;
        for (key, part) in [("request", "request"), ("response", "response")] {
            if let Some(node) = map.opt(key).filter(|n| n.plain() == Some("unseen")) {
                self.unknown(format!("{id}/{part}"), part, node.source());
            }
        }
        let request_headers = self.table(shared.request_headers, &id, Part::RequestHeader)?;
        let response_headers = self.table(shared.response_headers, &id, Part::ResponseHeader)?;
        let bound = self.profile.and_then(|p| p.bindings.get(&id));
        for (path, value) in bound.iter().flat_map(|b| &b.sends) {
            for field in &mut request {
                field.walk_mut(&mut |f| {
                    if let (Json::String(word), true) = (value, f.path == *path) {
                        f.sample = Some(Sample::Word(word.to_string()));
                    }
                });
            }
        }
        let unbound: Vec<String> =
            self.roles.iter().filter(|(_, name)| name.is_none()).map(|(role, _)| role.clone()).collect();
        let closed = Self::closed(&map, (&method, &path), bound.is_some(), &unbound)?;
        let closed = closed.or_else(|| request.iter().find_map(unsendable));
        let tables = Tables { endpoint: &id, request: &request, response: &response };
        let after = list(map.opt("after"))?;
        self.mentions.extend(after.iter().map(|n| (n.clone(), None)));
        let after = after.iter().map(|n| n.text().map(str::to_owned)).collect::<Result<_, _>>()?;
        let mut same = Vec::new();
        for (one, other) in map.opt("same").map(Node::map).transpose()?.iter().flat_map(Map::entries) {
            same.push((self.attribute(one)?, self.attribute(other)?));
        }
        let needs = list(map.opt("needs"))?.iter().map(|n| self.need(n)).collect::<Result<_, _>>()?;
        let mut effects = Vec::new();
        for node in &list(map.opt("effects"))? {
            effects.extend(self.effect(node, &tables)?);
        }
        for field in effects.iter().flat_map(|e| &e.unique) {
            if let Some(field) = request.iter_mut().find(|f| f.path == *field) {
                field.unique = true;
            }
        }
        let unproven = map.text("unproven")?.map(str::to_owned);
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
        for refusal in &list(map.opt("refusals"))? {
            rows.push(self.refusal(refusal, &id, &request)?);
        }
        for field in &mut request {
            field.walk_mut(&mut |f| f.not_empty = rows.iter().any(|row| speaks_of_empty(row, &f.path)));
        }
        let examples = list(map.opt("test_data"))?.iter().map(|n| example(n, &rows)).collect::<Result<Vec<_>, _>>()?;
        let hazard = match map.opt("hazard").map(|n| n.word(&["read", "create", "money"])).transpose()? {
            Some("money") => Hazard::Money,
            Some("create") => Hazard::Create,
            None if effects.iter().any(|e| e.act != Act::Read) => Hazard::Create,
            Some(_) | None => Hazard::Read,
        };
        map.done()?;

        let envelope_says = if self.contract.bare_success {
            format!("every refusal carries its code at `{}`", self.contract.envelope.code)
        } else {
            format!("every answer carries its code at `{}`", self.contract.envelope.code)
        };
        let envelope_path = self.contract.envelope.code.clone();
        let envelope_clause =
            self.clause(format!("{id}/envelope/{envelope_path}/found"), Rule::Found, &shared.envelope, envelope_says);
        let verified_clause = shared.auth.as_ref().map(|auth| {
            self.clause(
                format!("{id}/auth/{}/verified", auth.plan.id),
                Rule::Verified,
                &auth.verified,
                if auth.plan.over.is_some() {
                    "a token that does not match body and key is refused".to_owned()
                } else {
                    "a call without the credential is refused".to_owned()
                },
            )
        });
        let encryption = shared.encryption.as_ref().filter(|_| closed.is_none() || !path.is_empty());
        let encryption = encryption.map(|prop| self.encryption_clauses(&id, prop, marks));
        let policy = self.policy(&id, success.status, &node.source());
        let wire = Arc::new(self.wire(&id, (&method, &template), shared, (&request, &response), marks)?);
        let parameters = template.parameters();
        if let Some(name) = parameters.iter().find(|p| !wire.path_fields.iter().any(|f| f == *p)) {
            return Err(path_node.error(
                format!("no request field `{name}` is in the path"),
                format!("add `- {{name: {name}, in: path, ...}}`"),
            ));
        }
        let elsewhere = wire.path_fields.iter().find(|f| !parameters.contains(&f.as_str()));
        if let Some(name) = elsewhere.filter(|_| !path.is_empty()) {
            return Err(path_node.error(
                format!("the field `{name}` says `in: path`, and the path has no `{{{name}}}`"),
                format!("write `{{{name}}}` where it stands in the path, or leave `in: path` out"),
            ));
        }
        let bodily = request.iter().find(|f| f.location == Location::Body);
        if let Some(field) = bodily.filter(|_| method == "GET" && closed.is_none()) {
            return Err(path_node.error(
                format!("`{}` is in the body of a GET request", field.name),
                "write `in: query` or `in: path`: HTTP gives the body of a GET no meaning (RFC 9110, 9.3.1), and what stands \
                 between may drop it",
            ));
        }
        self.contract.endpoints.push(Endpoint {
            id,
            title,
            method,
            path,
            closed,
            unproven,
            unbound,
            out: false,
            prepared: None,
            sends: Vec::new(),
            hazard,
            request_headers,
            request,
            response_headers,
            response,
            success,
            rows,
            rows_complete,
            after,
            same,
            needs,
            effects,
            examples,
            envelope_clause,
            verified_clause,
            encryption,
            policy,
            wire,
            source: node.source(),
        });
        Ok(())
    }

    /// Why no call can be made: nobody has seen what it needs, and no profile says it.
    fn closed(
        map: &Map<'_>,
        (method, path): (&str, &str),
        bound: bool,
        unbound: &[String],
    ) -> Result<Option<String>, LoadError> {
        let undocumented = map.text("undocumented")?;
        let open = map.text("request_open")?;
        if let Some(why) = undocumented {
            return Ok(Some(format!("undocumented: {why}")));
        }
        if path.is_empty() || method == "unseen" {
            return Ok(Some("its method or path is unseen".to_owned()));
        }
        Ok(match open {
            Some(why) if !bound => {
                let roles = if unbound.is_empty() { String::new() } else { format!(" ({})", unbound.join(", ")) };
                Some(format!(
                    "part of its request is unseen{roles}: {why}; a profile can give the names under `bindings`"
                ))
            }
            Some(_) if !unbound.is_empty() => Some(format!("the profile binds no name for {}", unbound.join(", "))),
            _ => None,
        })
    }

    /// Fails if an endpoint that another one names does not exist, its answer has no such field, or nobody knows an attribute.
    fn check_mentions(&self) -> Result<(), LoadError> {
        for (id, field) in &self.mentions {
            let Some((_, endpoint)) = self.contract.endpoint(id.text()?) else {
                let known = self.contract.endpoints.iter().map(|e| e.id.as_str());
                let message = format!("{} has no endpoint `{}`", self.contract.id, id.text()?);
                return Err(id.error(message, suggest(id.text()?, known)));
            };
            let Some(field) = field else { continue };
            if field::find(&endpoint.response, field.text()?).is_none() {
                let known = endpoint.response.iter().map(|f| f.path.as_str());
                let message = format!("the answer of {} has no `{}`", endpoint.id, field.text()?);
                return Err(field.error(message, suggest(field.text()?, known)));
            }
        }
        for (node, resource, attribute) in &self.attributes {
            let known = self.contract.attributes(resource);
            if !known.contains(attribute) {
                let message = format!("nothing sets or shows the `{attribute}` of any {resource}");
                return Err(node.error(message, suggest(attribute, known.iter().map(String::as_str))));
            }
        }
        Ok(())
    }

    /// `RESOURCE.ATTRIBUTE`.
    fn attribute(&mut self, node: &Node) -> Result<(String, String), LoadError> {
        let path = self.refers(node)?;
        let (resource, attribute) = path.split_once('.').unwrap_or((&path, ""));
        self.attributes.push((node.clone(), resource.to_owned(), attribute.to_owned()));
        Ok((resource.to_owned(), attribute.to_owned()))
    }

    /// `RESOURCE`, or `{RESOURCE: STATE}`.
    fn need(&self, node: &Node) -> Result<(String, Option<String>), LoadError> {
        if !node.is_map() {
            return Ok((self.resource_name(node)?, None));
        }
        let (resource, state) = single(node, "write `needs: [RESOURCE, {RESOURCE: STATE}]`")?;
        let name = self.resource_name(resource)?;
        let states = self.contract.resources.iter().find(|r| r.name == name).map(|r| r.states.as_slice());
        if !states.unwrap_or_default().iter().any(|known| Some(known.as_str()) == state.text().ok()) {
            let known = states.unwrap_or_default().iter().map(String::as_str);
            return Err(state.error(format!("{name} has no state `{}`", state.text()?), suggest(state.text()?, known)));
        }
        Ok((name, Some(state.text()?.to_owned())))
    }

    fn mark(&self, node: &Node) -> Result<Mark, LoadError> {
        let read = |n: &Node| {
            Ok(match n.word(&["marked", "unmarked", "unseen"])? {
                "marked" => Mark::Marked,
                "unmarked" => Mark::Unmarked,
                _ => Mark::Unseen,
            })
        };
        if node.is_map() {
            let found = property::property(node, "encryption", &read, &self.conflicts, (Basis::Documented, ""))?;
            return Ok(found.and_then(|p| p.sides.first().copied()).unwrap_or(Mark::Unseen));
        }
        read(node)
    }

    fn encryption_clauses(&mut self, id: &str, prop: &Property<()>, marks: (Mark, Mark)) -> EncryptionClauses {
        let policy = Property {
            basis: Basis::Policy,
            why: "RFC 7516, 5.2 and 11.5: what does not verify must not be taken".to_owned(),
            ..prop.clone()
        };
        let marked = Property { basis: Basis::Documented, ..prop.clone() };
        EncryptionClauses {
            encrypted: (marks.1 == Mark::Marked).then(|| {
                self.clause(
                    format!("{id}/encryption/response/encrypted"),
                    Rule::Encrypted,
                    &marked,
                    "the answer to an encrypted request is encrypted, as the page marks it".to_owned(),
                )
            }),
            opens: self.clause(
                format!("{id}/encryption/response/opens"),
                Rule::Opens,
                prop,
                "an encrypted answer is opened by the caller's private key".to_owned(),
            ),
            authentic: (marks.0 != Mark::Unmarked).then(|| {
                self.clause(
                    format!("{id}/encryption/request/authentic"),
                    Rule::Authentic,
                    &policy,
                    "an encrypted request that does not verify is refused".to_owned(),
                )
            }),
        }
    }

    fn wire(
        &self,
        id: &str,
        (method, path): (&str, &PathTemplate),
        shared: &Shared<'_>,
        (request, response): (&[Field], &[Field]),
        marks: (Mark, Mark),
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
        let queried = request.iter().filter(|f| f.location == Location::Query);
        let bodily = request.iter().any(|f| f.location == Location::Body);
        let located = |location| request.iter().filter(|f| f.location == location).map(|f| f.name.clone()).collect();
        Ok(WirePlan {
            endpoint: id.to_owned(),
            method: method.to_owned(),
            path: path.clone(),
            headers,
            auth: shared.auth.as_ref().map(|a| a.plan.clone()),
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

    pub(super) fn unknown(&mut self, place: String, property: &'static str, source: Source) {
        self.contract.unknowns.push(Unknown { place, property, source });
    }

    pub(super) fn clause<T>(&mut self, id: String, rule: Rule, prop: &Property<T>, says: String) -> ClauseIx {
        let level = if rule == Rule::Message { Level::Should } else { prop.basis.level() };
        let ix = self.contract.clauses.len();
        if let Some(first) = self.contract.by_id.insert(id.clone(), ix).filter(|_| self.doubled.is_none()) {
            self.doubled = Some((first, ix));
        }
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

    fn policy(&mut self, endpoint: &str, success: u16, source: &Source) -> Policy {
        let named = self.scope.names(endpoint);
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
            no_leak: clause(
                Rule::NoLeak,
                "answers and their messages end in logs that others read",
                "no answer shows a credential, a private key or what the request carried as a secret, but where it is documented",
            ),
            json: clause(Rule::Json, "RFC 8259", "a body that is promised is JSON in UTF-8"),
            content_type: clause(Rule::ContentType, "RFC 9110, 8.3", "a content type, where given, says JSON"),
            no_content: matches!(success, 204 | 205).then(|| {
                clause(
                    Rule::NoContent,
                    "RFC 9110, 8.6, 15.3.5 and 15.3.6; RFC 9112, 6.1: other clients wait for what is announced",
                    "204 and 205 have no content and announce none: no length above 0, no transfer coding",
                )
            }),
            served: named.then(|| {
                clause(
                    Rule::Served,
                    "the profile's `endpoints` name it",
                    "the endpoint is there: a legal call of it is not answered as by a server that has no such endpoint",
                )
            }),
        }
    }
}

pub(super) fn version(map: &Map<'_>) -> Result<(), LoadError> {
    let node = map.req("konform")?;
    if node.text()? == "1" {
        return Ok(());
    }
    Err(node.error(
        format!("language version {} is not known to konform {}", node.text()?, env!("CARGO_PKG_VERSION")),
        "this program reads `konform: 1`",
    ))
}

/// Attributes by which the contract's calls find resources.
fn identifying(contract: &Contract) -> HashSet<(String, String)> {
    let mut found: HashSet<(String, String)> =
        contract.resources.iter().map(|r| (r.name.clone(), r.key.clone())).collect();
    let is_resource = |name: &str| contract.resources.iter().any(|r| r.name == name);
    for endpoint in &contract.endpoints {
        for field in &endpoint.request {
            field.walk(&mut |f| {
                if let Some((resource, attribute)) = f.refers.as_deref().and_then(|r| r.split_once('.')) {
                    found.insert((resource.to_owned(), attribute.to_owned()));
                }
            });
        }
        for effect in &endpoint.effects {
            let relations = effect.set.iter().map(|(name, _)| name).filter(|name| is_resource(name));
            found.extend(effect.unique.iter().chain(relations).map(|name| (effect.resource.clone(), name.clone())));
        }
    }
    found
}

/// True if the row says that an empty value of the field is refused.
fn speaks_of_empty(row: &super::Row, path: &str) -> bool {
    row.when == When::Empty && row.fields.iter().any(|own| own.path == path)
}

/// Why no request can have the field, which it must have: its shortest value is too long to send.
fn unsendable(field: &Field) -> Option<String> {
    if !field.required() {
        return None;
    }
    let shortest = field.untried().map(|length| length.min).filter(|min| *min > field.room(1));
    let own = shortest.map(|min| format!("{} needs {min} characters: such a value is too long to send", field.path));
    own.or_else(|| field.fields.iter().find_map(unsendable))
}
