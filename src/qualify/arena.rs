//! Where suites are tried: a sandbox with a change, and the cases that can notice it.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::direct::Direct;
use super::mutants::Change;
use crate::contract::Contract;
use crate::crypto::{Keys, PrivateKey, PublicKey};
use crate::evidence::Journal;
use crate::exchange::{Ambient, Clock, Target};
use crate::judge::{self, Oracle};
use crate::model::wire::Encrypt;
use crate::model::{Case, ClauseIx, Expect, Fact, Json, Observed, Step, Verdict, volatile};
use crate::plan::Plan;
use crate::runner::{Access, Options, Runner};
use crate::sandbox::{self, Fault, Sandbox, Variant};

/// The salt of every trial: identities may repeat, since every trial has a sandbox of its own.
const SALT: u64 = 0x6b6f_6e66_6f72_6d00;

/// One thread's place for trials.
#[derive(Debug)]
pub(super) struct Arena {
    plan: Plan,
    access: Access,
    runtime: Runtime,
}

impl Arena {
    /// An arena for the plan; none if the machine can't run one.
    pub(super) fn new(plan: Plan) -> Option<Self> {
        let contract = Arc::clone(plan.contract());
        let keys = sandbox::keys().filter(|_| contract.encryption.is_some()).and_then(|(id, server, client)| {
            let other = PublicKey::from_pem(server.as_bytes()).ok()?;
            Some(Keys { id, other, own: PrivateKey::from_pem(client.as_bytes()).ok()?, spare: None })
        });
        let access = Access {
            target: Target::parse("http://127.0.0.1:1").ok()?,
            credentials: sandbox::credentials(&contract),
            second: Some(sandbox::second_credentials(&contract)),
            keys,
            // Cases about encryption encrypt whatever the mode; the others are faster without.
            encrypt: Encrypt::Never,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        Some(Self { plan, access, runtime })
    }

    fn runner(&self, served: Arc<Contract>, faults: Vec<Fault>, salt: u64) -> Arc<Runner<Direct>> {
        let sandbox = Sandbox::new(served, Variant::default(), faults);
        Arc::new(Runner::new(
            self.plan.clone(),
            Direct(Arc::new(sandbox)),
            self.access.clone(),
            Ambient::new(Clock::System, salt),
            Options { jobs: 1, confirm: false, poll: Duration::ZERO, ..Options::default() },
            Arc::default(),
        ))
    }

    fn changed(&self, change: &Change) -> Arc<Runner<Direct>> {
        match change {
            Change::Contract(contract) => self.runner(Arc::new((**contract).clone()), Vec::new(), SALT),
            Change::Fault(fault) => self.runner(Arc::clone(self.plan.contract()), vec![fault.clone()], SALT),
        }
    }

    /// The first of the cases that shows a finding on the clause, or on any if none is named.
    pub(super) fn kills<'c>(
        &self,
        change: &Change,
        clause: Option<ClauseIx>,
        cases: impl IntoIterator<Item = &'c Case>,
    ) -> Option<&'c Case> {
        let runner = self.changed(change);
        self.runtime.block_on(async {
            runner.prime().await;
            for case in cases {
                let (verdict, _) = runner.single(case).await;
                if verdict.findings.iter().any(|f| clause.is_none_or(|c| c == f.clause)) {
                    return Some(case);
                }
            }
            None
        })
    }

    /// Why what a dropped rule forbids is refused all the same, if every case that breaks the clause is; none if one is taken.
    pub(super) fn refused_anyway<'c>(
        &self,
        change: &Change,
        clause: ClauseIx,
        cases: impl IntoIterator<Item = &'c Case>,
    ) -> Option<String> {
        let runner = self.changed(change);
        let breaks = |case: &&Case| matches!(case.expect(), Expect::Refuse { broken, .. } if broken.contains(&clause));
        let oracle = Oracle::new(Arc::clone(self.plan.contract()));
        self.runtime.block_on(async {
            runner.prime().await;
            let mut how = None;
            for case in cases.into_iter().filter(breaks) {
                let (_, seen) = runner.single(case).await;
                let last = seen.last().filter(|_| seen.len() == case.steps.len())?;
                if oracle.accepted(case.probe().endpoint, last) {
                    return None;
                }
                how.get_or_insert_with(|| judge::summary(last, self.plan.contract()));
            }
            how
        })
    }

    /// True if some request of the cases gets another answer by the change where the contract says which: taken instead of
    /// refused, refused instead of taken, none at all, or other values of what it promises to show.
    pub(super) fn answers_differ<'c>(&self, change: &Change, cases: impl IntoIterator<Item = &'c Case>) -> bool {
        let (sound, changed) = (self.runner(Arc::clone(self.plan.contract()), Vec::new(), SALT), self.changed(change));
        let oracle = Oracle::new(Arc::clone(self.plan.contract()));
        self.runtime.block_on(async {
            sound.prime().await;
            changed.prime().await;
            for case in cases {
                let ((_, before), (_, after)) = (sound.single(case).await, changed.single(case).await);
                let mut steps = case.steps.iter().zip(before.iter().zip(&after));
                // What the contract says that a step shows is what was looked at in the sound sandbox's answer.
                let differs = |(step, (before, after)): (&Step, (&Observed, &Observed))| {
                    let outline = |seen| self.outline(&oracle, step, seen, &before.facts);
                    outline(before) != outline(after)
                };
                if before.len() != after.len() || steps.any(differs) {
                    return true;
                }
            }
            false
        })
    }

    /// What became of a request, as far as the contract says what must; `facts` name what the answer must show.
    fn outline(&self, oracle: &Oracle, step: &Step, seen: &Observed, facts: &[Fact]) -> String {
        let answer = match &seen.answer {
            Ok(answer) if answer.status < 500 => answer,
            Ok(answer) => return answer.status.to_string(),
            Err(failure) => return failure.reason.word().to_owned(),
        };
        if matches!(step.expect, Expect::Either { .. }) {
            return "answered".to_owned();
        }
        if oracle.refused(step.endpoint, seen) {
            return "refused".to_owned();
        }
        let mut values = vec!["taken".to_owned()];
        let root = answer.json();
        for effect in &self.plan.contract().endpoints[step.endpoint].effects {
            let list = effect.list.as_ref().map(|list| list.path.as_str());
            let shown: Vec<&Json> = match (root, list) {
                (None, _) => Vec::new(),
                (Some(root), None) => vec![root],
                (Some(root), Some(path)) => match root.at(path) {
                    Some(Json::Array(entries)) => entries.iter().collect(),
                    _ => Vec::new(),
                },
            };
            for echo in effect.answer.iter().filter(|echo| facts.iter().any(|f| f.clause == echo.clause)) {
                for value in shown.iter().filter_map(|json| json.at(&echo.path)) {
                    // A secret is recorded with a commitment that is another one each time.
                    let secret = matches!(value, Json::Redacted(_));
                    let value = if secret { "a secret".to_owned() } else { volatile::named(&value.to_text()) };
                    values.push(format!("{}={value}", echo.path));
                }
            }
        }
        values.join(" ")
    }

    /// True if a run of the cases as a whole shows a finding on the clause.
    pub(super) fn run_kills(&self, change: &Change, clause: ClauseIx, cases: &[&Arc<Case>]) -> bool {
        let runner = self.changed(change);
        let cases: Vec<Case> = cases.iter().map(|c| (***c).clone()).collect();
        let mut journal = Journal::discard();
        let ran = self.runtime.block_on(runner.run(cases.into_iter(), &mut journal, &mut |_| ()));
        ran.is_ok_and(|mut tally| {
            tally.close(|id| self.plan.find(id));
            tally.found.iter().any(|f| f.finding.clause == clause)
        })
    }

    /// Runs every case against the sandbox as it is; `note` hears of each.
    pub(super) fn unchanged<'c>(
        &self,
        salt: u64,
        cases: impl IntoIterator<Item = &'c Arc<Case>>,
        note: &mut dyn FnMut(&'c Arc<Case>, Verdict),
    ) {
        let runner = self.runner(Arc::clone(self.plan.contract()), Vec::new(), salt);
        self.runtime.block_on(async {
            runner.prime().await;
            for case in cases {
                let (verdict, _) = runner.single(case).await;
                note(case, verdict);
            }
        });
    }
}
