mod cases;
mod exchanges;

use super::testing::*;
use super::*;
use crate::model::fixture::Part;

const ENDPOINT: &str = r#"
request:
  - {name: name, type: string, presence: required, length: 2..8}
response:
  - {name: id, type: number, presence: required, value: 1..9}
  - {name: shelf, type: string, presence: required, length: 4}
success: {status: 200, code: ok}
errors:
  - {status: 400, code: E1, message: "{field} is empty", when: {empty: any}, documented_for: [name]}
  - {status: 409, code: E2, message: "taken", when: {taken: name}}
  - {status: 404, code: "405", message: unseen, when: unseen}
"#;

#[test]
fn an_answer_takes_a_request_or_refuses_it_or_says_neither() {
    let oracle = oracle(contract("", ENDPOINT));
    let whole = r#"{"code":"ok","id":1,"shelf":"A-01"}"#;
    for (status, body, reply) in [
        (200, json(whole), Reply::Accepted),
        (201, json(whole), Reply::Accepted),
        (299, json(whole), Reply::Accepted),
        // Without a code the status stands alone.
        (200, json("{}"), Reply::Accepted),
        (200, Body::Empty, Reply::Accepted),
        (200, page("done"), Reply::Accepted),
        // Some targets refuse with 200 and a code of their own: not where what a success must carry is there.
        (200, json(r#"{"code":"E1"}"#), Reply::Refused),
        (200, json(r#"{"code":"E1","id":1,"shelf":"A-01"}"#), Reply::Refused),
        (200, json(r#"{"code":"new"}"#), Reply::Refused),
        (200, json(r#"{"code":"new","id":1}"#), Reply::Refused),
        (200, json(r#"{"code":"new","id":1,"shelf":"A-01"}"#), Reply::Accepted),
        (299, json(r#"{"code":"new"}"#), Reply::Refused),
        // What a body in another coding says can't be read.
        (200, coded("br", None), Reply::Neither),
        (199, json(whole), Reply::Neither),
        (300, json(whole), Reply::Neither),
        (399, Body::Empty, Reply::Neither),
        (400, Body::Empty, Reply::Refused),
        (400, json(whole), Reply::Refused),
        (400, coded("br", None), Reply::Refused),
        (499, Body::Empty, Reply::Refused),
        (408, Body::Empty, Reply::Neither),
        (429, json(r#"{"code":"E1"}"#), Reply::Neither),
        (500, Body::Empty, Reply::Neither),
        (503, Body::Empty, Reply::Neither),
    ] {
        let seen = answer(status, &[], body);
        assert_eq!(oracle.reply(endpoint(&oracle.contract), of(&seen)), reply, "{status} {:?}", of(&seen).body);
        assert_eq!(oracle.accepted(0, &seen), reply == Reply::Accepted);
    }
    assert!(!oracle.accepted(0, &lost(Reason::Reset)));
}

#[test]
fn where_a_success_has_no_code_or_no_fields_of_its_own() {
    for (lines, reply) in [
        ("success: {status: 200}", Reply::Accepted),
        ("success: {status: 200, code: ok}", Reply::Refused),
        (
            "success: {status: 200, code: ok}\nresponse: [{name: id, type: number, presence: optional, value: 1..9}]",
            Reply::Refused,
        ),
    ] {
        let oracle = oracle(contract("", lines));
        let seen = answer(200, &[], json(r#"{"code":"new","id":1}"#));
        assert_eq!(oracle.reply(endpoint(&oracle.contract), of(&seen)), reply, "{lines}");
    }
}

#[test]
fn a_request_was_refused_where_the_answer_says_so_or_says_that_nothing_was_done() {
    let oracle = oracle(contract("", ENDPOINT));
    for (status, refused) in
        [(400, true), (404, true), (421, true), (425, true), (429, true), (408, false), (200, false), (503, false)]
    {
        assert_eq!(oracle.refused(0, &answer(status, &[], Body::Empty)), refused, "{status}");
    }
    assert!(!oracle.refused(0, &lost(Reason::Reset)));
}

#[test]
fn a_request_was_refused_since_something_is_taken() {
    let oracle = oracle(contract("", ENDPOINT));
    for (status, code, taken) in [
        (409, "E2", true),
        (200, "E2", true),
        (409, "E1", false),
        (409, "E9", false),
        (500, "E2", false),
        (200, "ok", false),
    ] {
        let seen = answer(status, &[], json(&format!(r#"{{"code":"{code}"}}"#)));
        assert_eq!(oracle.taken(0, &seen), taken, "{status} {code}");
        assert_eq!(oracle.code(&seen).as_deref(), Some(code));
    }
    assert!(!oracle.taken(0, &lost(Reason::Reset)));
}

#[test]
fn the_broken_fields_of_an_answer() {
    let oracle = oracle(contract("", ENDPOINT));
    let seen = answer(200, &[], json(r#"{"id":0,"shelf":"A"}"#));
    assert_eq!(oracle.broken_fields(0, &seen), ["/id", "/shelf"]);
}

#[test]
fn a_server_without_the_endpoint_answers_404_405_or_501_in_words_of_its_own() {
    let contract = contract("", ENDPOINT);
    for (status, body, absent) in [
        (404, Body::Empty, true),
        (404, page("<h1>Not Found</h1>"), true),
        (404, json(r#"{"error":"Not Found"}"#), true),
        (405, Body::Empty, true),
        (501, Body::Empty, true),
        (400, Body::Empty, false),
        (403, Body::Empty, false),
        (200, Body::Empty, false),
        (500, Body::Empty, false),
        (404, json(r#"{"code":"E1"}"#), false),
        (404, json(r#"{"code":"E9"}"#), false),
        // A framework's page may repeat the status as its code, but not where the API has such a code.
        (404, json(r#"{"code":404}"#), true),
        (405, json(r#"{"code":"405"}"#), false),
    ] {
        let seen = answer(status, &[], body);
        assert_eq!(not_served(&contract, &seen), absent, "{status} {:?}", of(&seen).body);
    }
    let absent = answer(404, &[], Body::Empty);
    assert!(!not_served(&contract, &lost(Reason::Reset)));
    // A method that does not exist gets 405 wherever the endpoint is served.
    assert!(!not_served(&contract, &Observed { hostile: Some("other-method".into()), ..absent.clone() }));
    let elsewhere = Observed { endpoint: "other".into(), ..answer(405, &[], json(r#"{"code":"405"}"#)) };
    assert!(not_served(&contract, &elsewhere));
}

#[test]
fn the_place_in_the_request_that_a_clause_speaks_of() {
    let api = "request_headers: [{name: X-Key, presence: required, length: 4, send: abcd}]";
    let lines = r#"
request:
  - {name: address, type: object, presence: required, fields: [{name: a.b, type: string, presence: required, length: 2..8}]}
errors:
  - {status: 400, code: E1, message: unseen, when: {empty: "address.a%2Eb"}}
"#;
    let contract = contract(api, lines);
    for (name, place) in [
        ("request/address.a%2Eb/length", "request:/address/a.b"),
        ("request/address/presence", "request:/address"),
        ("errors/E1/code/address.a%2Eb", "request:/address/a.b"),
        ("request-header/X-Key/length", "header:X-Key"),
        ("success/200/status", ""),
        ("policy/answer/json", ""),
        ("envelope/code/found", ""),
    ] {
        assert_eq!(place_of(contract.clause(clause(&contract, name))), place, "{name}");
    }
}

#[test]
fn one_line_on_an_exchange() {
    let contract = contract("", ENDPOINT);
    for (seen, line) in [
        (answer(200, &[], json(r#"{"code":"ok","message":"Done"}"#)), "200 ok \"Done\""),
        (answer(404, &[], json(r#"{"message":"gone"}"#)), "404 \"gone\""),
        (answer(404, &[], json(r#"{"code":7}"#)), "404 7"),
        (answer(502, &[], Body::Empty), "502"),
        (answer(400, &[], json("{\"code\":\"a\u{202e}b\"}")), "400 a\\u{202e}b"),
        (lost(Reason::Timeout), "timeout"),
    ] {
        assert_eq!(summary(&seen, &contract), line);
    }
}

#[test]
fn a_broken_should_fails_a_run_where_that_is_asked_for() {
    for (level, asked, failing) in [
        (Level::Must, false, true),
        (Level::Must, true, true),
        (Level::Should, false, false),
        (Level::Should, true, true),
    ] {
        assert_eq!(fails(level, asked), failing, "{level:?} {asked}");
    }
}

#[test]
fn a_sequence_goes_on_where_the_answer_is_of_the_expected_kind() {
    let contract = contract("", ENDPOINT);
    let refuse = refuse(&contract, &["request/name/length"], &[]);
    for (reply, accepted, refused, known) in [
        (Reply::Accepted, true, false, true),
        (Reply::Refused, false, true, true),
        (Reply::Neither, false, false, false),
    ] {
        let own = (reply.meets(&accept()), reply.meets(&refuse), reply.meets(&either()));
        assert_eq!(own, (accepted, refused, known), "{reply:?}");
    }
}

#[test]
fn a_page_promises_a_body_where_it_says_what_stands_in_it() {
    let refusals = "envelope: {code: code, message: message, on: refusals}";
    let required = "response: [{name: id, type: number, presence: required, value: 1..9}]";
    let optional = "response: [{name: id, type: number, presence: optional, value: 1..9}]";
    for (api, fields, success, status, promised) in [
        ("", "", 200, 200, true),
        ("", required, 200, 201, true),
        (refusals, "", 200, 200, false),
        (refusals, optional, 200, 200, false),
        (refusals, required, 200, 200, true),
        ("", "", 204, 204, false),
        ("", "", 205, 205, false),
        (refusals, required, 204, 204, false),
        ("", "", 204, 200, true),
        ("", "", 205, 204, true),
    ] {
        let oracle = oracle(contract(api, &format!("{fields}\nsuccess: {{status: {success}}}")));
        let seen = answer(status, &[], Body::Empty);
        let own = oracle.promises_body(endpoint(&oracle.contract), of(&seen));
        assert_eq!(own, promised, "{api} {fields} {status} of {success}");
    }
}

#[test]
fn the_first_reason_why_nothing_can_be_said_stays() {
    let contract = contract("", ENDPOINT);
    let mut notes = notes(&contract);
    notes.unclear(Reason::Timeout, "first");
    notes.unclear(Reason::Gateway, "second");
    assert_eq!(notes.reason, Some((Reason::Timeout, "first".to_owned())));
}

#[test]
fn a_row_is_stale_where_a_lent_fixture_is_about_its_resource() {
    let api = "resources: [{name: shelf, key: shelfId, states: [OPEN, FULL]}, {name: card, key: cardId}]";
    let full = "errors: [{status: 409, code: E1, message: unseen, when: {state: {shelf: FULL}}}]";
    let contract = contract(api, full);
    let fixture = |part: &str, without: &str| Fixture {
        name: "prepared".to_owned(),
        parts: vec![Part { resource: part.to_owned(), ..Part::default() }],
        without: vec![without.to_owned()],
    };
    let why = "refused with E1, a row about shelf: is the fixture `prepared` still as the profile says?";
    for (fixture, stale) in
        [(fixture("shelf", "card"), true), (fixture("card", "shelf"), true), (fixture("card", "card"), false)]
    {
        let mut notes = notes(&contract);
        notes.lent = vec![&fixture];
        let own = notes.stale(endpoint(&contract), &endpoint(&contract).rows[0]);
        assert_eq!(own.as_deref(), stale.then_some(why));
    }
}
