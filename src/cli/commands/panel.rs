//! Request and response as people read them.

use std::fmt::Write as _;

use crate::model::json::printable;
use crate::model::observed::{Answer, Body};
use crate::model::{Json, Observed};

/// Both sides of an exchange.
pub(super) fn exchange(seen: &Observed) -> String {
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = writeln!(out, "{} {}", seen.method, seen.url);
    for (name, value) in &seen.request_headers {
        let _ = writeln!(out, "{name}: {value}");
    }
    let _ = match seen.sent_body() {
        Some(body) => writeln!(out, "\n{}\n", pretty(&body, 0)),
        None => writeln!(out),
    };
    match &seen.answer {
        Ok(answer) => out.push_str(&response(answer, seen.micros)),
        Err(failure) => {
            let _ = writeln!(out, "no answer: {} ({})", failure.reason.says(), failure.detail);
        }
    }
    out
}

fn response(answer: &Answer, micros: u64) -> String {
    let mut out = format!("{}  ({}.{:03} ms)\n", answer.status, micros / 1000, micros % 1000);
    for (name, value) in &answer.headers {
        let _ = writeln!(out, "{name}: {value}");
    }
    let body = match &answer.body {
        Body::Empty => "(no body)".to_owned(),
        Body::Json { root, .. } => pretty(root, 0),
        Body::Coded { coding, spoilt } => {
            format!("(content coding {coding}: {})", spoilt.as_deref().unwrap_or("konform does not undo it"))
        }
        Body::Other { why, excerpt } => format!("({why})\n{}", excerpt.escape_debug()),
    };
    let _ = writeln!(out, "\n{body}");
    out
}

/// Indented JSON, lexemes unchanged.
pub(super) fn pretty(node: &Json, depth: usize) -> String {
    let pad = "  ".repeat(depth + 1);
    let end = "  ".repeat(depth);
    match node {
        Json::Object(members) if !members.is_empty() => {
            let lines: Vec<String> = members
                .iter()
                .map(|(name, value)| {
                    format!("{pad}{}: {}", Json::text(name.clone()).to_text(), pretty(value, depth + 1))
                })
                .collect();
            format!("{{\n{}\n{end}}}", lines.join(",\n"))
        }
        Json::Array(items) if !items.is_empty() => {
            let lines: Vec<String> = items.iter().map(|item| format!("{pad}{}", pretty(item, depth + 1))).collect();
            format!("[\n{}\n{end}]", lines.join(",\n"))
        }
        Json::Redacted(redacted) => format!("\"<{} of {} characters>\"", redacted.kind, redacted.chars),
        other => printable(&other.to_text()),
    }
}
