//! Requests read from a socket, answers written to it: HTTP/1.1 by RFC 9112, as strict as a server may be.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::read::GzDecoder;
use serde_json::Value;

const HEAD: usize = 64 * 1024;
const BODY: usize = 1024 * 1024;

/// A request.
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The connection is to be closed behind the answer.
    pub(crate) close: bool,
    /// The body came in chunks.
    pub(crate) chunked: bool,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut own = self.headers.iter().filter(|(n, _)| n == name);
        let first = own.next()?;
        if own.next().is_some() { None } else { Some(&first.1) }
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok().filter(Value::is_object)
    }
}

impl Call {
    /// Makes JSON of a body that is nearly so: compressed, behind a byte order mark, with comments, trailing commas or single quotes.
    pub(crate) fn relax(&mut self) {
        if self.header("content-encoding") == Some("gzip") {
            let mut body = Vec::new();
            if GzDecoder::new(self.body.as_slice()).read_to_end(&mut body).is_ok() {
                self.body = body;
            }
        }
        if self.json().is_some() {
            return;
        }
        let Ok(text) = std::str::from_utf8(&self.body) else { return };
        let (mut text, mut plain) = (text.trim_start_matches('\u{feff}').to_owned(), String::new());
        while let Some((before, behind)) = text.split_once("/*") {
            plain.push_str(before);
            text = behind.split_once("*/").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        }
        plain.push_str(&text);
        let lines = plain.lines().map(|line| line.split_once("//").map_or(line, |(before, _)| before));
        let plain = lines.collect::<String>().replace(",}", "}").replace(",]", "]");
        let plain = if plain.contains('"') { plain } else { plain.replace('\'', "\"") };
        self.body = plain.into_bytes();
    }
}

/// What came over a connection.
pub(crate) enum Heard {
    Call(Call),
    /// No request; it gets this status and the connection is closed.
    Bad(u16),
    /// The client has closed, or was silent for too long between two requests.
    Gone,
}

/// How the end of a body is shown.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Framing {
    Length,
    /// Chunks of so many bytes; `true`: with extensions and trailers.
    Chunks(usize, bool),
    /// The end of the connection.
    Close,
    /// Chunks of a few bytes with pauses between.
    Drip,
}

/// An answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) version: &'static str,
    pub(crate) status: u16,
    pub(crate) reason: Option<&'static [u8]>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) framing: Framing,
    pub(crate) close: bool,
    /// Sent before the head: interim answers.
    pub(crate) interim: &'static str,
    /// No page describes this refusal: the server's frame wrote it.
    pub(crate) bare: bool,
    /// How a header's name and value are put on a line.
    pub(crate) line: fn(&str, &str) -> String,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, body.to_string().into_bytes()).header("Content-Type", "application/json")
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::bytes(status, body.as_bytes().to_vec()).header("Content-Type", "text/plain; charset=utf-8")
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::bytes(status, Vec::new())
    }

    fn bytes(status: u16, body: Vec<u8>) -> Self {
        Self {
            version: "HTTP/1.1",
            status,
            reason: None,
            headers: Vec::new(),
            body,
            framing: Framing::Length,
            close: false,
            interim: "",
            bare: false,
            line: |name, value| format!("{name}: {value}"),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    pub(crate) fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Writes the answer; to HEAD without its body.
    pub(crate) fn write(mut self, to: &mut impl Write, head: bool) -> std::io::Result<()> {
        let empty = matches!(self.status, 204 | 304);
        match self.framing {
            _ if empty => self.body.clear(),
            Framing::Length => self.headers.push(("Content-Length".to_owned(), self.body.len().to_string())),
            Framing::Chunks(..) | Framing::Drip => {
                self.headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned()));
            }
            Framing::Close => self.close = true,
        }
        if self.close {
            self.headers.push(("Connection".to_owned(), "close".to_owned()));
        }
        let mut bytes = self.interim.as_bytes().to_vec();
        bytes.extend(format!("{} {} ", self.version, self.status).bytes());
        bytes.extend(self.reason.unwrap_or_else(|| phrase(self.status).as_bytes()));
        bytes.extend(b"\r\n");
        for (name, value) in &self.headers {
            bytes.extend((self.line)(name, value).bytes());
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"\r\n");
        if head || empty {
            return to.write_all(&bytes);
        }
        match self.framing {
            Framing::Length | Framing::Close => bytes.extend(&self.body),
            Framing::Chunks(size, trailers) => {
                for chunk in self.body.chunks(size) {
                    let extension = if trailers { ";of=\"a;b\";last" } else { "" };
                    bytes.extend(format!("{:04X}{extension}\r\n", chunk.len()).bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(
                    if trailers { "000;end\r\nX-Checksum: 1\r\nX-Time: 2\r\n\r\n" } else { "0\r\n\r\n" }.bytes(),
                );
            }
            Framing::Drip => {
                for piece in bytes.chunks(40) {
                    to.write_all(piece)?;
                    std::thread::sleep(Duration::from_millis(1));
                }
                for chunk in self.body.chunks(20) {
                    write!(to, "{:x}\r\n", chunk.len())?;
                    to.write_all(chunk)?;
                    std::thread::sleep(Duration::from_millis(1));
                    to.write_all(b"\r\n")?;
                }
                return to.write_all(b"0\r\n\r\n");
            }
        }
        to.write_all(&bytes)
    }
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        205 => "Reset Content",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

/// Reads one request.
pub(crate) fn hear(from: &mut BufReader<TcpStream>, to: &mut TcpStream, stream: &TcpStream) -> Heard {
    match request(from, to, stream) {
        Ok(heard) => heard,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => Heard::Bad(408),
        Err(_) => Heard::Gone,
    }
}

/// What stands in front of a request's body.
struct Head {
    method: String,
    target: String,
    version: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
}

/// How a request says where its body ends.
enum Extent {
    Chunks,
    Length(usize),
}

impl Head {
    fn values(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
    }

    /// Where the body ends, or the status of the refusal.
    fn extent(&self) -> Result<Extent, u16> {
        let (lengths, codings) = (self.values("content-length"), self.values("transfer-encoding"));
        if self.values("host").len() != 1 && self.version == "HTTP/1.1"
            || lengths.len() > 1
            || !lengths.is_empty() && !codings.is_empty()
        {
            return Err(400);
        }
        let chunked = match codings.as_slice() {
            [] => false,
            [one] if one.eq_ignore_ascii_case("chunked") => true,
            _ => return Err(501),
        };
        let length = match lengths.first() {
            None => 0,
            Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().map_err(|_| 413_u16)?,
            Some(_) => return Err(400),
        };
        match (length > BODY, chunked) {
            (true, _) => Err(413),
            (false, true) => Ok(Extent::Chunks),
            (false, false) => Ok(Extent::Length(length)),
        }
    }

    /// The path and the parameters of the query.
    fn address(&self) -> (String, Vec<(String, String)>) {
        let target = self.target.as_str();
        let rest = target.strip_prefix("http://").map_or(Some(target), |t| t.find('/').map(|at| &t[at..]));
        let (path, query) = rest.unwrap_or("/").split_once('?').unwrap_or((rest.unwrap_or("/"), ""));
        let pairs = query.split('&').filter(|p| !p.is_empty()).map(|p| p.split_once('=').unwrap_or((p, "")));
        (path.to_owned(), pairs.map(|(n, v)| (decoded(n), decoded(v))).collect())
    }
}

fn request(from: &mut BufReader<TcpStream>, to: &mut TcpStream, stream: &TcpStream) -> std::io::Result<Heard> {
    // Silence before the first byte is an idle connection and no request that is late.
    match from.fill_buf() {
        Ok(bytes) if !bytes.is_empty() => {}
        _ => return Ok(Heard::Gone),
    }
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let head = match read_head(from)? {
        Ok(head) => head,
        Err(status) => return Ok(Heard::Bad(status)),
    };
    let extent = match head.extent() {
        Ok(extent) => extent,
        Err(status) => return Ok(Heard::Bad(status)),
    };
    let close = head.version == "HTTP/1.0"
        || head.values("connection").iter().any(|v| v.to_ascii_lowercase().contains("close"));
    if head.values("expect").iter().any(|v| v.eq_ignore_ascii_case("100-continue")) {
        to.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let chunked = matches!(extent, Extent::Chunks);
    let body = match extent {
        Extent::Chunks => match chunks(from)? {
            Ok(body) => body,
            Err(status) => return Ok(Heard::Bad(status)),
        },
        Extent::Length(length) => {
            let mut body = vec![0; length];
            from.read_exact(&mut body)?;
            body
        }
    };
    let (path, query) = head.address();
    Ok(Heard::Call(Call { method: head.method, path, query, headers: head.headers, body, close, chunked }))
}

/// The first line and the headers of a request, or the status of the refusal.
fn read_head(from: &mut BufReader<TcpStream>) -> std::io::Result<Result<Head, u16>> {
    let mut left = HEAD;
    let Some(mut line) = next_line(from, &mut left)? else { return Ok(Err(431)) };
    if line.is_empty() {
        line = next_line(from, &mut left)?.unwrap_or_default();
    }
    let Ok(line) = String::from_utf8(line) else { return Ok(Err(400)) };
    let parts: Vec<&str> = line.split(' ').collect();
    let &[method, target, version] = parts.as_slice() else { return Ok(Err(400)) };
    if !token(method) || !target.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(Err(400));
    }
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return Ok(Err(if version.starts_with("HTTP/") { 505 } else { 400 }));
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    loop {
        let Some(line) = next_line(from, &mut left)? else { return Ok(Err(431)) };
        if line.is_empty() {
            break;
        }
        let line = String::from_utf8_lossy(&line);
        let Some((name, value)) = line.split_once(':') else { return Ok(Err(400)) };
        if !token(name) || value.chars().any(|c| c.is_control() && c != '\t') {
            return Ok(Err(400));
        }
        headers.push((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()));
    }
    Ok(Ok(Head { method: method.to_owned(), target: target.to_owned(), version: version.to_owned(), headers }))
}

/// The next line without its end, or nothing if it is longer than the bytes that are left for the head.
fn next_line(from: &mut BufReader<TcpStream>, left: &mut usize) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    from.by_ref().take(*left as u64 + 1).read_until(b'\n', &mut line)?;
    let Some(rest) = left.checked_sub(line.len()) else { return Ok(None) };
    *left = rest;
    if line.pop() != Some(b'\n') {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

/// A body in chunks, or the status of the refusal.
fn chunks(from: &mut BufReader<TcpStream>) -> std::io::Result<Result<Vec<u8>, u16>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        from.by_ref().take(1024).read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim_end();
        let Ok(size) = usize::from_str_radix(size, 16) else { return Ok(Err(400)) };
        if body.len() + size > BODY {
            return Ok(Err(413));
        }
        if size == 0 {
            break;
        }
        let mut chunk = vec![0; size + 2];
        from.read_exact(&mut chunk)?;
        if !chunk.ends_with(b"\r\n") {
            return Ok(Err(400));
        }
        body.extend(&chunk[..size]);
    }
    loop {
        let mut line = String::new();
        from.by_ref().take(1024).read_line(&mut line)?;
        if line.trim_end().is_empty() {
            return Ok(Ok(body));
        }
    }
}

fn token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Text of a path or query without its percent signs; bytes that are no UTF-8 become the replacement character.
pub(crate) fn decoded(text: &str) -> String {
    let (mut bytes, mut at) = (Vec::new(), 0);
    while let Some(byte) = text.as_bytes().get(at) {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(decoded) if *byte == b'%' => {
                bytes.push(decoded);
                at += 3;
            }
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Year, month and day of the day so many days after the first one of 1970.
pub(crate) fn civil(mut days: u64) -> (u64, usize, u64) {
    let leap = |y: u64| u64::from(y.is_multiple_of(4) && !y.is_multiple_of(100) || y.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + leap(year) {
        days -= 365 + leap(year);
        year += 1;
    }
    let lengths = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month + 1, days + 1)
}

/// A moment as headers write it (RFC 9110, 5.6.7).
pub(crate) fn http_date(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let ((year, month, day), rest) = (civil(seconds / 86_400), seconds % 86_400);
    let weekday = DAYS[usize::try_from(seconds / 86_400 % 7).unwrap_or_default()];
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{weekday}, {day:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT", MONTHS[month - 1])
}
