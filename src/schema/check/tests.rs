use super::super::testing::{API, answered, asked, asked_with, contract, json};
use super::*;
use Side::{Request, Response};

/// What a value of the field `f` comes to, rule by rule: what breaks a rule or may be read either way says how. No value is none.
fn told(field: &Field, side: Side, value: &str) -> String {
    told_in(field, side, &Unit::ALL, value)
}

fn told_in(field: &Field, side: Side, units: &[Unit], value: &str) -> String {
    let members = if value.is_empty() { Vec::new() } else { vec![("f".into(), json(value))] };
    judged(field, &Json::Object(members), Units { side, units })
}

fn judged(field: &Field, body: &Json, units: Units<'_>) -> String {
    let mut out = Vec::new();
    check(std::slice::from_ref(field), body, units, &mut |judged| {
        let state = match judged.state {
            State::Holds => return out.push(judged.rule.word().to_owned()),
            State::Broken => "broken",
            State::Unknown => "unknown",
        };
        let way = if judged.way == Way::Other { String::new() } else { format!(" {:?}", judged.way).to_lowercase() };
        out.push(format!("{} {state}{way}", judged.rule.word()));
    });
    out.join(", ")
}

/// Rows of a field: whose value it is, the value, what it comes to.
fn all(field: &Field, rows: &[(Side, &str, &str)]) {
    for (side, value, comes_to) in rows {
        assert_eq!(told(field, *side, value), *comes_to, "{value} in a {side:?}");
    }
}

#[test]
fn a_field_is_there_left_out_or_null() {
    for (lines, value, comes_to) in [
        ("presence: required", "true", "presence, type"),
        ("presence: required", "", "presence broken absent"),
        ("presence: required", "null", "presence broken null"),
        ("presence: required, nullable: true", "null", "presence"),
        ("presence: required, nullable: true", "", "presence broken absent"),
        ("presence: optional", "true", "presence, type"),
        ("presence: optional", "", "presence"),
        ("presence: optional", "null", "presence unknown null"),
        ("presence: optional, nullable: true", "null", "presence"),
        ("presence: unseen", "true", "type"),
        ("presence: unseen", "", "presence unknown absent"),
        ("presence: unseen", "null", "presence unknown null"),
    ] {
        let field = asked(&format!("type: boolean, {lines}"));
        all(&field, &[(Request, value, comes_to), (Response, value, comes_to)]);
    }
}

#[test]
fn each_type_is_told_from_every_other() {
    let values = [("string", "\"12345678\""), ("number", "1"), ("boolean", "true"), ("array", "[]"), ("object", "{}")];
    for (kind, _) in values {
        let length = if kind == "string" { ", length: 8" } else { "" };
        let field = answered(&format!("type: {kind}{length}, presence: unseen"));
        for (other, value) in values {
            let own = told(&field, Response, value);
            assert_eq!(own == "type broken", other != kind, "{value} for a {kind}: {own}");
        }
    }
}

#[test]
fn a_type_on_which_sources_disagree() {
    let field = asked("type: {conflict: size}, length: 1..3");
    all(
        &field,
        &[
            (Request, "\"abc\"", "presence, type, length"),
            // Of the other side's type nothing more is known.
            (Request, "1", "presence, type unknown"),
            (Request, "1.5", "presence, type unknown"),
            (Request, "true", "presence, type broken"),
            (Response, "1.5", "presence, type"),
            (Response, "\"abcd\"", "presence, type, length broken above"),
            (Response, "true", "presence, type broken"),
        ],
    );
    // A value of another type is judged by no other rule of the field.
    all(
        &asked("type: boolean"),
        &[(Request, "1.5", "presence, type broken"), (Request, "\"<\"", "presence, type broken")],
    );
    // In an answer the other side is as good, and its rules hold.
    let valued = asked("type: {conflict: size}, length: 1..3, value: 1..9");
    all(&valued, &[(Response, "10", "presence, type, value broken above"), (Response, "9", "presence, type, value")]);
}

#[test]
fn a_length_counts_in_each_unit_that_it_may_mean() {
    let field = asked("type: string, length: 2..4, charset: {value: digits, open: none}");
    let all_units = &Unit::ALL[..];
    for (side, units, text, length) in [
        (Response, all_units, "a", "length broken below"),
        (Response, all_units, "ab", "length"),
        (Response, all_units, "abcd", "length"),
        (Response, all_units, "abcde", "length broken above"),
        // Three bytes each: two characters are too many bytes, one is enough in bytes alone.
        (Response, all_units, "가", "length"),
        (Request, all_units, "가나", "length unknown above"),
        (Response, all_units, "가나", "length"),
        (Response, all_units, "가나다라마", "length broken above"),
        (Request, &[Unit::CodePoints], "가나", "length"),
        (Request, &[Unit::Bytes], "가나", "length broken above"),
        (Request, &[Unit::CodePoints], "😀", "length broken below"),
        (Request, &[Unit::Utf16], "😀", "length"),
        (Request, &[Unit::Bytes], "😀", "length"),
        (Request, &[Unit::Utf16], "😀😀😀", "length broken above"),
    ] {
        let own = told_in(&field, side, units, &format!("\"{text}\""));
        assert_eq!(own.split(", ").nth(2), Some(length), "{text} in {units:?}, {side:?}");
    }
}

#[test]
fn an_empty_text_is_judged_by_its_length_or_an_error_row() {
    let row = "errors: [{status: 400, code: E, message: unseen, when: {empty: f}}]\n";
    for (field, side, comes_to) in [
        (asked("type: string, length: 0..4"), Response, "presence, type, length"),
        (asked("type: string, length: 1..4"), Response, "presence, type, length broken empty"),
        (asked("type: string, length: {value: 1..4, open: none}"), Response, "presence, type"),
        (asked("type: string, length: unseen"), Response, "presence, type"),
        (asked("type: string, enum: [ON, OFF]"), Response, "presence, type, enum broken empty"),
        (asked("type: string, enum: [ON, \"\"]"), Response, "presence, type"),
        (asked("type: string, presence: optional, enum: [ON, OFF]"), Response, "presence, type"),
        (asked("type: string, length: 1..4"), Request, "presence, type, length broken empty"),
        (asked("type: string, length: 0..4"), Request, "presence, type, length"),
        (asked_with("", "type: string, length: 0..4", row), Request, "presence, type, length unknown empty"),
        (asked("type: string, presence: optional, length: 1..4"), Request, "presence, type, length unknown empty"),
        (asked("type: string, length: unseen"), Request, "presence, type, presence unknown empty"),
        (asked_with("", "type: string, length: unseen", row), Request, "presence, type, presence broken empty"),
        (asked("type: string, presence: optional, length: unseen"), Request, "presence, type, length unknown empty"),
    ] {
        assert_eq!(told(&field, side, "\"\""), comes_to);
    }
}

#[test]
fn a_bound_on_which_sources_disagree_and_one_that_is_open() {
    let many = asked("type: string, length: {conflict: many}");
    let open = asked("type: string, length: {value: 2..4, open: none}");
    all(
        &many,
        &[
            (Request, "\"abc\"", "presence, type, length"),
            (Request, "\"abcde\"", "presence, type, length unknown above"),
            (Request, "\"abcd\"", "presence, type, length broken above"),
            (Response, "\"abcde\"", "presence, type, length"),
            (Response, "\"abcd\"", "presence, type, length broken above"),
        ],
    );
    all(
        &open,
        &[
            (Request, "\"abcd\"", "presence, type, length"),
            (Request, "\"abcde\"", "presence, type, length unknown above"),
            (Request, "\"a\"", "presence, type, length unknown below"),
            (Response, "\"abcde\"", "presence, type, length unknown above"),
        ],
    );
}

#[test]
fn a_text_of_unknown_length_is_legal_with_8_to_20_characters() {
    let doubt = "presence, type, length unknown";
    for (lines, chars, comes_to) in [
        ("length: unseen", 7, doubt),
        ("length: unseen", 8, "presence, type"),
        ("length: unseen", 20, "presence, type"),
        ("length: unseen", 21, doubt),
        // What a source shows, or another call has given, is legal as it is.
        ("length: unseen, sample: aaa", 3, "presence, type"),
        ("length: unseen, sample: aaa", 4, doubt),
        ("length: unseen, ref: shelf.shelfId", 3, "presence, type"),
        ("length: unseen, equals: shelf.shelfId", 3, "presence, type"),
    ] {
        let field = asked(&format!("type: string, {lines}"));
        let text = format!("\"{}\"", "a".repeat(chars));
        assert_eq!(told(&field, Request, &text), comes_to, "{lines} {chars}");
        assert_eq!(told(&field, Response, &text), "presence, type", "{lines} {chars}");
    }
    all(&asked("type: unseen, length: unseen"), &[(Request, "\"abc\"", "presence")]);
    all(&asked("type: string, format: email"), &[(Request, "\"a@b.c\"", "presence, type, format")]);
}

#[test]
fn the_characters_of_a_charset() {
    let digits = asked("type: string, length: 2, charset: digits");
    let hex = asked("type: string, length: 2, charset: hex");
    let either = asked("type: string, length: 2, charset: {conflict: word}");
    let own = "presence, type, length, charset";
    for (field, text, request, response) in [
        (&digits, "12", "", ""),
        (&digits, "1a", " broken", " broken"),
        (&digits, "\u{661}1", " broken", " broken"),
        (&hex, "aF", "", ""),
        (&hex, "ag", " broken", " broken"),
        (&either, "12", "", ""),
        (&either, "af", " unknown", ""),
        (&either, "ag", " broken", " broken"),
    ] {
        let units = &[Unit::CodePoints];
        let told = |side| told_in(field, side, units, &format!("\"{text}\""));
        assert_eq!((told(Request), told(Response)), (format!("{own}{request}"), format!("{own}{response}")), "{text}");
    }
}

#[test]
fn characters_that_no_source_promises_are_unknown() {
    let plain = asked("type: string, length: 3");
    let shown = asked("type: string, length: 3, sample: {pattern: \"9##\"}");
    let dated = asked("type: string, length: unseen, format: \"yyyy;MM\"");
    let hangul = asked_with("script: hangul\n", "type: string, length: 3", "");
    let legal = "presence, type, length";
    let doubt = "presence, type, length, charset unknown";
    for text in ["abc", "a b", "a~b", "a/b", "a!b"] {
        assert_eq!(told(&plain, Request, &format!("\"{text}\"")), legal, "{text}");
    }
    for text in [" ab", "ab ", "a<b", "a>b", "a'b", "a`b", "a;b", "a&b", "a%b", "a$b", "a{b", "a}b", "a\u{7f}b"] {
        assert_eq!(told(&plain, Request, &format!("\"{text}\"")), doubt, "{text}");
        assert_eq!(told(&plain, Response, &format!("\"{text}\"")), legal, "{text}");
    }
    for text in [r#""a\"b""#, r#""a\\b""#] {
        assert_eq!(told(&plain, Request, text), doubt, "{text}");
    }
    let units = &[Unit::CodePoints];
    assert_eq!(told_in(&plain, Request, units, "\"가나다\""), doubt);
    assert_eq!(told_in(&hangul, Request, units, "\"가힣b\""), legal);
    assert_eq!(told_in(&hangul, Request, units, "\"가漢b\""), doubt);
    // Sources show digits alone; a format writes what stands in it.
    all(&shown, &[(Request, "\"123\"", legal), (Request, "\"12a\"", doubt)]);
    all(
        &dated,
        &[
            (Request, "\"2024;05\"", "presence, type, format"),
            (Request, "\"2024<05\"", "presence, type, charset unknown, format broken"),
        ],
    );
}

#[test]
fn the_words_of_a_list() {
    let field = asked("type: string, enum: [ON, OFF]");
    let either = asked("type: string, enum: {conflict: word}");
    let long = asked("type: string, length: 2, enum: [ON]");
    let own = "presence, type, enum";
    all(
        &field,
        &[
            (Request, "\"ON\"", own),
            (Request, "\"OFF\"", own),
            (Request, "\"on\"", "presence, type, enum unknown"),
            (Response, "\"on\"", "presence, type, enum broken"),
            (Request, "\"ONE\"", "presence, type, enum broken"),
        ],
    );
    all(
        &either,
        &[
            (Request, "\"OLD\"", own),
            (Request, "\"NEW\"", "presence, type, enum unknown"),
            (Response, "\"NEW\"", own),
            (Response, "\"ODD\"", "presence, type, enum broken"),
        ],
    );
    // A text of illegal length is no word either: that is no second fault.
    all(&long, &[(Response, "\"ONE\"", "presence, type, length broken above")]);
}

#[test]
fn the_texts_of_a_format() {
    let either = asked("type: string, length: {conflict: size}, format: {conflict: size}");
    let own = "presence, type, length, format";
    all(
        &asked("type: string, format: yyyyMMdd"),
        &[
            (Request, "\"20240229\"", "presence, type, format"),
            (Request, "\"20230229\"", "presence, type, format broken"),
        ],
    );
    all(
        &either,
        &[
            (Request, "\"1200\"", own),
            (Request, "\"1299\"", "presence, type, length, format broken"),
            // Of another length by the other side: then of another format too.
            (Request, "\"120000\"", "presence, type, length unknown above, format unknown"),
            (Request, "\"129900\"", "presence, type, length unknown above, format unknown"),
            (Response, "\"120000\"", own),
            (Response, "\"129900\"", "presence, type, length, format broken"),
        ],
    );
    let open = asked("type: string, length: {value: 2..3, open: none}, format: HHmm");
    all(&open, &[(Request, "\"1299\"", "presence, type, length unknown above, format broken")]);
}

#[test]
fn a_number_lies_within_its_bounds_and_is_written_plainly() {
    let field = asked("type: number, value: 1..9");
    let whole = asked("type: number, value: 1..9, integer: true");
    let many = asked("type: number, value: {conflict: many}");
    let own = "presence, type, value";
    all(
        &field,
        &[
            (Request, "0", "presence, type, value broken below"),
            (Request, "1", own),
            (Request, "9", own),
            (Request, "10", "presence, type, value broken above"),
            (Request, "9.0", "presence, type, value, integer unknown"),
            (Request, "1e0", "presence, type, value, integer unknown"),
            (Response, "9.0", own),
            (Response, "9.000000000000000000001", "presence, type, value broken above"),
        ],
    );
    all(
        &whole,
        &[
            (Response, "9", "presence, type, value, integer"),
            (Response, "9.0", "presence, type, value, integer broken"),
            (Response, "-1", "presence, type, value broken below, integer"),
        ],
    );
    all(
        &many,
        &[
            (Request, "5", own),
            (Request, "7", "presence, type, value unknown above"),
            (Request, "6", "presence, type, value broken above"),
            (Response, "7", own),
            (Response, "6", "presence, type, value broken above"),
            (Response, "0", "presence, type, value broken below"),
        ],
    );
    all(&asked("type: number"), &[(Request, "-7", "presence, type"), (Response, "-7.5", "presence, type")]);
}

#[test]
fn a_value_that_another_field_of_the_attribute_does_not_take_is_unknown() {
    let rows = "{name: f, type: string, presence: required, length: 1..9}, {name: g, type: string, presence: optional, length: 1..4, charset: digits, ref: shelf.f}";
    let contract = contract(API, rows, "", "effects: [{create: shelf, key: f, unique: [f]}]\n");
    let own = "presence, type, length";
    all(
        &contract.endpoints[0].request[0],
        &[
            (Request, "\"1234\"", own),
            (Request, "\"12345\"", "presence, type, length, length unknown elsewhere"),
            (Request, "\"abc\"", "presence, type, length, charset unknown elsewhere"),
            (Request, "\"1234567890\"", "presence, type, length broken above"),
            (Response, "\"12345\"", own),
        ],
    );
}

#[test]
fn a_secret_is_judged_by_what_redaction_left_of_it() {
    let redacted = |matches: &str| {
        let rest = r#""kind":"pin","commit":"","chars":2,"utf16":3,"bytes":6,"classes":[],"luhn":false"#;
        let value: Json = serde_json::from_str(&format!(r#"{{"redacted":{{{rest},"matches":[{matches}]}}}}"#)).unwrap();
        Json::Object(vec![("f".into(), value)])
    };
    let length =
        |bounds: &str| asked(&format!("type: string, length: {bounds}, charset: {{value: digits, open: none}}"));
    for (field, units, matches, comes_to) in [
        (length("2"), &[Unit::CodePoints][..], "", "presence, type, length, charset unknown"),
        (length("3"), &[Unit::Utf16], "", "presence, type, length, charset unknown"),
        (length("6"), &[Unit::Bytes], "", "presence, type, length, charset unknown"),
        (length("6"), &[Unit::Utf16], "", "presence, type, length broken below, charset unknown"),
        (length("2..3"), &Unit::ALL, "", "presence, type, length unknown above, charset unknown"),
        (
            asked("type: string, length: 2..9, charset: digits"),
            &Unit::ALL,
            "\"digits\"",
            "presence, type, length, charset",
        ),
        (
            asked("type: string, length: 2..9, charset: digits"),
            &Unit::ALL,
            "\"hex\"",
            "presence, type, length, charset broken",
        ),
        (asked("type: string, enum: [ON]"), &Unit::ALL, "\"ON\"", "presence, type, enum"),
        (asked("type: string, enum: [ON]"), &Unit::ALL, "", "presence, type, enum broken"),
        (asked("type: string, format: HHmm"), &Unit::ALL, "\"HHmm\"", "presence, type, format"),
        (asked("type: string, format: HHmm"), &Unit::ALL, "", "presence, type, format broken"),
        // Whether its characters are usual ones nobody sees.
        (asked("type: string, length: 2..9"), &Unit::ALL, "", "presence, type, length"),
    ] {
        assert_eq!(judged(&field, &redacted(matches), Units { side: Request, units }), comes_to, "{matches}");
    }
}

#[test]
fn a_rule_is_told_with_its_place() {
    let member = "{name: a~/b, type: number, presence: required, value: 1..9}";
    let field = answered(&format!(
        "type: object, fields: [{member}, {{name: list, type: array, presence: optional, items: {{type: object, fields: [{member}]}}}}]"
    ));
    let body = json(r#"{"f":{"a~/b":0,"list":[{"a~/b":1},{"a~/b":0}]}}"#);
    let mut broken = Vec::new();
    let units = Units { side: Response, units: &Unit::ALL };
    check(&[field], &body, units, &mut |judged| {
        if judged.state == State::Broken {
            broken.push(judged.path.to_string());
        }
    });
    assert_eq!(broken, ["/f/a~0~1b", "/f/list/1/a~0~1b"]);
    assert_eq!((Path::Root.to_string(), Path::Header("X-Key").to_string()), (String::new(), "header:X-Key".to_owned()));
}

#[test]
fn a_header_is_found_by_its_name_in_any_case() {
    let api = format!("{API}response_headers: [{{name: X-Shelf, presence: required, length: 4}}]\n");
    let contract = contract(&api, "", "", "");
    for (name, value, states) in [
        ("X-Shelf", "A-01", &[State::Holds, State::Holds][..]),
        ("x-shelf", "A-01", &[State::Holds, State::Holds]),
        ("x-shelf", "A-1", &[State::Holds, State::Broken]),
        ("x-other", "A-01", &[State::Broken]),
    ] {
        let headers = [("x-first".to_owned(), "A".to_owned()), (name.to_owned(), value.to_owned())];
        let mut own = Vec::new();
        let units = Units { side: Response, units: &Unit::ALL };
        check_header(&contract.endpoints[0].response_headers, &headers, units, &mut |judged| own.push(judged.state));
        assert_eq!(own, states, "{name}: {value}");
    }
}
