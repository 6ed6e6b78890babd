use super::{TEXTS, fitted, free};
use crate::model::Family;
use crate::model::field::Unit;
use crate::plan::testing::{contract, fields, lines, plan, shown};
use crate::plan::{Breadth, Plan};

#[test]
fn a_text_is_filled_up_to_the_least_length_and_left_out_where_it_is_too_long() {
    for (field, text, units, expected) in [
        ("length: 1..9", "ab ", vec![Unit::CodePoints], Some(r#""ab ""#)),
        ("length: 3..9", "ab ", vec![Unit::CodePoints], Some(r#""ab ""#)),
        // A blank at the end stays there, and one at the beginning too.
        ("length: 5..9", "ab ", vec![Unit::CodePoints], Some(r#""aaab ""#)),
        ("length: 5..9", " ab", vec![Unit::CodePoints], Some(r#"" abaa""#)),
        ("length: 2..9", "e\u{301}", vec![Unit::CodePoints], Some("\"e\u{301}\"")),
        ("length: 4..9", "e\u{301}", vec![Unit::CodePoints], Some("\"e\u{301}aa\"")),
        ("length: 1..2", "abc", vec![Unit::CodePoints], None),
        ("length: 1..3", "abc", vec![Unit::CodePoints], Some(r#""abc""#)),
        // Of legal length in each unit that may count.
        ("length: 1..3", "한글", vec![Unit::CodePoints], Some(r#""한글""#)),
        ("length: 1..3", "한글", vec![Unit::CodePoints, Unit::Bytes], None),
        ("length: 1..6", "한글", vec![Unit::CodePoints, Unit::Bytes], Some(r#""한글""#)),
        ("length: unseen", "abc", vec![Unit::Bytes], Some(r#""abc""#)),
    ] {
        let contract = contract(&fields(&format!("{{name: a, type: string, presence: optional, {field}}}")));
        let found = fitted(&contract.endpoints[0].request[0], text, &units).map(|value| shown(&value));
        assert_eq!(found.as_deref(), expected, "{field} {text} {units:?}");
    }
    let unique = |length: &str| {
        contract(&format!(
            "
            resources: [{{name: note, key: noteId}}]
            == add POST /notes
            request: [{{name: a, type: string, presence: required, length: {length}}}]
            response: [{{name: noteId, type: number, presence: required, value: 1..9}}]
            effects: [{{create: note, key: response.noteId, unique: [a]}}]
            "
        ))
    };
    for (length, expected) in
        [("1..12", Some("<new ab##########>")), ("1..11", None), ("14..20", Some("<new ab##########aa>"))]
    {
        let found =
            fitted(&unique(length).endpoints[0].request[0], "ab", &[Unit::CodePoints]).map(|value| shown(&value));
        assert_eq!(found.as_deref(), expected, "{length}");
    }
    // Nothing is filled up to a length that cannot be sent.
    for (length, fits) in [("1048576..1048577", true), ("1048577..1048578", false)] {
        let contract = contract(&fields(&format!("{{name: a, type: string, presence: optional, length: {length}}}")));
        assert_eq!(fitted(&contract.endpoints[0].request[0], "ab", &[Unit::CodePoints]).is_some(), fits, "{length}");
    }
}

#[test]
fn a_text_is_free_if_no_clause_speaks_of_its_characters() {
    let contract = contract(
        "
        resources: [{name: note, key: noteId}]
        == note-add POST /notes
        response: [{name: noteId, type: string, presence: required, length: 1..9}]
        effects: [{create: note, key: response.noteId}]
        == add POST /things/{path}
        request:
          - {name: free, type: string, presence: required, length: 1..9}
          - {name: shown, type: string, presence: required, format: {value: yyMM, open: seen}}
          - {name: path, in: path, type: string, presence: required, length: 1..9}
          - {name: query, in: query, type: string, presence: required, length: 1..9}
          - {name: number, type: number, presence: required, value: 1..9}
          - {name: unseen, type: unseen, presence: required}
          - {name: digits, type: string, presence: required, length: 1..9, charset: digits}
          - {name: words, type: string, presence: required, enum: [A]}
          - {name: date, type: string, presence: required, format: yyMM}
          - {name: named, type: string, presence: required, length: 1..9, ref: note.noteId}
          - {name: repeated, type: string, presence: required, length: 1..9, equals: note.noteId}
          - {name: told, type: string, presence: required, length: 1..9, values: profile}
        ",
    );
    let found = contract.endpoints[1].request.iter().filter(|f| free(f)).map(|f| f.name.as_str());
    assert_eq!(found.collect::<Vec<_>>(), ["free", "shown"]);
}

#[test]
fn a_narrow_plan_sends_some_texts_and_a_wide_one_all_and_bends_headers() {
    let text = "
        request_headers: [{name: X-Id, presence: required, length: 3, send: abc}, {name: X-Not-Sent, presence: optional, length: 3}]
        == add POST /things
        request: [{name: a, type: string, presence: required, length: 1..99}]
    ";
    let narrow = plan(text);
    let found = lines(&narrow, "add", Family::Unicode);
    let few: Vec<&str> = TEXTS.iter().filter(|(.., narrow)| *narrow).map(|(name, ..)| *name).collect();
    let names = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|l| l.split(' ').next().unwrap_or_default().replace("body.a::", "")).collect()
    };
    assert_eq!(names(&found), few);
    assert_eq!(found[0], r#"body.a::trailing-blank a="ab " -> either: a has characters of which no source speaks"#);
    let wide = Plan::with(std::sync::Arc::clone(narrow.contract()), 0, Breadth { wide: true, ..Breadth::GATE });
    let found = names(&lines(&wide, "add", Family::Unicode));
    let all: Vec<&str> = TEXTS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(found[..TEXTS.len()], all);
    assert_eq!(
        found[TEXTS.len()..],
        ["hangul-end", "latin-end", "comma-end", "quote-end"].map(|end| format!("header.X-Id::{end}"))
    );
}

#[test]
fn a_text_that_is_shown_again_must_come_back_unchanged() {
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
    let found = lines(&plan(text), "add", Family::Unicode);
    assert_eq!(
        found[0],
        r#"body.tag::trailing-blank | add (trial) tag="ab " | note-get noteId=<answer 0 noteId> -> accept"#
    );
}
