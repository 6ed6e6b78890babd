//! Finds the calls that must come before a request, by letting the model run over stand-in answers.
//!
//! A reference needs something to name: a call that makes it, or a fixture that the profile prepares. A row about state needs
//! that state: a call that brings it about. The search tries each maker and each single move, and keeps the shortest way on
//! which no other row holds.

use std::collections::BTreeMap;

use super::cause::{absent, fresh, is_text, namesakes, never, template};
use super::way::{Goal, Way};
use super::{Plan, isolation, rehearsal};
use crate::behaviour::{Held, Origin, Style, Truth, World};
use crate::contract::behaviour::{Act, Class, NewState, Operand, Settle, Source, Test};
use crate::contract::{Contract, Effect, Endpoint, When};
use crate::model::case::Poll;
use crate::model::input::Names;
use crate::model::{Edit, Expect, Field, Json, Role, Step, Template, field};
use crate::schema::example::{Manner, example};

/// Makers of makers: deeper than any life cycle goes.
const DEPTH: usize = 8;

/// Which instance stands for a resource: by resource index.
pub(super) type Chosen = BTreeMap<usize, usize>;

/// How far a way is from ideal: other rows that hold, rows that nobody can tell, fixtures, calls. Calls are better than fixtures:
/// more is known of what they made.
type Score = (usize, usize, usize, usize);

/// What makes a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    /// A call whose effect creates it, or shows it by its key.
    Call { endpoint: usize, effect: usize },
    /// A call that lists what an owner has: the target may have given the owner one by itself.
    Listing { endpoint: usize, effect: usize },
    /// A fixture of the profile.
    Fixture(usize),
}

/// A way while it is looked for.
#[derive(Clone)]
pub(super) struct Stage<'a> {
    plan: &'a Plan,
    steps: Vec<Step>,
    fixtures: Vec<usize>,
    pub(super) world: World,
    sent: Vec<Json>,
    answers: Vec<Json>,
    forced: Option<(usize, Maker)>,
    dangling: bool,
    /// Rows of the calls made so far of which nobody knows whether they hold.
    doubts: usize,
    depth: usize,
}

/// Finds a way to a goal, or says why there is none.
pub(super) fn solve(plan: &Plan, at: usize, goal: Goal) -> Result<Way, String> {
    let contract = plan.contract();
    let endpoint = &contract.endpoints[at];
    if let Some(why) = &endpoint.closed {
        return Err(why.clone());
    }
    if endpoint.prepared.is_some() {
        return Ok(Way { dangling: false, ..Way::nothing(plan) });
    }
    if let Some(why) = plan.unlisted(at) {
        return Err(why);
    }
    if let Goal::Row { row, .. } = goal {
        if let Some(why) = &endpoint.rows[row].unbound {
            return Err(why.clone());
        }
    }
    let interest = interest(contract, endpoint, goal);
    let mut best: Option<(Score, Way)> = None;
    let mut reason: Option<String> = None;
    let mut forced: Vec<Option<(usize, Maker)>> = vec![None];
    for resource in &interest {
        forced.extend(makers(contract, *resource).into_iter().map(|m| Some((*resource, m))));
    }
    // Calls that create come first, then fixtures, then lists: the first way on which no other row holds is then the one to take.
    forced.sort_by_key(|f| match f {
        None | Some((_, Maker::Call { .. })) => 0,
        Some((_, Maker::Fixture(_))) => 1,
        Some((_, Maker::Listing { .. })) => 2,
    });
    'search: for forced in forced {
        for moves in moves(contract, at, goal) {
            let mut stage = Stage::new(plan, forced);
            match stage.reach(at, goal, &moves) {
                Ok((edits, score)) => {
                    if best.as_ref().is_none_or(|(known, _)| score < *known) {
                        let Stage { steps, fixtures, world, sent, answers, dangling, .. } = stage;
                        best = Some((score, Way { steps, edits, fixtures, world, sent, answers, dangling }));
                    }
                    if (score.0, score.1) == (0, 0) && !dangling(best.as_ref()) {
                        break 'search;
                    }
                }
                Err(why) => {
                    reason.get_or_insert(why);
                }
            }
        }
    }
    match best {
        Some((_, way)) => Ok(way),
        None => Err(reason.unwrap_or_else(|| "nothing brings it about".to_owned())),
    }
}

/// The same way with one more call whose references name what is there, was there or never was; none where the model can't
/// tell what the call gets.
pub(super) fn go_on(plan: &Plan, way: &Way, at: usize, (names, turn): (Names, u8)) -> Option<Way> {
    let contract = plan.contract();
    let endpoint = &contract.endpoints[at];
    let mut stage = Stage {
        steps: way.steps.clone(),
        fixtures: way.fixtures.clone(),
        world: way.world.clone(),
        sent: way.sent.clone(),
        answers: way.answers.clone(),
        ..Stage::new(plan, None)
    };
    let mut chosen = Chosen::new();
    let wanted = stage.wanted(endpoint, &[], false);
    for (order, resource) in wanted.into_iter().enumerate() {
        if chosen.contains_key(&resource) || (order == 0 && names == Names::Nothing) {
            continue;
        }
        let things = stage.world.things();
        let left = |t: &usize| things[*t].gone || contract.resources[resource].left.contains(&things[*t].state);
        let known: Vec<usize> = (0..things.len()).filter(|t| things[*t].resource == resource).collect();
        let mut latest_first = known.iter().rev();
        let pick = match names {
            Names::Left if order == 0 => latest_first.find(|t| left(t)),
            Names::Earlier => latest_first.filter(|t| !left(t)).nth(1),
            _ => latest_first.find(|t| !left(t)),
        };
        chosen.insert(resource, *pick?);
        stage.close(&mut chosen);
    }
    for resource in stage.wanted(endpoint, &[], true) {
        stage.ensure(resource, &mut chosen).ok()?;
    }
    let mut edits = if names == Names::Nothing {
        stage.refs_or_fresh(endpoint, &chosen)
    } else {
        stage.refs(endpoint, &chosen, &[]).ok()?
    };
    // Where a word of the request decides the state, its turn decides the word.
    for effect in &endpoint.effects {
        let Some(NewState::By(Source::Request(path), words)) = &effect.state else { continue };
        let Some((word, _)) = usize::from(turn).checked_rem(words.len()).and_then(|nth| words.get(nth)) else {
            continue;
        };
        let text = field::find(&endpoint.request, path).is_none_or(is_text);
        let value = if text { Json::text(word.clone()) } else { Json::Bool(word == "true") };
        edits.push(Edit::Set(path.clone(), Template::Json(value)));
    }
    let mut step = Step::new(at, Role::Probe, edits);
    let tree = stage.bind(&step);
    rehearsal::freshen(endpoint, &step.edits, &tree, &mut stage.world);
    let standing = stage.world.standing(endpoint, &tree, plan.moment());
    step.expect = isolation::expect(contract, &step, &tree, &[], &standing);
    let answer = match &step.expect {
        Expect::Accept { may } if may.is_empty() => {
            endpoint.effects.iter().try_for_each(|effect| stage.there(endpoint, effect, &tree)).ok()?;
            let answer = stage.world.answer(endpoint, &tree, Style { side: 0, optional: true }, plan.moment());
            stage.world.apply(endpoint, &tree, &answer, stage.steps.len(), plan.moment());
            answer
        }
        Expect::Refuse { rows, may, doubt: None, .. } if may.is_empty() => {
            let row = rows.first()?;
            stage.world.refused(endpoint, &tree, &endpoint.rows[row.row].code);
            Json::Object(Vec::new())
        }
        _ => return None,
    };
    let Stage { mut steps, fixtures, world, mut sent, mut answers, .. } = stage;
    steps.push(step);
    sent.push(tree);
    answers.push(answer);
    Some(Way { steps, edits: Vec::new(), fixtures, world, sent, answers, dangling: false })
}

/// Values for the references of a request that names nothing: legal in form.
pub(super) fn nameless(plan: &Plan, at: usize) -> Vec<Edit> {
    Stage::new(plan, None).refs_or_fresh(&plan.contract().endpoints[at], &Chosen::new())
}

fn dangling(best: Option<&(Score, Way)>) -> bool {
    best.is_some_and(|(_, way)| way.dangling)
}

/// Resources whose maker may matter.
fn interest(contract: &Contract, endpoint: &Endpoint, goal: Goal) -> Vec<usize> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    };
    if let Goal::Row { row, .. } = goal {
        speaks(&endpoint.rows[row].when, endpoint, &mut add);
    }
    for field in &endpoint.request {
        field.walk(&mut |f| {
            for path in [&f.refers, &f.equals].into_iter().flatten() {
                add(path.split('.').next().unwrap_or_default());
            }
        });
    }
    for effect in endpoint.effects.iter().filter(|e| e.act != Act::Create) {
        add(&effect.resource);
    }
    names.iter().filter_map(|n| contract.resources.iter().position(|r| r.name == *n && !r.catalogue)).collect()
}

/// The resources that a cause speaks of.
pub(super) fn speaks(when: &When, endpoint: &Endpoint, add: &mut dyn FnMut(&str)) {
    when.resources(&endpoint.request, add);
}

/// Calls and fixtures that make a resource.
fn makers(contract: &Contract, resource: usize) -> Vec<Maker> {
    let name = &contract.resources[resource].name;
    let mut found = Vec::new();
    for (endpoint, e) in contract.endpoints.iter().enumerate().filter(|(_, e)| e.closed.is_none()) {
        for (effect, own) in e.effects.iter().enumerate() {
            if own.resource == *name && own.key.is_some() && matches!(own.act, Act::Create | Act::Read) {
                found.push(Maker::Call { endpoint, effect });
            }
        }
    }
    // What comes with every answer before what comes with some.
    found.sort_by_key(|m| match m {
        Maker::Call { endpoint, effect } => {
            let effect = &contract.endpoints[*endpoint].effects[*effect];
            (
                effect.act == Act::Read,
                contract.endpoints[*endpoint].request.iter().filter(|f| f.refers.is_some()).count(),
            )
        }
        Maker::Listing { .. } | Maker::Fixture(_) => (true, usize::MAX),
    });
    let parts = |f: &crate::model::Fixture| f.parts.iter().any(|p| p.resource == *name);
    found.extend(contract.fixtures.iter().enumerate().filter(|(_, f)| parts(f)).map(|(at, _)| Maker::Fixture(at)));
    for (endpoint, e) in contract.endpoints.iter().enumerate().filter(|(_, e)| e.closed.is_none()) {
        for (effect, own) in e.effects.iter().enumerate() {
            let owned = own.list.as_ref().is_some_and(|list| list.of.is_some() && list.clause.is_some());
            if own.resource == *name && own.act == Act::Read && owned {
                found.push(Maker::Listing { endpoint, effect });
            }
        }
    }
    found
}

/// Sequences of calls that may bring the goal's state about: none, or one that changes something it speaks of.
fn moves(contract: &Contract, at: usize, goal: Goal) -> Vec<Vec<usize>> {
    if let Goal::After(call) = goal {
        return vec![vec![call]];
    }
    let mut found = vec![Vec::new()];
    let Goal::Row { row, .. } = goal else { return found };
    let mut spoken: Vec<usize> = Vec::new();
    speaks(&contract.endpoints[at].rows[row].when, &contract.endpoints[at], &mut |name| {
        spoken.extend(contract.resources.iter().position(|r| r.name == name));
    });
    for (call, endpoint) in contract.endpoints.iter().enumerate().filter(|(_, e)| e.closed.is_none()) {
        let changes =
            |e: &&Effect| e.act != Act::Read && spoken.iter().any(|r| contract.resources[*r].name == e.resource);
        if endpoint.effects.iter().any(|e| changes(&e)) {
            found.push(vec![call]);
        }
    }
    found
}

impl<'a> Stage<'a> {
    fn new(plan: &'a Plan, forced: Option<(usize, Maker)>) -> Self {
        Self {
            plan,
            steps: Vec::new(),
            fixtures: Vec::new(),
            world: plan.base().clone(),
            sent: Vec::new(),
            answers: Vec::new(),
            forced,
            dangling: false,
            doubts: 0,
            depth: 0,
        }
    }

    pub(super) fn contract(&self) -> &'a Contract {
        self.plan.contract()
    }

    /// Makes everything the goal needs; answers the request's edits and how far from ideal the way is.
    fn reach(&mut self, at: usize, goal: Goal, moves: &[usize]) -> Result<(Vec<Edit>, Score), String> {
        let contract = self.contract();
        let endpoint = &contract.endpoints[at];
        let mut chosen = Chosen::new();
        if let Some((_, Maker::Fixture(fixture))) = self.forced {
            self.plant(fixture, &mut chosen)?;
        }
        let never = match goal {
            Goal::Row { row, left: false } => never(&endpoint.rows[row].when),
            _ => None,
        };
        let skip = never.as_deref().map(|path| namesakes(endpoint, path)).unwrap_or_default();
        for resource in self.wanted(endpoint, &skip, false) {
            let made = self.ensure(resource, &mut chosen);
            if goal != Goal::Input {
                made?;
            }
        }
        if goal != Goal::Input {
            self.needs(endpoint, goal, &mut chosen)?;
        }
        if let Goal::Row { row, .. } = goal {
            let mut spoken = Vec::new();
            speaks(&endpoint.rows[row].when, endpoint, &mut |name| spoken.extend(self.world.resource(name)));
            for resource in spoken.into_iter().filter(|r| !contract.resources[*r].catalogue) {
                if never.is_none() && !absent(&endpoint.rows[row].when, &contract.resources[resource].name) {
                    // What nothing makes may still be named by what is there.
                    let _ = self.ensure(resource, &mut chosen);
                }
            }
        }
        for call in moves {
            let mut own = chosen.clone();
            self.call(*call, &mut own, None)?;
        }
        if matches!(goal, Goal::Row { row, .. } if endpoint.rows[row].when.class() == Class::State) {
            // What led to the state may have used up the calls that come before this one.
            self.precede(endpoint, &chosen);
        }
        for resource in self.wanted(endpoint, &skip, true) {
            let made = self.ensure(resource, &mut chosen);
            if goal != Goal::Input {
                made?;
            }
        }
        let mut edits = if goal == Goal::Input {
            self.refs_or_fresh(endpoint, &chosen)
        } else {
            self.refs(endpoint, &chosen, &skip)?
        };
        if let Goal::Row { row, left } = goal {
            edits.extend(self.provoke(endpoint, &endpoint.rows[row].when, left, &chosen)?);
            edits.extend(skip.iter().filter(|p| never.as_ref() != Some(*p)).map(|p| Edit::Remove(p.clone())));
        }
        let probe = Step::new(at, Role::Probe, edits.clone());
        let tree = self.bind(&probe);
        let mut world = self.world.clone();
        rehearsal::freshen(endpoint, &probe.edits, &tree, &mut world);
        let rows = world.rows(endpoint, &tree, self.plan.moment());
        let others = rows.iter().zip(&endpoint.rows).enumerate().filter(|(i, (truth, row))| {
            **truth == Truth::Yes && !row.disputed && !matches!(goal, Goal::Row { row, .. } if row == *i)
        });
        let others: Vec<usize> = others.map(|(i, _)| i).collect();
        match goal {
            Goal::Accept | Goal::After(_) => {
                if let Some(row) = others.first() {
                    let own = &endpoint.rows[*row];
                    return Err(format!("no call or fixture avoids {} ({})", own.name, own.when.words()));
                }
                for effect in &endpoint.effects {
                    self.there(endpoint, effect, &tree)?;
                }
            }
            Goal::Row { row, .. } => {
                let reached = match (rows[row], &endpoint.rows[row].when) {
                    (Truth::Yes, _) | (Truth::Unknown, When::Attempts { .. }) => true,
                    (Truth::Unknown | Truth::No, _) => false,
                };
                if !reached {
                    return Err(format!(
                        "no call of the contract brings about that {}: a profile's fixture can",
                        endpoint.rows[row].when.words()
                    ));
                }
            }
            Goal::Input => {}
        }
        let unknown = self.doubts + rows.iter().filter(|truth| **truth == Truth::Unknown).count();
        // A row of which sources disagree may refuse the request: any other way is better.
        let disputed = rows.iter().zip(&endpoint.rows).enumerate().filter(|(at, (truth, row))| {
            let own = matches!(goal, Goal::Row { row, .. } if row == *at);
            **truth == Truth::Yes && row.disputed && !own
        });
        // Also a request that is refused for its input is best sent where nothing else would refuse it: a target that takes it shows.
        let against = others.len() + disputed.count();
        Ok((edits, (against, unknown, self.fixtures.len(), self.steps.len())))
    }

    /// Fails if what an effect changes or shows is not there.
    fn there(&self, endpoint: &Endpoint, effect: &Effect, tree: &Json) -> Result<(), String> {
        if effect.key.is_some() || effect.list.is_some() || (effect.act == Act::Read && effect.answer.is_empty()) {
            return Ok(());
        }
        match self.world.names(endpoint, &effect.resource, tree) {
            Some(_) => Ok(()),
            None => Err(format!("no {} is there", effect.resource)),
        }
    }

    /// Resources that the request's references name, what lives shortest last; `fleeting` selects those.
    fn wanted(&self, endpoint: &Endpoint, skip: &[String], fleeting: bool) -> Vec<usize> {
        let contract = self.contract();
        let mut found: Vec<usize> = Vec::new();
        each_link(endpoint, skip, &mut |_, path| {
            let resource = self.world.resource(path.split('.').next().unwrap_or_default());
            if let Some(resource) = resource.filter(|r| !contract.resources[*r].catalogue && !found.contains(r)) {
                found.push(resource);
            }
        });
        // What belongs to most others brings them along.
        let relations = |r: usize| {
            let name = &contract.resources[r].name;
            contract.resources.iter().filter(|o| contract.identifying.contains(&(name.clone(), o.name.clone()))).count()
        };
        found.retain(|r| contract.resources[*r].fleeting == fleeting);
        found.sort_by_key(|r| std::cmp::Reverse(relations(*r)));
        found
    }

    /// What must be there beside what the request names.
    fn needs(&mut self, endpoint: &Endpoint, goal: Goal, chosen: &mut Chosen) -> Result<(), String> {
        let contract = self.contract();
        let accept = matches!(goal, Goal::Accept | Goal::After(_));
        for effect in &endpoint.effects {
            let shows = effect.act == Act::Read && !effect.answer.is_empty();
            if effect.list.is_none()
                && effect.key.is_none()
                && (shows || matches!(effect.act, Act::Update | Act::Delete))
            {
                if let Some(resource) =
                    self.world.resource(&effect.resource).filter(|r| !contract.resources[*r].fleeting)
                {
                    let made = self.ensure(resource, chosen);
                    if accept {
                        made?;
                    }
                }
            }
        }
        // A row about what the request names is met whatever the page wants besides.
        let reference = matches!(goal, Goal::Row { row, .. } if endpoint.rows[row].when.class() == Class::Reference);
        if !reference {
            self.precede(endpoint, chosen);
        }
        for (name, state) in endpoint.needs.iter().filter(|_| !reference) {
            let Some(resource) = self.world.resource(name) else { continue };
            let made = self.ensure(resource, chosen).and_then(|at| self.bring(at, state.as_deref(), chosen));
            if accept {
                made?;
            }
        }
        if !reference {
            endpoint.same.iter().for_each(|pair| self.agree(pair, chosen));
        }
        for (at, row) in endpoint.rows.iter().enumerate() {
            let When::Where(tests) = &row.when else { continue };
            let [(Operand::Resource(name), Test::Absent)] = tests.as_slice() else { continue };
            if matches!(goal, Goal::Row { row, .. } if row == at) {
                continue;
            }
            if let Some(resource) = self.world.resource(name) {
                let made = self.ensure(resource, chosen);
                if accept {
                    made?;
                }
            }
        }
        Ok(())
    }

    /// Lets an earlier call of the way send the one attribute as the fixture has the other. Where that can't be done nobody knows
    /// whether the call is accepted, and the expectation says so.
    fn agree(&mut self, (one, other): &((String, String), (String, String)), chosen: &Chosen) {
        let place = |(name, attribute): &(String, String)| {
            let at = *chosen.get(&self.world.resource(name)?)?;
            Some((at, attribute.clone(), self.world.things()[at].attributes.get(attribute)?.clone()))
        };
        let (Some((at, attribute, sent)), Some((_, _, wanted))) = (place(one), place(other)) else { return };
        let (Origin::Sent { step, path }, Origin::Planted { .. }) = (&sent.origin, &wanted.origin) else { return };
        if sent.value == wanted.value {
            return;
        }
        self.steps[*step].edits.push(Edit::Set(path.clone(), template(&wanted)));
        put(&mut self.sent[*step], path, wanted.value.clone());
        self.world.hold(at, attribute, Held { value: wanted.value, origin: sent.origin.clone() });
    }

    /// Makes the calls that are to come before one of the endpoint, where they can be made. Without them nobody knows whether the
    /// call is accepted, and the expectation says so.
    fn precede(&mut self, endpoint: &Endpoint, chosen: &Chosen) {
        for first in &endpoint.after {
            let Some((at, _)) = self.contract().endpoint(first) else { continue };
            if chosen.values().any(|thing| self.world.called(first, *thing)) {
                continue;
            }
            let mut trial = self.clone();
            if trial.call(at, &mut chosen.clone(), None).is_ok() {
                *self = trial;
            }
        }
    }

    /// Makes the call that brings an instance to a state that it must have.
    fn bring(&mut self, at: usize, state: Option<&str>, chosen: &mut Chosen) -> Result<(), String> {
        let Some(state) = state.filter(|state| self.world.things()[at].state != *state) else { return Ok(()) };
        let contract = self.contract();
        let name = &contract.resources[self.world.things()[at].resource].name;
        for (mover, endpoint) in contract.endpoints.iter().enumerate() {
            let moves = |e: &Effect| e.act == Act::Update && e.resource == *name && e.state.is_some();
            if endpoint.closed.is_some() || !endpoint.effects.iter().any(moves) {
                continue;
            }
            let mut trial = self.clone();
            trial.depth += 1;
            let mut own = chosen.clone();
            if trial.call(mover, &mut own, None).is_ok() && trial.world.things()[at].state == state {
                trial.depth -= 1;
                *self = trial;
                *chosen = own;
                return Ok(());
            }
        }
        Err(format!("no call of the contract brings a {name} to {state}: a profile's fixture can"))
    }

    /// Chooses an instance of the resource: one related to what is chosen, or a new one.
    fn ensure(&mut self, resource: usize, chosen: &mut Chosen) -> Result<usize, String> {
        if let Some(at) = chosen.get(&resource) {
            return Ok(*at);
        }
        let own = &self.contract().resources[resource];
        let forced = self.forced.is_some_and(|(r, m)| r == resource && !matches!(m, Maker::Fixture(_)));
        if !own.fleeting && !forced {
            if let Some(at) = self.related(resource, chosen) {
                chosen.insert(resource, at);
                self.close(chosen);
                return Ok(at);
            }
        }
        if self.depth >= DEPTH {
            return Err(format!("no call makes a {} without another one", own.name));
        }
        let mut all = makers(self.contract(), resource);
        if let Some((_, maker)) = self.forced.filter(|(r, _)| *r == resource) {
            all.retain(|m| *m == maker);
        }
        let mut reason = format!("no call of the contract makes a {}: a profile's fixture can", own.name);
        for (tried, maker) in all.into_iter().enumerate() {
            let mut trial = self.clone();
            trial.depth += 1;
            let mut own = chosen.clone();
            match trial.make(resource, maker, &mut own) {
                Ok(at) => {
                    trial.depth -= 1;
                    *self = trial;
                    *chosen = own;
                    chosen.insert(resource, at);
                    self.close(chosen);
                    return Ok(at);
                }
                Err(why) if tried == 0 => reason = why,
                Err(_) => {}
            }
        }
        Err(reason)
    }

    fn make(&mut self, resource: usize, maker: Maker, chosen: &mut Chosen) -> Result<usize, String> {
        match maker {
            Maker::Call { endpoint, effect } => self.call(endpoint, chosen, Some(effect))?,
            Maker::Listing { endpoint, effect } => return self.look(endpoint, effect, chosen),
            Maker::Fixture(fixture) => self.plant(fixture, chosen)?,
        }
        let made = self.world.of(resource).last();
        let made = made.ok_or_else(|| format!("no {} came of it", self.contract().resources[resource].name))?;
        self.belongs(made, chosen)?;
        Ok(made)
    }

    /// Fails if an instance belongs to another one than that which is chosen: a card of one member, say, and another member.
    fn belongs(&self, made: usize, chosen: &Chosen) -> Result<(), String> {
        let contract = self.contract();
        let thing = &self.world.things()[made];
        for (resource, at) in chosen {
            let of = &contract.resources[*resource];
            let Some(held) = thing.attributes.get(&of.name).filter(|h| h.value != Json::Null) else { continue };
            let key = self.world.things()[*at].attributes.get(&of.key);
            if *resource != thing.resource && key.is_some_and(|key| key.value.scalar() != held.value.scalar()) {
                let own = &contract.resources[thing.resource].name;
                return Err(format!("the {own} that a call makes belongs to another {}", of.name));
            }
        }
        Ok(())
    }

    /// Lists what an owner has, one of which no call of this way has made; answers that one. At run time the target may show
    /// none: the case is then not applicable.
    fn look(&mut self, at: usize, effect: usize, chosen: &mut Chosen) -> Result<usize, String> {
        let contract = self.contract();
        let endpoint = &contract.endpoints[at];
        let effect = &endpoint.effects[effect];
        let (Some(list), Some(resource)) = (&effect.list, self.world.resource(&effect.resource)) else {
            return Err(format!("{} lists nothing", endpoint.id));
        };
        let own = &contract.resources[resource];
        let owner = list.of.as_ref().and_then(|of| self.world.resource(of)).ok_or("the list has no owner")?;
        self.ensure(owner, chosen)?;
        let except: Vec<Origin> = self
            .world
            .of(resource)
            .filter_map(|at| Some(self.world.things()[at].attributes.get(&own.key)?.origin.clone()))
            .collect();
        let mut edits = self.refs(endpoint, chosen, &[])?;
        let narrows = |f: &Field| f.optional() && list.narrowed_by.iter().any(|(path, _)| *path == f.path);
        edits.extend(endpoint.request.iter().filter(|f| narrows(f)).map(|f| Edit::Remove(f.path.clone())));
        let step = Step::new(at, Role::Setup, edits);
        let tree = self.bind(&step);
        let mut answer = self.world.answer(endpoint, &tree, Style { side: 0, optional: true }, self.plan.moment());
        let items = field::find(&endpoint.response, &list.path).and_then(|f| f.items.as_deref());
        let items = items.ok_or_else(|| format!("nobody knows what an entry of {} is", list.path))?;
        let manner = Manner { n: self.world.number(), side: 0, optional: true, now: self.plan.moment() };
        answer.push(&list.path, example(items, &manner));
        let before = self.world.things().len();
        self.world.apply(endpoint, &tree, &answer, self.steps.len(), self.plan.moment());
        let shown = (before..self.world.things().len()).find(|at| self.world.things()[*at].resource == resource);
        let shown = shown.ok_or_else(|| format!("an entry of {} does not show its {}", list.path, list.item))?;
        self.world.mark_listed(shown, (list, self.steps.len()), &except);
        self.steps.push(step);
        self.sent.push(tree);
        self.answers.push(answer);
        Ok(shown)
    }

    fn plant(&mut self, fixture: usize, chosen: &mut Chosen) -> Result<(), String> {
        if self.fixtures.contains(&fixture) {
            return Ok(());
        }
        let before = self.world.things().len();
        self.world.plant(fixture, fixture as u64 + 1, self.plan.moment());
        self.fixtures.push(fixture);
        for at in before..self.world.things().len() {
            let resource = self.world.things()[at].resource;
            if chosen.insert(resource, at).is_some() {
                return Err(format!("the fixture brings another {}", self.contract().resources[resource].name));
            }
        }
        Ok(())
    }

    /// An instance in its first state that belongs to what is chosen, or that what is chosen belongs to.
    fn related(&self, resource: usize, chosen: &Chosen) -> Option<usize> {
        let contract = self.contract();
        let own = &contract.resources[resource];
        let first = own.states.first().map_or("", String::as_str);
        for at in chosen.values() {
            if let Some(held) = self.world.things()[*at].attributes.get(&own.name) {
                if let Some(found) = self.world.find(resource, &own.key, &held.value) {
                    return Some(found);
                }
            }
        }
        chosen.iter().find_map(|(other, at)| {
            let of = &contract.resources[*other];
            let key = self.world.things()[*at].attributes.get(&of.key)?;
            let linked = |thing: usize| {
                let thing = &self.world.things()[thing];
                let same = thing.attributes.get(&of.name).is_some_and(|h| h.value.scalar() == key.value.scalar());
                same && (thing.state == first || own.progress.contains(&thing.state))
            };
            self.world.of(resource).find(|t| linked(*t))
        })
    }

    /// Chooses what the chosen belongs to.
    fn close(&self, chosen: &mut Chosen) {
        loop {
            let before = chosen.len();
            for at in chosen.values().copied().collect::<Vec<_>>() {
                for (resource, own) in self.contract().resources.iter().enumerate() {
                    if let Some(held) = self.world.things()[at].attributes.get(&own.name) {
                        if let Some(found) = self.world.find(resource, &own.key, &held.value) {
                            chosen.entry(resource).or_insert(found);
                        }
                    }
                }
            }
            if chosen.len() == before {
                return;
            }
        }
    }

    /// Adds a call that must be accepted; `effect` is the one it is made for.
    fn call(&mut self, at: usize, chosen: &mut Chosen, effect: Option<usize>) -> Result<(), String> {
        let contract = self.contract();
        let endpoint = &contract.endpoints[at];
        if let Some(why) = endpoint.closed.clone().or_else(|| self.plan.unlisted(at)) {
            return Err(why);
        }
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("{} needs itself first", endpoint.id));
        }
        for fleeting in [false, true] {
            for resource in self.wanted(endpoint, &[], fleeting) {
                self.ensure(resource, chosen)?;
            }
            if !fleeting {
                self.needs(endpoint, Goal::Accept, chosen)?;
            }
        }
        self.depth -= 1;
        let edits = self.refs(endpoint, chosen, &[])?;
        let mut step = Step::new(at, Role::Setup, edits);
        let tree = self.bind(&step);
        let rows = self.world.rows(endpoint, &tree, self.plan.moment());
        if let Some((_, row)) = rows.iter().zip(&endpoint.rows).find(|(t, r)| **t == Truth::Yes && !r.disputed) {
            return Err(format!("{} would be refused with {}", endpoint.id, row.name));
        }
        self.doubts += rows.iter().filter(|truth| **truth == Truth::Unknown).count();
        for effect in &endpoint.effects {
            self.there(endpoint, effect, &tree)?;
        }
        let style = Style { side: 0, optional: true };
        let mut answer = self.world.answer(endpoint, &tree, style, self.plan.moment());
        // A call made for what comes with some answers only: the one that has it is waited for.
        if let Some((path, words)) = effect.and_then(|e| endpoint.effects[e].only_if.as_ref()) {
            if let Some(word) = words.first() {
                put(&mut answer, path, Json::text(word.clone()));
                step.poll = Some(Poll { path: path.clone(), until: words.clone() });
            }
        }
        self.world.apply(endpoint, &tree, &answer, self.steps.len(), self.plan.moment());
        self.steps.push(step);
        self.sent.push(tree);
        self.answers.push(answer);
        for effect in endpoint.effects.iter().filter(|e| e.act == Act::Create) {
            if let Some(settle) = &effect.settle {
                self.settle(settle, &effect.resource, chosen)?;
            }
        }
        // Tokens and the like are used up.
        chosen.retain(|resource, _| {
            !contract.resources[*resource].fleeting
                || effect.is_some_and(|e| endpoint.effects[e].resource == contract.resources[*resource].name)
        });
        Ok(())
    }

    /// Waits until what was created last has come to its end: it may be under way for a while.
    fn settle(&mut self, settle: &Settle, created: &str, chosen: &Chosen) -> Result<(), String> {
        let contract = self.contract();
        let Some((at, endpoint)) = contract.endpoint(&settle.call).filter(|(_, e)| e.closed.is_none()) else {
            return Ok(());
        };
        let mut chosen = chosen.clone();
        if let Some(resource) = self.world.resource(created) {
            chosen.extend(self.world.of(resource).last().map(|made| (resource, made)));
        }
        let mut step = Step::new(at, Role::Setup, self.refs(endpoint, &chosen, &[])?);
        let tree = self.bind(&step);
        let mut answer = self.world.answer(endpoint, &tree, Style { side: 0, optional: true }, self.plan.moment());
        if let Some(word) = settle.until.first() {
            put(&mut answer, &settle.path, Json::text(word.clone()));
        }
        step.poll = Some(Poll { path: settle.path.clone(), until: settle.until.clone() });
        self.world.apply(endpoint, &tree, &answer, self.steps.len(), self.plan.moment());
        self.steps.push(step);
        self.sent.push(tree);
        self.answers.push(answer);
        Ok(())
    }

    /// Edits that make the references name what is chosen.
    fn refs(&self, endpoint: &Endpoint, chosen: &Chosen, skip: &[String]) -> Result<Vec<Edit>, String> {
        let mut out = Vec::new();
        let mut failed = None;
        each_link(endpoint, skip, &mut |field, path| {
            let Some((name, attribute)) = path.split_once('.') else { return };
            let Some(resource) = self.world.resource(name) else { return };
            if self.contract().resources[resource].catalogue {
                return;
            }
            match chosen.get(&resource).map(|at| self.world.things()[*at].attributes.get(attribute)) {
                Some(Some(held)) if held.value != Json::Null => {
                    let value = template(held);
                    out.push(match field.path.strip_suffix(".*") {
                        Some(list) => Edit::Set(list.to_owned(), Template::Array(vec![value])),
                        None => Edit::Set(field.path.clone(), value),
                    });
                }
                // What a member never had is left out.
                Some(Some(_)) if !field.required() => out.push(Edit::Remove(field.path.clone())),
                Some(_) => {
                    failed.get_or_insert(format!("no call shows the {attribute} of the {name}"));
                }
                None => {
                    failed.get_or_insert(format!("no {name} is there"));
                }
            }
        });
        failed.map_or(Ok(out), Err)
    }

    /// Edits that make the references name what is chosen, and nothing where nothing is.
    fn refs_or_fresh(&mut self, endpoint: &Endpoint, chosen: &Chosen) -> Vec<Edit> {
        let mut out = Vec::new();
        let mut paths = Vec::new();
        each_link(endpoint, &[], &mut |field, _| paths.push(field.path.clone()));
        for path in &paths {
            let others: Vec<String> = paths.iter().filter(|p| *p != path).cloned().collect();
            match (self.refs(endpoint, chosen, &others), field::find(&endpoint.request, path)) {
                (Ok(edits), _) => out.extend(edits),
                (Err(_), Some(field)) if !path.ends_with(".*") => {
                    self.dangling = true;
                    out.push(Edit::Set(path.clone(), fresh(field)));
                }
                (Err(_), _) => self.dangling = true,
            }
        }
        out
    }

    fn bind(&self, step: &Step) -> Json {
        let seen = rehearsal::Seen {
            sent: &self.sent,
            answers: &self.answers,
            step: self.steps.len(),
            base: self.plan.base(),
            contract: self.contract(),
            now: self.plan.moment(),
        };
        rehearsal::bind(self.plan, step, &seen)
    }
}

/// Visits each field that must name or repeat something: `field, resource.attribute`. Optional ones are left out.
fn each_link<'e>(endpoint: &'e Endpoint, skip: &[String], visit: &mut dyn FnMut(&'e Field, &'e str)) {
    for field in &endpoint.request {
        field.walk(&mut |f| {
            // Members of listed objects come from the list's own sample.
            let listed = f.path.contains(".*.") || skip.contains(&f.path);
            if listed || f.optional() {
                return;
            }
            if let Some(path) = f.refers.as_deref().or(f.equals.as_deref()) {
                visit(f, path);
            }
        });
    }
}

fn put(node: &mut Json, path: &str, value: Json) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(n, r)| (n, Some(r)));
    let Json::Object(members) = node else { return };
    let at = members.iter().position(|(n, _)| n == name).unwrap_or_else(|| {
        members.push((name.into(), Json::Object(Vec::new())));
        members.len() - 1
    });
    match rest {
        Some(rest) => put(&mut members[at].1, rest, value),
        None => members[at].1 = value,
    }
}
