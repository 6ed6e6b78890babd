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

/// Lines of one kind of record; exchanges are most of the file and need no reading here.
fn lines(evidence: &Path, kind: &str) -> io::Result<impl Iterator<Item = io::Result<String>>> {
    let mark = format!(r#""record":{{"kind":"{kind}""#);
    let lines = BufReader::with_capacity(1 << 16, File::open(evidence)?).lines();
    Ok(lines.filter(move |line| line.as_ref().map_or(true, |l| l.contains(&mark))))
}

/// Cases in the order they were recorded.
pub(super) fn cases(evidence: &Path) -> io::Result<impl Iterator<Item = io::Result<Record>>> {
    Ok(lines(evidence, "case")?.filter_map(|line| {
        let read = || -> io::Result<Option<Record>> {
            let parsed: Line = serde_json::from_str(&line?)?;
            let Some(json) = parsed.record.verdict else { return Ok(None) };
            Ok(Some(Record { case: serde_json::from_str(json.get())?, json }))
        };
        read().transpose()
    }))
}

/// What requests beside the plan brought into being.
#[derive(Debug, Deserialize)]
pub(super) struct Aside {
    pub(super) case: String,
    pub(super) created: Vec<String>,
}

/// Canaries and confirmations that brought something into being.
pub(super) fn asides(evidence: &Path) -> io::Result<impl Iterator<Item = io::Result<Aside>>> {
    #[derive(Deserialize)]
    struct Line {
        record: Aside,
    }
    let read = |line: io::Result<String>| -> io::Result<Aside> { Ok(serde_json::from_str::<Line>(&line?)?.record) };
    Ok(lines(evidence, "aside")?.map(read))
}
