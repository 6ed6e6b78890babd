//! What is signed: an in-toto Statement v1 about files, with our predicate.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::dsse::Envelope;
use super::flaw::Flaw;
use crate::crypto::{Digest, SigningKey, VerifyingKey};
use crate::model::event::{ClauseRecord, Counts, Scope};
use crate::model::run::{Breadth, Capability};
use crate::model::{Level, Power};

/// in-toto's own type.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// A signed predicate, and what it is called.
pub trait Predicate: Serialize + DeserializeOwned {
    /// The predicate's type.
    const TYPE: &'static str;
    /// For people.
    const NAME: &'static str;
}

/// An in-toto statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement<P> {
    /// Always in-toto's.
    #[serde(rename = "_type")]
    pub kind: String,
    /// The files.
    pub subject: Vec<Subject>,
    /// What the predicate is.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What is said of them.
    pub predicate: P,
}

/// A file by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Path below the run folder, with `/`.
    pub name: String,
    /// Its digest.
    pub digest: Sha256,
}

/// A digest as in-toto writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sha256 {
    /// Hex.
    pub sha256: String,
}

/// A set of clauses, by its size and the SHA-256 over its sorted ids, a line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clauses {
    /// How many.
    pub count: usize,
    /// Hex.
    pub sha256: String,
}

impl Clauses {
    /// The MUST clauses that pass a test.
    #[must_use]
    pub fn of(clauses: &[ClauseRecord], test: impl Fn(&ClauseRecord) -> bool) -> Self {
        let mut ids: Vec<&str> =
            clauses.iter().filter(|c| c.level == Level::Must && test(c)).map(|c| c.id.as_str()).collect();
        ids.sort_unstable();
        let mut digest = Digest::default();
        for id in &ids {
            digest.line(id);
        }
        Self { count: ids.len(), sha256: digest.hex() }
    }
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// konform's version.
    pub suite: String,
    /// SHA-256 of the sources that planned and judged the run, hex; empty if the run does not name them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suite_digest: String,
    /// API id.
    pub contract: String,
    /// SHA-256 of the contract's files.
    pub contract_digest: String,
    /// Base address.
    pub target: String,
    /// SHA-256 of the profile.
    pub profile_digest: Option<String>,
    /// SHA-256 of the waivers.
    pub waivers_digest: Option<String>,
    /// Findings that waivers cover.
    pub waived: usize,
    /// Findings at SHOULD, which do not stand in the way.
    pub warnings: usize,
    /// What the target does not offer, by its profile.
    pub capabilities: Vec<Capability>,
    /// Which endpoints the profile says the target has, and which are out; none if it names no scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// MUST clauses of the contract, of the endpoints in scope.
    pub required: Clauses,
    /// Those that were put to the test, and hold or are waived.
    pub executed: Clauses,
    /// Those that were declared away.
    pub declared: Clauses,
    /// Cases by outcome.
    pub counts: Counts,
    /// Requests sent.
    pub exchanges: u64,
    /// Decides the plan.
    pub seed: u64,
    /// Decided identities.
    pub salt: String,
    /// How much was drawn.
    pub breadth: Breadth,
    /// SHA-256 over the ids of the planned cases.
    pub plan_digest: String,
    /// Number that the certifier gave.
    pub challenge: Option<String>,
    /// Root of the evidence.
    pub evidence_root: String,
    /// What the suite was measured to find with this contract, where it was.
    pub power: Option<Power>,
    /// When the run began, RFC 3339.
    pub started: String,
    /// From when it holds, RFC 3339.
    pub issued: String,
    /// Until when, RFC 3339.
    pub expires: String,
}

impl Predicate for Certificate {
    const TYPE: &'static str = "urn:konform:certificate:v1";
    const NAME: &'static str = "certificate";
}

/// That another party has judged the evidence again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countersignature {
    /// konform's version that judged.
    pub suite: String,
    /// SHA-256 of the sources that judged, hex.
    #[serde(default)]
    pub suite_digest: String,
    /// Root of the evidence that was judged.
    pub evidence_root: String,
    /// Cases judged.
    pub cases: u64,
    /// Exchanges judged.
    pub exchanges: u64,
    /// Name of the key that signed the certificate.
    pub certified_by: String,
    /// When, RFC 3339.
    pub issued: String,
}

impl Predicate for Countersignature {
    const TYPE: &'static str = "urn:konform:countersignature:v1";
    const NAME: &'static str = "countersignature";
}

impl<P: Predicate> Statement<P> {
    /// A statement about files.
    #[must_use]
    pub fn new(subject: Vec<Subject>, predicate: P) -> Self {
        Self { kind: STATEMENT.to_owned(), subject, predicate_type: P::TYPE.to_owned(), predicate }
    }

    /// Signs it; the envelope's JSON.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        // Plain data always has a JSON text.
        let payload = serde_json::to_vec(self).unwrap_or_default();
        serde_json::to_string_pretty(&Envelope::seal(&payload, key)).unwrap_or_default() + "\n"
    }

    /// Reads a signed statement, if this key signed it.
    ///
    /// # Errors
    /// [`Flaw`] that says why it is not to be believed.
    pub fn read(text: &[u8], key: &VerifyingKey) -> Result<Self, Flaw> {
        let envelope: Envelope = serde_json::from_slice(text).map_err(|e| Flaw::NoEnvelope(e.to_string()))?;
        let payload = envelope.open(key)?;
        let wanted = P::NAME;
        let other = |found: String| Flaw::NotOurs { wanted, found };
        let value: serde_json::Value = serde_json::from_slice(&payload).map_err(|e| other(e.to_string()))?;
        for (name, expected) in [("_type", STATEMENT), ("predicateType", P::TYPE)] {
            let found = value[name].as_str().unwrap_or_default();
            if found != expected {
                return Err(other(format!("`{name}` is `{found}`, not `{expected}`")));
            }
        }
        serde_json::from_slice(&payload).map_err(|e| other(e.to_string()))
    }
}
