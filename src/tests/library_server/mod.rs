//! An honest HTTP server written by hand from the pages of `specs/examples/library` and from RFC 9110, 9112 and 8259.
//!
//! It imports nothing of konform, so that a mistake of konform's own model of a server can't be in it as well. A server may be odd
//! (`oddities.rs`): it then does something that is legal and that few servers do.

#![expect(clippy::result_large_err, reason = "a refusal is an answer like any other")]

mod http;
mod json;
mod library;
mod oddities;
mod small;

use std::io::{BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) use oddities::Oddities;

use http::{Answer, Call, Framing, Heard};
use library::Library;

/// The token that every call to a server of this folder must carry.
pub(crate) const TOKEN: &str = "a-library-card-token-of-32-chars";

/// What a server does with a call that is well-formed and carries the token.
pub(crate) trait Application: Send + Sync {
    /// Answers one call; `path` is split at its slashes and stands below `/v1`.
    fn answer(&self, call: &Call, path: &[&str], odd: &Oddities) -> Answer;
}

/// A server on a port of its own; it ends when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    application: Box<dyn Application>,
    odd: Oddities,
    stop: AtomicBool,
    /// Calls so far.
    calls: AtomicU64,
    /// Connections.
    open: AtomicUsize,
    /// Calls under way.
    busy: AtomicUsize,
}

impl Server {
    /// Starts the server of one of the contracts: `library`, or a folder's name under `src/tests/contracts`.
    pub(crate) fn start(contract: &str, odd: &[String]) -> Result<Self, String> {
        let odd = Oddities::named(odd)?;
        let application: Box<dyn Application> = match contract {
            "library" => Box::new(Library::of_books(if odd.has("many-books-of-others") { 230 } else { 0 })),
            other => {
                small::application(other).ok_or_else(|| format!("no server is written for the contract {other}"))?
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        let address = listener.local_addr().map_err(|e| e.to_string())?;
        let shared = Arc::new(Shared {
            application,
            odd,
            stop: AtomicBool::new(false),
            calls: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
        });
        let own = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if own.stop.load(Ordering::Relaxed) {
                    break;
                }
                let shared = Arc::clone(&own);
                std::thread::spawn(move || {
                    shared.open.fetch_add(1, Ordering::Relaxed);
                    // A client that goes away in the middle is nobody's fault.
                    let _ = shared.serve(&stream);
                    let _ = stream.shutdown(Shutdown::Both);
                    shared.open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        Ok(Self { address, shared })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let idle = if self.odd.has("idle-connections-are-closed") { 3 } else { 20_000 };
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut writer = stream.try_clone()?;
        stream.set_nodelay(true)?;
        loop {
            stream.set_read_timeout(Some(Duration::from_millis(idle)))?;
            let (answer, head) = match http::hear(&mut reader, &mut writer, stream) {
                Heard::Gone => return Ok(()),
                Heard::Bad(400) if self.odd.has("silent-to-what-is-no-http") => return Ok(()),
                Heard::Bad(status) => {
                    (self.gate(refusal(status, "bad-request", "this is no request that HTTP allows").closing()), false)
                }
                Heard::Call(mut call) => {
                    let nth = self.calls.fetch_add(1, Ordering::Relaxed);
                    if nth % 40 == 7 && self.odd.has("drops-connections-now-and-then") {
                        return Ok(());
                    }
                    if self.odd.has("takes-more-than-json") {
                        call.relax();
                    }
                    let at_once = self.busy.fetch_add(1, Ordering::Relaxed);
                    let crowded = self.open.load(Ordering::Relaxed) > 2 && self.odd.has("two-connections-at-most");
                    let mut answer = if crowded {
                        Answer::text(503, "two connections at most").header("Retry-After", "0").closing()
                    } else if at_once >= 3 && self.odd.has("429-beyond-three-at-once") {
                        refusal(429, "busy", "three at once are enough").header("Retry-After", "0")
                    } else {
                        self.answer(&call, nth)
                    };
                    self.busy.fetch_sub(1, Ordering::Relaxed);
                    answer.close |= call.close;
                    (answer, call.method == "HEAD")
                }
            };
            let close = answer.close || answer.framing == Framing::Close;
            answer.write(&mut writer, head)?;
            if close || self.odd.has("closes-without-a-word") {
                return writer.flush();
            }
        }
    }

    fn answer(&self, call: &Call, nth: u64) -> Answer {
        if self.odd.has("429-beyond-three-at-once") {
            std::thread::sleep(Duration::from_millis(3));
        }
        if let Some(early) = self.odd.before(call, nth) {
            return early;
        }
        let path = call.path.strip_prefix("/v1/").unwrap_or_default();
        let path: Vec<&str> = path.split('/').collect();
        let mut answer = if !call.path.starts_with("/v1/") {
            self.gate(refusal(404, "not-found", "there is nothing at this address"))
        } else if !matches!(
            call.method.as_str(),
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE"
        ) {
            self.gate(refusal(501, "no-such-method", "the method is not known here"))
        } else if call.header("authorization") != Some(&format!("Bearer {TOKEN}"))
            && !self.odd.has("guilty-of-taking-strangers")
        {
            self.stranger()
        } else {
            self.application.answer(call, &path, &self.odd)
        };
        if matches!(answer.status, 404 | 405) && answer.bare {
            answer = self.gate(answer);
        }
        self.odd.after(call, nth, &mut answer);
        answer
    }

    /// What a call without the right token gets.
    fn stranger(&self) -> Answer {
        let status = self.odd.status_of_strangers();
        let answer = self.gate(refusal(status, "unauthorized", "the token is not known"));
        if status == 401 { answer.header("WWW-Authenticate", "Bearer realm=\"library\"") } else { answer }
    }

    /// A refusal by what stands in front of the application: no page says what it looks like.
    fn gate(&self, plain: Answer) -> Answer {
        let Some((kind, body)) = self.odd.body_of_the_gate() else { return plain };
        let mut answer = Answer { body: body.as_bytes().to_vec(), ..plain };
        answer.headers.retain(|(name, _)| name != "Content-Type");
        if kind.is_empty() { answer } else { answer.header("Content-Type", kind) }
    }
}

/// A refusal in the envelope that the library's `api.yaml` describes.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, &serde_json::json!({"error": {"code": code, "message": message}}))
}
