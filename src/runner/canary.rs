//! Known-good requests: they tell whether a target is there and well before its answers are judged.

use std::sync::Arc;
use std::time::Duration;

use super::Runner;
use super::executed::Executed;
use super::tally::Tally;
use crate::evidence::{Aside, Journal, JournalError, Why};
use crate::exchange::Transport;
use crate::judge::{self, Health};
use crate::model::observed::Answer;
use crate::model::{Case, Expect, Outcome, Reason, Verdict};

/// A canary that failed.
#[derive(Clone)]
pub(super) struct Sick {
    /// Refused with a documented input error.
    pub(super) input: bool,
    /// No complete answer at all.
    pub(super) down: bool,
    /// It was silent twice in a row: nothing more is sent.
    pub(super) given_up: bool,
    /// The target does not have the endpoint, or one that leads to it.
    pub(super) not_served: bool,
    /// konform itself broke on it.
    pub(super) broken: bool,
    /// What stands in the way of every request alike, where that is no doing of the target's.
    pub(super) between: Option<Reason>,
    pub(super) why: String,
}

impl Sick {
    pub(super) fn verdict(&self) -> Verdict {
        if self.broken {
            return Verdict::broken(self.why.clone());
        }
        let failed = match self {
            Sick { given_up: true, .. } => Reason::Outage,
            Sick { not_served: true, .. } => Reason::NotServed,
            _ => Reason::CanaryFailed,
        };
        let reason = self.between.unwrap_or(failed);
        Verdict::inconclusive(reason, self.why.clone())
    }
}

impl<T: Transport> Runner<T> {
    /// A known-good request; `Err` says what came instead of its acceptance.
    pub(super) async fn canary(
        &self,
        endpoint: usize,
        tally: &mut Tally,
        journal: &mut Journal,
    ) -> Result<Result<(), Sick>, JournalError> {
        // Without a known-good request there is nothing to tell health by.
        let Some(case) = self.plan.canary(endpoint) else { return Ok(Ok(())) };
        let asked = self.plan.contract().endpoints[endpoint].id.clone();
        let endpoint = case.endpoint;
        let mut sick = Sick {
            input: false,
            down: true,
            given_up: false,
            not_served: false,
            broken: false,
            between: None,
            why: String::new(),
        };
        for attempt in 0..3_u8 {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
            }
            let mut executed = self.once(&case, tally.canaries, attempt, attempt > 0).await;
            tally.canaries += 1;
            if executed.verdict.outcome == Outcome::Broken {
                let why = format!("a known-good {asked} request: {}", executed.verdict.note);
                Self::aside(Aside::of(Why::Canary, &case.id, &asked), &case, &mut executed, &mut *tally, journal)?;
                return Ok(Err(Sick { down: false, broken: true, why, ..sick }));
            }
            let health = executed.observed.last().map_or(Health::Down, |seen| self.oracle.health(&case, seen));
            let answered = executed.answered(self.plan.contract());
            let last = executed.observed.last();
            let missing = last.filter(|s| judge::not_served(self.plan.contract(), s)).map(|s| Arc::clone(&s.endpoint));
            Self::aside(Aside::of(Why::Canary, &case.id, &asked), &case, &mut executed, &mut *tally, journal)?;
            // What an answer may leave out is no illness, nor is a fixture that a case has ended.
            let gone = executed.observed.is_empty() && case.fixtures.iter().any(|f| self.hands().pools.literal(*f));
            if health == Health::Good || executed.verdict.outcome == Outcome::NotApplicable || gone {
                return Ok(Ok(()));
            }
            let not_served = missing.is_some();
            let between = executed.verdict.reason.filter(|reason| reason.between());
            sick = Sick {
                input: health == Health::Refusing { input: true },
                down: health == Health::Down && !not_served && between.is_none(),
                given_up: false,
                not_served,
                broken: false,
                between,
                why: match missing {
                    Some(missing) if *missing == *asked => format!("{asked} is not served: it got {answered}"),
                    Some(missing) => format!("{asked} needs {missing}, which is not served: it got {answered}"),
                    None => {
                        format!("a known-good {} request got {answered}", self.plan.contract().endpoints[endpoint].id)
                    }
                },
            };
            // A refusal in good order is no outage that might pass; what was asked for has been waited for.
            let waited = executed.observed.last().is_some_and(|s| s.answer.as_ref().is_ok_and(Answer::undone));
            let refusing = matches!(health, Health::Refusing { .. });
            let settled = not_served || refusing || waited || executed.spent || between.is_some();
            if self.stopped() || settled || executed.observed.is_empty() {
                break;
            }
        }
        Ok(Err(sick))
    }

    /// A batch before which the canary failed: of a target that refuses good requests with an input error, the legal requests
    /// are sent all the same, since that refusal is what they are there to find.
    pub(super) async fn sick_batch(self: &Arc<Self>, batch: &[Case], sick: &Sick) -> Vec<Executed> {
        let accept = |c: &Case| matches!(c.expect(), Expect::Accept { .. });
        let legal: Vec<Case> = batch.iter().filter(|c| sick.input && accept(c)).cloned().collect();
        let legal = Arc::new(legal);
        let mut sent = Self::collect(self.start(&legal, None)).await.into_iter();
        let mut one = |case: &Case| match sent.as_slice().first() {
            Some(_) if sick.input && accept(case) => sent.next(),
            _ => None,
        };
        batch.iter().map(|case| one(case).unwrap_or_else(|| Executed::without(sick.verdict()))).collect()
    }

    /// One known-good request.
    ///
    /// # Errors
    /// What came instead of its acceptance.
    pub async fn healthy(&self, endpoint: usize) -> Result<(), String> {
        let round = self.ambient.count();
        let Some(canary) = self.plan.canary(endpoint) else { return Ok(()) };
        let executed = self.settled(&canary, round).await;
        match executed.observed.last().map(|seen| self.oracle.health(&canary, seen)) {
            Some(Health::Good) => Ok(()),
            _ if executed.verdict.outcome == Outcome::NotApplicable => Ok(()),
            _ => Err(format!("a known-good request got {}", executed.answered(self.plan.contract()))),
        }
    }
}
