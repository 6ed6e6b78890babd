//! Compact JWE (RFC 7516) with RSA-OAEP-256 and AES-GCM (RFC 7518): `header.encryptedKey.iv.ciphertext.tag`.
//!
//! Opening takes the algorithms it is told and no others: what a header says never widens what is taken.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::hash::random;
use super::keys::{PrivateKey, PublicKey};

/// The one key management algorithm.
pub const ALG: &str = "RSA-OAEP-256";

/// A content encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enc {
    /// AES-GCM with a key of 128 bits.
    A128Gcm,
    /// AES-GCM with a key of 256 bits.
    A256Gcm,
}

impl Enc {
    /// The name in headers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Enc::A128Gcm => "A128GCM",
            Enc::A256Gcm => "A256GCM",
        }
    }

    /// The content encryption of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Enc::A128Gcm, Enc::A256Gcm].into_iter().find(|e| e.name() == name)
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Enc::A128Gcm => &AES_128_GCM,
            Enc::A256Gcm => &AES_256_GCM,
        }
    }
}

/// Why a message was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// Not five parts of base64url.
    #[error("it is no compact JWE of five parts")]
    Form,
    /// A header that is no JSON object with the members that are needed.
    #[error("its header is no JSON object with alg and enc")]
    Header,
    /// An algorithm that is not taken.
    #[error("its {0} is not one that is taken")]
    Algorithm(&'static str),
    /// The content key can't be recovered: another private key is needed, or it was changed.
    #[error("its content key can not be recovered with this private key")]
    Key,
    /// Tag and content do not belong together.
    #[error("it does not verify: header, content or tag was changed")]
    Tag,
}

/// The parts of a message before they are joined; a case may spoil each.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Header as JSON text.
    pub header: String,
    /// Wrapped content key.
    pub key: Vec<u8>,
    /// 12 bytes.
    pub iv: Vec<u8>,
    /// As long as the plaintext.
    pub ciphertext: Vec<u8>,
    /// 16 bytes.
    pub tag: Vec<u8>,
}

impl Parts {
    /// The compact form.
    #[must_use]
    pub fn join(&self) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        [
            encode(self.header.as_bytes()),
            encode(&self.key),
            encode(&self.iv),
            encode(&self.ciphertext),
            encode(&self.tag),
        ]
        .join(".")
    }
}

/// Encrypts under a public key; none if the key can't take it or the machine has no randomness.
#[must_use]
pub fn seal(plaintext: &[u8], key: &PublicKey, enc: Enc) -> Option<Parts> {
    let content: [u8; 32] = random();
    let content = &content[..enc.algorithm().key_len()];
    let header = format!(r#"{{"enc":"{}","alg":"{ALG}"}}"#, enc.name());
    let iv: [u8; 12] = random();
    let sealing = LessSafeKey::new(UnboundKey::new(enc.algorithm(), content).ok()?);
    let mut ciphertext = plaintext.to_vec();
    let aad = Aad::from(URL_SAFE_NO_PAD.encode(header.as_bytes()));
    let tag = sealing.seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), aad, &mut ciphertext).ok()?;
    Some(Parts { header, key: key.wrap(content)?, iv: iv.to_vec(), ciphertext, tag: tag.as_ref().to_vec() })
}

/// Opens a compact message with a private key; only these content encryptions are taken.
///
/// # Errors
/// [`JweError`] says at which step it failed.
pub fn open(message: &str, key: &PrivateKey, taken: &[Enc]) -> Result<(Vec<u8>, Enc), JweError> {
    let parts: Vec<&str> = message.split('.').collect();
    let [header, wrapped, iv, ciphertext, tag] = parts[..] else { return Err(JweError::Form) };
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| JweError::Form);
    let text = decode(header)?;
    let fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&text).map_err(|_| JweError::Header)?;
    let word = |name: &str| fields.get(name).and_then(serde_json::Value::as_str).ok_or(JweError::Header);
    if word("alg")? != ALG {
        return Err(JweError::Algorithm("alg"));
    }
    let enc = Enc::named(word("enc")?).filter(|e| taken.contains(e)).ok_or(JweError::Algorithm("enc"))?;
    // What must be understood and is not, and compression, are refused.
    if fields.contains_key("crit") || fields.contains_key("zip") {
        return Err(JweError::Header);
    }
    let content = key.unwrap(&decode(wrapped)?).ok_or(JweError::Key)?;
    let plaintext = decrypt(enc, &content, &decode(iv)?, header, decode(ciphertext)?, &decode(tag)?)?;
    Ok((plaintext, enc))
}

/// AES-GCM with the encoded header as additional data.
fn decrypt(
    enc: Enc,
    content: &[u8],
    iv: &[u8],
    header: &str,
    mut ciphertext: Vec<u8>,
    tag: &[u8],
) -> Result<Vec<u8>, JweError> {
    let key = UnboundKey::new(enc.algorithm(), content).map_err(|_| JweError::Key)?;
    let nonce = Nonce::try_assume_unique_for_key(iv).map_err(|_| JweError::Form)?;
    if tag.len() != enc.algorithm().tag_len() {
        return Err(JweError::Tag);
    }
    ciphertext.extend_from_slice(tag);
    let opened = LessSafeKey::new(key)
        .open_in_place(nonce, Aad::from(header.as_bytes()), &mut ciphertext)
        .map_err(|_| JweError::Tag)?;
    let length = opened.len();
    ciphertext.truncate(length);
    Ok(ciphertext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys;

    fn pair() -> (PrivateKey, PublicKey) {
        let (private, public) = keys::generate().unwrap();
        (PrivateKey::from_pem(private.as_bytes()).unwrap(), PublicKey::from_pem(public.as_bytes()).unwrap())
    }

    /// RFC 7516, A.1: its key management is RSA-OAEP with SHA-1, which is not taken; its content encryption is ours.
    #[test]
    fn rfc_7516_a_1() {
        const CONTENT: [u8; 32] = [
            177, 161, 244, 128, 84, 143, 225, 115, 63, 180, 3, 255, 107, 154, 212, 246, 138, 7, 110, 91, 112, 46, 34,
            105, 47, 130, 203, 46, 122, 234, 64, 252,
        ];
        let header = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ";
        let (iv, tag) = ("48V1_ALb6US04U3b", "XFBoMYUZodetZdvTiFvSkQ");
        let ciphertext = "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A";
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let plaintext = decrypt(Enc::A256Gcm, &CONTENT, &decode(iv), header, decode(ciphertext), &decode(tag)).unwrap();
        assert_eq!(plaintext, b"The true sign of intelligence is not knowledge but imagination.");
        let (private, _) = pair();
        let message = format!("{header}.AAAA.{iv}.{ciphertext}.{tag}");
        assert_eq!(open(&message, &private, &[Enc::A128Gcm, Enc::A256Gcm]), Err(JweError::Algorithm("alg")));
    }

    #[test]
    fn what_is_sealed_opens_and_what_is_changed_does_not() {
        let (private, public) = pair();
        let (stranger, _) = pair();
        for enc in [Enc::A128Gcm, Enc::A256Gcm] {
            let parts = seal("{\"이름\":1}".as_bytes(), &public, enc).unwrap();
            let both = [Enc::A128Gcm, Enc::A256Gcm];
            assert_eq!(open(&parts.join(), &private, &both), Ok(("{\"이름\":1}".as_bytes().to_vec(), enc)));
            assert_eq!(open(&parts.join(), &private, &[]), Err(JweError::Algorithm("enc")));
            assert_eq!(open(&parts.join(), &stranger, &both), Err(JweError::Key));
            let mut changed = parts.clone();
            changed.tag[0] ^= 1;
            assert_eq!(open(&changed.join(), &private, &both), Err(JweError::Tag));
            let mut short = parts.clone();
            short.tag.truncate(12);
            assert_eq!(open(&short.join(), &private, &both), Err(JweError::Tag));
            let mut changed = parts.clone();
            changed.ciphertext[0] ^= 1;
            assert_eq!(open(&changed.join(), &private, &both), Err(JweError::Tag));
            let mut changed = parts.clone();
            changed.key[10] ^= 1;
            assert_eq!(open(&changed.join(), &private, &both), Err(JweError::Key));
            let mut changed = parts.clone();
            changed.header = changed.header.replace(ALG, "none");
            assert_eq!(open(&changed.join(), &private, &both), Err(JweError::Algorithm("alg")));
            let mut changed = parts.clone();
            changed.header = changed.header.replace("{\"enc\"", "{ \"enc\"");
            assert_eq!(open(&changed.join(), &private, &both), Err(JweError::Tag), "the header is authenticated");
            let joined = parts.join();
            let four = joined.rsplit_once('.').unwrap().0;
            assert_eq!(open(four, &private, &both), Err(JweError::Form));
            for text in ["", "....", "a.b.c.d.e", "null"] {
                assert!(open(text, &private, &both).is_err(), "{text}");
            }
        }
    }
}
