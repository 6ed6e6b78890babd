//! One request out, one answer in: `prepare` makes the bytes, a [`Transport`] carries them, `redact` turns both into what may
//! be judged and recorded; `coding` undoes content codings before anything looks at a body.
//!
//! Uses the network in `connect`, `http` and `wire` alone. Must not judge.

pub mod ambient;
mod answer;
mod coding;
mod connect;
mod fetch;
pub mod fill;
pub mod http;
mod leak;
mod limits;
pub mod prepare;
pub mod redact;
mod seal;
mod spoil;
mod stream;
pub mod target;
mod wire;

use std::future::Future;

pub use ambient::{Ambient, Clock};
pub use fetch::fetch;
pub use fill::{Catalogues, Filling, fill};
pub use prepare::{Means, Prepared, prepare};
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
    /// What was announced or sent as content of an answer that can have none.
    pub excess: Option<String>,
}

/// Bytes of an answer's body that are read unless somebody says otherwise, and that it may have once its content coding is undone.
pub const BODY_CAP: usize = 4 << 20;
/// Lines of an answer's head that are read.
pub const HEAD_LINES: usize = 2_000;
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

/// What is announced or sent as content of an answer that can have none: 204 ends with its head and announces nothing (RFC 9110, 8.6;
/// RFC 9112, 6.1), 205 has none either (RFC 9110, 15.3.6). A length of 0 announces nothing. Bytes behind a 204 are not looked for: no
/// client library shows them.
fn excess(status: u16, headers: &[(String, Vec<u8>)], bytes: usize) -> Option<String> {
    if matches!(status, 204 | 205) && bytes > 0 {
        return Some(format!("{status} with {bytes} bytes of content"));
    }
    if status != 204 {
        return None;
    }
    let announced = headers.iter().find(|(name, value)| {
        let text = String::from_utf8_lossy(value);
        let zero = || text.split(',').all(|part| part.trim().bytes().all(|b| b == b'0'));
        name.eq_ignore_ascii_case("transfer-encoding") || (name.eq_ignore_ascii_case("content-length") && !zero())
    })?;
    let name = announced.0.to_ascii_lowercase();
    Some(format!("{status} with {name}: {}", String::from_utf8_lossy(&announced.1).escape_debug()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_where_none_can_be_is_noticed_and_nothing_else() {
        let length = |value: &str| vec![("Content-Length".to_owned(), value.as_bytes().to_vec())];
        let chunked = vec![("Transfer-Encoding".to_owned(), b"chunked".to_vec())];
        for (status, headers, bytes, wanted) in [
            (204, length("2"), 0, Some("204 with content-length: 2")),
            (204, length("0, 2"), 0, Some("204 with content-length: 0, 2")),
            (204, chunked.clone(), 0, Some("204 with transfer-encoding: chunked")),
            (204, Vec::new(), 3, Some("204 with 3 bytes of content")),
            (205, length("2"), 2, Some("205 with 2 bytes of content")),
            (204, length("0"), 0, None),
            (204, Vec::new(), 0, None),
            (205, chunked.clone(), 0, None),
            (304, length("20"), 0, None),
            (200, chunked, 3, None),
        ] {
            assert_eq!(excess(status, &headers, bytes).as_deref(), wanted, "{status} {headers:?}");
        }
    }
}
