//! Findings that somebody has taken the responsibility for, for a while.

use serde::{Deserialize, Serialize};

use super::clause::Source;

/// Days that a waiver may last.
pub const LONGEST: i64 = 90;

/// One waiver, as its file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// What it is about.
    pub selector: Selector,
    /// The check that speaks.
    pub check: String,
    /// Where.
    pub pointer: String,
    /// What comes instead; what differs from run to run by name.
    pub observed: String,
    /// Why it may stand.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who agreed, another than the owner; none makes it a proposal, which waives nothing.
    pub approver: Option<String>,
    /// Day from which it holds, `yyyy-mm-dd`.
    pub granted: String,
    /// Last day on which it holds, `yyyy-mm-dd`.
    pub expires: String,
    /// Where it is written.
    pub source: Source,
}

/// What a waiver is about: exactly one clause or one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Clause id.
    Clause(String),
    /// Case id.
    Case(String),
}

impl Selector {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Selector::Clause(id) | Selector::Case(id) => id,
        }
    }
}

/// What a run made of a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It covers what came.
    Matched,
    /// Its last day has passed; it covers nothing.
    Expired,
    /// Its clause or case ended conclusively without that failure: it can go.
    Unused,
    /// Its clause or case fails in another way than it says.
    Changed,
    /// Nobody has approved it; it covers nothing.
    Proposal,
    /// Nothing was learnt about it in this run.
    NotJudged,
}

impl State {
    /// True if somebody has to do something.
    #[must_use]
    pub fn red(self) -> bool {
        matches!(self, State::Expired | State::Unused | State::Changed | State::Proposal)
    }

    /// For people.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            State::Matched => "covers what came",
            State::Expired => "has expired: mend the target, or have it granted anew",
            State::Unused => "is not needed any more: remove it",
            State::Changed => "no longer matches: the failure has changed",
            State::Proposal => "has no approver: it is a proposal and covers nothing",
            State::NotJudged => "was not put to the test in this run",
        }
    }
}
