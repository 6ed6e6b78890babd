//! Finds the calls that must come before a request, by letting the model run over stand-in answers.
//!
//! A reference needs something to name: a call that makes it, or a fixture that the profile prepares. A row about state needs
//! that state: a call that brings it about. The search tries each maker and each single move, and keeps the shortest way on
//! which no other row holds.

use super::cause::{absent, namesakes, never};
use super::maker::{Maker, makers};
use super::stage::{Chosen, Stage};
use super::way::{Goal, Way};
use super::{Plan, rehearsal};
use crate::behaviour::Truth;
use crate::contract::behaviour::{Act, Class};
use crate::contract::{Contract, Effect, Endpoint, When};
use crate::model::{Edit, Role, Step};

/// How far a way is from ideal: other rows that hold, rows that nobody can tell, fixtures, calls. Calls are better than fixtures:
/// more is known of what they made.
type Score = (usize, usize, usize, usize);

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
        endpoint.rows[row].when.resources(&endpoint.request, &mut add);
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

/// Sequences of calls that may bring the goal's state about: none, or one that changes something it speaks of.
fn moves(contract: &Contract, at: usize, goal: Goal) -> Vec<Vec<usize>> {
    if let Goal::After(call) = goal {
        return vec![vec![call]];
    }
    let mut found = vec![Vec::new()];
    let Goal::Row { row, .. } = goal else { return found };
    let mut spoken: Vec<usize> = Vec::new();
    contract.endpoints[at].rows[row].when.resources(&contract.endpoints[at].request, &mut |name| {
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

impl Stage<'_> {
    /// Makes everything the goal needs; answers the request's edits and how far from ideal the way is.
    fn reach(&mut self, at: usize, goal: Goal, moves: &[usize]) -> Result<(Vec<Edit>, Score), String> {
        let contract = self.contract();
        let endpoint = &contract.endpoints[at];
        let mut chosen = Chosen::new();
        if let Some((_, Maker::Fixture(fixture))) = self.forced {
            self.plant(fixture, &mut chosen)?;
        }
        let never = match goal {
            Goal::Row { row, part, left: false } => never(&endpoint.rows[row].when.parts()[part]),
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
            endpoint.rows[row].when.resources(&endpoint.request, &mut |name| spoken.extend(self.world.resource(name)));
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
        if let Goal::Row { row, part, left } = goal {
            edits.extend(self.provoke(endpoint, &endpoint.rows[row].when.parts()[part], left, &chosen)?);
            edits.extend(skip.iter().filter(|p| never.as_ref() != Some(*p)).map(|p| Edit::Remove(p.clone())));
        }
        let score = self.score(at, goal, &edits)?;
        Ok((edits, score))
    }

    /// How far from ideal the request is, or why it does not reach the goal.
    fn score(&mut self, at: usize, goal: Goal, edits: &[Edit]) -> Result<Score, String> {
        let endpoint = &self.contract().endpoints[at];
        let probe = Step::new(at, Role::Probe, edits.to_vec());
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
        Ok((against, unknown, self.fixtures.len(), self.steps.len()))
    }
}

#[cfg(test)]
mod tests;
