use super::super::testing::*;
use super::*;
use crate::model::Body;

/// What is told of an answer with these headers where the contract has one row about them.
fn judged(row: &str, headers: &[&str]) -> (String, String, &'static str) {
    let contract = contract(&format!("response_headers: [{row}]"), "");
    let (seen, mut notes) = (answer(200, headers, Body::Empty), notes(&contract));
    check(&contract, endpoint(&contract), of(&seen), &mut notes);
    told(&notes)
}

#[test]
fn a_header_is_held_to_its_row() {
    let required = "{name: X-Shelf, presence: required, length: 4}";
    let optional = "{name: X-Shelf, presence: optional, length: 4}";
    let unseen = "{name: X-Shelf, presence: unseen, length: 4}";
    let (presence, length) = ("response-header/X-Shelf/presence", "response-header/X-Shelf/length");
    for (row, headers, held, broken) in [
        (required, &["X-Shelf: A-01"][..], format!("{presence} {length}"), String::new()),
        (required, &["x-shelf: A-01"], format!("{presence} {length}"), String::new()),
        (required, &["X-Shelf: A-1"], presence.to_owned(), format!("{length} at header:X-Shelf: \"A-1\"")),
        (required, &[], String::new(), format!("{presence} at header:X-Shelf: absent")),
        (required, &["X-Other: A-01"], String::new(), format!("{presence} at header:X-Shelf: absent")),
        (optional, &[], presence.to_owned(), String::new()),
        (optional, &["X-Shelf: A-1"], presence.to_owned(), format!("{length} at header:X-Shelf: \"A-1\"")),
        (unseen, &[], String::new(), String::new()),
    ] {
        assert_eq!(judged(row, headers), (held, broken, ""), "{row} {headers:?}");
    }
}

#[test]
fn a_content_type_without_parameters_may_be_spelled_otherwise() {
    let row = |name: &str, word: &str| format!("{{name: {name}, presence: unseen, enum: [\"{word}\"]}}");
    for (name, word, value, right) in [
        ("Content-Type", "application/json", "application/json", true),
        ("Content-Type", "application/json", "Application/JSON", true),
        ("Content-Type", "application/json", "application/json; charset=utf-8", true),
        ("Content-Type", "application/json", "text/json", false),
        ("content-type", "Application/Json", "application/json", true),
        // A parameter that the page names is asked for.
        ("Content-Type", "application/json;charset=utf-8", "application/json;charset=utf-8", true),
        ("Content-Type", "application/json;charset=utf-8", "application/json", false),
        ("Content-Type", "application/json;charset=utf-8", "application/json; charset=UTF-8", true),
        ("Content-Type", "application/json;charset=utf-8", "application/json ; Charset = \"utf-8\"", true),
        ("Content-Type", "application/json;charset=utf-8", "application/json;charset=utf-16", false),
        ("Content-Type", "a/b;x=1;y=2", "a/b; y=2; x=1", true),
        // No other header has such a rule.
        ("X-Mode", "fast", "fast", true),
        ("X-Mode", "fast", "FAST", false),
        ("X-Mode", "fast", "fast; very", false),
    ] {
        let (held, found, _) = judged(&row(name, word), &[format!("{name}: {value}").as_str()]);
        assert_eq!((held.is_empty(), found.is_empty()), (!right, right), "{name} {word}: {value}");
    }
}

#[test]
fn other_headers_keep_their_text_beside_a_content_type() {
    let rows = "{name: Content-Type, presence: unseen, enum: [application/json]}, {name: X-Mode, presence: unseen, length: 10}";
    let (held, found, _) = judged(rows, &["content-type: application/json", "x-mode: fast; very"]);
    assert_eq!((held.split(' ').count(), found.as_str()), (2, ""));
}
