//! What a profile says of a target: the types of its values, the endpoints that it has, the requests that it takes.

use std::sync::{Arc, Mutex};

use chrono::DateTime;
use konform::contract::{Contract, File, Profile, load};
use konform::exchange::{Prepared, Raw, Transport};
use konform::model::observed::Failure;
use konform::model::{Hole, Json, Kind, Level, Role, RunHeader, Summary, field};
use konform::plan::Plan;
use konform::report::console;
use konform::sandbox::{Sandbox, Variant};

use super::evidence::konform;
use super::lab::{self, Folder};
use super::raw_server::{Said, Server};

/// What konform sent to which endpoint.
type Sent = Arc<Mutex<Vec<(String, Json)>>>;

/// How a partial target answers what it does not have: status and body.
type Missing = (u16, &'static str);

/// A target with a part of the API: a sandbox without a socket that keeps what it was sent.
struct Partial {
    sandbox: lab::Direct,
    has: fn(&str) -> bool,
    missing: Missing,
    sent: Sent,
}

impl Partial {
    fn new(contract: &Arc<Contract>, has: fn(&str) -> bool, missing: Missing) -> (Self, Sent) {
        let sandbox = Sandbox::new(Arc::clone(contract), Variant::default(), Vec::new());
        let sent = Sent::default();
        (Self { sandbox: lab::Direct(Arc::new(sandbox)), has, missing, sent: Arc::clone(&sent) }, sent)
    }
}

impl Transport for Partial {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        self.sent.lock().expect("no panic").push((request.wire.endpoint.clone(), request.tree.clone()));
        if (self.has)(&request.wire.endpoint) {
            return self.sandbox.send(request).await;
        }
        let (status, body) = self.missing;
        Ok(Raw { status, headers: Vec::new(), body: body.as_bytes().to_vec(), ..Raw::default() })
    }
}

fn profile(text: &str) -> Profile {
    let file = File { name: "mine.yaml".to_owned(), text: format!("konform: 1\n{text}") };
    Profile::load(&file).unwrap_or_else(|e| panic!("{e}"))
}

fn library(profile: Option<&Profile>) -> Arc<Contract> {
    Arc::new(konform::cli::contracts::find(Some("library"), profile).expect("the library's contract loads").contract)
}

/// Three calls that name one thing: by a number, by a text, and with a flag.
const API: &str = "konform: 1\nid: x\ntitle: X\nenvelope: {code: code, message: message}\nsuccess: {status: 200, code: OK, message: Fine}\nresources:\n  - {name: thing, key: id, states: [NEW, OLD]}\n";
const CALLS: [(&str, &str); 3] = [
    ("by-number", "{name: id, type: number, presence: required, value: 1..99999999, ref: thing.id}"),
    ("by-text", "{name: ref, type: string, presence: required, length: 1..9, ref: thing.id}"),
    ("by-flag", "{name: old, type: boolean, presence: required, ref: thing.old}"),
];

fn things(profile: Option<&Profile>) -> Result<Arc<Contract>, konform::contract::LoadError> {
    let mut files = vec![File { name: "x/api.yaml".to_owned(), text: API.to_owned() }];
    for (id, field) in CALLS {
        let text = format!(
            "konform: 1\nid: {id}\ntitle: T\nmethod: POST\npath: /{id}\nencryption: {{request: unmarked, response: unmarked}}\nrequest:\n  - {field}\nerrors: unseen\n"
        );
        files.push(File { name: format!("x/{id}.yaml"), text });
    }
    load(&files, profile).map(Arc::new)
}

/// The legal request of each call, as it would go out.
fn bodies(contract: &Arc<Contract>) -> Vec<String> {
    let plan = Plan::new(Arc::clone(contract), 1);
    let now = DateTime::parse_from_rfc3339("2026-01-15T12:00:00Z").expect("an instant");
    let canaries = (0..contract.endpoints.len()).map(|at| plan.canary(at).expect("a canary"));
    let body = |case: konform::model::Case| {
        let fill = &mut |hole: &Hole| {
            let Hole::Planted { fixture, part, attribute } = hole else { return Err(format!("{hole:?}")) };
            let attributes = &contract.fixtures[*fixture].parts[*part].attributes;
            let (_, planted) = attributes.iter().find(|(name, _)| name == attribute).ok_or("no attribute")?;
            planted.value(7, &now).ok_or_else(|| "absent".to_owned())
        };
        plan.bind(case.probe(), fill).expect("a body").to_text()
    };
    canaries.map(body).collect()
}

#[test]
fn a_fixtures_value_takes_the_type_of_each_field_that_names_it() {
    for (written, number, text) in [
        (r#"{id: "7000001", old: "true"}"#, "7000001", "7000001"),
        ("{id: 7000001, old: true}", "7000001", "7000001"),
        (r#"{id: "77##", old: true}"#, "7707", "7707"),
        ("{id: 77##, old: true}", "7707", "7707"),
    ] {
        let profile = profile(&format!("fixtures:\n  - name: mine\n    thing: {written}\n"));
        let contract = things(Some(&profile)).unwrap_or_else(|e| panic!("{e}"));
        let expected =
            [format!(r#"{{"id":{number}}}"#), format!(r#"{{"ref":"{text}"}}"#), r#"{"old":true}"#.to_owned()];
        assert_eq!(bodies(&contract), expected, "{written}");
    }
}

#[test]
fn a_value_that_a_fields_type_cannot_take_is_refused_with_line_and_caret() {
    // `§` marks the place that the caret must show.
    for (marked, message, help) in [
        (
            "fixtures:\n  - {name: a, thing: {id: §007}}\n",
            "`007` is no number as JSON writes it, and by-number's id",
            "7",
        ),
        ("fixtures:\n  - {name: a, thing: {id: §\"007\"}}\n", "`007` is no number", "without zeros"),
        ("fixtures:\n  - {name: a, thing: {id: §\"7a\"}}\n", "`7a` is no number", ""),
        ("fixtures:\n  - {name: a, thing: {id: §\"0##\"}}\n", "`0##` is no number", ""),
        ("fixtures:\n  - {name: a, thing: {id: 1, old: §yes}}\n", "`yes` is no boolean", "write `true`"),
        ("fixtures:\n  - {name: a, thing: {id: 1, state: §NWE}}\n", "a thing is never `NWE`", "did you mean `NEW`?"),
        ("fixtures:\n  - {name: a, §thnig: {id: 1}}\n", "x has no resource `thnig`", "did you mean `thing`?"),
        ("fixtures:\n  - {name: a, thing: {id: 1}, §thnig: absent}\n", "x has no resource `thnig`", ""),
        ("bindings:\n  by-number: {send: {id: §seven}}\n", "`seven` is no number", ""),
        ("bindings:\n  §by-nmuber: {}\n", "x has no endpoint `by-nmuber`", "did you mean `by-number`?"),
        ("choices: {§side: a}\n", "x has no conflict `side`", ""),
        ("endpoints: [by-text, §by-word]\n", "no endpoint of x is called `by-word`", ""),
        ("endpoints: [§\"[\"]\n", "`[` is no glob", ""),
        ("prepared_only: true\nprepared:\n  §by-nmuber: {id: 1}\n", "x has no endpoint `by-nmuber`", ""),
        ("prepared_only: true\nprepared:\n  by-number: {id: §one}\n", "`one` is no number", ""),
    ] {
        let text = marked.replace('§', "");
        let before = format!("konform: 1\n{}", marked.split('§').next().unwrap_or_default());
        let place =
            (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
        let error = things(Some(&profile(&text))).map(|c| c.id.clone()).expect_err(marked);
        assert!(error.message().starts_with(message) && error.help().contains(help), "{marked}\n{error}");
        assert_eq!(error.place(), ("mine.yaml", place.0, place.1), "{error}");
        assert!(error.to_string().contains('^'), "{error}");
    }
}

#[test]
fn a_bound_value_takes_its_fields_type() {
    let profile = profile("bindings:\n  by-number: {send: {id: \"5\"}}\n  by-text: {send: {ref: 5, more: 5}}\n");
    let contract = things(Some(&profile)).unwrap_or_else(|e| panic!("{e}"));
    let sends = |id: &str| contract.endpoint(id).map(|(_, e)| e.sends.clone()).unwrap_or_default();
    assert_eq!(sends("by-number"), [("id".to_owned(), Json::number("5"))]);
    // A field that no page shows goes out as it is written.
    assert_eq!(sends("by-text"), [("ref".to_owned(), Json::text("5")), ("more".to_owned(), Json::number("5"))]);
}

#[test]
fn the_documented_fixture_reaches_a_number_field_as_a_number_and_wrong_types_stay_wrong() {
    let page = std::fs::read_to_string(lab::root().join("src/docs/fixtures.md")).expect("the page");
    let start = page.find("fixtures:    ").expect("the example");
    let block = &page[start..start + page[start..].find("\nbindings:").expect("its end")];
    // Where no call makes a member, the fixture is the one to name.
    let contract = lab::bare(Some(&profile(&format!("endpoints: [user-info, card-list, account-*]\n{block}"))));
    let (partial, sent) = Partial::new(&contract, |_| true, (404, ""));
    // Twins are texts of the same digits, and meant to be.
    let chosen = |case: &konform::model::Case| !case.fixtures.is_empty() && !case.id.ends_with("::as-text");
    lab::run(&contract, partial, &lab::How::default(), chosen);
    let sent = sent.lock().expect("no panic");
    let (mut named, mut wrong) = (0, 0);
    for (endpoint, body) in sent.iter() {
        let (_, endpoint) = contract.endpoint(endpoint).expect("an endpoint");
        let number = field::find(&endpoint.request, "userId")
            .is_some_and(|f| f.kind.as_ref().is_some_and(|k| *k.first() == Kind::Number));
        match body.get("userId") {
            Some(Json::Number(id)) if number && id == "7000001" => named += 1,
            Some(Json::String(id)) if number && id == "7000001" => panic!("{} got {}", endpoint.id, body.to_text()),
            Some(Json::String(_)) if number => wrong += 1,
            _ => {}
        }
    }
    assert!(named > 10 && wrong > 0, "{named} named the fixture, {wrong} are of a wrong type");
}

/// The endpoints of a small package.
fn package(id: &str) -> bool {
    ["user-registration", "terms-all", "user-info", "user-unregister"].contains(&id)
}

const PACKAGE: &str = "endpoints: [user-reg*, terms-all, user-info, user-unregister]\n";

fn told(summary: &Summary) -> String {
    console::summary(&RunHeader { target: "https://api.example.com/v1".to_owned(), ..RunHeader::default() }, summary)
}

#[test]
fn what_is_out_of_scope_is_not_called_judged_or_counted() {
    let contract = lab::contract(Some(&profile(PACKAGE)));
    let (partial, sent) = Partial::new(&contract, package, (404, ""));
    let nightly = lab::How {
        breadth: konform::plan::Breadth { walks: 6, ..konform::plan::Breadth::GATE },
        ..lab::How::default()
    };
    let summary = lab::run(&contract, partial, &nightly, |_| true);
    assert!(summary.findings.is_empty() && summary.exit == 0, "{}", lab::describe(&summary));
    assert!(summary.counts.pass > 400, "{}", lab::describe(&summary));
    let outside: Vec<String> =
        sent.lock().expect("no panic").iter().map(|(id, _)| id.clone()).filter(|id| !package(id)).collect();
    assert!(outside.is_empty(), "{outside:?}");
    let scope = summary.scope.clone().expect("a scope");
    assert_eq!(
        (scope.endpoints, scope.of, scope.out.len()),
        (4, contract.endpoints.len(), contract.endpoints.len() - 4)
    );
    let counted = |id: &str| package(id.split('/').next().unwrap_or_default());
    assert!(summary.clauses.iter().all(|c| counted(&c.id)));
    for id in ["user-registration", "user-info"] {
        let served = summary.clauses.iter().find(|c| c.id == format!("{id}/policy/answer/served")).expect("a clause");
        assert!(served.asserted > 0 && served.broken == 0, "{served:?}");
    }
    assert!(told(&summary).matches("4 of 47 endpoints in scope").count() >= 2, "{}", told(&summary));
}

#[test]
fn without_its_catalogue_a_call_waits_for_a_fixture() {
    let without = "endpoints: [user-registration]\n";
    let contract = lab::bare(Some(&profile(without)));
    let plan = Plan::new(Arc::clone(&contract), 1);
    let (at, _) = contract.endpoint("user-registration").expect("an endpoint");
    assert!(
        plan.canary(at).is_none() && plan.why_not(at).is_some_and(|why| why.contains("lists each terms")),
        "{:?}",
        plan.why_not(at)
    );
    let known = format!("{without}fixtures:\n  - {{name: must, terms: {{tcId: 21, required: MANDATORY}}}}\n");
    let contract = lab::bare(Some(&profile(&known)));
    let (partial, sent) = Partial::new(&contract, |id| id == "user-registration", (404, ""));
    lab::run(&contract, partial, &lab::How::default(), |c| c.id.ends_with("::valid::body::every-field"));
    let sent = sent.lock().expect("no panic");
    assert!(!sent.is_empty() && sent.iter().all(|(id, _)| id == "user-registration"), "{sent:?}");
    assert!(sent.iter().any(|(_, body)| body.to_text().contains(r#"["21"]"#)), "{sent:?}");
}

#[test]
fn an_endpoint_that_is_not_there_is_no_finding_without_a_scope() {
    let contract = lab::contract(None);
    let frameworks = r#"{"code":404,"message":"HTTP 404 Not Found"}"#;
    for missing in [(404, ""), (405, "no"), (501, "<html></html>"), (404, frameworks)] {
        let (partial, _) = Partial::new(&contract, package, missing);
        let few = ["user-registration", "user-info", "user-ci-info", "card-list", "user-unregister"];
        let how = lab::How { endpoints: Some(&few), ..lab::How::default() };
        let summary = lab::run(&contract, partial, &how, |_| true);
        assert!(summary.findings.is_empty() && summary.exit == 3, "{missing:?} {}", lab::describe(&summary));
        assert!(summary.counts.pass > 200, "{}", lab::describe(&summary));
        assert!(
            summary.obstacles.iter().all(|(what, _)| what == "INCONCLUSIVE(not_served)"),
            "{:?}",
            summary.obstacles
        );
        let not_served = summary.not_served.clone().expect("some are not served");
        assert!(not_served.endpoints.contains(&"card-list".to_owned()), "{not_served:?}");
        let text = told(&summary);
        assert!(text.contains("endpoints: [") && !text.contains("base URL"), "{text}");
        let line = text.lines().find(|l| l.starts_with("endpoints: ")).expect("a line to paste");
        let pasted = lab::contract(Some(&profile(&format!("{line}\n"))));
        assert!(pasted.endpoints.iter().filter(|e| !e.out).all(|e| package(&e.id)), "{line}");
    }
}

#[test]
fn an_endpoint_that_the_profile_names_must_be_there() {
    let contract = lab::contract(Some(&profile("endpoints: [user-*, terms-all, card-list]\n")));
    for missing in [(404, ""), (501, "")] {
        let (partial, _) = Partial::new(&contract, package, missing);
        let few = ["user-registration", "user-info", "card-list"];
        let how = lab::How { endpoints: Some(&few), ..lab::How::default() };
        let summary = lab::run(&contract, partial, &how, |_| true);
        let found: Vec<(&str, Level)> = summary.findings.iter().map(|f| (f.clause.as_str(), f.level)).collect();
        assert_eq!(found, [("card-list/policy/answer/served", Level::Must)], "{}", lab::describe(&summary));
        assert_eq!(summary.exit, 1);
        assert_eq!(summary.findings[0].confirmed, konform::model::Confirmed::Confirmed);
    }
}

#[test]
fn if_nothing_is_there_the_base_url_is_asked_after() {
    let contract = lab::contract(None);
    let (partial, _) = Partial::new(&contract, |_| false, (404, "nothing here"));
    let few = ["user-registration", "terms-all", "card-list"];
    let how = lab::How { endpoints: Some(&few), ..lab::How::default() };
    let summary = lab::run(&contract, partial, &how, |_| true);
    assert!(summary.findings.is_empty() && summary.exit == 3, "{}", lab::describe(&summary));
    let text = told(&summary);
    assert!(text.contains("is the base URL right? (the contract's base path is /open-api)"), "{text}");
    assert!(!text.contains("endpoints: ["), "{text}");
}

#[test]
fn a_selection_judges_calls_of_its_own_endpoints_alone() {
    let contract = library(None);
    let names = ["book-add", "loan-open", "book-get"];
    let judged: Vec<bool> = contract.endpoints.iter().map(|e| names.contains(&e.id.as_str())).collect();
    let breadth = konform::plan::Breadth { walks: 10, ..konform::plan::Breadth::GATE };
    let whole = Plan::with(Arc::clone(&contract), 1, breadth);
    let narrow = whole.judging(judged.clone());
    let outside = |plan: &Plan| {
        let own = (0..contract.endpoints.len()).filter(|at| judged[*at]);
        let steps =
            own.flat_map(|at| plan.cases_of(at).filter(|c| plan.keeps(c)).flat_map(|c| c.steps).collect::<Vec<_>>());
        steps.filter(|s| s.role == Role::Probe && !judged[s.endpoint]).count()
    };
    assert!(outside(&whole) > 0, "nothing to tell");
    assert_eq!(outside(&narrow), 0);
    let walks = |plan: &Plan| plan.cases().filter(|c| c.id.starts_with("book-add::walk::")).count();
    assert!(walks(&narrow) > 0, "no sequence is left");
}

/// A library on a socket that has some of its endpoints.
fn part_of_a_library(has: fn(&str) -> bool) -> Server {
    let missing = Said { status: 404, headers: Vec::new(), body: Vec::new(), close: false };
    Server::before(move |asked| (!has(&asked.call.path)).then(|| missing.clone()), |_, said| Some(said))
}

#[test]
fn reports_evidence_and_certificates_name_the_scope() {
    let folder = Folder::new();
    let server = part_of_a_library(|path| path.starts_with("/v1/books"));
    let run = |out: &str, more: &[&str]| {
        let target = server.target();
        let mut args = vec!["run", "--quiet", "--contract", "library", "--target", &target, "--out", out];
        args.extend(more);
        konform(&folder.0, &args)
    };
    let (code, text) = run("bare", &[]);
    assert!(code == 3 && text.contains("not served") && text.contains("endpoints: ["), "{code}\n{text}");
    let (code, again) = konform(&folder.0, &["rejudge", "bare", "--contract", "library"]);
    assert_eq!(code, 0, "{again}");
    let line = text.lines().find(|l| l.starts_with("endpoints: ")).expect("a line to paste");
    let more = "capabilities: [{without: \"book-*/**\", reason: lent by nobody}]";
    std::fs::write(folder.0.join("mine.yaml"), format!("konform: 1\n{line}\n{more}\n")).expect("written");
    let certification = ["--mode", "certification", "--profile", "mine.yaml"];
    let (code, text) = run("whole", &certification);
    assert!(code == 0 && text.contains("endpoints in scope"), "{code}\n{text}");
    assert!(text.contains("detection power: not said of a part of the plan"), "{text}");
    for file in ["results.json", "coverage.json", "junit.xml"] {
        let text = std::fs::read_to_string(folder.0.join("whole").join(file)).expect("a report");
        assert!(text.contains("scope"), "{file}");
    }
    let results = std::fs::read_to_string(folder.0.join("whole/results.json")).expect("results");
    let value: serde_json::Value = serde_json::from_str(&results).expect("JSON");
    assert_eq!(value["summary"]["scope"]["out"], serde_json::json!(["loan-get", "loan-open", "loan-return"]));
    let errors: Vec<String> =
        super::contract_files::schema("results").iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(konform(&folder.0, &["rejudge", "whole"]).0, 0);
    assert_eq!(konform(&folder.0, &["keygen", "keys", "--sign"]).0, 0);
    let keys: Vec<String> = std::fs::read_dir(folder.0.join("keys"))
        .expect("keys")
        .map(|e| e.expect("a file").path().display().to_string())
        .collect();
    let key = |public: bool| keys.iter().find(|k| k.contains("public") == public).expect("a key").clone();
    let (code, text) = konform(&folder.0, &["certify", "whole", "--key", &key(false)]);
    assert!(code == 0 && text.contains("4 of 7 endpoints in scope; out: loan-get, loan-open, loan-return"), "{text}");
    let (code, text) = konform(&folder.0, &["verify", "whole", "--pub", &key(true)]);
    assert!(code == 0 && text.contains("out: loan-get, loan-open, loan-return"), "{text}");
}

#[test]
fn a_selected_run_is_judged_again_and_replayed_as_it_was_planned() {
    let folder = Folder::new();
    let args = ["run", "--quiet", "--contract", "library", "--mode", "nightly", "--fuzz-cases", "2", "--out", "run"];
    let fault = ["--only", "book-*", "--fault", "skip-effects:book-withdraw"];
    let (code, text) = konform(&folder.0, &[&args[..], &fault[..]].concat());
    assert_eq!(code, 1, "{text}");
    assert_eq!(konform(&folder.0, &["rejudge", "run"]).0, 0);
    let evidence = std::fs::read_to_string(folder.0.join("run/evidence.jsonl")).expect("the evidence");
    assert!(evidence.contains("::walk::"), "no sequence ran");
    let (code, text) = konform(&folder.0, &["replay", "run/findings/1.json"]);
    assert_eq!(code, 1, "{text}");
}

/// A target with keys that answer one prepared request.
struct Mock(Sent);

impl Transport for Mock {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        self.0.lock().expect("no panic").push((request.wire.endpoint.clone(), request.tree.clone()));
        let trace = request.trace.clone().unwrap_or_default();
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let headers = vec![header("content-type", "application/json"), header("X-KM-Correlation-Id", &trace)];
        let taken = request.tree.to_text() == r#"{"userId":7000001}"#;
        let (status, body) = if taken {
            (200, r#"{"response":{"code":"000_000","description":"Success."},"userInfo":{}}"#)
        } else {
            (400, r#"{"response":{"code":"090_001","description":"no such data"}}"#)
        };
        Ok(Raw { status, headers, body: body.as_bytes().to_vec(), ..Raw::default() })
    }
}

#[test]
fn a_target_that_takes_prepared_requests_gets_no_other() {
    let profile = profile("prepared_only: true\nprepared:\n  user-info: {userId: \"7000001\"}\n");
    let contract = lab::contract(Some(&profile));
    let sent = Sent::default();
    let nightly = lab::How { breadth: konform::plan::Breadth::NIGHTLY, ..lab::How::default() };
    let summary = lab::run(&contract, Mock(Arc::clone(&sent)), &nightly, |_| true);
    let sent = sent.lock().expect("no panic");
    assert!(!sent.is_empty());
    for (endpoint, body) in sent.iter() {
        assert_eq!((endpoint.as_str(), body.to_text().as_str()), ("user-info", r#"{"userId":7000001}"#));
    }
    // The answer is judged like that to any legal request: members of it are missing.
    assert!(
        summary.findings.iter().all(|f| f.clause.starts_with("user-info/response/")),
        "{}",
        lab::describe(&summary)
    );
    assert!(
        summary.findings.iter().any(|f| f.clause.ends_with("userInfo.loginId/presence")),
        "{}",
        lab::describe(&summary)
    );
    let plan = Plan::new(Arc::clone(&contract), 1);
    let cases: Vec<String> = plan.cases().map(|c| c.id.to_string()).collect();
    assert_eq!(cases, ["user-info::valid::body::prepared"]);
    let left: Vec<_> = plan.left_out().filter(|l| l.id.starts_with("card-list::")).collect();
    assert!(left.iter().all(|l| l.reason.contains("takes prepared requests only")) && !left.is_empty(), "{left:?}");
    let reason = konform::runner::summary::unexercised(&plan);
    let clause = contract.by_id["user-info/request/userId/presence"];
    assert_eq!(reason(clause), "the target takes prepared requests only");
}
