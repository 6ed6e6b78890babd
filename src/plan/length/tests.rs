use crate::model::Family;
use crate::plan::testing::{fields, lines, plan, table};

const BLANKS: &str = "either: a has characters of which no source speaks";

#[test]
fn a_text_is_sent_at_each_bound_of_its_length_and_just_beyond() {
    table(
        Family::Length,
        &[
            (
                "{name: a, type: string, presence: required, length: 2..5}",
                &[
                    r#"body.a::empty a="" -> refuse a/length"#,
                    &format!(r#"body.a::blank a="  " -> {BLANKS}"#),
                    r#"body.a::min-1 a="a" -> refuse a/length"#,
                    r#"body.a::min a="ab" -> accept for a/length"#,
                    r#"body.a::max a="abcde" -> accept for a/length"#,
                    r#"body.a::max+1 a="abcdef" -> refuse a/length"#,
                    "body.a::max-wrapped a=<258 characters> -> refuse a/length",
                    &format!(r#"body.a::max-hangul a="가나다라마" -> {BLANKS}"#),
                    r#"body.a::max+1-hangul a="가나다라마바" -> refuse a/length"#,
                    &format!(r#"body.a::max-astral a="😀🎉𐍈🚀😀" -> {BLANKS}"#),
                    r#"body.a::max+1-astral a="😀🎉𐍈🚀😀🎉" -> refuse a/length"#,
                ],
            ),
            // A fixed length has one legal value.
            (
                "{name: a, type: string, presence: required, length: 2}",
                &[
                    r#"body.a::empty a="" -> refuse a/length"#,
                    &format!(r#"body.a::blank a="  " -> {BLANKS}"#),
                    r#"body.a::min-1 a="a" -> refuse a/length"#,
                    r#"body.a::min a="ab" -> accept for a/length"#,
                    r#"body.a::max+1 a="abc" -> refuse a/length"#,
                    r#"body.a::min-1-hangul a="가" -> refuse a/length"#,
                    &format!(r#"body.a::min-hangul a="가나" -> {BLANKS}"#),
                    r#"body.a::max+1-hangul a="가나다" -> refuse a/length"#,
                    r#"body.a::min-1-astral a="😀" -> refuse a/length"#,
                    &format!(r#"body.a::min-astral a="😀🎉" -> {BLANKS}"#),
                    r#"body.a::max+1-astral a="😀🎉𐍈" -> refuse a/length"#,
                ],
            ),
            ("{name: a, type: number, presence: required, value: 1..9}", &[]),
            ("{name: a, type: unseen, presence: required}", &[]),
        ],
    );
}

#[test]
fn the_lengths_that_are_sent() {
    let ascii = |text: &str| -> Vec<String> {
        let planned = lines(&plan(text), "add", Family::Length);
        let variants = planned.iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned());
        let variants = variants.filter(|v| !v.ends_with("-hangul") && !v.ends_with("-astral"));
        variants.map(|v| v.split("::").nth(1).unwrap_or_default().to_owned()).collect()
    };
    for (length, expected) in [
        ("1..9", "empty blank min max max+1 max-wrapped"),
        ("0..9", "empty blank max max+1 max-wrapped"),
        ("9", "empty blank min-1 min max+1"),
        ("1", "empty blank min max+1"),
        // A length in one byte can count to 255.
        ("1..255", "empty blank min max max+1 max-wrapped"),
        ("1..256", "empty blank min max max+1"),
        ("unseen", "empty blank"),
    ] {
        let text = fields(&format!("{{name: a, type: string, presence: required, length: {length}}}"));
        assert_eq!(ascii(&text).join(" "), expected, "{length}");
    }
    for (length, wrapped) in [("0..9", "<257 characters>"), ("1..9", "<257 characters>"), ("3..9", "<259 characters>")]
    {
        let text = fields(&format!("{{name: a, type: string, presence: required, length: {length}}}"));
        let planned = lines(&plan(&text), "add", Family::Length);
        let expected = format!("body.a::max-wrapped a={wrapped} -> refuse a/length");
        assert!(planned.contains(&expected), "{length}: {planned:#?}");
    }
}

#[test]
fn what_cannot_be_sent_is_left_out_with_its_reason() {
    let query = |length: &str| {
        format!(
            "== add GET /things\nrequest: [{{name: q, in: query, type: string, presence: optional, length: {length}}}]"
        )
    };
    let first = |text: &str, count: usize| -> Vec<String> {
        lines(&plan(text), "add", Family::Length).into_iter().take(count).collect()
    };
    let path = "== add GET /things/{p}\nrequest: [{name: p, in: path, type: string, presence: required, length: 1..9}]";
    assert_eq!(
        first(path, 2),
        [
            "path.p::empty left out (p/length): without it the path is another one",
            r#"path.p::blank p=" " -> either: p has characters of which no source speaks"#,
        ]
    );
    // Each blank takes three bytes in an address of 7,000.
    assert_eq!(
        first(&query("777"), 2)[1],
        "query.q::blank q=<777 characters> -> either: q has characters of which no source speaks"
    );
    assert_eq!(
        first(&query("778"), 2)[1],
        "query.q::blank left out (q/length): a value of 778 characters is too long to send"
    );
    let long = lines(&plan(&query("1..7001")), "add", Family::Length);
    for expected in [
        "query.q::max left out (q/length): a value of 7001 characters is too long to send",
        "query.q::max+1 left out (q/length): a value of 7002 characters is too long to send",
    ] {
        assert!(long.iter().any(|line| line == expected), "{long:#?}");
    }
    let unique = "
        resources: [{name: note, key: noteId}]
        == add POST /notes
        request: [{name: a, type: string, presence: required, length: 2..5}]
        response: [{name: noteId, type: number, presence: required, value: 1..9}]
        effects: [{create: note, key: response.noteId, unique: [a]}]
    ";
    assert_eq!(
        first(unique, 6),
        [
            r#"body.a::empty a="" -> refuse a/length"#,
            "body.a::blank left out (a/length): a blank value of a field that must be unique could be sent once only",
            "body.a::min-1 a=<new 1 Plain> -> refuse a/length",
            "body.a::min a=<new 2 Plain> -> accept for a/length",
            "body.a::max a=<new 5 Plain> -> accept for a/length",
            "body.a::max+1 a=<new 6 Plain> -> refuse a/length",
        ]
    );
}

#[test]
fn a_name_with_its_last_character_twice_is_too_long_where_the_name_is_as_long_as_may_be() {
    let text = |maker: &str, request: &str| {
        format!(
            "
            resources: [{{name: note, key: noteId}}]
            == add POST /things
            request: [{{name: tag, type: string, presence: required, length: 2..6, ref: note.tag}}]
            == note-add POST /notes
            request: [{request}]
            response: [{{name: noteId, type: number, presence: required, value: 1..9}}, {{name: tag, type: string, presence: required, length: 2..6}}]
            effects: [{{create: note, key: response.noteId, set: {{tag: {maker}}}}}]
            "
        )
    };
    let found = |text: &str| {
        let planned = lines(&plan(text), "add", Family::Length);
        planned.into_iter().find(|line| line.contains("::one-longer")).unwrap_or_default()
    };
    let tag = |length: &str| format!("{{name: tag, type: string, presence: required, length: {length}}}");
    assert_eq!(
        found(&text("tag", &tag("2..6"))),
        r#"body.tag::one-longer | note-add tag="abcdef" | tag=one-longer(<sent 0 tag>) -> refuse tag/length"#
    );
    assert_eq!(
        found(&text("tag", &tag("2..7"))),
        r#"body.tag::one-longer | note-add tag="abcdef" | tag=one-longer(<sent 0 tag>) -> refuse tag/length"#
    );
    assert_eq!(
        found(&text("tag", &tag("6..7"))),
        r#"body.tag::one-longer | note-add tag="abcdef" | tag=one-longer(<sent 0 tag>) -> refuse tag/length"#
    );
    // The maker takes no name so long, or gives the name itself.
    let short = found(&text("tag", &tag("2..5")));
    assert!(short.starts_with("body.tag::one-longer | note-add | tag=one-longer(<sent 0 tag>) -> either"), "{short}");
    let answered = found(&text("response.tag", ""));
    assert_eq!(answered, "body.tag::one-longer | note-add | tag=one-longer(<answer 0 tag>) -> refuse tag/length");
}
