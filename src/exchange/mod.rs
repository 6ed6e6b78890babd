//! One request out, one answer in: `prepare` makes the bytes, a [`Transport`] carries them, `redact` turns both into what may
//! be judged and recorded; `coding` undoes content codings before anything looks at a body.
//!
//! Uses the network in `connect`, `http` and `wire` alone. Must not judge.

pub mod ambient;
mod answer;
mod coding;
mod connect;
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

use crate::model::observed::{Failure, Reason};

/// A complete answer, as it came.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    /// Version of HTTP; none for one that came over no wire.
    pub version: Option<&'static str>,
    /// HTTP status.
    pub status: u16,
    /// Headers in order; names as the transport gives them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body as it came: [`Redactor::observe`] undoes its content coding.
    pub body: Vec<u8>,
}

/// Bytes of an answer's body that are read unless somebody says otherwise, and that it may have once its content coding is undone.
pub const BODY_CAP: usize = 4 << 20;
/// Lines of an answer's head that are read.
pub const HEAD_LINES: usize = 5_000;
/// Bytes of an answer's head that are read.
pub const HEAD_BYTES: usize = 400 << 10;

/// An answer whose head is beyond what is read: a limit of konform's, no broken promise of the target's.
fn head_over_cap() -> Failure {
    let detail = format!("konform reads {HEAD_LINES} header lines and {} KB of head", HEAD_BYTES >> 10);
    Failure { reason: Reason::HeadOverCap, detail }
}

/// An answer whose body is larger than may be read.
fn over_cap(most: usize) -> Failure {
    Failure { reason: Reason::OverCap, detail: format!("more than {most} bytes (--max-body)") }
}

/// Carries prepared requests.
pub trait Transport: Send + Sync + 'static {
    /// Bytes of an answer's body that are read.
    fn most(&self) -> usize {
        BODY_CAP
    }

    /// Sends one request and reads its whole answer, or says why there is none.
    fn send(&self, request: &Prepared) -> impl Future<Output = Result<Raw, Failure>> + Send;
}
