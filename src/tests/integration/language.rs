//! What the language of contracts can say of texts, addresses and bodies, on small APIs written for one thing each.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use konform::contract::{Contract, File, LoadError, load};
use konform::model::run::Breadth;
use konform::model::{Case, Summary, place};
use konform::plan::Plan;
use konform::sandbox::{Sandbox, Variant};

use super::lab::{self, Folder};
use super::raw_server::{self, Said, Server};

/// An API without credentials.
const API: &str = "konform: 1
id: small
title: Small
version: v1
base_path: /v1
length_unit: code-points
envelope: {code: error.code, message: error.message, on: refusals}
success: {status: 200}
request_headers:
  - {name: Content-Type, presence: unseen, length: unseen, send: application/json}
";

/// A contract of these endpoints, each the text of its file but for its first and last lines.
fn read(endpoints: &[&str]) -> Result<Arc<Contract>, LoadError> {
    let mut files = vec![File { name: "api.yaml".to_owned(), text: API.to_owned() }];
    for (at, endpoint) in endpoints.iter().enumerate() {
        let errors = if endpoint.contains("errors:") { "" } else { "errors: []\n" };
        files.push(File { name: format!("{at}.yaml"), text: format!("konform: 1\ntitle: T\n{endpoint}\n{errors}") });
    }
    load(&files, None).map(Arc::new)
}

fn contract(endpoints: &[&str]) -> Arc<Contract> {
    read(endpoints).unwrap_or_else(|error| panic!("{error}"))
}

/// What a run of every case finds in the embedded sandbox.
fn run(contract: &Arc<Contract>) -> Summary {
    let sandbox = Sandbox::new(Arc::clone(contract), Variant::default(), Vec::new());
    lab::run(contract, lab::Direct(Arc::new(sandbox)), &lab::How::default(), |_| true)
}

/// Fails unless every case passes and every clause of a request is exercised but for those named.
fn clean(contract: &Arc<Contract>, but: &[&str]) {
    let summary = run(contract);
    assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
    let idle = summary.clauses.iter().filter(|c| c.asserted == 0 && c.id.contains("/request/"));
    let idle: Vec<&str> = idle.map(|c| &*c.id).filter(|id| !but.contains(id)).collect();
    assert!(idle.is_empty(), "no case exercises {idle:?}");
}

fn cases(contract: &Arc<Contract>) -> Vec<Case> {
    Plan::new(Arc::clone(contract), 1).cases().collect()
}

fn left_out(contract: &Arc<Contract>) -> Vec<String> {
    let plan = Plan::new(Arc::clone(contract), 1);
    plan.left_out().map(|left| format!("{}: {}", left.id, left.reason)).collect()
}

#[test]
fn formats_with_letters_beyond_ascii_are_sent_answered_and_checked() {
    let contract = contract(&["id: month
method: POST
path: /months
request:
  - {name: month, type: string, presence: required, format: yyyy년 MM월}
response:
  - {name: shown, type: string, presence: required, format: yyyy년}"]);
    clean(&contract, &[]);
}

#[test]
fn an_answer_is_judged_against_a_format_however_many_bytes_its_characters_have() {
    let contract = contract(&["id: month
method: GET
path: /months/{day}
request:
  - {name: day, in: path, type: string, presence: required, format: 😀dd일}
  - {name: time, in: query, type: string, presence: optional, format: HH시 mm분}
response:
  - {name: shown, type: string, presence: required, format: yyyy년}
  - name: inside
    type: object
    presence: required
    fields: [{name: month, type: string, presence: required, format: 'MM월'}]"]);
    clean(
        &contract,
        &[
            "month/request/day/presence",
            "month/request/day/type",
            "month/request/time/presence",
            "month/request/time/type",
        ],
    );
    // `answer-garbled` answers as many ASCII letters as the right text has bytes: a byte of the one is inside a character of the other.
    for (path, clause) in
        [("shown", "month/response/shown/format"), ("inside.month", "month/response/inside.month/format")]
    {
        let fault = format!("answer-garbled:{path}").parse().expect("a fault");
        let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), vec![fault]));
        let summary = lab::run(&contract, lab::Direct(sandbox), &lab::How::default(), |_| true);
        assert_eq!(summary.counts.broken, 0, "{}", lab::describe(&summary));
        assert!(summary.findings.iter().any(|f| f.clause == clause), "{clause}\n{}", lab::describe(&summary));
    }
}

#[test]
fn lengths_that_are_too_long_to_send_are_named_and_never_made() {
    let contract = contract(&[
        "id: memo
method: POST
path: /memo/{key}
request:
  - {name: key, in: path, type: string, presence: required, length: 1..2147483647}
  - {name: page, in: query, type: string, presence: optional, length: 1..2147483647}
  - {name: text, type: string, presence: required, length: 1..2147483647}
  - {name: code, type: string, presence: optional, length: 3..18446744073709551615, charset: digits}
  - {name: number, type: number, presence: required, value: 1..1e2147483647}
response:
  - {name: ok, type: boolean, presence: required}
  - {name: words, type: string, presence: required, length: 100000..2147483647}",
        "id: book
method: POST
path: /book
request: [{name: text, type: string, presence: required, length: 2000000..2147483647}]
response: [{name: ok, type: boolean, presence: required}]",
    ]);
    for case in cases(&contract) {
        assert!(format!("{case:?}").len() < 4 << 20, "{}", case.id);
    }
    let left = left_out(&contract);
    for (id, chars) in [
        ("memo::length::body.text::max", "2147483647"),
        ("memo::length::body.text::max+1-astral", "2147483648"),
        ("memo::length::path.key::max", "2147483647"),
        ("memo::length::query.page::max+1", "2147483648"),
    ] {
        let expected = format!("{id}: a value of {chars} characters is too long to send");
        assert!(left.contains(&expected), "{expected} is not in {left:#?}");
    }
    assert!(left.iter().any(|l| l.starts_with("memo::value::body.number::max: the number is too large")));
    assert!(left.iter().any(|l| l.contains("book::") && l.contains("text needs 2000000 characters")), "{left:#?}");
    let lint = konform::contract::lint::report(&contract, false);
    for named in ["memo/request/text 2147483647", "memo/request/key 2147483647", "book/request/text 2000000"] {
        assert!(lint.contains(named), "{lint}");
    }
    let summary = run(&contract);
    assert_eq!((summary.exit, summary.findings.len()), (0, 0), "{}", lab::describe(&summary));
}

#[test]
fn lengths_that_just_fit_are_put_to_the_test() {
    let contract = contract(&["id: memo
method: POST
path: /memo
request:
  - {name: page, in: query, type: string, presence: optional, length: 1..700}
  - {name: text, type: string, presence: required, length: 1..300000}
response: [{name: ok, type: boolean, presence: required}]"]);
    let summary = run(&contract);
    assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
    let plan = Plan::new(Arc::clone(&contract), 1);
    for id in ["memo::length::body.text::max+1-astral", "memo::length::query.page::max"] {
        assert!(plan.find(id).is_some(), "{id}");
    }
    assert!(
        left_out(&contract).contains(
            &"memo::length::query.page::max-astral: a value of 700 characters is too long to send".to_owned()
        )
    );
}

#[test]
fn bounds_that_stand_for_no_bound_are_never_made_wherever_they_stand() {
    let resources = "resources:\n  - {name: memo, key: key}\n";
    let endpoint = "id: memo-add
method: POST
path: /memos
request:
  - {name: key, type: string, presence: required, length: 1..2147483647}
  - {name: mail, type: string, presence: optional, format: email, length: 6..2147483647}
  - {name: list, type: array, presence: required, items: {type: string, length: 1..2147483647}}
  - name: deep
    type: object
    presence: required
    fields: [{name: text, type: string, presence: required, length: 1..2147483647, charset: hex}]
  - {name: far, type: string, presence: optional, length: 2000000..2147483647}
  - {name: count, type: number, presence: required, value: 1..2147483647, integer: true}
  - {name: large, type: number, presence: optional, value: -9223372036854775808..9223372036854775807}
  - {name: wide, type: number, presence: optional, value: -1e400..1e400}
response:
  - {name: key, type: string, presence: required, length: 1..2147483647}
  - {name: total, type: number, presence: required, value: 1..2147483647}
effects:
  - {create: memo, key: key, unique: [key], set: [mail, count]}
errors:
  - {status: 409, code: taken, message: taken, when: {taken: key}}
  - {status: 400, code: length, message: \"{field} {min} {max}\", when: {length: any}}";
    let files = [
        File { name: "api.yaml".to_owned(), text: format!("{API}{resources}") },
        File { name: "0.yaml".to_owned(), text: format!("konform: 1\ntitle: T\n{endpoint}\n") },
    ];
    let contract = Arc::new(load(&files, None).unwrap_or_else(|error| panic!("{error}")));
    for breadth in [Breadth::GATE, Breadth { fuzz: 40, walks: 8, wide: true }] {
        for case in Plan::with(Arc::clone(&contract), 1, breadth).cases() {
            assert!(format!("{case:?}").len() < 4 << 20, "{}", case.id);
        }
        let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new()));
        let how = lab::How { breadth, ..lab::How::default() };
        let summary = lab::run(&contract, lab::Direct(sandbox), &how, |_| true);
        assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
        let plan = Plan::new(Arc::clone(&contract), 1);
        for id in
            ["value::body.count::max", "value::body.count::max+1", "value::body.large::min", "length::body.key::min"]
        {
            assert!(plan.find(&format!("memo-add::{id}")).is_some(), "{id}");
        }
    }
}

#[test]
fn a_length_that_no_number_holds_is_refused_with_its_place() {
    for length in ["1..99999999999999999999", "-1..5", "1..2.5"] {
        let error = read(&[&format!(
            "id: x\nmethod: POST\npath: /x\nrequest: [{{name: a, type: string, presence: required, length: {length}}}]\nresponse: []"
        )]);
        let error = error.expect_err(length);
        assert!(error.message().ends_with("is no length"), "{}", error.message());
        assert_eq!(error.place().1, 6);
    }
}

/// Members who pay: what a member has is what the answer to the first call says, and each payment adds an amount.
fn wallet(balance: &str, amount: &str) -> Arc<Contract> {
    let resources = "resources:\n  - {name: member, key: memberId}\n";
    let endpoints = [
        format!(
            "id: member-add
method: POST
path: /members
request: [{{name: name, type: string, presence: required, length: 1..40}}]
response:
  - {{name: memberId, type: number, presence: required, value: 1..999999999999, integer: true}}
  - {{name: balance, type: number, presence: required, value: {balance}}}
effects: [{{create: member, key: response.memberId, set: {{balance: response.balance}}}}]"
        ),
        format!(
            "id: member-pay
method: POST
path: /payments
request:
  - {{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}}
  - {{name: amount, type: number, presence: required, value: {amount}}}
response: [{{name: ok, type: boolean, presence: required}}]
effects: [{{update: member, by: memberId, add: {{balance: amount}}}}]"
        ),
        "id: member-get
method: GET
path: /members/{memberId}
request:
  - {name: memberId, in: path, type: number, presence: required, value: 1..999999999999, ref: member.memberId}
response: [{name: balance, type: number, presence: required}]
effects: [{read: member, by: memberId, answer: {balance: member.balance}}]"
            .to_owned(),
    ];
    let mut files = vec![File { name: "api.yaml".to_owned(), text: format!("{API}{resources}") }];
    for (at, endpoint) in endpoints.iter().enumerate() {
        let text = format!("konform: 1\ntitle: T\n{endpoint}\nerrors: []\n");
        files.push(File { name: format!("{at}.yaml"), text });
    }
    Arc::new(load(&files, None).unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn sums_are_exact_however_large_the_target_counts() {
    let clause = "member-get/effects/balance/equals";
    for (balance, amount) in [
        ("100", "5"),
        ("0.1", "0.2"),
        ("9007199254740993", "0.01"),
        // One more than the largest whole number of 128 bits.
        ("170141183460469231731687303715884105727", "1"),
        ("-170141183460469231731687303715884105728", "-1"),
    ] {
        let contract = wallet(balance, amount);
        let summary = run(&contract);
        assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
        // A server that forgets the payment is found: the sum is known.
        let fault = "skip-effects:member-pay".parse().expect("a fault");
        let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), vec![fault]));
        let summary = lab::run(&contract, lab::Direct(sandbox), &lab::How::default(), |_| true);
        let found = summary.findings.iter().any(|f| f.clause == clause);
        assert!(found, "{balance} + {amount}: {}", lab::describe(&summary));
    }
    // More digits than an amount has: the sum is not known, and nobody is blamed for it.
    let summary = run(&wallet("1e300", "1"));
    assert_eq!((summary.exit, summary.counts.broken), (0, 0), "{}", lab::describe(&summary));
}

/// The place and the sentence of what is wrong with the contract.
fn refused(endpoints: &[&str]) -> String {
    let error = read(endpoints).expect_err("a contract with a mistake");
    let (file, line, column) = error.place();
    format!("{file}:{line}:{column} {}", error.message())
}

#[test]
fn two_clauses_with_one_id_are_refused_with_both_places() {
    let endpoint = "id: note-add
method: POST
path: /notes
request: [{name: text, type: string, presence: required, length: 1..9}]
response: []
errors:
  - {status: 400, code: bad, message: one, when: {empty: any}, documented_for: [text]}
  - {status: 422, code: bad, message: two, when: {empty: any}, documented_for: [text]}";
    assert_eq!(
        refused(&[endpoint]),
        "0.yaml:10:5 a second clause `note-add/errors/bad/status/text`: the first one stands at 0.yaml:9:5"
    );
    // Rows that differ in their causes alone promise two things under one id as well.
    let causes = endpoint.replace("message: two, when: {empty: any}", "message: two, when: {missing: any}");
    assert!(
        refused(&[&causes]).starts_with("0.yaml:10:5 a second clause `note-add/errors/bad/"),
        "{}",
        refused(&[&causes])
    );
    read(&[&endpoint.replace("code: bad, message: two", "code: worse, message: two")]).expect("two codes");
    let refusals = "id: note-add
method: POST
path: /notes
request: [{name: text, type: string, presence: required, length: 1..9}]
response: []
refusals:
  - {id: late, says: too late, when: unseen}
  - {id: late, says: much too late, when: unseen}";
    assert_eq!(
        refused(&[refusals]),
        "0.yaml:10:5 a second clause `note-add/refusals/late/refused`: the first one stands at 0.yaml:9:5"
    );
}

#[test]
fn two_names_of_one_kind_are_refused_with_both_places() {
    let endpoint = |request: &str, response: &str, errors: &str| {
        format!("id: x\nmethod: POST\npath: /x\nrequest: {request}\nresponse: {response}\nerrors: {errors}")
    };
    let row = |name: &str| format!("{{name: {name}, type: unseen, presence: unseen, length: unseen}}");
    let inside = |rows: &str| format!("[{{name: o, type: object, presence: required, fields: [{rows}]}}]");
    let items = |rows: &str| {
        format!("[{{name: l, type: array, presence: required, items: {{type: object, fields: [{rows}]}}}}]")
    };
    let two = format!("{}, {}", row("a"), row("a"));
    let text = "{name: a, type: string, presence: required, length: 1..9}";
    // Nothing is known of these rows, so that no clause tells of the second one.
    for (request, response, errors, expected) in [
        (
            format!("[{two}]"),
            "[]".to_owned(),
            "[]",
            "0.yaml:6:70 a second row `a`: the first one stands at 0.yaml:6:11",
        ),
        (inside(&two), "[]".to_owned(), "[]", "0.yaml:6:"),
        (items(&two), "[]".to_owned(), "[]", "0.yaml:6:"),
        ("[]".to_owned(), format!("[{two}]"), "[]", "0.yaml:7:"),
        ("[]".to_owned(), inside(&two), "[]", "0.yaml:7:"),
        (
            "[{name: a, type: string, presence: required, enum: [A, B, A]}]".to_owned(),
            "[]".to_owned(),
            "[]",
            "0.yaml:6:68 a second word `A`: the first one stands at 0.yaml:6:62",
        ),
        (
            format!("[{text}]"),
            "[]".to_owned(),
            "[{status: 400, code: b, message: m, when: {empty: any}, documented_for: [a, a]}]",
            "0.yaml:8:85 a second entry `a`: the first one stands at 0.yaml:8:82",
        ),
    ] {
        let found = refused(&[&endpoint(&request, &response, errors)]);
        assert!(found.starts_with(expected) && found.contains(" a second "), "{found} for {expected}");
    }
    // Objects beside each other may have members of one name, and so may request and response.
    let beside = "[{name: a, type: object, presence: required, fields: [{name: a, type: boolean, presence: required}]}, \
                  {name: b, type: object, presence: required, fields: [{name: a, type: boolean, presence: required}]}, \
                  {name: A, type: boolean, presence: required}]";
    read(&[&endpoint(beside, beside, "[]")]).expect("names of different places");
    let (first, second) = (endpoint("[]", "[]", "[]"), endpoint("[]", "[]", "[]").replace("/x", "/y"));
    assert_eq!(refused(&[&first, &second]), "1.yaml:3:5 a second endpoint `x`: the first one stands at 0.yaml:3:5");
}

#[test]
fn two_names_of_one_kind_in_an_api_are_refused_with_both_places() {
    let endpoint = "konform: 1\ntitle: T\nid: x\nmethod: POST\npath: /x\nrequest: []\nresponse: []\nerrors: []\n";
    let header = "  - {name: Content-Type, presence: unseen, length: unseen, send: application/json}\n";
    let api = |more: &str| {
        load(
            &[
                File { name: "api.yaml".to_owned(), text: format!("{API}{more}") },
                File { name: "x.yaml".to_owned(), text: endpoint.to_owned() },
            ],
            None,
        )
    };
    for (more, expected) in [
        (header.replace("Content-Type", "content-type"), "a second header `content-type`"),
        ("credentials:\n  - {name: key}\n  - {name: other}\n  - {name: key}\n".to_owned(), "a second credential `key`"),
        ("resources:\n  - {name: book, key: id}\n  - {name: book, key: no}\n".to_owned(), "a second resource `book`"),
        ("resources:\n  - {name: book, key: id, states: [IN, OUT, IN]}\n".to_owned(), "a second state `IN`"),
        (
            "conflicts:\n  - {id: c, what: w, a: x, b: y}\n  - {id: c, what: w, a: x, b: y}\n".to_owned(),
            "a second conflict `c`",
        ),
    ] {
        let error = api(&more).expect_err(expected);
        let said = error.message();
        assert!(said.starts_with(expected) && said.contains(": the first one stands at api.yaml:"), "{said}");
        assert!(error.place().1 > 10, "{:?}", error.place());
    }
    api(&header.replace("Content-Type", "X-Other")).expect("two headers");
}

#[test]
fn names_of_fields_are_no_patterns_of_places() {
    let plain = ["a", "b", "c", "d"];
    let odd = ["a*[b]?", "x.y", "*", "12"];
    let endpoint = |[a, b, c, d]: [&str; 4]| {
        format!(
            "id: tag
method: POST
path: /tags
request:
  - {{name: \"{a}\", type: string, presence: required, length: 1..9}}
  - name: \"{b}\"
    type: object
    presence: required
    fields:
      - {{name: \"{c}\", type: number, presence: required, value: 1..9}}
      - {{name: \"{d}\", type: array, presence: optional, items: {{type: string, length: 1..9}}}}
response:
  - {{name: \"{a}\", type: string, presence: required, length: 1..9}}
  - name: \"{b}\"
    type: object
    presence: required
    fields:
      - {{name: \"{c}\", type: array, presence: required, items: {{type: number, value: 1..9}}}}
errors:
  - {{status: 400, code: length, message: \"{{field}} of {{min}} to {{max}}\", when: {{length: any}}}}"
        )
    };
    let (plain, odd) = (contract(&[&endpoint(plain)]), contract(&[&endpoint(odd)]));
    let (a, b) = (run(&plain), run(&odd));
    assert_eq!((b.exit, b.counts.pass), (0, b.counts.total()), "{}", lab::describe(&b));
    let asserted = |summary: &Summary| summary.clauses.iter().map(|c| c.asserted > 0).collect::<Vec<_>>();
    assert_eq!(asserted(&a), asserted(&b));
    // What a case's id says picks that case, also where it is read as a pattern.
    for case in cases(&odd) {
        assert!(!case.id.contains(['*', '?', '[', '{']), "{}", case.id);
    }
}

/// The library's contract with another name for the subtitle of a book.
fn library_with(name: &str) -> Arc<Contract> {
    let own = place::part(name);
    let folder = lab::root().join("specs/examples/library");
    let files = std::fs::read_dir(folder).expect("the library's contract").map(|entry| {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        let text = text.replace("name: subtitle", "name: NAME").replace("book.subtitle", "ATTRIBUTE");
        let text = text.replace("subtitle", &format!("\"{own}\"")).replace("ATTRIBUTE", &format!("\"book.{own}\""));
        let text = text.replace("name: NAME", &format!("name: \"{name}\""));
        File { name: path.file_name().expect("a name").to_string_lossy().into_owned(), text }
    });
    let mut files: Vec<File> = files.filter(|file| file.name.ends_with(".yaml")).collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Arc::new(load(&files, None).unwrap_or_else(|error| panic!("{name}: {error}")))
}

#[test]
fn a_field_is_stored_shown_and_missed_whatever_its_name_is() {
    let plain = run(&library_with("subtitle"));
    let asserted = |summary: &Summary| summary.clauses.iter().map(|c| c.asserted > 0).collect::<Vec<_>>();
    for name in ["sub.title", "*", "12", "a/b::c", "%2E", "제 목", "@[x]{y}?"] {
        let contract = library_with(name);
        let summary = run(&contract);
        assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
        assert_eq!(asserted(&plain), asserted(&summary), "{name}");
        let own = place::part(name);
        let fault = format!("answer-without:{own}").parse().expect("a fault");
        let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), vec![fault]));
        let summary = lab::run(&contract, lab::Direct(sandbox), &lab::How::default(), |_| true);
        let clause = format!("book-get/response/{own}/presence");
        let found = summary.findings.iter().find(|f| f.clause == clause);
        let found = found.unwrap_or_else(|| panic!("{clause} is not found\n{}", lab::describe(&summary)));
        assert_eq!(found.pointer, format!("/{}", name.replace('/', "~1")));
    }
}

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

/// The endpoints as a folder that the program reads.
fn written(endpoints: &[&str]) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.0.join("small")).expect("a folder");
    std::fs::write(folder.0.join("small/api.yaml"), API).expect("a file");
    for (at, endpoint) in endpoints.iter().enumerate() {
        let text = format!("konform: 1\ntitle: T\n{endpoint}\nerrors: []\n");
        std::fs::write(folder.0.join(format!("small/{at}.yaml")), text).expect("a file");
    }
    folder
}

/// What the built program prints, and its exit code.
fn konform(folder: &Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_konform"));
    let out = command.args(args).current_dir(folder).output().expect("the program runs");
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    (out.status.code().unwrap_or(-1), text)
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
