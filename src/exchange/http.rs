//! The real network: one pooled reqwest client with explicit limits.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::{BODY_CAP, HEAD_BYTES, HEAD_LINES, Prepared, Raw, Target, Transport, head_over_cap, wire};
use crate::model::observed::{Failure, Reason};

/// Idle connections kept.
const IDLE: usize = 256;
/// Parsed addresses kept.
const URLS: usize = 256;

/// Limits of every exchange.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Until the connection stands.
    pub connect: Duration,
    /// Whole exchange, connection included.
    pub whole: Duration,
    /// Bytes of a body that are read.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), whole: Duration::from_secs(10), body: BODY_CAP }
    }
}

/// How connections are made.
#[derive(Clone, Default)]
pub struct Connection {
    /// Authorities to trust instead of the machine's, PEM.
    pub cacert: Option<Vec<u8>>,
    /// A client's certificate and private key, PEM.
    pub identity: Option<Vec<u8>>,
    /// HTTP/2 alone instead of HTTP/1.1 alone.
    pub http2: bool,
    /// A proxy that everything goes through; those of the environment are not looked at.
    pub proxy: Option<String>,
    /// Addresses to use for a host instead of those that its name resolves to.
    pub resolve: Vec<(String, SocketAddr)>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("identity", &self.identity.is_some())
            .field("http2", &self.http2)
            .field("proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}

/// Sends through reqwest: no redirects; content codings are left as they are.
#[derive(Clone, Debug)]
pub struct Http {
    /// Keeps its connections for the next request.
    client: reqwest::Client,
    /// Has a new connection for every request.
    fresh: reqwest::Client,
    /// True if a proxy stands between.
    proxied: bool,
    limits: Limits,
    urls: Arc<RwLock<HashMap<String, reqwest::Url>>>,
    /// True if a server that asks for a client's certificate gets none.
    anonymous: bool,
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// A certificate file that is none.
    #[error("failed to read certificates from the --cacert file: {0}")]
    Certificates(reqwest::Error),
    /// A client certificate that is none.
    #[error("failed to read the client's certificate and key, PEM (--client-cert, --client-key): {0}")]
    Identity(reqwest::Error),
    /// A proxy address that is none.
    #[error("failed to use --proxy: {0}")]
    Proxy(reqwest::Error),
    /// No roots on this machine, or another fault of the TLS library.
    #[error("failed to set up TLS: {0}; a machine without certificates needs --cacert FILE")]
    Tls(reqwest::Error),
}

impl Http {
    /// A client for the target; TLS is set up for https only, so that a machine without certificates can still speak http.
    ///
    /// # Errors
    /// [`HttpError`] if certificates can't be read or TLS can't be set up.
    pub fn new(target: &Target, limits: Limits, connection: &Connection) -> Result<Self, HttpError> {
        let anonymous = target.is_https() && connection.identity.is_none();
        Ok(Self {
            client: Self::client(target, &limits, connection, IDLE)?,
            fresh: Self::client(target, &limits, connection, 0)?,
            proxied: connection.proxy.is_some(),
            limits,
            urls: Arc::default(),
            anonymous,
        })
    }

    /// A client that keeps so many idle connections.
    fn client(
        target: &Target,
        limits: &Limits,
        connection: &Connection,
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
            .pool_max_idle_per_host(idle);
        builder = if connection.http2 { builder.http2_prior_knowledge() } else { builder.http1_only() };
        if let Some(proxy) = &connection.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(HttpError::Proxy)?);
        }
        for (host, address) in &connection.resolve {
            builder = builder.resolve(host, *address);
        }
        if let Some(pem) = &connection.identity {
            builder = builder.identity(reqwest::Identity::from_pem(pem).map_err(HttpError::Identity)?);
        }
        match connection.cacert.as_deref() {
            Some(pem) => {
                builder = builder
                    .tls_certs_only(reqwest::Certificate::from_pem_bundle(pem).map_err(HttpError::Certificates)?);
            }
            None if !target.is_https() => builder = builder.tls_certs_only([]),
            None => {}
        }
        builder.build().map_err(HttpError::Tls)
    }

    /// The parsed URL; the first [`URLS`] are parsed once.
    fn url(&self, text: &str) -> Result<reqwest::Url, Failure> {
        if let Some(known) = self.urls.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(known.clone());
        }
        let url = reqwest::Url::parse(text)
            .map_err(|e| Failure { reason: Reason::Connect, detail: format!("{text}: {e}") })?;
        let mut urls = self.urls.write().unwrap_or_else(PoisonError::into_inner);
        // Addresses with parameters are without number.
        if urls.len() < URLS {
            urls.insert(text.to_owned(), url.clone());
        }
        Ok(url)
    }

    async fn exchange(&self, request: &Prepared) -> Result<Raw, Failure> {
        let method = reqwest::Method::from_bytes(request.wire.method.as_bytes()).unwrap_or(reqwest::Method::POST);
        let client = if request.fresh { &self.fresh } else { &self.client };
        let mut builder = client.request(method, self.url(&request.url)?);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let mut answer = builder.body(request.body.clone()).send().await.map_err(|e| {
            let mut failure = failure(&e, Reason::Reset);
            // TLS 1.3 ends the handshake before the server has looked at the client's certificate: its alert may come too late to be read.
            if failure.reason == Reason::Reset && self.anonymous {
                failure.detail += "; a server that asks who you are closes like this: ";
                failure.detail += IDENTIFY;
            }
            failure
        })?;
        let status = answer.status().as_u16();
        if status == 407 && self.proxied {
            return Err(proxy_asks());
        }
        let headers = answer.headers().iter().map(|(n, v)| (n.as_str().to_owned(), v.as_bytes().to_vec())).collect();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| failure(&e, Reason::TruncatedBody))? {
            if body.len() + chunk.len() > self.limits.body {
                return Err(Failure {
                    reason: Reason::OverCap,
                    detail: format!("more than {} bytes", self.limits.body),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Raw { status, headers, body })
    }
}

impl Transport for Http {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        let sent = async {
            match request.hostile.filter(|kind| kind.raw()) {
                Some(kind) => wire::send(request, kind, &self.limits).await,
                None => self.exchange(request).await,
            }
        };
        match tokio::time::timeout(self.limits.whole, sent).await {
            Ok(result) => result,
            Err(_) => Err(Failure {
                reason: Reason::Timeout,
                detail: format!("nothing complete within {:?}", self.limits.whole),
            }),
        }
    }
}

/// RFC 9110, 15.5.8: 407 is a proxy's own answer, so no request has reached the target.
fn proxy_asks() -> Failure {
    let detail = "the proxy asks for a name and password: --proxy http://NAME:PASSWORD@HOST".to_owned();
    Failure { reason: Reason::Proxy, detail }
}

/// The kind of a reqwest error; hyper tells its causes apart in words only.
fn failure(error: &reqwest::Error, otherwise: Reason) -> Failure {
    let mut detail = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(e) = cause {
        if !detail.is_empty() {
            detail.push_str(": ");
        }
        detail.push_str(&e.to_string());
        cause = e.source();
    }
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
        if error.is_dns() {
            Reason::Dns
        } else if says(TLS) {
            Reason::Tls
        } else {
            Reason::Connect
        }
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
    // A server that wants a certificate closes a connection that looked well.
    let reason = if reason == Reason::Reset && says(&["certificate required", "certificaterequired"]) {
        Reason::Tls
    } else {
        reason
    };
    if reason == Reason::Tls {
        if let Some((_, hint)) = HINTS.iter().find(|(word, _)| lower.contains(word)) {
            detail = format!("{detail}; {hint}");
        }
    }
    Failure { reason, detail }
}

/// What a server's question for a certificate is answered with.
const IDENTIFY: &str = "--client-cert FILE and --client-key FILE name a client's certificate";

/// Words by which an error in connecting is one of TLS.
const TLS: &[&str] = &["certificate", "tls", "handshake", "alert"];

/// What helps, by words of the TLS library.
const HINTS: [(&str, &str); 8] = [
    ("certificaterequired", IDENTIFY),
    ("certificate required", IDENTIFY),
    ("unknownissuer", "nobody here knows who signed the server's certificate: --cacert FILE names its authority"),
    ("certificate expired", "the server's certificate has expired: no flag of konform takes it"),
    ("certificate has expired", "the server's certificate has expired: no flag of konform takes it"),
    ("not valid yet", "the server's certificate is not valid yet: look at both clocks"),
    (
        "not valid for name",
        "the certificate is for another name: use that one in --target, with --resolve HOST:PORT:ADDRESS if it does not resolve",
    ),
    ("no application protocol", "the server does not speak this version of HTTP: --http 1.1 or --http 2"),
];
