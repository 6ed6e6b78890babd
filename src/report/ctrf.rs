//! CTRF (Common Test Report Format): a test per case.

use std::io::{self, Write};
use std::path::Path;

use chrono::DateTime;
use serde_json::json;

use super::mark::Mark;
use super::records;
use crate::model::{RunHeader, Summary};

pub(super) fn write(out: &mut dyn Write, header: &RunHeader, summary: &Summary, run: &Path) -> io::Result<()> {
    let mut counts = [0_u64; 4];
    for record in records::cases(run)? {
        counts[place(record?.case.mark())] += 1;
    }
    let start = DateTime::parse_from_rfc3339(&header.started).map_or(0, |t| t.timestamp_millis());
    let stop = start.saturating_add(i64::try_from(summary.millis).unwrap_or(i64::MAX));
    let [passed, failed, skipped, other] = counts;
    let head = json!({
        "tests": counts.iter().sum::<u64>(),
        "passed": passed, "failed": failed, "skipped": skipped, "pending": 0, "other": other,
        "start": start, "stop": stop,
    });
    write!(
        out,
        r#"{{"reportFormat":"CTRF","specVersion":"0.0.0","generatedBy":{},"results":{{"tool":{},"summary":{head},"environment":{},"tests":["#,
        json!(format!("konform {}", header.suite)),
        json!({"name": "konform", "version": header.suite}),
        json!({"testEnvironment": header.target, "extra": {"contract": header.contract, "contract_digest": header.contract_digest, "mode": header.mode, "exit": summary.exit}}),
    )?;
    let mut comma = "";
    for record in records::cases(run)? {
        let case = record?.case;
        let suite: Vec<&str> = case.id.split("::").take(2).collect();
        let status = ["passed", "failed", "skipped", "other"][place(case.mark())];
        let mut test = json!({
            "name": case.id,
            "status": status,
            "rawStatus": case.outcome,
            "duration": case.micros / 1000,
            "suite": suite,
        });
        let message = match case.mark() {
            Mark::Passed => String::new(),
            Mark::Warned => format!("{}: {}", case.warning(), case.detail()),
            Mark::Failed | Mark::Skipped => case.detail(),
            Mark::Unclear => format!("{}: {}", case.why(), case.detail()),
        };
        if !message.is_empty() {
            test["message"] = message.into();
        }
        write!(out, "{comma}\n{test}")?;
        comma = ",";
    }
    writeln!(out, "\n]}}}}")
}

/// Which of passed, failed, skipped, other. What can't be told is `other`: CTRF knows no error.
fn place(mark: Mark) -> usize {
    match mark {
        Mark::Passed | Mark::Warned => 0,
        Mark::Failed => 1,
        Mark::Skipped => 2,
        Mark::Unclear => 3,
    }
}
