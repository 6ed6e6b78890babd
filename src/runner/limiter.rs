//! At most so many requests a second, evenly spaced.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Spaces requests.
#[derive(Debug)]
pub(super) struct Limiter {
    gap: Option<Duration>,
    next: Mutex<Option<Instant>>,
}

impl Limiter {
    pub(super) fn new(rate: Option<u32>) -> Self {
        Self { gap: rate.filter(|r| *r > 0).map(|r| Duration::from_secs(1) / r), next: Mutex::new(None) }
    }

    /// Waits for this request's turn.
    pub(super) async fn wait(&self) {
        let Some(gap) = self.gap else { return };
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let turn = next.map_or(now, |n| n.max(now));
            *next = Some(turn + gap);
            turn
        };
        tokio::time::sleep_until(turn).await;
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
}
