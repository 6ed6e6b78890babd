//! Keyed hashes, digests and encrypted messages as pure functions over bytes. Knows no headers, no contract, no clock.

mod hash;
pub mod jwe;
pub mod keys;
mod sign;

pub use hash::{Digest, Mac, base64, equal, from_base64, hex, hmac_sha256_base64, random, sha256};
pub use keys::{KeyError, Keys, PrivateKey, PublicKey};
pub use sign::{SignError, SigningKey, VerifyingKey};
