//! What running a case came to: its verdict, its exchanges, and the evidence of them.

use std::sync::Arc;

use crate::contract::Contract;
use crate::evidence::record::{Given, exchange_line};
use crate::evidence::{Aside, Grounds, Journal, JournalError, Part};
use crate::judge;
use crate::model::{CaseRecord, Observed, Reason, Verdict};

/// What running a case came to.
#[derive(Debug)]
pub(crate) struct Executed {
    pub(crate) verdict: Verdict,
    /// What else than exchanges the verdict rests on.
    pub(crate) grounds: Grounds,
    /// Exchanges of earlier tries and looks.
    pub(crate) earlier: Vec<Observed>,
    /// Exchanges of the last try.
    pub(crate) observed: Vec<Observed>,
    /// Exchanges that undid what the case made.
    pub(crate) after: Vec<Observed>,
    /// Evidence of every exchange, one JSON line each.
    pub(crate) lines: Vec<Vec<u8>>,
    /// What it brought into being.
    pub(crate) created: Vec<String>,
    /// True if a request that moves money may have been carried out: it is not sent again.
    pub(crate) spent: bool,
    /// The record and its line of evidence, once made.
    pub(crate) record: Option<(Arc<CaseRecord>, Vec<u8>)>,
}

impl Executed {
    /// A case that was not sent.
    pub(super) fn without(verdict: Verdict) -> Self {
        Self {
            grounds: given(&verdict),
            verdict,
            earlier: Vec::new(),
            observed: Vec::new(),
            after: Vec::new(),
            lines: Vec::new(),
            created: Vec::new(),
            spent: false,
            record: None,
        }
    }

    /// Requests of all tries.
    pub(super) fn exchanges(&self) -> usize {
        self.earlier.len() + self.observed.len() + self.after.len()
    }

    /// Takes the verdict back: what was learnt since says that nothing can be said.
    pub(super) fn discount(&mut self, verdict: Verdict) {
        let ended = std::mem::take(&mut self.grounds.ended);
        self.grounds = Grounds { ended, ..given(&verdict) };
        self.verdict = verdict;
        self.record = None;
    }

    /// What the last exchange answered, or why there is none.
    pub(super) fn answered(&self, contract: &Contract) -> String {
        match self.observed.last() {
            Some(seen) => match &seen.answer {
                Ok(_) => judge::summary(seen, contract),
                Err(failure) => format!("no answer ({}: {})", failure.reason.word(), failure.detail),
            },
            None => self.verdict.note.clone(),
        }
    }

    /// Endpoint and reason of each request of an earlier try that got no answer, or a gateway's. Left out are those that a sound target may
    /// leave unanswered: hostile bytes, and a request on a used connection that was closed just then. 429 is counted apart.
    pub(super) fn retried(&self) -> impl Iterator<Item = (&Arc<str>, Reason)> {
        self.earlier.iter().filter(|seen| seen.hostile.is_none()).filter_map(|seen| {
            let reason = match &seen.answer {
                Err(failure) => Some(failure.reason).filter(|reason| seen.attempt > 0 || *reason != Reason::Reset),
                Ok(answer) => answer.passing().filter(|reason| *reason != Reason::Http429),
            };
            Some((&seen.endpoint, reason?))
        })
    }

    /// Takes another try: its verdict counts, what was before is evidence alone.
    pub(super) fn again(&mut self, mut again: Executed) {
        let looks = std::mem::take(&mut again.earlier);
        again.earlier = std::mem::take(&mut self.earlier);
        again.earlier.append(&mut self.observed);
        again.earlier.append(&mut self.after);
        again.earlier.extend(looks);
        again.created.append(&mut self.created);
        again.grounds.ended.append(&mut self.grounds.ended);
        again.spent |= self.spent;
        *self = again;
    }

    /// True if the last request got no answer at all, on a connection that may have been used before.
    pub(super) fn silent(&self) -> bool {
        let last = self.observed.last();
        last.is_some_and(|seen| {
            seen.hostile.is_none() && seen.answer.as_ref().is_err_and(|failure| failure.reason == Reason::Reset)
        })
    }

    /// Turns the exchanges into evidence lines.
    pub(super) fn seal(&mut self, case: &str) {
        let parts = [(Part::Earlier, &self.earlier), (Part::Judged, &self.observed), (Part::After, &self.after)];
        let all = parts.iter().flat_map(|(part, list)| list.iter().map(|seen| (*part, seen)));
        self.lines = all.enumerate().map(|(step, (part, seen))| exchange_line(case, step, part, seen)).collect();
    }

    /// Writes exchanges that belong to no case of the plan.
    pub(super) fn log(&mut self, mut aside: Aside, journal: &mut Journal) -> Result<(), JournalError> {
        self.seal(&aside.case);
        aside.created.clone_from(&self.created);
        aside.grounds.clone_from(&self.grounds);
        journal.aside(&aside, std::mem::take(&mut self.lines))
    }
}

pub(super) fn given(verdict: &Verdict) -> Grounds {
    let given = Given { outcome: verdict.outcome, reason: verdict.reason, note: verdict.note.clone() };
    Grounds { given: Some(given), ..Grounds::default() }
}
