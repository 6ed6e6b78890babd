//! The headers of an answer.

use std::borrow::Cow;

use super::Notes;
use crate::contract::{Contract, Endpoint};
use crate::model::observed::Answer;
use crate::model::{Check, Json};
use crate::schema::check::{Side, State};
use crate::schema::{Units, check_header};

pub(super) fn check(contract: &Contract, endpoint: &Endpoint, answer: &Answer, notes: &mut Notes<'_>) {
    let units = Units { side: Side::Response, units: &contract.units };
    check_header(&endpoint.response_headers, &spelled(endpoint, answer), units, &mut |judged| {
        let Some(clause) = judged.clause else { return };
        match judged.state {
            State::Holds => notes.hold(clause),
            State::Unknown => {}
            State::Broken => {
                let actual = judged.value.map_or_else(|| "absent".to_owned(), |v| Json::brief(v, 80));
                notes.find(
                    clause,
                    Check::Header,
                    judged.path.to_string(),
                    contract.clause(clause).says.clone(),
                    actual,
                );
            }
        }
    });
}

/// The headers, with a content type that is documented without parameters in that spelling: RFC 9110, 8.3.1 tells neither upper from
/// lower case nor forbids a charset.
fn spelled<'a>(endpoint: &Endpoint, answer: &'a Answer) -> Cow<'a, [(String, String)]> {
    let named = |name: &str| name.eq_ignore_ascii_case("content-type");
    let words = endpoint.response_headers.iter().filter(|f| named(&f.name)).find_map(|f| f.words.as_ref());
    let Some(words) = words.filter(|w| w.sides.iter().flatten().all(|word| !word.contains(';'))) else {
        return Cow::Borrowed(&answer.headers);
    };
    let mut headers = answer.headers.clone();
    for (_, value) in headers.iter_mut().filter(|(name, _)| named(name)) {
        let essence = value.split(';').next().unwrap_or_default().trim().to_owned();
        let known = words.sides.iter().flatten().find(|word| word.eq_ignore_ascii_case(&essence));
        *value = known.cloned().unwrap_or(essence);
    }
    Cow::Owned(headers)
}

#[cfg(test)]
mod tests;
