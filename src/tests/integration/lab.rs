//! A bench for tests: the contract, the sandbox without a socket, a run that answers its summary.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use std::time::Duration;

use konform::contract::{Contract, Profile};
use konform::crypto::{Keys, PrivateKey, PublicKey};
use konform::evidence::Journal;
use konform::exchange::{Ambient, Clock, Target, Transport};
use konform::model::Demands;
use konform::model::case::Seal;
use konform::model::wire::Encrypt;
use konform::model::{Case, Hostile, Summary};
use konform::plan::{Breadth, Plan};
pub(crate) use konform::qualify::Direct;
use konform::runner::summary::summarize;
use konform::runner::{Access, Options, Runner};
use konform::sandbox;

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The default contract as a profile decides it, with what the sandbox knows of itself.
pub(crate) fn contract(profile: Option<&Profile>) -> Arc<Contract> {
    let own = konform::cli::contracts::sandbox_profile(None).expect("the sandbox's profile loads");
    bare(Some(&profile.cloned().unwrap_or_default().over(own)))
}

/// The default contract, as a profile decides it and no more.
pub(crate) fn bare(profile: Option<&Profile>) -> Arc<Contract> {
    Arc::new(konform::cli::contracts::find(None, profile).expect("the embedded contract loads").contract)
}

/// The second contract.
pub(crate) fn library() -> Arc<Contract> {
    Arc::new(konform::cli::contracts::find(Some("library"), None).expect("the library's contract loads").contract)
}

/// Where the sandbox is, and what is sent to it with.
pub(crate) fn access(contract: &Contract, encrypt: Encrypt) -> Access {
    Access {
        target: Target::parse("http://127.0.0.1:1/open-api").expect("a target"),
        credentials: sandbox::credentials(contract),
        second: Some(sandbox::second_credentials(contract)),
        keys: keys(),
        encrypt,
    }
}

/// The sandbox's keys, as a partner has them.
pub(crate) fn keys() -> Option<Keys> {
    let (id, server, client) = sandbox::keys()?;
    let other = PublicKey::from_pem(server.as_bytes()).ok()?;
    Some(Keys { id, other, own: PrivateKey::from_pem(client.as_bytes()).ok()?, spare: None })
}

/// True for a case that calls these endpoints and no others.
pub(crate) fn of(contract: &Contract, case: &Case, endpoints: &[&str]) -> bool {
    case.steps.iter().all(|s| endpoints.contains(&contract.endpoints[s.endpoint].id.as_str()))
}

/// True for a case whose bytes can't go without a socket.
pub(crate) fn raw(case: &Case) -> bool {
    case.steps.iter().any(|s| s.hostile.is_some_and(Hostile::raw))
}

/// True if the case needs no keys.
pub(crate) fn plain(case: &Case) -> bool {
    case.steps.iter().all(|s| s.seal == Seal::AsMarked)
}

/// How a run is made.
pub(crate) struct How<'a> {
    pub(crate) salt: u64,
    pub(crate) fail_on_should: bool,
    pub(crate) encrypt: Encrypt,
    /// Endpoints to run; none means all.
    pub(crate) endpoints: Option<&'a [&'a str]>,
    pub(crate) breadth: Breadth,
    pub(crate) seed: u64,
    /// Milliseconds.
    pub(crate) slow: Option<u64>,
}

impl Default for How<'_> {
    fn default() -> Self {
        Self {
            salt: 7,
            fail_on_should: true,
            encrypt: Encrypt::Never,
            endpoints: None,
            breadth: Breadth::GATE,
            seed: 1,
            slow: None,
        }
    }
}

/// Runs the chosen cases and sums up, as `run` does.
pub(crate) fn run<T: Transport>(
    contract: &Arc<Contract>,
    transport: T,
    how: &How<'_>,
    choose: impl Fn(&Case) -> bool + Send + Sync,
) -> Summary {
    let (must, should) = run_once(contract, transport, how, choose);
    if how.fail_on_should { should } else { must }
}

/// The same, summed up as by default and as with `--fail-on should`.
pub(crate) fn run_once<T: Transport>(
    contract: &Arc<Contract>,
    transport: T,
    how: &How<'_>,
    choose: impl Fn(&Case) -> bool + Send + Sync,
) -> (Summary, Summary) {
    let plan = Plan::with(Arc::clone(contract), how.seed, how.breadth);
    let runner = Arc::new(Runner::new(
        plan,
        transport,
        access(contract, how.encrypt),
        Ambient::new(Clock::System, how.salt),
        Options { jobs: 4, poll: Duration::ZERO, ..Options::default() },
        Arc::new(AtomicBool::new(false)),
    ));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut tally = runtime.block_on(async {
        let mut journal = Journal::discard();
        let wanted = |id: &str| how.endpoints.is_none_or(|own| own.contains(&id));
        let endpoints = (0..contract.endpoints.len()).filter(|at| wanted(&contract.endpoints[*at].id));
        let cases = endpoints.flat_map(|at| runner.plan().cases_of(at));
        let cases = cases.filter(|c| choose(c) && !raw(c) && (how.encrypt != Encrypt::Never || plain(c)));
        runner.run(cases, &mut journal, &mut |_| ()).await.expect("nothing is written")
    });
    tally.close(|id| runner.plan().find(id));
    let sum = |fail_on_should| {
        let demands = Demands { fail_on_should, slow_millis: how.slow, ..Demands::default() };
        summarize(&tally, runner.plan(), demands, &|_| String::new())
    };
    (sum(false), sum(true))
}

/// What a failed assertion needs to know.
pub(crate) fn describe(summary: &Summary) -> String {
    let findings: Vec<String> = summary
        .findings
        .iter()
        .map(|f| {
            format!(
                "  {:?} {} at {} in {}: expected {}, was {}",
                f.level, f.clause, f.pointer, f.case, f.expected, f.actual
            )
        })
        .collect();
    format!("exit {}, {:?}\nobstacles {:?}\n{}", summary.exit, summary.counts, summary.notes, findings.join("\n"))
}

/// An empty folder that is removed again.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let path = std::env::temp_dir().join(format!(
            "konform-test-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A leftover in the system's temporary folder is no failure of the test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
