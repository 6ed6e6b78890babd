//! Why a command could not do its work, and the exit code that says so.

use std::fmt::Display;
use std::io;

use crate::evidence::{Damage, JournalError};
use crate::model::Exit;

/// True if a file can't be written because of where it is to be.
fn misplaced(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{AlreadyExists, IsADirectory, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
    matches!(kind, AlreadyExists | IsADirectory | NotADirectory | NotFound | PermissionDenied | ReadOnlyFilesystem)
}

/// True if a file could be read and is broken evidence.
fn damage(source: &io::Error) -> bool {
    let damage = source.get_ref().and_then(|e| e.downcast_ref::<Damage>());
    damage.is_some_and(|damage| !matches!(damage, Damage::Io { .. }))
}

/// Why a command could not do its work. The message says what was found, what was expected and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The command line, the environment, a profile, a contract or a waiver asks for what can't be done.
    #[error("{0}")]
    Usage(String),
    /// A file or folder that the user named can't be read; with [`Damage`] for its source, its evidence was changed or is broken.
    #[error("failed to read {what}: {source}{hint}")]
    Read {
        /// The file, with the noun that says what it is.
        what: String,
        /// What the system said.
        source: io::Error,
        /// What to do, with the `; ` before it; empty where the system's words are enough.
        hint: &'static str,
    },
    /// A file could not be written: the disk is full, or the folder is not there.
    #[error("failed to write {what}: {source}")]
    Write {
        /// The file, with the noun that says what it is.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// Evidence could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A run folder was changed or is broken: what it says can't be gone by.
    #[error("{0}")]
    Damaged(String),
    /// The machine refused what every command needs: a port, a thread, randomness.
    #[error("failed to {what}: {why}")]
    Machine {
        /// What was tried, as a verb with its object.
        what: &'static str,
        /// What the system said.
        why: String,
    },
}

impl Failure {
    /// A mistake of the user's, from the error that tells it.
    pub(super) fn usage(why: impl Display) -> Self {
        Self::Usage(why.to_string())
    }

    /// A file that can't be read.
    pub(super) fn read(what: impl Display, source: io::Error) -> Self {
        Self::Read { what: what.to_string(), source, hint: "" }
    }

    /// A file that can't be written.
    pub(super) fn write(what: impl Display, source: io::Error) -> Self {
        Self::Write { what: what.to_string(), source }
    }

    /// What the machine refused.
    pub(super) fn machine(what: &'static str, why: impl Display) -> Self {
        Self::Machine { what, why: why.to_string() }
    }

    /// The same with a hint for a file that can't be read.
    pub(super) fn hint(self, text: &'static str) -> Self {
        match self {
            Self::Read { what, source, .. } => Self::Read { what, source, hint: text },
            other => other,
        }
    }

    /// The exit code that says so.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Read { source, .. } if damage(source) => Exit::Evidence,
            Self::Usage(_) | Self::Read { .. } => Exit::Usage,
            // The place that the user named can't take the file, whatever is written.
            Self::Write { source, .. } if misplaced(source.kind()) => Exit::Usage,
            Self::Write { .. } | Self::Journal(_) | Self::Damaged(_) => Exit::Evidence,
            Self::Machine { .. } => Exit::Harness,
        }
    }
}
