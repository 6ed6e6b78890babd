//! Makes a drawn case that shows a finding smaller by sending smaller ones: each with fresh identities, so many and for so long
//! at most.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Runner, Tally};
use crate::evidence::{Aside, Journal, JournalError, Why};
use crate::exchange::Transport;
use crate::model::Case;
use crate::model::verdict::Check;
use crate::plan::Smaller;

/// Requests for one finding at most.
const TRIES: u64 = 600;
/// Time for one finding at most.
const TIME: Duration = Duration::from_mins(1);
/// Steps that lead nowhere before it is given up.
const STEPS: usize = 5_000;
/// Keeps the identities of these tries apart from those of other rounds.
const ROUND: u64 = 1 << 40;

impl<T: Transport> Runner<T> {
    /// Shrinks the case of a finding that a second run has confirmed.
    pub(super) async fn shrink(&self, at: usize, tally: &mut Tally, journal: &mut Journal) -> Result<(), JournalError> {
        let original = Arc::clone(&tally.found[at].case);
        let written = |case: &Case| case.draw.as_ref().map(|d| d.input.to_value().to_string()).unwrap_or_default();
        let mut failing = HashSet::from([written(&original)]);
        let mut passing = HashSet::new();
        let mut shrinks = vec![true];
        // What draws no answer, or a gateway's, shows so by the same end of several tries.
        let unanswered = tally.found[at].finding.check == Check::Server;
        let (started, mut tries) = (Instant::now(), 0);
        while shrinks.len() < STEPS && tries < TRIES && started.elapsed() < TIME && !self.stopped() {
            let candidate = match self.plan.smaller(&original, &shrinks) {
                Smaller::Case(case) => Some(case),
                Smaller::Unfit => None,
                // Taking a step back may have been the end of a search: another step may still lead on.
                Smaller::Nothing if shrinks.last() == Some(&false) => {
                    shrinks.push(true);
                    continue;
                }
                Smaller::Nothing => break,
            };
            let fails = match candidate {
                None => false,
                Some(case) if failing.contains(&written(&case)) => true,
                Some(case) if passing.contains(&written(&case)) => false,
                Some(case) => {
                    tries += 1;
                    let round = ROUND + ((at as u64) << 20) + tries;
                    let mut executed = self.once(&case, round, 0, true).await;
                    if unanswered {
                        executed = self.persist(&case, executed, round).await;
                    }
                    let input = case.draw.as_ref().map(|d| d.input.to_value());
                    executed.log(Aside::about(Why::Shrink, &case.id, at, input), journal)?;
                    let text = written(&case);
                    let shows = tally.shrink(at, *case, &executed);
                    if shows {
                        failing.insert(text)
                    } else {
                        passing.insert(text)
                    };
                    shows
                }
            };
            // After a step that leads on comes another; after one that does not, it is taken back and what is then there tried.
            shrinks.push(fails);
        }
        Ok(())
    }
}
