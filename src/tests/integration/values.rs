//! Values that contracts can speak of: formats beyond ASCII, lengths and bounds of any size, sums.

use std::sync::{Arc, Mutex};

use konform::contract::{Contract, File, load};
use konform::exchange::{Prepared, Raw, Transport};
use konform::model::observed::Failure;
use konform::model::run::Breadth;
use konform::model::{Case, Json};
use konform::plan::Plan;
use konform::sandbox::{Sandbox, Variant};

use super::lab;
use super::small_api::{API, cases, clean, contract, left_out, read, read_with, run};

#[test]
fn formats_with_letters_beyond_ascii_are_sent_answered_and_checked() {
    let contract = contract(&["id: month
method: POST
path: /months
request:
  - {name: month, type: string, presence: required, format: yyyy년 MM월}
response:
  - {name: shown, type: string, presence: required, format: yyyy년}"]);
    clean(&contract, &[]);
}

#[test]
fn an_answer_is_judged_against_a_format_however_many_bytes_its_characters_have() {
    let contract = contract(&["id: month
method: GET
path: /months/{day}
request:
  - {name: day, in: path, type: string, presence: required, format: 😀dd일}
  - {name: time, in: query, type: string, presence: optional, format: HH시 mm분}
response:
  - {name: shown, type: string, presence: required, format: yyyy년}
  - name: inside
    type: object
    presence: required
    fields: [{name: month, type: string, presence: required, format: 'MM월'}]"]);
    clean(
        &contract,
        &[
            "month/request/day/presence",
            "month/request/day/type",
            "month/request/time/presence",
            "month/request/time/type",
        ],
    );
    // `answer-garbled` answers as many ASCII letters as the right text has bytes: a byte of the one is inside a character of the other.
    for (path, clause) in
        [("shown", "month/response/shown/format"), ("inside.month", "month/response/inside.month/format")]
    {
        let fault = format!("answer-garbled:{path}").parse().expect("a fault");
        let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), vec![fault]));
        let summary = lab::run(&contract, lab::Direct(sandbox), &lab::How::default(), |_| true);
        assert_eq!(summary.counts.broken, 0, "{}", lab::describe(&summary));
        assert!(summary.findings.iter().any(|f| f.clause == clause), "{clause}\n{}", lab::describe(&summary));
    }
}

#[test]
fn lengths_that_are_too_long_to_send_are_named_and_never_made() {
    let contract = contract(&[
        "id: memo
method: POST
path: /memo/{key}
request:
  - {name: key, in: path, type: string, presence: required, length: 1..2147483647}
  - {name: page, in: query, type: string, presence: optional, length: 1..2147483647}
  - {name: text, type: string, presence: required, length: 1..2147483647}
  - {name: code, type: string, presence: optional, length: 3..18446744073709551615, charset: digits}
  - {name: number, type: number, presence: required, value: 1..1e2147483647}
response:
  - {name: ok, type: boolean, presence: required}
  - {name: words, type: string, presence: required, length: 100000..2147483647}",
        "id: book
method: POST
path: /book
request: [{name: text, type: string, presence: required, length: 2000000..2147483647}]
response: [{name: ok, type: boolean, presence: required}]",
    ]);
    for case in cases(&contract) {
        assert!(format!("{case:?}").len() < 4 << 20, "{}", case.id);
    }
    let left = left_out(&contract);
    for (id, chars) in [
        ("memo::length::body.text::max", "2147483647"),
        ("memo::length::body.text::max+1-astral", "2147483648"),
        ("memo::length::path.key::max", "2147483647"),
        ("memo::length::query.page::max+1", "2147483648"),
    ] {
        let expected = format!("{id}: a value of {chars} characters is too long to send");
        assert!(left.contains(&expected), "{expected} is not in {left:#?}");
    }
    assert!(left.iter().any(|l| l.starts_with("memo::value::body.number::max: the number is too large")));
    assert!(left.iter().any(|l| l.contains("book::") && l.contains("text needs 2000000 characters")), "{left:#?}");
    let lint = konform::contract::lint::report(&contract, false);
    for named in ["memo/request/text 2147483647", "memo/request/key 2147483647", "book/request/text 2000000"] {
        assert!(lint.contains(named), "{lint}");
    }
    let summary = run(&contract);
    assert_eq!((summary.exit, summary.findings.len()), (0, 0), "{}", lab::describe(&summary));
}

#[test]
fn lengths_that_just_fit_are_put_to_the_test() {
    let contract = contract(&["id: memo
method: POST
path: /memo
request:
  - {name: page, in: query, type: string, presence: optional, length: 1..700}
  - {name: text, type: string, presence: required, length: 1..300000}
response: [{name: ok, type: boolean, presence: required}]"]);
    let summary = run(&contract);
    assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
    let plan = Plan::new(Arc::clone(&contract), 1);
    for id in ["memo::length::body.text::max+1-astral", "memo::length::query.page::max"] {
        assert!(plan.find(id).is_some(), "{id}");
    }
    assert!(
        left_out(&contract).contains(
            &"memo::length::query.page::max-astral: a value of 700 characters is too long to send".to_owned()
        )
    );
}

#[test]
fn bounds_that_stand_for_no_bound_are_never_made_wherever_they_stand() {
    let resources = "resources:\n  - {name: memo, key: key}\n";
    let endpoint = "id: memo-add
method: POST
path: /memos
request:
  - {name: key, type: string, presence: required, length: 1..2147483647}
  - {name: mail, type: string, presence: optional, format: email, length: 6..2147483647}
  - {name: list, type: array, presence: required, items: {type: string, length: 1..2147483647}}
  - name: deep
    type: object
    presence: required
    fields: [{name: text, type: string, presence: required, length: 1..2147483647, charset: hex}]
  - {name: far, type: string, presence: optional, length: 2000000..2147483647}
  - {name: count, type: number, presence: required, value: 1..2147483647, integer: true}
  - {name: large, type: number, presence: optional, value: -9223372036854775808..9223372036854775807}
  - {name: wide, type: number, presence: optional, value: -1e400..1e400}
response:
  - {name: key, type: string, presence: required, length: 1..2147483647}
  - {name: total, type: number, presence: required, value: 1..2147483647}
effects:
  - {create: memo, key: key, unique: [key], set: [mail, count]}
errors:
  - {status: 409, code: taken, message: taken, when: {taken: key}}
  - {status: 400, code: length, message: \"{field} {min} {max}\", when: {length: any}}";
    let files = [
        File { name: "api.yaml".to_owned(), text: format!("{API}{resources}") },
        File { name: "0.yaml".to_owned(), text: format!("konform: 1\ntitle: T\n{endpoint}\n") },
    ];
    let contract = Arc::new(load(&files, None).unwrap_or_else(|error| panic!("{error}")));
    for breadth in [Breadth::GATE, Breadth { fuzz: 40, walks: 8, wide: true }] {
        for case in Plan::with(Arc::clone(&contract), 1, breadth).cases() {
            assert!(format!("{case:?}").len() < 4 << 20, "{}", case.id);
        }
        let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new()));
        let how = lab::How { breadth, ..lab::How::default() };
        let summary = lab::run(&contract, lab::Direct(sandbox), &how, |_| true);
        assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
        let plan = Plan::new(Arc::clone(&contract), 1);
        for id in
            ["value::body.count::max", "value::body.count::max+1", "value::body.large::min", "length::body.key::min"]
        {
            assert!(plan.find(&format!("memo-add::{id}")).is_some(), "{id}");
        }
    }
}

#[test]
fn a_length_that_no_number_holds_is_refused_with_its_place() {
    for length in ["1..99999999999999999999", "-1..5", "1..2.5"] {
        let error = read(&[&format!(
            "id: x\nmethod: POST\npath: /x\nrequest: [{{name: a, type: string, presence: required, length: {length}}}]\nresponse: []"
        )]);
        let error = error.expect_err(length);
        assert!(error.message().ends_with("is no length"), "{}", error.message());
        assert_eq!(error.place().1, 6);
    }
}

/// Members who pay: what a member has is what the answer to the first call says, and each payment adds an amount.
fn wallet(balance: &str, amount: &str) -> Arc<Contract> {
    let resources = "resources:\n  - {name: member, key: memberId}\n";
    let endpoints = [
        format!(
            "id: member-add
method: POST
path: /members
request: [{{name: name, type: string, presence: required, length: 1..40}}]
response:
  - {{name: memberId, type: number, presence: required, value: 1..999999999999, integer: true}}
  - {{name: balance, type: number, presence: required, value: {balance}}}
effects: [{{create: member, key: response.memberId, set: {{balance: response.balance}}}}]"
        ),
        format!(
            "id: member-pay
method: POST
path: /payments
request:
  - {{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}}
  - {{name: amount, type: number, presence: required, value: {amount}}}
response: [{{name: ok, type: boolean, presence: required}}]
effects: [{{update: member, by: memberId, add: {{balance: amount}}}}]"
        ),
        "id: member-get
method: GET
path: /members/{memberId}
request:
  - {name: memberId, in: path, type: number, presence: required, value: 1..999999999999, ref: member.memberId}
response: [{name: balance, type: number, presence: required}]
effects: [{read: member, by: memberId, answer: {balance: member.balance}}]"
            .to_owned(),
    ];
    let mut files = vec![File { name: "api.yaml".to_owned(), text: format!("{API}{resources}") }];
    for (at, endpoint) in endpoints.iter().enumerate() {
        let text = format!("konform: 1\ntitle: T\n{endpoint}\nerrors: []\n");
        files.push(File { name: format!("{at}.yaml"), text });
    }
    Arc::new(load(&files, None).unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn sums_are_exact_however_large_the_target_counts() {
    let clause = "member-get/effects/balance/equals";
    for (balance, amount) in [
        ("100", "5"),
        ("0.1", "0.2"),
        ("9007199254740993", "0.01"),
        // One more than the largest whole number of 128 bits.
        ("170141183460469231731687303715884105727", "1"),
        ("-170141183460469231731687303715884105728", "-1"),
    ] {
        let contract = wallet(balance, amount);
        let summary = run(&contract);
        assert_eq!((summary.exit, summary.counts.pass), (0, summary.counts.total()), "{}", lab::describe(&summary));
        // A server that forgets the payment is found: the sum is known.
        let fault = "skip-effects:member-pay".parse().expect("a fault");
        let sandbox = Arc::new(Sandbox::new(Arc::clone(&contract), Variant::default(), vec![fault]));
        let summary = lab::run(&contract, lab::Direct(sandbox), &lab::How::default(), |_| true);
        let found = summary.findings.iter().any(|f| f.clause == clause);
        assert!(found, "{balance} + {amount}: {}", lab::describe(&summary));
    }
    // More digits than an amount has: the sum is not known, and nobody is blamed for it.
    let summary = run(&wallet("1e300", "1"));
    assert_eq!((summary.exit, summary.counts.broken), (0, 0), "{}", lab::describe(&summary));
}

/// A gate that opens to a ticket once, and whose first tickets begin with zero; it takes a number for the text of its digits.
#[derive(Default)]
struct Gate {
    /// The tickets that were given out, and whether each has been used.
    tickets: Mutex<Vec<(String, bool)>>,
    /// Every ticket begins with zero.
    zeros: bool,
}

impl Transport for Gate {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        let mut tickets = self.tickets.lock().expect("no panic");
        let (status, body) = if request.wire.endpoint == "ticket" {
            let first = if self.zeros || tickets.len() % 3 < 2 { '0' } else { '7' };
            let ticket = format!("{first}{:07}", tickets.len());
            tickets.push((ticket.clone(), false));
            (201, format!(r#"{{"ticket":"{ticket}"}}"#))
        } else {
            let shown = request.tree.at("ticket").and_then(Json::scalar).map(str::to_owned);
            let known = tickets.iter_mut().find(|(ticket, used)| Some(ticket) == shown.as_ref() && !used);
            match known {
                Some((_, used)) => {
                    *used = true;
                    (200, "{}".to_owned())
                }
                None => (400, r#"{"error":{"code":"bad","message":"bad"}}"#.to_owned()),
            }
        };
        let headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
        Ok(Raw { status, headers, body: body.into_bytes(), ..Raw::default() })
    }
}

#[test]
fn numbers_at_the_end_of_sixty_four_bits_are_planned_and_answered() {
    let resources = "resources:\n  - {name: seat, key: number}\n";
    let most = "18446744073709551615";
    let take = format!(
        "id: take
method: POST
path: /seats
request:
  - {{name: number, type: number, presence: required, value: {most}..{most}}}
  - {{name: beside, type: number, presence: optional, value: 0..99999999999999999999, ref: seat.number}}
response: [{{name: number, type: number, presence: required, value: {most}..{most}}}]
effects: [{{create: seat, key: number, unique: [number]}}]
errors: [{{status: 409, code: taken, message: no, when: {{taken: number}}}}]"
    );
    let contract = read_with(resources, &[&take]).map(Arc::new).expect("a contract");
    assert!(cases(&contract).len() > 10);
    let summary = run(&contract);
    assert_eq!((summary.counts.broken, summary.findings.len()), (0, 0), "{}", lab::describe(&summary));
}

#[test]
fn a_ticket_that_begins_with_zero_is_drawn_again_before_it_is_sent_as_a_number() {
    let resources = "resources:\n  - {name: pass, key: ticket, states: [FRESH, USED], left: [USED], fleeting: true}\n";
    let ticket = "id: ticket
method: POST
path: /tickets
request: [{name: kind, type: string, presence: required, length: 1..8}]
response: [{name: ticket, type: string, presence: required, length: 8, charset: digits}]
effects: [{create: pass, key: response.ticket}]
success: {status: 201}";
    let gate = "id: gate
method: POST
path: /gate
request: [{name: ticket, type: string, presence: required, length: 8, ref: pass.ticket}]
response: []
effects: [{update: pass, by: ticket, state: USED}]
errors: [{status: 400, code: bad, message: bad, when: {invalid: any}, documented_for: [ticket]}]";
    let contract = read_with(resources, &[ticket, gate]).map(Arc::new).expect("a contract");
    let one = |case: &Case| &*case.id == "gate::type::body.ticket::as-number";
    let summary = lab::run(&contract, Gate::default(), &lab::How::default(), one);
    let found: Vec<&str> = summary.findings.iter().map(|f| f.clause.as_str()).collect();
    assert_eq!(found, ["gate/request/ticket/type"], "{}", lab::describe(&summary));
    // A target that has no other ticket gets the number that it is.
    let zeros = Gate { zeros: true, ..Gate::default() };
    let summary = lab::run(&contract, zeros, &lab::How::default(), one);
    assert_eq!((summary.exit, summary.counts.pass), (0, 1), "{}", lab::describe(&summary));
}
