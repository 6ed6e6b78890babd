use crate::model::Family;
use crate::plan::testing::{fields, lines, plan, table};

#[test]
fn a_number_is_sent_at_its_bounds_just_beyond_them_and_with_a_fraction() {
    let fraction = "body.a::fraction a=1.5 -> either: a has a value that no source shows";
    table(
        Family::Value,
        &[
            (
                "{name: a, type: number, presence: required, value: 2..9}",
                &[
                    "body.a::min-1 a=1 -> refuse a/value",
                    "body.a::min a=2 -> accept for a/value",
                    "body.a::max a=9 -> accept for a/value",
                    "body.a::max+1 a=10 -> refuse a/value",
                    "body.a::fraction a=1.5 -> refuse a/value",
                ],
            ),
            (
                "{name: a, type: number, presence: required, value: 1..9}",
                &[
                    "body.a::min-1 a=0 -> refuse a/value",
                    "body.a::min a=1 -> accept for a/value",
                    "body.a::max a=9 -> accept for a/value",
                    "body.a::max+1 a=10 -> refuse a/value",
                    fraction,
                ],
            ),
            (
                "{name: a, type: number, presence: required, value: 1..9, integer: true}",
                &[
                    "body.a::min-1 a=0 -> refuse a/value",
                    "body.a::min a=1 -> accept for a/value",
                    "body.a::max a=9 -> accept for a/value",
                    "body.a::max+1 a=10 -> refuse a/value",
                    "body.a::fraction a=1.5 -> refuse a/integer",
                ],
            ),
            (
                "{name: a, type: number, presence: required, value: 0.5..9}",
                &[
                    "body.a::min-1 left out (a/value): the bound is no whole number",
                    "body.a::min a=0.5 -> either: a has a value that no source shows",
                    "body.a::max a=9 -> accept for a/value",
                    "body.a::max+1 a=10 -> refuse a/value",
                    fraction,
                ],
            ),
            ("{name: a, type: number, presence: required, value: unseen}", &[]),
        ],
    );
}

#[test]
fn a_number_that_no_double_holds_is_not_sent() {
    let text = fields("{name: a, type: number, presence: required, value: 1..1e309}");
    let found = lines(&plan(&text), "add", Family::Value);
    assert_eq!(found[1], "body.a::min a=1 -> accept for a/value");
    assert_eq!(
        found[2],
        "body.a::max left out (a/value): the number is too large to send: by RFC 8259, 6 a reader need not take what no double holds"
    );
}

#[test]
fn a_number_that_names_something_is_sent_as_the_name_and_a_half() {
    let text = "
        resources: [{name: note, key: noteId}]
        == add POST /things
        request: [{name: noteId, type: number, presence: required, value: 1..9, ref: note.noteId}]
    ";
    let maker = "
        == note-add POST /notes
        response: [{name: noteId, type: number, presence: required, value: 1..9}]
        effects: [{create: note, key: response.noteId}]
    ";
    let named = "| note-add |";
    table(
        Family::Value,
        &[(
            &format!("{text}{maker}"),
            &[
                &format!("body.noteId::min-1 {named} noteId=0 -> refuse noteId/value"),
                &format!("body.noteId::min {named} noteId=1 -> either: noteId names something that may not exist"),
                &format!("body.noteId::max {named} noteId=9 -> either: noteId names something that may not exist"),
                &format!("body.noteId::max+1 {named} noteId=10 -> refuse noteId/value"),
                &format!(
                    "body.noteId::fraction {named} noteId=fraction(<answer 0 noteId>) -> either: noteId has a value that no source shows"
                ),
            ],
        )],
    );
}

#[test]
fn each_word_is_sent_and_of_the_first_two_a_near_miss_and_the_other_case() {
    let cased = "-> either: a has a value that no source shows";
    table(
        Family::Value,
        &[
            (
                "{name: a, type: string, presence: required, enum: [ON, BAY, off]}",
                &[
                    r#"body.a::word-on a="ON" -> accept for a/enum"#,
                    r#"body.a::word-bay a="BAY" -> accept for a/enum"#,
                    r#"body.a::word-off a="off" -> accept for a/enum"#,
                    r#"body.a::near-on a="Ox" -> refuse a/enum"#,
                    &format!(r#"body.a::lower-on a="on" {cased}"#),
                    r#"body.a::near-bay a="BAx" -> refuse a/enum"#,
                    &format!(r#"body.a::lower-bay a="bay" {cased}"#),
                ],
            ),
            (
                "{name: a, type: string, presence: required, enum: [box]}",
                &[
                    r#"body.a::word-box a="box" -> accept for a/enum"#,
                    r#"body.a::near-box a="boy" -> refuse a/enum"#,
                    &format!(r#"body.a::upper-box a="BOX" {cased}"#),
                ],
            ),
            // A capital x in place of a small one may be the same word.
            (
                "{name: a, type: string, presence: required, enum: [BOX]}",
                &[
                    r#"body.a::word-box a="BOX" -> accept for a/enum"#,
                    r#"body.a::near-box a="BOy" -> refuse a/enum"#,
                    &format!(r#"body.a::lower-box a="box" {cased}"#),
                ],
            ),
            // A word without letters has no other case.
            (
                "{name: a, type: string, presence: required, enum: [\"12\"]}",
                &[r#"body.a::word-12 a="12" -> accept for a/enum"#, r#"body.a::near-12 a="1x" -> refuse a/enum"#],
            ),
            (
                "{name: a, type: string, presence: required, enum: [Mixed]}",
                &[
                    r#"body.a::word-mixed a="Mixed" -> accept for a/enum"#,
                    r#"body.a::near-mixed a="Mixex" -> refuse a/enum"#,
                    &format!(r#"body.a::upper-mixed a="MIXED" {cased}"#),
                ],
            ),
        ],
    );
}
