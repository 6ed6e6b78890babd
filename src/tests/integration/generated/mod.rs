//! Small contracts drawn at random: each loads, is served by the sandbox, and a run of every case on that sandbox is green.
//!
//! `KONFORM_GENERATED=500 cargo test --release --test integration generated:: -- --nocapture` draws so many and prints how often each
//! construct of the language was drawn, none of them never; without it there are a few.

mod api;
mod calls;
mod choices;
mod values;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use konform::contract::{Contract, Profile, load};
use konform::model::field::Unit;
use konform::plan::Breadth;
use konform::sandbox::{Sandbox, Variant};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use self::choices::{CONSTRUCTS, Choices};
use super::lab;

/// What is wrong with a run of the contract against a sandbox that serves it in this manner, if something is.
fn fault(contract: &Arc<Contract>, variant: &Variant) -> Option<String> {
    let sandbox = Sandbox::new(Arc::clone(contract), variant.clone(), Vec::new());
    let how = lab::How { breadth: Breadth { fuzz: 2, ..Breadth::GATE }, ..lab::How::default() };
    let summary = lab::run(contract, lab::Direct(Arc::new(sandbox)), &how, |_| true);
    let green = summary.exit == 0 && summary.counts.pass == summary.counts.total() && summary.counts.total() > 0;
    (!green).then(|| format!("{}\n{variant:?}", lab::describe(&summary)))
}

/// A manner of serving that leaves the contract kept, by the bits of a number.
fn honest(bits: u32) -> Variant {
    let bit = |at: u32| bits >> at & 1 == 1;
    let pick = |at: u32, of: u32| (bits >> at) % of;
    Variant {
        unit: [Unit::CodePoints, Unit::Utf16, Unit::Bytes][pick(0, 3) as usize],
        side: usize::from(bit(2)),
        refuses_unknown: bit(3),
        optional: bit(4),
        auth_status: [401, 400, 403][pick(5, 3) as usize],
        extra: bit(8),
        reversed: bit(9),
        pretty: bit(10),
        charset: bit(11),
        ..Variant::default()
    }
}

#[test]
fn any_small_contract_is_kept_by_the_sandbox_that_serves_it() {
    let asked = std::env::var("KONFORM_GENERATED").ok().and_then(|n| n.parse().ok());
    let cases: u32 = asked.unwrap_or(25);
    let drawn: Mutex<BTreeMap<&str, usize>> = Mutex::default();
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&(vec(any::<u8>(), 40..400), any::<u32>()), |(numbers, bits)| {
        let mut choices = Choices { numbers: numbers.iter(), drawn: BTreeMap::new() };
        let files = api::draw(&mut choices);
        let show = || files.iter().flat_map(|f| ["--- ", &f.name, "\n", &f.text]).collect::<String>();
        let contract = match load(&files, Some(&Profile { initial_known: true, ..Profile::default() })) {
            Ok(contract) => Arc::new(contract),
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{}", show()))),
        };
        for (construct, times) in choices.drawn {
            *drawn.lock().expect("a lock").entry(construct).or_default() += times;
        }
        // As the sandbox serves it by itself, and in another manner that keeps it.
        match fault(&contract, &Variant::default()).or_else(|| fault(&contract, &honest(bits))) {
            None => Ok(()),
            Some(told) => Err(TestCaseError::fail(format!("{told}\n{}", show()))),
        }
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let drawn = drawn.into_inner().expect("a lock");
    let never: Vec<&str> = CONSTRUCTS.into_iter().filter(|c| !drawn.contains_key(c)).collect();
    if asked.is_some() {
        for (construct, times) in &drawn {
            println!("{times:>6}  {construct}");
        }
        assert!(never.is_empty(), "never drawn: {never:?}");
    }
}
