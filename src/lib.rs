//! konform: contract conformance tests for HTTP/JSON APIs.
//!
//! `src/ARCHITECTURE.md` says which module may use which. The stable interface is the command line, the file formats and
//! the exit codes; this library is 0.x.

pub mod auth;
pub mod behaviour;
pub mod certificate;
pub mod cli;
pub mod contract;
pub mod crypto;
pub mod evidence;
pub mod exchange;
pub mod harness;
pub mod judge;
pub mod model;
pub mod plan;
pub mod qualify;
pub mod report;
pub mod runner;
pub mod sandbox;
pub mod schema;
