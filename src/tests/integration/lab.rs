//! A bench for tests: the contract, the sandbox without a socket, a run that answers its summary.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use konform::contract::{Contract, Profile};
use konform::exchange::{Ambient, Clock, Prepared, Raw, Target, Transport};
use konform::model::observed::Failure;
use konform::model::{Case, Summary};
use konform::plan::Plan;
use konform::runner::summary::summarize;
use konform::runner::{Journal, Options, Runner};
use konform::sandbox::{self, Call, Sandbox};

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The default contract, as a profile decides it.
pub(crate) fn contract(profile: Option<&Profile>) -> Arc<Contract> {
    Arc::new(konform::cli::contracts::find(None, profile).expect("the embedded contract loads").contract)
}

/// The sandbox, called without a socket: fast, and nothing is left behind.
pub(crate) struct Direct(pub(crate) Arc<Sandbox>);

impl Transport for Direct {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        let path = request.url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
        let call = Call {
            method: request.wire.method.clone(),
            path: path.unwrap_or_default(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        let reply = self.0.answer(&call);
        Ok(Raw {
            status: reply.status,
            headers: reply.headers.into_iter().map(|(n, v)| (n, v.into_bytes())).collect(),
            body: reply.body,
        })
    }
}

/// Runs the chosen cases and sums up, as `run` does.
pub(crate) fn run<T: Transport>(
    contract: &Arc<Contract>,
    transport: T,
    salt: u64,
    fail_on_should: bool,
    choose: impl Fn(&Case) -> bool + Send,
) -> Summary {
    let plan = Plan::new(Arc::clone(contract), 1);
    let target = Target::parse("http://127.0.0.1:1/open-api").expect("a target");
    let runner = Arc::new(Runner::new(
        plan,
        transport,
        target,
        sandbox::credentials(contract),
        Ambient::new(Clock::System, salt),
        Options { jobs: 4, ..Options::default() },
        Arc::new(AtomicBool::new(false)),
    ));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut tally = runtime.block_on(async {
        let mut journal = Journal::discard();
        let cases = runner.plan().cases().filter(|c| choose(c));
        runner.run(cases, &mut journal, &mut |_| ()).await.expect("nothing is written")
    });
    tally.close(|id| runner.plan().find(id));
    summarize(&tally, runner.plan(), fail_on_should, &|_| String::new())
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
