//! Bodies changed after they were signed, tokens of other messages and moments, keys of other actors and messages.

use super::way::{Goal, Way};
use super::{Planned, Scope};
use crate::model::case::{Seal, Spoil};
use crate::model::field::Location;
use crate::model::template::{Region, TokenEdit};
use crate::model::wire::Mark;
use crate::model::{ClauseIx, Expect};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    let wire = &scope.endpoint.wire;
    // A credential that is sent as it is covers nothing that could be changed.
    if let Some(auth) = wire.auth.as_ref().filter(|a| a.over.is_some()) {
        let (place, clause) = (format!("header.{}", auth.header), scope.endpoint.verified_clause);
        let mut tokens = vec![("earlier-time", TokenEdit::Stale), ("second-key", TokenEdit::SecondKey)];
        if wire.has_body {
            tokens.extend([
                ("blank-head", TokenEdit::Blank(Region::Head)),
                ("blank-middle", TokenEdit::Blank(Region::Middle)),
                ("blank-tail", TokenEdit::Blank(Region::Tail)),
            ]);
            if scope.endpoint.request.iter().any(|f| f.location == Location::Body) {
                tokens.push(("other-value", TokenEdit::Value));
            } else {
                out.push(scope.left_out(
                    &place,
                    "other-value",
                    clause,
                    "the body holds no value that could be another",
                ));
            }
        }
        for (variant, token) in tokens {
            let mut probe = scope.probe(Vec::new());
            probe.token = token;
            out.push(scope.case(&place, variant, clause, probe));
        }
        if wire.has_body {
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
