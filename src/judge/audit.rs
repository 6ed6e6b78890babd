//! Judges a run as a whole, in bounded memory: trace numbers that cross, clauses that break sometimes.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::BuildHasher as _;

use crate::contract::Contract;
use crate::model::{Check, ClauseIx, Finding, Observed, Verdict};

/// Trace numbers remembered, as 64-bit hashes under a key of the process; older ones can no longer be recognised.
const REMEMBERED: usize = 1 << 14;
/// One number of another request may be chance (a target that draws its own); two are not.
const CROSSINGS: u64 = 2;

/// Folds every exchange and verdict of a run.
#[derive(Debug)]
pub struct Audit {
    held: Vec<u64>,
    broken: Vec<u64>,
    recent: VecDeque<u64>,
    sent: HashSet<u64>,
    hasher: RandomState,
    crossed: HashMap<ClauseIx, Crossed>,
}

#[derive(Debug)]
struct Crossed {
    count: u64,
    finding: Finding,
    case: String,
}

impl Audit {
    /// An audit of the contract's clauses.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        let clauses = contract.clauses.len();
        Self {
            held: vec![0; clauses],
            broken: vec![0; clauses],
            recent: VecDeque::new(),
            sent: HashSet::new(),
            hasher: RandomState::new(),
            crossed: HashMap::new(),
        }
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
                match answer.header(&field.name) {
                    Some(answered) if answered != own && self.sent.contains(&self.hasher.hash_one(answered)) => {
                        let crossed = self.crossed.entry(clause).or_insert_with(|| Crossed {
                            count: 0,
                            case: case.to_owned(),
                            finding: Finding {
                                clause,
                                level: contract.clause(clause).level,
                                check: Check::Trace,
                                pointer: format!("header:{}", field.name),
                                expected: format!("{own}, or a number of the target's own"),
                                actual: format!("{answered}, the number of another request"),
                                exchange: 0,
                            },
                        });
                        crossed.count += 1;
                    }
                    Some(_) => self.held[clause] += 1,
                    None => {}
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
        let mut found: Vec<_> = self
            .crossed
            .values()
            .filter(|c| c.count >= CROSSINGS)
            .map(|c| (c.case.clone(), c.finding.clone(), c.count))
            .collect();
        found.sort_by_key(|(_, f, _)| f.clause);
        found
    }

    /// How often a clause was asserted, and how often it broke.
    #[must_use]
    pub fn rate(&self, clause: ClauseIx) -> (u64, u64) {
        let (held, broken) = (self.held[clause], self.broken[clause]);
        let crossed = self.crossed.get(&clause).map_or(0, |c| c.count);
        // What may be chance counts as held, so that numbers and findings agree.
        let broken = broken + if crossed >= CROSSINGS { crossed } else { 0 };
        (held + broken + if crossed < CROSSINGS { crossed } else { 0 }, broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_crossing_may_be_chance_two_are_a_finding() {
        let finding = Finding {
            clause: 0,
            level: crate::model::Level::Must,
            check: Check::Trace,
            pointer: String::new(),
            expected: String::new(),
            actual: String::new(),
            exchange: 0,
        };
        let audit = |count| Audit {
            held: vec![10],
            broken: vec![0],
            recent: VecDeque::new(),
            sent: HashSet::new(),
            hasher: RandomState::new(),
            crossed: HashMap::from([(0, Crossed { count, finding: finding.clone(), case: String::new() })]),
        };
        assert_eq!((audit(1).findings().len(), audit(1).rate(0)), (0, (11, 0)));
        assert_eq!((audit(2).findings().len(), audit(2).rate(0)), (1, (12, 2)));
    }
}
