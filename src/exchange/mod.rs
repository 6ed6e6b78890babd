//! One request out, one answer in: `prepare` makes the bytes, a [`Transport`] carries them, `redact` turns both into what may
//! be judged and recorded.
//!
//! Uses the network in `http` and `wire` alone. Must not judge.

pub mod ambient;
pub mod http;
mod leak;
pub mod prepare;
pub mod redact;
mod seal;
mod spoil;
pub mod target;
mod wire;

use std::future::Future;

pub use ambient::{Ambient, Clock};
pub use prepare::{Catalogues, Filling, Means, Prepared, fill, prepare};
pub use redact::Redactor;
pub use target::Target;

use crate::model::observed::Failure;

/// A complete answer, as it came.
#[derive(Clone, Debug)]
pub struct Raw {
    /// HTTP status.
    pub status: u16,
    /// Headers in order; names as the transport gives them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body, whatever its coding.
    pub body: Vec<u8>,
}

/// Carries prepared requests.
pub trait Transport: Send + Sync + 'static {
    /// Sends one request and reads its whole answer, or says why there is none.
    fn send(&self, request: &Prepared) -> impl Future<Output = Result<Raw, Failure>> + Send;
}
