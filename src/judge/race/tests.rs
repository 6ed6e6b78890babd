use super::super::testing::*;
use super::*;
use crate::model::{Body, Role};

const ENDPOINT: &str = "
request:
  - {name: shelf, type: string, presence: required, length: 4}
success: {status: 200, code: ok}
errors:
  - {status: 409, code: E1, message: unseen, when: {taken: shelf}}
";

/// The answers to copies of one request, a word each: the number that was sent, what came, and the number in the answer.
fn copies(words: &[&str]) -> Vec<Observed> {
    words
        .iter()
        .map(|word| {
            let mut parts = word.split(' ');
            let (sent, came, number) = (parts.next(), parts.next(), parts.next());
            let trace = number.map(|n| format!("x-trace: {n}"));
            let headers: Vec<&str> = trace.iter().map(String::as_str).collect();
            let seen = match came {
                Some("ok") => answer(200, &headers, json(r#"{"code":"ok"}"#)),
                Some("taken") => answer(409, &headers, json(r#"{"code":"E1"}"#)),
                Some("busy") => answer(429, &headers, Body::Empty),
                Some("early") => answer(425, &headers, Body::Empty),
                _ => lost(Reason::Reset),
            };
            Observed { trace: sent.map(str::to_owned), ..seen }
        })
        .collect()
}

/// What is found, what is left unsaid, and the exchanges of the findings.
fn judged(losers: bool, words: &[&str]) -> (String, &'static str, Vec<usize>) {
    let contract =
        contract("response_headers: [{name: X-Trace, presence: optional, length: unseen, trace: true}]", ENDPOINT);
    let losers = losers.then(|| refuse(&contract, &["errors/E1/code/shelf"], &["E1 shelf"]));
    let race = Race { copies: words.len(), losers };
    let mut notes = notes(&contract);
    let judge = oracle(contract.clone());
    judge.race(&step(Role::Probe, accept()), &race, (3, &copies(words)), &mut notes);
    let (_, found, reason) = told(&notes);
    (found, reason, notes.findings.iter().map(|f| f.exchange).collect())
}

#[test]
fn exactly_one_of_several_at_once_is_taken_where_only_one_can_be() {
    let two = "errors/E1/code/shelf at request:/shelf: 2 were taken";
    let three = "errors/E1/code/shelf at request:/shelf: 3 were taken";
    for (losers, words, broken, reason) in [
        (true, &["1 ok", "2 taken", "3 taken"][..], "", ""),
        (true, &["1 taken", "2 ok", "3 taken"], "", ""),
        (true, &["1 ok", "2 ok", "3 taken"], two, ""),
        (true, &["1 ok", "2 ok", "3 ok"], three, ""),
        // A server may give way to all.
        (true, &["1 taken", "2 taken"], "", "identity_taken"),
        (true, &["1 lost", "2 taken"], "", "reset"),
        (true, &["1 lost", "2 lost"], "", "reset"),
        // Where all are taken alike.
        (false, &["1 ok", "2 ok"], "", ""),
        (false, &["1 ok", "2 taken"], "", "identity_taken"),
    ] {
        let (found, why, _) = judged(losers, words);
        assert_eq!((found.as_str(), why), (broken, reason), "{words:?}");
    }
}

#[test]
fn copies_that_nobody_looked_at_are_left_out_where_two_others_met() {
    for (words, reason) in [
        (&["1 ok", "2 taken", "3 busy"][..], ""),
        (&["1 ok", "2 taken", "3 early"], ""),
        (&["1 ok", "2 busy", "3 busy"], "http_429"),
        (&["1 busy", "2 busy"], "http_429"),
    ] {
        assert_eq!(judged(true, words).1, reason, "{words:?}");
    }
}

#[test]
fn two_answers_with_the_number_of_another_copy_are_a_finding() {
    let crossed = "response-header/X-Trace/trace at header:X-Trace: 2, the number of another request";
    for (words, broken) in [
        (&["1 ok 1", "2 taken 2"][..], ""),
        // One may be chance: some servers draw numbers of their own.
        (&["1 ok 2", "2 taken 2"], ""),
        (&["1 ok 2", "2 taken 1"], crossed),
        (&["1 ok 9", "2 taken 8"], ""),
        (&["1 ok", "2 taken"], ""),
    ] {
        let (found, _, at) = judged(true, words);
        assert_eq!(found, broken, "{words:?}");
        assert!(at.iter().all(|exchange| *exchange == 3), "{at:?}");
    }
}

#[test]
fn numbers_hold_where_an_answer_has_one() {
    for (words, held) in
        [(&["1 ok 1", "2 taken"][..], true), (&["1 ok 9", "2 taken"], true), (&["1 ok", "2 taken"], false)]
    {
        let row = "response_headers: [{name: X-Trace, presence: optional, length: unseen, trace: true}]";
        let contract = contract(row, ENDPOINT);
        let mut notes = notes(&contract);
        Oracle::crossed(endpoint(&contract), (0, &copies(words)), &mut notes);
        assert_eq!(notes.held.contains(&clause(&contract, "response-header/X-Trace/trace")), held, "{words:?}");
    }
}

#[test]
fn each_copy_is_judged_as_an_exchange_of_its_own() {
    let contract = contract("", ENDPOINT);
    let race = Race { copies: 2, losers: None };
    let odd = |mark: &str| answer(200, &[], json(&format!(r#"{{"code":"ok","mark":"{mark}"}}"#)));
    let redirect = answer(302, &[], Body::Empty);
    let mut notes = notes(&contract);
    let copies = [odd("a"), redirect.clone(), redirect];
    oracle(contract.clone()).race(&step(Role::Probe, accept()), &race, (3, &copies), &mut notes);
    let exchanges: Vec<usize> = notes.findings.iter().map(|f| f.exchange).collect();
    assert_eq!(exchanges, [4, 5]);
}
