//! The file of one endpoint: read into an [`Endpoint`] with its clauses.

use std::sync::Arc;

use super::api::Shared;
use super::auth::{self, Auth};
use super::behaviour::{Act, Effect, Row, When};
use super::effect::Tables;
use super::endpoint::Endpoint;
use super::error::{LoadError, suggest};
use super::load::{Loader, version};
use super::row::{example, single, skip};
use super::table::Part;
use super::wire::check_places;
use super::yaml::{Map, Node};
use crate::model::address::PathTemplate;
use crate::model::clause::Rule;
use crate::model::field::{Field, Sample};
use crate::model::wire::Mark;
use crate::model::{ClauseIx, Hazard, Json};

/// What is said of a request and of its answer.
struct Messages {
    request: Vec<Field>,
    response: Vec<Field>,
    /// Headers as they are sent.
    sent_headers: Vec<Node>,
    request_headers: Vec<Field>,
    response_headers: Vec<Field>,
}

/// What must have been before a call: calls, attributes that are equal, things in their states.
struct Relations {
    after: Vec<String>,
    same: Vec<((String, String), (String, String))>,
    needs: Vec<(String, Option<String>)>,
}

impl Loader<'_> {
    pub(super) fn endpoint(&mut self, node: &Node, shared: &Shared<'_>) -> Result<(), LoadError> {
        let map = node.map()?;
        version(&map)?;
        map.later(&["scenarios", "deprecated", "since"])?;
        let id = self.endpoint_id(&map)?;
        let title = map.req("title")?.text()?.to_owned();
        let (method, path, template) = self.address(&map)?;
        let path_node = map.req("path")?;
        self.notes(&map, &id)?;
        let marks = self.marks(node, &map, shared)?;
        skip(&map, &["title_ko", "group", "summary", "sources", "observations", "hints", "mode", "version"]);
        self.roles.clear();

        let ways = shared.auth.of(&map)?;
        let Messages { mut request, response, sent_headers, request_headers, response_headers } =
            self.messages(&map, &id, shared, &ways)?;
        let bound = self.profile.and_then(|p| p.bindings.get(&id));
        for (path, value) in bound.iter().flat_map(|b| &b.sends) {
            send(&mut request, path, value);
        }
        let unbound: Vec<String> =
            self.roles.iter().filter(|(_, name)| name.is_none()).map(|(role, _)| role.clone()).collect();
        let closed = Self::closed(&map, (&method, &path), bound.is_some(), &unbound)?;
        let closed = closed.or_else(|| request.iter().find_map(unsendable));
        let tables = Tables { endpoint: &id, request: &request, response: &response };
        let Relations { after, same, needs } = self.relations(&map)?;
        let effects = self.effects(&map, &tables)?;
        for field in &mut request {
            field.unique |= effects.iter().any(|effect| effect.unique.contains(&field.path));
        }
        let unproven = map.text("unproven")?.map(str::to_owned);
        let stated = map.opt("success").or(shared.success);
        let missing = || node.error("`success` is missing", "add it here or in api.yaml");
        let success = self.success(stated.ok_or_else(missing)?, &id)?;
        let (rows, rows_complete) = self.refusals(&map, &id, &request)?;
        for field in &mut request {
            field.walk_mut(&mut |f| f.not_empty = rows.iter().any(|row| speaks_of_empty(row, &f.path)));
        }
        let examples = list(map.opt("test_data"))?.iter().map(|n| example(n, &rows)).collect::<Result<Vec<_>, _>>()?;
        let hazard = hazard(&map, &effects)?;
        map.done()?;

        let envelope_clause = self.envelope_clause(&id, shared);
        let verified = self.verified(&id, &ways);
        let encryption = shared.encryption.as_ref().filter(|_| closed.is_none() || !path.is_empty());
        let encryption = encryption.map(|prop| self.encryption_clauses(&id, prop, marks));
        let policy = self.policy(&id, success.status, &node.source());
        let headers = (shared, &*sent_headers, auth::callers(&ways));
        let wire = Arc::new(self.wire(&id, (&method, &template), headers, (&request, &response), marks)?);
        check_places(path_node, &wire, &request, closed.is_none())?;
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
            verified,
            encryption,
            policy,
            wire,
            source: node.source(),
        });
        Ok(())
    }

    fn endpoint_id(&mut self, map: &Map<'_>) -> Result<String, LoadError> {
        let id_node = map.req("id")?;
        let id = id_node.text()?.to_owned();
        if !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(id_node.error(format!("`{id}` is no id"), "use small letters, digits and `-`"));
        }
        self.endpoints.take("a second endpoint", &id, id_node)?;
        Ok(id)
    }

    /// The tables of a request and of its answer.
    fn messages(
        &mut self,
        map: &Map<'_>,
        id: &str,
        shared: &Shared<'_>,
        ways: &[Vec<&Auth>],
    ) -> Result<Messages, LoadError> {
        let request = self.table(&list(map.opt("request"))?, id, Part::Request)?;
        let response = self.table(&list(map.opt("response"))?, id, Part::Response)?;
        for part in ["request", "response"] {
            if let Some(node) = map.opt(part).filter(|n| n.plain() == Some("unseen")) {
                self.unknown(format!("{id}/{part}"), part, node.source());
            }
        }
        let (sent_headers, of_some) = auth::headers(shared.request_headers, ways);
        self.of_some = of_some;
        let request_headers = self.table(&sent_headers, id, Part::RequestHeader)?;
        let response_headers = self.table(shared.response_headers, id, Part::ResponseHeader)?;
        Ok(Messages { request, response, sent_headers, request_headers, response_headers })
    }

    /// What must have been before the call.
    fn relations(&mut self, map: &Map<'_>) -> Result<Relations, LoadError> {
        let after = list(map.opt("after"))?;
        self.mentions.extend(after.iter().map(|n| (n.clone(), None)));
        let after = after.iter().map(|n| n.text().map(str::to_owned)).collect::<Result<_, _>>()?;
        let mut same = Vec::new();
        for (one, other) in map.opt("same").map(Node::map).transpose()?.iter().flat_map(Map::entries) {
            same.push((self.attribute(one)?, self.attribute(other)?));
        }
        let needs = list(map.opt("needs"))?.iter().map(|n| self.need(n)).collect::<Result<_, _>>()?;
        Ok(Relations { after, same, needs })
    }

    fn effects(&mut self, map: &Map<'_>, tables: &Tables<'_>) -> Result<Vec<Effect>, LoadError> {
        let mut effects = Vec::new();
        for node in &list(map.opt("effects"))? {
            effects.extend(self.effect(node, tables)?);
        }
        Ok(effects)
    }

    /// Method, path and the path as a template; both may be unseen.
    fn address(&mut self, map: &Map<'_>) -> Result<(String, String, PathTemplate), LoadError> {
        let method = map.req("method")?.word(&["POST", "GET", "PUT", "PATCH", "DELETE", "unseen"])?.to_owned();
        let path_node = map.req("path")?;
        let path = if path_node.plain() == Some("unseen") { String::new() } else { path_node.text()?.to_owned() };
        let template = PathTemplate::parse(&path).map_err(|why| {
            path_node.error(format!("`{path}` is not a path: {why}"), "write `/api/...`, parameters as `{name}`")
        })?;
        if !path.is_empty() && method != "unseen" {
            self.addresses.take("a second endpoint at", &format!("{method} {}", template.anonymous()), path_node)?;
        }
        Ok((method, path, template))
    }

    /// What the page's marks say of encryption.
    fn marks(&self, node: &Node, map: &Map<'_>, shared: &Shared<'_>) -> Result<(Mark, Mark), LoadError> {
        match map.opt("encryption") {
            Some(marks) => {
                let marks = marks.map()?;
                let read = |key| self.mark(marks.req(key)?);
                let both = (read("request")?, read("response")?);
                marks.done()?;
                Ok(both)
            }
            None if shared.encryption.is_some() => {
                Err(node.error("`encryption` is missing", "add `encryption: {request: unseen, response: unseen}`"))
            }
            None => Ok((Mark::Unmarked, Mark::Unmarked)),
        }
    }

    /// The rows of errors and the refusals without a row, and whether anybody has seen the page's rows.
    fn refusals(&mut self, map: &Map<'_>, id: &str, request: &[Field]) -> Result<(Vec<Row>, bool), LoadError> {
        let errors = map.req("errors")?;
        let complete = errors.plain() != Some("unseen");
        let mut rows = Vec::new();
        if complete {
            for row in errors.list()? {
                rows.push(self.row(row, id, request)?);
            }
        } else {
            self.unknown(format!("{id}/errors"), "errors", errors.source());
        }
        for refusal in &list(map.opt("refusals"))? {
            rows.push(self.refusal(refusal, id, request)?);
        }
        Ok((rows, complete))
    }

    fn envelope_clause(&mut self, id: &str, shared: &Shared<'_>) -> ClauseIx {
        let envelope_says = if self.contract.bare_success {
            format!("every refusal carries its code at `{}`", self.contract.envelope.code)
        } else {
            format!("every answer carries its code at `{}`", self.contract.envelope.code)
        };
        let envelope_path = self.contract.envelope.code.clone();
        self.clause(format!("{id}/envelope/{envelope_path}/found"), Rule::Found, &shared.envelope, envelope_says)
    }

    /// The clause of each scheme that shows who calls.
    fn verified(&mut self, id: &str, ways: &[Vec<&Auth>]) -> Vec<(String, ClauseIx)> {
        let mut verified: Vec<(String, ClauseIx)> = Vec::new();
        for auth in ways.iter().flatten() {
            let own = &auth.plan.id;
            if verified.iter().all(|(known, _)| known != own) {
                let alone = ways.len() > 1 && ways.iter().any(|way| way.len() == 1 && way[0].plan.id == *own);
                let clause = format!("{id}/auth/{own}/verified");
                let clause = self.clause(clause, Rule::Verified, &auth.verified, auth.says(alone));
                verified.push((own.clone(), clause));
            }
        }
        verified
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
}

/// What a call does to the target, as the file says or as its effects show.
fn hazard(map: &Map<'_>, effects: &[Effect]) -> Result<Hazard, LoadError> {
    Ok(match map.opt("hazard").map(|n| n.word(&["read", "create", "money"])).transpose()? {
        Some("money") => Hazard::Money,
        Some("create") => Hazard::Create,
        None if effects.iter().any(|e| e.act != Act::Read) => Hazard::Create,
        Some(_) | None => Hazard::Read,
    })
}

/// The items of a list; none where nobody has seen it.
fn list(node: Option<&Node>) -> Result<Vec<Node>, LoadError> {
    match node {
        Some(node) if node.plain() == Some("unseen") => Ok(Vec::new()),
        node => Ok(node.map(Node::list).transpose()?.unwrap_or_default().to_vec()),
    }
}

/// Has every legal request send this text in a field.
fn send(request: &mut [Field], path: &str, value: &Json) {
    let Json::String(word) = value else { return };
    for field in request {
        field.walk_mut(&mut |f| {
            if f.path == path {
                f.sample = Some(Sample::Word(word.to_string()));
            }
        });
    }
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
