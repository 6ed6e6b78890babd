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

fn dated(pattern: &str, text: &str) -> bool {
    if !text.is_ascii() || text.len() != pattern.len() {
        return false;
    }
    let (mut year, mut month, mut day) = (2000, 1, 1);
    let (mut hour, mut minute, mut second) = (0, 0, 0);
    let mut at = 0;
    while at < pattern.len() {
        let rest = &pattern[at..];
        let part = ["yyyy", "yy", "MM", "dd", "HH", "mm", "ss", "SSS", "x"].into_iter().find(|p| rest.starts_with(p));
        let width = part.map_or(1, str::len);
        let piece = &text[at..at + width];
        let number = || piece.bytes().all(|b| b.is_ascii_digit()).then(|| piece.parse::<u32>().ok()).flatten();
        let target = match part {
            None if *piece == rest[..1] => None,
            Some("x") if piece.bytes().all(|b| b.is_ascii_hexdigit()) => None,
            None | Some("x") => return false,
            Some(part) => Some(part),
        };
        if let Some(part) = target {
            let Some(n) = number() else { return false };
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
        at += width;
    }
    let year = i32::try_from(year).unwrap_or(i32::MAX);
    NaiveDate::from_ymd_opt(year, month, day).is_some() && NaiveTime::from_hms_opt(hour, minute, second).is_some()
}

/// Writes an instant in a pattern of `yyyy yy MM dd HH mm ss SSS`.
pub fn stamp(pattern: &str, at: &DateTime<FixedOffset>, out: &mut String) {
    use std::fmt::Write as _;
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        // Writing to a String can't fail.
        let (width, _) = if rest.starts_with("yyyy") {
            (4, write!(out, "{:04}", at.year()))
        } else if rest.starts_with("yy") {
            (2, write!(out, "{:02}", at.year().rem_euclid(100)))
        } else if rest.starts_with("MM") {
            (2, write!(out, "{:02}", at.month()))
        } else if rest.starts_with("dd") {
            (2, write!(out, "{:02}", at.day()))
        } else if rest.starts_with("HH") {
            (2, write!(out, "{:02}", at.hour()))
        } else if rest.starts_with("mm") {
            (2, write!(out, "{:02}", at.minute()))
        } else if rest.starts_with("ss") {
            (2, write!(out, "{:02}", at.second()))
        } else if rest.starts_with("SSS") {
            (3, write!(out, "{:03}", at.timestamp_subsec_millis().min(999)))
        } else {
            out.push(first);
            (first.len_utf8(), Ok(()))
        };
        rest = &rest[width..];
    }
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
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(&Format::Pattern(pattern.to_owned()), text), expected, "{pattern} {text}");
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
