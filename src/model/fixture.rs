//! Prepared resources: what a profile says is there at the target.

use chrono::{DateTime, Duration, FixedOffset};

use super::json::Json;

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
