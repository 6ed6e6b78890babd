//! What one answer makes of a case of one request.

use super::super::testing::*;
use super::super::*;

const API: &str = "
resources:
  - {name: shelf, key: shelfId, states: [OPEN, FULL, SHUT]}
  - {name: tag, key: tagId, catalogue: true, attributes: {kind: {}}}
response_headers: [{name: X-Desk, presence: required, length: 4}]
";
const ENDPOINT: &str = r#"
request:
  - {name: name, type: string, presence: required, length: 2..8}
  - {name: note, type: string, presence: optional, length: {value: 1..9, basis: inferred, from: other}}
  - {name: shelf, type: string, presence: optional, length: 4, ref: shelf.shelfId}
  - {name: tags, type: array, presence: optional, items: {type: string, length: 1..9}}
response:
  - {name: id, type: number, presence: required, value: 1..9}
success: {status: 200, code: ok, message: "Done."}
errors:
  - {status: 400, code: E1, message: "{field} is empty", when: {empty: any}, documented_for: [name]}
  - {status: 409, code: E2, message: unseen, when: {taken: name}}
  - {status: 409, code: E3, message: unseen, when: {state: {shelf: FULL}}}
  - {status: 409, code: E4, message: unseen, when: {lacks: {tags: {tag.kind: RED}}}}
  - {status: 409, code: E5, message: unseen, when: unseen}
  - {status: 404, code: E6, message: unseen, when: {unknown: shelf}}
refusals:
  - {id: shut, says: A shut shelf lends nothing., when: {state: {shelf: SHUT}}}
"#;
const PROFILE: &str = r#"
fixtures:
  - {name: one, shelf: {shelfId: "0001"}}
  - {name: any, shelf: {shelfId: "00##"}}
"#;

/// A case of one request, as far as rows differ in it.
#[derive(Clone)]
struct Asked<'a> {
    expect: fn(&Contract) -> Expect,
    may: &'a [&'a str],
    aim: Option<&'a str>,
    fixtures: &'a [usize],
}

const ACCEPT: Asked<'static> = Asked { expect: |_| accept(), may: &[], aim: None, fixtures: &[] };
const AIMED: Asked<'static> = Asked { aim: Some("request/name/length"), ..ACCEPT };
const EITHER: Asked<'static> = Asked { expect: |_| either(), ..AIMED };
const REFUSE: Asked<'static> = Asked { expect: |c| refuse(c, &["request/name/length"], &["E1 name"]), ..ACCEPT };
const BARE: Asked<'static> = Asked { expect: |c| bare(c, &["request/name/length", "request/name/presence"]), ..ACCEPT };

fn bare(contract: &Contract, broken: &[&str]) -> Expect {
    match refuse(contract, broken, &[]) {
        Expect::Refuse { broken, rows, may, doubt, .. } => Expect::Refuse { broken, rows, may, doubt, bare: true },
        other => other,
    }
}

/// The verdict, with what was found and what holds.
fn judged(asked: &Asked<'_>, seen: &Observed) -> (String, String, String) {
    let contract = contract_of(API, &[ENDPOINT], PROFILE);
    let mut expect = (asked.expect)(&contract);
    if let Expect::Accept { may } = &mut expect {
        may.extend(asked.may.iter().map(|name| row(&contract, name)));
    }
    let aim = asked.aim.map(|name| clause(&contract, name));
    let case = Case { aim, fixtures: asked.fixtures.to_vec(), ..case(vec![step(Role::Probe, expect)]) };
    let own = oracle(contract.clone()).judge(&case, std::slice::from_ref(seen));
    let (outcome, found) = verdict(&contract, &own);
    (outcome, found, names(&contract, &own.held))
}

/// An answer as this API gives them.
fn desk(status: u16, body: Body) -> Observed {
    answer(status, &["content-type: application/json", "x-desk: A-01"], body)
}

fn all(rows: Vec<(&Asked<'_>, Observed, &str, &str)>) {
    for (asked, seen, outcome, broken) in rows {
        let (own, found, _) = judged(asked, &seen);
        assert_eq!((own.as_str(), found.as_str()), (outcome, broken), "{:?}", seen.answer);
    }
}

#[test]
fn a_success_has_its_status_code_message_fields_and_headers() {
    let done = |body: &str| desk(200, json(body));
    all(vec![
        (&ACCEPT, done(r#"{"code":"ok","message":"Done.","id":1}"#), "PASS", ""),
        (&ACCEPT, done(r#"{"code":"ok","message":"erledigt","id":1}"#), "PASS", ""),
        (&ACCEPT, done(r#"{"code":"ok","id":1}"#), "PASS", ""),
        (&ACCEPT, done(r#"{"code":"ok","message":"Don","id":1}"#), "FAIL", "success/ok/message at /message: Don"),
        (&ACCEPT, desk(201, json(r#"{"code":"ok","id":1}"#)), "FAIL", "success/ok/status: 201"),
        (&ACCEPT, done(r#"{"code":"new","id":1}"#), "FAIL", "success/ok/code at /code: new"),
        (&ACCEPT, done(r#"{"code":"ok","id":0}"#), "FAIL", "response/id/value at /id: number 0"),
        (&ACCEPT, done(r#"{"id":1}"#), "FAIL envelope_not_found", r#"envelope/code/found at /code: {"id":1}"#),
        (&ACCEPT, desk(200, page("x")), "FAIL", "json: no JSON: x"),
        (&ACCEPT, desk(200, coded("br", None)), "INCONCLUSIVE content_coding", ""),
        (&ACCEPT, desk(200, coded("gzip", Some("cut"))), "FAIL", "json at header:content-encoding: cut"),
        (
            &ACCEPT,
            answer(200, &[], json(r#"{"code":"ok","id":1}"#)),
            "FAIL",
            "response-header/X-Desk/presence at header:X-Desk: absent",
        ),
        // What is missing of an empty body is said once, that of another for each clause.
        (
            &ACCEPT,
            done(r#"{"id":0}"#),
            "FAIL envelope_not_found",
            r#"response/id/value at /id: number 0; envelope/code/found at /code: {"id":0}"#,
        ),
        (&ACCEPT, desk(200, Body::Empty), "FAIL", "response/id/presence at /id: absent"),
    ]);
}

#[test]
fn an_empty_success_without_required_fields_misses_its_code() {
    let contract = contract("", "success: {status: 200, code: ok}");
    let case = case(vec![step(Role::Probe, accept())]);
    let own = oracle(contract.clone()).judge(&case, &[answer(200, &[], Body::Empty)]);
    assert_eq!(verdict(&contract, &own).1, "envelope/code/found at /code: no body");
}

#[test]
fn a_success_without_an_envelope_is_not_asked_for_one() {
    let api = "envelope: {code: code, message: message, on: refusals}";
    let required = "response: [{name: id, type: number, presence: required, value: 1..9}]";
    for (fields, body, outcome, broken) in [
        (required, json(r#"{"id":1}"#), "PASS", ""),
        (required, json(r#"{"id":1,"code":"E9"}"#), "PASS", ""),
        (required, page("x"), "FAIL", "json: no JSON: x"),
        ("", page("x"), "PASS", ""),
        ("", Body::Empty, "PASS", ""),
    ] {
        let contract = contract(api, fields);
        let case = case(vec![step(Role::Probe, accept())]);
        let own = oracle(contract.clone()).judge(&case, &[answer(200, &[], body)]);
        assert_eq!(verdict(&contract, &own), (outcome.to_owned(), broken.to_owned()), "{fields}");
    }
}

#[test]
fn a_legal_request_that_is_refused_is_a_finding_unless_something_excuses_it() {
    let code = |code: &str| desk(400, json(&format!(r#"{{"code":"{code}"}}"#)));
    let not_full = "errors/E3/code/shelf: refused with 400 E3, though that does not hold";
    let may = Asked { may: &["E3 shelf"], ..ACCEPT };
    let both = Asked { may: &["E3 shelf", "E1 name"], ..ACCEPT };
    let shut = Asked { may: &["shut shut"], ..ACCEPT };
    let lent = Asked { fixtures: &[0], ..ACCEPT };
    let made = Asked { fixtures: &[1], ..ACCEPT };
    all(vec![
        (&ACCEPT, code("E1"), "FAIL", "success/ok/status: refused with 400 E1"),
        (&ACCEPT, code("E9"), "FAIL", "success/ok/status: refused with 400 E9"),
        (&ACCEPT, desk(400, json("{}")), "FAIL", "success/ok/status: refused with 400 and no code"),
        (&AIMED, code("E1"), "FAIL", "request/name/length at request:/name: refused with 400 E1"),
        (&AIMED, code("E9"), "FAIL", "request/name/length at request:/name: refused with 400 E9"),
        // An identity that is taken, and what nobody can rule out.
        (&ACCEPT, code("E2"), "INCONCLUSIVE identity_taken", ""),
        (&ACCEPT, code("E4"), "INCONCLUSIVE precondition_lost", ""),
        (&ACCEPT, code("E5"), "INCONCLUSIVE precondition_lost", ""),
        // A row about state or a reference that is known not to hold.
        (&ACCEPT, code("E3"), "FAIL", not_full),
        (&ACCEPT, code("E6"), "FAIL", "errors/E6/code/shelf: refused with 400 E6, though that does not hold"),
        (&lent, code("E3"), "INCONCLUSIVE fixture_missing", ""),
        (&lent, code("E1"), "FAIL", "success/ok/status: refused with 400 E1"),
        // Such a fixture is made whenever somebody names one.
        (&made, code("E3"), "FAIL", not_full),
        (&may, code("E3"), "PASS", ""),
        (&both, code("E1"), "PASS", ""),
        (&may, code("E6"), "FAIL", "errors/E6/code/shelf: refused with 400 E6, though that does not hold"),
        (&may, desk(400, json("{}")), "INCONCLUSIVE envelope_not_found", ""),
        // A refusal that the page states without a code may have any but those of other causes.
        (&shut, code("E9"), "INCONCLUSIVE precondition_lost", ""),
        (&shut, code("E3"), "INCONCLUSIVE precondition_lost", ""),
        (&shut, desk(400, json("{}")), "INCONCLUSIVE precondition_lost", ""),
        (&shut, code("E1"), "FAIL", "success/ok/status: refused with 400 E1"),
        (&shut, code("E6"), "FAIL", "errors/E6/code/shelf: refused with 400 E6, though that does not hold"),
    ]);
}

#[test]
fn a_success_by_its_status_with_a_code_that_nobody_knows() {
    let odd = || desk(200, json(r#"{"code":"E9"}"#));
    all(vec![
        (&ACCEPT, odd(), "FAIL", "success/ok/code at /code: E9"),
        (&AIMED, odd(), "FAIL", "request/name/length at request:/name: refused with 200 E9"),
        (&ACCEPT, desk(299, json(r#"{"code":"E9"}"#)), "FAIL", "success/ok/code at /code: E9"),
        (&ACCEPT, desk(400, json(r#"{"code":"E9"}"#)), "FAIL", "success/ok/status: refused with 400 E9"),
    ]);
}

#[test]
fn an_illegal_request_that_is_taken_breaks_its_hardest_clause() {
    let taken = || desk(200, json(r#"{"code":"ok","id":1}"#));
    let soft = Asked { expect: |c| refuse(c, &["request/note/length"], &[]), ..ACCEPT };
    let mixed = Asked { expect: |c| refuse(c, &["request/name/length", "request/note/length"], &[]), ..ACCEPT };
    let turned = Asked { expect: |c| refuse(c, &["request/note/length", "request/name/length"], &[]), ..ACCEPT };
    let none = Asked { expect: |c| refuse(c, &[], &[]), ..ACCEPT };
    let long = "request/name/length at request:/name: accepted with 200";
    all(vec![
        (&REFUSE, taken(), "FAIL", long),
        (&soft, taken(), "FAIL", "request/note/length at request:/note: accepted with 200"),
        (&mixed, taken(), "FAIL", long),
        (&turned, taken(), "FAIL", long),
        (&none, taken(), "PASS", ""),
    ]);
}

#[test]
fn a_refusal_carries_what_its_page_promises_and_no_more() {
    let rowless = Asked { expect: |c| refuse(c, &["request/name/length"], &[]), ..ACCEPT };
    let empty = "errors/E1/code/name at /code: no body";
    let no_header = "response-header/X-Desk/presence at header:X-Desk: absent";
    let html = |body: Body| answer(400, &["content-type: text/html", "x-desk: A-01"], body);
    let kind = "content-type at header:content-type: text/html";
    all(vec![
        (&REFUSE, desk(400, json(r#"{"code":"E1"}"#)), "PASS", ""),
        (&REFUSE, desk(409, json(r#"{"code":"E1"}"#)), "FAIL", "errors/E1/status/name: 409"),
        (&REFUSE, desk(400, Body::Empty), "FAIL", empty),
        (&REFUSE, desk(400, json("{}")), "FAIL envelope_not_found", "envelope/code/found at /code: {}"),
        (&REFUSE, answer(400, &[], json(r#"{"code":"E1"}"#)), "FAIL", no_header),
        (&REFUSE, html(json(r#"{"code":"E1"}"#)), "FAIL", kind),
        (&REFUSE, html(page("x")), "FAIL", "errors/E1/code/name at /code: no JSON (no JSON): x"),
        // Nothing is promised: a gateway's refusal is as good as any, but the API's own code is held to its form.
        (&rowless, answer(400, &[], Body::Empty), "PASS", ""),
        (&rowless, answer(400, &["content-type: text/html"], page("x")), "PASS", ""),
        (&rowless, answer(400, &["content-type: text/html"], json("{}")), "PASS", ""),
        (&rowless, html(json(r#"{"code":"E1"}"#)), "FAIL", kind),
        (&rowless, answer(400, &[], json(r#"{"code":"E1"}"#)), "FAIL", no_header),
        (&rowless, desk(400, coded("br", None)), "INCONCLUSIVE content_coding", ""),
        // At the gate no page shows what a refusal looks like.
        (&BARE, html(coded("br", None)), "PASS", ""),
        (&BARE, answer(400, &[], json(r#"{"code":"E1"}"#)), "PASS", ""),
        (
            &BARE,
            desk(200, json(r#"{"code":"ok","id":1}"#)),
            "FAIL",
            "request/name/presence at request:/name: accepted with 200",
        ),
    ]);
}

#[test]
fn the_clauses_that_an_answer_shows_to_hold() {
    let two = Asked { expect: |c| refuse(c, &["request/name/length", "request/name/presence"], &[]), ..ACCEPT };
    let one = Asked { expect: |c| refuse(c, &["request/name/length"], &[]), ..ACCEPT };
    let wide = Asked { expect: |_| Expect::Either { why: String::new(), bare: true }, ..AIMED };
    let (taken, refused) = (|| desk(200, json(r#"{"code":"ok","id":1}"#)), || answer(403, &[], Body::Empty));
    for (asked, seen, name, held) in [
        (&AIMED, taken(), "request/name/length", true),
        (&ACCEPT, taken(), "request/name/length", false),
        (&EITHER, taken(), "request/name/length", false),
        (&EITHER, taken(), "success/ok/status", true),
        (&ACCEPT, taken(), "success/ok/code", true),
        (&EITHER, refused(), "success/ok/status", false),
        (&wide, refused(), "request/name/length", false),
        (&REFUSE, desk(400, json(r#"{"code":"E1"}"#)), "errors/E1/code/name", true),
        (&REFUSE, desk(400, json(r#"{"code":"E1"}"#)), "request/name/length", true),
        (&one, refused(), "request/name/length", true),
        // Which of two it was, nobody sees.
        (&two, refused(), "request/name/length", false),
        (&BARE, refused(), "request/name/length", true),
        (&BARE, refused(), "request/name/presence", true),
    ] {
        let (_, _, names) = judged(asked, &seen);
        assert_eq!(names.split(' ').any(|own| own == name), held, "{name} of {names}");
    }
}

#[test]
fn what_nobody_knows_is_held_to_what_holds_for_every_answer() {
    all(vec![
        (&EITHER, desk(200, json(r#"{"code":"ok","id":1}"#)), "PASS", ""),
        (&EITHER, desk(201, json(r#"{"code":"ok","id":1}"#)), "FAIL", "success/ok/status: 201"),
        (&EITHER, desk(400, json(r#"{"code":"E3"}"#)), "PASS", ""),
        (&EITHER, desk(500, Body::Empty), "FAIL", "no-server-error: 500"),
        (&EITHER, desk(302, Body::Empty), "FAIL", "no-redirect: 302"),
        (&EITHER, desk(429, Body::Empty), "INCONCLUSIVE http_429", ""),
        (&EITHER, desk(503, Body::Empty), "INCONCLUSIVE gateway_502_503_504", ""),
        (&EITHER, lost(Reason::Reset), "INCONCLUSIVE reset", ""),
        (&REFUSE, lost(Reason::Timeout), "INCONCLUSIVE timeout", ""),
        (&REFUSE, desk(500, Body::Empty), "FAIL", "no-server-error: 500"),
    ]);
}

#[test]
fn an_endpoint_that_the_profile_names_is_there() {
    let contract = contract_of("", &["response: []"], "endpoints: [lend]");
    let refuse = refuse(&contract, &[], &[]);
    let gone = "served: 404";
    for (role, expect, status, outcome, broken) in [
        (Role::Probe, accept(), 404, "FAIL", gone),
        (Role::Probe, accept(), 405, "FAIL", "served: 405"),
        (Role::Probe, accept(), 400, "FAIL", "success/200/status: refused with 400 and no code"),
        (Role::Probe, refuse, 404, "PASS", ""),
        (Role::Probe, either(), 404, "PASS", ""),
        (Role::Setup, accept(), 404, "BLOCKED", ""),
    ] {
        let case = case(vec![step(role, expect)]);
        let own = oracle(contract.clone()).judge(&case, &[answer(status, &[], Body::Empty)]);
        assert_eq!(verdict(&contract, &own), (outcome.to_owned(), broken.to_owned()), "{role:?} {status}");
    }
    let case = case(vec![step(Role::Probe, accept())]);
    let own = oracle(contract.clone()).judge(&case, &[answer(200, &[], json(r#"{"code":"ok"}"#))]);
    assert!(names(&contract, &own.held).split(' ').any(|name| name == "served"));
}

#[test]
fn an_encrypted_answer_that_nobody_can_open_says_nothing_more() {
    let api = "encryption: {id: e, scheme: jwe-compact, member: data, key_id_header: X-Key-Id, alg: RSA-OAEP-256, enc: [A128GCM]}";
    let contract = contract(api, "encryption: {request: marked, response: marked}");
    let refuse = refuse(&contract, &[], &[]);
    for (expect, status, body, outcome) in [
        (accept(), 200, "{}", "INCONCLUSIVE fixture_missing"),
        (refuse.clone(), 400, r#"{"code":"E1"}"#, "INCONCLUSIVE fixture_missing"),
        (refuse, 400, "{}", "PASS"),
    ] {
        let seen = Observed { opened: crate::model::observed::Opened::NoKey, ..answer(status, &[], json(body)) };
        let own = oracle(contract.clone()).judge(&case(vec![step(Role::Probe, expect)]), &[seen]);
        assert_eq!(verdict(&contract, &own), (outcome.to_owned(), String::new()), "{status} {body}");
    }
}
