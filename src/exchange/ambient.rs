//! What differs from run to run: clock, salt, counter. Everything else in a request follows from contract and seed.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, FixedOffset, TimeZone, Utc};

use crate::model::wire::Zone;

/// The source of wall-clock time.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// Always this instant, in milliseconds since 1970; for tests and reproducible output.
    Fixed(i64),
}

/// Clock, salt and request counter of one run.
#[derive(Debug)]
pub struct Ambient {
    clock: Clock,
    salt: u64,
    counter: AtomicU64,
}

impl Ambient {
    /// Identities and trace numbers follow from `salt`; two runs with different salts share none.
    #[must_use]
    pub fn new(clock: Clock, salt: u64) -> Self {
        // Fibonacci hashing spreads neighbouring salts over the counter's range.
        Self { clock, salt, counter: AtomicU64::new(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16) }
    }

    /// The run's salt.
    #[must_use]
    pub fn salt(&self) -> u64 {
        self.salt
    }

    /// The next request number.
    pub fn count(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }

    /// Now, in UTC.
    #[must_use]
    pub fn utc(&self) -> DateTime<Utc> {
        match self.clock {
            Clock::System => Utc::now(),
            Clock::Fixed(millis) => Utc.timestamp_millis_opt(millis).single().unwrap_or_default(),
        }
    }

    /// Now, in the zone that requests use.
    #[must_use]
    pub fn now(&self, zone: &Zone) -> DateTime<FixedOffset> {
        let utc = self.utc();
        match FixedOffset::east_opt(zone.offset_seconds) {
            Some(offset) => utc.with_timezone(&offset),
            None => utc.fixed_offset(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::format::stamp;

    #[test]
    fn stamps_follow_the_zone_and_the_pattern() {
        let ambient = Ambient::new(Clock::Fixed(1_667_876_894_608), 1);
        let now = ambient.now(&Zone { name: "KST".to_owned(), offset_seconds: 9 * 3600 });
        let mut out = String::new();
        stamp("yyyyMMddHHmmssSSS yyMMddHHmmss-x", &now, &mut out);
        assert_eq!(out, "20221108120814608 221108120814-x");
    }

    #[test]
    fn numbers_never_repeat_within_a_run() {
        let ambient = Ambient::new(Clock::System, 7);
        let first = ambient.count();
        assert_eq!(ambient.count(), first + 1);
    }
}
