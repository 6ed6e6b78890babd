//! Makes the bytes of a request: fills holes, writes headers, signs exactly what is sent.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};

use super::ambient::Ambient;
use super::target::Target;
use crate::crypto;
use crate::model::format::stamp;
use crate::model::observed::Reason;
use crate::model::template::{HeaderEdit, Keep, TokenEdit};
use crate::model::wire::{Credentials, HmacPlan, Piece, SignedBytes, WirePlan};
use crate::model::{Hole, Json};

/// A request, finished to the byte.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// How its endpoint travels.
    pub wire: Arc<WirePlan>,
    /// Whole URL.
    pub url: String,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// Body bytes, exactly as signed.
    pub body: Vec<u8>,
    /// The body before it became bytes.
    pub tree: Json,
    /// The trace number it carries.
    pub trace: Option<String>,
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
    /// Catalogues read before the run.
    pub catalogues: &'a Catalogues,
}

/// Fills one hole.
///
/// # Errors
/// [`Reason`] and a sentence if what the hole needs is not there.
pub fn fill(hole: &Hole, from: &Filling<'_>) -> Result<Json, (Reason, String)> {
    match hole {
        Hole::Identity { field, shape, chars, tag } => {
            let whose = tag.map_or(from.step, usize::from);
            let mut seed = Vec::with_capacity(from.case.len() + field.len() + 16);
            seed.extend_from_slice(&from.salt.to_le_bytes());
            seed.extend_from_slice(from.case.as_bytes());
            seed.push(0);
            seed.extend_from_slice(field.as_bytes());
            seed.extend_from_slice(&[0, u8::try_from(whose).unwrap_or(u8::MAX), from.attempt]);
            let digest = crypto::sha256(&seed);
            let mut bits = [0; 8];
            bits.copy_from_slice(&digest[..8]);
            Ok(Json::text(shape.render(*chars, u64::from_le_bytes(bits))))
        }
        Hole::Catalogue { resource, attribute, value, keep, text } => {
            let missing = |why: &str| (Reason::FixtureMissing, format!("{resource}: {why}"));
            let catalogue = match from.catalogues.get(resource) {
                Some(Ok(catalogue)) => catalogue,
                Some(Err(why)) => return Err(missing(&format!("the list could not be read: {why}"))),
                None => return Err(missing("no call of the contract lists them")),
            };
            let chosen = catalogue.entries.iter().filter(|e| e.get(attribute).and_then(Json::scalar) == Some(value));
            let mut ids: Vec<Json> = chosen
                .filter_map(|e| e.get(&catalogue.key).and_then(Json::scalar))
                .map(|id| if *text { Json::text(id) } else { Json::number(id) })
                .collect();
            if *keep == Keep::AllButOne && ids.pop().is_none() {
                return Err(missing(&format!("no entry has {attribute} {value}, so none can be left out")));
            }
            Ok(Json::Array(ids))
        }
        Hole::Answer { step, path } => {
            let answer = from.answers.get(*step).and_then(Option::as_ref).and_then(|body| body.at(path));
            answer.cloned().ok_or_else(|| (Reason::FixtureMissing, format!("step {} answered no `{path}`", step + 1)))
        }
    }
}

/// Makes the request for a body tree: headers in the contract's order, token over the bytes sent, then the case's edits.
///
/// # Errors
/// [`Reason::FixtureMissing`] if a credential is missing.
pub fn prepare(
    wire: &Arc<WirePlan>,
    tree: Json,
    edits: (&[HeaderEdit], TokenEdit),
    target: &Target,
    credentials: &Credentials,
    ambient: &Ambient,
) -> Result<Prepared, (Reason, String)> {
    let mut body = Vec::with_capacity(512);
    tree.write(&mut body);
    let now = ambient.now(&wire.zone);
    let count = ambient.count();
    let values = Values { credentials, now, count };
    let mut headers = Vec::with_capacity(wire.headers.len());
    let mut trace = None;
    for header in &wire.headers {
        let mut value = String::with_capacity(80);
        values.write(
            &header.value,
            wire.auth.as_ref().map(|auth| (auth, body.as_slice(), edits.1)),
            None,
            &mut value,
        )?;
        if wire.trace.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(&header.name)) {
            trace = Some(value.clone());
        }
        headers.push((header.name.clone(), value));
    }
    for edit in edits.0 {
        edit.apply(&mut headers);
    }
    let mut url = String::with_capacity(target.base().len() + wire.path.len());
    url.push_str(target.base());
    url.push_str(&wire.path);
    Ok(Prepared { wire: Arc::clone(wire), url, headers, body, tree, trace })
}

struct Values<'a> {
    credentials: &'a Credentials,
    now: DateTime<FixedOffset>,
    count: u64,
}

/// The scheme, what it signs, and how a case bends it.
type Signing<'a> = Option<(&'a HmacPlan, &'a [u8], TokenEdit)>;

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
                        let code = self.code(plan, body, edit)?;
                        self.write(&plan.value, None, Some(&code), out)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn credential(&self, name: &str) -> Result<&str, (Reason, String)> {
        let known = self.credentials.get(name).map(crate::model::wire::Secret::reveal);
        known.ok_or_else(|| (Reason::FixtureMissing, format!("no credential `{name}`: name it in the profile")))
    }

    fn code(&self, plan: &HmacPlan, body: &[u8], edit: TokenEdit) -> Result<String, (Reason, String)> {
        let key = self.credential(&plan.key)?;
        let over = |bytes: &[u8], key: &[u8]| match plan.over {
            SignedBytes::Body => crypto::hmac_sha256_base64(key, bytes),
            SignedBytes::Base64Body => crypto::hmac_sha256_base64(key, crypto::base64(bytes).as_bytes()),
        };
        Ok(match edit {
            TokenEdit::Intact => over(body, key.as_bytes()),
            TokenEdit::OtherKey => over(body, format!("{key}-of-somebody-else").as_bytes()),
            TokenEdit::OtherBody => over(&[body, b" "].concat(), key.as_bytes()),
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
    use crate::model::wire::{HeaderPlan, Secret, Zone};

    fn wire() -> Arc<WirePlan> {
        let pieces = vec![
            Piece::Text("KEY1:".to_owned()),
            Piece::Now("yyyyMMddHHmmssSSS".to_owned()),
            Piece::Text(":".to_owned()),
            Piece::Code,
        ];
        let auth = HmacPlan {
            id: "t".to_owned(),
            header: "Token".to_owned(),
            value: pieces,
            key: "k".to_owned(),
            over: SignedBytes::Body,
        };
        Arc::new(WirePlan {
            endpoint: "e".to_owned(),
            method: "POST".to_owned(),
            path: "/p".to_owned(),
            headers: vec![HeaderPlan { name: "Token".to_owned(), value: vec![Piece::Auth], secret: None }],
            auth: Some(auth),
            zone: Zone { name: "UTC".to_owned(), offset_seconds: 0 },
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
        let made = prepare(&wire(), tree, (&[], edit), &target, &credentials, &ambient).unwrap();
        assert_eq!(made.url, "http://127.0.0.1:1/base/p");
        made.headers[0].1.clone()
    }

    #[test]
    fn the_token_is_over_the_bytes_sent() {
        assert_eq!(token(TokenEdit::Intact), "KEY1:20260102030405678:WXzwyRLzjm2r8X/ZRAUGe+KDfS5sLBUY4JRaiU4avcM=");
        for edit in [TokenEdit::WrongCode, TokenEdit::OtherKey, TokenEdit::OtherBody] {
            assert_ne!(token(edit), token(TokenEdit::Intact));
            assert_eq!(token(edit).len(), token(TokenEdit::Intact).len());
        }
    }

    #[test]
    fn identities_differ_by_salt_case_field_step_and_try() {
        let catalogues = Catalogues::new();
        let base = Filling { case: "c", step: 0, attempt: 0, salt: 1, answers: &[], catalogues: &catalogues };
        let hole = |field: &str, tag| Hole::Identity {
            field: field.to_owned(),
            shape: crate::model::template::Shape::Plain,
            chars: 20,
            tag,
        };
        let first = fill(&hole("f", None), &base).unwrap();
        for other in [
            Filling { salt: 2, ..base },
            Filling { case: "d", ..base },
            Filling { step: 1, ..base },
            Filling { attempt: 1, ..base },
        ] {
            assert_ne!(fill(&hole("f", None), &other).unwrap(), first);
        }
        assert_ne!(fill(&hole("g", None), &base).unwrap(), first);
        assert_eq!(fill(&hole("f", Some(0)), &Filling { step: 1, ..base }).unwrap(), first);
    }
}
