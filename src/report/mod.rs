//! Reports: pure functions of the evidence file and the run's summary; one file per format.
//!
//! Reads records line by line, so that a report of many cases needs no more memory than one of few.

pub mod console;
pub mod coverage;
mod findings;
mod junit;
mod leftovers;
mod records;
mod results;
pub mod snapshot;

use std::io;
use std::path::Path;

use crate::model::{RunHeader, Summary};

/// What is written beside a finding so that it can be replayed.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Replay {
    /// API id or folder, as `--contract` takes it.
    pub contract: Option<String>,
    /// Target URL; none for the embedded sandbox.
    pub target: Option<String>,
    /// Profile file.
    pub profile: Option<String>,
    /// Seed of the plan.
    pub seed: u64,
    /// Which bodies were encrypted: marked, always or never.
    pub encrypt: &'static str,
    /// Faults of the embedded sandbox.
    pub faults: Vec<String>,
}

/// Writes every report of a run into its folder, which already holds `evidence.jsonl`.
///
/// # Errors
/// Whatever the disk gives.
pub fn write(folder: &Path, header: &RunHeader, summary: &Summary, replay: &Replay) -> io::Result<()> {
    let evidence = folder.join("evidence.jsonl");
    results::write(&folder.join("results.json"), header, summary, &evidence)?;
    junit::write(&folder.join("junit.xml"), header, summary, &evidence)?;
    coverage::write(&folder.join("coverage.json"), summary)?;
    findings::write(&folder.join("findings"), summary, replay)?;
    leftovers::write(&folder.join("leftovers.json"), header, &evidence)
}
