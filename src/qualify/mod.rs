//! Proves what the suite can find: contract mutants and implementation faults, each of which some case must notice.
//!
//! A mutant is the sandbox serving the contract with one clause changed; it is killed by a finding that cites the clause. Any
//! other red is no kill. What nobody knows makes no mutant, and says so. A fault is one that a single case family finds: a
//! family without such faults would be dead weight. Only cases that reach the clause or the endpoint are run.

mod arena;
mod direct;
mod faults;
mod mutants;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub use direct::Direct;
pub use mutants::OPERATORS;

use serde::Serialize;

use crate::model::{Case, ClauseIx, Expect, Family, Outcome, Verdict};
use crate::plan::Plan;
use arena::Arena;
use mutants::{Change, Mutant};

/// Cases tried on one mutant at most.
const CASES: usize = 60;
/// Faults wanted of each family.
const WANTED: usize = 3;
/// Candidates tried for a family at most.
const CANDIDATES: usize = 100;

/// What to qualify, and with what.
#[derive(Clone, Debug)]
pub struct Options {
    /// So many mutants at most, spread over all; none for all.
    pub sample: Option<usize>,
    /// A family whose cases are left out.
    pub without: Option<Family>,
    /// Seeds and salts under which the unchanged sandbox must be clean.
    pub seeds: u64,
    /// Threads.
    pub threads: usize,
}

/// What became of a mutant.
#[derive(Clone, Debug, Serialize)]
pub struct MutantRecord {
    /// Clause id.
    pub clause: String,
    /// Operator.
    pub operator: &'static str,
    /// The case that noticed it; none for a survivor.
    pub killed_by: Option<String>,
    /// Why it can't be told from the contract as it is, checked by trying; none for what was killed or survived.
    pub equivalent: Option<String>,
}

/// An operator that makes no mutant of a clause.
#[derive(Clone, Debug, Serialize)]
pub struct NoMutant {
    /// Clause id.
    pub clause: String,
    /// Operator.
    pub operator: &'static str,
    /// Why nobody could be blamed for the change.
    pub why: String,
}

/// What became of an implementation fault.
#[derive(Clone, Debug, Serialize)]
pub struct FaultRecord {
    /// The family that must find it.
    pub family: &'static str,
    /// Its name in the sandbox.
    pub fault: String,
    /// The case that noticed it; none for a survivor.
    pub killed_by: Option<String>,
    /// True if no request of the family's cases gets another answer by it where the contract says which, found out by trying.
    pub equivalent: bool,
}

impl FaultRecord {
    /// True if it changes answers and nobody noticed.
    #[must_use]
    pub fn survived(&self) -> bool {
        self.killed_by.is_none() && !self.equivalent
    }
}

/// The proof, or what is missing of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Mutants of clauses that some case reaches.
    pub mutants: Vec<MutantRecord>,
    /// Operators that make no mutant.
    pub unknown: Vec<NoMutant>,
    /// Clauses that no case reaches.
    pub unreached: Vec<String>,
    /// Implementation faults.
    pub faults: Vec<FaultRecord>,
    /// Families for which the contract gives fewer than three faults of their own: how many there are.
    pub short: BTreeMap<&'static str, usize>,
    /// Families for which the contract has nothing.
    pub nothing: Vec<&'static str>,
    /// Cases that were not clean on the unchanged sandbox, with seed and verdict.
    pub alarms: Vec<String>,
    /// Seeds under which the unchanged sandbox was tried.
    pub seeds: u64,
    /// Clauses in all.
    pub clauses: usize,
}

impl Report {
    /// Mutants and faults that nobody noticed.
    #[must_use]
    pub fn survivors(&self) -> usize {
        let mutants = self.mutants.iter().filter(|m| m.killed_by.is_none() && m.equivalent.is_none()).count();
        mutants + self.faults.iter().filter(|f| f.survived()).count()
    }

    /// True if everything that can be noticed is, and nothing else.
    #[must_use]
    pub fn proven(&self) -> bool {
        self.survivors() == 0 && self.alarms.is_empty()
    }
}

/// A suite and what each of its cases asserts.
#[derive(Debug)]
pub struct Suite {
    plan: Plan,
    cases: Vec<Arc<Case>>,
    /// Cases by the clauses that they assert, by index into `cases`.
    reaching: BTreeMap<ClauseIx, Vec<usize>>,
    alarms: Vec<String>,
}

impl Suite {
    /// The plan's suite, run once against the unchanged sandbox.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let cases: Vec<Arc<Case>> = plan.cases().filter(|c| !raw(c)).map(Arc::new).collect();
        let (mut reaching, mut alarms) = (BTreeMap::<ClauseIx, Vec<usize>>::new(), Vec::new());
        let mut at = 0;
        let ran = Arena::new(plan.clone()).map(|arena| {
            arena.unchanged(0, &cases, &mut |case, verdict| {
                alarms.extend(alarm(case, &verdict, 0));
                let mut clauses = verdict.held;
                clauses.extend(&case.clauses);
                clauses.sort_unstable();
                clauses.dedup();
                for clause in clauses {
                    reaching.entry(clause).or_default().push(at);
                }
                at += 1;
            });
        });
        if ran.is_none() {
            alarms.push("no runtime could be started".to_owned());
        }
        // What the case was made for first, then what needs the fewest calls.
        for (clause, list) in &mut reaching {
            list.sort_by_key(|at| {
                let case = &cases[*at];
                (case.aim != Some(*clause) && !case.clauses.contains(clause), case.steps.len(), *at)
            });
        }
        Self { plan: plan.clone(), cases, reaching, alarms }
    }

    /// Qualifies the suite; `choose` says which clauses are looked at.
    #[must_use]
    pub fn qualify(&self, options: &Options, choose: &(dyn Fn(&str) -> bool + Sync)) -> Report {
        let mut report = self.mutants(options, choose);
        report.seeds = options.seeds.max(1);
        seeds(&self.plan, options, &mut report);
        let found = parallel(options.threads, &Family::ALL, |family| {
            Some((*family, self.faults(*family, options.without == Some(*family))))
        });
        for (family, records) in found {
            match records {
                None => report.nothing.push(family.word()),
                Some(records) => {
                    let own = records.iter().filter(|r| !r.equivalent).count();
                    if own < WANTED {
                        report.short.insert(family.word(), own);
                    }
                    report.faults.extend(records);
                }
            }
        }
        report
    }

    /// The mutants alone: no other seeds, no implementation faults.
    #[must_use]
    pub fn mutants(&self, options: &Options, choose: &(dyn Fn(&str) -> bool + Sync)) -> Report {
        let clauses = self.plan.contract().clauses.len();
        let mut report = Report { seeds: 1, clauses, alarms: self.alarms.clone(), ..Report::default() };
        self.mutate(options, choose, &mut report);
        report
    }

    /// Faults that this family finds and no other case of the suite does; `without` leaves its cases out, so that they survive.
    /// None where the contract has nothing for the family.
    #[must_use]
    pub fn faults(&self, family: Family, without: bool) -> Option<Vec<FaultRecord>> {
        let arena = Arena::new(self.plan.clone())?;
        let candidates = faults::candidates(self.plan.contract(), family, &self.cases);
        if candidates.is_empty() {
            return None;
        }
        let mut records: Vec<FaultRecord> = Vec::new();
        for candidate in candidates.into_iter().take(CANDIDATES) {
            if records.iter().filter(|r| !r.equivalent).count() == WANTED {
                break;
            }
            let Ok(fault) = candidate.fault.parse() else { continue };
            let change = Change::Fault(fault);
            let (own, others): (Vec<&Case>, Vec<&Case>) =
                self.touching(candidate.endpoint).map(|c| &**c).partition(|c| c.family == family);
            let case = arena.kills(&change, None, own.iter().copied());
            // What others find too is no fault of this family alone; what its own cases do not find is a survivor.
            if case.is_some() && arena.kills(&change, None, others).is_some() {
                continue;
            }
            let equivalent = case.is_none() && !arena.answers_differ(&change, own);
            let killed_by = case.map(|case| case.id.to_string()).filter(|_| !without);
            records.push(FaultRecord { family: family.word(), fault: candidate.fault, killed_by, equivalent });
        }
        Some(records)
    }

    /// Cases that call the endpoint.
    fn touching(&self, endpoint: usize) -> impl Iterator<Item = &Arc<Case>> {
        self.cases.iter().filter(move |c| c.steps.iter().any(|s| s.endpoint == endpoint))
    }

    /// Cases that assert the clause, those of one family left out.
    fn asserting(&self, clause: ClauseIx, without: Option<Family>) -> impl Iterator<Item = &Arc<Case>> {
        let list = self.reaching.get(&clause).into_iter().flatten();
        list.map(|at| &self.cases[*at]).filter(move |c| Some(c.family) != without)
    }

    fn mutate(&self, options: &Options, choose: &(dyn Fn(&str) -> bool + Sync), report: &mut Report) {
        let contract = self.plan.contract();
        let name = |clause: ClauseIx| contract.clause(clause).id.clone();
        let (mutants, none) = mutants::all(&self.plan);
        let chosen = none.into_iter().filter(|(clause, ..)| choose(&name(*clause)));
        report.unknown =
            chosen.map(|(clause, operator, why)| NoMutant { clause: name(clause), operator, why }).collect();
        let reached = |clause: &ClauseIx| self.reaching.contains_key(clause);
        let unreached = (0..).zip(&contract.clauses).filter(|(ix, clause)| !reached(ix) && choose(&clause.id));
        report.unreached = unreached.map(|(_, clause)| clause.id.clone()).collect();
        let mut wanted: Vec<Mutant> = mutants;
        wanted.retain(|m| reached(&m.clause) && choose(&contract.clause(m.clause).id));
        let every = options.sample.map_or(1, |n| wanted.len().div_ceil(n.max(1)).max(1));
        let wanted: Vec<Mutant> = wanted.into_iter().step_by(every).collect();
        let start = || Arena::new(self.plan.clone());
        report.mutants = parallel_with(options.threads, &wanted, start, |arena, mutant| {
            let change = mutant.make(contract);
            let tried = arena.as_ref().zip(change.as_ref());
            let killed_by = tried.and_then(|(arena, change)| self.killer(arena, change, mutant, options.without));
            let equivalent = tried.filter(|_| killed_by.is_none()).and_then(|(a, c)| self.equivalent(a, c, mutant));
            MutantRecord { clause: name(mutant.clause), operator: mutant.operator, killed_by, equivalent }
        });
    }

    /// The case that notices a mutant.
    fn killer(&self, arena: &Arena, change: &Change, mutant: &Mutant, without: Option<Family>) -> Option<String> {
        let cases: Vec<&Arc<Case>> = self.asserting(mutant.clause, without).take(CASES).collect();
        if let Some(case) = arena.kills(change, Some(mutant.clause), cases.iter().map(|c| &***c)) {
            return Some(case.id.to_string());
        }
        let whole = mutant.whole_run() && arena.run_kills(change, mutant.clause, &cases);
        whole.then(|| "the run as a whole".to_owned())
    }

    /// Why nobody could notice, found out by trying every case of the plan, or by what the contract promises them.
    fn equivalent(&self, arena: &Arena, change: &Change, mutant: &Mutant) -> Option<String> {
        if let Some(row) = mutant.answer_of() {
            // What a row answers is promised where a request is known to get that row and no other, without a doubt beside.
            let promised = self.asserting(mutant.clause, None).filter_map(|case| match case.expect() {
                Expect::Refuse { rows, doubt, .. } if !rows.is_empty() && rows.iter().all(|r| *r == row) => {
                    Some(doubt.clone())
                }
                _ => None,
            });
            let doubts: Vec<Option<String>> = promised.collect();
            return match doubts.first() {
                None => Some("no request is promised this row alone: the code came, and another might".to_owned()),
                Some(_) if doubts.iter().any(Option::is_none) => None,
                Some(first) => Some(format!("another code says nothing: {}", first.clone().unwrap_or_default())),
            };
        }
        if mutant.of_success() {
            let own = self.plan.contract().endpoint(self.plan.contract().clause(mutant.clause).endpoint());
            let own = own.map(|(at, _)| at);
            let taken = |case: &Arc<Case>| {
                case.steps.iter().any(|s| Some(s.endpoint) == own && matches!(s.expect, Expect::Accept { .. }))
            };
            let known = self.asserting(mutant.clause, None).any(taken);
            return (!known).then(|| "no request is known to be taken, so that its answer may be a refusal".to_owned());
        }
        if !mutant.loosens() {
            return None;
        }
        let how = arena.refused_anyway(change, mutant.clause, self.cases.iter().map(|c| &**c))?;
        Some(format!("what it would let pass is refused by another rule: {how}"))
    }
}

/// True for bytes that only a socket can carry.
fn raw(case: &Case) -> bool {
    case.steps.iter().any(|s| s.hostile.is_some_and(crate::model::Hostile::raw))
}

/// What a case says that should have been clean.
fn alarm(case: &Case, verdict: &Verdict, seed: u64) -> Option<String> {
    let clean = matches!(verdict.outcome, Outcome::Pass | Outcome::NotApplicable);
    (!clean).then(|| format!("seed +{seed} {}: {} {}", case.id, verdict.outcome.word(), verdict.note))
}

/// Runs the whole suite under other seeds and salts against the unchanged sandbox.
fn seeds(plan: &Plan, options: &Options, report: &mut Report) {
    let all: Vec<u64> = (1..options.seeds.max(1)).collect();
    let alarms = parallel(options.threads, &all, |seed| {
        let plan = plan.reseeded(plan.seed().wrapping_add(*seed));
        let cases: Vec<Arc<Case>> = plan.cases().filter(|c| !raw(c)).map(Arc::new).collect();
        let mut alarms = Vec::new();
        let arena = Arena::new(plan)?;
        arena.unchanged(*seed, &cases, &mut |case, verdict| alarms.extend(alarm(case, &verdict, *seed)));
        Some(alarms)
    });
    report.alarms.extend(alarms.into_iter().flatten());
}

/// Does the work for each on some threads; answers in their order, what came to nothing left out.
fn parallel<T: Sync, R: Send>(threads: usize, all: &[T], work: impl Fn(&T) -> Option<R> + Sync) -> Vec<R> {
    parallel_with(threads, all, || (), |(), one| work(one)).into_iter().flatten().collect()
}

/// The same with something that each thread has for itself.
fn parallel_with<T: Sync, S, R: Send>(
    threads: usize,
    all: &[T],
    start: impl Fn() -> S + Sync,
    work: impl Fn(&S, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let each = || {
        let own = start();
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = all.get(at) else { return done };
            done.push((at, work(&own, one)));
        }
    };
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(each)).collect();
        // A thread that panics takes the whole measurement with it: half a proof is none.
        running.into_iter().flat_map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, r)| r).collect()
}
