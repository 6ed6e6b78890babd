//! Verdicts and findings.

use serde::{Deserialize, Serialize};

use super::clause::{ClauseIx, Level};
use super::observed::Reason;

/// How a case ended. Ordered for joining: the larger wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// Not chosen by the user, the mode or the environment.
    NotSelected,
    /// The contract or profile gives the case nothing to work with.
    NotApplicable,
    /// A set-up step failed.
    Blocked,
    /// Everything that was asserted holds.
    Pass,
    /// Nothing can be said; the reason stands beside.
    Inconclusive,
    /// A clause is broken.
    Fail,
    /// konform's own fault.
    Broken,
}

impl Outcome {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Outcome::NotSelected => "NOT_SELECTED",
            Outcome::NotApplicable => "NOT_APPLICABLE",
            Outcome::Blocked => "BLOCKED",
            Outcome::Pass => "PASS",
            Outcome::Inconclusive => "INCONCLUSIVE",
            Outcome::Fail => "FAIL",
            Outcome::Broken => "BROKEN",
        }
    }
}

/// Which check spoke; each is a file of `judge/` or a function in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`Check::word` names each")]
pub enum Check {
    Accepted,
    Refused,
    Status,
    Code,
    Message,
    Envelope,
    Header,
    Body,
    Field,
    Server,
    Trace,
    Fact,
    Encryption,
    Race,
    Leak,
    Served,
}

impl Check {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Check::Accepted => "accepted",
            Check::Refused => "refused",
            Check::Status => "status",
            Check::Code => "code",
            Check::Message => "message",
            Check::Envelope => "envelope",
            Check::Header => "header",
            Check::Body => "body",
            Check::Field => "field",
            Check::Server => "server",
            Check::Trace => "trace",
            Check::Fact => "fact",
            Check::Encryption => "encryption",
            Check::Race => "race",
            Check::Leak => "leak",
            Check::Served => "served",
        }
    }
}

/// One broken clause, as one check saw it at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The clause.
    pub clause: ClauseIx,
    /// How hard it is held.
    pub level: Level,
    /// Who saw it.
    pub check: Check,
    /// JSON pointer into the body, or `header:NAME`, or empty for the whole answer.
    pub pointer: String,
    /// What the contract makes us expect.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// Which exchange of the case.
    pub exchange: usize,
}

/// The judgement of one case.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// Set if something could not be said, also beside a failure.
    pub reason: Option<Reason>,
    /// One sentence on why, where there are no findings.
    pub note: String,
    /// The broken clauses.
    pub findings: Vec<Finding>,
    /// The clauses that were asserted and hold, once for each time.
    pub held: Vec<ClauseIx>,
}

impl Verdict {
    /// A verdict that asserts nothing, with its reason.
    #[must_use]
    pub fn inconclusive(reason: Reason, note: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Inconclusive,
            reason: Some(reason),
            note: note.into(),
            findings: Vec::new(),
            held: Vec::new(),
        }
    }

    /// konform's own fault.
    #[must_use]
    pub fn broken(note: impl Into<String>) -> Self {
        Self { outcome: Outcome::Broken, reason: None, note: note.into(), findings: Vec::new(), held: Vec::new() }
    }

    /// The hardest level among the findings.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.findings.iter().map(|f| f.level).max()
    }

    /// True if trying again could tell more.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.outcome == Outcome::Inconclusive
            && !matches!(self.reason, Some(Reason::EnvelopeNotFound | Reason::Outage | Reason::NotServed))
    }
}

/// A pointer with the numbers of array items left out: the same break in another item is the same finding.
#[must_use]
pub fn finding_place(pointer: &str) -> String {
    pointer
        .split('/')
        .map(|part| if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) { "*" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

/// What makes two findings of two runs the same: clause (and so endpoint), check and place.
#[must_use]
pub fn finding_identity(clause: &str, check: Check, pointer: &str) -> String {
    format!("{clause} {} {}", check.word(), finding_place(pointer))
}
