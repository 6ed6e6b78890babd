//! What an exchange may take: time, and bytes of a body.

use std::time::Duration;

use super::BODY_CAP;

/// Limits of every exchange.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Until the connection stands.
    pub connect: Duration,
    /// Whole exchange, connection included.
    pub whole: Duration,
    /// Bytes of a body that are read.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), whole: Duration::from_secs(10), body: BODY_CAP }
    }
}
