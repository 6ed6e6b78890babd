//! The resources that are known to be there, and how a request names them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};

use super::value::same;
use crate::contract::behaviour::Listing;
use crate::contract::{Contract, Endpoint};
use crate::model::fixture::Planted;
use crate::model::{Field, Json, place};

/// The instant of a call, in the contract's zone.
pub type Moment = DateTime<FixedOffset>;

/// Where an attribute's value came from: a later step takes it from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written in the contract, or made up by the model.
    Written,
    /// Sent in the request of a step.
    Sent {
        /// Index of the step.
        step: usize,
        /// Dotted path.
        path: String,
    },
    /// Answered to a step.
    Answered {
        /// Index of the step.
        step: usize,
        /// Dotted path.
        path: String,
    },
    /// Shown in a list that an earlier step answered, in the first entry that is not known otherwise.
    Listed {
        /// Index of the step.
        step: usize,
        /// Dotted path of the list.
        list: String,
        /// The member that is an entry's key.
        key: String,
        /// Where the keys of the entries known otherwise came from.
        except: Vec<Origin>,
        /// Dotted path of the member inside the entry.
        member: String,
    },
    /// Prepared by somebody.
    Planted {
        /// Index of the fixture.
        fixture: usize,
        /// Index of its part.
        part: usize,
        /// Attribute.
        attribute: String,
    },
}

/// An attribute's value.
#[derive(Clone, Debug)]
pub struct Held {
    /// The value; null where it is known to have none.
    pub value: Json,
    /// Where it came from.
    pub origin: Origin,
}

/// How an instance came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// By a call of this case: everything that happened to it is known.
    Called,
    /// Named by an answer or prepared by somebody: much of it is unknown.
    Found,
}

/// One resource.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Index of the resource in the contract.
    pub resource: usize,
    /// Its state.
    pub state: String,
    /// True once a call has brought it into another state than it was found or made in.
    pub moved: bool,
    /// Attributes, the key among them.
    pub attributes: BTreeMap<String, Held>,
    /// How it came to be known.
    pub made: Made,
    /// True once deleted.
    pub gone: bool,
    /// Names of resources of which every instance that belongs to this one is known: what is not among them does not exist.
    pub complete: Vec<String>,
}

/// What a request's reference comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// This instance.
    Found(usize),
    /// Nothing that exists.
    Missing,
    /// Nobody knows.
    Unknown,
}

/// What a request names: resource index and lookup, in the order of the request's fields.
pub(super) type Named = Vec<(usize, Lookup)>;

/// Resources and what is known of them.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) contract: Arc<Contract>,
    pub(super) closed: bool,
    pub(super) things: Vec<Instance>,
    index: HashMap<(usize, String, String), Vec<usize>>,
    fresh: HashSet<String>,
    pub(super) attempts: HashMap<(usize, String), u32>,
    /// Attributes that an answer has shown and no call has set: instance and name.
    pub(super) shown: HashSet<(usize, String)>,
    /// Accepted calls: the endpoint's id, and an instance that the request named.
    pub(super) calls: HashSet<(String, usize)>,
    pub(super) counter: u64,
    pub(super) side: usize,
}

impl World {
    /// A world in which nothing is known to be there; `closed` if nothing else is.
    #[must_use]
    pub fn new(contract: Arc<Contract>, closed: bool) -> Self {
        Self {
            contract,
            closed,
            things: Vec::new(),
            index: HashMap::new(),
            fresh: HashSet::new(),
            attempts: HashMap::new(),
            calls: HashSet::new(),
            shown: HashSet::new(),
            counter: 0,
            side: 0,
        }
    }

    /// Every instance, in the order they became known.
    #[must_use]
    pub fn things(&self) -> &[Instance] {
        &self.things
    }

    /// Index of a resource.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<usize> {
        self.contract.resources.iter().position(|r| r.name == name)
    }

    /// A value that was made up just now and names nothing.
    pub fn freshen(&mut self, value: &Json) {
        if let Some(text) = value.scalar() {
            self.fresh.insert(text.to_owned());
        }
    }

    /// Adds an entry of a catalogue as it was answered.
    pub fn enter(&mut self, resource: usize, entry: &Json) {
        let Json::Object(members) = entry else { return };
        let attributes = members
            .iter()
            .map(|(name, value)| {
                (place::part(name).into_owned(), Held { value: value.clone(), origin: Origin::Written })
            })
            .collect();
        self.add(resource, attributes, None, Made::Called);
    }

    /// Adds the resources of a fixture, related to each other.
    pub fn plant(&mut self, fixture: usize, serial: u64, now: &Moment) {
        let contract = Arc::clone(&self.contract);
        let Some(own) = contract.fixtures.get(fixture) else { return };
        let mut made: Vec<usize> = Vec::new();
        for (at, part) in own.parts.iter().enumerate() {
            let Some(resource) = self.resource(&part.resource) else { continue };
            let held = |name: &str, value: Option<Json>| {
                let origin = Origin::Planted { fixture, part: at, attribute: name.to_owned() };
                (name.to_owned(), Held { value: value.unwrap_or(Json::Null), origin })
            };
            let mut attributes: BTreeMap<String, Held> =
                part.attributes.iter().map(|(name, planted)| held(name, planted.value(serial, now))).collect();
            for (other, related) in own.parts.iter().enumerate() {
                let Some(key) = contract.resources.iter().find(|r| r.name == related.resource).map(|r| r.key.as_str())
                else {
                    continue;
                };
                let known = contract.identifying.contains(&(part.resource.clone(), related.resource.clone()));
                if other != at && known && !attributes.contains_key(&related.resource) {
                    if let Some((_, planted)) = related.attributes.iter().find(|(name, _)| name == key) {
                        let value = planted.value(serial, now).unwrap_or(Json::Null);
                        let origin = Origin::Planted { fixture, part: other, attribute: key.to_owned() };
                        attributes.insert(related.resource.clone(), Held { value, origin });
                    }
                }
            }
            made.push(self.add(resource, attributes, part.state.clone(), Made::Found));
        }
        for at in made {
            self.things[at].complete.clone_from(&own.without);
        }
    }

    /// True if a fixture's resources are gone, or have another state or other values than the fixture says, or if something belongs
    /// to them that the fixture says is not there, or if refusals are counted for them.
    #[must_use]
    pub fn strays(&self, fixture: usize, serial: u64, now: &Moment) -> bool {
        let contract = Arc::clone(&self.contract);
        let Some(own) = contract.fixtures.get(fixture) else { return false };
        let planted = |origin: &Origin, part: Option<usize>| matches!(origin, Origin::Planted { fixture: f, part: p, .. } if *f == fixture && part.is_none_or(|part| part == *p));
        let mut keys = Vec::new();
        for (at, part) in own.parts.iter().enumerate() {
            let Some(resource) = self.resource(&part.resource) else { continue };
            // What a call has made since is another thing, though it may repeat values of the fixture.
            let came = |thing: &&(usize, &Instance)| {
                let (_, thing) = thing;
                thing.resource == resource
                    && thing.made == Made::Found
                    && thing.attributes.values().any(|held| planted(&held.origin, Some(at)))
            };
            let Some((index, thing)) = self.things.iter().enumerate().find(|t| came(&t)) else { return true };
            let state = part.state.as_ref().or(contract.resources[resource].states.first());
            let other = |(name, value): &(String, Planted)| {
                let stated = value.value(serial, now).unwrap_or(Json::Null);
                thing.attributes.get(name).is_none_or(|held| !same(&held.value, &stated))
            };
            if thing.gone
                || state.is_some_and(|state| *state != thing.state)
                || part.attributes.iter().any(other)
                || self.attempts.iter().any(|((tried, _), times)| *tried == index && *times > 0)
            {
                return true;
            }
            keys.extend(
                thing.attributes.get(&contract.resources[resource].key).map(|key| (&part.resource, &key.value)),
            );
        }
        // What the fixture says is not there has come.
        self.things.iter().any(|thing| {
            let named = own.without.contains(&contract.resources[thing.resource].name);
            let belongs = |(resource, key): &(&String, &Json)| {
                thing.attributes.get(*resource).is_some_and(|held| held.value.scalar() == key.scalar())
            };
            named && !thing.gone && keys.iter().any(belongs)
        })
    }

    /// Brings to life what a request names and the target makes on demand.
    pub fn materialise(&mut self, endpoint: &Endpoint, request: &Json, now: &Moment) {
        let contract = Arc::clone(&self.contract);
        let mut wanted = Vec::new();
        each_reference(endpoint, request, &mut |field, value, _| {
            let Some((resource, attribute)) = field.refers.as_deref().and_then(|r| r.split_once('.')) else { return };
            for (fixture, own) in contract.fixtures.iter().enumerate() {
                for part in own.parts.iter().filter(|p| p.resource == resource) {
                    let planted =
                        part.attributes.iter().find(|(name, _)| name == attribute).map(|(_, planted)| planted);
                    if let Some(serial) = planted.and_then(|p| p.serial(value)) {
                        wanted.push((resource.to_owned(), attribute.to_owned(), value.clone(), fixture, serial));
                    }
                }
            }
        });
        for (resource, attribute, value, fixture, serial) in wanted {
            let known = self.resource(&resource).is_some_and(|r| self.find(r, &attribute, &value).is_some());
            if !known {
                self.plant(fixture, serial, now);
            }
        }
    }

    /// Adds an instance, or completes the one with the same key.
    pub(super) fn add(
        &mut self,
        resource: usize,
        mut attributes: BTreeMap<String, Held>,
        state: Option<String>,
        made: Made,
    ) -> usize {
        let contract = Arc::clone(&self.contract);
        let own = &contract.resources[resource];
        let known = attributes.get(&own.key).and_then(|key| self.find(resource, &own.key, &key.value));
        // What a new resource begins with is the server's own affair: the embedded sandbox uses the contract's suggestions, and
        // of another target only the profile can tell.
        let mut beginnings: Vec<(&String, &Json)> = Vec::new();
        if known.is_none() && (made == Made::Called || self.of_new(&attributes)) {
            beginnings.extend(contract.beginning(&own.name));
        }
        if known.is_none() && self.closed {
            beginnings.extend(own.attributes.iter().filter_map(|a| Some((&a.name, a.initial.as_ref()?))));
        }
        for (name, value) in beginnings {
            attributes.entry(name.clone()).or_insert_with(|| Held { value: value.clone(), origin: Origin::Written });
        }
        let at = known.unwrap_or_else(|| {
            self.things.push(Instance {
                resource,
                state: own.states.first().cloned().unwrap_or_default(),
                moved: false,
                attributes: BTreeMap::new(),
                made,
                gone: false,
                complete: Vec::new(),
            });
            self.things.len() - 1
        });
        for (name, held) in attributes {
            self.hold(at, name, held);
        }
        if let Some(state) = state {
            self.things[at].state = state;
        }
        if known.is_none() && made == Made::Called {
            self.begin(at);
        }
        at
    }

    /// True if attributes name an owner that a call of this case has made: what belongs to it is as new as the owner.
    fn of_new(&self, attributes: &BTreeMap<String, Held>) -> bool {
        attributes.iter().any(|(name, held)| {
            let owner = self.resource(name).and_then(|of| self.find(of, &self.contract.resources[of].key, &held.value));
            owner.is_some_and(|at| self.things[at].made == Made::Called)
        })
    }

    /// Adds what the profile says that every new instance of this resource comes with, or without.
    fn begin(&mut self, at: usize) {
        let contract = Arc::clone(&self.contract);
        let own = &contract.resources[self.things[at].resource];
        for beginning in contract.beginnings.iter().filter(|b| b.resource == own.name) {
            self.things[at].complete.extend(beginning.without.iter().cloned());
            for (name, attributes) in &beginning.with {
                let Some(related) = self.resource(name) else { continue };
                let Some(key) = self.things[at].attributes.get(&own.key).cloned() else { continue };
                let mut known: BTreeMap<String, Held> = attributes
                    .iter()
                    .map(|(name, value)| (name.clone(), Held { value: value.clone(), origin: Origin::Written }))
                    .collect();
                known.insert(own.name.clone(), key);
                self.add(related, known, None, Made::Found);
            }
        }
    }

    /// Sets an attribute.
    pub fn hold(&mut self, at: usize, name: String, held: Held) {
        let resource = self.things[at].resource;
        let resource_name = self.contract.resources[resource].name.clone();
        if self.contract.identifying.contains(&(resource_name, name.clone())) {
            if let Some(old) = self.things[at].attributes.get(&name).and_then(|h| h.value.scalar().map(str::to_owned)) {
                if let Some(list) = self.index.get_mut(&(resource, name.clone(), old)) {
                    list.retain(|i| *i != at);
                }
            }
            if let Some(text) = held.value.scalar() {
                self.index.entry((resource, name.clone(), text.to_owned())).or_default().push(at);
            }
        }
        self.shown.remove(&(at, name.clone()));
        self.things[at].attributes.insert(name, held);
    }

    /// True if every instance with this key is deleted or in a state that counts as gone.
    #[must_use]
    pub fn left(&self, resource: usize, key: &str) -> bool {
        let own = &self.contract.resources[resource];
        let named = self.index.get(&(resource, own.key.clone(), key.to_owned())).into_iter().flatten();
        let mut named = named.copied().peekable();
        named.peek().is_some() && named.all(|at| self.has_left(at))
    }

    /// What a list showed of an instance is taken from whichever entry of that list is not known otherwise.
    pub fn mark_listed(&mut self, at: usize, (list, step): (&Listing, usize), except: &[Origin]) {
        for held in self.things[at].attributes.values_mut() {
            let Origin::Answered { step: shown, path } = &held.origin else { continue };
            let below = path.strip_prefix(&list.path).and_then(|rest| rest.strip_prefix('.'));
            let Some((_, member)) = below.and_then(|rest| rest.split_once('.')) else { continue };
            if *shown == step {
                let (list, key, member) = (list.path.clone(), list.item.clone(), member.to_owned());
                held.origin = Origin::Listed { step, list, key, except: except.to_vec(), member };
            }
        }
    }

    /// True if an accepted call of the endpoint has named the instance, and no call since that it had to come before.
    #[must_use]
    pub fn called(&self, endpoint: &str, at: usize) -> bool {
        self.calls.contains(&(endpoint.to_owned(), at))
    }

    /// True if a reference of the request names an instance that has left, and the endpoint does not show those.
    #[must_use]
    pub fn departed(&self, endpoint: &Endpoint, request: &Json) -> bool {
        let left = |at: usize| self.has_left(at) && !self.shows_left(endpoint, at);
        let named = self.named(endpoint, request, None);
        named.iter().any(|(_, lookup)| matches!(lookup, Lookup::Found(at) if left(*at)))
    }

    /// True if the endpoint shows such an instance also after it has left.
    pub(super) fn shows_left(&self, endpoint: &Endpoint, at: usize) -> bool {
        let thing = &self.things[at];
        let name = &self.contract.resources[thing.resource].name;
        !thing.gone && endpoint.effects.iter().any(|effect| effect.shows_left && effect.resource == *name)
    }

    /// Deletes an instance.
    pub(super) fn remove(&mut self, at: usize) {
        self.things[at].gone = true;
    }

    /// True if the instance was deleted or is in a state that counts as gone.
    #[must_use]
    pub fn has_left(&self, at: usize) -> bool {
        let thing = &self.things[at];
        thing.gone || self.contract.resources[thing.resource].left.contains(&thing.state)
    }

    /// The instance that has this value; the latest of several.
    #[must_use]
    pub fn find(&self, resource: usize, attribute: &str, value: &Json) -> Option<usize> {
        self.all(resource, attribute, value).last().copied()
    }

    pub(super) fn all(&self, resource: usize, attribute: &str, value: &Json) -> Vec<usize> {
        let Some(text) = value.scalar() else { return Vec::new() };
        let key = (resource, attribute.to_owned(), text.to_owned());
        self.index.get(&key).into_iter().flatten().copied().filter(|at| !self.things[*at].gone).collect()
    }

    /// Every instance that has this value, also those that have left; in the embedded sandbox a deleted one frees its values.
    pub(super) fn owners(&self, resource: usize, attribute: &str, value: &Json) -> Vec<usize> {
        let Some(text) = value.scalar() else { return Vec::new() };
        let key = (resource, attribute.to_owned(), text.to_owned());
        let named = self.index.get(&key).into_iter().flatten().copied();
        named.filter(|at| !self.closed || !self.things[*at].gone).collect()
    }

    /// Every instance of a resource that was not deleted.
    pub fn of(&self, resource: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.things.len()).filter(move |at| self.things[*at].resource == resource && !self.things[*at].gone)
    }

    /// What one value names.
    pub(super) fn lookup(&self, resource: usize, attribute: &str, value: &Json) -> Lookup {
        if value.scalar().is_none() {
            return Lookup::Missing;
        }
        match self.find(resource, attribute, value) {
            Some(at) => Lookup::Found(at),
            None if self.closed || value.scalar().is_some_and(|v| self.fresh.contains(v)) => Lookup::Missing,
            // A catalogue is known whole once it was read.
            None if self.contract.resources[resource].catalogue && self.of(resource).next().is_some() => {
                Lookup::Missing
            }
            None => Lookup::Unknown,
        }
    }

    /// What the request names; `element` selects an item where a reference lies inside a list.
    pub(super) fn named(&self, endpoint: &Endpoint, request: &Json, element: Option<usize>) -> Named {
        let mut named = Named::new();
        each_reference(endpoint, request, &mut |field, value, item| {
            if item.is_some() && item != element {
                return;
            }
            let Some((resource, attribute)) = field.refers.as_deref().and_then(|r| r.split_once('.')) else { return };
            let Some(resource) = self.resource(resource) else { return };
            named.push((resource, self.lookup(resource, attribute, value)));
        });
        named
    }

    /// The instances of a resource that the request is about: those it names, else those related to what it names. The flag is
    /// true if there can be no others.
    pub(super) fn about(&self, resource: usize, named: &Named) -> (Vec<usize>, bool) {
        let direct: Vec<Lookup> = named.iter().filter(|(r, _)| *r == resource).map(|(_, l)| *l).collect();
        if !direct.is_empty() {
            let found: Vec<usize> =
                direct.iter().filter_map(|l| if let Lookup::Found(at) = l { Some(*at) } else { None }).collect();
            return match (found.as_slice(), direct.contains(&Lookup::Unknown)) {
                // References that disagree name an instance each: what is said of one may hold for either.
                ([first, rest @ ..], _) if rest.iter().all(|r| r == first) && found.len() == direct.len() => {
                    (vec![*first], true)
                }
                ([], false) => (Vec::new(), true),
                (_, unknown) => (found, !unknown),
            };
        }
        let name = &self.contract.resources[resource].name;
        let mut complete = true;
        // True if a named thing belongs to one of them and nobody knows to which: one of somebody's others is not meant then.
        let mut blind = false;
        // Forward: what a named thing belongs to.
        for (other, lookup) in named {
            let Lookup::Found(at) = lookup else {
                complete &= *lookup == Lookup::Missing;
                continue;
            };
            let belongs =
                self.contract.identifying.contains(&(self.contract.resources[*other].name.clone(), name.clone()));
            blind |= belongs && !self.closed && !self.things[*at].attributes.contains_key(name);
            if let Some(held) = self.things[*at].attributes.get(name) {
                let key = &self.contract.resources[resource].key;
                if let Some(related) = self.find(resource, key, &held.value) {
                    return (vec![related], true);
                }
            }
        }
        if blind {
            return (Vec::new(), false);
        }
        // Backward: what belongs to a named thing.
        for (other, lookup) in named {
            let Lookup::Found(at) = lookup else { continue };
            let (of, thing) = (&self.contract.resources[*other], &self.things[*at]);
            let relates = self.contract.identifying.contains(&(name.clone(), of.name.clone()));
            if let Some(key) = thing.attributes.get(&of.key).filter(|_| relates) {
                let found = self.all(resource, &of.name, &key.value);
                // That no call has made one says nothing: the target may give one by itself. Of what is keyed by its owner there
                // is one at most.
                let only = self.contract.resources[resource].key == of.name && !found.is_empty();
                let whole = self.closed || thing.complete.contains(name) || only;
                if !found.is_empty() || whole {
                    return (found, whole);
                }
                complete = false;
            }
        }
        (Vec::new(), complete && !named.is_empty() || self.closed)
    }
}

/// Visits every reference of a request with its value; inside a list with the item's number.
pub(super) fn each_reference(endpoint: &Endpoint, request: &Json, visit: &mut dyn FnMut(&Field, &Json, Option<usize>)) {
    for field in &endpoint.request {
        field.walk(&mut |f| {
            if f.refers.is_none() {
                return;
            }
            let Some((list, below)) = f.path.split_once(".*") else {
                if let Some(value) = request.at(&f.path).filter(|v| **v != Json::Null) {
                    visit(f, value, None);
                }
                return;
            };
            let Some(Json::Array(items)) = request.at(list) else { return };
            for (at, item) in items.iter().enumerate() {
                let value = if below.is_empty() { Some(item) } else { item.at(&below[1..]) };
                if let Some(value) = value.filter(|v| **v != Json::Null) {
                    visit(f, value, Some(at));
                }
            }
        });
    }
}

#[cfg(test)]
mod tests;
