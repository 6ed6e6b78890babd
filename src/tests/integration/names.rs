//! Names in a contract: none is given twice, and none is a pattern, whatever letters it has.

use std::sync::Arc;

use konform::contract::{Contract, File, load};
use konform::model::{Summary, place};
use konform::sandbox::{Sandbox, Variant};

use super::lab;
use super::small_api::{cases, contract, read, read_with, refused, run};

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
    let endpoint = "id: x\nmethod: POST\npath: /x\nrequest: []\nresponse: []";
    let header = "  - {name: Content-Type, presence: unseen, length: unseen, send: application/json}\n";
    let api = |more: &str| read_with(more, &[endpoint]);
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
