//! Which cases of a plan a command takes: `--only`, `--skip` and `--clause`.

use std::sync::Arc;

use globset::{Glob, GlobMatcher};

use super::Failure;
use super::args::Selection;
use crate::contract::Contract;
use crate::contract::error::suggest;
use crate::model::run::Selected;
use crate::model::{Case, Family};
use crate::plan::Plan;

/// Which cases to run.
#[derive(Debug)]
pub(super) struct Chosen {
    only: Vec<GlobMatcher>,
    skip: Vec<GlobMatcher>,
    clause: Vec<GlobMatcher>,
}

impl Chosen {
    pub(super) fn new(selection: &Selection) -> Result<Self, Failure> {
        let compile = |globs: &[String]| {
            globs
                .iter()
                .map(|g| Glob::new(g).map(|g| g.compile_matcher()))
                .collect::<Result<Vec<_>, _>>()
                .map_err(Failure::usage)
        };
        Ok(Self {
            only: compile(&selection.only)?,
            skip: compile(&selection.skip)?,
            clause: compile(&selection.clause)?,
        })
    }

    /// The choice that a run's header holds.
    pub(super) fn of(selected: &Selected) -> Result<Self, Failure> {
        let Selected { only, skip, clause } = selected.clone();
        Self::new(&Selection { only, skip, clause })
    }

    /// A plan that judges calls of chosen endpoints alone: those that have a case which `--only` and `--skip` leave.
    pub(super) fn narrow(&self, plan: Plan) -> Plan {
        if self.only.is_empty() && self.skip.is_empty() {
            return plan;
        }
        let contract = Arc::clone(plan.contract());
        let judged = (0..contract.endpoints.len()).map(|at| {
            // Which calls a sequence makes depends on the choice: it is asked for by its name alone. Bytes that are no request,
            // which come last, call nothing else.
            let walk = format!("{}::walk::body::calls-0000", contract.endpoints[at].id);
            let mut others = plan.cases_of(at).take_while(|case| case.family != Family::Walk);
            self.named(&walk) || others.any(|case| self.named(&case.id))
        });
        let judged = judged.collect();
        plan.judging(judged)
    }

    /// True if the user has chosen some of the cases.
    pub(super) fn some(&self) -> bool {
        !self.only.is_empty() || !self.skip.is_empty() || !self.clause.is_empty()
    }

    /// True for a case id that is chosen.
    pub(super) fn named(&self, id: &str) -> bool {
        let any = |globs: &[GlobMatcher]| globs.iter().any(|g| g.is_match(id));
        (self.only.is_empty() || any(&self.only)) && !any(&self.skip)
    }

    /// What is said where no case is left: what a glob may have meant that names no endpoint, or an endpoint and no case.
    pub(super) fn nothing(&self, contract: &Contract) -> String {
        let ids = || contract.endpoints.iter().map(|e| e.id.as_str());
        let hint = self.only.iter().find_map(|glob| {
            let glob = glob.glob().glob();
            let (endpoint, case) =
                glob.split_once("::").map_or((glob, None), |(endpoint, case)| (endpoint, Some(case)));
            if endpoint.contains(['*', '?', '[', '{']) || (ids().any(|id| id == endpoint) && case.is_some()) {
                return None;
            }
            Some(if ids().any(|id| id == endpoint) {
                format!("`{glob}` is an endpoint: write `{glob}::*` for its cases")
            } else {
                format!("no endpoint is called `{endpoint}`: {}", suggest(endpoint, ids()))
            })
        });
        let hint = hint.map(|hint| format!("\n{hint}")).unwrap_or_default();
        format!("no case selected: `konform list` shows all ids; --only, --skip and --clause take globs{hint}")
    }

    /// A choice of clauses alone.
    pub(super) fn clauses(globs: &[String]) -> Result<Self, Failure> {
        Self::new(&Selection { only: Vec::new(), skip: Vec::new(), clause: globs.to_vec() })
    }

    /// True for a clause that is chosen.
    pub(super) fn names(&self, clause: &str) -> bool {
        self.clause.is_empty() || self.clause.iter().any(|g| g.is_match(clause))
    }

    pub(super) fn takes(&self, case: &Case, plan: &Plan) -> bool {
        let cites = |id: &str| self.clause.iter().any(|g| g.is_match(id));
        self.named(&case.id)
            && plan.keeps(case)
            && (self.clause.is_empty() || case.clauses.iter().any(|c| cites(&plan.contract().clause(*c).id)))
    }
}
