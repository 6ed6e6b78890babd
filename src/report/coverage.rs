//! Coverage: every clause, how often it was asserted and broken, and why not where it was not; as a file and as a table of
//! endpoints and kinds of clauses.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use crate::model::Summary;
use crate::model::count::counted;
use crate::model::event::{ClauseRecord, Scope};

/// Columns of the table: the parts of an endpoint that clauses belong to.
const PARTS: [(&str, &[&str]); 8] = [
    ("request", &["request"]),
    ("headers", &["request-header", "response-header"]),
    ("auth", &["auth"]),
    ("crypto", &["encryption"]),
    ("response", &["response", "envelope"]),
    ("success", &["success", "policy"]),
    ("errors", &["errors", "refusals"]),
    ("effects", &["effects"]),
];

/// Reasons printed with their counts.
const REASONS: usize = 12;
/// The same where there is nothing to look into.
const MAIN_REASONS: usize = 5;

pub(super) fn write(path: &Path, summary: &Summary) -> io::Result<()> {
    let exercised = summary.clauses.iter().filter(|c| c.asserted > 0).count();
    let mut coverage = serde_json::json!({
        "format": "konform/coverage",
        "version": 1,
        "required": summary.clauses.len(),
        "exercised": exercised,
        "clauses": summary.clauses,
    });
    if let Some(scope) = &summary.scope {
        coverage["scope"] = serde_json::json!(scope);
    }
    std::fs::write(path, format!("{coverage:#}\n"))
}

/// Reads the clauses back.
pub(super) fn read(path: &Path) -> io::Result<Vec<ClauseRecord>> {
    #[derive(serde::Deserialize)]
    struct Read {
        clauses: Vec<ClauseRecord>,
    }
    let text = std::fs::read_to_string(path)?;
    let read: Read = serde_json::from_str(&text).map_err(|e| io::Error::other(format!("{}: {e}", path.display())))?;
    Ok(read.clauses)
}

/// What the clauses came to: how many were exercised, and the reasons of the others.
struct Exercised<'a> {
    rows: Vec<(&'a str, [(usize, usize); PARTS.len()])>,
    reasons: Vec<(&'a str, usize)>,
    /// "2202 of 2665 clauses exercised; 463 not".
    total: String,
}

/// Endpoints by kinds of clauses, `exercised/required`, and the reasons of what was not exercised. Of a run that was told to
/// leave cases out, only the endpoints that were asked something.
#[must_use]
pub fn table(clauses: &[ClauseRecord], chosen: bool, scope: Option<&Scope>) -> String {
    let Exercised { mut rows, reasons, total } = exercised(clauses, scope);
    let before = rows.len();
    rows.retain(|(_, cells)| !chosen || cells.iter().any(|(done, _)| *done > 0));
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("clauses".len());
    let mut out = format!("{:<width$}", "clauses");
    // Writing to a String can't fail.
    for (name, _) in PARTS {
        let _ = write!(out, "  {name:>8}");
    }
    out.push('\n');
    for (name, cells) in &rows {
        let _ = write!(out, "{name:<width$}");
        for (done, all) in cells {
            let cell = if *all == 0 { "-".to_owned() } else { format!("{done}/{all}") };
            let _ = write!(out, "  {cell:>8}");
        }
        out.push('\n');
    }
    if rows.len() < before {
        let _ = writeln!(out, "and {} that were asked nothing", counted(before - rows.len(), "endpoint"));
    }
    out += &total;
    list_reasons(&reasons, REASONS, &mut out);
    out
}

/// How many clauses were exercised, and the most frequent reasons of the others: for a run with nothing to look into.
#[must_use]
pub fn total(clauses: &[ClauseRecord], scope: Option<&Scope>) -> String {
    let Exercised { reasons, total, .. } = exercised(clauses, scope);
    let mut out = total;
    list_reasons(&reasons, MAIN_REASONS, &mut out);
    out
}

fn list_reasons(reasons: &[(&str, usize)], most: usize, out: &mut String) {
    // Writing to a String can't fail.
    for (reason, count) in reasons.iter().take(most) {
        let _ = writeln!(out, "  {count:>5}  {reason}");
    }
    if reasons.len() > most {
        let rest: usize = reasons.iter().skip(most).map(|(_, n)| n).sum();
        let _ = writeln!(out, "  {rest:>5}  for {} more reasons", reasons.len() - most);
    }
}

fn exercised<'a>(clauses: &'a [ClauseRecord], scope: Option<&Scope>) -> Exercised<'a> {
    let mut rows: Vec<(&str, [(usize, usize); PARTS.len()])> = Vec::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for clause in clauses {
        let mut parts = clause.id.split('/');
        let (endpoint, part) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if rows.last().is_none_or(|(known, _)| *known != endpoint) {
            rows.push((endpoint, Default::default()));
        }
        let column = PARTS.iter().position(|(_, own)| own.contains(&part));
        if let (Some(column), Some((_, cells))) = (column, rows.last_mut()) {
            cells[column].0 += usize::from(clause.asserted > 0);
            cells[column].1 += 1;
        }
        if let Some(reason) = &clause.reason {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let missing: usize = reasons.iter().map(|(_, n)| n).sum();
    let scope = scope.map(|s| format!("; {}", s.words())).unwrap_or_default();
    let done = clauses.len() - missing;
    let total = format!("{done} of {} clauses exercised; {missing} not{scope}\n", clauses.len());
    Exercised { rows, reasons, total }
}
