//! The same request from many connections at once: one wins where only one can, and no answer belongs to another request.

use std::collections::HashSet;

use super::{Notes, Oracle, Reply};
use crate::model::case::Race;
use crate::model::observed::Answer;
use crate::model::{Check, Expect, Observed, Reason, Step, place};

/// What to look at where more than one of equal requests wins.
pub(super) const HINT: &str =
    "check and insert are two steps: look for a lock, a unique index or one statement for both";

/// One answer with another request's number may be chance where the target draws its own.
const CROSSINGS: usize = 2;

impl Oracle {
    /// Judges the copies of a step; `first` is the number of the first of their exchanges.
    pub(super) fn race(&self, step: &Step, race: &Race, (first, copies): (usize, &[Observed]), notes: &mut Notes<'_>) {
        let endpoint = &self.contract.endpoints[step.endpoint];
        let mut wins = 0;
        // Of a copy that the target did not look at, nothing follows; two others at least must have met.
        let looked_at = |seen: &Observed| !seen.answer.as_ref().is_ok_and(Answer::undone);
        let met = copies.iter().filter(|seen| looked_at(seen)).count() > 1;
        for (at, seen) in copies.iter().enumerate().filter(|(_, seen)| !met || looked_at(seen)) {
            notes.exchange = first + at;
            let taken = seen.answer.as_ref().is_ok_and(|answer| self.reply(endpoint, answer) == Reply::Accepted);
            let expect = match &race.losers {
                Some(losers) if !taken => losers.clone(),
                _ => step.expect.clone(),
            };
            wins += usize::from(taken);
            self.exchange(endpoint, &Step { expect, ..step.clone() }, None, seen, notes);
        }
        let answered = copies.iter().filter(|seen| seen.answer.is_ok()).count();
        if let Some(Expect::Refuse { broken, rows, .. }) = &race.losers {
            match (wins, broken.first()) {
                (0, _) if answered > 0 => {
                    notes.unclear(Reason::IdentityTaken, format!("none of {answered} answers took the request"));
                }
                (2.., Some(clause)) => {
                    let row = rows.first().map(|r| &endpoint.rows[r.row].fields[r.field]);
                    let pointer = row.map(|f| format!("request:{}", place::pointer(&f.path))).unwrap_or_default();
                    let expected = format!("one of {} at once is taken", copies.len());
                    notes.find(*clause, Check::Race, pointer, expected, format!("{wins} were taken"));
                }
                _ => {}
            }
        }
        Self::crossed(endpoint, (first, copies), notes);
    }

    /// Answers that carry the number of another copy.
    fn crossed(endpoint: &crate::contract::Endpoint, (first, copies): (usize, &[Observed]), notes: &mut Notes<'_>) {
        let Some((field, clause)) = endpoint.response_headers.iter().find_map(|f| Some((f, f.trace?))) else { return };
        let sent: HashSet<&str> = copies.iter().filter_map(|seen| seen.trace.as_deref()).collect();
        let answered = |seen: &Observed| Some(seen.answer.as_ref().ok()?.header(&field.name)?.to_owned());
        let crossed = |seen: &&Observed| {
            let own = seen.trace.as_deref();
            answered(seen).is_some_and(|number| own != Some(&number) && sent.contains(number.as_str()))
        };
        let bad: Vec<&Observed> = copies.iter().filter(crossed).collect();
        match bad.first() {
            Some(seen) if bad.len() >= CROSSINGS => {
                notes.exchange = first;
                let expected =
                    format!("{}, or a number of the target's own", seen.trace.as_deref().unwrap_or_default());
                let actual = format!("{}, the number of another request", answered(seen).unwrap_or_default());
                notes.find(clause, Check::Trace, format!("header:{}", field.name), expected, actual);
            }
            _ if copies.iter().any(|seen| answered(seen).is_some()) => notes.hold(clause),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
