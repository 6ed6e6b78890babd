//! Profiles: everything about a target that is not the contract. Secrets are named, never written.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::behaviour::Beginning;
use super::endpoint::Envelope;
use super::error::LoadError;
use super::file::File;
use super::yaml::{self, Map, Node};
use crate::model::Json;
use crate::model::fixture::{Fixture, Part, Planted};
use crate::model::place as path;
pub use crate::model::run::Capability;

/// What is known of one target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// File it was read from.
    pub file: String,
    /// Name in reports and snapshots.
    pub name: Option<String>,
    /// Hosts that requests may go to.
    pub hosts: Vec<String>,
    /// What kind of place it is; decides which hazards are allowed.
    pub environment: Option<Environment>,
    /// Requests a second; 0 means no limit.
    pub rate: Option<u32>,
    /// Connections at once.
    pub connections: Option<usize>,
    /// Whole exchange.
    pub timeout: Option<Duration>,
    /// Where each credential comes from.
    pub credentials: BTreeMap<String, SecretSource>,
    /// Where the credentials of a second actor come from, whom the target knows: for tampering.
    pub second: BTreeMap<String, SecretSource>,
    /// True if bytes that no client should send may be sent there; always so on this machine.
    pub hostile: bool,
    /// A response time that is reported where it is exceeded.
    pub slow: Option<Duration>,
    /// Where code and message sit in a body.
    pub envelope: Option<Envelope>,
    /// Decided conflicts: id and side.
    pub choices: BTreeMap<String, String>,
    /// Endpoints that the target has, as globs; none means all of them.
    pub endpoints: Vec<String>,
    /// True if the target takes nothing but the requests in `prepared`.
    pub prepared_only: bool,
    /// Literal requests by endpoint.
    pub prepared: BTreeMap<String, Json>,
    /// Names and literal values that nobody outside has seen, by endpoint.
    pub bindings: BTreeMap<String, Binding>,
    /// Prepared members, cards ...
    pub fixtures: Vec<Fixture>,
    /// What every new resource comes with at this target (`new:`).
    pub beginnings: Vec<Beginning>,
    /// True if a new resource comes with what the contract's `initial` says, as in the embedded sandbox.
    pub initial_known: bool,
    /// Most failing attempts of a case where the limit is unseen.
    pub attempts: Option<u32>,
    /// Wait between two looks at a result that takes time; else what the contract says.
    pub poll: Option<Duration>,
    /// Keys for encrypted bodies.
    pub keys: Option<KeySources>,
    /// What the target does not offer: clauses that a certificate need not cover.
    pub capabilities: Vec<Capability>,
    /// Where the above stands in the file, for mistakes that show beside a contract only.
    pub places: Places,
}

/// Where parts of profiles are written, by `fixtures/0/1/userId`, `bindings/user-info`, `endpoints/2` and the like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places(BTreeMap<String, (Arc<File>, Range<usize>)>);

impl Places {
    fn add(&mut self, name: String, file: &Arc<File>, node: &Node) {
        self.0.insert(name, (Arc::clone(file), node.span()));
    }

    /// An error about a part of a profile.
    pub(super) fn error(&self, name: &str, message: impl Into<String>, help: impl Into<String>) -> LoadError {
        match self.0.get(name) {
            Some((file, span)) => LoadError::at(&file.name, &file.text, span.clone(), message, help),
            None => LoadError::whole("the profile", message, help),
        }
    }
}

/// Where the keys for encrypted bodies come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySources {
    /// Name of the key pair, as the header carries it.
    pub key_id: SecretSource,
    /// The server's certificate or public key, PEM.
    pub server: String,
    /// The client's private key, PEM (PKCS#8).
    pub client: String,
    /// The private key of a second pair: an answer to a request without a key id may be under that one.
    pub spare: Option<String>,
}

/// What a profile knows of an endpoint's request that no page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Binding {
    /// Wire names by role.
    pub names: BTreeMap<String, String>,
    /// Fields with literal values, added to every request or put in place of what konform would make up.
    pub sends: Vec<(String, Json)>,
}

/// What kind of place a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the profile")]
pub enum Environment {
    Sandbox,
    Uat,
    Production,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Environment variable.
    Env(String),
    /// First line of a file.
    File(String),
    /// Written out: for what is no secret.
    Plain(String),
}

impl Profile {
    /// This profile, and of the other what this one leaves out.
    #[must_use]
    pub fn over(mut self, other: Profile) -> Self {
        for (endpoint, binding) in other.bindings {
            self.bindings.entry(endpoint).or_insert(binding);
        }
        let taken = self.fixtures.is_empty();
        if taken {
            self.fixtures = other.fixtures;
        }
        self.initial_known |= other.initial_known;
        if self.beginnings.is_empty() {
            self.beginnings = other.beginnings;
        }
        for (name, place) in other.places.0 {
            if ["bindings/", "new/"].iter().any(|part| name.starts_with(part)) || taken && name.starts_with("fixtures/")
            {
                self.places.0.entry(name).or_insert(place);
            }
        }
        self.poll = self.poll.or(other.poll);
        self.attempts = self.attempts.or(other.attempts);
        self
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// [`LoadError`] with the place of the first mistake.
    pub fn load(file: &File) -> Result<Self, LoadError> {
        let root = yaml::parse(&file.name, &file.text)?;
        let map = root.map()?;
        let version = map.req("konform")?;
        if version.text()? != "1" {
            return Err(version.error(
                format!("profile version {} is not known to konform {}", version.text()?, env!("CARGO_PKG_VERSION")),
                "this program reads `konform: 1`",
            ));
        }
        map.later(&["actors", "waivers", "base_path"])?;
        let (credentials, second) = (secrets(&map, "credentials")?, secrets(&map, "second_credentials")?);
        let shared = Arc::new(file.clone());
        let mut places = Places::default();
        let mut place = |name: String, node: &Node| places.add(name, &shared, node);
        let mut choices = BTreeMap::new();
        for (id, side) in map.opt("choices").map(Node::map).transpose()?.iter().flat_map(super::yaml::Map::entries) {
            place(format!("choices/{}", id.text()?), id);
            choices.insert(id.text()?.to_owned(), side.text()?.to_owned());
        }
        let endpoints = map.opt("endpoints");
        for (at, node) in endpoints.map(Node::list).transpose()?.unwrap_or_default().iter().enumerate() {
            place(format!("endpoints/{at}"), node);
        }
        let globs = endpoints.map(texts).transpose()?.unwrap_or_default();
        if let Some(node) = endpoints.filter(|_| globs.is_empty()) {
            return Err(node.error("a target without endpoints", "name those that it has, or leave `endpoints` out"));
        }
        let only = map.opt("prepared_only");
        let prepared_only = only.map(Node::flag).transpose()?.unwrap_or(false);
        let bodies = map.opt("prepared");
        let prepared = bodies.map(|n| prepared(n, &mut place)).transpose()?.unwrap_or_default();
        agree((only, prepared_only), (bodies, &prepared))?;
        let bindings = map.opt("bindings").map(|n| bindings(n, &mut place)).transpose()?.unwrap_or_default();
        let mut fixtures = Vec::new();
        for (at, node) in map.opt("fixtures").map(Node::list).transpose()?.unwrap_or_default().iter().enumerate() {
            fixtures.push(fixture(node, at, &mut place)?);
        }
        let beginnings = map.opt("new").map(|n| beginnings(n, &mut place)).transpose()?.unwrap_or_default();
        let profile = Profile {
            file: file.name.clone(),
            name: map.text("name")?.map(str::to_owned),
            hosts: map.opt("hosts").map(texts).transpose()?.unwrap_or_default(),
            environment: map.opt("environment").map(environment).transpose()?,
            rate: map.opt("rate").map(|n| n.parse("a whole number of requests a second")).transpose()?,
            connections: map.opt("connections").map(connections).transpose()?,
            timeout: map.opt("timeout").map(timeout).transpose()?,
            credentials,
            second,
            hostile: map.opt("hostile").map(|n| n.word(&["allowed", "forbidden"])).transpose()? == Some("allowed"),
            slow: map.opt("slow").map(millis).transpose()?,
            envelope: map.opt("envelope").map(envelope).transpose()?,
            choices,
            endpoints: globs,
            prepared_only,
            prepared,
            bindings,
            fixtures,
            beginnings,
            initial_known: false,
            attempts: map.opt("attempts").map(|n| n.parse("a number of attempts")).transpose()?,
            poll: map.opt("poll").map(seconds).transpose()?,
            keys: map.opt("encryption").map(keys).transpose()?,
            capabilities: match map.opt("capabilities") {
                Some(node) => node.list()?.iter().map(capability).collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
            places,
        };
        map.done()?;
        Ok(profile)
    }
}

fn texts(node: &Node) -> Result<Vec<String>, LoadError> {
    node.list()?.iter().map(|n| n.text().map(str::to_owned)).collect()
}

/// Credentials by their names.
fn secrets(map: &Map<'_>, key: &'static str) -> Result<BTreeMap<String, SecretSource>, LoadError> {
    let map = map.opt(key).map(Node::map).transpose()?;
    let entries = map.iter().flat_map(Map::entries);
    entries.map(|(name, value)| Ok((name.text()?.to_owned(), secret_source(value)?))).collect()
}

fn envelope(node: &Node) -> Result<Envelope, LoadError> {
    let map = node.map()?;
    let envelope =
        Envelope { code: map.req("code")?.text()?.to_owned(), message: map.req("message")?.text()?.to_owned() };
    map.done()?;
    Ok(envelope)
}

/// Fails unless requests are prepared for a target that takes no others, and for no other target.
fn agree(
    (only, prepared_only): (Option<&Node>, bool),
    (bodies, prepared): (Option<&Node>, &BTreeMap<String, Json>),
) -> Result<(), LoadError> {
    match (only, bodies) {
        (Some(only), _) if prepared_only && prepared.is_empty() => Err(only.error(
            "a target that takes prepared requests only, and no request is prepared",
            "write them down: `prepared: {ENDPOINT: {FIELD: VALUE}}`",
        )),
        (_, Some(bodies)) if !prepared_only => Err(bodies.error(
            "prepared requests for a target that takes others too",
            "write `prepared_only: true`, or use `fixtures` and `bindings`",
        )),
        _ => Ok(()),
    }
}

fn capability(node: &Node) -> Result<Capability, LoadError> {
    let map = node.map()?;
    let without = map.req("without")?.text()?.to_owned();
    let reason = map.req("reason")?;
    if reason.text()?.trim().is_empty() {
        return Err(reason.error("`reason` is empty", "say why the target does not offer it"));
    }
    let reason = reason.text()?.to_owned();
    map.done()?;
    Ok(Capability { without, reason })
}

fn secret_source(node: &Node) -> Result<SecretSource, LoadError> {
    match node.text()?.split_once(':') {
        Some(("env", name)) if !name.is_empty() => Ok(SecretSource::Env(name.to_owned())),
        Some(("file", path)) if !path.is_empty() => Ok(SecretSource::File(path.to_owned())),
        _ => {
            Err(node.error("a credential written out", "name it: `env:NAME` or `file:PATH`; profiles hold no secrets"))
        }
    }
}

fn environment(node: &Node) -> Result<Environment, LoadError> {
    Ok(match node.word(&["sandbox", "uat", "production"])? {
        "sandbox" => Environment::Sandbox,
        "uat" => Environment::Uat,
        _ => Environment::Production,
    })
}

fn connections(node: &Node) -> Result<usize, LoadError> {
    match node.parse("a number of connections")? {
        0 => Err(node.error("no connections at all", "write 1 or more")),
        n => Ok(n),
    }
}

fn key_file(node: &Node) -> Result<String, LoadError> {
    match secret_source(node)? {
        SecretSource::File(path) => Ok(path),
        _ => Err(node.error("a key is a file", "write `file:PATH`")),
    }
}

fn keys(node: &Node) -> Result<KeySources, LoadError> {
    let map = node.map()?;
    let id = map.req("key_id")?;
    // The pair's name is no secret: it may be written out.
    let key_id = match id.text()?.split_once(':') {
        Some(_) => secret_source(id)?,
        None => SecretSource::Plain(id.text()?.to_owned()),
    };
    let spare = map.opt("spare_client_key").map(key_file).transpose()?;
    let server = key_file(map.req("server_key")?)?;
    let client = key_file(map.req("client_key")?)?;
    let keys = KeySources { key_id, server, client, spare };
    map.done()?;
    Ok(keys)
}

/// Notes where a part of the profile stands.
type Place<'a> = &'a mut dyn FnMut(String, &Node);

fn bindings(node: &Node, place: Place<'_>) -> Result<BTreeMap<String, Binding>, LoadError> {
    let mut out = BTreeMap::new();
    for (endpoint, roles) in node.map()?.entries() {
        let own = format!("bindings/{}", endpoint.text()?);
        let mut binding = Binding::default();
        for (role, name) in roles.map()?.entries() {
            if role.text()? == "send" {
                for (field, value) in name.map()?.entries() {
                    place(format!("{own}/{}", field.text()?), value);
                    binding.sends.push((field.text()?.to_owned(), value.literal()?));
                }
            } else {
                binding.names.insert(role.text()?.to_owned(), name.text()?.to_owned());
            }
        }
        place(own, endpoint);
        out.insert(endpoint.text()?.to_owned(), binding);
    }
    Ok(out)
}

fn prepared(node: &Node, place: Place<'_>) -> Result<BTreeMap<String, Json>, LoadError> {
    let mut out = BTreeMap::new();
    for (endpoint, body) in node.map()?.entries() {
        let own = format!("prepared/{}", endpoint.text()?);
        // The whole of it must be a map: an empty one for a call without fields.
        body.map()?;
        out.insert(endpoint.text()?.to_owned(), tree(body, &format!("{own}/"), place)?);
        place(own, endpoint);
    }
    Ok(out)
}

/// A JSON value written in YAML.
fn tree(node: &Node, own: &str, place: Place<'_>) -> Result<Json, LoadError> {
    let below = |part: &str| if own.ends_with('/') { format!("{own}{part}") } else { format!("{own}.{part}") };
    place(own.to_owned(), node);
    if node.is_map() {
        let mut members = Vec::new();
        for (name, value) in node.map()?.entries() {
            members.push((name.text()?.into(), tree(value, &below(&path::part(name.text()?)), place)?));
        }
        return Ok(Json::Object(members));
    }
    if node.is_list() {
        let items = node.list()?.iter().enumerate();
        return Ok(Json::Array(
            items.map(|(at, n)| tree(n, &below(&at.to_string()), place)).collect::<Result<_, _>>()?,
        ));
    }
    node.literal()
}

fn fixture(node: &Node, at: usize, place: Place<'_>) -> Result<Fixture, LoadError> {
    let mut out = Fixture::default();
    for (key, value) in node.map()?.entries() {
        match key.text()? {
            "name" => value.text()?.clone_into(&mut out.name),
            "note" => {}
            resource if value.plain() == Some("absent") => {
                place(format!("fixtures/{at}/without/{resource}"), key);
                out.without.push(resource.to_owned());
            }
            resource => {
                let own = format!("fixtures/{at}/{}", out.parts.len());
                let mut part = Part { resource: resource.to_owned(), ..Part::default() };
                for (name, value) in value.map()?.entries() {
                    place(format!("{own}/{}", name.text()?), value);
                    match name.text()? {
                        "state" => part.state = Some(value.text()?.to_owned()),
                        name => part.attributes.push((name.to_owned(), planted(value)?)),
                    }
                }
                place(own, key);
                out.parts.push(part);
            }
        }
    }
    if out.name.is_empty() || out.parts.is_empty() {
        return Err(node.error("a fixture without name or resource", "write `- {name: NAME, user: {userId: 1}}`"));
    }
    Ok(out)
}

/// `{user: {blocked: false, account: absent, wallet: {funds: 0}}}`: attributes, resources that a new one does not have, resources
/// that it has from the start.
fn beginnings(node: &Node, place: &mut dyn FnMut(String, &Node)) -> Result<Vec<Beginning>, LoadError> {
    let mut out = Vec::new();
    for (resource, comes_with) in node.map()?.entries() {
        let mut beginning = Beginning { resource: resource.text()?.to_owned(), ..Beginning::default() };
        place(format!("new/{}", resource.text()?), resource);
        for (name, value) in comes_with.map()?.entries() {
            place(format!("new/{}/{}", resource.text()?, name.text()?), name);
            let name = name.text()?.to_owned();
            if value.is_map() {
                let attributes = value.map()?.entries().map(|(n, v)| Ok((n.text()?.to_owned(), v.literal()?)));
                beginning.with.push((name, attributes.collect::<Result<_, LoadError>>()?));
            } else if value.plain() == Some("absent") {
                beginning.without.push(name.clone());
                beginning.attributes.push((name, Json::Null));
            } else {
                beginning.attributes.push((name, value.literal()?));
            }
        }
        out.push(beginning);
    }
    Ok(out)
}

fn planted(node: &Node) -> Result<Planted, LoadError> {
    if node.is_map() {
        let map = node.map()?;
        let days = map.req("day")?.parse("a number of days")?;
        let pattern = map.req("as")?.text()?.to_owned();
        map.done()?;
        return Ok(Planted::Day { days, pattern });
    }
    let text = node.text()?;
    if node.plain() == Some("absent") {
        return Ok(Planted::Absent);
    }
    if text.contains('#') {
        let number = node.plain().is_some() && text.bytes().all(|b| b.is_ascii_digit() || b == b'#');
        return Ok(Planted::Serial { pattern: text.to_owned(), number });
    }
    Ok(Planted::Literal(node.literal()?))
}

fn seconds(node: &Node) -> Result<Duration, LoadError> {
    let text = node.text()?;
    let wrong = || node.error(format!("`{text}` is no duration"), "write seconds: `2s`");
    Ok(Duration::from_secs(text.strip_suffix('s').ok_or_else(wrong)?.parse().map_err(|_| wrong())?))
}

fn millis(node: &Node) -> Result<Duration, LoadError> {
    let text = node.text()?;
    let wrong = || node.error(format!("`{text}` is no response time"), "write milliseconds: `500ms`");
    Ok(Duration::from_millis(text.strip_suffix("ms").ok_or_else(wrong)?.parse().map_err(|_| wrong())?))
}

fn timeout(node: &Node) -> Result<Duration, LoadError> {
    let text = node.text()?;
    let wrong = || node.error(format!("`{text}` is no duration"), "write seconds: `10s`");
    let seconds: u64 = text.strip_suffix('s').ok_or_else(wrong)?.parse().map_err(|_| wrong())?;
    if seconds == 0 { Err(wrong()) } else { Ok(Duration::from_secs(seconds)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_name_their_line() {
        for (text, line, says) in [
            ("konform: 2\n", 1, "profile version 2"),
            ("konform: 1\nhost: [a]\n", 2, "unknown key `host`"),
            ("konform: 1\ncredentials:\n  secretKey: hunter2\n", 3, "a credential written out"),
            ("konform: 1\nenvironment: prod\n", 2, "unknown word `prod`"),
            ("konform: 1\nrate: fast\n", 2, "`fast` is not a whole number"),
            ("konform: 1\nconnections: 0\n", 2, "no connections at all"),
            ("konform: 1\ntimeout: 0s\n", 2, "`0s` is no duration"),
            ("konform: 1\nwaivers: w.yaml\n", 2, "`waivers` is not supported"),
            ("konform: 1\nendpoints: []\n", 2, "a target without endpoints"),
            ("konform: 1\nprepared_only: true\n", 2, "a target that takes prepared requests only, and no"),
            (
                "konform: 1\nprepared:\n  user-info: {userId: 1}\n",
                3,
                "prepared requests for a target that takes others",
            ),
            ("konform: 1\nprepared_only: true\nprepared: {user-info: 1}\n", 3, "a word where a map should be"),
        ] {
            let error = Profile::load(&File { name: "p.yaml".to_owned(), text: text.to_owned() }).unwrap_err();
            assert_eq!(error.place(), ("p.yaml", line, error.place().2), "{error}");
            assert!(error.message().starts_with(says), "{error}");
        }
    }
}
