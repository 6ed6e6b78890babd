//! What an answer must show of what earlier calls did.

use super::value::same;
use super::world::{Made, Named, World};
use crate::contract::behaviour::{Echo, Effect, Listing};
use crate::contract::{Contract, Endpoint};
use crate::model::place::pointer;
use crate::model::{ClauseIx, Fact, Json, field};

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
            let shows = effect.answer.iter().any(|e| answer.at(&e.path).is_some_and(|v| *v != Json::Null));
            out.extend(self.present(effect, &named, shows));
            for echo in &effect.answer {
                let Some(resource) = self.resource(&echo.resource) else { continue };
                let (about, _) = self.about(resource, &named);
                let ([at], Some(value)) = (about.as_slice(), answer.at(&echo.path)) else { continue };
                out.extend(self.echo(endpoint, *at, echo, (&echo.path, &echo.path), value));
            }
        }
        out
    }

    /// What a refusal shows of earlier calls: an instance that has left is not shown.
    #[must_use]
    pub fn facts_of_refusal(&self, endpoint: &Endpoint, request: &Json) -> Vec<Fact> {
        let named = self.named(endpoint, request, None);
        endpoint.effects.iter().filter_map(|effect| self.present(effect, &named, false)).collect()
    }

    /// Whether an answer about existing instances alone shows one that this case has seen leave.
    fn present(&self, effect: &Effect, named: &Named, shows: bool) -> Option<Fact> {
        let clause = effect.present?;
        let (about, _) = self.about(self.resource(&effect.resource)?, named);
        let [at] = about.as_slice() else { return None };
        if !self.has_left(*at) {
            return None;
        }
        let own = &self.contract.resources[self.things[*at].resource];
        let key = self.things[*at].attributes.get(&own.key).map(|held| held.value.brief(40)).unwrap_or_default();
        let place = effect.answer.first().map(|echo| echo.path.split('.').next().unwrap_or_default());
        let expected = format!("{} {key}, which has left, is not shown", own.name);
        let actual = if shows { "shown" } else { "not shown" };
        Some(fact(&self.contract, clause, !shows, pointer(place.unwrap_or_default()), expected, actual.to_owned()))
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
        if self.has_left(at) && !self.shows_left(endpoint, at) {
            // What an answer shows of an instance that has left, no page says.
            return None;
        }
        let state = Json::text(thing.state.clone());
        let expected = if echo.attribute == "state" {
            let own = &self.contract.resources[thing.resource];
            let moving = own.progress.iter().rev().skip(1).any(|s| *s == thing.state);
            let words = field::find(&endpoint.response, path).and_then(|f| f.words.as_ref());
            let shown = words.is_none_or(|words| words.sides.iter().flatten().any(|word| *word == thing.state));
            // A state of which the answer has no word is our own name for it.
            if moving || !shown || thing.made == Made::Found {
                return None;
            }
            &state
        } else if self.shown.contains(&(at, echo.attribute.clone())) {
            // The target has given the value by itself: nothing says that it stays.
            return None;
        } else {
            &thing.attributes.get(&echo.attribute)?.value
        };
        if *expected == Json::Null {
            return None;
        }
        if let (Json::String(sent), Json::String(shown)) = (expected, value) {
            // Whether blanks at the ends of a text are kept, no page says.
            if sent != shown && sent.trim() == shown.trim() {
                return None;
            }
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
        let (owner, instances) = self.of_list(resource, list, &named);
        if owner.is_some_and(|owner| self.has_left(owner)) {
            // Which list the owner's departure leaves behind, no page says.
            return;
        }
        if let (Some(owner), Some(clause)) = (owner, list.clause) {
            self.of_others(resource, owner, (list, entries), clause, out);
        }
        for at in instances {
            let thing = &self.things[at];
            let Some(key) = thing.attributes.get(&own.key).map(|h| &h.value) else { continue };
            let found = entries.iter().position(|e| e.at(&list.item).is_some_and(|k| same(key, k)));
            let there = !self.has_left(at);
            let meant = list
                .narrowing(request)
                .all(|(attribute, value)| thing.attributes.get(attribute).is_some_and(|held| same(&held.value, value)));
            // A list that the request narrows must hold the entries with that value; others may be in it or not.
            if there && !meant {
                continue;
            }
            // A full page may leave the rest for the next one.
            let page = list.page.as_ref().and_then(|path| request.at(path)?.scalar());
            let cut = size.is_some_and(|size| entries.len() >= size) || page.is_some_and(|page| page != "1");
            // An entry that does not show its key may be any of them.
            let cut = cut || entries.iter().any(|entry| entry.at(&list.item).and_then(Json::scalar).is_none());
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

    /// The list's owner, and the instances whose presence in the list is known: made by calls of this case, also those that
    /// have left, and listed ones that a call of this case has brought to an end.
    fn of_list(&self, resource: usize, list: &Listing, named: &Named) -> (Option<usize>, Vec<usize>) {
        let known = (0..self.things.len()).filter(|at| {
            self.things[*at].resource == resource && (self.things[*at].made == Made::Called || self.has_left(*at))
        });
        let Some(of) = list.of.as_ref().and_then(|of| self.resource(of)) else {
            return (None, if list.clause.is_some() { known.collect() } else { Vec::new() });
        };
        let (about, _) = self.about(of, named);
        let Some((at, owner)) = about
            .first()
            .and_then(|at| Some((*at, self.things[*at].attributes.get(&self.contract.resources[of].key)?)))
        else {
            return (None, Vec::new());
        };
        let relation = &self.contract.resources[of].name;
        let own = |at: &usize| self.things[*at].attributes.get(relation).is_some_and(|h| same(&h.value, &owner.value));
        (Some(at), known.filter(own).collect())
    }

    /// Entries of an owner's list that are known to belong to another one.
    fn of_others(
        &self,
        resource: usize,
        owner: usize,
        (list, entries): (&Listing, &[Json]),
        clause: ClauseIx,
        out: &mut Vec<Fact>,
    ) {
        let (own, of) = (&self.contract.resources[resource], &self.contract.resources[self.things[owner].resource]);
        let Some(mine) = self.things[owner].attributes.get(&of.key).map(|held| &held.value) else { return };
        for (nth, entry) in entries.iter().enumerate() {
            let Some(key) = entry.at(&list.item) else { continue };
            let Some(at) = self.find(resource, &own.key, key) else { continue };
            let Some(theirs) = self.things[at].attributes.get(&of.name).map(|h| &h.value) else { continue };
            if *theirs != Json::Null && !same(theirs, mine) {
                let expected = format!("{} {} not listed: it belongs to another {}", own.name, key.brief(40), of.name);
                let place = pointer(&format!("{}.{nth}", list.path));
                out.push(fact(&self.contract, clause, false, place, expected, "listed".to_owned()));
            }
        }
    }
}

fn fact(contract: &Contract, clause: ClauseIx, holds: bool, pointer: String, expected: String, actual: String) -> Fact {
    Fact { clause, id: contract.clause(clause).id.clone(), holds, pointer, expected, actual }
}

#[cfg(test)]
mod tests;
