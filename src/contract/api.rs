//! Reads `api.yaml`: what an API gives to every one of its endpoints.

use std::sync::Arc;

use super::auth::Authentication;
use super::behaviour::{Attribute, Beginning, Resource};
use super::endpoint::{Credential, Envelope};
use super::error::LoadError;
use super::load::{ATTEMPTS, Loader, version};
use super::property::{self, Property};
use super::row::skip;
use super::unique::Unique;
use super::yaml::{Map, Node};
use crate::model::Json;
use crate::model::address::PathTemplate;
use crate::model::clause::Basis;
use crate::model::field::{LONGEST_IN_LINE, Unit};
use crate::model::wire::{EncryptionPlan, Zone};

/// What `api.yaml` gives to every endpoint.
pub(super) struct Shared<'n> {
    pub(super) request_headers: &'n [Node],
    pub(super) response_headers: &'n [Node],
    pub(super) auth: Authentication,
    pub(super) encryption: Option<Property<()>>,
    pub(super) success: Option<&'n Node>,
    pub(super) envelope: Property<String>,
}

impl Loader<'_> {
    pub(super) fn api<'n>(&mut self, map: &Map<'n>) -> Result<Shared<'n>, LoadError> {
        version(map)?;
        map.later(&["content_encryption", "scenarios"])?;
        map.req("id")?.text()?.clone_into(&mut self.contract.id);
        map.req("title")?.text()?.clone_into(&mut self.contract.title);
        self.contract.default = map.opt("default").map(Node::flag).transpose()?.unwrap_or(false);
        if let Some(node) = map.opt("base_path") {
            let path = node.text()?;
            let fits = PathTemplate::parse(path).is_ok_and(|template| template.parameters().is_empty());
            if !fits || path.ends_with('/') {
                return Err(node.error(
                    format!("`{path}` is not a base path"),
                    "write `/api` or `/api/v1`, without a slash at its end; leave it out if there is none",
                ));
            }
            path.clone_into(&mut self.contract.base_path);
        }
        skip(map, &["version", "sources"]);
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
        let script = map.opt("script").map(|n| n.word(&["ascii", "hangul"])).transpose()?;
        self.contract.hangul = script == Some("hangul");
        let (mut credentials, mut resources) = (Unique::default(), Unique::default());
        for node in map.opt("credentials").map(Node::list).transpose()?.unwrap_or_default() {
            let m = node.map()?;
            let name = m.req("name")?;
            credentials.take("a second credential", name.text()?, name)?;
            self.contract.credentials.push(Credential {
                name: name.text()?.to_owned(),
                length: m.opt("length").map(credential_length).transpose()?,
                secret: m.opt("secret").map(Node::flag).transpose()?.unwrap_or(false),
                digits: m.opt("charset").map(|n| n.word(&["digits", "hex"])).transpose()? == Some("digits"),
            });
            m.done()?;
        }
        for node in map.opt("resources").map(Node::list).transpose()?.unwrap_or_default() {
            let resource = read_resource(node)?;
            resources.take("a second resource", &resource.name, node)?;
            self.contract.resources.push(resource);
        }
        if let Some(profile) = self.profile {
            self.contract.fixtures.clone_from(&profile.fixtures);
            self.contract.beginnings.clone_from(&profile.beginnings);
            if profile.initial_known {
                self.begin_as_suggested();
            }
            self.contract.attempts = profile.attempts.map_or((ATTEMPTS, false), |most| (most, true));
        }
        let envelope = self.envelope(map.req("envelope")?)?;
        let request_headers = map.opt("request_headers").map(Node::list).transpose()?.unwrap_or_default();
        let auth = self.authentication(map, request_headers)?;
        let encryption = map.opt("encryption").map(|n| self.encryption(n)).transpose()?;
        let shared = Shared {
            request_headers,
            response_headers: map.opt("response_headers").map(Node::list).transpose()?.unwrap_or_default(),
            auth,
            encryption,
            success: map.opt("success"),
            envelope,
        };
        map.done()?;
        Ok(shared)
    }

    /// Has each new resource come with its attributes' `initial` values, but for those of which the profile says more.
    fn begin_as_suggested(&mut self) {
        for resource in &self.contract.resources {
            let stated: Vec<&String> = self.contract.beginning(&resource.name).map(|(name, _)| name).collect();
            let initial = resource.attributes.iter().filter(|a| !stated.contains(&&a.name));
            let attributes: Vec<(String, Json)> =
                initial.filter_map(|a| Some((a.name.clone(), a.initial.clone()?))).collect();
            self.contract.beginnings.push(Beginning {
                resource: resource.name.clone(),
                attributes,
                ..Beginning::default()
            });
        }
    }

    fn encryption(&mut self, node: &Node) -> Result<Property<()>, LoadError> {
        let map = node.map()?;
        let id = map.req("id")?.text()?.to_owned();
        map.req("scheme")?.word(&["jwe-compact"])?;
        let alg = map.req("alg")?.word(&["RSA-OAEP-256"])?.to_owned();
        let enc = map
            .req("enc")?
            .list()?
            .iter()
            .map(|n| n.word(&["A128GCM", "A256GCM"]).map(str::to_owned))
            .collect::<Result<Vec<_>, _>>()?;
        let plan = EncryptionPlan {
            id,
            member: map.req("member")?.text()?.to_owned(),
            key_id_header: map.req("key_id_header")?.text()?.to_owned(),
            alg,
            enc,
        };
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let why = map.text("why")?.unwrap_or_default().to_owned();
        map.done()?;
        if plan.enc.is_empty() {
            return Err(node.error("no content encryption", "write `enc: [A128GCM]`"));
        }
        self.contract.encryption = Some(Arc::new(plan));
        Ok(Property { sides: vec![()], open: false, basis, why, source: node.source() })
    }

    fn envelope(&mut self, node: &Node) -> Result<Property<String>, LoadError> {
        let map = node.map()?;
        let mut envelope =
            Envelope { code: map.req("code")?.text()?.to_owned(), message: map.req("message")?.text()?.to_owned() };
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let why = map.text("why")?.unwrap_or_default().to_owned();
        self.contract.bare_success =
            map.opt("on").map(|n| n.word(&["answers", "refusals"])).transpose()? == Some("refusals");
        map.done()?;
        if let Some(own) = self.profile.and_then(|p| p.envelope.as_ref()) {
            envelope.clone_from(own);
        }
        self.contract.envelope = envelope.clone();
        Ok(Property { sides: vec![envelope.code], open: false, basis, why, source: node.source() })
    }
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

fn read_resource(node: &Node) -> Result<Resource, LoadError> {
    let map = node.map()?;
    let words = |key: &'static str| -> Result<Vec<String>, LoadError> {
        let nodes = map.opt(key).map(Node::list).transpose()?.unwrap_or_default();
        let mut places = Unique::default();
        let mut words = Vec::new();
        for word in nodes {
            places.take("a second state", word.text()?, word)?;
            words.push(word.text()?.to_owned());
        }
        Ok(words)
    };
    let mut resource = Resource {
        name: map.req("name")?.text()?.to_owned(),
        key: map.req("key")?.text()?.to_owned(),
        catalogue: map.opt("catalogue").map(Node::flag).transpose()?.unwrap_or(false),
        states: words("states")?,
        left: words("left")?,
        progress: words("progress")?,
        fleeting: map.opt("fleeting").map(Node::flag).transpose()?.unwrap_or(false),
        attributes: Vec::new(),
    };
    for (name, value) in map.opt("attributes").map(Node::map).transpose()?.iter().flat_map(Map::entries) {
        let m = value.map()?;
        resource.attributes.push(Attribute {
            name: name.text()?.to_owned(),
            initial: m.opt("initial").map(Node::literal).transpose()?,
        });
        m.opt("note");
        m.done()?;
    }
    map.done()?;
    for state in resource.left.iter().chain(&resource.progress) {
        if !resource.states.contains(state) {
            return Err(node.error(format!("`{state}` is none of its states"), "list it under `states`"));
        }
    }
    Ok(resource)
}

/// The length of a credential, which goes into a header.
fn credential_length(node: &Node) -> Result<usize, LoadError> {
    let length: usize = node.parse("a length")?;
    if length > LONGEST_IN_LINE {
        let message = format!("a credential of {length} characters is too long for a header");
        return Err(node.error(message, format!("{LONGEST_IN_LINE} characters are the most")));
    }
    Ok(length)
}
