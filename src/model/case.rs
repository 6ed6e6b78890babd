//! Cases: what one test sends and what the contract makes of it.

use std::sync::Arc;

use serde::Serialize;

use super::clause::ClauseIx;
use super::template::{Edit, HeaderEdit, TokenEdit};

/// A family of cases; its word is the second part of a case id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words are explained in `Family::purpose`")]
pub enum Family {
    Valid,
    Presence,
    Length,
    Type,
    Value,
    Format,
    Charset,
    Header,
    Token,
    Error,
    Example,
}

impl Family {
    /// Every family, in the order they run.
    pub const ALL: [Family; 11] = [
        Family::Valid,
        Family::Presence,
        Family::Length,
        Family::Type,
        Family::Value,
        Family::Format,
        Family::Charset,
        Family::Header,
        Family::Token,
        Family::Error,
        Family::Example,
    ];

    /// The word in case ids.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Family::Valid => "valid",
            Family::Presence => "presence",
            Family::Length => "length",
            Family::Type => "type",
            Family::Value => "value",
            Family::Format => "format",
            Family::Charset => "charset",
            Family::Header => "header",
            Family::Token => "token",
            Family::Error => "error",
            Family::Example => "example",
        }
    }

    /// What the family sends, in a few words.
    #[must_use]
    pub fn purpose(self) -> &'static str {
        match self {
            Family::Valid => "legal requests: every field, required fields only, each optional field in turn",
            Family::Presence => "each field absent and null",
            Family::Length => "each string empty, blank and at, below and above its limits, in three scripts",
            Family::Type => "each field with every other JSON type",
            Family::Value => "numbers at their exact bounds, words and their near misses",
            Family::Format => "texts of legal length that are no such date, time or pattern",
            Family::Charset => "texts of legal length with characters outside the set",
            Family::Header => "each request header absent, empty, too short, too long, malformed",
            Family::Token => "requests signed wrongly or not at all",
            Family::Error => "each documented error, with the steps that bring it about",
            Family::Example => "the documentation's own test data",
        }
    }
}

/// What a case does to the target; environments allow some hazards only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hazard {
    /// Looks things up.
    Read,
    /// Creates or changes records.
    Create,
    /// Moves money.
    Money,
}

/// What the contract says of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "expect")]
pub enum Expect {
    /// It satisfies every clause and nothing unknown is bent: it must be accepted.
    Accept,
    /// Known clauses are broken: it must be refused.
    Refuse {
        /// The clauses it breaks; for a rule about state, the row's clause.
        #[serde(skip)]
        broken: Vec<ClauseIx>,
        /// The rows whose code must come back (any of them); empty where no source shows the code.
        #[serde(skip)]
        rows: Vec<RowRef>,
        /// True if even the shape of the refusal is unseen (headers, tokens): only "not accepted, no 5xx" is held.
        bare: bool,
    },
    /// Nobody knows; recorded, and held only to what holds for every answer.
    Either {
        /// Why nobody knows.
        why: String,
        /// True if even the shape of a refusal is unseen.
        bare: bool,
    },
}

/// An error row of the endpoint as it applies to one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RowRef {
    /// Index into the endpoint's rows.
    pub row: usize,
    /// Index into the row's fields.
    pub field: usize,
}

/// What a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Brings about what the case needs; if it fails the case is blocked.
    Setup,
    /// The request under test.
    Probe,
}

/// One request of a case: the endpoint's baseline with edits.
#[derive(Clone, Debug)]
pub struct Step {
    /// Index of the endpoint in the contract.
    pub endpoint: usize,
    /// What it is for.
    pub role: Role,
    /// Changes to the baseline body.
    pub edits: Vec<Edit>,
    /// Changes to headers.
    pub headers: Vec<HeaderEdit>,
    /// Change to the token.
    pub token: TokenEdit,
    /// The row about state that the steps before, or the edits, bring about.
    pub state: Option<RowRef>,
    /// What the contract says of it.
    pub expect: Expect,
}

/// One test.
#[derive(Clone, Debug)]
pub struct Case {
    /// `<endpoint>::<family>::<location.path>::<variant>`.
    pub id: Arc<str>,
    /// Its family.
    pub family: Family,
    /// Index of the endpoint under test.
    pub endpoint: usize,
    /// The clauses that it was planned to exercise.
    pub clauses: Vec<ClauseIx>,
    /// The clause of the request that a legal case is there for.
    pub aim: Option<ClauseIx>,
    /// What it does to the target.
    pub hazard: Hazard,
    /// Requests in order; the last is the probe.
    pub steps: Vec<Step>,
}

impl Case {
    /// The request under test.
    #[must_use]
    pub fn probe(&self) -> &Step {
        // The planner never makes a case without steps.
        &self.steps[self.steps.len() - 1]
    }

    /// What the contract says of the request under test.
    #[must_use]
    pub fn expect(&self) -> &Expect {
        &self.probe().expect
    }
}
