//! `konform lint`: clauses, unknowns, gaps and conflicts of a contract; exit 2 with the line if it does not load.

use crate::cli::args::Lint;
use crate::cli::output::Output;
use crate::cli::{UsageError, contracts};
use crate::contract::lint::report;
use crate::model::Exit;

pub(in crate::cli) fn lint(args: &Lint, out: &mut Output) -> Result<Exit, UsageError> {
    let loaded = contracts::find(args.contract.as_deref(), None)?;
    out.text(&report(&loaded.contract, args.clauses));
    Ok(Exit::Green)
}
