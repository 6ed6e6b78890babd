//! How a case counts in the formats of others, which know less than seven outcomes: one mapping for all of them.

use super::records::Case;

/// How a case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Everything asserted holds.
    Passed,
    /// A clause is broken that does not fail the run: at SHOULD, waived, known from the baseline.
    Warned,
    /// A MUST clause is broken.
    Failed,
    /// Nothing could be said, or konform broke: never a pass, and no fault of the target's.
    Unclear,
    /// It did not run.
    Skipped,
}

impl Case {
    /// How it counts.
    pub(super) fn mark(&self) -> Mark {
        match self.outcome.as_str() {
            "PASS" => Mark::Passed,
            "FAIL" if self.accepted.is_some() || self.level.as_deref() == Some("SHOULD") => Mark::Warned,
            "FAIL" => Mark::Failed,
            "NOT_APPLICABLE" | "NOT_SELECTED" => Mark::Skipped,
            _ => Mark::Unclear,
        }
    }

    /// The word of a warning: waived, known, or its level.
    pub(super) fn warning(&self) -> &str {
        self.accepted.as_deref().unwrap_or("warning (SHOULD)")
    }

    /// Why nothing could be said: the reason, else the outcome.
    pub(super) fn why(&self) -> &str {
        self.reason.as_deref().unwrap_or(&self.outcome)
    }

    /// What a reader needs beside the word: clauses broken, else the sentence.
    pub(super) fn detail(&self) -> String {
        if self.broken.is_empty() { self.note.clone() } else { self.broken.join("\n") }
    }
}
