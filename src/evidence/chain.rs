//! The chain: each line is bound to the one before it by that one's SHA-256.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::crypto;

/// What is wrong with an evidence file, in one sentence each.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// Not there, or not readable.
    #[error("failed to read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another line's hash stands in the next one.
    #[error("record {0} was changed: record {next} names another hash", next = .0 + 1)]
    Changed(u64),
    /// A number is left out.
    #[error("{} missing: record {found} follows record {after}", missing(*.after, *.found))]
    Missing {
        /// The record before the gap.
        after: u64,
        /// The record after it.
        found: u64,
    },
    /// A later record stands first.
    #[error("records have changed places: record {found} stands where record {expected} belongs")]
    Swapped {
        /// The number that stands there.
        found: u64,
        /// The number that belongs there.
        expected: u64,
    },
    /// The same number again.
    #[error("record {0} stands there twice")]
    Doubled(u64),
    /// No record at all.
    #[error("line {line} is no record: {why}")]
    Garbled {
        /// Line, from 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// The file begins with something else.
    #[error("the evidence does not begin with its header")]
    NoHeader,
    /// The end is missing.
    #[error(
        "the evidence has no footer: the run did not end, or its end was cut off (`konform run --resume` takes it up)"
    )]
    NoFooter,
    /// Something follows the end.
    #[error("record {0} follows the footer")]
    AfterFooter(u64),
    /// The footer counts otherwise.
    #[error("the footer counts {said} {what}, the evidence has {found}")]
    Count {
        /// Cases or exchanges.
        what: &'static str,
        /// The footer's number.
        said: u64,
        /// The file's.
        found: u64,
    },
}

fn missing(after: u64, found: u64) -> String {
    match found - after {
        2 => format!("record {} is", after + 1),
        _ => format!("records {} to {} are", after + 1, found - 1),
    }
}

/// The writing end.
pub(super) struct Chain {
    pub(super) seq: u64,
    pub(super) prev: String,
    line: Vec<u8>,
}

impl Chain {
    pub(super) fn new(seq: u64, prev: String) -> Self {
        Self { seq, prev, line: Vec::new() }
    }

    /// Writes a record's line and answers how many bytes it has.
    pub(super) fn write(&mut self, record: &[u8], out: &mut impl Write) -> io::Result<u64> {
        self.line.clear();
        write!(self.line, r#"{{"seq":{},"prev":"{}","record":"#, self.seq, self.prev)?;
        self.line.extend_from_slice(record);
        self.line.push(b'}');
        self.prev = crypto::hex(&crypto::sha256(&self.line));
        self.seq += 1;
        out.write_all(&self.line)?;
        out.write_all(b"\n")?;
        Ok(self.line.len() as u64 + 1)
    }
}

/// A line taken apart: number, hash of the one before, record.
pub(super) fn parts(line: &str) -> Option<(u64, &str, &str)> {
    let rest = line.strip_prefix(r#"{"seq":"#)?;
    let (seq, rest) = rest.split_once(r#","prev":""#)?;
    let (prev, rest) = rest.split_once(r#"","record":"#)?;
    Some((seq.parse().ok()?, prev, rest.strip_suffix('}')?))
}

/// The kind of a record.
pub(super) fn kind(record: &str) -> Option<&str> {
    record.strip_prefix(r#"{"kind":""#)?.split('"').next()
}

#[cfg(test)]
mod tests;
