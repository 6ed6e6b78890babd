//! GitLab's code quality report (the subset of Code Climate's format that GitLab reads): findings at the contract's lines.

use std::io::{self, Write};

use serde_json::json;

use crate::model::event::Standing;
use crate::model::{FindingRecord, Level, Summary};

pub(super) fn write(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let issue = |f: &FindingRecord| {
        let severity = match (f.standing, f.level) {
            (Standing::Open, Level::Must) => "critical",
            (Standing::Open, Level::Should) => "minor",
            _ => "info",
        };
        json!({
            "description": format!("{}: expected {}, was {} ({})", f.says, f.expected, f.actual, f.clause),
            "check_name": f.clause,
            // GitLab asks for something that stays the same from run to run and names the issue alone.
            "fingerprint": f.identity(),
            "severity": severity,
            "location": {"path": f.source.file, "lines": {"begin": f.source.line}},
        })
    };
    let issues: Vec<serde_json::Value> = summary.findings.iter().map(issue).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}
