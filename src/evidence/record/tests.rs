use super::*;
use crate::evidence::testing::{footer, header, observed, run};

fn text(line: Vec<u8>) -> String {
    String::from_utf8(line).unwrap()
}

fn given() -> Grounds {
    let note = String::new();
    let given = Given { outcome: Outcome::Inconclusive, reason: Some(Reason::CanaryFailed), note };
    Grounds { given: Some(given), ..Grounds::default() }
}

#[test]
fn a_verdict_rests_on_its_exchanges_alone_unless_something_else_is_said() {
    for (grounds, none) in [
        (Grounds::default(), true),
        (given(), false),
        (Grounds { repeated: true, ..Grounds::default() }, false),
        (Grounds { ended: vec![0], ..Grounds::default() }, false),
    ] {
        assert_eq!(grounds.none(), none, "{grounds:?}");
    }
}

#[test]
fn an_exchange_is_written_with_its_case_and_read_again() {
    for (part, word) in [(Part::Earlier, "earlier"), (Part::Judged, "judged"), (Part::After, "after")] {
        let line = text(exchange_line("a\"b", 2, part, &observed()));
        let begin = format!(r#"{{"kind":"exchange","case":"a\"b","step":2,"part":"{word}","endpoint":"look","#);
        assert!(line.starts_with(&begin) && line.ends_with('}'), "{line}");
        assert!(line.contains(r#""request_body":{"n":1.50}"#), "numbers stay as they were written: {line}");
        match read("exchange", &line).unwrap() {
            Record::Exchange(own, seen) => assert_eq!((own, &*seen.endpoint), (part, "look")),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_case_is_written_with_what_there_is_to_say() {
    let input = serde_json::json!({"a": 1});
    let ground = r#"{"given":{"outcome":"INCONCLUSIVE","reason":"canary_failed","note":""}}"#;
    for (grounds, input, line) in [
        (Grounds::default(), None, r#"{"kind":"case","verdict":{"id":"c"}}"#.to_owned()),
        (
            Grounds { repeated: true, ..Grounds::default() },
            None,
            r#"{"kind":"case","verdict":{"id":"c"},"grounds":{"repeated":true}}"#.to_owned(),
        ),
        (given(), None, format!(r#"{{"kind":"case","verdict":{{"id":"c"}},"grounds":{ground}}}"#)),
        (Grounds::default(), Some(&input), r#"{"kind":"case","verdict":{"id":"c"},"input":{"a":1}}"#.to_owned()),
        (
            Grounds { repeated: true, ..Grounds::default() },
            Some(&input),
            r#"{"kind":"case","verdict":{"id":"c"},"grounds":{"repeated":true},"input":{"a":1}}"#.to_owned(),
        ),
    ] {
        let written = text(case_line(br#"{"id":"c"}"#, &grounds, input));
        assert_eq!(written, line);
        match read("case", &written).unwrap() {
            Record::Case(case) => {
                assert_eq!((case.verdict.get(), &case.grounds), (r#"{"id":"c"}"#, &grounds));
                assert_eq!(case.input.as_ref(), input);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn other_records_are_written_with_their_kind_first() {
    let end = Footer { cases: 3, exchanges: 9, partial: true, millis: 5 };
    assert_eq!(text(line("footer", &end)), footer(3, 9, true));
    for (aside, written) in [
        (Aside::of(Why::Canary, "c", "look"), r#"{"kind":"aside","why":"canary","case":"c","of":"look"}"#),
        (Aside::of(Why::Catalogue, "c", "look"), r#"{"kind":"aside","why":"catalogue","case":"c","of":"look"}"#),
        (Aside::about(Why::Confirm, "c", 0, None), r#"{"kind":"aside","why":"confirm","case":"c","at":0}"#),
        (
            Aside::about(Why::Shrink, "c", 2, Some(serde_json::json!([1]))),
            r#"{"kind":"aside","why":"shrink","case":"c","at":2,"input":[1]}"#,
        ),
    ] {
        let line = text(line("aside", &aside));
        assert_eq!(line, written);
        assert!(matches!(read("aside", &line).unwrap(), Record::Aside(read) if read.why == aside.why), "{line}");
    }
}

#[test]
fn a_record_is_read_by_its_kind() {
    let resumed = r#"{"kind":"resumed","at":"2026-11-26T03:00:00Z","salt":"s","torn":4}"#;
    assert!(matches!(read("resumed", resumed).unwrap(), Record::Resumed(r) if r.torn == 4 && r.salt == "s"));
    assert!(
        matches!(read("footer", &footer(1, 2, false)).unwrap(), Record::Footer(f) if (f.cases, f.exchanges) == (1, 2))
    );
    assert!(matches!(read("header", &header()).unwrap(), Record::Header(read) if *read == run()));
}

#[test]
fn a_record_that_is_not_readable_says_why() {
    let own = header();
    for (kind, text, says) in [
        (
            "header",
            own.replace(r#""version":2"#, r#""version":3"#),
            "konform/evidence 3: this program reads konform/evidence 2",
        ),
        ("header", own.replace("konform/evidence", "other"), "other 2: this program reads konform/evidence 2"),
        // What another version writes there, nobody knows.
        (
            "header",
            r#"{"format":"konform/evidence","version":3}"#.to_owned(),
            "version 3: this program reads konform/evidence 2",
        ),
        ("header", r#"{"format":"konform/evidence","version":2}"#.to_owned(), "missing field `run`"),
        ("header", "{}".to_owned(), "missing field `format`"),
        ("exchange", r#"{"part":"first"}"#.to_owned(), "unknown variant `first`"),
        ("exchange", r#"{"part":"judged"}"#.to_owned(), "missing field `endpoint`"),
        ("case", "{}".to_owned(), "missing field `verdict`"),
        ("aside", "{}".to_owned(), "missing field `why`"),
        ("resumed", "{}".to_owned(), "missing field `at`"),
        ("footer", "{}".to_owned(), "missing field `cases`"),
        ("other", "{}".to_owned(), "a record of kind `other` that this program does not know"),
    ] {
        let why = read(kind, &text).unwrap_err();
        assert!(why.starts_with(says), "{kind} {text}: {why}");
    }
}

#[test]
fn the_version_of_a_header_is_a_number() {
    for (text, version) in [
        (r#"{"version":3}"#, Some(3)),
        (r#"{"version":"3"}"#, None),
        (r#"{"version":4294967296}"#, None),
        ("{}", None),
        ("{", None),
    ] {
        assert_eq!(version_of(text), version, "{text}");
    }
}
