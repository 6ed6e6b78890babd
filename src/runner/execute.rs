//! One case: its steps, its tries, its verdict.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{Journal, Runner};
use crate::contract::{Contract, Effect};
use crate::exchange::{Filling, Transport, fill, prepare};
use crate::judge;
use crate::model::json::printable;
use crate::model::observed::Body;
use crate::model::{Case, CaseRecord, Expect, Hazard, Json, Observed, Outcome, Reason, Role, Verdict};
use crate::plan::isolation;

/// Tries of a case that ends inconclusively.
const TRIES: u8 = 3;
/// Characters of a key that the ledger keeps.
const KEY: usize = 128;
/// A `Retry-After` beyond this is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What running a case came to.
#[derive(Debug)]
pub(crate) struct Executed {
    pub(crate) verdict: Verdict,
    /// Exchanges of the last try.
    pub(crate) observed: Vec<Observed>,
    /// Evidence of every try, one JSON line each.
    pub(crate) lines: Vec<Vec<u8>>,
    /// Requests of all tries.
    pub(crate) exchanges: usize,
    /// What it brought into being.
    pub(crate) created: Vec<String>,
    /// Traces of every try, for the audit.
    pub(crate) earlier: Vec<Observed>,
    /// The record and its line of evidence, once made.
    pub(crate) record: Option<(Arc<CaseRecord>, Vec<u8>)>,
}

impl Executed {
    /// A case that was not sent.
    pub(super) fn without(verdict: Verdict) -> Self {
        Self {
            verdict,
            observed: Vec::new(),
            lines: Vec::new(),
            exchanges: 0,
            created: Vec::new(),
            earlier: Vec::new(),
            record: None,
        }
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
    pub(super) fn seal(&mut self, case: &str) {
        self.lines =
            self.earlier.iter().chain(&self.observed).enumerate().map(|(step, seen)| line(case, step, seen)).collect();
    }
}

fn line(case: &str, step: usize, seen: &Observed) -> Vec<u8> {
    let mut out = Vec::with_capacity(2048);
    out.extend_from_slice(br#"{"kind":"exchange","case":"#);
    // Writing plain data to a Vec can't fail.
    let _ = serde_json::to_writer(&mut out, case);
    out.extend_from_slice(b",\"step\":");
    out.extend_from_slice(step.to_string().as_bytes());
    let object = out.len();
    let _ = serde_json::to_writer(&mut out, seen);
    // The exchange's own members follow in the same object.
    if let Some(brace) = out.get_mut(object) {
        *brace = b',';
    }
    out
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
        {
            match executed.verdict.reason {
                Some(Reason::Http429) => tokio::time::sleep(retry_after(&executed.observed)).await,
                Some(Reason::IdentityTaken | Reason::PreconditionLost) => {}
                _ => {
                    tokio::time::sleep(Duration::from_millis(50 << tries)).await;
                    let canary = self.plan.canary(case.endpoint);
                    let probe = self.once(&canary, 1, tries).await;
                    healthy_between &=
                        probe.observed.last().is_some_and(|seen| self.oracle.accepted(case.endpoint, seen));
                    executed.earlier.extend(probe.observed);
                }
            }
            let mut again = self.once(case, 0, tries).await;
            again.earlier = executed.earlier;
            again.earlier.append(&mut executed.observed);
            again.exchanges += executed.exchanges;
            again.created.append(&mut executed.created);
            executed = again;
            tries += 1;
        }
        let same =
            executed.verdict.reason.filter(|r| executed.verdict.outcome == Outcome::Inconclusive && Some(*r) == first);
        if let Some(reason) = same.filter(|r| tries == TRIES && healthy_between && reproducible(*r)) {
            executed.verdict = self.oracle.reproducible(case, reason, usize::from(TRIES));
        }
        executed.seal(&case.id);
        self.record(case, &mut executed);
        executed
    }

    /// Makes the case's record; again if its verdict changed since.
    pub(super) fn record(&self, case: &Case, executed: &mut Executed) {
        let contract = self.plan.contract();
        let probe = executed.observed.last().filter(|_| executed.observed.len() == case.steps.len());
        let record = CaseRecord {
            id: Arc::clone(&case.id),
            expect: match case.expect() {
                Expect::Accept => "accept",
                Expect::Refuse { .. } => "refuse",
                Expect::Either { .. } => "either",
            },
            outcome: executed.verdict.outcome,
            level: executed.verdict.level(),
            reason: executed.verdict.reason,
            note: executed.verdict.note.clone(),
            broken: executed
                .verdict
                .findings
                .iter()
                .map(|f| format!("{} {} {}", contract.clause(f.clause).id, f.check.word(), f.pointer))
                .collect(),
            saw: probe.map(|seen| shape(seen, contract)).unwrap_or_default(),
            created: executed.created.clone(),
            exchanges: executed.exchanges,
            micros: probe.map_or(0, |seen| seen.micros),
        };
        let line = Journal::case_line(&record);
        executed.record = Some((Arc::new(record), line));
    }

    /// Runs a case once; `round` keeps the identities of repeated canaries apart.
    pub(super) async fn once(&self, case: &Case, round: u64, attempt: u8) -> Executed {
        let contract = self.plan.contract();
        let catalogues = Arc::clone(&self.catalogues.read().unwrap_or_else(PoisonError::into_inner));
        let mut observed: Vec<Observed> = Vec::with_capacity(case.steps.len());
        let mut answers: Vec<Option<Json>> = Vec::new();
        let mut created = Vec::new();
        let salt = self.ambient.salt() ^ round.wrapping_mul(0xd6e8_feb8_6659_fd93);
        let mut verdict = None;
        let mut judged: Option<Case> = None;
        for (at, step) in case.steps.iter().enumerate() {
            let endpoint = &contract.endpoints[step.endpoint];
            let from = Filling { case: &case.id, step: at, attempt, salt, answers: &answers, catalogues: &catalogues };
            let tree = self.plan.bind(step, &mut |hole| fill(hole, &from));
            let made = tree.and_then(|tree| {
                prepare(
                    &endpoint.wire,
                    tree,
                    (&step.headers, step.token),
                    &self.target,
                    &self.credentials,
                    &self.ambient,
                )
            });
            let request = match made {
                Ok(request) => request,
                Err((reason, why)) => {
                    verdict = Some(Verdict::inconclusive(reason, why));
                    break;
                }
            };
            let expect = isolation::expect(contract, step, &request.tree, &request.headers);
            if expect != step.expect {
                if !self.plan.borrows(step) {
                    verdict = Some(Verdict::broken(format!(
                        "the finished request is not the planned one: {expect:?} instead of {:?}",
                        step.expect
                    )));
                    break;
                }
                // A value that the target gave earlier breaks the contract itself: what is sent is judged as what it is.
                judged.get_or_insert_with(|| case.clone()).steps[at].expect = expect;
            }
            self.limiter.wait().await;
            let start = Instant::now();
            let result = self.transport.send(&request).await;
            let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            let seen = self.redactor.observe(request, result, micros, attempt);
            let body = seen.answer.as_ref().ok().and_then(|a| a.json()).cloned();
            let accepted = self.oracle.accepted(step.endpoint, &seen);
            match &seen.answer {
                Ok(_) if accepted => created.extend(keys(&endpoint.effects, body.as_ref())),
                Ok(_) => {}
                // Without an answer nobody knows: it is listed, with the key unknown.
                Err(_) => created.extend(endpoint.effects.iter().filter_map(|effect| match effect {
                    Effect::Create { resource, only_if: None, .. } => Some(format!("{resource} unknown")),
                    _ => None,
                })),
            }
            observed.push(seen);
            answers.push(body);
            if step.role == Role::Setup && !accepted {
                break;
            }
        }
        let verdict = verdict.unwrap_or_else(|| self.oracle.judge(judged.as_ref().unwrap_or(case), &observed));
        Executed {
            verdict,
            exchanges: observed.len(),
            observed,
            lines: Vec::new(),
            created,
            earlier: Vec::new(),
            record: None,
        }
    }
}

fn keys(effects: &[Effect], body: Option<&Json>) -> Vec<String> {
    let made = effects.iter().filter_map(|effect| match effect {
        Effect::Create { resource, key, .. } => Some((resource, body?.at(key)?.scalar()?)),
        Effect::Read { .. } => None,
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

/// What an exchange answered, without values that differ from run to run: status, code, message, and the body's shape.
pub(super) fn shape(seen: &Observed, contract: &Contract) -> String {
    let summary = judge::summary(seen, contract);
    match &seen.answer {
        Ok(answer) if (200..300).contains(&answer.status) => match &answer.body {
            Body::Json { root, .. } => format!("{summary} {}", printable(&outline(root, 0))),
            Body::Empty => format!("{summary} no body"),
            Body::Other { .. } => format!("{summary} no JSON"),
        },
        _ => summary,
    }
}

fn outline(node: &Json, depth: usize) -> String {
    match node {
        Json::Object(members) if depth < 3 => {
            let mut inner: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}: {}", outline(value, depth + 1))).collect();
            inner.sort();
            format!("{{{}}}", inner.join(", "))
        }
        Json::Array(items) => {
            items.first().map_or_else(|| "[]".to_owned(), |first| format!("[{}]", outline(first, depth + 1)))
        }
        other => other.type_name().to_owned(),
    }
}
