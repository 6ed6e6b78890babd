//! Runs a plan against a target: batches between canaries, bounded concurrency and rate, retries, confirmation.
//!
//! Emits [`Event`]s and writes evidence; knows no report format, reads no environment. Memory is bounded by a batch,
//! whatever the number of cases.

pub mod accepted;
mod ask;
mod canary;
mod catalogue;
mod execute;
mod executed;
mod forecast;
mod lend;
mod limiter;
mod patience;
mod pools;
mod record;
pub mod rejudge;
mod send;
mod session;
mod shrink;
pub mod summary;
mod tally;
mod written;

use std::collections::VecDeque;
use std::iter::Peekable;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::sync::mpsc;

pub use accepted::Accepted;
pub use ask::{Served, Undone};
pub use forecast::{Forecast, Records};
pub use pools::{Need, Pools};
pub use rejudge::{Difference, Refold, Rejudged, rejudge};
pub use tally::{Found, Tally};

use crate::contract::Contract;
use crate::crypto::Keys;
use crate::evidence::{Aside, Journal, JournalError, Why};
use crate::exchange::{Ambient, Redactor, Target, Transport};
use crate::judge::{self, Oracle};
use crate::model::wire::{Credentials, Encrypt};
use crate::model::{Case, Confirmed, Event, Family, Hazard, Json, Observed, Outcome, Reason, Verdict};
use crate::plan::Plan;
use canary::Sick;
use catalogue::Known;
use executed::Executed;
use lend::{CONFIRMING, Hands};
use limiter::Limiter;
use session::Sessions;
use written::Written;

/// How long a batch starts cases, so that what was sent is soon in the evidence.
const SPAN: Duration = Duration::from_secs(1);
/// At a slow target a batch starts cases for so many times what its last canary took.
const ANSWERS: u32 = 20;
/// Time that a run spends on making failures smaller; those that are left stand as they were drawn.
const SHRINKING: Duration = Duration::from_mins(5);

/// How to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Requests under way at once.
    pub jobs: usize,
    /// Requests a second at most; none means no limit.
    pub rate: Option<u32>,
    /// Cases between two canaries at most; those of a slow target are fewer.
    pub batch: usize,
    /// Stop after this many failing cases; none means never.
    pub max_failures: Option<u64>,
    /// Findings at SHOULD fail too.
    pub fail_on_should: bool,
    /// Run the smallest case of each finding once more.
    pub confirm: bool,
    /// Wait between two looks at a result that takes time.
    pub poll: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            jobs: 16,
            rate: None,
            batch: 256,
            max_failures: None,
            fail_on_should: false,
            confirm: true,
            poll: Duration::from_secs(2),
        }
    }
}

/// How far a run is, to be looked at while it runs.
#[derive(Debug, Default)]
pub struct Live {
    done: AtomicU64,
    failing: AtomicU64,
}

impl Live {
    /// Cases that have a verdict, and those among them that break a clause. A canary that fails later may still take some back.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.failing.load(Ordering::Relaxed))
    }

    fn add(&self, verdict: &Verdict) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.failing.fetch_add(u64::from(verdict.outcome == Outcome::Fail), Ordering::Relaxed);
    }
}

/// Everything a run needs.
#[derive(Debug)]
pub struct Runner<T> {
    plan: Plan,
    oracle: Oracle,
    transport: T,
    access: Access,
    ambient: Ambient,
    redactor: Redactor,
    options: Options,
    limiter: Limiter,
    written: Written,
    stop: Arc<AtomicBool>,
    live: Arc<Live>,
    catalogues: RwLock<Arc<Known>>,
    accepted: Arc<Accepted>,
    hands: OnceLock<Hands>,
    sessions: Sessions,
}

/// Where requests go, and what they are signed and encrypted with.
#[derive(Clone, Debug)]
pub struct Access {
    /// The target.
    pub target: Target,
    /// Who calls.
    pub credentials: Credentials,
    /// Another actor whom the target knows, if there is one.
    pub second: Option<Credentials>,
    /// Keys for encrypted bodies, if there are any.
    pub keys: Option<Keys>,
    /// Which bodies are encrypted.
    pub encrypt: Encrypt,
}

/// What no answer may show: the callers' credentials.
fn secrets<'a>(contract: &'a Contract, access: &'a Access) -> impl Iterator<Item = (&'a str, &'a str)> {
    let actors = std::iter::once(&access.credentials).chain(&access.second);
    let hidden = |name: &str| contract.credentials.iter().any(|c| c.name == name && c.secret);
    actors.flatten().filter(move |(name, _)| hidden(name)).map(|(name, secret)| (name.as_str(), secret.reveal()))
}

/// Cases in their order: those that a batch has not come to, then those that are still to be planned.
struct Queue<I: Iterator<Item = Case>> {
    left: VecDeque<Case>,
    cases: Peekable<I>,
}

impl<I: Iterator<Item = Case>> Queue<I> {
    fn peek(&mut self) -> Option<&Case> {
        self.left.front().or_else(|| self.cases.peek())
    }

    fn next_if(&mut self, fits: &dyn Fn(&Case) -> bool) -> Option<Case> {
        match self.left.front() {
            Some(case) => fits(case).then(|| self.left.pop_front()).flatten(),
            None => self.cases.next_if(|case| fits(case)),
        }
    }
}

/// A batch and what its cases came to.
type Settled = (Arc<Vec<Case>>, Vec<Executed>);

/// Judges a case. Where no known-good request of its endpoint can be made, nothing vouches for that endpoint: an answer as of a
/// server that does not have it says nothing of the case.
fn judge(plan: &Plan, oracle: &Oracle, case: &Case, observed: &[Observed]) -> Verdict {
    let contract = plan.contract();
    let endpoint = &contract.endpoints[case.endpoint];
    let missing = observed.iter().find(|s| *s.endpoint == *endpoint.id && judge::not_served(contract, s));
    match missing {
        Some(seen) if plan.canary(case.endpoint).is_none_or(|canary| canary.endpoint != case.endpoint) => {
            let how = judge::summary(seen, contract);
            Verdict::inconclusive(Reason::NotServed, format!("{} is not served: it got {how}", endpoint.id))
        }
        _ => oracle.judge(case, observed),
    }
}

/// What a panic says.
fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message").to_owned()
}

impl<T: Transport> Runner<T> {
    /// A runner; `stop` ends it between two requests.
    #[must_use]
    pub fn new(
        plan: Plan,
        transport: T,
        access: Access,
        ambient: Ambient,
        options: Options,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            oracle: Oracle::new(Arc::clone(plan.contract())),
            redactor: Redactor::new(secrets(plan.contract(), &access), plan.contract().bins())
                .reading(transport.most()),
            limiter: Limiter::new(options.rate),
            written: Written::default(),
            plan,
            transport,
            access,
            ambient,
            options,
            stop,
            live: Arc::default(),
            catalogues: RwLock::default(),
            accepted: Arc::default(),
            hands: OnceLock::new(),
            sessions: Sessions::default(),
        }
    }

    /// The same, with the profile's fixtures shared out among the cases of this run; else they are among all cases of the plan. `gone`
    /// are fixtures that the part of the run before has ended without a plan, each with the case that did.
    #[must_use]
    pub fn sharing(mut self, pools: Pools, gone: &[(usize, String)]) -> Self {
        self.hands = OnceLock::from(Hands::new(pools, gone));
        self
    }

    /// The same, after these requests of an earlier part of the run, each with its endpoint: what answers show of them is its own.
    #[must_use]
    pub fn remembering(self, doubtful: &[(usize, Json)]) -> Self {
        for (endpoint, request) in doubtful {
            self.written.begin(&self.plan.contract().endpoints[*endpoint], request);
        }
        self
    }

    /// The same, after a part of the run that was killed, and had sent requests that its evidence does not have.
    #[must_use]
    pub fn after_a_kill(mut self) -> Self {
        self.written.lost_some(self.plan.contract());
        self
    }

    /// The same, with findings that do not fail it.
    #[must_use]
    pub fn accepting(mut self, accepted: Arc<Accepted>) -> Self {
        self.accepted = accepted;
        self
    }

    /// How far it is.
    #[must_use]
    pub fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live)
    }

    /// What carries the requests.
    #[must_use]
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Runs the cases in order; `emit` hears of each as its batch ends.
    ///
    /// # Errors
    /// [`JournalError`] if evidence can't be written; what was learnt until then is lost with it.
    pub async fn run(
        self: &Arc<Self>,
        cases: impl Iterator<Item = Case>,
        journal: &mut Journal,
        emit: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Tally, JournalError> {
        let tally = Tally::new(Arc::clone(self.plan.contract()), Arc::clone(&self.accepted));
        self.go_on(tally, cases, journal, emit).await
    }

    /// Goes on with what a run has come to already: `cases` are those that it has not run.
    ///
    /// # Errors
    /// [`JournalError`] as for [`Runner::run`].
    pub async fn go_on(
        self: &Arc<Self>,
        mut tally: Tally,
        cases: impl Iterator<Item = Case>,
        journal: &mut Journal,
        emit: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Tally, JournalError> {
        let started = Instant::now();
        self.read_catalogues(&mut tally, journal).await?;
        let mut cases = Queue { left: VecDeque::new(), cases: cases.peekable() };
        let mut span = SPAN;
        let mut healthy_before: Option<usize> = None;
        let mut outage: Option<(u32, Sick)> = None;
        // What a batch came to is written while the next one runs, unless a failure in it may end the run.
        let mut settled: Option<Settled> = None;
        loop {
            let batch = Arc::new(self.next_batch(&mut cases));
            let Some(endpoint) = batch.first().map(|case| case.endpoint) else { break };
            let before = match &outage {
                // Down twice in a row: the rest would only wait for the same silence.
                Some((2.., sick)) => Err(Sick { given_up: true, ..sick.clone() }),
                _ if healthy_before == Some(endpoint) => Ok(()),
                _ => self.canary(endpoint, &mut tally, journal).await?,
            };
            outage = match &before {
                Err(sick) if sick.down => Some((outage.map_or(1, |(times, _)| times + 1), sick.clone())),
                _ => None,
            };
            let mut done = match &before {
                Ok(()) => {
                    // Where failures may end the run, how many cases it has is no matter of time.
                    let until = self.options.max_failures.is_none().then(|| Instant::now() + span);
                    let running = self.start(&batch, until);
                    if let Some(settled) = settled.take() {
                        self.settle(settled, &mut tally, journal, emit)?;
                    }
                    Self::collect(running).await
                }
                Err(sick) => self.sick_batch(&batch, sick).await,
            };
            if let Some(settled) = settled.take() {
                self.settle(settled, &mut tally, journal, emit)?;
            }
            healthy_before = None;
            cases.left.extend(batch.iter().skip(done.len()).cloned());
            if before.is_ok() && !self.stopped() {
                let asked = Instant::now();
                match self.canary(endpoint, &mut tally, journal).await? {
                    Ok(()) => {
                        healthy_before = Some(endpoint);
                        span = SPAN.max(asked.elapsed() * ANSWERS);
                    }
                    Err(sick) => {
                        for executed in &mut done {
                            executed.discount(sick.verdict());
                        }
                    }
                }
            }
            settled = Some((batch, done));
            if self.options.max_failures.is_some() || self.stopped() {
                if let Some(settled) = settled.take() {
                    self.settle(settled, &mut tally, journal, emit)?;
                }
                let enough =
                    self.options.max_failures.is_some_and(|max| tally.failing(self.options.fail_on_should) >= max);
                if enough || self.stopped() {
                    tally.partial = self.stopped() || cases.peek().is_some();
                    break;
                }
            }
        }
        if let Some(settled) = settled.take() {
            self.settle(settled, &mut tally, journal, emit)?;
        }
        if self.options.confirm && !self.stopped() {
            self.confirm(&mut tally, journal).await?;
        }
        tally.millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(tally)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The next cases of one endpoint.
    fn next_batch(&self, cases: &mut Queue<impl Iterator<Item = Case>>) -> Vec<Case> {
        let kind = |case: &Case| (case.endpoint, case.family == Family::Hostile);
        let Some(first) = cases.peek().map(kind) else { return Vec::new() };
        let mut batch = Vec::with_capacity(self.options.batch);
        while batch.len() < self.options.batch {
            // Hostile bytes have a batch, and so a canary after them, of their own.
            match cases.next_if(&|case| kind(case) == first) {
                Some(case) => batch.push(case),
                None => break,
            }
        }
        batch
    }

    /// Writes, counts and tells what a batch came to.
    fn settle(
        &self,
        (batch, done): Settled,
        tally: &mut Tally,
        journal: &mut Journal,
        emit: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), JournalError> {
        for (case, mut executed) in batch.iter().zip(done) {
            if executed.record.is_none() {
                executed.record = Some(self.record(case, &executed));
            }
            if let Some((record, line)) = executed.record.take() {
                journal.case(line, std::mem::take(&mut executed.lines))?;
                tally.add(case, &executed, &record);
                emit(Event::Case(record));
            }
        }
        Ok(())
    }

    /// Starts a batch on `jobs` tasks; after `until` none of them begins another case.
    fn start(
        self: &Arc<Self>,
        batch: &Arc<Vec<Case>>,
        until: Option<Instant>,
    ) -> mpsc::UnboundedReceiver<(usize, Executed)> {
        let next = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = mpsc::unbounded_channel();
        for _ in 0..self.options.jobs.clamp(1, batch.len().max(1)) {
            let (this, batch, next, tx) = (Arc::clone(self), Arc::clone(batch), Arc::clone(&next), tx.clone());
            tokio::spawn(async move {
                // Sent in one go: a message for each would wake the receiver as often.
                let mut own = Vec::new();
                // A case that was taken is run to its end: what was not taken is the end of the batch, and is not recorded.
                while !this.stopped() && (own.is_empty() || until.is_none_or(|until| Instant::now() < until)) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= batch.len() {
                        break;
                    }
                    let executed = this.execute_caught(&batch[at]).await;
                    this.live.add(&executed.verdict);
                    own.push((at, executed));
                }
                for one in own {
                    if tx.send(one).is_err() {
                        break;
                    }
                }
            });
        }
        rx
    }

    /// Runs one case of a batch; a panic makes it BROKEN and ends nothing else.
    async fn execute_caught(&self, case: &Case) -> Executed {
        let executed = AssertUnwindSafe(self.execute(case)).catch_unwind().await;
        executed.unwrap_or_else(|panic| Executed::without(execute::broken_by(&*panic)))
    }

    /// Waits for a batch; answers in its order, up to the last case that was run.
    async fn collect(mut running: mpsc::UnboundedReceiver<(usize, Executed)>) -> Vec<Executed> {
        let mut done: Vec<Option<Executed>> = Vec::new();
        while let Some((at, executed)) = running.recv().await {
            if done.len() <= at {
                done.resize_with(at + 1, || None);
            }
            done[at] = Some(executed);
        }
        // Only a runtime that ends loses one.
        let lost = || Executed::without(Verdict::broken("the case's task ended without a result"));
        done.into_iter().map(|d| d.unwrap_or_else(lost)).collect()
    }

    /// Takes in an exchange beside the plan. That it was refused is no finding by itself: it may need credentials or
    /// fixtures. What its answer promises is judged like any other.
    fn aside(
        aside: Aside,
        case: &Case,
        executed: &mut Executed,
        tally: &mut Tally,
        journal: &mut Journal,
    ) -> Result<(), JournalError> {
        executed.log(aside, journal)?;
        tally.beside(case, executed);
        Ok(())
    }

    /// Runs the smallest case of each finding once more.
    async fn confirm(&self, tally: &mut Tally, journal: &mut Journal) -> Result<(), JournalError> {
        let mut shrinking = Duration::ZERO;
        for at in 0..tally.found.len() {
            let found = &tally.found[at];
            let done = found.confirmed != Confirmed::NotRerun;
            if done || found.case.hazard == Hazard::Money || found.run_level || self.stopped() {
                continue;
            }
            let case = Arc::clone(&found.case);
            // Without a fixture of its own it would find used up what the first run of it has ended.
            if !self.hands().pools.has(&case, pools::CONFIRMATION) {
                continue;
            }
            // It is confirmed the way it was found: what took several tries to show takes as many to show again.
            // Several findings may have one case: each second run of it has an identity of its own.
            let round = at as u64;
            let once = self.once(&case, round, CONFIRMING, true).await;
            let mut executed = self.persist(&case, once, round).await;
            executed.log(Aside::about(Why::Confirm, &case.id, at, None), journal)?;
            let again = tally.confirm(at, &executed);
            // Each smaller form of a case that ends a fixture would end another one.
            if again && case.draw.is_some() && shrinking < SHRINKING && !self.hands().pools.ends(&case) {
                let start = Instant::now();
                self.shrink(at, tally, journal).await?;
                shrinking += start.elapsed();
            }
        }
        Ok(())
    }

    /// Runs one case with its exchanges for showing; [`Runner::prime`] comes first.
    pub async fn once_more(&self, case: &Case) -> (Verdict, Vec<Observed>) {
        let executed = self.execute(case).await;
        (executed.verdict, executed.observed)
    }

    /// Runs one case a single time, without another try whatever it comes to.
    pub async fn single(&self, case: &Case) -> (Verdict, Vec<Observed>) {
        let executed = self.settled(case, 0).await;
        (executed.verdict, executed.observed)
    }
}
