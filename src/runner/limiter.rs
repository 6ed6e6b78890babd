//! At most so many requests a second, evenly spaced; fewer while the target asks for that.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// By how much requests move apart each time the target asks for fewer.
const STEP: Duration = Duration::from_millis(5);
/// Longest space between requests that the target's asking leads to: what it asks to wait is waited besides.
const LONGEST: Duration = Duration::from_millis(200);

/// Spaces requests.
#[derive(Debug)]
pub(super) struct Limiter {
    gap: Duration,
    /// True while the target's asking is heeded.
    slowed: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the next request may go.
    next: Option<Instant>,
    /// Nothing goes before.
    until: Option<Instant>,
    /// Space that the target's asking has led to.
    gap: Duration,
}

impl Limiter {
    pub(super) fn new(rate: Option<u32>) -> Self {
        let gap = rate.filter(|r| *r > 0).map(|r| Duration::from_secs(1) / r).unwrap_or_default();
        Self { gap, slowed: AtomicBool::new(false), state: Mutex::default() }
    }

    /// Waits for this request's turn.
    pub(super) async fn wait(&self) {
        if self.gap.is_zero() && !self.slowed.load(Ordering::Relaxed) {
            return;
        }
        let turn = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let turn = [state.next, state.until].into_iter().flatten().fold(now, Instant::max);
            state.next = Some(turn + self.gap.max(state.gap));
            turn
        };
        tokio::time::sleep_until(turn).await;
    }

    /// The target asked for fewer requests: all wait so long, and stand further apart afterwards.
    pub(super) fn ask(&self, wait: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // What was under way when it first asked draws the same answer: that is one asking.
        if state.until.is_none_or(|until| until <= now) {
            // A target that wants to be asked again at once is hardly too busy.
            let step = if wait.is_zero() { STEP / 5 } else { STEP };
            state.gap = (state.gap + step).min(LONGEST);
            state.until = Some(now + wait.max(state.gap));
        } else {
            state.until = state.until.max(Some(now + wait));
        }
        self.slowed.store(true, Ordering::Relaxed);
    }

    /// The target answered: requests move closer together again.
    pub(super) fn answered(&self) {
        if !self.slowed.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.gap = state.gap * 19 / 20;
        if state.gap < STEP / 10 && state.until.is_none_or(|until| until <= Instant::now()) {
            *state = State { next: state.next, ..State::default() };
            self.slowed.store(false, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn spaces_requests_evenly() {
        let limiter = Limiter::new(Some(5));
        let start = Instant::now();
        for _ in 0..6 {
            limiter.wait().await;
        }
        assert_eq!(start.elapsed().as_millis() / 10, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_and_slows_down_while_the_target_asks_for_it() {
        let limiter = Limiter::new(None);
        let start = Instant::now();
        limiter.wait().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        // Several at once are one asking.
        (0..16).for_each(|_| limiter.ask(Duration::from_secs(2)));
        limiter.wait().await;
        assert_eq!(start.elapsed().as_millis(), 2000);
        limiter.wait().await;
        assert_eq!(start.elapsed().as_millis(), 2005);
        (0..100).for_each(|_| limiter.answered());
        limiter.wait().await;
        limiter.wait().await;
        assert_eq!(start.elapsed().as_millis(), 2005, "it is as fast as before");
    }
}
