//! What the sandbox remembers: taken values, catalogues, counters.

use std::collections::{HashMap, HashSet};

use super::make;
use crate::contract::{Contract, Effect};
use crate::model::{Json, field};

/// The store; one lock guards it whole, so that a check and its insertion are one step.
#[derive(Debug)]
pub(super) struct Store {
    taken: HashSet<(String, String, String)>,
    catalogues: HashMap<String, (String, Vec<Json>)>,
    counter: u64,
    ids: u64,
    last: Option<String>,
}

/// Entries of every catalogue.
const ENTRIES: u64 = 3;

impl Store {
    pub(super) fn new(contract: &Contract) -> Self {
        let mut store = Self { taken: HashSet::new(), catalogues: HashMap::new(), counter: 0, ids: 0, last: None };
        for endpoint in &contract.endpoints {
            for effect in &endpoint.effects {
                let Effect::Read { resource, list: Some(list) } = effect else { continue };
                let Some(known) = contract.resources.iter().find(|r| r.name == *resource) else { continue };
                let Some(items) = field::find(&endpoint.response, list).and_then(|f| f.items.as_deref()) else {
                    continue;
                };
                let entries = (0..ENTRIES).map(|n| make::entry(items, &known.key, n, &contract.zone)).collect();
                store.catalogues.insert(resource.clone(), (known.key.clone(), entries));
            }
        }
        store
    }

    pub(super) fn taken(&self, resource: &str, path: &str, value: &str) -> bool {
        self.taken.contains(&(resource.to_owned(), path.to_owned(), value.to_owned()))
    }

    pub(super) fn take(&mut self, resource: &str, path: &str, value: &str) {
        self.taken.insert((resource.to_owned(), path.to_owned(), value.to_owned()));
    }

    /// Keys of the catalogue entries whose attribute has this value.
    pub(super) fn catalogue(&self, resource: &str, attribute: &str, value: &str) -> Vec<String> {
        let Some((key, entries)) = self.catalogues.get(resource) else { return Vec::new() };
        let chosen = entries.iter().filter(|e| e.get(attribute).and_then(Json::scalar) == Some(value));
        chosen.filter_map(|e| e.get(key).and_then(Json::scalar)).map(str::to_owned).collect()
    }

    pub(super) fn entries(&self, resource: &str) -> Option<&[Json]> {
        self.catalogues.get(resource).map(|(_, entries)| entries.as_slice())
    }

    /// A number that was not given out before.
    pub(super) fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Keeps a value and gives back the one kept before.
    pub(super) fn remember(&mut self, value: &str) -> Option<String> {
        self.last.replace(value.to_owned())
    }

    /// An id: short and 19 digits long in turn, since real ones can be both.
    pub(super) fn allocate(&mut self) -> Json {
        self.ids += 1;
        let id =
            if self.ids.is_multiple_of(2) { 9_999_999_999_999_999_999 - self.ids } else { 10_000_000_000 + self.ids };
        Json::number(id.to_string())
    }
}
