//! The hand-written server of the first API: clean in every temperament, and each of its faults found.
//!
//! `cargo test` runs every temperament over its share of the plan, and some whole. The whole is one command:
//! `KONFORM_HONEST=gate cargo test --release --test integration honest_in_full -- --nocapture` (also `nightly`), with
//! `KONFORM_HONEST_DRAWS` combinations (150) and `KONFORM_HONEST_SALTS` salts (3). It may be run in pieces: `KONFORM_HONEST_PART=2/4`
//! runs the second of four parts, `KONFORM_HONEST_SKIP=53` leaves the first 53 temperaments out,
//! `KONFORM_HONEST_CASES=::race::` runs only cases whose id has that in it.

#[path = "../honest/mod.rs"]
pub(super) mod server;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use konform::contract::{Contract, File, Profile};
use konform::crypto::{PrivateKey, PublicKey};
use konform::evidence::Journal;
use konform::exchange::http::{Connection, Http, Limits};
use konform::exchange::{Ambient, Clock, Target};
use konform::model::Demands;
use konform::model::template::TokenEdit;
use konform::model::wire::Encrypt;
use konform::model::{Case, Family, Level, Summary};
use konform::plan::{Breadth, Plan};
use konform::runner::summary::summarize;
use konform::runner::{Access, Options, Runner};

use super::{faults, lab};
use server::{Encryption, Honest, Keys, Temperament};

/// Shares of the plan that `cargo test` gives to the temperaments in turn.
const SHARES: usize = 24;

/// Both sides of two key pairs, made once: server and client, each `(private, public)` as PEM.
pub(super) fn pairs() -> &'static [(String, String); 2] {
    static PAIRS: OnceLock<[(String, String); 2]> = OnceLock::new();
    PAIRS.get_or_init(|| [(); 2].map(|()| konform::crypto::keys::generate().expect("a key pair")))
}

const KEY_ID: &str = "0123456789abcdef0123456789abcdef";

/// The credentials of the sandbox, which this server knows too, and the keys that it opens requests with.
pub(super) fn keys(contract: &Contract) -> Keys {
    let credentials = konform::sandbox::credentials(contract);
    let get = |name: &str| credentials[name].reveal().to_owned();
    let [(server_private, _), (_, client_public)] = pairs().clone();
    Keys {
        asp_id: get("aspId"),
        access_key: get("accessKey"),
        secret_key: get("secretKey"),
        encryption: Some(Encryption { key_id: KEY_ID.to_owned(), server_private, client_public }),
    }
}

/// Starts the server with these faults.
pub(super) fn start(contract: &Contract, temperament: Temperament, faults: &[&str]) -> Honest {
    Honest::start(0, keys(contract), temperament, faults).expect("a port and faults that there are")
}

/// What a partner's requests are signed and encrypted with.
fn access(contract: &Contract, target: Target) -> Access {
    let [(_, server_public), (client_private, _)] = pairs();
    let other = PublicKey::from_pem(server_public.as_bytes()).expect("the server's public key");
    let own = PrivateKey::from_pem(client_private.as_bytes()).expect("the client's private key");
    let keys = Some(konform::crypto::Keys { id: KEY_ID.to_owned(), other, own, spare: None });
    Access { target, keys, second: None, ..lab::access(contract, Encrypt::Marked) }
}

/// The contract as a partner's full profile of such a server makes it.
pub(super) fn contract(temperament: &Temperament) -> Arc<Contract> {
    let text = server::profile(temperament);
    let file = File { name: "honest.yaml".to_owned(), text };
    let profile = Profile::load(&file).unwrap_or_else(|error| panic!("{}: {error}", temperament.describe()));
    lab::bare(Some(&profile))
}

/// How much of the plan is run, and how.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) salt: u64,
    pub(super) fail_on_should: bool,
    pub(super) breadth: Breadth,
}

pub(super) const GATE: How = How { salt: 1, fail_on_should: true, breadth: Breadth::GATE };

/// Runs the chosen cases against the server and sums up.
pub(super) fn run(
    contract: &Arc<Contract>,
    honest: &Honest,
    how: How,
    mut choose: impl FnMut(&Case) -> bool + Send,
) -> Summary {
    let target = Target::parse(&format!("http://{}/open-api", honest.address)).expect("a target");
    let http = Http::new(&target, Limits::default(), &Connection::default()).expect("a client");
    let plan = Plan::with(Arc::clone(contract), 1, how.breadth);
    let runner = Arc::new(Runner::new(
        plan,
        http,
        access(contract, target),
        Ambient::new(Clock::System, how.salt),
        Options { poll: std::time::Duration::ZERO, ..Options::default() },
        Arc::default(),
    ));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut tally = runtime.block_on(async {
        // The server knows one actor alone.
        let second = |c: &Case| c.steps.iter().any(|s| s.token == TokenEdit::SecondKey);
        let cases = runner.plan().cases().filter(|c| !second(c) && choose(c));
        runner.run(cases, &mut Journal::discard(), &mut |_| ()).await.expect("nothing is written")
    });
    tally.close(|id| runner.plan().find(id));
    let demands = Demands { fail_on_should: how.fail_on_should, ..Demands::default() };
    summarize(&tally, runner.plan(), demands, &|_| String::new())
}

/// A stable number of a case, to deal cases out.
fn share(case: &Case) -> usize {
    let hash = case
        .id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    usize::try_from(hash >> 40).unwrap_or(0) % SHARES
}

/// What is wrong with a run that must be clean: findings, or more than one case in a hundred without a verdict.
fn complaint(temperament: &Temperament, how: How, summary: &Summary) -> Option<String> {
    let counts = &summary.counts;
    let unclear = counts.inconclusive + counts.blocked;
    let clean = summary.findings.is_empty() && counts.broken == 0 && unclear * 100 <= counts.total();
    let about = format!("{} (salt {}): {}", temperament.describe(), how.salt, lab::describe(summary));
    (!clean).then_some(about)
}

fn assert_clean(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} runs are not clean\n{}", complaints.len(), complaints.join("\n\n"));
}

#[test]
fn the_honest_server_is_clean_with_its_full_profile() {
    let plain = Temperament::default();
    let contract = contract(&plain);
    let honest = start(&contract, plain.clone(), &[]);
    let summary = run(&contract, &honest, GATE, |_| true);
    assert_clean(&complaint(&plain, GATE, &summary).into_iter().collect::<Vec<_>>());
    let exercised = summary.clauses.iter().filter(|c| c.asserted > 0).count();
    // 95 in a hundred of the 2,242 clauses that the sandbox's run exercised when the sandbox was the only judge.
    assert!(exercised >= 2130, "{exercised} clauses exercised\n{}", lab::describe(&summary));
}

#[test]
fn the_honest_server_is_clean_with_credentials_alone() {
    let contract = lab::bare(None);
    let honest = start(&contract, Temperament::default(), &[]);
    let summary = run(&contract, &honest, How { fail_on_should: false, ..GATE }, |_| true);
    assert!(summary.exit == 0 && summary.findings.is_empty(), "{}", lab::describe(&summary));
    let holding = summary.clauses.iter().filter(|c| c.level == Level::Must && c.asserted > 0).count();
    assert!(holding >= 774, "{holding} MUST clauses hold\n{}", lab::describe(&summary));
}

#[test]
fn drawn_sequences_of_a_nightly_run_are_clean() {
    // Among them: calls about a card that was suspended, and about one whose member has left, of which their pages say nothing.
    let plain = Temperament::default();
    let contract = contract(&plain);
    let honest = start(&contract, plain, &[]);
    let how = How { breadth: Breadth::NIGHTLY, ..GATE };
    let summary = run(&contract, &honest, how, |c| c.family == Family::Walk);
    let counts = &summary.counts;
    assert!(summary.findings.is_empty() && counts.pass == counts.total(), "{}", lab::describe(&summary));
    assert!(counts.pass > 1500, "{} sequences", counts.pass);
}

#[test]
fn a_card_that_a_list_shows_is_discarded_where_no_call_makes_one() {
    // Credentials alone: no binding opens the call that issues cards, no fixture has one.
    let contract = lab::bare(None);
    let chosen = |c: &Case| c.id.starts_with("card-terminate::");
    for (name, listed) in [("second-card-at-birth", true), ("bare-content-type", false)] {
        let temperament = Temperament::default().with(name).expect("a switch");
        let honest = start(&contract, temperament.clone(), &[]);
        let summary = run(&contract, &honest, GATE, chosen);
        assert!(summary.findings.is_empty(), "{}", lab::describe(&summary));
        let accepted = summary.clauses.iter().any(|c| c.id == "card-terminate/success/000_000/code" && c.asserted > 0);
        assert_eq!(accepted, listed, "{name}: {}", lab::describe(&summary));
        assert_eq!(summary.counts.not_applicable > 0, !listed, "{name}: {}", lab::describe(&summary));
    }
}

#[test]
fn a_card_that_a_new_member_has_is_as_the_profile_says_new_cards_are() {
    // Each new card holds money, and a card that holds money is not discarded: the second one that a list shows serves no case of
    // card-terminate, a fixture does.
    let temperament = Temperament::default().with("second-card-at-birth").and_then(|t| t.with("welcome-balance"));
    let temperament = temperament.expect("two switches");
    let contract = contract(&temperament);
    let honest = start(&contract, temperament.clone(), &[]);
    let summary = run(&contract, &honest, GATE, |c| c.id.contains("card-terminate"));
    let counts = &summary.counts;
    assert!(summary.findings.is_empty() && counts.inconclusive + counts.blocked == 0, "{}", lab::describe(&summary));
    assert!(counts.pass > 50, "{}", lab::describe(&summary));
}

#[test]
fn each_temperament_is_clean_over_its_share_of_the_plan() {
    let mut complaints = Vec::new();
    for (at, name) in Temperament::NAMES.iter().enumerate() {
        let temperament = Temperament::default().with(name).expect("a switch");
        let contract = contract(&temperament);
        let honest = start(&contract, temperament.clone(), &[]);
        let how = How { salt: at as u64, ..GATE };
        let summary = run(&contract, &honest, how, |c| share(c) == at % SHARES);
        complaints.extend(complaint(&temperament, how, &summary));
    }
    assert!(Temperament::NAMES.len() >= 20, "{} switches", Temperament::NAMES.len());
    assert_clean(&complaints);
}

#[test]
fn drawn_temperaments_are_clean_over_their_share_of_the_plan() {
    let mut complaints = Vec::new();
    for seed in 0..12_u64 {
        let temperament = Temperament::draw(seed);
        let contract = contract(&temperament);
        let honest = start(&contract, temperament.clone(), &[]);
        let how = How { salt: 100 + seed, ..GATE };
        let summary = run(&contract, &honest, how, |c| share(c) % 6 == usize::try_from(seed % 6).unwrap_or(0));
        complaints.extend(complaint(&temperament, how, &summary));
    }
    assert_clean(&complaints);
}

/// Runs only where `KONFORM_HONEST` asks for it: it takes from half an hour to hours.
#[test]
fn honest_in_full() {
    let Ok(mode) = std::env::var("KONFORM_HONEST") else { return };
    let number = |name: &str, or: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(or);
    let breadth = if mode == "nightly" { Breadth::NIGHTLY } else { Breadth::GATE };
    let named = Temperament::NAMES.iter().filter_map(|name| Temperament::default().with(name));
    let drawn = (0..number("KONFORM_HONEST_DRAWS", 150)).map(|seed| Temperament::draw(1000 + seed));
    // `2/4`: the second of four parts, for machines that have no hour at a time.
    let part = std::env::var("KONFORM_HONEST_PART").ok();
    let part = part.as_deref().and_then(|text| text.split_once('/'));
    let (nth, parts) =
        part.map_or((1, 1), |(nth, parts)| (nth.parse().expect("a number"), parts.parse().expect("a number")));
    let own = |(at, temperament): (usize, Temperament)| (at % parts + 1 == nth).then_some(temperament);
    let only = std::env::var("KONFORM_HONEST_CASES").unwrap_or_default();
    let mut complaints = Vec::new();
    let mut worst: BTreeMap<u64, String> = BTreeMap::new();
    let mut runs = 0;
    let skipped = usize::try_from(number("KONFORM_HONEST_SKIP", 0)).expect("a number");
    for temperament in named.chain(drawn).enumerate().skip(skipped).filter_map(own) {
        let contract = contract(&temperament);
        for salt in 1..=number("KONFORM_HONEST_SALTS", 3) {
            let honest = start(&contract, temperament.clone(), &[]);
            let how = How { salt, breadth, ..GATE };
            let summary = run(&contract, &honest, how, |case| case.id.contains(&only));
            let unclear = summary.counts.inconclusive + summary.counts.blocked;
            let permille = unclear * 1000 / summary.counts.total().max(1);
            worst.insert(
                permille,
                format!("{} (salt {salt}): {unclear} of {}", temperament.describe(), summary.counts.total()),
            );
            let found = complaint(&temperament, how, &summary);
            runs += 1;
            match &found {
                Some(found) => println!("NOT CLEAN {found}\n"),
                None => println!(
                    "clean, {permille} of a thousand without a verdict: {} (salt {salt})",
                    temperament.describe()
                ),
            }
            complaints.extend(found);
        }
    }
    if let Some((permille, what)) = worst.last_key_value() {
        println!("{runs} runs; most without a verdict: {permille} of a thousand, {what}");
    }
    assert_clean(&complaints);
}

#[test]
fn the_honest_server_survives_hostile_bytes_ten_times_in_a_row() {
    let contract = lab::bare(None);
    let honest = start(&contract, Temperament::default(), &[]);
    for salt in 0..10 {
        let hostile = |c: &Case| c.family == Family::Hostile;
        let how = How { salt, breadth: Breadth::NIGHTLY, ..GATE };
        let summary = run(&contract, &honest, how, hostile);
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
    let own = ["user-registration", "terms-all"];
    let mut tried = 0;
    for entry in faults::entries().into_iter().filter(|e| e.honest) {
        for (fail_on_should, exit) in [(false, entry.exit), (true, entry.should)] {
            let honest = start(&contract, Temperament::default(), &[&entry.fault]);
            let how = How { salt: 11 + u64::from(fail_on_should), fail_on_should, ..GATE };
            let summary = run(&contract, &honest, how, |c| lab::of(&contract, c, &own));
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
    let folder = lab::root().join("src/tests/honest");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the server's folder") {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        let profile = path.ends_with("profile.rs");
        assert!(profile || !text.contains("konform"), "{} names the harness", path.display());
        assert!(!text.contains("use konform") && !text.contains("crate::"), "{} imports", path.display());
        assert!(text.lines().count() < 400, "{} has {} lines", path.display(), text.lines().count());
        files += 1;
    }
    assert!(files > 10, "{files} files");
}
