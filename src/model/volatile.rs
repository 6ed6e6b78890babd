//! Names for what differs from run to run in a text, so that two texts can be compared without hiding that something stood there.

/// Digits from this number on are a number of the target's own.
const DIGITS: usize = 6;
/// So are hex digits from this number on, if digits are among them.
const HEX: usize = 7;

/// The text with times, identifiers and long numbers replaced by `<time>`, `<uuid>`, `<id>`.
#[must_use]
pub fn named(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let before = out.chars().next_back();
        let inside = before.is_some_and(char::is_alphanumeric);
        let found = if inside { None } else { time(rest).or_else(|| uuid(rest)).or_else(|| run(rest)) };
        if let Some((length, name)) = found {
            out.push_str(name);
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// The length of a beginning that has this shape: `0` stands for a digit, `x` for a hex digit, all else for itself.
fn shaped(text: &str, shape: &str) -> Option<usize> {
    let mut bytes = text.bytes();
    for want in shape.bytes() {
        let found = bytes.next()?;
        let fits = match want {
            b'0' => found.is_ascii_digit(),
            b'x' => found.is_ascii_hexdigit(),
            other => found == other,
        };
        if !fits {
            return None;
        }
    }
    Some(shape.len())
}

fn time(text: &str) -> Option<(usize, &'static str)> {
    let mut length = shaped(text, "0000-00-00T00:00:00").or_else(|| shaped(text, "0000-00-00 00:00:00"))?;
    let fraction = |from: usize| text[from..].strip_prefix('.').map_or(0, |rest| 1 + digits(rest));
    length += fraction(length);
    let zone = &text[length..];
    length +=
        if zone.starts_with('Z') { 1 } else { shaped(zone, "+00:00").or_else(|| shaped(zone, "-00:00")).unwrap_or(0) };
    Some((length, "<time>"))
}

fn uuid(text: &str) -> Option<(usize, &'static str)> {
    shaped(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx").map(|length| (length, "<uuid>"))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn run(text: &str) -> Option<(usize, &'static str)> {
    let hex = text.bytes().take_while(u8::is_ascii_hexdigit).count();
    let digits = digits(text);
    // One name for both: a number in hex may happen to have no letter.
    let hex = if text[..hex].bytes().any(|b| b.is_ascii_digit()) { hex } else { 0 };
    if hex >= HEX {
        return Some((hex, "<id>"));
    }
    (digits >= DIGITS).then_some((digits, "<id>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_gets_a_name_and_what_does_not_stays() {
        for (text, expected) in [
            ("accepted with 200", "accepted with 200"),
            ("code 000_001 of 12345", "code 000_001 of 12345"),
            ("member 7000001 gone", "member <id> gone"),
            ("at 2026-11-25T09:00:00.123Z.", "at <time>."),
            ("at 2026-11-25 09:00:00+09:00", "at <time>"),
            ("id 123e4567-e89b-12d3-a456-426614174000", "id <uuid>"),
            ("key 0123456789abcdef0", "key <id>"),
            ("deadbeefdeadbeefdead", "deadbeefdeadbeefdead"),
            ("261125120000-0007f48", "<id>-<id>"),
            ("261125120000-0007148", "<id>-<id>"),
            ("한글 1234567", "한글 <id>"),
        ] {
            assert_eq!(named(text), expected);
        }
    }
}
