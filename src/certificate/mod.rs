//! Certificates: what a run came to, signed, so that a folder that is handed on can be believed.
//!
//! A certificate is an in-toto Statement about every file of the run folder, with a predicate of our own, in a DSSE envelope signed
//! with Ed25519 by whoever ran it. A countersignature is a second envelope about the first one, signed by another party after it has
//! judged the evidence again. Pure: no clock, no files; who calls brings both.

pub mod dsse;
pub mod flaw;
pub mod statement;

pub use dsse::Envelope;
pub use flaw::Flaw;
pub use statement::{Certificate, Clauses, Countersignature, Statement, Subject};
