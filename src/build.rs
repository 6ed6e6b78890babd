//! Lists the contract files under `specs/` so that they are part of the program: it then runs from any folder. Takes the digest of
//! the sources that plan and judge.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest as _, Sha256};

/// Folders under `src/` that decide which cases there are of a contract and what becomes of an answer.
const SUITE: [&str; 10] =
    ["auth", "behaviour", "contract", "crypto", "exchange", "judge", "model", "plan", "runner", "schema"];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    println!("cargo::rerun-if-changed=specs");
    let mut files = Vec::new();
    collect(&root.join("specs"), &mut files)?;
    files.sort();
    let mut out = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        // Writing to a String can't fail.
        let _ = writeln!(out, "    ({name:?}, include_str!({:?})),", file.display().to_string());
    }
    out.push_str("]\n");
    println!("cargo::rustc-env=KONFORM_SUITE_DIGEST={}", suite(&root.join("src"))?);
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("contracts.rs"), out)
}

/// SHA-256 over names and texts of the suite's sources, hex; the same wherever the folder lies and however its lines end.
fn suite(src: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    for folder in SUITE {
        let folder = src.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        sources(&folder, &mut files)?;
    }
    let mut named = Vec::new();
    for file in &files {
        let name = file.strip_prefix(src).unwrap_or(file).to_string_lossy().replace('\\', "/");
        named.push((name, fs::read_to_string(file)?.replace("\r\n", "\n")));
    }
    named.sort();
    let mut digest = Sha256::new();
    for part in named.iter().flat_map(|(name, text)| [name, text]) {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    Ok(digest.finalize().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")))
}

/// The Rust files under a folder.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Unit tests and what they are made with decide nothing.
        let own = |name: &str| path.file_stem().is_some_and(|stem| stem == name);
        if own("tests") || own("testing") {
            continue;
        }
        if path.is_dir() {
            sources(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// YAML files and measured detection power, without the collected facts, and of the profiles the sandbox's own alone.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "facts" | "schema") {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|e| e == "yaml") || name == "qualify.json" {
            if folder.ends_with("profiles") && name != "sandbox.yaml" {
                continue;
            }
            files.push(path);
        }
    }
    Ok(())
}
