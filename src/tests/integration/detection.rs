//! What drawing, racing and hostile bytes find, and that they find nothing where nothing is.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use konform::contract::Contract;
use konform::evidence::Journal;
use konform::exchange::http::{Connection, Http, Limits};
use konform::exchange::{Ambient, Clock, Target};
use konform::model::Demands;
use konform::model::wire::Encrypt;
use konform::model::{Case, Family, Hostile, Summary};
use konform::plan::{Breadth, Plan};
use konform::runner::summary::summarize;
use konform::runner::{Access, Options, Runner};
use konform::sandbox::{Sandbox, Variant};
use serde_json::Value;

use super::lab;

fn sandbox(contract: &Arc<Contract>, faults: &[&str]) -> Arc<Sandbox> {
    let faults = faults.iter().map(|f| f.parse().expect("a known fault")).collect();
    Arc::new(Sandbox::new(Arc::clone(contract), Variant::default(), faults))
}

/// A run of some cases of a wide plan.
fn wide(contract: &Arc<Contract>, faults: &[&str], salt: u64, choose: impl Fn(&Case) -> bool + Send + Sync) -> Summary {
    let how = lab::How { salt, breadth: Breadth::NIGHTLY, ..lab::How::default() };
    lab::run(contract, lab::Direct(sandbox(contract, faults)), &how, choose)
}

#[test]
fn a_fault_beyond_64_characters_with_an_astral_one_is_found_and_shrunk() {
    let contract = lab::contract(None);
    let own = |c: &Case| c.family == Family::Fuzz && c.id.starts_with("user-registration::");
    let summary = wide(&contract, &["crash-long-astral:loginId"], 7, own);
    let finding = summary.findings.first().expect("it is found");
    assert_eq!(finding.clause, "user-registration/policy/answer/no-server-error", "{}", lab::describe(&summary));
    assert!(finding.case.ends_with("-shrunk"), "{}", finding.case);
    let input = finding.input.as_ref().expect("what was drawn");
    let edits = input["edits"].as_array().expect("edits");
    assert_eq!(edits.len(), 1, "{input}");
    let text = edits[0]["fresh"].as_str().expect("a text");
    assert_eq!((edits[0]["path"].as_str(), text.chars().count()), (Some("loginId"), 65));
    assert_eq!(text.chars().filter(|c| u32::from(*c) > 0xffff).count(), 1, "{text}");
    assert!(text.chars().all(|c| matches!(c, 'a' | '#') || u32::from(c) > 0xffff), "{text}");
    assert!(finding.first.is_some(), "the body that showed it first stands beside the minimal one");
}

fn calls(input: Option<&Value>) -> Vec<String> {
    let calls = input.and_then(|i| i["calls"].as_array()).into_iter().flatten();
    calls.map(|c| c["endpoint"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_fault_in_a_sequence_of_four_calls_is_found_and_shrunk_to_those_four() {
    for (contract, fault) in [
        (lab::library(), ["book-add", "loan-open", "loan-return", "loan-open"]),
        (lab::library(), ["book-add", "loan-open", "loan-return", "book-withdraw"]),
        (lab::contract(None), ["user-registration", "card-status", "card-status", "card-status"]),
    ] {
        let name = format!("stumble:{}", fault.join(">"));
        let summary = wide(&contract, &[&name], 7, |c| c.family == Family::Walk);
        let clause = format!("{}/policy/answer/no-server-error", fault[3]);
        let finding = summary.findings.iter().find(|f| f.clause == clause).expect("it is found");
        // Set-up calls and the endpoint's own call stand before those that were drawn.
        let plan = Plan::with(Arc::clone(&contract), 1, Breadth::NIGHTLY);
        let input = finding.input.as_ref().and_then(konform::model::Input::from_value).expect("what was drawn");
        let case = plan.written(&finding.case, &input).expect("it can be made again");
        let sent: Vec<&str> = case.steps.iter().map(|s| contract.endpoints[s.endpoint].id.as_str()).collect();
        assert_eq!(sent, fault, "{name}: drawn {:?}", calls(finding.input.as_ref()));
    }
}

#[test]
fn a_race_in_the_duplicate_check_is_found_and_none_is_seen_where_none_is() {
    let contract = lab::contract(None);
    let own = |c: &Case| c.family == Family::Race && c.id.starts_with("user-registration::");
    let how = |salt| lab::How { salt, endpoints: Some(&["user-registration"]), ..lab::How::default() };
    let mut found = 0;
    for salt in 0..20 {
        let raced = sandbox(&contract, &["race:user-registration"]);
        let summary = lab::run(&contract, lab::Direct(raced), &how(salt), own);
        let clause = |f: &konform::model::FindingRecord| f.clause.starts_with("user-registration/errors/001_0");
        found += usize::from(summary.exit == 1 && summary.findings.iter().any(clause));
    }
    assert!(found >= 19, "{found} of 20");
    let sound = sandbox(&contract, &[]);
    for salt in 0..200 {
        let summary = lab::run(&contract, lab::Direct(Arc::clone(&sound)), &how(salt), own);
        assert!(summary.exit == 0 && summary.counts.pass == 1, "{}", lab::describe(&summary));
    }
}

#[test]
fn what_a_case_has_shown_before_it_could_not_go_on_is_found() {
    let contract = lab::contract(None);
    let endpoint = "charge-result-inquiry";
    let how = lab::How { endpoints: Some(&[endpoint]), ..lab::How::default() };
    // Without the member that says the result, whoever waits for the result waits in vain.
    let summary = lab::run(&contract, lab::Direct(sandbox(&contract, &["answer-without:result"])), &how, |_| true);
    let cited = summary.findings.iter().any(|f| f.clause == "charge-result-inquiry/response/result/presence");
    assert!(cited && summary.exit == 1, "{}", lab::describe(&summary));
}

#[test]
fn what_breaks_in_one_of_fifty_answers_is_found_with_its_rate() {
    let contract = lab::contract(None);
    let how = lab::How { endpoints: Some(&["user-registration"]), ..lab::How::default() };
    let sometimes = sandbox(&contract, &["sometimes:50:answer-text:userId"]);
    let summary = lab::run(&contract, lab::Direct(sometimes), &how, |_| true);
    let clause = "user-registration/response/userId/type";
    let finding = summary.findings.iter().find(|f| f.clause == clause).expect("it is found");
    let (asserted, broken) = finding.rate;
    assert!(broken >= 1 && broken * 10 < asserted, "{broken} of {asserted}");
    let nondeterministic = konform::model::Confirmed::NotReproduced;
    assert_eq!(finding.confirmed, nondeterministic, "a second run of the same case is clean");
}

#[test]
fn response_times_are_told_and_a_limit_is_held() {
    let contract = lab::contract(None);
    let how = lab::How { endpoints: Some(&["terms-all"]), ..lab::How::default() };
    let summary = lab::run(&contract, lab::Direct(sandbox(&contract, &[])), &how, |_| true);
    let own = summary.latency.iter().find(|l| l.endpoint == "terms-all").expect("it was asked");
    assert!(own.exchanges > 20 && own.p50 <= own.p99 && own.p99 <= own.max && !own.slow, "{own:?}");
    let limited = lab::How { slow: Some(0), ..how };
    let summary = lab::run(&contract, lab::Direct(sandbox(&contract, &[])), &limited, |_| true);
    assert!(summary.latency.iter().any(|l| l.slow) && summary.exit == 1, "{}", lab::describe(&summary));
}

/// The sandbox as a process of its own; ends with this value.
struct Served(Child, SocketAddr);

impl Served {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_konform"))
            .args(["serve", "--addr", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()?.trim().parse().ok());
        Self(child, address.expect("an address"))
    }

    /// Resident memory in kibibytes, 0 where the system does not tell.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
        line.and_then(|l| l.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn run(
    contract: &Arc<Contract>,
    address: SocketAddr,
    salt: u64,
    breadth: Breadth,
    choose: &(impl Fn(&Case) -> bool + Send + Sync),
) -> Summary {
    let target = Target::parse(&format!("http://{address}/open-api")).expect("a target");
    let limits = Limits { whole: Duration::from_secs(5), ..Limits::default() };
    let http = Http::new(&target, limits, &Connection::default()).expect("a client");
    let runner = Arc::new(Runner::new(
        Plan::with(Arc::clone(contract), 1, breadth),
        http,
        Access { target, ..lab::access(contract, Encrypt::Never) },
        Ambient::new(Clock::System, salt),
        Options { poll: Duration::ZERO, ..Options::default() },
        Arc::default(),
    ));
    let cases = runner.plan().cases().filter(|c| choose(c));
    let tally = runner.run(cases, &mut Journal::discard(), &mut |_| ()).await.expect("nothing is written");
    let demands = Demands { fail_on_should: true, ..Demands::default() };
    summarize(&tally, runner.plan(), demands, &|_| String::new())
}

#[test]
fn the_sandbox_survives_hostile_bytes_ten_times_in_a_row() {
    let contract = lab::contract(None);
    let served = Served::start();
    let hostile = |c: &Case| c.family == Family::Hostile && c.id.starts_with("user-");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut before = 0;
    for salt in 0..10 {
        let summary = runtime.block_on(run(&contract, served.1, salt, Breadth::NIGHTLY, &hostile));
        assert!(summary.exit == 0 && summary.findings.is_empty(), "{}", lab::describe(&summary));
        assert_eq!(summary.counts.pass, summary.counts.total(), "{}", lab::describe(&summary));
        assert!(summary.counts.pass >= Hostile::ALL.len() as u64);
        if salt == 1 {
            before = served.memory();
        }
    }
    let grown = served.memory().saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more after eight more runs");
}

#[test]
fn what_breaks_over_hostile_bytes_is_found() {
    let contract = lab::contract(None);
    for kind in ["syntax", "deep", "defect", "shape"] {
        let how = lab::How { endpoints: Some(&["account-account-info"]), ..lab::How::default() };
        let fault = format!("crash-on-body:{kind}");
        let broken = sandbox(&contract, &[&fault]);
        let summary = lab::run(&contract, lab::Direct(broken), &how, |c| c.family == Family::Hostile);
        let clause = "account-account-info/policy/answer/no-server-error";
        assert!(summary.findings.iter().any(|f| f.clause == clause), "{fault} {}", lab::describe(&summary));
    }
}

#[test]
fn hostile_kinds_have_distinct_words() {
    let words: BTreeSet<&str> = Hostile::ALL.iter().map(|k| k.word()).collect();
    assert_eq!(words.len(), Hostile::ALL.len());
}

#[test]
fn wide_plans_are_clean_over_seeds() {
    let contract = lab::contract(None);
    let sandbox = sandbox(&contract, &[]);
    // Drawn families alone: the others are the same under every seed but for filler.
    let drawn =
        |c: &Case| matches!(c.family, Family::Fuzz | Family::Walk | Family::Unicode | Family::Race | Family::Tamper);
    for seed in [3, 4] {
        let how = lab::How { salt: seed, seed, breadth: Breadth::NIGHTLY, ..lab::How::default() };
        let summary = lab::run(&contract, lab::Direct(Arc::clone(&sandbox)), &how, drawn);
        assert!(summary.exit == 0 && summary.findings.is_empty(), "seed {seed} {}", lab::describe(&summary));
        assert_eq!(summary.counts.pass, summary.counts.total(), "seed {seed} {}", lab::describe(&summary));
    }
}
