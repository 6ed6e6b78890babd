use super::super::testing::{answered, asked};
use super::*;

fn made(field: &Field, n: u64, side: usize, optional: bool) -> String {
    let now = DateTime::parse_from_rfc3339("2024-05-06T07:08:09+09:00").expect("a time");
    example(field, &Manner { n, side, optional, now: &now }).to_text()
}

#[test]
fn a_text_has_a_legal_length_and_ends_with_its_number() {
    for (lines, n, text) in [
        ("length: unseen", 7, r#""999900000007""#),
        ("length: 1..99", 7, r#""999900000007""#),
        ("length: 20", 7, r#""99990000000000000007""#),
        ("length: 4", 7, r#""9997""#),
        ("length: 5", 7, r#""99997""#),
        ("length: 2", 123, r#""23""#),
        ("enum: [A, B, C]", 0, r#""A""#),
        ("enum: [A, B, C]", 5, r#""C""#),
        ("length: unseen, sample: HELLO", 7, r#""HELLO""#),
        // A shown text that is longer than its format is cut, one that is no such text is not used.
        ("format: yyyyMMdd, sample: 20240229xyz", 7, r#""20240229""#),
        ("format: yyyyMMdd, sample: \"20240229\"", 7, r#""20240229""#),
        ("format: yyyyMMdd, sample: \"20230229\"", 7, r#""20240506""#),
        ("format: yyyyMMdd, sample: \"202402\"", 7, r#""20240506""#),
    ] {
        assert_eq!(made(&answered(&format!("type: string, {lines}")), n, 0, true), text, "{lines} {n}");
    }
}

#[test]
fn a_text_of_a_format_is_the_time_with_the_number_in_hex() {
    for (format, n, text) in [
        ("email", 7, "user7@example.com"),
        ("yyyy-MM-dd", 7, "2024-05-06"),
        ("yyMMddHHmmss-xxx", 7, "240506070809-007"),
        ("yyMMdd-xxx", 0xabc, "240506-abc"),
        ("yyMMdd-xxx", 0x12345, "240506-345"),
    ] {
        let field = answered(&format!("type: string, format: {format}"));
        assert_eq!(made(&field, n, 0, true), format!("\"{text}\""), "{format} {n}");
    }
}

#[test]
fn a_value_of_each_type() {
    let object = "type: object, fields: [{name: a, type: boolean, presence: required}, {name: b, type: boolean, presence: optional}, {name: c, type: boolean, presence: unseen}]";
    for (lines, optional, value) in [
        ("type: number", true, "7"),
        ("type: number, value: 3..9", true, "3"),
        ("type: boolean", true, "false"),
        ("type: array, items: {type: number}", true, "[]"),
        (object, true, r#"{"a":false,"b":false,"c":false}"#),
        (object, false, r#"{"a":false}"#),
        ("type: unseen", true, r#""999900000007""#),
    ] {
        assert_eq!(made(&answered(lines), 7, 0, optional), value, "{lines} {optional}");
    }
}

#[test]
fn a_side_of_a_conflict_is_taken() {
    for (lines, sides) in [
        ("type: string, length: {conflict: size}", [r#""9997""#, r#""999907""#]),
        ("type: string, format: {conflict: size}", [r#""0708""#, r#""070809""#]),
        ("type: string, enum: {conflict: word}", [r#""OLD""#, r#""NEW""#]),
        ("type: number, value: {conflict: many}", ["1", "7"]),
        ("type: {conflict: size}, length: 4", [r#""9997""#, "7"]),
    ] {
        let field = asked(lines);
        // Sides beyond the last count as the last.
        let own = [0, 1, 2].map(|side| made(&field, 7, side, true));
        assert_eq!(own, [sides[0], sides[1], sides[1]], "{lines}");
    }
}
