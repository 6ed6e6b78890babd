//! The hand-written server: clean as it is, and each of its faults found.

#[path = "../honest/server.rs"]
mod server;

use std::sync::Arc;

use konform::contract::Contract;
use konform::evidence::Journal;
use konform::exchange::http::{Connection, Http, Limits};
use konform::exchange::{Ambient, Clock, Target};
use konform::model::Demands;
use konform::model::wire::Encrypt;
use konform::model::{Case, Family, Summary};
use konform::plan::{Breadth, Plan};
use konform::runner::summary::summarize;
use konform::runner::{Access, Options, Runner};

use super::{faults, lab};
use server::{Honest, Keys};

fn start(contract: &Contract, faults: &[&str]) -> Honest {
    let credentials = konform::sandbox::credentials(contract);
    let get = |name: &str| credentials[name].reveal().to_owned();
    Honest::start(Keys { asp_id: get("aspId"), access_key: get("accessKey"), secret_key: get("secretKey") }, faults)
        .expect("a port")
}

fn run(contract: &Arc<Contract>, honest: &Honest, salt: u64, fail_on_should: bool) -> Summary {
    chosen(contract, honest, (salt, fail_on_should), Breadth::GATE, |_| true)
}

fn chosen(
    contract: &Arc<Contract>,
    honest: &Honest,
    (salt, fail_on_should): (u64, bool),
    breadth: Breadth,
    choose: impl Fn(&Case) -> bool + Send,
) -> Summary {
    let target = Target::parse(&format!("http://{}/open-api", honest.address)).expect("a target");
    let http = Http::new(&target, Limits::default(), &Connection::default()).expect("a client");
    let stop = Arc::default();
    let plan = Plan::with(Arc::clone(contract), 1, breadth);
    let runner = Arc::new(Runner::new(
        plan,
        http,
        Access { target, ..lab::access(contract, Encrypt::Never) },
        Ambient::new(Clock::System, salt),
        Options::default(),
        stop,
    ));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut tally = runtime.block_on(async {
        let own = ["user-registration", "terms-all"];
        let cases = runner.plan().cases().filter(|c| lab::of(contract, c, &own) && lab::plain(c) && choose(c));
        runner.run(cases, &mut Journal::discard(), &mut |_| ()).await.expect("nothing is written")
    });
    tally.close(|id| runner.plan().find(id));
    summarize(&tally, runner.plan(), Demands { fail_on_should, ..Demands::default() }, &|_| String::new())
}

#[test]
fn the_honest_server_is_clean_at_every_level() {
    let contract = lab::bare(None);
    let honest = start(&contract, &[]);
    for salt in [1, 2, 3] {
        let summary = run(&contract, &honest, salt, true);
        assert!(summary.exit == 0 && summary.findings.is_empty(), "{}", lab::describe(&summary));
        assert!(summary.counts.pass > 300, "{}", lab::describe(&summary));
    }
}

#[test]
fn the_honest_server_is_clean_under_a_wide_plan() {
    let contract = lab::bare(None);
    let honest = start(&contract, &[]);
    // Drawn requests, whole catalogues, races, tampering.
    let wide = |c: &Case| c.family != Family::Hostile;
    let summary = chosen(&contract, &honest, (4, true), Breadth::NIGHTLY, wide);
    assert!(summary.exit == 0 && summary.findings.is_empty(), "{}", lab::describe(&summary));
    assert!(summary.counts.pass > 800, "{}", lab::describe(&summary));
}

#[test]
fn the_honest_server_survives_hostile_bytes_ten_times_in_a_row() {
    let contract = lab::bare(None);
    let honest = start(&contract, &[]);
    for salt in 0..10 {
        let hostile = |c: &Case| c.family == Family::Hostile;
        let summary = chosen(&contract, &honest, (salt, true), Breadth::NIGHTLY, hostile);
        assert!(summary.exit == 0 && summary.findings.is_empty(), "{}", lab::describe(&summary));
        assert!(
            summary.counts.pass > 80 && summary.counts.pass == summary.counts.total(),
            "{}",
            lab::describe(&summary)
        );
    }
}

#[test]
fn each_fault_of_the_honest_server_is_found_and_cited() {
    let contract = lab::bare(None);
    let mut tried = 0;
    for entry in faults::entries().into_iter().filter(|e| e.honest) {
        for (fail_on_should, exit) in [(false, entry.exit), (true, entry.should)] {
            let honest = start(&contract, &[&entry.fault]);
            let summary = run(&contract, &honest, 11 + u64::from(fail_on_should), fail_on_should);
            let cited = summary.findings.iter().any(|f| f.clause == entry.clause && f.basis.word() == entry.basis);
            assert!(
                cited && summary.exit == exit,
                "{} wanted {exit} and {}\n{}",
                entry.fault,
                entry.clause,
                lab::describe(&summary)
            );
        }
        tried += 1;
    }
    assert!(tried >= 12, "{tried} faults");
}

#[test]
fn the_honest_server_shares_nothing_with_the_harness() {
    let text = std::fs::read_to_string(lab::root().join("src/tests/honest/server.rs")).expect("the server");
    assert!(!text.contains("konform"), "the server names the harness");
    assert!(!text.contains("crate::") && !text.contains("super::"), "the server imports from the tests");
    assert!(text.lines().count() < 300, "{} lines", text.lines().count());
}
