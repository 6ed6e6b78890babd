//! The sandbox's key pairs, for encrypted bodies.

use std::sync::OnceLock;

use crate::crypto::{Keys, PrivateKey, PublicKey, keys};

/// The sandbox's key pairs, made once for each process: server and client, each private and public in PEM.
static PAIRS: OnceLock<Option<[(String, String); 2]>> = OnceLock::new();

/// The name that the sandbox gives its key pair.
const KEY_ID: &str = "konformsandboxkeykonformsandboxk";

/// PEM texts of the sandbox's keys: the server's public key and the client's private key, with the pair's name.
#[must_use]
pub fn keys() -> Option<(String, String, String)> {
    let [server, client] = pairs()?;
    Some((KEY_ID.to_owned(), server.1.clone(), client.0.clone()))
}

pub(super) fn pairs() -> Option<&'static [(String, String); 2]> {
    PAIRS.get_or_init(|| Some([keys::generate()?, keys::generate()?])).as_ref()
}

/// What the server needs: its own private key, the client's public key.
pub(super) fn own() -> Option<&'static Keys> {
    static OWN: OnceLock<Option<Keys>> = OnceLock::new();
    let read = || {
        let [server, client] = pairs()?;
        let own = PrivateKey::from_pem(server.0.as_bytes()).ok()?;
        let other = PublicKey::from_pem(client.1.as_bytes()).ok()?;
        Some(Keys { id: KEY_ID.to_owned(), other, own, spare: None })
    };
    OWN.get_or_init(read).as_ref()
}
