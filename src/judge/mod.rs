//! Judges what was observed, and nothing else: no network, no clock, no raw bytes.
//!
//! [`Oracle`] is made once for a contract. Each file is a check; `audit` folds all exchanges of a run.

pub mod audit;
mod encryption;
mod envelope;
mod expected;
mod facts;
mod fields;
mod headers;
mod hostile;
mod leak;
mod message;
mod policy;
mod race;
mod refusal;

use std::sync::Arc;

pub use audit::Audit;

use crate::contract::{Contract, Endpoint, Row, When};
use crate::model::json::printable;
use crate::model::observed::{Answer, Body, Failure};
use crate::model::place;
use crate::model::{
    Case, Check, Clause, ClauseIx, Expect, Field, Finding, Fixture, Level, Observed, Outcome, Reason, Role, Rule, Step,
    Verdict,
};

/// Judges cases of one contract.
#[derive(Clone, Debug)]
pub struct Oracle {
    contract: Arc<Contract>,
}

/// How an answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    /// The request was taken.
    Accepted,
    /// The request was refused.
    Refused,
    /// Neither: a server error or a redirect, or no answer.
    Neither,
}

impl Reply {
    /// True if a sequence can go on: the answer is of the kind that was expected.
    fn meets(self, expect: &Expect) -> bool {
        match expect {
            Expect::Accept { .. } => self == Reply::Accepted,
            Expect::Refuse { .. } => self == Reply::Refused,
            Expect::Either { .. } => self != Reply::Neither,
        }
    }
}

/// What a known-good request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It was taken.
    Good,
    /// It was refused in good order.
    Refusing {
        /// True if with a documented input error: then legal requests can be judged all the same.
        input: bool,
    },
    /// No complete answer, or a server error.
    Down,
}

/// What is gathered while judging.
#[derive(Debug)]
struct Notes<'a> {
    contract: &'a Contract,
    exchange: usize,
    findings: Vec<Finding>,
    held: Vec<ClauseIx>,
    reason: Option<(Reason, String)>,
    /// Fixtures of the case that are at the target once: what the profile says of them may no longer be so.
    lent: Vec<&'a Fixture>,
}

impl Notes<'_> {
    /// Why a refusal by this row is nothing to blame the target for: it speaks of what only the profile says.
    fn stale(&self, endpoint: &Endpoint, row: &Row) -> Option<String> {
        let mut named = Vec::new();
        row.when.resources(&endpoint.request, &mut |resource| named.push(resource.to_owned()));
        let has = |f: &&&Fixture| {
            let mut resources = f.parts.iter().map(|part| &part.resource).chain(&f.without);
            resources.any(|resource| named.contains(resource))
        };
        let fixture = self.lent.iter().find(has)?;
        Some(format!(
            "refused with {}, a row about {}: is the fixture `{}` still as the profile says?",
            row.name,
            named.join(" and "),
            fixture.name
        ))
    }

    fn hold(&mut self, clause: ClauseIx) {
        self.held.push(clause);
    }

    fn find(
        &mut self,
        clause: ClauseIx,
        check: Check,
        pointer: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        self.findings.push(Finding {
            clause,
            level: self.contract.clause(clause).level,
            check,
            pointer: pointer.into(),
            expected: expected.into(),
            actual: printable(&actual.into()),
            exchange: self.exchange,
        });
    }

    fn unclear(&mut self, reason: Reason, note: impl Into<String>) {
        if self.reason.is_none() {
            self.reason = Some((reason, note.into()));
        }
    }
}

impl Oracle {
    /// An oracle for the contract.
    #[must_use]
    pub fn new(contract: Arc<Contract>) -> Self {
        Self { contract }
    }

    /// Judges a case by its exchanges, which follow its steps; fewer exchanges than steps mean that a set-up step ended it.
    #[must_use]
    pub fn judge(&self, case: &Case, observed: &[Observed]) -> Verdict {
        let fixtures = case.fixtures.iter().filter_map(|at| self.contract.fixtures.get(*at));
        let mut notes = Notes {
            contract: &self.contract,
            exchange: 0,
            findings: Vec::new(),
            held: Vec::new(),
            reason: None,
            lent: fixtures.filter(|fixture| !fixture.on_demand()).collect(),
        };
        let mut blocked = None;
        // True if the case ended before its last step with nothing wrong.
        let mut ended = false;
        let last = case.steps.len() - 1;
        for (at, (step, seen)) in case.steps.iter().zip(observed).enumerate() {
            if let Some(race) = case.race.as_ref().filter(|_| at == last) {
                self.race(step, race, (last, &observed[last..]), &mut notes);
                break;
            }
            notes.exchange = at;
            let endpoint = &self.contract.endpoints[step.endpoint];
            // Whether another endpoint is there at all, its own known-good request shows.
            if step.endpoint != case.endpoint && not_served(&self.contract, seen) {
                let how = summary(seen, &self.contract);
                notes.unclear(Reason::NotServed, format!("{} is not served: it got {how}", endpoint.id));
                break;
            }
            let aim = case.aim.filter(|_| step.role == Role::Probe);
            let reply = self.exchange(endpoint, step, aim, seen, &mut notes);
            let goes_on = match step.role {
                Role::Probe if at == last => true,
                Role::Probe => {
                    let meets = reply.meets(&step.expect);
                    // A row that nobody can rule out ends a sequence, and nobody is to blame.
                    ended = !meets && self.may_refuse(step, seen);
                    meets
                }
                Role::Attempt => reply != Reply::Neither,
                Role::Trial => {
                    ended = reply == Reply::Refused;
                    reply == Reply::Accepted
                }
                Role::Setup | Role::Undo => reply == Reply::Accepted,
            };
            if !goes_on {
                let word = if step.role == Role::Setup { "set-up step" } else { "call" };
                let how = summary(seen, &self.contract);
                blocked = (!ended).then(|| format!("{word} {} was not answered as it must be: {how}", at + 1));
                break;
            }
        }
        let Notes { findings, held, reason, .. } = notes;
        if let Some((Reason::Unsendable, why)) = &reason {
            return Verdict::broken(why.clone());
        }
        let (outcome, note) = match (&reason, &blocked) {
            _ if !findings.is_empty() => (Outcome::Fail, String::new()),
            (Some((_, note)), _) => (Outcome::Inconclusive, note.clone()),
            (None, Some(why)) => (Outcome::Blocked, why.clone()),
            (None, None) if held.is_empty() || (observed.len() < case.steps.len() && !ended) => {
                return Verdict::broken("no assertion was evaluated");
            }
            (None, None) => (Outcome::Pass, String::new()),
        };
        let note = if note.is_empty() {
            blocked.or(reason.as_ref().map(|(_, n)| n.clone())).unwrap_or_default()
        } else {
            note
        };
        Verdict { outcome, reason: reason.map(|(r, _)| r), note, findings, held }
    }

    /// True if a call that is expected to be accepted was refused with a row that nobody can rule out.
    fn may_refuse(&self, step: &Step, seen: &Observed) -> bool {
        let Expect::Accept { may } = &step.expect else { return false };
        let rows = &self.contract.endpoints[step.endpoint].rows;
        self.code(seen).is_some_and(|code| may.iter().any(|row| rows[row.row].code == code))
    }

    /// The verdict once a step of the same case drew a gateway error or no answer every time while known-good requests passed.
    #[must_use]
    pub fn reproducible(
        &self,
        case: &Case,
        at: usize,
        (reason, last): (Reason, Option<&Observed>),
        tries: usize,
    ) -> Verdict {
        let endpoint = &self.contract.endpoints[case.steps.get(at).map_or(case.endpoint, |step| step.endpoint)];
        let mut notes = Notes {
            contract: &self.contract,
            exchange: at,
            findings: Vec::new(),
            held: Vec::new(),
            reason: None,
            lent: Vec::new(),
        };
        // What can't be read is said with its place.
        let unreadable = matches!(reason, Reason::BadHttpHead | Reason::BadChunk);
        let failure = last.and_then(|seen| seen.answer.as_ref().err()).filter(|_| unreadable);
        let place = failure.map(|failure| format!("; the last: {}", failure.detail)).unwrap_or_default();
        let actual =
            format!("{} in {tries} of {tries} tries, known-good requests between them answered{place}", reason.word());
        match reason {
            Reason::Gateway => {
                notes.find(endpoint.policy.no_server_error, Check::Server, "", "a complete answer below 500", actual);
            }
            _ => notes.find(endpoint.policy.no_hang, Check::Server, "", "a complete answer in time", actual),
        }
        Verdict {
            outcome: Outcome::Fail,
            reason: None,
            note: String::new(),
            findings: notes.findings,
            held: Vec::new(),
        }
    }

    /// What a request of which it is known what it gets shows of the target's health.
    #[must_use]
    pub fn health(&self, canary: &Case, seen: &Observed) -> Health {
        let endpoint = &self.contract.endpoints[canary.endpoint];
        let refused = !matches!(canary.expect(), Expect::Accept { .. });
        match &seen.answer {
            Ok(answer) => match self.reply(endpoint, answer) {
                Reply::Accepted => Health::Good,
                // It is answered, in a form that is not read here: the cases say so themselves.
                _ if matches!(answer.body, Body::Coded { spoilt: None, .. }) => Health::Good,
                // Nobody knows whether it is taken: that it is answered is all that is asked.
                Reply::Refused if refused || endpoint.unproven.is_some() => Health::Good,
                Reply::Refused => {
                    let code = envelope::code(&self.contract, answer);
                    Health::Refusing {
                        input: endpoint.rows.iter().any(|r| r.when.input() && Some(r.code.as_str()) == code.as_deref()),
                    }
                }
                Reply::Neither => Health::Down,
            },
            Err(_) => Health::Down,
        }
    }

    /// True if the exchange shows a request that was taken.
    #[must_use]
    pub fn accepted(&self, endpoint: usize, seen: &Observed) -> bool {
        let endpoint = &self.contract.endpoints[endpoint];
        seen.answer.as_ref().is_ok_and(|answer| self.reply(endpoint, answer) == Reply::Accepted)
    }

    /// True if the exchange shows a request that was refused.
    #[must_use]
    pub fn refused(&self, endpoint: usize, seen: &Observed) -> bool {
        let endpoint = &self.contract.endpoints[endpoint];
        let refused = |answer: &Answer| self.reply(endpoint, answer) == Reply::Refused || answer.undone();
        seen.answer.as_ref().is_ok_and(refused)
    }

    /// True if a request was refused since something in it is taken already.
    #[must_use]
    pub fn taken(&self, endpoint: usize, seen: &Observed) -> bool {
        let code = self.code(seen).filter(|_| self.refused(endpoint, seen));
        let rows = &self.contract.endpoints[endpoint].rows;
        code.is_some_and(|code| rows.iter().any(|row| row.code == code && matches!(row.when, When::Taken(_))))
    }

    /// The places of a successful answer, JSON pointers, whose values break a clause of its fields.
    #[must_use]
    pub fn broken_fields(&self, endpoint: usize, seen: &Observed) -> Vec<String> {
        fields::broken(&self.contract, &self.contract.endpoints[endpoint], seen)
    }

    /// The code of a refusal, where the envelope says.
    #[must_use]
    pub fn code(&self, seen: &Observed) -> Option<String> {
        seen.answer.as_ref().ok().and_then(|answer| envelope::code(&self.contract, answer))
    }

    fn reply(&self, endpoint: &Endpoint, answer: &Answer) -> Reply {
        match answer.status {
            _ if answer.passing().is_some() => Reply::Neither,
            // Some targets refuse with 200, and what they say can't be read.
            200..300 if matches!(answer.body, Body::Coded { .. }) => Reply::Neither,
            200..300 => match envelope::code(&self.contract, answer) {
                // A success without an envelope has no code to look at.
                _ if endpoint.success.codes.is_empty() => Reply::Accepted,
                Some(code)
                    if !endpoint.success.codes.contains(&code) && !Self::carries_result(endpoint, &code, answer) =>
                {
                    Reply::Refused
                }
                _ => Reply::Accepted,
            },
            400..500 => Reply::Refused,
            _ => Reply::Neither,
        }
    }

    /// True if a 2xx with a code that is no success code is a success all the same: no row knows the code, and what a success
    /// must carry is there. Some targets refuse with 200 and a code of their own.
    fn carries_result(endpoint: &Endpoint, code: &str, answer: &Answer) -> bool {
        let known = endpoint.rows.iter().any(|r| r.code == code);
        let required = || endpoint.response.iter().filter(|f| f.required());
        !known
            && required().next().is_some()
            && required().all(|f| answer.json().is_some_and(|root| root.get(&f.name).is_some()))
    }

    /// True if a page says what stands in the body of a request that was taken: a code, or fields that are always there.
    fn promises_body(&self, endpoint: &Endpoint, answer: &Answer) -> bool {
        let bare = matches!(endpoint.success.status, 204 | 205) && answer.status == endpoint.success.status;
        !bare && (!self.contract.bare_success || endpoint.response.iter().any(Field::required))
    }

    fn exchange(
        &self,
        endpoint: &Endpoint,
        step: &Step,
        aim: Option<ClauseIx>,
        seen: &Observed,
        notes: &mut Notes<'_>,
    ) -> Reply {
        leak::check(self, endpoint, seen, notes);
        if let Some(kind) = step.hostile {
            return hostile::check(endpoint, kind, seen, notes);
        }
        let expect = &step.expect;
        let answer = match &seen.answer {
            Ok(answer) => answer,
            Err(Failure { reason, detail }) => {
                notes.unclear(*reason, format!("{}: {detail}", reason.says()));
                return Reply::Neither;
            }
        };
        if let (Some(clause), Expect::Accept { .. }, Role::Probe) = (endpoint.policy.served, expect, step.role) {
            if not_served(&self.contract, seen) {
                let expected = "an answer of the endpoint, which the profile says the target has";
                notes.find(clause, Check::Served, "", expected, summary(seen, &self.contract));
                return Reply::Neither;
            }
            notes.hold(clause);
        }
        if !policy::status(endpoint, answer, notes) {
            return Reply::Neither;
        }
        let reply = self.reply(endpoint, answer);
        let bare = matches!(expect, Expect::Refuse { bare: true, .. } | Expect::Either { bare: true, .. });
        if bare && reply == Reply::Refused {
            // No page shows what a refusal of headers or tokens looks like: that it refuses is all that is held.
            if let Expect::Refuse { broken, .. } = expect {
                notes.held.extend(broken);
            }
            return reply;
        }
        if !policy::coding(endpoint, answer, notes) {
            return reply;
        }
        let code = match reply {
            Reply::Accepted if self.contract.bare_success => None,
            _ => envelope::code(&self.contract, answer),
        };
        // No page shows what a refusal looks like for which none documents a row: a gateway's, with whatever body, is as good as any.
        let promised = match reply {
            Reply::Accepted => self.promises_body(endpoint, answer),
            _ => code.is_some() || refusal::promised(&self.contract, endpoint, expect).is_some(),
        };
        if promised || reply == Reply::Accepted {
            headers::check(&self.contract, endpoint, answer, notes);
            if !encryption::check(endpoint, seen, reply == Reply::Accepted, notes) {
                return reply;
            }
        }
        if promised && (reply == Reply::Accepted || answer.json().is_some()) {
            policy::body(endpoint, answer, notes);
        }
        let found = notes.findings.len();
        if reply == Reply::Accepted {
            fields::check(&self.contract, endpoint, seen, notes);
        }
        facts::check(seen, notes);
        let enveloped = match reply {
            // What is missing of an empty body is said once.
            Reply::Accepted if matches!(answer.body, Body::Empty) => found == notes.findings.len(),
            Reply::Accepted => true,
            _ => answer.json().is_some(),
        };
        if promised && enveloped && !(reply == Reply::Accepted && self.contract.bare_success) {
            envelope::check(&self.contract, endpoint, answer, notes);
        }
        expected::check(endpoint, step, aim, (reply, code.as_deref()), answer, notes);
        reply
    }
}

/// What to look at where a target breaks a clause, by the check that found it and the clause's rule.
#[must_use]
pub fn hint(check: Check, rule: Rule) -> &'static str {
    match check {
        Check::Accepted => expected::REFUSED_HINT,
        Check::Refused => expected::taken_hint(rule),
        Check::Status => refusal::STATUS_HINT,
        Check::Code => refusal::CODE_HINT,
        Check::Message => refusal::MESSAGE_HINT,
        Check::Envelope => envelope::HINT,
        Check::Header => headers::HINT,
        Check::Body => policy::BODY_HINT,
        Check::Field => fields::hint(rule),
        Check::Server => policy::SERVER_HINT,
        Check::Trace => audit::HINT,
        Check::Fact => facts::HINT,
        Check::Encryption => encryption::HINT,
        Check::Race => race::HINT,
        Check::Leak => leak::HINT,
        Check::Served => {
            "look at the base URL and the route; what the target does not have belongs out of the profile's `endpoints`"
        }
    }
}

/// True if a server answered that does not have the endpoint: 404, 405 or 501 without a code of the API. A framework's own page may
/// repeat the status as its code.
#[must_use]
pub fn not_served(contract: &Contract, seen: &Observed) -> bool {
    // A method that does not exist is answered with 405 wherever the endpoint is served.
    let Some(answer) = seen.answer.as_ref().ok().filter(|_| seen.hostile.is_none()) else { return false };
    let status = answer.status.to_string();
    let known = |code: &str| {
        let endpoint = contract.endpoint(&seen.endpoint).map(|(_, endpoint)| endpoint);
        code != status || endpoint.is_some_and(|e| e.rows.iter().any(|r| r.code == code))
    };
    matches!(answer.status, 404 | 405 | 501) && envelope::code(contract, answer).is_none_or(|code| !known(&code))
}

/// The place in the request that a clause speaks of: `request:/a/b`, `header:NAME`, or nothing.
fn place_of(clause: &Clause) -> String {
    let parts: Vec<&str> = clause.id.split('/').collect();
    match (clause.part(), parts.as_slice()) {
        ("request", [_, _, path, ..]) | ("errors", [_, _, _, _, path]) => {
            format!("request:{}", place::pointer(path))
        }
        ("request-header", [_, _, name, ..]) => format!("header:{}", place::name(name)),
        _ => String::new(),
    }
}

/// One line on an exchange, for notes and snapshots.
#[must_use]
pub fn summary(seen: &Observed, contract: &Contract) -> String {
    match &seen.answer {
        Ok(answer) => {
            let code = envelope::code(contract, answer);
            let message = envelope::message(contract, answer);
            let words: Vec<String> = [Some(answer.status.to_string()), code, message.map(|m| format!("\"{m}\""))]
                .into_iter()
                .flatten()
                .collect();
            printable(&words.join(" "))
        }
        Err(failure) => failure.reason.word().to_owned(),
    }
}

/// True if a finding of this level fails a run.
#[must_use]
pub fn fails(level: Level, fail_on_should: bool) -> bool {
    level == Level::Must || fail_on_should
}
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
