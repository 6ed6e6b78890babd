//! Field constraints at work: does a value satisfy them (`check`), which
//! text has exactly this length (`compose`), what a server may answer (`example`).
//!
//! Pure functions over [`crate::model::Field`]; knows no requests, no verdicts, no network.

pub mod check;
pub mod compose;
pub mod draw;
pub mod example;

pub use check::{Judged, State, Units, check, check_header};

#[cfg(test)]
mod testing;
