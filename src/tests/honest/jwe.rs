//! JWE compact, as common/encryption.json tells: RSA-OAEP-256 for the key, A128GCM or A256GCM for the text.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// The two keys of an encryption-key id, ready for use.
pub(super) struct Crypto {
    pub(super) key_id: String,
    server: OaepPrivateDecryptingKey,
    client: OaepPublicEncryptingKey,
}

impl Crypto {
    /// Reads the server's private key (PKCS#8) and the client's public key or certificate, both PEM.
    pub(super) fn read(key_id: &str, server: &str, client: &str) -> Option<Self> {
        let server = PrivateDecryptingKey::from_pkcs8(&pem(server)?.1).ok()?;
        let (label, der) = pem(client)?;
        let spki = if label == "CERTIFICATE" { public_key(&der)? } else { &der };
        let client = PublicEncryptingKey::from_der(spki).ok()?;
        Some(Self {
            key_id: key_id.to_owned(),
            server: OaepPrivateDecryptingKey::new(server).ok()?,
            client: OaepPublicEncryptingKey::new(client).ok()?,
        })
    }

    /// Opens a request; the text and its `enc`.
    pub(super) fn open(&self, compact: &str) -> Option<(Vec<u8>, &'static str)> {
        self.opened(compact, true)
    }

    /// The same without a look at the authentication tag: a defect.
    pub(super) fn open_unverified(&self, compact: &str) -> Option<(Vec<u8>, &'static str)> {
        self.opened(compact, false)
    }

    fn opened(&self, compact: &str, verified: bool) -> Option<(Vec<u8>, &'static str)> {
        let [head, key, iv, text, tag] = compact.split('.').collect::<Vec<_>>()[..] else { return None };
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).ok()?).ok()?;
        if header["alg"] != "RSA-OAEP-256" {
            return None;
        }
        let (enc, algorithm) = match header["enc"].as_str()? {
            "A128GCM" => ("A128GCM", &AES_128_GCM),
            "A256GCM" => ("A256GCM", &AES_256_GCM),
            _ => return None,
        };
        let key = URL_SAFE_NO_PAD.decode(key).ok()?;
        let mut room = vec![0; self.server.min_output_size()];
        let cek = self.server.decrypt(&OAEP_SHA256_MGF1SHA256, &key, &mut room, None).ok()?;
        if !verified {
            // GCM is counter mode; the counter of the first block of text is 2.
            let cipher = if enc == "A256GCM" { &AES_256 } else { &AES_128 };
            let counter = [&URL_SAFE_NO_PAD.decode(iv).ok()?[..], &[0, 0, 0, 2]].concat();
            let context = DecryptionContext::Iv128(FixedLength::from(<[u8; 16]>::try_from(counter).ok()?));
            let mut text = URL_SAFE_NO_PAD.decode(text).ok()?;
            DecryptingKey::ctr(UnboundCipherKey::new(cipher, cek).ok()?).ok()?.decrypt(&mut text, context).ok()?;
            return Some((text, enc));
        }
        let aead = LessSafeKey::new(UnboundKey::new(algorithm, cek).ok()?);
        let nonce = Nonce::try_assume_unique_for_key(&URL_SAFE_NO_PAD.decode(iv).ok()?).ok()?;
        let mut sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        if tag.len() != 16 {
            return None;
        }
        sealed.extend(tag);
        let plain = aead.open_in_place(nonce, Aad::from(head.as_bytes()), &mut sealed).ok()?;
        Some((plain.to_vec(), enc))
    }

    /// Seals an answer for the client, with A128GCM unless `enc` says A256GCM.
    pub(super) fn seal(&self, text: &[u8], enc: &str) -> Option<String> {
        let (enc, algorithm, size) =
            if enc == "A256GCM" { (enc, &AES_256_GCM, 32) } else { ("A128GCM", &AES_128_GCM, 16) };
        let head = URL_SAFE_NO_PAD.encode(format!(r#"{{"enc":"{enc}","alg":"RSA-OAEP-256"}}"#));
        let mut cek = vec![0; size];
        let mut iv = [0; 12];
        rand::fill(&mut cek).ok()?;
        rand::fill(&mut iv).ok()?;
        let mut room = vec![0; self.client.ciphertext_size()];
        let key = self.client.encrypt(&OAEP_SHA256_MGF1SHA256, &cek, &mut room, None).ok()?.to_vec();
        let aead = LessSafeKey::new(UnboundKey::new(algorithm, &cek).ok()?);
        let mut sealed = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(iv);
        aead.seal_in_place_append_tag(nonce, Aad::from(head.as_bytes()), &mut sealed).ok()?;
        let tag = sealed.split_off(sealed.len() - 16);
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Some([head, encode(&key), encode(&iv), encode(&sealed), encode(&tag)].join("."))
    }
}

/// The label and the bytes of the first PEM block.
fn pem(text: &str) -> Option<(String, Vec<u8>)> {
    let (label, rest) = text.split_once("-----BEGIN ")?.1.split_once("-----")?;
    let body: String = rest.split_once("-----END")?.0.split_whitespace().collect();
    Some((label.to_owned(), STANDARD.decode(body).ok()?))
}

/// The `SubjectPublicKeyInfo` of an X.509 certificate.
fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    let (_, content, _) = element(certificate)?;
    let (_, mut rest, _) = element(content)?;
    // version (optional), serial, signature, issuer, validity, subject; then the key.
    let mut skipped = 0;
    loop {
        let (tag, _, whole) = element(rest)?;
        if tag != 0xa0 {
            if skipped == 5 {
                return Some(whole);
            }
            skipped += 1;
        }
        rest = &rest[whole.len()..];
    }
}

/// A DER element: its tag, its content, and all of it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
    let (length, head) = if first < 0x80 {
        (usize::from(first), 2)
    } else {
        let count = usize::from(first & 0x7f);
        let size =
            bytes.get(2..2 + count)?.iter().try_fold(0_usize, |n, b| n.checked_mul(256)?.checked_add((*b).into()))?;
        (size, 2 + count)
    };
    let end = head.checked_add(length)?;
    Some((tag, bytes.get(head..end)?, bytes.get(..end)?))
}
