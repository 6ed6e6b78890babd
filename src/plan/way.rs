//! The calls that lead to a request, made once with stand-ins.

use super::rehearsal::serial;
use super::{Plan, rehearsal};
use crate::behaviour::{Style, World};
use crate::contract::When;
use crate::model::case::{Poll, RowRef, Until};
use crate::model::{Edit, Expect, Json, Role, Step};

/// What the request under test is to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// To be accepted: no row holds, everything it changes is there.
    Accept,
    /// To be read: its references name something, whatever the rows say.
    Input,
    /// This row, for its field; `left` for what was there once.
    Row {
        /// Index of the row.
        row: usize,
        /// Which of its causes.
        part: usize,
        /// Reference to something that has left instead of something that never was.
        left: bool,
    },
    /// To be accepted after this call has been made.
    After(usize),
}

/// The way to a goal.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// Calls before the request.
    pub(super) steps: Vec<Step>,
    /// Changes to the request's baseline: what its references name.
    pub(super) edits: Vec<Edit>,
    /// Fixtures that take part.
    pub(super) fixtures: Vec<usize>,
    /// The world after the steps, stand-ins throughout.
    pub(super) world: World,
    /// Stand-in requests and answers of the steps.
    pub(super) sent: Vec<Json>,
    /// Stand-in answers.
    pub(super) answers: Vec<Json>,
    /// True if some references name nothing: enough for a request that is refused for its input.
    pub(super) dangling: bool,
}

impl Way {
    /// No call at all.
    pub(super) fn nothing(plan: &Plan) -> Self {
        Self {
            steps: Vec::new(),
            edits: Vec::new(),
            fixtures: Vec::new(),
            world: plan.base().clone(),
            sent: Vec::new(),
            answers: Vec::new(),
            dangling: true,
        }
    }

    /// No call yet, in a world that has these fixtures.
    pub(super) fn planted(plan: &Plan, fixtures: &[usize]) -> Self {
        let mut way = Self { fixtures: fixtures.to_vec(), ..Self::nothing(plan) };
        for fixture in fixtures {
            way.world.plant(*fixture, serial(*fixture), plan.moment());
        }
        way
    }

    /// The same way with one more accepted call of an endpoint, its baseline as it is.
    pub(super) fn then(self, plan: &Plan, at: usize, edits: Vec<Edit>) -> Self {
        self.call(plan, Step::new(at, Role::Setup, edits))
    }

    /// The same way with one more accepted call; what it waits for has come.
    pub(super) fn call(mut self, plan: &Plan, step: Step) -> Self {
        let endpoint = &plan.contract().endpoints[step.endpoint];
        let tree = self.rehearse(plan, &step);
        let mut answer = self.world.answer(endpoint, &tree, Style { side: 0, optional: true }, plan.moment());
        if let Some(Poll { path, until: Until::Word(words) }) = &step.poll {
            if let Some(word) = words.first() {
                answer.put(path, Json::text(word.clone()));
            }
        }
        self.world.apply(endpoint, &tree, &answer, self.steps.len(), plan.moment());
        self.push(step, tree, answer)
    }

    /// The same way with a call that is refused with a code, to be counted.
    pub(super) fn attempt(mut self, plan: &Plan, at: usize, edits: Vec<Edit>, row: RowRef) -> Self {
        let endpoint = &plan.contract().endpoints[at];
        let mut step = Step::new(at, Role::Attempt, edits);
        step.expect = Expect::Either { why: String::new(), bare: false };
        step.state = Some(row);
        let tree = self.rehearse(plan, &step);
        // What is counted is another row's refusal.
        let own = &endpoint.rows[row.row];
        let code = if let When::Attempts { code, .. } = &own.when { code } else { &own.code };
        self.world.refused(endpoint, &tree, code);
        self.push(step, tree, Json::Object(Vec::new()))
    }

    fn rehearse(&self, plan: &Plan, step: &Step) -> Json {
        let seen = rehearsal::Seen {
            sent: &self.sent,
            answers: &self.answers,
            step: self.steps.len(),
            base: plan.base(),
            contract: plan.contract(),
            now: plan.moment(),
        };
        rehearsal::bind(plan, step, &seen)
    }

    fn push(mut self, step: Step, sent: Json, answer: Json) -> Self {
        self.steps.push(step);
        self.sent.push(sent);
        self.answers.push(answer);
        self
    }
}

#[cfg(test)]
mod tests;
