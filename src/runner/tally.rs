//! What a run has come to so far, in memory that does not grow with its cases.

use std::collections::BTreeMap;
use std::sync::Arc;

use hdrhistogram::Histogram;

use super::accepted::{Accepted, Ground, Use};
use super::executed::Executed;
use crate::contract::Contract;
use crate::judge::{self, Audit};
use crate::model::waiver::Selector;
use crate::model::{
    Case, CaseRecord, Check, ClauseIx, Confirmed, Counts, Finding, Level, Observed, Outcome, Reason, Verdict,
    finding_place,
};

/// Distinct findings kept; beyond that only their number is.
const KEPT: usize = 1000;

/// Ends the id of a case that was made smaller: its plan has the larger one.
const SHRUNK: &str = "-shrunk";

/// The sum of a run.
#[derive(Debug)]
pub struct Tally {
    contract: Arc<Contract>,
    /// Outcomes.
    pub counts: Counts,
    /// Distinct findings in the order they were first seen.
    pub found: Vec<Found>,
    /// All exchanges folded.
    pub audit: Audit,
    /// What stood in the way: reason, number of cases, first sentence.
    pub(crate) obstacles: BTreeMap<Obstacle, (u64, String)>,
    /// Clauses whose cases ended without a verdict.
    pub unsettled: std::collections::BTreeSet<ClauseIx>,
    /// Clauses whose cases had nothing to work with, and why.
    pub unmet: BTreeMap<ClauseIx, String>,
    /// Times of answered exchanges by endpoint, microseconds.
    pub latency: BTreeMap<Arc<str>, Histogram<u64>>,
    /// Requests sent.
    pub exchanges: u64,
    /// Answers by which the target asked for fewer requests.
    pub throttled: u64,
    /// Requests that got no answer, or a gateway's, and were sent again.
    pub retried: BTreeMap<(Arc<str>, Reason), u64>,
    /// Canaries sent.
    pub canaries: u64,
    /// Endpoints of which a known-good request was answered: true if by the endpoint, false if as by a server that does not
    /// have it.
    pub served: BTreeMap<Arc<str>, bool>,
    /// True if the plan was not run to its end.
    pub partial: bool,
    /// Whole run, milliseconds.
    pub millis: u64,
    failing: (u64, u64),
    /// Findings that do not fail the run.
    pub(super) accepted: Arc<Accepted>,
    /// What came of each waiver.
    pub(super) uses: Vec<Use>,
}

/// What can stand in the way of a verdict.
pub(crate) type Obstacle = (Outcome, Option<Reason>);

/// A distinct finding.
#[derive(Debug)]
pub struct Found {
    /// Clause, check, place, as the smallest case shows it.
    pub finding: Finding,
    /// The smallest case that shows it.
    pub case: Arc<Case>,
    /// Cases that show it.
    pub count: u64,
    /// Those among them that a waiver covers.
    pub waived: u64,
    /// The waiver that covered it first.
    pub waiver: Option<usize>,
    /// True if the baseline has it.
    pub known: bool,
    /// Body of the exchange that showed it first, where a smaller one was found.
    pub first: Option<String>,
    /// Body of the exchange, redacted.
    pub request: String,
    /// The answer in one line.
    pub answer: String,
    /// What a second run showed.
    pub confirmed: Confirmed,
    /// True if only the run as a whole shows it.
    pub run_level: bool,
}

impl Tally {
    pub(super) fn new(contract: Arc<Contract>, accepted: Arc<Accepted>) -> Self {
        Self {
            uses: vec![Use::default(); accepted.waivers().len()],
            accepted,
            audit: Audit::new(&contract),
            contract,
            counts: Counts::default(),
            found: Vec::new(),
            obstacles: BTreeMap::new(),
            unsettled: std::collections::BTreeSet::new(),
            unmet: BTreeMap::new(),
            latency: BTreeMap::new(),
            exchanges: 0,
            throttled: 0,
            retried: BTreeMap::new(),
            canaries: 0,
            served: BTreeMap::new(),
            partial: false,
            millis: 0,
            failing: (0, 0),
        }
    }

    pub(super) fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Cases that fail so far.
    pub(super) fn failing(&self, fail_on_should: bool) -> u64 {
        if fail_on_should { self.failing.0 + self.failing.1 } else { self.failing.0 }
    }

    pub(super) fn add(&mut self, case: &Case, executed: &Executed, record: &CaseRecord) {
        let verdict = &executed.verdict;
        self.counts.add(verdict.outcome);
        match verdict.level().filter(|_| record.accepted.is_none()) {
            Some(Level::Must) => self.failing.0 += 1,
            Some(Level::Should) => self.failing.1 += 1,
            None => {}
        }
        if matches!(verdict.outcome, Outcome::Pass | Outcome::Fail) {
            for (waiver, used) in self.accepted.waivers().iter().zip(&mut self.uses) {
                used.settled |= waiver.selector == Selector::Case(case.id.to_string());
            }
        }
        if verdict.outcome == Outcome::NotApplicable {
            for clause in &case.clauses {
                self.unmet.entry(*clause).or_insert_with(|| verdict.note.clone());
            }
        }
        if verdict.reason.is_some() || matches!(verdict.outcome, Outcome::Blocked | Outcome::Broken) {
            let entry = self
                .obstacles
                .entry((verdict.outcome, verdict.reason))
                .or_insert_with(|| (0, format!("{}: {}", record.id, record.note)));
            entry.0 += 1;
            if verdict.findings.is_empty() {
                self.unsettled.extend(&case.clauses);
            }
        }
        self.fold(case, executed);
    }

    /// Takes in an exchange that belongs to no case of the plan. That it was refused is no finding by itself: it may need
    /// credentials or fixtures. What its answer promises is judged like any other.
    pub(super) fn beside(&mut self, case: &Case, executed: &mut Executed) {
        executed.verdict.findings.retain(|f| f.check != Check::Accepted);
        for (at, seen) in executed.observed.iter().enumerate().filter(|(_, seen)| seen.answer.is_ok()) {
            let served = !judge::not_served(&self.contract, seen);
            if !served {
                // That the endpoint is not there is all that such an answer says.
                executed.verdict.findings.retain(|f| f.exchange != at || f.check == Check::Served);
            }
            *self.served.entry(Arc::clone(&seen.endpoint)).or_default() |= served;
        }
        self.fold(case, executed);
    }

    /// Takes in a second run of a finding's case; answers whether it shows the finding again.
    pub(super) fn confirm(&mut self, at: usize, executed: &Executed) -> bool {
        self.exchanges += executed.exchanges() as u64;
        let again = self.shown(at, executed).is_some();
        self.found[at].confirmed = if again { Confirmed::Confirmed } else { Confirmed::NotReproduced };
        again
    }

    /// Takes in a smaller form of a finding's case; answers whether it shows the finding too.
    pub(super) fn shrink(&mut self, at: usize, case: Case, executed: &Executed) -> bool {
        self.exchanges += executed.exchanges() as u64;
        let Some(finding) = self.shown(at, executed).cloned() else { return false };
        let seen = executed.observed.get(finding.exchange);
        self.smaller(at, case, finding, seen);
        true
    }

    fn shown<'a>(&self, at: usize, executed: &'a Executed) -> Option<&'a Finding> {
        let wanted = &self.found[at].finding;
        executed.verdict.findings.iter().find(|f| (f.clause, f.check) == (wanted.clause, wanted.check))
    }

    fn fold(&mut self, case: &Case, executed: &Executed) {
        self.exchanges += executed.exchanges() as u64;
        // Earlier tries are evidence of traces alone: only the last try has a verdict.
        self.audit.fold(&self.contract, &case.id, &executed.earlier, &Verdict::broken(""));
        self.audit.fold(&self.contract, &case.id, &executed.observed, &executed.verdict);
        self.audit.fold(&self.contract, &case.id, &executed.after, &Verdict::broken(""));
        for (endpoint, reason) in executed.retried() {
            *self.retried.entry((Arc::clone(endpoint), reason)).or_default() += 1;
        }
        for seen in executed.earlier.iter().chain(&executed.observed).chain(&executed.after) {
            self.throttled += u64::from(seen.answer.as_ref().is_ok_and(|answer| answer.status == 429));
            if seen.answer.is_ok() && seen.hostile.is_none() {
                if !self.latency.contains_key(&seen.endpoint) {
                    // Two digits of precision up to a minute: some kilobytes for each endpoint.
                    let Ok(times) = Histogram::new_with_max(60_000_000, 2) else { continue };
                    self.latency.insert(Arc::clone(&seen.endpoint), times);
                }
                if let Some(times) = self.latency.get_mut(&seen.endpoint) {
                    times.saturating_record(seen.micros);
                }
            }
        }
        for finding in &executed.verdict.findings {
            self.find(case, finding, executed.observed.get(finding.exchange), false);
        }
    }

    fn find(&mut self, case: &Case, finding: &Finding, seen: Option<&Observed>, run_level: bool) {
        let request = || seen.map(|s| s.request_body.to_text()).unwrap_or_default();
        let answer = || seen.map(|s| judge::summary(s, &self.contract)).unwrap_or_default();
        let key = |f: &Finding| (f.clause, f.check, finding_place(&f.pointer));
        let ground = self.accepted.ground(&self.contract, &case.id, finding);
        let waiver = ground.and_then(|g| if let Ground::Waiver(at) = g { Some(at) } else { None });
        self.accepted.note(&self.contract, &case.id, finding, &mut self.uses);
        if let Some(known) = self.found.iter_mut().find(|k| key(&k.finding) == key(finding)) {
            known.count += 1;
            known.waived += u64::from(waiver.is_some());
            known.waiver = known.waiver.or(waiver);
            let (old, new) = (
                (known.case.steps.len(), known.request.len()),
                (case.steps.len(), seen.map_or(usize::MAX, |s| s.request_body.to_text().len())),
            );
            if new < old && !run_level {
                known.finding = finding.clone();
                known.request = request();
                known.answer = answer();
                known.case = Arc::new(case.clone());
            }
        } else if self.found.len() < KEPT {
            let (request, answer) = (request(), answer());
            self.found.push(Found {
                finding: finding.clone(),
                case: Arc::new(case.clone()),
                count: 1,
                waived: u64::from(waiver.is_some()),
                waiver,
                known: ground == Some(Ground::Known),
                first: None,
                request,
                answer,
                confirmed: Confirmed::NotRerun,
                run_level,
            });
        }
    }

    /// Takes a smaller case of a finding.
    fn smaller(&mut self, at: usize, mut case: Case, finding: Finding, seen: Option<&Observed>) {
        let request = seen.map(|s| s.request_body.to_text()).unwrap_or_default();
        let answer = seen.map(|s| judge::summary(s, &self.contract)).unwrap_or_default();
        let found = &mut self.found[at];
        let before = std::mem::replace(&mut found.request, request);
        found.first.get_or_insert(before);
        found.answer = answer;
        found.finding = finding;
        if !case.id.ends_with(SHRUNK) {
            case.id = format!("{}{SHRUNK}", case.id).into();
        }
        found.case = Arc::new(case);
    }

    /// Adds what only the run as a whole shows; `find_case` gives the case behind an id.
    pub fn close(&mut self, find_case: impl Fn(&str) -> Option<Case>) {
        for (id, finding, count) in self.audit.findings() {
            if let Some(case) = find_case(&id) {
                self.find(&case, &finding, None, true);
                if let Some(found) = self
                    .found
                    .iter_mut()
                    .find(|f| f.finding.check == Check::Trace && f.finding.clause == finding.clause)
                {
                    found.count = count;
                    // A waiver that covers it covers each time it was seen.
                    found.waived = if found.waived > 0 { count } else { 0 };
                }
            }
        }
    }
}
