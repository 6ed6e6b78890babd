//! Exit codes.

/// How a command ends. The highest in this order wins: `Usage`, `Harness`, `Evidence`, `Broken`, `Unclear`, `Waiver`,
/// `Coverage`, `Green`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Exit {
    /// Every MUST clause that ran holds.
    Green,
    /// Fewer clauses were exercised than `--min-coverage` asks for.
    Coverage,
    /// A waiver has expired, is not needed any more, no longer matches or was never approved.
    Waiver,
    /// Inconclusive or blocked cases stand in the way, or the run was cut short.
    Unclear,
    /// A MUST clause is broken (`--fail-on should`: any).
    Broken,
    /// Evidence is damaged, or a file or the output could not be written.
    Evidence,
    /// konform itself broke, or the machine gave it no port, thread or randomness.
    Harness,
    /// Usage, configuration, or no case selected.
    Usage,
}

impl Exit {
    /// The exit with this code; of none that is known, that konform broke.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        let all = [Exit::Green, Exit::Broken, Exit::Usage, Exit::Unclear, Exit::Waiver, Exit::Coverage, Exit::Evidence];
        all.into_iter().find(|exit| exit.code() == code).unwrap_or(Exit::Harness)
    }

    /// The process exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Green => 0,
            Exit::Broken => 1,
            Exit::Usage => 2,
            Exit::Unclear => 3,
            Exit::Harness => 4,
            Exit::Waiver => 5,
            Exit::Coverage => 6,
            Exit::Evidence => 7,
        }
    }
}

/// The table of exit codes, as a literal for `concat!`.
macro_rules! exit_table {
    () => {
        "\
Exit codes:
  0  every MUST clause that ran holds
  1  a MUST clause is broken (with --fail-on should: any clause)
  2  usage, configuration, or no case selected
  3  inconclusive or blocked cases stand in the way, or the run was cut short
  4  konform itself broke, or the machine gave it no port, thread or randomness
  5  a waiver has expired, is not needed any more, no longer matches, or has no approver
  6  fewer clauses were exercised than --min-coverage asks for
  7  evidence is damaged, or a file or the output could not be written
The highest wins in this order: 2, 4, 7, 1, 3, 5, 6, 0."
    };
}
pub(crate) use exit_table;
