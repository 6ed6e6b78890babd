//! The words that options of the command line take.

use clap::ValueEnum;

use crate::model::wire::Encrypt;

/// A place where a target may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Place {
    /// The platform's own playground
    Sandbox,
    /// An acceptance environment
    Uat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// A release gate: every deterministic family, a few draws
    Gate,
    /// A nightly run: whole catalogues, many draws and sequences
    Nightly,
    /// For a certificate: every case, no baseline, every MUST clause exercised or declared away
    Certification,
}

impl Mode {
    /// The word of the command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Mode::Gate => "gate",
            Mode::Nightly => "nightly",
            Mode::Certification => "certification",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum HttpVersion {
    /// HTTP/1.1
    #[value(name = "1.1")]
    OneOne,
    /// HTTP/2, by ALPN over TLS, by prior knowledge without
    #[value(name = "2")]
    Two,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EncryptWord {
    /// Those that the pages mark
    Marked,
    /// All
    Always,
    /// None
    Never,
}

impl From<EncryptWord> for Encrypt {
    fn from(word: EncryptWord) -> Self {
        match word {
            EncryptWord::Marked => Encrypt::Marked,
            EncryptWord::Always => Encrypt::Always,
            EncryptWord::Never => Encrypt::Never,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Snapshots {
    /// Where the target has snapshots, a difference is written beside them, as `.snap.new`, for `cargo insta review`
    Check,
    /// The snapshots are written, over what is there
    Update,
    /// Not looked at
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// A broken MUST clause
    Must,
    /// Any broken clause
    Should,
    /// A broken MUST clause; a request that had to be sent again (exit code 3)
    Retried,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    Cases,
    Endpoints,
    Clauses,
    LeftOut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    Human,
    Json,
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// konform's own results
    Json,
    /// JUnit XML
    Junit,
    /// SARIF 2.1.0, at the contract's lines
    Sarif,
    /// Common Test Report Format
    Ctrf,
    /// HTTP Archive 1.2, every exchange
    Har,
    /// Test Anything Protocol 14
    Tap,
    /// For a summary page or a comment
    Markdown,
    /// GitLab's code quality report
    Gitlab,
}

impl From<ReportFormat> for crate::report::Format {
    fn from(word: ReportFormat) -> Self {
        match word {
            ReportFormat::Json => Self::Json,
            ReportFormat::Junit => Self::Junit,
            ReportFormat::Sarif => Self::Sarif,
            ReportFormat::Ctrf => Self::Ctrf,
            ReportFormat::Har => Self::Har,
            ReportFormat::Tap => Self::Tap,
            ReportFormat::Markdown => Self::Markdown,
            ReportFormat::Gitlab => Self::GitLab,
        }
    }
}
