//! Catalogues: lists of the target that are read before the first case, for requests to take ids from.

use std::sync::{Arc, PoisonError};

use super::Runner;
use super::tally::Tally;
use crate::behaviour::{Moment, World};
use crate::evidence::{Aside, Journal, JournalError, Why};
use crate::exchange::fill::Catalogue;
use crate::exchange::{Catalogues, Transport};
use crate::model::Json;
use crate::model::fixture::Part;

/// Pages of a catalogue that are read at most.
const PAGES: usize = 1000;

/// What was read of the target before the first case.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) lists: Catalogues,
    pub(super) world: Option<World>,
}

/// An entry of a catalogue as a fixture describes it.
fn entry(part: &Part, now: &Moment) -> Json {
    let known =
        part.attributes.iter().filter_map(|(name, planted)| Some((name.as_str().into(), planted.value(0, now)?)));
    Json::Object(known.collect())
}

impl<T: Transport> Runner<T> {
    /// Reads the catalogues that baselines take ids from, once a run, each to its last page and with nothing in the request that
    /// may narrow the list. A catalogue that can't be read is missing: the cases that need it say so.
    pub(super) async fn read_catalogues(&self, tally: &mut Tally, journal: &mut Journal) -> Result<(), JournalError> {
        let contract = Arc::clone(self.plan.contract());
        let mut catalogues = Catalogues::new();
        for resource in contract.resources.iter().filter(|r| r.catalogue) {
            let Some((endpoint, list)) = contract.catalogue(&resource.name) else {
                // What no call lists the profile may know.
                let parts = contract.fixtures.iter().flat_map(|f| &f.parts).filter(|p| p.resource == resource.name);
                let entries: Vec<Json> = parts.map(|p| entry(p, &self.ambient.now(&contract.zone))).collect();
                if !entries.is_empty() {
                    catalogues.insert(resource.name.clone(), Ok(Catalogue { key: resource.key.clone(), entries }));
                }
                continue;
            };
            let of = &contract.endpoints[endpoint].id;
            let mut known: Vec<Json> = Vec::new();
            let mut failure = None;
            for page in 1..=PAGES {
                let Some(case) = self.plan.catalogue(endpoint, list, page) else {
                    failure = Some(format!("no request to {of} can be made"));
                    break;
                };
                let mut executed = self.settled(&case, 0).await;
                let answer = executed.answered(&contract);
                let body = executed.observed.last().and_then(|seen| seen.answer.as_ref().ok()).and_then(|a| a.json());
                let entries = match body.and_then(|b| b.at(&list.path)) {
                    Some(Json::Array(entries)) => Some(entries.clone()),
                    _ => None,
                };
                Self::aside(Aside::of(Why::Catalogue, &case.id, of), &case, &mut executed, &mut *tally, journal)?;
                let Some(entries) = entries else {
                    // A page beyond the last one may be refused.
                    failure = (page == 1).then(|| format!("{of} got {answer}"));
                    break;
                };
                let before = known.len();
                for entry in entries {
                    if !known.iter().any(|e| e.get(&resource.key) == entry.get(&resource.key)) {
                        known.push(entry);
                    }
                }
                if list.page.is_none() || known.len() == before {
                    break;
                }
            }
            let read = failure.map_or(Ok(Catalogue { key: resource.key.clone(), entries: known }), Err);
            catalogues.insert(resource.name.clone(), read);
        }
        let mut world = World::new(Arc::clone(&contract), false);
        for (name, read) in &catalogues {
            if let (Ok(catalogue), Some(resource)) = (read, world.resource(name)) {
                catalogue.entries.iter().for_each(|entry| world.enter(resource, entry));
            }
        }
        let known = Known { lists: catalogues, world: Some(world) };
        *self.catalogues.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        Ok(())
    }

    /// Reads what cases need before the first of them: catalogues.
    pub async fn prime(&self) {
        let mut tally = Tally::new(Arc::clone(self.plan.contract()), Arc::default());
        // Nothing is written, so nothing can fail to be; what can't be read is missing, and the cases say so.
        let _ = self.read_catalogues(&mut tally, &mut Journal::discard()).await;
    }
}
