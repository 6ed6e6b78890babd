//! RSA keys for encrypted messages, read from PEM: certificate or public key (SPKI), private key (PKCS#8).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};

/// A key that can't be used. Says nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Neither certificate nor public key.
    #[error("no certificate and no public key in PEM (-----BEGIN CERTIFICATE----- or -----BEGIN PUBLIC KEY-----)")]
    NoPublic,
    /// No PKCS#8 private key.
    #[error("no private key in PEM (-----BEGIN PRIVATE KEY-----, PKCS#8)")]
    NoPrivate,
    /// Not RSA, or too small or too large.
    #[error("no RSA key of 2048 to 8192 bits")]
    NoRsa,
}

/// A key that messages are encrypted under.
#[derive(Clone)]
pub struct PublicKey(Arc<OaepPublicEncryptingKey>);

/// A key that opens messages. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct PrivateKey(Arc<OaepPrivateDecryptingKey>);

impl PublicKey {
    /// Reads a certificate or a public key.
    ///
    /// # Errors
    /// [`KeyError`] if the text holds no RSA key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let spki = if let Ok(spki) = SubjectPublicKeyInfoDer::from_pem_slice(pem) {
            spki.as_ref().to_vec()
        } else {
            let cert = CertificateDer::from_pem_slice(pem).map_err(|_| KeyError::NoPublic)?;
            let cert = webpki::EndEntityCert::try_from(&cert).map_err(|_| KeyError::NoPublic)?;
            cert.subject_public_key_info().as_ref().to_vec()
        };
        Self::from_spki(&spki)
    }

    fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let key = PublicEncryptingKey::from_der(der).map_err(|_| KeyError::NoRsa)?;
        OaepPublicEncryptingKey::new(key).map(|key| Self(Arc::new(key))).map_err(|_| KeyError::NoRsa)
    }

    /// RSA-OAEP with SHA-256 over a few bytes.
    pub(super) fn wrap(&self, secret: &[u8]) -> Option<Vec<u8>> {
        let mut out = vec![0; self.0.ciphertext_size()];
        let length = self.0.encrypt(&OAEP_SHA256_MGF1SHA256, secret, &mut out, None).ok()?.len();
        out.truncate(length);
        Some(out)
    }
}

impl PrivateKey {
    /// Reads a PKCS#8 private key.
    ///
    /// # Errors
    /// [`KeyError`] if the text holds no RSA key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| KeyError::NoPrivate)?;
        let key = PrivateDecryptingKey::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| KeyError::NoRsa)?;
        OaepPrivateDecryptingKey::new(key).map(|key| Self(Arc::new(key))).map_err(|_| KeyError::NoRsa)
    }

    /// Undoes [`PublicKey::wrap`].
    pub(super) fn unwrap(&self, wrapped: &[u8]) -> Option<Vec<u8>> {
        let mut out = vec![0; self.0.min_output_size()];
        let length = self.0.decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut out, None).ok()?.len();
        out.truncate(length);
        Some(out)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}

/// What one side needs to speak encrypted: the other's public key, its own private key, the name of the pair.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The pair's name, as a header carries it.
    pub id: String,
    /// The other side's key: what is sent is encrypted under it.
    pub other: PublicKey,
    /// One's own key: what comes is opened with it.
    pub own: PrivateKey,
    /// One's own key of another pair: what answers a request without a pair's name may be under that one.
    pub spare: Option<PrivateKey>,
}

/// A new pair of 2048 bits: private (PKCS#8) and public (SPKI) in PEM. None if the machine has no randomness.
#[must_use]
pub fn generate() -> Option<(String, String)> {
    let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).ok()?;
    let private: Pkcs8V1Der<'_> = key.as_der().ok()?;
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().ok()?;
    Some((armour("PRIVATE KEY", private.as_ref()), armour("PUBLIC KEY", public.as_ref())))
}

fn armour(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        (0..text.len()).step_by(64).filter_map(|at| text.get(at..(at + 64).min(text.len()))).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
