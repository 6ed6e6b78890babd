//! Judges a run as a whole, in bounded memory: trace numbers that cross, clauses that break sometimes.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::BuildHasher as _;

use crate::contract::Contract;
use crate::model::{Check, ClauseIx, Finding, Observed, Verdict};

/// What to look at where answers carry the trace numbers of others.
pub(super) const HINT: &str =
    "answers are matched to requests by shared state: look for a variable that outlives its request";

/// Trace numbers remembered, as 64-bit hashes under a key of the process; older ones can no longer be recognised.
const REMEMBERED: usize = 1 << 14;
/// One number of another request may be chance (a target that draws its own); two are not.
const CROSSINGS: u64 = 2;
/// So many accepting answers of one endpoint under one number of the target's own, and no answer under another, are no chance.
const SAME: u64 = 8;

/// Folds every exchange and verdict of a run.
#[derive(Debug, Default)]
pub struct Audit {
    held: Vec<u64>,
    broken: Vec<u64>,
    recent: VecDeque<u64>,
    sent: HashSet<u64>,
    hasher: RandomState,
    crossed: HashMap<ClauseIx, Foreign>,
    only: HashMap<ClauseIx, Only>,
}

/// The number of the first answer, and the answers that had it.
#[derive(Debug)]
struct Only {
    number: u64,
    /// None once an answer had another number, or the number of its own request.
    answers: Option<Foreign>,
}

/// Answers whose number is not that of their request, and what it is if that is no chance.
#[derive(Debug)]
struct Foreign {
    count: u64,
    finding: Finding,
    case: String,
}

impl Audit {
    /// An audit of the contract's clauses.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        let clauses = contract.clauses.len();
        Self { held: vec![0; clauses], broken: vec![0; clauses], ..Self::default() }
    }

    /// Takes in a case's exchanges, in the order of the plan.
    pub fn fold(&mut self, contract: &Contract, case: &str, observed: &[Observed], verdict: &Verdict) {
        for clause in &verdict.held {
            self.held[*clause] += 1;
        }
        for finding in &verdict.findings {
            self.broken[finding.clause] += 1;
        }
        for seen in observed {
            self.trace(contract, case, seen);
        }
    }

    fn trace(&mut self, contract: &Contract, case: &str, seen: &Observed) {
        let Some(own) = &seen.trace else { return };
        if let Ok(answer) = &seen.answer {
            let field = contract
                .endpoint(&seen.endpoint)
                .and_then(|(_, e)| e.response_headers.iter().find(|f| f.trace.is_some()));
            if let Some((field, clause)) = field.and_then(|f| Some((f, f.trace?))) {
                if let Some(answered) = answer.header(&field.name) {
                    let foreign = |whose: &str| Foreign {
                        count: 0,
                        case: case.to_owned(),
                        finding: Finding {
                            clause,
                            level: contract.clause(clause).level,
                            check: Check::Trace,
                            pointer: format!("header:{}", field.name),
                            expected: format!("{own}, or a number of the target's own"),
                            actual: format!("{answered}, the number of {whose}"),
                            exchange: 0,
                        },
                    };
                    let number = self.hasher.hash_one(answered);
                    if answered != own && self.sent.contains(&number) {
                        self.crossed.entry(clause).or_insert_with(|| foreign("another request")).count += 1;
                    } else {
                        self.held[clause] += 1;
                    }
                    let only = self.only.entry(clause).or_insert_with(|| Only {
                        number,
                        answers: (answered != own).then(|| foreign("every answer of this endpoint")),
                    });
                    only.answers = only.answers.take().filter(|_| only.number == number);
                    // A gateway that refuses everything for its own reasons may have one number for that.
                    if let Some(answers) = only.answers.as_mut().filter(|_| (200..300).contains(&answer.status)) {
                        answers.count += 1;
                    }
                }
            }
        }
        let own = self.hasher.hash_one(own.as_str());
        self.sent.insert(own);
        self.recent.push_back(own);
        if self.recent.len() > REMEMBERED {
            if let Some(old) = self.recent.pop_front() {
                self.sent.remove(&old);
            }
        }
    }

    /// What only the whole run shows: case, finding, count.
    #[must_use]
    pub fn findings(&self) -> Vec<(String, Finding, u64)> {
        let crossed = self.crossed.values().filter(|c| c.count >= CROSSINGS);
        let mut found: Vec<_> = crossed
            .chain(self.only.keys().filter_map(|clause| self.same(*clause)))
            .map(|c| (c.case.clone(), c.finding.clone(), c.count))
            .collect();
        found.sort_by_key(|(_, f, _)| f.clause);
        found.dedup_by_key(|(_, f, _)| f.clause);
        found
    }

    /// The accepting answers of the clause's endpoint, if all its answers have had one number that none of their requests had.
    fn same(&self, clause: ClauseIx) -> Option<&Foreign> {
        self.only.get(&clause)?.answers.as_ref().filter(|answers| answers.count >= SAME)
    }

    /// How often a clause was asserted, and how often it broke.
    #[must_use]
    pub fn rate(&self, clause: ClauseIx) -> (u64, u64) {
        let (held, broken) = (self.held[clause], self.broken[clause]);
        let crossed = self.crossed.get(&clause).map_or(0, |c| c.count);
        let asserted = held + broken + crossed;
        // What may be chance counts as held, so that numbers and findings agree.
        let foreign =
            self.same(clause).map_or(0, |same| same.count).max(if crossed >= CROSSINGS { crossed } else { 0 });
        (asserted, (broken + foreign).min(asserted))
    }
}

#[cfg(test)]
mod tests;
