//! What was found out on raw bytes before secrets were taken out, for judging later.

use super::clause::ClauseIx;

/// A comparison of an answer with the model; holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fact {
    /// The clause.
    #[serde(skip)]
    pub clause: ClauseIx,
    /// Its id.
    pub id: String,
    /// Whether it holds.
    pub holds: bool,
    /// JSON pointer into the answer.
    pub pointer: String,
    /// What the model makes us expect.
    pub expected: String,
    /// What came.
    pub actual: String,
}
