//! What stands before the endpoints: routes, headers, the token, encryption, the envelope.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::Keys;
use super::accident::Accident;
use super::check::Check;
use super::damage::unquoted;
use super::endpoint::{Call, Endpoint, Group, Outcome, Refusal, Unknown, at, gap, greatest, row};
use super::fault::{Faults, Gate};
use super::http::{Answer, Manner, Request, http_date};
use super::jwe::Crypto;
use super::lapse::Lapse;
use super::temperament::Temperament;
use super::world::{World, now};

/// All that a request meets.
pub(super) struct Gateway {
    pub(super) keys: Keys,
    pub(super) crypto: Option<Crypto>,
    pub(super) temper: Arc<Temperament>,
    pub(super) faults: Arc<Faults>,
    pub(super) world: Mutex<World>,
    pub(super) count: AtomicU64,
}

/// What a request has come to.
struct Done {
    outcome: Outcome,
    /// The `enc` that the request was encrypted with.
    enc: Option<&'static str>,
    body: Map<String, Value>,
}

/// All endpoints.
pub(super) fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    super::user::ENDPOINTS
        .iter()
        .chain(&super::password::ENDPOINTS)
        .chain(&super::terms::ENDPOINTS)
        .chain(&super::account::ENDPOINTS)
        .chain(&super::charge::ENDPOINTS)
        .chain(&super::card::ENDPOINTS)
        .chain(&super::application::ENDPOINTS)
        .chain(&super::physical::ENDPOINTS)
}

impl Gateway {
    /// The answer to a request.
    pub(super) fn answer(&self, request: &Request) -> Answer {
        self.faults.running.fetch_add(1, Ordering::Relaxed);
        self.faults.linger();
        let answer = self.reply(request);
        self.faults.running.fetch_sub(1, Ordering::Relaxed);
        answer
    }

    fn reply(&self, request: &Request) -> Answer {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let Some(endpoint) = request.path.strip_prefix("/open-api").and_then(|path| self.route(path)) else {
            return self.lost(&request.path);
        };
        if request.method != "POST" {
            let body = json!({"timestamp": now().to_rfc3339(), "status": 405, "error": "Method Not Allowed", "path": request.path});
            let mut answer = plain(405, "application/json", &body.to_string());
            answer.headers.push(("Allow", "POST".to_owned()));
            return answer;
        }
        if self.temper.slow_now_and_then && count % 11 == 10 {
            std::thread::sleep(std::time::Duration::from_millis(400));
        }
        if count % 9 == 8 {
            if let Some(after) = self.busy() {
                let mut answer = plain(429, "text/plain", "Too Many Requests");
                answer.headers.push(("Retry-After", after));
                return answer;
            }
        }
        if !self.headers(endpoint, request) || !self.signed(endpoint, request) {
            return self.stranger();
        }
        let kind = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if self.temper.media_type_checked && !kind.starts_with("application/json") {
            return plain(415, "text/plain", "Unsupported Media Type");
        }
        let trace = match request.header("x-km-correlation-id") {
            Some(trace) if !self.temper.own_trace => trace.to_owned(),
            _ => format!("{}-{:07x}", now().format("%y%m%d%H%M%S"), count & 0xfff_ffff),
        };
        let key_id = request.header("x-km-crypto-key-id");
        let known = |id: &&str| self.crypto.as_ref().is_some_and(|c| c.key_id == **id);
        let unasked = key_id.filter(known).filter(|_| self.temper.encrypted_unasked).map(|_| "");
        match self.run(endpoint, request, key_id) {
            Ok(mut done) => {
                done.enc = done.enc.or(unasked);
                self.envelope(endpoint, done, trace)
            }
            Err(Accident::Crash) => plain(500, "text/html", "<h1>Internal Server Error</h1>"),
            Err(accident) => {
                if accident == Accident::Hang {
                    std::thread::sleep(std::time::Duration::from_secs(30));
                }
                Answer { status: 500, headers: Vec::new(), body: Vec::new(), manner: Manner::Never }
            }
        }
    }

    fn route(&self, path: &str) -> Option<&'static Endpoint> {
        let served = |group| match group {
            Group::Member => true,
            Group::Account => !self.temper.package_prepaid,
            Group::Charge | Group::Card => !self.temper.package_accounts,
        };
        endpoints().find(|e| e.path == path && served(e.group))
    }

    /// No such route: a framework's page.
    fn lost(&self, path: &str) -> Answer {
        if self.temper.html_404 {
            return plain(
                404,
                "text/html;charset=utf-8",
                "<html><body><h1>HTTP Status 404 – Not Found</h1></body></html>",
            );
        }
        if self.temper.empty_404 {
            return Answer { status: 404, headers: Vec::new(), body: Vec::new(), manner: Manner::Right };
        }
        let body = json!({"timestamp": now().to_rfc3339(), "status": 404, "error": "Not Found", "path": path});
        plain(404, "application/json", &body.to_string())
    }

    fn busy(&self) -> Option<String> {
        match (self.temper.busy_now, self.temper.busy_second, self.temper.busy_date) {
            (true, ..) => Some("0".to_owned()),
            (_, true, _) => Some("1".to_owned()),
            (.., true) => Some(http_date()),
            _ => None,
        }
    }

    /// A bad token or header.
    fn stranger(&self) -> Answer {
        if self.temper.gateway_empty {
            return Answer { status: 401, headers: Vec::new(), body: Vec::new(), manner: Manner::Right };
        }
        if self.temper.gateway_json {
            return plain(401, "application/json", r#"{"error":"unauthorized","message":"Request denied."}"#);
        }
        if self.temper.gateway_envelope {
            let body = json!({"response": {"code": "000_011", "description": "Not authorized."}});
            return plain(400, "application/json", &body.to_string());
        }
        plain(401, "text/plain", "Unauthorized")
    }

    /// What a request comes to, if the server survives it.
    fn run(&self, endpoint: &'static Endpoint, request: &Request, key_id: Option<&str>) -> Result<Done, Accident> {
        let temper = &self.temper;
        let malformed = || gap(temper, 400, "000_001", "Malformed request.");
        let refused = |refusal, enc| Ok(Done { outcome: Err(refusal), enc, body: Map::new() });
        let met = |text: &[u8]| self.faults.accident(endpoint.id, text).map_or(Ok(()), Err);
        let parsed = self.parse(endpoint, &request.body);
        if !matches!(&parsed, Some(Value::Object(body)) if body.len() == 1 && body.contains_key("encData")) {
            met(&request.body)?;
        }
        let Some(Value::Object(mut body)) = parsed else { return refused(malformed(), None) };
        let open = !(body.len() == 1 && body.contains_key("encData"));
        if open && endpoint.sealed && self.temper.plain_refused && self.crypto.is_some() {
            return refused(gap(temper, 400, "000_006", "Encrypted data required."), None);
        }
        let mut enc = None;
        if let (1, Some(Value::String(sealed))) = (body.len(), body.get("encData")) {
            let faulty = |gate| self.faults.gate(gate, endpoint.id);
            let named = |c: &&Crypto| Some(c.key_id.as_str()) == key_id || faulty(Gate::KeyIdNotChecked);
            let crypto = self.crypto.as_ref().filter(named);
            let opened = crypto.and_then(|c| {
                c.open(sealed).or_else(|| c.open_unverified(sealed).filter(|_| faulty(Gate::TagNotChecked)))
            });
            let Some((text, with)) = opened else {
                return refused(gap(temper, 400, "000_005", "Decryption failed."), None);
            };
            enc = Some(with);
            met(&text)?;
            match self.parse(endpoint, &text) {
                Some(Value::Object(inner)) => body = inner,
                _ => return refused(malformed(), enc),
            }
        }
        self.faults.straighten(endpoint, &mut body);
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Done { outcome: self.outcome(&mut world, endpoint, &body), enc, body })
    }

    /// The JSON value of a text.
    fn parse(&self, endpoint: &Endpoint, text: &[u8]) -> Option<Value> {
        let first = || serde_json::Deserializer::from_slice(text).into_iter().next()?.ok();
        serde_json::from_slice(text)
            .ok()
            .or_else(|| first().filter(|_| self.faults.gate(Gate::AcceptTrailing, endpoint.id)))
    }

    fn outcome(&self, world: &mut World, endpoint: &'static Endpoint, body: &Map<String, Value>) -> Outcome {
        let mut call = Call { endpoint, body, member: 0 };
        if self.temper.state_first && !self.temper.prepared_only {
            if endpoint.id == "user-registration" {
                if let Some(refusal) = super::user::taken(world, &call) {
                    return Err(refusal);
                }
            }
            // An id out of range is bad input, not a stranger.
            if call.number(endpoint.member) <= greatest(endpoint.fields, endpoint.member) {
                self.known(world, &call)?;
            }
        }
        Check { endpoint, temper: &self.temper, faults: &self.faults }.body(body)?;
        if self.temper.prepared_only {
            let prepared = super::prepared::prepared();
            let fits = prepared.iter().any(|(id, fixed)| *id == endpoint.id && fixed.as_object() == Some(body));
            if !fits {
                return Err(self::gap(&self.temper, 404, "000_004", "No prepared test data for this request."));
            }
            let mut fresh = World::new(&self.keys.asp_id, &self.temper, &self.faults);
            super::prepared::furnish(&mut fresh);
            call.member = at(body, endpoint.member).and_then(Value::as_u64).unwrap_or(0);
            return (endpoint.run)(&mut fresh, &call);
        }
        call.member = self.known(world, &call)?;
        (endpoint.run)(world, &call)
    }

    /// The member whom a request names, 0 if nobody; a refusal if there is no such member.
    fn known(&self, world: &mut World, call: &Call) -> Result<u64, Refusal> {
        let path = call.endpoint.member;
        let id = call.number(path);
        let shown = |w: &World| call.endpoint.id == "user-info" && w.members.contains_key(&id);
        if id == 0 || world.member(id).is_some() || shown(world) && world.has(Lapse::InfoShowsLeft) {
            return Ok(id);
        }
        match call.endpoint.unknown {
            Unknown::Own => Ok(0),
            Unknown::Row(text) => Err(row("001_006", text)),
            Unknown::Input => Err(call.invalid(&self.temper, path)),
            Unknown::Gap if self.temper.gone_otherwise && world.members.contains_key(&id) => {
                Err(row("001_068", "Wallet login failed. User not active."))
            }
            Unknown::Gap => Err(gap(&self.temper, 404, "001_006", "Wallet user not found.")),
        }
    }

    fn envelope(&self, endpoint: &Endpoint, done: Done, trace: String) -> Answer {
        let Done { outcome, enc, body: request } = done;
        let faulty = |gate| self.faults.gate(gate, endpoint.id);
        let (mut line, mut body, sealed) = match outcome {
            Ok(mut body) => {
                let mut text = endpoint.success.to_owned();
                if self.temper.full_stops_swapped {
                    text = text.strip_suffix('.').map_or_else(|| format!("{text}."), str::to_owned);
                }
                let text = if self.temper.korean_descriptions { "정상 처리되었습니다." } else { &text };
                self.faults.damage(endpoint.id, &mut body);
                (Refusal { status: 200, ..row("000_000", text) }, body, endpoint.marked)
            }
            Err(mut refusal) => {
                if self.temper.korean_descriptions {
                    "요청을 처리할 수 없습니다.".clone_into(&mut refusal.text);
                }
                let sealed = self.temper.errors_encrypted && enc.is_some_and(|e| !e.is_empty());
                let mut body = json!({});
                if faulty(Gate::StackTrace) {
                    body["trace"] = json!(format!(
                        "SignatureFilter.check(SignatureFilter.java:71) secretKey={}",
                        self.keys.secret_key
                    ));
                }
                (refusal, body, sealed)
            }
        };
        self.faults.reword(endpoint.id, &mut line, &request);
        body["response"] = json!({"code": line.code, "description": line.text});
        if faulty(Gate::CodeAsNumber) {
            body["response"]["code"] = json!(line.code.replace('_', "").parse::<u32>().unwrap_or(0));
        }
        if self.temper.extra_members {
            body["serverTime"] = json!(now().format("%Y%m%d%H%M%S").to_string());
            body["trace"] = json!({"node": "honest-1", "took": 3, "notes": [null, true]});
        }
        if faulty(Gate::EchoBody) {
            body["request"] = Value::Object(request);
        }
        if faulty(Gate::ExtraEnvelope) {
            body = json!({"data": body});
        }
        let mut text = unquoted(body.to_string());
        let enc = enc.filter(|_| sealed).filter(|_| !faulty(Gate::PlainAnswer));
        let sealed = enc.and_then(|enc| self.crypto.as_ref()?.seal(text.as_bytes(), enc));
        let mut headers = Vec::new();
        if let (Some(mut sealed), Some(crypto)) = (sealed, &self.crypto) {
            if faulty(Gate::BrokenSeal) {
                let first = if sealed.ends_with('A') { 'Q' } else { 'A' };
                sealed.pop();
                sealed.push(first);
            }
            text = json!({"encData": sealed}).to_string();
            let other = faulty(Gate::OtherKeyId);
            headers.push(("X-KM-Crypto-Key-Id", if other { "f".repeat(32) } else { crypto.key_id.clone() }));
        }
        let kind = if self.temper.bare_content_type { "application/json" } else { "application/json;charset=UTF-8" };
        headers.push(("Content-Type", self.faults.content_type(endpoint.id).unwrap_or_else(|| kind.to_owned())));
        if !self.faults.drops_header(endpoint.id, "X-KM-Correlation-Id") {
            headers.push(("X-KM-Correlation-Id", self.traced(endpoint, trace)));
        }
        let mut body = text.into_bytes();
        if faulty(Gate::Bom) {
            body.splice(..0, [0xef, 0xbb, 0xbf]);
        }
        if faulty(Gate::Utf16) {
            let text = String::from_utf8_lossy(&body);
            body = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        }
        let manners =
            [(Gate::LongLength, Manner::Long), (Gate::ShortLength, Manner::Short), (Gate::TwoAnswers, Manner::Twice)];
        let manner = manners.into_iter().find(|(gate, _)| faulty(*gate)).map_or(Manner::Right, |(_, manner)| manner);
        Answer { status: line.status, headers, body, manner }
    }

    /// The trace number that an answer shows.
    fn traced(&self, endpoint: &Endpoint, own: String) -> String {
        let before = self.faults.memory().trace.replace(own.clone());
        let faulty = |gate| self.faults.gate(gate, endpoint.id);
        match before.filter(|before| *before != own) {
            Some(before) if faulty(Gate::TraceOfAnother) => before,
            _ if faulty(Gate::TraceConstant) => "260101000000-0000000".to_owned(),
            _ if faulty(Gate::TraceShort) => own[..own.len() - 1].to_owned(),
            _ => own,
        }
    }
}

fn plain(status: u16, kind: &str, body: &str) -> Answer {
    let headers = vec![("Content-Type", kind.to_owned())];
    Answer { status, headers, body: body.as_bytes().to_vec(), manner: Manner::Right }
}
