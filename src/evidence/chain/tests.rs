use super::*;
use crate::evidence::testing::{chained, hash, text};

#[test]
fn a_line_is_taken_apart_only_if_it_is_whole() {
    for (line, taken) in [
        (r#"{"seq":0,"prev":"","record":{}}"#, Some((0, "", "{}"))),
        (r#"{"seq":12,"prev":"ab","record":{"kind":"case"}}"#, Some((12, "ab", r#"{"kind":"case"}"#))),
        (r#"{"seq":1,"prev":"ab","record":{"a":"\",\"record\":"}}"#, Some((1, "ab", r#"{"a":"\",\"record\":"}"#))),
        (r#"{"seq":0,"prev":"","record":{"a"#, None),
        (r#"{"seq":-1,"prev":"","record":{}}"#, None),
        (r#"{"seq":one,"prev":"","record":{}}"#, None),
        (r#"{"seq":18446744073709551616,"prev":"","record":{}}"#, None),
        (r#"{"prev":"","record":{}}"#, None),
        (r#"{"seq":0,"record":{}}"#, None),
        (r#"{"seq":0,"prev":""}"#, None),
        (r#" {"seq":0,"prev":"","record":{}}"#, None),
        ("", None),
    ] {
        assert_eq!(parts(line), taken, "{line}");
    }
}

#[test]
fn the_kind_of_a_record_stands_first() {
    for (record, found) in [
        (r#"{"kind":"case","verdict":{}}"#, Some("case")),
        (r#"{"kind":"footer"}"#, Some("footer")),
        (r#"{"kind":""}"#, Some("")),
        (r#"{"verdict":{},"kind":"case"}"#, None),
        (r#"{"kind":7}"#, None),
        ("{}", None),
    ] {
        assert_eq!(kind(record), found, "{record}");
    }
}

#[test]
fn each_line_names_the_hash_of_the_one_before() {
    let mut out = Vec::new();
    let mut chain = Chain::new(0, String::new());
    let first = chain.write(br#"{"kind":"a"}"#, &mut out).unwrap();
    assert_eq!(first, out.len() as u64);
    let second = chain.write(br#"{"kind":"b"}"#, &mut out).unwrap();
    assert_eq!(first + second, out.len() as u64);
    let lines = chained(&[r#"{"kind":"a"}"#, r#"{"kind":"b"}"#]);
    assert_eq!(String::from_utf8(out).unwrap(), text(&lines));
    assert_eq!((chain.seq, chain.prev), (2, hash(&lines[1])));
    // A chain goes on where another one was cut.
    let mut out = Vec::new();
    Chain::new(7, "ab".to_owned()).write(b"{}", &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "{\"seq\":7,\"prev\":\"ab\",\"record\":{}}\n");
}

#[test]
fn each_damage_has_a_sentence_of_its_own() {
    for (damage, says) in [
        (Damage::Changed(3), "record 3 was changed: record 4 names another hash"),
        (Damage::Missing { after: 19, found: 21 }, "record 20 is missing: record 21 follows record 19"),
        (Damage::Missing { after: 19, found: 22 }, "records 20 to 21 are missing: record 22 follows record 19"),
        (Damage::Missing { after: 19, found: 30 }, "records 20 to 29 are missing: record 30 follows record 19"),
        (
            Damage::Swapped { found: 21, expected: 20 },
            "records have changed places: record 21 stands where record 20 belongs",
        ),
        (Damage::Doubled(4), "record 4 stands there twice"),
        (Damage::AfterFooter(9), "record 9 follows the footer"),
        (Damage::Count { what: "cases", said: 3, found: 2 }, "the footer counts 3 cases, the evidence has 2"),
        (Damage::NoHeader, "the evidence does not begin with its header"),
    ] {
        assert_eq!(damage.to_string(), says);
    }
}
