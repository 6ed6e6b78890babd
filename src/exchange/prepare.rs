//! Makes the bytes of a request: address, body and every header, signed exactly as it is sent.

use std::borrow::Cow;
use std::sync::Arc;

use super::ambient::Ambient;
use super::target::Target;
use super::{seal, spoil};
use crate::auth::{self, Draft, Signer};
use crate::crypto::Keys;
use crate::model::address::percent;
use crate::model::observed::Reason;
use crate::model::template::TokenEdit;
use crate::model::wire::{AuthPlan, Carrier, Credentials, Encrypt, Piece, WirePlan};
use crate::model::{Hostile, Json, Step};

/// A request, finished to the byte.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// How its endpoint travels.
    pub wire: Arc<WirePlan>,
    /// Method.
    pub method: Cow<'static, str>,
    /// Whole URL, as it is written.
    pub url: String,
    /// Version of HTTP that the request says it is in.
    pub version: &'static str,
    /// Every header that goes out, in order: nothing adds another one.
    pub headers: Vec<(String, String)>,
    /// Body bytes, exactly as signed.
    pub body: Vec<u8>,
    /// The body before it became bytes.
    pub tree: Json,
    /// The trace number it carries.
    pub trace: Option<String>,
    /// The values of each scheme that shows who calls, in the order of its way's schemes.
    pub made: Vec<Vec<String>>,
    /// Which of the endpoint's ways of showing who calls it takes.
    pub caller: usize,
    /// True if the body is encrypted.
    pub sealed: bool,
    /// How its bytes are spoilt.
    pub hostile: Option<Hostile>,
    /// True if it must go over a connection of its own: one that was used before may be closed by the other side at any moment.
    pub fresh: bool,
}

impl Prepared {
    /// The scheme that has a value in the header of this name.
    #[must_use]
    pub fn shows_caller(&self, header: &str) -> Option<&AuthPlan> {
        let caller = self.wire.callers.get(self.caller)?;
        caller.in_header(header).map(|at| &caller.schemes[at])
    }

    /// The values that show who calls in the query, each with the id of its scheme.
    pub fn queried(&self) -> impl Iterator<Item = (&str, &str)> {
        let schemes = self.wire.callers.get(self.caller).map(|caller| caller.schemes.as_slice()).unwrap_or_default();
        schemes.iter().zip(&self.made).flat_map(|(plan, made)| {
            let values = plan.carriers.iter().zip(made);
            values
                .filter(|(at, _)| matches!(at, Carrier::Query(_)))
                .map(|(_, value)| (plan.id.as_str(), value.as_str()))
        })
    }
}

/// What every request of a run is made with.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// Where it goes.
    pub target: &'a Target,
    /// Who sends it.
    pub credentials: &'a Credentials,
    /// Another actor whom the target knows, if there is one.
    pub second: Option<&'a Credentials>,
    /// Keys for encrypted bodies, if there are any.
    pub keys: Option<&'a Keys>,
    /// Which bodies are encrypted.
    pub encrypt: Encrypt,
    /// What the case's request before has made to show who calls.
    pub earlier: Option<&'a [Vec<String>]>,
    /// Clock and counter.
    pub ambient: &'a Ambient,
}

/// Makes the request of a step for a body tree: parameters into the path, the rest encrypted where it must be, headers in the
/// contract's order between those that every request has, token over the bytes sent, then the step's edits.
///
/// # Errors
/// [`Reason::FixtureMissing`] if a credential or key is missing, [`Reason::Unsendable`] if a header can't be written.
pub fn prepare(wire: &Arc<WirePlan>, tree: Json, step: &Step, means: &Means<'_>) -> Result<Prepared, (Reason, String)> {
    let mut body = Vec::with_capacity(512);
    let mut url = address(wire, &tree, means.target.base());
    if wire.has_body {
        if wire.path_fields.is_empty() && wire.query_fields.is_empty() {
            tree.write(&mut body);
        } else {
            tree.without(&wire.addressed(&tree)).write(&mut body);
        }
    }
    if step.spaced {
        body = spaced(&body);
    }
    let sealed = match step.hostile {
        Some(kind) => seal::plain(spoil::body(kind, body)),
        None => seal::body(wire, body, step.seal, (means.encrypt, means.keys))?,
    };
    let now = means.ambient.now(&wire.zone);
    let count = means.ambient.count();
    let missing = |why: String| (Reason::FixtureMissing, why);
    let signer = Signer { credentials: means.credentials, second: means.second, earlier: None, now, count };
    let mut headers: Vec<(String, String)> = Vec::with_capacity(wire.headers.len() + 4);
    let documented = |name: &str| wire.headers.iter().any(|h| h.name.eq_ignore_ascii_case(name));
    let http2 = means.target.is_http2();
    // HTTP/2 says so in a field of its own.
    if !http2 && !documented("host") {
        headers.push(("Host".to_owned(), means.target.authority().to_owned()));
    }
    let mut trace = None;
    let caller = wire.callers.get(step.caller).map(|caller| caller.schemes.as_slice()).unwrap_or_default();
    for header in &wire.headers {
        let mut value = String::with_capacity(80);
        if header.value.contains(&Piece::Auth) {
            // What shows who calls may cover every other header: its place is kept. A header of another way has none.
            if !caller.iter().any(|plan| plan.in_header(&header.name)) {
                continue;
            }
        } else {
            signer.write(&header.value, "", &mut value).map_err(missing)?;
        }
        if wire.trace.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(&header.name)) {
            trace = Some(value.clone());
        }
        headers.push((header.name.clone(), value));
    }
    headers.extend(sealed.key_id);
    // Some servers and what stands before them refuse a request without it.
    if !documented("accept") {
        headers.push(("Accept".to_owned(), "*/*".to_owned()));
    }
    let raw = step.hostile.filter(|kind| kind.raw());
    // RFC 9110, 8.6: a method that may have content says that there is none; HTTP/2 libraries do so by themselves.
    let counted = wire.has_body || raw.is_some() || !matches!(&*wire.method, "GET" | "HEAD" | "DELETE");
    if (counted || !sealed.body.is_empty()) && !documented("content-length") {
        headers.push(("Content-Length".to_owned(), sealed.body.len().to_string()));
    }
    let mut made = vec![Vec::new(); caller.len()];
    // A signature covers the whole address, so that what travels in the query is written first.
    let (queried, others): (Vec<usize>, Vec<usize>) =
        (0..caller.len()).partition(|at| matches!(caller[*at].carriers.first(), Some(Carrier::Query(_))));
    for at in queried.into_iter().chain(others) {
        let plan = &caller[at];
        let edit = if at == step.scheme { step.token } else { TokenEdit::Intact };
        if edit == TokenEdit::Absent {
            headers.retain(|(name, _)| !plan.in_header(name));
            continue;
        }
        let signer = Signer { earlier: means.earlier.and_then(|made| made.get(at)).map(Vec::as_slice), ..signer };
        let (path, query) = below_authority(&url);
        // HTTP/2 has the host in a field of its own, which a scheme covers as the header that it stands for.
        let host = http2.then(|| ("host".to_owned(), means.target.authority().to_owned()));
        let covered: Cow<'_, [(String, String)]> = match host {
            Some(host) => Cow::Owned([&headers[..], &[host]].concat()),
            None => Cow::Borrowed(&headers),
        };
        let draft = Draft { method: &wire.method, path, query, headers: &covered, body: &sealed.body };
        made[at] = auth::credentials(plan, &draft, &signer, edit).map_err(missing)?;
        if made[at].is_empty() {
            headers.retain(|(name, _)| !plan.in_header(name));
        }
        for (carrier, made) in plan.carriers.iter().zip(&made[at]) {
            match carrier {
                Carrier::Header(name) => {
                    let header = wire.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
                    let place = headers.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name));
                    if let (Some(header), Some((_, value))) = (header, place) {
                        signer.write(&header.value, made, value).map_err(missing)?;
                    }
                }
                Carrier::Query(name) => {
                    let mark = if url.contains('?') { '&' } else { '?' };
                    url.extend([mark.to_string(), percent(name), "=".to_owned(), percent(made)]);
                }
            }
        }
    }
    for edit in &step.headers {
        edit.apply(&mut headers);
    }
    if let Some(kind) = step.hostile {
        spoil::headers(kind, sealed.body.len(), http2, &mut headers);
    }
    if http2 {
        for (name, _) in &mut headers {
            name.make_ascii_lowercase();
        }
    }
    if step.hostile.is_none() {
        sendable(&headers)?;
    }
    Ok(Prepared {
        method: raw.map_or(Cow::Owned(wire.method.clone()), |kind| spoil::method(kind, &wire.method)),
        version: if http2 { "HTTP/2" } else { raw.map_or("HTTP/1.1", spoil::version) },
        wire: Arc::clone(wire),
        url,
        headers,
        body: sealed.body,
        tree,
        trace,
        made,
        caller: step.caller,
        sealed: sealed.encrypted,
        hostile: step.hostile,
        fresh: false,
    })
}

/// A header that would end where it should not would be another request than the one that is recorded.
fn sendable(headers: &[(String, String)]) -> Result<(), (Reason, String)> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let fits = |(name, value): &&(String, String)| {
        !name.is_empty() && name.bytes().all(token) && !value.bytes().any(|b| b"\r\n\0".contains(&b))
    };
    match headers.iter().find(|header| !fits(header)) {
        None => Ok(()),
        Some((name, _)) => Err((
            Reason::Unsendable,
            format!("the header {} has a name or a value that ends a header's line", name.escape_debug()),
        )),
    }
}

/// Path and query of a URL, as they are written in it.
fn below_authority(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let below = rest.find('/').map_or("/", |at| &rest[at..]);
    below.split_once('?').unwrap_or((below, ""))
}

/// The target's address, and path and query with the request's parameters in their places.
fn address(wire: &WirePlan, tree: &Json, base: &str) -> String {
    let text = |value: &Json| value.scalar().map_or_else(|| value.to_text(), str::to_owned);
    let mut url = base.to_owned() + &wire.path.fill(|name| tree.get(name).map(text).unwrap_or_default());
    let mut mark = '?';
    let mut pair = |name: &str, value: &str| {
        url.push(mark);
        mark = '&';
        url.push_str(&percent(name));
        url.push('=');
        url.push_str(value);
    };
    for (name, form) in &wire.query_fields {
        match (tree.get(name), form.between()) {
            (None, _) => {}
            (Some(Json::Array(items)), None) => items.iter().for_each(|item| pair(name, &percent(&text(item)))),
            (Some(Json::Array(items)), Some((between, _))) => {
                let items: Vec<String> = items.iter().map(|item| percent(&text(item))).collect();
                pair(name, &items.join(between));
            }
            (Some(value), _) => pair(name, &percent(&text(value))),
        }
    }
    url
}

/// A JSON body with a blank before and behind each sign that is no part of a text, a number or a word.
fn spaced(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() * 2);
    let (mut text, mut escaped) = (false, false);
    for byte in body {
        let sign = !text && b"{}[],:".contains(byte);
        if sign {
            out.push(b' ');
        }
        out.push(*byte);
        if sign {
            out.push(b' ');
        }
        if *byte == b'"' && !escaped {
            text = !text;
        }
        escaped = text && *byte == b'\\' && !escaped;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Clock;
    use crate::model::Role;
    use crate::model::address::PathTemplate;
    use crate::model::template::Region;
    use crate::model::wire::{Caller, HeaderPlan, Hmac, Mark, Scheme, Secret, SignedBytes, Zone};

    fn wire() -> Arc<WirePlan> {
        let pieces = vec![
            Piece::Text("KEY1:".to_owned()),
            Piece::Now("yyyyMMddHHmmssSSS".to_owned()),
            Piece::Text(":".to_owned()),
            Piece::Code,
        ];
        let auth = AuthPlan {
            id: "t".to_owned(),
            carriers: vec![Carrier::Header("Token".to_owned())],
            scheme: Scheme::Hmac(Hmac { value: pieces, key: "k".to_owned(), over: SignedBytes::Body }),
        };
        Arc::new(WirePlan {
            endpoint: "e".to_owned(),
            method: "POST".to_owned(),
            path: PathTemplate::parse("/p").unwrap(),
            headers: vec![HeaderPlan { name: "Token".to_owned(), value: vec![Piece::Auth], secret: None }],
            callers: vec![Caller { schemes: vec![auth] }],
            zone: Zone { name: "UTC".to_owned(), offset_seconds: 0 },
            encryption: None,
            marks: (Mark::Unmarked, Mark::Unmarked),
            path_fields: Vec::new(),
            query_fields: Vec::new(),
            has_body: true,
            trace: None,
            request_secrets: Vec::new(),
            response_secrets: Vec::new(),
        })
    }

    fn token(edit: TokenEdit) -> String {
        let credentials = Credentials::from([("k".to_owned(), Secret::new("K", "unit-test-secret"))]);
        let ambient = Ambient::new(Clock::Fixed(1_767_323_045_678), 1);
        let target = Target::parse("http://127.0.0.1:1/base").unwrap();
        let tree = crate::model::json::parse(br#"{"userId":1}"#).unwrap().root;
        let mut step = Step::new(0, Role::Probe, Vec::new());
        step.token = edit;
        let means = Means {
            second: None,
            target: &target,
            credentials: &credentials,
            keys: None,
            encrypt: Encrypt::Marked,
            earlier: Some(&[vec!["KEY1:of-the-request-before".to_owned()]]),
            ambient: &ambient,
        };
        let made = prepare(&wire(), tree, &step, &means).unwrap();
        assert_eq!(made.url, "http://127.0.0.1:1/base/p");
        made.headers.iter().find(|(name, _)| name == "Token").map(|(_, value)| value.clone()).unwrap()
    }

    #[test]
    fn the_token_is_over_the_bytes_sent() {
        assert_eq!(token(TokenEdit::Intact), "KEY1:20260102030405678:WXzwyRLzjm2r8X/ZRAUGe+KDfS5sLBUY4JRaiU4avcM=");
        for edit in [TokenEdit::WrongCode, TokenEdit::OtherKey, TokenEdit::Blank(Region::End)] {
            assert_ne!(token(edit), token(TokenEdit::Intact));
            assert_eq!(token(edit).len(), token(TokenEdit::Intact).len());
        }
        assert_eq!(token(TokenEdit::Replayed), "KEY1:of-the-request-before");
    }
}
