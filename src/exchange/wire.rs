//! Requests that no HTTP client sends, over a socket of their own: one request, one answer, plain TCP.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::http::Limits;
use super::{HEAD_BYTES, HEAD_LINES, Prepared, Raw, head_over_cap};
use crate::model::Hostile;
use crate::model::observed::{Failure, Reason};

/// How long the slow body pauses between its parts.
const PAUSE: Duration = Duration::from_millis(150);
/// Bytes of the long header's value.
const LONG: usize = 200_000;
/// Headers of the request that has too many.
const MANY: usize = 2_000;

/// What goes over the socket, in order.
enum Part {
    Bytes(Vec<u8>),
    Pause,
    /// Nothing more will be sent.
    Close,
}

/// Sends a hostile request and reads what comes.
pub(super) async fn send(request: &Prepared, kind: Hostile, limits: &Limits) -> Result<Raw, Failure> {
    let failed = |reason: Reason, e: &dyn std::fmt::Display| Failure { reason, detail: e.to_string() };
    let url = url::Url::parse(&request.url).map_err(|e| failed(Reason::Connect, &e))?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().unwrap_or(80);
    let connecting = tokio::time::timeout(limits.connect, TcpStream::connect((host.as_str(), port)));
    let mut stream =
        connecting.await.map_err(|e| failed(Reason::Connect, &e))?.map_err(|e| failed(Reason::Connect, &e))?;
    let authority = url.authority();
    let path = &url[url::Position::BeforePath..];
    let mut written = Ok(());
    for part in parts(request, kind, (authority, path)) {
        match part {
            Part::Bytes(bytes) => written = stream.write_all(&bytes).await,
            Part::Pause => tokio::time::sleep(PAUSE).await,
            Part::Close => written = stream.shutdown().await,
        }
        // A server may answer and close before it has read everything: its answer is what counts.
        if written.is_err() {
            break;
        }
    }
    read(&mut stream, limits).await.map_err(|failure| match written {
        Err(e) if failure.detail.is_empty() => failed(Reason::Reset, &e),
        _ => failure,
    })
}

fn parts(request: &Prepared, kind: Hostile, (authority, path): (&str, &str)) -> Vec<Part> {
    let own = request.wire.method.as_str();
    let method = match kind {
        Hostile::OtherMethod if own == "POST" => "DELETE",
        Hostile::OtherMethod => "POST",
        Hostile::UnknownMethod => "FROBNICATE",
        _ => own,
    };
    let version = if kind == Hostile::BadVersion { "HTTP/9.7" } else { "HTTP/1.1" };
    let mut head = vec![format!("{method} {path} {version}")];
    if kind != Hostile::NoHost {
        head.push(format!("Host: {authority}"));
    }
    let times = if kind == Hostile::RepeatedHeaders { 2 } else { 1 };
    for (name, value) in &request.headers {
        head.extend(std::iter::repeat_n(format!("{name}: {value}"), times));
    }
    let body = request.body.as_slice();
    let length = format!("Content-Length: {}", body.len());
    let chunked = || "Transfer-Encoding: chunked".to_owned();
    match kind {
        Hostile::Chunks | Hostile::BadChunk => head.push(chunked()),
        Hostile::LengthAndChunks => head.extend([length, chunked()]),
        Hostile::TwoLengths => head.extend([length, format!("Content-Length: {}", body.len() + 7)]),
        Hostile::BadLength => head.push("Content-Length: -1x".to_owned()),
        _ => head.push(length),
    }
    match kind {
        Hostile::LongHeader => head.push(format!("X-Long: {}", "a".repeat(LONG))),
        Hostile::ManyHeaders => head.extend((0..MANY).map(|n| format!("X-Many-{n}: {n}"))),
        Hostile::ControlInHeader => head.push("X-Control: a\0b\x01\x7f".to_owned()),
        Hostile::Continue => head.push("Expect: 100-continue".to_owned()),
        _ => {}
    }
    head.push("Connection: close".to_owned());
    let end = if kind == Hostile::BareLineFeeds { "\n" } else { "\r\n" };
    let mut bytes = (head.join(end) + end + end).into_bytes();
    let half = body.len() / 2;
    match kind {
        Hostile::Chunks | Hostile::LengthAndChunks => {
            for chunk in body.chunks(7) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
            vec![Part::Bytes(bytes)]
        }
        Hostile::BadChunk => {
            bytes.extend_from_slice(b"zz\r\n{}\r\n0\r\n\r\n");
            vec![Part::Bytes(bytes)]
        }
        Hostile::SlowBody => {
            bytes.extend_from_slice(&body[..half]);
            vec![Part::Bytes(bytes), Part::Pause, Part::Bytes(body[half..].to_vec())]
        }
        Hostile::Continue => vec![Part::Bytes(bytes), Part::Pause, Part::Bytes(body.to_vec())],
        Hostile::EarlyClose => {
            bytes.extend_from_slice(&body[..half]);
            vec![Part::Bytes(bytes), Part::Close]
        }
        _ => {
            bytes.extend_from_slice(body);
            vec![Part::Bytes(bytes)]
        }
    }
}

/// Reads one answer to its end; what is interim (1xx) is passed over.
async fn read(stream: &mut TcpStream, limits: &Limits) -> Result<Raw, Failure> {
    let mut buffer = Vec::with_capacity(4096);
    loop {
        let (status, headers, body_at) = loop {
            if let Some(head) = head(&buffer)? {
                break head;
            }
            if buffer.len() > HEAD_BYTES {
                return Err(head_over_cap());
            }
            more(stream, &mut buffer).await?.ok_or_else(|| Failure {
                reason: if buffer.is_empty() { Reason::Reset } else { Reason::BadHttpHead },
                detail: "the connection was closed before an answer".to_owned(),
            })?;
        };
        buffer.drain(..body_at);
        if (100..200).contains(&status) {
            continue;
        }
        let body = body(stream, buffer, &headers, status, limits.body).await?;
        return Ok(Raw { status, headers, body });
    }
}

type Head = (u16, Vec<(String, Vec<u8>)>, usize);

fn head(buffer: &[u8]) -> Result<Option<Head>, Failure> {
    // Few heads need room for all the lines that are read.
    match parsed(buffer, 128) {
        Err(httparse::Error::TooManyHeaders) => match parsed(buffer, HEAD_LINES) {
            Err(httparse::Error::TooManyHeaders) => Err(head_over_cap()),
            read => heard(read),
        },
        read => heard(read),
    }
}

/// Reads a head of so many lines.
fn parsed(buffer: &[u8], lines: usize) -> Result<Option<Head>, httparse::Error> {
    let mut slots = vec![httparse::EMPTY_HEADER; lines];
    let mut response = httparse::Response::new(&mut slots);
    let mut config = httparse::ParserConfig::default();
    // RFC 9112, 5.2: who receives a folded line reads it as one.
    config.allow_obsolete_multiline_headers_in_responses(true);
    match config.parse_response(&mut response, buffer)? {
        httparse::Status::Complete(at) => {
            let headers = response.headers.iter().map(|h| (h.name.to_owned(), h.value.to_vec())).collect();
            Ok(Some((response.code.unwrap_or_default(), headers, at)))
        }
        httparse::Status::Partial => Ok(None),
    }
}

fn heard(read: Result<Option<Head>, httparse::Error>) -> Result<Option<Head>, Failure> {
    read.map_err(|e| Failure { reason: Reason::BadHttpHead, detail: e.to_string() })
}

async fn body(
    stream: &mut TcpStream,
    mut buffer: Vec<u8>,
    headers: &[(String, Vec<u8>)],
    status: u16,
    most: usize,
) -> Result<Vec<u8>, Failure> {
    let header = |name: &str| {
        let found = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, v)| String::from_utf8_lossy(v).trim().to_ascii_lowercase())
    };
    let truncated = || Failure {
        reason: Reason::TruncatedBody,
        detail: "the connection was closed before the body's end".to_owned(),
    };
    let over = |bytes: usize| Failure { reason: Reason::OverCap, detail: format!("more than {bytes} bytes") };
    if status == 204 || status == 304 {
        return Ok(Vec::new());
    }
    if header("transfer-encoding").is_some_and(|v| v.contains("chunked")) {
        let mut out = Vec::new();
        loop {
            match httparse::parse_chunk_size(&buffer) {
                Ok(httparse::Status::Complete((at, size))) => {
                    let size = usize::try_from(size).unwrap_or(usize::MAX);
                    if size > most.saturating_sub(out.len()) {
                        return Err(over(most));
                    }
                    while buffer.len() < at + size + 2 {
                        more(stream, &mut buffer).await?.ok_or_else(truncated)?;
                    }
                    if size == 0 {
                        return Ok(out);
                    }
                    out.extend_from_slice(&buffer[at..at + size]);
                    buffer.drain(..at + size + 2);
                }
                Ok(httparse::Status::Partial) => more(stream, &mut buffer).await?.ok_or_else(truncated)?,
                Err(_) => {
                    return Err(Failure { reason: Reason::BadChunk, detail: "no chunk size".to_owned() });
                }
            }
        }
    }
    let length = header("content-length").and_then(|v| v.parse::<usize>().ok());
    if length.is_some_and(|l| l > most) {
        return Err(over(most));
    }
    while length.is_none_or(|l| buffer.len() < l) {
        if buffer.len() > most {
            return Err(over(most));
        }
        match (more(stream, &mut buffer).await?, length) {
            (Some(()), _) => {}
            (None, None) => break,
            (None, Some(_)) => return Err(truncated()),
        }
    }
    buffer.truncate(length.unwrap_or(buffer.len()));
    Ok(buffer)
}

/// Reads some more; none at the end.
async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<()>, Failure> {
    match stream.read_buf(buffer).await {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(())),
        Err(e) => Err(Failure { reason: Reason::Reset, detail: e.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// Reads what a server that says `answer` was understood to say.
    async fn understood(answer: &'static [u8]) -> Result<Raw, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = async {
            let (mut stream, _) = listener.accept().await.expect("a caller");
            // Byte by byte: no reader may rely on whole parts.
            for byte in answer {
                stream.write_all(std::slice::from_ref(byte)).await.expect("it reads");
                tokio::task::yield_now().await;
            }
        };
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let limits = Limits { body: 1000, ..Limits::default() };
        tokio::join!(server, read(&mut stream, &limits)).1
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
        ] {
            let came = understood(answer).await;
            let came = came.as_ref().map(|raw| (raw.status, raw.body.as_slice())).map_err(|f| f.reason);
            assert_eq!(came, wanted, "{}", String::from_utf8_lossy(answer));
        }
    }
}
