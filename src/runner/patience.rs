//! How long a target asks to be left alone.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::model::observed::Answer;

/// A `Retry-After` beyond this is not waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// What is waited where the target does not say how long, the first time; twice as long each time after.
const USUAL: Duration = Duration::from_millis(100);

/// What an answer asks for, `before` being how often the request was sent again already; none if that is more than is waited for. `now`
/// decides where the answer has no date of its own.
pub(super) fn asked(answer: &Answer, before: u32, now: DateTime<Utc>) -> Option<Duration> {
    let usual = USUAL * 2_u32.saturating_pow(before);
    let wait = match answer.header("retry-after").map(str::trim) {
        None => usual,
        Some(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            Duration::from_secs(text.parse().unwrap_or(u64::MAX))
        }
        Some(text) => match date(text) {
            // By the target's own clock, if it tells it.
            Some(until) => until
                .signed_duration_since(answer.header("date").and_then(date).unwrap_or(now))
                .max(TimeDelta::zero())
                .to_std()
                .unwrap_or(usual),
            None => usual,
        },
    };
    (wait <= PATIENCE).then_some(wait)
}

/// A date in one of the three forms of RFC 9110, 5.6.7.
fn date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let forms = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).map(|date| date.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observed::{Body, usual_version};

    #[test]
    fn seconds_and_dates_are_understood() {
        let now = date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        let wait = |headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            let version = usual_version();
            let answer = Answer { status: 429, version, headers, body: Body::Empty, bytes: 0, excess: None };
            asked(&answer, 4, now).map(|wait| wait.as_secs())
        };
        for (text, seconds) in [
            ("0", Some(0)),
            (" 7 ", Some(7)),
            ("10", Some(10)),
            ("11", None),
            ("99999999999999999999999", None),
            ("-1", Some(1)),
            ("soon", Some(1)),
            ("", Some(1)),
            ("Sun, 06 Nov 1994 08:49:40 GMT", Some(3)),
            ("Sunday, 06-Nov-94 08:49:40 GMT", Some(3)),
            ("Sun Nov  6 08:49:40 1994", Some(3)),
            ("Sun, 06 Nov 1994 07:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 09:00:00 GMT", None),
        ] {
            assert_eq!(wait(&[("retry-after", text)]), seconds, "{text}");
        }
        assert_eq!(wait(&[]), Some(1));
        let own = [("date", "Mon, 07 Nov 1994 08:49:37 GMT"), ("retry-after", "Mon, 07 Nov 1994 08:49:39 GMT")];
        assert_eq!(wait(&own), Some(2), "by the target's clock");
    }
}
