//! What a request must show before it is read: its headers and its token.

use aws_lc_rs::hmac;
use base64::Engine as _;

use super::endpoint::Endpoint;
use super::fault::Gate;
use super::gateway::Gateway;
use super::http::Request;
use super::world::now;

impl Gateway {
    /// Whether the token fits the request.
    pub(super) fn signed(&self, endpoint: &Endpoint, request: &Request) -> bool {
        let token = request.header("x-km-tran-token").unwrap_or_default();
        let faulty = |gate| self.faults.gate(gate, endpoint.id);
        let right = self.fits(endpoint, token, &request.body);
        if right && self.faults.memory().tokens.insert(token.to_owned()) {
            let compact = compact(&request.body);
            return compact == request.body || !faulty(Gate::TokenBlanksRefused);
        }
        right || faulty(Gate::SkipToken) || self.faults.memory().tokens.contains(token) && faulty(Gate::TokenReplayed)
    }

    /// Whether a token is right for a body, as far as the server looks.
    fn fits(&self, endpoint: &Endpoint, token: &str, body: &[u8]) -> bool {
        let faulty = |gate| self.faults.gate(gate, endpoint.id);
        let parts: Vec<&str> = token.split(':').collect();
        let [version, time, code] = parts[..] else { return false };
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.keys.secret_key.as_bytes());
        let mac = hmac::sign(&key, body);
        let base64 = base64::engine::general_purpose::STANDARD;
        let right = base64.encode(mac.as_ref());
        let digits = |text: &str| text.len() == 17 && text.bytes().all(|b| b.is_ascii_digit());
        let first = |code: &str| base64.decode(code).is_ok_and(|code| code.get(..8) == mac.as_ref().get(..8));
        let same = |code: &str| code.len() == 44 && base64.decode(code).is_ok_and(|code| code == mac.as_ref());
        (same(code)
            || right.eq_ignore_ascii_case(code) && faulty(Gate::TokenIgnoresCase)
            || right.starts_with(code) && faulty(Gate::TokenEmptyAccepted)
            || first(code) && faulty(Gate::TokenFirstBytes))
            && (version == "KMV1" || version.starts_with("KMV") && faulty(Gate::TokenAnyVersion))
            && (self.time(time, 17) || digits(time) && faulty(Gate::TokenTimeNone))
    }

    /// Whether digits are a time, `yyyyMMddHHmmss` or with milliseconds.
    fn time(&self, text: &str, length: usize) -> bool {
        if text.len() != length || !text.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        let Ok(time) = chrono::NaiveDateTime::parse_from_str(&text[..14], "%Y%m%d%H%M%S") else { return false };
        !self.temper.clock_watched || (now().naive_local() - time).num_hours().abs() < 34
    }

    /// Whether the headers are there and right.
    pub(super) fn headers(&self, endpoint: &Endpoint, request: &Request) -> bool {
        let get = |name: &str| request.header(name).filter(|_| request.times(name) == 1);
        let skipped = |name: &str| request.times(name) == 0 && self.faults.skips_header(endpoint.id, name);
        let trace = get("x-km-correlation-id").unwrap_or_default();
        let (time, tail) = trace.split_once('-').unwrap_or_default();
        let traced = time.len() == 12
            && time.bytes().all(|b| b.is_ascii_digit())
            && tail.len() == 7
            && tail.bytes().all(|b| b.is_ascii_hexdigit());
        let digits = |id: &str| id.len() == 15 && id.bytes().all(|b| b.is_ascii_digit());
        let (asp, key) = (get("x-km-user-aspid"), get("x-km-access-key"));
        let faulty = |gate| self.faults.gate(gate, endpoint.id);
        (traced || skipped("x-km-correlation-id"))
            && (asp == Some(self.keys.asp_id.as_str())
                || asp.is_some_and(digits) && faulty(Gate::AspIdNotChecked)
                || skipped("x-km-user-aspid"))
            && (key == Some(self.keys.access_key.as_str())
                || key.is_some_and(|k| k.len() == 40) && faulty(Gate::AccessKeyNotChecked))
            && get("x-km-tran-token").is_some()
            && (self.time(get("x-km-tran-time").unwrap_or_default(), 14) || skipped("x-km-tran-time"))
            && (matches!(get("x-km-time-zone"), Some("UTC" | "KST")) || skipped("x-km-time-zone"))
            && (request.times("x-km-crypto-key-id") == 0 || get("x-km-crypto-key-id").is_some_and(|id| id.len() == 32))
    }
}

/// A JSON text without the blanks between its parts.
fn compact(text: &[u8]) -> Vec<u8> {
    let (mut inside, mut escaped) = (false, false);
    let kept = text.iter().copied().filter(|byte| {
        inside ^= *byte == b'"' && !escaped;
        escaped = inside && *byte == b'\\' && !escaped;
        inside || !byte.is_ascii_whitespace()
    });
    kept.collect()
}
