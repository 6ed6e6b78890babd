//! Prepared resources: what a profile says is there at the target.

use chrono::{DateTime, Duration, FixedOffset};

use super::field::Kind;
use super::json::{self, Json};

/// Resources that somebody has prepared at the target; several fixtures of one name are a pool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fixture {
    /// Its name.
    pub name: String,
    /// Its resources, related to each other.
    pub parts: Vec<Part>,
    /// Resources that are known not to be there.
    pub without: Vec<String>,
}

impl Fixture {
    /// True if the target makes such a fixture whenever somebody names one: there are as many as anybody wants.
    #[must_use]
    pub fn on_demand(&self) -> bool {
        let serial = |(_, value): &(String, Planted)| matches!(value, Planted::Serial { .. });
        self.parts.iter().any(|part| part.attributes.iter().any(serial))
    }
}

/// What a case does to a fixture that takes part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// It looks at the fixture: any number of cases may, at once.
    Reads,
    /// It calls what changes the fixture, or would if the target accepted it, and leaves everything as the profile says it is: one
    /// case at a time.
    Changes,
    /// Afterwards the fixture is gone or is no longer what the profile says it is: no other case may have it.
    Ends,
}

/// One prepared resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Resource name.
    pub resource: String,
    /// Its state, if not the first one.
    pub state: Option<String>,
    /// What is known of it.
    pub attributes: Vec<(String, Planted)>,
}

/// A prepared value.
#[derive(Clone, Debug, PartialEq)]
pub enum Planted {
    /// As it is.
    Literal(Json),
    /// `#` is a digit of a serial number, the same in all parts of a fixture, another in each case: for targets that make
    /// members on demand.
    Serial {
        /// The text with its `#`.
        pattern: String,
        /// True to send a number.
        number: bool,
    },
    /// A day so far from today, in a pattern of letters.
    Day {
        /// Days from today.
        days: i64,
        /// `yyMMdd` ...
        pattern: String,
    },
    /// Known not to be there.
    Absent,
}

impl Planted {
    /// The value for one serial number and day.
    #[must_use]
    pub fn value(&self, serial: u64, now: &DateTime<FixedOffset>) -> Option<Json> {
        match self {
            Planted::Literal(value) => Some(value.clone()),
            Planted::Absent => None,
            Planted::Day { days, pattern } => {
                let mut out = String::new();
                super::format::stamp(pattern, &(*now + Duration::days(*days)), &mut out);
                Some(Json::text(out))
            }
            Planted::Serial { pattern, number } => {
                let holes = pattern.matches('#').count();
                let digits = format!("{serial:0holes$}");
                let mut digits = digits[digits.len() - holes..].chars();
                let text: String =
                    pattern.chars().map(|c| if c == '#' { digits.next().unwrap_or('0') } else { c }).collect();
                Some(if *number { Json::number(text) } else { Json::text(text) })
            }
        }
    }

    /// The same in a JSON type, where that changes nothing of what is written.
    ///
    /// # Errors
    /// The text as it was written, if it is no value of that type.
    pub fn fitted(&self, kind: Kind) -> Result<Self, String> {
        let fits = match (self, kind) {
            (Planted::Absent, _) | (Planted::Day { .. }, Kind::String) => Some(self.clone()),
            // Other patterns may begin with a zero, which no JSON number does.
            (Planted::Day { pattern, .. }, Kind::Number) => {
                let number = pattern.starts_with("yyyy") && pattern.bytes().all(|b| b.is_ascii_alphanumeric());
                number.then(|| self.clone())
            }
            (Planted::Literal(value), _) => fit(value, kind).map(Planted::Literal),
            (Planted::Serial { pattern, .. }, Kind::String) => {
                Some(Planted::Serial { pattern: pattern.clone(), number: false })
            }
            (Planted::Serial { pattern, .. }, Kind::Number) => {
                // The first `#` may become a zero.
                let number = pattern == "#" || fit(&Json::text(pattern.replace('#', "0")), Kind::Number).is_some();
                number.then(|| Planted::Serial { pattern: pattern.clone(), number: true })
            }
            _ => None,
        };
        fits.ok_or_else(|| match self {
            Planted::Serial { pattern, .. } | Planted::Day { pattern, .. } => pattern.clone(),
            Planted::Literal(value) => value.scalar().map_or_else(|| value.to_text(), str::to_owned),
            Planted::Absent => "absent".to_owned(),
        })
    }

    /// The serial number of a value that this pattern made.
    #[must_use]
    pub fn serial(&self, value: &Json) -> Option<u64> {
        let (Planted::Serial { pattern, .. }, text) = (self, value.scalar()?) else { return None };
        if pattern.chars().count() != text.chars().count() {
            return None;
        }
        let mut digits = String::new();
        for (p, c) in pattern.chars().zip(text.chars()) {
            match p {
                '#' if c.is_ascii_digit() => digits.push(c),
                p if p == c => {}
                _ => return None,
            }
        }
        digits.parse().ok()
    }
}

/// A value in a JSON type, where that changes nothing of what is written: `"7000001"` as a number, `true` as a text. None where
/// it is no value of that type: `007` is no JSON number.
#[must_use]
pub fn fit(value: &Json, kind: Kind) -> Option<Json> {
    let number = |text: &str| json::parse(text.as_bytes()).is_ok_and(|d| d.root == Json::number(text));
    match (value, kind) {
        (Json::Number(lexeme), Kind::String) => Some(Json::text(lexeme.clone())),
        (Json::Bool(flag), Kind::String) => Some(Json::text(if *flag { "true" } else { "false" })),
        (Json::Number(text) | Json::String(text), Kind::Number) => number(text).then(|| Json::number(text.clone())),
        (Json::String(word), Kind::Boolean) if word == "true" || word == "false" => Some(Json::Bool(word == "true")),
        (Json::Null, _) => Some(Json::Null),
        _ => (value.type_name() == kind.word()).then(|| value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_takes_a_type_only_where_that_changes_nothing() {
        let text = |t: &str| Json::text(t);
        for (value, kind, fitted) in [
            (text("7000001"), Kind::Number, Some(Json::number("7000001"))),
            (text("-1.50"), Kind::Number, Some(Json::number("-1.50"))),
            (text("007"), Kind::Number, None),
            (Json::number("007"), Kind::Number, None),
            (text(" 7"), Kind::Number, None),
            (text("seven"), Kind::Number, None),
            (Json::Bool(true), Kind::Number, None),
            (Json::number("007"), Kind::String, Some(text("007"))),
            (Json::number("1.50"), Kind::String, Some(text("1.50"))),
            (Json::Bool(false), Kind::String, Some(text("false"))),
            (text("true"), Kind::Boolean, Some(Json::Bool(true))),
            (text("True"), Kind::Boolean, None),
            (Json::number("1"), Kind::Boolean, None),
            (Json::Null, Kind::Number, Some(Json::Null)),
        ] {
            assert_eq!(fit(&value, kind), fitted, "{value:?} as {kind:?}");
        }
    }

    #[test]
    fn a_pattern_is_a_number_if_whatever_it_makes_is_one() {
        for (pattern, number) in
            [("77##", true), ("#", true), ("##", false), ("0#", false), ("KF##", false), ("1#", true)]
        {
            let planted = Planted::Serial { pattern: pattern.to_owned(), number: false };
            assert_eq!(planted.fitted(Kind::Number).is_ok(), number, "{pattern}");
            assert!(planted.fitted(Kind::String).is_ok() && planted.fitted(Kind::Boolean).is_err());
        }
    }
}
