//! The real network: reqwest with explicit limits, and `wire` for what reqwest can't send as it was prepared or can't read. Neither follows
//! a redirect or undoes a content coding.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use tokio::sync::OnceCell;

pub use super::connect::{Connection, HttpError, Pem};
use super::connect::{Connector, IDENTIFY, hinted, proxy_asks};
pub use super::limits::Limits;
use super::wire::{self, Way};
use super::{HEAD_BYTES, HEAD_LINES, Prepared, Raw, Target, Transport, excess, head_over_cap, over_cap};
use crate::model::Hostile;
use crate::model::observed::{Failure, Reason};

/// Idle connections kept.
const IDLE: usize = 256;
/// Parsed addresses kept.
const URLS: usize = 256;

/// Sends requests to one target.
#[derive(Clone, Debug)]
pub struct Http {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Keeps its connections for the next request.
    client: reqwest::Client,
    /// Has a new connection for every request.
    fresh: reqwest::Client,
    connector: Connector,
    limits: Limits,
    urls: RwLock<HashMap<String, reqwest::Url>>,
    http2: bool,
    /// True if a server that asks for a client's certificate gets none.
    anonymous: bool,
    https: bool,
    /// True once the target has answered.
    answered: AtomicBool,
    /// True once the library could not read a head. It does not say which line is at fault: from then on konform reads heads itself.
    spoilt: AtomicBool,
    /// Whether the port speaks TLS though it is not called by https, once that was asked.
    tls_instead: OnceCell<bool>,
}

impl Http {
    /// A client for the target; TLS is set up for https only, so that a machine without certificates can still speak http.
    ///
    /// # Errors
    /// [`HttpError`] if certificates can't be read or TLS can't be set up.
    pub fn new(target: &Target, limits: Limits, connection: &Connection) -> Result<Self, HttpError> {
        let connector = Connector::new(target, limits.connect, connection)?;
        let client = |idle| client(target, &limits, connection, &connector, idle);
        Ok(Self {
            inner: Arc::new(Inner {
                client: client(IDLE)?,
                fresh: client(0)?,
                connector,
                limits,
                urls: RwLock::default(),
                http2: target.is_http2(),
                anonymous: target.is_https() && connection.identity.is_none(),
                https: target.is_https(),
                answered: AtomicBool::new(false),
                spoilt: AtomicBool::new(false),
                tls_instead: OnceCell::new(),
            }),
        })
    }
}

/// A client that keeps so many idle connections.
fn client(
    target: &Target,
    limits: &Limits,
    connection: &Connection,
    connector: &Connector,
    idle: usize,
) -> Result<reqwest::Client, HttpError> {
    // What is beyond a bound is konform's limit: what is up to it must be readable with room to spare.
    let head = u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX);
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(limits.connect)
        .tcp_nodelay(true)
        .referer(false)
        .http1_max_headers(HEAD_LINES)
        // RFC 9112, 5.2: who receives a folded line reads it as one.
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http2_max_header_list_size(head)
        .pool_max_idle_per_host(idle)
        .dns_resolver(Names(connector.clone()));
    builder = if target.is_http2() { builder.http2_prior_knowledge() } else { builder.http1_only() };
    if let Some(proxy) = &connection.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(|e| HttpError::Proxy(e.to_string()))?);
    }
    builder = match connector.tls() {
        Some(tls) => builder.tls_backend_preconfigured(tls.clone()),
        None => builder.tls_certs_only([]),
    };
    builder.build().map_err(|e| HttpError::Tls(e.to_string()))
}

/// What has come of an answer that is not complete.
#[derive(Debug, Default)]
struct Arrived {
    /// Status and announced length.
    head: OnceLock<(u16, Option<u64>)>,
    /// Bytes of the body.
    body: AtomicUsize,
}

impl fmt::Display for Arrived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((status, length)) = self.head.get() else { return Ok(()) };
        write!(f, ": a head with {status} came, and {} ", self.body.load(Ordering::Relaxed))?;
        match length {
            Some(length) => write!(f, "of the {length} bytes that its Content-Length announces"),
            None => write!(f, "bytes of a body that does not end"),
        }
    }
}

/// Resolves names for reqwest as the connector does. All requests go to one place, so that the name need not be looked at.
struct Names(Connector);

impl reqwest::dns::Resolve for Names {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let connector = self.0.clone();
        Box::pin(async move {
            let found = connector.nearest().await.map_err(Unresolved)?;
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// Why a name has no address that may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail)]
struct Unresolved(Failure);

impl Inner {
    async fn exchange(&self, request: &Prepared, arrived: &Arrived) -> Result<Raw, Failure> {
        let raw = if self.by_hand(request) {
            let way =
                Way { forwarded: self.connector.forwards(), proxy_credentials: self.connector.proxy_credentials() };
            wire::exchange(self.connector.connect().await?, request, way, &self.limits).await?
        } else {
            self.through_library(request, arrived).await.inspect_err(|failure| {
                if failure.reason == Reason::BadHttpHead {
                    self.spoilt.store(true, Ordering::Relaxed);
                }
            })?
        };
        if raw.status == 407 && self.connector.proxied() {
            return Err(proxy_asks());
        }
        Ok(raw)
    }

    /// True for a request that reqwest can't send as it was prepared, since it refuses what is no HTTP and adds what is missing, and for all
    /// of them once it could not read a head.
    fn by_hand(&self, request: &Prepared) -> bool {
        let has = |name: &str| request.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let as_written = || self.url(&request.url).is_ok_and(|url| url.as_str() == request.url);
        let raw = request.hostile.is_some_and(Hostile::raw);
        let spoilt = self.spoilt.load(Ordering::Relaxed);
        !self.http2 && (spoilt || raw || !has("accept") || !has("host") || !wire::framed(request) || !as_written())
    }

    /// The parsed URL; the first [`URLS`] are parsed once.
    fn url(&self, text: &str) -> Result<reqwest::Url, Failure> {
        if let Some(known) = self.urls.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(known.clone());
        }
        let url = reqwest::Url::parse(text).map_err(|e| unsendable(&format_args!("{text}: {e}")))?;
        let mut urls = self.urls.write().unwrap_or_else(PoisonError::into_inner);
        // Addresses with parameters are without number.
        if urls.len() < URLS {
            urls.insert(text.to_owned(), url.clone());
        }
        Ok(url)
    }

    async fn through_library(&self, request: &Prepared, arrived: &Arrived) -> Result<Raw, Failure> {
        if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
            return Err(unsendable(&"the HTTP library adds Accept to every request in HTTP/2"));
        }
        let url = self.url(&request.url)?;
        if url.as_str() != request.url {
            return Err(unsendable(&format_args!("the HTTP library would ask for {url} in HTTP/2")));
        }
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|e| unsendable(&e))?;
        let client = if request.fresh { &self.fresh } else { &self.client };
        let mut builder = client.request(method, url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let built = builder.body(request.body.clone()).build().map_err(|e| unsendable(&words(&e)))?;
        let mut answer = client.execute(built).await.map_err(|e| failure(&e, Reason::Reset))?;
        let version = match answer.version() {
            reqwest::Version::HTTP_2 => "HTTP/2",
            reqwest::Version::HTTP_10 => "HTTP/1.0",
            _ => "HTTP/1.1",
        };
        let status = answer.status().as_u16();
        let headers: Vec<(String, Vec<u8>)> =
            answer.headers().iter().map(|(n, v)| (n.as_str().to_owned(), v.as_bytes().to_vec())).collect();
        let _ = arrived.head.set((status, answer.content_length()));
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| failure(&e, Reason::TruncatedBody))? {
            if body.len() + chunk.len() > self.limits.body {
                return Err(over_cap(self.limits.body));
            }
            body.extend_from_slice(&chunk);
            arrived.body.store(body.len(), Ordering::Relaxed);
        }
        let excess = excess(status, &headers, body.len());
        Ok(Raw { version: Some(version), status, headers, body, excess })
    }

    /// What may help where no answer has come yet from this target at all.
    async fn explained(&self, failure: Failure) -> Failure {
        let mut failure = hinted(failure);
        let closed = failure.reason == Reason::Reset;
        // TLS 1.3 ends the handshake before the server has looked at the client's certificate: its alert may come too late to be read.
        if closed && self.anonymous {
            failure.detail += "; a server that asks who you are closes like this: ";
            failure.detail += IDENTIFY;
        }
        // An HTTP/2 server may speak first; the HTTP library then ends the connection before the request is out.
        let first = failure.detail.contains("received unexpected message");
        let strange = first || failure.reason == Reason::BadHttpHead;
        if (closed || strange) && !self.https && !self.answered.load(Ordering::Relaxed) {
            if *self.tls_instead.get_or_init(|| self.connector.speaks_tls()).await {
                failure.detail += "; the port speaks TLS: write https:// in --target";
            } else if self.http2 {
                failure.detail += "; a server that speaks HTTP/1.1 alone ends the connection like this: --http 1.1";
            } else if strange {
                failure.detail += "; a server that speaks HTTP/2 alone needs --http 2";
            }
        }
        failure
    }
}

impl Transport for Http {
    fn most(&self) -> usize {
        self.inner.limits.body
    }

    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        let inner = &*self.inner;
        let arrived = Arrived::default();
        match tokio::time::timeout(inner.limits.whole, inner.exchange(request, &arrived)).await {
            Ok(Ok(raw)) => {
                inner.answered.store(true, Ordering::Relaxed);
                Ok(raw)
            }
            Ok(Err(failure)) => Err(inner.explained(failure).await),
            Err(_) => Err(Failure {
                reason: Reason::Timeout,
                detail: format!("nothing complete within {:?}{arrived}", inner.limits.whole),
            }),
        }
    }
}

fn unsendable(why: &dyn fmt::Display) -> Failure {
    Failure { reason: Reason::Unsendable, detail: why.to_string() }
}

/// An error with all its causes.
fn words(error: &reqwest::Error) -> String {
    let mut detail = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(e) = cause {
        if !detail.is_empty() {
            detail.push_str(": ");
        }
        detail.push_str(&e.to_string());
        cause = e.source();
    }
    detail
}

/// What the connector has said of a name, if that is what failed.
fn unresolved(error: &reqwest::Error) -> Option<Failure> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(e) = cause {
        if let Some(Unresolved(failure)) = e.downcast_ref() {
            return Some(failure.clone());
        }
        cause = e.source();
    }
    None
}

/// The kind of a reqwest error; hyper tells its causes apart in words only.
fn failure(error: &reqwest::Error, otherwise: Reason) -> Failure {
    if let Some(failure) = unresolved(error) {
        return failure;
    }
    let detail = words(error);
    let lower = detail.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    if says(&["proxy auth"]) {
        return proxy_asks();
    }
    if says(&["message head is too large", "header list size"]) {
        return head_over_cap();
    }
    let reason = if error.is_timeout() {
        Reason::Timeout
    } else if error.is_connect() {
        if says(TLS) { Reason::Tls } else { Reason::Connect }
    } else if says(&["chunk"]) && !says(&["unexpected eof"]) {
        Reason::BadChunk
    } else if says(&[
        "invalid http",
        "invalid header",
        "message head",
        "invalid status",
        "invalid content-length",
        "header section",
    ]) {
        Reason::BadHttpHead
    } else {
        otherwise
    };
    Failure { reason, detail }
}

/// Words by which an error in connecting is one of TLS.
const TLS: &[&str] = &["certificate", "tls", "handshake", "alert", "invalidcontenttype"];
