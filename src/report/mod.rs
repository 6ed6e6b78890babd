//! Reports: pure functions of the evidence file and the run's summary; one file per format.
//!
//! Reads records line by line, so that a report of many cases needs no more memory than one of few.

pub mod console;
pub mod coverage;
pub mod diff;
mod findings;
mod junit;
mod leftovers;
pub mod markdown;
mod records;
pub mod results;
pub mod snapshot;

use std::io;
use std::path::Path;

use crate::model::{RunHeader, Summary};

/// Files that [`write()`] makes, beside `findings/`.
pub const FILES: [&str; 5] = ["results.json", "junit.xml", "coverage.json", "leftovers.json", "run.log"];

/// Writes every report of a run into `into`; `run` is the folder that holds its evidence.
///
/// # Errors
/// Whatever the disk gives.
pub fn write(into: &Path, run: &Path, header: &RunHeader, summary: &Summary) -> io::Result<()> {
    results::write(&into.join("results.json"), header, summary, run)?;
    junit::write(&into.join("junit.xml"), header, summary, run)?;
    coverage::write(&into.join("coverage.json"), summary)?;
    findings::write(&into.join("findings"), header, summary)?;
    leftovers::write(&into.join("leftovers.json"), header, run)?;
    std::fs::write(into.join("run.log"), console::summary(header, summary))
}
