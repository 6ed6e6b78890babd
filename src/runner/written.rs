//! What the run itself has written by requests that the contract does not clearly allow: when a later answer shows it, that is nothing
//! to blame the target for.
//!
//! An answer shows no sender. A value counts as written by this run if everything that the object around it has in common with
//! such a request agrees with that request; a member that may be left out and is not there is nothing that they have in common.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError};

use crate::contract::behaviour::{Act, Source};
use crate::contract::{Contract, Endpoint};
use crate::model::{Field, Hazard, Json, place};

/// What was written, as hashes under a key of the process.
#[derive(Debug, Default)]
pub(super) struct Written {
    hasher: RandomState,
    records: Mutex<Records>,
    /// What requests may have set that were sent by a part of the run that was killed before it wrote them down; names as in [`Record`].
    unrecorded: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Records {
    next: u64,
    by: HashMap<u64, Record>,
}

/// The fields of a request by name, and by the attribute that each sets; no hash for what is absent, null or empty.
type Record = BTreeMap<String, Vec<u64>>;

/// Names a request that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket(u64);

impl Written {
    /// Notes a request before it is sent: another call may show what it wrote before its answer is here.
    pub(super) fn begin(&self, endpoint: &Endpoint, request: &Json) -> Option<Ticket> {
        if !writes(endpoint) {
            return None;
        }
        let mut record = Record::new();
        for field in &endpoint.request {
            field.walk(&mut |f| {
                let mut found = Vec::new();
                collect(request, &f.path.split('.').collect::<Vec<_>>(), &mut |value| found.extend(self.hash(value)));
                for name in names_of_request(endpoint, f) {
                    record.entry(name).or_default().extend(&found);
                }
            });
        }
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.next += 1;
        let ticket = records.next;
        records.by.insert(ticket, record);
        Some(Ticket(ticket))
    }

    /// An earlier part of the run was killed: what it had sent last is not in its evidence, and may stand in any list.
    pub(super) fn lost_some(&mut self, contract: &Contract) {
        for endpoint in contract.endpoints.iter().filter(|e| writes(e)) {
            for field in &endpoint.request {
                field.walk(&mut |f| self.unrecorded.extend(names_of_request(endpoint, f)));
            }
        }
    }

    /// The request was refused: it wrote nothing.
    pub(super) fn refused(&self, Ticket(ticket): Ticket) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).by.remove(&ticket);
    }

    /// Those of the places in an answer, JSON pointers, at which it shows what this run wrote.
    pub(super) fn own(&self, endpoint: &Endpoint, answer: &Json, places: Vec<String>) -> Vec<String> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let own = |place: &String| self.wrote(&records, endpoint, answer, place) || self.lost(endpoint, place);
        places.into_iter().filter(own).collect()
    }

    /// True for a place in a list whose field a request that is not written down may have set.
    fn lost(&self, endpoint: &Endpoint, place: &str) -> bool {
        if self.unrecorded.is_empty() {
            return false;
        }
        let parts = parts(place);
        let listed = parts.iter().any(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        let Some((name, object)) = parts.split_last().filter(|_| listed) else { return false };
        let field = table(&endpoint.response, object).and_then(|fields| fields.iter().find(|f| f.name == *name));
        field.is_some_and(|field| names_of_answer(endpoint, field).iter().any(|name| self.unrecorded.contains(name)))
    }

    fn wrote(&self, records: &Records, endpoint: &Endpoint, answer: &Json, place: &str) -> bool {
        let parts = parts(place);
        // The innermost object first: what stands deeper may be written as a whole.
        (0..parts.len()).rev().any(|at| {
            let Some(Json::Object(object)) = inside(answer, &parts[..at]) else { return false };
            let Some(table) = table(&endpoint.response, &parts[..at]) else { return false };
            let shown: Vec<(Vec<String>, Option<u64>, bool)> = table
                .iter()
                .filter_map(|field| {
                    let value = object.iter().find(|(name, _)| *name == field.name).map(|(_, value)| value);
                    // What may be left out may be left out of this list, whatever was written: that it is not there says nothing.
                    if value.is_none() && !field.required() {
                        return None;
                    }
                    let names = names_of_answer(endpoint, field);
                    Some((names, value.and_then(|value| self.hash(value)), field.name == parts[at]))
                })
                .collect();
            records.by.values().any(|record| {
                let mut is_own = false;
                shown.iter().all(|(names, value, meant)| {
                    let Some(sent) = names.iter().find_map(|name| record.get(name)) else { return true };
                    is_own |= meant;
                    value.map_or(sent.is_empty(), |value| sent.contains(&value))
                }) && is_own
            })
        })
    }

    /// None for what is null or empty: that it was left out says the same.
    fn hash(&self, value: &Json) -> Option<u64> {
        match value {
            Json::Null => None,
            Json::String(text) if text.is_empty() => None,
            // An id may be a number here and a string there.
            value => Some(match value.scalar() {
                Some(text) => self.hasher.hash_one(text),
                None => self.hasher.hash_one(value.to_text()),
            }),
        }
    }
}

/// True for an endpoint whose calls may change what others show.
fn writes(endpoint: &Endpoint) -> bool {
    endpoint.hazard != Hazard::Read || endpoint.effects.iter().any(|e| matches!(e.act, Act::Create | Act::Update))
}

/// The names of a JSON pointer.
fn parts(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

/// Visits every value at a path, `*` for the items of an array.
fn collect(node: &Json, path: &[&str], visit: &mut dyn FnMut(&Json)) {
    match (path, node) {
        ([], node) => visit(node),
        (["*", rest @ ..], Json::Array(items)) => items.iter().for_each(|item| collect(item, rest, visit)),
        ([name, rest @ ..], node) => {
            if let Some(value) = node.get(&place::name(name)) {
                collect(value, rest, visit);
            }
        }
    }
}

fn inside<'a>(mut node: &'a Json, parts: &[String]) -> Option<&'a Json> {
    for part in parts {
        node = match node {
            Json::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            node => node.get(part)?,
        };
    }
    Some(node)
}

/// The fields of the object at a place.
fn table<'a>(fields: &'a [Field], parts: &[String]) -> Option<&'a [Field]> {
    let mut fields = fields;
    let mut list: Option<&Field> = None;
    for part in parts {
        let field = match list.take() {
            Some(array) if part.bytes().all(|b| b.is_ascii_digit()) => array.items.as_deref()?,
            _ => fields.iter().find(|f| f.name == *part)?,
        };
        fields = &field.fields;
        list = field.items.is_some().then_some(field);
    }
    Some(fields)
}

/// A field's own name and the attributes that it sets or names.
fn names_of_request(endpoint: &Endpoint, field: &Field) -> Vec<String> {
    let mut names = vec![last(&field.path).to_owned()];
    names.extend(field.refers.clone());
    for effect in &endpoint.effects {
        let set = effect.set.iter().filter(|(_, source)| *source == Source::Request(field.path.clone()));
        names.extend(set.map(|(attribute, _)| format!("{}.{attribute}", effect.resource)));
    }
    names
}

/// A field's own name and the attributes that it repeats.
fn names_of_answer(endpoint: &Endpoint, field: &Field) -> Vec<String> {
    let mut names = Vec::new();
    for effect in &endpoint.effects {
        let within = effect.list.as_ref().map(|list| format!("{}.*.", list.path)).unwrap_or_default();
        let own = effect.answer.iter().filter(|echo| field.path == format!("{within}{}", echo.path));
        names.extend(own.map(|echo| format!("{}.{}", echo.resource, echo.attribute)));
    }
    names.push(place::part(&field.name).into_owned());
    names
}

fn last(path: &str) -> &str {
    path.rsplit('.').find(|part| *part != "*").unwrap_or(path)
}
