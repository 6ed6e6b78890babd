//! User Register and its terms list, written by hand from `specs/kona-plate/facts/` with nothing of the harness: threads, a
//! socket, and the rules as a Java programmer would check them. Lengths count UTF-16 units. Each fault has a name.

use std::collections::{BTreeSet, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use base64::Engine as _;
use serde_json::{Map, Value, json};

const CI: (usize, usize) = (88, 88);
const LENGTHS: [(&str, (usize, usize)); 7] = [
    ("ci", CI),
    ("loginId", (1, 80)),
    ("loginPassword", (6, 6)),
    ("birthDate", (8, 8)),
    ("nationality", (6, 9)),
    ("gender", (4, 6)),
    ("userName", (1, 100)),
];
const REQUIRED: [&str; 7] = ["loginId", "loginPassword", "birthDate", "nationality", "gender", "userName", "email"];
const MANDATORY: [&str; 2] = ["21", "23"];

/// What a partner is given.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) asp_id: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

/// A running server; ends when dropped.
pub(crate) struct Honest {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
}

struct Shared {
    keys: Keys,
    faults: BTreeSet<String>,
    login_ids: Mutex<HashSet<String>>,
    cis: Mutex<HashSet<String>>,
    members: AtomicU64,
    stop: Arc<AtomicBool>,
}

struct Answer {
    status: u16,
    kind: &'static str,
    body: String,
}

impl Honest {
    pub(crate) fn start(keys: Keys, faults: &[&str]) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(Shared {
            keys,
            faults: faults.iter().map(|f| (*f).to_owned()).collect(),
            login_ids: Mutex::default(),
            cis: Mutex::default(),
            members: AtomicU64::new(0),
            stop: Arc::clone(&stop),
        });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.stop.load(Ordering::Relaxed) {
                    break;
                }
                let shared = Arc::clone(&shared);
                // A client that goes away ends its thread, no more.
                std::thread::spawn(move || shared.connection(stream));
            }
        });
        Ok(Self { address, stop })
    }
}

impl Drop for Honest {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn has(&self, fault: &str) -> bool {
        self.faults.contains(fault)
    }

    fn connection(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut headers: Vec<(String, String)> = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line)?;
                let line = line.trim_end();
                if line.is_empty() {
                    break;
                }
                if let Some((name, value)) = line.split_once(':') {
                    headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
            let get = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
            let length = get("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let answer = self.answer(&path, &get, &body);
            let mut head = format!(
                "HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
                answer.status,
                answer.kind,
                answer.body.len()
            );
            if answer.kind.starts_with("application/json") && !self.has("drop-header:X-KM-Correlation-Id") {
                // Its own trace number: not the caller's.
                let own = chrono::Utc::now().format("%y%m%d%H%M%S");
                head.push_str(
                    &[
                        "X-KM-Correlation-Id: ",
                        &format!("{own}-{:07x}", 0x0a0_0000 + self.members.load(Ordering::Relaxed)),
                        "\r\n",
                    ]
                    .concat(),
                );
            }
            stream.write_all(format!("{head}\r\n{}", answer.body).as_bytes())?;
        }
    }

    fn answer<'h>(&self, path: &str, get: &impl Fn(&str) -> Option<&'h str>, body: &[u8]) -> Answer {
        if !self.has("skip-token") && !self.signed(get, body) || !self.headers(get) {
            // The gateway's own page: no source shows what a refused token gets.
            return Answer { status: 401, kind: "text/plain", body: "Unauthorized".to_owned() };
        }
        let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(body) else {
            return refuse("000_001", "Malformed request.");
        };
        if self.has("crash-on-astral")
            && body.values().any(|v| v.as_str().is_some_and(|t| t.chars().any(|c| c as u32 > 0xffff)))
        {
            return Answer { status: 500, kind: "text/html", body: "<h1>Internal Server Error</h1>".to_owned() };
        }
        match path.strip_prefix("/open-api/api/v1/user/") {
            Some("terms/all") => terms(&body),
            Some("registration") => self.register(&body),
            _ => Answer { status: 404, kind: "text/plain", body: "no such API".to_owned() },
        }
    }

    fn signed<'h>(&self, get: &impl Fn(&str) -> Option<&'h str>, body: &[u8]) -> bool {
        let token = get("x-km-tran-token").unwrap_or_default();
        let [Some("KMV1"), Some(time), Some(code), None] = ({
            let mut parts = token.splitn(4, ':');
            [parts.next(), parts.next(), parts.next(), parts.next()]
        }) else {
            return false;
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.keys.secret_key.as_bytes());
        let decoded = base64::engine::general_purpose::STANDARD.decode(code).unwrap_or_default();
        digits(time, 17) && hmac::verify(&key, body, &decoded).is_ok()
    }

    fn headers<'h>(&self, get: &impl Fn(&str) -> Option<&'h str>) -> bool {
        let trace = get("x-km-correlation-id").unwrap_or_default();
        let (time, tail) = trace.split_once('-').unwrap_or_default();
        digits(time, 12)
            && tail.len() == 7
            && tail.bytes().all(|b| b.is_ascii_hexdigit())
            && get("x-km-user-aspid") == Some(self.keys.asp_id.as_str())
            && get("x-km-access-key") == Some(self.keys.access_key.as_str())
            && digits(get("x-km-tran-time").unwrap_or_default(), 14)
            && matches!(get("x-km-time-zone"), Some("UTC" | "KST"))
    }

    fn register(&self, body: &Map<String, Value>) -> Answer {
        for name in REQUIRED {
            if body.get(name).is_none_or(Value::is_null)
                && !(name == "loginId" && self.has("accept-null:loginId") && body.contains_key(name))
            {
                return refuse("000_003", &format!("Missing required values. {name}"));
            }
            if body.get(name) == Some(&json!("")) && !(name == "loginId" && self.has("accept-empty:loginId")) {
                return refuse("000_002", &format!("Invalid input value. {name}"));
            }
        }
        for (name, value) in body {
            let right = match name.as_str() {
                "addressInfo" => value.is_object(),
                "tcIdList" => value.as_array().is_some_and(|list| list.iter().all(|id| id.is_string() || id.is_u64())),
                _ => value.is_string() || value.is_null(),
            };
            if !right {
                return refuse("000_002", &format!("Invalid input value. {name}"));
            }
        }
        for (name, (min, max)) in LENGTHS {
            let Some(text) = body.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()) else { continue };
            let length = text.encode_utf16().count();
            let above = length > max && !(name == "loginId" && self.has("accept-above:loginId"));
            let below = length < min && !(name == "birthDate" && self.has("accept-below:birthDate"));
            let refused = name == "loginId" && length == max && self.has("refuse-max:loginId");
            if above || below || refused {
                return refuse(
                    "000_015",
                    &format!(
                        "The length of value does not match. {name} (반드시 최소값 {min}과(와) 최대값 {max} 사이의 크기이어야 합니다.)"
                    ),
                );
            }
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let dated = text("birthDate").len() != 8
            || chrono::NaiveDate::parse_from_str(text("birthDate"), "%Y%m%d").is_ok() && digits(text("birthDate"), 8);
        let national = self.has("skip-enum:nationality") || ["Korean", "Foreigner"].contains(&text("nationality"));
        if !digits(text("loginPassword"), 6) || !dated || !national || !["Male", "Female"].contains(&text("gender")) {
            return refuse("000_002", "Invalid input value.");
        }
        let agreed: Vec<String> = body
            .get("tcIdList")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
            .collect();
        if !self.has("skip-lacks:tcIdList") && MANDATORY.iter().any(|id| !agreed.iter().any(|a| a == id)) {
            return refuse("001_009", "Terms and conditions data missing.");
        }
        let mut logins = self.login_ids.lock().expect("no thread panics with the lock");
        let mut cis = self.cis.lock().expect("no thread panics with the lock");
        if !self.has("skip-unique:loginId") && logins.contains(text("loginId")) {
            let code = if self.has("wrong-code:001_001") { "001_002" } else { "001_001" };
            return refuse(code, "User already exists with this loginId.");
        }
        if !text("ci").is_empty() && cis.contains(text("ci")) {
            return refuse("001_028", "CI data already found for another user.");
        }
        logins.insert(text("loginId").to_owned());
        cis.insert(text("ci").to_owned());
        let number = self.members.fetch_add(1, Ordering::Relaxed);
        let card_number = if self.has("answer-longer:basicCardInfo.cardNo") { 17 } else { 16 };
        let user_id = 9_000_000_000_000_000_001_u64 + number;
        let user_id = if self.has("answer-text:userId") { json!(user_id.to_string()) } else { json!(user_id) };
        let card = json!({"par": format!("Q1{number:025}"), "cardNo": format!("9999{number:0width$}", width = card_number - 4), "expiryDate": "311231", "serviceId": "000170000000001"});
        accept(json!({"userId": user_id, "basicCardInfo": card}))
    }
}

fn terms(body: &Map<String, Value>) -> Answer {
    let user = body.get("userId");
    let number =
        user.is_none_or(|u| u.is_null() || u.as_u64().is_some_and(|n| (1..=9_999_999_999_999_999_999).contains(&n)));
    let text = |name: &str, min: usize, max: usize| match body.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty() || (min..=max).contains(&text.encode_utf16().count()),
        Some(_) => false,
    };
    if !number || !text("locale", 2, 3) || !text("tcActionType", 1, 255) {
        return refuse("000_002", "Invalid input parameter.");
    }
    let entry = |id: u64, required: &str| json!({"tcId": id, "title": "이용약관", "url": "https://example.com/terms", "required": required, "order": id.to_string(), "isAgree": false});
    accept(json!({"termsList": [entry(21, "MANDATORY"), entry(22, "OPTIONAL"), entry(23, "MANDATORY")]}))
}

fn accept(mut body: Value) -> Answer {
    body["response"] = json!({"code": "000_000", "description": "Success"});
    Answer { status: 200, kind: "application/json;charset=UTF-8", body: body.to_string() }
}

fn refuse(code: &str, message: &str) -> Answer {
    Answer {
        status: 400,
        kind: "application/json;charset=UTF-8",
        body: json!({"response": {"code": code, "description": message}}).to_string(),
    }
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}
