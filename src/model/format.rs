//! Recognising and writing texts of a format.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, Timelike};

use super::field::Format;

/// True if `text` is written in `format`: dates exist, times exist, literals match.
#[must_use]
pub fn matches(format: &Format, text: &str) -> bool {
    match format {
        Format::Email => email(text),
        Format::Pattern(pattern) => dated(pattern, text),
    }
}

/// How many characters the format always has; none if that varies.
#[must_use]
pub fn width(format: &Format) -> Option<usize> {
    match format {
        Format::Email => None,
        Format::Pattern(pattern) => Some(pattern.chars().count()),
    }
}

/// Loose on purpose: `a@b.c` with printable ASCII and no blanks. What a server refuses beyond that is its own affair.
fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && b != b'@');
    plain(local)
        && local.len() <= 64
        && plain(domain)
        && domain.split('.').count() >= 2
        && domain.split('.').all(|label| !label.is_empty() && label.len() <= 63)
}

/// The parts of a pattern that stand for a number or a hex digit; a longer one comes before what it begins with.
const PARTS: [&str; 9] = ["yyyy", "yy", "MM", "dd", "HH", "mm", "ss", "SSS", "x"];

/// One piece of a pattern.
#[derive(Clone, Copy)]
enum Piece {
    /// One of [`PARTS`].
    Part(&'static str),
    /// A character that stands for itself.
    Literal(char),
}

/// The pieces of a pattern, in order.
fn pieces(pattern: &str) -> impl Iterator<Item = Piece> + '_ {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        if let Some((part, tail)) = PARTS.into_iter().find_map(|part| Some((part, rest.strip_prefix(part)?))) {
            rest = tail;
            return Some(Piece::Part(part));
        }
        let mut characters = rest.chars();
        let literal = characters.next()?;
        rest = characters.as_str();
        Some(Piece::Literal(literal))
    })
}

fn dated(pattern: &str, text: &str) -> bool {
    let (mut year, mut month, mut day) = (2000, 1, 1);
    let (mut hour, mut minute, mut second) = (0, 0, 0);
    let mut rest = text;
    for piece in pieces(pattern) {
        let part = match piece {
            Piece::Literal(literal) => {
                let Some(tail) = rest.strip_prefix(literal) else { return false };
                rest = tail;
                continue;
            }
            Piece::Part(part) => part,
        };
        // The text is the target's: its characters may have any number of bytes.
        let Some((digits, tail)) = rest.split_at_checked(part.len()) else { return false };
        rest = tail;
        if part == "x" {
            if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                return false;
            }
            continue;
        }
        let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten();
        let Some(n) = number else { return false };
        match part {
            "yyyy" => year = n,
            "yy" => year = 2000 + n,
            "MM" => month = n,
            "dd" => day = n,
            "HH" => hour = n,
            "mm" => minute = n,
            "ss" => second = n,
            _ => {}
        }
    }
    let year = i32::try_from(year).unwrap_or(i32::MAX);
    let exists =
        NaiveDate::from_ymd_opt(year, month, day).is_some() && NaiveTime::from_hms_opt(hour, minute, second).is_some();
    rest.is_empty() && exists
}

/// Writes an instant in a pattern of `yyyy yy MM dd HH mm ss SSS`; `x` stays as it is.
pub fn stamp(pattern: &str, at: &DateTime<FixedOffset>, out: &mut String) {
    use std::fmt::Write as _;
    for piece in pieces(pattern) {
        // Writing to a String can't fail.
        let _ = match piece {
            Piece::Literal(literal) => write!(out, "{literal}"),
            Piece::Part("yyyy") => write!(out, "{:04}", at.year()),
            Piece::Part("yy") => write!(out, "{:02}", at.year().rem_euclid(100)),
            Piece::Part("MM") => write!(out, "{:02}", at.month()),
            Piece::Part("dd") => write!(out, "{:02}", at.day()),
            Piece::Part("HH") => write!(out, "{:02}", at.hour()),
            Piece::Part("mm") => write!(out, "{:02}", at.minute()),
            Piece::Part("ss") => write!(out, "{:02}", at.second()),
            Piece::Part("SSS") => write!(out, "{:03}", at.timestamp_subsec_millis().min(999)),
            Piece::Part(other) => write!(out, "{other}"),
        };
    }
}

/// A text that is written in the pattern, always the same one: noon of 1990-01-15, with `0` for each hex digit.
#[must_use]
pub fn sample(pattern: &str) -> String {
    let digits = |piece| match piece {
        Piece::Literal(literal) => literal.to_string(),
        Piece::Part(part) => match part {
            "yyyy" => "1990",
            "yy" => "90",
            "MM" => "01",
            "dd" => "15",
            "HH" => "12",
            "mm" | "ss" => "00",
            "SSS" => "000",
            _ => "0",
        }
        .to_owned(),
    };
    pieces(pattern).map(digits).collect()
}

/// A time in the pattern, always the same one: 2001-01-01 01:01:01.001, whatever the order of its parts.
#[must_use]
pub fn stand_in(pattern: &str) -> String {
    pattern
        .replace("yyyy", "2001")
        .replace("yy", "01")
        .replace("MM", "01")
        .replace("dd", "01")
        .replace("HH", "01")
        .replace("mm", "01")
        .replace("SSS", "001")
        .replace("ss", "01")
}

/// The characters of a pattern that stand for themselves.
pub fn literals(pattern: &str) -> impl Iterator<Item = char> + '_ {
    pieces(pattern).filter_map(|piece| match piece {
        Piece::Literal(literal) => Some(literal),
        Piece::Part(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_must_exist() {
        let cases = [
            ("yyyyMMdd", "20240229", true),
            ("yyyyMMdd", "20230229", false),
            ("yyyyMMdd", "20231301", false),
            ("yyyyMMdd", "20230100", false),
            ("yyyyMMdd", "2023 101", false),
            ("yyyyMMdd", "２０２４0101", false),
            ("yyMM", "3108", true),
            ("yyMM", "3113", false),
            ("yyMMddHHmmss-xxxxxxx", "261122235959-0a1B2c3", true),
            ("yyMMddHHmmss-xxxxxxx", "261122235959_0a1b2c3", false),
            ("yyMMddHHmmss-xxxxxxx", "261122246000-0a1b2c3", false),
            ("yyMMddHHmmss-xxxxxxx", "261122235959-0a1b2cg", false),
            ("yyyyMMddHHmmssSSS", "20261122235959999", true),
            ("yyyy년 MM월", "2026년 11월", true),
            ("yyyy년 MM월", "2026년 13월", false),
            ("yyyy년 MM월", "2026년 11", false),
            ("yyyy년 MM월", "2026년 11월 ", false),
            // As many bytes as the pattern has, and characters in other places.
            ("yyyy년", "2026-11", false),
            ("yyyy년", "한국123", false),
            ("yyyy", "한0", false),
            ("yyyy-MM", "2026년1", false),
            ("yyMMx", "2611한", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(&Format::Pattern(pattern.to_owned()), text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_written_in_a_pattern_is_recognised() {
        let at = DateTime::parse_from_rfc3339("2026-11-22T23:59:59.999+09:00").unwrap();
        for (pattern, expected) in
            [("yyyy년 MM월 dd일", "2026년 11월 22일"), ("HH시mm분ss초SSS", "23시59분59초999"), ("yy-x", "26-x")]
        {
            let mut out = String::new();
            stamp(pattern, &at, &mut out);
            assert_eq!(out, expected);
        }
        for pattern in ["yyyy년 MM월", "yyMMddHHmmss-xxxxxxx", "yyyyMMddHHmmssSSS", "😀yyyy"] {
            assert!(matches(&Format::Pattern(pattern.to_owned()), &sample(pattern)), "{pattern}");
        }
    }

    #[test]
    fn addresses_are_recognised_loosely() {
        for (text, expected) in [
            ("a@b.c", true),
            ("a", false),
            ("a@b", false),
            ("@b.c", false),
            ("a b@c.d", false),
            ("a@b..c", false),
            ("한@b.c", false),
        ] {
            assert_eq!(matches(&Format::Email, text), expected, "{text}");
        }
    }
}
