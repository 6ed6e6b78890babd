//! What the contract says about putting a call on the wire, resolved to data: header templates, signing, what is secret.

use std::collections::BTreeMap;
use std::fmt;

use super::address::{ListForm, PathTemplate};
use super::json::{Json, Text};

/// A string that must not show in any output. `Debug` and `Display` print its name only.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    name: String,
    value: String,
}

impl Secret {
    /// A secret `value` that outputs call `$name`.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// The value itself; for signing and sending only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.value
    }

    /// `$NAME`, for outputs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.name)
    }
}

/// An actor's credentials by the name that the contract gives them.
pub type Credentials = BTreeMap<String, Secret>;

/// A part of a header template such as `{now:yyMMddHHmmss}-{counter:7}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// The instant of the request in the contract's zone, in a pattern of `yyyy yy MM dd HH mm ss SSS`.
    Now(String),
    /// The request counter, lower-case hex, this many digits.
    Counter(usize),
    /// A credential by name.
    Credential(String),
    /// The message authentication code (inside an auth scheme's template only).
    Code,
    /// What the auth scheme of this header makes.
    Auth,
}

impl Piece {
    /// A text of the piece's form and length, always the same one: for credentials of these lengths, and `made` for what a scheme makes.
    #[must_use]
    pub fn stand_in(&self, length: &dyn Fn(&str) -> usize, made: &str) -> String {
        match self {
            Piece::Text(text) => text.clone(),
            Piece::Now(pattern) => super::format::stand_in(pattern),
            Piece::Counter(digits) => "0".repeat(*digits),
            Piece::Credential(name) => "0".repeat(length(name)),
            Piece::Code | Piece::Auth => made.to_owned(),
        }
    }
}

/// A header to send.
#[derive(Clone, Debug)]
pub struct HeaderPlan {
    /// Name as documented.
    pub name: String,
    /// Its value.
    pub value: Vec<Piece>,
    /// Left out of outputs as `$name` if secret.
    pub secret: Option<String>,
}

/// Where a request carries what shows who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A header of this name.
    Header(String),
    /// A parameter of the query of this name.
    Query(String),
}

impl Carrier {
    /// True for the header of this name, in any case of letters.
    #[must_use]
    pub fn is_header(&self, name: &str) -> bool {
        matches!(self, Carrier::Header(own) if own.eq_ignore_ascii_case(name))
    }

    /// `header.NAME` or `query.NAME`, as case ids have it.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Carrier::Header(name) => format!("header.{name}"),
            Carrier::Query(name) => format!("query.{name}"),
        }
    }
}

/// A scheme by which callers show who they are.
#[derive(Clone, Debug)]
pub struct AuthPlan {
    /// Id of the scheme in the contract.
    pub id: String,
    /// Where its values stand, in the order in which it makes them; the first is never missing.
    pub carriers: Vec<Carrier>,
    /// The scheme.
    pub scheme: Scheme,
}

impl AuthPlan {
    /// True if one of its values stands in the header of this name.
    #[must_use]
    pub fn in_header(&self, name: &str) -> bool {
        self.carriers.iter().any(|carrier| carrier.is_header(name))
    }
}

/// Schemes that a request shows together.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// One scheme, or all of a combination; none for a call that anybody may make.
    pub schemes: Vec<AuthPlan>,
}

impl Caller {
    /// The scheme, by its place among the others, that has a value in the header of this name.
    #[must_use]
    pub fn in_header(&self, name: &str) -> Option<usize> {
        self.schemes.iter().position(|plan| plan.in_header(name))
    }
}

/// A scheme of authentication; `auth/` has a file for each.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the types say it")]
pub enum Scheme {
    Bearer(Bearer),
    Basic(Basic),
    ApiKey(ApiKey),
    Hmac(Hmac),
    AwsSigV4(AwsSigV4),
    HttpSignature(HttpSignature),
    OAuthClient(OAuthClient),
}

/// A token that whoever has it may use (RFC 6750): `Bearer TOKEN`.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Credential that is the token.
    pub token: String,
}

/// User name and password (RFC 7617): `Basic BASE64(USER:PASSWORD)`.
#[derive(Clone, Debug)]
pub struct Basic {
    /// Credential that is the user name.
    pub user: String,
    /// Credential that is the password.
    pub password: String,
}

/// A key as it is, in a header of its own, in the query or in a cookie.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Credential that is the key.
    pub key: String,
    /// Name of the cookie; none for a header or a parameter that holds the key alone.
    pub cookie: Option<String>,
}

/// A keyed hash over the body, in a text that the contract describes.
#[derive(Clone, Debug)]
pub struct Hmac {
    /// `{now:...}`, `{mac}`, `{credential:...}` and literals.
    pub value: Vec<Piece>,
    /// Credential whose UTF-8 bytes are the key.
    pub key: String,
    /// What is hashed.
    pub over: SignedBytes,
}

/// AWS Signature Version 4: a keyed hash over method, path, query, some headers and the body.
#[derive(Clone, Debug)]
pub struct AwsSigV4 {
    /// Credential that is the id of the key.
    pub access_key: String,
    /// Credential that is the key.
    pub secret_key: String,
    /// `eu-west-1` ...
    pub region: String,
    /// `execute-api` ...
    pub service: String,
}

impl AwsSigV4 {
    /// Header that says when a request was signed.
    pub const DATE: &'static str = "X-Amz-Date";
}

/// HTTP Message Signatures (RFC 9421) with HMAC-SHA256: a keyed hash over the parts of a request that the contract names.
#[derive(Clone, Debug)]
pub struct HttpSignature {
    /// Credential that names the key.
    pub key_id: String,
    /// Credential whose UTF-8 bytes are the key.
    pub key: String,
    /// Name of the signature in its headers: `sig`.
    pub label: String,
    /// What is signed, in order: names of headers in small letters and some of [`HttpSignature::DERIVED`].
    pub covers: Vec<String>,
}

impl HttpSignature {
    /// Parts of a request that are no headers (RFC 9421, 2.2).
    pub const DERIVED: [&'static str; 4] = ["@method", "@authority", "@path", "@query"];
    /// The header that holds the body's digest (RFC 9530).
    pub const DIGEST: &'static str = "content-digest";

    /// True if the signature holds for one body alone.
    #[must_use]
    pub fn covers_body(&self) -> bool {
        self.covers.iter().any(|part| part == Self::DIGEST)
    }
}

/// OAuth 2.0 client credentials (RFC 6749, 4.4): a bearer token that the target gives out.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// Credential that is the client's id.
    pub client_id: String,
    /// Credential that is the client's secret.
    pub client_secret: String,
    /// Path of the call that gives out tokens, below the target's address.
    pub token_path: String,
    /// What a token is asked for.
    pub scope: Option<String>,
    /// True if id and secret are sent in the form; else they stand in a header (`Basic`).
    pub in_body: bool,
    /// How calls show the token, which stands among the credentials under the name that it has here.
    pub bearer: Bearer,
}

/// How bodies are encrypted: compact JWE in an envelope of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionPlan {
    /// Id of the scheme in the contract.
    pub id: String,
    /// Member that holds the JWE, in requests and answers.
    pub member: String,
    /// Header that names the key.
    pub key_id_header: String,
    /// Key management algorithm, as JWE names it.
    pub alg: String,
    /// Content encryptions; the first is sent, any is taken.
    pub enc: Vec<String>,
}

/// Which request bodies are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encrypt {
    /// Those that the pages mark.
    Marked,
    /// All of them.
    Always,
    /// None.
    Never,
}

impl Encrypt {
    /// The word of the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Encrypt::Marked => "marked",
            Encrypt::Always => "always",
            Encrypt::Never => "never",
        }
    }
}

/// What a page's mark says of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words of the contract")]
pub enum Mark {
    Marked,
    Unmarked,
    Unseen,
}

/// What a token is computed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedBytes {
    /// The body exactly as sent.
    Body,
    /// Standard Base64 of the body.
    Base64Body,
}

/// The clock that requests use: a name for headers and a fixed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// `KST`, `UTC` ...
    pub name: String,
    /// Seconds east of UTC.
    pub offset_seconds: i32,
}

/// Everything needed to send one endpoint's requests.
#[derive(Clone, Debug)]
pub struct WirePlan {
    /// Endpoint id.
    pub endpoint: String,
    /// HTTP method.
    pub method: String,
    /// Path below the target URL.
    pub path: PathTemplate,
    /// Headers in the order they are sent.
    pub headers: Vec<HeaderPlan>,
    /// The ways of showing who calls, any of which is enough; the first is what requests show unless a case is about another one. Empty
    /// for an endpoint that anybody may call.
    pub callers: Vec<Caller>,
    /// Encryption, if the API has any.
    pub encryption: Option<std::sync::Arc<EncryptionPlan>>,
    /// The marks of request and answer.
    pub marks: (Mark, Mark),
    /// Request fields that travel in the path.
    pub path_fields: Vec<String>,
    /// Request fields that travel in the query, each with the form that a list of it has.
    pub query_fields: Vec<(String, ListForm)>,
    /// True if a request has a body.
    pub has_body: bool,
    /// The zone of every time sent.
    pub zone: Zone,
    /// Header that carries the trace number, if any.
    pub trace: Option<String>,
    /// Secrets of the request body: dotted path and kind.
    pub request_secrets: Vec<SecretField>,
    /// Secrets of the answer's body.
    pub response_secrets: Vec<SecretField>,
}

impl WirePlan {
    /// Every scheme of every way, each once.
    pub fn schemes(&self) -> impl Iterator<Item = &AuthPlan> {
        let mut known: Vec<&str> = Vec::new();
        self.callers.iter().flat_map(|caller| &caller.schemes).filter(move |plan| {
            let new = !known.contains(&plan.id.as_str());
            known.push(&plan.id);
            new
        })
    }

    /// True if a scheme of some way has a value in the header of this name.
    #[must_use]
    pub fn shows_caller(&self, header: &str) -> bool {
        self.callers.iter().any(|caller| caller.in_header(header).is_some())
    }

    /// True for a request field that travels in the address.
    #[must_use]
    pub fn in_address(&self, name: &str) -> bool {
        self.path_fields.iter().any(|f| f == name) || self.query_fields.iter().any(|(f, _)| f == name)
    }

    /// The members of a request that went in its address.
    #[must_use]
    pub fn addressed(&self, request: &Json) -> Vec<Text> {
        let Json::Object(members) = request else { return Vec::new() };
        members.iter().map(|(name, _)| name).filter(|name| self.in_address(name)).cloned().collect()
    }
}

/// A field whose value is redacted before anything is recorded or judged.
#[derive(Clone, Debug)]
pub struct SecretField {
    /// Dotted path, `*` for array items.
    pub path: String,
    /// password, pan, cvc, token or identity.
    pub kind: String,
    /// Formats the value is tested against before it is replaced.
    pub formats: Vec<super::field::Format>,
    /// Word lists likewise.
    pub words: Vec<String>,
    /// Charset likewise.
    pub charset: Option<super::field::Charset>,
}
