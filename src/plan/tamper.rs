//! Bodies changed after they were signed, tokens of other messages and moments, keys of other actors and messages.

use super::way::{Goal, Way};
use super::{Planned, Scope};
use crate::auth;
use crate::model::case::{Seal, Spoil};
use crate::model::field::Location;
use crate::model::template::TokenEdit;
use crate::model::wire::Mark;
use crate::model::{ClauseIx, Expect};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    let wire = &scope.endpoint.wire;
    if let Some(plan) = &wire.auth {
        let (place, clause) = (format!("header.{}", plan.header), scope.endpoint.verified_clause);
        let valued = scope.endpoint.request.iter().any(|f| f.location == Location::Body);
        for tamper in auth::tampers(plan, wire.has_body).into_iter().filter(|t| t.elsewhere) {
            if tamper.edit == TokenEdit::Value && !valued {
                let reason = "the body holds no value that could be another";
                out.push(scope.left_out(&place, tamper.variant, clause, reason));
                continue;
            }
            let mut probe = scope.probe(Vec::new());
            probe.token = tamper.edit;
            out.push(scope.case(&place, tamper.variant, clause, probe));
        }
        if auth::covers_body(plan) && wire.has_body {
            out.push(replayed(scope, &place, clause));
        }
    }
    if let (Some(plan), Some(clauses), Mark::Marked) = (&wire.encryption, scope.endpoint.encryption, wire.marks.0) {
        let mut probe = scope.probe(Vec::new());
        probe.seal = Seal::Spoilt(Spoil::SwappedKey);
        let place = format!("body.{}", plan.member);
        out.push(scope.case(&place, Spoil::SwappedKey.word(), clauses.authentic, probe));
    }
    out
}

/// A good request, and one more under the token of the first: its body is another one, with blanks where JSON lets them stand.
fn replayed(scope: &Scope<'_>, place: &str, clause: Option<ClauseIx>) -> Planned {
    let variant = "replayed";
    let way = match scope.plan.way(scope.at, Goal::Accept) {
        Ok(way) => way,
        Err(why) => return scope.left_out(place, variant, clause, why),
    };
    let edits = way.edits.clone();
    let way = Way::clone(&way).then(scope.plan, scope.at, edits.clone());
    let mut probe = scope.probe(edits);
    probe.spaced = true;
    // Under a token of its own it would be taken, so that nothing but the token can be why it is not.
    match scope.led(place, variant, clause, &way, probe.clone()) {
        Planned::Case(case) if !matches!(case.expect(), Expect::Accept { .. }) => {
            scope.left_out(place, variant, clause, "no source says that the same call is taken twice")
        }
        _ => {
            probe.token = TokenEdit::Replayed;
            scope.led(place, variant, clause, &way, probe)
        }
    }
}

#[cfg(test)]
mod tests;
