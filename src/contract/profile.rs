//! Profiles: everything about a target that is not the contract. Secrets are named, never written.

use std::collections::BTreeMap;
use std::time::Duration;

use super::endpoint::Envelope;
use super::error::LoadError;
use super::file::File;
use super::yaml::{self, Node};

/// What is known of one target.
#[derive(Clone, Debug, Default)]
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
    /// Where code and message sit in a body.
    pub envelope: Option<Envelope>,
    /// Decided conflicts: id and side.
    pub choices: BTreeMap<String, String>,
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
}

impl Profile {
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
        map.later(&["actors", "fixtures", "bindings", "capabilities", "waivers", "base_path"])?;
        let texts = |node: &Node| -> Result<Vec<String>, LoadError> {
            node.list()?.iter().map(|n| n.text().map(str::to_owned)).collect()
        };
        let mut credentials = BTreeMap::new();
        for (name, value) in
            map.opt("credentials").map(Node::map).transpose()?.iter().flat_map(super::yaml::Map::entries)
        {
            credentials.insert(name.text()?.to_owned(), secret_source(value)?);
        }
        let mut choices = BTreeMap::new();
        for (id, side) in map.opt("choices").map(Node::map).transpose()?.iter().flat_map(super::yaml::Map::entries) {
            choices.insert(id.text()?.to_owned(), side.text()?.to_owned());
        }
        let envelope = map.opt("envelope").map(|n| -> Result<Envelope, LoadError> {
            let m = n.map()?;
            let envelope =
                Envelope { code: m.req("code")?.text()?.to_owned(), message: m.req("message")?.text()?.to_owned() };
            m.done()?;
            Ok(envelope)
        });
        let profile = Profile {
            file: file.name.clone(),
            name: map.text("name")?.map(str::to_owned),
            hosts: map.opt("hosts").map(texts).transpose()?.unwrap_or_default(),
            environment: map.opt("environment").map(environment).transpose()?,
            rate: map.opt("rate").map(|n| n.parse("a whole number of requests a second")).transpose()?,
            connections: map.opt("connections").map(connections).transpose()?,
            timeout: map.opt("timeout").map(timeout).transpose()?,
            credentials,
            envelope: envelope.transpose()?,
            choices,
        };
        map.done()?;
        Ok(profile)
    }
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
        ] {
            let error = Profile::load(&File { name: "p.yaml".to_owned(), text: text.to_owned() }).unwrap_err();
            assert_eq!(error.place(), ("p.yaml", line, error.place().2), "{error}");
            assert!(error.message().starts_with(says), "{error}");
        }
    }
}
