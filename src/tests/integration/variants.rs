//! No false alarm: honest variants of the sandbox, drawn from everything that the contract leaves open.

use std::collections::BTreeMap;
use std::sync::Arc;

use konform::contract::{Envelope, Profile};
use konform::model::field::Unit;
use konform::model::wire::Encrypt;
use konform::plan::Breadth;
use konform::sandbox::{Sandbox, TraceId, Variant};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::lab;

/// What an honest platform decided for itself, and what its partner knows of that.
#[derive(Debug, Clone)]
struct Honest {
    variant: Variant,
    /// Conflicts that the server decided, unknown to konform.
    own: BTreeMap<String, String>,
    /// Conflicts that change what must be sent: the profile says them.
    told: BTreeMap<String, String>,
    envelope: Option<Envelope>,
    encrypt: Encrypt,
    /// Which endpoints are looked at, as numbers that are taken modulo their count.
    endpoints: Vec<usize>,
    salt: u64,
}

fn decide(id: &'static str, sides: &'static [&'static str]) -> impl Strategy<Value = Option<(String, String)>> {
    proptest::option::of(proptest::sample::select(sides))
        .prop_map(move |side| side.map(|s| (id.to_owned(), s.to_owned())))
}

fn honest() -> impl Strategy<Value = Honest> {
    let manners = (
        any::<[bool; 9]>(),
        0..2_usize,
        proptest::sample::select(&Unit::ALL[..]),
        proptest::sample::select(&[400_u16, 401, 403][..]),
    );
    let variant = manners.prop_map(
        |([unknown, optional, echoed, extra, reversed, pretty, charset, plain, second], side, unit, auth_status)| {
            Variant {
                unit,
                side,
                refuses_unknown: unknown,
                optional,
                trace: if echoed { TraceId::Echoed } else { TraceId::Own },
                auth_status,
                extra,
                reversed,
                pretty,
                charset,
                chunked: false,
                seals_plain: plain,
                second_enc: second,
            }
        },
    );
    let own = (
        decide("success-code", &["a", "b"]),
        decide("expiry-date-format", &["a", "b"]),
        decide("correlation-id-length", &["a"]),
        decide("tran-token-length", &["b"]),
        decide("tran-time-length", &["a"]),
        decide("tran-time-content", &["a"]),
        decide("failed-registration", &["a", "b"]),
        decide("linked-card", &["a", "b"]),
        decide("cause-of-003_008", &["a", "b"]),
    );
    let own = own.prop_map(|(a, b, c, d, e, f, g, h, i)| [a, b, c, d, e, f, g, h, i].into_iter().flatten().collect());
    let told = (decide("terms-id-type", &["a", "b"]), decide("tran-token-message", &["a", "b"]))
        .prop_map(|(a, b)| [a, b].into_iter().flatten().collect());
    let envelope = proptest::option::of(Just(Envelope {
        code: "outcome.reason".to_owned(),
        message: "outcome.message".to_owned(),
    }));
    let encrypt = prop_oneof![10 => Just(Encrypt::Never), 1 => Just(Encrypt::Marked), 1 => Just(Encrypt::Always)];
    let endpoints = proptest::collection::vec(0..1000_usize, 1..=2);
    (variant, own, told, envelope, encrypt, endpoints, any::<u64>()).prop_map(
        |(variant, own, told, envelope, encrypt, endpoints, salt)| Honest {
            variant,
            own,
            told,
            envelope,
            encrypt,
            endpoints,
            salt,
        },
    )
}

/// A number from the environment, for a larger draw than every test run needs.
fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// `KONFORM_VARIANTS=500 KONFORM_VARIANT_SEEDS=3 cargo test --release --test integration honest_variants` draws the whole.
#[test]
fn honest_variants_raise_no_alarm() {
    let cases = number("KONFORM_VARIANTS", 160);
    // Every family is on; drawn ones more than a gate draws.
    let breadth = Breadth { fuzz: 24, walks: 6, wide: true };
    for seed in 1..=u64::from(number("KONFORM_VARIANT_SEEDS", 1)) {
        let rng_seed = RngSeed::Fixed(20_261_121 + seed);
        let config = Config { cases, failure_persistence: None, rng_seed, ..Config::default() };
        let result = TestRunner::new(config).run(&honest(), |honest| {
            let profile =
                Profile { choices: honest.told.clone(), envelope: honest.envelope.clone(), ..Profile::default() };
            let contract = lab::contract(Some(&profile));
            let choices = honest.own.iter().chain(&honest.told).map(|(k, v)| (k.clone(), v.clone())).collect();
            let served =
                lab::contract(Some(&Profile { choices, envelope: honest.envelope.clone(), ..Profile::default() }));
            let callable: Vec<&str> =
                contract.endpoints.iter().filter(|e| e.closed.is_none()).map(|e| e.id.as_str()).collect();
            let chosen: Vec<&str> = honest.endpoints.iter().map(|at| callable[at % callable.len()]).collect();
            let sandbox = Sandbox::new(served, honest.variant.clone(), Vec::new());
            let how = lab::How {
                salt: honest.salt,
                encrypt: honest.encrypt,
                endpoints: Some(&chosen),
                breadth,
                seed,
                ..lab::How::default()
            };
            let summary = lab::run(&contract, lab::Direct(Arc::new(sandbox)), &how, |_| true);
            prop_assert!(summary.exit == 0 && summary.findings.is_empty(), "{chosen:?} {}", lab::describe(&summary));
            prop_assert!(summary.counts.pass == summary.counts.total());
            Ok(())
        });
        if let Err(error) = result {
            panic!("seed {seed}: {error}");
        }
    }
}
