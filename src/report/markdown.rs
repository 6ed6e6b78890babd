//! The end of a run in Markdown: for a job's summary page or a comment.

use std::fmt::Write as _;

use super::console;
use crate::model::event::Standing;
use crate::model::{FindingRecord, Level, RunHeader, Summary};

/// Findings printed whole.
const SHOWN: usize = 20;

/// The text.
#[must_use]
pub fn summary(header: &RunHeader, summary: &Summary) -> String {
    let mark = match summary.exit {
        0 => "✅",
        1 => "❌",
        _ => "⚠️",
    };
    let mut out = format!("## {mark} konform: {}\n\n", escape(&console::verdict(summary)));
    // Writing to a String can't fail.
    let _ = writeln!(
        out,
        "{} at {}, mode {}, seed {}, {} cases, {} exchanges, exit code {}\n",
        escape(&header.contract),
        escape(&header.target),
        header.mode,
        header.seed,
        summary.counts.total(),
        summary.exchanges,
        summary.exit
    );
    if !summary.findings.is_empty() {
        out += "| | clause | where | expected | actual | contract |\n|---|---|---|---|---|---|\n";
        for f in summary.findings.iter().take(SHOWN) {
            let place = if f.pointer.is_empty() { "the whole answer" } else { &f.pointer };
            let _ = writeln!(
                out,
                "| {} | `{}` | {} | {} | {} | {}:{} |",
                word(f),
                f.clause,
                escape(place),
                escape(&f.expected),
                escape(&f.actual),
                escape(&f.source.file),
                f.source.line
            );
        }
        if summary.findings.len() > SHOWN {
            let _ = writeln!(out, "\n... and {} more findings", summary.findings.len() - SHOWN);
        }
        out.push('\n');
        for f in summary.findings.iter().take(SHOWN) {
            let _ = writeln!(out, "- {}: `{}`", f.number, f.replay);
        }
    }
    if !summary.retried.is_empty() {
        let _ = writeln!(out, "- {}", escape(&console::retried(summary)));
    }
    if summary.throttled > 0 {
        let _ = writeln!(out, "- {}", escape(&console::throttled(summary)));
    }
    for ((what, count), note) in summary.obstacles.iter().zip(&summary.notes) {
        let _ = writeln!(out, "- {count} {what}, first {}", escape(note));
    }
    out
}

fn word(f: &FindingRecord) -> &'static str {
    match (f.standing, f.level) {
        (Standing::Waived, _) => "waived",
        (Standing::Known, _) => "known",
        (Standing::Open, Level::Must) => "**MUST**",
        (Standing::Open, Level::Should) => "SHOULD",
    }
}

/// Text that Markdown shows as it is: what a target answers can't make a link, a table or a tag.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_targets_text_makes_no_markup() {
        assert_eq!(escape("<b>|[x](y)\n`z` @all"), "&lt;b&gt;\\|\\[x\\](y) \\`z\\` \\@all");
    }
}
