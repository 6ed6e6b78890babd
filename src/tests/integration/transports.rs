//! TLS and what else lies between: private, expired and foreign certificates, clients with certificates, HTTP/2, a proxy. The server is
//! the sandbox behind a rustls acceptor on this machine.

use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use konform::sandbox::{self, Sandbox, Variant};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::evidence::konform;
use super::lab::{self, Folder};

/// What the acceptor saw of its clients: the name they asked for, and the protocol they agreed on.
pub(crate) type Seen = Arc<Mutex<Vec<(Option<String>, Option<String>)>>>;

/// What clients wrote, by connection.
pub(crate) type Written = Arc<Mutex<Vec<Vec<u8>>>>;

/// An authority that exists for one test.
pub(crate) struct Authority(pub(crate) CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// A certificate for a name, and its key, PEM.
    pub(crate) fn sign(&self, name: &str, last_year: i32, usage: ExtendedKeyUsagePurpose) -> (String, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(last_year, 1, 1);
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.0).expect("a certificate");
        (cert.pem(), key.serialize_pem())
    }
}

/// The sandbox, and before it whatever a test puts there.
pub(crate) struct Server {
    runtime: Runtime,
    pub(crate) plain: SocketAddr,
}

impl Server {
    pub(crate) fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let sandbox = Arc::new(Sandbox::new(lab::library(), Variant::default(), Vec::new()));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let plain = listener.local_addr().expect("an address");
        runtime.spawn(sandbox::serve(listener, sandbox, std::future::pending()));
        Self { runtime, plain }
    }

    /// The same, with every byte that clients write, by connection.
    pub(crate) fn recording() -> (Self, Written) {
        let mut server = Self::start();
        let sandbox = server.plain;
        let listener = server.runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        server.plain = listener.local_addr().expect("an address");
        let written = Written::default();
        let noted = Arc::clone(&written);
        server.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(inner) = TcpStream::connect(sandbox).await else { continue };
                let mut connections = noted.lock().expect("a lock");
                let at = connections.len();
                connections.push(Vec::new());
                drop(connections);
                let noted = Arc::clone(&noted);
                let ((mut from, mut to), (mut answers, mut asked)) = (stream.into_split(), inner.into_split());
                tokio::spawn(async move {
                    let mut space = vec![0; 1 << 16];
                    while let Ok(read @ 1..) = from.read(&mut space).await {
                        noted.lock().expect("a lock")[at].extend_from_slice(&space[..read]);
                        if asked.write_all(&space[..read]).await.is_err() {
                            break;
                        }
                    }
                    let _ = asked.shutdown().await;
                });
                tokio::spawn(async move {
                    let _ = tokio::io::copy(&mut answers, &mut to).await;
                    let _ = to.shutdown().await;
                });
            }
        });
        (server, written)
    }

    /// A TLS port before the sandbox.
    pub(crate) fn tls(
        &self,
        (cert, key): &(String, String),
        clients: Option<&Authority>,
        alpn: &[&str],
    ) -> (u16, Seen) {
        let chain = CertificateDer::pem_slice_iter(cert.as_bytes()).map(|c| c.expect("a certificate")).collect();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        let builder = ServerConfig::builder();
        let builder = match clients {
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.0.der().clone()).expect("a root");
                builder.with_client_cert_verifier(
                    WebPkiClientVerifier::builder(Arc::new(roots)).build().expect("a verifier"),
                )
            }
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).expect("a configuration");
        config.alpn_protocols = alpn.iter().map(|p| p.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let seen = Seen::default();
        let (listener, plain, noted) =
            (self.runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port"), self.plain, Arc::clone(&seen));
        let port = listener.local_addr().expect("an address").port();
        self.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, noted) = (acceptor.clone(), Arc::clone(&noted));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let session = stream.get_ref().1;
                    let protocol = session.alpn_protocol().map(|p| String::from_utf8_lossy(p).into_owned());
                    noted.lock().expect("a lock").push((session.server_name().map(str::to_owned), protocol));
                    if let Ok(mut inner) = TcpStream::connect(plain).await {
                        // Either side may end first.
                        let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
                    }
                });
            }
        });
        (port, seen)
    }

    /// A proxy that counts the hosts it was asked for.
    fn proxy(&self) -> (u16, Arc<Mutex<Vec<String>>>) {
        let listener = self.runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        self.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let noted = Arc::clone(&noted);
                tokio::spawn(async move {
                    let mut stream = tokio::io::BufReader::new(stream);
                    let mut head = String::new();
                    // A connection that is opened for later and closed again asks for nothing.
                    if stream.read_line(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                    noted.lock().expect("a lock").push(head.trim_end().to_owned());
                    let address = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    let connect = head.starts_with("CONNECT ");
                    let host = address.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
                    let Ok(mut inner) = TcpStream::connect(host).await else { return };
                    if connect {
                        let mut line = String::new();
                        while stream.read_line(&mut line).await.is_ok_and(|n| n > 2) {
                            line.clear();
                        }
                        let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
                    } else {
                        let _ = inner.write_all(head.as_bytes()).await;
                    }
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
                });
            }
        });
        (port, asked)
    }
}

/// A short run over the library's look-ups.
fn run(folder: &Folder, target: &str, more: &[&str]) -> (i32, String) {
    let _ = fs::remove_dir_all(folder.0.join("out"));
    let args =
        ["run", "--quiet", "--contract", "library", "--snapshots", "off", "--only", "book-get::*", "--timeout", "5"];
    konform(&folder.0, &[&args[..], &["--out", "out", "--target", target], more].concat())
}

fn write(folder: &Folder, name: &str, text: &str) -> String {
    fs::write(folder.0.join(name), text).expect("written");
    name.to_owned()
}

#[test]
fn private_expired_and_foreign_certificates_say_what_helps() {
    let (folder, server) = (Folder::new(), Server::start());
    let (own, other) = (Authority::new("konform test"), Authority::new("another"));
    let server_auth = ExtendedKeyUsagePurpose::ServerAuth;
    let ca = write(&folder, "ca.pem", &own.0.pem());
    let stranger = write(&folder, "other.pem", &other.0.pem());
    let good = own.sign("localhost", 2100, server_auth.clone());
    let (port, seen) = server.tls(&good, None, &[]);
    let target = format!("https://localhost:{port}");

    let (code, text) = run(&folder, &target, &["--cacert", &ca]);
    assert_eq!(code, 0, "{text}");
    assert!(seen.lock().expect("a lock").iter().all(|(name, _)| name.as_deref() == Some("localhost")), "{seen:?}");
    for trust in [&[][..], &["--cacert", &stranger]] {
        let (code, text) = run(&folder, &target, trust);
        assert_eq!(code, 3, "{text}");
        assert!(text.contains("no answer (tls: ") && text.contains("--cacert FILE names its authority"), "{text}");
    }
    // Signed by itself: it is its own authority.
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let alone = params.self_signed(&key).expect("a certificate");
    let (port, _) = server.tls(&(alone.pem(), key.serialize_pem()), None, &[]);
    let (code, text) = run(&folder, &format!("https://localhost:{port}"), &["--cacert", &ca]);
    assert!(code == 3 && text.contains("no answer (tls: "), "{text}");

    let (port, _) = server.tls(&own.sign("localhost", 2021, server_auth.clone()), None, &[]);
    let (code, text) = run(&folder, &format!("https://localhost:{port}"), &["--cacert", &ca]);
    assert!(code == 3 && text.contains("the server's certificate has expired"), "{text}");

    // For another name: the hint's flag leads there, and the server is asked for that name.
    let (port, seen) = server.tls(&own.sign("api.konform.test", 2100, server_auth), None, &[]);
    let (code, text) = run(&folder, &format!("https://localhost:{port}"), &["--cacert", &ca]);
    assert!(code == 3 && text.contains("for another name") && text.contains("--resolve"), "{text}");
    let profile = write(
        &folder,
        "p.yaml",
        "konform: 1\nhosts: [api.konform.test]\nenvironment: sandbox\nrate: 0\ncredentials: {card: file:card}\n",
    );
    let contract = lab::library();
    let credentials = sandbox::credentials(&contract);
    let (name, secret) = credentials.iter().next().expect("a credential");
    write(&folder, "card", secret.reveal());
    let text =
        fs::read_to_string(folder.0.join(&profile)).expect("the profile").replace("{card:", &format!("{{{name}:"));
    write(&folder, "p.yaml", &text);
    let resolve = format!("api.konform.test:{port}:127.0.0.1");
    let args = ["--cacert", &ca, "--resolve", &resolve, "--profile", &profile];
    let (code, text) = run(&folder, &format!("https://api.konform.test:{port}"), &args);
    assert_eq!(code, 0, "{text}");
    assert!(
        seen.lock().expect("a lock").iter().any(|(name, _)| name.as_deref() == Some("api.konform.test")),
        "{seen:?}"
    );

    let (code, text) = run(&folder, &target, &["--cacert", "nowhere.pem"]);
    assert!(code == 2 && text.contains("failed to read --cacert nowhere.pem"), "{text}");
    let nonsense = write(&folder, "nonsense.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let (code, text) = run(&folder, &target, &["--cacert", &nonsense]);
    assert!(code == 2 && text.contains("--cacert"), "{text}");
    // DER, nothing, a key: no certificate in PEM. An editor's byte order mark is none of that.
    fs::write(folder.0.join("ca.der"), own.0.der()).expect("written");
    let (empty, key) = (write(&folder, "empty.pem", ""), write(&folder, "key.pem", &good.1));
    for file in ["ca.der", &empty, &key] {
        let (code, text) = run(&folder, &target, &["--cacert", file]);
        assert!(code == 2 && text.contains(&format!("no certificate in {file}: PEM is wanted")), "{text}");
    }
    let marked = write(&folder, "marked.pem", &format!("\u{feff}{}", own.0.pem()));
    let (code, text) = run(&folder, &target, &["--cacert", &marked]);
    assert_eq!(code, 0, "{text}");
    // The port speaks TLS.
    let (code, text) = run(&folder, &target.replace("https:", "http:"), &[]);
    assert!(code == 3 && text.contains("the port speaks TLS: write https:// in --target"), "{text}");
    let (code, text) = run(&folder, &target, &["--resolve", "localhost:127.0.0.1"]);
    assert!(code == 2 && text.contains("write HOST:PORT:ADDRESS"), "{text}");
}

#[test]
fn a_server_that_asks_for_a_certificate_gets_one() {
    let (folder, server) = (Folder::new(), Server::start());
    let authority = Authority::new("konform test");
    let ca = write(&folder, "ca.pem", &authority.0.pem());
    let (port, _) =
        server.tls(&authority.sign("localhost", 2100, ExtendedKeyUsagePurpose::ServerAuth), Some(&authority), &[]);
    let target = format!("https://localhost:{port}");
    let (code, text) = run(&folder, &target, &["--cacert", &ca]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("--client-cert FILE and --client-key FILE name a client's certificate"), "{text}");
    let (cert, key) = authority.sign("partner", 2100, ExtendedKeyUsagePurpose::ClientAuth);
    let (cert_file, key_file) = (write(&folder, "client.pem", &cert), write(&folder, "client-key.pem", &key));
    let (code, text) =
        run(&folder, &target, &["--cacert", &ca, "--client-cert", &cert_file, "--client-key", &key_file]);
    assert_eq!(code, 0, "{text}");
    let both = write(&folder, "both.pem", &(cert + &key));
    let (code, text) = run(&folder, &target, &["--cacert", &ca, "--client-cert", &both]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = run(&folder, &target, &["--cacert", &ca, "--client-cert", &cert_file]);
    assert!(code == 2 && text.contains("--client-key"), "{text}");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder.0.join("out")).into_iter().flatten() {
        files.push(entry.expect("an entry").path());
    }
    assert!(files.iter().all(|f| !fs::read_to_string(f).unwrap_or_default().contains("PRIVATE KEY")));
}

#[test]
fn http_2_is_spoken_where_it_is_asked_for() {
    let (folder, server) = (Folder::new(), Server::start());
    let authority = Authority::new("konform test");
    let ca = write(&folder, "ca.pem", &authority.0.pem());
    let (port, seen) =
        server.tls(&authority.sign("localhost", 2100, ExtendedKeyUsagePurpose::ServerAuth), None, &["h2", "http/1.1"]);
    let target = format!("https://localhost:{port}");
    let protocols = || seen.lock().expect("a lock").drain(..).map(|(_, p)| p.unwrap_or_default()).collect::<Vec<_>>();
    let (code, text) = run(&folder, &target, &["--cacert", &ca, "--http", "2"]);
    assert_eq!(code, 0, "{text}");
    assert!(protocols().iter().all(|p| p == "h2") && text.contains("PASS"));
    let (_, har) = konform(&folder.0, &["report", "out", "--as", "har"]);
    assert!(har.contains("\"httpVersion\":\"HTTP/2\"") && !har.contains("HTTP/1.1"));
    assert!(
        har.contains("\"name\":\"authorization\"") && !har.contains("\"name\":\"Host\""),
        "names are in lower case"
    );
    let (code, text) = run(&folder, &target, &["--cacert", &ca]);
    assert_eq!(code, 0, "{text}");
    let found = protocols();
    assert!(!found.is_empty() && found.iter().all(|p| p != "h2"), "{found:?}");
    // Nothing is called sent that was not.
    let args = ["check", "--contract", "library", "--http", "2", "--only", "book-get::*"];
    let (code, text) = konform(&folder.0, &args);
    assert!(code == 0 && text.contains("it leaves out Accept, which the HTTP library adds"), "{text}");
    // Without TLS, by prior knowledge: the sandbox itself speaks it.
    let (code, text) = run(&folder, &format!("http://{}", server.plain), &["--http", "2"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn everything_goes_through_the_proxy_that_is_named_and_none_that_is_not() {
    let (folder, server) = (Folder::new(), Server::start());
    let authority = Authority::new("konform test");
    let ca = write(&folder, "ca.pem", &authority.0.pem());
    let (port, seen) = server.tls(&authority.sign("localhost", 2100, ExtendedKeyUsagePurpose::ServerAuth), None, &[]);
    let (proxy, asked) = server.proxy();
    let proxy = format!("http://127.0.0.1:{proxy}");
    let (code, text) = run(&folder, &format!("https://localhost:{port}"), &["--cacert", &ca, "--proxy", &proxy]);
    assert_eq!(code, 0, "{text}");
    let hosts: Vec<String> = asked.lock().expect("a lock").drain(..).collect();
    assert_eq!(hosts.len(), seen.lock().expect("a lock").len(), "every connection came that way");
    assert!(hosts.iter().all(|h| h.starts_with(&format!("CONNECT localhost:{port} "))), "{hosts:?}");
    let (code, text) = run(&folder, &format!("http://{}", server.plain), &["--proxy", &proxy]);
    assert_eq!(code, 0, "{text}");
    let lines: Vec<String> = asked.lock().expect("a lock").drain(..).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line.contains(" http://127.0.0.1:")), "{lines:?}");
    // A proxy of the environment is none of ours: the answer would be its own.
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_konform"))
        .args(["run", "--quiet", "--contract", "library", "--only", "book-get::*", "--out", "env", "--target"])
        .arg(format!("http://{}", server.plain))
        .env("HTTP_PROXY", &proxy)
        .env("http_proxy", &proxy)
        .current_dir(&folder.0)
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(0));
    assert!(asked.lock().expect("a lock").is_empty());
    let (code, text) = run(&folder, "http://127.0.0.1:9", &["--proxy", "no url"]);
    assert!(code == 2 && text.contains("--proxy"), "{text}");
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, text) = konform(&folder.0, &["completions", shell]);
        assert!(code == 0 && text.contains("rejudge") && text.contains("certify"), "{shell}: {text}");
    }
    let (code, page) = konform(&folder.0, &["man"]);
    assert!(code == 0 && page.contains(".TH konform 1") && page.contains("konform\\-rejudge(1)"), "{page}");
    let (code, page) = konform(&folder.0, &["man", "run"]);
    assert!(code == 0 && page.contains("\\-\\-baseline") && page.contains("Exit codes"), "{page}");
    let (code, text) = konform(&folder.0, &["man", "walk"]);
    assert!(code == 2 && text.contains("no command `walk`"), "{text}");
}

#[test]
fn a_name_of_this_machine_that_leads_elsewhere_needs_a_profile() {
    let folder = Folder::new();
    write(
        &folder,
        "p.yaml",
        "konform: 1\nhosts: [localhost]\nenvironment: sandbox\ncredentials: {libraryToken: file:token}\n",
    );
    write(&folder, "token", "0123456789abcdef0123456789abcdef");
    let target = "http://localhost:9/v1";
    for more in [
        &["--resolve", "localhost:9:192.0.2.1"][..],
        &["--resolve", "LOCALHOST:9:192.0.2.1"],
        &["--resolve", "localhost:1:192.0.2.1"],
        &["--proxy", "http://192.0.2.1:3128"],
        &["--proxy", "http://proxy.example.com:3128"],
        &["--proxy", "http://localhost:3128", "--resolve", "localhost:3128:192.0.2.1"],
    ] {
        let (code, text) = run(&folder, target, more);
        assert!(code == 2 && text.contains("needs --profile FILE") && text.contains("no request was sent"), "{text}");
        // With a profile that allows it the limits for other machines hold.
        let args = ["check", "--contract", "library", "--target", target, "--profile", "p.yaml"];
        let (_, text) = konform(&folder.0, &[&args[..], more].concat());
        assert!(text.contains("at 5 a second"), "{text}");
    }
    for more in [&[][..], &["--resolve", "localhost:9:127.0.0.1"], &["--proxy", "http://[::1]:9"]] {
        let args = ["check", "--contract", "library", "--target", target];
        let (_, text) = konform(&folder.0, &[&args[..], more].concat());
        assert!(!text.contains("at 5 a second"), "{text}");
    }
}
