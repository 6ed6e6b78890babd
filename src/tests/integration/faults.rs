//! Every fault of `faults.yaml`, one at a time: cited clause, basis, exit code.

use std::sync::Arc;
use std::time::Duration;

use konform::exchange::{Prepared, Raw, Transport};
use konform::model::observed::Failure;
use konform::model::wire::Encrypt;
use konform::sandbox::{FAULTS, Fault, Sandbox, Variant};
use serde::Deserialize;

use super::{lab, library};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) fault: String,
    pub(crate) clause: String,
    pub(crate) basis: String,
    pub(crate) exit: u8,
    pub(crate) should: u8,
    #[serde(default)]
    pub(crate) honest: bool,
    /// Found in encrypted exchanges.
    #[serde(default)]
    pub(crate) sealed: bool,
}

pub(crate) fn entries() -> Vec<Entry> {
    let text = std::fs::read_to_string(lab::root().join("src/tests/faults.yaml")).expect("faults.yaml");
    serde_saphyr::from_str(&text).expect("faults.yaml is a list of faults")
}

#[test]
fn each_fault_of_the_sandbox_is_found_and_cited() {
    let contract = lab::contract(None);
    let mut wrong = Vec::new();
    for entry in entries() {
        let own = entry.clause.split('/').next().unwrap_or_default();
        let encrypt = if entry.sealed { Encrypt::Marked } else { Encrypt::Never };
        let how = lab::How { encrypt, endpoints: Some(&[own]), ..lab::How::default() };
        let fault = entry.fault.parse().expect("a known fault");
        let sandbox = Sandbox::new(Arc::clone(&contract), Variant::default(), vec![fault]);
        let (must, should) = lab::run_once(&contract, lab::Direct(Arc::new(sandbox)), &how, |_| true);
        let cited = should.findings.iter().find(|f| f.clause == entry.clause);
        let basis = cited.map(|f| f.basis.word());
        if (must.exit, should.exit) != (entry.exit, entry.should) || basis != Some(entry.basis.as_str()) {
            wrong.push(format!(
                "{}: wanted exits {} and {}, {} [{}]\n{}\n{}",
                entry.fault,
                entry.exit,
                entry.should,
                entry.clause,
                entry.basis,
                lab::describe(&must),
                lab::describe(&should)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} faults are not found as written:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn bodies_encrypted_as_marked_and_always_are_clean() {
    let contract = lab::contract(None);
    let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new()));
    for (salt, encrypt) in [(21, Encrypt::Marked), (22, Encrypt::Always)] {
        let how = lab::How { salt, encrypt, ..lab::How::default() };
        let summary = lab::run(&contract, lab::Direct(Arc::clone(&sandbox)), &how, |_| true);
        assert!(summary.findings.is_empty() && summary.exit == 0, "{encrypt:?} {}", lab::describe(&summary));
    }
}

#[test]
fn a_day_that_passes_in_the_sandbox_is_a_day() {
    let contract = lab::contract(None);
    let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new()));
    let how = lab::How { endpoints: Some(&["card-delivery-cancel"]), ..lab::How::default() };
    // The application is made, a day passes before each cancellation.
    let transport = Delayed(lab::Direct(Arc::clone(&sandbox)), Arc::clone(&sandbox));
    let summary = lab::run(&contract, transport, &how, |c| c.id.contains("::valid::body::every-field"));
    // "Not cancelable due to day": whose fault that is can't be said, so that it is no finding.
    assert_eq!((summary.findings.len(), summary.exit), (0, 3), "{}", lab::describe(&summary));
    assert!(summary.notes.iter().any(|n| n.contains("003_002")), "{}", lab::describe(&summary));
}

/// Lets a day pass before each cancellation.
struct Delayed(lab::Direct, Arc<Sandbox>);

impl Transport for Delayed {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        if request.url.ends_with("/card/delivery/cancel") {
            self.1.advance(Duration::from_hours(24));
        }
        self.0.send(request).await
    }
}

#[test]
fn ten_runs_in_a_row_against_one_sandbox_find_nothing() {
    let contract = lab::contract(None);
    let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new()));
    for salt in 0..10 {
        let how = lab::How { salt, ..lab::How::default() };
        let summary = lab::run(&contract, lab::Direct(Arc::clone(&sandbox)), &how, |_| true);
        assert!(summary.findings.is_empty() && summary.exit == 0, "{}", lab::describe(&summary));
        assert_eq!(summary.counts.pass, summary.counts.total(), "{}", lab::describe(&summary));
    }
}

#[test]
fn two_runs_at_once_against_one_sandbox_find_nothing() {
    let contract = lab::contract(None);
    let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new()));
    let runs: Vec<_> = [11, 12]
        .into_iter()
        .map(|salt| {
            let (contract, sandbox) = (Arc::clone(&contract), Arc::clone(&sandbox));
            std::thread::spawn(move || {
                lab::run(&contract, lab::Direct(sandbox), &lab::How { salt, ..lab::How::default() }, |_| true)
            })
        })
        .collect();
    for run in runs {
        let summary = run.join().expect("no panic");
        assert!(summary.findings.is_empty() && summary.exit == 0, "{}", lab::describe(&summary));
    }
}

#[test]
fn a_mistyped_fault_gets_a_proposal_and_a_long_one_is_cut() {
    let says = |name: &str| name.parse::<Fault>().expect_err("no fault").to_string();
    assert!(says("accept-abov:title").contains("did you mean `accept-above`?"), "{}", says("accept-abov:title"));
    assert!(!says("xyz").contains("did you mean"), "{}", says("xyz"));
    assert!(says(&"x".repeat(200_000)).len() < 300);
}

#[test]
fn a_fault_in_what_the_contract_does_not_have_is_refused() {
    let library = lab::library();
    let says = |name: &str| Fault::read(&[name.to_owned()], &library).map_err(|e| e.to_string());
    for (name, what) in [
        ("accept-above:titel", "there is no field of any request `titel`: did you mean `title`?"),
        ("sometimes:3:answer-longer:titel", "did you mean `title`?"),
        ("at:book-ad:accept-above:title", "there is no endpoint `book-ad`: did you mean `book-add`?"),
        ("at:book-list:skip-unique:isbn", "there is no field of any request `isbn`"),
        ("skip-row:book-add/no-such", "there is no row `no-such`: write one of: "),
        ("stumble:book-add>book-ad", "there is no endpoint `book-ad`"),
        ("wrong-code:no-such-code", "there is no code `no-such-code`"),
        ("drop-header:x-no-such", "there is no header of an answer `x-no-such`"),
        ("leak:no-such-secret", "there is no field of any request `no-such-secret`"),
    ] {
        let said = says(name).expect_err(name);
        assert!(said.contains(what) && said.contains(&format!("the fault `{name}` can't show")), "{said}");
    }
    assert!(says("accept-above:title").is_ok() && says("skip-token").is_ok());
    let names: Vec<String> = entries().into_iter().map(|entry| entry.fault).collect();
    assert_eq!(Fault::read(&names, &lab::contract(None)).map(|read| read.len()), Ok(names.len()));
}

#[test]
fn every_kind_of_fault_is_in_the_list() {
    let entries = entries();
    // What each family of drawn, raced and hostile cases alone finds is tried in `detection` and `qualify`.
    let elsewhere = [
        "refuse-bare",
        "refuse-only-without",
        "accept-text",
        "crash-on-value",
        "crash-on-length",
        "crash-on-char",
        "crash-long-astral",
        "crash-on-body",
        "loose-token",
        "loose-code",
        "unsigned",
        "any-secret",
        "race",
        "stumble",
        "stale",
        "sometimes",
        "at",
        "answer-other",
        "answer-negative",
        "answer-fraction",
        "answer-stretched",
        "stretch-header",
    ];
    for (name, _) in FAULTS {
        let stem = name.split(':').next().unwrap_or_default();
        let mut tried = entries.iter().map(|e| e.fault.as_str()).chain(library::FAULTS.map(|(fault, _)| fault));
        let tried = tried.any(|fault| fault.split(':').next() == Some(stem)) || elsewhere.contains(&stem);
        assert!(tried, "{name} is never tried");
    }
    assert!(entries.iter().filter(|e| e.honest).count() >= 12);
}
