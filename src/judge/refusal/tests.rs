use super::super::testing::*;
use super::*;
use crate::model::Fixture;
use crate::model::fixture::Part;

const API: &str = "
resources:
  - {name: shelf, key: shelfId, states: [OPEN, FULL, SHUT]}
  - {name: card, key: cardId, states: [GOOD, LOST]}
";
const ENDPOINT: &str = r#"
request:
  - {name: name, type: string, presence: required, length: 2..8, charset: digits}
  - {name: shelf, type: string, presence: required, length: 4, charset: digits, ref: shelf.shelfId}
  - {name: address, type: object, presence: optional, fields: [{name: zip, type: string, presence: required, length: 5}]}
errors:
  - {status: 400, code: E1, message: "{field} is empty", when: {empty: any}, documented_for: [name]}
  - {status: 400, code: E2, message: "{name} of {field} is missing", when: {missing: any}, documented_for: [name, address.zip]}
  - {status: 422, code: E3, message: "{field} has {min} to {max} letters", when: {length: any}, documented_for: [name], alternatives: [E1]}
  - {status: 404, code: E4, message: "no such shelf", when: {unknown: shelf}, alternatives: [E9]}
  - {status: 409, code: E5, message: unseen, when: {state: {shelf: FULL}}}
  - {status: 423, code: E6, message: "too often", when: {attempts: {code: E4, per: shelf, limit: unseen}}}
refusals:
  - {id: shut, says: A shut shelf lends nothing., when: {state: {shelf: SHUT}}}
"#;

/// What the contract says of a request that had to be refused, beside the clauses that it breaks.
#[derive(Clone, Copy)]
struct Asked<'a> {
    broken: &'a [&'a str],
    rows: &'a [&'a str],
    may: &'a [&'a str],
    doubt: bool,
    state: Option<&'a str>,
    role: Role,
    profile: &'a str,
    lent: Option<&'a str>,
}

const ASKED: Asked<'static> =
    Asked { broken: &[], rows: &[], may: &[], doubt: false, state: None, role: Role::Probe, profile: "", lent: None };
/// A name that is too long.
const LONG: Asked<'static> = Asked { broken: &["request/name/length"], rows: &["E3 name"], ..ASKED };
/// A shelf that is not there.
const GONE: Asked<'static> = Asked { broken: &["errors/E4/code/shelf"], rows: &["E4 shelf"], ..ASKED };

fn judged(asked: Asked<'_>, status: u16, body: Body) -> (String, String, &'static str) {
    let contract = contract_of(API, &[ENDPOINT], asked.profile);
    let Expect::Refuse { broken, rows, bare, .. } = refuse(&contract, asked.broken, asked.rows) else {
        panic!("refuse")
    };
    let may = asked.may.iter().map(|name| row(&contract, name)).collect();
    let doubt = asked.doubt.then(|| "a value that only the operator knows".to_owned());
    let state = asked.state.map(|name| row(&contract, name));
    let step = Step { state, ..step(asked.role, Expect::Refuse { broken, rows, may, doubt, bare }) };
    let fixture = asked.lent.map(|resource| Fixture {
        name: "prepared".to_owned(),
        parts: vec![Part { resource: resource.to_owned(), ..Part::default() }],
        without: Vec::new(),
    });
    let (seen, mut notes) = (answer(status, &[], body), notes(&contract));
    notes.lent = fixture.iter().collect();
    let code = envelope::code(&contract, of(&seen));
    check(&contract, endpoint(&contract), &step, code.as_deref(), of(&seen), &mut notes);
    told(&notes)
}

type Refused<'a> = (Asked<'a>, u16, &'a str, &'a str, &'a str, &'a str);

fn all(rows: &[Refused<'_>]) {
    for (asked, status, body, held, broken, reason) in rows {
        let (own, found, why) = judged(*asked, *status, json(body));
        assert_eq!((own.as_str(), found.as_str(), why), (*held, *broken, *reason), "{status} {body}");
    }
}

#[test]
fn the_documented_row_has_its_code_status_and_message() {
    let own = "request/name/length errors/E3/code/name errors/E3/status/name";
    let said = format!("{own} errors/E3/message/name");
    all(&[
        (LONG, 422, r#"{"code":"E3","message":"name has 2 to 8 letters"}"#, &said, "", ""),
        (
            LONG,
            422,
            r#"{"code":"E3","message":"name has 2 to 9 letters"}"#,
            own,
            "errors/E3/message/name at /message: name has 2 to 9 letters",
            "",
        ),
        (
            LONG,
            422,
            r#"{"code":"E3","message":"no such shelf"}"#,
            own,
            "errors/E3/message/name at /message: no such shelf",
            "",
        ),
        (LONG, 422, r#"{"code":"E3","message":"wrong"}"#, own, "", ""),
        // A row whose message nobody has seen has no text to be taken for.
        (LONG, 422, r#"{"code":"E3","message":""}"#, own, "", ""),
        (LONG, 422, r#"{"code":"E3"}"#, own, "", ""),
        (LONG, 400, r#"{"code":"E3"}"#, "request/name/length errors/E3/code/name", "errors/E3/status/name: 400", ""),
        (LONG, 422, r#"{"code":"E9"}"#, "request/name/length", "errors/E3/code/name at /code: E9", ""),
    ]);
}

#[test]
fn a_message_names_the_field_and_its_last_name() {
    let zip = Asked { broken: &["request/address.zip/presence"], rows: &["E2 address.zip"], ..ASKED };
    let own = "request/address.zip/presence errors/E2/code/address.zip errors/E2/status/address.zip";
    let said = format!("{own} errors/E2/message/address.zip");
    all(&[
        (zip, 400, r#"{"code":"E2","message":"zip of address.zip is missing"}"#, &said, "", ""),
        (
            zip,
            400,
            r#"{"code":"E2","message":"address.zip of zip is missing"}"#,
            own,
            "errors/E2/message/address.zip at /message: address.zip of zip is missing",
            "",
        ),
    ]);
}

#[test]
fn another_code_counts_where_the_page_does_not_tell_the_ways_apart() {
    let digits = Asked { broken: &["request/name/charset"], ..LONG };
    let inferred = Asked { broken: &["request/shelf/charset"], rows: &["E3 shelf"], ..ASKED };
    all(&[
        (LONG, 400, r#"{"code":"E1"}"#, "request/name/length", "", ""),
        // The page names the field, and the request breaks neither presence nor length.
        (digits, 400, r#"{"code":"E1"}"#, "request/name/charset", "errors/E3/code/name at /code: E1", ""),
        // Only a sibling's row says it.
        (inferred, 400, r#"{"code":"E1"}"#, "request/shelf/charset", "", ""),
        (inferred, 400, r#"{"code":"E9"}"#, "request/shelf/charset", "errors/E3/code/shelf at /code: E9", ""),
        // Rows about references name their overlaps themselves.
        (GONE, 404, r#"{"code":"E9"}"#, "", "", ""),
        (GONE, 404, r#"{"code":"E8"}"#, "", "errors/E4/code/shelf at /code: E8", ""),
    ]);
}

#[test]
fn a_row_that_may_come_first_says_nothing() {
    let may = Asked { may: &["E5 shelf"], ..LONG };
    let doubt = Asked { doubt: true, ..LONG };
    let own = "request/name/length errors/E3/code/name errors/E3/status/name";
    all(&[
        (may, 409, r#"{"code":"E5"}"#, "", "", "precondition_lost"),
        (may, 409, r#"{"code":"E4"}"#, "request/name/length", "errors/E3/code/name at /code: E4", ""),
        (may, 422, r#"{"code":"E3"}"#, own, "", ""),
        (doubt, 409, r#"{"code":"E9"}"#, "", "", ""),
        (doubt, 422, r#"{"code":"E3"}"#, own, "", ""),
    ]);
}

#[test]
fn of_several_rows_any_will_do_and_the_softest_is_cited() {
    let both = Asked { broken: &["request/name/length", "request/shelf/length"], ..ASKED };
    let hard = Asked { rows: &["E3 name", "E1 name"], ..both };
    let soft = Asked { rows: &["E3 name", "E1 shelf"], ..both };
    let lengths = "request/name/length request/shelf/length";
    all(&[
        (hard, 400, r#"{"code":"E1"}"#, &format!("{lengths} errors/E1/code/name errors/E1/status/name"), "", ""),
        (hard, 400, r#"{"code":"E9"}"#, lengths, "errors/E3/code/name at /code: E9", ""),
        (soft, 400, r#"{"code":"E9"}"#, lengths, "errors/E1/code/shelf at /code: E9", ""),
    ]);
}

#[test]
fn what_was_expected_names_each_code_once() {
    let contract = contract(API, ENDPOINT);
    for (rows, expected) in
        [(&["E3 name"][..], "E3"), (&["E3 name", "E3 shelf"], "E3"), (&["E3 name", "E1 name"], "E3 or E1")]
    {
        let step = step(Role::Probe, refuse(&contract, &["request/name/length"], rows));
        for body in [json(r#"{"code":"E9"}"#), Body::Empty] {
            let (seen, mut notes) = (answer(400, &[], body), notes(&contract));
            let code = envelope::code(&contract, of(&seen));
            check(&contract, endpoint(&contract), &step, code.as_deref(), of(&seen), &mut notes);
            let own: Vec<&str> = notes.findings.iter().map(|f| f.expected.as_str()).collect();
            // What a sibling's row implies promises no body.
            let promised = code.is_some() || rows != ["E3 name", "E3 shelf"];
            assert_eq!(own, if promised { vec![expected] } else { vec![] }, "{rows:?}");
        }
    }
}

#[test]
fn a_refusal_that_is_documented_without_a_code_is_kept_by_refusing() {
    let shut = Asked { rows: &["shut shut"], ..ASKED };
    let mixed = Asked { rows: &["shut shut", "E4 shelf"], ..ASKED };
    all(&[
        (shut, 403, r#"{"code":"E9"}"#, "refusals/shut/refused", "", ""),
        (shut, 403, "{}", "refusals/shut/refused", "", ""),
        (ASKED, 403, r#"{"code":"E9"}"#, "", "", ""),
        (mixed, 403, r#"{"code":"E9"}"#, "refusals/shut/refused", "", ""),
        (mixed, 403, r#"{"code":"E8"}"#, "refusals/shut/refused", "errors/E4/code/shelf at /code: E8", ""),
    ]);
}

#[test]
fn a_refusal_without_a_code_shows_that_it_refuses() {
    let inferred = Asked { broken: &["request/shelf/length"], rows: &["E3 shelf"], ..ASKED };
    let may = Asked { may: &["E5 shelf"], ..LONG };
    let state = Asked { broken: &["errors/E4/code/shelf", "request/name/length"], rows: &["E4 shelf"], ..ASKED };
    for (asked, body, held, broken) in [
        (LONG, Body::Empty, "request/name/length", "errors/E3/code/name at /code: no body"),
        (LONG, page("<p>\n"), "request/name/length", r"errors/E3/code/name at /code: no JSON (no JSON): <p>\n"),
        // What is wrong with such a body is said by the envelope's clause, or by nobody.
        (LONG, json("{}"), "request/name/length", ""),
        (LONG, coded("br", None), "request/name/length", ""),
        (inferred, Body::Empty, "request/shelf/length", ""),
        (may, Body::Empty, "request/name/length", ""),
        // Which row it was is not shown.
        (state, Body::Empty, "request/name/length", "errors/E4/code/shelf at /code: no body"),
    ] {
        let (own, found, why) = judged(asked, 400, body);
        assert_eq!((own.as_str(), found.as_str(), why), (held, broken, ""));
    }
}

#[test]
fn too_many_attempts_get_the_row_about_them() {
    let tried = Asked { may: &["E6 shelf"], state: Some("E6 shelf"), ..GONE };
    let attempt = Asked { role: Role::Attempt, ..tried };
    let stated = Asked { profile: "attempts: 3", ..tried };
    let other = Asked { may: &["E5 shelf"], state: Some("E5 shelf"), ..GONE };
    let sure = Asked { may: &[], ..tried };
    let (counted, locked) = (r#"{"code":"E4"}"#, r#"{"code":"E6"}"#);
    let own = "errors/E4/code/shelf errors/E4/status/shelf";
    let six = "errors/E6/code/shelf errors/E6/status/shelf";
    all(&[
        (tried, 423, locked, six, "", ""),
        // Nobody has seen the limit, so a case that did not reach it says nothing; where the profile states it, it is a finding.
        (tried, 404, counted, own, "", "fixture_missing"),
        (stated, 404, counted, own, "errors/E6/code/shelf at /code: E4", ""),
        (stated, 423, locked, six, "", ""),
        (attempt, 404, counted, own, "", ""),
        (other, 404, counted, own, "", ""),
        (GONE, 404, counted, own, "", ""),
        // The row is reached before it can hold.
        (sure, 423, locked, "", "errors/E4/code/shelf at /code: E6", ""),
    ]);
}

#[test]
fn a_row_about_a_fixture_that_may_have_changed_blames_nobody() {
    let lent = |resource| Asked { lent: Some(resource), ..LONG };
    let full = "errors/E3/code/name at /code: E5";
    let long = "request/name/length";
    all(&[
        (lent("shelf"), 409, r#"{"code":"E5"}"#, "", "", "fixture_missing"),
        (lent("card"), 409, r#"{"code":"E5"}"#, long, full, ""),
        (LONG, 409, r#"{"code":"E5"}"#, long, full, ""),
        // A row about the input itself, and one about another shelf.
        (lent("shelf"), 400, r#"{"code":"E2"}"#, long, "errors/E3/code/name at /code: E2", ""),
        (lent("shelf"), 404, r#"{"code":"E4"}"#, "", "", "fixture_missing"),
        (lent("shelf"), 404, r#"{"code":"E7"}"#, long, "errors/E3/code/name at /code: E7", ""),
    ]);
}

#[test]
fn a_code_is_promised_where_a_page_says_it_for_that_field_and_nothing_else_may_come() {
    let contract = contract(API, ENDPOINT);
    for (rows, may, doubt, bare, promise) in [
        (&["E3 name"][..], &[][..], false, false, Some("errors/E3/code/name")),
        (&["E3 name", "E1 name"], &[], false, false, Some("errors/E3/code/name")),
        (&["E3 name", "E1 shelf"], &[], false, false, None),
        (&["E3 shelf"], &[], false, false, None),
        (&["shut shut"], &[], false, false, None),
        (&["shut shut", "E3 name"], &[], false, false, Some("errors/E3/code/name")),
        (&[], &[], false, false, None),
        (&["E3 name"], &["E5 shelf"], false, false, None),
        (&["E3 name"], &[], true, false, None),
        (&["E3 name"], &[], false, true, None),
    ] {
        let refs = |names: &[&str]| names.iter().map(|name| row(&contract, name)).collect::<Vec<_>>();
        let doubt = doubt.then(String::new);
        let expect = Expect::Refuse { broken: Vec::new(), rows: refs(rows), may: refs(may), doubt, bare };
        let own = promised(&contract, endpoint(&contract), &expect);
        assert_eq!(own, promise.map(|name| clause(&contract, name)), "{rows:?} {may:?}");
    }
    assert_eq!(promised(&contract, endpoint(&contract), &accept()), None);
    assert_eq!(promised(&contract, endpoint(&contract), &either()), None);
}
