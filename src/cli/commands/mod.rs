//! The commands, one file each.

pub(super) mod lint;
pub(super) mod list;
mod panel;
pub(super) mod replay;
pub(super) mod run;
pub(super) mod serve;
pub(super) mod show;
pub(super) mod try_it;

use super::UsageError;

/// Runs async work on a runtime of this machine's size.
fn block_on<T>(work: impl Future<Output = Result<T, UsageError>>) -> Result<T, UsageError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| UsageError(format!("failed to start the runtime: {e}")))?.block_on(work)
}
