//! Fixtures that are at the target once: who ends one has it alone, and a profile that has too few is told before the run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use konform::contract::{Contract, File, Profile, load};
use konform::evidence::Journal;
use konform::exchange::{Ambient, Clock, Prepared, Raw, Target, Transport};
use konform::model::fixture::Touch;
use konform::model::observed::Failure;
use konform::model::wire::Encrypt;
use konform::model::{Event, Expect, Outcome, Reason, RunHeader, Summary};
use konform::plan::Plan;
use konform::runner::summary::sum_up;
use konform::runner::{Access, Options, Pools, Runner};
use konform::sandbox;

use super::lab;

const API: &str = "konform: 1
id: cards
title: Cards
version: v1
base_path: /v1
length_unit: code-points
envelope: {code: error.code, message: error.message, on: refusals}
success: {status: 200}
credentials:
  - {name: cardToken, length: 32, secret: true}
auth:
  - {id: card-token, scheme: bearer, credential: cardToken, says: Every call carries a token.}
request_headers:
  - {name: Authorization, presence: required, length: unseen, send: \"{auth}\"}
resources:
  - {name: card, key: cardId, states: [ACTIVE, FROZEN, CLOSED], left: [CLOSED]}
";

const GET: &str = "konform: 1
id: card-get
title: Look a card up
method: GET
path: /cards/{cardId}
summary: Shows one card.
request:
  - {name: cardId, in: path, type: string, presence: required, length: 8, charset: digits, ref: card.cardId}
response:
  - {name: cardId, type: string, presence: required, length: 8, charset: digits}
  - {name: role, type: string, presence: required, enum: [BASIC, ISSUED]}
  - {name: label, type: string, presence: required, nullable: true, length: 1..20}
effects:
  - {read: card, by: cardId, answer: {cardId: card.cardId, role: card.role, label: card.label}}
errors:
  - {status: 404, code: no-such-card, message: no such card, when: {unknown: {cardId: [never, left]}}}
";

const LABEL: &str = "konform: 1
id: card-label
title: Label a card
method: PUT
path: /cards/{cardId}/label
summary: Gives a card a label.
request:
  - {name: cardId, in: path, type: string, presence: required, length: 8, charset: digits, ref: card.cardId}
  - {name: label, type: string, presence: required, length: 1..20, charset: digits}
response: []
effects:
  - {update: card, by: cardId, set: [label]}
success: {status: 204}
errors:
  - {status: 404, code: no-such-card, message: no such card, when: {unknown: {cardId: [never, left]}}}
";

const CLOSE: &str = "konform: 1
id: card-close
title: Close a card
method: DELETE
path: /cards/{cardId}
summary: Closes a card for good, unless it is the basic one.
request:
  - {name: cardId, in: path, type: string, presence: required, length: 8, charset: digits, ref: card.cardId}
response: []
effects:
  - {update: card, by: cardId, state: CLOSED}
success: {status: 204}
errors:
  - {status: 404, code: no-such-card, message: no such card, when: {unknown: {cardId: [never, left]}}}
  - {status: 409, code: basic, message: the basic card stays, when: {where: {card.role: BASIC}}}
";

pub(crate) fn files() -> Vec<File> {
    let file = |name: &str, text: &str| File { name: format!("cards/{name}.yaml"), text: text.to_owned() };
    vec![file("api", API), file("card-close", CLOSE), file("card-get", GET), file("card-label", LABEL)]
}

/// A profile with so many cards that may be closed, and a basic one.
fn profile(cards: usize) -> Profile {
    let mut text = "konform: 1\nhosts: [127.0.0.1]\nenvironment: sandbox\nfixtures:\n".to_owned();
    for card in 1..=cards {
        writeln!(text, "  - {{name: spare, card: {{cardId: \"{}\", role: ISSUED}}}}", 10_000_000 + card)
            .expect("a String takes it");
    }
    text += "  - {name: basic, card: {cardId: \"20000000\", role: BASIC}}\n";
    Profile::load(&File { name: "profile.yaml".to_owned(), text }).expect("the profile loads")
}

fn contract(cards: usize) -> Arc<Contract> {
    Arc::new(load(&files(), Some(&profile(cards))).expect("the contract loads"))
}

#[derive(Clone, Debug)]
struct Card {
    role: &'static str,
    label: Option<String>,
    closed: bool,
}

/// What a bank has: cards, and a list of what was closed in order.
#[derive(Clone, Debug)]
struct Bank {
    cards: Arc<Mutex<BTreeMap<String, Card>>>,
    closed: Arc<Mutex<Vec<String>>>,
    /// Nothing is heard of a card that was closed, the first time.
    silent: Arc<Mutex<usize>>,
    /// It closes cards for anybody.
    open: bool,
    token: String,
}

impl Bank {
    fn new(contract: &Contract, cards: usize) -> Self {
        let card = |role| Card { role, label: None, closed: false };
        let mut all: BTreeMap<String, Card> =
            (1..=cards).map(|n| ((10_000_000 + n).to_string(), card("ISSUED"))).collect();
        all.insert("20000000".to_owned(), card("BASIC"));
        let token = sandbox::credentials(contract).values().next().map(|s| s.reveal().to_owned()).unwrap_or_default();
        Self { cards: Arc::new(Mutex::new(all)), closed: Arc::default(), silent: Arc::default(), open: false, token }
    }

    fn answer(&self, request: &Prepared) -> Result<(u16, String), Failure> {
        let refuse = |status: u16, code: &str| {
            let message = if code == "basic" { "the basic card stays" } else { "no such card" };
            Ok((status, format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#)))
        };
        let authorised =
            request.headers.iter().any(|(n, v)| n == "Authorization" && *v == format!("Bearer {}", self.token));
        let open = self.open && request.wire.method == "DELETE";
        if !(authorised || open) {
            return refuse(401, "token");
        }
        let path = request.url.split("/cards/").nth(1).unwrap_or_default();
        let (id, rest) = path.split_once('/').map_or((path, ""), |(id, rest)| (id, rest));
        if id.len() != 8 || !id.bytes().all(|b| b.is_ascii_digit()) {
            return refuse(422, "input");
        }
        let mut cards = self.cards.lock().expect("no test panics while it holds this");
        let label = match (rest, konform::model::json::parse(&request.body)) {
            ("label", Ok(body)) => match body.root.get("label") {
                Some(konform::model::Json::String(text))
                    if (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) =>
                {
                    Some(text.to_string())
                }
                _ => return refuse(422, "input"),
            },
            ("label", Err(_)) => return refuse(422, "input"),
            _ => None,
        };
        let Some(card) = cards.get_mut(id).filter(|card| !card.closed) else { return refuse(404, "no-such-card") };
        match (request.wire.method.as_str(), rest) {
            ("PUT", _) => {
                card.label = label;
                Ok((204, String::new()))
            }
            ("DELETE", _) if card.role == "BASIC" => refuse(409, "basic"),
            ("DELETE", _) => {
                card.closed = true;
                self.closed.lock().expect("as above").push(id.to_owned());
                let mut silent = self.silent.lock().expect("as above");
                if *silent > 0 {
                    *silent -= 1;
                    return Err(Failure { reason: Reason::Timeout, detail: "no answer".to_owned() });
                }
                Ok((204, String::new()))
            }
            _ => {
                let label = card.label.as_ref().map_or("null".to_owned(), |label| format!("\"{label}\""));
                Ok((200, format!(r#"{{"cardId":"{id}","role":"{}","label":{label}}}"#, card.role)))
            }
        }
    }
}

impl Transport for Bank {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        // Somebody else comes first, so that cases truly overlap.
        tokio::task::yield_now().await;
        let (status, body) = self.answer(request)?;
        tokio::task::yield_now().await;
        let kind = (!body.is_empty()).then(|| ("content-type".to_owned(), b"application/json".to_vec()));
        Ok(Raw { status, headers: kind.into_iter().collect(), body: body.into_bytes(), ..Raw::default() })
    }
}

/// Case, verdict, reason, note.
type Seen = Vec<(String, Outcome, Option<Reason>, String)>;

fn run(contract: &Arc<Contract>, bank: &Bank, jobs: usize) -> (Summary, Seen) {
    run_as("gate", contract, bank, jobs)
}

fn run_as(mode: &str, contract: &Arc<Contract>, bank: &Bank, jobs: usize) -> (Summary, Seen) {
    let plan = Plan::new(Arc::clone(contract), 1);
    let access = Access {
        target: Target::parse("http://127.0.0.1:1/v1").expect("a target"),
        credentials: sandbox::credentials(contract),
        second: None,
        keys: None,
        encrypt: Encrypt::Never,
    };
    let options = Options { jobs, ..Options::default() };
    let ambient = Ambient::new(Clock::System, 3);
    let runner = Arc::new(Runner::new(plan, bank.clone(), access, ambient, options, Arc::default()));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut seen = Vec::new();
    let tally = runtime.block_on(async {
        let cases = runner
            .plan()
            .cases()
            .filter(|c| lab::plain(c) && !lab::raw(c) && c.steps.iter().all(|s| s.headers.is_empty()));
        let mut emit = |event| {
            if let Event::Case(record) = event {
                let record: &konform::model::CaseRecord = &record;
                seen.push((record.id.to_string(), record.outcome, record.reason, record.note.clone()));
            }
        };
        runner.run(cases, &mut Journal::discard(), &mut emit).await.expect("nothing is written")
    });
    let header = RunHeader { mode: mode.to_owned(), ..RunHeader::default() };
    (sum_up(&header, &tally, runner.plan()), seen)
}

/// The cases of a plan that end a card.
fn ending(plan: &Plan) -> Vec<String> {
    plan.cases().filter(|case| case.touches.contains(&Touch::Ends)).map(|case| case.id.to_string()).collect()
}

#[test]
fn a_case_that_ends_a_fixture_has_it_alone_and_an_honest_target_is_clean() {
    let plan = Plan::new(contract(40), 1);
    let closing = ending(&plan);
    assert!(!closing.is_empty() && closing.iter().any(|id| id.starts_with("card-close::")), "{closing:?}");
    // A label is nothing that the profile speaks of: such a case has the card alone for a while.
    let labels = plan.cases().find(|c| &*c.id == "card-label::valid::body::every-field").expect("it is planned");
    assert_eq!(labels.touches, [Touch::Changes]);
    let contract = contract(40);
    let mut before: Option<Vec<String>> = None;
    for jobs in [1, 4, 16] {
        let bank = Bank::new(&contract, 40);
        let (summary, seen) = run(&contract, &bank, jobs);
        assert!(summary.findings.is_empty() && summary.exit == 0, "{}\n{seen:?}", lab::describe(&summary));
        let mut closed = bank.closed.lock().expect("unpoisoned").clone();
        closed.sort();
        assert!(!closed.contains(&"10000001".to_owned()), "the card that the others share was closed");
        assert_eq!(*before.get_or_insert(closed.clone()), closed, "{jobs} jobs close other cards");
    }
}

#[test]
fn a_canary_ends_no_fixture() {
    let plan = Plan::new(contract(3), 1);
    // A reference to nothing is of the field's own characters: else it is refused for those, and nobody knows with which row.
    let never = plan.cases().find(|c| &*c.id == "card-close::error::body.cardId::no-such-card").expect("it is planned");
    assert!(matches!(never.expect(), Expect::Refuse { rows, .. } if rows.len() == 1), "{:?}", never.expect());
    for (at, endpoint) in plan.contract().endpoints.iter().enumerate() {
        let canary = plan.canary(at).unwrap_or_else(|| panic!("{} has no canary", endpoint.id));
        assert!(!canary.touches.contains(&Touch::Ends), "{}", endpoint.id);
    }
    let (at, _) = plan.contract().endpoint("card-close").expect("it is there");
    let canary = plan.canary(at).expect("it has one");
    assert!(canary.endpoint == at && matches!(canary.expect(), Expect::Refuse { .. }) && canary.fixtures.is_empty());
}

#[test]
fn a_pool_that_is_too_small_is_said_before_the_run_and_its_cases_are_not_applicable() {
    let contract = contract(2);
    let plan = Plan::new(Arc::clone(&contract), 1);
    let closing = ending(&plan);
    let pools = Pools::new(&plan, plan.cases(), &[]);
    let [need] = pools.needs(&contract).try_into().expect("one pool of which something is ended");
    assert_eq!((need.has, need.needs), (2, 1 + 4 * closing.len() as u64));
    assert_eq!((need.fixture.as_str(), need.what.as_str()), ("spare", "card with role ISSUED"));
    assert_eq!(need.without, closing.len() as u64 - 1);
    assert!(
        need.to_string().starts_with(&format!(
            "card-close, card-get, card-label need {} fixtures `spare` (card with role ISSUED), the profile has 2",
            need.needs
        )),
        "{need}"
    );
    for jobs in [1, 16] {
        let (summary, seen) = run(&contract, &Bank::new(&contract, 2), jobs);
        assert!(summary.findings.is_empty() && summary.exit == 0, "{}", lab::describe(&summary));
        // The first of them in the order of the plan has the one card that nobody shares.
        for (nth, id) in closing.iter().enumerate() {
            let (_, outcome, _, note) = seen.iter().find(|(seen, ..)| seen == id).expect("it ran");
            let wanted = if nth == 0 { Outcome::Pass } else { Outcome::NotApplicable };
            assert!(*outcome == wanted && (nth == 0 || note.contains("`spare`")), "{id}: {outcome:?} {note}");
        }
        assert_eq!(summary.counts.not_applicable, closing.len() as u64 - 1);
    }
}

#[test]
fn a_try_after_silence_has_a_fresh_fixture() {
    let contract = contract(40);
    let bank = Bank::new(&contract, 40);
    *bank.silent.lock().expect("unpoisoned") = 1;
    let (summary, seen) = run(&contract, &bank, 1);
    assert!(summary.findings.is_empty() && summary.exit == 0, "{}\n{seen:?}", lab::describe(&summary));
}

#[test]
fn what_is_used_up_already_is_no_finding() {
    // The cards of an earlier run: closed since, though the profile still names them.
    let contract = contract(40);
    let bank = Bank::new(&contract, 40);
    bank.cards.lock().expect("unpoisoned").values_mut().for_each(|card| card.closed = true);
    let (summary, seen) = run(&contract, &bank, 4);
    assert!(summary.findings.is_empty() && summary.exit == 3, "{}\n{seen:?}", lab::describe(&summary));
    let missing = seen.iter().filter(|(.., reason, note)| {
        *reason == Some(Reason::FixtureMissing) && note.contains("still as the profile says")
    });
    assert!(missing.count() > 0, "{seen:?}");
}

#[test]
fn a_fixture_that_a_request_ended_that_had_to_be_refused_accuses_nobody_else() {
    // With few cards the others meet the closed one; the target is at fault for the token alone.
    for (cards, jobs) in [(3, 1), (3, 16), (40, 16)] {
        let contract = contract(cards);
        let bank = Bank { open: true, ..Bank::new(&contract, cards) };
        let (summary, seen) = run(&contract, &bank, jobs);
        let about: Vec<&str> = summary.findings.iter().map(|f| f.clause.as_str()).collect();
        let token = about.iter().all(|clause| clause.starts_with("card-close/auth/"));
        assert!(token && !about.is_empty(), "{}", lab::describe(&summary));
        let gone =
            seen.iter().filter(|(.., note)| note.contains("no longer as the profile says since card-close::token"));
        assert!(gone.count() > 0 || cards > 3, "{seen:?}");
        // That a fixture is gone is no outage, and no sign of ill health.
        assert!(
            !seen.iter().any(|(_, _, reason, _)| matches!(reason, Some(Reason::CanaryFailed | Reason::Outage))),
            "{seen:?}"
        );
    }
}

#[test]
fn a_run_that_is_taken_up_hands_out_nothing_that_may_be_gone() {
    let contract = contract(3);
    let plan = Plan::new(Arc::clone(&contract), 1);
    let lacking = |cuts: &[u64]| -> Vec<String> {
        let pools = Pools::new(&plan, plan.cases(), cuts);
        plan.cases().filter_map(|case| pools.lacks(&case)).collect()
    };
    let closing = ending(&plan).len();
    // Two cards may be closed, one is shared: two cases have one, until they may have been under way when the run was killed.
    assert_eq!(lacking(&[]).len(), closing - 2);
    let after = lacking(&[0]);
    assert!(
        after.len() == closing && after.iter().filter(|why| why.contains("when the run was killed")).count() == 2,
        "{after:?}"
    );
    // What was done before stays as it was.
    assert_eq!(lacking(&[plan.cases().count() as u64]).len(), closing - 2);
}

#[test]
fn a_short_pool_declares_nothing_away_in_a_certification() {
    let wide = contract(40);
    let (with, seen) = run_as("certification", &wide, &Bank::new(&wide, 40), 4);
    assert!(seen.iter().all(|(_, outcome, ..)| *outcome == Outcome::Pass), "{seen:?}");
    // One card for those that look at it, none to close.
    let narrow = contract(1);
    let (without, _) = run_as("certification", &narrow, &Bank::new(&narrow, 1), 4);
    assert!(without.findings.is_empty() && without.counts.not_applicable > 0, "{}", lab::describe(&without));
    assert!(
        without.undeclared > with.undeclared && without.exit == 3,
        "{:?} {:?}",
        without.undeclared,
        with.undeclared
    );
    let told = without
        .clauses
        .iter()
        .filter(|c| c.reason.as_ref().is_some_and(|why| why.contains("use up a fixture `spare`")));
    assert!(told.count() > 0);
}
