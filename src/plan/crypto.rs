//! Encrypted requests: sound ones with each content encryption, a sound one around an invalid body, and each way of not verifying.

use super::error::{self, Aim};
use super::way::Goal;
use super::{Planned, Scope};
use crate::contract::When;
use crate::model::case::{Seal, Spoil};
use crate::model::wire::Mark;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let (Some(plan), Some(clauses)) = (&scope.endpoint.wire.encryption, scope.endpoint.encryption) else {
        return Vec::new();
    };
    if scope.endpoint.wire.marks.0 != Mark::Marked {
        return Vec::new();
    }
    let place = format!("body.{}", plan.member);
    let mut out = Vec::new();
    let sealed = |variant: &str, seal: Seal| {
        let mut probe = scope.probe(Vec::new());
        probe.seal = seal;
        scope.case(&place, variant, clauses.encrypted.or(Some(clauses.opens)), probe)
    };
    out.push(sealed("sealed", Seal::Sealed));
    if plan.enc.len() > 1 {
        out.push(sealed("other-content", Seal::OtherContent));
    }
    // Good encryption around a bad body: the inner error must come back.
    if let Some((row, own)) = scope.endpoint.rows.iter().enumerate().find_map(|(at, row)| {
        let which = row.fields.iter().position(|f| f.documented && row.when.input() && row.when != When::Unseen)?;
        Some((at, which))
    }) {
        let known = &scope.endpoint.rows[row];
        if let Ok((way, mut probe)) = error::provoke(scope, Aim::of(row, own)) {
            probe.seal = Seal::Sealed;
            out.push(scope.led(&place, "invalid-inside", Some(known.fields[own].code), &way, probe));
        }
    }
    for spoil in Spoil::ALL {
        let mut probe = scope.probe(Vec::new());
        probe.seal = Seal::Spoilt(spoil);
        out.push(match scope.plan.way(scope.at, Goal::Accept) {
            Ok(_) => scope.case(&place, spoil.word(), clauses.authentic, probe),
            Err(why) => scope.left_out(&place, spoil.word(), clauses.authentic, why),
        });
    }
    out
}

#[cfg(test)]
mod tests;
