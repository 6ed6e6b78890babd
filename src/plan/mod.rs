//! Plans cases from the clauses of a contract: one file per family, endpoint by endpoint, family by family, lazily.
//!
//! A case is the endpoint's baseline with edits. What the contract says of the result is not written by the family that made
//! the edit: `isolation` reads it off the finished request, once when planning and once more before sending.
//!
//! Must not: read clocks, salts or answers; know how a request travels.

mod cause;
mod charset;
mod crypto;
mod echo;
mod error;
mod example;
mod format;
mod fuzz;
mod header;
mod hostile;
mod instance;
pub mod isolation;
mod kind;
mod length;
mod lookup;
mod maker;
mod need;
mod presence;
mod race;
mod reference;
mod rehearsal;
mod scenario;
mod scope;
mod setup;
mod stage;
mod tamper;
mod token;
mod touch;
mod undo;
mod unicode;
mod valid;
mod value;
mod walk;
mod way;

use std::sync::{Arc, OnceLock};

use chrono::{FixedOffset, TimeZone as _};

pub use crate::model::run::Breadth;
pub use rehearsal::freshen;
use way::{Goal, Way};

use crate::behaviour::{Moment, World};
use crate::contract::behaviour::Listing;
use crate::contract::{Act, Contract, Endpoint};
use crate::model::case::Draw;
use crate::model::field::{Kind, general};
use crate::model::fixture::{Touch, fit};

use crate::model::{Case, ClauseIx, Edit, Expect, Family, Field, Hole, Input, Json, Role, Step, Template, field};
use crate::schema::compose;
use scope::Scope;

/// Characters of a key that a run's list of leftovers has at most.
pub const KEY: usize = 128;

/// The instant at which stand-ins live: 2026-01-15 12:00 UTC, in milliseconds.
const MOMENT: i64 = 1_768_478_400_000;

/// The variant of a case that reads a page of a catalogue, without the page's number.
const CATALOGUE: &str = "catalogue-";

/// The plan of one contract.
#[derive(Clone, Debug)]
pub struct Plan {
    contract: Arc<Contract>,
    seed: u64,
    breadth: Breadth,
    baselines: Arc<[Template]>,
    base: Arc<World>,
    moment: Moment,
    ways: Arc<[Ways]>,
    /// Endpoints whose calls may be judged; none means all of them.
    judged: Option<Arc<[bool]>>,
}

/// The ways to an endpoint's requests, once they have been looked for.
#[derive(Debug, Default)]
struct Ways {
    accept: OnceLock<Result<Arc<Way>, String>>,
    input: OnceLock<Result<Arc<Way>, String>>,
    shown: OnceLock<Option<Arc<echo::Shown>>>,
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

/// What came of making a drawn case smaller.
#[derive(Clone, Debug)]
pub enum Smaller {
    /// This one.
    Case(Box<Case>),
    /// No case can be made of it; another step may lead on.
    Unfit,
    /// There is nothing smaller.
    Nothing,
}

/// Why a draw is no case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Undrawn {
    /// There is nothing to draw, or nothing smaller.
    Done,
    /// What was drawn makes no case.
    Unfit,
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
    /// Plans `contract` as for a gate; the seed decides which filler characters and words are used, and what is drawn.
    #[must_use]
    pub fn new(contract: Arc<Contract>, seed: u64) -> Self {
        Self::with(contract, seed, Breadth::GATE)
    }

    /// The same with another breadth.
    #[must_use]
    pub fn with(contract: Arc<Contract>, seed: u64, breadth: Breadth) -> Self {
        let baselines = contract.endpoints.iter().map(baseline).collect();
        let zone = FixedOffset::east_opt(contract.zone.offset_seconds);
        let utc = chrono::Utc.timestamp_millis_opt(MOMENT).single().unwrap_or_default();
        let moment = zone.map_or_else(|| utc.fixed_offset(), |zone| utc.with_timezone(&zone));
        let mut base = World::new(Arc::clone(&contract), false);
        base.stock(&moment);
        let ways = contract.endpoints.iter().map(|_| Ways::default()).collect();
        Self { contract, seed, breadth, baselines, base: Arc::new(base), moment, ways, judged: None }
    }

    /// The world before any step, with stand-ins for catalogues.
    fn base(&self) -> &World {
        &self.base
    }

    fn moment(&self) -> &Moment {
        &self.moment
    }

    fn breadth(&self) -> Breadth {
        self.breadth
    }

    /// The call that shows what the scope's endpoint stores.
    fn shown(&self, scope: &Scope<'_>) -> Option<Arc<echo::Shown>> {
        self.ways[scope.at].shown.get_or_init(|| echo::find(scope).map(Arc::new)).clone()
    }

    /// The way to an accepted or a readable request.
    fn way(&self, endpoint: usize, goal: Goal) -> Result<Arc<Way>, String> {
        let known = if goal == Goal::Accept { &self.ways[endpoint].accept } else { &self.ways[endpoint].input };
        known.get_or_init(|| setup::solve(self, endpoint, goal).map(Arc::new)).clone()
    }

    /// The way to a request one of whose optional references names something, and the edit that does.
    fn naming(&self, endpoint: usize, path: &str) -> Result<(Way, Edit), String> {
        let contract = &self.contract;
        let refers = field::find(&contract.endpoints[endpoint].request, path).and_then(|f| f.refers.as_deref());
        let (name, attribute) = refers.and_then(|r| r.split_once('.')).ok_or("the field names nothing")?;
        let way = self.way(endpoint, Goal::Accept)?;
        let known = |way: &Way| {
            let resource = way.world.resource(name)?;
            let held = way.world.of(resource).find_map(|at| way.world.things()[at].attributes.get(attribute))?;
            (held.value != Json::Null).then(|| Edit::Set(path.to_owned(), reference::template(held)))
        };
        if let Some(edit) = known(&way) {
            return Ok(((*way).clone(), edit));
        }
        let reason = || format!("no call of this contract makes any {name}");
        let maker = contract
            .endpoints
            .iter()
            .position(|e| e.effects.iter().any(|f| f.act == Act::Create && f.resource == name && f.only_if.is_none()));
        let maker = maker.ok_or_else(reason)?;
        let first = self.way(maker, Goal::Accept)?;
        let edits = first.edits.clone();
        let made = (*first).clone().then(self, maker, edits);
        let edit = known(&made).ok_or_else(reason)?;
        if way.steps.is_empty() { Ok((Way { edits: way.edits.clone(), ..made }, edit)) } else { Err(reason()) }
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The same plan under another seed.
    #[must_use]
    pub fn reseeded(&self, seed: u64) -> Self {
        Self { seed, ..self.clone() }
    }

    /// The same plan with calls of these endpoints alone to be judged, one flag for each; others only lead to them.
    #[must_use]
    pub fn judging(&self, judged: Vec<bool>) -> Self {
        // A later call that shows what another stored is one that may be judged.
        let ways = self.contract.endpoints.iter().map(|_| Ways::default()).collect();
        Self { judged: Some(judged.into()), ways, ..self.clone() }
    }

    /// True if the case judges calls of selected endpoints alone.
    #[must_use]
    pub fn keeps(&self, case: &Case) -> bool {
        let outside = |s: &Step| s.role == Role::Probe && !self.judges(case.endpoint, s.endpoint);
        !case.steps.iter().any(outside)
    }

    /// True if calls of the endpoint may be judged.
    fn selected(&self, endpoint: usize) -> bool {
        self.judged.as_ref().is_none_or(|judged| judged.get(endpoint).copied().unwrap_or(false))
    }

    /// True if a case of one endpoint may judge calls of another. Cases of an endpoint that is not selected stay what they are:
    /// they are counted, not sent.
    fn judges(&self, own: usize, other: usize) -> bool {
        let selected = |judged: &[bool], at: usize| judged.get(at).copied().unwrap_or(false);
        self.judged.as_ref().is_none_or(|j| own == other || selected(j, other) || !selected(j, own))
    }

    /// Why the endpoint's requests can't have the ids that they take from a catalogue, if so.
    fn unlisted(&self, endpoint: usize) -> Option<String> {
        let contract = &self.contract;
        let prepared = |name: &str| contract.fixtures.iter().flat_map(|f| &f.parts).any(|p| p.resource == name);
        let missing = contract
            .resources
            .iter()
            .filter(|r| r.catalogue && contract.catalogue(&r.name).is_none() && !prepared(&r.name));
        let baseline = &self.baselines[endpoint];
        let mut needed = missing.filter(|r| {
            baseline.any(&|hole| {
            matches!(hole, Hole::Catalogue { resource, .. } | Hole::Entry { resource, .. } if *resource == r.name)
        })
        });
        needed.next().map(|r| format!("no call that can be made lists each {}: a profile's fixture can", r.name))
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
        let open = self.contract.endpoints[endpoint].closed.is_none();
        let closed = self.contract.endpoints[endpoint].closed.as_ref().map(|why| {
            let id = format!("{}::valid::body::every-field", self.contract.endpoints[endpoint].id);
            Planned::LeftOut(LeftOut { id, clause: None, reason: why.clone() })
        });
        let prepared = self.contract.endpoints[endpoint].prepared.as_ref().map(|_| self.prepared(endpoint));
        let free = open && prepared.is_none();
        let few = closed.into_iter().chain(prepared);
        few.chain(Family::ALL.into_iter().filter(move |_| free).flat_map(move |family| {
            let scope = Scope { plan: self, at: endpoint, endpoint: &self.contract.endpoints[endpoint], family };
            let few = match family {
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
                Family::Scenario => scenario::cases(&scope),
                Family::Crypto => crypto::cases(&scope),
                Family::Example => example::cases(&scope),
                Family::Unicode => unicode::cases(&scope),
                Family::Tamper => tamper::cases(&scope),
                Family::Race => race::cases(&scope),
                Family::Fuzz => return Box::new(fuzz::cases(scope)) as Box<dyn Iterator<Item = Planned> + Send + '_>,
                Family::Walk => return Box::new(walk::cases(scope)),
                Family::Hostile => hostile::cases(&scope),
            };
            Box::new(few.into_iter())
        }))
    }

    /// The one case of an endpoint that takes its prepared request only.
    fn prepared(&self, endpoint: usize) -> Planned {
        let scope = self.scope(endpoint, Family::Valid);
        match self.way(endpoint, Goal::Accept) {
            Ok(way) => scope.led("body", "prepared", None, &way, scope.probe(Vec::new())),
            Err(reason) => scope.left_out("body", "prepared", None, reason),
        }
    }

    /// The one case with this id; plans its endpoint alone.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Case> {
        let (endpoint, _) = self.contract.endpoint(id.split("::").next()?)?;
        if let Some(canary) = self.canary(endpoint).filter(|canary| &*canary.id == id) {
            return Some(canary);
        }
        if let Some(page) = id.rsplit("::").next()?.strip_prefix(CATALOGUE).and_then(|page| page.parse().ok()) {
            let effects = &self.contract.endpoints[endpoint].effects;
            let list = effects.iter().find_map(|effect| effect.list.as_ref())?;
            return self.catalogue(endpoint, list, page).filter(|case| &*case.id == id);
        }
        let number = || id.rsplit('-').next()?.parse().ok();
        if id.contains("::fuzz::") || id.contains("::walk::") {
            return number().and_then(|n| self.draw(endpoint, id, n, &[]).ok()).filter(|case| &*case.id == id);
        }
        let narrow = self.cases_of(endpoint).find(|case| &*case.id == id);
        // A wider plan may have found it.
        narrow.or_else(|| {
            let wide = Plan { breadth: Breadth { wide: true, ..Breadth::GATE }, ..self.clone() };
            let found = (!self.breadth.wide).then(|| wide.cases_of(endpoint).find(|case| &*case.id == id));
            found.flatten()
        })
    }

    fn scope(&self, endpoint: usize, family: Family) -> Scope<'_> {
        Scope { plan: self, at: endpoint, endpoint: &self.contract.endpoints[endpoint], family }
    }

    fn draw(&self, endpoint: usize, id: &str, number: u32, shrinks: &[bool]) -> Result<Case, Undrawn> {
        if self.contract.prepared_only {
            return Err(Undrawn::Done);
        }
        let planned = if id.contains("::walk::") {
            walk::drawn(&self.scope(endpoint, Family::Walk), number, shrinks)
        } else {
            fuzz::drawn(&self.scope(endpoint, Family::Fuzz), number, shrinks)
        };
        match planned? {
            Planned::Case(case) => Ok(*case),
            Planned::LeftOut(_) => Err(Undrawn::Unfit),
        }
    }

    /// A drawn case with these steps of shrinking.
    #[must_use]
    pub fn smaller(&self, case: &Case, shrinks: &[bool]) -> Smaller {
        let number = case.draw.as_ref().and_then(|draw| draw.number);
        let planned = number.map(|n| self.draw(case.endpoint, &case.id, n, shrinks));
        match planned {
            None | Some(Err(Undrawn::Done)) => Smaller::Nothing,
            Some(Err(Undrawn::Unfit)) => Smaller::Unfit,
            Some(Ok(case)) => Smaller::Case(Box::new(case)),
        }
    }

    /// The case of an input that was drawn once, under the id it had.
    #[must_use]
    pub fn written(&self, id: &str, input: &Input) -> Option<Case> {
        let (endpoint, _) = self.contract.endpoint(id.split("::").next()?)?;
        let variant = id.rsplit("::").next().filter(|_| !self.contract.prepared_only)?;
        let draw = Draw { number: None, shrinks: Vec::new(), input: input.clone() };
        let planned = match input {
            Input::Calls(_) => walk::made(&self.scope(endpoint, Family::Walk), variant, draw).ok()?,
            Input::Edits(_) => fuzz::made(&self.scope(endpoint, Family::Fuzz), variant, draw),
        };
        match planned {
            Planned::Case(case) => Some(*case),
            Planned::LeftOut(_) => None,
        }
    }

    /// A request of the endpoint of which it is known what it gets, to tell the target's health by: one that is accepted; where none
    /// can be made, the first one that leads to it. Where it would end a fixture of the profile, one that names nothing and is
    /// refused for it, or the first one that leads to it, or none.
    #[must_use]
    pub fn canary(&self, endpoint: usize) -> Option<Case> {
        let good = self.good(endpoint)?;
        let ends = |case: &Case| case.touches.contains(&Touch::Ends);
        if !ends(&good) {
            return Some(good);
        }
        let first = || self.good(good.steps.first()?.endpoint).filter(|case| case.endpoint != good.endpoint);
        self.stranger(good.endpoint).or_else(first).filter(|case| !ends(case))
    }

    /// A request that names what never was, if it is known which refusal it gets.
    fn stranger(&self, at: usize) -> Option<Case> {
        let scope = self.scope(at, Family::Valid);
        let probe = scope.probe(stage::nameless(self, at));
        let id = format!("{}::valid::body::canary", scope.endpoint.id);
        let case = scope.build(id, &Way::nothing(self), probe, Vec::new());
        let known = matches!(case.expect(), Expect::Refuse { rows, may, doubt: None, bare: false, .. } if !rows.is_empty() && may.is_empty());
        known.then_some(case)
    }

    /// A known-good request of the endpoint; where none can be made, the first request that leads to it.
    fn good(&self, endpoint: usize) -> Option<Case> {
        let at = match self.way(endpoint, Goal::Accept) {
            Ok(_) => endpoint,
            Err(_) => self.way(endpoint, Goal::Input).ok()?.steps.first()?.endpoint,
        };
        let scope = Scope { plan: self, at, endpoint: &self.contract.endpoints[at], family: Family::Valid };
        let id = format!("{}::valid::body::canary", scope.endpoint.id);
        let way = self.way(at, Goal::Accept).ok()?;
        let probe = scope.probe(way.edits.clone());
        Some(scope.build(id, &way, probe, Vec::new()))
    }

    /// The request that reads a page, from 1, of a catalogue's list: with nothing that may narrow the list, and as many entries a
    /// page as the contract allows. None where no such request can be made.
    #[must_use]
    pub fn catalogue(&self, endpoint: usize, list: &Listing, page: usize) -> Option<Case> {
        let way = self.way(endpoint, Goal::Accept).ok()?;
        let scope = self.scope(endpoint, Family::Valid);
        let paging: Vec<&String> = list.size.iter().chain(&list.page).collect();
        let mut edits = way.edits.clone();
        for field in &scope.endpoint.request {
            field.walk(&mut |f| {
                if f.optional() && !f.path.contains('*') && !paging.contains(&&f.path) {
                    edits.push(Edit::Remove(f.path.clone()));
                }
            });
        }
        let number = |path: &String, value: String| {
            let text = field::find(&scope.endpoint.request, path).is_some_and(reference::is_text);
            Edit::Set(path.clone(), Template::Json(if text { Json::text(value) } else { Json::number(value) }))
        };
        if let Some(size) = &list.size {
            let most = field::find(&scope.endpoint.request, size).and_then(|f| f.value.as_ref());
            edits.extend(most.map(|most| number(size, most.first().max.to_string())));
        }
        edits.extend(list.page.as_ref().map(|path| number(path, page.to_string())));
        let id = scope.id("body", &format!("{CATALOGUE}{page}"));
        Some(scope.build(id, &way, scope.probe(edits), Vec::new()))
    }

    /// The call that tells whether the request of a step, which was not answered, was carried out; none where the contract has no such
    /// call that needs nothing else.
    #[must_use]
    pub fn lookup(&self, endpoint: usize, step: usize) -> Option<Step> {
        lookup::step(&self.contract, &self.contract.endpoints[endpoint], step)
    }

    /// Why no request that is accepted can be made, if so.
    #[must_use]
    pub fn why_not(&self, endpoint: usize) -> Option<String> {
        self.way(endpoint, Goal::Accept).err()
    }

    /// What the endpoint's requests send where sources disagree on a header's length, in words.
    #[must_use]
    pub fn sides(&self, endpoint: usize) -> Vec<String> {
        let own = &self.contract.endpoints[endpoint];
        let disputed = |f: &&Field| f.length.as_ref().is_some_and(|l| l.sides.len() > 1);
        let headers = rehearsal::unbent(self, endpoint, 0);
        let sent = own.request_headers.iter().filter(disputed).filter_map(|field| {
            let (_, value) = headers.iter().find(|(name, _)| *name == field.name)?;
            Some(format!("{} of {}", field.name, value.chars().count()))
        });
        sent.collect()
    }

    /// The body of a step; `fill` makes what only a run knows.
    ///
    /// # Errors
    /// Whatever `fill` answers first.
    pub fn bind<E>(&self, step: &Step, fill: &mut dyn FnMut(&Hole) -> Result<Json, E>) -> Result<Json, E> {
        let mut body = self.baselines[step.endpoint].bind_edited(&step.edits, fill)?;
        for edit in &step.edits {
            self.fit(step.endpoint, edit, &mut body);
        }
        Ok(body)
    }

    /// A value that is known from a fixture or an earlier call takes the type of the field that names it: the same id may be a
    /// number here and a string there.
    fn fit(&self, endpoint: usize, edit: &Edit, body: &mut Json) {
        let Edit::Set(path, value) = edit else { return };
        let (path, hole) = match value {
            Template::Hole(hole) => (path.clone(), hole),
            Template::Array(items) => match items.as_slice() {
                [Template::Hole(hole)] => (format!("{path}.0"), hole),
                _ => return,
            },
            _ => return,
        };
        if !matches!(hole, Hole::Planted { .. } | Hole::Sent { .. } | Hole::Answer { .. } | Hole::Listed { .. }) {
            return;
        }
        let field = field::find(&self.contract.endpoints[endpoint].request, &general(&path));
        let kind = field.and_then(|f| f.kind.as_ref()).map(|k| *k.first());
        let kind = kind.filter(|k| matches!(k, Kind::String | Kind::Number | Kind::Boolean));
        if let (Some(kind), Some(value)) = (kind, body.at_mut(&path)) {
            if let Some(fitted) = fit(value, kind) {
                *value = fitted;
            }
        }
    }

    /// The call that undoes a record of a run's leftovers.
    ///
    /// # Errors
    /// Why there is none.
    pub fn undoing(&self, resource: &str, key: &str) -> Result<Step, String> {
        undo::of(&self.contract, resource, key, KEY)
    }

    /// Values for the references of a request of the endpoint that name nothing.
    #[must_use]
    pub fn nameless(&self, endpoint: usize) -> Vec<Edit> {
        stage::nameless(self, endpoint)
    }

    /// True if the step's call changes a resource that the fixture has, or would if the target accepted it.
    #[must_use]
    pub fn moves(&self, step: &Step, fixture: usize) -> bool {
        touch::changes(self, step, fixture)
    }

    /// True if the step's body takes what the target answered earlier.
    #[must_use]
    pub fn borrows(&self, step: &Step) -> bool {
        self.baselines[step.endpoint].borrows()
            || step.edits.iter().any(|e| matches!(e, Edit::Set(_, value) if value.borrows()))
    }
}

fn baseline(endpoint: &Endpoint) -> Template {
    if let Some(prepared) = &endpoint.prepared {
        return Template::Json(prepared.clone());
    }
    let mut body = Template::Object(
        endpoint.request.iter().filter_map(|f| Some((f.name.as_str().into(), compose::baseline(f)?))).collect(),
    );
    for (path, value) in &endpoint.sends {
        body.apply(&Edit::Set(path.clone(), Template::Json(value.clone())));
    }
    body
}

fn set(field: &Field, value: Template) -> Edit {
    Edit::Set(field.path.clone(), value)
}

fn set_json(field: &Field, value: Json) -> Edit {
    set(field, Template::Json(value))
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
