//! What a run will send and make, worked out from its plan before the first request.

use std::collections::BTreeMap;

use crate::contract::{Act, Contract};
use crate::model::{Case, Expect, Family, Role, Step};
use crate::plan::Plan;

/// Requests and records of a run that is still to come, if every case needs one try.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    /// Cases.
    pub cases: u64,
    /// Requests, with canaries, lists that are read first, and what undoes things.
    pub requests: u64,
    /// By resource, records that are made, and those among them that no call undoes.
    pub records: BTreeMap<String, Records>,
}

/// Records of one resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Records {
    /// Records that calls make.
    pub made: u64,
    /// Those among them that no call undoes.
    pub left: u64,
}

impl Forecast {
    /// Counts the cases of a run in their order; a canary is sent around each `batch` of them.
    #[must_use]
    pub fn new(plan: &Plan, cases: impl Iterator<Item = Case>, batch: usize) -> Self {
        let contract = plan.contract();
        let mut forecast = Self::default();
        for resource in contract.resources.iter().filter(|r| r.catalogue) {
            let list = contract.catalogue(&resource.name).and_then(|(endpoint, _)| plan.canary(endpoint));
            if let Some(case) = list {
                forecast.sent(contract, &case, 1);
            }
        }
        let mut canaries: BTreeMap<usize, u64> = BTreeMap::new();
        let mut last: Option<(usize, bool)> = None;
        let mut waiting = 0;
        for case in cases {
            let kind = (case.endpoint, case.family == Family::Hostile);
            if last != Some(kind) || waiting == batch.max(1) {
                // One before the first batch of an endpoint, one after each.
                let first = last.is_none_or(|(endpoint, _)| endpoint != case.endpoint);
                *canaries.entry(case.endpoint).or_default() += 1 + u64::from(first);
                (last, waiting) = (Some(kind), 0);
            }
            waiting += 1;
            forecast.cases += 1;
            forecast.sent(contract, &case, 1);
        }
        for (endpoint, times) in canaries {
            if let Some(case) = plan.canary(endpoint) {
                forecast.sent(contract, &case, times);
            }
        }
        forecast
    }

    fn sent(&mut self, contract: &Contract, case: &Case, times: u64) {
        let copies = case.race.as_ref().map_or(0, |race| race.copies.saturating_sub(1));
        self.requests += times * (case.steps.len() + case.undo.len() + copies) as u64;
        let taken = |step: &&Step| step.role == Role::Setup || !matches!(step.expect, Expect::Refuse { .. });
        for step in case.steps.iter().filter(taken) {
            for effect in &contract.endpoints[step.endpoint].effects {
                let lasts = !contract.resources.iter().any(|r| r.name == effect.resource && r.fleeting);
                if effect.act == Act::Create && effect.only_if.is_none() && lasts {
                    let records = self.records.entry(effect.resource.clone()).or_default();
                    records.made += times;
                    records.left += times;
                }
            }
        }
        // What several copies of a request have made at once is not undone.
        for step in case.undo.iter().filter(|_| case.race.is_none()) {
            for effect in &contract.endpoints[step.endpoint].effects {
                if let Some(records) = self.records.get_mut(&effect.resource).filter(|_| effect.act != Act::Create) {
                    records.left = records.left.saturating_sub(times);
                }
            }
        }
    }
}
