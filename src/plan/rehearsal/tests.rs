use super::{Seen, freshen, headers, made_up, serial, stand_in, unbent};
use crate::behaviour::Truth;
use crate::model::case::Seal;
use crate::model::template::{HeaderChange, HeaderEdit, Keep, Shape};
use crate::model::twin::Twin;
use crate::model::{Edit, Hole, Json, Role, Step, Template, json};
use crate::plan::testing::plan;
use crate::plan::way::Way;

fn tree(text: &str) -> Json {
    json::parse(text.as_bytes()).expect("JSON").root
}

const TERMS: &str = "
    resources: [{name: terms, key: tcId, catalogue: true}, {name: member, key: memberId}]
    == terms-all GET /terms
    response:
      - name: list
        type: array
        presence: required
        items:
          type: object
          fields:
            - {name: tcId, type: number, presence: required, value: 1..99999}
            - {name: required, type: string, presence: required, enum: [YES, NO]}
    effects: [{read: terms, list: response.list}]
    == member-get GET /member
    request: [{name: memberId, in: query, type: number, presence: required, value: 1..99, ref: member.memberId}]
    == profile
    fixtures: [{name: own, member: {memberId: 7, pin: absent, day: {day: 1, as: yyMMdd}}}]
";

#[test]
fn a_hole_is_filled_with_a_stand_in_of_its_shape() {
    let plan = plan(TERMS);
    let (sent, answers) =
        ([tree(r#"{"a":{"b":"x"}}"#)], [tree(r#"{"id":5,"list":[{"k":1,"v":"one"},{"k":2,"v":"two"}]}"#)]);
    let seen = Seen {
        sent: &sent,
        answers: &answers,
        step: 3,
        base: plan.base(),
        contract: plan.contract(),
        now: plan.moment(),
    };
    let path = str::to_owned;
    let identity = |shape, chars| Hole::Identity { field: path("a"), shape, chars };
    let number = |least, most| Hole::Number { field: path("a"), least, most };
    let catalogue = |resource: &str, keep, text| Hole::Catalogue {
        resource: path(resource),
        attribute: path("required"),
        value: path("YES"),
        keep,
        text,
    };
    let entry = |value: &str, text| Hole::Entry {
        resource: path("terms"),
        attribute: path("required"),
        value: path(value),
        text,
    };
    let listed = |except: Vec<Hole>, member: &str| Hole::Listed {
        step: 0,
        list: path("list"),
        key: path("k"),
        except,
        member: path(member),
    };
    let planted = |attribute: &str| Hole::Planted { fixture: 0, part: 0, attribute: path(attribute) };
    let known = || Hole::Answer { step: 0, path: path("list.0.k") };
    for (hole, expected) in [
        (identity(Shape::Pattern(path("a-##")), 4), Json::text(Shape::Pattern(path("a-##")).render(4, 4)).to_text()),
        (number(10, 99), "14".to_owned()),
        (number(10, 12), "12".to_owned()),
        // Entries 0 and 2 of three are of the first word.
        (catalogue("terms", Keep::All, false), "[1000,1002]".to_owned()),
        (catalogue("terms", Keep::All, true), r#"["1000","1002"]"#.to_owned()),
        (catalogue("terms", Keep::AllButOne, false), "[1000]".to_owned()),
        (catalogue("terms", Keep::Others, false), "[1001]".to_owned()),
        (catalogue("terms", Keep::Every, false), "[1000,1001,1002]".to_owned()),
        (catalogue("other", Keep::All, false), "[]".to_owned()),
        (entry("YES", false), "1000".to_owned()),
        (entry("NO", true), r#""1001""#.to_owned()),
        (entry("PERHAPS", true), "1".to_owned()),
        (Hole::Sent { step: 0, path: path("a.b") }, r#""x""#.to_owned()),
        (Hole::Sent { step: 0, path: path("a.c") }, r#""1""#.to_owned()),
        (Hole::Sent { step: 1, path: path("a.b") }, r#""1""#.to_owned()),
        (Hole::Answer { step: 0, path: path("id") }, "5".to_owned()),
        (Hole::Answer { step: 1, path: path("id") }, "1".to_owned()),
        (listed(Vec::new(), "v"), r#""one""#.to_owned()),
        (listed(vec![known()], "v"), r#""two""#.to_owned()),
        (listed(Vec::new(), "w"), "1".to_owned()),
        (planted("memberId"), "7".to_owned()),
        // Planning lives on 2026-01-15.
        (planted("day"), r#""260116""#.to_owned()),
        (planted("pin"), "null".to_owned()),
        (planted("other"), "null".to_owned()),
    ] {
        assert_eq!(stand_in(&hole, &seen).to_text(), expected, "{hole:?}");
    }
}

#[test]
fn an_edit_that_makes_up_a_value_says_for_which_field() {
    let identity = Template::Hole(Hole::Identity { field: "f".to_owned(), shape: Shape::Plain, chars: 4 });
    let number = Template::Hole(Hole::Number { field: "f".to_owned(), least: 1, most: 9 });
    let sent = Template::Hole(Hole::Sent { step: 0, path: "f".to_owned() });
    let twin = |twin| Template::Twin(Box::new(sent.clone()), twin);
    for (value, expected) in [
        (identity, Some(("a", "f"))),
        (number, Some(("a", "f"))),
        (sent.clone(), None),
        (twin(Twin::Fraction), Some(("a", "a"))),
        (twin(Twin::Longer), None),
        (Template::text("x"), None),
    ] {
        assert_eq!(made_up(&Edit::Set("a".to_owned(), value.clone())), expected, "{value:?}");
    }
    assert_eq!(made_up(&Edit::Remove("a".to_owned())), None);
}

#[test]
fn a_made_up_reference_names_nothing_unless_it_is_one_of_few_values() {
    let plan = plan(
        "
        resources: [{name: member, key: memberId}]
        == add POST /things
        request:
          - {name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}
          - {name: plain, type: number, presence: optional, value: 1..999999999999}
        errors: [{status: 404, code: NONE, message: m, when: {unknown: memberId}}]
        ",
    );
    let endpoint = &plan.contract().endpoints[0];
    let number = |field: &str, most| Template::Hole(Hole::Number { field: field.to_owned(), least: 1, most });
    for (path, value, expected) in [
        ("memberId", number("memberId", 999_999_999), Truth::Yes),
        ("memberId", number("memberId", 9), Truth::Unknown),
        ("memberId", Template::Json(Json::number("5")), Truth::Unknown),
        // What another field makes up says nothing of this one.
        ("plain", number("plain", 999_999_999), Truth::Unknown),
    ] {
        let mut world = plan.base().clone();
        let body = tree(r#"{"memberId":5,"plain":5}"#);
        freshen(endpoint, &[Edit::Set(path.to_owned(), value.clone())], &body, &mut world);
        assert_eq!(world.rows(endpoint, &body, plan.moment()), [expected], "{path} {value:?}");
    }
}

#[test]
fn headers_are_asked_for_where_a_case_bends_them() {
    let plan = plan(
        "
        credentials: [{name: token, length: 4, secret: true}, {name: partner}]
        encryption: {id: e, scheme: jwe-compact, alg: RSA-OAEP-256, enc: [A128GCM], member: data, key_id_header: X-Key}
        auth: [{id: door, scheme: bearer, credential: token, says: w}]
        request_headers:
          - {name: Authorization, presence: required, length: unseen, send: \"{auth}\"}
          - {name: X-Partner, presence: required, length: unseen, send: \"p-{credential:partner}\"}
          - {name: X-Key, presence: required, length: 6}
        == add POST /things
        encryption: {request: marked, response: unmarked}
        ",
    );
    let own = [("Authorization", "Bearer 0000"), ("X-Partner", "p-0000000000000000")];
    let named = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(unbent(&plan, 0, 0), named(&own));
    let mut step = Step::new(0, Role::Probe, Vec::new());
    assert_eq!(headers(&plan, &step), []);
    step.headers.push(HeaderEdit { name: "Authorization".to_owned(), change: HeaderChange::Remove });
    assert_eq!(headers(&plan, &step), named(&own[1..]));
    step.seal = Seal::Sealed;
    assert_eq!(headers(&plan, &step), named(&[own[1], ("X-Key", "000000")]));
    let way = Way::nothing(&plan);
    assert!(way.dangling && way.steps.is_empty());
}

#[test]
fn the_serials_of_fixtures_begin_with_one() {
    assert_eq!([0, 1, 7].map(serial), [1, 2, 8]);
}
