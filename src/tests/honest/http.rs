//! Sockets: requests in, answers out, keep-alive between. What is not HTTP gets 400 and the end of the connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::temperament::Temperament;

const HEAD_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 1024 * 1024;
const TICK: Duration = Duration::from_millis(200);
/// How long a silent connection lives, and how long a request may take to come.
const SILENCE: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(4);

/// A request as it came.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// An answer to be written.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) manner: Manner,
}

/// How an answer is written. All but the first are defects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Right,
    /// The connection ends without a byte.
    Never,
    /// The length says more than the body has.
    Long,
    /// The length says less than the body has.
    Short,
    Twice,
}

/// Why a connection ends before a request was read.
enum Broken {
    /// The client left, the server stops, or the line is silent.
    Gone,
    /// The bytes are not a request: the status says why.
    Bad(u16),
}

type Handler = dyn Fn(&Request) -> Answer + Send + Sync;

impl Request {
    /// The value of a header that stands there once.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// How many times a header stands there.
    pub(super) fn times(&self, name: &str) -> usize {
        self.headers.iter().filter(|(n, _)| n == name).count()
    }
}

/// Accepts connections until `stop`; each has its own thread.
pub(super) fn serve(listener: &TcpListener, stop: &Arc<AtomicBool>, temper: &Arc<Temperament>, handler: &Arc<Handler>) {
    for stream in listener.incoming() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let Ok(stream) = stream else {
            // The process is out of descriptors: another connection must end first.
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        let line = Line { stream, buffer: Vec::new(), stop: Arc::clone(stop) };
        let (temper, handler) = (Arc::clone(temper), Arc::clone(handler));
        std::thread::spawn(move || line.talk(&temper, &handler));
    }
}

struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
    stop: Arc<AtomicBool>,
}

impl Line {
    fn talk(mut self, temper: &Temperament, handler: &Arc<Handler>) {
        if self.stream.set_nodelay(true).is_err() || self.stream.set_read_timeout(Some(TICK)).is_err() {
            return;
        }
        for turn in 1_u32.. {
            match self.request() {
                Ok((request, keep)) => {
                    let mut answer = handler(&request);
                    compress(&mut answer, &request, temper);
                    let silent = temper.closes_unannounced && turn % 5 == 0;
                    let announced = !keep || temper.closes_announced;
                    let head = request.method == "HEAD";
                    if answer.manner == Manner::Never {
                        return;
                    }
                    let cut = matches!(answer.manner, Manner::Long | Manner::Short);
                    if self.write(&answer, announced, head, temper).is_err() || announced || silent || cut {
                        break;
                    }
                }
                Err(Broken::Gone) => return,
                Err(Broken::Bad(status)) => {
                    let text = format!("{status} {}", reason(status));
                    let headers = vec![("Content-Type", "text/plain".to_owned())];
                    let answer = Answer { status, headers, body: text.into_bytes(), manner: Manner::Right };
                    let _ = self.write(&answer, true, false, temper);
                    break;
                }
            }
        }
        self.linger();
    }

    /// Lets the client read the last answer: a reset would take it away.
    fn linger(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        let until = Instant::now() + Duration::from_millis(500);
        let mut waste = [0; 4096];
        while Instant::now() < until && !self.stop.load(Ordering::Relaxed) {
            match self.stream.read(&mut waste) {
                Ok(0) => break,
                Err(e) if !again(&e) => break,
                _ => {}
            }
        }
    }

    /// Reads some more bytes.
    fn fill(&mut self, until: Instant) -> Result<(), Broken> {
        let mut block = [0; 16 * 1024];
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Broken::Gone);
            }
            if Instant::now() > until {
                return Err(Broken::Bad(408));
            }
            match self.stream.read(&mut block) {
                Ok(0) => return Err(Broken::Gone),
                Ok(count) => {
                    self.buffer.extend_from_slice(&block[..count]);
                    return Ok(());
                }
                Err(e) if again(&e) => {}
                Err(_) => return Err(Broken::Gone),
            }
        }
    }

    fn request(&mut self) -> Result<(Request, bool), Broken> {
        if self.buffer.is_empty() {
            self.fill(Instant::now() + SILENCE).map_err(|_| Broken::Gone)?;
        }
        let until = Instant::now() + PATIENCE;
        let end = loop {
            let end = find(&self.buffer, b"\r\n\r\n");
            if end.unwrap_or(self.buffer.len()) > HEAD_LIMIT {
                return Err(Broken::Bad(431));
            }
            match end {
                Some(at) => break at,
                // Lines that end in a bare line feed.
                None if find(&self.buffer, b"\n\n").is_some() => return Err(Broken::Bad(400)),
                None => self.fill(until)?,
            }
        };
        let head: Vec<u8> = self.buffer.drain(..end + 4).take(end).collect();
        let mut lines = head.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
        let first = lines.by_ref().find(|l| !l.is_empty()).unwrap_or_default();
        let first = std::str::from_utf8(first).map_err(|_| Broken::Bad(400))?;
        let [method, target, version] = first.split(' ').collect::<Vec<_>>()[..] else { return Err(Broken::Bad(400)) };
        let old = match version {
            "HTTP/1.1" => false,
            "HTTP/1.0" => true,
            other => return Err(Broken::Bad(if other.starts_with("HTTP/") { 505 } else { 400 })),
        };
        if method.is_empty() || !method.bytes().all(token) || target.bytes().any(|b| !b.is_ascii_graphic()) {
            return Err(Broken::Bad(400));
        }
        let mut headers = Vec::new();
        for line in lines {
            let colon = line.iter().position(|b| *b == b':').ok_or(Broken::Bad(400))?;
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            let control = |b: &u8| *b < 32 && *b != b'\t' || *b == 127;
            if name.is_empty() || !name.iter().copied().all(token) || value.iter().any(control) {
                return Err(Broken::Bad(400));
            }
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            headers.push((name, String::from_utf8_lossy(value).into_owned()));
        }
        let path = target.split_once("://").map_or(target, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        let path = path.split(['?', '#']).next().unwrap_or_default().to_owned();
        let mut request = Request { method: method.to_owned(), path, headers, body: Vec::new() };
        let hosts = request.times("host");
        if hosts > 1 || hosts == 0 && !old {
            return Err(Broken::Bad(400));
        }
        if request.header("expect").is_some_and(|v| v.eq_ignore_ascii_case("100-continue")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").map_err(|_| Broken::Gone)?;
        }
        request.body = self.body(&request, until)?;
        let says = request.header("connection").unwrap_or_default().to_ascii_lowercase();
        let keep = if old { says.contains("keep-alive") } else { !says.contains("close") };
        Ok((request, keep))
    }

    fn body(&mut self, request: &Request, until: Instant) -> Result<Vec<u8>, Broken> {
        let lengths: Vec<&str> =
            request.headers.iter().filter(|(n, _)| n == "content-length").map(|(_, v)| v.as_str()).collect();
        if let Some(coding) = request.header("transfer-encoding") {
            // Two framings of one body: an old way to smuggle.
            if !lengths.is_empty() || request.times("transfer-encoding") > 1 {
                return Err(Broken::Bad(400));
            }
            return if coding.eq_ignore_ascii_case("chunked") { self.chunks(until) } else { Err(Broken::Bad(501)) };
        }
        let Some(length) = lengths.first() else { return Ok(Vec::new()) };
        let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
        if !digits || lengths.iter().any(|other| other != length) {
            return Err(Broken::Bad(400));
        }
        let length = length.parse().unwrap_or(usize::MAX);
        if length > BODY_LIMIT {
            return Err(Broken::Bad(413));
        }
        self.take(length, until)
    }

    fn take(&mut self, length: usize, until: Instant) -> Result<Vec<u8>, Broken> {
        while self.buffer.len() < length {
            self.fill(until)?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    fn line(&mut self, until: Instant) -> Result<Vec<u8>, Broken> {
        loop {
            if let Some(at) = find(&self.buffer, b"\r\n") {
                return Ok(self.buffer.drain(..at + 2).take(at).collect());
            }
            if self.buffer.len() > HEAD_LIMIT {
                return Err(Broken::Bad(400));
            }
            self.fill(until)?;
        }
    }

    fn chunks(&mut self, until: Instant) -> Result<Vec<u8>, Broken> {
        let mut body = Vec::new();
        loop {
            let line = self.line(until)?;
            let text = std::str::from_utf8(&line).map_err(|_| Broken::Bad(400))?;
            let size = text.split(';').next().unwrap_or_default().trim();
            if size.is_empty() || size.len() > 8 || !size.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(Broken::Bad(400));
            }
            let size = usize::from_str_radix(size, 16).map_err(|_| Broken::Bad(400))?;
            if size == 0 {
                while !self.line(until)?.is_empty() {}
                return Ok(body);
            }
            if body.len() + size > BODY_LIMIT {
                return Err(Broken::Bad(413));
            }
            body.extend(self.take(size, until)?);
            if self.take(2, until)? != b"\r\n" {
                return Err(Broken::Bad(400));
            }
        }
    }

    fn write(&mut self, answer: &Answer, close: bool, head: bool, temper: &Temperament) -> std::io::Result<()> {
        use std::fmt::Write as _;
        let mut text = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
        let mut put = |name: &str, value: &str| {
            let _ = write!(text, "{}: {value}\r\n", spelled(name, temper));
        };
        for (name, value) in &answer.headers {
            put(name, value);
        }
        put("Date", &http_date());
        if close {
            put("Connection", "close");
        }
        let chunked = temper.chunked_answers && !answer.body.is_empty();
        if chunked {
            put("Transfer-Encoding", "chunked");
        } else {
            let length = answer.body.len();
            let said = match answer.manner {
                Manner::Long => length + 20,
                Manner::Short => length.saturating_sub(5),
                _ => length,
            };
            put("Content-Length", &said.to_string());
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        if chunked && !head {
            for piece in answer.body.chunks(answer.body.len().div_ceil(2)) {
                bytes.extend(format!("{:x}\r\n", piece.len()).bytes());
                bytes.extend_from_slice(piece);
                bytes.extend(b"\r\n");
            }
            bytes.extend(b"0\r\n\r\n");
        } else if !head {
            bytes.extend_from_slice(&answer.body);
        }
        if answer.manner == Manner::Twice {
            bytes = bytes.repeat(2);
        }
        self.stream.write_all(&bytes)
    }
}

/// Now, as HTTP writes it.
pub(super) fn http_date() -> String {
    chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn compress(answer: &mut Answer, request: &Request, temper: &Temperament) {
    let asked = request.header("accept-encoding");
    let takes = asked.is_some_and(|v| v.split(',').any(|c| c.trim().eq_ignore_ascii_case("gzip")));
    let wanted = temper.gzip_unasked && asked.is_none_or(|_| takes)
        || takes && (temper.gzip_always || temper.gzip_large && answer.body.len() > 512);
    if !wanted || answer.body.is_empty() {
        return;
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    if encoder.write_all(&answer.body).is_ok() {
        if let Ok(bytes) = encoder.finish() {
            answer.body = bytes;
            answer.headers.push(("Content-Encoding", "gzip".to_owned()));
            answer.headers.push(("Vary", "Accept-Encoding".to_owned()));
        }
    }
}

fn spelled(name: &str, temper: &Temperament) -> String {
    if temper.lower_case_headers {
        return name.to_ascii_lowercase();
    }
    let odd = |(at, c): (usize, char)| if at % 2 == 0 { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
    if temper.odd_case_headers { name.chars().enumerate().map(odd).collect() } else { name.to_owned() }
}

fn again(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut | std::io::ErrorKind::Interrupted
    )
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

fn token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The phrase of a status.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    }
}
