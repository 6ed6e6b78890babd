//! Single requests beside any run: calls that undo something, and requests that ask whether an endpoint is there.

use super::Runner;
use crate::contract::behaviour::{Operand, Resource, Source, Test, When};
use crate::exchange::{Filling, Transport};
use crate::judge::{self, Health};
use crate::model::template::TokenEdit;
use crate::model::{Hazard, Json, Observed, Role, Step};

/// What an endpoint answered to a request that nobody could accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// It answers.
    Yes(String),
    /// There is no such endpoint.
    No(String),
    /// It answers as a path does that is not there.
    Unclear(String),
    /// No answer came.
    Silent(String),
    /// It was not asked, since nothing keeps it from accepting what is sent.
    NotAsked,
}

/// What came of a call that undoes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// The target accepted it.
    Now,
    /// The target refused it as the contract says of a thing that is not there.
    Gone,
}

impl<T: Transport> Runner<T> {
    /// Sends one call that undoes a thing of this resource.
    ///
    /// # Errors
    /// What came instead.
    pub async fn take_back(&self, resource: &str, step: &Step) -> Result<Undone, String> {
        let contract = self.plan.contract();
        let now = self.ambient.now(&contract.zone);
        let lists = crate::exchange::Catalogues::new();
        let own = Filling::first("clean", self.ambient.salt(), &lists, &now);
        let from = Filling { fixtures: &contract.fixtures, ..own };
        let request = self.request(step, &from, None, &mut Vec::new()).await.map_err(|(_, why)| why)?;
        let (seen, _) = self.send_alone(request).await;
        if self.oracle.accepted(step.endpoint, &seen) {
            return Ok(Undone::Now);
        }
        if self.is_gone(resource, step.endpoint, &seen) {
            return Ok(Undone::Gone);
        }
        Err(format!("{} got {}", contract.endpoints[step.endpoint].id, judge::summary(&seen, contract)))
    }

    /// True if the contract has the answer's status and code for a thing that is not there or has left, and for nothing else.
    fn is_gone(&self, resource: &str, endpoint: usize, seen: &Observed) -> bool {
        let (Ok(answer), Some(code)) = (&seen.answer, self.oracle.code(seen)) else { return false };
        let contract = self.plan.contract();
        let Some(own) = contract.resources.iter().find(|r| r.name == resource) else { return false };
        let rows = contract.endpoints[endpoint].rows.iter();
        let mut rows = rows.filter(|row| row.status == answer.status && row.code == code).peekable();
        rows.peek().is_some() && rows.all(|row| !row.guessed && !row.disputed && says_gone(own, &row.when))
    }

    /// Asks an endpoint with a request that can't be accepted: without what shows who calls, and without a body's members.
    pub async fn ask(&self, endpoint: usize) -> Served {
        let contract = self.plan.contract();
        let wire = &contract.endpoints[endpoint].wire;
        if wire.callers.is_empty() {
            return Served::NotAsked;
        }
        let mut step = Step::new(endpoint, Role::Setup, self.plan.nameless(endpoint));
        step.token = TokenEdit::Absent;
        let now = self.ambient.now(&contract.zone);
        let lists = crate::exchange::Catalogues::new();
        let own = Filling::first("init", self.ambient.salt(), &lists, &now);
        let from = Filling { fixtures: &contract.fixtures, ..own };
        // What is in the path and the query stays: without it the request would be for another path.
        let place = |name: &str| wire.in_address(name);
        let tree = self.plan.bind(&step, &mut |hole| {
            Ok::<_, std::convert::Infallible>(crate::exchange::fill(hole, &from).unwrap_or(Json::Null))
        });
        let Ok(tree) = tree;
        let tree = match tree {
            Json::Object(members) => Json::Object(members.into_iter().filter(|(name, _)| place(name)).collect()),
            other => other,
        };
        let Ok(request) = self.finished(&step, tree, None, &mut Vec::new()).await else { return Served::NotAsked };
        let mut nowhere = request.clone();
        nowhere.url = format!("{}/konform-asks-for-a-path-that-is-not-there", self.access.target.base());
        let (own, _) = self.send_alone(request).await;
        let (other, _) = self.send_alone(nowhere).await;
        self.served(&own, &other)
    }

    /// What an answer says of its endpoint, beside that of a path that is not there.
    fn served(&self, own: &Observed, other: &Observed) -> Served {
        let says = judge::summary(own, self.plan.contract());
        let Ok(answer) = &own.answer else { return Served::Silent(says) };
        if matches!(answer.status, 404 | 405 | 501) && self.oracle.code(own).is_none() {
            return Served::No(says);
        }
        if judge::summary(other, self.plan.contract()) == says { Served::Unclear(says) } else { Served::Yes(says) }
    }

    /// Sends a legal look-up to the endpoint, if it can be made of look-ups alone.
    pub async fn look(&self, endpoint: usize) -> Option<Result<(), String>> {
        let contract = self.plan.contract();
        let canary = self.plan.canary(endpoint).filter(|canary| canary.endpoint == endpoint)?;
        let reads = |step: &Step| contract.endpoints[step.endpoint].hazard == Hazard::Read;
        if !canary.steps.iter().all(reads) {
            return None;
        }
        let executed = self.settled(&canary, 0).await;
        let good = executed.observed.last().is_some_and(|seen| self.oracle.health(&canary, seen) == Health::Good);
        Some(if good { Ok(()) } else { Err(executed.answered(contract)) })
    }
}

/// True for a cause by which the one thing that a request names is not there, or is in a state in which it counts as having left.
fn says_gone(own: &Resource, when: &When) -> bool {
    let left = |state: &Source| matches!(state, Source::Literal(Json::String(s)) if own.left.iter().any(|l| *s == **l));
    match when {
        When::Unknown { .. } => true,
        When::Where(tests) => tests.iter().any(|(operand, test)| match (operand, test) {
            (Operand::State(resource), Test::Is(states)) => *resource == own.name && states.iter().all(left),
            _ => false,
        }),
        _ => false,
    }
}
