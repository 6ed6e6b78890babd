use std::collections::BTreeSet;

use super::super::check::{Side, State, Units, check};
use super::super::testing::{asked, asked_with};
use super::*;
use crate::model::field::Unit;

const UNIQUE: &str = "effects: [{create: shelf, key: f, unique: [f]}]\n";
const LEGAL: Aim = Aim::Legal { absent: None };

/// What many seeds draw for a field.
fn drawn(field: &Field, aim: Aim) -> Vec<Drawn> {
    (0..400).map(|seed| values(&[(field, aim)], seed).expect("it draws").current().remove(0)).collect()
}

/// The values among what was drawn, as JSON.
fn texts(drawn: &[Drawn]) -> BTreeSet<String> {
    let value = |drawn: &Drawn| match drawn {
        Drawn::Value(value) => Some(value.to_text()),
        Drawn::Fresh(text) => Some(text.clone()),
        Drawn::Keep | Drawn::Absent => None,
    };
    drawn.iter().filter_map(value).collect()
}

fn number(text: &str) -> i128 {
    text.parse().unwrap_or_else(|_| panic!("{text} is a whole number"))
}

/// Shrinks a text as a run would, for as long as the test holds; answers the text and the number of tries.
fn shrunk(min: usize, max: usize, fails: impl Fn(&str) -> bool) -> Option<(String, usize)> {
    for seed in 0..2000 {
        let text = Text { min, max, set: Set::Free, fresh: 0 };
        let mut drawing = Drawing::new(text, seed)?;
        let shown = |d: &Drawing<Drawn>| match d.current() {
            Drawn::Value(Json::String(text)) => text.to_string(),
            other => panic!("{other:?}"),
        };
        if !fails(&shown(&drawing)) {
            continue;
        }
        let mut tries = 0;
        while drawing.replay(&[true]) {
            tries += 1;
            if !fails(&shown(&drawing)) {
                drawing.replay(&[false]);
            }
        }
        return Some((shown(&drawing), tries));
    }
    None
}

#[test]
fn a_text_shrinks_to_what_matters() {
    let astral = |t: &str| t.chars().any(|c| u32::from(c) > 0xffff);
    let (text, tries) = shrunk(1, 80, |t| t.chars().count() > 64 && astral(t)).expect("it is drawn");
    assert_eq!(text.chars().count(), 65);
    assert_eq!(text.chars().filter(|c| *c != 'a').count(), 1, "{text}");
    assert!(tries < 300, "{tries}");
    let (text, _) = shrunk(2, 40, |t| t.contains('<') && t.contains('"')).expect("it is drawn");
    assert_eq!(text.chars().count(), 2, "{text}");
}

#[test]
fn a_text_shrinks_to_its_least_length_and_to_plain_letters() {
    for (min, set, fresh, smallest) in [
        (3, Set::Free, 0, Drawn::Value(Json::text("aaa"))),
        (3, Set::Digits, 0, Drawn::Value(Json::text("111"))),
        (3, Set::Free, 2, Drawn::Fresh("a##".to_owned())),
        (0, Set::Free, 0, Drawn::Value(Json::text(""))),
    ] {
        for seed in 0..20 {
            let mut drawing = Drawing::new(Text { min, max: 30, set, fresh }, seed).expect("it draws");
            let steps = (0..500).take_while(|_| drawing.replay(&[true])).count();
            assert_eq!(drawing.current(), smallest, "{set:?} {fresh}");
            // Nothing is smaller, and a step of which nothing is left is not taken back.
            assert!(steps < 500 && !drawing.replay(&[true]));
        }
    }
}

#[test]
fn a_step_that_was_taken_back_leaves_the_text_as_it_was() {
    for seed in 0..40 {
        let mut drawing = Drawing::new(Text { min: 0, max: 30, set: Set::Free, fresh: 0 }, seed).expect("it draws");
        let mut before = drawing.current();
        while drawing.replay(&[true]) {
            assert_ne!(drawing.current(), before, "a step changes something");
            assert!(drawing.replay(&[false]), "{seed}");
            assert_eq!(drawing.current(), before, "{seed}");
            assert!(!drawing.replay(&[false]), "once only");
            before = drawing.current();
        }
    }
}

#[test]
fn a_drawing_is_replayed_exactly() {
    let endpoints = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
    for seed in 0..20 {
        let drawn = |shrinks: &[bool]| {
            let mut drawing = calls(endpoints.clone(), 6, seed).expect("it draws");
            drawing.replay(shrinks);
            drawing.current()
        };
        let shrinks = [true, false, true, true, false];
        assert_eq!(drawn(&shrinks), drawn(&shrinks));
        assert!(drawn(&[true; 40]).len() <= drawn(&[]).len());
    }
}

#[test]
fn another_seed_draws_something_else() {
    let field = asked("type: string, length: 40..60");
    let all = drawn(&field, Aim::Legal { absent: Some(false) });
    let values = texts(&all);
    let kept = all.iter().filter(|drawn| **drawn == Drawn::Keep).count();
    assert_eq!(values.len() + kept, all.len());
}

#[test]
fn calls_are_of_every_kind_and_mostly_about_what_was_made_last() {
    let endpoints = vec!["a".to_owned(), "b".to_owned()];
    let runs: Vec<Vec<Call>> =
        (0..200).map(|seed| calls(endpoints.clone(), 4, seed).expect("it draws").current()).collect();
    assert_eq!(runs.iter().map(Vec::len).collect::<BTreeSet<_>>(), BTreeSet::from([1, 2, 3, 4]));
    let all: Vec<&Call> = runs.iter().flatten().collect();
    assert_eq!(all.iter().map(|call| call.turn).collect::<BTreeSet<_>>(), BTreeSet::from([0, 1, 2, 3]));
    assert_eq!(all.iter().map(|call| call.endpoint.as_str()).collect::<BTreeSet<_>>(), BTreeSet::from(["a", "b"]));
    let about = |names: Names| all.iter().filter(|call| call.names == names).count();
    assert!(about(Names::Latest) * 2 > all.len());
    assert!(Names::ALL.into_iter().all(|names| about(names) > 0));
}

#[test]
fn a_field_is_kept_left_out_or_given_a_value() {
    let (required, optional) = ("type: boolean", "type: boolean, presence: optional");
    let decided = |absent| Aim::Legal { absent: Some(absent) };
    for (lines, aim, keeps, absent, value) in [
        (required, LEGAL, true, false, true),
        (required, decided(true), true, false, true),
        (required, decided(false), true, false, true),
        (optional, LEGAL, true, true, true),
        (optional, decided(true), true, true, false),
        (optional, decided(false), true, false, true),
        ("type: boolean, presence: unseen", LEGAL, true, false, true),
        (required, Aim::Broken, false, true, true),
        (optional, Aim::Broken, false, false, true),
        (required, Aim::Near, false, false, true),
        // Nothing legal is known of these but what the baseline sends.
        ("type: unseen", LEGAL, true, false, false),
        ("type: array", LEGAL, true, false, false),
        ("type: number", LEGAL, true, false, false),
        ("type: string, format: HHmm", LEGAL, true, false, false),
        ("type: string, length: unseen, sample: HELLO", LEGAL, true, false, false),
        ("type: string, length: unseen, sample: {pattern: \"9#\"}", LEGAL, true, false, false),
        ("type: string, format: {value: HHmm, open: none}", LEGAL, true, false, true),
        ("type: string, length: 0", LEGAL, true, false, false),
        ("type: string, length: 65536", LEGAL, true, false, true),
        ("type: string, length: 65537", LEGAL, true, false, false),
    ] {
        let all = drawn(&asked(lines), aim);
        let own = (all.contains(&Drawn::Keep), all.contains(&Drawn::Absent), !texts(&all).is_empty());
        assert_eq!(own, (keeps, absent, value), "{lines} {aim:?}");
    }
}

#[test]
fn what_is_drawn_comes_more_often_than_what_the_baseline_sends() {
    for (lines, aim, least) in [
        ("type: boolean", LEGAL, 200),
        ("type: boolean, presence: optional", LEGAL, 240),
        ("type: boolean, presence: optional", Aim::Legal { absent: Some(true) }, 380),
    ] {
        let all = drawn(&asked(lines), aim);
        let used = all.iter().filter(|drawn| **drawn != Drawn::Keep).count();
        assert!(used > least && used < all.len(), "{lines}: {used}");
    }
}

#[test]
fn lengths_at_the_bounds_come_often() {
    let all = drawn(&asked("type: string, length: 1..1000"), LEGAL);
    let chars = |drawn: &Drawn| match drawn {
        Drawn::Value(value) => value.scalar().map(|text| text.chars().count()),
        _ => None,
    };
    let lengths: Vec<usize> = all.iter().filter_map(chars).collect();
    for (own, least) in [([1, 2], 25), ([999, 1000], 40)] {
        let count = |n: usize| lengths.iter().filter(|chars| **chars == n).count();
        assert!(own.into_iter().all(|n| count(n) > 5), "{own:?}");
        assert!(count(own[0]) + count(own[1]) > least, "{own:?}");
    }
    // The rest lies anywhere between.
    assert!(lengths.iter().filter(|chars| (3..999).contains(*chars)).count() > 60);
}

#[test]
fn both_values_of_a_boolean_and_every_word_of_a_list_are_drawn() {
    for (lines, all) in
        [("type: boolean", &["false", "true"][..]), ("type: string, enum: [A, B, C]", &["\"A\"", "\"B\"", "\"C\""])]
    {
        let own = texts(&drawn(&asked(lines), LEGAL));
        assert_eq!(own.iter().map(String::as_str).collect::<Vec<_>>(), all, "{lines}");
    }
}

#[test]
fn a_legal_text_has_a_legal_length_and_reaches_both_ends() {
    for (lines, rest, least, most) in [
        ("length: 2..9", "", 2, 9),
        ("length: 0..3", "", 1, 3),
        ("length: 5", "", 5, 5),
        ("length: 2..9, charset: digits", "", 2, 9),
        ("length: unseen", "", 1, 40),
        ("length: 2..12", UNIQUE, 10, 12),
    ] {
        let field = asked_with("", &format!("type: string, {lines}"), rest);
        let lengths: BTreeSet<usize> = drawn(&field, LEGAL)
            .iter()
            .filter_map(|drawn| match drawn {
                Drawn::Value(value) => value.scalar().map(|text| text.chars().count()),
                Drawn::Fresh(text) => Some(text.chars().count()),
                _ => None,
            })
            .collect();
        assert_eq!((lengths.first(), lengths.last()), (Some(&least), Some(&most)), "{lines}");
        // Bounds and their neighbours come often.
        assert!(
            lengths.contains(&most.saturating_sub(1).max(least)) && lengths.contains(&(least + 1).min(most)),
            "{lines}"
        );
    }
    // A text that must be unique and has no room for that is not drawn.
    assert!(texts(&drawn(&asked_with("", "type: string, length: 2..9", UNIQUE), LEGAL)).is_empty());
}

#[test]
fn the_characters_of_a_legal_text() {
    let digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
    for (lines, only_digits) in
        [("length: 9, charset: digits", true), ("length: 9, charset: hex", true), ("length: 9", false)]
    {
        let all = texts(&drawn(&asked(&format!("type: string, {lines}")), LEGAL));
        assert_eq!(all.iter().all(|text| digits(text.trim_matches('"'))), only_digits, "{lines}");
        let mut used: BTreeSet<char> = all.iter().flat_map(|text| text.chars()).collect();
        used.remove(&'"');
        if only_digits {
            assert_eq!(used.len(), 10, "{lines}");
        } else {
            assert!(('a'..='z').all(|c| used.contains(&c)) && !used.contains(&'A'), "{lines}");
            assert!(['가', '😀', '<', '漢', '-'].iter().all(|c| used.contains(c)), "{lines}");
            // Letters of one flavour are mixed into plain ones, which are more.
            let plain = all.iter().flat_map(|text| text.chars()).filter(char::is_ascii_lowercase).count();
            assert!(plain * 3 > all.iter().map(|text| text.chars().count()).sum::<usize>() * 2);
            assert!(!all.iter().any(|text| text.contains('가') && text.contains('😀')));
            assert!(
                all.iter().filter(|text| text.trim_matches('"').chars().all(|c| c.is_ascii_lowercase())).count() > 40
            );
        }
    }
    assert_eq!(set_of(&asked("type: string, length: 4, sample: \"1234\"")), Set::Digits);
    assert_eq!(set_of(&asked("type: string, length: 4, sample: HELP")), Set::Free);
}

#[test]
fn a_text_that_must_be_unique_ends_in_what_differs() {
    let all = texts(&drawn(&asked_with("", "type: string, length: 10..14", UNIQUE), LEGAL));
    for text in &all {
        let (own, fresh) = text.split_at(text.len() - 10);
        assert_eq!(fresh, "##########", "{text}");
        assert!(!own.contains('#') && own.chars().count() <= 4, "{text}");
    }
    assert!(all.iter().any(|text| text.len() > 10));
    let tree = TextTree {
        text: "#a#b".chars().collect(),
        min: 0,
        plain: 'a',
        fresh: 2,
        next: Step { removing: true, chunk: 4, at: 0 },
        last: None,
    };
    assert_eq!(tree.current(), Drawn::Fresh("+a##".to_owned()));
    assert_eq!(TextTree { fresh: 9, ..tree.clone() }.current(), Drawn::Fresh("####".to_owned()));
    assert_eq!(TextTree { fresh: 0, ..tree }.current(), Drawn::Value(Json::text("#a#b")));
}

#[test]
fn a_legal_number_lies_within_its_bounds_and_reaches_where_machines_stumble() {
    let (wide, narrow) = ("1..9999999999999999999", "3..90");
    for (bounds, least, most, reached) in [
        (narrow, 3, 90, vec![3, 4, 89, 90]),
        ("5..5", 5, 5, vec![5]),
        ("-9..9", -9, 9, vec![-9, -8, 8, 9]),
        (wide, 1, 9_999_999_999_999_999_999, vec![1, 2, 1 << 31, (1 << 31) + 1, 1 << 53, (1 << 53) + 1]),
    ] {
        let all = texts(&drawn(&asked(&format!("type: number, value: {bounds}")), LEGAL));
        let numbers: BTreeSet<i128> = all.iter().map(|text| number(text)).collect();
        assert!(*numbers.first().expect("a number") >= least && *numbers.last().expect("a number") <= most, "{bounds}");
        assert!(reached.iter().all(|n| numbers.contains(n)), "{bounds}: {numbers:?}");
    }
    let wide = texts(&drawn(&asked(&format!("type: number, value: {wide}")), LEGAL));
    assert!(["9999999999999999998", "9999999999999999999"].iter().all(|n| wide.contains(*n)));
    // Numbers that are not whole, or too long to be written out, are the value family's.
    assert!(texts(&drawn(&asked("type: number, value: 0.5..9"), LEGAL)).is_empty());
}

/// True if a request with the value breaks a rule of the field.
fn breaks(field: &Field, value: &Json) -> bool {
    let mut broken = false;
    let units = Units { side: Side::Request, units: &Unit::ALL };
    let body = Json::Object(vec![("f".into(), value.clone())]);
    check(std::slice::from_ref(field), &body, units, &mut |judged| broken |= judged.state == State::Broken);
    broken
}

#[test]
fn values_that_break_a_field() {
    for (lines, own) in [
        ("type: boolean", vec![]),
        ("type: number", vec![]),
        ("type: number, value: 1..9", vec!["0", "10", "-99999999999999999999", "1e40", "1.5"]),
        ("type: string, length: unseen", vec![r#""""#]),
        ("type: string, length: 1..9", vec![r#""""#]),
        ("type: string, length: 2..9", vec![r#""""#, r#""1""#]),
        ("type: string, length: 65536..70000", vec![r#""""#, "ones"]),
        ("type: string, length: 65537..70000", vec![r#""""#]),
        ("type: string, enum: [AB, BA, C]", vec![r#""""#, r#""ABx""#, r#""BAx""#, r#""Cx""#]),
        (
            "type: string, length: 1..2, charset: digits",
            vec![r#""""#, r#""zz""#, r#""--""#, r#""가가""#, "\"\u{660}\u{660}\""],
        ),
        ("type: string, length: 1..65537, charset: digits", vec![r#""""#]),
        ("type: string, format: HHmm", vec![r#""""#, r#""9999""#, r#""abab""#, r#""- - ""#]),
        ("type: string, format: MMdd", vec![r#""""#, r#""0000""#, r#""9999""#, r#""1340""#, r#""abab""#, r#""- - ""#]),
        ("type: string, format: email", vec![r#""""#]),
    ] {
        let field = asked(lines);
        let of_type = |value: &&Json| value.type_name() == field.kind.as_ref().map_or("", |kind| kind.first().word());
        let all = broken(&field);
        let short = |text: String| if text.len() > 99 { "ones".to_owned() } else { text };
        assert_eq!(all.iter().filter(of_type).map(|value| short(value.to_text())).collect::<Vec<_>>(), own, "{lines}");
        let others = all.iter().filter(|value| !of_type(value));
        assert_eq!(others.clone().count(), 8, "two of each other type: {lines}");
        assert!(others.into_iter().all(|value| breaks(&field, value)), "{lines}");
    }
    let either = asked("type: {conflict: size}, length: 4");
    assert!(
        broken(&either).iter().all(|value| value.type_name() != "number"),
        "a type of the other side breaks nothing"
    );
    assert!(broken(&asked("type: unseen")).is_empty());
}

#[test]
fn a_text_that_is_too_long_is_drawn_where_that_can_be_sent() {
    for (lines, least, most) in [
        ("length: 1..3", 4, 46),
        ("length: 1..3, charset: digits", 4, 46),
        ("length: unseen", 0, 0),
        ("length: 1..3, enum: [A]", 0, 0),
        ("length: 1..65536", 0, 0),
    ] {
        let field = asked(&format!("type: string, {lines}"));
        let all = drawn(&field, Aim::Broken);
        let chars = |drawn: &Drawn| match drawn {
            Drawn::Value(Json::String(text)) => Some(text.chars().count()),
            _ => None,
        };
        let long: BTreeSet<usize> = all.iter().filter_map(chars).filter(|chars| *chars > 3).collect();
        assert_eq!(long.is_empty(), most == 0, "{lines}");
        let listed = broken(&field);
        let short = |value: &Json| value.scalar().is_some_and(|text| text.chars().count() <= 3);
        let legal = |drawn: &&Drawn| matches!(drawn, Drawn::Value(value) if short(value) && !listed.contains(value));
        assert_eq!(all.iter().find(legal), None, "{lines}");
        if most > 0 {
            assert_eq!((long.first(), long.last()), (Some(&least), Some(&most)), "{lines}");
        }
    }
}

#[test]
fn values_that_careless_readers_take_for_others() {
    let tail = [r#""null""#, r#""undefined""#, r#""0""#];
    for (lines, own) in [
        ("type: number, value: 5..9", vec!["5.0", "5e0", "5.000000000000000000001", r#""5""#]),
        ("type: number", vec!["1.0", "1e0", "1.000000000000000000001", r#""1""#]),
        ("type: boolean", vec![r#""true""#, "1", "0", r#""""#]),
        ("type: string, enum: [Ab, C]", vec![r#""AB""#, r#""ab""#, r#""Ab ""#, r#"" Ab""#, r#""Ab\u0000""#]),
        ("type: string, length: unseen", vec![r#""AAAA""#, r#""aaaa""#, r#""aaaa ""#, r#"" aaaa""#, r#""aaaa\u0000""#]),
        ("type: string, length: 1..9", vec![r#""AA""#, r#""aa""#, r#""aa ""#, r#"" aa""#, r#""aa\u0000""#]),
        ("type: string, length: 3..9", vec![r#""AAA""#, r#""aaa""#, r#""aaa ""#, r#"" aaa""#, r#""aaa\u0000""#]),
    ] {
        let all: Vec<String> = near(&asked(lines)).iter().map(Json::to_text).collect();
        let text = lines.starts_with("type: string");
        let wanted: Vec<&str> = own.iter().chain(tail.iter().filter(|_| text)).copied().collect();
        assert_eq!(all, wanted, "{lines}");
        assert_eq!(texts(&drawn(&asked(lines), Aim::Near)), all.into_iter().collect(), "{lines}");
    }
}

#[test]
fn a_near_value_that_must_be_unique_differs_from_request_to_request() {
    for (bounds, ahead, behind) in [
        ("unseen", " ###########", "########### "),
        ("1..9", " ########", "######## "),
        ("20..30", " ###################", "################### "),
        ("1", " #", "# "),
    ] {
        let field = asked_with("", &format!("type: string, length: {bounds}"), UNIQUE);
        let own = texts(&drawn(&field, Aim::Near));
        assert_eq!(own, BTreeSet::from([ahead.to_owned(), behind.to_owned()]), "{bounds}");
    }
}
