//! The answer that a well-behaved server gives in this world.

use super::world::{Lookup, Moment, Named, World};
use crate::contract::Endpoint;
use crate::contract::behaviour::{Act, Effect, NewState, Source};
use crate::model::{Field, Json, field, place};
use crate::schema::example::{Manner, example};

/// Entries of every catalogue.
const ENTRIES: u64 = 3;

/// How many keys are tried before one is given out a second time: narrow bounds may have no other left.
const TRIES: u32 = 1000;

/// Values that an answer must have at a path.
type Bound = Vec<(String, Json)>;

/// What is left open for the server to decide.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Which side of a conflict answers are on.
    pub side: usize,
    /// Whether optional and unknown members are answered.
    pub optional: bool,
}

impl World {
    /// Fills the catalogues that the contract's calls list.
    pub fn stock(&mut self, now: &Moment) {
        let contract = std::sync::Arc::clone(&self.contract);
        for endpoint in &contract.endpoints {
            for effect in endpoint.effects.iter().filter(|e| e.act == Act::Read) {
                let (Some(list), Some(resource)) = (&effect.list, self.resource(&effect.resource)) else { continue };
                let own = &contract.resources[resource];
                if !own.catalogue || self.of(resource).next().is_some() {
                    continue;
                }
                let Some(items) = field::find(&endpoint.response, &list.path).and_then(|f| f.items.as_deref()) else {
                    continue;
                };
                for n in 0..ENTRIES {
                    let entry = catalogue_entry(items, &own.key, n, now);
                    self.enter(resource, &entry);
                }
            }
        }
    }

    /// The members of a successful answer; what the call does has not been done yet.
    #[must_use]
    pub fn answer(&mut self, endpoint: &Endpoint, request: &Json, style: Style, now: &Moment) -> Json {
        let named = self.named(endpoint, request, None);
        let mut bound = Bound::new();
        let mut lists: Vec<(&Effect, Vec<usize>)> = Vec::new();
        for effect in &endpoint.effects {
            if effect.list.is_some() {
                lists.push((effect, self.entries(effect, endpoint, request, &named)));
                continue;
            }
            self.bind(effect, endpoint, &named, now, &mut bound);
        }
        // What has a place of its own already is not made up again.
        for effect in &endpoint.effects {
            self.bind_set(effect, endpoint, now, &mut bound);
        }
        let n = self.number();
        let manner = Manner { n, side: style.side, optional: style.optional, now };
        let mut members = Vec::new();
        for field in endpoint.response.iter().filter(|f| f.required() || style.optional) {
            members.push((field.name.as_str().into(), self.member(field, &manner, &bound, &lists)));
        }
        Json::Object(members)
    }

    /// A number that was not given out before.
    pub fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn member(&self, field: &Field, manner: &Manner<'_>, bound: &Bound, lists: &[(&Effect, Vec<usize>)]) -> Json {
        if let Some((_, value)) = bound.iter().find(|(path, _)| *path == field.path) {
            return value.clone();
        }
        if let Some((effect, entries)) =
            lists.iter().find(|(e, _)| e.list.as_ref().is_some_and(|l| l.path == field.path))
        {
            let items = field.items.as_deref();
            return Json::Array(
                entries.iter().filter_map(|at| Some(self.entry(effect, items?, *at, manner))).collect(),
            );
        }
        if !field.fields.is_empty() {
            let wanted = field.fields.iter().filter(|f| f.required() || manner.optional);
            return Json::Object(
                wanted.map(|f| (f.name.as_str().into(), self.member(f, manner, bound, lists))).collect(),
            );
        }
        example(field, manner)
    }

    /// One entry of a list.
    fn entry(&self, effect: &Effect, items: &Field, at: usize, manner: &Manner<'_>) -> Json {
        let thing = &self.things[at];
        let own = &self.contract.resources[thing.resource];
        if own.catalogue {
            let members = items.fields.iter().filter_map(|f| {
                Some((f.name.as_str().into(), thing.attributes.get(&*place::part(&f.name))?.value.clone()))
            });
            return Json::Object(members.collect());
        }
        let mut entry = example(items, manner);
        if let (Some(list), Some(key)) = (&effect.list, thing.attributes.get(&own.key)) {
            entry.put(&list.item, key.value.clone());
        }
        for echo in &effect.answer {
            let value = if echo.attribute == "state" {
                Some(Json::text(thing.state.clone()))
            } else {
                thing.attributes.get(&echo.attribute).map(|h| h.value.clone())
            };
            if let Some(value) = value.filter(|v| *v != Json::Null) {
                entry.put(&echo.path, value);
            }
        }
        // What a call has stored under a member's own name comes back under it.
        for field in items.fields.iter().filter(|f| !effect.answer.iter().any(|e| e.path == place::part(&f.name))) {
            let stored =
                thing.attributes.get(&*place::part(&field.name)).map(|h| &h.value).filter(|v| **v != Json::Null);
            if let (Some(stored), true) = (stored, field.required() || manner.optional) {
                entry.put(&place::part(&field.name), stored.clone());
            }
        }
        entry
    }

    fn entries(&self, effect: &Effect, endpoint: &Endpoint, request: &Json, named: &Named) -> Vec<usize> {
        let (Some(list), Some(resource)) = (&effect.list, self.resource(&effect.resource)) else { return Vec::new() };
        let mut found: Vec<usize> = if let Some(of) = &list.of {
            let owner = self.resource(of).and_then(|of| self.about(of, named).0.first().copied());
            let key = owner
                .and_then(|at| self.things[at].attributes.get(&self.contract.resources[self.things[at].resource].key));
            key.map(|key| self.all(resource, of, &key.value)).unwrap_or_default()
        } else {
            let mut named = Vec::new();
            let mut asked = false;
            super::world::each_reference(endpoint, request, &mut |field, value, _| {
                if let Some((r, attribute)) = field.refers.as_deref().and_then(|r| r.split_once('.')) {
                    if r == effect.resource {
                        asked = true;
                        named.extend(self.find(resource, attribute, value));
                    }
                }
            });
            if asked { named } else { self.of(resource).collect() }
        };
        found.retain(|at| !self.has_left(*at));
        // A request that names one of them asks for that one alone.
        if let (Some(_), Some(Lookup::Found(one))) =
            (&list.of, named.iter().find(|(r, _)| *r == resource).map(|(_, l)| *l))
        {
            found.retain(|at| *at == one);
        }
        if let Some(size) = list.size.as_ref().and_then(|path| request.at(path)?.scalar()?.parse::<usize>().ok()) {
            let page =
                list.page.as_ref().and_then(|path| request.at(path)?.scalar()?.parse::<usize>().ok()).unwrap_or(1);
            found = found.into_iter().skip(size.saturating_mul(page.saturating_sub(1))).take(size).collect();
        }
        found
    }

    fn bind(&mut self, effect: &Effect, endpoint: &Endpoint, named: &Named, now: &Moment, bound: &mut Bound) {
        for echo in &effect.answer {
            let about = self.resource(&echo.resource).and_then(|r| self.about(r, named).0.first().copied());
            let Some(at) = about else { continue };
            let value = if echo.attribute == "state" {
                Some(Json::text(self.things[at].state.clone()))
            } else {
                self.things[at].attributes.get(&echo.attribute).map(|h| h.value.clone()).filter(|v| *v != Json::Null)
            };
            bound.extend(value.map(|v| (echo.path.clone(), v)));
        }
        if let (Act::Create, Some(Source::Response(path))) = (effect.act, &effect.key) {
            bound.push((path.clone(), self.fresh_key(&effect.resource, (endpoint, path), now)));
        }
        // An update that finds its object by the answer: the object that the request is about.
        if let (Act::Update | Act::Delete, Some(Source::Response(path))) = (effect.act, &effect.key) {
            let resource = self.resource(&effect.resource);
            let at = resource.and_then(|r| self.about(r, named).0.first().copied());
            let key = resource.map(|r| self.contract.resources[r].key.clone()).unwrap_or_default();
            bound.extend(at.and_then(|at| Some((path.clone(), self.things[at].attributes.get(&key)?.value.clone()))));
        }
        if let (Act::Read, Some(Source::Response(path))) = (effect.act, &effect.key) {
            // What is shown without being made is the same each time.
            if let Some(field) = field::find(&endpoint.response, path) {
                let manner = Manner { n: 1, side: 0, optional: true, now };
                bound.push((path.clone(), example(field, &manner)));
            }
        }
        if let Some(NewState::By(Source::Response(path), words)) = &effect.state {
            let about = self.resource(&effect.resource).and_then(|r| self.about(r, named).0.first().copied());
            if let Some(at) = about.filter(|_| effect.act == Act::Update) {
                let state = self.next_state(at);
                let word = words.iter().find(|(_, s)| *s == state).map_or(state.clone(), |(word, _)| word.clone());
                bound.push((path.clone(), Json::text(word)));
            }
        }
    }

    fn bind_set(&mut self, effect: &Effect, endpoint: &Endpoint, now: &Moment, bound: &mut Bound) {
        for (_, source) in &effect.set {
            let Source::Response(path) = source else { continue };
            if bound.iter().any(|(p, _)| p == path) {
                continue;
            }
            if let Some(field) = field::find(&endpoint.response, path) {
                let n = self.number();
                bound.push((path.clone(), example(field, &Manner { n, side: self.side, optional: true, now })));
            }
        }
    }

    /// The state that a look shows: one the platform walks through goes on by itself.
    fn next_state(&self, at: usize) -> String {
        let thing = &self.things[at];
        let steps = &self.contract.resources[thing.resource].progress;
        let next = steps.iter().position(|s| *s == thing.state).and_then(|i| steps.get(i + 1));
        if self.closed { next.unwrap_or(&thing.state).clone() } else { thing.state.clone() }
    }

    /// A key that no instance has: numbers are short and 19 digits long in turn where their bounds allow both, since real ones can be both.
    fn fresh_key(&mut self, resource: &str, (endpoint, path): (&Endpoint, &str), now: &Moment) -> Json {
        let Some(field) = field::find(&endpoint.response, path) else {
            return Json::number(self.number().to_string());
        };
        let resource = self.resource(resource);
        let mut key = Json::Null;
        for _ in 0..TRIES {
            let n = self.number();
            key = match example(field, &Manner { n, side: 0, optional: true, now }) {
                Json::Number(_) => Json::number(id(field, n, (10_000_000_000, n.is_multiple_of(2))).to_string()),
                other => other,
            };
            let name = resource.map(|r| self.contract.resources[r].key.clone()).unwrap_or_default();
            if resource.is_none_or(|r| self.find(r, &name, &key).is_none()) {
                break;
            }
        }
        key
    }

    /// Which side of conflicts the keys of new things are on.
    pub fn take_side(&mut self, side: usize) {
        self.side = side;
    }
}

/// The nth id within the field's bounds: counted down from the largest one of 19 digits if `long`, else up from `base`; where the bounds do
/// not hold that, counted up from the smallest one, and from there again after the largest.
fn id(field: &Field, n: u64, (base, long): (u64, bool)) -> u64 {
    const LONG: u64 = 9_999_999_999_999_999_999;
    let (least, most) = field.value.as_ref().and_then(|v| v.first().whole()).unwrap_or((0, LONG));
    let wanted = if long && most >= LONG { LONG - n } else { base + n };
    if (least..=most).contains(&wanted) { wanted } else { least + n % (most - least).saturating_add(1) }
}

/// An entry of a catalogue; words are taken in turn, so that every kind of entry is there.
fn catalogue_entry(items: &Field, key: &str, n: u64, now: &Moment) -> Json {
    let members = items.fields.iter().filter(|f| f.required() || f.words.is_some());
    Json::Object(
        members
            .map(|f| {
                let value = example(f, &Manner { n, side: 0, optional: true, now });
                let value = match value {
                    // The second one is long: ids run to 19 digits.
                    Json::Number(_) if place::part(&f.name) == key => {
                        Json::number(id(f, n, (1000, n % 2 == 1)).to_string())
                    }
                    other => other,
                };
                (f.name.as_str().into(), value)
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests;
