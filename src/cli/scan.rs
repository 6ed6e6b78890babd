//! The last look at what a run wrote: credentials, private keys and card numbers must be in none of its files. Redaction sees to that;
//! this finds out if it did not.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

use super::config::Config;
use crate::auth;
use crate::evidence::archive;
use crate::model::bin::Bin;
use crate::model::wire::Secret;

/// Shorter values may stand anywhere by chance.
const SHORT: usize = 12;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Scan {
    names: Vec<String>,
    texts: AhoCorasick,
    /// Card numbers that the profile or the sandbox declares.
    bins: Vec<Bin>,
}

impl Scan {
    /// The secrets of a run: its credentials, what its fixtures have in fields that the contract marks secret, any private key.
    pub(super) fn of(config: &Config) -> Option<Self> {
        let contract = &config.contract;
        let mut found: Vec<(String, String)> = ["PRIVATE KEY-----", "PRIVATE KEY BLOCK"]
            .map(|mark| ("a private key".to_owned(), mark.to_owned()))
            .to_vec();
        let hidden = |name: &str| contract.credentials.iter().any(|c| c.name == name && c.secret);
        let actors = std::iter::once(&config.credentials).chain(&config.second);
        let credentials = actors.flatten().filter(|(name, _)| hidden(name));
        found.extend(credentials.map(|(name, secret): (&String, &Secret)| (name.clone(), secret.reveal().to_owned())));
        let plans = || contract.endpoints.iter().flat_map(|endpoint| endpoint.wire.schemes());
        for actor in std::iter::once(&config.credentials).chain(&config.second) {
            let spelled = plans().filter_map(|plan| Some((plan.id.clone(), auth::spelled(plan, actor)?)));
            found.extend(spelled.collect::<BTreeSet<_>>());
        }
        let prepared = contract.prepared_secrets().filter(|(_, text)| !text.contains('#'));
        found.extend(prepared.map(|(kind, text)| (kind.to_owned(), text.to_owned())));
        found.retain(|(_, value)| value.len() >= SHORT);
        let texts = AhoCorasick::new(found.iter().map(|(_, value)| value)).ok()?;
        Some(Self { names: found.into_iter().map(|(name, _)| name).collect(), texts, bins: contract.bins() })
    }

    /// The first file at or below a path that holds a secret, and which; what is not there holds none.
    pub(super) fn below(&self, path: &Path) -> io::Result<Option<(PathBuf, String)>> {
        if !path.is_dir() {
            // A pipe or a terminal can't be read again.
            let found = if path.is_file() { self.file(path)? } else { None };
            return Ok(found.map(|what| (path.to_owned(), what)));
        }
        for entry in std::fs::read_dir(path)? {
            if let Some(found) = self.below(&entry?.path())? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn file(&self, path: &Path) -> io::Result<Option<String>> {
        let mut lines = BufReader::with_capacity(1 << 16, archive::open_at(path)?);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            if let Some(hit) = self.texts.find(&line) {
                return Ok(Some(self.names[hit.pattern().as_usize()].clone()));
            }
            if self.card(&line) {
                return Ok(Some("a card number".to_owned()));
            }
            line.clear();
        }
        Ok(None)
    }

    /// True if the line has a number of a declared beginning and length that passes the Luhn check.
    fn card(&self, line: &[u8]) -> bool {
        !self.bins.is_empty()
            && line.split(|b| !b.is_ascii_digit()).any(|run| self.bins.iter().any(|bin| bin.fits(run)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_planted_and_nothing_else() {
        let scan = Scan {
            names: vec!["secretKey".to_owned()],
            texts: AhoCorasick::new(["k0nf0rm-secret"]).unwrap(),
            bins: Bin::like("411111##########").into_iter().collect(),
        };
        let folder = std::env::temp_dir().join(format!("konform-scan-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("inner")).unwrap();
        let file = folder.join("inner/a.json");
        for (text, found) in [
            ("nothing\nhere", None),
            ("a\nx k0nf0rm-secret y", Some("secretKey")),
            ("card \"4111111111111111\"", Some("a card number")),
            ("no card 4111111111111112, 41111111111111111, 5111111111111118", None),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(scan.below(&folder).unwrap().map(|(_, what)| what).as_deref(), found, "{text}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
