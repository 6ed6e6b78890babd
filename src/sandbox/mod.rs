//! The embedded reference server: serves any contract that konform can load.
//!
//! Checks in this order and answers with the first breach: route, headers, token, encryption, JSON, fields in the contract's
//! order, rows about references, rows about states; then the effects. Where no source shows a code it answers `unseen`, never an
//! invented one. [`Variant`] draws what the contract leaves open, [`Fault`] breaks it on purpose.
//!
//! Shares contract, schema, crypto and the model of behaviour with the harness, never planning or judging.

mod argument;
mod change;
mod check;
mod envelope;
mod fault;
mod fault_name;
mod history;
mod pairs;
mod refusal;
mod route;
pub mod server;
mod token;
mod variant;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use fault::Kind;
pub use fault::{FAULTS, Fault, FaultError, FaultList};
pub use server::serve;
pub use variant::{TraceId, Variant};

use check::Checked;
use envelope::Sealing;
use history::History;
pub use pairs::keys;
use refusal::Refusal;
use token::Issued;

use chrono::{FixedOffset, Utc};

use crate::behaviour::{Moment, Style, Truth, World};
use crate::contract::behaviour::Source;
use crate::contract::{Act, Contract, Endpoint, Row, When};
use crate::crypto;
use crate::model::field::{self, LONGEST_IN_LINE};
use crate::model::format::matches;
use crate::model::json::{self, Json, Text};
use crate::model::place;
use crate::model::wire::{Credentials, Secret};
use crate::schema::example::{Manner, formatted};

/// A request as the sandbox sees it.
#[derive(Clone, Debug)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Query without its question mark.
    pub query: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body bytes.
    pub body: Vec<u8>,
}

impl Call {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// What the sandbox answers.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// Sent without a length.
    pub chunked: bool,
}

/// The server's state and manners.
#[derive(Debug)]
pub struct Sandbox {
    contract: Arc<Contract>,
    /// The actors that it knows.
    actors: [Credentials; 2],
    variant: Variant,
    faults: Vec<Fault>,
    store: Mutex<Store>,
}

/// What the sandbox remembers; one lock guards it whole, so that a check and its effects are one step.
#[derive(Debug)]
struct Store {
    world: World,
    last: Option<String>,
    /// Tokens that were good, for a check that takes them again.
    tokens: HashSet<String>,
    /// Tokens that were given out.
    issued: Vec<Issued>,
    /// Accepted calls by what they were about, for faults that need a sequence.
    history: History,
    /// The world without the calls that a stale reader does not see.
    stale: Option<World>,
    /// Answers so far, for faults that come sometimes.
    answers: u64,
    /// Seconds by which its clock is ahead.
    ahead: i64,
}

impl Sandbox {
    /// A sandbox in which nothing has happened yet. What the contract's fixtures name comes to life when it is asked for.
    #[must_use]
    pub fn new(contract: Arc<Contract>, mut variant: Variant, faults: Vec<Fault>) -> Self {
        // Where the contract says in which unit lengths are counted, nothing is left open.
        if !contract.units.contains(&variant.unit) {
            variant.unit = contract.units[0];
        }
        let mut world = World::new(Arc::clone(&contract), true);
        world.take_side(variant.side);
        let store = Mutex::new(Store {
            world,
            last: None,
            tokens: HashSet::new(),
            issued: Vec::new(),
            history: History::default(),
            stale: None,
            answers: 0,
            ahead: 0,
        });
        let actors = [credentials(&contract), second_credentials(&contract)];
        let sandbox = Self { contract, actors, variant, faults, store };
        let now = sandbox.now();
        {
            let mut store = sandbox.lock();
            store.world.stock(&now);
            store.stale = sandbox.faults.iter().any(|f| f.unseen().is_some()).then(|| store.world.clone());
        }
        sandbox
    }

    /// Moves its clock on.
    pub fn advance(&self, by: std::time::Duration) {
        self.lock().ahead += i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
    }

    fn now(&self) -> Moment {
        let ahead = chrono::Duration::seconds(self.lock().ahead);
        let utc = Utc::now() + ahead;
        FixedOffset::east_opt(self.contract.zone.offset_seconds)
            .map_or_else(|| utc.fixed_offset(), |o| utc.with_timezone(&o))
    }

    /// Answers one call.
    pub async fn answer(&self, call: &Call) -> Reply {
        if let Some(reply) = self.issue(call) {
            return reply;
        }
        let endpoint = match route::find(&self.contract, call) {
            Ok(endpoint) => endpoint,
            Err(status) => return self.plain(status, "the contract has no such call"),
        };
        let mut sealing = Sealing::default();
        let checked = match self.check(endpoint, call, &mut sealing) {
            Err(refusal) => Err(self.refuse(endpoint, call, &refusal)),
            Ok(checked) => Ok(checked),
        };
        let reply = match checked {
            Err(reply) | Ok(Checked::Answered(reply)) => reply,
            Ok(Checked::Legal(root)) => {
                if self.has(endpoint, &Kind::Race(endpoint.id.clone())) {
                    self.race(endpoint, call, &root).await
                } else {
                    self.perform(endpoint, call, &root)
                }
            }
        };
        let now = {
            let mut store = self.lock();
            store.answers += 1;
            store.answers
        };
        let due = self.faults(endpoint).filter_map(|fault| fault.due(now));
        let reply = due.fold(reply, |reply, fault| fault.spoil(reply, self, call));
        self.seal(endpoint, &sealing, reply)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Store> {
        // A panicking handler leaves maps of strings behind, nothing that could be half done.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults that concern calls of the endpoint.
    fn faults(&self, endpoint: &Endpoint) -> impl Iterator<Item = &Fault> {
        self.faults.iter().filter_map(|fault| fault.concerning(&endpoint.id))
    }

    fn has(&self, endpoint: &Endpoint, kind: &Kind) -> bool {
        self.faults(endpoint).any(|f| f.0 == *kind)
    }

    fn style(&self) -> Style {
        Style { side: self.variant.side, optional: self.variant.optional }
    }

    /// Checks the state and acts on it, in one step.
    fn perform(&self, endpoint: &Endpoint, call: &Call, root: &Json) -> Reply {
        let now = self.now();
        let mut store = self.lock();
        store.world.materialise(endpoint, root, &now);
        if let Some(stale) = &mut store.stale {
            stale.materialise(endpoint, root, &now);
        }
        if let Some((row, path)) = self.holding(endpoint, root, &store.world, &now) {
            if !row.code.is_empty() {
                store.world.refused(endpoint, root, &row.code);
            }
            drop(store);
            return self.refuse(endpoint, call, &Refusal::Row(row, path));
        }
        if store.world.departed(endpoint, root) {
            drop(store);
            let why = "the request names what has left".to_owned();
            return self.refuse(endpoint, call, &Refusal::Unseen(400, why));
        }
        let stumbles =
            |f: &Fault| f.remembers() && f.stumbles(endpoint, &self.about(endpoint, root, None), &store.history);
        if self.faults(endpoint).any(stumbles) {
            drop(store);
            return self.plain(500, "Internal Server Error");
        }
        let body = self.act(endpoint, root, &mut store, &now);
        drop(store);
        self.success(endpoint, call, body)
    }

    /// The same with a gap between the check and the act, in which others get their turn.
    async fn race(&self, endpoint: &Endpoint, call: &Call, root: &Json) -> Reply {
        let now = self.now();
        let refusal = {
            let mut store = self.lock();
            store.world.materialise(endpoint, root, &now);
            self.holding(endpoint, root, &store.world, &now).map(|(row, path)| Refusal::Row(row, path))
        };
        if let Some(refusal) = refusal {
            return self.refuse(endpoint, call, &refusal);
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let body = self.act(endpoint, root, &mut self.lock(), &now);
        self.success(endpoint, call, body)
    }

    /// What the call does; answers the body of its success.
    fn act(&self, endpoint: &Endpoint, root: &Json, store: &mut Store, now: &Moment) -> Json {
        // A server that does not look at the page answers as if none had been asked for.
        let whole = self.has(endpoint, &Kind::IgnorePage(endpoint.id.clone())).then(|| Json::Object(Vec::new()));
        let stale = self.faults.iter().any(|f| f.overlooked(&endpoint.id).is_some());
        let shown = store.stale.as_mut().filter(|_| stale);
        let body =
            shown.unwrap_or(&mut store.world).answer(endpoint, whole.as_ref().unwrap_or(root), self.style(), now);
        if !self.has(endpoint, &Kind::SkipEffects(endpoint.id.clone())) {
            store.world.apply(endpoint, root, &body, 0, now);
            let unseen = self.faults.iter().any(|f| f.unseen() == Some(&endpoint.id));
            if let Some(stale) = store.stale.as_mut().filter(|_| !unseen) {
                stale.apply(endpoint, root, &body, 0, now);
            }
        }
        if self.faults(endpoint).any(Fault::remembers) {
            store.history.add(&endpoint.id, self.about(endpoint, root, Some(&body)));
        }
        body
    }

    /// What a call is about: the values of its references, and the keys of what it makes; what everybody refers to is left out.
    fn about(&self, endpoint: &Endpoint, request: &Json, answer: Option<&Json>) -> Vec<String> {
        let everybody = |name: &str| self.contract.resources.iter().any(|r| r.name == name && r.catalogue);
        let mut found = Vec::new();
        for field in &endpoint.request {
            field.walk(&mut |f| {
                let resource = f.refers.as_deref().and_then(|r| r.split('.').next());
                if resource.is_some_and(|r| !everybody(r)) {
                    found.extend(request.at(&f.path).and_then(Json::scalar).map(str::to_owned));
                }
            });
        }
        for effect in endpoint.effects.iter().filter(|e| e.act == Act::Create) {
            let key = match &effect.key {
                Some(Source::Response(path)) => answer.and_then(|a| a.at(path)),
                Some(Source::Request(path)) => request.at(path),
                _ => None,
            };
            found.extend(key.and_then(Json::scalar).map(str::to_owned));
        }
        found
    }

    fn success(&self, endpoint: &Endpoint, call: &Call, body: Json) -> Reply {
        let success = &endpoint.success;
        if success.status == 204 {
            return self.finish(endpoint, call, 204, None);
        }
        let Json::Object(members) = body else { return self.plain(500, "the sandbox lost its own body") };
        let body = if self.contract.bare_success {
            Json::Object(members)
        } else {
            let side = self.variant.side.min(success.codes.len().saturating_sub(1));
            let code = success.codes.get(side).map_or("", String::as_str);
            self.envelope(code, &success.message, members)
        };
        self.finish(endpoint, call, success.status, Some(body))
    }

    /// The first row about references or states that holds, references first.
    fn holding<'a>(
        &self,
        endpoint: &'a Endpoint,
        body: &Json,
        world: &World,
        now: &Moment,
    ) -> Option<(&'a Row, String)> {
        let truths = world.rows(endpoint, body, now);
        let mut rows: Vec<(&Row, Truth)> = endpoint.rows.iter().zip(truths).filter(|(r, _)| !r.when.input()).collect();
        // Too many attempts outrank the row that they are counted by.
        rows.sort_by_key(|(row, _)| match &row.when {
            When::Unknown { .. } | When::Taken(_) => 0,
            When::Attempts { .. } => 1,
            When::Mismatch(_) => 2,
            When::Any(_) => 3,
            _ => 4,
        });
        let found = rows.into_iter().find(|(row, truth)| {
            // Where sources disagree, one side refuses and the other does not.
            let agreed = !row.disputed || self.variant.side == 0;
            *truth == Truth::Yes && agreed && !self.faults(endpoint).any(|f| f.skips(&endpoint.id, row))
        });
        found.map(|(row, _)| (row, row.fields.first().map(|f| f.path.clone()).unwrap_or_default()))
    }

    fn refuse(&self, endpoint: &Endpoint, call: &Call, refusal: &Refusal<'_>) -> Reply {
        match refusal {
            Refusal::Unseen(status, why) => self.finish(
                endpoint,
                call,
                *status,
                Some(self.envelope(
                    "unseen",
                    &format!("{why} (konform sandbox: no source shows the code for this)"),
                    Vec::new(),
                )),
            ),
            Refusal::Row(row, _) if row.code.is_empty() => {
                let why = format!("{} (konform sandbox: no source shows the code for this)", row.when.words());
                self.finish(endpoint, call, 400, Some(self.envelope("unseen", &why, Vec::new())))
            }
            Refusal::Row(row, path) => {
                let field = field::find(&endpoint.request, path);
                let bounds = field.and_then(|f| f.length.as_ref()).map(|l| l.first().clone());
                let documented = row.fields.iter().any(|f| f.documented && f.path == *path);
                let (mut status, mut code, mut named) = (row.status, row.code.clone(), path.clone());
                for fault in self.faults(endpoint) {
                    fault.misreport(&row.code, documented, (&mut status, &mut code, &mut named));
                }
                let (whole, name) = (place::spoken(&named), place::last(&named));
                let mut message = row.message.replace("{field}", &whole).replace("{name}", &name);
                if let Some(bounds) = bounds {
                    message =
                        message.replace("{min}", &bounds.min.to_string()).replace("{max}", &bounds.max.to_string());
                }
                self.finish(endpoint, call, status, Some(self.envelope(&code, &message, Vec::new())))
            }
        }
    }

    fn plain(&self, status: u16, why: &str) -> Reply {
        let mut body = Vec::new();
        self.envelope("unseen", why, Vec::new()).write(&mut body);
        Reply {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
            chunked: false,
        }
    }

    fn envelope(&self, code: &str, message: &str, mut members: Vec<(Text, Json)>) -> Json {
        for (path, value) in [(&self.contract.envelope.code, code), (&self.contract.envelope.message, message)] {
            json::put(&mut members, path, Json::text(value));
        }
        Json::Object(members)
    }

    fn finish(&self, endpoint: &Endpoint, call: &Call, status: u16, body: Option<Json>) -> Reply {
        let mut headers = Vec::new();
        if body.is_some() {
            headers.push(("content-type".to_owned(), self.variant.content_type().to_owned()));
        }
        let body = body.map(|body| self.variant.dress(body)).unwrap_or_default();
        let trace = endpoint.wire.trace.as_deref();
        for field in endpoint.response_headers.iter().filter(|f| f.required()) {
            let own = || {
                field.format.as_ref().map_or_else(
                    || "0".repeat(field.length.as_ref().map_or(8, |l| l.first().min.min(LONGEST_IN_LINE))),
                    |f| {
                        let now = self.now();
                        let n = self.lock().world.number();
                        formatted(f.first(), &Manner { n, side: 0, optional: true, now: &now })
                    },
                )
            };
            let echoed = call
                .header(&field.name)
                .filter(|_| trace == Some(field.name.as_str()) && self.variant.trace == TraceId::Echoed);
            // What is echoed must still be a legal value of the answer's own header.
            let echoed = echoed.filter(|v| field.format.as_ref().is_none_or(|f| matches(f.first(), v)));
            headers.push((field.name.clone(), echoed.map_or_else(own, str::to_owned)));
        }
        Reply { status, headers, body, chunked: self.variant.chunked }
    }
}

/// The sandbox's invented credentials: the same on every machine, worthless everywhere else.
#[must_use]
pub fn credentials(contract: &Contract) -> Credentials {
    invented(contract, "sandbox")
}

/// Those of a second actor whom the sandbox knows.
#[must_use]
pub fn second_credentials(contract: &Contract) -> Credentials {
    invented(contract, "second")
}

fn invented(contract: &Contract, actor: &str) -> Credentials {
    let make = |name: &str, length: usize, digits: bool| -> String {
        let bytes =
            crypto::hex(&crypto::sha256(format!("konform {actor} {} {name}", contract.id).as_bytes())).repeat(4);
        let text: String = if digits {
            bytes
                .chars()
                .map(|c| char::from(b'0' + u8::try_from(c.to_digit(16).unwrap_or(0) % 10).unwrap_or(0)))
                .collect()
        } else {
            bytes
        };
        text.chars().take(length).collect()
    };
    contract
        .credentials
        .iter()
        .map(|c| (c.name.clone(), Secret::new(c.name.clone(), make(&c.name, c.length.unwrap_or(32), c.digits))))
        .collect()
}
