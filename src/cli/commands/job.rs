//! A run before its first request or taken up: its cases, their number, and the fixtures that they share.

use std::path::PathBuf;
use std::sync::Arc;

use super::inputs;
use crate::cli::Failure;
use crate::cli::args::Run;
use crate::cli::chosen::Chosen;
use crate::cli::config::Config;
use crate::crypto;
use crate::evidence::Journal;
use crate::model::{Case, Json, RunHeader};
use crate::plan::Plan;
use crate::runner::{Accepted, Pools, Tally};

/// A run that stands ready: nothing was sent yet, or some of it.
pub(super) struct Job {
    pub(super) config: Config,
    pub(super) plan: Plan,
    pub(super) chosen: Chosen,
    /// Cases from files, which run first.
    pub(super) saved: Vec<Case>,
    pub(super) header: RunHeader,
    pub(super) folder: PathBuf,
    pub(super) journal: Journal,
    /// Findings that do not fail it.
    pub(super) accepted: Arc<Accepted>,
    /// The fixtures that are at the target once, shared out among the cases.
    pub(super) pools: Pools,
    /// What a killed run has come to.
    pub(super) past: Option<Past>,
}

/// What a killed run has come to.
pub(super) struct Past {
    pub(super) tally: Tally,
    /// Cases that are done.
    pub(super) done: u64,
    /// Fixtures that it has ended without a plan, each with the case that did.
    pub(super) ended: Vec<(usize, String)>,
    /// Requests that the contract does not clearly allow and that were not refused, each with its endpoint.
    pub(super) doubtful: Vec<(usize, Json)>,
    /// True if it was killed: the last requests that it sent are not in its evidence.
    pub(super) killed: bool,
}

/// The inputs that `--save-failures` has kept.
pub(super) fn saved(args: &Run, config: &Config, plan: &Plan) -> Result<Vec<Case>, Failure> {
    let read = |folder: &PathBuf| inputs::read(folder, plan, &config.contract.id);
    Ok(args.save_failures.as_ref().map(read).transpose()?.unwrap_or_default())
}

/// Cases that will run, cases that were not selected, and the digest of the former.
pub(super) fn count(config: &Config, chosen: &Chosen, plan: &Plan, saved: &[Case]) -> (u64, u64, String) {
    let (mut planned, mut not_selected, mut digest) = (0, 0, crypto::Digest::default());
    for case in saved {
        planned += 1;
        digest.line(&case.id);
    }
    for case in plan.cases() {
        if chosen.takes(&case, plan) && config.allows(&case) {
            planned += 1;
            digest.line(&case.id);
        } else {
            not_selected += 1;
        }
    }
    (planned, not_selected, digest.hex())
}

/// The fixtures that are at the target once, shared out among the cases that will run; `cuts` say how many were done each time the run
/// was killed.
pub(super) fn pools(config: &Config, chosen: &Chosen, plan: &Plan, saved: &[Case], cuts: &[u64]) -> Pools {
    let planned = plan.cases().filter(|case| chosen.takes(case, plan) && config.allows(case));
    Pools::new(plan, saved.iter().cloned().chain(planned), cuts)
}
