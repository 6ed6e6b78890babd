//! Reports: pure functions of the evidence file and the run's summary; one file per format.
//!
//! Reads records line by line, so that a report of many cases needs no more memory than one of few.

pub mod console;
pub mod coverage;
mod ctrf;
pub mod diff;
mod findings;
pub mod github;
mod gitlab;
mod har;
mod junit;
mod leftovers;
mod mark;
pub mod markdown;
mod place;
mod records;
pub mod results;
mod sarif;
pub mod snapshot;
mod tap;

use std::io::{self, Write};
use std::path::Path;

use crate::model::{RunHeader, Summary};

/// Formats that others read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the command line")]
pub enum Format {
    Json,
    Junit,
    Sarif,
    Ctrf,
    Har,
    Tap,
    Markdown,
    GitLab,
}

/// Writes one format; `run` is the folder that holds the evidence.
///
/// # Errors
/// Whatever the disk gives.
pub fn write_as(
    out: &mut dyn Write,
    format: Format,
    header: &RunHeader,
    summary: &Summary,
    run: &Path,
) -> io::Result<()> {
    match format {
        Format::Json => results::write_to(out, header, summary, run),
        Format::Junit => junit::write_to(out, header, summary, run),
        Format::Sarif => sarif::write(out, header, summary),
        Format::Ctrf => ctrf::write(out, header, summary, run),
        Format::Har => har::write(out, header, run),
        Format::Tap => tap::write(out, header, run),
        Format::Markdown => out.write_all(markdown::summary(header, summary).as_bytes()),
        Format::GitLab => gitlab::write(out, header, summary),
    }
}

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
