//! Encrypted bodies: puts a request into its envelope, takes an answer out of it.

use std::sync::OnceLock;

use super::Raw;
use crate::crypto::jwe::{self, Enc};
use crate::crypto::{self, Keys, keys};
use crate::model::Json;
use crate::model::case::{Seal, Spoil};
use crate::model::json;
use crate::model::observed::{Opened, Reason};
use crate::model::wire::{Encrypt, EncryptionPlan, Mark, WirePlan};

/// A body ready to be signed.
pub(super) struct Sealed {
    pub(super) body: Vec<u8>,
    pub(super) key_id: Option<(String, String)>,
    pub(super) encrypted: bool,
}

/// The body as it is.
pub(super) fn plain(body: Vec<u8>) -> Sealed {
    Sealed { body, key_id: None, encrypted: false }
}

/// Encrypts the body if the step, the mode or the mark asks for it.
pub(super) fn body(
    wire: &WirePlan,
    body: Vec<u8>,
    seal: Seal,
    (encrypt, keys): (Encrypt, Option<&Keys>),
) -> Result<Sealed, (Reason, String)> {
    let marked = match encrypt {
        Encrypt::Marked => wire.marks.0 == Mark::Marked,
        Encrypt::Always => true,
        Encrypt::Never => false,
    };
    let plan = wire.encryption.as_ref().filter(|_| wire.has_body && (marked || seal != Seal::AsMarked));
    let Some(plan) = plan else { return Ok(plain(body)) };
    let missing = || {
        let why = "no keys for encrypted bodies: name them in the profile under `encryption`, or use --encrypt never";
        (Reason::FixtureMissing, why.to_owned())
    };
    let keys = keys.ok_or_else(missing)?;
    let encs: Vec<Enc> = plan.enc.iter().filter_map(|e| Enc::named(e)).collect();
    let first = encs.first().copied().unwrap_or(Enc::A128Gcm);
    let enc = if seal == Seal::OtherContent { encs.last().copied().unwrap_or(first) } else { first };
    let spoil = if let Seal::Spoilt(spoil) = seal { Some(spoil) } else { None };
    let message = message(&body, keys, enc, spoil)
        .ok_or_else(|| (Reason::FixtureMissing, "the body could not be encrypted under the server's key".to_owned()))?;
    let mut envelope = Vec::with_capacity(message.len() + 16);
    Json::Object(vec![(plan.member.as_str().into(), Json::text(message))]).write(&mut envelope);
    let key_id = match spoil {
        Some(Spoil::NoKeyId) => None,
        Some(Spoil::UnknownKeyId) => Some("0".repeat(keys.id.len())),
        _ => Some(keys.id.clone()),
    };
    Ok(Sealed { body: envelope, key_id: key_id.map(|id| (plan.key_id_header.clone(), id)), encrypted: true })
}

/// A key that no target knows, made once: to make one takes longer than a request.
fn stranger() -> Option<&'static crypto::PublicKey> {
    static KEY: OnceLock<Option<crypto::PublicKey>> = OnceLock::new();
    let made = || keys::generate().and_then(|(_, public)| crypto::PublicKey::from_pem(public.as_bytes()).ok());
    KEY.get_or_init(made).as_ref()
}

fn message(body: &[u8], keys: &Keys, enc: Enc, spoil: Option<Spoil>) -> Option<String> {
    let mut parts = match spoil {
        Some(Spoil::WrongKey) => jwe::seal(body, stranger()?, enc)?,
        Some(Spoil::NoJson) => jwe::seal(b"this is no JSON", &keys.other, enc)?,
        _ => jwe::seal(body, &keys.other, enc)?,
    };
    match spoil {
        Some(Spoil::Tag) => flip(&mut parts.tag),
        Some(Spoil::Ciphertext) => flip(&mut parts.ciphertext),
        Some(Spoil::EncryptedKey) => flip(&mut parts.key),
        Some(Spoil::SwappedKey) => parts.key = jwe::seal(body, &keys.other, enc)?.key,
        Some(Spoil::OtherAlg) => parts.header = parts.header.replace(jwe::ALG, "RSA1_5"),
        Some(Spoil::OtherEnc) => parts.header = parts.header.replace(enc.name(), "A192GCM"),
        Some(Spoil::AlgNone) => parts.header = parts.header.replace(jwe::ALG, "none"),
        Some(Spoil::FourParts) => return parts.join().rsplit_once('.').map(|(four, _)| four.to_owned()),
        _ => {}
    }
    Some(parts.join())
}

fn flip(bytes: &mut [u8]) {
    if let Some(middle) = bytes.len().checked_div(2).and_then(|at| bytes.get_mut(at)) {
        *middle ^= 1;
    }
}

/// Takes an answer out of its envelope, if it is in one.
pub(super) fn open(plan: Option<&EncryptionPlan>, keys: Option<&Keys>, raw: &mut Raw) -> Opened {
    let Some(plan) = plan else { return Opened::Plain };
    let Ok(document) = json::parse(&raw.body) else { return Opened::Plain };
    let Some(message) = document.root.get(&plan.member).and_then(Json::scalar) else { return Opened::Plain };
    let Some(keys) = keys else { return Opened::NoKey };
    let taken: Vec<Enc> = plan.enc.iter().filter_map(|e| Enc::named(e)).collect();
    let with = |key| jwe::open(message, key, &taken);
    let opened = with(&keys.own).or_else(|error| match &keys.spare {
        Some(spare) => with(spare).map_err(|_| error),
        None => Err(error),
    });
    match opened {
        Ok((plaintext, enc)) => {
            raw.body = plaintext;
            Opened::Opened(enc.name().into())
        }
        Err(error) => Opened::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{PrivateKey, PublicKey};

    #[test]
    fn an_answer_under_either_of_two_pairs_opens() {
        let pair = || keys::generate().expect("randomness");
        let (own, other, stranger) = (pair(), pair(), pair());
        let private = |pem: &str| PrivateKey::from_pem(pem.as_bytes()).expect("a key");
        let public = |pem: &str| PublicKey::from_pem(pem.as_bytes()).expect("a key");
        let two =
            Keys { id: String::new(), other: public(&own.1), own: private(&own.0), spare: Some(private(&other.0)) };
        let one = Keys { spare: None, ..two.clone() };
        let plan = EncryptionPlan {
            id: String::new(),
            member: "sealed".to_owned(),
            key_id_header: "Key-Id".to_owned(),
            alg: jwe::ALG.to_owned(),
            enc: vec![Enc::A128Gcm.name().to_owned()],
        };
        let answered = |pem: &str, keys: &Keys| {
            let message = jwe::seal(b"{\"a\":1}", &public(pem), Enc::A128Gcm).expect("it seals").join();
            let body = format!("{{\"sealed\":\"{message}\"}}").into_bytes();
            let mut raw = Raw { status: 200, body, ..Raw::default() };
            let opened = open(Some(&plan), Some(keys), &mut raw);
            (matches!(opened, Opened::Opened(_)) && raw.body == b"{\"a\":1}", opened)
        };
        for (pem, keys, opens) in
            [(&own, &two, true), (&other, &two, true), (&other, &one, false), (&stranger, &two, false)]
        {
            let (opened, how) = answered(&pem.1, keys);
            assert_eq!(opened, opens, "{how:?}");
        }
    }
}
