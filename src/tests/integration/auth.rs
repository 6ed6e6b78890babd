//! Every scheme of authentication in a small API: green on the sandbox, each way of bending credentials found where a target takes it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use konform::auth::tampers;
use konform::contract::{Contract, File, LoadError, load};
use konform::model::{Case, Expect, Family};
use konform::sandbox::{Sandbox, Variant};
use serde::Deserialize;

use super::evidence::konform;
use super::lab::Folder;
use super::raw_server::{Said, Server};
use super::{lab, leaks, small_api};

/// A scheme of `src/tests/callers/schemes.json`.
#[derive(Deserialize)]
struct Scheme {
    name: String,
    auth: String,
    headers: Vec<String>,
}

fn schemes() -> Vec<Scheme> {
    let text = std::fs::read_to_string(lab::root().join("src/tests/callers/schemes.json")).expect("the schemes");
    serde_json::from_str(&text).expect("schemes")
}

/// Notes that are added and looked up: a body, a parameter in the path and one in the query.
fn files(scheme: &Scheme) -> [File; 3] {
    let headers = scheme.headers.iter().map(|header| format!("  - {header}")).collect::<Vec<_>>().join("\n");
    ["api.yaml.in", "note-add.yaml", "note-get.yaml"].map(|name| {
        let text = std::fs::read_to_string(lab::root().join("src/tests/callers").join(name)).expect("a file");
        let text = text.replace("{id: caller, @auth@", &format!("{{id: caller, {}", scheme.auth));
        File {
            name: name.trim_end_matches(".in").to_owned(),
            text: text.replace("\n@headers@", &format!("\n{headers}")),
        }
    })
}

fn contract(scheme: &Scheme) -> Arc<Contract> {
    load(&files(scheme), None).map_or_else(|error| panic!("{}: {error}", scheme.name), Arc::new)
}

#[test]
fn every_scheme_is_green_on_the_sandbox() {
    for scheme in schemes() {
        let contract = contract(&scheme);
        let summary = small_api::run(&contract);
        assert_eq!(
            (summary.exit, summary.counts.pass),
            (0, summary.counts.total()),
            "{}\n{}",
            scheme.name,
            lab::describe(&summary)
        );
    }
}

#[test]
fn every_way_of_bending_credentials_is_found_where_a_target_takes_it() {
    for scheme in schemes() {
        let contract = contract(&scheme);
        // A target that lets everybody in.
        let mut open = (*contract).clone();
        for endpoint in &mut open.endpoints {
            Arc::make_mut(&mut endpoint.wire).auth = None;
            endpoint.request_headers.clear();
        }
        let sandbox = Sandbox::new(Arc::new(open), Variant::default(), Vec::new());
        let of_auth = |case: &Case| matches!(case.family, Family::Token | Family::Tamper);
        let summary = lab::run(&contract, lab::Direct(Arc::new(sandbox)), &lab::How::default(), of_auth);
        let cases: Vec<Case> = small_api::cases(&contract).into_iter().filter(of_auth).collect();
        let (refused, other): (Vec<&Case>, Vec<&Case>) =
            cases.iter().partition(|case| matches!(case.expect(), Expect::Refuse { .. }));
        assert_eq!(summary.counts.fail, refused.len() as u64, "{}\n{}", scheme.name, lab::describe(&summary));
        // Beside them are a body with blanks that must be taken, and a time of which nobody knows how old it may be.
        let other: BTreeSet<&str> = other.iter().filter_map(|case| case.id.rsplit("::").next()).collect();
        let open =
            if scheme.name == "hmac" { &["body-with-blanks", "earlier-time"][..] } else { &["body-with-blanks"] };
        assert!(other.iter().all(|variant| open.contains(variant)), "{}: {other:?}", scheme.name);
        let planned: BTreeSet<&str> = cases.iter().filter_map(|case| case.id.rsplit("::").next()).collect();
        for endpoint in &contract.endpoints {
            let plan = endpoint.wire.auth.as_ref().expect("a scheme");
            for tamper in tampers(plan, endpoint.wire.has_body) {
                assert!(planned.contains(tamper.variant), "{}: no case sends {}", scheme.name, tamper.variant);
            }
        }
    }
}

#[test]
fn a_scheme_without_the_headers_that_it_needs_is_refused() {
    let api = |auth: &str, headers: &str| {
        let text = format!(
            "konform: 1\nid: small\ntitle: S\nenvelope: {{code: c, message: m, on: refusals}}\nsuccess: {{status: 200}}\n\
             credentials: [{{name: name}}, {{name: secret, secret: true}}]\nauth:\n  - {auth}\nrequest_headers: [{headers}]\n"
        );
        let error = load(&[File { name: "api.yaml".to_owned(), text }], None).expect_err("a mistake");
        error.message().to_owned()
    };
    let sigv4 = "{id: a, scheme: aws-sigv4, access_key: name, secret_key: secret, region: r, service: s}";
    let carried = "{name: Authorization, presence: required, length: unseen, send: \"{auth}\"}";
    assert_eq!(api(sigv4, ""), "no request header `Authorization` carries what `a` makes");
    assert_eq!(api(sigv4, carried), "no request header `X-Amz-Date` says when a request was signed");
    let other = carried.replace("Authorization", "Authorisation");
    assert_eq!(
        api("{id: a, scheme: bearer, credential: secret}", &format!("{carried}, {other}")),
        "no scheme under `auth` is carried by the header `Authorisation`"
    );
    let cookie = carried.replace("Authorization", "Cookie");
    assert_eq!(
        api("{id: a, scheme: api-key, credential: secret, header: X-Key, cookie: s}", &cookie),
        "`cookie` and `header` are both given, and a key travels in one of them"
    );
    assert_eq!(
        api("{id: a, scheme: api-key, credential: secret, cookie: a key}", &cookie),
        "`a key` is not a name of a cookie"
    );
    let basic = "{id: a, scheme: basic, user: name, password: secrets}";
    assert_eq!(api(basic, carried), "no such credential");
    assert!(api("{id: a, scheme: digest}", carried).contains("digest"), "an unknown scheme is named");
}

/// Four calls of an API with two schemes: one says nothing of them, one names each, one is anybody's.
fn several(last: &str) -> Result<Contract, LoadError> {
    let api = "konform: 1
id: several
title: Several
version: v1
base_path: /v1
length_unit: code-points
envelope: {code: error.code, message: error.message, on: refusals}
success: {status: 200}
credentials: [{name: token, length: 32, secret: true}, {name: apiKey, length: 24, secret: true}]
auth:
  - {id: bearer, scheme: bearer, credential: token, says: a token}
  - {id: key, scheme: api-key, credential: apiKey, header: X-Api-Key, says: a key}
request_headers:
  - {name: Authorization, presence: required, length: unseen, send: \"{auth}\"}
  - {name: X-Api-Key, presence: required, length: 24, send: \"{auth}\"}
resources: []
";
    let call = |id: &str, auth: &str| {
        let text = format!(
            "konform: 1\nid: {id}\ntitle: {id}\nmethod: GET\npath: /{id}\n{auth}request: []\n\
             response: [{{name: ok, type: boolean, presence: required}}]\nerrors: []\n"
        );
        File { name: format!("{id}.yaml"), text }
    };
    let files = [
        File { name: "api.yaml".to_owned(), text: api.to_owned() },
        call("usual", ""),
        call("bearer", "auth: bearer\n"),
        call("key", "auth: key\n"),
        call("open", &format!("auth: {last}\n")),
    ];
    load(&files, None)
}

#[test]
fn every_scheme_is_green_over_http_2() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for scheme in schemes() {
        let folder = Folder::new();
        write(&folder, &scheme);
        let sandbox = Arc::new(Sandbox::new(contract(&scheme), Variant::default(), Vec::new()));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let target = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(konform::sandbox::serve(listener, sandbox, std::future::pending()));
        let args = ["run", "--contract", "callers", "--http", "2", "--quiet", "--target", &target];
        let (code, text) = konform(&folder.0, &args);
        assert_eq!(code, 0, "{}: {text}", scheme.name);
    }
}

/// The contract as a folder that the program reads.
fn write(folder: &Folder, scheme: &Scheme) {
    std::fs::create_dir(folder.0.join("callers")).expect("a folder");
    for file in files(scheme) {
        std::fs::write(folder.0.join("callers").join(file.name), file.text).expect("written");
    }
}

#[test]
fn what_a_target_shows_of_the_credentials_stands_in_no_file() {
    for scheme in schemes() {
        let folder = Folder::new();
        write(&folder, &scheme);
        // A server that lets everybody in and shows what stood in each header, whole and without its first word.
        let sent: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let seen = Arc::clone(&sent);
        let server = Server::start(move |asked| {
            let own = |name: &str| ["authorization", "cookie", "x-api-key", "x-mac"].contains(&name);
            let values = asked.call.headers.iter().filter(|(name, _)| own(&name.to_ascii_lowercase()));
            let shown: Vec<String> = values
                .flat_map(|(_, value)| {
                    [value.clone(), value.split_once(' ').map_or_else(String::new, |(_, rest)| rest.to_owned())]
                })
                .filter(|text| text.len() > 20 && !text.contains("!!"))
                .collect();
            seen.lock().expect("a lock").extend(shown.iter().cloned());
            let status = if asked.call.method == "POST" { 201 } else { 200 };
            let body = serde_json::json!({"id": 1, "text": "a", "message": shown.join(" and "), "shown": shown});
            Some(Said::json(status, &body.to_string()))
        });
        let target = format!("http://{}", server.address);
        let args = ["run", "--contract", "callers", "--out", "out", "--only", "*::token::*", "--target", &target];
        let (code, mut screen) = konform(&folder.0, &args);
        assert_eq!(code, 1, "{}: {screen}", scheme.name);
        for format in ["har", "sarif", "markdown"] {
            screen += &konform(&folder.0, &["report", "out", "--as", format]).1;
        }
        let mut all = vec![("the screen".to_owned(), screen)];
        leaks::files(&folder.0.join("out"), &mut all);
        let sent = sent.lock().expect("a lock");
        assert!(sent.len() > 3, "{}: {sent:?}", scheme.name);
        for (name, text) in &all {
            let found = sent.iter().find(|secret| text.contains(secret.as_str()));
            assert!(found.is_none(), "{}: {name} shows {found:?}", scheme.name);
        }
    }
}

#[test]
fn each_endpoint_has_the_scheme_that_it_names() {
    let contract = several("none").map(Arc::new).expect("a contract");
    let summary = small_api::run(&contract);
    assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
    let carried = |id: &str| {
        let (_, endpoint) = contract.endpoint(id).expect("an endpoint");
        let sent: Vec<&str> = endpoint.wire.headers.iter().map(|h| h.name.as_str()).collect();
        let judged: Vec<&str> = endpoint.request_headers.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(sent, judged, "{id}");
        sent
    };
    for (id, headers) in
        [("usual", &["Authorization"][..]), ("bearer", &["Authorization"]), ("key", &["X-Api-Key"]), ("open", &[])]
    {
        assert_eq!(carried(id), headers, "{id}");
        let verified = contract.clauses.iter().any(|c| c.id.starts_with(&format!("{id}/auth/")));
        assert_eq!(verified, id != "open", "{id}");
        let bent = small_api::cases(&contract).iter().any(|c| c.id.starts_with(&format!("{id}::token::")));
        assert_eq!(bent, id != "open", "{id}");
    }
    let error = several("bearr").expect_err("a mistake");
    assert_eq!(error.message(), "api.yaml has no scheme `bearr` under `auth`");
    assert!(error.to_string().contains("bearer"), "{error}");
}
