//! A server of the tests on a raw socket, so that its answers may be what no HTTP library lets a server say.

use std::io::{BufRead, BufReader, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use konform::contract::Contract;
use konform::sandbox::{Call, Reply, Sandbox, Variant};

use super::lab;

/// A request as it came, with the number of requests before it.
pub(crate) struct Asked {
    pub(crate) call: Call,
    pub(crate) before: usize,
}

/// An answer before it is written.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Close the connection behind it, without having said so.
    pub(crate) close: bool,
}

impl Said {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.as_bytes().to_vec(), close: false }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The answer as it is written.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {}\r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if self.status != 204 && !self.headers.iter().any(|(name, _)| name == "content-length") {
            bytes.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

impl From<Reply> for Said {
    fn from(reply: Reply) -> Self {
        Self { status: reply.status, headers: reply.headers, body: reply.body, close: false }
    }
}

/// A server with a thread for each connection.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Server {
    /// Hands each connection to `serve`; the connection is closed when that returns.
    pub(crate) fn connections(serve: impl Fn(TcpStream) -> Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop: Arc<AtomicBool> = Arc::default();
        let (stopped, serve) = (Arc::clone(&stop), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let serve = Arc::clone(&serve);
                std::thread::spawn(move || serve(stream));
            }
        });
        Self { address, stop }
    }

    /// Keeps each connection open and writes what `answer` says to each request; none closes the connection without an answer.
    pub(crate) fn start(answer: impl Fn(&Asked) -> Option<Said> + Send + Sync + 'static) -> Self {
        let count = AtomicUsize::new(0);
        Self::connections(move |mut stream| {
            let mut reader = BufReader::new(stream.try_clone()?);
            while let Some(call) = read(&mut reader)? {
                let asked = Asked { call, before: count.fetch_add(1, Ordering::Relaxed) };
                let Some(said) = answer(&asked) else { return Ok(()) };
                stream.write_all(&said.bytes())?;
                if said.close {
                    return Ok(());
                }
            }
            Ok(())
        })
    }

    /// The library's sandbox behind a manner of changing its answers.
    pub(crate) fn library(change: impl Fn(&Asked, Said) -> Option<Said> + Send + Sync + 'static) -> Self {
        Self::before(|_| None, change)
    }

    /// The same; what `instead` answers does not come to the sandbox.
    pub(crate) fn before(
        instead: impl Fn(&Asked) -> Option<Said> + Send + Sync + 'static,
        change: impl Fn(&Asked, Said) -> Option<Said> + Send + Sync + 'static,
    ) -> Self {
        let sandbox = sandbox(lab::library());
        Self::start(move |asked| {
            if let Some(said) = instead(asked) {
                return Some(said);
            }
            change(asked, reply(&sandbox, &asked.call).ok()?.into())
        })
    }

    /// The base URL of the library's contract here.
    pub(crate) fn target(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// A sandbox that conforms.
pub(crate) fn sandbox(contract: Arc<Contract>) -> Sandbox {
    Sandbox::new(contract, Variant::default(), Vec::new())
}

/// What a sandbox answers to a call.
pub(crate) fn reply(sandbox: &Sandbox, call: &Call) -> Result<Reply> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(sandbox.answer(call)))
}

/// Reads the next request of a connection; none where the other side has closed it.
pub(crate) fn read(reader: &mut impl BufRead) -> Result<Option<Call>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let address = words.next().unwrap_or_default().to_owned();
    let (path, query) = address.split_once('?').unwrap_or((&address, ""));
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.trim_end().split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let length = headers.iter().find(|(n, _)| n == "content-length").and_then(|(_, v)| v.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Call { method, path: path.to_owned(), query: query.to_owned(), headers, body }))
}
