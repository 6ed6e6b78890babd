//! Writes HTTP/1.1 (RFC 9112) to the byte for requests that no HTTP client sends: bytes that are no HTTP, and heads without a header that
//! every client adds. Each has a connection of its own.

use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::answer::Reader;
use super::limits::Limits;
use super::stream::Stream;
use super::{Prepared, Raw};
use crate::model::Hostile;
use crate::model::observed::{Failure, Reason};

/// How long the slow body pauses between its parts.
const PAUSE: Duration = Duration::from_millis(150);

/// Between konform and the target.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way<'a> {
    /// The request is read by a proxy, so that it names the whole URL (RFC 9112, 3.2.2).
    pub(super) forwarded: bool,
    /// What the proxy is told of who sends it. It goes no further than the proxy, and so belongs to no request.
    pub(super) proxy_credentials: Option<&'a str>,
}

/// What goes over the socket, in order.
enum Part<'a> {
    Bytes(Vec<u8>),
    Body(&'a [u8]),
    Pause,
    /// Nothing more will be sent.
    Close,
}

/// Sends a request and reads what comes.
pub(super) async fn exchange(
    stream: Stream,
    request: &Prepared,
    way: Way<'_>,
    limits: &Limits,
) -> Result<Raw, Failure> {
    let (from, to) = tokio::io::split(stream);
    let mut reader = Reader::new(from);
    let writing = write(to, parts(request, way));
    let mut written = None;
    // A server may answer before it has read everything, and may want to be read before it reads on.
    let answered = {
        let reading = reader.answer(limits);
        tokio::pin!(writing, reading);
        loop {
            tokio::select! {
                biased;
                done = &mut writing, if written.is_none() => written = Some(done),
                answered = &mut reading => break answered,
            }
        }
    };
    answered.map_err(|failure| match written {
        Some(Err(e)) if failure.reason == Reason::Reset => Failure { detail: e.to_string(), ..failure },
        _ => failure,
    })
}

/// True if a server can tell where the request ends, as a client library sees to.
pub(super) fn framed(request: &Prepared) -> bool {
    let mut lengths = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = lengths.next().map(|(_, value)| value.as_str());
    let fits = length.map_or(request.body.is_empty(), |l| l.parse() == Ok(request.body.len()));
    fits && lengths.next().is_none()
}

async fn write<W: AsyncWrite + Unpin>(mut to: W, parts: Vec<Part<'_>>) -> std::io::Result<()> {
    for part in parts {
        match part {
            Part::Bytes(bytes) => to.write_all(&bytes).await?,
            Part::Body(bytes) => to.write_all(bytes).await?,
            Part::Pause => {
                to.flush().await?;
                tokio::time::sleep(PAUSE).await;
            }
            Part::Close => to.shutdown().await?,
        }
    }
    to.flush().await
}

/// What a URL has behind its authority: path and query, as they are written.
pub(super) fn origin(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("/", |at| &rest[at..])
}

fn parts<'a>(request: &'a Prepared, way: Way<'_>) -> Vec<Part<'a>> {
    let kind = request.hostile.filter(|kind| kind.raw());
    let end: &[u8] = if kind == Some(Hostile::BareLineFeeds) { b"\n" } else { b"\r\n" };
    let target = if way.forwarded { &request.url } else { origin(&request.url) };
    let mut bytes = Vec::with_capacity(1024 + request.body.len());
    let mut line = |parts: &[&str]| {
        for part in parts {
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes.extend_from_slice(end);
    };
    line(&[&request.method, " ", target, " ", request.version]);
    for (name, value) in &request.headers {
        line(&[name, ": ", value]);
    }
    if let Some(credentials) = way.proxy_credentials {
        line(&["Proxy-Authorization: ", credentials]);
    }
    line(&[]);
    let body = request.body.as_slice();
    let (first, second) = body.split_at(body.len() / 2);
    match kind {
        Some(Hostile::Chunks | Hostile::LengthAndChunks) => {
            for chunk in body.chunks(7) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
            vec![Part::Bytes(bytes)]
        }
        Some(Hostile::BadChunk) => {
            bytes.extend_from_slice(b"zz\r\n{}\r\n0\r\n\r\n");
            vec![Part::Bytes(bytes)]
        }
        Some(Hostile::SlowBody) => vec![Part::Bytes(bytes), Part::Body(first), Part::Pause, Part::Body(second)],
        Some(Hostile::Continue) => vec![Part::Bytes(bytes), Part::Pause, Part::Body(body)],
        Some(Hostile::EarlyClose) => vec![Part::Bytes(bytes), Part::Body(first), Part::Close],
        _ => {
            // Head and body in one piece: some servers and what stands before them read no further.
            bytes.extend_from_slice(body);
            vec![Part::Bytes(bytes)]
        }
    }
}

/// The status of a proxy's answer to CONNECT; what follows its head is the target's.
pub(super) async fn opened(stream: &mut Stream) -> Result<u16, Failure> {
    let mut reader = Reader::new(stream);
    let head = reader.head().await?;
    if reader.left().is_empty() || !(200..300).contains(&head.status) {
        return Ok(head.status);
    }
    Err(Failure { reason: Reason::Proxy, detail: "it answered more than a head".to_owned() })
}
