//! Finding a contract: embedded in the program, or a folder.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Failure, files};
use crate::contract::error::suggest;
use crate::contract::{self, Contract, File, Profile};
use crate::crypto;
use crate::model::Power;

/// Every contract file of `specs/`, by its path in the repository.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/contracts.rs"));

/// The longest file of a contract, in bytes.
const LONGEST: u64 = 16 << 20;

/// A contract with the digest of its files.
#[derive(Debug)]
pub struct Loaded {
    /// The contract.
    pub contract: Contract,
    /// SHA-256 over names and texts, hex.
    pub digest: String,
    /// What the suite was measured to find, for exactly these files.
    pub power: Option<Power>,
}

/// The files of the embedded API with this name; the folder's name is its name.
fn embedded(name: &str) -> Vec<File> {
    let prefix = EMBEDDED
        .iter()
        .find_map(|(path, _)| path.strip_suffix("/api.yaml").filter(|p| p.rsplit('/').next() == Some(name)));
    let Some(prefix) = prefix else { return Vec::new() };
    let inside = |path: &str| {
        let own = |rest: &str| rest.starts_with('/') && !rest.starts_with("/profiles/") && rest.ends_with(".yaml");
        path.strip_prefix(prefix).is_some_and(own)
    };
    EMBEDDED
        .iter()
        .filter(|(path, _)| inside(path))
        .map(|(path, text)| File { name: (*path).to_owned(), text: (*text).to_owned() })
        .collect()
}

fn names() -> Vec<&'static str> {
    EMBEDDED.iter().filter_map(|(path, _)| path.strip_suffix("/api.yaml")?.rsplit('/').next()).collect()
}

fn folder(dir: &Path) -> Result<Vec<File>, Failure> {
    let mut files = Vec::new();
    collect(dir, &mut files)?;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn collect(dir: &Path, files: &mut Vec<File>) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::read(format!("the contract in {}", dir.display()), e);
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "facts" | "profiles" | "schema") && !path.join("api.yaml").exists() {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|e| e == "yaml") {
            files.push(read(&path)?);
        }
    }
    Ok(())
}

/// One file of a contract. A pipe or a device, which may never end, is not read, nor a file longer than [`LONGEST`].
fn read(path: &Path) -> Result<File, Failure> {
    let failed = |why: io::Error| Failure::read(path.display(), why);
    let about = std::fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        return Err(failed(io::Error::other("a contract's file must be a regular file")));
    }
    if about.len() > LONGEST {
        let why = format!("it has {} bytes, a contract's file {LONGEST} at most", about.len());
        return Err(failed(io::Error::other(why)));
    }
    let text = files::text(path).map_err(failed)?;
    Ok(File { name: path.display().to_string(), text })
}

/// Loads the contract that `--contract` names; without it, the embedded one marked as default.
///
/// # Errors
/// [`Failure`] with the place of the mistake in the contract's files.
pub fn find(name: Option<&str>, profile: Option<&Profile>) -> Result<Loaded, Failure> {
    let files = files(name)?;
    let contract = contract::load(&files, profile).map_err(Failure::usage)?;
    let digest = digest(&files);
    let power = measured(name, &files, &digest);
    Ok(Loaded { contract, digest, power })
}

/// SHA-256 over names and texts, hex; the same wherever the folder lies.
fn digest(files: &[File]) -> String {
    let folder = files.iter().find_map(|f| f.name.strip_suffix("api.yaml")).unwrap_or_default();
    let mut named: Vec<(String, &str)> = files
        .iter()
        .map(|f| (f.name.strip_prefix(folder).unwrap_or(&f.name).replace('\\', "/"), f.text.as_str()))
        .collect();
    named.sort();
    let mut digest = crypto::Digest::default();
    for (name, text) in &named {
        for part in [name.as_str(), text] {
            digest.bytes(&(part.len() as u64).to_le_bytes());
            digest.bytes(part.as_bytes());
        }
    }
    digest.hex()
}

/// The file `qualify.json` beside a contract.
#[derive(Serialize, Deserialize)]
struct Measured {
    format: String,
    version: u32,
    contract: String,
    contract_digest: String,
    power: Power,
}

/// What `konform qualify --save` writes, for [`find`] to read.
#[must_use]
pub fn qualified(contract: &str, contract_digest: &str, power: Power) -> String {
    let measured = Measured {
        format: "konform/qualify".to_owned(),
        version: 2,
        contract: contract.to_owned(),
        contract_digest: contract_digest.to_owned(),
        power,
    };
    let text = serde_json::to_string_pretty(&measured).unwrap_or_default();
    text + "\n"
}

/// What `konform qualify --save` has written beside the contract, if it was measured for these files.
fn measured(name: Option<&str>, files: &[File], digest: &str) -> Option<Power> {
    const OWN: &str = "qualify.json";
    let text = if let Some(dir) = name.filter(|n| Path::new(n).is_dir()) {
        std::fs::read_to_string(Path::new(dir).join(OWN)).ok()?
    } else {
        let folder = files.iter().find_map(|f| f.name.strip_suffix("api.yaml"))?;
        let own = EMBEDDED.iter().find(|(path, _)| path.strip_prefix(folder) == Some(OWN));
        own.map(|(_, text)| (*text).to_owned())?
    };
    let measured: Measured = serde_json::from_str(&text).ok()?;
    (measured.contract_digest == digest).then_some(measured.power)
}

/// What the sandbox of a contract knows of itself: names that no page shows, and seeds. Of an API without such a file it knows what a new
/// resource comes with: what the contract suggests.
///
/// # Errors
/// [`Failure`] with the place of the mistake.
pub fn sandbox_profile(name: Option<&str>) -> Result<Profile, Failure> {
    match sandbox_file(name)? {
        Some(file) => Profile::load(&file).map_err(Failure::usage),
        None => Ok(Profile { initial_known: true, ..Profile::default() }),
    }
}

/// The sandbox's own profile as it is written.
pub(super) fn sandbox_file(name: Option<&str>) -> Result<Option<File>, Failure> {
    const OWN: &str = "profiles/sandbox.yaml";
    if let Some(path) = name.filter(|n| Path::new(n).is_dir()).map(|dir| Path::new(dir).join(OWN)) {
        return match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(File { name: path.display().to_string(), text })),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Failure::read(path.display(), e)),
        };
    }
    let files = files(name)?;
    let folder = files.iter().find_map(|f| f.name.strip_suffix("api.yaml")).unwrap_or_default();
    let own = EMBEDDED.iter().find(|(path, _)| path.strip_prefix(folder) == Some(OWN));
    Ok(own.map(|(path, text)| File { name: (*path).to_owned(), text: (*text).to_owned() }))
}

fn files(name: Option<&str>) -> Result<Vec<File>, Failure> {
    match name {
        Some(name) if Path::new(name).is_dir() => folder(Path::new(name)),
        Some(name) if names().contains(&name) => Ok(embedded(name)),
        Some(name) => {
            let near = suggest(name, names());
            Err(Failure::Usage(format!(
                "no contract `{name}`: there is neither a folder nor an embedded one of that name; {near}"
            )))
        }
        None => {
            for name in names() {
                // A default flag is plain text in api.yaml; only the one that has it needs loading.
                let files = embedded(name);
                if files
                    .iter()
                    .any(|f| f.name.ends_with("/api.yaml") && f.text.lines().any(|l| l.trim_end() == "default: true"))
                {
                    return Ok(files);
                }
            }
            Err(Failure::Usage("no embedded contract is marked `default: true`: name one with --contract".to_owned()))
        }
    }
}
