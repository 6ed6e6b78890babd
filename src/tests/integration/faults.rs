//! Every fault of `faults.yaml`, one at a time: cited clause, basis, exit code.

use std::sync::Arc;

use konform::sandbox::{FAULTS, Sandbox, Variant};
use serde::Deserialize;

use super::lab;

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
        for (fail_on_should, exit) in [(false, entry.exit), (true, entry.should)] {
            let sandbox = Sandbox::new(
                Arc::clone(&contract),
                Variant::default(),
                vec![entry.fault.parse().expect("a known fault")],
            );
            let summary = lab::run(&contract, lab::Direct(Arc::new(sandbox)), 7, fail_on_should, |_| true);
            let cited = summary.findings.iter().find(|f| f.clause == entry.clause);
            let basis = cited.map(|f| f.basis.word());
            if summary.exit != exit || basis != Some(entry.basis.as_str()) {
                wrong.push(format!(
                    "{} (fail on should: {fail_on_should}): wanted exit {exit}, {} [{}]\n{}",
                    entry.fault,
                    entry.clause,
                    entry.basis,
                    lab::describe(&summary)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} faults are not found as written:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn without_a_fault_nothing_is_found() {
    let contract = lab::contract(None);
    let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new()));
    for salt in 0..10 {
        let summary = lab::run(&contract, lab::Direct(Arc::clone(&sandbox)), salt, true, |_| true);
        assert!(summary.findings.is_empty() && summary.exit == 0, "{}", lab::describe(&summary));
    }
}

#[test]
fn every_kind_of_fault_is_in_the_list() {
    let entries = entries();
    for (name, _) in FAULTS {
        let stem = name.split(':').next().unwrap_or_default();
        let tried = entries.iter().any(|e| e.fault.split(':').next() == Some(stem));
        assert!(tried, "{name} is never tried");
    }
    assert!(entries.iter().filter(|e| e.honest).count() >= 12);
}
