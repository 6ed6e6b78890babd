//! Small APIs, each written for one thing that the language of contracts can say.

use std::sync::Arc;

use konform::contract::{Contract, File, LoadError, load};
use konform::model::{Case, Summary};
use konform::plan::Plan;
use konform::sandbox::{Sandbox, Variant};

use super::lab::{self, Folder};

/// An API without credentials.
pub(crate) const API: &str = "konform: 1
id: small
title: Small
version: v1
base_path: /v1
length_unit: code-points
envelope: {code: error.code, message: error.message, on: refusals}
success: {status: 200}
request_headers:
  - {name: Content-Type, presence: unseen, length: unseen, send: application/json}
";

/// A contract of these endpoints, each the text of its file but for its first and last lines.
pub(crate) fn read(endpoints: &[&str]) -> Result<Arc<Contract>, LoadError> {
    read_with("", endpoints)
}

/// The same, of an API of which more is said.
pub(crate) fn read_with(more: &str, endpoints: &[&str]) -> Result<Arc<Contract>, LoadError> {
    let mut files = vec![File { name: "api.yaml".to_owned(), text: format!("{API}{more}") }];
    for (at, endpoint) in endpoints.iter().enumerate() {
        let errors = if endpoint.contains("errors:") { "" } else { "errors: []\n" };
        files.push(File { name: format!("{at}.yaml"), text: format!("konform: 1\ntitle: T\n{endpoint}\n{errors}") });
    }
    load(&files, None).map(Arc::new)
}

pub(crate) fn contract(endpoints: &[&str]) -> Arc<Contract> {
    read(endpoints).unwrap_or_else(|error| panic!("{error}"))
}

/// What a run of every case finds in the embedded sandbox.
pub(crate) fn run(contract: &Arc<Contract>) -> Summary {
    let sandbox = Sandbox::new(Arc::clone(contract), Variant::default(), Vec::new());
    lab::run(contract, lab::Direct(Arc::new(sandbox)), &lab::How::default(), |_| true)
}

/// Fails unless every case passes and every clause of a request is exercised but for those named.
pub(crate) fn clean(contract: &Arc<Contract>, but: &[&str]) {
    let summary = run(contract);
    assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
    let idle = summary.clauses.iter().filter(|c| c.asserted == 0 && c.id.contains("/request/"));
    let idle: Vec<&str> = idle.map(|c| &*c.id).filter(|id| !but.contains(id)).collect();
    assert!(idle.is_empty(), "no case exercises {idle:?}");
}

pub(crate) fn cases(contract: &Arc<Contract>) -> Vec<Case> {
    Plan::new(Arc::clone(contract), 1).cases().collect()
}

pub(crate) fn left_out(contract: &Arc<Contract>) -> Vec<String> {
    let plan = Plan::new(Arc::clone(contract), 1);
    plan.left_out().map(|left| format!("{}: {}", left.id, left.reason)).collect()
}

/// The place and the sentence of what is wrong with the contract.
pub(crate) fn refused(endpoints: &[&str]) -> String {
    let error = read(endpoints).expect_err("a contract with a mistake");
    let (file, line, column) = error.place();
    format!("{file}:{line}:{column} {}", error.message())
}

/// The endpoints as a folder that the program reads.
pub(crate) fn written(endpoints: &[&str]) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.0.join("small")).expect("a folder");
    std::fs::write(folder.0.join("small/api.yaml"), API).expect("a file");
    for (at, endpoint) in endpoints.iter().enumerate() {
        let text = format!("konform: 1\ntitle: T\n{endpoint}\nerrors: []\n");
        std::fs::write(folder.0.join(format!("small/{at}.yaml")), text).expect("a file");
    }
    folder
}
