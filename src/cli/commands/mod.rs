//! The commands, one file each.

mod acceptance;
pub(super) mod certify;
pub(super) mod check;

pub(super) mod clean;
pub(super) mod coverage;
pub(super) mod diff;
pub(super) mod init;
mod inputs;
mod job;
pub(super) mod keygen;
pub(super) mod lint;
pub(super) mod list;
pub(super) mod manual;
mod panel;
pub(super) mod qualify;
pub(super) mod rejudge;
pub(super) mod replay;
pub(super) mod report;
mod resume;
pub(super) mod run;
pub(super) mod serve;
pub(super) mod show;
mod signed;
pub(super) mod try_it;
pub(super) mod verify;

use super::Failure;
use crate::model::Case;
use crate::model::json::printable;
use crate::plan::Plan;

/// Runs async work on a runtime of this machine's size.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| Failure::machine("start the threads", e))?.block_on(work)
}

/// The case with this id, or an error that names the nearest one.
fn find_case(plan: &Plan, id: &str) -> Result<Case, Failure> {
    plan.find(id).ok_or_else(|| {
        let near = plan.cases().min_by_key(|case| strsim::damerau_levenshtein(&case.id, id));
        let hint = near
            .filter(|case| strsim::damerau_levenshtein(&case.id, id) <= 12)
            .map(|case| format!("did you mean `{}`? ", case.id))
            .unwrap_or_default();
        Failure::Usage(format!("no case `{}` in this contract: {hint}`konform list` shows all", printable(id)))
    })
}
