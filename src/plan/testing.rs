//! Plans of small contracts written as text, and a line of words for each thing that is planned.

use std::sync::Arc;

use super::way::Goal;
use super::{Plan, Planned, setup};
use crate::contract::{Contract, File, Profile, load};
use crate::model::template::{Hole, Shape, TokenEdit};
use crate::model::{Case, Edit, Expect, Family, Role, Step, Template};

const API: &str = "\
konform: 1
id: small
title: Small
length_unit: code-points
envelope: {code: error.code, message: error.message, on: refusals}
success: {status: 200}
";

/// What a text longer than this is shown as.
const SHOWN: usize = 24;

/// A small contract. What stands first belongs to `api.yaml`; `== ID METHOD PATH` begins an endpoint, of which `request`, `response` and
/// `errors` may be left out, and `== profile` the profile.
pub(crate) fn contract(text: &str) -> Arc<Contract> {
    let mut parts: Vec<(String, Vec<&str>)> = vec![(String::new(), Vec::new())];
    for line in text.lines() {
        match line.trim_start().strip_prefix("== ") {
            Some(head) => parts.push((head.to_owned(), Vec::new())),
            None => parts.last_mut().expect("a part").1.push(line),
        }
    }
    let mut files = Vec::new();
    let mut profile = None;
    for (head, lines) in parts {
        let body = flush(&lines);
        let words: Vec<&str> = head.split(' ').collect();
        let file = match words.as_slice() {
            [""] => {
                let stated = |line: &str| {
                    line.split(':')
                        .next()
                        .is_some_and(|key| body.lines().any(|own| own.starts_with(&format!("{key}:"))))
                };
                let usual = API.split_inclusive('\n').filter(|line| !stated(line)).collect::<String>();
                File { name: "api.yaml".to_owned(), text: usual + &body }
            }
            ["profile"] => {
                let file = File { name: "profile.yaml".to_owned(), text: format!("konform: 1\n{body}") };
                profile = Some(Profile::load(&file).unwrap_or_else(|e| panic!("{e}")));
                continue;
            }
            [id, method, path] => {
                let mut text = format!("konform: 1\nid: {id}\ntitle: {id}\nmethod: {method}\npath: \"{path}\"\n{body}");
                for key in ["request", "response", "errors"] {
                    if !text.lines().any(|line| line.starts_with(&format!("{key}:"))) {
                        text += &(key.to_owned() + ": []\n");
                    }
                }
                File { name: format!("{id}.yaml"), text }
            }
            _ => panic!("no part of a contract begins with `== {head}`"),
        };
        files.push(file);
    }
    Arc::new(load(&files, profile.as_ref()).unwrap_or_else(|e| panic!("{e}")))
}

/// A text without what all of its lines are indented by.
pub(crate) fn flush_text(text: &str) -> String {
    flush(&text.lines().collect::<Vec<_>>())
}

/// The lines without what all of them are indented by.
fn flush(lines: &[&str]) -> String {
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let least = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    lines.iter().flat_map(|line| [line.get(least..).unwrap_or_default(), "\n"]).collect()
}

/// The plan of a small contract.
pub(crate) fn plan(text: &str) -> Plan {
    Plan::new(contract(text), 0)
}

/// An endpoint `add` whose request has these rows.
pub(crate) fn fields(rows: &str) -> String {
    format!("== add POST /things\nrequest: [{rows}]\n")
}

/// The lines of what one family plans for an endpoint.
pub(crate) fn lines(plan: &Plan, endpoint: &str, family: Family) -> Vec<String> {
    let (at, _) = plan.contract().endpoint(endpoint).expect("the endpoint");
    let part = format!("::{}::", family.word());
    let planned = plan.planned_of(at).filter(|planned| id(planned).contains(&part));
    planned.map(|planned| line(plan, &planned)).collect()
}

/// The lines of what a family plans for each of some contracts' endpoint `add`.
pub(crate) fn table(family: Family, rows: &[(&str, &[&str])]) {
    let mut wrong = String::new();
    for (text, expected) in rows {
        let text = if text.contains("== ") { (*text).to_owned() } else { fields(text) };
        wrong += &difference(&text, &lines(&plan(&text), "add", family), expected);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Both where the lines differ, else nothing.
fn difference(what: &str, found: &[String], expected: &[&str]) -> String {
    let (found, expected) = (found.join("\n"), expected.join("\n"));
    if found == expected {
        return String::new();
    }
    format!("{what}\n--- found\n{found}\n--- expected\n{expected}\n\n")
}

/// Fails and shows both if the lines differ.
pub(crate) fn compare(what: &str, found: &[String], expected: &[&str]) {
    let wrong = difference(what, found, expected);
    assert!(wrong.is_empty(), "{wrong}");
}

/// The id of what is planned.
pub(crate) fn id(planned: &Planned) -> &str {
    match planned {
        Planned::Case(case) => &case.id,
        Planned::LeftOut(left) => &left.id,
    }
}

/// `PLACE::VARIANT | EARLIER CALL | EDITS -> EXPECTATION`, or `PLACE::VARIANT left out (CLAUSE): REASON`.
pub(crate) fn line(plan: &Plan, planned: &Planned) -> String {
    match planned {
        Planned::Case(case) => case_line(plan, case),
        Planned::LeftOut(left) => {
            let clause = left.clause.map(|ix| format!(" ({})", clause(plan.contract(), ix))).unwrap_or_default();
            format!("{} left out{clause}: {}", short(&left.id), left.reason)
        }
    }
}

/// The line of a case.
pub(crate) fn case_line(plan: &Plan, case: &Case) -> String {
    let contract = plan.contract();
    let mut parts = vec![short(&case.id).to_owned()];
    let (probe, earlier) = case.steps.split_last().expect("a case has a step");
    parts.extend(earlier.iter().map(|own| step(contract, own)));
    let own = if probe.endpoint == case.endpoint { changes(probe) } else { step(contract, probe) };
    let end = if own.is_empty() || earlier.is_empty() { "" } else { " |" };
    let own = if own.is_empty() { own } else { format!("{end} {own}") };
    let said = said(contract, probe.endpoint, &probe.expect);
    let aim = case.aim.filter(|_| matches!(probe.expect, Expect::Accept { .. }));
    let aim = aim.map(|ix| format!(" for {}", clause(contract, ix))).unwrap_or_default();
    format!("{}{own} -> {said}{aim}", parts.join(" | "))
}

/// Place and variant of an id.
fn short(id: &str) -> &str {
    id.splitn(3, "::").nth(2).expect("an id has three parts")
}

/// The id of a clause without its endpoint, and without the word `request`.
pub(crate) fn clause(contract: &Contract, ix: usize) -> String {
    let id = &contract.clause(ix).id;
    let own = id.split_once('/').map_or(id.as_str(), |(_, own)| own);
    own.strip_prefix("request/").unwrap_or(own).to_owned()
}

/// What the contract says of a request, in words.
pub(crate) fn said(contract: &Contract, endpoint: usize, expect: &Expect) -> String {
    let names = |rows: &[crate::model::case::RowRef], word: &str| {
        let rows = rows.iter().map(|r| contract.endpoints[endpoint].rows[r.row].name.clone()).collect::<Vec<_>>();
        if rows.is_empty() { String::new() } else { format!(" {word} {}", rows.join(", ")) }
    };
    match expect {
        Expect::Accept { may } => format!("accept{}", names(may, "unless")),
        Expect::Either { why, bare } => format!("either{}: {why}", if *bare { " (bare)" } else { "" }),
        Expect::Refuse { broken, rows, may, doubt, bare } => {
            let broken: Vec<String> = broken.iter().map(|ix| clause(contract, *ix)).collect();
            let doubt = doubt.as_ref().map(|why| format!(", though {why}")).unwrap_or_default();
            let bare = if *bare { " (bare)" } else { "" };
            format!("refuse{bare} {}{}{}{doubt}", broken.join(", "), names(rows, "with"), names(may, "unless"))
        }
    }
}

/// A call: its endpoint and its changes; what it is for in brackets, unless it must be accepted.
pub(crate) fn step(contract: &Contract, step: &Step) -> String {
    let role = match step.role {
        Role::Setup | Role::Probe => "",
        Role::Attempt => " (attempt)",
        Role::Trial => " (trial)",
        Role::Undo => " (undo)",
    };
    let poll = step.poll.as_ref().map(|poll| format!(" until {} {:?}", poll.path, poll.until)).unwrap_or_default();
    let own = changes(step);
    let space = if own.is_empty() { "" } else { " " };
    format!("{}{role}{poll}{space}{own}", contract.endpoints[step.endpoint].id)
}

/// The changes that a step makes to the baseline.
pub(crate) fn changes(step: &Step) -> String {
    let mut parts: Vec<String> = step.edits.iter().map(edit).collect();
    parts.extend(step.headers.iter().map(|h| format!("{}: {:?}", h.name, h.change)));
    if step.token != TokenEdit::Intact {
        parts.push(format!("token {:?}", step.token));
    }
    if step.seal != crate::model::case::Seal::AsMarked {
        parts.push(format!("{:?}", step.seal));
    }
    if let Some(hostile) = step.hostile {
        parts.push(format!("bytes {}", hostile.word()));
    }
    if step.spaced {
        parts.push("with blanks".to_owned());
    }
    parts.join(" ")
}

/// `-PATH` or `PATH=VALUE`.
pub(crate) fn edit(edit: &Edit) -> String {
    match edit {
        Edit::Remove(path) => format!("-{path}"),
        Edit::Set(path, value) => format!("{path}={}", shown(value)),
    }
}

/// A value as JSON, what a run fills in between `<` and `>`.
pub(crate) fn shown(value: &Template) -> String {
    let list = |items: &[Template]| items.iter().map(shown).collect::<Vec<_>>().join(",");
    match value {
        Template::Json(json) => {
            let text = json.to_text();
            let chars = json.scalar().map_or(0, |text| text.chars().count());
            if chars > SHOWN { format!("<{chars} characters>") } else { text }
        }
        Template::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name}:{}", shown(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Template::Array(items) => format!("[{}]", list(items)),
        Template::Twin(legal, twin) => format!("{}({})", twin.word(), shown(legal)),
        Template::Hole(hole) => format!("<{}>", filled(hole)),
    }
}

fn filled(hole: &Hole) -> String {
    match hole {
        Hole::Identity { shape: Shape::Pattern(pattern), chars, .. } => {
            let short = pattern.chars().count() <= SHOWN;
            if short { format!("new {pattern}") } else { format!("new pattern of {chars}") }
        }
        Hole::Identity { shape: Shape::Alphabet(letters), chars, .. } => format!("new {chars} of {}", letters[0]),
        Hole::Identity { shape, chars, .. } => format!("new {chars} {shape:?}"),
        Hole::Number { least, most, .. } => format!("number {least}..{most}"),
        Hole::Catalogue { resource, attribute, value, keep, text } => {
            let kind = if *text { "texts" } else { "numbers" };
            format!("{keep:?} {resource} {attribute} {value} as {kind}")
        }
        Hole::Entry { resource, attribute, value, text } => {
            format!("one {resource} {attribute} {value} as {}", if *text { "text" } else { "number" })
        }
        Hole::Sent { step, path } => format!("sent {step} {path}"),
        Hole::Answer { step, path } => format!("answer {step} {path}"),
        Hole::Planted { fixture, part, attribute } => format!("fixture {fixture}.{part} {attribute}"),
        Hole::Listed { step, list, key, except, member } => {
            let except = except.iter().map(filled).collect::<Vec<_>>().join(", ");
            format!("listed {step} {list} {member}, {key} not [{except}]")
        }
    }
}

/// `FIXTURES | CALL | EDITS` of the way to a goal, `dangling` where some reference names nothing; or why there is none.
pub(crate) fn found(plan: &Plan, endpoint: &str, goal: Goal) -> String {
    let (at, _) = plan.contract().endpoint(endpoint).expect("the endpoint");
    match setup::solve(plan, at, goal) {
        Err(why) => format!("none: {why}"),
        Ok(way) => {
            let mut parts: Vec<String> =
                way.fixtures.iter().map(|at| plan.contract().fixtures[*at].name.clone()).collect();
            parts.extend(way.steps.iter().map(|own| step(plan.contract(), own)));
            let edits: Vec<String> = way.edits.iter().map(edit).collect();
            if !edits.is_empty() {
                parts.push(edits.join(" "));
            }
            if way.dangling {
                parts.push("dangling".to_owned());
            }
            parts.join(" | ")
        }
    }
}
