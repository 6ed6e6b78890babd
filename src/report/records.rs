//! The cases of a run, one at a time, out of its evidence.

use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::evidence::{Aside, Reader, Record as Line};

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
    pub(super) accepted: Option<String>,
    #[serde(default)]
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) note: String,
    #[serde(default)]
    pub(super) broken: Vec<String>,
    pub(super) saw: String,
    #[serde(default)]
    pub(super) headers: String,
    #[serde(default)]
    pub(super) created: Vec<String>,
    #[serde(default)]
    pub(super) retried: u64,
    pub(super) micros: u64,
}

/// Records of some kinds, in the order they were written.
pub(super) fn records(
    run: &Path,
    wanted: &'static [&'static str],
) -> io::Result<impl Iterator<Item = io::Result<Line>>> {
    let mut reader = Reader::open(run).map_err(io::Error::other)?;
    let next = move || reader.next(|kind| wanted.contains(&kind)).map_err(io::Error::other).transpose();
    Ok(std::iter::from_fn(next))
}

/// Cases in the order they were recorded.
pub(super) fn cases(run: &Path) -> io::Result<impl Iterator<Item = io::Result<Record>>> {
    let read = |line: io::Result<Line>| match line {
        Ok(Line::Case(line)) => {
            let case = serde_json::from_str(line.verdict.get()).map_err(io::Error::other);
            Some(case.map(|case| Record { case, json: line.verdict }))
        }
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    };
    Ok(records(run, &["case"])?.filter_map(read))
}

/// Canaries and confirmations that brought something into being.
pub(super) fn asides(run: &Path) -> io::Result<impl Iterator<Item = io::Result<Aside>>> {
    let read = |line: io::Result<Line>| match line {
        Ok(Line::Aside(aside)) => (!aside.created.is_empty()).then_some(Ok(*aside)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    };
    Ok(records(run, &["aside"])?.filter_map(read))
}
