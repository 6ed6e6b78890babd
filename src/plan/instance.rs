//! The instance that stands for a resource in a way: one that belongs to what is chosen already, or one that a maker makes.

use super::maker::{Maker, makers};
use super::rehearsal::serial;
use super::stage::{Chosen, DEPTH, Stage};
use crate::behaviour::{Made, Origin, Style};
use crate::model::{Edit, Field, Json, Role, Step, field};
use crate::schema::example::{Manner, example};

impl Stage<'_> {
    /// Chooses an instance of the resource: one related to what is chosen, or a new one.
    pub(super) fn ensure(&mut self, resource: usize, chosen: &mut Chosen) -> Result<usize, String> {
        if let Some(at) = chosen.get(&resource) {
            return Ok(*at);
        }
        let own = &self.contract().resources[resource];
        let forced = self.forced.is_some_and(|(r, m)| r == resource && !matches!(m, Maker::Fixture(_)));
        if !own.fleeting && !forced {
            if let Some(at) = self.related(resource, chosen) {
                chosen.insert(resource, at);
                self.close(chosen);
                return Ok(at);
            }
        }
        if self.depth >= DEPTH {
            return Err(format!("no call makes any {} without another one", own.name));
        }
        let mut all = makers(self.contract(), resource);
        if let Some((_, maker)) = self.forced.filter(|(r, _)| *r == resource) {
            all.retain(|m| *m == maker);
        }
        let mut reason = format!("no call of the contract makes any {}: a profile's fixture can", own.name);
        for (tried, maker) in all.into_iter().enumerate() {
            let mut trial = self.clone();
            trial.depth += 1;
            let mut own = chosen.clone();
            match trial.make(resource, maker, &mut own) {
                Ok(at) => {
                    trial.depth -= 1;
                    *self = trial;
                    *chosen = own;
                    chosen.insert(resource, at);
                    self.close(chosen);
                    return Ok(at);
                }
                Err(why) if tried == 0 => reason = why,
                Err(_) => {}
            }
        }
        Err(reason)
    }

    fn make(&mut self, resource: usize, maker: Maker, chosen: &mut Chosen) -> Result<usize, String> {
        match maker {
            Maker::Call { endpoint, effect } => self.call(endpoint, chosen, Some(effect))?,
            Maker::Listing { endpoint, effect } => return self.look(endpoint, effect, chosen),
            Maker::Fixture(fixture) => self.plant(fixture, chosen)?,
        }
        let made = self.world.of(resource).last();
        let made = made.ok_or_else(|| format!("no {} came of it", self.contract().resources[resource].name))?;
        self.belongs(made, chosen)?;
        Ok(made)
    }

    /// Fails if an instance belongs to another one than that which is chosen: a card of one member, say, and another member.
    fn belongs(&self, made: usize, chosen: &Chosen) -> Result<(), String> {
        let contract = self.contract();
        let thing = &self.world.things()[made];
        for (resource, at) in chosen {
            let of = &contract.resources[*resource];
            let Some(held) = thing.attributes.get(&of.name).filter(|h| h.value != Json::Null) else { continue };
            let key = self.world.things()[*at].attributes.get(&of.key);
            if *resource != thing.resource && key.is_some_and(|key| key.value.scalar() != held.value.scalar()) {
                let own = &contract.resources[thing.resource].name;
                return Err(format!("the {own} that a call makes belongs to another {}", of.name));
            }
        }
        Ok(())
    }

    /// Lists what an owner has, one of which no call of this way has made; answers that one. At run time the target may show
    /// none: the case is then not applicable.
    fn look(&mut self, at: usize, effect: usize, chosen: &mut Chosen) -> Result<usize, String> {
        let contract = self.contract();
        let endpoint = &contract.endpoints[at];
        let effect = &endpoint.effects[effect];
        let (Some(list), Some(resource)) = (&effect.list, self.world.resource(&effect.resource)) else {
            return Err(format!("{} lists nothing", endpoint.id));
        };
        let own = &contract.resources[resource];
        let owner = list.of.as_ref().and_then(|of| self.world.resource(of)).ok_or("the list has no owner")?;
        let owner = self.ensure(owner, chosen)?;
        let except: Vec<Origin> = self
            .world
            .of(resource)
            .filter_map(|at| Some(self.world.things()[at].attributes.get(&own.key)?.origin.clone()))
            .collect();
        let mut edits = self.refs(endpoint, chosen, &[])?;
        let narrows = |f: &Field| f.optional() && list.narrowed_by.iter().any(|(path, _)| *path == f.path);
        edits.extend(endpoint.request.iter().filter(|f| narrows(f)).map(|f| Edit::Remove(f.path.clone())));
        let step = Step::new(at, Role::Setup, edits);
        let tree = self.bind(&step);
        let mut answer = self.world.answer(endpoint, &tree, Style { side: 0, optional: true }, self.plan.moment());
        let items = field::find(&endpoint.response, &list.path).and_then(|f| f.items.as_deref());
        let items = items.ok_or_else(|| format!("nobody knows what an entry of {} is", list.path))?;
        let manner = Manner { n: self.world.number(), side: 0, optional: true, now: self.plan.moment() };
        let mut entry = example(items, &manner);
        if self.world.things()[owner].made == Made::Called {
            // What a new owner has is new: it shows what the profile says that a new one begins with.
            for (attribute, value) in contract.beginning(&own.name) {
                let echoes = effect.answer.iter().filter(|echo| echo.attribute == *attribute && *value != Json::Null);
                echoes.for_each(|echo| entry.put(&echo.path, value.clone()));
            }
        }
        answer.push(&list.path, entry);
        let before = self.world.things().len();
        self.world.apply(endpoint, &tree, &answer, self.steps.len(), self.plan.moment());
        let shown = (before..self.world.things().len()).find(|at| self.world.things()[*at].resource == resource);
        let shown = shown.ok_or_else(|| format!("an entry of {} does not show its {}", list.path, list.item))?;
        self.world.mark_listed(shown, (list, self.steps.len()), &except);
        self.record(step, tree, answer);
        Ok(shown)
    }

    pub(super) fn plant(&mut self, fixture: usize, chosen: &mut Chosen) -> Result<(), String> {
        if self.fixtures.contains(&fixture) {
            return Ok(());
        }
        let before = self.world.things().len();
        self.world.plant(fixture, serial(fixture), self.plan.moment());
        self.fixtures.push(fixture);
        for at in before..self.world.things().len() {
            let resource = self.world.things()[at].resource;
            if chosen.insert(resource, at).is_some() {
                return Err(format!("the fixture brings another {}", self.contract().resources[resource].name));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
