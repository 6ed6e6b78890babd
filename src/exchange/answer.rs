//! Reads answers in HTTP/1.1 (RFC 9112) to requests that `wire` has written.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::limits::Limits;
use super::{HEAD_BYTES, HEAD_LINES, Raw, excess, head_over_cap, over_cap};
use crate::model::observed::{Failure, Reason};

/// Bytes of a chunk's first line, or of a trailer's, that are read.
const CHUNK_LINE: usize = 16 << 10;
/// Bytes that were read already and are kept before those that were not.
const SPENT: usize = 64 << 10;

/// How long the rest of a line that can't be read is waited for.
const LINE: Duration = Duration::from_millis(100);

/// A status line and its headers.
pub(super) struct Head {
    pub(super) status: u16,
    /// False for HTTP/1.0.
    one_one: bool,
    headers: Vec<(String, Vec<u8>)>,
}

impl Head {
    /// What the lines of a header list between commas, in lower case.
    fn words(&self, name: &str) -> Vec<String> {
        let own = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let mut out = Vec::new();
        for (_, value) in own {
            let text = String::from_utf8_lossy(value).to_ascii_lowercase();
            out.extend(text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned));
        }
        out
    }

    /// How the body's end is told (RFC 9112, 6.3).
    fn framing(&self) -> Result<Framing, Failure> {
        if matches!(self.status, 100..200 | 204 | 304) {
            return Ok(Framing::Nothing);
        }
        if let Some(last) = self.words("transfer-encoding").last() {
            return Ok(if last == "chunked" { Framing::Chunks } else { Framing::UntilClosed });
        }
        let lengths = self.words("content-length");
        let Some(first) = lengths.first() else { return Ok(Framing::UntilClosed) };
        let digits = !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit());
        if !digits || lengths.iter().any(|l| l != first) {
            let detail = format!("the header Content-Length is no length: {}", lengths.join(", ").escape_debug());
            return Err(Failure { reason: Reason::BadHttpHead, detail });
        }
        // A number that is too long for the machine is too long a body.
        Ok(Framing::Bytes(first.parse().ok()))
    }
}

enum Framing {
    Nothing,
    /// So many bytes; none for more than a machine can count.
    Bytes(Option<usize>),
    Chunks,
    UntilClosed,
}

/// Reads what comes over a connection.
pub(super) struct Reader<R> {
    from: R,
    buffer: Vec<u8>,
    /// Where what was not yet read begins.
    at: usize,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, buffer: Vec::with_capacity(4096), at: 0 }
    }

    /// What came and was not read.
    pub(super) fn left(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// Waits for more; false at the end.
    async fn more(&mut self) -> std::io::Result<bool> {
        if self.at > SPENT {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        Ok(self.from.read_buf(&mut self.buffer).await? > 0)
    }

    /// Waits for more of a body.
    async fn more_body(&mut self, why: &str) -> Result<(), Failure> {
        match self.more().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure { reason: Reason::TruncatedBody, detail: why.to_owned() }),
            Err(e) => Err(Failure { reason: Reason::TruncatedBody, detail: format!("{why}: {e}") }),
        }
    }

    /// Reads one answer to its end; what is interim (1xx) is passed over.
    pub(super) async fn answer(&mut self, limits: &Limits) -> Result<Raw, Failure> {
        loop {
            let head = self.head().await?;
            // What follows 101 is another protocol.
            if (100..200).contains(&head.status) && head.status != 101 {
                continue;
            }
            let body = match head.framing()? {
                Framing::Nothing => Vec::new(),
                Framing::Bytes(length) => self.bytes(length, limits.body).await?,
                Framing::Chunks => self.chunks(limits.body).await?,
                Framing::UntilClosed => self.until_closed(limits.body).await?,
            };
            let version = Some(if head.one_one { "HTTP/1.1" } else { "HTTP/1.0" });
            let excess = excess(head.status, &head.headers, body.len());
            return Ok(Raw { version, status: head.status, headers: head.headers, body, excess });
        }
    }

    pub(super) async fn head(&mut self) -> Result<Head, Failure> {
        loop {
            match head(self.left()) {
                Ok(Some((head, length))) => {
                    self.at += length;
                    return Ok(head);
                }
                Ok(None) => {}
                // To name the line that can't be read its end is wanted.
                Err(failure) if self.left().ends_with(b"\n") || self.left().len() > HEAD_BYTES => return Err(failure),
                Err(failure) => match tokio::time::timeout(LINE, self.more()).await {
                    Ok(Ok(true)) => continue,
                    _ => return Err(failure),
                },
            }
            if self.left().len() > HEAD_BYTES {
                return Err(head_over_cap());
            }
            let before = self.left().len();
            loop {
                match self.more().await {
                    Ok(true) => {}
                    Ok(false) => return Err(self.ended("the connection was closed before an answer")),
                    Err(e) => return Err(self.ended(&e.to_string())),
                }
                // A long head is looked at again only where a line has ended.
                if before < SPENT || self.left()[before..].contains(&b'\n') || self.left().len() > HEAD_BYTES {
                    break;
                }
            }
        }
    }

    /// The failure of a connection that ended before or within a head.
    fn ended(&self, detail: &str) -> Failure {
        let reason = if self.left().is_empty() { Reason::Reset } else { Reason::BadHttpHead };
        Failure { reason, detail: detail.to_owned() }
    }

    async fn bytes(&mut self, length: Option<usize>, most: usize) -> Result<Vec<u8>, Failure> {
        let length = length.filter(|l| *l <= most).ok_or_else(|| over_cap(most))?;
        while self.left().len() < length {
            let why = format!(
                "the header Content-Length says {length} bytes, and the connection was closed after {}",
                self.left().len()
            );
            self.more_body(&why).await?;
        }
        let body = self.left()[..length].to_vec();
        self.at += length;
        Ok(body)
    }

    async fn until_closed(&mut self, most: usize) -> Result<Vec<u8>, Failure> {
        loop {
            if self.left().len() > most {
                return Err(over_cap(most));
            }
            match self.more().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => return Err(Failure { reason: Reason::TruncatedBody, detail: e.to_string() }),
            }
        }
        let body = self.left().to_vec();
        self.at = self.buffer.len();
        Ok(body)
    }

    async fn chunks(&mut self, most: usize) -> Result<Vec<u8>, Failure> {
        const CUT: &str = "the connection was closed before the last chunk's end";
        let mut out = Vec::new();
        loop {
            let line = self.line(CUT).await?;
            let size = std::str::from_utf8(&line).ok().and_then(|text| {
                let digits = text.split(';').next().unwrap_or_default().trim();
                digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u64::from_str_radix(digits, 16).ok()).flatten()
            });
            let size = size.ok_or_else(|| bad_chunk(format!("a chunk begins with no size: {}", shown(&line))))?;
            if size == 0 {
                while !self.line(CUT).await?.is_empty() {}
                return Ok(out);
            }
            let size = usize::try_from(size).ok().filter(|size| *size <= most.saturating_sub(out.len()));
            let size = size.ok_or_else(|| over_cap(most))?;
            while self.left().len() < size + 2 {
                self.more_body(CUT).await?;
            }
            let (chunk, end) = self.left()[..size + 2].split_at(size);
            if end != b"\r\n" {
                return Err(bad_chunk(format!("no end of a line behind a chunk of {size} bytes")));
            }
            out.extend_from_slice(chunk);
            self.at += size + 2;
        }
    }

    /// The next line without its end.
    async fn line(&mut self, cut: &str) -> Result<Vec<u8>, Failure> {
        loop {
            if let Some(end) = self.left().iter().position(|byte| *byte == b'\n') {
                let line = self.left()[..end].to_vec();
                self.at += end + 1;
                let whole = line.strip_suffix(b"\r").map(<[u8]>::to_vec);
                return whole.ok_or_else(|| bad_chunk("a line ends without a carriage return".to_owned()));
            }
            if self.left().len() > CHUNK_LINE {
                return Err(bad_chunk(format!("a line of more than {CHUNK_LINE} bytes")));
            }
            self.more_body(cut).await?;
        }
    }
}

fn bad_chunk(detail: String) -> Failure {
    Failure { reason: Reason::BadChunk, detail }
}

/// Reads a head, and says how long it is; none if there is more to come.
fn head(buffer: &[u8]) -> Result<Option<(Head, usize)>, Failure> {
    // Few heads need room for all the lines that are read.
    let read = match parsed(buffer, 128) {
        Err(httparse::Error::TooManyHeaders) => match parsed(buffer, HEAD_LINES) {
            Err(httparse::Error::TooManyHeaders) => return Err(head_over_cap()),
            read => read,
        },
        read => read,
    };
    read.map_err(|e| Failure { reason: Reason::BadHttpHead, detail: format!("{e}{}", place(buffer)) })
}

/// Which line of a head can't be read. Of a header it says no more than the name: the value may be a secret.
fn place(buffer: &[u8]) -> String {
    let mut lines = buffer.split_inclusive(|byte| *byte == b'\n');
    let status = lines.next().unwrap_or_default();
    let readable = |head: &[u8]| parsed(head, 1).is_ok();
    if !readable(status) {
        return format!(" in the status line {}", shown(status));
    }
    // A line that begins with a blank goes on with the one before it.
    let mut spoilt = lines.enumerate().filter(|(_, line)| !readable(&[b"HTTP/1.1 200 OK\r\n", *line].concat()));
    let Some((at, line)) = spoilt.next() else { return String::new() };
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    format!(" in line {} of the headers: {}", at + 1, shown(name))
}

/// The beginning of what a target wrote.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    format!("`{}`", text.trim_end_matches(['\r', '\n']).chars().take(60).collect::<String>().escape_debug())
}

/// Reads a head of so many lines.
fn parsed(buffer: &[u8], lines: usize) -> Result<Option<(Head, usize)>, httparse::Error> {
    let mut slots = vec![httparse::EMPTY_HEADER; lines];
    let mut response = httparse::Response::new(&mut slots);
    let mut config = httparse::ParserConfig::default();
    // RFC 9112, 5.2: who receives a folded line reads it as one.
    config.allow_obsolete_multiline_headers_in_responses(true);
    match config.parse_response(&mut response, buffer)? {
        httparse::Status::Complete(at) => {
            let headers = response.headers.iter().map(|h| (h.name.to_owned(), h.value.to_vec())).collect();
            let status = response.code.unwrap_or_default();
            Ok(Some((Head { status, one_one: response.version == Some(1), headers }, at)))
        }
        httparse::Status::Partial => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// What is understood of a server's words.
    async fn understood(answer: &'static [u8]) -> Result<Raw, Failure> {
        let (mut server, client) = tokio::io::duplex(1);
        let words = async move {
            // Byte by byte: no reader may rely on whole parts.
            for byte in answer {
                if server.write_all(std::slice::from_ref(byte)).await.is_err() {
                    break;
                }
            }
        };
        // What reads them ends with the answer, and does not wait for words behind it.
        let reading = async move {
            let limits = Limits { body: 1000, ..Limits::default() };
            Reader::new(client).answer(&limits).await
        };
        tokio::join!(words, reading).1
    }

    #[tokio::test]
    async fn a_head_that_cannot_be_read_is_said_with_its_line() {
        for (answer, wanted) in [
            (&b"HTTP/1.1 200 OK\r\nA: 1\r\nContent-Type : x\r\n\r\n"[..], "line 2 of the headers: `Content-Type `"),
            (b"HTTP/1.1 200 OK\r\nX Y: 1\r\n\r\n", "line 1 of the headers: `X Y`"),
            (b"HTTP/1.1 200 OK\r\nA: 1\r\nno header\r\n\r\n", "line 2 of the headers: `no header`"),
            (b"HTTP/1.1 200 OK\r\nToken: hunter2\x01hunter2\r\n\r\n", "line 1 of the headers: `Token`"),
            (b"SSH-2.0-x\r\n\r\n", "the status line `SSH-2.0-x`"),
            (b"HTTP/1.1 20 OK\r\n\r\n", "the status line `HTTP/1.1 20 OK`"),
        ] {
            let failure = understood(answer).await.expect_err("no head");
            assert!(failure.detail.ends_with(&format!(" in {wanted}")), "{}", failure.detail);
            assert!(!failure.detail.contains("hunter2"), "{}", failure.detail);
        }
        let folded = understood(b"HTTP/1.1 204 No\r\nA: 1\r\n 2\r\nB: 3\r\n\r\n").await;
        assert!(folded.is_ok_and(|raw| raw.headers.len() == 2));
    }

    #[tokio::test]
    async fn answers_are_read_to_their_end() {
        for (answer, wanted) in [
            (&b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab"[..], Ok((200, &b"ab"[..]))),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n", Ok((400, b""))),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", Ok((200, b"abc"))),
            (b"HTTP/1.0 404 No\r\n\r\nto the end", Ok((404, b"to the end"))),
            (b"HTTP/1.1 204 No\r\n\r\n", Ok((204, b""))),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab", Err(Reason::TruncatedBody)),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\nab", Err(Reason::OverCap)),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", Err(Reason::BadChunk)),
            (b"", Err(Reason::Reset)),
            (b"SSH-2.0\r\n\r\n", Err(Reason::BadHttpHead)),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 5, 6\r\n\r\nabcdef", Err(Reason::BadHttpHead)),
        ] {
            let came = understood(answer).await;
            let came = came.as_ref().map(|raw| (raw.status, raw.body.as_slice())).map_err(|f| f.reason);
            assert_eq!(came, wanted, "{}", String::from_utf8_lossy(answer));
        }
    }
}
