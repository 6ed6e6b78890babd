//! Judges a run again from its evidence: the same plan, the same checks, the same folding, no network.
//!
//! What the runner alone could know is taken from the evidence (a canary that failed, an expectation that followed from the target's
//! own earlier answer): it can make a case inconclusive, never pass or fail. Everything else is worked out anew and must agree with
//! what was recorded.

use std::collections::HashMap;
use std::fmt;
use std::iter::Peekable;
use std::sync::Arc;

use super::execute::TRIES;
use super::executed::Executed;
use super::record::record;
use super::{Accepted, Tally};
use crate::crypto::Digest;
use crate::evidence::{Aside, CaseLine, Damage, Footer, Grounds, Part, Reader, Record, Why};
use crate::judge::{Health, Oracle};
use crate::model::case::RowRef;
use crate::model::json::printable;
use crate::model::{Case, ClauseIx, Expect, Input, Json, Observed, Outcome, Reason, Role, RunHeader, Step, Verdict};
use crate::plan::Plan;

/// Differences kept; beyond that only their number is.
const KEPT: usize = 100;

/// Where the evidence and what follows from it part.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// A verdict that the exchanges do not give.
    Verdict {
        /// Case id.
        case: String,
        /// What is written.
        recorded: String,
        /// What the exchanges give.
        judged: String,
    },
    /// A record that says something else of its exchanges than they say.
    Record(String),
    /// A verdict that only exchanges can give was given without.
    Given(String),
    /// Inconclusive for a canary, but none failed.
    NoCanary(String),
    /// A case that the plan does not have at that place.
    NotPlanned(String),
    /// An aside that belongs to nothing.
    Stray(String),
    /// The header counts otherwise.
    Count {
        /// Planned or not selected.
        what: &'static str,
        /// The header's number.
        said: u64,
        /// What was found.
        found: u64,
    },
    /// The recorded cases are not those that were planned.
    Cases,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is quoted stands in a file that may come from anybody.
        let text = match self {
            Self::Verdict { case, recorded, judged } => {
                format!("{case}: the evidence says {recorded}, its exchanges give {judged}")
            }
            Self::Record(case) => format!("{case}: its record is not what its exchanges give"),
            Self::Given(case) => format!("{case}: a verdict was given that only exchanges can give"),
            Self::NoCanary(case) => format!("{case}: inconclusive for a failed canary, but no canary failed"),
            Self::NotPlanned(case) => {
                format!("{case}: not in the plan of this contract, profile and seed, or out of order")
            }
            Self::Stray(case) => format!("{case}: requests beside the plan that belong to nothing"),
            Self::Count { what, said, found } => {
                format!("the header counts {said} {what}, the evidence shows {found}")
            }
            Self::Cases => "the recorded cases are not those that the header's digest of the plan names".to_owned(),
        };
        f.write_str(&printable(&text))
    }
}

/// What judging again came to.
#[derive(Debug)]
pub struct Rejudged {
    /// As the live run's.
    pub tally: Tally,
    /// Where it disagrees with the evidence, the first hundred.
    pub differences: Vec<Difference>,
    /// How many there are.
    pub differing: u64,
    /// Hash of the last record.
    pub root: String,
}

/// Judges a finished run again.
///
/// # Errors
/// [`Damage`] where the evidence itself is broken.
pub fn rejudge(plan: &Plan, accepted: Arc<Accepted>, reader: &mut Reader) -> Result<Rejudged, Damage> {
    let mut refold = Refold::new(plan, accepted);
    while let Some(record) = reader.next(|_| true)? {
        refold.take(record);
    }
    let footer = reader.footer().cloned().ok_or(Damage::NoFooter)?;
    Ok(refold.finish(reader.header(), &footer, reader.root().to_owned()))
}

/// Folds evidence record by record, as the run that wrote it did.
pub struct Refold<'a> {
    plan: &'a Plan,
    oracle: Oracle,
    tally: Tally,
    accepted: Arc<Accepted>,
    planned: Peekable<Box<dyn Iterator<Item = Case> + 'a>>,
    clauses: HashMap<&'a str, ClauseIx>,
    canaries: HashMap<usize, Option<Case>>,
    pending: [Vec<Observed>; 3],
    sick: bool,
    digest: Digest,
    cases: u64,
    passed_over: u64,
    differences: Vec<Difference>,
    differing: u64,
    ended: Vec<(usize, String)>,
    cuts: Vec<u64>,
    /// True if the last record was the footer of a run that was stopped.
    ended_in_order: bool,
    killed: bool,
    /// None where nothing is to follow.
    doubtful: Option<Vec<(usize, Json)>>,
}

impl fmt::Debug for Refold<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refold").field("cases", &self.cases).field("differing", &self.differing).finish_non_exhaustive()
    }
}

impl<'a> Refold<'a> {
    /// Nothing folded yet.
    #[must_use]
    pub fn new(plan: &'a Plan, accepted: Arc<Accepted>) -> Self {
        let contract = plan.contract();
        let planned: Box<dyn Iterator<Item = Case> + 'a> = Box::new(plan.cases());
        Self {
            oracle: Oracle::new(Arc::clone(contract)),
            tally: Tally::new(Arc::clone(contract), Arc::clone(&accepted)),
            accepted,
            planned: planned.peekable(),
            clauses: (0..).zip(&contract.clauses).map(|(ix, clause)| (clause.id.as_str(), ix)).collect(),
            plan,
            canaries: HashMap::new(),
            pending: Default::default(),
            sick: false,
            digest: Digest::default(),
            cases: 0,
            passed_over: 0,
            differences: Vec::new(),
            differing: 0,
            ended: Vec::new(),
            cuts: Vec::new(),
            ended_in_order: false,
            killed: false,
            doubtful: None,
        }
    }

    /// The same, of a run that is to go on: it keeps what it must know then.
    #[must_use]
    pub fn to_go_on(self) -> Self {
        Self { doubtful: Some(Vec::new()), ..self }
    }

    /// Takes in the next record.
    pub fn take(&mut self, record: Record) {
        match record {
            Record::Exchange(part, mut seen) => {
                for fact in &mut seen.facts {
                    fact.clause = self.clauses.get(fact.id.as_str()).copied().unwrap_or_default();
                }
                let part = match part {
                    Part::Earlier => 0,
                    Part::Judged => 1,
                    Part::After => 2,
                };
                self.pending[part].push(*seen);
            }
            Record::Case(line) => self.case(&line),
            Record::Aside(aside) => self.aside(&aside),
            // What was under way then was sent again under another name.
            Record::Resumed(_) => {
                self.pending = Default::default();
                self.cuts.push(self.cases);
                self.killed |= !std::mem::take(&mut self.ended_in_order);
            }
            Record::Footer(_) => self.ended_in_order = true,
            Record::Header(_) => {}
        }
    }

    /// Fixtures that cases have ended without a plan, each with the case that did.
    #[must_use]
    pub fn ended(&self) -> &[(usize, String)] {
        &self.ended
    }

    /// True if a part of the run that was taken up since was killed: the last requests that it sent are not in the evidence.
    #[must_use]
    pub fn killed(&self) -> bool {
        self.killed
    }

    /// How many cases were done each time the run was taken up.
    #[must_use]
    pub fn cuts(&self) -> &[u64] {
        &self.cuts
    }

    /// Requests of cases that the contract does not clearly allow, and that were not refused, each with its endpoint: what later
    /// answers show of them is the run's own. None of them is kept without [`Refold::to_go_on`].
    #[must_use]
    pub fn doubtful(&self) -> &[(usize, Json)] {
        self.doubtful.as_deref().unwrap_or_default()
    }

    /// What was folded, of a run that is to go on.
    #[must_use]
    pub fn into_tally(self) -> (Tally, Vec<Difference>) {
        (self.tally, self.differences)
    }

    fn finish(mut self, header: &RunHeader, footer: &Footer, root: String) -> Rejudged {
        self.tally.partial = footer.partial;
        self.tally.millis = footer.millis;
        if !footer.partial {
            self.passed_over += self.planned.by_ref().count() as u64;
            self.count("planned cases", header.planned, self.cases);
            self.count("cases that were not selected", header.not_selected, self.passed_over);
            if self.digest.clone().hex() != header.plan_digest {
                self.differ(Difference::Cases);
            }
        }
        let plan = self.plan;
        self.tally.close(|id| plan.find(id));
        self.tally.counts.not_selected = header.not_selected;
        Rejudged { tally: self.tally, differences: self.differences, differing: self.differing, root }
    }

    fn count(&mut self, what: &'static str, said: u64, found: u64) {
        if said != found {
            self.differ(Difference::Count { what, said, found });
        }
    }

    fn differ(&mut self, difference: Difference) {
        self.differing += 1;
        if self.differences.len() < KEPT {
            self.differences.push(difference);
        }
    }

    /// The case with this id: the plan's next one, or one that came from a file.
    fn planned(&mut self, id: &str, input: Option<&serde_json::Value>) -> Option<Case> {
        if let Some(input) = input {
            return self.plan.written(id, &Input::from_value(input)?);
        }
        loop {
            let case = self.planned.next()?;
            if &*case.id == id {
                return Some(case);
            }
            self.passed_over += 1;
        }
    }

    fn case(&mut self, line: &CaseLine) {
        #[derive(serde::Deserialize)]
        struct Said {
            id: String,
            outcome: Outcome,
            #[serde(default)]
            reason: Option<Reason>,
            #[serde(default)]
            created: Vec<String>,
        }
        let said: Said = match serde_json::from_str(line.verdict.get()) {
            Ok(said) => said,
            Err(error) => return self.differ(Difference::Record(format!("a case line ({error})"))),
        };
        self.cases += 1;
        self.digest.line(&said.id);
        let Some(case) = self.planned(&said.id, line.input.as_ref()) else {
            self.pending = Default::default();
            return self.differ(Difference::NotPlanned(said.id));
        };
        let mut executed = self.executed(&case, &line.grounds);
        executed.created = said.created;
        if let Some(given) = &line.grounds.given {
            if matches!(given.outcome, Outcome::Pass | Outcome::Fail) {
                self.differ(Difference::Given(said.id.clone()));
            }
            let canary = matches!(given.reason, Some(Reason::CanaryFailed | Reason::Outage | Reason::NotServed));
            if canary && !self.sick {
                self.differ(Difference::NoCanary(said.id.clone()));
            }
        }
        let record = record(self.plan, &self.oracle, &self.accepted, &case, &executed);
        // Plain data always has a JSON text.
        if serde_json::to_string(&record).unwrap_or_default() != line.verdict.get() {
            let word = |outcome: Outcome, reason: Option<Reason>| match reason {
                Some(reason) => format!("{}({})", outcome.word(), reason.word()),
                None => outcome.word().to_owned(),
            };
            let (recorded, judged) = (word(said.outcome, said.reason), word(record.outcome, record.reason));
            self.differ(if recorded == judged {
                Difference::Record(said.id)
            } else {
                Difference::Verdict { case: said.id, recorded, judged }
            });
        }
        self.tally.add(&case, &executed, &record);
    }

    /// The exchanges since the last case, with the verdict that they give.
    fn executed(&mut self, case: &Case, grounds: &Grounds) -> Executed {
        let [earlier, observed, after] = std::mem::take(&mut self.pending);
        self.ended.extend(grounds.ended.iter().map(|fixture| (*fixture, case.id.to_string())));
        let clear = |step: &Step| step.role == Role::Setup || matches!(step.expect, Expect::Accept { .. });
        if let Some(doubtful) = self.doubtful.as_mut().filter(|_| !case.steps.iter().all(clear)) {
            for seen in earlier.iter().chain(&observed) {
                let endpoint = self.plan.contract().endpoint(&seen.endpoint).map(|(at, _)| at);
                if let Some(at) = endpoint.filter(|at| !self.oracle.refused(*at, seen)) {
                    doubtful.push((at, seen.request_body.clone()));
                }
            }
        }
        let verdict = match &grounds.given {
            Some(given) => Verdict {
                outcome: given.outcome,
                reason: given.reason,
                note: given.note.clone(),
                findings: Vec::new(),
                held: Vec::new(),
            },
            None if self.sound(case, grounds) => self.judge(case, &observed, grounds),
            None => Verdict::broken("its grounds speak of what the contract does not have"),
        };
        Executed {
            verdict,
            grounds: grounds.clone(),
            earlier,
            observed,
            after,
            lines: Vec::new(),
            created: Vec::new(),
            spent: false,
            record: None,
        }
    }

    /// True if what is expected speaks of clauses and rows that there are: the file may come from anybody.
    fn sound(&self, case: &Case, grounds: &Grounds) -> bool {
        let contract = self.plan.contract();
        grounds.expected.iter().all(|(at, expect)| {
            let Some(step) = case.steps.get(*at) else { return false };
            let row = |r: &RowRef| {
                let rows = &contract.endpoints[step.endpoint].rows;
                rows.get(r.row).is_some_and(|row| r.field < row.fields.len())
            };
            match expect {
                Expect::Accept { may } => may.iter().all(row),
                Expect::Refuse { broken, rows, may, .. } => {
                    broken.iter().all(|c| *c < contract.clauses.len()) && rows.iter().chain(may).all(row)
                }
                Expect::Either { .. } => true,
            }
        })
    }

    fn judge(&self, case: &Case, observed: &[Observed], grounds: &Grounds) -> Verdict {
        let mut other = (!grounds.expected.is_empty()).then(|| case.clone());
        if let Some(other) = &mut other {
            for (at, expect) in &grounds.expected {
                if let Some(step) = other.steps.get_mut(*at) {
                    step.expect = expect.clone();
                }
            }
        }
        let verdict = super::judge(self.plan, &self.oracle, other.as_ref().unwrap_or(case), observed);
        match verdict.reason.filter(|_| grounds.repeated && verdict.outcome == Outcome::Inconclusive) {
            Some(reason) => {
                let at = observed.len().saturating_sub(1).min(case.steps.len() - 1);
                self.oracle.reproducible(case, at, (reason, observed.last()), usize::from(TRIES))
            }
            None => verdict,
        }
    }

    fn aside(&mut self, aside: &Aside) {
        let case = match aside.why {
            Why::Canary => self.canary(aside.of.as_deref()),
            Why::Catalogue => self.plan.find(&aside.case),
            Why::Confirm => self.found(aside).map(|at| (*self.tally.found[at].case).clone()),
            Why::Shrink => {
                let input = aside.input.as_ref().and_then(Input::from_value);
                input.and_then(|input| self.plan.written(&aside.case, &input))
            }
        };
        let Some(case) = case.filter(|case| *case.id == *aside.case) else {
            self.pending = Default::default();
            return self.differ(Difference::Stray(aside.case.clone()));
        };
        let mut executed = self.executed(&case, &aside.grounds);
        match (aside.why, self.found(aside)) {
            (Why::Confirm, Some(at)) => {
                self.tally.confirm(at, &executed);
            }
            (Why::Shrink, Some(at)) => {
                self.tally.shrink(at, case, &executed);
            }
            (Why::Canary | Why::Catalogue, _) => {
                let judged = executed.observed.last().filter(|_| executed.verdict.outcome != Outcome::Broken);
                let health = judged.map_or(Health::Down, |s| self.oracle.health(&case, s));
                self.sick |= aside.why == Why::Canary && health != Health::Good;
                self.tally.beside(&case, &mut executed);
            }
            _ => self.differ(Difference::Stray(aside.case.clone())),
        }
    }

    fn found(&self, aside: &Aside) -> Option<usize> {
        aside.at.filter(|at| *at < self.tally.found.len())
    }

    fn canary(&mut self, endpoint: Option<&str>) -> Option<Case> {
        let (at, _) = self.plan.contract().endpoint(endpoint?)?;
        let plan = self.plan;
        self.canaries.entry(at).or_insert_with(|| plan.canary(at)).clone()
    }
}
