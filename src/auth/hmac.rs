//! A keyed hash over the body, in a text that the contract describes.

use super::{Draft, Method, Proof, Signer, Tamper, bend, known};
use crate::crypto;
use crate::model::field::Format;
use crate::model::format::matches;
use crate::model::template::{Region, TokenEdit};
use crate::model::wire::{Credentials, Hmac, Piece, SignedBytes};

/// How old the time of a stale code is: far beyond any difference of clocks.
const STALE: chrono::Duration = chrono::Duration::hours(1);

/// Characters of a code: 32 bytes in Base64.
const CODE: usize = 44;

impl Hmac {
    fn code(&self, body: &[u8], key: &str) -> String {
        match self.over {
            SignedBytes::Body => crypto::hmac_sha256_base64(key.as_bytes(), body),
            SignedBytes::Base64Body => crypto::hmac_sha256_base64(key.as_bytes(), crypto::base64(body).as_bytes()),
        }
    }

    fn bent(&self, body: &[u8], signer: &Signer<'_>, edit: TokenEdit) -> Result<String, String> {
        let key = signer.credential(&self.key)?;
        let body = bend::body(body, edit)?;
        let code = |key: &str| self.code(&body, key);
        Ok(match edit {
            TokenEdit::HalfCode => bend::half(&code(key)),
            TokenEdit::OtherCase => bend::other_case(&code(key)),
            TokenEdit::NoCode => String::new(),
            TokenEdit::SecondKey => code(signer.second(&self.key)?),
            TokenEdit::OtherKey => code(&bend::of_nobody(key)),
            TokenEdit::WrongCode => bend::first(&code(key), ["A", "B"]),
            _ => code(key),
        })
    }
}

impl Method for Hmac {
    fn credentials(&self, draft: &Draft<'_>, signer: &Signer<'_>, edit: TokenEdit) -> Result<Vec<String>, String> {
        let code = self.bent(draft.body, signer, edit)?;
        let signer = if edit == TokenEdit::Stale { Signer { now: signer.now - STALE, ..*signer } } else { *signer };
        let mut out = String::with_capacity(80);
        let mut pieces = self.value.as_slice();
        if let (TokenEdit::OtherVersion, [Piece::Text(prefix), rest @ ..]) = (edit, pieces) {
            let digit = prefix.find(|c: char| c.is_ascii_digit()).unwrap_or(prefix.len());
            out.push_str(&bend::changed(prefix, digit));
            pieces = rest;
        }
        signer.write(pieces, &code, &mut out)?;
        Ok(vec![out])
    }

    /// Only the code's place is fixed: it stands where the template ends.
    fn proof(&self, values: &[&str], received: &Draft<'_>, actor: &Credentials) -> Option<Proof> {
        let mut rest = *values.first()?;
        for piece in &self.value {
            match piece {
                Piece::Text(text) => rest = rest.strip_prefix(text.as_str())?,
                Piece::Now(pattern) => {
                    let chars = pattern.chars().count();
                    let end = rest.char_indices().nth(chars).map_or(rest.len(), |(at, _)| at);
                    let (time, tail) = rest.split_at(end);
                    if !matches(&Format::Pattern(pattern.clone()), time) {
                        return None;
                    }
                    rest = tail;
                }
                _ => {}
            }
        }
        Some(Proof { given: rest.to_owned(), due: self.code(received.body, known(actor, &self.key)) })
    }

    fn tampers(&self, body: bool) -> Vec<Tamper> {
        let mut out = vec![
            Tamper::own("wrong-code", TokenEdit::WrongCode),
            Tamper::own("other-key", TokenEdit::OtherKey),
            Tamper::own("other-body", TokenEdit::Blank(Region::End)),
            Tamper::own("half-code", TokenEdit::HalfCode),
            Tamper::own("other-case", TokenEdit::OtherCase),
            Tamper::own("no-code", TokenEdit::NoCode),
        ];
        let version = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(|c: char| c.is_ascii_digit()));
        if self.value.first().is_some_and(version) {
            out.push(Tamper::own("other-version", TokenEdit::OtherVersion));
        }
        out.extend([
            Tamper::elsewhere("earlier-time", TokenEdit::Stale),
            Tamper::elsewhere("second-key", TokenEdit::SecondKey),
        ]);
        if body {
            out.extend([
                Tamper::elsewhere("blank-head", TokenEdit::Blank(Region::Head)),
                Tamper::elsewhere("blank-middle", TokenEdit::Blank(Region::Middle)),
                Tamper::elsewhere("blank-tail", TokenEdit::Blank(Region::Tail)),
                Tamper::elsewhere("other-value", TokenEdit::Value),
            ]);
        }
        out
    }

    fn covers_body(&self) -> bool {
        true
    }

    fn names_actor(&self) -> bool {
        false
    }

    fn stand_in(&self, length: &dyn Fn(&str) -> usize) -> Vec<String> {
        let code = "0".repeat(CODE);
        vec![self.value.iter().map(|piece| piece.stand_in(length, &code)).collect()]
    }
}
