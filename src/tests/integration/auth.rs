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
    /// Further schemes.
    #[serde(default)]
    more: Vec<String>,
    /// How calls show who calls, where it is not the first scheme alone.
    default: Option<String>,
}

fn schemes() -> Vec<Scheme> {
    let text = std::fs::read_to_string(lab::root().join("src/tests/callers/schemes.json")).expect("the schemes");
    serde_json::from_str(&text).expect("schemes")
}

/// Notes that are added and looked up: a body, a parameter in the path and one in the query.
fn files(scheme: &Scheme) -> [File; 3] {
    let items = |all: &[String]| all.iter().fold(String::new(), |text, item| format!("{text}  - {item}\n"));
    let default = scheme.default.as_ref().map(|ways| format!("default_auth: {ways}\n")).unwrap_or_default();
    let more = items(&scheme.more) + &default;
    ["api.yaml.in", "note-add.yaml", "note-get.yaml"].map(|name| {
        let text = std::fs::read_to_string(lab::root().join("src/tests/callers").join(name)).expect("a file");
        let text = text.replace("{id: caller, @auth@", &format!("{{id: caller, {}", scheme.auth));
        File {
            name: name.trim_end_matches(".in").to_owned(),
            text: text.replace("@more@\n", &more).replace("@headers@\n", &items(&scheme.headers)),
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
            Arc::make_mut(&mut endpoint.wire).callers.clear();
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
        let dated = matches!(&*scheme.name, "hmac" | "http-signature" | "all");
        let open = |variant: &str| match variant {
            "body-with-blanks" => true,
            "earlier-time" => dated,
            "way-2-taken" | "way-3-taken" => scheme.name.starts_with("any"),
            _ => false,
        };
        assert!(other.iter().all(|variant| open(variant)), "{}: {other:?}", scheme.name);
        let planned: BTreeSet<&str> = cases.iter().filter_map(|case| case.id.rsplit("::").next()).collect();
        for endpoint in &contract.endpoints {
            for (way, caller) in endpoint.wire.callers.iter().enumerate() {
                for tamper in caller.schemes.iter().flat_map(|plan| tampers(plan, endpoint.wire.has_body)) {
                    let variant = if way == 0 { String::new() } else { format!("way-{}-", way + 1) } + tamper.variant;
                    assert!(planned.contains(&*variant), "{}: no case sends {variant}", scheme.name);
                }
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
    let schemes = "{id: a, scheme: bearer, credential: secret}\n  - {id: b, scheme: basic, user: name, password: secret}\ndefault_auth: ";
    for (ways, message) in [
        ("{all: [a, b]}", "two schemes that a request shows together have a value at header.Authorization"),
        ("{all: [a]}", "`all` needs two schemes"),
        ("{all: [a, a]}", "the same scheme stands there twice"),
        ("{any: [a]}", "`any` needs two ways of showing who calls"),
        ("{any: [a, a]}", "the same way of showing who calls stands there twice"),
        ("{any: [a, c]}", "api.yaml has no scheme `c` under `auth`"),
        ("{any: [a, none]}", "api.yaml has no scheme `none` under `auth`"),
    ] {
        assert_eq!(api(&format!("{schemes}{ways}"), carried), message, "{ways}");
    }
    let signed = "{id: a, scheme: http-signature, key_id: name, key: secret, algorithm: hmac-sha256, covers: [\"@method\", x-other]}";
    let both = format!(
        "{}, {}",
        carried.replace("Authorization", "Signature"),
        carried.replace("Authorization", "Signature-Input")
    );
    assert_eq!(api(signed, carried), "no request header `Signature` carries what `a` makes");
    assert_eq!(api(signed, &both), "`a` covers the header `x-other`, and no request has it");
    assert_eq!(
        api(&signed.replace("x-other", "\"@status\""), &both),
        "`@status` is no part of a request that a signature can cover"
    );
    let fetched = "{id: a, scheme: oauth2-client-credentials, client_id: name, client_secret: secret, token_path: \"https://elsewhere.example/token\"}";
    assert_eq!(api(fetched, carried), "`https://elsewhere.example/token` is no path below the target's address");
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

/// The contract of two schemes with these ways of showing who calls.
fn ways(default: &str) -> Arc<Contract> {
    let scheme = schemes().into_iter().find(|scheme| scheme.name == "all").expect("two schemes");
    contract(&Scheme { default: Some(default.to_owned()), ..scheme })
}

/// The places and variants of the cases about credentials that fail where a target serves another contract than it says.
fn failing(says: &Arc<Contract>, serves: &Arc<Contract>) -> BTreeSet<String> {
    let own = |case: &Case| case.id.starts_with("note-add::") && matches!(case.family, Family::Token | Family::Tamper);
    let fails = |case: &Case| {
        let sandbox = Sandbox::new(Arc::clone(serves), Variant::default(), Vec::new());
        let summary = lab::run(says, lab::Direct(Arc::new(sandbox)), &lab::How::default(), |one| one.id == case.id);
        assert_eq!(summary.counts.total(), 1, "{}", case.id);
        summary.counts.fail == 1
    };
    let cases = small_api::cases(says).into_iter().filter(|case| own(case) && fails(case));
    cases.map(|case| case.id.rsplit("::").take(2).collect::<Vec<_>>().join(" at ")).collect()
}

#[test]
fn a_target_that_looks_at_one_of_two_schemes_is_found() {
    let both = ways("{all: [caller, key]}");
    assert_eq!(failing(&both, &both), BTreeSet::new());
    for (serves, bent, looked_at) in [("caller", "X-Api-Key", "Signature"), ("key", "Signature", "X-Api-Key")] {
        let found = failing(&both, &ways(serves));
        assert!(!found.iter().any(|id| id.contains(looked_at)), "{serves}: {found:?}");
        assert!(found.contains(&format!("absent at header.{bent}")), "{serves}: {found:?}");
    }
    // One of the two is enough: each is missed alone.
    let found = failing(&both, &ways("{any: [caller, key]}"));
    for bent in ["X-Api-Key", "Signature"] {
        assert!(found.contains(&format!("absent at header.{bent}")), "{found:?}");
    }
}

#[test]
fn a_target_that_takes_one_of_two_ways_alone_is_found() {
    let either = ways("{any: [caller, key]}");
    assert_eq!(failing(&either, &ways("{any: [key, caller]}")), BTreeSet::new());
    assert_eq!(failing(&either, &ways("caller")), BTreeSet::from(["way-2-taken at header.X-Api-Key".to_owned()]));
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
        // A server that lets everybody in and shows what stood in each header, whole and without its first word, and in the query.
        let sent: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let seen = Arc::clone(&sent);
        let server = Server::start(move |asked| {
            let named = ["authorization", "cookie", "x-api-key", "x-mac", "signature"];
            let own = |name: &str| named.contains(&name);
            let values = asked.call.headers.iter().filter(|(name, _)| own(&name.to_ascii_lowercase()));
            let shown: Vec<String> = values
                .flat_map(|(_, value)| {
                    [value.clone(), value.split_once(' ').map_or_else(String::new, |(_, rest)| rest.to_owned())]
                })
                .chain(url::form_urlencoded::parse(asked.call.query.as_bytes()).map(|(_, value)| value.into_owned()))
                .chain(
                    url::form_urlencoded::parse(&asked.call.body)
                        .filter(|(name, _)| name == "client_secret")
                        .map(|(_, value)| value.into_owned()),
                )
                .filter(|text| text.len() > 20 && !text.contains("!!"))
                .collect();
            seen.lock().expect("a lock").extend(shown.iter().cloned());
            if asked.call.path.ends_with("/token") {
                let token = format!("token-{:032}-of-a-test", asked.before);
                return Some(Said::json(200, &format!(r#"{{"access_token":"{token}","shown":{shown:?}}}"#)));
            }
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
