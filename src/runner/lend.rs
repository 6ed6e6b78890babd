//! Lends a case the fixtures that it needs: those that it ends for good, those that it may change for as long as it runs.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::Runner;
use super::pools::{CONFIRMATION, Pools, Without};
use crate::behaviour::{Moment, World};
use crate::exchange::{Filling, Transport};
use crate::model::fixture::Touch;
use crate::model::{Case, Expect, Observed, Outcome, Reason, Role, Verdict};

/// The number of a confirmation's first try.
pub(super) const CONFIRMING: u8 = 100;

/// The fixtures of a run while it runs.
#[derive(Debug)]
pub(super) struct Hands {
    pub(super) pools: Pools,
    /// By thing: whoever may change it is alone with it.
    locks: Vec<RwLock<()>>,
    /// Things that a case has ended though that was not planned, with the case.
    gone: Mutex<HashMap<usize, String>>,
}

impl Hands {
    /// Fixtures as they are shared out; `gone` are those that the part of the run before has ended without a plan.
    pub(super) fn new(pools: Pools, gone: &[(usize, String)]) -> Self {
        let gone = gone.iter().map(|(fixture, case)| (pools.thing(*fixture), case.clone())).collect();
        Self { locks: (0..pools.things()).map(|_| RwLock::new(())).collect(), gone: Mutex::new(gone), pools }
    }

    fn gone(&self, fixture: usize) -> Option<String> {
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        gone.get(&self.pools.thing(fixture)).cloned()
    }
}

/// Fixtures that a case has while it runs: the planned one and the one that it gets.
#[derive(Debug, Default)]
pub(super) struct Lent<'a> {
    pub(super) fixtures: Vec<(usize, usize)>,
    /// Given back when the case is through.
    _held: Vec<Held<'a>>,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held until it is dropped")]
enum Held<'a> {
    Shared(RwLockReadGuard<'a, ()>),
    Alone(RwLockWriteGuard<'a, ()>),
}

impl<T: Transport> Runner<T> {
    /// The fixtures, shared out among the cases of the whole plan unless somebody said among which.
    pub(super) fn hands(&self) -> &Hands {
        self.hands.get_or_init(|| Hands::new(Pools::new(&self.plan, self.plan.cases(), &[]), &[]))
    }

    /// The fixtures of a case for this try; waits for those that another case may be changing.
    pub(super) async fn lend(&self, case: &Case, attempt: u8) -> Result<Lent<'_>, Verdict> {
        let hands = self.hands();
        let pools = &hands.pools;
        if !case.fixtures.iter().any(|fixture| pools.literal(*fixture)) {
            return Ok(Lent::default());
        }
        let nth = if attempt >= CONFIRMING { CONFIRMATION } else { usize::from(attempt) };
        loop {
            let mut fixtures = pools.ended(case, nth).map_err(verdict)?.to_vec();
            let mut wanted: BTreeMap<usize, Touch> = BTreeMap::new();
            for (at, (fixture, touch)) in case.fixtures.iter().zip(&case.touches).enumerate() {
                if *touch == Touch::Ends || !pools.literal(*fixture) {
                    continue;
                }
                let member = self.share(case, *fixture, at + usize::from(attempt))?;
                let known = wanted.entry(pools.thing(member)).or_insert(*touch);
                *known = (*known).max(*touch);
                fixtures.push((*fixture, member));
            }
            let mut held = Vec::with_capacity(wanted.len());
            // Always in the same order, so that no two cases wait for each other.
            for (thing, touch) in wanted {
                let Some(lock) = hands.locks.get(thing) else { continue };
                held.push(match touch {
                    Touch::Reads => Held::Shared(lock.read().await),
                    Touch::Changes | Touch::Ends => Held::Alone(lock.write().await),
                });
            }
            // Whoever had it before may have ended it.
            if !fixtures.iter().any(|(_, member)| hands.gone(*member).is_some()) {
                return Ok(Lent { fixtures, _held: held });
            }
        }
    }

    /// One of the fixtures that cases share, by the case's name.
    fn share(&self, case: &Case, fixture: usize, turn: usize) -> Result<usize, Verdict> {
        let hands = self.hands();
        let (shared, name, says) = hands.pools.shared(fixture);
        let there: Vec<usize> = shared.iter().copied().filter(|member| hands.gone(*member).is_none()).collect();
        // FNV-1a: the same in every run.
        let hash = case
            .id
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let pick = |count: usize| usize::try_from(hash % count.max(1) as u64).unwrap_or_default() + turn;
        if let Some(member) = pick(there.len()).checked_rem(there.len()).and_then(|at| there.get(at)) {
            return Ok(*member);
        }
        Err(match shared.first().and_then(|member| hands.gone(*member)) {
            Some(by) => {
                let why = format!("the fixture `{name}` ({says}) is no longer as the profile says since {by}");
                Verdict::inconclusive(Reason::FixtureMissing, why)
            }
            None => verdict(Without::Short(format!("every fixture `{name}` ({says}) is used up by another case"))),
        })
    }

    /// The fixtures that a case has left otherwise than the profile says, though that was not planned: nobody else gets them.
    pub(super) fn spoilt(
        &self,
        case: &Case,
        lent: &Lent<'_>,
        base: &Filling<'_>,
        (world, now): (&World, &Moment),
        observed: &[Observed],
    ) -> Vec<usize> {
        let hands = self.hands();
        let mut spoilt = Vec::new();
        for (fixture, touch) in case.fixtures.iter().zip(&case.touches) {
            let Some((_, member)) = lent.fixtures.iter().find(|(planned, _)| planned == fixture) else { continue };
            // A call that nobody answered may have changed it, unless it was to be refused.
            let silent = || {
                case.steps.iter().zip(observed).any(|(step, seen)| {
                    let refused = step.role != Role::Setup && matches!(step.expect, Expect::Refuse { .. });
                    seen.answer.is_err() && !refused && self.plan.moves(step, *fixture)
                })
            };
            let (_, serial) = base.taken(*fixture);
            if *touch == Touch::Changes && (world.strays(*member, serial, now) || silent()) {
                spoilt.push(*member);
            }
        }
        let mut gone = hands.gone.lock().unwrap_or_else(PoisonError::into_inner);
        for member in &spoilt {
            gone.entry(hands.pools.thing(*member)).or_insert_with(|| case.id.to_string());
        }
        spoilt
    }
}

fn verdict(without: Without) -> Verdict {
    match without {
        Without::Short(why) => {
            Verdict { outcome: Outcome::NotApplicable, reason: None, note: why, findings: Vec::new(), held: Vec::new() }
        }
        Without::Lost(why) => Verdict::inconclusive(Reason::FixtureMissing, why),
    }
}
