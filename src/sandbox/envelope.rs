//! Encrypted bodies on the server's side: requests under the server's key, answers under the client's.

use super::fault::Kind;
use super::pairs::{own, pairs};
use super::refusal::Refusal;
use super::{Call, Reply, Sandbox};
use crate::contract::Endpoint;
use crate::crypto::PublicKey;
use crate::crypto::jwe::{self, Enc, JweError};
use crate::model::Json;
use crate::model::json;
use crate::model::wire::Mark;

/// How a call came.
#[derive(Debug, Default)]
pub(super) struct Sealing {
    /// Encrypted, or with a key id.
    keyed: bool,
}

impl Sandbox {
    /// The body in plain; none if a fault takes what can't be opened.
    pub(super) fn open<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        call: &Call,
        sealing: &mut Sealing,
    ) -> Result<Option<Vec<u8>>, Refusal<'a>> {
        let plan = endpoint.wire.encryption.as_ref().filter(|_| endpoint.wire.has_body);
        let Some(plan) = plan else { return Ok(Some(call.body.clone())) };
        let key_id = call.header(&plan.key_id_header);
        let message = json::parse(&call.body).ok().and_then(|d| match &d.root {
            Json::Object(members) if members.len() == 1 => {
                d.root.get(&plan.member).and_then(Json::scalar).map(str::to_owned)
            }
            _ => None,
        });
        sealing.keyed = key_id.is_some();
        let Some(message) = message else { return Ok(Some(call.body.clone())) };
        let refused =
            |why: &str| Refusal::Unseen(self.variant.auth_status, format!("the encrypted body is refused: {why}"));
        let Some(keys) = own() else { return Err(refused("the sandbox has no keys")) };
        if key_id != Some(keys.id.as_str()) && !self.has(endpoint, &Kind::Accept("key-id".to_owned())) {
            return Err(refused("no such key id"));
        }
        sealing.keyed = true;
        let taken: Vec<Enc> = plan.enc.iter().filter_map(|e| Enc::named(e)).collect();
        match jwe::open(&message, &keys.own, &taken) {
            Ok((plaintext, _))
                if json::parse(&plaintext).is_err() && self.has(endpoint, &Kind::Accept("no-json".to_owned())) =>
            {
                Ok(None)
            }
            Ok((plaintext, _)) => Ok(Some(plaintext)),
            Err(error) => {
                let word = match error {
                    JweError::Tag => "tag",
                    JweError::Key => "key",
                    JweError::Algorithm(which) => which,
                    _ => "form",
                };
                if self.has(endpoint, &Kind::Accept(word.to_owned())) {
                    Ok(None)
                } else {
                    Err(refused(&error.to_string()))
                }
            }
        }
    }

    /// The answer, encrypted where the page marks it and the caller named a key.
    pub(super) fn seal(&self, endpoint: &Endpoint, sealing: &Sealing, mut reply: Reply) -> Reply {
        let Some(plan) = &endpoint.wire.encryption else { return reply };
        let asked = sealing.keyed || self.variant.seals_plain;
        let marked = endpoint.wire.marks.1 == Mark::Marked && asked && (200..300).contains(&reply.status);
        if !marked || reply.body.is_empty() || self.has(endpoint, &Kind::AnswerPlain) {
            return reply;
        }
        let Some(keys) = own() else { return reply };
        let enc = plan.enc.get(usize::from(self.variant.second_enc)).or(plan.enc.first());
        let enc = enc.and_then(|e| Enc::named(e)).unwrap_or(Enc::A128Gcm);
        // A server that takes its own key instead of the client's.
        let stranger = || PublicKey::from_pem(pairs()?[0].1.as_bytes()).ok();
        let key = if self.has(endpoint, &Kind::AnswerOtherKey) { stranger() } else { Some(keys.other.clone()) };
        if let Some(parts) = key.and_then(|key| jwe::seal(&reply.body, &key, enc)) {
            reply.body.clear();
            Json::Object(vec![(plan.member.as_str().into(), Json::text(parts.join()))]).write(&mut reply.body);
        }
        reply
    }
}
