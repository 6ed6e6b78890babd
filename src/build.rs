//! Lists the contract files under `specs/` so that they are part of the program: it then runs from any folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

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
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("contracts.rs"), out)
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
