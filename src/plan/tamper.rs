//! Bodies changed after they were signed, tokens of other messages and moments, keys of other actors and messages.

use super::token::Shown;
use super::way::{Goal, Way};
use super::{Planned, Scope};
use crate::auth;
use crate::model::Expect;
use crate::model::case::{Seal, Spoil};
use crate::model::field::Location;
use crate::model::template::TokenEdit;
use crate::model::wire::Mark;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    let wire = &scope.endpoint.wire;
    let valued = scope.endpoint.request.iter().any(|f| f.location == Location::Body);
    for shown in Shown::all(scope) {
        for tamper in auth::tampers(shown.plan, wire.has_body).into_iter().filter(|t| t.elsewhere) {
            if matches!(tamper.edit, TokenEdit::Value | TokenEdit::OtherDigest) && !valued {
                let reason = "the body holds no value that could be another";
                out.push(scope.left_out(&shown.place(), &shown.variant(tamper.variant), shown.clause, reason));
                continue;
            }
            let mut probe = scope.probe(Vec::new());
            (probe.caller, probe.scheme, probe.token) = (shown.caller, shown.scheme, tamper.edit);
            out.push(scope.case(&shown.place(), &shown.variant(tamper.variant), shown.clause, probe));
        }
        if auth::covers_body(shown.plan) && wire.has_body {
            out.push(replayed(scope, shown));
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
fn replayed(scope: &Scope<'_>, shown: Shown<'_>) -> Planned {
    let (place, variant, clause) = (shown.place(), shown.variant("replayed"), shown.clause);
    let (place, variant) = (place.as_str(), variant.as_str());
    let way = match scope.plan.way(scope.at, Goal::Accept) {
        Ok(way) => way,
        Err(why) => return scope.left_out(place, variant, clause, why),
    };
    let edits = way.edits.clone();
    let mut way = Way::clone(&way).then(scope.plan, scope.at, edits.clone());
    // The request before shows who calls in the same way.
    way.steps.iter_mut().next_back().into_iter().for_each(|step| step.caller = shown.caller);
    let mut probe = scope.probe(edits);
    (probe.caller, probe.scheme) = (shown.caller, shown.scheme);
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
