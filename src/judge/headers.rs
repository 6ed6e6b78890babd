//! The headers of an answer.

use std::borrow::Cow;

use super::Notes;
use crate::contract::{Contract, Endpoint};
use crate::model::observed::Answer;
use crate::model::{Check, Json};
use crate::schema::check::{Side, State};
use crate::schema::{Units, check_header};

/// What to look at where a header breaks its row.
pub(super) const HINT: &str = "a gateway may drop or rewrite response headers";

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

/// The headers, with a content type in the spelling of the documented one that means the same (RFC 9110, 8.3.1): case does not count, nor
/// do blanks and quotes around a parameter; where no parameter is documented, any may come.
fn spelled<'a>(endpoint: &Endpoint, answer: &'a Answer) -> Cow<'a, [(String, String)]> {
    let named = |name: &str| name.eq_ignore_ascii_case("content-type");
    let words = endpoint.response_headers.iter().filter(|f| named(&f.name)).find_map(|f| f.words.as_ref());
    let Some(words) = words else { return Cow::Borrowed(&answer.headers) };
    let mut headers = answer.headers.clone();
    for (_, value) in headers.iter_mut().filter(|(name, _)| named(name)) {
        let (essence, parameters) = media_type(value);
        let same = |word: &&String| {
            let (own, wanted) = media_type(word);
            own == essence && (wanted.is_empty() || wanted == parameters)
        };
        if let Some(word) = words.sides.iter().flatten().find(same) {
            value.clone_from(word);
        }
    }
    Cow::Owned(headers)
}

/// A media type in small letters and its parameters in a fixed order.
fn media_type(text: &str) -> (String, Vec<String>) {
    let mut parts = text.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let parameter = |part: String| match part.split_once('=') {
        Some((name, value)) => format!("{}={}", name.trim_end(), value.trim_start().trim_matches('"')),
        None => part,
    };
    let mut parameters: Vec<String> = parts.filter(|part| !part.is_empty()).map(parameter).collect();
    parameters.sort_unstable();
    (essence, parameters)
}

#[cfg(test)]
mod tests;
