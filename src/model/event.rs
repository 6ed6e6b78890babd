//! What a run tells: reporters read these, never the runner's state.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clause::{Basis, Level, Source};
use super::observed::Reason;
use super::verdict::{Check, Outcome, finding_identity};
use super::waiver::State;

/// Something that happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The plan is made.
    Planned {
        /// Number of cases that will run.
        cases: u64,
    },
    /// A case has its verdict.
    Case(Arc<CaseRecord>),
    /// Something worth a line.
    Note(String),
}

/// A case and its verdict, as recorded.
#[derive(Clone, Debug, Serialize)]
pub struct CaseRecord {
    /// Case id.
    pub id: Arc<str>,
    /// What the contract expected: accept, refuse or either.
    pub expect: &'static str,
    /// Verdict.
    pub outcome: Outcome,
    /// Hardest level among its findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// `waived` or `known`, if each of its findings is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Cow<'static, str>>,
    /// Why nothing could be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// A sentence, where there are no findings to speak.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Clauses broken, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<String>,
    /// What the probe answered: status, code, message, and the shape of the body.
    pub saw: String,
    /// Headers of that answer, what differs from run to run by name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub headers: String,
    /// What it brought into being and did not undo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub created: Vec<String>,
    /// Exchanges, all tries.
    pub exchanges: usize,
    /// Requests of earlier tries that got no answer, or a gateway's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retried: u64,
    /// Time of the last try's probe, microseconds.
    pub micros: u64,
}

/// A broken clause with everything a reader needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FindingRecord {
    /// Number in this run, from 1.
    pub number: usize,
    /// Clause id.
    pub clause: String,
    /// How hard it is held.
    pub level: Level,
    /// Where the promise comes from.
    pub basis: Basis,
    /// The promise in words.
    pub says: String,
    /// Sibling or reason, where inferred.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Contract file and line.
    pub source: Source,
    /// Who saw it.
    pub check: Check,
    /// Where.
    pub pointer: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// What to look at.
    pub hint: String,
    /// How many cases show it.
    pub count: u64,
    /// How often the clause was asserted in this run, and how often it broke.
    pub rate: (u64, u64),
    /// The smallest case that shows it.
    pub case: String,
    /// Whether a second run of that case showed it again.
    pub confirmed: Confirmed,
    /// Body of the probe, secrets redacted.
    pub request: String,
    /// The answer in one line.
    pub answer: String,
    /// The command that replays it.
    pub replay: String,
    /// Whether it fails the run.
    #[serde(default)]
    pub standing: Standing,
    /// Who waived it and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<String>,
    /// Body that showed it first, where a smaller one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// What was drawn, where the case was: replayed from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<serde_json::Value>,
}

impl FindingRecord {
    /// What makes it the same finding in another run.
    #[must_use]
    pub fn identity(&self) -> String {
        finding_identity(&self.clause, self.check, &self.pointer)
    }
}

/// Whether a finding fails a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does.
    #[default]
    Open,
    /// Waivers cover every case that shows it.
    Waived,
    /// The baseline has it.
    Known,
}

/// A waiver and what the run made of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WaiverRecord {
    /// Clause or case id.
    pub about: String,
    /// What became of it.
    pub state: State,
    /// Findings of cases that it covers.
    pub matched: u64,
    /// What came instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<String>,
    /// Who answers for it.
    pub owner: String,
    /// Last day.
    pub expires: String,
    /// Where it is written.
    pub source: Source,
}

/// How often an endpoint had to be asked again, by what came instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetriedRecord {
    /// Endpoint id.
    pub endpoint: String,
    /// What came.
    pub reason: Reason,
    /// Requests.
    pub count: u64,
}

/// What a second run of a finding's case showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmed {
    /// The same clause broke again.
    Confirmed,
    /// It held: the target is nondeterministic there.
    NotReproduced,
    /// The case was not run again.
    NotRerun,
}

impl Confirmed {
    /// For people.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Confirmed::Confirmed => "confirmed by a second run",
            Confirmed::NotReproduced => "not reproduced by a second run: nondeterministic",
            Confirmed::NotRerun => "not run a second time",
        }
    }
}

/// How often each outcome occurred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Everything asserted holds.
    pub pass: u64,
    /// A clause is broken.
    pub fail: u64,
    /// Nothing can be said.
    pub inconclusive: u64,
    /// A set-up step failed.
    pub blocked: u64,
    /// konform's own fault.
    pub broken: u64,
    /// Nothing to work with.
    pub not_applicable: u64,
    /// Not chosen.
    pub not_selected: u64,
}

impl Counts {
    /// Counts one outcome.
    pub fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Pass => self.pass += 1,
            Outcome::Fail => self.fail += 1,
            Outcome::Inconclusive => self.inconclusive += 1,
            Outcome::Blocked => self.blocked += 1,
            Outcome::Broken => self.broken += 1,
            Outcome::NotApplicable => self.not_applicable += 1,
            Outcome::NotSelected => self.not_selected += 1,
        }
    }

    /// Cases that ran or should have.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.pass + self.fail + self.inconclusive + self.blocked + self.broken
    }
}

/// How one clause fared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClauseRecord {
    /// Clause id.
    pub id: String,
    /// Level.
    pub level: Level,
    /// Basis.
    pub basis: Basis,
    /// How often it was asserted.
    pub asserted: u64,
    /// How often it was broken.
    pub broken: u64,
    /// True if the profile says that the target does not offer it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub declared: bool,
    /// Why it was not exercised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How long the exchanges of one endpoint took, microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LatencyRecord {
    /// Endpoint id.
    pub endpoint: String,
    /// Exchanges that were answered.
    pub exchanges: u64,
    /// Median.
    pub p50: u64,
    /// 99th percentile.
    pub p99: u64,
    /// Longest.
    pub max: u64,
    /// True if the 99th percentile is beyond the profile's limit.
    pub slow: bool,
}

/// The endpoints that a profile says the target has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// How many.
    pub endpoints: usize,
    /// Of how many that the contract has.
    pub of: usize,
    /// Those that are out: nothing called, judged or counted them.
    pub out: Vec<String>,
}

impl Scope {
    /// "15 of 47 endpoints in scope", for every line that counts clauses.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} of {} endpoints in scope", self.endpoints, self.of)
    }
}

/// Endpoints that the target does not have, by its answers to known-good requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotServed {
    /// Their ids.
    pub endpoints: Vec<String>,
    /// Those that it does have.
    pub served: Vec<String>,
    /// True if the profile says which endpoints the target has.
    pub scoped: bool,
    /// What the contract has between host and path.
    pub base_path: String,
}

/// What a run came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Outcomes.
    pub counts: Counts,
    /// True if the run ended before its plan did.
    pub partial: bool,
    /// Broken clauses.
    pub findings: Vec<FindingRecord>,
    /// Waivers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<WaiverRecord>,
    /// MUST clauses that were neither exercised nor declared away; counted where that matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undeclared: Option<usize>,
    /// Every clause.
    #[serde(skip, default)]
    pub clauses: Vec<ClauseRecord>,
    /// Which endpoints the profile says the target has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Endpoints that the target turned out not to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_served: Option<NotServed>,
    /// What stood in the way, most frequent first.
    pub obstacles: Vec<(String, u64)>,
    /// First sentence about each obstacle.
    #[serde(skip, default)]
    pub notes: Vec<String>,
    /// Response times by endpoint.
    pub latency: Vec<LatencyRecord>,
    /// Requests sent.
    pub exchanges: u64,
    /// Answers by which the target asked for fewer requests (429).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub throttled: u64,
    /// Requests that got no answer, or a gateway's, and were sent again; a used connection that was closed just then is none of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retried: Vec<RetriedRecord>,
    /// Whole run, milliseconds.
    pub millis: u64,
    /// SHA-256 that ends the evidence chain, hex.
    pub root: String,
    /// Exit code.
    pub exit: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Summary {
    /// Cases of which nothing can be said since the target had stopped answering, or never answered at all; none where something else
    /// than the target stood in the way.
    #[must_use]
    pub fn outage(&self) -> u64 {
        let between = Reason::BETWEEN.map(|reason| format!("({})", reason.word()));
        if self.obstacles.iter().any(|(what, _)| between.iter().any(|word| what.ends_with(word))) {
            return 0;
        }
        if self.latency.is_empty() && self.exchanges > 0 {
            return self.obstacles.iter().map(|(_, count)| count).sum();
        }
        let word = format!("({})", Reason::Outage.word());
        self.obstacles.iter().filter(|(what, _)| what.ends_with(&word)).map(|(_, count)| count).sum()
    }

    /// MUST clauses that hold, of all MUST clauses, and how many were not exercised.
    #[must_use]
    pub fn must(&self) -> (usize, usize, usize) {
        let must = self.clauses.iter().filter(|c| c.level == Level::Must);
        let (mut hold, mut all, mut unexercised) = (0, 0, 0);
        for clause in must {
            all += 1;
            hold += usize::from(clause.asserted > 0 && clause.broken == 0);
            unexercised += usize::from(clause.asserted == 0);
        }
        (hold, all, unexercised)
    }
}
