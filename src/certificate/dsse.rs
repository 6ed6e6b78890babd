//! DSSE (secure-systems-lab/dsse, protocol 1.0): what is signed is the payload with its type, never a canonical form of JSON.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde::{Deserialize, Serialize};

use super::flaw::Flaw;
use crate::crypto::{SigningKey, VerifyingKey};

/// The type of every payload here.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A signed payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Base64 of the payload.
    pub payload: String,
    /// What the payload is.
    pub payload_type: String,
    /// Who signed it.
    pub signatures: Vec<SignatureLine>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureLine {
    /// The key's name: a hint, not to be believed.
    #[serde(default)]
    pub keyid: String,
    /// Base64 of the signature.
    pub sig: String,
}

/// The bytes that are signed.
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

impl Envelope {
    /// Signs a payload.
    #[must_use]
    pub fn seal(payload: &[u8], key: &SigningKey) -> Self {
        let sig = STANDARD.encode(key.sign(&pae(PAYLOAD_TYPE, payload)));
        Self {
            payload: STANDARD.encode(payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![SignatureLine { keyid: key.public().id(), sig }],
        }
    }

    /// The payload, if this key signed it.
    ///
    /// # Errors
    /// [`Flaw`] that says why the envelope is not this key's.
    pub fn open(&self, key: &VerifyingKey) -> Result<Vec<u8>, Flaw> {
        if self.payload_type != PAYLOAD_TYPE {
            return Err(Flaw::PayloadType(self.payload_type.clone()));
        }
        if self.signatures.is_empty() {
            return Err(Flaw::NoSignature);
        }
        let payload = decode(&self.payload).ok_or(Flaw::NoBase64("payload"))?;
        let message = pae(&self.payload_type, &payload);
        for line in &self.signatures {
            let signature = decode(&line.sig).ok_or(Flaw::NoBase64("signature"))?;
            if key.verifies(&message, &signature) {
                return Ok(payload);
            }
        }
        // The name is only a hint, but it tells a wrong key from a changed text.
        let own = self.signatures.iter().any(|line| line.keyid == key.id());
        let named = self.signatures.iter().map(|line| line.keyid.as_str()).collect::<Vec<_>>().join(", ");
        Err(if own { Flaw::Changed } else { Flaw::OtherKey { named, given: key.id() } })
    }
}

/// Either alphabet, with or without padding, as the protocol asks for.
fn decode(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let plain = GeneralPurpose::new(&alphabet::STANDARD, config);
    plain.decode(text).or_else(|_| GeneralPurpose::new(&alphabet::URL_SAFE, config).decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The protocol's test vector: its envelope was signed with ECDSA P-256 by other software, over what `pae` must give.
    #[test]
    fn the_specifications_own_vector() {
        let text = r#"{"payload": "aGVsbG8gd29ybGQ=",
            "payloadType": "http://example.com/HelloWorld",
            "signatures": [{"sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}"#;
        let envelope: Envelope = serde_json::from_str(text).unwrap();
        let payload = decode(&envelope.payload).unwrap();
        let message = pae(&envelope.payload_type, &payload);
        assert_eq!(message, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        // X and Y of the vector as an uncompressed point.
        let key = [
            &[4_u8][..],
            &number("46950820868899156662930047687818585632848591499744589407958293238635476079160"),
            &number("5640078356564379163099075877009565129882514886557779369047442380624545832820"),
        ]
        .concat();
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED, key);
        let signature = decode(&envelope.signatures[0].sig).unwrap();
        assert!(key.verify(&message, &signature).is_ok());
        assert!(key.verify(&pae("http://example.com/HelloWorld", b"hello worle"), &signature).is_err());
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
        assert_eq!(pae("한", "글".as_bytes()), "DSSEv1 3 한 3 글".as_bytes());
    }

    /// 32 bytes, big-endian, of a decimal number.
    fn number(decimal: &str) -> [u8; 32] {
        let mut out = [0_u8; 32];
        for digit in decimal.bytes() {
            let mut carry = u32::from(digit - b'0');
            for byte in out.iter_mut().rev() {
                carry += u32::from(*byte) * 10;
                *byte = carry.to_le_bytes()[0];
                carry >>= 8;
            }
        }
        out
    }

    #[test]
    fn an_envelope_is_its_signers_alone() {
        let (key, other) = (SigningKey::generate(), SigningKey::generate());
        let envelope = Envelope::seal(b"hello", &key);
        assert_eq!(envelope.open(&key.public()), Ok(b"hello".to_vec()));
        let url_safe = Envelope {
            signatures: vec![SignatureLine {
                keyid: String::new(),
                sig: envelope.signatures[0].sig.replace('+', "-").replace('/', "_").replace('=', ""),
            }],
            ..envelope.clone()
        };
        assert_eq!(url_safe.open(&key.public()), Ok(b"hello".to_vec()), "either alphabet is taken");
        assert!(matches!(envelope.open(&other.public()), Err(Flaw::OtherKey { .. })));
        let changed = Envelope { payload: STANDARD.encode(b"hellp"), ..envelope.clone() };
        assert_eq!(changed.open(&key.public()), Err(Flaw::Changed));
        let typed = Envelope { payload_type: "text/plain".to_owned(), ..envelope.clone() };
        assert_eq!(typed.open(&key.public()), Err(Flaw::PayloadType("text/plain".to_owned())));
        assert_eq!(Envelope { signatures: Vec::new(), ..envelope.clone() }.open(&key.public()), Err(Flaw::NoSignature));
        assert_eq!(
            Envelope { payload: "%".to_owned(), ..envelope }.open(&key.public()),
            Err(Flaw::NoBase64("payload"))
        );
    }
}
