use super::super::testing::*;
use super::*;
use crate::model::{Body, Level, Outcome, Reason};

fn foreign(count: u64) -> Foreign {
    let finding = Finding {
        clause: 0,
        level: Level::Must,
        check: Check::Trace,
        pointer: String::new(),
        expected: String::new(),
        actual: String::new(),
        exchange: 0,
    };
    Foreign { count, finding, case: String::new() }
}

#[test]
fn one_number_in_every_answer_is_a_finding_in_eight_of_them() {
    let audit = |count, differed: bool| {
        let answers = (!differed).then(|| foreign(count));
        let only = HashMap::from([(0, Only { number: 1, answers })]);
        Audit { held: vec![10], broken: vec![0], only, ..Audit::default() }
    };
    assert_eq!((audit(7, false).findings().len(), audit(7, false).rate(0)), (0, (10, 0)));
    assert_eq!((audit(8, false).findings().len(), audit(8, false).rate(0)), (1, (10, 8)));
    assert_eq!((audit(8, true).findings().len(), audit(8, true).rate(0)), (0, (10, 0)));
}

#[test]
fn one_crossing_may_be_chance_two_are_a_finding() {
    let audit = |count| {
        let crossed = HashMap::from([(0, foreign(count))]);
        Audit { held: vec![10], broken: vec![0], crossed, ..Audit::default() }
    };
    assert_eq!((audit(1).findings().len(), audit(1).rate(0)), (0, (11, 0)));
    assert_eq!((audit(2).findings().len(), audit(2).rate(0)), (1, (12, 2)));
}

const HEADERS: &str = "response_headers: [{name: X-Trace, presence: optional, length: unseen, trace: true}]";
const TRACE: &str = "response-header/X-Trace/trace";

fn verdict(held: Vec<ClauseIx>, findings: Vec<Finding>) -> Verdict {
    Verdict { outcome: Outcome::Pass, reason: None, note: String::new(), findings, held }
}

/// An exchange in a few words: the number sent, the answer's status and the number in it; `-` for no number.
fn exchange(words: &str) -> Observed {
    let mut parts = words.split(' ');
    let (sent, status, number) = (parts.next(), parts.next(), parts.next().filter(|number| *number != "-"));
    let header = number.map(|number| format!("X-Trace: {number}"));
    let headers: Vec<&str> = header.iter().map(String::as_str).collect();
    let seen = match status.and_then(|status| status.parse().ok()) {
        Some(status) => answer(status, &headers, Body::Empty),
        None => lost(Reason::Timeout),
    };
    Observed { trace: sent.filter(|sent| *sent != "-").map(str::to_owned), ..seen }
}

/// What was found: in which case first, what came, how often.
type Found = Vec<(String, String, u64)>;

/// What a run of such exchanges comes to: how often the clause about numbers was asserted and broke, and what was found.
fn folded(words: &[&str]) -> ((u64, u64), Found) {
    let contract = contract(HEADERS, "");
    let mut audit = Audit::new(&contract);
    for (at, word) in words.iter().enumerate() {
        audit.fold(&contract, &format!("case {at}"), &[exchange(word)], &verdict(Vec::new(), Vec::new()));
    }
    let found = audit.findings().into_iter().map(|(case, finding, count)| (case, finding.actual, count));
    (audit.rate(clause(&contract, TRACE)), found.collect())
}

#[test]
fn what_verdicts_hold_and_find_is_counted() {
    let contract = contract(HEADERS, "response: [{name: id, type: number, presence: required, value: 1..9}]");
    let (presence, value) = (clause(&contract, "response/id/presence"), clause(&contract, "response/id/value"));
    let finding = Finding { clause: value, ..foreign(0).finding };
    let mut audit = Audit::new(&contract);
    audit.fold(&contract, "a", &[], &verdict(vec![presence, presence, value], Vec::new()));
    audit.fold(&contract, "b", &[], &verdict(vec![presence], vec![finding]));
    assert_eq!((audit.rate(presence), audit.rate(value)), ((3, 0), (2, 1)));
    assert_eq!(audit.rate(clause(&contract, TRACE)), (0, 0));
    assert!(audit.findings().is_empty());
}

#[test]
fn an_answer_with_the_number_of_an_earlier_request_has_crossed() {
    let crossed = "1, the number of another request";
    for (words, rate, found) in [
        (&["1 200 1", "2 200 2"][..], (2, 0), vec![]),
        // Once may be chance, twice is not; statuses make no difference.
        (&["1 200 1", "2 200 1", "3 200 3"], (3, 0), vec![]),
        (&["1 200 1", "2 200 1", "3 400 1"], (3, 2), vec![("case 1".to_owned(), crossed.to_owned(), 2)]),
        // A number that nobody has sent before is the target's own.
        (&["1 200 2", "2 200 3", "3 200 4"], (3, 0), vec![]),
        // Without a number in request or answer, or without an answer, nothing is asserted.
        (&["1 200 -", "2 200 -"], (0, 0), vec![]),
        (&["- 200 1", "- 200 1"], (0, 0), vec![]),
        (&["1 lost -", "2 200 2"], (1, 0), vec![]),
        // What was sent counts also where no answer came.
        (&["1 lost -", "2 200 1", "3 200 1"], (2, 2), vec![("case 1".to_owned(), crossed.to_owned(), 2)]),
    ] {
        assert_eq!(folded(words), (rate, found), "{words:?}");
    }
}

#[test]
fn one_number_for_every_accepted_request_is_no_number() {
    let every = "x, the number of every answer of this endpoint";
    let run = |count: usize, word: &'static str| vec![word; count];
    for (words, rate, found) in [
        (run(7, "1 200 x"), (7, 0), vec![]),
        (run(8, "1 200 x"), (8, 8), vec![("case 0".to_owned(), every.to_owned(), 8)]),
        // A gateway that refuses everything may have one number for that.
        (run(9, "1 400 x"), (9, 0), vec![]),
        (run(9, "1 199 x"), (9, 0), vec![]),
        (run(8, "1 299 x"), (8, 8), vec![("case 0".to_owned(), every.to_owned(), 8)]),
        (run(9, "1 300 x"), (9, 0), vec![]),
        // Another number, or that of its own request, shows that numbers differ.
        ([run(9, "1 200 x"), run(1, "1 200 y")].concat(), (10, 0), vec![]),
        (
            [run(1, "x 200 x"), run(9, "1 200 x")].concat(),
            (10, 9),
            vec![("case 1".to_owned(), "x, the number of another request".to_owned(), 9)],
        ),
    ] {
        assert_eq!(folded(&words), (rate, found), "{} of {:?}", words.len(), words[0]);
    }
}

#[test]
fn only_so_many_numbers_are_remembered() {
    let contract = contract(HEADERS, "");
    for (between, crossings) in [(REMEMBERED - 1, 1), (REMEMBERED, 0)] {
        let mut audit = Audit::new(&contract);
        audit.trace(&contract, "first", &exchange("first 200 -"));
        for at in 0..between {
            audit.trace(&contract, "between", &exchange(&format!("n{at} 200 -")));
        }
        audit.trace(&contract, "last", &exchange("last 200 first"));
        let count = audit.crossed.values().map(|crossed| crossed.count).sum::<u64>();
        assert_eq!(count, crossings, "{between}");
    }
}

#[test]
fn an_endpoint_that_the_contract_does_not_have_has_no_numbers() {
    let contract = contract(HEADERS, "");
    let seen = Observed { endpoint: "other".into(), ..exchange("1 200 1") };
    let mut audit = Audit::new(&contract);
    audit.trace(&contract, "a", &seen);
    assert_eq!(audit.rate(clause(&contract, TRACE)), (0, 0));
}
