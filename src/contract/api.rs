//! Reads `api.yaml`: what an API gives to every one of its endpoints.

use std::sync::Arc;

use super::behaviour::{Attribute, Beginning, Resource};
use super::effect::literal;
use super::endpoint::{Credential, Envelope};
use super::error::{LoadError, suggest};
use super::header::pieces;
use super::load::{ATTEMPTS, Loader, version};
use super::property::{self, Property};
use super::row::skip;
use super::unique::Unique;
use super::yaml::{Map, Node};
use crate::model::Json;
use crate::model::address::PathTemplate;
use crate::model::clause::Basis;
use crate::model::field::{LONGEST_IN_LINE, Unit};
use crate::model::wire::{ApiKey, AuthPlan, AwsSigV4, Basic, Bearer, EncryptionPlan, Hmac, Scheme, SignedBytes, Zone};

/// Schemes of authentication, by their words.
const SCHEMES: [&str; 5] = ["hmac", "bearer", "basic", "api-key", "aws-sigv4"];

/// What `api.yaml` gives to every endpoint.
pub(super) struct Shared<'n> {
    pub(super) request_headers: &'n [Node],
    pub(super) response_headers: &'n [Node],
    /// Every scheme; the first is that of an endpoint that names none.
    pub(super) auth: Vec<Auth>,
    pub(super) encryption: Option<Property<()>>,
    pub(super) success: Option<&'n Node>,
    pub(super) envelope: Property<String>,
}

#[derive(Clone)]
pub(super) struct Auth {
    pub(super) plan: AuthPlan,
    pub(super) verified: Property<()>,
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
        let (mut auth, mut schemes) = (Vec::new(), Unique::default());
        for node in map.opt("auth").map(Node::list).transpose()?.unwrap_or_default() {
            let own = self.auth(node)?;
            schemes.take("a second scheme", &own.plan.id, node)?;
            carried(node, &own.plan, request_headers)?;
            auth.push(own);
        }
        for header in request_headers {
            let Some((name, _)) = sent(header).filter(|(_, value)| value.contains("{auth}")) else { continue };
            let known = || auth.iter().map(|own: &Auth| own.plan.header.as_str());
            if !known().any(|own| own.eq_ignore_ascii_case(name)) {
                let message = format!("no scheme under `auth` is carried by the header `{name}`");
                let help = if auth.is_empty() {
                    "name a scheme under `auth`, or leave the header out".to_owned()
                } else {
                    suggest(name, known())
                };
                return Err(header.error(message, help));
            }
        }
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

    fn auth(&mut self, node: &Node) -> Result<Auth, LoadError> {
        let map = node.map()?;
        let id = map.req("id")?.text()?.to_owned();
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let verified = Property {
            sides: vec![()],
            open: false,
            basis,
            why: map.text("says")?.unwrap_or_default().to_owned(),
            source: node.source(),
        };
        let credential = |key: &'static str| -> Result<String, LoadError> {
            let named = map.req(key)?;
            let name = named.text()?;
            let mut known = self.contract.credentials.iter().map(|c| c.name.as_str());
            if known.clone().any(|own| own == name) {
                Ok(name.to_owned())
            } else {
                Err(named.error("no such credential", suggest(name, &mut known)))
            }
        };
        let stated = map.text("header")?.map(str::to_owned);
        let usual = || stated.clone().unwrap_or_else(|| "Authorization".to_owned());
        let own = || map.req("header")?.text().map(str::to_owned);
        let scheme = map.req("scheme")?;
        let (header, scheme) = match scheme.word(&SCHEMES)? {
            "bearer" => (usual(), Scheme::Bearer(Bearer { token: credential("credential")? })),
            "basic" => (usual(), Scheme::Basic(Basic { user: credential("user")?, password: credential("password")? })),
            "api-key" => {
                let cookie = map.opt("cookie");
                if let Some(node) = cookie {
                    if stated.is_some() {
                        return Err(node.error(
                            "`cookie` and `header` are both given, and a key travels in one of them",
                            "leave one of them out; a cookie is sent in the header `Cookie`",
                        ));
                    }
                    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
                    let name = node.text()?;
                    if name.is_empty() || !name.bytes().all(token) {
                        return Err(node.error(
                            format!("`{name}` is not a name of a cookie"),
                            "write letters, digits and `-`, such as `session` (RFC 6265, 4.1.1)",
                        ));
                    }
                }
                let cookie = cookie.map(|node| node.text().map(str::to_owned)).transpose()?;
                let header = if cookie.is_some() { "Cookie".to_owned() } else { own()? };
                (header, Scheme::ApiKey(ApiKey { key: credential("credential")?, cookie }))
            }
            "aws-sigv4" => {
                let word = |key: &'static str| map.req(key)?.text().map(str::to_owned);
                let scheme = AwsSigV4 {
                    access_key: credential("access_key")?,
                    secret_key: credential("secret_key")?,
                    region: word("region")?,
                    service: word("service")?,
                };
                (usual(), Scheme::AwsSigV4(scheme))
            }
            _ => {
                let key = credential("key")?;
                map.req("algorithm")?.word(&["hmac-sha256"])?;
                let read = |n: &Node| {
                    Ok(if n.word(&["body", "base64-body"])? == "body" {
                        SignedBytes::Body
                    } else {
                        SignedBytes::Base64Body
                    })
                };
                let over = property::property(map.req("over")?, "over", &read, &self.conflicts, (basis, ""))?;
                let over = over.and_then(|over| over.sides.first().copied());
                let over =
                    over.ok_or_else(|| node.error("`over` must be known to sign", "write `body` or `base64-body`"))?;
                let value = pieces(map.req("template")?, &self.contract)?;
                (own()?, Scheme::Hmac(Hmac { value, key, over }))
            }
        };
        map.done()?;
        Ok(Auth { plan: AuthPlan { id, header, scheme }, verified })
    }
}

/// The name of a request header and the template of its value; none for one that is not sent, or that is no header.
pub(super) fn sent(header: &Node) -> Option<(&str, &str)> {
    let map = header.map().ok()?;
    Some((map.text("name").ok()??, map.text("send").ok()??))
}

/// Fails unless requests have the headers that the scheme needs.
fn carried(node: &Node, plan: &AuthPlan, headers: &[Node]) -> Result<(), LoadError> {
    let carry = |name: &str, part: &str| {
        headers.iter().filter_map(sent).any(|(own, value)| own.eq_ignore_ascii_case(name) && value.contains(part))
    };
    let (header, id) = (&plan.header, &plan.id);
    if !carry(header, "{auth}") {
        return Err(node.error(
            format!("no request header `{header}` carries what `{id}` makes"),
            format!(
                "add `- {{name: {header}, presence: required, length: unseen, send: \"{{auth}}\"}}` to request_headers"
            ),
        ));
    }
    let date = AwsSigV4::DATE;
    if matches!(plan.scheme, Scheme::AwsSigV4(_)) && !carry(date, "{now:") {
        return Err(node.error(
            format!("no request header `{date}` says when a request was signed"),
            format!(
                "add `- {{name: {date}, presence: required, length: 16, send: \"{{now:yyyyMMddTHHmmssZ}}\"}}` to request_headers"
            ),
        ));
    }
    Ok(())
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
        resource
            .attributes
            .push(Attribute { name: name.text()?.to_owned(), initial: m.opt("initial").map(literal).transpose()? });
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
