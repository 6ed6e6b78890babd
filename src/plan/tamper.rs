//! Bodies changed after they were signed, tokens of other messages and moments, keys of other actors and messages.

use super::{Planned, Scope};
use crate::model::case::{Seal, Spoil};
use crate::model::template::{Region, TokenEdit};
use crate::model::wire::Mark;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    let wire = &scope.endpoint.wire;
    // A credential that is sent as it is covers nothing that could be changed.
    if let Some(auth) = wire.auth.as_ref().filter(|a| a.over.is_some()) {
        let mut tokens = vec![("earlier-time", TokenEdit::Stale), ("second-key", TokenEdit::SecondKey)];
        if wire.has_body {
            tokens.extend([
                ("blank-head", TokenEdit::Blank(Region::Head)),
                ("blank-middle", TokenEdit::Blank(Region::Middle)),
                ("blank-tail", TokenEdit::Blank(Region::Tail)),
                ("other-value", TokenEdit::Value),
                ("replayed", TokenEdit::Replayed),
            ]);
        }
        for (variant, token) in tokens {
            let mut probe = scope.probe(Vec::new());
            probe.token = token;
            out.push(scope.case(&format!("header.{}", auth.header), variant, scope.endpoint.verified_clause, probe));
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
