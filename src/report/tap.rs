//! TAP 14. A warning is a `TODO`: known not to hold, and no failure.

use std::io::{self, Write};
use std::path::Path;

use super::mark::Mark;
use super::records;
use crate::model::RunHeader;

pub(super) fn write(out: &mut dyn Write, header: &RunHeader, run: &Path) -> io::Result<()> {
    writeln!(out, "TAP version 14")?;
    writeln!(out, "# konform {} {} at {}", header.suite, escape(&header.contract), escape(&header.target))?;
    let mut count = 0_u64;
    for record in records::cases(run)? {
        let case = record?.case;
        count += 1;
        let id = escape(&case.id);
        let (word, directive) = match case.mark() {
            Mark::Passed => ("ok", String::new()),
            Mark::Warned => ("not ok", format!(" # TODO {}", escape(case.warning()))),
            Mark::Failed | Mark::Unclear => ("not ok", String::new()),
            Mark::Skipped => ("ok", format!(" # SKIP {}", escape(&case.note))),
        };
        writeln!(out, "{word} {count} - {id}{directive}")?;
        if word == "not ok" {
            writeln!(out, "  ---")?;
            // JSON strings are YAML strings.
            writeln!(out, "  outcome: {}", case.outcome)?;
            writeln!(out, "  why: {}", serde_json::Value::from(case.why()))?;
            writeln!(out, "  message: {}", serde_json::Value::from(case.detail()))?;
            writeln!(out, "  saw: {}", serde_json::Value::from(case.saw.as_str()))?;
            writeln!(out, "  ...")?;
        }
    }
    writeln!(out, "1..{count}")
}

/// A description's `#` would begin a directive.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#").replace(['\n', '\r'], " ")
}
