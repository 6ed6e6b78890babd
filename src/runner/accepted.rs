//! Findings that do not fail a run: those that a waiver covers, those that a pinned earlier run has.

use std::collections::HashSet;

use crate::contract::Contract;
use crate::model::waiver::{Selector, State, Waiver};
use crate::model::{Finding, Verdict, finding_identity, finding_place, volatile};

/// What is accepted in a run.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    waivers: Vec<Waiver>,
    today: String,
    known: HashSet<String>,
}

/// Why a finding is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The waiver with this index.
    Waiver(usize),
    /// The baseline has it.
    Known,
}

/// What came of one waiver.
#[derive(Clone, Debug, Default)]
pub struct Use {
    /// Findings of cases that it covers.
    pub matched: u64,
    /// What came instead, the first time.
    pub changed: Option<String>,
    /// Its case ended conclusively.
    pub settled: bool,
}

impl Accepted {
    /// Waivers as they stand on a day (`yyyy-mm-dd`), and the identities that a baseline has.
    #[must_use]
    pub fn new(waivers: Vec<Waiver>, today: &str, known: HashSet<String>) -> Self {
        Self { waivers, today: today.to_owned(), known }
    }

    /// The waivers in the order of their file.
    #[must_use]
    pub fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }

    /// True if there is a baseline or a waiver at all.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.waivers.is_empty() || !self.known.is_empty()
    }

    fn in_force(&self, waiver: &Waiver) -> bool {
        waiver.approver.is_some() && *waiver.expires >= *self.today && *waiver.granted <= *self.today
    }

    /// Why this finding of this case is accepted, if it is.
    #[must_use]
    pub fn ground(&self, contract: &Contract, case: &str, finding: &Finding) -> Option<Ground> {
        let clause = contract.clause(finding.clause).id.as_str();
        let covers = |w: &Waiver| self.in_force(w) && about(w, clause, case) && same(w, finding);
        if let Some(at) = self.waivers.iter().position(covers) {
            return Some(Ground::Waiver(at));
        }
        (!self.known.is_empty() && self.known.contains(&finding_identity(clause, finding.check, &finding.pointer)))
            .then_some(Ground::Known)
    }

    /// The word for a case all of whose findings are accepted.
    #[must_use]
    pub fn word(&self, contract: &Contract, case: &str, verdict: &Verdict) -> Option<&'static str> {
        if !self.any() || verdict.findings.is_empty() {
            return None;
        }
        let grounds: Option<Vec<Ground>> = verdict.findings.iter().map(|f| self.ground(contract, case, f)).collect();
        let waived = grounds?.iter().any(|g| matches!(g, Ground::Waiver(_)));
        Some(if waived { "waived" } else { "known" })
    }

    /// Notes what a case's finding, or its absence, says of the waivers.
    pub(super) fn note(&self, contract: &Contract, case: &str, finding: &Finding, uses: &mut [Use]) {
        let clause = contract.clause(finding.clause).id.as_str();
        for (waiver, used) in self.waivers.iter().zip(uses) {
            if about(waiver, clause, case) {
                if same(waiver, finding) {
                    used.matched += 1;
                } else if used.changed.is_none() {
                    used.changed = Some(format!("{} {}: {}", finding.check.word(), finding.pointer, finding.actual));
                }
            }
        }
    }

    /// What a run made of a waiver; `asserted` says whether its clause was put to the test.
    #[must_use]
    pub fn state(&self, at: usize, used: &Use, asserted: bool) -> State {
        let waiver = &self.waivers[at];
        let settled = match waiver.selector {
            Selector::Clause(_) => asserted,
            Selector::Case(_) => used.settled,
        };
        match used {
            _ if waiver.approver.is_none() => State::Proposal,
            _ if *waiver.granted > *self.today => State::Early,
            _ if !self.in_force(waiver) => State::Expired,
            Use { matched: 1.., .. } => State::Matched,
            Use { changed: Some(_), .. } => State::Changed,
            _ if settled => State::Unused,
            _ => State::NotJudged,
        }
    }
}

fn about(waiver: &Waiver, clause: &str, case: &str) -> bool {
    match &waiver.selector {
        Selector::Clause(id) => id == clause,
        Selector::Case(id) => id == case,
    }
}

fn same(waiver: &Waiver, finding: &Finding) -> bool {
    waiver.check == finding.check.word()
        && finding_place(&waiver.pointer) == finding_place(&finding.pointer)
        && volatile::named(&waiver.observed) == volatile::named(&finding.actual)
}
