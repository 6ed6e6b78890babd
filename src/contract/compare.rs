//! What changed between two versions of a contract, and whether it breaks those who call the API by the old one.
//!
//! A caller is broken by a request that is no longer taken, and by an answer that it was not told of. A wider bound of a request breaks
//! nobody, of an answer it may; a narrower one the other way round. Where the two can't be ordered, a change counts as breaking.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::Contract;
use crate::model::field::{Bounds, Constraint};
use crate::model::{Clause, ClauseIx, Field, Level, Presence, Rule};

/// One changed clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Clause id.
    pub clause: String,
    /// What happened to it.
    pub what: What,
    /// True if a caller that keeps to the old contract may break.
    pub breaking: bool,
    /// What it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What happened to a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
    /// It says the same on other grounds, or is held harder or less hard.
    Regrounded,
}

/// Every change, in the order of the new contract, then what is gone.
#[must_use]
pub fn compare(before: &Contract, after: &Contract) -> Vec<Change> {
    let old: HashMap<&str, (ClauseIx, &Clause)> =
        (0..).zip(&before.clauses).map(|(ix, c)| (c.id.as_str(), (ix, c))).collect();
    let fields = (Fields::of(before), Fields::of(after));
    let mut out = Vec::new();
    for (ix, clause) in (0..).zip(&after.clauses) {
        let (what, breaking, said) = match old.get(clause.id.as_str()) {
            None => (What::Added, adds_a_duty(clause, fields.1.at(ix), before), None),
            Some((was, known)) if known.says != clause.says => {
                (What::Changed, changed(clause, fields.0.at(*was), fields.1.at(ix)), Some(known.says.clone()))
            }
            Some((_, known)) if (known.basis, known.level) != (clause.basis, clause.level) => {
                (What::Regrounded, false, Some(grounds(known)))
            }
            Some(_) => continue,
        };
        let says = if what == What::Regrounded { grounds(clause) } else { clause.says.clone() };
        out.push(Change { clause: clause.id.clone(), what, breaking, before: said, after: Some(says) });
    }
    let new: HashSet<&str> = after.clauses.iter().map(|c| c.id.as_str()).collect();
    for clause in before.clauses.iter().filter(|c| !new.contains(c.id.as_str())) {
        out.push(Change {
            clause: clause.id.clone(),
            what: What::Removed,
            breaking: promise(clause) && clause.level == Level::Must,
            before: Some(clause.says.clone()),
            after: None,
        });
    }
    out
}

fn grounds(clause: &Clause) -> String {
    format!("{} [{}]", clause.says, clause.basis.word())
}

/// True for what the API promises; the rest is asked of its callers.
fn promise(clause: &Clause) -> bool {
    !matches!(clause.part(), "request" | "request-header" | "auth")
}

/// True if a new clause asks something of callers that they did not have to do.
fn adds_a_duty(clause: &Clause, field: Option<&Field>, before: &Contract) -> bool {
    if promise(clause) || before.endpoint(clause.endpoint()).is_none() {
        return false;
    }
    match clause.rule {
        Rule::Presence => field.is_none_or(Field::required),
        _ => true,
    }
}

fn changed(clause: &Clause, before: Option<&Field>, after: Option<&Field>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return true };
    let (narrower, wider) = match clause.rule {
        Rule::Length => bounds(before.length.as_ref(), after.length.as_ref()),
        Rule::Value => bounds(before.value.as_ref(), after.value.as_ref()),
        Rule::Enum => words(before.words.as_ref(), after.words.as_ref()),
        Rule::Presence => {
            let required = |f: &Field| f.presence.as_ref().is_some_and(|p| *p.first() == Presence::Required);
            (!required(before) && required(after), required(before) && !required(after))
        }
        // A type, a format, a set of characters: neither side holds the other.
        _ => (true, true),
    };
    if promise(clause) { wider } else { narrower }
}

/// Whether the second excludes what the first allows, and the other way round.
fn bounds<T: PartialOrd>(
    before: Option<&Constraint<Bounds<T>>>,
    after: Option<&Constraint<Bounds<T>>>,
) -> (bool, bool) {
    let (Some(before), Some(after)) = (before.map(Constraint::first), after.map(Constraint::first)) else {
        return (true, true);
    };
    (after.min > before.min || after.max < before.max, after.min < before.min || after.max > before.max)
}

fn words(before: Option<&Constraint<Vec<String>>>, after: Option<&Constraint<Vec<String>>>) -> (bool, bool) {
    let (Some(before), Some(after)) = (before.map(Constraint::first), after.map(Constraint::first)) else {
        return (true, true);
    };
    (before.iter().any(|w| !after.contains(w)), after.iter().any(|w| !before.contains(w)))
}

/// Fields by the clauses that speak of them.
struct Fields<'a>(HashMap<ClauseIx, &'a Field>);

impl<'a> Fields<'a> {
    fn of(contract: &'a Contract) -> Self {
        let mut found = HashMap::new();
        for endpoint in &contract.endpoints {
            let tables = [&endpoint.request, &endpoint.request_headers, &endpoint.response, &endpoint.response_headers];
            for field in tables.into_iter().flatten() {
                field.walk(&mut |f: &'a Field| {
                    let clauses = [
                        f.presence.as_ref().and_then(|c| c.clause),
                        f.kind.as_ref().and_then(|c| c.clause),
                        f.length.as_ref().and_then(|c| c.clause),
                        f.value.as_ref().and_then(|c| c.clause),
                        f.integer.as_ref().and_then(|c| c.clause),
                        f.format.as_ref().and_then(|c| c.clause),
                        f.words.as_ref().and_then(|c| c.clause),
                        f.charset.as_ref().and_then(|c| c.clause),
                    ];
                    found.extend(clauses.into_iter().flatten().map(|clause| (clause, f)));
                });
            }
        }
        Self(found)
    }

    fn at(&self, clause: ClauseIx) -> Option<&'a Field> {
        self.0.get(&clause).copied()
    }
}
