//! Requests whose credentials are wrong, right in part or not there at all, one whose body is written with blanks and signed so, and one
//! for each other way of showing who calls.

use super::{Planned, Scope};
use crate::auth;
use crate::model::ClauseIx;
use crate::model::template::{HeaderChange, HeaderEdit, TokenEdit};
use crate::model::wire::{AuthPlan, Carrier};

/// A scheme of an endpoint, in one of the ways of showing who calls.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) plan: &'a AuthPlan,
    /// The way.
    pub(super) caller: usize,
    /// The scheme among those of its way.
    pub(super) scheme: usize,
    pub(super) clause: Option<ClauseIx>,
}

impl<'a> Shown<'a> {
    /// Every scheme in every way of the scope's endpoint.
    pub(super) fn all(scope: &Scope<'a>) -> Vec<Self> {
        let endpoint = scope.endpoint;
        let ways = endpoint.wire.callers.iter().enumerate();
        ways.flat_map(|(caller, way)| {
            way.schemes.iter().enumerate().map(move |(scheme, plan)| Self {
                plan,
                caller,
                scheme,
                clause: endpoint.verified(&plan.id),
            })
        })
        .collect()
    }

    /// The place of the scheme's first value.
    pub(super) fn place(&self) -> String {
        self.plan.carriers.first().map(Carrier::place).unwrap_or_default()
    }

    /// A word in case ids; the ways after the first are counted.
    pub(super) fn variant(&self, word: &str) -> String {
        if self.caller == 0 { word.to_owned() } else { format!("way-{}-{word}", self.caller + 1) }
    }
}

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for shown in Shown::all(scope) {
        taken(scope, shown, &mut out);
        missing(scope, shown, &mut out);
        bent(scope, shown, &mut out);
    }
    out
}

/// A legal request that shows who calls in a way of its own: other families take the first one.
fn taken(scope: &Scope<'_>, shown: Shown<'_>, out: &mut Vec<Planned>) {
    if shown.caller > 0 && shown.scheme == 0 {
        let mut step = scope.probe(Vec::new());
        step.caller = shown.caller;
        out.push(scope.case(&shown.place(), &shown.variant("taken"), shown.clause, step));
    }
}

/// A value left out, empty, or of no form that the scheme has.
fn missing(scope: &Scope<'_>, shown: Shown<'_>, out: &mut Vec<Planned>) {
    for carrier in &shown.plan.carriers {
        let mut step = scope.probe(Vec::new());
        (step.caller, step.scheme) = (shown.caller, shown.scheme);
        let Carrier::Header(name) = carrier else {
            step.token = TokenEdit::Absent;
            out.push(scope.case(&carrier.place(), &shown.variant("absent"), shown.clause, step));
            continue;
        };
        let fields = &scope.endpoint.request_headers;
        let Some(field) = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)) else { continue };
        for (word, change) in
            [("absent", HeaderChange::Remove), ("empty", HeaderChange::Empty), ("malformed", HeaderChange::Malform)]
        {
            let mut step = step.clone();
            step.headers.push(HeaderEdit { name: field.name.clone(), change });
            out.push(scope.case(&field.place(), &shown.variant(word), shown.clause, step));
        }
    }
}

/// Values of the scheme's form that show nobody, or not this request.
fn bent(scope: &Scope<'_>, shown: Shown<'_>, out: &mut Vec<Planned>) {
    let has_body = scope.endpoint.wire.has_body;
    let mut step = scope.probe(Vec::new());
    (step.caller, step.scheme) = (shown.caller, shown.scheme);
    for tamper in auth::tampers(shown.plan, has_body).into_iter().filter(|t| !t.elsewhere) {
        let mut step = step.clone();
        step.token = tamper.edit;
        out.push(scope.case(&shown.place(), &shown.variant(tamper.variant), shown.clause, step));
    }
    if auth::covers_body(shown.plan) && has_body {
        // What is signed is what is sent: a server that writes the body anew before it computes the code refuses a legal request.
        step.spaced = true;
        out.push(scope.case(&shown.place(), &shown.variant("body-with-blanks"), shown.clause, step));
    }
}
#[cfg(test)]
mod tests;
