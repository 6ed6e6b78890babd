//! Addresses that contracts can speak of: paths, queries, the base path, and bodies beside them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use super::evidence::konform;
use super::lab;
use super::raw_server::{self, Said, Server};
use super::small_api::{clean, contract, read, run, written};

#[test]
fn two_endpoints_of_one_address_are_refused_with_both_files() {
    let at = |id: &str, parameter: &str| {
        format!(
            "id: {id}
method: GET
path: /x/{{{parameter}}}
request: [{{name: {parameter}, in: path, type: number, presence: required}}]
response: []"
        )
    };
    let error = read(&[&at("x-1", "a1"), &at("x-2", "a2")]).expect_err("no server can tell them apart");
    assert_eq!(error.message(), "a second endpoint at `GET /x/{}`: the first one stands at 0.yaml:5:7");
    assert_eq!(error.place(), ("1.yaml", 5, 7));
    let other = at("x-2", "a2").replace("/x/{a2}", "/x/{a2}:go");
    read(&[&at("x-1", "a1"), &other]).expect("two addresses");
}

#[test]
fn what_the_contract_says_is_in_the_body_of_a_delete_is_sent_and_read() {
    let contract = contract(&["id: bulk-delete
method: DELETE
path: /items/{kind}
request:
  - {name: kind, in: path, type: string, presence: required, length: 1..20}
  - {name: reason, type: string, presence: required, length: 1..20}
response: [{name: ok, type: boolean, presence: required}]"]);
    clean(&contract, &["bulk-delete/request/kind/presence", "bulk-delete/request/kind/type"]);
}

#[test]
fn a_body_of_a_get_is_refused_with_its_field() {
    let error = read(&["id: find
method: GET
path: /items
request: [{name: reason, type: string, presence: required, length: 1..20}]
response: [{name: ok, type: boolean, presence: required}]"])
    .expect_err("HTTP gives it no meaning");
    assert_eq!(error.message(), "`reason` is in the body of a GET request");
}

#[test]
fn lists_in_the_query_are_written_and_read_in_the_form_that_the_contract_says() {
    for (form, word) in [
        ("", "a,b|c d&e=f%+한"),
        (", list: repeated", "a,b|c d&e=f%+한"),
        (", list: comma", "a,b|c d&e=f%+한"),
        // These forms have no way of writing the sign between two items inside of one.
        (", list: pipe", "a,b c d&e=f%+한"),
        (", list: space", "a,b|c&e=f%+한"),
    ] {
        let endpoint = format!(
            "id: find
method: GET
path: /items
request:
  - {{name: ids, in: query, type: array, presence: required{form}, items: {{type: number, value: 1..9}}}}
  - {{name: \"words[]\", in: query, type: array, presence: optional{form}, items: {{type: string, enum: [\"{word}\"]}}}}
response: [{{name: ok, type: boolean, presence: required}}]"
        );
        let contract = contract(&[&endpoint]);
        let summary = run(&contract);
        assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
        let exercised = |id: &str| summary.clauses.iter().any(|c| c.id == id && c.asserted > 0);
        for id in ["find/request/ids/presence", "find/request/ids.*/type", "find/request/words%5B%5D/presence"] {
            assert!(exercised(id), "{id}{form}");
        }
    }
}

#[test]
fn what_no_address_can_hold_is_refused() {
    for (row, path, message) in [
        ("{name: a, in: path, type: array, presence: required, items: {type: number}}", "/{a}", "a list in the path"),
        ("{name: a, in: query, type: object, presence: required}", "/x", "an object in the query"),
        ("{name: a, in: query, type: array, presence: required}", "/x", "a list in the query holds texts"),
        (
            "{name: a, in: query, type: array, presence: required, items: {type: array, items: {type: number}}}",
            "/x",
            "a list in the query holds texts",
        ),
        ("{name: a, in: query, list: comma, type: number, presence: required}", "/x", "`list` is about an array"),
        ("{name: a, in: path, type: number, presence: required}", "/x", "the field `a` says `in: path`"),
        ("{name: a, in: query, type: number, presence: required}", "/{b}", "no request field `b` is in the path"),
        ("{name: a, in: path, type: number, presence: required}", "/{a}{a}", "`/{a}{a}` is not a path: nothing stands"),
        ("{name: a, in: path, type: number, presence: required}", "/{a", "`/{a` is not a path: it has a `{` without"),
        (
            "{name: a, type: object, presence: required, fields: [{name: b, in: query, type: number, presence: required}]}",
            "/x",
            "only a row of a request itself",
        ),
    ] {
        let endpoint = format!("id: find\nmethod: POST\npath: \"{path}\"\nrequest: [{row}]\nresponse: []");
        let error = read(&[&endpoint]).expect_err(row);
        assert!(error.message().starts_with(message), "{}: {row}", error.message());
    }
}

#[test]
fn parameters_inside_a_segment_and_letters_beyond_ascii_are_sent_and_routed() {
    let named = |id: &str, path: &str| {
        format!(
            "id: {id}
method: POST
path: \"{path}\"
request: [{{name: name, in: path, type: string, presence: required, length: 1..20}}]
response: [{{name: {}, type: boolean, presence: required}}]",
            id.replace('-', "_")
        )
    };
    let endpoints = [
        named("user-activate", "/users/{name}:activate"),
        named("user-block", "/users/{name}:block"),
        named("user-change", "/users/{name}"),
        named("file", "/files/{name}.json"),
        named("version", "/files/v{name}"),
        named("hangul", "/사용자/{name}"),
    ];
    let contract = contract(&endpoints.each_ref().map(String::as_str));
    let path = ["user-activate", "user-block", "user-change", "file", "version", "hangul"];
    let idle: Vec<String> = path
        .iter()
        .flat_map(|id| ["presence", "type", "length"].map(|rule| format!("{id}/request/name/{rule}")))
        .filter(|id| !id.ends_with("length"))
        .collect();
    clean(&contract, &idle.iter().map(String::as_str).collect::<Vec<_>>());
}

const ADD_AND_DROP: [&str; 2] = [
    "id: item-drop
method: DELETE
path: /items/{kind}
request:
  - {name: kind, in: path, type: string, presence: required, length: 1..20}
  - {name: reason, type: string, presence: required, length: 1..20}
response: [{name: ok, type: boolean, presence: required}]",
    "id: item-list
method: GET
path: /items/{kind}
request:
  - {name: kind, in: path, type: string, presence: required, length: 1..20}
  - {name: ids, in: query, type: array, presence: required, items: {type: number, value: 1..9}}
response: [{name: ok, type: boolean, presence: required}]",
];

#[test]
fn what_show_says_is_what_goes_over_the_wire_and_into_the_evidence() {
    let folder = written(&ADD_AND_DROP);
    let contract = contract(&ADD_AND_DROP);
    let sandbox = raw_server::sandbox(contract);
    let asked: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let heard = Arc::clone(&asked);
    let server = Server::start(move |asked| {
        let call = &asked.call;
        let line = format!("{} {}?{}", call.method, call.path, call.query);
        heard.lock().ok()?.push((line, String::from_utf8_lossy(&call.body).into_owned()));
        Some(Said::from(raw_server::reply(&sandbox, call).ok()?))
    });
    let target = format!("http://{}/v1", server.address);
    for (case, line, body) in [
        (
            "item-drop::valid::body::every-field",
            "DELETE /v1/items/abcdefghijklmnop?",
            r#"{"reason":"abcdefghijklmnop"}"#,
        ),
        ("item-list::valid::body::every-field", "GET /v1/items/abcdefghijklmnop?ids=1", ""),
    ] {
        asked.lock().expect("no panic").clear();
        let run = case.split("::").next().expect("an id");
        let own = ["--contract", "small", "--target", &target];
        let only = ["run", "--only", case, "--out", run, "--snapshots", "off"];
        let (code, said) = konform(&folder.0, &[only.as_slice(), &own].concat());
        assert_eq!(code, 0, "{said}");
        let sent = asked.lock().expect("no panic").clone();
        assert!(sent.contains(&(line.to_owned(), body.to_owned())), "{sent:?}");

        let (_, shown) = konform(&folder.0, &[["show", case].as_slice(), &own].concat());
        let shown_body = shown.split("\n\n").nth(1).unwrap_or_default().replace([' ', '\n'], "");
        assert!(shown_body.starts_with(body) && shown_body.starts_with('{') != body.is_empty(), "{shown}");
        let (_, curl) = konform(&folder.0, &[["show", case, "--curl"].as_slice(), &own].concat());
        assert_eq!(curl.contains(&format!("--data-binary '{body}'")), !body.is_empty(), "{curl}");

        let (_, har) = konform(&folder.0, &["report", run, "--as", "har"]);
        assert_eq!(har.contains(r#"{\"reason\":\"abcdefghijklmnop\"}"#), !body.is_empty(), "{har}");
        assert!(!har.contains(r#"\"kind\""#), "{har}");
    }
}

/// What the sandbox of the small contract answers at a path.
fn served(address: SocketAddr, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_host_alone_is_asked_below_the_base_path_and_a_sandbox_serves_nothing_else() {
    let folder = written(&ADD_AND_DROP);
    let sandbox = Arc::new(raw_server::sandbox(contract(&ADD_AND_DROP)));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(konform::sandbox::serve(listener, sandbox, std::future::pending()));
    for (path, status) in [
        ("/v1/items/a?ids=1", "200"),
        ("/items/a?ids=1", "404"),
        ("/zzz/items/a?ids=1", "404"),
        ("/v10/items/a?ids=1", "404"),
    ] {
        assert!(served(address, path).starts_with(&format!("HTTP/1.1 {status}")), "{path}");
    }
    let only = ["run", "--contract", "small", "--only", "item-list::valid::*", "--snapshots", "off", "--target"];
    for (target, exit) in [(format!("http://{address}"), 0), (format!("http://{address}/"), 3)] {
        let (code, said) = konform(&folder.0, &[only.as_slice(), &[target.as_str()]].concat());
        assert_eq!(code, exit, "{target}: {said}");
        assert_eq!(said.contains("the contract's base path is /v1"), exit == 3, "{said}");
    }
}
