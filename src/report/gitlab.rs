//! GitLab's code quality report (the subset of Code Climate's format that GitLab reads): findings at the contract's lines.

use std::io::{self, Write};

use serde_json::json;

use super::place::{Place, Places};
use crate::model::event::Standing;
use crate::model::{FindingRecord, Level, RunHeader, Summary};

pub(super) fn write(out: &mut dyn Write, header: &RunHeader, summary: &Summary) -> io::Result<()> {
    let places = Places::new(header);
    // GitLab wants a path in any case; it shows no line of one that the repository does not have.
    let path = |f: &FindingRecord| match places.find(&f.source.file) {
        Place::Inside(path) | Place::Embedded(path) => path,
        Place::Outside(path) => path.display().to_string(),
    };
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
            "location": {"path": path(f), "lines": {"begin": f.source.line}},
        })
    };
    let issues: Vec<serde_json::Value> = summary.findings.iter().map(issue).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}
