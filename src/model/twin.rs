//! A legal value in a form that is not legal and differs from it in nothing else: only a target that does not look at the form takes it.

use super::field::Kind;
use super::json::Json;

/// How a legal value is written instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twin {
    /// A number or a boolean as the text of its digits or its word.
    Text,
    /// A text of digits as the number.
    Number,
    /// The text `true` or `false` as the boolean.
    Boolean,
    /// The value as the one entry of a list.
    Listed,
    /// A list's first entry in place of the list.
    Entry,
    /// A list whose entries are the numbers of their texts, or the texts of their numbers.
    OtherEntries,
    /// A whole number and a half.
    Fraction,
    /// A text with its last character twice.
    Longer,
    /// A text with another letter or digit at its end.
    OtherEnd,
    /// A text with its ASCII characters in full width.
    FullWidth,
}

impl Twin {
    /// The twins of another type that a value has.
    #[must_use]
    pub fn of(legal: &Json) -> Vec<Self> {
        match legal {
            Json::Number(_) | Json::Bool(_) => vec![Twin::Text, Twin::Listed],
            Json::String(text) if matches!(text.as_str(), "true" | "false") => vec![Twin::Boolean, Twin::Listed],
            Json::String(text) if number(text).is_some() => vec![Twin::Number, Twin::Listed],
            Json::String(_) | Json::Object(_) => vec![Twin::Listed],
            Json::Array(entries) => match entries.first() {
                Some(Json::Number(_)) => vec![Twin::Entry, Twin::OtherEntries],
                Some(Json::String(text)) if number(text).is_some() => vec![Twin::Entry, Twin::OtherEntries],
                Some(_) => vec![Twin::Entry],
                None => Vec::new(),
            },
            Json::Null | Json::Redacted(_) => Vec::new(),
        }
    }

    /// The type of the twin; none where it is whatever a list's entries are.
    #[must_use]
    pub fn kind(self) -> Option<Kind> {
        match self {
            Twin::Text | Twin::Longer | Twin::OtherEnd | Twin::FullWidth => Some(Kind::String),
            Twin::Number | Twin::Fraction => Some(Kind::Number),
            Twin::Boolean => Some(Kind::Boolean),
            Twin::Listed | Twin::OtherEntries => Some(Kind::Array),
            Twin::Entry => None,
        }
    }

    /// The word in case ids.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Twin::Text => "as-text",
            Twin::Number => "as-number",
            Twin::Boolean => "as-boolean",
            Twin::Listed => "as-list",
            Twin::Entry => "as-entry",
            Twin::OtherEntries => "entries-of-other-type",
            Twin::Fraction => "fraction",
            Twin::Longer => "one-longer",
            Twin::OtherEnd => "other-end",
            Twin::FullWidth => "full-width",
        }
    }

    /// The twin of a value; the value itself where it has none of this kind.
    #[must_use]
    pub fn write(self, legal: Json) -> Json {
        // A profile's value or an earlier answer's may be a text where the field is a number, or the other way round.
        let legal = match (self, legal) {
            (Twin::Longer | Twin::OtherEnd | Twin::FullWidth, Json::Number(number)) => Json::String(number),
            (Twin::Fraction, Json::String(text)) => number(&text).map_or_else(|| Json::String(text), Json::number),
            (_, legal) => legal,
        };
        match (self, legal) {
            (Twin::Text, Json::Number(number)) => Json::String(number),
            (Twin::Text, Json::Bool(value)) => Json::text(value.to_string()),
            (Twin::Number, Json::String(text)) => number(&text).map_or_else(|| Json::String(text), Json::number),
            (Twin::Fraction, Json::Number(number)) if number.bytes().all(|b| b.is_ascii_digit()) => {
                Json::number(number.to_string() + ".5")
            }
            (Twin::Boolean, Json::String(text)) => Json::Bool(text.as_str() == "true"),
            (Twin::Listed, value) => Json::Array(vec![value]),
            (Twin::Entry, Json::Array(entries)) => entries.into_iter().next().unwrap_or(Json::Null),
            (Twin::OtherEntries, Json::Array(entries)) => {
                let other = |entry: Json| match entry {
                    Json::Number(_) => Twin::Text.write(entry),
                    other => Twin::Number.write(other),
                };
                Json::Array(entries.into_iter().map(other).collect())
            }
            (Twin::Longer, Json::String(text)) => {
                let last = text.chars().next_back();
                Json::text(text.chars().chain(last).collect::<String>())
            }
            (Twin::OtherEnd, Json::String(text)) => {
                let mut chars: Vec<char> = text.chars().collect();
                if let Some(last) = chars.last_mut() {
                    *last = if *last == '1' { '2' } else { '1' };
                }
                Json::text(chars.into_iter().collect::<String>())
            }
            (Twin::FullWidth, Json::String(text)) => Json::text(text.chars().map(full_width).collect::<String>()),
            (_, value) => value,
        }
    }
}

/// The form of a visible ASCII character that is as wide as a Hangul one.
fn full_width(c: char) -> char {
    if c.is_ascii_graphic() { char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c) } else { c }
}

/// The number that a text of digits is; JSON has no zeros before it.
fn number(text: &str) -> Option<String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let short = text.trim_start_matches('0');
    digits.then(|| if short.is_empty() { "0".to_owned() } else { short.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twin_differs_from_the_legal_value_in_its_type_alone() {
        for (legal, twin, written) in [
            ("19900115", Twin::Text, r#""19900115""#),
            ("true", Twin::Text, r#""true""#),
            (r#""19900115""#, Twin::Number, "19900115"),
            (r#""0071""#, Twin::Number, "71"),
            (r#""000""#, Twin::Number, "0"),
            (r#""false""#, Twin::Boolean, "false"),
            (r#""가""#, Twin::Listed, r#"["가"]"#),
            (r#"{"a":1}"#, Twin::Listed, r#"[{"a":1}]"#),
            (r#"[{"a":1},{"a":2}]"#, Twin::Entry, r#"{"a":1}"#),
            (r#"["1","2"]"#, Twin::OtherEntries, "[1,2]"),
            ("[1,2]", Twin::OtherEntries, r#"["1","2"]"#),
        ] {
            let legal = crate::model::json::parse(legal.as_bytes()).expect("JSON").root;
            assert!(Twin::of(&legal).contains(&twin), "{legal:?} {twin:?}");
            assert_eq!(twin.write(legal).to_text(), written);
        }
        assert_eq!(Twin::of(&Json::text("1.5")), [Twin::Listed]);
        assert_eq!(Twin::Fraction.write(Json::number("71")).to_text(), "71.5");
        assert_eq!(Twin::Fraction.write(Json::text("71")).to_text(), "71.5");
        assert_eq!(Twin::Longer.write(Json::number("71")).to_text(), r#""711""#);
        assert_eq!(Twin::Longer.write(Json::text("ab가")).to_text(), r#""ab가가""#);
        assert_eq!(Twin::OtherEnd.write(Json::text("380511")).to_text(), r#""380512""#);
        assert_eq!(Twin::FullWidth.write(Json::text("a1 가")).to_text(), r#""ａ１ 가""#);
        assert_eq!(Twin::of(&Json::Array(Vec::new())), []);
    }
}
