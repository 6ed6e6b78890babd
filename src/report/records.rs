//! The cases of an evidence file, one at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A case as evidence holds it: the fields that reports need, and its verbatim JSON.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) case: Case,
    pub(super) json: Box<RawValue>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) outcome: String,
    #[serde(default)]
    pub(super) level: Option<String>,
    #[serde(default)]
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) note: String,
    #[serde(default)]
    pub(super) broken: Vec<String>,
    pub(super) saw: String,
    #[serde(default)]
    pub(super) created: Vec<String>,
    pub(super) micros: u64,
}

#[derive(Deserialize)]
struct Line {
    record: Inner,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(default)]
    verdict: Option<Box<RawValue>>,
}

/// Cases in the order they were recorded.
pub(super) fn cases(evidence: &Path) -> io::Result<impl Iterator<Item = io::Result<Record>>> {
    let lines = BufReader::with_capacity(1 << 16, File::open(evidence)?).lines();
    Ok(lines.filter_map(|line| {
        let read = || -> io::Result<Option<Record>> {
            let line = line?;
            // Exchanges are most of the file: their lines need no reading here.
            if !line.contains(r#""record":{"kind":"case""#) {
                return Ok(None);
            }
            let parsed: Line = serde_json::from_str(&line)?;
            let Some(json) = parsed.record.verdict else { return Ok(None) };
            Ok(Some(Record { case: serde_json::from_str(json.get())?, json }))
        };
        read().transpose()
    }))
}
