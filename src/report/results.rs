//! `results.json`: the run, its counts, findings and every case.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::records;
use crate::model::{RunHeader, Summary};

#[derive(Serialize)]
struct Results<'a> {
    format: &'static str,
    version: u32,
    run: &'a RunHeader,
    summary: &'a Summary,
    must: Must,
    cases: Cases<'a>,
}

#[derive(Serialize)]
struct Must {
    hold: usize,
    all: usize,
    not_exercised: usize,
}

/// Streams the cases out of the evidence.
struct Cases<'a> {
    evidence: &'a Path,
    error: &'a RefCell<Option<io::Error>>,
}

impl Serialize for Cases<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        let all = records::cases(self.evidence).and_then(|records| {
            for record in records {
                let record = record?;
                seq.serialize_element(&record.json).map_err(|e| io::Error::other(e.to_string()))?;
            }
            Ok(())
        });
        if let Err(error) = all {
            *self.error.borrow_mut() = Some(error);
        }
        seq.end()
    }
}

pub(super) fn write(path: &Path, header: &RunHeader, summary: &Summary, evidence: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write_to(&mut out, header, summary, evidence)?;
    out.flush()
}

pub(super) fn write_to(out: &mut dyn Write, header: &RunHeader, summary: &Summary, evidence: &Path) -> io::Result<()> {
    let error = RefCell::new(None);
    let (hold, all, not_exercised) = summary.must();
    let must = Must { hold, all, not_exercised };
    let results = Results {
        format: "konform/results",
        version: 1,
        run: header,
        summary,
        must,
        cases: Cases { evidence, error: &error },
    };
    serde_json::to_writer_pretty(&mut *out, &results)?;
    out.write_all(b"\n")?;
    error.into_inner().map_or(Ok(()), Err)
}

/// Reads the header and the summary back; what stands in other files alone (clauses, notes) is empty.
///
/// # Errors
/// Whatever the disk gives, or what is wrong with the file.
pub fn read(path: &Path) -> io::Result<(RunHeader, Summary)> {
    #[derive(serde::Deserialize)]
    struct Read {
        run: RunHeader,
        summary: Summary,
    }
    let wrong = |what: &dyn std::fmt::Display| io::Error::other(format!("{}: {what}", path.display()));
    let file = File::open(path).map_err(|e| wrong(&e))?;
    let read: Read = serde_json::from_reader(io::BufReader::new(file))
        .map_err(|e| wrong(&format!("not what this version of konform writes: {e}")))?;
    Ok((read.run, read.summary))
}
