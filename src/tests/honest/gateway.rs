//! What stands before the endpoints: routes, headers, the token, encryption, the envelope.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::Keys;
use super::check::Check;
use super::endpoint::{Call, Endpoint, Group, Outcome, Refusal, Unknown, at, gap, greatest, row};
use super::http::{Answer, Request, http_date};
use super::jwe::Crypto;
use super::temperament::Temperament;
use super::world::{World, now};

/// All that a request meets.
pub(super) struct Gateway {
    pub(super) keys: Keys,
    pub(super) crypto: Option<Crypto>,
    pub(super) temper: Arc<Temperament>,
    pub(super) faults: Arc<BTreeSet<String>>,
    pub(super) world: Mutex<World>,
    pub(super) count: AtomicU64,
}

/// All endpoints.
pub(super) fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    super::user::ENDPOINTS
        .iter()
        .chain(&super::terms::ENDPOINTS)
        .chain(&super::account::ENDPOINTS)
        .chain(&super::charge::ENDPOINTS)
        .chain(&super::card::ENDPOINTS)
        .chain(&super::application::ENDPOINTS)
}

impl Gateway {
    /// The answer to a request.
    pub(super) fn answer(&self, request: &Request) -> Answer {
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
        if !self.headers(request) || !self.faults.contains("skip-token") && !self.signed(request) {
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
        let (outcome, enc) = self.run(endpoint, request, key_id);
        self.envelope(endpoint, outcome, enc.or(unasked), trace)
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
            return Answer { status: 404, headers: Vec::new(), body: Vec::new() };
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
            return Answer { status: 401, headers: Vec::new(), body: Vec::new() };
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

    fn signed(&self, request: &Request) -> bool {
        let parts: Vec<&str> = request.header("x-km-tran-token").unwrap_or_default().split(':').collect();
        let ["KMV1", time, code] = parts[..] else { return false };
        if code.len() != 44 || !self.time(time, 17) {
            return false;
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.keys.secret_key.as_bytes());
        let Ok(code) = base64::engine::general_purpose::STANDARD.decode(code) else { return false };
        hmac::verify(&key, &request.body, &code).is_ok()
    }

    /// Whether digits are a time, `yyyyMMddHHmmss` or with milliseconds.
    fn time(&self, text: &str, length: usize) -> bool {
        if text.len() != length || !text.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        let Ok(time) = chrono::NaiveDateTime::parse_from_str(&text[..14], "%Y%m%d%H%M%S") else { return false };
        !self.temper.clock_watched || (now().naive_local() - time).num_hours().abs() < 34
    }

    fn headers(&self, request: &Request) -> bool {
        let get = |name: &str| request.header(name).filter(|_| request.times(name) == 1);
        let trace = get("x-km-correlation-id").unwrap_or_default();
        let (time, tail) = trace.split_once('-').unwrap_or_default();
        time.len() == 12
            && time.bytes().all(|b| b.is_ascii_digit())
            && tail.len() == 7
            && tail.bytes().all(|b| b.is_ascii_hexdigit())
            && get("x-km-user-aspid") == Some(self.keys.asp_id.as_str())
            && get("x-km-access-key") == Some(self.keys.access_key.as_str())
            && get("x-km-tran-token").is_some()
            && self.time(get("x-km-tran-time").unwrap_or_default(), 14)
            && matches!(get("x-km-time-zone"), Some("UTC" | "KST"))
            && (request.times("x-km-crypto-key-id") == 0 || get("x-km-crypto-key-id").is_some_and(|id| id.len() == 32))
    }

    /// The outcome of a request, and the `enc` it was encrypted with.
    fn run(
        &self,
        endpoint: &'static Endpoint,
        request: &Request,
        key_id: Option<&str>,
    ) -> (Outcome, Option<&'static str>) {
        let temper = &self.temper;
        let malformed = || gap(temper, 400, "000_001", "Malformed request.");
        let Ok(Value::Object(mut body)) = serde_json::from_slice::<Value>(&request.body) else {
            return (Err(malformed()), None);
        };
        let open = !(body.len() == 1 && body.contains_key("encData"));
        if open && endpoint.sealed && self.temper.plain_refused && self.crypto.is_some() {
            return (Err(gap(temper, 400, "000_006", "Encrypted data required.")), None);
        }
        let mut enc = None;
        if let (1, Some(Value::String(sealed))) = (body.len(), body.get("encData")) {
            let crypto = self.crypto.as_ref().filter(|c| Some(c.key_id.as_str()) == key_id);
            let Some((text, with)) = crypto.and_then(|c| c.open(sealed)) else {
                return (Err(gap(temper, 400, "000_005", "Decryption failed.")), None);
            };
            enc = Some(with);
            match serde_json::from_slice(&text) {
                Ok(Value::Object(inner)) => body = inner,
                _ => return (Err(malformed()), enc),
            }
        }
        if self.faults.contains("crash-on-astral") && body.values().any(astral) {
            let text = "<h1>Internal Server Error</h1>".to_owned();
            return (Err(Refusal { status: 500, code: String::new(), text }), None);
        }
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        (self.outcome(&mut world, endpoint, &body), enc)
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
        if id == 0 || world.member(id).is_some() {
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

    fn envelope(&self, endpoint: &Endpoint, outcome: Outcome, enc: Option<&str>, trace: String) -> Answer {
        let (status, mut body, sealed) = match outcome {
            Err(Refusal { status: 500, text, .. }) => return plain(500, "text/html", &text),
            Ok(mut body) => {
                let mut text = endpoint.success.to_owned();
                if self.temper.full_stops_swapped {
                    text = text.strip_suffix('.').map_or_else(|| format!("{text}."), str::to_owned);
                }
                let text = if self.temper.korean_descriptions { "정상 처리되었습니다." } else { &text };
                body["response"] = json!({"code": "000_000", "description": text});
                (200, body, endpoint.marked)
            }
            Err(refusal) => {
                let korean = "요청을 처리할 수 없습니다.";
                let text = if self.temper.korean_descriptions { korean } else { refusal.text.as_str() };
                let body = json!({"response": {"code": refusal.code, "description": text}});
                (refusal.status, body, self.temper.errors_encrypted && enc.is_some_and(|e| !e.is_empty()))
            }
        };
        if self.temper.extra_members {
            body["serverTime"] = json!(now().format("%Y%m%d%H%M%S").to_string());
            body["trace"] = json!({"node": "honest-1", "took": 3, "notes": [null, true]});
        }
        let mut text = body.to_string();
        let sealed = enc.filter(|_| sealed).and_then(|enc| self.crypto.as_ref()?.seal(text.as_bytes(), enc));
        let mut headers = Vec::new();
        if let (Some(sealed), Some(crypto)) = (sealed, &self.crypto) {
            text = json!({"encData": sealed}).to_string();
            headers.push(("X-KM-Crypto-Key-Id", crypto.key_id.clone()));
        }
        let kind = if self.temper.bare_content_type { "application/json" } else { "application/json;charset=UTF-8" };
        headers.push(("Content-Type", kind.to_owned()));
        if !self.faults.contains("drop-header:X-KM-Correlation-Id") {
            headers.push(("X-KM-Correlation-Id", trace));
        }
        Answer { status, headers, body: text.into_bytes() }
    }
}

fn astral(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.chars().any(|c| u32::from(c) > 0xffff))
}

fn plain(status: u16, kind: &str, body: &str) -> Answer {
    Answer { status, headers: vec![("Content-Type", kind.to_owned())], body: body.as_bytes().to_vec() }
}
