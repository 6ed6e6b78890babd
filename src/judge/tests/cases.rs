//! What several exchanges make of a case, and of the target's health.

use super::super::testing::*;
use super::super::*;

const FIRST: &str = "
request:
  - {name: name, type: string, presence: required, length: 2..8}
success: {status: 200, code: ok}
errors:
  - {status: 400, code: E1, message: unseen, when: {empty: any}, documented_for: [name]}
  - {status: 409, code: E2, message: unseen, when: {taken: name}}
  - {status: 409, code: E3, message: unseen, when: unseen}
";
const SECOND: &str = "id: look\nmethod: GET\npath: /look\nsuccess: {status: 200, code: ok}";

/// An exchange by its code, or by its status.
fn came(word: &str) -> Observed {
    match word.parse::<u16>() {
        Ok(status) => answer(status, &[], Body::Empty),
        Err(_) if word == "lost" => lost(Reason::Reset),
        Err(_) if word == "unsendable" => lost(Reason::Unsendable),
        Err(_) => answer(if word == "ok" { 200 } else { 400 }, &[], json(&format!(r#"{{"code":"{word}"}}"#))),
    }
}

fn lending() -> Contract {
    contract_of("", &[FIRST, SECOND], "")
}

/// A step by its role and what is expected of it; a probe may be one that row E3 may refuse.
fn steps(contract: &Contract, words: &str) -> Vec<Step> {
    let one = |word: &str| {
        let may = Expect::Accept { may: vec![row(contract, "E3 unseen")] };
        match word {
            "setup" => step(Role::Setup, accept()),
            "undo" => step(Role::Undo, accept()),
            "elsewhere" => Step { endpoint: 1, ..step(Role::Setup, accept()) },
            "attempt" => step(Role::Attempt, either()),
            "trial" => step(Role::Trial, either()),
            "known" => step(Role::Trial, accept()),
            "may" => step(Role::Probe, may),
            "bad" => step(Role::Probe, refuse(contract, &["request/name/length"], &[])),
            "any" => step(Role::Probe, either()),
            _ => step(Role::Probe, accept()),
        }
    };
    words.split(' ').map(one).collect()
}

#[test]
fn a_case_goes_on_as_long_as_each_answer_is_as_it_must_be() {
    let contract = lending();
    let refused = "success/ok/status: refused with 400 E1";
    for (asked, came_back, outcome, broken, note) in [
        ("good", "ok", "PASS", "", ""),
        ("setup good", "ok ok", "PASS", "", ""),
        ("setup good", "E1", "BLOCKED", "", "set-up step 1 was not answered as it must be: 400 E1"),
        ("setup setup good", "ok E1", "BLOCKED", "", "set-up step 2 was not answered as it must be: 400 E1"),
        ("setup good", "500", "FAIL", "no-server-error: 500", "set-up step 1 was not answered as it must be: 500"),
        ("setup good", "lost", "INCONCLUSIVE reset", "", "the connection was closed before an answer: somewhere"),
        ("undo good", "E1", "BLOCKED", "", "call 1 was not answered as it must be: 400 E1"),
        // What comes after a step that was not answered as it must be says nothing.
        ("setup good", "E1 500", "BLOCKED", "", "set-up step 1 was not answered as it must be: 400 E1"),
        // The last probe is judged, whatever it gets.
        ("setup good", "ok E1", "FAIL", refused, ""),
        ("good good", "E1 ok", "FAIL", refused, "call 1 was not answered as it must be: 400 E1"),
        ("good good", "E2 ok", "INCONCLUSIVE identity_taken", "", "refused with E2 \"\""),
        ("bad good", "E1 ok", "PASS", "", ""),
        ("any good", "E1 ok", "PASS", "", ""),
        ("any good", "ok ok", "PASS", "", ""),
        // A row that nobody can rule out ends a sequence, and nobody is to blame.
        ("may good", "E3", "PASS", "", ""),
        ("may good", "ok E1", "FAIL", refused, ""),
        ("may good", "E2", "INCONCLUSIVE identity_taken", "", "refused with E2 \"\""),
        // A counted attempt may get either answer, a trial ends the case where it is refused.
        ("attempt good", "E1 ok", "PASS", "", ""),
        ("attempt good", "ok ok", "PASS", "", ""),
        ("attempt good", "500 ok", "FAIL", "no-server-error: 500", "call 1 was not answered as it must be: 500"),
        ("trial good", "E1", "PASS", "", ""),
        ("trial good", "ok E1", "FAIL", refused, ""),
        ("known good", "E1", "FAIL", refused, ""),
        ("trial good", "429", "INCONCLUSIVE http_429", "", "the target asks for fewer requests (--rate): status 429"),
    ] {
        let case = case(steps(&contract, asked));
        let seen: Vec<Observed> = came_back.split(' ').map(came).collect();
        let own = oracle(contract.clone()).judge(&case, &seen);
        let (verdict, found) = verdict(&contract, &own);
        let all = (verdict.as_str(), found.as_str(), own.note.as_str());
        assert_eq!(all, (outcome, broken, note), "{asked}: {came_back}");
    }
}

#[test]
fn a_finding_says_in_which_exchange_it_was_made() {
    let contract = lending();
    for (asked, came_back, at) in
        [("good good", "E1", 0), ("setup good", "ok E1", 1), ("setup setup good", "ok ok E1", 2)]
    {
        let seen: Vec<Observed> = came_back.split(' ').map(came).collect();
        let own = oracle(contract.clone()).judge(&case(steps(&contract, asked)), &seen);
        assert_eq!(own.findings.iter().map(|f| f.exchange).collect::<Vec<_>>(), [at], "{asked}");
    }
}

#[test]
fn a_case_that_asserts_nothing_is_broken_and_no_pass() {
    let contract = lending();
    for (asked, came_back, outcome, note) in [
        ("good", "", "BROKEN", "no assertion was evaluated"),
        ("setup good", "ok", "BROKEN", "no assertion was evaluated"),
        (
            "good",
            "unsendable",
            "BROKEN",
            "konform has made a request that can't be sent: its own fault, and nothing was sent: somewhere",
        ),
    ] {
        let seen: Vec<Observed> = came_back.split_whitespace().map(came).collect();
        let own = oracle(contract.clone()).judge(&case(steps(&contract, asked)), &seen);
        assert_eq!((own.outcome.word(), own.note.as_str()), (outcome, note), "{asked}: {came_back}");
    }
}

#[test]
fn an_endpoint_on_the_way_that_is_not_served_says_nothing() {
    let contract = lending();
    for (asked, came_back, outcome) in [
        ("elsewhere good", "404 ok", "INCONCLUSIVE not_served"),
        ("elsewhere good", "E1 ok", "BLOCKED"),
        ("elsewhere good", "ok ok", "PASS"),
        // The case's own endpoint is judged by its answer.
        ("setup good", "404 ok", "BLOCKED"),
    ] {
        let seen: Vec<Observed> = came_back.split(' ').map(came).collect();
        let own = oracle(contract.clone()).judge(&case(steps(&contract, asked)), &seen);
        assert_eq!(verdict(&contract, &own).0, outcome, "{asked}: {came_back}");
        if outcome.ends_with("not_served") {
            assert_eq!(own.note, "look is not served: it got 404");
        }
    }
}

#[test]
fn the_aim_of_a_case_is_that_of_its_probe() {
    let contract = lending();
    let aim = clause(&contract, "request/name/length");
    for (asked, held) in [("setup good", 1), ("good good", 2), ("good", 1)] {
        let case = Case { aim: Some(aim), ..case(steps(&contract, asked)) };
        let seen: Vec<Observed> = case.steps.iter().map(|_| came("ok")).collect();
        let own = oracle(contract.clone()).judge(&case, &seen);
        assert_eq!(own.held.iter().filter(|own| **own == aim).count(), held, "{asked}");
    }
}

#[test]
fn a_race_takes_every_exchange_from_the_last_step_on() {
    let contract = lending();
    let losers = Some(refuse(&contract, &["errors/E2/code/name"], &["E2 name"]));
    for (came_back, outcome, at) in
        [("ok ok E2 E2", "PASS", vec![]), ("ok ok ok E2", "FAIL", vec![3]), ("E1 ok", "BLOCKED", vec![])]
    {
        let race = Some(crate::model::case::Race { copies: 3, losers: losers.clone() });
        let case = Case { race, ..case(steps(&contract, "setup good")) };
        let conflict = |word: &str| if word == "E2" { answer(409, &[], json(r#"{"code":"E2"}"#)) } else { came(word) };
        let seen: Vec<Observed> = came_back.split(' ').map(conflict).collect();
        let own = oracle(contract.clone()).judge(&case, &seen);
        assert_eq!(own.outcome.word(), outcome, "{came_back}");
        assert_eq!(own.findings.iter().map(|f| f.exchange).collect::<Vec<_>>(), at, "{came_back}");
    }
}

#[test]
fn hostile_bytes_are_judged_by_rules_of_their_own() {
    let contract = lending();
    for (kind, came_back, outcome) in [
        (Some(crate::model::Hostile::UnknownMethod), "501", "PASS"),
        (None, "501", "FAIL"),
        (Some(crate::model::Hostile::NoHost), "lost", "PASS"),
        (None, "lost", "INCONCLUSIVE"),
    ] {
        let case = case(vec![Step { hostile: kind, ..step(Role::Probe, either()) }]);
        let own = oracle(contract.clone()).judge(&case, &[came(came_back)]);
        assert_eq!(own.outcome.word(), outcome, "{kind:?} {came_back}");
    }
}

#[test]
fn what_comes_three_times_while_others_are_answered_is_a_finding() {
    let contract = lending();
    let case = case(steps(&contract, "elsewhere good"));
    let tail = "in 3 of 3 tries, known-good requests between them answered";
    let head = lost(Reason::BadHttpHead);
    for (at, reason, last, broken) in [
        (1, Reason::Gateway, None, format!("no-server-error: gateway_502_503_504 {tail}")),
        (1, Reason::Timeout, None, format!("no-hang: timeout {tail}")),
        (1, Reason::Timeout, Some(&head), format!("no-hang: timeout {tail}")),
        (1, Reason::BadHttpHead, Some(&head), format!("no-hang: bad_http_head {tail}; the last: somewhere")),
        (1, Reason::BadChunk, Some(&head), format!("no-hang: bad_chunk {tail}; the last: somewhere")),
        (1, Reason::BadChunk, None, format!("no-hang: bad_chunk {tail}")),
        (0, Reason::Reset, None, format!("look/policy/answer/no-hang: reset {tail}")),
        (7, Reason::Reset, None, format!("no-hang: reset {tail}")),
    ] {
        let own = oracle(contract.clone()).reproducible(&case, at, (reason, last), 3);
        assert_eq!(verdict(&contract, &own), ("FAIL".to_owned(), broken), "{reason:?}");
        assert_eq!(own.findings[0].exchange, at);
    }
}

#[test]
fn a_known_good_request_shows_the_health_of_the_target() {
    let proven = lending();
    let unproven = contract_of("", &[&format!("{FIRST}unproven: nobody has called it"), SECOND], "");
    let (input, other) = (Health::Refusing { input: true }, Health::Refusing { input: false });
    let spoilt = |why| answer(200, &[], coded("br", why));
    for (contract, expect, seen, health) in [
        (&proven, accept(), came("ok"), Health::Good),
        (&proven, accept(), came("E1"), input),
        (&proven, accept(), came("E2"), other),
        (&proven, accept(), came("E9"), other),
        (&proven, accept(), came("400"), other),
        (&unproven, accept(), came("E1"), Health::Good),
        (&proven, either(), came("E1"), Health::Good),
        (&proven, either(), came("500"), Health::Down),
        (&proven, accept(), came("500"), Health::Down),
        (&proven, accept(), came("302"), Health::Down),
        (&proven, accept(), came("429"), Health::Down),
        (&unproven, accept(), came("503"), Health::Down),
        (&proven, accept(), came("lost"), Health::Down),
        // It is answered, in a form that is not read here.
        (&proven, accept(), spoilt(None), Health::Good),
        (&proven, accept(), spoilt(Some("cut")), Health::Down),
    ] {
        let canary = case(vec![step(Role::Probe, expect)]);
        assert_eq!(oracle(contract.clone()).health(&canary, &seen), health, "{:?}", seen.answer);
    }
}
