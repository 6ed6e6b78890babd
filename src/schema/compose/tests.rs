use super::super::testing::{asked, asked_with};
use super::*;

const UNIQUE: &str = "effects: [{create: shelf, key: f, unique: [f]}]\n";

fn shown(template: &Template) -> String {
    match template {
        Template::Json(value) => value.to_text(),
        Template::Object(members) => {
            members.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect::<Vec<_>>().join(", ")
        }
        Template::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Template::Hole(Hole::Identity { shape, chars, .. }) => match shape {
            Shape::Alphabet(letters) => format!("new, {chars} of {}", letters.iter().collect::<String>()),
            Shape::Pattern(pattern) => format!("new, {chars} as {pattern}"),
            shape => format!("new, {chars} {shape:?}"),
        },
        Template::Hole(Hole::Number { least, most, .. }) => format!("new, {least} to {most}"),
        Template::Hole(Hole::Catalogue { resource, attribute, value, keep, text }) => {
            format!("{keep:?} {resource} where {attribute} is {value}, {}", if *text { "texts" } else { "numbers" })
        }
        Template::Hole(Hole::Entry { resource, attribute, value, text }) => {
            format!("a {resource} where {attribute} is {value}, a {}", if *text { "text" } else { "number" })
        }
        other => panic!("{other:?}"),
    }
}

fn length(field: &Field, chars: usize, script: Script) -> String {
    of_length(field, chars, script, 0).map_or_else(|why| format!("none: {why}"), |template| shown(&template))
}

#[test]
fn a_filler_takes_the_letters_of_its_script_in_turn() {
    for (script, chars, seed, text) in [
        (Script::Ascii, 0, 0, ""),
        (Script::Ascii, 3, 0, "abc"),
        (Script::Ascii, 3, 1, "bcd"),
        (Script::Ascii, 3, 25, "zab"),
        (Script::Ascii, 3, 26, "abc"),
        (Script::Hangul, 8, 0, "가나다라마바사가"),
        (Script::Astral, 5, 1, "🎉𐍈🚀😀🎉"),
    ] {
        assert_eq!(filler(script, chars, seed), text);
    }
    for (script, word, bytes) in
        [(Script::Ascii, "ascii", 1), (Script::Hangul, "hangul", 3), (Script::Astral, "astral", 4)]
    {
        assert_eq!((script.word(), script.bytes()), (word, bytes));
        assert!(script.letters().iter().all(|letter| letter.len_utf8() == bytes));
    }
}

#[test]
fn a_text_has_exactly_the_length_that_is_asked_for() {
    for (lines, chars, text) in [
        ("length: 1..9", 4, r#""abcd""#),
        ("length: unseen", 4, r#""abcd""#),
        ("enum: [AB, ABC]", 3, r#""ABC""#),
        ("enum: [AB, ABC]", 4, r#""abcd""#),
        ("length: 1..9, charset: hex", 18, r#""0123456789abcdef01""#),
        ("length: unseen, format: email", 30, "new, 30 Email"),
        // A pattern is cut or goes on with digits of its own.
        ("length: 1..9, sample: {pattern: \"9#\"}", 1, "new, 1 as 9"),
        ("length: 1..9, sample: {pattern: \"9#\"}", 2, "new, 2 as 9#"),
        ("length: 1..9, sample: {pattern: \"9#\"}", 4, "new, 4 as 9###"),
        // A date cut short or made longer stays one as far as that goes.
        ("format: yyyyMMdd, sample: \"20240229\"", 6, r#""202402""#),
        ("format: yyyyMMdd, sample: \"20240229\"", 8, r#""20240229""#),
        ("format: yyyyMMdd", 6, r#""199001""#),
        ("format: yyyyMMdd", 8, r#""19900115""#),
        ("format: yyyy-MM-dd, charset: hex", 7, r#""1990-01""#),
    ] {
        assert_eq!(length(&asked(&format!("type: string, {lines}")), chars, Script::Ascii), text, "{lines} {chars}");
    }
}

#[test]
fn a_text_of_digits_has_digits_of_every_kind() {
    for lines in [
        "length: 1..99, charset: digits",
        "length: unseen, sample: \"1234\"",
        "length: unseen, sample: \"1234\", charset: {value: digits, open: none}",
    ] {
        let text = length(&asked(&format!("type: string, {lines}")), 40, Script::Ascii);
        let text = text.trim_matches('"');
        assert!(text.len() == 40 && text.bytes().all(|b| b.is_ascii_digit()), "{lines}: {text}");
        assert!(('0'..='9').all(|digit| text[..10].contains(digit)), "{lines}: {text}");
    }
    let longer = length(&asked("type: string, format: yyyyMMdd, sample: \"20240229\""), 18, Script::Ascii);
    assert!(longer.starts_with("\"20240229") && longer.len() == 20, "{longer}");
}

#[test]
fn what_must_be_unique_is_made_anew() {
    for (lines, chars, script, text) in [
        ("length: 1..9", 4, Script::Ascii, "new, 4 Plain"),
        ("length: 1..9, charset: digits", 3, Script::Ascii, "new, 3 as ###"),
        ("length: 1..9, charset: hex", 3, Script::Ascii, "new, 3 of 0123456789abcdef"),
        ("length: unseen, format: email, charset: {value: digits, open: none}", 20, Script::Ascii, "new, 20 Email"),
        ("length: 1..9, sample: {pattern: \"9#\"}", 3, Script::Ascii, "new, 3 as 9##"),
        ("length: 1..9", 4, Script::Hangul, "new, 4 of 가나다라마바사"),
        (
            "length: 1..9, charset: digits",
            3,
            Script::Hangul,
            "none: hangul text of 3 characters would break another clause of the field too",
        ),
    ] {
        let field = asked_with("", &format!("type: string, {lines}"), UNIQUE);
        assert_eq!(length(&field, chars, script), text, "{lines} {chars}");
    }
}

#[test]
fn another_script_must_break_no_other_clause() {
    let broken = "none: astral text of 2 characters would break another clause of the field too";
    for (lines, text) in [
        ("length: 1..9", "\"😀🎉\""),
        ("length: 1..9, charset: digits", broken),
        ("length: 1..9, enum: [AB]", broken),
        ("length: 1..9, format: HHmm", broken),
        ("length: 1..9, charset: {value: digits, open: none}", "\"😀🎉\""),
        ("length: 1..9, enum: {value: [AB], open: none}", "\"😀🎉\""),
        ("length: 1..9, format: {value: HHmm, open: none}", "\"😀🎉\""),
    ] {
        assert_eq!(length(&asked(&format!("type: string, {lines}")), 2, Script::Astral), text, "{lines}");
    }
}

#[test]
fn what_is_too_long_to_send_is_not_made() {
    for (place, script, most) in [
        ("body", Script::Ascii, 1 << 20),
        ("body", Script::Hangul, 1 << 20),
        ("query", Script::Ascii, 7_000),
        // Three characters of an address for each of three bytes.
        ("query", Script::Hangul, 777),
    ] {
        let field = asked(&format!("in: {place}, type: string, length: unseen"));
        assert!(of_length(&field, most, script, 0).is_ok(), "{place} {script:?}");
        assert_eq!(of_length(&field, most + 1, script, 0), Err(too_long(most + 1)), "{place} {script:?}");
    }
    assert_eq!(too_long(7), "a value of 7 characters is too long to send");
}

#[test]
fn a_baseline_text_is_legal_by_every_source() {
    for (lines, text) in [
        ("length: 1..9", Some("\"abcdefghi\"")),
        ("length: 1..99", Some("\"abcdefghijklmnop\"")),
        ("length: 18..20", Some("\"abcdefghijklmnopqr\"")),
        ("length: unseen", Some("\"abcdefghijklmnop\"")),
        ("enum: [ON, OFF]", Some("\"ON\"")),
        ("length: unseen, sample: HELLO", Some("\"HELLO\"")),
        ("length: unseen, sample: {pattern: \"9##\"}", Some("new, 3 as 9##")),
        ("format: email", Some("new, 32 Email")),
        ("format: email, length: 1..20", Some("new, 20 Email")),
        ("format: yyyyMMdd", Some("\"19900115\"")),
        ("length: {conflict: size}", Some("\"abcd\"")),
        ("length: unseen, sample: {catalogue: terms, where: {kind: RED}}", Some("a terms where kind is RED, a text")),
        // What names something that exists can't be made up, and neither can what is too long.
        ("length: 4, ref: shelf.shelfId", None),
        ("length: 1048576", Some("long")),
        ("length: 1048577", None),
    ] {
        let own = baseline(&asked(&format!("type: string, {lines}"))).map(|template| shown(&template));
        let own = own.map(|text| if text.len() > 99 { "long".to_owned() } else { text });
        assert_eq!(own.as_deref(), text, "{lines}");
    }
    let unique = asked_with("", "type: string, length: 1..9", UNIQUE);
    assert_eq!(baseline(&unique).map(|template| shown(&template)).as_deref(), Some("new, 9 Plain"));
}

#[test]
fn a_baseline_of_each_other_type() {
    let object = "type: object, fields: [{name: a, type: boolean, presence: required}, {name: b, type: string, presence: required, length: 4, ref: shelf.shelfId}]";
    let list = "sample: {catalogue: terms, where: {kind: RED}}";
    for (lines, value) in [
        ("type: number, value: 5..9".to_owned(), Some("5")),
        ("type: number".to_owned(), Some("1")),
        ("type: number, ref: shelf.shelfId".to_owned(), None),
        (format!("type: number, {list}"), Some("a terms where kind is RED, a number")),
        ("type: boolean".to_owned(), Some("true")),
        (object.to_owned(), Some("a: true")),
        ("type: array, items: {type: number, value: 5..9}".to_owned(), Some("[5]")),
        (format!("type: array, {list}, items: {{type: number}}"), Some("All terms where kind is RED, numbers")),
        (
            format!("type: array, {list}, items: {{type: string, length: 4}}"),
            Some("All terms where kind is RED, texts"),
        ),
        ("type: unseen".to_owned(), None),
        (format!("type: unseen, {list}"), Some("a terms where kind is RED, a text")),
    ] {
        assert_eq!(baseline(&asked(&lines)).map(|template| shown(&template)).as_deref(), value, "{lines}");
    }
}

#[test]
fn a_number_that_nobody_has_used_lies_far_from_those_that_are_given_out() {
    for (bounds, nobody, unused) in [
        (", value: 1..1000", "new, 901 to 1000", "new, 1 to 1000"),
        (", value: 5..5", "new, 5 to 5", "new, 5 to 5"),
        ("", "new, 500000000000000 to 599999999999999", "new, 500000000000000 to 599999999999999"),
        (
            ", value: 500000000000000..599999999999999",
            "new, 500000000000000 to 599999999999999",
            "new, 500000000000000 to 599999999999999",
        ),
        (
            ", value: 500000000000001..599999999999999",
            "new, 590000000000000 to 599999999999999",
            "new, 500000000000001 to 599999999999999",
        ),
        (
            ", value: 500000000000000..599999999999998",
            "new, 589999999999999 to 599999999999998",
            "new, 500000000000000 to 599999999999998",
        ),
    ] {
        let field = asked(&format!("type: number{bounds}"));
        assert_eq!(
            (shown(&number_of_nobody(&field)).as_str(), shown(&unused_number(&field)).as_str()),
            (nobody, unused),
            "{bounds}"
        );
    }
    let unique = asked_with("", "type: number, value: 1..1000", UNIQUE);
    assert_eq!(baseline(&unique).map(|template| shown(&template)).as_deref(), Some("new, 1 to 1000"));
}

#[test]
fn another_part_of_a_catalogue_for_a_list_of_it() {
    let list = "sample: {catalogue: terms, where: {kind: RED}}";
    for (lines, keep, part) in [
        (
            format!("type: array, {list}, items: {{type: number}}"),
            Keep::Others,
            Some("Others terms where kind is RED, numbers"),
        ),
        (
            format!("type: array, {list}, items: {{type: string, length: 4}}"),
            Keep::AllButOne,
            Some("AllButOne terms where kind is RED, texts"),
        ),
        (format!("type: number, {list}"), Keep::Others, None),
        ("type: array, items: {type: number}".to_owned(), Keep::Others, None),
        ("type: number, ref: shelf.shelfId".to_owned(), Keep::Others, None),
    ] {
        assert_eq!(listing(&asked(&lines), keep).map(|template| shown(&template)).as_deref(), part, "{lines}");
    }
}

#[test]
fn what_free_characters_look_like() {
    for (lines, looks) in [
        ("length: 4", Shape::Plain),
        ("format: email", Shape::Email),
        ("format: HHmm", Shape::Plain),
        ("length: unseen, sample: {pattern: \"9#\"}", Shape::Pattern("9#".to_owned())),
        ("length: unseen, sample: \"9\"", Shape::Plain),
    ] {
        assert_eq!(shape(&asked(&format!("type: string, {lines}"))), looks, "{lines}");
    }
}
