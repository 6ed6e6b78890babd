//! Why the sandbox refuses a call.

use crate::contract::Row;

/// Why a call is refused.
pub(super) enum Refusal<'a> {
    /// A row of the contract says how.
    Row(&'a Row, String),
    /// No source says how: status and a sentence.
    Unseen(u16, String),
}
