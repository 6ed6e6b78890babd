//! What a family makes its cases with: one endpoint of the plan, and the steps that lead to its requests.

use super::way::{Goal, Way};
use super::{LeftOut, Plan, Planned, freshen, isolation, rehearsal, touch, undo};
use crate::contract::behaviour::Source;
use crate::contract::{Contract, Effect, Endpoint};
use crate::model::case::{Poll, Until};
use crate::model::template::HeaderEdit;
use crate::model::twin::Twin;
use crate::model::{Case, ClauseIx, Edit, Expect, Family, Field, Hole, Json, Role, Step, Template};

/// What a family's functions work on.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) plan: &'a Plan,
    pub(super) at: usize,
    pub(super) endpoint: &'a Endpoint,
    pub(super) family: Family,
}

impl<'a> Scope<'a> {
    /// Every field of the request body, members of objects after their object; items of arrays are not listed.
    pub(super) fn fields(&self) -> Vec<&'a Field> {
        let mut found = Vec::new();
        for field in &self.endpoint.request {
            field.walk(&mut |f| {
                if !f.path.contains('*') {
                    found.push(f);
                }
            });
        }
        found
    }

    pub(super) fn id(&self, place: &str, variant: &str) -> String {
        format!("{}::{}::{place}::{variant}", self.endpoint.id, self.family.word())
    }

    /// What the draws of this variant follow from: the plan's seed and the case's id (FNV-1a).
    pub(super) fn seed(&self, variant: &str) -> u64 {
        let id = self.id("body", variant);
        self.plan
            .seed
            .to_le_bytes()
            .into_iter()
            .chain(id.bytes())
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    pub(super) fn probe(&self, edits: Vec<Edit>) -> Step {
        Step::new(self.at, Role::Probe, edits)
    }

    /// A case of one request with one body edit.
    pub(super) fn edited(&self, field: &Field, variant: &str, clause: Option<ClauseIx>, edit: Edit) -> Planned {
        self.case(&field.place(), variant, clause, self.probe(vec![edit]))
    }

    /// A case of one request with one header edit.
    pub(super) fn with_header(
        &self,
        field: &Field,
        variant: &str,
        clause: Option<ClauseIx>,
        edit: HeaderEdit,
    ) -> Planned {
        let mut step = self.probe(Vec::new());
        step.headers.push(edit);
        self.case(&field.place(), variant, clause, step)
    }

    /// A case of one request, led to by the steps that it needs: to be read if it is refused for its input, else to be accepted.
    #[expect(clippy::needless_pass_by_value, reason = "a family makes a request and gives it away")]
    pub(super) fn case(&self, place: &str, variant: &str, clause: Option<ClauseIx>, probe: Step) -> Planned {
        self.reached(self.id(place, variant), clause, &|way| Some(on(way, &probe)))
    }

    /// A case of one request in which a field's legal value has another form.
    pub(super) fn twin(&self, field: &Field, twin: Twin, clause: Option<ClauseIx>) -> Planned {
        let make = |way: &Way| self.twin_on(way, field, twin);
        let planned = self.reached(self.id(&field.place(), twin.word()), clause, &make);
        if matches!(planned, Planned::LeftOut(_)) && field.refers.is_some() && field.optional() {
            // What may be left out names nothing on the shortest way.
            if let Ok((mut way, edit)) = self.plan.naming(self.at, &field.path) {
                way.edits.push(edit);
                if let Some(probe) = make(&way) {
                    return self.led(&field.place(), twin.word(), clause, &way, probe);
                }
            }
        }
        planned
    }

    /// The request at the end of a way in which a field's legal value has another form; none where it would be sent as it is.
    pub(super) fn twin_on(&self, way: &Way, field: &Field, twin: Twin) -> Option<Step> {
        let plain = self.known(way, field)?;
        if twin.write(plain.clone()) == plain {
            return None;
        }
        let written = Template::Twin(Box::new(self.legal(way, field)?), twin);
        Some(on(way, &self.probe(vec![Edit::Set(field.path.clone(), written)])))
    }

    /// The value that a way gives a field: what it names, or the baseline's.
    fn legal(&self, way: &Way, field: &Field) -> Option<Template> {
        let named = way.edits.iter().rev().find_map(|edit| match edit {
            Edit::Set(path, value) if *path == field.path => Some(value),
            _ => None,
        });
        named.or_else(|| self.plan.baselines[self.at].at(&field.path)).cloned()
    }

    /// The legal value of a field as it is known before a run.
    pub(super) fn example(&self, field: &Field) -> Option<Json> {
        let way = self.plan.way(self.at, Goal::Input).or_else(|_| self.plan.way(self.at, Goal::Accept)).ok()?;
        self.known(&way, field)
    }

    /// The value that a way gives a field, a stand-in where only a run knows it.
    fn known(&self, way: &Way, field: &Field) -> Option<Json> {
        let step = self.probe(way.edits.clone());
        rehearsal::bind(self.plan, &step, &self.seen(way)).at(&field.path).cloned()
    }

    /// A case of the request that `make` gives for a way; left out where no way leads to it. On the accepting way nothing is wrong but
    /// what the case breaks: a server that takes that has no other reason to refuse. Where no such way is known, the one to the input
    /// checks does for what they refuse.
    fn reached(&self, id: String, clause: Option<ClauseIx>, make: &dyn Fn(&Way) -> Option<Step>) -> Planned {
        let clauses: Vec<ClauseIx> = clause.into_iter().collect();
        let accepting = self.plan.way(self.at, Goal::Accept).and_then(|way| {
            let probe = make(&way).ok_or("the way to the request gives the field no value")?;
            Ok((way, probe))
        });
        let reason = match accepting {
            Ok((way, probe)) => return Planned::Case(Box::new(self.build(id, &way, probe, clauses))),
            Err(reason) => reason,
        };
        let input = self.plan.way(self.at, Goal::Input).ok().filter(|way| !way.dangling);
        if let Some((way, probe)) = input.and_then(|way| make(&way).map(|probe| (way, probe))) {
            let case = self.build(id.clone(), &way, probe, clauses);
            // Refused for what it sends, and not for the state that this way leads to.
            let input = |c: &ClauseIx| self.plan.contract.clause(*c).part() == "request";
            let refused = matches!(case.expect(), Expect::Refuse { broken, .. } if broken.iter().any(input))
                && case.probe().headers.is_empty();
            let signed = case.probe().token == crate::model::template::TokenEdit::Intact;
            if refused && signed && case.probe().seal == crate::model::case::Seal::AsMarked {
                return Planned::Case(Box::new(case));
            }
        }
        Planned::LeftOut(LeftOut { id, clause, reason })
    }

    /// A case whose way and request stand already.
    pub(super) fn led(&self, place: &str, variant: &str, clause: Option<ClauseIx>, way: &Way, probe: Step) -> Planned {
        Planned::Case(Box::new(self.build(self.id(place, variant), way, probe, clause.into_iter().collect())))
    }

    pub(super) fn left_out(
        &self,
        place: &str,
        variant: &str,
        clause: Option<ClauseIx>,
        reason: impl Into<String>,
    ) -> Planned {
        Planned::LeftOut(LeftOut { id: self.id(place, variant), clause, reason: reason.into() })
    }

    /// What the steps of a way have sent and got, stand-ins throughout.
    fn seen<'w>(&'w self, way: &'w Way) -> rehearsal::Seen<'w> {
        rehearsal::Seen {
            sent: &way.sent,
            answers: &way.answers,
            step: way.steps.len(),
            base: self.plan.base(),
            contract: &self.plan.contract,
            now: self.plan.moment(),
        }
    }

    /// Reads off what the contract says of the request and which clauses the case exercises.
    pub(super) fn build(&self, id: String, way: &Way, mut probe: Step, aims: Vec<ClauseIx>) -> Case {
        let plan = self.plan;
        // The last call need not be the endpoint's own: another one shows what it did.
        let endpoint = &plan.contract.endpoints[probe.endpoint];
        let body = rehearsal::bind(plan, &probe, &self.seen(way));
        let headers = rehearsal::headers(plan, &probe);
        let standing = if probe.edits.iter().any(|edit| rehearsal::made_up(edit).is_some()) {
            let mut world = way.world.clone();
            freshen(endpoint, &probe.edits, &body, &mut world);
            world.standing(endpoint, &body, plan.moment())
        } else {
            way.world.standing(endpoint, &body, plan.moment())
        };
        probe.expect = isolation::expect(&plan.contract, &probe, &body, &headers, &standing);
        let mut steps: Vec<Step> = way.steps.clone();
        for step in steps.iter_mut().filter(|s| s.role == Role::Setup) {
            step.expect = Expect::Accept { may: Vec::new() };
        }
        draw_again(&plan.contract, &mut steps, &probe.edits);
        steps.push(probe);
        let aim = aims.first().copied();
        let mut clauses = match &steps[steps.len() - 1].expect {
            Expect::Either { .. } => Vec::new(),
            Expect::Accept { .. } => {
                let success = &endpoint.success;
                let mut own = aims;
                own.push(success.status_clause);
                own.extend([success.code_clause, success.message_clause].into_iter().flatten());
                own
            }
            Expect::Refuse { broken, rows, .. } => {
                let mut own = broken.clone();
                for row in rows {
                    let field = &endpoint.rows[row.row].fields[row.field];
                    own.push(field.code);
                    own.extend([field.status, field.message].into_iter().flatten());
                }
                own
            }
        };
        // A row that is counted up to is what the case is there for, though nobody can tell when it comes.
        if let Some(aimed) = steps[steps.len() - 1].state {
            let row = &endpoint.rows[aimed.row];
            let counted = matches!(row.when, crate::contract::When::Attempts { .. });
            clauses.extend(row.fields.get(aimed.field).filter(|_| counted).map(|f| f.code));
        }
        clauses.sort_unstable();
        clauses.dedup();
        let hazard = steps.iter().map(|s| plan.contract.endpoints[s.endpoint].hazard).max().unwrap_or(endpoint.hazard);
        // A call that undoes is no prepared request.
        let undo = if plan.contract.prepared_only { Vec::new() } else { undo::steps(&plan.contract, &steps) };
        let touches = touch::touches(plan, way, &steps, &body);
        Case {
            id: id.into(),
            family: self.family,
            endpoint: self.at,
            clauses,
            aim,
            hazard,
            steps,
            undo,
            touches,
            fixtures: way.fixtures.clone(),
            race: None,
            draw: None,
        }
    }
}

/// Has the call that gives out a short-lived text made again while that text begins with zero, if the request sends it as a number: the
/// number would have other digits, and a target that takes numbers for texts would refuse it for those.
fn draw_again(contract: &Contract, steps: &mut [Step], edits: &[Edit]) {
    for edit in edits {
        let Edit::Set(_, Template::Twin(legal, Twin::Number)) = edit else { continue };
        let Template::Hole(Hole::Answer { step, path }) = legal.as_ref() else { continue };
        let Some(maker) = steps.get_mut(*step).filter(|s| s.poll.is_none()) else { continue };
        let gives = |effect: &&Effect| effect.key == Some(Source::Response(path.clone()));
        let made = contract.endpoints[maker.endpoint].effects.iter().find(gives);
        let short_lived = |effect: &Effect| contract.resources.iter().any(|r| r.name == effect.resource && r.fleeting);
        if made.is_some_and(short_lived) {
            maker.poll = Some(Poll { path: path.clone(), until: Until::NoLeadingZero });
        }
    }
}

/// A request with the edits of its way that it does not make pointless.
fn on(way: &Way, probe: &Step) -> Step {
    let mut probe = probe.clone();
    let edits = std::mem::take(&mut probe.edits);
    probe.edits = way.edits.iter().filter(|e| !edits.iter().any(|own| overrides(own, e))).cloned().collect();
    probe.edits.extend(edits);
    probe
}

/// True if an edit makes an earlier one pointless.
pub(super) fn overrides(later: &Edit, earlier: &Edit) -> bool {
    let (Edit::Remove(a) | Edit::Set(a, _), Edit::Remove(b) | Edit::Set(b, _)) = (later, earlier);
    a == b || b.strip_prefix(a.as_str()).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests;
