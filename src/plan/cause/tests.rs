use super::{absent, namesakes, never};
use crate::contract::When;
use crate::contract::behaviour::{Operand, Test};
use crate::plan::testing::contract;

#[test]
fn the_fields_that_name_the_same_thing_may_be_left_out_but_for_those_that_must_be_there() {
    let contract = contract(
        "
        resources: [{name: note, key: noteId}, {name: page, key: pageId}]
        == add POST /things
        request:
          - {name: one, type: number, presence: required, value: 1..9, ref: note.noteId}
          - {name: two, type: number, presence: unseen, value: 1..9, ref: note.tag}
          - {name: three, type: number, presence: optional, value: 1..9, ref: note.tag}
          - {name: four, type: number, presence: required, value: 1..9, ref: note.tag}
          - {name: other, type: number, presence: unseen, value: 1..9, ref: page.pageId}
          - {name: plain, type: number, presence: unseen, value: 1..9}
        ",
    );
    for (path, expected) in [
        ("one", vec!["one", "two", "three"]),
        ("two", vec!["two", "three"]),
        ("other", vec!["other"]),
        ("plain", vec!["plain"]),
    ] {
        assert_eq!(namesakes(&contract.endpoints[0], path), expected, "{path}");
    }
}

#[test]
fn what_a_cause_speaks_of() {
    let unknown = |left| When::Unknown { field: "a".to_owned(), left };
    let tests = |operand, test| When::Where(vec![(operand, test)]);
    let note = || Operand::Resource("note".to_owned());
    for (cause, nothing, gone) in [
        (unknown(false), Some("a"), false),
        (unknown(true), Some("a"), false),
        (When::Mismatch("a".to_owned()), None, false),
        (When::Taken("a".to_owned()), None, false),
        (tests(note(), Test::Absent), None, true),
        (tests(note(), Test::Present), None, false),
        (tests(Operand::Resource("page".to_owned()), Test::Absent), None, false),
        (tests(Operand::Attribute("note".to_owned(), "tag".to_owned()), Test::Absent), None, false),
    ] {
        assert_eq!((never(&cause).as_deref(), absent(&cause, "note")), (nothing, gone), "{cause:?}");
    }
}
