//! Writes the values of headers: credentials, times, and the code that signs the bytes sent, rightly or bent as a case wants it.

use chrono::{DateTime, FixedOffset};

use crate::crypto;
use crate::model::format::stamp;
use crate::model::observed::Reason;
use crate::model::template::TokenEdit;
use crate::model::wire::{AuthPlan, Credentials, Piece, SignedBytes};

/// Characters at the end of a code in base64 that stay: not every letter can stand there.
const TAIL: usize = 2;
/// How old a stale token is: far beyond any difference of clocks.
const STALE: chrono::Duration = chrono::Duration::hours(1);

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

/// The body with its last letter or digit changed; none if it has neither.
fn another(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = body.to_vec();
    let at = out.iter().rposition(u8::is_ascii_alphanumeric)?;
    out[at] = if out[at] == b'1' { b'2' } else { b'1' };
    Some(out)
}

/// What the values of headers are made from.
pub(super) struct Values<'a> {
    pub(super) credentials: &'a Credentials,
    pub(super) second: Option<&'a Credentials>,
    /// The token of the request before.
    pub(super) token: Option<&'a str>,
    pub(super) now: DateTime<FixedOffset>,
    pub(super) count: u64,
}

/// The scheme, what it signs, and how a case bends it.
pub(super) type Signing<'a> = Option<(&'a AuthPlan, &'a [u8], TokenEdit)>;

impl Values<'_> {
    /// Writes a header's value.
    pub(super) fn write(
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
                            Some(_) if edit == TokenEdit::Replayed => {
                                let missing = || (Reason::FixtureMissing, "no request before had a token".to_owned());
                                out.push_str(self.token.ok_or_else(missing)?);
                            }
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
            TokenEdit::Intact | TokenEdit::Stale | TokenEdit::OtherVersion | TokenEdit::Replayed => {
                over(body, key.as_bytes())
            }
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
            TokenEdit::Value => {
                let missing = || (Reason::FixtureMissing, "the body holds no value that could be another".to_owned());
                over(&another(body).ok_or_else(missing)?, key.as_bytes())
            }
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
