use super::{Draws, aims, edit, fields, left_out};
use crate::model::case::Draw;
use crate::model::{Edit, Family, Input, Json, Template};
use crate::plan::Planned;
use crate::plan::testing::{fields as of_fields, line, plan};
use crate::schema::draw::{Aim, Drawn};

#[test]
fn every_pair_of_optional_parts_is_drawn_both_ways() {
    for parts in 2..40 {
        for (a, b) in (0..parts).flat_map(|a| (0..parts).map(move |b| (a, b))).filter(|(a, b)| a != b) {
            let alone = |round| left_out(a, parts, round) == Some(true) && left_out(b, parts, round) == Some(false);
            assert!((0..20).any(alone), "{a} without {b} of {parts}");
        }
    }
}

#[test]
fn after_the_rounds_that_cover_all_pairs_it_is_drawn_whether_a_part_is_left_out() {
    for (at, parts, round, expected) in [
        (0, 1, 0, None),
        (0, 2, 0, Some(true)),
        (1, 2, 0, Some(false)),
        (0, 2, 1, Some(false)),
        (1, 2, 1, Some(true)),
        (0, 2, 2, Some(false)),
        (1, 2, 2, Some(true)),
        (1, 2, 3, Some(false)),
        (0, 2, 4, None),
        (0, 4, 5, Some(true)),
        (3, 4, 4, Some(true)),
        (0, 4, 6, None),
    ] {
        assert_eq!(left_out(at, parts, round), expected, "part {at} of {parts} in round {round}");
    }
}

const FIELDS: &str = "
    resources: [{name: note, key: noteId}]
    == note-add POST /notes
    response: [{name: noteId, type: string, presence: required, length: 1..9}]
    effects: [{create: note, key: response.noteId}]
    == add POST /things
    request:
      - {name: free, type: string, presence: required, length: 1..9}
      - {name: object, type: object, presence: required, fields: [{name: member, type: number, presence: optional, value: 1..9}]}
      - {name: query, in: query, type: string, presence: required, length: 1..9}
      - {name: named, type: string, presence: required, length: 1..9, ref: note.noteId}
      - {name: repeated, type: string, presence: required, length: 1..9, equals: note.noteId}
      - {name: operator, type: string, presence: required, length: 1..9, values: profile}
      - {name: told, type: string, presence: required, length: 1..9}
      - {name: last, type: number, presence: optional, value: 1..9}
    == profile
    bindings: {add: {send: {told: abc}}}
";

#[test]
fn a_field_is_drawn_if_its_value_is_free() {
    let plan = plan(FIELDS);
    let found = fields(&plan.scope(1, Family::Fuzz));
    assert_eq!(found.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["free", "object", "object.member", "last"]);
}

#[test]
fn a_legal_draw_is_of_every_field_and_another_of_one_or_a_few() {
    let plan = plan(FIELDS);
    let found = fields(&plan.scope(1, Family::Fuzz));
    let drawn = |draws, number, seed| -> Vec<String> {
        let aims = aims(&found, draws, number, seed).expect("aims");
        aims.iter().map(|(field, aim)| format!("{} {aim:?}", field.path)).collect()
    };
    let legal = |member: &str, last: &str| {
        [
            "free Legal { absent: None }".to_owned(),
            "object Legal { absent: None }".to_owned(),
            format!("object.member Legal {{ absent: {member} }}"),
            format!("last Legal {{ absent: {last} }}"),
        ]
    };
    // Numbers 0, 2, 4 and 6 of each eight are legal: rounds 0 to 3, then 4 and on.
    assert_eq!(drawn(Draws::Legal, 0, 0), legal("Some(true)", "Some(false)"));
    assert_eq!(drawn(Draws::Legal, 2, 0), legal("Some(false)", "Some(true)"));
    assert_eq!(drawn(Draws::Legal, 4, 0), legal("Some(false)", "Some(true)"));
    assert_eq!(drawn(Draws::Legal, 6, 0), legal("Some(true)", "Some(false)"));
    assert_eq!(drawn(Draws::Legal, 8, 0), legal("None", "None"));
    // Objects are broken by their members.
    assert_eq!(drawn(Draws::One, 1, 0), ["free Broken"]);
    assert_eq!(drawn(Draws::One, 1, 1 << 8), ["object.member Broken"]);
    assert_eq!(drawn(Draws::One, 1, 2 << 8), ["last Broken"]);
    assert_eq!(drawn(Draws::One, 1, 3 << 8), ["free Broken"]);
    assert_eq!(drawn(Draws::Near, 7, 1 << 8), ["object.member Near"]);
    assert_eq!(drawn(Draws::Several, 3, 0), ["free Broken", "object.member Broken"]);
    assert_eq!(drawn(Draws::Several, 3, 1), ["free Broken", "object.member Broken", "last Broken"]);
    assert_eq!(drawn(Draws::Several, 3, (1 << 40) + (2 << 8)), ["free Broken", "last Broken"]);
    assert_eq!(drawn(Draws::Several, 3, (2 << 40) + (1 << 8)), ["free Broken", "object.member Broken"]);
    assert!(aims(&[], Draws::Legal, 0, 0).is_none());
    let one = [found[0]];
    let alone = aims(&one, Draws::Several, 0, 0).expect("aims");
    assert!(matches!(alone.as_slice(), [(field, Aim::Broken)] if field.path == "free"));
}

#[test]
fn what_was_drawn_becomes_a_change_of_its_field() {
    let plan = plan(&of_fields("{name: a, type: number, presence: optional, value: 1..9}"));
    let field = &plan.contract().endpoints[0].request[0];
    let set = |value| Some(Edit::Set("a".to_owned(), value));
    assert_eq!(edit(field, Drawn::Keep), None);
    assert_eq!(edit(field, Drawn::Absent), Some(Edit::Remove("a".to_owned())));
    assert_eq!(edit(field, Drawn::Value(Json::number("7"))), set(Template::Json(Json::number("7"))));
    assert_eq!(edit(field, Drawn::Fresh("##".to_owned())), set(crate::model::input::fresh("a", "##")));
}

#[test]
fn eight_draws_are_legal_in_turn_with_others() {
    let plan = plan(&of_fields("{name: a, type: number, presence: required, value: 1..9}"));
    let cases: Vec<_> = plan.cases_of(0).filter(|case| case.family == Family::Fuzz).collect();
    let ids: Vec<String> = cases.iter().map(|case| case.id.replace("add::fuzz::body::", "")).collect();
    assert_eq!(
        ids,
        [
            "legal-0000",
            "one-violation-0001",
            "legal-0002",
            "violations-0003",
            "legal-0004",
            "one-violation-0005",
            "legal-0006",
            "near-0007"
        ]
    );
    for (number, case) in (0..).zip(&cases) {
        let draw = case.draw.as_ref().expect("a draw");
        assert_eq!((draw.number, &draw.shrinks), (Some(number), &Vec::new()));
    }
    // Without a field there is nothing to draw.
    let nothing = crate::plan::testing::plan("== add POST /things");
    assert_eq!(nothing.cases_of(0).filter(|case| case.family == Family::Fuzz).count(), 0);
}

#[test]
fn a_legal_draw_whose_values_a_later_call_shows_ends_with_that_call() {
    let text = "
        resources: [{name: note, key: noteId}]
        == add POST /notes
        request: [{name: tag, type: string, presence: required, length: 1..9}]
        response: [{name: noteId, type: number, presence: required, value: 1..9}]
        effects: [{create: note, key: response.noteId, set: [tag]}]
        == note-get GET /notes/{noteId}
        request: [{name: noteId, in: path, type: number, presence: required, value: 1..9, ref: note.noteId}]
        response: [{name: tag, type: string, presence: required, length: 1..9}]
        effects: [{read: note, by: noteId, answer: {tag: note.tag}}]
    ";
    let plan = plan(text);
    let scope = plan.scope(0, Family::Fuzz);
    let made = |variant: &str, input: Input| {
        line(&plan, &super::made(&scope, variant, Draw { number: None, shrinks: Vec::new(), input }))
    };
    let tag = || Input::Edits(vec![Edit::Set("tag".to_owned(), Template::text("abc"))]);
    assert_eq!(
        made("legal-0000", tag()),
        r#"body::legal-0000 | add (trial) tag="abc" | note-get noteId=<answer 0 noteId> -> accept"#
    );
    assert_eq!(made("near-0007", tag()), r#"body::near-0007 tag="abc" -> accept"#);
    assert_eq!(made("legal-0000", Input::Edits(Vec::new())), "body::legal-0000 -> accept");
    assert_eq!(
        made("legal-0000", Input::Calls(Vec::new())),
        "body::legal-0000 left out: the input is a sequence of calls"
    );
    let planned = super::made(&scope, "near-0007", Draw { number: Some(7), shrinks: vec![true], input: tag() });
    let Planned::Case(case) = planned else { panic!("a case") };
    assert_eq!(case.draw.as_ref().map(|draw| draw.shrinks.clone()), Some(vec![true]));
}
