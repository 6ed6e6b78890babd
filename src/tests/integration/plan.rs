//! The plan: single faults, every clause aimed at, the same stream at any concurrency.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use konform::exchange::{Ambient, Clock, Prepared, Raw, Target, Transport};
use konform::model::observed::Failure;
use konform::model::{Event, Expect, Family};
use konform::plan::Plan;
use konform::runner::{Journal, Options, Runner};
use konform::sandbox::{self, Sandbox, Variant};

use super::lab;

#[test]
fn a_negative_case_breaks_exactly_one_clause() {
    let plan = Plan::new(lab::contract(None), 1);
    let mut negative = 0;
    for case in plan.cases() {
        if let Expect::Refuse { broken, .. } = case.expect() {
            assert_eq!(broken.len(), 1, "{}: {broken:?}", case.id);
            negative += 1;
        }
    }
    assert!(negative > 150, "{negative}");
}

#[test]
fn ids_are_unique_and_do_not_depend_on_the_seed() {
    let ids = |seed| Plan::new(lab::contract(None), seed).cases().map(|c| c.id.to_string()).collect::<Vec<_>>();
    let first = ids(1);
    assert_eq!(first, ids(99));
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), first.len());
    let plan = Plan::new(lab::contract(None), 1);
    for id in &first {
        assert_eq!(plan.find(id).map(|c| c.id.to_string()).as_ref(), Some(id));
    }
}

#[test]
fn every_family_plans_cases_and_every_left_out_case_has_its_reason() {
    let plan = Plan::new(lab::contract(None), 1);
    let planned: BTreeSet<Family> = plan.cases().map(|c| c.family).collect();
    assert_eq!(planned.into_iter().collect::<Vec<_>>(), Family::ALL);
    assert!(plan.left_out().all(|l| !l.reason.is_empty()));
}

#[test]
fn every_clause_is_aimed_at_or_checked_on_answers_or_left_out_with_a_reason() {
    let contract = lab::contract(None);
    let plan = Plan::new(Arc::clone(&contract), 1);
    let aimed: BTreeSet<u32> =
        plan.cases().flat_map(|c| c.clauses).chain(plan.left_out().filter_map(|l| l.clause)).collect();
    for (ix, clause) in (0_u32..).zip(&contract.clauses) {
        let on_answers = matches!(clause.part(), "response" | "response-header" | "policy" | "envelope");
        // Codes of ways that no page orders are planned, sent and recorded, but nothing is promised of them.
        let unordered = clause.part() == "errors" && clause.level == konform::model::Level::Should;
        assert!(on_answers || unordered || aimed.contains(&ix), "{}", clause.id);
    }
}

/// Remembers what it carries.
struct Recording(lab::Direct, Mutex<Vec<(String, Vec<u8>)>>);

impl Transport for Recording {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        self.1.lock().expect("no panic").push((request.url.clone(), request.body.clone()));
        self.0.send(request).await
    }
}

#[test]
fn the_stream_is_the_same_at_any_concurrency() {
    let contract = lab::contract(None);
    let stream = |jobs: usize| {
        let sandbox = Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new());
        let transport = Recording(lab::Direct(Arc::new(sandbox)), Mutex::default());
        let target = Target::parse("http://127.0.0.1:1/open-api").expect("a target");
        let ambient = Ambient::new(Clock::Fixed(1_700_000_000_000), 42);
        let options = Options { jobs, ..Options::default() };
        let runner = Arc::new(Runner::new(
            Plan::new(Arc::clone(&contract), 5),
            transport,
            target,
            sandbox::credentials(&contract),
            ambient,
            options,
            Arc::default(),
        ));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let mut records = Vec::new();
        let mut note = |event| {
            if let Event::Case(record) = event {
                records.push((record.id.to_string(), record.saw.clone(), record.outcome));
            }
        };
        runtime.block_on(async {
            runner.run(runner.plan().cases(), &mut Journal::discard(), &mut note).await.expect("nothing is written")
        });
        let mut sent = std::mem::take(&mut *runner.transport().1.lock().expect("no panic"));
        sent.sort();
        (records, sent)
    };
    let (one, many) = (stream(1), stream(16));
    assert_eq!(one.0, many.0, "the order or content of records differs");
    assert!(one.1 == many.1, "the bytes differ");
}
