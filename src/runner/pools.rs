//! Who takes which fixture of the profile: what a case ends it takes alone, what cases only look at they share.
//!
//! Handed out before the first request, in the order of the plan: the same for any number of jobs. Fixtures that the target makes on
//! demand are never short, and nothing here is about them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use super::execute::TRIES;
use crate::contract::behaviour::{Operand, Source, Test};
use crate::contract::{Contract, When};
use crate::model::fixture::{Planted, Touch};
use crate::model::{Case, Fixture, Hazard, Json};
use crate::plan::Plan;

/// The number of a case's hand-out that its confirmation uses; the tries before it are numbered from 0.
pub(super) const CONFIRMATION: usize = TRIES as usize;
/// Cases that may have been under way when a run was killed: two batches of the largest size.
const UNDER_WAY: u64 = 512;

/// The fixtures of a profile, shared out among the cases of a run.
#[derive(Debug, Default)]
pub struct Pools {
    all: Vec<Pool>,
    /// By fixture: its pool; none for what the target makes on demand.
    pool: Vec<Option<usize>>,
    /// By fixture: the number that fixtures have in common which speak of the same thing.
    thing: Vec<usize>,
    /// By case that ends fixtures: for each try, and then for the confirmation, the fixtures that it takes in place of those it ends.
    handed: HashMap<Arc<str>, Vec<Vec<(usize, usize)>>>,
    /// Cases whose fixture may have been ended when the run was killed, without another one that could take its place.
    lost: HashSet<Arc<str>>,
}

/// Fixtures of one name that can stand for each other.
#[derive(Debug)]
struct Pool {
    name: String,
    says: String,
    members: Vec<usize>,
    /// Those among them that no case ends.
    shared: Vec<usize>,
    /// Cases that look at one, by endpoint: how many, all together.
    readers: u64,
    /// Fixtures that cases end, by endpoint: cases, fixtures wanted for their tries and confirmations, cases that get none.
    enders: BTreeMap<usize, Ends>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    cases: u64,
    fixtures: u64,
    without: u64,
}

/// A pool of fixtures, what the plan needs of it, and what the profile has.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Need {
    /// Name of the fixtures.
    pub fixture: String,
    /// What they are: `card with role ISSUED`.
    pub what: String,
    /// Fixtures that the profile has.
    pub has: u64,
    /// Fixtures that the plan needs.
    pub needs: u64,
    /// Cases that share one that nobody ends.
    pub sharing: u64,
    /// Cases that end one each, by endpoint id.
    pub ending: BTreeMap<String, u64>,
    /// Cases that get none: they are not applicable.
    pub without: u64,
}

impl Need {
    /// True if the profile has fewer than the plan needs.
    #[must_use]
    pub fn short(&self) -> bool {
        self.has < self.needs
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints: Vec<&str> = self.ending.keys().map(String::as_str).collect();
        let verb = if endpoints.len() == 1 { "needs" } else { "need" };
        write!(
            f,
            "{} {verb} {} fixtures `{}` ({}), the profile has {}",
            endpoints.join(", "),
            self.needs,
            self.fixture,
            self.what,
            self.has
        )?;
        let cases: u64 = self.ending.values().sum();
        write!(f, ": {cases} cases end one for each of up to {TRIES} tries and a confirmation")?;
        if self.sharing > 0 {
            write!(f, ", {} others share one", self.sharing)?;
        }
        match self.without {
            0 if self.short() => write!(f, "; every case has one, not every further try"),
            0 => Ok(()),
            without => write!(f, "; {without} cases have none and will be NOT_APPLICABLE"),
        }
    }
}

/// What a case gets instead of a fixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Without {
    /// The profile has too few: known before the first request.
    Short(String),
    /// What it was to get may have been ended when the run was killed.
    Lost(String),
}

/// A case that ends fixtures.
struct Want {
    case: Arc<str>,
    endpoint: usize,
    /// Its place among the cases of the run.
    at: u64,
    fixtures: Vec<usize>,
    tries: usize,
}

impl Pools {
    /// Shares the fixtures of the plan's profile out among these cases. `cuts` are the numbers of cases that were done each time the
    /// run was killed: what the next cases were to take may be gone.
    #[must_use]
    pub fn new(plan: &Plan, cases: impl Iterator<Item = Case>, cuts: &[u64]) -> Self {
        let contract = plan.contract();
        let mut pools = Self::empty(contract);
        if pools.all.is_empty() {
            return pools;
        }
        let wants = pools.count(plan, cases);
        pools.hand_out(&wants, cuts);
        pools
    }

    /// The pools of a contract's fixtures, nothing handed out.
    fn empty(contract: &Contract) -> Self {
        let fixtures = &contract.fixtures;
        let mut pools: Vec<Pool> = Vec::new();
        let mut pool = Vec::with_capacity(fixtures.len());
        for (at, fixture) in fixtures.iter().enumerate() {
            if fixture.on_demand() {
                pool.push(None);
                continue;
            }
            let known = pools.iter().position(|p| alike(contract, &fixtures[p.members[0]], fixture));
            let own = known.unwrap_or_else(|| {
                pools.push(Pool {
                    name: fixture.name.clone(),
                    says: describe(contract, fixture),
                    members: Vec::new(),
                    shared: Vec::new(),
                    readers: 0,
                    enders: BTreeMap::new(),
                });
                pools.len() - 1
            });
            pools[own].members.push(at);
            pool.push(Some(own));
        }
        Self { all: pools, pool, thing: things(contract), handed: HashMap::new(), lost: HashSet::new() }
    }

    /// Counts what the cases and the canaries around them need; answers the cases that end fixtures.
    fn count(&mut self, plan: &Plan, cases: impl Iterator<Item = Case>) -> Vec<Want> {
        let mut wants = Vec::new();
        let mut endpoints = BTreeSet::new();
        let read = |pools: &mut Vec<Pool>, pool: &[Option<usize>], case: &Case| {
            for (fixture, touch) in case.fixtures.iter().zip(&case.touches) {
                if let Some(own) = pool[*fixture].filter(|_| *touch != Touch::Ends) {
                    pools[own].readers += 1;
                }
            }
        };
        for (at, case) in (0..).zip(cases) {
            endpoints.insert(case.endpoint);
            read(&mut self.all, &self.pool, &case);
            let ended = case.fixtures.iter().zip(&case.touches).filter(|(_, touch)| **touch == Touch::Ends);
            let fixtures: Vec<usize> =
                ended.map(|(fixture, _)| *fixture).filter(|fixture| self.pool[*fixture].is_some()).collect();
            if fixtures.is_empty() {
                continue;
            }
            // What moves money is sent once; its finding is not confirmed either.
            let tries = if case.hazard == Hazard::Money { 1 } else { CONFIRMATION + 1 };
            for own in fixtures.iter().filter_map(|fixture| self.pool[*fixture]) {
                let ends = self.all[own].enders.entry(case.endpoint).or_default();
                ends.cases += 1;
                ends.fixtures += tries as u64;
            }
            wants.push(Want { case: Arc::clone(&case.id), endpoint: case.endpoint, at, fixtures, tries });
        }
        for canary in endpoints.into_iter().filter_map(|endpoint| plan.canary(endpoint)) {
            read(&mut self.all, &self.pool, &canary);
        }
        wants
    }

    /// Gives each case a fixture for its first try in the order of the plan, then for the second, and so on. One of each pool is kept
    /// back where cases share it.
    fn hand_out(&mut self, wants: &[Want], cuts: &[u64]) {
        let kept: HashSet<usize> =
            self.all.iter().filter(|p| p.readers > 0).map(|p| self.thing[p.members[0]]).collect();
        let mut gone = kept;
        for nth in 0..=CONFIRMATION {
            for want in wants.iter().filter(|want| nth < want.tries) {
                if nth > 0 && self.handed.get(&want.case).is_none_or(|tries| tries.len() < nth) {
                    continue;
                }
                match self.take(&want.fixtures, &mut gone) {
                    Some(taken) => self.handed.entry(Arc::clone(&want.case)).or_default().push(taken),
                    None if nth == 0 => {
                        for own in want.fixtures.iter().filter_map(|fixture| self.pool[*fixture]) {
                            self.all[own].enders.entry(want.endpoint).or_default().without += 1;
                        }
                    }
                    None => {}
                }
            }
        }
        for cut in cuts {
            for want in wants.iter().filter(|want| (*cut..*cut + UNDER_WAY).contains(&want.at)) {
                if self.handed.remove(&want.case).is_none() {
                    continue;
                }
                match self.take(&want.fixtures, &mut gone) {
                    Some(taken) => {
                        self.handed.insert(Arc::clone(&want.case), vec![taken]);
                    }
                    None => {
                        self.lost.insert(Arc::clone(&want.case));
                    }
                }
            }
        }
        let kept: HashSet<usize> =
            self.all.iter().filter(|p| p.readers > 0).map(|p| self.thing[p.members[0]]).collect();
        for pool in &mut self.all {
            let free = |member: &usize| kept.contains(&self.thing[*member]) || !gone.contains(&self.thing[*member]);
            pool.shared = pool.members.iter().copied().filter(free).collect();
        }
    }

    /// A fixture of each one's pool that nobody has, all or nothing.
    fn take(&self, fixtures: &[usize], gone: &mut HashSet<usize>) -> Option<Vec<(usize, usize)>> {
        let mut own = HashSet::new();
        let mut taken = Vec::new();
        for fixture in fixtures {
            let pool = &self.all[self.pool[*fixture]?];
            let used = |member: usize| taken.iter().any(|(_, other)| *other == member);
            let free = |member: &&usize| !gone.contains(&self.thing[**member]) && !used(**member);
            let member = *pool.members.iter().find(free)?;
            own.insert(self.thing[member]);
            taken.push((*fixture, member));
        }
        gone.extend(own);
        Some(taken)
    }

    /// What the plan needs of each pool of which a case ends a fixture, and what the profile has, in the order of the profile.
    #[must_use]
    pub fn needs(&self, contract: &Contract) -> Vec<Need> {
        let need = |pool: &Pool| Need {
            fixture: pool.name.clone(),
            what: pool.says.clone(),
            has: pool.members.len() as u64,
            needs: u64::from(pool.readers > 0) + pool.enders.values().map(|ends| ends.fixtures).sum::<u64>(),
            sharing: pool.readers,
            ending: pool.enders.iter().map(|(at, ends)| (contract.endpoints[*at].id.clone(), ends.cases)).collect(),
            without: pool.enders.values().map(|ends| ends.without).sum(),
        };
        self.all.iter().filter(|pool| !pool.enders.is_empty()).map(need).collect()
    }

    /// Why the case has no fixture that it could end, if so: it is not applicable.
    #[must_use]
    pub fn lacks(&self, case: &Case) -> Option<String> {
        match self.ended(case, 0).err()? {
            Without::Short(why) | Without::Lost(why) => Some(why),
        }
    }

    /// Which fixtures a case takes for its try of this number in place of those that it ends.
    pub(super) fn ended(&self, case: &Case, nth: usize) -> Result<&[(usize, usize)], Without> {
        let ends =
            |(fixture, touch): (&usize, &Touch)| self.pool.get(*fixture).copied()?.filter(|_| *touch == Touch::Ends);
        let Some(pool) = case.fixtures.iter().zip(&case.touches).find_map(ends) else { return Ok(&[]) };
        let pool = &self.all[pool];
        match self.handed.get(&case.id).and_then(|tries| tries.get(nth)) {
            Some(taken) => Ok(taken),
            None if self.lost.contains(&case.id) => Err(Without::Lost(format!(
                "its fixture `{}` ({}) may have been used up when the run was killed, and the profile has no other",
                pool.name, pool.says
            ))),
            None => Err(Without::Short(format!(
                "it would use up a fixture `{}` ({}), and the {} that the profile has are for other cases",
                pool.name,
                pool.says,
                pool.members.len()
            ))),
        }
    }

    /// True if the case has what it needs for its try of this number.
    pub(super) fn has(&self, case: &Case, nth: usize) -> bool {
        self.ended(case, nth).is_ok()
    }

    /// True if the case ends a fixture that is not made on demand.
    pub(super) fn ends(&self, case: &Case) -> bool {
        let ends = |(fixture, touch): (&usize, &Touch)| *touch == Touch::Ends && self.literal(*fixture);
        case.fixtures.iter().zip(&case.touches).any(ends)
    }

    /// True for a fixture that is there once, whoever names it.
    pub(super) fn literal(&self, fixture: usize) -> bool {
        self.pool.get(fixture).is_some_and(Option::is_some)
    }

    /// The fixtures that cases share in place of this one, and the name and words of their pool.
    pub(super) fn shared(&self, fixture: usize) -> (&[usize], &str, &str) {
        match self.pool.get(fixture).copied().flatten() {
            Some(pool) => (&self.all[pool].shared, &self.all[pool].name, &self.all[pool].says),
            None => (&[], "", ""),
        }
    }

    /// What fixtures have in common that speak of the same thing.
    pub(super) fn thing(&self, fixture: usize) -> usize {
        self.thing.get(fixture).copied().unwrap_or(fixture)
    }

    /// How many things there are.
    pub(super) fn things(&self) -> usize {
        self.thing.len()
    }
}

/// By fixture, the first one that names one of the same things: by the key of a resource, directly or through others.
fn things(contract: &Contract) -> Vec<usize> {
    let mut thing: Vec<usize> = (0..contract.fixtures.len()).collect();
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    for (at, fixture) in contract.fixtures.iter().enumerate().filter(|(_, f)| !f.on_demand()) {
        for part in &fixture.parts {
            let Some(resource) = contract.resources.iter().find(|r| r.name == part.resource) else { continue };
            let key = part.attributes.iter().find(|(name, _)| *name == resource.key);
            let Some((_, Planted::Literal(value))) = key else { continue };
            let Some(text) = value.scalar() else { continue };
            let first = *known.entry((part.resource.clone(), text.to_owned())).or_insert(at);
            let (a, b) = (thing[first], thing[at]);
            if a != b {
                let (low, high) = (a.min(b), a.max(b));
                thing.iter_mut().filter(|t| **t == high).for_each(|t| *t = low);
            }
        }
    }
    thing
}

/// What makes a part of a fixture good for something: its resource, its state, and what is known of it.
type Kind = (String, Option<String>, Vec<(String, Option<Json>)>);

/// True if one can stand for the other: the same name, resources, states and known attributes, and the same words where rows of
/// errors ask for them.
fn alike(contract: &Contract, a: &Fixture, b: &Fixture) -> bool {
    let parts = |f: &Fixture| -> Vec<Kind> {
        let part = |p: &crate::model::fixture::Part| {
            let mut attributes: Vec<(String, Option<Json>)> = p
                .attributes
                .iter()
                .map(|(name, value)| (name.clone(), telling(contract, &p.resource, name, value)))
                .collect();
            attributes.sort_by(|x, y| x.0.cmp(&y.0));
            (p.resource.clone(), p.state.clone(), attributes)
        };
        f.parts.iter().map(part).collect()
    };
    a.name == b.name && a.without == b.without && !b.on_demand() && parts(a) == parts(b)
}

/// The value, if it decides what a fixture is good for: it is known not to be there, or a row compares it with words.
fn telling(contract: &Contract, resource: &str, name: &str, value: &Planted) -> Option<Json> {
    match value {
        Planted::Absent => Some(Json::Null),
        Planted::Literal(value) => compared(contract, resource, name).then(|| value.clone()),
        _ => None,
    }
}

/// True if a row of errors compares the attribute with written values.
fn compared(contract: &Contract, resource: &str, attribute: &str) -> bool {
    fn speaks(when: &When, resource: &str, attribute: &str) -> bool {
        match when {
            When::Any(parts) => parts.iter().any(|part| speaks(part, resource, attribute)),
            When::Where(tests) => tests.iter().any(|(operand, test)| {
                let own = matches!(operand, Operand::Attribute(r, a) if r == resource && a == attribute);
                let written = |list: &[Source]| list.iter().any(|s| matches!(s, Source::Literal(_)));
                own && matches!(test, Test::Is(list) | Test::Not(list) if written(list))
            }),
            _ => false,
        }
    }
    contract.endpoints.iter().flat_map(|e| &e.rows).any(|row| speaks(&row.when, resource, attribute))
}

/// What a fixture is, in words: its resources, their states, and the values that rows ask for.
fn describe(contract: &Contract, fixture: &Fixture) -> String {
    let part = |p: &crate::model::fixture::Part| {
        let mut said: Vec<String> = p.state.iter().map(|state| format!("in state {state}")).collect();
        for (name, value) in &p.attributes {
            match telling(contract, &p.resource, name, value) {
                Some(Json::Null) => said.push(format!("without {name}")),
                Some(value) => {
                    said.push(format!("with {name} {}", value.scalar().map_or_else(|| value.to_text(), str::to_owned)));
                }
                None => {}
            }
        }
        std::iter::once(p.resource.clone()).chain(said).collect::<Vec<_>>().join(" ")
    };
    let mut words: Vec<String> = fixture.parts.iter().map(part).collect();
    words.extend(fixture.without.iter().map(|name| format!("no {name}")));
    words.join(", ")
}
