//! What a call does to the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rows::moment;
use super::world::{Held, Lookup, Made, Moment, Named, Origin, World};
use crate::contract::behaviour::{Act, Effect, Listing, NewState, Source};
use crate::contract::{Endpoint, When};
use crate::model::{Decimal, Json, field};

/// A call that was made.
struct Call<'a> {
    endpoint: &'a Endpoint,
    request: &'a Json,
    answer: &'a Json,
    step: usize,
    now: &'a Moment,
    named: Named,
}

impl World {
    /// Takes in a call that succeeded; `step` is its number in the case.
    pub fn apply(&mut self, endpoint: &Endpoint, request: &Json, answer: &Json, step: usize, now: &Moment) {
        if endpoint.effects.is_empty() {
            return;
        }
        let named = self.named(endpoint, request, None);
        for (_, lookup) in named.iter().filter(|_| !self.closed) {
            if let Lookup::Found(at) = lookup {
                // What had to come first may have to come again before the next time.
                endpoint.after.iter().for_each(|first| {
                    self.calls.remove(&(first.clone(), *at));
                });
                self.calls.insert((endpoint.id.clone(), *at));
            }
        }
        let call = Call { endpoint, request, answer, step, now, named };
        if !self.closed {
            self.learn(&call);
        }
        let mut created: Option<usize> = None;
        for effect in &endpoint.effects {
            // Of what no answer names nobody knows the state.
            let reached = |state: &String| created.is_some_and(|at| self.things[at].state == *state);
            let early = effect.once.as_ref().is_some_and(|state| !reached(state));
            let later = !Self::happens(effect, answer);
            if early || later {
                // What has only begun ends when nobody looks.
                if effect.act == Act::Update && (early || effect.only_if.as_ref().is_some_and(|(_, w)| !w.is_empty())) {
                    self.leave_open(effect, &call);
                }
                continue;
            }
            match effect.act {
                Act::Create => created = self.create(effect, &call).or(created),
                Act::Read if effect.key.is_some() => {
                    self.create(effect, &call);
                }
                Act::Read => {}
                Act::Update => {
                    if let Some(at) = self.target(effect, &call) {
                        self.change(at, effect, &call);
                    }
                }
                Act::Delete => {
                    if let Some(at) = self.target(effect, &call) {
                        self.remove(at);
                    }
                    self.emptied(&effect.resource, &call);
                }
            }
        }
    }

    /// Takes in what an answer shows of resources: values, states, entries of lists. What a call changes is held against these.
    fn learn(&mut self, call: &Call<'_>) {
        for effect in &call.endpoint.effects {
            if let Some(list) = &effect.list {
                self.learn_list(effect, list, call);
                continue;
            }
            for echo in &effect.answer {
                let Some(resource) = self.resource(&echo.resource) else { continue };
                let (about, _) = self.about(resource, &call.named);
                let ([at], Some(value)) = (about.as_slice(), call.answer.at(&echo.path)) else { continue };
                self.shown(*at, &echo.attribute, value, &echo.path, call.step);
            }
        }
    }

    fn learn_list(&mut self, effect: &Effect, list: &Listing, call: &Call<'_>) {
        let Some(Json::Array(entries)) = call.answer.at(&list.path) else { return };
        let Some(resource) = self.resource(&effect.resource) else { return };
        let contract = Arc::clone(&self.contract);
        let own = &contract.resources[resource];
        if own.catalogue {
            return;
        }
        let owner = list.of.as_ref().and_then(|of| self.resource(of)).and_then(|of| {
            let at = *self.about(of, &call.named).0.first()?;
            let key = self.things[at].attributes.get(&contract.resources[of].key)?.clone();
            Some((at, contract.resources[of].name.clone(), key))
        });
        for (nth, entry) in entries.iter().enumerate() {
            let Some(key) = entry.at(&list.item).filter(|k| k.scalar().is_some()) else { continue };
            let place = |member: &str| format!("{}.{nth}.{member}", list.path);
            let at = match (self.find(resource, &own.key, key), &owner) {
                (Some(at), _) => at,
                (None, Some((_, name, owner))) => {
                    let origin = Origin::Answered { step: call.step, path: place(&list.item) };
                    let attributes = BTreeMap::from([
                        (own.key.clone(), Held { value: key.clone(), origin }),
                        (name.clone(), owner.clone()),
                    ]);
                    self.add(resource, attributes, None, Made::Found)
                }
                // An entry of nobody that this case knows.
                (None, None) => continue,
            };
            for echo in &effect.answer {
                if let Some(value) = entry.at(&echo.path) {
                    self.shown(at, &echo.attribute, value, &place(&echo.path), call.step);
                }
            }
        }
        if let Some((at, ..)) = owner.filter(|_| list.shows_all(call.request)) {
            if !self.things[at].complete.contains(&own.name) {
                self.things[at].complete.push(own.name.clone());
            }
        }
    }

    /// An answer shows an attribute of an instance. What identifies it stays as it is known: an answer may mask it.
    fn shown(&mut self, at: usize, attribute: &str, value: &Json, path: &str, step: usize) {
        let own = &self.contract.resources[self.things[at].resource];
        if attribute == "state" {
            if let Some(state) = value.scalar().filter(|word| own.states.iter().any(|s| s == word)) {
                let place = |word: &str| own.progress.iter().position(|own| own == word);
                let thing = &mut self.things[at];
                let further = place(state).zip(place(&thing.state)).is_some_and(|(new, old)| new > old);
                if thing.moved && thing.state != state && !further {
                    // A call has brought it into one state and an answer shows another: nobody knows which one counts.
                    thing.state.clear();
                } else {
                    state.clone_into(&mut thing.state);
                }
            }
            return;
        }
        let identifies = self.contract.identifying.contains(&(own.name.clone(), attribute.to_owned()));
        let known = self.things[at].attributes.get(attribute).map(|held| &held.value).filter(|v| **v != Json::Null);
        if *value == Json::Null || known.is_some_and(|known| identifies || super::value::same(known, value)) {
            return;
        }
        let origin = Origin::Answered { step, path: path.to_owned() };
        self.hold(at, attribute.to_owned(), Held { value: value.clone(), origin });
        self.shown.insert((at, attribute.to_owned()));
    }

    /// Takes in a call that was refused with a code: some rows count them.
    pub fn refused(&mut self, endpoint: &Endpoint, request: &Json, code: &str) {
        for row in &endpoint.rows {
            let When::Attempts { code: counted, per, .. } = &row.when else { continue };
            let Some(resource) = self.resource(per).filter(|_| counted == code) else { continue };
            let named = self.named(endpoint, request, None);
            if let Some(at) = self.about(resource, &named).0.first() {
                *self.attempts.entry((*at, counted.clone())).or_default() += 1;
            }
        }
    }

    /// True if the answer has the part that an effect rests on.
    pub(super) fn happens(effect: &Effect, answer: &Json) -> bool {
        let Some((path, words)) = &effect.only_if else { return true };
        match answer.at(path) {
            None | Some(Json::Null) => false,
            Some(Json::Bool(value)) => words.is_empty() || words.contains(&value.to_string()),
            Some(value) => words.is_empty() || value.scalar().is_some_and(|v| words.iter().any(|w| w == v)),
        }
    }

    fn create(&mut self, effect: &Effect, call: &Call<'_>) -> Option<usize> {
        let resource = self.resource(&effect.resource)?;
        let key = self.held(effect.key.as_ref()?, call)?;
        key.value.scalar()?;
        let name = self.contract.resources[resource].key.clone();
        let mut attributes = BTreeMap::from([(name, key)]);
        for path in &effect.unique {
            if let Some(held) = self.held(&Source::Request(path.clone()), call) {
                attributes.insert(path.clone(), held);
            }
        }
        for (name, source) in &effect.set {
            // What was not sent is known not to be there; what was not answered is unknown.
            let nothing =
                || matches!(source, Source::Request(_)).then_some(Held { value: Json::Null, origin: Origin::Written });
            if let Some(held) = self.held(source, call).or_else(nothing) {
                attributes.insert(name.clone(), held);
            }
        }
        let state = self.state(effect, call);
        let made = if effect.act == Act::Create { Made::Called } else { Made::Found };
        Some(self.add(resource, attributes, state, made))
    }

    /// Which instance an update or delete means.
    fn target(&self, effect: &Effect, call: &Call<'_>) -> Option<usize> {
        let resource = self.resource(&effect.resource)?;
        if let Some(key) = &effect.key {
            let held = self.held(key, call)?;
            return self.find(resource, &self.contract.resources[resource].key, &held.value);
        }
        if let Some(path) = &effect.by {
            let refers = field::find(&call.endpoint.request, path)?.refers.as_deref()?;
            let (named, attribute) = refers.split_once('.')?;
            let named = self.resource(named)?;
            let Lookup::Found(at) = self.lookup(named, attribute, call.request.at(path)?) else { return None };
            if named == resource {
                return Some(at);
            }
        }
        self.about(resource, &call.named).0.first().copied()
    }

    /// A change that may come at any time from now on: what it concerns is unknown.
    fn leave_open(&mut self, effect: &Effect, call: &Call<'_>) {
        let Some(at) = self.target(effect, call).filter(|_| !self.closed) else { return };
        for (name, _) in effect.set.iter().chain(&effect.add).chain(&effect.subtract) {
            self.things[at].attributes.remove(name);
        }
        if effect.state.is_some() {
            self.things[at].state.clear();
        }
    }

    /// After an accepted deletion of what is keyed by its owner the owner has none, whether or not anybody had seen it.
    fn emptied(&mut self, deleted: &str, call: &Call<'_>) {
        let Some(resource) = self.resource(deleted) else { return };
        let Some(owner) = self.resource(&self.contract.resources[resource].key) else { return };
        for at in self.about(owner, &call.named).0 {
            if !self.things[at].complete.iter().any(|name| name == deleted) {
                self.things[at].complete.push(deleted.to_owned());
            }
        }
    }

    fn change(&mut self, at: usize, effect: &Effect, call: &Call<'_>) {
        for (name, source) in &effect.set {
            if let Some(held) = self.held(source, call) {
                self.hold(at, name.clone(), held);
            }
        }
        for (sources, up) in [(&effect.add, true), (&effect.subtract, false)] {
            for (name, source) in sources {
                let by = self.held(source, call).and_then(|h| Decimal::parse(h.value.scalar()?));
                let old = self.things[at].attributes.get(name).and_then(|h| Decimal::parse(h.value.scalar()?));
                let new = old.zip(by).and_then(|(old, by)| if up { old.plus(&by) } else { old.minus(&by) });
                let Some(new) = new else {
                    // One of the two is not known, is not a number, or has more digits than any amount: the attribute is unknown
                    // from here on.
                    self.things[at].attributes.remove(name);
                    continue;
                };
                let value = Json::number(new.to_string());
                self.hold(at, name.clone(), Held { value, origin: Origin::Written });
            }
        }
        if let Some(state) = self.state(effect, call) {
            let thing = &mut self.things[at];
            thing.moved |= !thing.state.is_empty() && thing.state != state;
            thing.state = state;
        }
        let resource = self.things[at].resource;
        let name = Arc::clone(&self.contract).resources[resource].name.clone();
        // A change of what attempts are counted for begins the count anew.
        if name == effect.resource {
            self.attempts.retain(|(thing, _), _| *thing != at);
        }
    }

    fn state(&self, effect: &Effect, call: &Call<'_>) -> Option<String> {
        match effect.state.as_ref()? {
            NewState::Always(state) => Some(state.clone()),
            NewState::By(source, words) => {
                let held = self.held(source, call)?;
                let text = match &held.value {
                    Json::Bool(value) => value.to_string(),
                    other => other.scalar()?.to_owned(),
                };
                Some(words.iter().find(|(word, _)| *word == text).map_or(text, |(_, state)| state.clone()))
            }
        }
    }

    fn held(&self, source: &Source, call: &Call<'_>) -> Option<Held> {
        let step = call.step;
        Some(match source {
            Source::Request(path) => {
                Held { value: call.request.at(path)?.clone(), origin: Origin::Sent { step, path: path.clone() } }
            }
            Source::Response(path) => {
                Held { value: call.answer.at(path)?.clone(), origin: Origin::Answered { step, path: path.clone() } }
            }
            Source::Attribute(resource, name) => {
                let resource = self.resource(resource)?;
                let at = *self.about(resource, &call.named).0.first()?;
                self.things[at].attributes.get(name)?.clone()
            }
            Source::Literal(value) => Held { value: value.clone(), origin: Origin::Written },
            Source::Now | Source::Today(_) => Held { value: moment(source, call.now), origin: Origin::Written },
        })
    }
}

#[cfg(test)]
mod tests;
