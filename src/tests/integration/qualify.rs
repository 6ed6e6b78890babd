//! The suite's own power: mutants, faults of each family, and what happens when a family is taken out.

use std::sync::{Arc, OnceLock};

use konform::model::wire::Encrypt;
use konform::model::{Case, Family};
use konform::plan::Plan;
use konform::qualify::{OPERATORS, Options, Suite};
use konform::sandbox::{Sandbox, Variant};

use super::lab;

/// Families whose cases are other families' cases under names of the documentation.
const RENAMED: [Family; 1] = [Family::Example];

/// The suite of the default contract, run once for all tests.
fn suite() -> &'static Suite {
    static SUITE: OnceLock<Suite> = OnceLock::new();
    SUITE.get_or_init(|| Suite::new(&Plan::new(lab::contract(None), 1)))
}

fn options(sample: Option<usize>) -> Options {
    Options { sample, without: None, seeds: 1, threads: 2 }
}

#[test]
fn every_mutant_of_the_library_is_killed() {
    let report = Suite::new(&Plan::new(lab::library(), 1)).qualify(&options(None), &|_| true);
    let survivors: Vec<String> = report
        .mutants
        .iter()
        .filter(|m| m.killed_by.is_none() && m.equivalent.is_none())
        .map(|m| format!("{} {}", m.operator, m.clause))
        .collect();
    assert!(report.proven(), "{survivors:?} {:?}", report.alarms);
    assert!(report.mutants.len() > 200, "{}", report.mutants.len());
}

#[test]
fn a_fault_that_its_family_does_not_find_is_a_survivor() {
    let suite = Suite::new(&Plan::new(lab::library(), 1));
    let found = suite.faults(Family::Length, false).unwrap_or_default();
    assert!(found.iter().any(|f| f.killed_by.is_some()) && found.iter().all(|f| !f.survived()), "{found:?}");
    // A fault that changes no answer is told from one that nobody notices.
    assert!(found.iter().any(|f| f.equivalent), "{found:?}");
    let without = suite.faults(Family::Length, true).unwrap_or_default();
    assert!(without.iter().filter(|f| !f.equivalent).all(konform::qualify::FaultRecord::survived), "{without:?}");
    let report = konform::qualify::Report { faults: without, ..Default::default() };
    assert!(report.survivors() > 0 && !report.proven());
}

#[test]
fn a_sample_of_mutants_is_killed_and_each_family_is_needed() {
    let suite = suite();
    let report = suite.mutants(&options(Some(150)), &|_| true);
    assert!(report.proven(), "{:?} {:?}", report.mutants.iter().find(|m| m.killed_by.is_none()), report.alarms);
    for family in Family::ALL.into_iter().filter(|f| !RENAMED.contains(f)) {
        let with = suite.faults(family, false).unwrap_or_default();
        assert!(with.iter().all(|f| !f.survived()), "{family:?} {with:?}");
        let with: Vec<_> = with.into_iter().filter(|f| !f.equivalent).collect();
        assert!(with.len() >= 2, "{family:?} {with:?}");
        // An ordinary run without the family sees nothing of its first fault, and one with it does.
        let fault = &with[0].fault;
        let case = with[0].killed_by.as_deref().unwrap_or_default();
        let endpoint = case.split("::").next().unwrap_or_default();
        let findings = |choose: &(dyn Fn(&Case) -> bool + Sync)| {
            let contract = lab::contract(None);
            let faults = vec![fault.parse().expect("a known fault")];
            let sandbox = Sandbox::new(Arc::clone(&contract), Variant::default(), faults);
            let how = lab::How { endpoints: Some(&[endpoint]), encrypt: Encrypt::Marked, ..lab::How::default() };
            lab::run(&contract, lab::Direct(Arc::new(sandbox)), &how, choose).findings.len()
        };
        assert!(findings(&|c| c.family == family) > 0, "{family:?} does not find {fault} in a run");
        assert_eq!(findings(&|c| c.family != family), 0, "{fault} is found without {family:?}");
    }
}

#[test]
fn taking_a_family_out_leaves_mutants_that_only_it_kills() {
    for (family, clauses) in [
        (Family::Length, "request/cardNo/length"),
        (Family::Type, "request/userId/type"),
        (Family::Header, "request-header/X-KM-Tran-Time/presence"),
    ] {
        let options = Options { without: Some(family), ..options(Some(40)) };
        let report = suite().mutants(&options, &|clause| clause.ends_with(clauses));
        let all = report.mutants.len();
        let left = report.mutants.iter().filter(|m| m.killed_by.is_none() && m.equivalent.is_none()).count();
        assert!(left > 0 && !report.proven(), "{family:?}: {left} of {all}");
    }
}

#[test]
fn a_renamed_case_asks_what_another_family_s_case_asks() {
    let plan = Plan::new(lab::contract(None), 1);
    // The same calls up to the request under test, and the same clauses and rows expected of it.
    let asks = |case: &konform::model::Case| {
        let steps: Vec<_> = case.steps.iter().map(|s| (s.endpoint, s.role)).collect();
        (steps, format!("{:?}", case.expect()))
    };
    let others: Vec<_> = plan.cases().filter(|c| !RENAMED.contains(&c.family)).map(|c| asks(&c)).collect();
    for case in plan.cases().filter(|c| RENAMED.contains(&c.family)) {
        assert!(others.contains(&asks(&case)), "{} is a case of its own", case.id);
    }
}

#[test]
fn operators_have_distinct_words() {
    let words: std::collections::BTreeSet<&str> = OPERATORS.iter().map(|(word, _)| *word).collect();
    assert_eq!(words.len(), OPERATORS.len());
}
