//! The second API: nothing in the code knows it, and it is checked all the same.

use std::sync::Arc;

use konform::sandbox::{Sandbox, Variant};

use super::lab;

/// Faults of the library's sandbox, and the clause each breaks.
pub(crate) const FAULTS: [(&str, &str); 16] = [
    ("accept-above:title", "book-add/request/title/length"),
    ("accept-absent:authors", "book-add/request/authors/presence"),
    ("skip-charset:isbn", "book-add/request/isbn/charset"),
    ("skip-value:days", "loan-open/request/days/value"),
    ("skip-type:page", "book-list/request/page/type"),
    ("skip-unique:isbn", "book-add/errors/exists/code/isbn"),
    ("skip-row:book-get/no-such-book", "book-get/errors/no-such-book/code/isbn"),
    ("skip-row:loan-open/already-lent", "loan-open/errors/already-lent/code/book"),
    ("skip-effects:book-withdraw", "book-get/errors/no-such-book/code/isbn"),
    ("skip-effects:loan-return", "loan-get/effects/state/equals"),
    ("skip-token", "book-list/auth/library-card/verified"),
    ("answer-without:title", "book-get/response/title/presence"),
    ("answer-text:pages", "book-get/response/pages/type"),
    ("wrong-status:lent", "book-withdraw/errors/lent/status/book"),
    ("wrong-success-status", "book-get/success/200/status"),
    ("ignore-page:book-list", "book-list/effects/items/page"),
];

#[test]
fn it_is_clean_and_nearly_all_of_it_is_exercised() {
    let contract = lab::library();
    let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new()));
    for salt in 0..5 {
        let how = lab::How { salt, ..lab::How::default() };
        let summary = lab::run(&contract, lab::Direct(Arc::clone(&sandbox)), &how, |_| true);
        assert!(summary.findings.is_empty() && summary.exit == 0, "{}", lab::describe(&summary));
        assert_eq!(summary.counts.pass, summary.counts.total());
        let exercised = summary.clauses.iter().filter(|c| c.asserted > 0).count();
        assert!(exercised * 10 > summary.clauses.len() * 8, "{exercised} of {}", summary.clauses.len());
    }
}

#[test]
fn each_of_its_faults_is_caught() {
    let contract = lab::library();
    let mut wrong = Vec::new();
    for (fault, clause) in FAULTS {
        let sandbox =
            Sandbox::new(Arc::clone(&contract), Variant::default(), vec![fault.parse().expect("a known fault")]);
        let summary = lab::run(&contract, lab::Direct(Arc::new(sandbox)), &lab::How::default(), |_| true);
        if summary.exit != 1 || !summary.findings.iter().any(|f| f.clause == clause) {
            wrong.push(format!("{fault} is not found at {clause}\n{}", lab::describe(&summary)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
