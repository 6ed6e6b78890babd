//! Drawn inputs that failed, as files: written small, read and run first by later runs.

use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use crate::cli::Failure;
use crate::cli::config::Config;
use crate::cli::files;
use crate::cli::output::Output;
use crate::crypto;
use crate::model::{Case, Input, Summary};
use crate::plan::Plan;

const FORMAT: &str = "konform/input";
/// Ends the id of a case that came from a file.
const SAVED: &str = "-saved";

#[derive(Deserialize)]
struct File {
    format: String,
    version: u32,
    contract: String,
    case: String,
    input: serde_json::Value,
}

/// The cases of a folder of inputs, in the order of their names; a folder that is not there yet has none.
pub(super) fn read(folder: &Path, plan: &Plan, contract: &str) -> Result<Vec<Case>, Failure> {
    let failed = |path: &Path, why: io::Error| Failure::read(path.display(), why);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| failed(folder, e))? {
        let path = entry.map_err(|e| failed(folder, e))?.path();
        if path.extension().is_some_and(|e| e == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = files::text(&path).map_err(|e| failed(&path, e))?;
        let file: File = serde_json::from_str(&text).map_err(|e| failed(&path, e.into()))?;
        if file.format != FORMAT || file.version != 1 {
            return Err(failed(&path, io::Error::other(format!("this program reads {FORMAT} version 1"))));
        }
        if file.contract != contract {
            continue;
        }
        let unknown = || failed(&path, io::Error::other("its input can't be understood"));
        let input = Input::from_value(&file.input).ok_or_else(unknown)?;
        match plan.written(&file.case, &input) {
            Some(case) => cases.push(Case { id: format!("{}{SAVED}", case.id).into(), ..case }),
            // A contract moves on: what it no longer has can't be sent, and that is said.
            None => Output::note(&format!("warning: {} no longer fits the contract and is left out", path.display())),
        }
    }
    Ok(cases)
}

/// Keeps the drawn inputs of a run's findings, each once.
pub(super) fn write(folder: &Path, config: &Config, summary: &Summary) -> Result<(), Failure> {
    let failed = |path: &Path, e: io::Error| Failure::write(path.display(), e);
    for finding in &summary.findings {
        let Some(input) = &finding.input else { continue };
        fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
        let case = finding.case.trim_end_matches(SAVED);
        let mut parts = case.split("::");
        let (endpoint, family) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let digest = crypto::hex(&crypto::sha256(input.to_string().as_bytes())[..8]);
        let path = folder.join(format!("{endpoint}-{family}-{digest}.json"));
        let file = json!({
            "format": FORMAT,
            "version": 1,
            "contract": config.contract.id,
            "case": case,
            "clause": finding.clause,
            "input": input,
        });
        fs::write(&path, format!("{file:#}\n")).map_err(|e| failed(&path, e))?;
    }
    Ok(())
}
