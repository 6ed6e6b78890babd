//! Plans cases from the clauses of a contract: one file per family, endpoint by endpoint, family by family, lazily.
//!
//! A case is the endpoint's baseline with edits. What the contract says of the result is not written by the family that made
//! the edit: `isolation` reads it off the finished request, once when planning and once more before sending.
//!
//! Must not: read clocks, salts or answers; know how a request travels.

mod charset;
mod error;
mod example;
mod format;
mod header;
pub mod isolation;
mod kind;
mod length;
mod presence;
mod token;
mod valid;
mod value;

use std::sync::Arc;

use crate::contract::{Contract, Endpoint};
use crate::model::template::{HeaderEdit, TokenEdit};
use crate::model::{Case, ClauseIx, Edit, Expect, Family, Field, Hole, Json, Role, Step, Template};
use crate::schema::compose;

/// The plan of one contract.
#[derive(Clone, Debug)]
pub struct Plan {
    contract: Arc<Contract>,
    seed: u64,
    baselines: Arc<[Template]>,
}

/// Something that the plan can't send, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The case that would have been.
    pub id: String,
    /// The clause that it was for, if there is one.
    pub clause: Option<ClauseIx>,
    /// Why not.
    pub reason: String,
}

/// What a family makes.
#[derive(Clone, Debug)]
pub enum Planned {
    /// A case.
    Case(Box<Case>),
    /// A case that could not be made.
    LeftOut(LeftOut),
}

impl Plan {
    /// Plans `contract`; the seed decides which filler characters and words are used.
    #[must_use]
    pub fn new(contract: Arc<Contract>, seed: u64) -> Self {
        let baselines = contract.endpoints.iter().map(baseline).collect();
        Self { contract, seed, baselines }
    }

    /// The contract that is planned.
    #[must_use]
    pub fn contract(&self) -> &Arc<Contract> {
        &self.contract
    }

    /// Every case of every endpoint, in a fixed order.
    pub fn cases(&self) -> impl Iterator<Item = Case> + Send + '_ {
        (0..self.contract.endpoints.len()).flat_map(|endpoint| self.cases_of(endpoint))
    }

    /// The cases of one endpoint.
    pub fn cases_of(&self, endpoint: usize) -> impl Iterator<Item = Case> + Send + '_ {
        self.planned_of(endpoint).filter_map(|planned| match planned {
            Planned::Case(case) => Some(*case),
            Planned::LeftOut(_) => None,
        })
    }

    /// What could not be planned.
    pub fn left_out(&self) -> impl Iterator<Item = LeftOut> + Send + '_ {
        (0..self.contract.endpoints.len()).flat_map(|endpoint| self.planned_of(endpoint)).filter_map(|planned| {
            match planned {
                Planned::Case(_) => None,
                Planned::LeftOut(left) => Some(left),
            }
        })
    }

    fn planned_of(&self, endpoint: usize) -> impl Iterator<Item = Planned> + Send + '_ {
        Family::ALL.into_iter().flat_map(move |family| {
            let scope = Scope { plan: self, at: endpoint, endpoint: &self.contract.endpoints[endpoint], family };
            match family {
                Family::Valid => valid::cases(&scope),
                Family::Presence => presence::cases(&scope),
                Family::Length => length::cases(&scope),
                Family::Type => kind::cases(&scope),
                Family::Value => value::cases(&scope),
                Family::Format => format::cases(&scope),
                Family::Charset => charset::cases(&scope),
                Family::Header => header::cases(&scope),
                Family::Token => token::cases(&scope),
                Family::Error => error::cases(&scope),
                Family::Example => example::cases(&scope),
            }
        })
    }

    /// The one case with this id; plans its endpoint alone.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Case> {
        let (endpoint, _) = self.contract.endpoint(id.split("::").next()?)?;
        let canary = self.canary(endpoint);
        if &*canary.id == id {
            return Some(canary);
        }
        self.cases_of(endpoint).find(|case| &*case.id == id)
    }

    /// A known-good request of the endpoint.
    #[must_use]
    pub fn canary(&self, endpoint: usize) -> Case {
        let scope =
            Scope { plan: self, at: endpoint, endpoint: &self.contract.endpoints[endpoint], family: Family::Valid };
        let id = format!("{}::valid::body::canary", scope.endpoint.id);
        scope.build(id, vec![scope.probe(Vec::new())], Vec::new())
    }

    /// The body of a step; `fill` makes what only a run knows.
    ///
    /// # Errors
    /// Whatever `fill` answers first.
    pub fn bind<E>(&self, step: &Step, fill: &mut dyn FnMut(&Hole) -> Result<Json, E>) -> Result<Json, E> {
        self.baselines[step.endpoint].bind_edited(&step.edits, fill)
    }

    /// True if the step's body takes what the target answered earlier.
    #[must_use]
    pub fn borrows(&self, step: &Step) -> bool {
        self.baselines[step.endpoint].borrows()
            || step.edits.iter().any(|e| matches!(e, Edit::Set(_, value) if value.borrows()))
    }
}

fn baseline(endpoint: &Endpoint) -> Template {
    Template::Object(
        endpoint.request.iter().filter_map(|f| Some((f.name.as_str().into(), compose::baseline(f)?))).collect(),
    )
}

/// What a family's functions work on.
struct Scope<'a> {
    plan: &'a Plan,
    at: usize,
    endpoint: &'a Endpoint,
    family: Family,
}

impl<'a> Scope<'a> {
    /// Every field of the request body, members of objects after their object; items of arrays are not listed.
    fn fields(&self) -> Vec<&'a Field> {
        let mut found = Vec::new();
        for field in &self.endpoint.request {
            field.walk(&mut |f| {
                if !f.path.contains('*') {
                    found.push(f);
                }
            });
        }
        found
    }

    fn id(&self, place: &str, variant: &str) -> String {
        format!("{}::{}::{place}::{variant}", self.endpoint.id, self.family.word())
    }

    fn probe(&self, edits: Vec<Edit>) -> Step {
        Self::step(self.at, Role::Probe, edits)
    }

    fn step(endpoint: usize, role: Role, edits: Vec<Edit>) -> Step {
        let expect = Expect::Either { why: String::new(), bare: false };
        Step { endpoint, role, edits, headers: Vec::new(), token: TokenEdit::Intact, state: None, expect }
    }

    /// A case of one request with one body edit.
    fn edited(&self, field: &Field, variant: &str, clause: Option<ClauseIx>, edit: Edit) -> Planned {
        self.case(&field.place(), variant, clause, vec![self.probe(vec![edit])])
    }

    /// A case of one request with one header edit.
    fn with_header(&self, field: &Field, variant: &str, clause: Option<ClauseIx>, edit: HeaderEdit) -> Planned {
        let mut step = self.probe(Vec::new());
        step.headers.push(edit);
        self.case(&field.place(), variant, clause, vec![step])
    }

    fn case(&self, place: &str, variant: &str, clause: Option<ClauseIx>, steps: Vec<Step>) -> Planned {
        Planned::Case(Box::new(self.build(self.id(place, variant), steps, clause.into_iter().collect())))
    }

    fn left_out(&self, place: &str, variant: &str, clause: Option<ClauseIx>, reason: impl Into<String>) -> Planned {
        Planned::LeftOut(LeftOut { id: self.id(place, variant), clause, reason: reason.into() })
    }

    /// Reads off what the contract says of each step and which clauses the case exercises.
    fn build(&self, id: String, mut steps: Vec<Step>, aims: Vec<ClauseIx>) -> Case {
        for step in &mut steps {
            let (body, headers) = isolation::rehearse(self.plan, step);
            step.expect = isolation::expect(&self.plan.contract, step, &body, &headers);
        }
        let aim = aims.first().copied();
        let mut clauses = match &steps[steps.len() - 1].expect {
            Expect::Either { .. } => Vec::new(),
            Expect::Accept => {
                let success = &self.endpoint.success;
                let mut own = aims;
                own.extend([success.status_clause, success.code_clause, success.message_clause]);
                own
            }
            Expect::Refuse { broken, rows, .. } => {
                let mut own = broken.clone();
                for row in rows {
                    let field = &self.endpoint.rows[row.row].fields[row.field];
                    own.extend([field.code, field.status, field.message]);
                }
                own
            }
        };
        clauses.sort_unstable();
        clauses.dedup();
        let hazard =
            steps.iter().map(|s| self.plan.contract.endpoints[s.endpoint].hazard).max().unwrap_or(self.endpoint.hazard);
        Case { id: id.into(), family: self.family, endpoint: self.at, clauses, aim, hazard, steps }
    }
}

fn set(field: &Field, value: Template) -> Edit {
    Edit::Set(field.path.clone(), value)
}

fn set_json(field: &Field, value: Json) -> Edit {
    set(field, Template::Json(value))
}
