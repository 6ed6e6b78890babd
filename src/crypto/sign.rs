//! Ed25519 signatures; keys in PEM, private (PKCS#8) and public (SPKI), as `openssl genpkey -algorithm ed25519` makes them.

use std::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use ed25519_dalek::{Signature, Signer as _};

use super::{hex, random, sha256};

/// A key that can't be used. Says nothing of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// No private key.
    #[error("no Ed25519 private key in PEM (-----BEGIN PRIVATE KEY-----): `konform keygen --sign` makes one")]
    NoPrivate,
    /// No public key.
    #[error("no Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----)")]
    NoPublic,
}

/// Signs. `Debug` shows nothing of it.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// Checks signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl SigningKey {
    /// A new key.
    #[must_use]
    pub fn generate() -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&random()))
    }

    /// Reads a PKCS#8 private key.
    ///
    /// # Errors
    /// [`SignError`] if the text holds no Ed25519 key.
    pub fn from_pem(pem: &str) -> Result<Self, SignError> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(pem).map(Self).map_err(|_| SignError::NoPrivate)
    }

    /// The key in PEM; none if it could not be encoded.
    #[must_use]
    pub fn to_pem(&self) -> Option<String> {
        self.0.to_pkcs8_pem(LineEnding::LF).ok().map(|pem| pem.to_string())
    }

    /// The signature over a message, 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }
}

impl VerifyingKey {
    /// Reads a public key.
    ///
    /// # Errors
    /// [`SignError`] if the text holds no Ed25519 key.
    pub fn from_pem(pem: &str) -> Result<Self, SignError> {
        ed25519_dalek::VerifyingKey::from_public_key_pem(pem).map(Self).map_err(|_| SignError::NoPublic)
    }

    /// The key in PEM; none if it could not be encoded.
    #[must_use]
    pub fn to_pem(&self) -> Option<String> {
        self.0.to_public_key_pem(LineEnding::LF).ok()
    }

    /// SHA-256 over the key's 32 bytes, hex: its name in signatures.
    #[must_use]
    pub fn id(&self) -> String {
        hex(&sha256(self.0.as_bytes()))
    }

    /// True if the signature is this key's over exactly this message. Strict: no weak keys, one encoding only.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 8032, 7.1, test 2: secret key, public key, message, signature.
    #[test]
    fn rfc_8032_test_2() {
        let secret = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = SigningKey(ed25519_dalek::SigningKey::from_bytes(&secret.try_into().unwrap()));
        let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(hex(&key.sign(&[0x72])), expected);
        assert!(key.public().verifies(&[0x72], &bytes(expected)));
        assert!(!key.public().verifies(&[0x73], &bytes(expected)));
        assert!(!key.public().verifies(&[0x72], &bytes(expected)[..63]));
    }

    #[test]
    fn keys_survive_pem_and_a_weak_key_verifies_nothing() {
        let key = SigningKey::generate();
        let again = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
        let public = VerifyingKey::from_pem(&key.public().to_pem().unwrap()).unwrap();
        assert_eq!(public.id(), again.public().id());
        assert!(public.verifies(b"x", &again.sign(b"x")));
        assert_eq!(SigningKey::from_pem("hello").unwrap_err(), SignError::NoPrivate);
        // RFC 8410, 10.1: a public key that other software wrote.
        let theirs = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        assert!(VerifyingKey::from_pem(theirs).is_ok());
        // The point of order one: R = A = identity and s = 0 pass a check that is not strict, for any message.
        let mut identity = [0_u8; 32];
        identity[0] = 1;
        let weak = VerifyingKey(ed25519_dalek::VerifyingKey::from_bytes(&identity).unwrap());
        let forged = [&identity[..], &[0; 32]].concat();
        assert!(!weak.verifies(b"anything", &forged));
    }
}
