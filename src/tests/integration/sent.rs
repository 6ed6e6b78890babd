//! What is recorded is what went over the wire, header by header.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::Response;
use konform::sandbox::{Call, Sandbox, Variant};
use rcgen::ExtendedKeyUsagePurpose;
use serde_json::Value;

use super::evidence::konform;
use super::lab::{self, Folder};
use super::transports::{Authority, Server};

/// A request: its first line, and its headers with their names in lower case, sorted. A client library may change the case of names, and the
/// order of different ones.
type Sent = Vec<String>;

/// Requests as they come.
type Heads = Arc<Mutex<Vec<Sent>>>;

/// True for the header whose value no record shows.
fn secret(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization")
}

/// A header's line; without its value if that is a secret.
fn header(name: &str, value: &str) -> String {
    let name = name.to_ascii_lowercase();
    if secret(&name) { name } else { format!("{name}: {value}") }
}

fn sorted(mut lines: Sent) -> Sent {
    if let Some(headers) = lines.get_mut(1..) {
        headers.sort();
    }
    lines
}

/// The requests that went over a connection; only the first one if where it ends can't be told.
fn requests(mut bytes: &[u8]) -> Vec<Sent> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (mut lines, mut length, mut lengths) = (Vec::new(), 0, 0);
        loop {
            let end = bytes.iter().position(|b| *b == b'\n').expect("the end of a line");
            let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
            let line = String::from_utf8(line.to_vec()).expect("UTF-8");
            bytes = &bytes[end + 1..];
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().unwrap_or(usize::MAX);
                lengths += 1;
            }
            if name.eq_ignore_ascii_case("transfer-encoding") || lengths > 1 {
                length = usize::MAX;
            }
            lines.push(if lines.is_empty() { line } else { header(name, value) });
        }
        found.push(sorted(lines));
        bytes = bytes.get(length..).unwrap_or_default();
    }
    found
}

/// The requests of a run's records.
fn recorded(folder: &Folder) -> Vec<Sent> {
    let (code, text) = konform(&folder.0, &["report", "out", "--as", "har"]);
    assert_eq!(code, 0, "{text}");
    let har: Value = serde_json::from_str(&text).expect("JSON");
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    let entries = har["log"]["entries"].as_array().expect("entries");
    let request = |entry: &Value| {
        let request = &entry["request"];
        let url = word(&request["url"]);
        let path = url.splitn(4, '/').nth(3).expect("a path");
        let mut lines = vec![format!("{} /{path} {}", word(&request["method"]), word(&request["httpVersion"]))];
        for each in request["headers"].as_array().expect("headers") {
            let (name, value) = (word(&each["name"]), word(&each["value"]));
            assert!(!secret(&name) || value.starts_with('$'), "{value}");
            lines.push(header(&name, &value));
        }
        sorted(lines)
    };
    entries.iter().map(request).collect()
}

/// How often each request is there.
fn counted(requests: Vec<Sent>) -> BTreeMap<Sent, usize> {
    let mut out = BTreeMap::new();
    for request in requests {
        *out.entry(request).or_default() += 1;
    }
    out
}

fn the_same(written: &[Vec<u8>], folder: &Folder) {
    same(written.iter().flat_map(|bytes| requests(bytes)).collect(), folder);
}

fn same(heads: Vec<Sent>, folder: &Folder) {
    let wire = counted(heads);
    let records = counted(recorded(folder));
    let short =
        |request: &Sent| request.iter().map(|line| line.chars().take(80).collect::<String>()).collect::<Vec<_>>();
    let missing = |these: &BTreeMap<Sent, usize>, those: &BTreeMap<Sent, usize>| {
        let odd = these.iter().filter(|(request, count)| those.get(*request) != Some(count));
        odd.map(|(request, count)| format!("{count} times {:?}", short(request))).take(5).collect::<Vec<_>>().join("\n")
    };
    let (only_sent, only_recorded) = (missing(&wire, &records), missing(&records, &wire));
    assert!(wire == records, "on the wire:\n{only_sent}\nrecorded:\n{only_recorded}");
    assert!(wire.len() > 100, "{}", wire.len());
}

#[test]
fn every_family_is_recorded_as_it_was_sent() {
    let folder = Folder::new();
    let (server, written) = Server::recording();
    let target = format!("http://{}/v1", server.plain);
    let args = ["run", "--quiet", "--contract", "library", "--snapshots", "off", "--out", "out", "--target", &target];
    let (code, text) = konform(&folder.0, &args);
    assert_eq!(code, 0, "{text}");
    let written = written.lock().expect("a lock").clone();
    the_same(&written, &folder);
    // What no client library sends.
    let all = written.concat();
    let all = String::from_utf8_lossy(&all);
    for words in ["FROBNICATE /", "HTTP/9.7\r\n", "X-Many-1999: 1999", "Content-Length: -1x", "Expect: 100-continue"] {
        assert!(all.contains(words), "no request has {words:?}");
    }
    let bare = |request: &&Sent| !request.iter().any(|line| line.to_ascii_lowercase().starts_with("accept:"));
    let heads: Vec<Sent> = written.iter().flat_map(|bytes| requests(bytes)).collect();
    assert!(heads.iter().any(|request| bare(&request)), "no request without Accept");
}

#[test]
fn every_family_is_recorded_as_it_was_sent_over_tls() {
    let folder = Folder::new();
    let (server, written) = Server::recording();
    let authority = Authority::new("konform test");
    fs::write(folder.0.join("ca.pem"), authority.0.pem()).expect("written");
    let (port, _) = server.tls(&authority.sign("localhost", 2100, ExtendedKeyUsagePurpose::ServerAuth), None, &[]);
    let target = format!("https://localhost:{port}/v1");
    let args = ["run", "--quiet", "--contract", "library", "--snapshots", "off", "--out", "out", "--target", &target];
    let (code, text) = konform(&folder.0, &[&args[..], &["--cacert", "ca.pem"]].concat());
    assert_eq!(code, 0, "{text}");
    let written = written.lock().expect("a lock").clone();
    the_same(&written, &folder);
    let all = written.concat();
    assert!(String::from_utf8_lossy(&all).contains("HTTP/9.7\r\n"), "hostile bytes go over TLS too");
}

/// The requests that come in HTTP/2 before they reach the sandbox, which answers them.
async fn noted(State((sandbox, heads)): State<(Arc<Sandbox>, Heads)>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 24).await.expect("a body");
    let text = |value: &axum::http::HeaderValue| String::from_utf8(value.as_bytes().to_vec()).expect("UTF-8");
    let path = parts.uri.path_and_query().expect("a path");
    let mut lines = vec![format!("{} {path} {:?}", parts.method, parts.version).replace("HTTP/2.0", "HTTP/2")];
    lines.extend(parts.headers.iter().map(|(name, value)| header(name.as_str(), &text(value))));
    heads.lock().expect("a lock").push(sorted(lines));
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.to_vec(),
    };
    let reply = sandbox.answer(&call).await;
    let mut answer = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        answer = answer.header(name, value);
    }
    answer.body(reply.body.into()).expect("an answer")
}

#[test]
fn every_family_is_recorded_as_it_was_sent_in_http_2() {
    let folder = Folder::new();
    let sandbox = Arc::new(Sandbox::new(lab::library(), Variant::default(), Vec::new()));
    let heads = Heads::default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let target = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let app = axum::Router::new().fallback(noted).with_state((sandbox, Arc::clone(&heads)));
    runtime.spawn(async move { axum::serve(listener, app).await });
    let args = ["run", "--quiet", "--contract", "library", "--snapshots", "off", "--out", "out", "--http", "2"];
    let (code, text) = konform(&folder.0, &[&args[..], &["--target", &target]].concat());
    assert_eq!(code, 0, "{text}");
    let heads = heads.lock().expect("a lock").clone();
    assert!(heads.iter().any(|request| request[0].starts_with("FROBNICATE /")), "no method that does not exist");
    same(heads, &folder);
}

#[test]
fn curl_is_told_what_not_to_add() {
    let folder = Folder::new();
    let shown = |case: &str| {
        let (code, text) = konform(&folder.0, &["show", case, "--contract", "library", "--curl"]);
        assert_eq!(code, 0, "{text}");
        text
    };
    let text = shown("book-add::header::header.Accept::absent");
    assert!(text.contains("-H 'Accept:'") && text.contains("-H 'User-Agent:'"), "{text}");
    // Without a semicolon curl would leave the header out.
    let text = shown("book-add::header::header.Accept::empty");
    assert!(text.contains("-H 'Accept;'") && text.contains("--data-binary '{"), "{text}");
    // Bytes that no text holds.
    let text = shown("book-add::hostile::body::invalid-utf8");
    assert!(text.starts_with("printf '") && text.contains("\\377\\376") && text.contains("--data-binary @-"), "{text}");
    // A look-up has no body.
    let text = shown("book-get::valid::body::every-field");
    let (_, last) = text.rsplit_once("# step").expect("a step before it");
    assert!(last.contains("-X GET") && !last.contains("--data-binary"), "{text}");
}
