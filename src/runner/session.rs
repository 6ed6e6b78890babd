//! Tokens that the target gives out: fetched before the first request that shows one, kept until they run out, fetched once more where the
//! target says that one has.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::Runner;
use super::send::ASKINGS;
use crate::auth::{self, Given};
use crate::exchange::{Transport, fetch};
use crate::judge;
use crate::model::observed::Answer;
use crate::model::template::TokenEdit;
use crate::model::wire::{AuthPlan, Caller, Credentials, Secret};
use crate::model::{Observed, Reason, Step};

/// A token is not shown for the last tenth of its life, which a request may need to arrive.
const SPARE: u32 = 10;

/// A token of the target.
#[derive(Clone, Debug)]
struct Session {
    credential: String,
    token: Secret,
    until: Option<Instant>,
}

impl Session {
    fn new(given: Given) -> Self {
        let life = given.seconds.map(Duration::from_secs);
        let until = life.and_then(|life| Instant::now().checked_add(life.saturating_sub(life / SPARE)));
        Self { token: Secret::new(&given.credential, given.token), credential: given.credential, until }
    }
}

/// The tokens of a run, by the id of their scheme.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Session>>);

impl<T: Transport> Runner<T> {
    /// What the step's caller knows: the profile's credentials, and the tokens that its schemes fetch. Requests that fetch one are added to
    /// `seen`.
    pub(super) async fn known(
        &self,
        step: &Step,
        seen: &mut Vec<Observed>,
    ) -> Result<Cow<'_, Credentials>, (Reason, String)> {
        let mut known = Cow::Borrowed(&self.access.credentials);
        for (at, plan) in self.fetching(step) {
            let edit = if at == step.scheme { step.token } else { TokenEdit::Intact };
            if edit == TokenEdit::Absent {
                continue;
            }
            let session = if edit.fetches() {
                // Who shows a wrong secret is to be given none.
                match self.fetch(plan, edit, seen).await? {
                    Ok(given) => Session::new(given),
                    Err(_) => continue,
                }
            } else {
                self.session(plan, seen).await?
            };
            known.to_mut().insert(session.credential, session.token);
        }
        Ok(known)
    }

    /// The schemes of the step's caller that fetch a token, each with its place among them.
    fn fetching(&self, step: &Step) -> impl Iterator<Item = (usize, &AuthPlan)> {
        let wire = &self.plan.contract().endpoints[step.endpoint].wire;
        let schemes = wire.callers.get(step.caller).map(|Caller { schemes }| schemes.as_slice()).unwrap_or_default();
        schemes.iter().enumerate().filter(|(_, plan)| auth::fetches(plan))
    }

    /// The scheme's token, fetched if there is none or if it has run out.
    async fn session(&self, plan: &AuthPlan, seen: &mut Vec<Observed>) -> Result<Session, (Reason, String)> {
        // Whoever comes meanwhile waits for the same token.
        let mut sessions = self.sessions.0.lock().await;
        let fresh = |session: &&Session| session.until.is_none_or(|until| Instant::now() < until);
        if let Some(session) = sessions.get(&plan.id).filter(fresh) {
            return Ok(session.clone());
        }
        let given = self.fetch(plan, TokenEdit::Intact, seen).await?;
        let session = given.map(Session::new).map_err(|why| (Reason::FixtureMissing, why))?;
        sessions.insert(plan.id.clone(), session.clone());
        Ok(session)
    }

    /// Asks for a token: what the target gives, or why it gives none; the error is that no answer came, or that a credential is missing.
    async fn fetch(
        &self,
        plan: &AuthPlan,
        edit: TokenEdit,
        seen: &mut Vec<Observed>,
    ) -> Result<Result<Given, String>, (Reason, String)> {
        let zone = &self.plan.contract().zone;
        let mut askings = 0;
        loop {
            let Some(request) = fetch(plan, zone, edit, &self.means(&self.access.credentials, None)) else {
                return Err((Reason::FixtureMissing, format!("`{}` fetches no token", plan.id)));
            };
            let request = request?;
            let url = request.url.clone();
            let (observed, root) = self.send(request, 0).await;
            let again = self.asks_again(&observed, askings) && askings < ASKINGS && !self.stopped();
            askings += 1;
            let came = judge::summary(&observed, self.plan.contract());
            let failed = observed.answer.as_ref().err().map(|failure| failure.reason);
            let passing = observed.answer.as_ref().ok().and_then(Answer::passing);
            let granted = observed.answer.as_ref().is_ok_and(|answer| answer.status == 200);
            seen.push(observed);
            if again {
                continue;
            }
            let none = |why: &str| format!("no token from POST {url}: {came}{why}");
            if let Some(reason) = failed.or(passing) {
                return Err((reason, none("")));
            }
            return Ok(match root.as_ref().filter(|_| granted) {
                Some(answer) => auth::given(plan, answer).map_err(|why| none(&format!(", and {why}"))),
                None => Err(none("")),
            });
        }
    }

    /// True if the target refused the request since a token of its own has run out: that token is forgotten. A 401 that a row of the
    /// contract explains says nothing of tokens.
    pub(super) async fn expired(&self, step: &Step, made: &[Vec<String>], seen: &Observed) -> bool {
        let endpoint = &self.plan.contract().endpoints[step.endpoint];
        let code = self.oracle.code(seen);
        let explained = endpoint.rows.iter().any(|row| row.status == 401 && code.as_deref() == Some(row.code.as_str()));
        if explained || step.token != TokenEdit::Intact || !seen.answer.as_ref().is_ok_and(|a| a.status == 401) {
            return false;
        }
        let mut forgotten = false;
        for (at, plan) in self.fetching(step) {
            let mut sessions = self.sessions.0.lock().await;
            let shown =
                |session: &Session| made.get(at).is_some_and(|m| m.iter().any(|v| v.ends_with(session.token.reveal())));
            // Another case may have fetched a new one meanwhile.
            if sessions.get(&plan.id).is_some_and(shown) {
                sessions.remove(&plan.id);
            }
            forgotten = true;
        }
        forgotten
    }
}
