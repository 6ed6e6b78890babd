//! The plan as tests of `cargo test` and `cargo nextest`: a trial per case and one per endpoint for its snapshot.
//!
//! Listing is offline and fast. nextest starts a process per trial, so everything a trial needs is made when it runs, and an
//! exact run plans one endpoint only. Nothing decides to skip while running: a trial that can't tell fails.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::contract::Contract;
use crate::crypto::{Keys, PrivateKey, PublicKey};
use crate::evidence::Journal;
use crate::exchange::http::{Connection, Http, Limits};
use crate::exchange::{Ambient, Clock, Target};
use crate::judge;
use crate::model::wire::{Credentials, Encrypt};
use crate::model::{Event, Level, Outcome};
use crate::plan::Plan;
use crate::report::snapshot::Snapshot;
use crate::runner::{Access, Options, Runner};
use crate::sandbox::{self, Sandbox, Variant};

/// What the trials run against.
#[derive(Debug)]
pub struct Subject {
    plan: Plan,
    /// None: a sandbox of its own.
    target: Option<Target>,
    credentials: Credentials,
    keys: Option<Keys>,
    poll: Duration,
    salt: u64,
    session: OnceLock<Result<Session, String>>,
}

#[derive(Debug)]
struct Session {
    runtime: Runtime,
    runner: Arc<Runner<Http>>,
    target: Target,
    http: Http,
}

impl Subject {
    /// A subject; nothing is started before the first trial runs.
    #[must_use]
    pub fn new(
        contract: Arc<Contract>,
        seed: u64,
        target: Option<Target>,
        credentials: Credentials,
        salt: u64,
    ) -> Arc<Self> {
        let own = target.is_none();
        let keys = sandbox::keys().filter(|_| own && contract.encryption.is_some()).and_then(|(id, server, client)| {
            let other = PublicKey::from_pem(server.as_bytes()).ok()?;
            Some(Keys { id, other, own: PrivateKey::from_pem(client.as_bytes()).ok()?, spare: None })
        });
        let poll = if own { Duration::ZERO } else { Options::default().poll };
        let plan = Plan::new(contract, seed);
        Arc::new(Self { plan, target, credentials, keys, poll, salt, session: OnceLock::new() })
    }

    /// The trials; with `exact`, of the endpoint that the name begins with alone. `compare` judges an endpoint's snapshot.
    pub fn trials(self: &Arc<Self>, exact: Option<&str>, compare: fn(&str, &str) -> Result<(), Failed>) -> Vec<Trial> {
        let wanted = exact.and_then(|name| name.split("::").next());
        let contract = Arc::clone(self.plan.contract());
        // What can't be called has no behaviour to look at.
        let endpoints = contract.endpoints.iter().enumerate();
        let endpoints = endpoints.filter(|(_, e)| wanted.is_none_or(|w| w == e.id) && e.closed.is_none());
        let mut trials = Vec::new();
        for (at, endpoint) in endpoints {
            for case in self.plan.cases_of(at) {
                let this = Arc::clone(self);
                trials.push(Trial::test(case.id.to_string(), move || this.case(&case)));
            }
            let (this, id) = (Arc::clone(self), endpoint.id.clone());
            trials.push(Trial::test(format!("{id}::snapshot"), move || compare(&id, &this.snapshot(at)?)));
        }
        trials
    }

    fn session(&self) -> Result<&Session, Failed> {
        self.session.get_or_init(|| self.start()).as_ref().map_err(Failed::from)
    }

    fn start(&self) -> Result<Session, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|e| format!("failed to start the runtime: {e}"))?;
        let target = if let Some(target) = &self.target {
            target.clone()
        } else {
            {
                let contract = Arc::clone(self.plan.contract());
                let listener = runtime
                    .block_on(TcpListener::bind("127.0.0.1:0"))
                    .map_err(|e| format!("failed to open a port: {e}"))?;
                let address = listener.local_addr().map_err(|e| format!("failed to open a port: {e}"))?;
                let base = format!("http://{address}{}", contract.base_path);
                runtime.spawn(sandbox::serve(
                    listener,
                    Arc::new(Sandbox::new(contract, Variant::default(), Vec::new())),
                    std::future::pending(),
                ));
                Target::parse(&base).map_err(|e| e.to_string())?
            }
        };
        let http = Http::new(&target, Limits::default(), &Connection::default()).map_err(|e| e.to_string())?;
        let runner = self.runner(&target, &http, self.salt);
        runtime.block_on(runner.prime());
        Ok(Session { runtime, runner, target, http })
    }

    fn runner(&self, target: &Target, http: &Http, salt: u64) -> Arc<Runner<Http>> {
        let ambient = Ambient::new(Clock::System, salt);
        Arc::new(Runner::new(
            self.plan.clone(),
            http.clone(),
            Access {
                target: target.clone(),
                credentials: self.credentials.clone(),
                second: self.target.is_none().then(|| sandbox::second_credentials(self.plan.contract())),
                keys: self.keys.clone(),
                encrypt: if self.keys.is_some() { Encrypt::Marked } else { Encrypt::Never },
            },
            ambient,
            Options { poll: self.poll, ..Options::default() },
            Arc::default(),
        ))
    }

    fn case(&self, case: &crate::model::Case) -> Result<(), Failed> {
        let Session { runtime, runner, .. } = self.session()?;
        runtime
            .block_on(runner.healthy(case.endpoint))
            .map_err(|why| Failed::from(format!("INCONCLUSIVE(canary_failed): {why}")))?;
        let (verdict, seen) = runtime.block_on(runner.once_more(case));
        let contract = self.plan.contract();
        let saw = seen.last().map(|s| judge::summary(s, contract)).unwrap_or_default();
        let findings = verdict.findings.iter().map(|f| {
            let clause = contract.clause(f.clause);
            format!(
                "{} [{}] {}:{}\n  at {}\n  expected {}\n  actual   {}",
                clause.id,
                clause.basis.word(),
                clause.source.file,
                clause.source.line,
                f.pointer,
                f.expected,
                f.actual
            )
        });
        let text = findings.collect::<Vec<_>>().join("\n");
        match (verdict.outcome, verdict.level()) {
            (Outcome::Pass, _) => Ok(()),
            // A broken SHOULD is a warning; the snapshot trial shows what it answered.
            (Outcome::Fail, Some(Level::Should)) if verdict.reason.is_none() => Ok(()),
            (outcome, _) => {
                Err(format!("{}: {}\nthe target answered {saw}\n{text}", outcome.word(), verdict.note).into())
            }
        }
    }

    fn snapshot(&self, endpoint: usize) -> Result<String, Failed> {
        let Session { runtime, target, http, .. } = self.session()?;
        // The same cases run as trials of their own at the same time: other identities keep the two apart.
        let runner = self.runner(target, http, self.salt.wrapping_add(1 + endpoint as u64));
        let mut snapshot = Snapshot::default();
        let mut unclear = None;
        let mut journal = Journal::discard();
        let mut note = |event: Event| {
            if let Event::Case(record) = event {
                if record.reason.is_some() {
                    unclear.get_or_insert_with(|| format!("{}: {}", record.id, record.note));
                }
                snapshot.add(&record.id, &record.saw, &record.headers);
            }
        };
        runtime
            .block_on(runner.run(self.plan.cases_of(endpoint), &mut journal, &mut note))
            .map_err(|e| Failed::from(e.to_string()))?;
        match unclear {
            Some(why) => Err(format!("INCONCLUSIVE: {why}").into()),
            None => Ok(snapshot.text()),
        }
    }
}
