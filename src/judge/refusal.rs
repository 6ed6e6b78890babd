//! Code, status and message of a refusal.

use super::{Notes, envelope, message};
use crate::contract::{Contract, Endpoint};
use crate::model::case::RowRef;
use crate::model::observed::Answer;
use crate::model::{Check, ClauseIx, field};

pub(super) fn check(
    contract: &Contract,
    endpoint: &Endpoint,
    (broken, rows): (&[ClauseIx], &[RowRef]),
    code: Option<&str>,
    answer: &Answer,
    notes: &mut Notes<'_>,
) {
    let (Some(first), Some(code)) = (rows.first(), code) else { return };
    let Some(found) = rows.iter().find(|r| endpoint.rows[r.row].code == code) else {
        let mut codes: Vec<&str> = rows.iter().map(|r| endpoint.rows[r.row].code.as_str()).collect();
        codes.dedup();
        // Where several rows may apply, none is promised alone: the softest is the one to cite.
        let softest =
            rows.iter().map(|r| endpoint.rows[r.row].fields[r.field].code).min_by_key(|c| contract.clause(*c).level);
        let clause = softest.unwrap_or(endpoint.rows[first.row].fields[first.field].code);
        broken.iter().filter(|c| **c != clause).for_each(|c| notes.hold(*c));
        notes.find(clause, Check::Code, envelope::pointer(&contract.envelope.code), codes.join(" or "), code);
        return;
    };
    let row = &endpoint.rows[found.row];
    let own = &row.fields[found.field];
    broken.iter().filter(|c| **c != own.code).for_each(|c| notes.hold(*c));
    notes.hold(own.code);
    if answer.status == row.status {
        notes.hold(own.status);
    } else {
        notes.find(own.status, Check::Status, "", row.status.to_string(), answer.status.to_string());
    }
    let limits = field::find(&endpoint.request, &own.path)
        .and_then(|f| f.length.as_ref())
        .map(super::super::model::field::Constraint::first);
    let fill = |hole: &str| match hole {
        "field" => Some(own.path.clone()),
        "min" => limits.map(|l| l.min.to_string()),
        "max" => limits.map(|l| l.max.to_string()),
        _ => None,
    };
    let others: Vec<&str> = endpoint.rows.iter().map(|r| r.message.as_str()).collect();
    match message::compare(&row.message, &fill, envelope::message(contract, answer), &others) {
        message::Match::Same => notes.hold(own.message),
        message::Match::Other(actual) => {
            notes.find(
                own.message,
                Check::Message,
                envelope::pointer(&contract.envelope.message),
                message::render(&row.message, &fill),
                actual,
            );
        }
        message::Match::Unknown => {}
    }
}
