//! A way while it is looked for: the calls made so far over stand-in answers, and one more call each time.

use std::collections::BTreeMap;

use super::maker::Maker;
use super::reference::{fresh, is_text, template};
use super::way::{Goal, Way};
use super::{Plan, isolation, rehearsal};
use crate::behaviour::{Style, Truth, World};
use crate::contract::behaviour::{Act, NewState, Settle, Source};
use crate::contract::{Contract, Effect, Endpoint};
use crate::model::case::{Poll, Until};
use crate::model::input::Names;
use crate::model::{Edit, Expect, Field, Json, Role, Step, Template, field};

/// Makers of makers: deeper than any life cycle goes.
pub(super) const DEPTH: usize = 8;

/// Which instance stands for a resource: by resource index.
pub(super) type Chosen = BTreeMap<usize, usize>;

/// A way while it is looked for.
#[derive(Clone)]
pub(super) struct Stage<'a> {
    pub(super) plan: &'a Plan,
    pub(super) steps: Vec<Step>,
    pub(super) fixtures: Vec<usize>,
    pub(super) world: World,
    pub(super) sent: Vec<Json>,
    pub(super) answers: Vec<Json>,
    pub(super) forced: Option<(usize, Maker)>,
    pub(super) dangling: bool,
    /// True once a call was added that an honest target may refuse.
    uncertain: bool,
    /// Rows of the calls made so far of which nobody knows whether they hold.
    pub(super) doubts: usize,
    pub(super) depth: usize,
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
        let left = |t: &usize| stage.world.has_left(*t);
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
    if stage.uncertain {
        return None;
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
    stage.record(step, tree, answer);
    let Stage { steps, fixtures, world, sent, answers, .. } = stage;
    Some(Way { steps, edits: Vec::new(), fixtures, world, sent, answers, dangling: false })
}

/// Values for the references of a request that names nothing: legal in form.
pub(super) fn nameless(plan: &Plan, at: usize) -> Vec<Edit> {
    Stage::new(plan, None).refs_or_fresh(&plan.contract().endpoints[at], &Chosen::new())
}

impl<'a> Stage<'a> {
    pub(super) fn new(plan: &'a Plan, forced: Option<(usize, Maker)>) -> Self {
        Self {
            plan,
            steps: Vec::new(),
            fixtures: Vec::new(),
            world: plan.base().clone(),
            sent: Vec::new(),
            answers: Vec::new(),
            forced,
            dangling: false,
            uncertain: false,
            doubts: 0,
            depth: 0,
        }
    }

    pub(super) fn contract(&self) -> &'a Contract {
        self.plan.contract()
    }

    /// Fails if what an effect changes or shows is not there.
    pub(super) fn there(&self, endpoint: &Endpoint, effect: &Effect, tree: &Json) -> Result<(), String> {
        if effect.key.is_some() || effect.list.is_some() || (effect.act == Act::Read && effect.answer.is_empty()) {
            return Ok(());
        }
        match self.world.names(endpoint, &effect.resource, tree) {
            Some(_) => Ok(()),
            None => Err(format!("no {} is there", effect.resource)),
        }
    }

    /// Resources that the request's references name, what lives shortest last; `fleeting` selects those.
    pub(super) fn wanted(&self, endpoint: &Endpoint, skip: &[String], fleeting: bool) -> Vec<usize> {
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

    /// An instance in its first state that belongs to what is chosen, or that what is chosen belongs to.
    pub(super) fn related(&self, resource: usize, chosen: &Chosen) -> Option<usize> {
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
    pub(super) fn close(&self, chosen: &mut Chosen) {
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
    pub(super) fn call(&mut self, at: usize, chosen: &mut Chosen, effect: Option<usize>) -> Result<(), String> {
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
        self.uncertain |= self.world.dangling(endpoint, &tree, (&rows, self.plan.moment())).is_some();
        self.doubts += rows.iter().filter(|truth| **truth == Truth::Unknown).count();
        for effect in &endpoint.effects {
            self.there(endpoint, effect, &tree)?;
        }
        let style = Style { side: 0, optional: true };
        let mut answer = self.world.answer(endpoint, &tree, style, self.plan.moment());
        // A call made for what comes with some answers only: the one that has it is waited for.
        if let Some((path, words)) = effect.and_then(|e| endpoint.effects[e].only_if.as_ref()) {
            if let Some(word) = words.first() {
                answer.put(path, Json::text(word.clone()));
                step.poll = Some(Poll { path: path.clone(), until: Until::Word(words.clone()) });
            }
        }
        self.world.apply(endpoint, &tree, &answer, self.steps.len(), self.plan.moment());
        self.record(step, tree, answer);
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
            answer.put(&settle.path, Json::text(word.clone()));
        }
        step.poll = Some(Poll { path: settle.path.clone(), until: Until::Word(settle.until.clone()) });
        self.world.apply(endpoint, &tree, &answer, self.steps.len(), self.plan.moment());
        self.record(step, tree, answer);
        Ok(())
    }

    /// Edits that make the references name what is chosen.
    pub(super) fn refs(&self, endpoint: &Endpoint, chosen: &Chosen, skip: &[String]) -> Result<Vec<Edit>, String> {
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
    pub(super) fn refs_or_fresh(&mut self, endpoint: &Endpoint, chosen: &Chosen) -> Vec<Edit> {
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

    pub(super) fn bind(&self, step: &Step) -> Json {
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

    /// Takes a call into the way, with the stand-ins of its request and its answer.
    pub(super) fn record(&mut self, step: Step, sent: Json, answer: Json) {
        self.steps.push(step);
        self.sent.push(sent);
        self.answers.push(answer);
    }
}

/// Visits each field that must name or repeat something: `field, resource.attribute`. Optional ones are left out.
pub(super) fn each_link<'e>(endpoint: &'e Endpoint, skip: &[String], visit: &mut dyn FnMut(&'e Field, &'e str)) {
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

#[cfg(test)]
mod tests;
