//! konform's own clauses: no server error, no redirect, no surprise coding, JSON in UTF-8.

use super::Notes;
use crate::contract::Endpoint;
use crate::model::observed::{Answer, Body};
use crate::model::{Check, Reason};

/// Judges the status line; false if nothing else of the answer can be judged.
pub(super) fn status(endpoint: &Endpoint, answer: &Answer, notes: &mut Notes<'_>) -> bool {
    match answer.status {
        429 => {
            notes.unclear(Reason::Http429, Reason::Http429.says());
            return false;
        }
        502..=504 => {
            notes.unclear(Reason::Gateway, format!("{}: status {}", Reason::Gateway.says(), answer.status));
            return false;
        }
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
    true
}

/// Judges coding, content type and whether the body is JSON.
pub(super) fn body(endpoint: &Endpoint, answer: &Answer, notes: &mut Notes<'_>) {
    if let Some(coding) = answer.header("content-encoding").filter(|c| !c.eq_ignore_ascii_case("identity")) {
        notes.find(endpoint.policy.no_coding, Check::Body, "header:content-encoding", "no coding", coding);
        return;
    }
    notes.hold(endpoint.policy.no_coding);
    match &answer.body {
        Body::Json { defects, .. } if defects.is_empty() => notes.hold(endpoint.policy.json),
        Body::Json { defects, .. } => {
            let actual =
                defects.iter().map(|d| format!("{:?} at byte {}", d.kind, d.offset)).collect::<Vec<_>>().join(", ");
            notes.find(endpoint.policy.json, Check::Body, "", "JSON in UTF-8 without doubled names", actual);
        }
        Body::Empty => notes.find(endpoint.policy.json, Check::Body, "", "a JSON body", "no body"),
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
        Body::Empty => String::new(),
        Body::Json { root, .. } => format!(" {}", root.brief(120)),
        Body::Other { excerpt, .. } => format!(" {}", excerpt.chars().take(80).collect::<String>().escape_debug()),
    }
}
