//! Honest targets behind networks and servers as they are: busy ones, ones that compress, send long heads, or stand behind a proxy. What
//! konform or the network did is never held against them.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

use super::evidence::konform;
use super::lab::Folder;
use super::raw_server::{Asked, Said, Server};

/// A small contract: its `api.yaml` and a file for each endpoint.
pub(super) fn contract(folder: &Folder, api: &str, endpoints: &[(&str, &str)]) {
    let path = folder.0.join("small");
    fs::create_dir_all(&path).expect("a folder");
    let api = format!(
        "konform: 1\nid: small\ntitle: Small\nversion: v1\nbase_path: /v1\nlength_unit: code-points\n\
         envelope: {{code: error.code, message: error.message, on: refusals}}\nsuccess: {{status: 200}}\n\
         credentials: [{{name: token, length: 32, secret: true}}]\n\
         auth: [{{id: bearer, scheme: bearer, credential: token, says: a bearer token}}]\n\
         request_headers: [{{name: Authorization, presence: required, length: unseen, send: \"{{auth}}\"}}]\n{api}"
    );
    fs::write(path.join("api.yaml"), api).expect("written");
    for (name, text) in endpoints {
        let text = format!("konform: 1\nid: {name}\ntitle: {name}\nerrors: []\n{text}");
        fs::write(path.join(format!("{name}.yaml")), text).expect("written");
    }
}

const PING: (&str, &str) =
    ("ping", "method: GET\npath: /ping\nrequest: []\nresponse: [{name: ok, type: boolean, presence: required}]\n");

/// Runs; answers exit code and what was printed.
pub(super) fn run(folder: &Folder, args: &[&str]) -> (i32, String) {
    let _ = fs::remove_dir_all(folder.0.join("out"));
    let common = ["run", "--quiet", "--snapshots", "off", "--skip", "*::hostile::*", "--out", "out"];
    konform(&folder.0, &[&common[..], args].concat())
}

/// Judged again from its evidence, the run comes to the same.
pub(super) fn rejudged(folder: &Folder) {
    let (code, text) = konform(&folder.0, &["rejudge", "out"]);
    assert_eq!(code, 0, "{text}");
}

pub(super) fn evidence(folder: &Folder) -> String {
    fs::read_to_string(folder.0.join("out/evidence.jsonl")).expect("the evidence")
}

/// The credential of the library's own sandbox is what an address of this machine is called with.
pub(super) fn library(folder: &Folder, server: &Server, more: &[&str]) -> (i32, String) {
    run(folder, &[&["--contract", "library", "--target", &server.target(), "--timeout", "5"], more].concat())
}

#[test]
fn a_busy_target_is_waited_for_and_nobody_is_accused() {
    let folder = Folder::new();
    let busy = |when: fn(usize) -> bool| {
        let slow = |asked: &Asked, when: fn(usize) -> bool| {
            let said = Said::json(429, "{\"error\":{\"code\":\"slow-down\",\"message\":\"slow down\"}}");
            when(asked.before).then(|| said.with("Retry-After", "0"))
        };
        Server::before(move |asked| slow(asked, when), |_, said| Some(said))
    };
    // Canaries, set-up steps and undos among them; then the first ones, before anything has been answered.
    for when in [(|n| n % 5 == 3) as fn(usize) -> bool, |n| n < 4] {
        let server = busy(when);
        let (code, text) =
            library(&folder, &server, &["--only", "loan-*", "--only", "book-list::*", "--skip", "*::race::*"]);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("were answered with 429") && text.contains("--rate N"), "{text}");
        assert!(!text.contains("inconclusive"), "{text}");
        let left = fs::read_to_string(folder.0.join("out/leftovers.json")).expect("leftovers");
        assert!(!left.contains("loan"), "an undo is sent again like any other request: {left}");
        rejudged(&folder);
    }
}

/// What was answered only when it was sent again passes, is counted where people look, and fails a run that asks for it.
#[test]
fn requests_that_were_sent_again_are_counted_and_may_fail_a_run() {
    let folder = Folder::new();
    // Each seventh address that is asked for gets a gateway's answer once. A case asks for another one in each try, and with one job the
    // tries follow each other: none gets it twice.
    let asked_for = Mutex::new(HashSet::new());
    let server = Server::before(
        move |asked| {
            let mut known = asked_for.lock().expect("no panic before");
            let odd = asked.call.method == "GET" && known.insert(asked.call.path.clone()) && known.len() % 7 == 6;
            odd.then(|| Said::json(503, ""))
        },
        |_, said| Some(said),
    );
    let only = ["--only", "book-get::*", "--jobs", "1"];
    let (code, text) = library(&folder, &server, &only);
    assert!(code == 0 && text.contains("were sent again (book-get: "), "{code}: {text}");
    rejudged(&folder);
    let read = |name: &str| fs::read_to_string(folder.0.join("out").join(name)).expect("a report");
    let results: serde_json::Value = serde_json::from_str(&read("results.json")).expect("JSON");
    let retried = &results["summary"]["retried"][0];
    assert!(retried["endpoint"] == "book-get" && retried["count"].as_u64() > Some(0), "{retried}");
    super::contract_files::schema("results").validate(&results).expect("it fits its schema");
    let junit = read("junit.xml");
    assert!(junit.contains("<flakyError") && junit.contains("classname=\"konform.book-get.valid\""), "{junit}");
    let (code, text) = library(&folder, &server, &[&only[..], &["--fail-on", "retried"]].concat());
    assert!(code == 3, "{code}: {text}");
    rejudged(&folder);
    let sound = Server::library(|_, said| Some(said));
    let (code, text) = library(&folder, &sound, &[&only[..], &["--fail-on", "retried"]].concat());
    assert!(code == 0 && !text.contains("sent again"), "{code}: {text}");
}

#[test]
fn a_target_that_says_to_come_back_much_later_is_not_waited_for() {
    let folder = Folder::new();
    let server = Server::before(
        |asked| {
            let said = Said::json(429, "").with("Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT");
            (asked.call.method == "GET").then_some(said)
        },
        |_, said| Some(said),
    );
    let (code, text) = library(&folder, &server, &["--only", "book-get::valid::*"]);
    assert!(code == 3 && text.contains("0 MUST and 0 SHOULD findings"), "{text}");
    assert!(text.contains("Retry-After: Fri, 31 Dec 2100 23:59:59 GMT") || text.contains("got 429"), "{text}");
    rejudged(&folder);
}

#[test]
fn long_headers_do_not_grow_the_reports() {
    let folder = Folder::new();
    let server = Server::library(|_, said| Some(said.with("x-debug", &"y".repeat(9000))));
    let (code, text) = library(&folder, &server, &["--only", "book-add::length::*"]);
    assert_eq!(code, 0, "{text}");
    let results = fs::read_to_string(folder.0.join("out/results.json")).expect("the results");
    let cases = results.matches("yyy... (9000 bytes, sha256 ").count();
    assert!(cases > 20 && results.len() < cases * 700, "{} bytes, {cases} cases", results.len());
    rejudged(&folder);
}

#[test]
fn a_header_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    let server = Server::library(|asked, said| {
        let body: serde_json::Value = serde_json::from_slice(&asked.call.body).unwrap_or_default();
        let spoilt = body.get("title").is_some_and(|title| !title.is_string());
        Some(if spoilt { said.with("X Y", "1") } else { said })
    });
    let (code, text) = library(&folder, &server, &["--only", "book-add::type::body.title::*"]);
    assert!(code == 1 && text.contains("in 3 of 3 tries") && text.contains("of the headers: `X Y`"), "{text}");
    rejudged(&folder);
}

#[test]
fn long_heads_are_read_and_what_is_longer_is_konforms_own_limit() {
    let folder = Folder::new();
    contract(&folder, "resources: []\n", &[PING]);
    let lines = |many: usize, all: bool| {
        let known: Mutex<Option<String>> = Mutex::default();
        Server::start(move |asked| {
            let token = asked.call.headers.iter().find(|(n, _)| n == "authorization").map(|(_, v)| v.clone());
            let mut known = known.lock().expect("a lock");
            let good =
                token.is_some() && *known.get_or_insert(token.clone().unwrap_or_default()) == token.unwrap_or_default();
            let mut said = if good {
                Said::json(200, "{\"ok\":true}")
            } else {
                Said::json(401, "{\"error\":{\"code\":\"no\",\"message\":\"no\"}}")
            };
            if all || !good {
                said.headers.extend(
                    (0..many).map(|n| ("Set-Cookie".to_owned(), format!("c{n}=; Max-Age=0; Path=/some/where"))),
                );
            }
            Some(said)
        })
    };
    for (many, all) in [(101, false), (101, true), (1_990, true)] {
        let (code, text) = run(&folder, &["--contract", "small", "--target", &lines(many, all).target()]);
        assert_eq!(code, 0, "{many} lines: {text}");
    }
    for all in [false, true] {
        let (code, text) = run(&folder, &["--contract", "small", "--target", &lines(2_400, all).target()]);
        assert!(code == 3 && text.contains("0 MUST and 0 SHOULD findings"), "{text}");
        assert!(text.contains("konform reads 2000 header lines and 400 KB"), "{text}");
        assert!(!text.contains("OUTAGE"), "{text}");
        rejudged(&folder);
    }
}

#[test]
fn a_folded_header_is_read_as_one_line() {
    let folder = Folder::new();
    let server = Server::library(|_, said| Some(said.with("X-Debug", "one\r\n two")));
    let (code, text) = library(&folder, &server, &["--only", "book-get::*"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_documented_content_type_may_be_spelled_otherwise() {
    let folder = Folder::new();
    let api = "resources: []\nresponse_headers: [{name: Content-Type, presence: required, length: unseen, enum: [application/json]}]\n";
    contract(&folder, api, &[PING]);
    for (kind, wanted) in [("Application/JSON; charset=utf-8", 0), ("application/json", 0), ("text/json", 1)] {
        let server = Server::start(move |_| {
            Some(Said { headers: Vec::new(), ..Said::json(200, "{\"ok\":true}") }.with("CONTENT-TYPE", kind))
        });
        let (code, text) =
            run(&folder, &["--contract", "small", "--target", &server.target(), "--only", "ping::valid::*"]);
        assert_eq!(code, wanted, "{kind}: {text}");
    }
}

#[test]
fn a_proxy_that_asks_for_a_password_is_not_the_target() {
    let folder = Folder::new();
    let proxy = Server::start(|_| {
        let said = Said::json(407, "<html><body>Proxy authentication required</body></html>");
        Some(said.with("Proxy-Authenticate", "Basic realm=\"here\""))
    });
    let proxy = format!("http://{}", proxy.address);
    for target in ["http://127.0.0.1:9/v1", "https://127.0.0.1:9/v1"] {
        let (code, text) =
            run(&folder, &["--contract", "library", "--only", "book-get::*", "--target", target, "--proxy", &proxy]);
        assert!(code == 3 && text.contains("0 MUST and 0 SHOULD findings"), "{text}");
        assert!(text.contains("the proxy asks for a name and password: --proxy http://NAME:PASSWORD@HOST"), "{text}");
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(body).expect("memory");
    out.finish().expect("memory")
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut out = DeflateEncoder::new(Vec::new(), Compression::default());
    out.write_all(body).expect("memory");
    out.finish().expect("memory")
}

#[test]
fn compressed_answers_are_read_and_other_codings_are_konforms_own_limit() {
    let folder = Folder::new();
    let coded = |coding: &'static str, code: fn(&[u8]) -> Vec<u8>| {
        Server::library(move |_, mut said| {
            if !said.body.is_empty() {
                said.body = code(&said.body);
                said.headers.push(("Content-Encoding".to_owned(), coding.to_owned()));
            }
            Some(said)
        })
    };
    let only = ["--only", "book-get::*", "--only", "book-add::length::*"];
    for (coding, code) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("X-GZIP", gzip), ("deflate", deflate)] {
        let (code, text) = library(&folder, &coded(coding, code), &only);
        assert_eq!(code, 0, "{coding}: {text}");
        rejudged(&folder);
    }
    let (code, text) = library(&folder, &coded("br", <[u8]>::to_vec), &only);
    assert!(code == 3 && text.contains("0 MUST and 0 SHOULD findings"), "{text}");
    assert!(
        text.contains("INCONCLUSIVE(content_coding)") && text.contains("br (it undoes gzip and deflate)"),
        "{text}"
    );
    rejudged(&folder);
    // What says gzip and is none is broken HTTP.
    let (code, text) = library(&folder, &coded("gzip", <[u8]>::to_vec), &only);
    assert!(code == 1 && text.contains("/policy/answer/json"), "{text}");
    rejudged(&folder);
}

const BYE: (&str, &str) = ("bye", "method: DELETE\npath: /ping\nrequest: []\nresponse: []\nsuccess: {status: 204}\n");

/// A server that knows the first token that it is shown, and says the same to every good call.
fn saying(good: Said) -> Server {
    let known: Mutex<Option<String>> = Mutex::default();
    Server::start(move |asked| {
        let token = asked.call.headers.iter().find(|(n, _)| n == "authorization").map(|(_, v)| v.clone());
        let mut known = known.lock().expect("a lock");
        let welcome =
            token.is_some() && *known.get_or_insert(token.clone().unwrap_or_default()) == token.unwrap_or_default();
        Some(if welcome { good.clone() } else { Said::json(401, "{\"error\":{\"code\":\"no\",\"message\":\"no\"}}") })
    })
}

#[test]
fn an_answer_without_content_that_has_some_is_noticed() {
    let folder = Folder::new();
    contract(&folder, "resources: []\n", &[BYE]);
    let said = |headers: &[(&str, &str)], body: &str| {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        saying(Said { status: 204, headers, body: body.as_bytes().to_vec(), close: false })
    };
    for (headers, body, actual) in [
        (&[("Content-Length", "11")][..], "{\"ok\":true}", "204 with content-length: 11"),
        (&[("Transfer-Encoding", "chunked")], "0\r\n\r\n", "204 with transfer-encoding: chunked"),
    ] {
        let (code, text) = run(&folder, &["--contract", "small", "--target", &said(headers, body).target()]);
        assert!(code == 1 && text.contains("FAIL 1: bye/policy/answer/no-content"), "{text}");
        assert!(text.contains(actual) && !text.contains("FAIL 2"), "{text}");
        rejudged(&folder);
    }
    for (headers, body) in [
        (&[][..], ""),
        (&[("Content-Length", "0")], ""),
        (&[("Content-Type", "application/json"), ("ETag", "\"a\"")], ""),
        (&[], "\r\n"),
        // What nothing announces can't be seen, and spoils no other answer.
        (&[], "{\"ok\":true}"),
    ] {
        let (code, text) = run(&folder, &["--contract", "small", "--target", &said(headers, body).target()]);
        assert_eq!(code, 0, "{headers:?}: {text}");
    }
}

#[test]
fn a_large_answer_is_read_where_the_flag_says_so() {
    let folder = Folder::new();
    contract(&folder, "resources: []\n", &[PING]);
    let large = saying(Said::json(200, &format!("{{\"ok\":true{}}}", " ".repeat(5 << 20))));
    let args = ["--contract", "small", "--target", &large.target()];
    let (code, text) = run(&folder, &args);
    assert!(code == 3 && text.contains("more than 4194304 bytes (--max-body)"), "{text}");
    let (code, text) = run(&folder, &[&args[..], &["--max-body", "6M"]].concat());
    assert_eq!(code, 0, "{text}");
    let (code, text) = run(&folder, &[&args[..], &["--max-body", "6 MB"]].concat());
    assert!(code == 2 && text.contains("write a number of bytes"), "{text}");
    // What is larger would not fit into a line of evidence that is read again.
    let (code, text) = run(&folder, &[&args[..], &["--max-body", "17M"]].concat());
    assert!(code == 2 && text.contains("16M at most"), "{text}");
    // The bound holds for what a coding makes of a small answer too.
    let mut coded = Said::json(200, "").with("Content-Encoding", "gzip");
    coded.body = gzip(format!("{{\"ok\":true{}}}", " ".repeat(5 << 20)).as_bytes());
    let coded = saying(coded);
    let args = ["--contract", "small", "--target", &coded.target()];
    let (code, text) = run(&folder, &args);
    assert!(code == 3 && text.contains("once its gzip is undone (--max-body)"), "{text}");
    let (code, text) = run(&folder, &[&args[..], &["--max-body", "6M"]].concat());
    assert_eq!(code, 0, "{text}");
}

#[test]
fn the_wrong_protocol_is_said_with_what_helps() {
    let folder = Folder::new();
    contract(&folder, "resources: []\n", &[PING]);
    let good = saying(Said::json(200, "{\"ok\":true}"));
    let secure = good.target().replace("http://127.0.0.1", "https://127.0.0.1");
    let (code, text) = run(&folder, &["--contract", "small", "--target", &secure]);
    assert!(code == 3 && text.contains("write http:// in --target"), "{text}");
    // Some servers answer the first bytes of TLS, which are no HTTP.
    let plain = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = plain.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in plain.incoming() {
            let Ok(mut stream) = stream else { continue };
            // Whoever has gone does not read it.
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let (code, text) = run(&folder, &["--contract", "small", "--target", &format!("https://127.0.0.1:{port}")]);
    assert!(code == 3 && text.contains("the port does not speak TLS: write http:// in --target"), "{text}");
    let (code, text) = run(&folder, &["--contract", "small", "--target", &good.target(), "--http", "2"]);
    assert!(code == 3 && text.contains("--http 1.1"), "{text}");
    // An HTTP/2 server sends a frame of settings: some as soon as they are connected to, some once the client has spoken.
    for first in [true, false] {
        let framed = Server::connections(move |mut stream| {
            let mut heard = [0; 1024];
            if !first {
                let _ = stream.read(&mut heard)?;
            }
            stream.write_all(b"\0\0\0\x04\0\0\0\0\0")?;
            // It stays until the client goes: to close with bytes unread may lose the frame on its way.
            while stream.read(&mut heard)? > 0 {}
            Ok(())
        });
        let (code, text) = run(&folder, &["--contract", "small", "--target", &framed.target()]);
        assert!(code == 3 && text.contains("a server that speaks HTTP/2 alone needs --http 2"), "{first}: {text}");
    }
}
