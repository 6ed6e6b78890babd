//! One case: its steps, its tries, its verdict.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::executed::{Executed, given};
use super::patience::asked;
use super::send::{ASKINGS, UNDOINGS};
use super::{Runner, panic_message};
use crate::behaviour::{Moment, World};
use crate::contract::behaviour::Source;
use crate::contract::{Act, Contract, Effect, Endpoint};
use crate::crypto;
use crate::exchange::{Filling, Prepared, Transport, fill};
use crate::judge;
use crate::judge::Health;
use crate::model::case::{Poll, Until};
use crate::model::observed::Answer;
use crate::model::template::Keep;
use crate::model::{Case, Edit, Expect, Hazard, Hole, Json, Observed, Outcome, Reason, Role, Step, Verdict, field};
use crate::plan::{KEY, freshen, isolation};

/// Tries of a case that ends inconclusively.
pub(super) const TRIES: u8 = 3;
/// Times that requests are sent at once to a target that is too busy for some of them.
const RACES: u8 = 6;
/// Looks at a result that takes time.
const LOOKS: u32 = 10;
impl<T: Transport> Runner<T> {
    /// Runs a case until it is conclusive, at most [`TRIES`] times.
    pub(super) async fn execute(&self, case: &Case) -> Executed {
        let first = self.settled(case, 0).await;
        let mut executed = self.persist(case, first, 0).await;
        executed.seal(&case.id);
        executed.record = Some(self.record(case, &executed));
        executed
    }

    /// Tries a case again until it is conclusive, at most [`TRIES`] times with the first one. Where each try ends in the same gateway error
    /// or in no answer, and known-good requests between them are answered, that is the target's answer to this case.
    pub(super) async fn persist(&self, case: &Case, mut executed: Executed, round: u64) -> Executed {
        let mut attempt = executed.observed.last().map_or(0, |seen| seen.attempt);
        let mut healthy_between = true;
        let mut tries = 1;
        let first = (executed.verdict.reason, executed.observed.len());
        // Of requests that are sent at once none can be sent again alone: where the target was too busy for one, all are.
        let busy = |executed: &Executed| case.race.is_some() && executed.verdict.reason == Some(Reason::Http429);
        while tries < if busy(&executed) { RACES } else { TRIES }
            && executed.verdict.retryable()
            && self.worth_it(case, &executed)
            && self.has_fixtures(case, attempt + 1)
        {
            attempt += 1;
            // What was asked for has been waited for, and another identity needs no wait.
            if busy(&executed) {
                tokio::time::sleep(Duration::from_millis(100 << tries)).await;
            }
            let at_once = [Reason::IdentityTaken, Reason::PreconditionLost, Reason::Http429];
            if executed.verdict.reason.is_none_or(|reason| !at_once.contains(&reason)) {
                let answer = executed.observed.last().and_then(|seen| seen.answer.as_ref().ok());
                let told = answer.filter(|a| a.header("retry-after").is_some());
                let wait = told.and_then(|a| asked(a, 0, self.ambient.utc()));
                tokio::time::sleep(wait.unwrap_or_default().max(Duration::from_millis(50 << tries))).await;
                healthy_between &= self.healthy_between(case, round, attempt, &mut executed).await;
            }
            // What was used before may be closed by the other side at any moment: from here on that must not be the reason.
            let again = self.once(case, round, attempt, true).await;
            executed.again(again);
            tries += 1;
        }
        let reason = executed.verdict.reason.filter(|_| executed.verdict.outcome == Outcome::Inconclusive);
        let same = reason.filter(|r| (Some(*r), executed.observed.len()) == first);
        let at = executed.observed.len().saturating_sub(1).min(case.steps.len() - 1);
        let probed = case.steps[at].role != Role::Setup;
        if let Some(reason) = same.filter(|r| tries == TRIES && healthy_between && probed && reproducible(*r)) {
            executed.verdict =
                self.oracle.reproducible(case, at, (reason, executed.observed.last()), usize::from(TRIES));
            executed.grounds.repeated = true;
        }
        executed
    }

    /// Runs a case once; begun anew on fresh connections if it got no answer on one that may have been used before, since the other
    /// side may have closed that one just then.
    pub(super) async fn settled(&self, case: &Case, round: u64) -> Executed {
        let mut executed = self.once(case, round, 0, false).await;
        if executed.silent() && !executed.spent && !self.stopped() && self.has_fixtures(case, 1) {
            let again = self.once(case, round, 1, true).await;
            executed.again(again);
        }
        executed
    }

    /// A known-good request before this try; true if it shows a healthy target.
    async fn healthy_between(&self, case: &Case, round: u64, attempt: u8, executed: &mut Executed) -> bool {
        // Looking for health moves no money.
        if case.hazard == Hazard::Money {
            return false;
        }
        let Some(canary) = self.plan.canary(case.endpoint) else { return true };
        // Two cases that are tried again at once must not share an identity.
        let probe = self.once(&canary, round_of(&case.id) ^ round, attempt, true).await;
        let last = probe.observed.last().filter(|_| probe.verdict.outcome != Outcome::Broken);
        let health = last.map(|seen| self.oracle.health(&canary, seen));
        let healthy = match health {
            Some(Health::Good) => true,
            // That an identity is taken is well answered.
            Some(Health::Refusing { .. }) => last.is_some_and(|seen| self.oracle.taken(canary.endpoint, seen)),
            _ => false,
        };
        executed.earlier.extend(probe.earlier);
        executed.earlier.extend(probe.observed);
        executed.earlier.extend(probe.after);
        executed.created.extend(probe.created);
        healthy
    }

    /// True if the case has fixtures of its own for this try, where it ends them.
    fn has_fixtures(&self, case: &Case, attempt: u8) -> bool {
        let pools = &self.hands().pools;
        !pools.ends(case) || (attempt < TRIES && pools.has(case, usize::from(attempt)))
    }

    /// True if another try can help, and is allowed.
    fn worth_it(&self, case: &Case, executed: &Executed) -> bool {
        let last = executed.observed.last();
        let repeated = last.is_some_and(|seen| {
            let step = case.steps.get(executed.observed.len() - 1);
            // It was sent again as often as anybody can ask for.
            seen.answer.as_ref().is_ok_and(Answer::undone) && step.is_some_and(|step| repeatable(case, step))
        });
        let hopeless = matches!(
            executed.verdict.reason,
            Some(Reason::FixtureMissing | Reason::CanaryFailed | Reason::Connect | Reason::Dns | Reason::Tls)
        ) || executed.verdict.reason.is_some_and(Reason::between);
        !repeated && !hopeless && !executed.spent && !self.stopped()
    }

    /// Runs a case once; `round` keeps the identities of repeated canaries apart, `fresh` uses no connection twice. A panic makes
    /// the case BROKEN, whoever had it run.
    pub(super) async fn once(&self, case: &Case, round: u64, attempt: u8, fresh: bool) -> Executed {
        let calls = AssertUnwindSafe(self.calls(case, round, attempt, fresh));
        calls.catch_unwind().await.unwrap_or_else(|panic| Executed::without(broken_by(&*panic)))
    }

    async fn calls(&self, case: &Case, round: u64, attempt: u8, fresh: bool) -> Executed {
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
            made: None,
            judged: None,
            observed: Vec::with_capacity(case.steps.len()),
            looks: Vec::new(),
            created: Vec::new(),
            spent: false,
        };
        let salt = self.ambient.salt() ^ round.wrapping_mul(0xd6e8_feb8_6659_fd93);
        let own = Filling::first(&case.id, salt, &catalogues.lists, &now);
        let base = Filling { attempt, fixtures: &contract.fixtures, handed: &lent.fixtures, ..own };
        for fixture in &case.fixtures {
            let (taken, serial) = base.taken(*fixture);
            run.world.plant(taken, serial, &now);
        }
        let how = How { attempt, fresh, now: &now, base: &base };
        let verdict = self.steps(case, &how, &mut run).await;
        // What the case itself has brought to an end is left over no more.
        run.created.retain(|made| !gone(&run.world, made));
        // What was sent and what it has left at the target must be known even if it can't be judged.
        let judge = || super::judge(&self.plan, &self.oracle, run.judged.as_ref().unwrap_or(case), &run.observed);
        let told = catch_unwind(AssertUnwindSafe(judge)).unwrap_or_else(|panic| broken_by(&*panic));
        // A case that can't go on may have shown by then what is wrong, and that may be why it can't.
        let given_up = verdict.filter(|v| v.outcome == Outcome::Broken || told.findings.is_empty());
        let mut grounds = given_up.as_ref().map(given).unwrap_or_default();
        let mut verdict = given_up.unwrap_or(told);
        if let Some(judged) = &run.judged {
            let steps = case.steps.iter().zip(&judged.steps).enumerate();
            let other = steps.filter(|(_, (planned, judged))| planned.expect != judged.expect);
            grounds.expected = other.map(|(at, (_, judged))| (at, judged.expect.clone())).collect();
        }
        if verdict.outcome == Outcome::Broken {
            grounds = given(&verdict);
        }
        let mut after = Vec::new();
        if let Some(told) = self.look_up(case, &run, &base, &mut after).await.filter(|_| verdict.findings.is_empty()) {
            verdict.note = format!("{}; {told}", verdict.note);
            grounds = given(&verdict);
        }
        self.undo(case, &mut run, &base, &mut after).await;
        grounds.ended = self.spoilt(case, &lent, &base, (&run.world, &now), &run.observed);
        Executed {
            verdict,
            grounds,
            earlier: run.looks,
            observed: run.observed,
            after,
            lines: Vec::new(),
            created: run.created,
            spent: run.spent,
            record: None,
        }
    }

    /// Makes the calls of a case until one is not answered as the next one needs it; the verdict is that no more could be made.
    async fn steps(&self, case: &Case, how: &How<'_>, run: &mut Run) -> Option<Verdict> {
        for (at, step) in case.steps.iter().enumerate() {
            let accepted = match self.step(case, at, how, run).await {
                Ok(accepted) => accepted,
                Err(verdict) => return Some(*verdict),
            };
            let goes_on = match (step.role, run.expect(case, at)) {
                // A sequence that was not answered as the model says leads nowhere that the model knows.
                (Role::Probe, Expect::Accept { .. }) | (Role::Setup | Role::Trial, _) => accepted,
                (Role::Probe, Expect::Refuse { .. }) => !accepted,
                _ => true,
            };
            if !goes_on {
                break;
            }
        }
        None
    }

    /// Makes one call, again where the target asks for it or where a result takes time; true if it was accepted.
    async fn step(&self, case: &Case, at: usize, how: &How<'_>, run: &mut Run) -> Result<bool, Box<Verdict>> {
        let step = &case.steps[at];
        let endpoint = &self.plan.contract().endpoints[step.endpoint];
        let (mut looks, mut askings, mut renewed) = (0, 0, false);
        loop {
            let from = Filling { step: at, answers: &run.answers, sent: &run.sent, ..*how.base };
            let request = self.request(step, &from, run.made.as_deref(), &mut run.looks).await;
            let mut request = request.map_err(|(reason, why)| Box::new(self.unmet(case, step, reason, why)))?;
            if step.role != Role::Setup {
                self.read_off(case, at, &request, how.now, run)?;
            }
            // Silence on a connection that was used before would leave it open whether money was moved, and once it was moved the case
            // is not begun anew.
            request.fresh = how.fresh || endpoint.hazard == Hazard::Money || run.spent;
            if let Some(race) = case.race.as_ref().filter(|_| at + 1 == case.steps.len()) {
                let fresh = request.fresh;
                let mut requests = vec![request];
                // The same body under times and numbers of their own; what could be made once can be made again.
                for _ in 1..race.copies {
                    let from = Filling { step: at, answers: &run.answers, sent: &run.sent, ..*how.base };
                    let copy = self.request(step, &from, None, &mut run.looks).await;
                    requests.extend(copy.ok().map(|copy| Prepared { fresh, ..copy }));
                }
                self.race(step, requests, how.attempt, how.now, run).await;
                return Ok(true);
            }
            let tree = request.tree.clone();
            let doubtful = step.role != Role::Setup && !matches!(run.expect(case, at), Expect::Accept { .. });
            let ticket = if doubtful { self.written.begin(endpoint, &tree) } else { None };
            let made = request.made.clone();
            let (mut seen, root) = self.send(request, how.attempt).await;
            let accepted = self.oracle.accepted(step.endpoint, &seen);
            if let Some(ticket) = ticket.filter(|_| !accepted && self.oracle.refused(step.endpoint, &seen)) {
                self.written.refused(ticket);
            }
            if self.asks_again(&seen, askings) && repeatable(case, step) && askings < ASKINGS && !self.stopped() {
                askings += 1;
                run.looks.push(seen);
                continue;
            }
            if !renewed && self.expired(step, &made, &seen).await {
                renewed = true;
                run.looks.push(seen);
                continue;
            }
            run.spent |= endpoint.hazard == Hazard::Money && !self.oracle.refused(step.endpoint, &seen);
            self.learn(run, step, (&tree, root.as_ref()), &mut seen, accepted, how.now);
            let waits = step.poll.as_ref().filter(|poll| accepted && !arrived(poll, root.as_ref()));
            looks += u32::from(waits.is_some());
            if let Some(poll) = waits.filter(|_| looks < LOOKS && !self.stopped()) {
                run.looks.push(seen);
                if let Until::Word(_) = &poll.until {
                    tokio::time::sleep(self.options.poll).await;
                }
                continue;
            }
            run.observed.push(seen);
            run.answers.push(root);
            run.sent.push(tree);
            run.made = Some(made);
            if let Some(Poll { path, until: Until::Word(words) }) = waits {
                let why = format!("{path} still does not say {} after {LOOKS} looks", words.join(" or "));
                return Err(Box::new(Verdict::inconclusive(Reason::FixtureMissing, why)));
            }
            return Ok(accepted);
        }
    }

    /// Reads off the finished request what the contract says of it. Where the target's own earlier answer is in it, that may be other than
    /// planned: the request is judged as what it is. Else it is konform's own fault.
    fn read_off(
        &self,
        case: &Case,
        at: usize,
        request: &Prepared,
        now: &Moment,
        run: &mut Run,
    ) -> Result<(), Box<Verdict>> {
        let (contract, step) = (self.plan.contract(), &case.steps[at]);
        let endpoint = &contract.endpoints[step.endpoint];
        freshen(endpoint, &step.edits, &request.tree, &mut run.world);
        let standing = run.world.standing(endpoint, &request.tree, now);
        let expect = isolation::expect(contract, step, &request.tree, &request.headers, &standing);
        if expect == step.expect {
            return Ok(());
        }
        if case.steps.len() == 1 && !self.plan.borrows(step) {
            let planned = &step.expect;
            let why = format!("the finished request is not the planned one: {expect:?} instead of {planned:?}");
            return Err(Box::new(Verdict::broken(why)));
        }
        run.judged.get_or_insert_with(|| case.clone()).steps[at].expect = expect;
        Ok(())
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
            self.asks_again(&seen, 0);
            if self.oracle.accepted(step.endpoint, &seen) {
                self.learn(run, step, (&tree, root.as_ref()), &mut seen, true, now);
                // What one copy shows of another's doing is not known to be before or after it.
                seen.facts.clear();
            }
            run.observed.push(seen);
        }
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
                seen.own = self.written.own(endpoint, answer, self.oracle.broken_fields(step.endpoint, seen));
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
        if reason == Reason::Unsendable {
            return Verdict::broken(why);
        }
        Verdict::inconclusive(reason, why)
    }

    /// Asks whether a request that moves money and was not answered was carried out, where the contract has a call that tells; such a
    /// request is never sent again.
    async fn look_up(&self, case: &Case, run: &Run, base: &Filling<'_>, after: &mut Vec<Observed>) -> Option<String> {
        let contract = self.plan.contract();
        let at = run.observed.len().checked_sub(1).filter(|at| case.race.is_none() && *at < case.steps.len())?;
        let (silent, seen) = (&contract.endpoints[case.steps[at].endpoint], run.observed.last()?);
        // Without a connection nothing was sent.
        let unsent = |reason| matches!(reason, Reason::Connect | Reason::Dns | Reason::Tls | Reason::Proxy);
        if seen.answer.as_ref().map_or_else(|failure| unsent(failure.reason), |_| true)
            || silent.hazard != Hazard::Money
        {
            return None;
        }
        let Some(step) = self.plan.lookup(case.steps[at].endpoint, at) else {
            return Some(format!("whether {} was carried out, no call of the contract tells", silent.id));
        };
        let by = &contract.endpoints[step.endpoint].id;
        let from = Filling { step: case.steps.len(), answers: &run.answers, sent: &run.sent, ..*base };
        let last = self.insist(&step, &from, UNDOINGS, after).await?;
        Some(if self.oracle.accepted(step.endpoint, last) {
            format!("{by} shows that it was carried out: {}", judge::summary(last, contract))
        } else {
            format!("{by} was asked whether it was carried out and answered {}", judge::summary(last, contract))
        })
    }

    /// Undoes what the case made, as far as the contract has an undo; nobody judges it.
    async fn undo(&self, case: &Case, run: &mut Run, base: &Filling<'_>, after: &mut Vec<Observed>) {
        // Of a target that is silent altogether one more silence is enough: what it may have made is listed as left behind.
        let most = if run.observed.iter().all(|seen| seen.answer.is_err()) { 1 } else { UNDOINGS };
        for (at, step) in case.undo.iter().enumerate() {
            let from = Filling { step: case.steps.len() + at, answers: &run.answers, sent: &run.sent, ..*base };
            let Ok(tree) = self.plan.bind(step, &mut |hole| fill(hole, &from)) else { continue };
            let Some(seen) = self.insist(step, &from, most, after).await else { continue };
            if self.oracle.accepted(step.endpoint, seen) {
                let endpoint = &self.plan.contract().endpoints[step.endpoint];
                for effect in endpoint.effects.iter().filter(|e| matches!(e.act, Act::Update | Act::Delete)) {
                    let key =
                        effect.by.as_ref().and_then(|path| tree.at(path)).and_then(Json::scalar).unwrap_or_default();
                    let made = format!("{} {}", effect.resource, key.chars().take(KEY).collect::<String>());
                    run.created.retain(|c| *c != made);
                }
            }
        }
    }
}

/// How a try of a case is made.
struct How<'a> {
    attempt: u8,
    /// True if no connection is used twice.
    fresh: bool,
    now: &'a Moment,
    base: &'a Filling<'a>,
}

/// What a case has come to while it runs.
struct Run {
    /// The case with what its requests turned out to be, where that is other than planned.
    judged: Option<Case>,
    world: World,
    answers: Vec<Option<Json>>,
    sent: Vec<Json>,
    /// What the last of them has made to show who calls.
    made: Option<Vec<Vec<String>>>,
    observed: Vec<Observed>,
    /// Looks at a result that was not there yet.
    looks: Vec<Observed>,
    created: Vec<String>,
    /// A request that moves money may have been carried out.
    spent: bool,
}

impl Run {
    /// What the contract says of a step's request.
    fn expect<'a>(&'a self, case: &'a Case, at: usize) -> &'a Expect {
        &self.judged.as_ref().unwrap_or(case).steps[at].expect
    }
}

/// True if a step may be sent again alone: where attempts are counted, or several requests meet, the whole case is begun anew.
fn repeatable(case: &Case, step: &Step) -> bool {
    step.role != Role::Attempt && case.race.is_none()
}

/// A number that only this case has.
fn round_of(case: &str) -> u64 {
    let digest = crypto::sha256(case.as_bytes());
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn arrived(poll: &Poll, answer: Option<&Json>) -> bool {
    answer.and_then(|a| a.at(&poll.path)).and_then(Json::scalar).is_some_and(|text| poll.until.ends_with(text))
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

/// The verdict on a case in which konform panicked.
pub(super) fn broken_by(panic: &(dyn Any + Send)) -> Verdict {
    Verdict::broken(format!("konform panicked in this case: {}", panic_message(panic)))
}

/// What becomes a finding if it repeats while known-good requests pass.
fn reproducible(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Gateway
            | Reason::Timeout
            | Reason::Reset
            | Reason::TruncatedBody
            | Reason::BadHttpHead
            | Reason::BadChunk
    )
}
