//! Makes the bytes of a request: fills holes, writes headers, signs exactly what is sent.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};

use super::ambient::Ambient;
use super::target::Target;
use super::{seal, spoil};
use crate::crypto::{self, Keys};
use crate::model::address::percent;
use crate::model::format::stamp;
use crate::model::observed::Reason;
use crate::model::template::{Keep, Shape, TokenEdit};
use crate::model::wire::{AuthPlan, Credentials, Encrypt, Piece, SignedBytes, WirePlan};
use crate::model::{Fixture, Hole, Hostile, Json, Step};

/// Characters at the end of a code in base64 that stay: not every letter can stand there.
const TAIL: usize = 2;
/// How old a stale token is: far beyond any difference of clocks.
const STALE: chrono::Duration = chrono::Duration::hours(1);

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
    /// True if the body is encrypted.
    pub sealed: bool,
    /// How its bytes are spoilt.
    pub hostile: Option<Hostile>,
    /// True if it must go over a connection of its own: one that was used before may be closed by the other side at any moment.
    pub fresh: bool,
}

/// Catalogues read before the run by resource; where one could not be read, what came instead.
pub type Catalogues = HashMap<String, Result<Catalogue, String>>;

/// The entries of one catalogue.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Name of the key attribute.
    pub key: String,
    /// The entries as they were answered.
    pub entries: Vec<Json>,
}

/// What holes are filled from.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    /// Case id; identities follow from it.
    pub case: &'a str,
    /// Index of the step.
    pub step: usize,
    /// 0 for the first try; another try has other identities.
    pub attempt: u8,
    /// The run's salt.
    pub salt: u64,
    /// Bodies that the earlier steps answered.
    pub answers: &'a [Option<Json>],
    /// Bodies that the earlier steps sent.
    pub sent: &'a [Json],
    /// What the profile has prepared.
    pub fixtures: &'a [Fixture],
    /// Which of them the case was handed, for those that it was planned with.
    pub handed: &'a [(usize, usize)],
    /// The instant of the case, for prepared days.
    pub now: &'a DateTime<FixedOffset>,
    /// Catalogues read before the run.
    pub catalogues: &'a Catalogues,
}

/// Fills one hole.
///
/// # Errors
/// [`Reason`] and a sentence if what the hole needs is not there.
pub fn fill(hole: &Hole, from: &Filling<'_>) -> Result<Json, (Reason, String)> {
    match hole {
        Hole::Identity { field, shape, chars } => Ok(Json::text(shape.render(*chars, from.bits(field)))),
        Hole::Number { field, digits } => {
            let pattern = Shape::Pattern("5".to_owned() + &"#".repeat(digits.saturating_sub(1)));
            Ok(Json::number(pattern.render(*digits, from.bits(field))))
        }
        Hole::Catalogue { resource, attribute, value, keep, text } => {
            let mut ids = entries(from, resource, (attribute, value), *text, *keep != Keep::Others)?;
            if *keep == Keep::AllButOne && ids.pop().is_none() {
                let why = format!("{resource}: no entry has {attribute} {value}, so none can be left out");
                return Err((Reason::FixtureMissing, why));
            }
            if *keep == Keep::Others && ids.is_empty() {
                let why =
                    format!("{resource}: every entry has {attribute} {value}, so no list can be made without one");
                return Err((Reason::FixtureMissing, why));
            }
            Ok(Json::Array(ids))
        }
        Hole::Entry { resource, attribute, value, text } => {
            let first = entries(from, resource, (attribute, value), *text, true)?.into_iter().next();
            first.ok_or_else(|| (Reason::FixtureMissing, format!("{resource}: no entry has {attribute} {value}")))
        }
        Hole::Sent { step, path } => {
            let sent = from.sent.get(*step).and_then(|body| body.at(path));
            sent.cloned().ok_or_else(|| (Reason::FixtureMissing, format!("step {} sent no `{path}`", step + 1)))
        }
        Hole::Planted { fixture, part, attribute } => {
            let missing = || (Reason::FixtureMissing, format!("the profile's fixture has no `{attribute}`"));
            let (taken, serial) = from.taken(*fixture);
            let taken = from.fixtures.get(taken).ok_or_else(missing)?;
            let planted = taken.parts.get(*part).and_then(|p| p.attributes.iter().find(|(name, _)| name == attribute));
            planted.and_then(|(_, p)| p.value(serial, from.now)).ok_or_else(missing)
        }
        Hole::Listed { step, list, key, except, member } => {
            let known: Vec<Json> = except.iter().filter_map(|hole| fill(hole, from).ok()).collect();
            let answer = from.answers.get(*step).and_then(Option::as_ref);
            let entry = answer.and_then(|answer| answer.unlisted(list, key, &known));
            let value = entry.and_then(|entry| entry.at(member)).filter(|v| **v != Json::Null).cloned();
            value.ok_or_else(|| {
                let why =
                    format!("the `{list}` that step {} answered shows no other entry with a `{member}`", step + 1);
                (Reason::FixtureMissing, why)
            })
        }
        Hole::Answer { step, path } => {
            let answer = from.answers.get(*step).and_then(Option::as_ref).and_then(|body| body.at(path));
            answer.cloned().ok_or_else(|| (Reason::FixtureMissing, format!("step {} answered no `{path}`", step + 1)))
        }
    }
}

impl<'a> Filling<'a> {
    /// What the first step of a case is filled from while the profile has prepared nothing.
    #[must_use]
    pub fn first(case: &'a str, salt: u64, catalogues: &'a Catalogues, now: &'a DateTime<FixedOffset>) -> Self {
        Self { case, step: 0, attempt: 0, salt, answers: &[], sent: &[], fixtures: &[], handed: &[], now, catalogues }
    }

    /// Bits that follow from salt, case, step, try and field.
    fn bits(&self, field: &str) -> u64 {
        let mut seed = Vec::with_capacity(self.case.len() + field.len() + 16);
        seed.extend_from_slice(&self.salt.to_le_bytes());
        seed.extend_from_slice(self.case.as_bytes());
        seed.push(0);
        seed.extend_from_slice(field.as_bytes());
        seed.extend_from_slice(&[0, u8::try_from(self.step).unwrap_or(u8::MAX), self.attempt]);
        let digest = crypto::sha256(&seed);
        let mut bits = [0; 8];
        bits.copy_from_slice(&digest[..8]);
        u64::from_le_bytes(bits)
    }

    /// The fixture that this case takes in place of the one that it was planned with, and its serial number: the same in all steps
    /// of the case. One that was handed to it, or else one of those of the same name that the target makes on demand.
    #[must_use]
    pub fn taken(&self, fixture: usize) -> (usize, u64) {
        let bits = Filling { step: 0, ..*self }.bits(&format!("fixture {fixture}"));
        let serial = bits % 10_000_000_000;
        if let Some((_, member)) = self.handed.iter().find(|(planned, _)| *planned == fixture) {
            return (*member, serial);
        }
        let Some(planned) = self.fixtures.get(fixture) else { return (fixture, serial) };
        let same = |f: &Fixture| f.name == planned.name && f.on_demand() == planned.on_demand();
        let pool: Vec<usize> = (0..self.fixtures.len()).filter(|at| same(&self.fixtures[*at])).collect();
        let at = bits.checked_rem(pool.len() as u64).and_then(|at| usize::try_from(at).ok());
        (at.and_then(|at| pool.get(at)).copied().unwrap_or(fixture), serial)
    }
}

/// Ids of the entries of a catalogue whose attribute has this value, or of those whose attribute has another one.
fn entries(
    from: &Filling<'_>,
    resource: &str,
    (attribute, value): (&str, &str),
    text: bool,
    with: bool,
) -> Result<Vec<Json>, (Reason, String)> {
    let missing = |why: &str| (Reason::FixtureMissing, format!("{resource}: {why}"));
    let catalogue = match from.catalogues.get(resource) {
        Some(Ok(catalogue)) => catalogue,
        Some(Err(why)) => return Err(missing(&format!("the list could not be read: {why}"))),
        None => return Err(missing("no call of the contract lists them")),
    };
    let chosen = catalogue.entries.iter().filter(|e| (e.get(attribute).and_then(Json::scalar) == Some(value)) == with);
    let ids = chosen.filter_map(|e| e.get(&catalogue.key).and_then(Json::scalar));
    Ok(ids.map(|id| if text { Json::text(id) } else { Json::number(id) }).collect())
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
    let url = address(wire, &tree, means.target.base());
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
        None => seal::body(wire, body, step.seal, means)?,
    };
    let now = means.ambient.now(&wire.zone);
    let count = means.ambient.count();
    let values = Values { credentials: means.credentials, second: means.second, now, count };
    let mut headers: Vec<(String, String)> = Vec::with_capacity(wire.headers.len() + 4);
    let documented = |name: &str| wire.headers.iter().any(|h| h.name.eq_ignore_ascii_case(name));
    let http2 = means.target.is_http2();
    // HTTP/2 says so in a field of its own.
    if !http2 && !documented("host") {
        headers.push(("Host".to_owned(), means.target.authority().to_owned()));
    }
    let mut trace = None;
    for header in &wire.headers {
        let mut value = String::with_capacity(80);
        values.write(
            &header.value,
            wire.auth.as_ref().map(|auth| (auth, sealed.body.as_slice(), step.token)),
            None,
            &mut value,
        )?;
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

/// The text with each character from `from` on another one of its kind.
fn changed(text: &str, from: usize) -> String {
    let other = |(at, c): (usize, char)| match c {
        _ if at < from => c,
        '0'..='8' | 'a'..='y' | 'A'..='Y' => char::from_u32(u32::from(c) + 1).unwrap_or(c),
        '9' => '0',
        'z' => 'a',
        'Z' => 'A',
        other => other,
    };
    text.chars().enumerate().map(other).collect()
}

/// The body with the last letter or digit of its last value changed.
fn another(body: &[u8]) -> Vec<u8> {
    let mut out = body.to_vec();
    if let Some(at) = out.iter().rposition(u8::is_ascii_alphanumeric) {
        out[at] = if out[at] == b'1' { b'2' } else { b'1' };
    }
    out
}

struct Values<'a> {
    credentials: &'a Credentials,
    second: Option<&'a Credentials>,
    now: DateTime<FixedOffset>,
    count: u64,
}

/// The scheme, what it signs, and how a case bends it.
type Signing<'a> = Option<(&'a AuthPlan, &'a [u8], TokenEdit)>;

impl Values<'_> {
    fn write(
        &self,
        pieces: &[Piece],
        signing: Signing<'_>,
        code: Option<&str>,
        out: &mut String,
    ) -> Result<(), (Reason, String)> {
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Now(pattern) => stamp(pattern, &self.now, out),
                Piece::Counter(digits) => {
                    let hex = format!("{:0width$x}", self.count, width = *digits);
                    out.push_str(&hex[hex.len() - digits..]);
                }
                Piece::Credential(name) => out.push_str(self.credential(name)?),
                Piece::Code => out.push_str(code.unwrap_or_default()),
                Piece::Auth => {
                    if let Some((plan, body, edit)) = signing {
                        match plan.over {
                            Some(over) => {
                                let code = self.code(plan, over, body, edit)?;
                                let earlier = Values { now: self.now - STALE, ..*self };
                                let signer = if edit == TokenEdit::Stale { &earlier } else { self };
                                let mut pieces = plan.value.as_slice();
                                if let (TokenEdit::OtherVersion, [Piece::Text(prefix), rest @ ..]) = (edit, pieces) {
                                    let digit = prefix.find(|c: char| c.is_ascii_digit()).unwrap_or(prefix.len());
                                    out.push_str(&changed(prefix, digit));
                                    pieces = rest;
                                }
                                signer.write(pieces, None, Some(&code), out)?;
                            }
                            None => self.bearer(plan, edit, out)?,
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// A credential that is sent as it is, or another one.
    fn bearer(&self, plan: &AuthPlan, edit: TokenEdit, out: &mut String) -> Result<(), (Reason, String)> {
        let known = self.credential(&plan.key)?;
        let sent = match edit {
            TokenEdit::OtherKey => format!("{known}-of-somebody-else"),
            TokenEdit::WrongCode => known.chars().rev().collect::<String>() + "0",
            // A credential that is sent as it is covers no body and no time.
            _ => known.to_owned(),
        };
        for piece in &plan.value {
            match piece {
                Piece::Credential(name) if *name == plan.key => out.push_str(&sent),
                other => self.write(std::slice::from_ref(other), None, None, out)?,
            }
        }
        Ok(())
    }

    fn credential(&self, name: &str) -> Result<&str, (Reason, String)> {
        let known = self.credentials.get(name).map(crate::model::wire::Secret::reveal);
        known.ok_or_else(|| (Reason::FixtureMissing, format!("no credential `{name}`: name it in the profile")))
    }

    fn code(
        &self,
        plan: &AuthPlan,
        over: SignedBytes,
        body: &[u8],
        edit: TokenEdit,
    ) -> Result<String, (Reason, String)> {
        let key = self.credential(&plan.key)?;
        let over = |bytes: &[u8], key: &[u8]| match over {
            SignedBytes::Body => crypto::hmac_sha256_base64(key, bytes),
            SignedBytes::Base64Body => crypto::hmac_sha256_base64(key, crypto::base64(bytes).as_bytes()),
        };
        Ok(match edit {
            TokenEdit::Intact | TokenEdit::Stale | TokenEdit::OtherVersion => over(body, key.as_bytes()),
            TokenEdit::HalfCode => {
                let code = over(body, key.as_bytes());
                let (head, end) = code.split_at(code.len().saturating_sub(TAIL));
                changed(head, code.len() / 2) + end
            }
            TokenEdit::OtherCase => {
                let code = over(body, key.as_bytes());
                let flip =
                    |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
                let (head, end) = code.split_at(code.len().saturating_sub(TAIL));
                head.chars().map(flip).collect::<String>() + end
            }
            TokenEdit::NoCode => String::new(),
            TokenEdit::Blank(region) => over(&region.widen(body), key.as_bytes()),
            TokenEdit::Value => over(&another(body), key.as_bytes()),
            TokenEdit::Replayed => over(b"{}", key.as_bytes()),
            TokenEdit::SecondKey => {
                let second = self.second.and_then(|s| s.get(&plan.key)).map(crate::model::wire::Secret::reveal);
                let missing = || {
                    let why = format!("no second actor with a credential `{}`: name one in the profile", plan.key);
                    (Reason::FixtureMissing, why)
                };
                over(body, second.ok_or_else(missing)?.as_bytes())
            }
            TokenEdit::OtherKey => over(body, format!("{key}-of-somebody-else").as_bytes()),
            TokenEdit::WrongCode => {
                let mut code = over(body, key.as_bytes());
                let first = if code.starts_with('A') { "B" } else { "A" };
                code.replace_range(..1, first);
                code
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Clock;
    use crate::model::Role;
    use crate::model::address::PathTemplate;
    use crate::model::template::Region;
    use crate::model::wire::{HeaderPlan, Mark, Secret, Zone};

    fn wire() -> Arc<WirePlan> {
        let pieces = vec![
            Piece::Text("KEY1:".to_owned()),
            Piece::Now("yyyyMMddHHmmssSSS".to_owned()),
            Piece::Text(":".to_owned()),
            Piece::Code,
        ];
        let auth = AuthPlan {
            id: "t".to_owned(),
            header: "Token".to_owned(),
            value: pieces,
            key: "k".to_owned(),
            over: Some(SignedBytes::Body),
        };
        Arc::new(WirePlan {
            endpoint: "e".to_owned(),
            method: "POST".to_owned(),
            path: PathTemplate::parse("/p").unwrap(),
            headers: vec![HeaderPlan { name: "Token".to_owned(), value: vec![Piece::Auth], secret: None }],
            auth: Some(auth),
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
    }

    #[test]
    fn identities_differ_by_salt_case_field_step_and_try() {
        let catalogues = Catalogues::new();
        let now = Ambient::new(Clock::Fixed(0), 1).now(&Zone { name: "UTC".to_owned(), offset_seconds: 0 });
        let base = Filling::first("c", 1, &catalogues, &now);
        let hole = |field: &str| Hole::Identity {
            field: field.to_owned(),
            shape: crate::model::template::Shape::Plain,
            chars: 20,
        };
        let first = fill(&hole("f"), &base).unwrap();
        for other in [
            Filling { salt: 2, ..base },
            Filling { case: "d", ..base },
            Filling { step: 1, ..base },
            Filling { attempt: 1, ..base },
        ] {
            assert_ne!(fill(&hole("f"), &other).unwrap(), first);
        }
        assert_ne!(fill(&hole("g"), &base).unwrap(), first);
        let sent = [Json::Object(vec![("f".into(), first.clone())])];
        let again = Hole::Sent { step: 0, path: "f".to_owned() };
        assert_eq!(fill(&again, &Filling { step: 1, sent: &sent, ..base }).unwrap(), first);
    }
}
