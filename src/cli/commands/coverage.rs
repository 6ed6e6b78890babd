//! `konform coverage`: which clauses a run would exercise, offline.

use std::collections::BTreeSet;

use crate::cli::Failure;
use crate::cli::args::Coverage;
use crate::cli::config::Config;
use crate::cli::output::Output;
use crate::cli::words::Format;
use crate::contract::Contract;
use crate::model::event::ClauseRecord;
use crate::model::{Case, ClauseIx, Exit, Expect};
use crate::report::coverage;
use crate::runner::summary::{in_scope, scope, unexercised};

/// What the cases of a run would assert.
#[derive(Default)]
pub(super) struct Aimed {
    clauses: BTreeSet<ClauseIx>,
    answered: BTreeSet<usize>,
}

impl Aimed {
    /// Takes in a case that runs.
    pub(super) fn add(&mut self, case: &Case) {
        self.clauses.extend(&case.clauses);
        if matches!(case.expect(), Expect::Accept { .. } | Expect::Either { .. }) {
            self.answered.extend(case.steps.iter().map(|s| s.endpoint));
        }
    }

    /// True if the clause would be exercised.
    pub(super) fn asserts(&self, contract: &Contract, ix: ClauseIx) -> bool {
        let clause = contract.clause(ix);
        // What is asserted of answers is exercised wherever the call is answered.
        let on_answers = matches!(
            clause.part(),
            "response" | "response-header" | "policy" | "envelope" | "effects" | "success" | "encryption"
        );
        let endpoint = contract.endpoint(clause.endpoint()).map(|(at, _)| at);
        self.clauses.contains(&ix) || on_answers && endpoint.is_some_and(|at| self.answered.contains(&at))
    }
}

pub(in crate::cli) fn coverage(args: &Coverage, out: &mut Output) -> Result<Exit, Failure> {
    let config = Config::resolve(&args.common)?;
    let plan = config.plan();
    let contract = &config.contract;
    let mut aimed = Aimed::default();
    plan.cases().filter(|c| config.allows(c)).for_each(|case| aimed.add(&case));
    let reasons = unexercised(&plan);
    let scope = scope(contract);
    let records: Vec<ClauseRecord> = in_scope(contract)
        .map(|ix| {
            let clause = contract.clause(ix);
            let asserted = aimed.asserts(contract, ix);
            ClauseRecord {
                declared: false,
                id: clause.id.clone(),
                level: clause.level,
                basis: clause.basis,
                asserted: u64::from(asserted),
                broken: 0,
                reason: (!asserted).then(|| reasons(ix)),
            }
        })
        .collect();
    match args.format {
        Format::Json => {
            let mut value = serde_json::json!({"clauses": records});
            if let Some(scope) = &scope {
                value["scope"] = serde_json::json!(scope);
            }
            out.line(&value.to_string());
        }
        Format::Human => {
            out.text(&coverage::table(&records, false, scope.as_ref()));
            for record in records.iter().filter(|_| args.missing) {
                if let Some(reason) = &record.reason {
                    out.line(&format!("{}: {reason}", record.id));
                }
            }
        }
    }
    Ok(Exit::Green)
}
