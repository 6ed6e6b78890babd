//! The plan: single faults, every clause aimed at, the same stream at any concurrency.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use konform::contract::When;
use konform::evidence::Journal;
use konform::exchange::{Ambient, Clock, Prepared, Raw, Transport};
use konform::model::observed::Failure;
use konform::model::wire::Encrypt;
use konform::model::{Edit, Event, Expect, Family, Field, Hazard, Hole, Hostile, Json, Template, field};
use konform::plan::Plan;
use konform::runner::{Options, Runner};
use konform::sandbox::{Sandbox, Variant};

use super::lab;

#[test]
fn a_negative_case_breaks_exactly_one_clause() {
    let plan = Plan::new(lab::contract(None), 1);
    let mut negative = 0;
    for case in plan.cases() {
        if let Expect::Refuse { broken, .. } = case.expect() {
            // Two rows about states may hold at once where the only way to one leads past the other.
            let states = matches!(case.family, Family::Error | Family::Example | Family::Scenario | Family::Walk);
            // Drawn requests with several violations are about the set of them.
            let states = states || case.id.contains("::fuzz::body::violations-");
            assert!(broken.len() == 1 || states, "{}: {broken:?}", case.id);
            negative += 1;
        }
    }
    assert!(negative > 150, "{negative}");
}

#[test]
fn ids_are_unique_and_do_not_depend_on_the_seed() {
    for contract in [lab::contract(None), lab::library()] {
        let ids = |seed| Plan::new(Arc::clone(&contract), seed).cases().map(|c| c.id.to_string()).collect::<Vec<_>>();
        let first = ids(1);
        // Which sequences can be made of what is drawn is a matter of the draw.
        let walks = |ids: &[String]| ids.iter().filter(|id| !id.contains("::walk::")).cloned().collect::<Vec<_>>();
        assert_eq!(walks(&first), walks(&ids(99)));
        let mut seen = BTreeSet::new();
        let twice: Vec<&String> = first.iter().filter(|id| !seen.insert(*id)).collect();
        assert!(twice.is_empty(), "{twice:?}");
        let plan = Plan::new(Arc::clone(&contract), 1);
        for id in &first {
            assert_eq!(plan.find(id).map(|c| c.id.to_string()).as_ref(), Some(id));
        }
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
fn a_wrong_type_is_also_sent_as_the_twin_of_a_legal_value() {
    let contract = lab::contract(None);
    let plan = Plan::new(Arc::clone(&contract), 1);
    let ids: BTreeSet<String> = plan.cases().map(|c| c.id.to_string()).collect();
    for id in [
        "user-registration::type::body.birthDate::as-number",
        "user-info::type::body.userId::as-text",
        "user-registration::type::body.tcIdList::as-entry",
        "user-registration::type::body.userName::as-list",
        "user-registration::charset::body.loginPassword::full-width",
        "user-registration::length::body.userName::max-wrapped",
        "user-password-check::error::body.loginPassword::other-end",
        "card-list::length::body.par::one-longer",
    ] {
        assert!(ids.contains(id), "{id} is not planned");
    }
    // Where no source shows the type, nobody knows what its twin gets.
    let twins: Vec<_> = plan.cases().filter(|c| c.family == Family::Type && c.id.contains("::as-")).collect();
    let accepted = twins.iter().find(|c| matches!(c.expect(), Expect::Accept { .. }));
    assert!(accepted.is_none(), "{:?}", accepted.map(|c| &c.id));
    let refused = twins.iter().filter(|c| matches!(c.expect(), Expect::Refuse { .. })).count();
    assert!(refused * 10 > twins.len() * 7, "{refused} of {}", twins.len());
}

#[test]
fn a_text_of_a_length_has_that_length() {
    for contract in [lab::contract(None), lab::library()] {
        let plan = Plan::new(Arc::clone(&contract), 1);
        let mut seen = 0;
        for case in plan.cases().filter(|c| c.family == Family::Length) {
            let variant = case.id.rsplit("::").next().unwrap_or_default();
            let variant = variant.trim_end_matches("-hangul").trim_end_matches("-astral");
            let Some(Edit::Set(path, value)) = case.probe().edits.last() else { continue };
            let Some(bounds) = field::find(&contract.endpoints[case.endpoint].request, path).map(Field::legal) else {
                continue;
            };
            let Some(bounds) = bounds.length.as_ref().map(|length| length.first().clone()) else { continue };
            let chars = match variant {
                "min-1" => bounds.min - 1,
                "min" => bounds.min,
                "max" => bounds.max,
                "max+1" => bounds.max + 1,
                _ => continue,
            };
            let text = match value {
                Template::Json(Json::String(text)) => text.to_string(),
                Template::Hole(Hole::Identity { shape, chars, .. }) => shape.render(*chars, 7),
                other => panic!("{}: {other:?}", case.id),
            };
            assert_eq!(text.chars().count(), chars, "{}: {text}", case.id);
            seen += 1;
        }
        assert!(seen > 10, "{seen} texts of {}", contract.title);
    }
}

#[test]
fn a_token_is_sent_again_over_another_body_wherever_a_call_is_taken_twice() {
    let plan = Plan::new(lab::contract(None), 1);
    let replays: Vec<_> = plan.cases().filter(|c| c.id.ends_with("::replayed")).collect();
    assert!(replays.len() > 20, "{}", replays.len());
    for case in replays {
        let [.., before, probe] = case.steps.as_slice() else { panic!("{}: one request", case.id) };
        assert!(before.endpoint == probe.endpoint && probe.spaced && !before.spaced, "{}", case.id);
        assert!(matches!(probe.expect, Expect::Refuse { .. }), "{}: {:?}", case.id, probe.expect);
    }
}

#[test]
fn what_is_not_the_secret_is_refused_unless_it_may_stand_for_none() {
    let plan = Plan::new(lab::contract(None), 1);
    let expect = |id: &str| plan.find(id).unwrap_or_else(|| panic!("{id} is not planned")).expect().clone();
    // One row for a card that is not there and for a code that is not the card's; another row for the code alone.
    for id in ["card-physical-register::error::body.physicalCardCVC", "user-password-check::error::body.loginPassword"]
    {
        let id = format!("{id}::full-width");
        assert!(matches!(expect(&id), Expect::Refuse { doubt: Some(_), .. }), "{id}: {:?}", expect(&id));
    }
    // Whether the field may be left out, no page says.
    for id in ["card-physical-register::length::body.physicalCardCVC", "user-password-reset::length::body.ci"] {
        let id = format!("{id}::empty");
        assert!(matches!(expect(&id), Expect::Either { .. }), "{id}: {:?}", expect(&id));
    }
}

#[test]
fn what_names_something_by_its_longest_name_is_one_character_too_long() {
    let plan = Plan::new(lab::contract(None), 1);
    let case = plan.find("charge-result-inquiry::length::body.sequenceId::one-longer").expect("planned");
    assert!(matches!(case.expect(), Expect::Refuse { .. }), "{:?}", case.expect());
}

#[test]
fn every_reader_of_bodies_gets_hostile_bytes_and_a_selected_part_the_whole_catalogue() {
    let contract = lab::contract(None);
    let plan = Plan::new(Arc::clone(&contract), 1);
    let hostile = |plan: &Plan, at: usize| plan.cases_of(at).filter(|c| c.family == Family::Hostile).count();
    let (mut most, mut money) = (0, 0);
    for (at, endpoint) in contract.endpoints.iter().enumerate() {
        let count = hostile(&plan, at);
        let named = format!("{}: {count}", endpoint.id);
        if endpoint.closed.is_some() {
            assert_eq!(count, 0, "{named}");
        } else if endpoint.hazard == Hazard::Money {
            // Bytes that no reader can take for a request that moves money.
            assert_eq!(count, 4, "{named}");
            money += 1;
        } else {
            assert!(count >= 12 || !endpoint.wire.has_body, "{named}");
            most += usize::from(count >= Hostile::ALL.len());
        }
    }
    // One of the endpoints with an encrypted body, one of those with a plain one.
    assert_eq!((most, money), (2, 2));
    let (last, _) = contract.endpoint("card-terminate").expect("an endpoint");
    let selected = plan.judging((0..contract.endpoints.len()).map(|at| at == last).collect());
    assert_eq!(hostile(&selected, last), Hostile::ALL.len());
}

#[test]
fn every_clause_is_aimed_at_or_checked_on_answers_or_left_out_with_a_reason() {
    let contract = lab::contract(None);
    let plan = Plan::new(Arc::clone(&contract), 1);
    let aimed: BTreeSet<usize> =
        plan.cases().flat_map(|c| c.clauses).chain(plan.left_out().filter_map(|l| l.clause)).collect();
    for (ix, clause) in (0_usize..).zip(&contract.clauses) {
        // What can't be called, or is answered as nobody knows, has its reason on the endpoint.
        let endpoint = contract.endpoint(clause.endpoint()).expect("the clause's endpoint").1;
        if endpoint.closed.is_some() || endpoint.unproven.is_some() && clause.part() == "request" {
            continue;
        }
        let on_answers = matches!(
            clause.part(),
            "response" | "response-header" | "policy" | "envelope" | "effects" | "encryption" | "success"
        );
        let disputed = |r: &konform::contract::Row| {
            // Disputed, unknown, or counted up to a limit that nobody has seen.
            (r.disputed || matches!(r.when, When::Unseen | When::Attempts { .. }))
                && r.fields.iter().any(|f| f.code == ix || f.status == Some(ix) || f.message == Some(ix))
        };
        if endpoint.rows.iter().any(disputed) {
            continue;
        }
        let optional = clause.part() == "request-header" && clause.rule == konform::model::Rule::Presence;
        // Codes of ways that no page orders are planned, sent and recorded, but nothing is promised of them.
        let unordered = clause.part() == "errors" && clause.level == konform::model::Level::Should;
        assert!(on_answers || unordered || optional || aimed.contains(&ix), "{}", clause.id);
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
        let ambient = Ambient::new(Clock::Fixed(1_700_000_000_000), 42);
        let options = Options { jobs, poll: std::time::Duration::ZERO, ..Options::default() };
        let runner = Arc::new(Runner::new(
            Plan::new(Arc::clone(&contract), 5),
            transport,
            lab::access(&contract, Encrypt::Never),
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
        // What a target answered goes into later requests, and its ids follow the order in which they are asked for; each
        // encrypted body has a key of its own.
        let mut sent = std::mem::take(&mut *runner.transport().1.lock().expect("no panic"));
        for (url, body) in &mut sent {
            if !url.ends_with("/user/registration") || body.starts_with(b"{\"encData\"") {
                body.clear();
            }
        }
        sent.sort();
        (records, sent)
    };
    let (one, many) = (stream(1), stream(16));
    assert_eq!(one.0, many.0, "the order or content of records differs");
    assert!(one.1 == many.1, "the bytes differ");
}
