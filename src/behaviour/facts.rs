//! What an answer must show of what earlier calls did.

use super::world::{Made, World};
use crate::contract::behaviour::{Echo, Listing};
use crate::contract::{Contract, Endpoint};
use crate::model::{ClauseIx, Decimal, Fact, Json, field};

impl World {
    /// Compares a successful answer with what is known; what is unknown gives no fact.
    #[must_use]
    pub fn facts(&self, endpoint: &Endpoint, request: &Json, answer: &Json) -> Vec<Fact> {
        let mut out = Vec::new();
        for effect in endpoint.effects.iter().filter(|e| !e.answer.is_empty() || e.list.is_some()) {
            if let Some(list) = &effect.list {
                self.listed(endpoint, (request, answer), (&effect.resource, list), &effect.answer, &mut out);
                continue;
            }
            let named = self.named(endpoint, request, None);
            for echo in &effect.answer {
                let Some(resource) = self.resource(&echo.resource) else { continue };
                let (about, _) = self.about(resource, &named);
                let ([at], Some(value)) = (about.as_slice(), answer.at(&echo.path)) else { continue };
                out.extend(self.echo(endpoint, *at, echo, (&echo.path, &echo.path), value));
            }
        }
        out
    }

    fn echo(
        &self,
        endpoint: &Endpoint,
        at: usize,
        echo: &Echo,
        (path, place): (&str, &str),
        value: &Json,
    ) -> Option<Fact> {
        let thing = &self.things[at];
        let state = Json::text(thing.state.clone());
        let expected = if echo.attribute == "state" {
            let own = &self.contract.resources[thing.resource];
            let moving = own.progress.iter().rev().skip(1).any(|s| *s == thing.state);
            if moving || thing.made == Made::Found {
                return None;
            }
            &state
        } else {
            &thing.attributes.get(&echo.attribute)?.value
        };
        if *expected == Json::Null {
            return None;
        }
        let secret = field::find(&endpoint.response, path).is_some_and(|f| f.secret.is_some());
        let shown = |v: &Json| if secret { "<secret>".to_owned() } else { v.brief(60) };
        Some(fact(
            &self.contract,
            echo.clause,
            same(expected, value),
            pointer(place),
            format!("{} as known from earlier calls", shown(expected)),
            shown(value),
        ))
    }

    fn listed(
        &self,
        endpoint: &Endpoint,
        (request, answer): (&Json, &Json),
        (resource, list): (&str, &Listing),
        echoes: &[Echo],
        out: &mut Vec<Fact>,
    ) {
        let Some(Json::Array(entries)) = answer.at(&list.path) else { return };
        let size = list.size.as_ref().and_then(|path| request.at(path)?.scalar()?.parse::<usize>().ok());
        if let (Some(size), Some(clause)) = (size, list.size_clause) {
            let actual = format!("{} entries", entries.len());
            let expected = format!("{size} entries at most");
            out.push(fact(&self.contract, clause, entries.len() <= size, pointer(&list.path), expected, actual));
        }
        let Some(resource) = self.resource(resource) else { return };
        let own = &self.contract.resources[resource];
        let named = self.named(endpoint, request, None);
        for at in self.of_list(resource, list, &named) {
            let thing = &self.things[at];
            let Some(key) = thing.attributes.get(&own.key).map(|h| &h.value) else { continue };
            let found = entries.iter().position(|e| e.at(&list.item).is_some_and(|k| same(key, k)));
            let there = !thing.gone && !own.left.contains(&thing.state);
            // A full page may leave the rest for the next one.
            let page = list.page.as_ref().and_then(|path| request.at(path)?.scalar());
            let cut = size.is_some_and(|size| entries.len() >= size) || page.is_some_and(|page| page != "1");
            if let Some(clause) = list.clause.filter(|_| found.is_some() || !there || !cut) {
                let word = |yes: bool| if yes { "listed" } else { "not listed" };
                let expected = format!("{} {} {}", own.name, key.brief(40), word(there));
                let pointer = pointer(&list.path);
                let holds = found.is_some() == there;
                out.push(fact(&self.contract, clause, holds, pointer, expected, word(found.is_some()).to_owned()));
            }
            if let Some(entry) = found {
                for echo in echoes {
                    if let Some(value) = entries[entry].at(&echo.path) {
                        let path = format!("{}.*.{}", list.path, echo.path);
                        let place = format!("{}.{entry}.{}", list.path, echo.path);
                        out.extend(self.echo(endpoint, at, echo, (&path, &place), value));
                    }
                }
            }
        }
    }

    /// The instances whose presence in the list is known: made by calls of this case, also those that are gone.
    fn of_list(&self, resource: usize, list: &Listing, named: &[(usize, super::world::Lookup)]) -> Vec<usize> {
        let made = (0..self.things.len())
            .filter(|at| self.things[*at].resource == resource && self.things[*at].made == Made::Called);
        let Some(of) = list.of.as_ref().and_then(|of| self.resource(of)) else {
            return if list.clause.is_some() { made.collect() } else { Vec::new() };
        };
        let (about, _) = self.about(of, &named.to_vec());
        let Some(owner) =
            about.first().and_then(|at| self.things[*at].attributes.get(&self.contract.resources[of].key))
        else {
            return Vec::new();
        };
        let relation = &self.contract.resources[of].name;
        made.filter(|at| self.things[*at].attributes.get(relation).is_some_and(|h| same(&h.value, &owner.value)))
            .collect()
    }
}

fn fact(contract: &Contract, clause: ClauseIx, holds: bool, pointer: String, expected: String, actual: String) -> Fact {
    Fact { clause, id: contract.clause(clause).id.clone(), holds, pointer, expected, actual }
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('~', "~0").replace('/', "~1").replace('.', "/"))
}

/// Equal as text, or as numbers: an id may be a number here and a string there.
pub(super) fn same(a: &Json, b: &Json) -> bool {
    match (a.scalar(), b.scalar()) {
        (Some(x), Some(y)) => x == y || matches!((Decimal::parse(x), Decimal::parse(y)), (Some(x), Some(y)) if x == y),
        _ => a == b,
    }
}
