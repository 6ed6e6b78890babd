//! What a contract holds and what it leaves open, for people: the text of `konform lint`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::endpoint::Contract;
use crate::model::Level;

/// Writes the report; with `long`, every clause too.
#[must_use]
pub fn report(contract: &Contract, long: bool) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        // Writing to a String can't fail.
        let _ = writeln!(out, "{text}");
    };
    line(format!(
        "{}: {}, {} endpoints, {} clauses",
        contract.id,
        contract.title,
        contract.endpoints.len(),
        contract.clauses.len()
    ));
    for endpoint in &contract.endpoints {
        let own: Vec<_> = contract.clauses.iter().filter(|c| c.endpoint() == endpoint.id).collect();
        let must = own.iter().filter(|c| c.level == Level::Must).count();
        line(format!(
            "\n{}  {} {}  ({} MUST, {} SHOULD)",
            endpoint.id,
            endpoint.method,
            endpoint.path,
            must,
            own.len() - must
        ));
        let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for clause in &own {
            *kinds.entry((clause.part(), clause.rule.word())).or_default() += 1;
        }
        let mut parts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((part, rule), count) in kinds {
            parts.entry(part).or_default().push(format!("{rule} {count}"));
        }
        for (part, rules) in parts {
            line(format!("  {part:<16} {}", rules.join(", ")));
        }
        if long {
            for clause in own {
                let why = if clause.why.is_empty() { String::new() } else { format!(" ({})", clause.why) };
                line(format!(
                    "    {} {} {}:{}  {}{why}",
                    level(clause.level),
                    clause.id,
                    clause.source.file,
                    clause.source.line,
                    clause.says
                ));
            }
        }
    }
    line(format!("\nunknown: {} properties that no source shows", contract.unknowns.len()));
    for unknown in &contract.unknowns {
        line(format!("  {}:{}  {} {}", unknown.source.file, unknown.source.line, unknown.place, unknown.property));
    }
    untried(contract, &mut line);
    for kind in ["gap", "conflict"] {
        let own: Vec<_> = contract.notes.iter().filter(|n| n.kind == kind).collect();
        line(format!("\n{kind}s: {}", own.len()));
        for note in own {
            line(format!("  {}:{}  {}", note.source.file, note.source.line, note.text));
            if let Some((a, b)) = &note.sides {
                line(format!("      a: {a}\n      b: {b}"));
            }
            if !note.decided.is_empty() {
                line(format!("      {}", note.decided));
            }
        }
    }
    out
}

/// Names the lengths that can't be put to the test.
fn untried(contract: &Contract, line: &mut dyn FnMut(String)) {
    let mut found = Vec::new();
    for endpoint in &contract.endpoints {
        for field in &endpoint.request {
            field.walk(&mut |f| {
                if let Some(length) = f.untried() {
                    let bound = if length.min > f.room(1) { length.min } else { length.max };
                    let clause = f.length.as_ref().and_then(|l| l.clause).map(|c| &contract.clause(c).source);
                    let source = clause.unwrap_or(&endpoint.source);
                    let place = format!("{}/request/{}", endpoint.id, f.path);
                    found.push(format!("  {}:{}  {place} {bound} characters", source.file, source.line));
                }
            });
        }
    }
    if !found.is_empty() {
        line(format!("\ntoo long to send: {} bounds, which no case puts to the test", found.len()));
        found.into_iter().for_each(line);
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "MUST  ",
        Level::Should => "SHOULD",
    }
}
