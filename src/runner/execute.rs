//! One case: its steps, its tries, its verdict.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::Runner;
use crate::behaviour::{Moment, World};
use crate::contract::behaviour::Source;
use crate::contract::{Act, Contract, Effect, Endpoint};
use crate::evidence::record::{Given, exchange_line};
use crate::evidence::{Aside, Grounds, Journal, JournalError, Part};
use crate::exchange::{Filling, Means, Prepared, Transport, fill, prepare};
use crate::judge;
use crate::model::case::Poll;
use crate::model::template::Keep;
use crate::model::{
    Case, CaseRecord, Edit, Expect, Hazard, Hole, Json, Observed, Outcome, Reason, Role, Step, Verdict, field,
};
use crate::plan::{KEY, freshen, isolation};

/// Tries of a case that ends inconclusively.
pub(super) const TRIES: u8 = 3;
/// Looks at a result that takes time.
const LOOKS: u32 = 10;
/// A `Retry-After` beyond this is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What running a case came to.
#[derive(Debug)]
pub(crate) struct Executed {
    pub(crate) verdict: Verdict,
    /// What else than exchanges the verdict rests on.
    pub(crate) grounds: Grounds,
    /// Exchanges of earlier tries and looks.
    pub(crate) earlier: Vec<Observed>,
    /// Exchanges of the last try.
    pub(crate) observed: Vec<Observed>,
    /// Exchanges that undid what the case made.
    pub(crate) after: Vec<Observed>,
    /// Evidence of every exchange, one JSON line each.
    pub(crate) lines: Vec<Vec<u8>>,
    /// What it brought into being.
    pub(crate) created: Vec<String>,
    /// The record and its line of evidence, once made.
    pub(crate) record: Option<(Arc<CaseRecord>, Vec<u8>)>,
}

impl Executed {
    /// A case that was not sent.
    pub(super) fn without(verdict: Verdict) -> Self {
        Self {
            grounds: given(&verdict),
            verdict,
            earlier: Vec::new(),
            observed: Vec::new(),
            after: Vec::new(),
            lines: Vec::new(),
            created: Vec::new(),
            record: None,
        }
    }

    /// Requests of all tries.
    pub(super) fn exchanges(&self) -> usize {
        self.earlier.len() + self.observed.len() + self.after.len()
    }

    /// Takes the verdict back: what was learnt since says that nothing can be said.
    pub(super) fn discount(&mut self, verdict: Verdict) {
        let ended = std::mem::take(&mut self.grounds.ended);
        self.grounds = Grounds { ended, ..given(&verdict) };
        self.verdict = verdict;
        self.record = None;
    }

    /// What the last exchange answered, or why there is none.
    pub(super) fn answered(&self, contract: &Contract) -> String {
        match self.observed.last() {
            Some(seen) => match &seen.answer {
                Ok(_) => judge::summary(seen, contract),
                Err(failure) => format!("no answer ({}: {})", failure.reason.word(), failure.detail),
            },
            None => self.verdict.note.clone(),
        }
    }

    /// Turns the exchanges into evidence lines.
    fn seal(&mut self, case: &str) {
        let parts = [(Part::Earlier, &self.earlier), (Part::Judged, &self.observed), (Part::After, &self.after)];
        let all = parts.iter().flat_map(|(part, list)| list.iter().map(|seen| (*part, seen)));
        self.lines = all.enumerate().map(|(step, (part, seen))| exchange_line(case, step, part, seen)).collect();
    }

    /// Writes exchanges that belong to no case of the plan.
    pub(super) fn log(&mut self, mut aside: Aside, journal: &mut Journal) -> Result<(), JournalError> {
        self.seal(&aside.case);
        aside.created.clone_from(&self.created);
        aside.grounds.clone_from(&self.grounds);
        journal.aside(&aside, std::mem::take(&mut self.lines))
    }
}

fn given(verdict: &Verdict) -> Grounds {
    let given = Given { outcome: verdict.outcome, reason: verdict.reason, note: verdict.note.clone() };
    Grounds { given: Some(given), ..Grounds::default() }
}

impl<T: Transport> Runner<T> {
    /// Runs a case until it is conclusive, at most [`TRIES`] times.
    pub(super) async fn execute(&self, case: &Case) -> Executed {
        let mut executed = self.once(case, 0, 0).await;
        let mut healthy_between = true;
        let mut tries = 1;
        let first = executed.verdict.reason;
        while tries < TRIES
            && executed.verdict.retryable()
            && case.hazard != Hazard::Money
            && worth_it(executed.verdict.reason)
            && self.hands().pools.has(case, usize::from(tries))
        {
            match executed.verdict.reason {
                Some(Reason::Http429) => tokio::time::sleep(retry_after(&executed.observed)).await,
                Some(Reason::IdentityTaken | Reason::PreconditionLost) => {}
                _ => {
                    tokio::time::sleep(Duration::from_millis(50 << tries)).await;
                    if let Some(canary) = self.plan.canary(case.endpoint) {
                        let probe = self.once(&canary, 1, tries).await;
                        let health = probe.observed.last().map(|seen| self.oracle.health(&canary, seen));
                        healthy_between &= health == Some(judge::Health::Good);
                        executed.earlier.extend(probe.observed);
                        executed.earlier.extend(probe.after);
                    }
                }
            }
            let mut again = self.once(case, 0, tries).await;
            let looks = std::mem::replace(&mut again.earlier, executed.earlier);
            again.earlier.append(&mut executed.observed);
            again.earlier.append(&mut executed.after);
            again.earlier.extend(looks);
            again.grounds.ended.append(&mut executed.grounds.ended);
            again.created.append(&mut executed.created);
            executed = again;
            tries += 1;
        }
        let same =
            executed.verdict.reason.filter(|r| executed.verdict.outcome == Outcome::Inconclusive && Some(*r) == first);
        if let Some(reason) = same.filter(|r| tries == TRIES && healthy_between && reproducible(*r)) {
            executed.verdict = self.oracle.reproducible(case, reason, usize::from(TRIES));
            executed.grounds.repeated = true;
        }
        executed.seal(&case.id);
        executed.record = Some(self.record(case, &executed));
        executed
    }

    /// Runs a case once; `round` keeps the identities of repeated canaries apart.
    pub(super) async fn once(&self, case: &Case, round: u64, attempt: u8) -> Executed {
        let contract = self.plan.contract();
        let catalogues = Arc::clone(&self.catalogues.read().unwrap_or_else(PoisonError::into_inner));
        let lent = match self.lend(case, attempt).await {
            Ok(lent) => lent,
            Err(verdict) => return Executed::without(verdict),
        };
        let now = self.ambient.now(&contract.zone);
        let mut run = Run {
            world: catalogues.world.clone().unwrap_or_else(|| World::new(Arc::clone(contract), false)),
            answers: Vec::new(),
            sent: Vec::new(),
            observed: Vec::with_capacity(case.steps.len()),
            looks: Vec::new(),
            created: Vec::new(),
        };
        let salt = self.ambient.salt() ^ round.wrapping_mul(0xd6e8_feb8_6659_fd93);
        let base = Filling {
            case: &case.id,
            step: 0,
            attempt,
            salt,
            answers: &[],
            sent: &[],
            catalogues: &catalogues.lists,
            fixtures: &contract.fixtures,
            handed: &lent.fixtures,
            now: &now,
        };
        for fixture in &case.fixtures {
            let (taken, serial) = base.taken(*fixture);
            run.world.plant(taken, serial, &now);
        }
        let mut verdict = None;
        let mut judged: Option<Case> = None;
        for (at, step) in case.steps.iter().enumerate() {
            let endpoint = &contract.endpoints[step.endpoint];
            let mut looks = 0;
            let accepted = loop {
                let request =
                    match self.request(step, &Filling { step: at, answers: &run.answers, sent: &run.sent, ..base }) {
                        Ok(request) => request,
                        Err((reason, why)) => {
                            verdict = Some(self.unmet(case, step, reason, why));
                            break None;
                        }
                    };
                if step.role != Role::Setup {
                    freshen(endpoint, &step.edits, &request.tree, &mut run.world);
                    let standing = run.world.standing(endpoint, &request.tree, &now);
                    let expect = isolation::expect(contract, step, &request.tree, &request.headers, &standing);
                    if expect != step.expect {
                        if case.steps.len() == 1 && !self.plan.borrows(step) {
                            verdict = Some(Verdict::broken(format!(
                                "the finished request is not the planned one: {expect:?} instead of {:?}",
                                step.expect
                            )));
                            break None;
                        }
                        // What the target gave earlier decides what the contract says: what is sent is judged as what it is.
                        judged.get_or_insert_with(|| case.clone()).steps[at].expect = expect;
                    }
                }
                if let Some(race) = case.race.as_ref().filter(|_| at + 1 == case.steps.len()) {
                    let mut requests = vec![request];
                    let from = Filling { step: at, answers: &run.answers, sent: &run.sent, ..base };
                    // The same body under times and numbers of their own; what could be made once can be made again.
                    requests.extend((1..race.copies).filter_map(|_| self.request(step, &from).ok()));
                    self.race(step, requests, attempt, &now, &mut run).await;
                    break Some(true);
                }
                let tree = request.tree.clone();
                let (mut seen, root) = self.send(request, attempt).await;
                let accepted = self.oracle.accepted(step.endpoint, &seen);
                self.learn(&mut run, step, (&tree, root.as_ref()), &mut seen, accepted, &now);
                let waits = step.poll.as_ref().filter(|poll| accepted && !arrived(poll, root.as_ref()));
                if let Some(poll) = waits {
                    looks += 1;
                    if looks < LOOKS && !self.stopped() {
                        run.looks.push(seen);
                        tokio::time::sleep(self.options.poll).await;
                        continue;
                    }
                    let why =
                        format!("{} still does not say {} after {LOOKS} looks", poll.path, poll.until.join(" or "));
                    verdict = Some(Verdict::inconclusive(Reason::FixtureMissing, why));
                }
                run.observed.push(seen);
                run.answers.push(root);
                run.sent.push(tree);
                break Some(accepted && waits.is_none());
            };
            let expect = judged.as_ref().map_or(&step.expect, |case| &case.steps[at].expect);
            let goes_on = match (step.role, expect) {
                // A sequence that was not answered as the model says leads nowhere that the model knows.
                (Role::Probe, Expect::Accept { .. }) | (Role::Setup | Role::Trial, _) => accepted == Some(true),
                (Role::Probe, Expect::Refuse { .. }) => accepted == Some(false),
                _ => accepted.is_some(),
            };
            if !goes_on {
                break;
            }
        }
        // What the case itself has brought to an end is left over no more.
        run.created.retain(|made| !gone(&run.world, made));
        let mut grounds = verdict.as_ref().map(given).unwrap_or_default();
        if let Some(judged) = &judged {
            let steps = case.steps.iter().zip(&judged.steps).enumerate();
            let other = steps.filter(|(_, (planned, judged))| planned.expect != judged.expect);
            grounds.expected = other.map(|(at, (_, judged))| (at, judged.expect.clone())).collect();
        }
        let verdict = verdict
            .unwrap_or_else(|| super::judge(&self.plan, &self.oracle, judged.as_ref().unwrap_or(case), &run.observed));
        let after = self.undo(case, &mut run, &base).await;
        grounds.ended = self.spoilt(case, &lent, &base, (&run.world, &now), &run.observed);
        Executed {
            verdict,
            grounds,
            earlier: run.looks,
            observed: run.observed,
            after,
            lines: Vec::new(),
            created: run.created,
            record: None,
        }
    }

    /// The request of a step, finished to the byte.
    pub(super) fn request(&self, step: &Step, from: &Filling<'_>) -> Result<Prepared, (Reason, String)> {
        self.finished(step, self.plan.bind(step, &mut |hole| fill(hole, from))?)
    }

    /// The request of a step with this body.
    pub(super) fn finished(&self, step: &Step, tree: Json) -> Result<Prepared, (Reason, String)> {
        let contract = self.plan.contract();
        let means = Means {
            target: &self.access.target,
            credentials: &self.access.credentials,
            second: self.access.second.as_ref(),
            keys: self.access.keys.as_ref(),
            encrypt: self.access.encrypt,
            ambient: &self.ambient,
        };
        prepare(&contract.endpoints[step.endpoint].wire, tree, step, &means)
    }

    /// Sends requests at once; what the winner made is learnt.
    async fn race(&self, step: &Step, requests: Vec<Prepared>, attempt: u8, now: &Moment, run: &mut Run) {
        for _ in &requests {
            self.limiter.wait().await;
        }
        let sent = requests.into_iter().map(|request| async {
            let tree = request.tree.clone();
            (tree, self.send_now(request, attempt).await)
        });
        for (tree, (mut seen, root)) in join_all(sent).await {
            if self.oracle.accepted(step.endpoint, &seen) {
                self.learn(run, step, (&tree, root.as_ref()), &mut seen, true, now);
                // What one copy shows of another's doing is not known to be before or after it.
                seen.facts.clear();
            }
            run.observed.push(seen);
        }
    }

    pub(super) async fn send(&self, request: Prepared, attempt: u8) -> (Observed, Option<Json>) {
        self.limiter.wait().await;
        self.send_now(request, attempt).await
    }

    async fn send_now(&self, request: Prepared, attempt: u8) -> (Observed, Option<Json>) {
        let start = Instant::now();
        let result = self.transport.send(&request).await;
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.redactor.observe(request, result, self.access.keys.as_ref(), micros, attempt)
    }

    /// Takes an exchange into the world and the ledger.
    fn learn(
        &self,
        run: &mut Run,
        step: &Step,
        (tree, root): (&Json, Option<&Json>),
        seen: &mut Observed,
        accepted: bool,
        now: &Moment,
    ) {
        let endpoint = &self.plan.contract().endpoints[step.endpoint];
        let nothing = Json::Object(Vec::new());
        match &seen.answer {
            Ok(_) if accepted => {
                let answer = root.unwrap_or(&nothing);
                seen.facts = run.world.facts(endpoint, tree, answer);
                run.world.apply(endpoint, tree, answer, run.sent.len(), now);
                run.created.extend(keys(self.plan.contract(), endpoint, (tree, answer)));
            }
            Ok(_) => {
                seen.facts = run.world.facts_of_refusal(endpoint, tree);
                if let Some(code) = self.oracle.code(seen) {
                    run.world.refused(endpoint, tree, &code);
                }
            }
            // Without an answer nobody knows: it is listed, with the key unknown.
            Err(_) => run.created.extend(
                endpoint
                    .effects
                    .iter()
                    .filter(|e| e.act == Act::Create && e.only_if.is_none() && lasts(self.plan.contract(), e))
                    .map(|e| format!("{} unknown", e.resource)),
            ),
        }
    }

    /// What a case comes to whose request can't be made.
    fn unmet(&self, case: &Case, step: &Step, reason: Reason, why: String) -> Verdict {
        let contract = self.plan.contract();
        let read = |resource: &str| {
            let known = self.catalogues.read().unwrap_or_else(PoisonError::into_inner);
            known.lists.get(resource).is_some_and(Result::is_ok)
        };
        // What the target need not have: another entry of a list, an optional member of an answer.
        let optional = |hole: &Hole| {
            let (step, path) = match hole {
                Hole::Listed { .. } => return true,
                Hole::Catalogue { resource, keep: Keep::Others, .. } => return read(resource),
                Hole::Answer { step, path } => (step, path),
                _ => return false,
            };
            let response = &contract.endpoints[case.steps[*step].endpoint].response;
            let mut place = String::new();
            path.split('.').any(|part| {
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(part);
                field::find(response, &place).is_some_and(|f| !f.required())
            })
        };
        let borrows = |edit: &Edit| matches!(edit, Edit::Set(_, value) if value.any(&optional));
        if reason == Reason::FixtureMissing && step.edits.iter().any(borrows) {
            // That the target does not have it is no breach; the case has nothing to work with.
            return Verdict {
                outcome: Outcome::NotApplicable,
                reason: None,
                note: format!("{why}, and no contract says that it must: a profile's fixture can take its place"),
                findings: Vec::new(),
                held: Vec::new(),
            };
        }
        Verdict::inconclusive(reason, why)
    }

    /// Undoes what the case made, as far as the contract has an undo; nobody judges it.
    async fn undo(&self, case: &Case, run: &mut Run, base: &Filling<'_>) -> Vec<Observed> {
        let mut after = Vec::new();
        for (at, step) in case.undo.iter().enumerate() {
            let from = Filling { step: case.steps.len() + at, answers: &run.answers, sent: &run.sent, ..*base };
            // What was not made needs no undoing.
            let Ok(request) = self.request(step, &from) else { continue };
            let tree = request.tree.clone();
            let (seen, _) = self.send(request, 0).await;
            if self.oracle.accepted(step.endpoint, &seen) {
                let endpoint = &self.plan.contract().endpoints[step.endpoint];
                for effect in endpoint.effects.iter().filter(|e| matches!(e.act, Act::Update | Act::Delete)) {
                    let key =
                        effect.by.as_ref().and_then(|path| tree.at(path)).and_then(Json::scalar).unwrap_or_default();
                    let made = format!("{} {}", effect.resource, key.chars().take(KEY).collect::<String>());
                    run.created.retain(|c| *c != made);
                }
            }
            after.push(seen);
        }
        after
    }
}

/// What a case has come to while it runs.
struct Run {
    world: World,
    answers: Vec<Option<Json>>,
    sent: Vec<Json>,
    observed: Vec<Observed>,
    /// Looks at a result that was not there yet.
    looks: Vec<Observed>,
    created: Vec<String>,
}

fn arrived(poll: &Poll, answer: Option<&Json>) -> bool {
    answer.and_then(|a| a.at(&poll.path)).and_then(Json::scalar).is_some_and(|v| poll.until.iter().any(|u| u == v))
}

/// True if the world knows that what the ledger names has left.
fn gone(world: &World, made: &str) -> bool {
    let Some((name, key)) = made.split_once(' ') else { return false };
    let Some(resource) = world.resource(name) else { return false };
    world.left(resource, key)
}

/// What does not live long needs no ledger.
fn lasts(contract: &Contract, effect: &Effect) -> bool {
    !contract.resources.iter().any(|r| r.name == effect.resource && r.fleeting)
}

fn keys(contract: &Contract, endpoint: &Endpoint, (request, answer): (&Json, &Json)) -> Vec<String> {
    let made = endpoint.effects.iter().filter(|e| e.act == Act::Create && lasts(contract, e)).filter_map(|effect| {
        let (table, body, path) = match effect.key.as_ref()? {
            Source::Response(path) => (&endpoint.response, answer, path),
            Source::Request(path) => (&endpoint.request, request, path),
            _ => return None,
        };
        let key = body.at(path)?.scalar()?;
        let secret = field::find(table, path).is_some_and(|f| f.secret.is_some());
        Some((&effect.resource, if secret { "(secret)" } else { key }))
    });
    // A key of absurd length is recognised by its beginning; evidence holds it whole.
    made.map(|(resource, key)| format!("{resource} {}", key.chars().take(KEY).collect::<String>())).collect()
}

/// Trying again can't help against what is missing on our own side.
fn worth_it(reason: Option<Reason>) -> bool {
    !matches!(reason, Some(Reason::FixtureMissing | Reason::CanaryFailed | Reason::Connect | Reason::Dns | Reason::Tls))
}

/// What becomes a finding if it repeats while known-good requests pass.
fn reproducible(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Gateway
            | Reason::Timeout
            | Reason::Reset
            | Reason::TruncatedBody
            | Reason::OverCap
            | Reason::BadHttpHead
            | Reason::BadChunk
    )
}

fn retry_after(observed: &[Observed]) -> Duration {
    let answer = observed.last().and_then(|seen| seen.answer.as_ref().ok());
    let seconds = answer.and_then(|a| a.header("retry-after")).and_then(|v| v.trim().parse::<u64>().ok());
    Duration::from_secs(seconds.unwrap_or(1)).min(PATIENCE)
}
