//! Detection power: how many wrong servers the suite tells from right ones, and for what that was measured.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What `konform qualify` has counted over a whole contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Power {
    /// Mutants of the contract that some case noticed.
    pub killed: usize,
    /// Mutants tried, without those that nobody could tell from the contract.
    pub mutants: usize,
    /// Mutants that nobody could tell from the contract.
    pub equivalent: usize,
    /// Implementation faults that the case family made for them noticed.
    pub faults_found: usize,
    /// Implementation faults tried.
    pub faults: usize,
    /// Clauses that some case reaches; mutants are made of these.
    pub reached: usize,
    /// Clauses of the contract.
    pub clauses: usize,
    /// gate, nightly or certification.
    pub mode: String,
    /// Seed of the plan.
    pub seed: u64,
    /// SHA-256 of the sources that planned and judged, hex.
    pub suite_digest: String,
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { killed, mutants, faults_found, faults, reached, clauses, mode, seed, .. } = self;
        write!(f, "{killed} of {mutants} mutants of {reached} clauses and {faults_found} of {faults} ")?;
        write!(
            f,
            "implementation faults found, mode {mode}, seed {seed}; {} clauses no case reaches",
            clauses - reached
        )
    }
}
