use super::expect;
use crate::behaviour::{Standing, Truth};
use crate::contract::Contract;
use crate::model::case::{RowRef, Seal, Spoil};
use crate::model::template::{HeaderChange, HeaderEdit, Keep, TokenEdit};
use crate::model::{Edit, Hole, Hostile, Json, Role, Step, Template, json};
use crate::plan::testing::{contract, said};

/// A request of the first endpoint: all that its expectation is read off.
struct Asked<'a> {
    body: &'a str,
    step: Step,
    headers: Vec<(String, String)>,
    standing: Standing,
}

impl<'a> Asked<'a> {
    fn new(body: &'a str) -> Self {
        let step = Step::new(0, Role::Probe, Vec::new());
        Self { body, step, headers: Vec::new(), standing: Standing::default() }
    }

    /// Rows by their names, each with whether it holds; a row that is not named does not hold.
    fn standing(mut self, contract: &Contract, rows: &[(&str, Truth)]) -> Self {
        let truth = |name: &str| rows.iter().find(|(own, _)| *own == name).map_or(Truth::No, |(_, truth)| *truth);
        self.standing.rows = contract.endpoints[0].rows.iter().map(|row| truth(&row.name)).collect();
        for (name, _) in rows {
            assert!(contract.endpoints[0].rows.iter().any(|row| row.name == *name), "no row {name}");
        }
        self
    }

    fn dangling(mut self, why: &str) -> Self {
        self.standing.dangling = Some(why.to_owned());
        self
    }

    fn told(&self, contract: &Contract) -> String {
        let body = body(self.body);
        said(contract, 0, &expect(contract, &self.step, &body, &self.headers, &self.standing))
    }
}

fn body(text: &str) -> Json {
    json::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e:?}")).root
}

fn bodies(text: &str, rows: &[(&str, &str)]) {
    let contract = contract(text);
    for (body, expected) in rows {
        assert_eq!(Asked::new(body).told(&contract), *expected, "{body}");
    }
}

const FIELDS: &str = "
    == add POST /things
    request:
      - {name: a, type: string, presence: required, length: 2..5}
      - {name: u, type: string, presence: unseen, length: 2..5}
      - {name: n, type: number, presence: optional, value: 1..9}
      - {name: k, type: string, presence: optional, length: 2..3, enum: [ON, OFF]}
      - {name: d, type: string, presence: optional, length: 8, format: yyyyMMdd}
      - {name: f, type: string, presence: optional, length: unseen}
    errors:
      - {status: 400, code: LENGTH, message: m, when: {length: any}, documented_for: [a, d]}
      - {status: 400, code: GONE, message: m, when: {missing: any}, documented_for: [{a: absent}]}
";

#[test]
fn a_request_that_breaks_nothing_is_taken_and_each_breach_is_named_with_the_row_that_speaks_of_it() {
    bodies(
        FIELDS,
        &[
            (r#"{"a":"abc","u":"abc"}"#, "accept"),
            (r#"{"a":"abc","u":"abc","n":9,"k":"ON","d":"19900115","f":"abcdefgh"}"#, "accept"),
            (r#"{"a":"a","u":"abc"}"#, "refuse a/length with LENGTH"),
            (r#"{"a":"abcdef","u":"abc"}"#, "refuse a/length with LENGTH"),
            (r#"{"a":"","u":"abc"}"#, "refuse a/length with LENGTH"),
            (r#"{"u":"abc"}"#, "refuse a/presence with GONE"),
            (r#"{"a":null,"u":"abc"}"#, "refuse a/presence with GONE"),
            (r#"{"a":"a","u":"abcdef"}"#, "refuse a/length, u/length with LENGTH, LENGTH"),
            // No row speaks of a number's bounds: what else may come nobody knows.
            (r#"{"a":"abc","u":"abc","n":0}"#, "refuse n/value"),
            (r#"{"a":"a","u":"abc","n":0}"#, "refuse a/length, n/value"),
        ],
    );
}

#[test]
fn what_no_source_decides_is_neither_taken_nor_refused() {
    bodies(
        FIELDS,
        &[
            (r#"{"a":"abc"}"#, "either: u is left out, and no source says whether it must be there"),
            (r#"{"a":"abc","u":null}"#, "either: u is null, and no source says what null means there"),
            (r#"{"a":"abc","u":"abc","k":"on"}"#, "either: k has a value that no source shows"),
            (r#"{"a":"abc","u":"abc","n":1.0}"#, "either: n has a value that no source shows"),
            (r#"{"a":"abc ","u":"abc"}"#, "either: a has characters of which no source speaks"),
            (r#"{"a":"abc","u":"abc","f":""}"#, "either: f is optional and empty, and no source says what that means"),
            // The first of two reasons is given.
            (r#"{"a":"abc ","u":null}"#, "either: a has characters of which no source speaks"),
            // Beside something unknown another code may come.
            (r#"{"a":"a"}"#, "refuse a/length"),
        ],
    );
    bodies(
        "== add POST /things\nrequest: [{name: a, type: string, presence: required, length: unseen}]\n",
        &[(r#"{"a":""}"#, "either: a is empty, and no source says how short it may be")],
    );
    bodies(
        "length_unit: unseen\n== add POST /things\nrequest: [{name: a, type: string, presence: required, length: 2..5}]\n",
        &[
            (r#"{"a":"가나"}"#, "either: a is legal in one unit of length or by one source only"),
            (r#"{"a":"가나다라마바"}"#, "refuse a/length"),
        ],
    );
    bodies(
        "
        resources: [{name: note, key: noteId}]
        == add POST /things
        request: [{name: tag, type: string, presence: required, length: 2..9, ref: note.tag}]
        == note-add POST /notes
        request: [{name: tag, type: string, presence: required, length: 2..5}]
        response: [{name: noteId, type: number, presence: required, value: 1..9}]
        effects: [{create: note, key: response.noteId, set: [tag]}]
        ",
        &[
            (r#"{"tag":"abcde"}"#, "accept"),
            (r#"{"tag":"abcdef"}"#, "either: tag has a value that another call with the same attribute would not take"),
            (r#"{"tag":"abcdefghij"}"#, "refuse tag/length"),
        ],
    );
}

#[test]
fn a_text_of_illegal_length_draws_the_code_of_a_row_that_names_this_very_field_where_it_is_no_word_and_no_date_either()
{
    bodies(
        FIELDS,
        &[
            (r#"{"a":"abc","u":"abc","k":"O"}"#, "refuse k/length"),
            (r#"{"a":"abc","u":"abc","k":"ONCE"}"#, "refuse k/length"),
            (r#"{"a":"abc","u":"abc","d":"1990011"}"#, "refuse d/length with LENGTH"),
            (r#"{"a":"abc","u":"abc","d":"19901315"}"#, "refuse d/format"),
            (r#"{"a":"abc","u":"a"}"#, "refuse u/length with LENGTH"),
        ],
    );
    let invalid = |field: &str| {
        format!(
            "== add POST /things\nrequest: [{field}]\n\
             errors: [{{status: 400, code: BAD, message: m, when: {{invalid: any}}}}]\n"
        )
    };
    for (field, body, expected) in [
        ("{name: k, type: string, presence: required, length: 2..3, enum: [ON]}", r#"{"k":"O"}"#, "refuse k/length"),
        (
            "{name: k, type: string, presence: required, length: 2..3, enum: [ON]}",
            r#"{"k":"OF"}"#,
            "refuse k/enum with BAD",
        ),
        // An open list promises nothing, so that the length is the one fault.
        (
            "{name: k, type: string, presence: required, length: 2..3, enum: {value: [ON], open: seen}}",
            r#"{"k":"O"}"#,
            "refuse k/length with BAD",
        ),
        ("{name: k, type: string, presence: required, length: 4, format: yyMM}", r#"{"k":"901"}"#, "refuse k/length"),
        (
            "{name: k, type: string, presence: required, length: 4, format: {value: yyMM, open: seen}}",
            r#"{"k":"901"}"#,
            "refuse k/length with BAD",
        ),
        ("{name: k, type: string, presence: required, length: 2..3}", r#"{"k":"O"}"#, "refuse k/length with BAD"),
    ] {
        bodies(&invalid(field), &[(body, expected)]);
    }
}

#[test]
fn bytes_that_no_client_should_send_may_get_anything() {
    let contract = contract(FIELDS);
    let mut asked = Asked::new(r#"{"a":"a"}"#);
    asked.step.hostile = Some(Hostile::Empty);
    let expected = format!("either (bare): {}: no source says what such bytes get", Hostile::Empty.word());
    assert_eq!(asked.told(&contract), expected);
}

#[test]
fn what_only_the_operator_knows_is_doubted_unless_the_profile_gives_it() {
    let operator = "
        resources: [{name: note, key: noteId}]
        == add POST /things
        request:
          - {name: a, type: string, presence: required, length: 2..5}
          - {name: o, type: string, presence: optional, length: 2..5, values: profile}
        errors:
          - {status: 400, code: LENGTH, message: m, when: {length: any}, documented_for: [a]}
          - {status: 409, code: ABSENT, message: m, when: {where: {note: absent}}}
    ";
    let doubt = "only the target's operator knows legal values of o: the profile can give one";
    let told = |text: &str, body: &str, rows: &[(&str, Truth)]| {
        let contract = contract(text);
        Asked::new(body).standing(&contract, rows).told(&contract)
    };
    assert_eq!(told(operator, r#"{"a":"abc"}"#, &[]), "accept");
    assert_eq!(told(operator, r#"{"a":"abc","o":"xyz"}"#, &[]), format!("either: {doubt}"));
    assert_eq!(told(operator, r#"{"a":"a","o":"xyz"}"#, &[]), format!("refuse a/length with LENGTH, though {doubt}"));
    assert_eq!(
        told(operator, r#"{"a":"abc","o":"xyz"}"#, &[("ABSENT", Truth::Yes)]),
        format!("refuse errors/ABSENT/code/note with ABSENT, though {doubt}")
    );
    let bound = operator.to_owned() + "== profile\nbindings: {add: {send: {o: xyz}}}\n";
    assert_eq!(told(&bound, r#"{"a":"abc","o":"xyz"}"#, &[]), "accept");
    // Another field that the profile gives says nothing of this one.
    let other = operator.to_owned() + "== profile\nbindings: {add: {send: {a: xyz}}}\n";
    assert_eq!(told(&other, r#"{"a":"abc","o":"xyz"}"#, &[]), format!("either: {doubt}"));
    let prepared = operator.to_owned() + "== profile\nprepared_only: true\nprepared: {add: {a: abc, o: xyz}}\n";
    assert_eq!(told(&prepared, r#"{"a":"abc","o":"xyz"}"#, &[]), "accept");
}

#[test]
fn a_list_with_every_entry_of_a_catalogue_is_doubted_and_one_with_those_of_its_sample_is_not() {
    let contract = contract(FIELDS);
    for (keep, expected) in [
        (Keep::All, "accept"),
        (Keep::AllButOne, "accept"),
        (Keep::Every, "either: a list has entries that its sample does not select, and no source says whether it may"),
    ] {
        let mut asked = Asked::new(r#"{"a":"abc","u":"abc"}"#);
        let hole = Hole::Catalogue {
            resource: "terms".to_owned(),
            attribute: "required".to_owned(),
            value: "YES".to_owned(),
            keep,
            text: false,
        };
        asked.step.edits.push(Edit::Set("list".to_owned(), Template::Hole(hole)));
        assert_eq!(asked.told(&contract), expected, "{keep:?}");
    }
}

const HEADERS: &str = "
    credentials: [{name: token, length: 8, secret: true}]
    auth: [{id: door, scheme: bearer, credential: token, says: Every call names its caller.}]
    request_headers:
      - {name: Authorization, presence: PRESENCE, length: 15, send: \"{auth}\"}
      - {name: X-Id, presence: required, length: 3, send: abc}
    == add POST /things
    request: [{name: a, type: string, presence: required, length: 2..5}]
    errors: [{status: 400, code: LENGTH, message: m, when: {length: any}, documented_for: [a]}]
";

fn with_headers(presence: &str, text: &str, edits: &[(&str, HeaderChange)], headers: &[(&str, &str)]) -> String {
    let contract = contract(&HEADERS.replace("PRESENCE", presence));
    let mut asked = Asked::new(text);
    asked.step.headers = edits.iter().map(|(n, c)| HeaderEdit { name: (*n).to_owned(), change: c.clone() }).collect();
    asked.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    asked.told(&contract)
}

#[test]
fn a_header_that_breaks_its_clause_is_refused_barely_and_another_value_is_unknown() {
    use HeaderChange::{Empty, Malform, Remove};
    let whole = ("Authorization", "Bearer 00000000");
    for (edit, headers, expected) in [
        (("X-Id", Remove), vec![whole], "refuse (bare) request-header/X-Id/presence"),
        (("X-Id", Empty), vec![whole, ("X-Id", "")], "refuse (bare) request-header/X-Id/length"),
        (("X-Id", HeaderChange::Shorten), vec![whole, ("X-Id", "ab")], "refuse (bare) request-header/X-Id/length"),
        (("X-Id", Malform), vec![whole, ("X-Id", "!!!")], "either (bare): X-Id has a value that no source shows"),
        (("Authorization", Remove), vec![("X-Id", "abc")], "refuse (bare) request-header/Authorization/presence"),
        // Whatever is no token is not verified either: its length is no second fault.
        (
            ("Authorization", Malform),
            vec![("Authorization", "!!!!"), ("X-Id", "abc")],
            "refuse (bare) auth/door/verified",
        ),
        // A header that the case leaves alone is the contract's own.
        (("Authorization", Malform), vec![whole], "refuse (bare) auth/door/verified"),
    ] {
        let name = format!("{edit:?}");
        assert_eq!(with_headers("required", r#"{"a":"abc"}"#, &[edit], &headers), expected, "{name}");
    }
    let one = with_headers("unseen", r#"{"a":"abc"}"#, &[("Authorization", Remove)], &[("X-Id", "abc")]);
    assert_eq!(one, "refuse (bare) auth/door/verified");
    let both = [("X-Id", Remove), ("Authorization", Remove)];
    assert_eq!(
        with_headers("required", r#"{"a":"abc"}"#, &both, &[]),
        "refuse (bare) request-header/Authorization/presence, request-header/X-Id/presence"
    );
    // Without a change of its headers a request has the contract's own, whatever is handed over.
    assert_eq!(with_headers("required", r#"{"a":"abc"}"#, &[], &[]), "accept");
    assert_eq!(
        with_headers("required", r#"{"a":"a"}"#, &[("X-Id", Malform)], &[whole, ("X-Id", "!!!")]),
        "refuse (bare) a/length"
    );
}

#[test]
fn a_token_that_does_not_verify_is_refused_barely_and_an_old_one_is_unknown() {
    let contract = contract(&HEADERS.replace("PRESENCE", "required"));
    for (token, body, expected) in [
        (TokenEdit::Intact, r#"{"a":"abc"}"#, "accept"),
        (TokenEdit::WrongCode, r#"{"a":"abc"}"#, "refuse (bare) auth/door/verified"),
        (TokenEdit::Replayed, r#"{"a":"abc"}"#, "refuse (bare) auth/door/verified"),
        (
            TokenEdit::Stale,
            r#"{"a":"abc"}"#,
            "either (bare): the token is an hour older than the request, and no source says how old one may be",
        ),
        (TokenEdit::Intact, r#"{"a":"a"}"#, "refuse a/length with LENGTH"),
        (TokenEdit::WrongCode, r#"{"a":"a"}"#, "refuse (bare) a/length, auth/door/verified"),
        (TokenEdit::Stale, r#"{"a":"a"}"#, "refuse (bare) a/length"),
    ] {
        let mut asked = Asked::new(body);
        asked.step.token = token;
        assert_eq!(asked.told(&contract), expected, "{token:?} {body}");
    }
}

#[test]
fn an_encrypted_body_that_does_not_verify_is_refused_barely_where_requests_are_encrypted() {
    let text = |mark: &str| {
        format!(
            "encryption: {{id: e, scheme: jwe-compact, alg: RSA-OAEP-256, enc: [A128GCM], member: data, key_id_header: X-Key}}\n\
             == add POST /things\nencryption: {{request: {mark}, response: unmarked}}\n"
        )
    };
    let unknown = "either (bare): the key id has a value that no source shows";
    for (mark, seal, expected) in [
        ("marked", Seal::AsMarked, "accept"),
        ("marked", Seal::Sealed, "accept"),
        ("marked", Seal::OtherContent, "accept"),
        ("marked", Seal::Spoilt(Spoil::UnknownKeyId), unknown),
        ("marked", Seal::Spoilt(Spoil::NoKeyId), unknown),
        ("marked", Seal::Spoilt(Spoil::Tag), "refuse (bare) encryption/request/authentic"),
        ("unmarked", Seal::Spoilt(Spoil::Tag), unknown),
    ] {
        let contract = contract(&text(mark));
        let mut asked = Asked::new("{}");
        asked.step.seal = seal;
        assert_eq!(asked.told(&contract), expected, "{mark} {seal:?}");
    }
}

const STANDING: &str = "
    resources: [{name: member, key: memberId, states: [ACTIVE, LEFT]}]
    conflicts: [{id: c, what: w, a: one, b: two}]
    == add POST /things
    request:
      - {name: memberId, type: string, presence: unseen, length: 1..9, ref: member.memberId}
      - {name: pin, type: string, presence: optional, length: 4, equals: member.pin}
      - {name: n, type: number, presence: optional, value: 1..9}
      - {name: u, type: number, presence: optional, value: 1..9}
      - {name: other, type: string, presence: unseen, length: 1..9, ref: member.name}
    errors:
      - {status: 404, code: NONE, message: m, when: {unknown: memberId}}
      - {status: 409, code: LEFT, message: m, when: {state: {member: LEFT}}}
      - {status: 403, code: PIN, message: m, when: {mismatch: pin}}
      - {status: 409, code: ANY, message: m, when: {unknown: memberId, state: {member: LEFT}}}
      - {status: 409, code: BOTH, message: m, when: {unknown: memberId, mismatch: pin}}
      - {status: 409, code: DISPUTED, message: m, when: {state: {member: ACTIVE}}, conflict: {id: c, side: a}}
      - {status: 409, code: UNSEEN, message: m, when: unseen}
      - {status: 400, code: EMPTY, message: m, when: {empty: any}}
      - {status: 400, code: BAD, message: m, when: {invalid: n}, documented_for: [n]}
";

const LEGAL: &str = r#"{"memberId":"m1","other":"x"}"#;

#[test]
fn rows_about_state_that_hold_refuse_and_those_that_may_hold_excuse() {
    use Truth::{Unknown, Yes};
    let contract = contract(STANDING);
    for (rows, expected) in [
        (vec![], "accept"),
        (vec![("NONE", Yes)], "refuse errors/NONE/code/memberId with NONE"),
        (
            vec![("NONE", Yes), ("LEFT", Yes)],
            "refuse errors/NONE/code/memberId, errors/LEFT/code/member with NONE, LEFT",
        ),
        (vec![("LEFT", Unknown)], "accept unless LEFT"),
        (vec![("NONE", Yes), ("LEFT", Unknown)], "refuse errors/NONE/code/memberId with NONE unless LEFT"),
        // Sources disagree whether the call is refused at all.
        (vec![("DISPUTED", Yes)], "accept unless DISPUTED"),
        (vec![("DISPUTED", Unknown)], "accept unless DISPUTED"),
        // Nobody knows its cause, and this one is about no field.
        (vec![("UNSEEN", Yes)], "accept"),
        (vec![("UNSEEN", Unknown)], "accept"),
        (vec![("EMPTY", Yes)], "accept"),
    ] {
        assert_eq!(Asked::new(LEGAL).standing(&contract, &rows).told(&contract), expected, "{rows:?}");
    }
}

#[test]
fn what_names_nothing_is_refused_also_where_something_else_is_unknown() {
    use Truth::{Unknown, Yes};
    let contract = contract(STANDING);
    let why = "other is left out, and no source says whether it must be there";
    let empty = "u has a value that no source shows";
    for (body, rows, expected) in [
        (r#"{"memberId":"m1"}"#, vec![], format!("either: {why}")),
        (
            r#"{"memberId":"m1"}"#,
            vec![("NONE", Yes)],
            format!("refuse errors/NONE/code/memberId with NONE, though {why}"),
        ),
        (
            r#"{"memberId":"m1"}"#,
            vec![("NONE", Yes), ("DISPUTED", Unknown)],
            format!("refuse errors/NONE/code/memberId with NONE unless DISPUTED, though {why}"),
        ),
        // An empty text may stand for none.
        (r#"{"memberId":" ","u":1.0,"other":"x"}"#, vec![("NONE", Yes)], {
            "either: memberId has characters of which no source speaks".to_owned()
        }),
        (
            r#"{"memberId":"m1","u":1.0,"other":"x"}"#,
            vec![("NONE", Yes)],
            format!("refuse errors/NONE/code/memberId with NONE, though {empty}"),
        ),
        (
            r#"{"memberId":"m1","pin":"1234"}"#,
            vec![("PIN", Yes)],
            format!("refuse errors/PIN/code/pin with PIN, though {why}"),
        ),
        (
            r#"{"memberId":"m1","pin":"1234"}"#,
            vec![("BOTH", Yes)],
            format!("refuse errors/BOTH/code/memberId with BOTH, though {why}"),
        ),
        // One of a row's two causes is about nothing that the request names.
        (r#"{"memberId":"m1"}"#, vec![("ANY", Yes)], format!("either: {why}")),
        (r#"{"memberId":"m1"}"#, vec![("LEFT", Yes)], format!("either: {why}")),
    ] {
        assert_eq!(Asked::new(body).standing(&contract, &rows).told(&contract), expected, "{body} {rows:?}");
    }
    let mut bare = Asked::new(r#"{"memberId":"m1"}"#).standing(&contract, &[("NONE", Yes)]);
    bare.step.headers.push(HeaderEdit { name: "X-Other".to_owned(), change: HeaderChange::Malform });
    assert_eq!(bare.told(&contract), format!("either (bare): {why}"));
}

#[test]
fn a_reference_of_which_nobody_knows_what_it_gets_makes_the_request_unknown() {
    use Truth::Yes;
    let contract = contract(STANDING);
    let told = |body, rows: &[(&str, Truth)]| {
        Asked::new(body)
            .standing(&contract, rows)
            .dangling("memberId names something that may not exist")
            .told(&contract)
    };
    assert_eq!(told(LEGAL, &[]), "either: memberId names something that may not exist");
    assert_eq!(told(LEGAL, &[("LEFT", Yes)]), "either: memberId names something that may not exist");
    assert_eq!(
        told(LEGAL, &[("NONE", Yes)]),
        "refuse errors/NONE/code/memberId with NONE, though memberId names something that may not exist"
    );
    // What the request itself leaves open comes first.
    assert_eq!(
        told(r#"{"memberId":"m1","other":null}"#, &[]),
        "either: other is null, and no source says what null means there"
    );
    assert_eq!(told(r#"{"memberId":"m1","other":"x","n":0}"#, &[]), "refuse n/value with BAD");
}

#[test]
fn a_breach_draws_its_own_code_unless_a_row_about_state_comes_first() {
    use Truth::{Unknown, Yes};
    let contract = contract(STANDING);
    let body = r#"{"memberId":"m1","other":"x","n":0}"#;
    for (rows, expected) in [
        (vec![], "refuse n/value with BAD"),
        (vec![("LEFT", Yes)], "refuse n/value with BAD unless LEFT"),
        (vec![("LEFT", Yes), ("NONE", Unknown)], "refuse n/value with BAD unless NONE, LEFT"),
    ] {
        assert_eq!(Asked::new(body).standing(&contract, &rows).told(&contract), expected, "{rows:?}");
    }
    // A case that is there for a row about state promises no code for a breach.
    let mut aimed = Asked::new(body).standing(&contract, &[("LEFT", Yes)]);
    aimed.step.state = Some(RowRef { row: 1, field: 0 });
    assert_eq!(aimed.told(&contract), "refuse n/value unless LEFT");
}

#[test]
fn a_row_about_one_of_several_references_is_met_by_leaving_the_others_out() {
    let contract = contract(STANDING);
    let why = "other is left out, and no source says whether it must be there";
    for (aimed, taken, rows, expected) in [
        (false, false, vec![("LEFT", Truth::Yes)], format!("either: {why}")),
        (true, false, vec![("LEFT", Truth::Yes)], format!("refuse errors/LEFT/code/member with LEFT, though {why}")),
        (true, true, vec![("LEFT", Truth::Yes)], "refuse errors/LEFT/code/member with LEFT".to_owned()),
        (true, false, vec![], format!("either: {why}")),
        (true, true, vec![], "accept".to_owned()),
    ] {
        let mut asked = Asked::new(r#"{"memberId":"m1"}"#).standing(&contract, &rows);
        asked.step.state = aimed.then_some(RowRef { row: 1, field: 0 });
        asked.step.omission_taken = taken;
        assert_eq!(asked.told(&contract), expected, "{aimed} {taken} {rows:?}");
    }
    // Null is no omission.
    let mut null = Asked::new(r#"{"memberId":"m1","other":null}"#).standing(&contract, &[("LEFT", Truth::Yes)]);
    null.step.state = Some(RowRef { row: 1, field: 0 });
    assert_eq!(null.told(&contract), "either: other is null, and no source says what null means there");
}

#[test]
fn a_prepared_request_is_taken_whatever_pages_leave_open_but_not_against_what_they_say() {
    let prepared = STANDING.to_owned() + "== profile\nprepared_only: true\nprepared: {add: {memberId: m1}}\n";
    let contract = contract(&prepared);
    for (body, rows, expected) in [
        (r#"{"memberId":"m1"}"#, vec![], "accept"),
        (r#"{"memberId":"m1"}"#, vec![("LEFT", Truth::Unknown)], "accept unless LEFT"),
        (r#"{"memberId":"m1"}"#, vec![("LEFT", Truth::Yes)], "accept"),
        (r#"{"memberId":"m1","n":0}"#, vec![], "either: the profile's prepared request breaks a rule of the contract"),
    ] {
        assert_eq!(Asked::new(body).standing(&contract, &rows).told(&contract), expected, "{body} {rows:?}");
    }
}

#[test]
fn an_endpoint_that_may_refuse_legal_calls_promises_no_acceptance() {
    let text = STANDING.replace("    errors:", "    unproven: a partner's key may be asked for\n    errors:");
    let contract = contract(&text);
    for (body, rows, expected) in [
        (LEGAL, vec![], "either: a partner's key may be asked for"),
        (LEGAL, vec![("NONE", Truth::Yes)], "refuse errors/NONE/code/memberId with NONE"),
        (r#"{"memberId":"m1","other":"x","n":0}"#, vec![], "refuse n/value with BAD"),
    ] {
        assert_eq!(Asked::new(body).standing(&contract, &rows).told(&contract), expected, "{body} {rows:?}");
    }
}
