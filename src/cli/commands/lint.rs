//! `konform lint`: clauses, unknowns, gaps and conflicts of a contract; exit 2 with the line if it does not load.

use crate::cli::args::Lint;
use crate::cli::output::Output;
use crate::cli::{Failure, contracts};
use crate::contract::lint::report;
use crate::model::Exit;

pub(in crate::cli) fn lint(args: &Lint, out: &mut Output) -> Result<Exit, Failure> {
    // The sandbox's own file is part of what is looked at: its mistakes are shown here too.
    contracts::find(args.contract.as_deref(), Some(&contracts::sandbox_profile(args.contract.as_deref())?))?;
    let loaded = contracts::find(args.contract.as_deref(), None)?;
    out.text(&report(&loaded.contract, args.clauses));
    Ok(Exit::Green)
}
