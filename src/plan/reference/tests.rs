use super::{fresh, is_text, other_than, template};
use crate::behaviour::{Held, Origin};
use crate::model::Json;
use crate::plan::testing::{contract, fields, shown};

#[test]
fn a_made_up_value_has_the_form_of_its_field() {
    for (row, expected) in [
        ("type: string, length: 2..50", "<new 32 Plain>"),
        ("type: string, length: 2..9", "<new 9 Plain>"),
        ("type: string, length: 40..50", "<new 40 Plain>"),
        ("type: string, length: unseen", "<new 20 Plain>"),
        ("type: unseen", "<new 20 Plain>"),
        ("type: string, length: 2..50, format: email", "<new 32 Email>"),
        ("type: string, length: 5, sample: {pattern: 'a-###'}", "<new a-###>"),
        // Names without a known form, card numbers and what has a charset are digits.
        ("type: string, length: 4, ref: note.noteId", "<new 0###>"),
        ("type: string, length: 4, secret: pan", "<new 0###>"),
        ("type: string, length: 4, charset: hex", "<new 0###>"),
        ("type: string, length: 4, charset: hex, sample: {pattern: 'a-##'}", "<new a-##>"),
        ("type: string, length: 4, secret: pan, sample: {pattern: 'a-##'}", "<new 0###>"),
        ("type: string, length: 4, secret: cvc", "<new 4 Plain>"),
        ("type: string, length: 5, ref: note.noteId, sample: {pattern: 'a-###'}", "<new a-###>"),
        ("type: string, length: 1, ref: note.noteId", "<new 0>"),
        ("type: number, value: 1..1000", "<number 901..1000>"),
    ] {
        let text = format!(
            "resources: [{{name: note, key: noteId}}]\n{}",
            fields(&format!("{{name: a, presence: required, {row}}}"))
        );
        assert_eq!(shown(&fresh(&contract(&text).endpoints[0].request[0])), expected, "{row}");
    }
    let long =
        "== add GET /things\nrequest: [{name: q, in: query, type: string, presence: optional, length: 7001..7002}]";
    assert_eq!(shown(&fresh(&contract(long).endpoints[0].request[0])), "<new 7000 Plain>");
}

#[test]
fn a_value_that_differs_from_the_known_one() {
    for (row, known, expected) in [
        ("length: 4", "9630", r#""2963""#),
        ("length: 4", "0789", r#""3012""#),
        ("length: 4", "ab1c", "<new 4 Plain>"),
        ("length: 2..9", "abc", "<new 3 Plain>"),
        ("length: 2..9", "", "<new 2 Plain>"),
        ("length: 0..9", "", "<new 1 Plain>"),
        ("length: unseen", "", "<new 8 Plain>"),
        ("enum: [ON, OFF]", "ON", r#""OFF""#),
        ("enum: [ON, OFF]", "OFF", r#""ON""#),
        ("enum: [ON]", "ON", "<new 2 Plain>"),
    ] {
        let text = fields(&format!("{{name: a, type: string, presence: required, {row}}}"));
        assert_eq!(shown(&other_than(&contract(&text).endpoints[0].request[0], known)), expected, "{row} {known}");
    }
}

#[test]
fn a_known_value_is_taken_from_where_it_came() {
    let answered = |step: usize| Origin::Answered { step, path: "id".to_owned() };
    for (origin, expected) in [
        (Origin::Written, "7"),
        (Origin::Sent { step: 1, path: "a.b".to_owned() }, "<sent 1 a.b>"),
        (answered(2), "<answer 2 id>"),
        (Origin::Planted { fixture: 1, part: 2, attribute: "key".to_owned() }, "<fixture 1.2 key>"),
        (
            Origin::Listed {
                step: 3,
                list: "items".to_owned(),
                key: "id".to_owned(),
                except: vec![Origin::Written, answered(1)],
                member: "name".to_owned(),
            },
            "<listed 3 items name, id not [answer 1 id]>",
        ),
    ] {
        assert_eq!(shown(&template(&Held { value: Json::number("7"), origin })), expected);
    }
}

#[test]
fn a_field_is_written_as_text_unless_it_is_known_to_be_of_another_type() {
    for (kind, expected) in
        [("string, length: 1..9", true), ("unseen", true), ("number, value: 1..9", false), ("boolean", false)]
    {
        let contract = contract(&fields(&format!("{{name: a, type: {kind}, presence: required}}")));
        assert_eq!(is_text(&contract.endpoints[0].request[0]), expected, "{kind}");
    }
}
