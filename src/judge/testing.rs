//! What the tables of this folder are made of: small contracts from text, answers, and what was noted, as text.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Notes, Oracle};
use crate::contract::{Contract, Endpoint, File, Profile, load};
use crate::model::case::{Family, RowRef};
use crate::model::json::parse;
use crate::model::observed::{Answer, Body, Failure, Opened, usual_version};
use crate::model::{Case, ClauseIx, Expect, Hazard, Json, Observed, Reason, Role, Step, Verdict};

/// The lines of a file, with each of these added unless its key is there.
fn with(lines: &str, usual: &[&str]) -> String {
    let mut text = String::from("konform: 1\n");
    for line in usual {
        let key = line.split_inclusive(':').next().unwrap_or_default();
        if !lines.lines().any(|own| own.starts_with(key)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text + lines
}

/// A contract from the lines in which its files differ from the usual; an endpoint is `lend` unless it says otherwise.
pub(super) fn contract_of(api: &str, endpoints: &[&str], profile: &str) -> Contract {
    let usual = ["id: desk", "title: A desk", "envelope: {code: code, message: message}", "success: {status: 200}"];
    let own = ["id: lend", "title: Lend", "method: POST", "path: /lend", "errors: []"];
    let mut files = vec![File { name: "api.yaml".to_owned(), text: with(api, &usual) }];
    for (at, endpoint) in endpoints.iter().enumerate() {
        files.push(File { name: format!("{at}.yaml"), text: with(endpoint, &own) });
    }
    let profile = File { name: "profile.yaml".to_owned(), text: format!("konform: 1\n{profile}") };
    let profile = Profile::load(&profile).unwrap_or_else(|e| panic!("{e}"));
    load(&files, Some(&profile)).unwrap_or_else(|e| panic!("{e}"))
}

/// A contract of one endpoint.
pub(super) fn contract(api: &str, endpoint: &str) -> Contract {
    contract_of(api, &[endpoint], "")
}

/// A judge of the contract.
pub(super) fn oracle(contract: Contract) -> Oracle {
    Oracle::new(Arc::new(contract))
}

/// The clause `lend/...` of this name.
pub(super) fn clause(contract: &Contract, name: &str) -> ClauseIx {
    let id = format!("lend/{name}");
    *contract.by_id.get(&id).unwrap_or_else(|| panic!("no {id} among {:?}", contract.by_id.keys()))
}

/// The row that `CODE PATH` names, of the first endpoint.
pub(super) fn row(contract: &Contract, name: &str) -> RowRef {
    let (code, path) = name.split_once(' ').expect("CODE PATH");
    let rows = &contract.endpoints[0].rows;
    let row = rows.iter().position(|r| r.name == code).unwrap_or_else(|| panic!("no row {code}"));
    let field = rows[row].fields.iter().position(|f| f.path == path).unwrap_or_else(|| panic!("no {path} in {code}"));
    RowRef { row, field }
}

pub(super) fn json(text: &str) -> Body {
    let document = parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"));
    Body::Json { root: document.root, defects: document.defects }
}

pub(super) fn page(text: &str) -> Body {
    Body::Other { why: "no JSON".to_owned(), excerpt: text.to_owned() }
}

pub(super) fn coded(coding: &str, spoilt: Option<&str>) -> Body {
    Body::Coded { coding: coding.to_owned(), spoilt: spoilt.map(str::to_owned) }
}

/// An answer with headers, `name: value` each.
pub(super) fn answer(status: u16, headers: &[&str], body: Body) -> Observed {
    let headers = headers.iter().map(|line| line.split_once(": ").expect("name: value"));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    exchange(Ok(Answer { status, version: usual_version(), headers, body, bytes: 0, excess: None }))
}

/// No answer.
pub(super) fn lost(reason: Reason) -> Observed {
    exchange(Err(Failure { reason, detail: "somewhere".to_owned() }))
}

fn exchange(answer: Result<Answer, Failure>) -> Observed {
    Observed {
        endpoint: Arc::from("lend"),
        method: "POST".to_owned(),
        url: "http://127.0.0.1:1/lend".to_owned(),
        version: Cow::Borrowed("HTTP/1.1"),
        request_headers: Vec::new(),
        request_body: Json::Object(Vec::new()),
        addressed: Vec::new(),
        bodiless: false,
        trace: None,
        hostile: None,
        sealed: false,
        opened: Opened::Plain,
        facts: Vec::new(),
        echoes: Vec::new(),
        answer,
        own: Vec::new(),
        micros: 1,
        attempt: 0,
    }
}

/// The answer itself, where there is one.
pub(super) fn of(seen: &Observed) -> &Answer {
    seen.answer.as_ref().expect("an answer")
}

pub(super) fn notes(contract: &Contract) -> Notes<'_> {
    Notes { contract, exchange: 0, findings: Vec::new(), held: Vec::new(), reason: None, lent: Vec::new() }
}

/// What was noted: the clauses that hold, those that are broken with place and what came, and why nothing can be said.
pub(super) fn told(notes: &Notes<'_>) -> (String, String, &'static str) {
    let reason = notes.reason.as_ref().map_or("", |(reason, _)| reason.word());
    (names(notes.contract, &notes.held), found(notes.contract, &notes.findings), reason)
}

/// The first endpoint.
pub(super) fn endpoint(contract: &Contract) -> &Endpoint {
    &contract.endpoints[0]
}

fn short(contract: &Contract, clause: ClauseIx) -> &str {
    let id = contract.clause(clause).id.as_str();
    let id = id.strip_prefix("lend/").unwrap_or(id);
    id.strip_prefix("policy/answer/").unwrap_or(id)
}

/// Clauses by their names.
pub(super) fn names(contract: &Contract, held: &[ClauseIx]) -> String {
    held.iter().map(|clause| short(contract, *clause)).collect::<Vec<_>>().join(" ")
}

pub(super) fn found(contract: &Contract, findings: &[crate::model::Finding]) -> String {
    let one = |f: &crate::model::Finding| {
        let place = if f.pointer.is_empty() { String::new() } else { format!(" at {}", f.pointer) };
        format!("{}{place}: {}", short(contract, f.clause), f.actual)
    };
    findings.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// What a verdict comes to: the outcome with its reason, and what was found.
pub(super) fn verdict(contract: &Contract, verdict: &Verdict) -> (String, String) {
    let reason = verdict.reason.map(|reason| format!(" {}", reason.word())).unwrap_or_default();
    (format!("{}{reason}", verdict.outcome.word()), found(contract, &verdict.findings))
}

/// A step of the first endpoint.
pub(super) fn step(role: Role, expect: Expect) -> Step {
    Step { expect, ..Step::new(0, role, Vec::new()) }
}

pub(super) fn accept() -> Expect {
    Expect::Accept { may: Vec::new() }
}

pub(super) fn either() -> Expect {
    Expect::Either { why: "nobody knows".to_owned(), bare: false }
}

/// A request that breaks these clauses and must get one of these rows.
pub(super) fn refuse(contract: &Contract, broken: &[&str], rows: &[&str]) -> Expect {
    Expect::Refuse {
        broken: broken.iter().map(|name| clause(contract, name)).collect(),
        rows: rows.iter().map(|name| row(contract, name)).collect(),
        may: Vec::new(),
        doubt: None,
        bare: false,
    }
}

/// A case of the first endpoint.
pub(super) fn case(steps: Vec<Step>) -> Case {
    Case {
        id: Arc::from("lend::valid::body::all"),
        family: Family::Valid,
        endpoint: 0,
        clauses: Vec::new(),
        aim: None,
        hazard: Hazard::Read,
        steps,
        undo: Vec::new(),
        fixtures: Vec::new(),
        touches: Vec::new(),
        race: None,
        draw: None,
    }
}
