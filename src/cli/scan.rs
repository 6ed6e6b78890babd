//! The last look at what a run wrote: credentials, private keys and card numbers must be in none of its files. Redaction sees to that;
//! this finds out if it did not.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

use super::config::Config;
use crate::contract::Contract;
use crate::model::fixture::Planted;
use crate::model::wire::Secret;
use crate::model::{Field, Json};

/// Shorter values may stand anywhere by chance.
const SHORT: usize = 12;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Scan {
    names: Vec<String>,
    texts: AhoCorasick,
    /// Beginnings of card numbers, and how long these are.
    bins: Vec<(String, usize)>,
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
        let mut bins = Vec::new();
        for part in contract.fixtures.iter().flat_map(|f| &f.parts) {
            for (attribute, value) in &part.attributes {
                let Some(kind) = secret_kind(contract, &format!("{}.{attribute}", part.resource)) else { continue };
                match value {
                    Planted::Literal(Json::String(text)) => found.push((kind.to_owned(), text.to_string())),
                    Planted::Serial { pattern, .. } if kind == "pan" => {
                        let bin: String = pattern.chars().take_while(char::is_ascii_digit).collect();
                        bins.extend((bin.len() >= 6).then_some((bin, pattern.chars().count())));
                    }
                    _ => {}
                }
            }
        }
        found.retain(|(_, value)| value.len() >= SHORT);
        let texts = AhoCorasick::new(found.iter().map(|(_, value)| value)).ok()?;
        Some(Self { names: found.into_iter().map(|(name, _)| name).collect(), texts, bins })
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
        let mut lines = BufReader::with_capacity(1 << 16, File::open(path)?);
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
            && line.split(|b| !b.is_ascii_digit()).any(|run| {
                self.bins.iter().any(|(bin, length)| run.len() == *length && run.starts_with(bin.as_bytes()))
                    && luhn(run)
            })
    }
}

fn luhn(digits: &[u8]) -> bool {
    let double = |(i, d): (usize, u32)| if i % 2 == 1 { d * 2 - if d > 4 { 9 } else { 0 } } else { d };
    digits.iter().rev().map(|b| u32::from(b - b'0')).enumerate().map(double).sum::<u32>().is_multiple_of(10)
}

/// The kind of secret that an attribute of a resource is, by the fields that carry it.
fn secret_kind<'a>(contract: &'a Contract, attribute: &str) -> Option<&'a str> {
    let mut found = None;
    for endpoint in &contract.endpoints {
        for field in endpoint.request.iter().chain(&endpoint.response) {
            field.walk(&mut |f: &'a Field| {
                let carries = [&f.refers, &f.equals].into_iter().any(|r| r.as_deref() == Some(attribute));
                if carries && found.is_none() {
                    found = f.secret.as_deref();
                }
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_planted_and_nothing_else() {
        let scan = Scan {
            names: vec!["secretKey".to_owned()],
            texts: AhoCorasick::new(["k0nf0rm-secret"]).unwrap(),
            bins: vec![("411111".to_owned(), 16)],
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
