//! What was sent and what came back, redacted: the only thing that judging reads.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fact::Fact;
use super::json::{Defect, Json, Text};

/// One exchange, as it is judged and recorded. Made by `exchange::redact` alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Observed {
    /// Endpoint id.
    pub endpoint: Arc<str>,
    /// HTTP method.
    pub method: String,
    /// Whole URL.
    pub url: String,
    /// Version of HTTP that the request says it is in.
    #[serde(default = "usual_version", skip_serializing_if = "is_usual")]
    pub version: Cow<'static, str>,
    /// Every header that went out, in order, secrets by name.
    pub request_headers: Vec<(String, String)>,
    /// What the request says, secrets redacted: the members of its body and those that went in the address.
    pub request_body: Json,
    /// The members of `request_body` that went in the address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addressed: Vec<Text>,
    /// True if the request had no body.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bodiless: bool,
    /// The trace number sent, if the contract has one.
    pub trace: Option<String>,
    /// How the request's bytes were spoilt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostile: Option<Cow<'static, str>>,
    /// Whether the request's body was encrypted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sealed: bool,
    /// How the answer's body came, found out before anything was redacted.
    pub opened: Opened,
    /// What the answer shows of earlier calls, found out before anything was redacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// Secrets that the answer shows, found and taken out before anything was judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub echoes: Vec<Echo>,
    /// What came back.
    pub answer: Result<Answer, Failure>,
    /// JSON pointers to values of the answer that this run itself wrote by requests that the contract does not clearly allow: nothing
    /// is held against them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<String>,
    /// Whole exchange, microseconds on the monotonic clock.
    pub micros: u64,
    /// 0 for the first try of a case.
    pub attempt: u8,
}

impl Observed {
    /// The body that was sent, secrets redacted; none where the request had none.
    #[must_use]
    pub fn sent_body(&self) -> Option<Json> {
        (!self.bodiless).then(|| self.request_body.without(&self.addressed))
    }
}

/// A secret in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// Which: the credential's name, or the kind of the request's field.
    pub kind: String,
    /// JSON pointer into the body, `header:NAME`, or empty for a body that is no JSON.
    pub pointer: String,
}

/// How an answer's body came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opened {
    /// In plain.
    Plain,
    /// Encrypted with this content encryption, and opened.
    Opened(Cow<'static, str>),
    /// Encrypted, and nobody gave a key to open it with.
    NoKey,
    /// Encrypted, and not opened: why.
    Failed(String),
}

/// A complete answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Version of HTTP.
    #[serde(default = "usual_version", skip_serializing_if = "is_usual")]
    pub version: Cow<'static, str>,
    /// Headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// Its length on the wire in bytes.
    pub bytes: usize,
    /// What was announced or sent as content of an answer that can have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excess: Option<String>,
}

/// The version that is not written: most exchanges are in it.
#[must_use]
pub fn usual_version() -> Cow<'static, str> {
    Cow::Borrowed("HTTP/1.1")
}

fn is_usual(version: &str) -> bool {
    version == "HTTP/1.1"
}

impl Answer {
    /// First value of a header, by any spelling of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Why the status says nothing of the request: the target asks for another try, or a gateway stands in for it.
    #[must_use]
    pub fn passing(&self) -> Option<Reason> {
        match self.status {
            429 => Some(Reason::Http429),
            408 | 421 | 425 => Some(Reason::TryLater),
            502..=504 | 520..=526 => Some(Reason::Gateway),
            _ => None,
        }
    }

    /// True if the status says that nothing was done, so that the same request may be sent again whatever it would do.
    #[must_use]
    pub fn undone(&self) -> bool {
        matches!(self.status, 421 | 425 | 429)
    }

    /// The body's tree, if it is JSON.
    #[must_use]
    pub fn json(&self) -> Option<&Json> {
        match &self.body {
            Body::Json { root, .. } => Some(root),
            _ => None,
        }
    }
}

/// A body as far as it could be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", try_from = "FlatBody")]
pub enum Body {
    /// No bytes.
    Empty,
    /// JSON.
    Json {
        /// The value.
        root: Json,
        /// What a strict reader would refuse.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        defects: Vec<Defect>,
    },
    /// In a content coding that was not undone.
    Coded {
        /// The coding that the header names.
        coding: String,
        /// Why the body is not in that coding; none for a coding that konform does not undo.
        spoilt: Option<String>,
    },
    /// Anything else.
    Other {
        /// Why it is no JSON, with the byte offset.
        why: String,
        /// Its first characters, what is no UTF-8 replaced.
        excerpt: String,
    },
}

/// A body as it is written: a tagged enum would be buffered while it is read, and a buffer loses the lexemes.
#[derive(Deserialize)]
struct FlatBody {
    is: String,
    root: Option<Json>,
    #[serde(default)]
    defects: Vec<Defect>,
    #[serde(default)]
    why: String,
    #[serde(default)]
    excerpt: String,
    #[serde(default)]
    coding: String,
    spoilt: Option<String>,
}

impl TryFrom<FlatBody> for Body {
    type Error = String;

    fn try_from(flat: FlatBody) -> Result<Self, String> {
        match (flat.is.as_str(), flat.root) {
            ("empty", _) => Ok(Body::Empty),
            ("json", Some(root)) => Ok(Body::Json { root, defects: flat.defects }),
            ("coded", _) => Ok(Body::Coded { coding: flat.coding, spoilt: flat.spoilt }),
            ("other", _) => Ok(Body::Other { why: flat.why, excerpt: flat.excerpt }),
            (kind, _) => Err(format!("a body of kind `{kind}` that this version does not write")),
        }
    }
}

/// No complete answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// Which kind.
    pub reason: Reason,
    /// The transport's words.
    pub detail: String,
}

/// Why nothing can be said. No reason ever becomes a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "`Reason::says` explains each")]
pub enum Reason {
    Dns,
    Connect,
    Tls,
    Timeout,
    Reset,
    TruncatedBody,
    OverCap,
    BadHttpHead,
    BadChunk,
    HeadOverCap,
    ContentCoding,
    Proxy,
    TryLater,
    Http429,
    Gateway,
    EnvelopeNotFound,
    PreconditionLost,
    CanaryFailed,
    FixtureMissing,
    IdentityTaken,
    Outage,
    NotServed,
    Unsendable,
}

impl Reason {
    /// What stands between konform and a target that is no doing of the target's: limits of konform's own, and proxies.
    pub const BETWEEN: [Reason; 3] = [Reason::HeadOverCap, Reason::OverCap, Reason::Proxy];

    /// True if the reason is one of [`Reason::BETWEEN`].
    #[must_use]
    pub fn between(self) -> bool {
        Self::BETWEEN.contains(&self)
    }

    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Reason::Dns => "dns",
            Reason::Connect => "connect",
            Reason::Tls => "tls",
            Reason::Timeout => "timeout",
            Reason::Reset => "reset",
            Reason::TruncatedBody => "truncated_body",
            Reason::OverCap => "over_cap",
            Reason::BadHttpHead => "bad_http_head",
            Reason::BadChunk => "bad_chunk",
            Reason::HeadOverCap => "head_over_cap",
            Reason::ContentCoding => "content_coding",
            Reason::Proxy => "proxy",
            Reason::TryLater => "http_408_421_425",
            Reason::Http429 => "http_429",
            Reason::Gateway => "gateway_502_503_504",
            Reason::EnvelopeNotFound => "envelope_not_found",
            Reason::PreconditionLost => "precondition_lost",
            Reason::CanaryFailed => "canary_failed",
            Reason::FixtureMissing => "fixture_missing",
            Reason::IdentityTaken => "identity_taken",
            Reason::Outage => "outage",
            Reason::NotServed => "not_served",
            Reason::Unsendable => "unsendable",
        }
    }

    /// What it means and what to do about it.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Reason::Dns => "the target's name could not be resolved",
            Reason::Connect => "nothing answers at the target's address and port",
            Reason::Tls => "no TLS connection",
            Reason::Timeout => "no complete answer in time (--timeout)",
            Reason::Reset => "the connection was closed before an answer",
            Reason::TruncatedBody => "the body ended before its announced length",
            Reason::OverCap => "the body is larger than konform reads (--max-body)",
            Reason::BadHttpHead => "the answer's head is no HTTP/1.1",
            Reason::BadChunk => "the answer's chunked coding is malformed",
            Reason::HeadOverCap => "the answer's head is larger than konform reads",
            Reason::ContentCoding => "the answer's body has a content coding that konform does not undo",
            Reason::Proxy => "the proxy answered in the target's place",
            Reason::TryLater => "the target asks that the request be sent again",
            Reason::Http429 => "the target asks for fewer requests (--rate)",
            Reason::Gateway => "a gateway stands in for the target",
            Reason::EnvelopeNotFound => {
                "code and message are not where the envelope says: set `envelope:` in the profile"
            }
            Reason::PreconditionLost => "another documented refusal came first",
            Reason::CanaryFailed => "a known-good request failed, so nothing can be said of the others",
            Reason::FixtureMissing => "what the case needs is not there",
            Reason::IdentityTaken => "the fresh identity was already taken",
            Reason::Outage => "the target had stopped answering: the rest of the plan was not sent",
            Reason::NotServed => {
                "the target answers as one that does not have the endpoint: say in the profile's `endpoints` which it has"
            }
            Reason::Unsendable => "konform has made a request that can't be sent: its own fault, and nothing was sent",
        }
    }
}
