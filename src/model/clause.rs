//! Clauses: the atomic promises of a contract.

use serde::{Deserialize, Serialize};

/// Index of a clause in its contract; stable while the contract is loaded. Of all files evidence alone has it, which names the
/// contract's digest.
pub type ClauseIx = usize;

/// Where a promise comes from; decides how hard it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The API's own pages say it for this field.
    Documented,
    /// A public client shows it.
    Observed,
    /// A sibling's documented rule, or our reading of a row; names the sibling or says why.
    Inferred,
    /// konform's own rule: no 5xx, no hang, well-formed HTTP and JSON.
    Policy,
}

impl Basis {
    /// The level that a clause of this basis has unless its rule is softer.
    #[must_use]
    pub fn level(self) -> Level {
        match self {
            Basis::Documented | Basis::Policy => Level::Must,
            Basis::Observed | Basis::Inferred => Level::Should,
        }
    }

    /// The word used in contracts and reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Basis::Documented => "documented",
            Basis::Observed => "observed",
            Basis::Inferred => "inferred",
            Basis::Policy => "policy",
        }
    }
}

/// How hard a clause is held: a broken `Should` is a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, PartialOrd, Ord)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A break is a warning unless `--fail-on should`.
    Should,
    /// A break fails the run.
    Must,
}

/// What kind of promise a clause is; the word stands in its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each name is the word of the contract language that ARCHITECTURE.md explains")]
pub enum Rule {
    Presence,
    Type,
    Length,
    Value,
    Integer,
    Format,
    Enum,
    Charset,
    Verified,
    Trace,
    Status,
    Code,
    Message,
    Found,
    NoServerError,
    NoHang,
    NoRedirect,
    NoLeak,
    Json,
    ContentType,
    NoContent,
    Served,
    Refused,
    Lists,
    Page,
    Present,
    Equals,
    Encrypted,
    Opens,
    Authentic,
}

impl Rule {
    /// The word in clause ids and contracts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Rule::Presence => "presence",
            Rule::Type => "type",
            Rule::Length => "length",
            Rule::Value => "value",
            Rule::Integer => "integer",
            Rule::Format => "format",
            Rule::Enum => "enum",
            Rule::Charset => "charset",
            Rule::Verified => "verified",
            Rule::Trace => "trace",
            Rule::Status => "status",
            Rule::Code => "code",
            Rule::Message => "message",
            Rule::Found => "found",
            Rule::NoServerError => "no-server-error",
            Rule::NoHang => "no-hang",
            Rule::NoRedirect => "no-redirect",
            Rule::NoLeak => "no-leak",
            Rule::Json => "json",
            Rule::ContentType => "content-type",
            Rule::NoContent => "no-content",
            Rule::Served => "served",
            Rule::Refused => "refused",
            Rule::Lists => "lists",
            Rule::Page => "page",
            Rule::Present => "present",
            Rule::Equals => "equals",
            Rule::Encrypted => "encrypted",
            Rule::Opens => "opens",
            Rule::Authentic => "authentic",
        }
    }
}

/// Where in the contract files a clause is written; lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// File name as it was given or embedded.
    pub file: String,
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// One atomic promise.
#[derive(Clone, Debug, Serialize)]
pub struct Clause {
    /// `<endpoint>/<part>/<name>/<rule>`, for error rows `<endpoint>/errors/<code>/<rule>/<field>`.
    pub id: String,
    /// What kind of promise.
    pub rule: Rule,
    /// Where it comes from.
    pub basis: Basis,
    /// How hard it is held.
    pub level: Level,
    /// The promise in words.
    pub says: String,
    /// The sibling it is inferred from, or the reason of our reading; empty where documented.
    pub why: String,
    /// Where the contract says so.
    pub source: Source,
}

impl Clause {
    /// The endpoint's id, the first part of the clause id.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// The part of the endpoint that the clause belongs to: request, response, errors ...
    #[must_use]
    pub fn part(&self) -> &str {
        self.id.split('/').nth(1).unwrap_or_default()
    }
}
