//! `leftovers.json`: what the run brought into being and did not undo.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use super::records;
use crate::model::RunHeader;

pub(super) fn write(path: &Path, header: &RunHeader, evidence: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write!(
        out,
        "{{\"format\": \"konform/leftovers\", \"version\": 1, \"target\": {}, \"left\": [",
        serde_json::json!(header.target)
    )?;
    let mut first = true;
    let mut list = |case: &str, created: &[String]| -> io::Result<()> {
        for made in created {
            let (resource, key) = made.split_once(' ').unwrap_or((made, ""));
            let comma = if first { "" } else { "," };
            first = false;
            write!(out, "{comma}\n  {}", serde_json::json!({"case": case, "resource": resource, "key": key}))?;
        }
        Ok(())
    };
    for record in records::cases(evidence)? {
        let case = record?.case;
        list(&case.id, &case.created)?;
    }
    for aside in records::asides(evidence)? {
        let aside = aside?;
        list(&aside.case, &aside.created)?;
    }
    writeln!(out, "\n]}}")?;
    out.flush()
}
