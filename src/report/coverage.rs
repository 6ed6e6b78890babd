//! `coverage.json`: every clause, how often it was asserted and broken, and why not where it was not.

use std::io;
use std::path::Path;

use crate::model::Summary;

pub(super) fn write(path: &Path, summary: &Summary) -> io::Result<()> {
    let exercised = summary.clauses.iter().filter(|c| c.asserted > 0).count();
    let coverage = serde_json::json!({
        "format": "konform/coverage",
        "version": 1,
        "required": summary.clauses.len(),
        "exercised": exercised,
        "clauses": summary.clauses,
    });
    std::fs::write(path, format!("{coverage:#}\n"))
}
