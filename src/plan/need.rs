//! What a page wants beside what a request names: resources and their states, attributes that agree, calls that come first.

use super::reference::template;
use super::stage::{Chosen, Stage};
use super::way::Goal;
use crate::behaviour::{Held, Origin};
use crate::contract::behaviour::{Act, Class, Operand, Test};
use crate::contract::{Effect, Endpoint, When};
use crate::model::Edit;

impl Stage<'_> {
    /// What must be there beside what the request names.
    pub(super) fn needs(&mut self, endpoint: &Endpoint, goal: Goal, chosen: &mut Chosen) -> Result<(), String> {
        let contract = self.contract();
        let accept = matches!(goal, Goal::Accept | Goal::After(_));
        for effect in &endpoint.effects {
            let shows = effect.act == Act::Read && !effect.answer.is_empty();
            if effect.list.is_none()
                && effect.key.is_none()
                && (shows || matches!(effect.act, Act::Update | Act::Delete))
            {
                if let Some(resource) =
                    self.world.resource(&effect.resource).filter(|r| !contract.resources[*r].fleeting)
                {
                    let made = self.ensure(resource, chosen);
                    if accept {
                        made?;
                    }
                }
            }
        }
        // A row about what the request names is met whatever the page wants besides.
        let reference = matches!(goal, Goal::Row { row, .. } if endpoint.rows[row].when.class() == Class::Reference);
        if !reference {
            self.precede(endpoint, chosen);
        }
        for (name, state) in endpoint.needs.iter().filter(|_| !reference) {
            let Some(resource) = self.world.resource(name) else { continue };
            let made = self.ensure(resource, chosen).and_then(|at| self.bring(at, state.as_deref(), chosen));
            if accept {
                made?;
            }
        }
        if !reference {
            endpoint.same.iter().for_each(|pair| self.agree(pair, chosen));
        }
        for (at, row) in endpoint.rows.iter().enumerate() {
            let When::Where(tests) = &row.when else { continue };
            let [(Operand::Resource(name), Test::Absent)] = tests.as_slice() else { continue };
            if matches!(goal, Goal::Row { row, .. } if row == at) {
                continue;
            }
            if let Some(resource) = self.world.resource(name) {
                let made = self.ensure(resource, chosen);
                if accept {
                    made?;
                }
            }
        }
        Ok(())
    }

    /// Lets an earlier call of the way send the one attribute as the fixture has the other. Where that can't be done nobody knows
    /// whether the call is accepted, and the expectation says so.
    fn agree(&mut self, (one, other): &((String, String), (String, String)), chosen: &Chosen) {
        let place = |(name, attribute): &(String, String)| {
            let at = *chosen.get(&self.world.resource(name)?)?;
            Some((at, attribute.clone(), self.world.things()[at].attributes.get(attribute)?.clone()))
        };
        let (Some((at, attribute, sent)), Some((_, _, wanted))) = (place(one), place(other)) else { return };
        let (Origin::Sent { step, path }, Origin::Planted { .. }) = (&sent.origin, &wanted.origin) else { return };
        if sent.value == wanted.value {
            return;
        }
        self.steps[*step].edits.push(Edit::Set(path.clone(), template(&wanted)));
        self.sent[*step].put(path, wanted.value.clone());
        self.world.hold(at, attribute, Held { value: wanted.value, origin: sent.origin.clone() });
    }

    /// Makes the calls that are to come before one of the endpoint, where they can be made. Without them nobody knows whether the
    /// call is accepted, and the expectation says so.
    pub(super) fn precede(&mut self, endpoint: &Endpoint, chosen: &Chosen) {
        for first in &endpoint.after {
            let Some((at, _)) = self.contract().endpoint(first) else { continue };
            if chosen.values().any(|thing| self.world.called(first, *thing)) {
                continue;
            }
            let mut trial = self.clone();
            if trial.call(at, &mut chosen.clone(), None).is_ok() {
                *self = trial;
            }
        }
    }

    /// Makes the call that brings an instance to a state that it must have.
    fn bring(&mut self, at: usize, state: Option<&str>, chosen: &mut Chosen) -> Result<(), String> {
        let Some(state) = state.filter(|state| self.world.things()[at].state != *state) else { return Ok(()) };
        let contract = self.contract();
        let name = &contract.resources[self.world.things()[at].resource].name;
        for (mover, endpoint) in contract.endpoints.iter().enumerate() {
            let moves = |e: &Effect| e.act == Act::Update && e.resource == *name && e.state.is_some();
            if endpoint.closed.is_some() || !endpoint.effects.iter().any(moves) {
                continue;
            }
            let mut trial = self.clone();
            trial.depth += 1;
            let mut own = chosen.clone();
            if trial.call(mover, &mut own, None).is_ok() && trial.world.things()[at].state == state {
                trial.depth -= 1;
                *self = trial;
                *chosen = own;
                return Ok(());
            }
        }
        Err(format!("no call of the contract brings any {name} to {state}: a profile's fixture can"))
    }
}

#[cfg(test)]
mod tests;
