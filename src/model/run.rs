//! What a run is, known before its first request: enough to judge it again, and to take it up where it was killed.

use serde::{Deserialize, Serialize};

use super::Power;

/// The header of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunHeader {
    /// konform's version.
    pub suite: String,
    /// SHA-256 of the sources that planned and judged, hex; empty in runs made before it was recorded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suite_digest: String,
    /// API id.
    pub contract: String,
    /// SHA-256 of the contract's files, hex.
    pub contract_digest: String,
    /// What `--contract` said, if anything.
    pub contract_given: Option<String>,
    /// Base address, or that it is the embedded sandbox.
    pub target: String,
    /// Base address; none for the embedded sandbox.
    pub address: Option<String>,
    /// Name of the target in snapshots.
    pub target_name: String,
    /// Profile file, if any.
    pub profile: Option<String>,
    /// SHA-256 of the profile, hex.
    pub profile_digest: Option<String>,
    /// Decides the plan.
    pub seed: u64,
    /// Decides identities.
    pub salt: String,
    /// gate, nightly or certification.
    pub mode: String,
    /// How much was drawn.
    pub breadth: Breadth,
    /// Which bodies were encrypted: marked, always or never.
    pub encrypt: String,
    /// Faults of the embedded sandbox, for demonstrations.
    pub faults: Vec<String>,
    /// Which cases were chosen.
    pub selection: Selected,
    /// What the run has to come up to.
    pub demands: Demands,
    /// Cases that will run.
    pub planned: u64,
    /// Cases that were not selected.
    pub not_selected: u64,
    /// SHA-256 over the ids of the planned cases in their order, a line each, hex.
    pub plan_digest: String,
    /// Start, UTC, RFC 3339.
    pub started: String,
    /// What the suite was measured to find with this contract, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<Power>,
    /// How the program was called.
    pub program: String,
    /// The run folder as it was named.
    pub folder: String,
    /// SHA-256 of the waivers, hex; their copy lies in the run folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waivers_digest: Option<String>,
    /// The file of waivers as it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waivers_file: Option<String>,
    /// SHA-256 of the baseline, hex; it lies in the run folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_digest: Option<String>,
    /// What the target does not offer, by its profile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<Capability>,
    /// A number that a certifier gave for this run.
    pub challenge: Option<String>,
}

/// Something that a target does not offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// Clauses that are declared away, as a glob.
    pub without: String,
    /// Why.
    pub reason: String,
}

/// How much a plan draws and how long its catalogues are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breadth {
    /// Drawn requests for each endpoint.
    pub fuzz: u32,
    /// Drawn sequences for each endpoint that changes something.
    pub walks: u32,
    /// Every text of the catalogue, headers too, and hostile bytes to every endpoint.
    pub wide: bool,
}

impl Breadth {
    /// For a release gate: what is worth most for its time.
    pub const GATE: Breadth = Breadth { fuzz: 8, walks: 3, wide: false };
    /// For a nightly run.
    pub const NIGHTLY: Breadth = Breadth { fuzz: 200, walks: 100, wide: true };
    /// For a certificate: every catalogue whole, draws enough to reach what only they reach.
    pub const CERTIFICATION: Breadth = Breadth { fuzz: 50, walks: 20, wide: true };
}

impl Default for Breadth {
    fn default() -> Self {
        Self::GATE
    }
}

/// Which cases were chosen, as globs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selected {
    /// Only these.
    pub only: Vec<String>,
    /// Not these.
    pub skip: Vec<String>,
    /// Only those that exercise these clauses.
    pub clause: Vec<String>,
}

impl Selected {
    /// True if some cases were chosen, and not all.
    #[must_use]
    pub fn some(&self) -> bool {
        [&self.only, &self.skip, &self.clause].into_iter().any(|globs| !globs.is_empty())
    }
}

/// What a run must come up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demands {
    /// Findings at SHOULD fail too.
    pub fail_on_should: bool,
    /// A request that had to be sent again fails the run as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fail_on_retried: bool,
    /// Smallest share of the clauses that must be exercised, percent.
    pub min_coverage: Option<u8>,
    /// A response time in milliseconds that the 99th percentile of no endpoint should exceed.
    pub slow_millis: Option<u64>,
}
