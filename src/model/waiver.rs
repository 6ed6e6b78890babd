//! Findings that somebody has taken the responsibility for, for a while.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::clause::Source;
use super::wire::Zone;

/// Days that a waiver may last.
pub const LONGEST: i64 = 90;

/// One waiver, as its file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// What it is about.
    pub selector: Selector,
    /// The check that speaks.
    pub check: String,
    /// Where.
    pub pointer: String,
    /// What comes instead; what differs from run to run by name.
    pub observed: String,
    /// Why it may stand.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who agreed, another than the owner; none makes it a proposal, which waives nothing.
    pub approver: Option<String>,
    /// Day from which it holds, `yyyy-mm-dd`.
    pub granted: String,
    /// Last day on which it holds, `yyyy-mm-dd`.
    pub expires: String,
    /// Where it is written.
    pub source: Source,
}

/// What a waiver is about: exactly one clause or one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Clause id.
    Clause(String),
    /// Case id.
    Case(String),
}

impl Selector {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Selector::Clause(id) | Selector::Case(id) => id,
        }
    }
}

/// What a run made of a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It covers what came.
    Matched,
    /// Its first day is still to come; it covers nothing.
    Early,
    /// Its last day has passed; it covers nothing.
    Expired,
    /// Its clause or case ended conclusively without that failure: it can go.
    Unused,
    /// Its clause or case fails in another way than it says.
    Changed,
    /// Nobody has approved it; it covers nothing.
    Proposal,
    /// Nothing was learnt about it in this run.
    NotJudged,
}

impl State {
    /// True if somebody has to do something.
    #[must_use]
    pub fn red(self) -> bool {
        matches!(self, State::Expired | State::Unused | State::Changed | State::Proposal)
    }

    /// For people.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            State::Matched => "covers what came",
            State::Early => {
                "does not hold yet: its `granted` is still to come (days are counted in the contract's time zone)"
            }
            State::Expired => "has expired: mend the target, or have it granted anew",
            State::Unused => "is not needed any more: remove it",
            State::Changed => "no longer matches: the failure has changed",
            State::Proposal => "has no approver: it is a proposal and covers nothing",
            State::NotJudged => "was not put to the test in this run",
        }
    }
}

/// The day on which a run began, `yyyy-mm-dd`, where the contract's clocks are: waivers are counted in such days. `started` is RFC 3339;
/// of anything else the day that it begins with.
#[must_use]
pub fn day_of(started: &str, zone: &Zone) -> String {
    let offset = FixedOffset::east_opt(zone.offset_seconds);
    match (DateTime::parse_from_rfc3339(started), offset) {
        (Ok(time), Some(offset)) => time.with_timezone(&offset).date_naive().to_string(),
        _ => started.get(..10).unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_contracts_zone() {
        let day =
            |started: &str, hours: i32| day_of(started, &Zone { name: String::new(), offset_seconds: hours * 3600 });
        assert_eq!(day("2026-11-26T16:00:00Z", 9), "2026-11-27");
        assert_eq!(day("2026-11-26T16:00:00Z", 0), "2026-11-26");
        assert_eq!(day("2026-11-26T02:00:00Z", -5), "2026-11-25");
        assert_eq!(day("2026-12-31T23:59:59Z", 9), "2027-01-01");
    }
}
