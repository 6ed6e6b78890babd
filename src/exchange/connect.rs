//! How connections are made: name to address, proxy, TLS. `http` hands names and TLS to reqwest, `wire` has its connections made here, so that
//! `--cacert`, `--client-cert`, `--resolve` and `--proxy` hold for all requests alike.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use super::stream::{Socket, Stream};
use super::{Target, wire};
use crate::crypto;
use crate::model::observed::{Failure, Reason};

/// A file in PEM.
#[derive(Clone)]
pub struct Pem {
    /// Its name, for messages.
    pub file: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

/// How connections are made.
#[derive(Clone, Default)]
pub struct Connection {
    /// Authorities to trust instead of the machine's.
    pub cacert: Option<Pem>,
    /// A client's certificate and private key.
    pub identity: Option<Pem>,
    /// A proxy that everything goes through; those of the environment are not looked at.
    pub proxy: Option<String>,
    /// Addresses to use for a host, at the address's port, instead of those that its name resolves to.
    pub resolve: Vec<(String, SocketAddr)>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("identity", &self.identity.is_some())
            .field("proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// A certificate file that is none.
    #[error("--cacert: {0}")]
    Certificates(String),
    /// A client certificate that is none.
    #[error("the client's certificate and key (--client-cert, --client-key): {0}")]
    Identity(String),
    /// A proxy address that is none.
    #[error("--proxy {0} is no proxy: write http://HOST:PORT or https://HOST:PORT")]
    Proxy(String),
    /// No roots on this machine, or another fault of the TLS library.
    #[error("failed to set up TLS: {0}; a machine without certificates needs --cacert FILE")]
    Tls(String),
}

/// Host, without brackets, and port.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
}

/// The proxy that everything goes through.
#[derive(Clone)]
struct Proxy {
    at: Place,
    /// TLS to the proxy itself.
    tls: bool,
    /// Value of `Proxy-Authorization`; a secret.
    credentials: Option<String>,
}

/// Makes connections to one target.
#[derive(Clone)]
pub(super) struct Connector {
    at: Place,
    /// TLS to the target, if it is https.
    tls: Option<Arc<ClientConfig>>,
    /// TLS to the proxy, if it is https.
    proxy_tls: Option<Arc<ClientConfig>>,
    proxy: Option<Proxy>,
    resolve: Vec<(String, SocketAddr)>,
    /// True if nothing may be connected to but this machine.
    here: bool,
    within: Duration,
}

impl Connector {
    /// A connector; TLS is set up for https only, so that a machine without certificates can still speak http.
    pub(super) fn new(target: &Target, within: Duration, connection: &Connection) -> Result<Self, HttpError> {
        let proxy = connection.proxy.as_deref().map(proxy).transpose()?;
        let roots = connection.cacert.as_ref().map(roots).transpose()?;
        let identity = connection.identity.as_ref().map(identity).transpose()?;
        let config = |alpn: &[u8]| configuration(roots.as_ref(), identity.as_ref(), alpn).map(Arc::new);
        let alpn: &[u8] = if target.is_http2() { b"h2" } else { b"http/1.1" };
        Ok(Self {
            at: Place { host: target.host().trim_matches(['[', ']']).to_owned(), port: target.port() },
            tls: target.is_https().then(|| config(alpn)).transpose()?,
            proxy_tls: proxy.as_ref().is_some_and(|p| p.tls).then(|| config(b"http/1.1")).transpose()?,
            proxy,
            resolve: connection.resolve.clone(),
            here: connection.stays_here(target),
            within,
        })
    }

    /// True if a proxy stands between.
    pub(super) fn proxied(&self) -> bool {
        self.proxy.is_some()
    }

    /// The TLS of the target, else that of the proxy; none if neither is https.
    pub(super) fn tls(&self) -> Option<&ClientConfig> {
        self.tls.as_deref().or(self.proxy_tls.as_deref())
    }

    /// The addresses of what is connected to: the proxy, or the target where there is none.
    pub(super) async fn nearest(&self) -> Result<Vec<SocketAddr>, Failure> {
        self.addresses(self.proxy.as_ref().map_or(&self.at, |proxy| &proxy.at)).await
    }

    /// True if requests are written to the proxy, which reads them, and not through it.
    pub(super) fn forwards(&self) -> bool {
        self.proxy.is_some() && self.tls.is_none()
    }

    /// What a proxy that reads the requests is told of who sends them.
    pub(super) fn proxy_credentials(&self) -> Option<&str> {
        self.proxy.as_ref().filter(|_| self.forwards()).and_then(|proxy| proxy.credentials.as_deref())
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Stream, Failure> {
        let until = Instant::now() + self.within;
        timeout_at(until, self.open(until)).await.unwrap_or_else(|_| {
            let detail = format!("no connection within {:?}", self.within);
            Err(Failure { reason: Reason::Timeout, detail })
        })
    }

    /// True if the target answers a handshake of TLS, though it is not called by https.
    pub(super) async fn speaks_tls(&self) -> bool {
        if self.proxy.is_some() {
            return false;
        }
        // No authority is known to it: a server that speaks TLS shows a certificate, and that is all that is asked.
        let Ok(config) = configuration(Some(&Arc::new(RootCertStore::empty())), None, b"http/1.1") else {
            return false;
        };
        let until = Instant::now() + self.within;
        let asked = timeout_at(until, async {
            let plain = self.dial(&self.at, until).await.ok()?;
            let name = ServerName::try_from(self.at.host.clone()).ok()?;
            TlsConnector::from(Arc::new(config)).connect(name, plain).await.err()
        });
        let error = asked.await.ok().flatten();
        let known = error.as_ref().and_then(|e| e.get_ref()).and_then(|e| e.downcast_ref::<rustls::Error>());
        matches!(known, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_)))
    }

    async fn open(&self, until: Instant) -> Result<Stream, Failure> {
        let Some(proxy) = &self.proxy else {
            let plain = self.dial(&self.at, until).await?;
            return match &self.tls {
                Some(config) => secure(config, &self.at.host, plain).await,
                None => Ok(Box::new(plain)),
            };
        };
        let plain = self.dial(&proxy.at, until).await.map_err(|f| at_proxy(f, &proxy.at))?;
        let mut stream: Stream = match &self.proxy_tls {
            Some(config) => secure(config, &proxy.at.host, plain).await.map_err(|f| at_proxy(f, &proxy.at))?,
            None => Box::new(plain),
        };
        let Some(config) = &self.tls else { return Ok(stream) };
        tunnel(&mut stream, &self.at, proxy.credentials.as_deref()).await?;
        secure(config, &self.at.host, stream).await
    }

    /// Connects to the first address that answers.
    async fn dial(&self, place: &Place, until: Instant) -> Result<TcpStream, Failure> {
        let addresses = self.addresses(place).await?;
        let mut failed = Failure { reason: Reason::Connect, detail: String::new() };
        let many = addresses.len();
        for (at, address) in addresses.into_iter().enumerate() {
            // One that does not answer leaves time for the others.
            let left = until.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(many - at).unwrap_or(1);
            match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // A request is written at once: there is nothing to wait for.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(e)) => {
                    failed = Failure { reason: Reason::Connect, detail: format!("{address}: {e}") };
                }
                Err(_) => {
                    let detail = format!("{address}: no connection within {:?}", self.within);
                    failed = Failure { reason: Reason::Timeout, detail };
                }
            }
        }
        Err(failed)
    }

    /// The addresses of a place: those that `--resolve` gives for its name, or those that the name resolves to.
    async fn addresses(&self, place: &Place) -> Result<Vec<SocketAddr>, Failure> {
        // As reqwest does: an address is no name that could resolve to another one.
        if let Ok(ip) = place.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, place.port)]);
        }
        let given =
            |(host, address): &&(String, SocketAddr)| same_host(host, &place.host) && address.port() == place.port;
        let mut found: Vec<SocketAddr> = self.resolve.iter().filter(given).map(|(_, address)| *address).collect();
        if found.is_empty() {
            let looked_up = tokio::net::lookup_host((place.host.as_str(), place.port)).await;
            let failed = |e: std::io::Error| Failure { reason: Reason::Dns, detail: format!("{}: {e}", place.host) };
            found = looked_up.map_err(failed)?.collect();
        }
        if self.here && !found.iter().all(|address| loopback(address.ip())) {
            let elsewhere = found.iter().find(|address| !loopback(address.ip())).map(SocketAddr::ip);
            let detail = format!(
                "{} is {} and not this machine: nothing was sent",
                place.host,
                elsewhere.map(|ip| ip.to_string()).unwrap_or_default()
            );
            return Err(Failure { reason: Reason::Connect, detail });
        }
        Ok(found)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("at", &self.at).field("proxied", &self.proxied()).finish_non_exhaustive()
    }
}

impl Connection {
    /// Looks whether the certificates, the key and the proxy's address can be used, before anything is sent.
    ///
    /// # Errors
    /// [`HttpError`] names the flag and what is wrong with its value.
    pub fn check(&self) -> Result<(), HttpError> {
        self.proxy.as_deref().map(proxy).transpose()?;
        self.cacert.as_ref().map(roots).transpose()?;
        self.identity.as_ref().map(identity).transpose()?;
        Ok(())
    }

    /// True if everything that is sent stays on this machine: the target is of this machine, no `--resolve` leads its name elsewhere,
    /// and the proxy, if there is one, is of this machine too.
    #[must_use]
    pub fn stays_here(&self, target: &Target) -> bool {
        let here = |host: &str| {
            let mut given = self.resolve.iter().filter(|(name, _)| same_host(name, host));
            given.all(|(_, address)| loopback(address.ip()))
        };
        let proxy = self.proxy.as_deref().map(|text| {
            let local = proxy(text).ok().filter(|p| p.at.host == "localhost" || p.at.host.parse().is_ok_and(loopback));
            local.is_some_and(|p| here(&p.at.host))
        });
        target.is_loopback() && here(target.host()) && proxy.unwrap_or(true)
    }
}

/// True for `127.0.0.0/8` and `::1`, also in the `IPv6` form of an `IPv4` address.
fn loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

fn same_host(one: &str, other: &str) -> bool {
    let bare = |host: &'_ str| host.trim_matches(['[', ']']).to_ascii_lowercase();
    bare(one) == bare(other)
}

fn at_proxy(mut failure: Failure, proxy: &Place) -> Failure {
    failure.detail = format!("the proxy {}:{}: {}", proxy.host, proxy.port, failure.detail);
    failure
}

fn proxy(text: &str) -> Result<Proxy, HttpError> {
    let wrong = || HttpError::Proxy(text.split_once('@').map_or(text, |(_, rest)| rest).to_owned());
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong());
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    let port = url.port_or_known_default().ok_or_else(wrong)?;
    let given = !url.username().is_empty() || url.password().is_some();
    let credentials = given.then(|| {
        let mut pair = unescaped(url.username());
        pair.push(b':');
        pair.extend(unescaped(url.password().unwrap_or_default()));
        format!("Basic {}", crypto::base64(&pair))
    });
    let at = Place { host: host.trim_matches(['[', ']']).to_owned(), port };
    Ok(Proxy { at, tls: url.scheme() == "https", credentials })
}

/// The bytes of a name or password in a URL, `%XX` undone.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let code = rest.get(1..3).filter(|_| first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(first));
        // A URL is ASCII.
        rest = rest.get(if code.is_some() { 3 } else { 1 }..).unwrap_or_default();
    }
    out
}

/// A PEM file without a byte order mark, which some editors put before it.
fn text(pem: &Pem) -> &[u8] {
    pem.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&pem.bytes)
}

fn certificates(pem: &Pem) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text(pem)).collect();
    match read {
        Ok(found) if found.is_empty() => Err(format!(
            "no certificate in {0}: PEM is wanted, a block that begins with `-----BEGIN CERTIFICATE-----`; a file in DER becomes one by \
             `openssl x509 -inform der -in {0}`",
            pem.file
        )),
        Ok(found) => Ok(found),
        Err(e) => Err(format!("{} is not well-formed PEM: {e}", pem.file)),
    }
}

fn roots(pem: &Pem) -> Result<Arc<RootCertStore>, HttpError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem).map_err(HttpError::Certificates)? {
        let wrong = |e| HttpError::Certificates(format!("a certificate in {} can't be read: {e}", pem.file));
        roots.add(certificate).map_err(wrong)?;
    }
    Ok(Arc::new(roots))
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn identity(pem: &Pem) -> Result<Identity, HttpError> {
    let chain = certificates(pem).map_err(HttpError::Identity)?;
    let key = PrivateKeyDer::from_pem_slice(text(pem)).map_err(|_| {
        HttpError::Identity(format!(
            "no private key in {}: name its file with --client-key, in PEM and not encrypted (`openssl pkey -in FILE`)",
            pem.file
        ))
    })?;
    Ok((chain, key))
}

fn configuration(
    roots: Option<&Arc<RootCertStore>>,
    identity: Option<&Identity>,
    alpn: &[u8],
) -> Result<ClientConfig, HttpError> {
    let provider: Arc<CryptoProvider> = Arc::new(aws_lc_rs::default_provider());
    let failed = |e: &dyn fmt::Display| HttpError::Tls(e.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| failed(&e))?;
    let builder = if let Some(roots) = roots {
        builder.with_root_certificates(Arc::clone(roots))
    } else {
        let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(|e| failed(&e))?;
        builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
    };
    let mut config = match identity {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain.clone(), key.clone_key())
            .map_err(|e| HttpError::Identity(e.to_string()))?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![alpn.to_vec()];
    Ok(config)
}

/// TLS over a connection.
async fn secure<S: Socket + 'static>(config: &Arc<ClientConfig>, host: &str, plain: S) -> Result<Stream, Failure> {
    let failed = |e: &dyn fmt::Display| hinted(Failure { reason: Reason::Tls, detail: e.to_string() });
    let name = ServerName::try_from(host.to_owned()).map_err(|e| failed(&e))?;
    let stream = TlsConnector::from(Arc::clone(config)).connect(name, plain).await.map_err(|e| failed(&e))?;
    Ok(Box::new(stream))
}

/// Asks a proxy for a way to the target.
async fn tunnel(stream: &mut Stream, to: &Place, credentials: Option<&str>) -> Result<(), Failure> {
    let host = if to.host.contains(':') { format!("[{}]", to.host) } else { to.host.clone() };
    let place = format!("{host}:{}", to.port);
    let own = credentials.map(|credentials| format!("Proxy-Authorization: {credentials}\r\n")).unwrap_or_default();
    let head = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{own}\r\n");
    let failed = |detail: String| Failure { reason: Reason::Proxy, detail };
    stream.write_all(head.as_bytes()).await.map_err(|e| failed(format!("the proxy: {e}")))?;
    match wire::opened(stream).await.map_err(|f| failed(format!("the proxy: {}", f.detail)))? {
        200..300 => Ok(()),
        407 => Err(proxy_asks()),
        status => Err(failed(format!("the proxy answered {status} when asked for a way to {place}"))),
    }
}

/// RFC 9110, 15.5.8: 407 is a proxy's own answer, so no request has reached the target.
pub(super) fn proxy_asks() -> Failure {
    let detail = "the proxy asks for a name and password: --proxy http://NAME:PASSWORD@HOST".to_owned();
    Failure { reason: Reason::Proxy, detail }
}

/// What a server's question for a certificate is answered with.
pub(super) const IDENTIFY: &str = "--client-cert FILE and --client-key FILE name a client's certificate";

/// What may help where a connection ends within the handshake.
const NO_TLS: &str = "a port that does not speak TLS closes like this: write http:// in --target";

/// What helps where a server takes other versions of HTTP alone.
const OTHER_VERSION: &str = "the server does not speak this version of HTTP: --http 1.1 or --http 2";

/// The failure as one of TLS if a server that wanted a certificate closed a connection that looked well, and with what helps.
pub(super) fn hinted(mut failure: Failure) -> Failure {
    let lower = failure.detail.to_lowercase();
    let asked = lower.contains("certificate required") || lower.contains("certificaterequired");
    if failure.reason == Reason::Reset && asked {
        failure.reason = Reason::Tls;
    }
    if failure.reason == Reason::Tls {
        if let Some((_, hint)) = HINTS.iter().find(|(word, _)| lower.contains(word)) {
            failure.detail = format!("{}; {hint}", failure.detail);
        }
    }
    failure
}

/// What helps, by words of the TLS library.
const HINTS: [(&str, &str); 12] = [
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
    ("noapplicationprotocol", OTHER_VERSION),
    ("any known protocol", OTHER_VERSION),
    ("handshake eof", NO_TLS),
    ("connection reset", NO_TLS),
    ("invalidcontenttype", "the port does not speak TLS: write http:// in --target, or the port that speaks TLS"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn connector(target: &str, resolve: &[(&str, &str)]) -> Connector {
        let target = Target::parse(target).expect("a target");
        let mut connector =
            Connector::new(&target, Duration::from_secs(1), &Connection::default()).expect("a connector");
        let given = |(name, address): &(&str, &str)| ((*name).to_owned(), address.parse().expect("an address"));
        connector.resolve = resolve.iter().map(given).collect();
        connector
    }

    #[tokio::test]
    async fn a_name_has_the_addresses_that_are_given_for_its_port() {
        for (resolve, wanted) in [
            (&[("LOCALHOST", "127.0.0.7:9")][..], "127.0.0.7:9"),
            (&[("localhost", "127.0.0.7:8"), ("localhost", "127.0.0.8:9")], "127.0.0.8:9"),
        ] {
            let found = connector("http://localhost:9", resolve).nearest().await.expect("addresses");
            assert_eq!(found, [wanted.parse().expect("an address")], "{resolve:?}");
        }
        // An address leads nowhere else.
        let found = connector("http://127.0.0.1:9", &[("127.0.0.1", "127.0.0.7:9")]).nearest().await.expect("one");
        assert_eq!(found, ["127.0.0.1:9".parse().expect("an address")]);
    }

    #[tokio::test]
    async fn a_run_that_stays_on_this_machine_connects_to_no_other_one() {
        let failure =
            connector("http://localhost:9", &[("localhost", "192.0.2.1:9")]).nearest().await.expect_err("none");
        assert!(failure.reason == Reason::Connect && failure.detail.contains("nothing was sent"), "{failure:?}");
    }
}
