//! Cases: what one test sends and what the contract makes of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clause::ClauseIx;
use super::fixture::Touch;
use super::hostile::Hostile;
use super::input::Input;
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
    Scenario,
    Crypto,
    Example,
    Unicode,
    Tamper,
    Race,
    Fuzz,
    Walk,
    Hostile,
}

impl Family {
    /// Every family, in the order they run.
    pub const ALL: [Family; 19] = [
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
        Family::Scenario,
        Family::Crypto,
        Family::Example,
        Family::Unicode,
        Family::Tamper,
        Family::Race,
        Family::Fuzz,
        Family::Walk,
        Family::Hostile,
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
            Family::Scenario => "scenario",
            Family::Crypto => "crypto",
            Family::Example => "example",
            Family::Unicode => "unicode",
            Family::Tamper => "tamper",
            Family::Race => "race",
            Family::Fuzz => "fuzz",
            Family::Walk => "walk",
            Family::Hostile => "hostile",
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
            Family::Scenario => "what an earlier call did, looked at by a later one",
            Family::Crypto => "encrypted requests: sound ones, and each way of not verifying",
            Family::Example => "the documentation's own test data",
            Family::Unicode => "named texts that break careless handling of characters and blanks",
            Family::Tamper => "bodies changed after signing, tokens and keys of others",
            Family::Race => "the same request from many connections at once",
            Family::Fuzz => "drawn requests: legal, with one violation, with several, and nearly legal",
            Family::Walk => "drawn sequences of calls, held against the model of their state",
            Family::Hostile => "bytes that no client should send",
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "expect")]
pub enum Expect {
    /// It satisfies every clause and nothing unknown is bent: it must be accepted.
    Accept {
        /// Rows about a state that nobody can tell from here: their refusal is no breach.
        may: Vec<RowRef>,
    },
    /// Known clauses are broken: it must be refused.
    Refuse {
        /// The clauses it breaks; for a rule about state, the row's clause.
        broken: Vec<ClauseIx>,
        /// The rows whose code must come back (any of them); empty where no source shows the code.
        rows: Vec<RowRef>,
        /// Rows that nobody can rule out: if one of them comes first, nothing can be said.
        may: Vec<RowRef>,
        /// Why another code says nothing: a value in the request that only the operator knows.
        doubt: Option<String>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// A failing attempt that is counted; made again until the row's code comes.
    Attempt,
    /// May be taken or not: if it is not, the case ends there.
    Trial,
    /// Undoes what an earlier step made; judged by nobody.
    Undo,
}

/// What an answer is to hold: the step is made again until it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Dotted path in the answer.
    pub path: String,
    /// What ends the wait.
    pub until: Until,
}

/// What a field of an answer is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Until {
    /// One of these words: the result of something that takes time. If none of them comes, the case is INCONCLUSIVE.
    Word(Vec<String>),
    /// No text of digits that begins with zero: written as a number it would have other digits. If no such text comes, the last one is
    /// used.
    NoLeadingZero,
}

impl Until {
    /// True if the text ends the wait.
    #[must_use]
    pub fn ends_with(&self, text: &str) -> bool {
        match self {
            Until::Word(words) => words.iter().any(|word| word == text),
            Until::NoLeadingZero => !text.starts_with('0'),
        }
    }
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
    /// Which of the endpoint's ways of showing who calls it takes.
    pub caller: usize,
    /// Which scheme of that way the change to the token is about.
    pub scheme: usize,
    /// Change to the token.
    pub token: TokenEdit,
    /// True if the body has a blank wherever JSON lets one stand, and is signed as it is.
    pub spaced: bool,
    /// How the body is encrypted.
    pub seal: Seal,
    /// How its bytes are spoilt.
    pub hostile: Option<Hostile>,
    /// What is waited for.
    pub poll: Option<Poll>,
    /// The row about state that the steps before, or the edits, bring about.
    pub state: Option<RowRef>,
    /// True if the step before is a trial that leaves out the same references and names what there is: this step is sent only where the
    /// target took that, so that leaving them out is legal.
    pub omission_taken: bool,
    /// What the contract says of it.
    pub expect: Expect,
}

/// How a step's body is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// As the run's mode and the endpoint's marks say.
    AsMarked,
    /// Encrypted whatever the marks say.
    Sealed,
    /// Encrypted with the contract's second content encryption.
    OtherContent,
    /// Spoilt in this way.
    Spoilt(Spoil),
}

/// A way of spoiling an encrypted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "`Spoil::word` names each")]
pub enum Spoil {
    UnknownKeyId,
    NoKeyId,
    Tag,
    Ciphertext,
    EncryptedKey,
    OtherAlg,
    OtherEnc,
    AlgNone,
    FourParts,
    WrongKey,
    NoJson,
    SwappedKey,
}

impl Spoil {
    /// Every way that needs one message alone.
    pub const ALL: [Spoil; 11] = [
        Spoil::UnknownKeyId,
        Spoil::NoKeyId,
        Spoil::Tag,
        Spoil::Ciphertext,
        Spoil::EncryptedKey,
        Spoil::OtherAlg,
        Spoil::OtherEnc,
        Spoil::AlgNone,
        Spoil::FourParts,
        Spoil::WrongKey,
        Spoil::NoJson,
    ];

    /// The word in case ids.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Spoil::UnknownKeyId => "unknown-key-id",
            Spoil::NoKeyId => "no-key-id",
            Spoil::Tag => "tampered-tag",
            Spoil::Ciphertext => "tampered-ciphertext",
            Spoil::EncryptedKey => "tampered-key",
            Spoil::OtherAlg => "other-alg",
            Spoil::OtherEnc => "other-enc",
            Spoil::AlgNone => "alg-none",
            Spoil::FourParts => "four-parts",
            Spoil::WrongKey => "wrong-key",
            Spoil::NoJson => "no-json",
            Spoil::SwappedKey => "swapped-key",
        }
    }
}

impl Step {
    /// A step that sends the baseline with edits.
    #[must_use]
    pub fn new(endpoint: usize, role: Role, edits: Vec<Edit>) -> Self {
        Self {
            endpoint,
            role,
            edits,
            headers: Vec::new(),
            caller: 0,
            scheme: 0,
            token: TokenEdit::Intact,
            spaced: false,
            omission_taken: false,
            seal: Seal::AsMarked,
            hostile: None,
            poll: None,
            state: None,
            expect: Expect::Either { why: String::new(), bare: false },
        }
    }
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
    /// Requests that undo what the case makes, sent after it was judged.
    pub undo: Vec<Step>,
    /// Fixtures that take part, as indexes into the contract's.
    pub fixtures: Vec<usize>,
    /// What the case does to each of them, in the same order.
    pub touches: Vec<Touch>,
    /// How often the probe is sent at once.
    pub race: Option<Race>,
    /// What was drawn, where the case can be made smaller.
    pub draw: Option<Draw>,
}

/// The probe from several connections at once.
#[derive(Clone, Debug)]
pub struct Race {
    /// Connections.
    pub copies: usize,
    /// What the contract says of all but the one that wins; none where all are taken alike.
    pub losers: Option<Expect>,
}

/// What a drawn case was drawn from: replayed, it gives the same case.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// Number of the draw within its endpoint and family; none for an input that was read from a file.
    pub number: Option<u32>,
    /// What was done to make it smaller: true for a try, false for taking the last one back.
    pub shrinks: Vec<bool>,
    /// What was drawn.
    pub input: Input,
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
