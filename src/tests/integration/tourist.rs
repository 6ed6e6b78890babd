//! Who tours the honest server: sends requests as the documentation tells, signed and sealed, and keeps all that is answered.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use aws_lc_rs::{hmac, rand, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::honest::server::Keys;

/// Who calls the server, and all that it was answered.
pub(super) struct Tourist<'k> {
    pub(super) address: SocketAddr,
    pub(super) keys: &'k Keys,
    /// PEM
    pub(super) server_public: &'k str,
    /// Paths by endpoint.
    pub(super) paths: &'k BTreeMap<String, String>,
    pub(super) answers: RefCell<Vec<String>>,
    pub(super) count: Cell<u32>,
}

/// A request as it is sent, to be changed first.
pub(super) struct Draft {
    pub(super) token: String,
    pub(super) headers: BTreeMap<&'static str, String>,
    pub(super) body: Vec<u8>,
}

impl Tourist<'_> {
    pub(super) fn draft(&self, body: &[u8]) -> Draft {
        self.count.set(self.count.get() + 1);
        let headers = BTreeMap::from([
            ("X-KM-User-AspId", self.keys.asp_id.clone()),
            ("X-KM-Access-Key", self.keys.access_key.clone()),
            ("X-KM-Correlation-Id", format!("260101120000-{:07x}", self.count.get())),
            ("X-KM-Tran-Time", "20260101120000".to_owned()),
            ("X-KM-Time-Zone", "KST".to_owned()),
        ]);
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.keys.secret_key.as_bytes()), body);
        Draft {
            token: format!("KMV1:20260101120000000:{}", STANDARD.encode(mac.as_ref())),
            headers,
            body: body.to_vec(),
        }
    }

    /// Sends a request on a connection of its own, and answers the body of the answer.
    pub(super) fn send(&self, endpoint: &str, draft: &Draft) -> Value {
        let text = exchange(self.address, &self.paths[endpoint], draft).unwrap_or_default();
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let value = serde_json::from_str(body).unwrap_or(Value::Null);
        self.answers.borrow_mut().push(steady(&text, &value));
        value
    }

    pub(super) fn go(&self, endpoint: &str, body: &Value) -> Value {
        self.send(endpoint, &self.draft(body.to_string().as_bytes()))
    }

    /// JWE as the documentation tells: RSA-OAEP-256 and A128GCM.
    pub(super) fn seal(&self, body: &[u8]) -> Option<String> {
        use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
        let body_of = |pem: &str| -> String { pem.lines().filter(|line| !line.starts_with("---")).collect() };
        let key = rsa::PublicEncryptingKey::from_der(&STANDARD.decode(body_of(self.server_public)).ok()?).ok()?;
        let key = rsa::OaepPublicEncryptingKey::new(key).ok()?;
        let (mut secret, mut iv) = ([0; 16], [0; 12]);
        rand::fill(&mut secret).ok()?;
        rand::fill(&mut iv).ok()?;
        let mut room = vec![0; key.ciphertext_size()];
        let wrapped = key.encrypt(&rsa::OAEP_SHA256_MGF1SHA256, &secret, &mut room, None).ok()?.to_vec();
        let head = URL_SAFE_NO_PAD.encode(r#"{"enc":"A128GCM","alg":"RSA-OAEP-256"}"#);
        let aead = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &secret).ok()?);
        let mut text = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(iv);
        aead.seal_in_place_append_tag(nonce, Aad::from(head.as_bytes()), &mut text).ok()?;
        let tag = text.split_off(text.len() - 16);
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Some([head, encode(&wrapped), encode(&iv), encode(&text), encode(&tag)].join("."))
    }
}

/// One exchange on a connection of its own: all bytes of the answer, as text.
pub(super) fn exchange(address: SocketAddr, path: &str, draft: &Draft) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(3)))?;
    let mut head = format!(
        "POST /open-api{path} HTTP/1.1\r\nHost: honest\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\nX-KM-Tran-Token: {}\r\n",
        draft.body.len(),
        draft.token
    );
    for (name, value) in &draft.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), &draft.body].concat())?;
    let mut bytes = Vec::new();
    // A server that hangs gets no more time: what has come so far is the answer.
    let _ = stream.read_to_end(&mut bytes);
    let _ = stream.shutdown(Shutdown::Both);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// An answer without what differs from run to run: random numbers, minutes and seconds, the date.
pub(super) fn steady(text: &str, value: &Value) -> String {
    let mut text = text.to_owned();
    for name in ["oneTimeToken", "dcvv", "expiryTime", "encData"] {
        if let Some(value) = value.get(name) {
            text = text.replace(&value.to_string(), &format!("{name} of {}", value.to_string().len()));
        }
    }
    let mut rest = text.as_str();
    let mut kept = String::new();
    // Times are runs of 14 or 17 digits that begin with the century.
    while let Some(at) = rest.find("\"20") {
        let end = rest[at + 1..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |length| at + 1 + length);
        let shown = if matches!(end - at - 1, 14 | 17) { at + 11 } else { end };
        kept.push_str(&rest[..shown]);
        rest = &rest[end..];
    }
    kept.push_str(rest);
    let lines = kept.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:"));
    lines.collect::<Vec<_>>().join("\n")
}
