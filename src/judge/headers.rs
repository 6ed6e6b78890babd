//! The headers of an answer.

use super::Notes;
use crate::contract::{Contract, Endpoint};
use crate::model::observed::Answer;
use crate::model::{Check, Json};
use crate::schema::check::{Side, State};
use crate::schema::{Units, check_header};

pub(super) fn check(contract: &Contract, endpoint: &Endpoint, answer: &Answer, notes: &mut Notes<'_>) {
    let units = Units { side: Side::Response, units: &contract.units };
    check_header(&endpoint.response_headers, &answer.headers, units, &mut |judged| {
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
