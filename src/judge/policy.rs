//! konform's own clauses: no server error, no redirect, JSON in UTF-8 where a body is promised.

use super::Notes;
use crate::contract::Endpoint;
use crate::model::observed::{Answer, Body};
use crate::model::{Check, Reason};

/// What to look at where a body is not what was promised.
pub(super) const BODY_HINT: &str = "an error page of a proxy or framework may stand in for the answer";
/// What to look at where the server answers with its own error.
pub(super) const SERVER_HINT: &str = "the server's log at this time should name the fault";

/// Judges the status line; false if nothing else of the answer can be judged.
pub(super) fn status(endpoint: &Endpoint, answer: &Answer, notes: &mut Notes<'_>) -> bool {
    if passing(answer, notes) {
        return false;
    }
    match answer.status {
        500.. => {
            let actual = format!("{}{}", answer.status, body_brief(answer));
            notes.find(endpoint.policy.no_server_error, Check::Server, "", "a status below 500", actual);
            return false;
        }
        300..400 => {
            let to = answer.header("location").map(|l| format!(" to {l}")).unwrap_or_default();
            notes.find(
                endpoint.policy.no_redirect,
                Check::Server,
                "",
                "an answer of the target itself",
                format!("{}{to}", answer.status),
            );
            return false;
        }
        _ => {}
    }
    notes.hold(endpoint.policy.no_server_error);
    notes.hold(endpoint.policy.no_redirect);
    notes.hold(endpoint.policy.no_hang);
    content(endpoint, answer, notes);
    true
}

/// Judges whether an answer that has no content has none.
fn content(endpoint: &Endpoint, answer: &Answer, notes: &mut Notes<'_>) {
    let Some(clause) = endpoint.policy.no_content else { return };
    match &answer.excess {
        Some(what) => notes.find(clause, Check::Body, "", "an answer that ends with its head", what.clone()),
        None if matches!(answer.status, 204 | 205) => notes.hold(clause),
        None => {}
    }
}

/// True if the status says nothing of the request; it is noted why.
pub(super) fn passing(answer: &Answer, notes: &mut Notes<'_>) -> bool {
    let Some(reason) = answer.passing() else { return false };
    let asked = answer.header("retry-after").map(|when| format!(", Retry-After: {}", when.trim()));
    notes.unclear(reason, format!("{}: status {}{}", reason.says(), answer.status, asked.unwrap_or_default()));
    true
}

/// False if the body could not be read for its content coding: nothing more can be said of it.
pub(super) fn coding(endpoint: &Endpoint, answer: &Answer, notes: &mut Notes<'_>) -> bool {
    match &answer.body {
        Body::Coded { coding, spoilt: Some(why) } => {
            let expected = format!("a body in the content coding that its header names: {coding}");
            notes.find(endpoint.policy.json, Check::Body, "header:content-encoding", expected, why.clone());
            false
        }
        Body::Coded { coding, spoilt: None } => {
            let says = Reason::ContentCoding.says();
            notes.unclear(Reason::ContentCoding, format!("{says}: {coding} (it undoes gzip and deflate)"));
            false
        }
        _ => true,
    }
}

/// Judges content type and whether a body that is promised is JSON. That one is there at all is for the clauses to say that promise
/// what stands in it.
pub(super) fn body(endpoint: &Endpoint, answer: &Answer, notes: &mut Notes<'_>) {
    match &answer.body {
        Body::Json { defects, .. } if defects.is_empty() => notes.hold(endpoint.policy.json),
        Body::Json { defects, .. } => {
            let actual =
                defects.iter().map(|d| format!("{:?} at byte {}", d.kind, d.offset)).collect::<Vec<_>>().join(", ");
            notes.find(endpoint.policy.json, Check::Body, "", "JSON in UTF-8 without doubled names", actual);
        }
        Body::Empty | Body::Coded { .. } => return,
        Body::Other { why, excerpt } => {
            notes.find(
                endpoint.policy.json,
                Check::Body,
                "",
                "a JSON body",
                format!("{why}: {}", excerpt.escape_debug()),
            );
            return;
        }
    }
    match answer.header("content-type") {
        Some(kind) if !is_json(kind) => {
            notes.find(endpoint.policy.content_type, Check::Body, "header:content-type", "application/json", kind);
        }
        Some(_) => notes.hold(endpoint.policy.content_type),
        None => {}
    }
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

fn body_brief(answer: &Answer) -> String {
    match &answer.body {
        Body::Empty | Body::Coded { .. } => String::new(),
        Body::Json { root, .. } => format!(" {}", root.brief(120)),
        Body::Other { excerpt, .. } => format!(" {}", excerpt.chars().take(80).collect::<String>().escape_debug()),
    }
}

#[cfg(test)]
mod tests;
