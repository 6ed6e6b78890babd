//! Values of fields: their types, limits and keys.

use super::choices::Choices;

/// A field of a request that an answer may show again.
pub(super) struct Shown {
    pub(super) name: String,
    /// The row without presence and place.
    pub(super) kind: String,
    pub(super) required: bool,
}

/// A property's value, written in one of the ways that the language has for it.
pub(super) fn stated(c: &mut Choices<'_>, value: &str) -> String {
    match c.of(12) {
        8 => {
            c.uses("basis inferred");
            format!("{{value: {value}, basis: inferred, why: another page says so}}")
        }
        9 => {
            c.uses("basis observed");
            format!("{{value: {value}, basis: observed}}")
        }
        10 => {
            c.uses("basis open");
            format!("{{value: {value}, open: no page says so}}")
        }
        _ => value.to_owned(),
    }
}

/// The type of a text and what else is known of it.
pub(super) fn text(c: &mut Choices<'_>) -> String {
    match c.of(10) {
        9 => {
            c.uses("conflict");
            "type: string, length: {conflict: sizes}".to_owned()
        }
        0 | 1 => {
            let (min, more) = (c.pick(&[1, 2, 8, 0, 20]), c.pick(&[20, 0, 1, 5, 300]));
            c.uses("length");
            if more == 0 && min > 0 {
                c.uses("length exact");
            }
            if min == 0 {
                c.uses("text empty");
            }
            let bounds = if more == 0 && min > 0 { format!("{min}") } else { format!("{min}..{}", min + more.max(1)) };
            format!("type: string, length: {}", stated(c, &bounds))
        }
        2 => {
            let charset = c.pick(&["digits", "hex"]);
            c.uses(if charset == "digits" { "charset digits" } else { "charset hex" });
            let (min, more) = (c.pick(&[4, 1, 13]), c.pick(&[0, 8]));
            format!("type: string, length: {min}..{}, charset: {charset}", min + more)
        }
        3 => {
            c.uses("enum");
            let words = c.pick(&["[RED, GREEN]", "[ONE]", "[a, b, c]", "[\"01\", \"02\"]"]);
            format!("type: string, enum: {}", stated(c, words))
        }
        4 => {
            c.uses("format");
            let format = c.pick(&["yyyyMMdd", "yyyy-MM-dd", "yyyyMMddHHmmss", "HH:mm", "yyyy년 MM월 dd일", "yyMMdd"]);
            format!("type: string, format: {}", stated(c, format))
        }
        5 => {
            c.uses("email");
            "type: string, format: email, length: 6..60".to_owned()
        }
        6 => {
            c.uses("unseen");
            "type: string, length: unseen".to_owned()
        }
        7 => {
            c.uses("sample");
            "type: string, length: 3..12, sample: abcdef".to_owned()
        }
        _ => {
            c.uses("pattern");
            "type: string, length: 9, sample: {pattern: \"AB-######\"}".to_owned()
        }
    }
}

pub(super) fn number(c: &mut Choices<'_>) -> String {
    c.uses("number");
    let bounds =
        c.pick(&["1..100", "0..1", "-50..50", "1..9999999999999999999", "0.5..9.5", "100..100", "1000000..2000000"]);
    if bounds.contains(".5") {
        c.uses("number with a fraction");
    }
    let whole = if c.once_in(4) && !bounds.contains(".5") {
        c.uses("integer");
        ", integer: true"
    } else {
        ""
    };
    format!("type: number, value: {}{whole}", stated(c, bounds))
}

/// What a value is: its type and all that is known of it.
pub(super) fn kind(c: &mut Choices<'_>, depth: usize) -> String {
    match c.of(if depth > 1 { 6 } else { 10 }) {
        0..=2 => text(c),
        3 | 4 => number(c),
        5 => {
            c.uses("boolean");
            "type: boolean".to_owned()
        }
        6 => {
            c.uses("array of texts");
            format!("type: array, items: {{{}}}", text(c))
        }
        7 => {
            c.uses("array of numbers");
            format!("type: array, items: {{{}}}", number(c))
        }
        8 => {
            c.uses("array of objects");
            format!("type: array, items: {{type: object, fields: [{}]}}", members(c, depth))
        }
        _ => {
            c.uses("object");
            format!("type: object, fields: [{}]", members(c, depth))
        }
    }
}

pub(super) fn members(c: &mut Choices<'_>, depth: usize) -> String {
    let rows: Vec<String> = (0..=c.of(3))
        .map(|nth| {
            let kind = kind(c, depth + 1);
            let presence = presence(c);
            format!("{{name: m{nth}, {kind}, presence: {presence}}}")
        })
        .collect();
    rows.join(", ")
}

pub(super) fn presence(c: &mut Choices<'_>) -> String {
    match c.of(7) {
        4 | 5 => {
            c.uses("optional");
            stated(c, "optional")
        }
        6 => {
            c.uses("unseen");
            "unseen".to_owned()
        }
        _ => stated(c, "required"),
    }
}

/// The key of a resource.
pub(super) struct Key {
    /// The row without name, presence and place.
    pub(super) kind: String,
    /// Chosen by who makes the resource; else the answer gives it.
    pub(super) chosen: bool,
}

pub(super) fn key(c: &mut Choices<'_>) -> Key {
    let chosen = c.once_in(3);
    if chosen {
        c.uses("key chosen by the client");
    }
    let kind = match c.of(5) {
        0..=2 => {
            c.uses("key number");
            let bounds = c.pick(&["1..9999999999999999999", "1..100000", "1000..999999", "1..1000"]);
            let bounds = if chosen { "1..9999999999999999999" } else { bounds };
            format!("type: number, value: {bounds}")
        }
        3 => {
            c.uses("key text");
            let length = c.pick(&["16", "1..30", "8..12", "32"]);
            let charset = c.pick(&["", ", charset: digits", ", charset: hex"]);
            format!("type: string, length: {length}{charset}")
        }
        _ => {
            c.uses("key text");
            "type: string, length: 13, sample: {pattern: \"978##########\"}".to_owned()
        }
    };
    // A pattern says what a request sends; what an answer gives has the length alone.
    let kind = if chosen { kind } else { kind.replace(", sample: {pattern: \"978##########\"}", "") };
    Key { kind, chosen }
}

impl Key {
    /// The row of an answer that shows the key: a pattern says what a request sends.
    pub(super) fn shown(&self) -> String {
        let kind = self.kind.replace(", sample: {pattern: \"978##########\"}", "");
        format!("{{name: key, {kind}, presence: required}}")
    }
}

impl Shown {
    /// True for a value without members or entries.
    pub(super) fn scalar(&self) -> bool {
        !self.kind.starts_with("type: array") && !self.kind.starts_with("type: object")
    }

    /// The row of an answer that shows what a request has stored.
    pub(super) fn row(&self) -> String {
        let presence = if self.required { "required" } else { "optional, nullable: true" };
        format!("{{name: {}, {}, presence: {presence}}}", self.name, self.kind)
    }
}
