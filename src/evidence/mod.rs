//! Evidence: what a run sent and got, and what it made of it, as a chain of lines that anybody can check and judge again.
//!
//! `evidence.jsonl` begins with a header (what was to be run, against what, made by what) and ends with a footer (how much there
//! is). Each line holds its number, the SHA-256 of the line before, and a record: an exchange, the case or aside that the exchanges before
//! it belong to, or the mark where a killed run was taken up again. The hash of the last line is the root. A chain proves that nothing
//! was changed since the root was written down, not who wrote it: that is what a certificate adds.
//!
//! [`Journal`] writes, [`Reader`] reads and checks; `archive` keeps large files compressed.

pub mod archive;
mod chain;
mod journal;
mod lines;
mod reader;
pub mod record;
#[cfg(test)]
mod testing;

pub use chain::Damage;
pub use journal::{Journal, JournalError};
pub use reader::{Reader, Trunk, trunk};
pub use record::{Aside, CaseLine, Footer, Grounds, Part, Record, Resumed, Why};
