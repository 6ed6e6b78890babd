use super::super::testing::*;
use super::*;
use crate::model::Reason;

const ENDPOINT: &str = "
response:
  - {name: id, type: number, presence: required, value: 1..9}
  - {name: shelf, type: string, presence: optional, length: 4}
  - {name: note, type: string, presence: unseen, length: unseen}
  - {name: tags, type: array, presence: optional, items: {type: string, length: 1..3}}
";
const ID: &str = "response/id/presence response/id/type response/id/value";
const LEFT_OUT: &str = "response/shelf/presence response/tags/presence";

/// What is told of a body, with what the run itself has written.
fn judged(body: Body, own: &[&str]) -> (String, String, &'static str) {
    let contract = contract("", ENDPOINT);
    let own = own.iter().map(|place| (*place).to_owned()).collect();
    let seen = Observed { own, ..answer(200, &[], body) };
    let mut notes = notes(&contract);
    check(&contract, endpoint(&contract), &seen, &mut notes);
    told(&notes)
}

#[test]
fn each_field_of_a_success_is_held_to_its_row() {
    let whole = |text: &str| format!("{ID} response/shelf/presence response/shelf/type{text} response/tags/presence");
    for (body, held, broken) in [
        (r#"{"id":1}"#, format!("{ID} {LEFT_OUT}"), ""),
        (r#"{"id":1,"shelf":"A-01"}"#, whole(" response/shelf/length"), ""),
        (r#"{"id":1,"shelf":"A-001"}"#, whole(""), r#"response/shelf/length at /shelf: "A-001" (5 characters)"#),
        (
            r#"{"id":0}"#,
            format!("response/id/presence response/id/type {LEFT_OUT}"),
            "response/id/value at /id: number 0",
        ),
        (r#"{"id":"1"}"#, format!("response/id/presence {LEFT_OUT}"), r#"response/id/type at /id: string "1""#),
        (r#"{"id":null}"#, LEFT_OUT.to_owned(), "response/id/presence at /id: null null"),
        ("{}", LEFT_OUT.to_owned(), "response/id/presence at /id: absent"),
        // What nobody has seen is not judged.
        (r#"{"id":1,"note":null}"#, format!("{ID} {LEFT_OUT}"), ""),
    ] {
        assert_eq!(judged(json(body), &[]), (held, broken.to_owned(), ""), "{body}");
    }
}

#[test]
fn a_secret_is_judged_by_what_is_left_of_it() {
    let redacted = r#"{"kind":"pan","commit":"","chars":5,"utf16":5,"bytes":5,"classes":[],"luhn":false,"matches":[]}"#;
    let root = serde_json::from_str(&format!(r#"{{"id":1,"shelf":{{"redacted":{redacted}}}}}"#)).expect("a body");
    let (_, found, _) = judged(Body::Json { root, defects: Vec::new() }, &[]);
    assert_eq!(found, "response/shelf/length at /shelf: <pan of 5 characters> (5 characters)");
}

#[test]
fn only_a_body_that_can_be_read_has_fields() {
    for (body, held, broken) in [
        (Body::Empty, LEFT_OUT, "response/id/presence at /id: absent"),
        (page("id 1"), "", ""),
        (coded("br", None), "", ""),
    ] {
        assert_eq!(judged(body, &[]), (held.to_owned(), broken.to_owned(), ""));
    }
    let contract = contract("", ENDPOINT);
    let mut notes = notes(&contract);
    check(&contract, endpoint(&contract), &lost(Reason::Timeout), &mut notes);
    assert_eq!(told(&notes), (String::new(), String::new(), ""));
}

#[test]
fn what_the_run_wrote_itself_is_not_held_against_the_target() {
    let body = r#"{"id":1,"shelf":"A-001"}"#;
    let finding = r#"response/shelf/length at /shelf: "A-001" (5 characters)"#;
    for (body, own, broken) in
        [(body, &["/shelf"][..], ""), (body, &["/tags", "/shelf"], ""), (body, &["/id"], finding), (body, &[], finding)]
    {
        assert_eq!(judged(json(body), own).1, broken, "{own:?}");
    }
    // What holds counts wherever it was written.
    assert!(judged(json(r#"{"id":1}"#), &["/id"]).0.starts_with(ID));
}

#[test]
fn the_places_that_break_a_clause() {
    let contract = contract("", ENDPOINT);
    for (seen, places) in [
        (answer(200, &[], json(r#"{"id":1,"tags":["a"]}"#)), &[][..]),
        (answer(200, &[], json(r#"{"id":0,"tags":["a","abcd","b",""]}"#)), &["/id", "/tags/1", "/tags/3"]),
        (answer(200, &[], json("{}")), &["/id"]),
        (answer(200, &[], Body::Empty), &[]),
        (lost(Reason::Timeout), &[]),
    ] {
        assert_eq!(broken(&contract, endpoint(&contract), &seen), places);
    }
}
