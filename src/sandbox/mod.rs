//! The embedded reference server: serves any contract that konform can load.
//!
//! Checks in this order and answers with the first breach: route, headers, token, JSON, fields in the contract's order,
//! references to catalogues, uniqueness; then the effects. Where no source shows a code it answers `unseen`, never an
//! invented one. [`Variant`] draws what the contract leaves open, [`Fault`] breaks it on purpose.
//!
//! Shares contract, schema and crypto with the harness, never planning or judging.

mod answer;
mod fault;
mod make;
pub mod server;
mod store;
mod variant;

use std::sync::{Arc, Mutex, PoisonError};

use fault::Kind;
pub use fault::{FAULTS, Fault, FaultError, FaultList};
pub use server::serve;
pub use variant::{TraceId, Variant};

use crate::contract::{Contract, Effect, Endpoint, Row, When};
use crate::crypto;
use crate::model::field::Way;
use crate::model::json::{self, Json, Text};
use crate::model::wire::{Credentials, Piece, Secret, SignedBytes};
use crate::model::{Rule, field};
use crate::schema::check::{Judged, Side, State};
use crate::schema::{Units, check, check_header};
use store::Store;

/// A request as the sandbox sees it.
#[derive(Clone, Debug)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
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
    credentials: Credentials,
    variant: Variant,
    faults: Vec<Fault>,
    store: Mutex<Store>,
}

/// Why a call is refused.
enum Refusal<'a> {
    /// A row of the contract says how.
    Row(&'a Row, String),
    /// No source says how: status and a sentence.
    Unseen(u16, String),
}

impl Sandbox {
    /// A sandbox with empty store.
    #[must_use]
    pub fn new(contract: Arc<Contract>, variant: Variant, faults: Vec<Fault>) -> Self {
        let store = Mutex::new(Store::new(&contract));
        Self { credentials: credentials(&contract), contract, variant, faults, store }
    }

    /// Answers one call.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Reply {
        let Some(endpoint) = self.contract.endpoints.iter().find(|e| call.path.ends_with(e.path.as_str())) else {
            return self.plain(404, "no endpoint of the contract has this path");
        };
        if endpoint.method != call.method {
            return self.plain(405, "the contract has another method for this path");
        }
        let reply = match self.check(endpoint, call) {
            Err(refusal) => self.refuse(endpoint, call, &refusal),
            Ok(Some(reply)) => reply,
            Ok(None) => self.plain(500, "the sandbox lost its own body"),
        };
        self.faults.iter().fold(reply, |reply, fault| fault.spoil(reply, self, call))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Store> {
        // A panicking handler leaves sets of strings behind, nothing that could be half done.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check<'a>(&'a self, endpoint: &'a Endpoint, call: &Call) -> Result<Option<Reply>, Refusal<'a>> {
        if !self.faults.iter().any(|f| matches!(&f.0, Kind::SkipHeaders)) {
            self.headers(endpoint, call)?;
        }
        if !self.faults.iter().any(|f| matches!(&f.0, Kind::SkipToken)) {
            self.token(endpoint, call)?;
        }
        let document =
            json::parse(&call.body).map_err(|e| Refusal::Unseen(400, format!("the body is no JSON: {e}")))?;
        if !matches!(document.root, Json::Object(_)) || !document.defects.is_empty() {
            return Err(Refusal::Unseen(400, "the body is no plain JSON object".to_owned()));
        }
        if self.faults.iter().any(|f| f.crashes(&document.root)) {
            return Ok(Some(self.plain(500, "Internal Server Error")));
        }
        self.fields(endpoint, &document.root)?;
        let mut store = self.lock();
        for row in &endpoint.rows {
            self.state(endpoint, row, &document.root, &store)?;
        }
        let key = Self::apply(endpoint, &document.root, &mut store);
        let body = answer::success(self, endpoint, key.as_ref(), &mut store);
        drop(store);
        Ok(Some(self.finish(endpoint, call, endpoint.success.status, body)))
    }

    fn headers<'a>(&'a self, endpoint: &'a Endpoint, call: &Call) -> Result<(), Refusal<'a>> {
        let mut broken = None;
        let units = Units { side: Side::Request, units: &[self.variant.unit] };
        check_header(&endpoint.request_headers, &call.headers, units, &mut |judged| {
            if judged.state == State::Broken && broken.is_none() {
                broken = Some(judged.field.name.clone());
            }
        });
        if let Some(name) = broken {
            return Err(Refusal::Unseen(self.variant.auth_status, format!("header {name} is missing or malformed")));
        }
        for header in &endpoint.wire.headers {
            if let [Piece::Credential(name)] = header.value.as_slice() {
                let known = self.credentials.get(name).map(Secret::reveal).unwrap_or_default();
                if call.header(&header.name) != Some(known) {
                    return Err(Refusal::Unseen(
                        self.variant.auth_status,
                        format!("header {} names nobody", header.name),
                    ));
                }
            }
        }
        Ok(())
    }

    fn token<'a>(&'a self, endpoint: &'a Endpoint, call: &Call) -> Result<(), Refusal<'a>> {
        let Some(auth) = &endpoint.wire.auth else { return Ok(()) };
        let refused = || Refusal::Unseen(self.variant.auth_status, "the token does not match".to_owned());
        let token = call.header(&auth.header).ok_or_else(refused)?;
        // Only the code's place is fixed: it stands where the template ends.
        let mut rest = token;
        for (at, piece) in auth.value.iter().enumerate() {
            let next = auth.value.get(at + 1);
            match (piece, next) {
                (Piece::Text(text), _) => rest = rest.strip_prefix(text.as_str()).ok_or_else(refused)?,
                (Piece::Now(pattern), _) => {
                    let (time, tail) = rest.split_at_checked(pattern.len()).ok_or_else(refused)?;
                    if !time.bytes().all(|b| b.is_ascii_digit()) {
                        return Err(refused());
                    }
                    rest = tail;
                }
                _ => {}
            }
        }
        let key = self.credentials.get(&auth.key).map(Secret::reveal).unwrap_or_default();
        let over = match auth.over {
            SignedBytes::Body => crypto::hmac_sha256_base64(key.as_bytes(), &call.body),
            SignedBytes::Base64Body => {
                crypto::hmac_sha256_base64(key.as_bytes(), crypto::base64(&call.body).as_bytes())
            }
        };
        if crypto::equal(over.as_bytes(), rest.as_bytes()) { Ok(()) } else { Err(refused()) }
    }

    fn fields<'a>(&'a self, endpoint: &'a Endpoint, body: &Json) -> Result<(), Refusal<'a>> {
        let mut refusal = None;
        let units = Units { side: Side::Request, units: &[self.variant.unit] };
        check(&endpoint.request, body, units, &mut |judged| {
            if refusal.is_some() {
                return;
            }
            let breach = match judged.state {
                State::Broken => !self.faults.iter().any(|f| f.overlooks(judged)),
                State::Unknown => {
                    self.variant.refuses_unknown && judged.rule == Rule::Presence && judged.way == Way::Absent
                }
                State::Holds => self.faults.iter().any(|f| f.objects(judged)),
            };
            if breach {
                // An objection to a legal length is worded as if it were too long.
                let way = if judged.state == State::Holds { Way::Above } else { judged.way };
                refusal = Some(breach_refusal(endpoint, judged, way));
            }
        });
        refusal.map_or(Ok(()), Err)
    }

    fn state<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        row: &'a Row,
        body: &Json,
        store: &Store,
    ) -> Result<(), Refusal<'a>> {
        let Some(path) = row.fields.first().map(|f| f.path.as_str()) else { return Ok(()) };
        let holds = match &row.when {
            When::Taken => {
                let resource = endpoint.effects.iter().find_map(|e| match e {
                    Effect::Create { resource, unique, .. } if unique.iter().any(|u| u == path) => Some(resource),
                    _ => None,
                });
                let skipped = self.faults.iter().any(|f| matches!(&f.0, Kind::SkipUnique(p) if p == path));
                !skipped
                    && resource
                        .is_some_and(|r| body.at(path).and_then(Json::scalar).is_some_and(|v| store.taken(r, path, v)))
            }
            When::Lacks { resource, attribute, value } => {
                let skipped = self.faults.iter().any(|f| matches!(&f.0, Kind::SkipLacks(p) if p == path));
                let given: Vec<&str> = match body.at(path) {
                    Some(Json::Array(items)) => items.iter().filter_map(Json::scalar).collect(),
                    _ => Vec::new(),
                };
                !skipped && store.catalogue(resource, attribute, value).iter().any(|id| !given.contains(&id.as_str()))
            }
            When::Empty | When::Missing | When::Length => false,
        };
        if holds { Err(Refusal::Row(row, path.to_owned())) } else { Ok(()) }
    }

    fn apply(endpoint: &Endpoint, body: &Json, store: &mut Store) -> Option<Json> {
        let mut key = None;
        for effect in &endpoint.effects {
            if let Effect::Create { resource, unique, only_if: None, .. } = effect {
                for path in unique {
                    // An empty value is as good as none: it never collides.
                    if let Some(value) = body.at(path).and_then(Json::scalar).filter(|v| !v.is_empty()) {
                        store.take(resource, path, value);
                    }
                }
                key = Some(store.allocate());
            }
        }
        key
    }

    fn refuse(&self, endpoint: &Endpoint, call: &Call, refusal: &Refusal<'_>) -> Reply {
        match refusal {
            Refusal::Unseen(status, why) => self.finish(
                endpoint,
                call,
                *status,
                self.envelope(
                    "unseen",
                    &format!("{why} (konform sandbox: no source shows the code for this)"),
                    Vec::new(),
                ),
            ),
            Refusal::Row(row, path) => {
                let field = field::find(&endpoint.request, path);
                let bounds = field.and_then(|f| f.length.as_ref()).map(|l| l.first().clone());
                let documented = row.fields.iter().any(|f| f.documented && f.path == *path);
                let (mut status, mut code, mut named) = (row.status, row.code.clone(), path.clone());
                for fault in &self.faults {
                    fault.misreport(&row.code, documented, (&mut status, &mut code, &mut named));
                }
                let mut message = row.message.replace("{field}", &named);
                if let Some(bounds) = bounds {
                    message =
                        message.replace("{min}", &bounds.min.to_string()).replace("{max}", &bounds.max.to_string());
                }
                self.finish(endpoint, call, status, self.envelope(&code, &message, Vec::new()))
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
            put(&mut members, path, Json::text(value));
        }
        Json::Object(members)
    }

    fn finish(&self, endpoint: &Endpoint, call: &Call, status: u16, body: Json) -> Reply {
        let body = self.variant.dress(body);
        let mut headers = vec![("content-type".to_owned(), self.variant.content_type().to_owned())];
        let trace = endpoint.wire.trace.as_deref();
        for field in endpoint.response_headers.iter().filter(|f| f.required()) {
            let own = || {
                field.format.as_ref().map_or_else(
                    || "0".repeat(field.length.as_ref().map_or(8, |l| l.first().min)),
                    |f| make::formatted(f.first(), &self.contract.zone, self.lock().next()),
                )
            };
            let echoed = call
                .header(&field.name)
                .filter(|_| trace == Some(field.name.as_str()) && self.variant.trace == TraceId::Echoed);
            // What is echoed must still be a legal value of the answer's own header.
            let echoed =
                echoed.filter(|v| field.format.as_ref().is_none_or(|f| crate::model::format::matches(f.first(), v)));
            headers.push((field.name.clone(), echoed.map_or_else(own, str::to_owned)));
        }
        Reply { status, headers, body, chunked: self.variant.chunked }
    }
}

/// The sandbox's invented credentials: the same on every machine, worthless everywhere else.
#[must_use]
pub fn credentials(contract: &Contract) -> Credentials {
    let make = |name: &str, length: usize, digits: bool| -> String {
        let bytes =
            crypto::hex(&crypto::sha256(format!("konform sandbox {} {name}", contract.id).as_bytes())).repeat(4);
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

fn breach_refusal<'a>(endpoint: &'a Endpoint, judged: &Judged<'_>, way: Way) -> Refusal<'a> {
    match endpoint.rows_for(&judged.field.path, judged.rule, way).first() {
        Some(found) => Refusal::Row(&endpoint.rows[found.row], judged.field.path.clone()),
        None => Refusal::Unseen(400, format!("{} breaks its {}", judged.field.path, judged.rule.word())),
    }
}

/// Puts a value at a dotted path, making the objects on the way.
fn put(members: &mut Vec<(Text, Json)>, path: &str, value: Json) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(n, r)| (n, Some(r)));
    let at = members.iter().position(|(n, _)| n == name).unwrap_or_else(|| {
        members.push((name.into(), Json::Object(Vec::new())));
        members.len() - 1
    });
    match (rest, &mut members[at].1) {
        (Some(rest), Json::Object(inner)) => put(inner, rest, value),
        (_, slot) => *slot = value,
    }
}
