//! Fields that carry the same attribute of a resource: a value that a caller gives once must be legal in each of them.
//!
//! A password that registration wants in digits is no password of letters elsewhere, whatever the other page leaves open. What
//! an endpoint must refuse follows from its own clauses alone; what is legal to send, from those of every such field.

use std::collections::BTreeMap;

use super::behaviour::Source;
use super::endpoint::Contract;
use crate::model::field::{Bounds, Charset, Constraint, Field, Kind};

/// Gives every request field whose attribute callers set the constraints of the other fields with that attribute.
pub(super) fn bind(contract: &mut Contract) {
    let mut groups: BTreeMap<String, Vec<Field>> = BTreeMap::new();
    for endpoint in &contract.endpoints {
        for (attribute, path) in set_by_request(endpoint) {
            if let Some(field) = crate::model::field::find(&endpoint.request, &path) {
                groups.entry(attribute).or_default().push(field.clone());
            }
        }
    }
    for endpoint in &contract.endpoints {
        for field in &endpoint.request {
            field.walk(&mut |f| {
                for attribute in f.refers.iter().chain(&f.equals) {
                    if let Some(group) = groups.get_mut(attribute) {
                        group.push(f.clone());
                    }
                }
            });
        }
    }
    for at in 0..contract.endpoints.len() {
        let set: Vec<(String, String)> = set_by_request(&contract.endpoints[at]);
        for field in &mut contract.endpoints[at].request {
            field.walk_mut(&mut |f| {
                let own = set.iter().filter(|(_, path)| *path == f.path).map(|(attribute, _)| attribute);
                let attributes: Vec<&String> = own.chain(&f.refers).chain(&f.equals).collect();
                let group = attributes.into_iter().filter_map(|attribute| groups.get(attribute)).flatten();
                f.legal = narrowed(f, group).map(Box::new);
            });
        }
    }
}

/// Gives every reference the constraints of all fields that carry its attribute, for values that are made up.
pub(super) fn form(contract: &mut Contract) {
    let mut groups: BTreeMap<String, Vec<Field>> = BTreeMap::new();
    for endpoint in &contract.endpoints {
        for effect in &endpoint.effects {
            let key = contract.resources.iter().find(|r| r.name == effect.resource).map(|r| r.key.clone());
            let sources = effect.set.iter().map(|(name, source)| (name.clone(), source));
            for (name, source) in sources.chain(key.into_iter().zip(&effect.key)) {
                let Source::Response(path) = source else { continue };
                if let Some(field) = crate::model::field::find(&endpoint.response, path) {
                    groups.entry(format!("{}.{name}", effect.resource)).or_default().push(field.clone());
                }
            }
        }
        for field in &endpoint.request {
            field.walk(&mut |f| {
                if let Some(attribute) = &f.refers {
                    groups.entry(attribute.clone()).or_default().push(f.clone());
                }
            });
        }
    }
    for endpoint in &mut contract.endpoints {
        for field in &mut endpoint.request {
            field.walk_mut(&mut |f| {
                let group = f.refers.as_ref().and_then(|attribute| groups.get(attribute)).into_iter().flatten();
                f.form = narrowed(f.legal(), group).map(Box::new);
            });
        }
    }
}

/// `resource.attribute` and request field, for each attribute that a call of the endpoint sets from its request.
fn set_by_request(endpoint: &super::Endpoint) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for effect in &endpoint.effects {
        for (name, source) in &effect.set {
            if let Source::Request(path) = source {
                found.push((format!("{}.{name}", effect.resource), path.clone()));
            }
        }
        found.extend(effect.unique.iter().map(|path| (format!("{}.{path}", effect.resource), path.clone())));
    }
    found.sort();
    found.dedup();
    found
}

/// A field narrowed to what all of a group take as well; none if that changes nothing.
fn narrowed<'f>(field: &Field, group: impl Iterator<Item = &'f Field>) -> Option<Field> {
    let mut legal = field.clone();
    let changed = group.fold(false, |changed, other| narrow(&mut legal, other) | changed);
    changed.then_some(legal)
}

/// Narrows what is legal to what the other field takes as well; true if that changed anything.
fn narrow(legal: &mut Field, other: &Field) -> bool {
    let kind = |f: &Field| f.kind.as_ref().map(|k| *k.first());
    if kind(legal) != kind(other) || !matches!(kind(legal), Some(Kind::String | Kind::Number)) {
        return false;
    }
    let length = bounds(&mut legal.length, other.length.as_ref());
    let value = bounds(&mut legal.value, other.value.as_ref());
    let mut changed = length | value;
    let stricter = |a: Charset, b: Charset| a == Charset::Hex && b == Charset::Digits;
    match (&legal.charset, &other.charset) {
        (None, Some(charset)) => {
            legal.charset = Some(open(*charset.first()));
            changed = true;
        }
        (Some(own), Some(charset)) if stricter(*own.first(), *charset.first()) => {
            legal.charset = Some(open(*charset.first()));
            changed = true;
        }
        _ => {}
    }
    if let (None, Some(format)) = (&legal.format, &other.format) {
        legal.format = Some(open(format.first().clone()));
        changed = true;
    }
    match (&legal.words, &other.words) {
        (None, Some(words)) => {
            legal.words = Some(open(words.first().clone()));
            changed = true;
        }
        (Some(own), Some(words)) => {
            let both: Vec<String> = own.first().iter().filter(|w| words.first().contains(w)).cloned().collect();
            if !both.is_empty() && both.len() < own.first().len() {
                legal.words = Some(open(both));
                changed = true;
            }
        }
        _ => {}
    }
    changed
}

fn open<T>(side: T) -> Constraint<T> {
    Constraint { sides: vec![side], open: true, clause: None }
}

/// The intersection, unless nothing is left of it.
fn bounds<T: PartialOrd + Clone>(
    own: &mut Option<Constraint<Bounds<T>>>,
    other: Option<&Constraint<Bounds<T>>>,
) -> bool {
    let Some(other) = other.map(Constraint::first) else { return false };
    let narrowed = match own.as_ref().map(Constraint::first) {
        None => other.clone(),
        Some(own) => {
            let min = if own.min < other.min { other.min.clone() } else { own.min.clone() };
            let max = if own.max > other.max { other.max.clone() } else { own.max.clone() };
            if min > max || (min == own.min && max == own.max) {
                return false;
            }
            Bounds { min, max }
        }
    };
    *own = Some(open(narrowed));
    true
}
