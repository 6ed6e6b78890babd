//! An honest server of KONA PLATE's Open API, written by hand from the published facts with nothing of the harness:
//! threads, sockets, and the rules as a Java programmer would check them.

mod accident;
mod account;
mod application;
mod card;
mod charge;
mod check;
mod damage;
mod endpoint;
mod entrance;
mod fault;
mod gateway;
mod http;
mod jwe;
mod lapse;
mod leniency;
mod password;
mod physical;
mod prepared;
mod profile;
mod seeds;
mod temperament;
mod terms;
mod user;
mod world;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

pub(crate) use prepared::prepared;
pub(crate) use profile::profile;
pub(crate) use temperament::Temperament;

/// What a partner is given.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) asp_id: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) encryption: Option<Encryption>,
}

/// An encryption-key id and the platform's half of its two pairs.
#[derive(Clone)]
pub(crate) struct Encryption {
    pub(crate) key_id: String,
    /// PEM, PKCS#8
    pub(crate) server_private: String,
    /// PEM, a certificate or a public key
    pub(crate) client_public: String,
}

/// A running server; ends when dropped.
pub(crate) struct Honest {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
    faults: Arc<fault::Faults>,
}

impl Honest {
    /// Starts a server on a port of this machine; 0 takes a free one. A fault that there is not is an error.
    pub(crate) fn start(port: u16, keys: Keys, temperament: Temperament, faults: &[&str]) -> std::io::Result<Self> {
        let crypto = match &keys.encryption {
            None => None,
            Some(e) => Some(
                jwe::Crypto::read(&e.key_id, &e.server_private, &e.client_public)
                    .ok_or_else(|| std::io::Error::other("the encryption keys cannot be read"))?,
            ),
        };
        let faults = Arc::new(fault::Faults::read(faults).map_err(std::io::Error::other)?);
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let temper = Arc::new(temperament);
        let world = Mutex::new(world::World::new(&keys.asp_id, &temper, &faults));
        let gateway = gateway::Gateway {
            keys,
            crypto,
            temper: Arc::clone(&temper),
            faults: Arc::clone(&faults),
            world,
            count: AtomicU64::new(0),
        };
        let ends = Arc::clone(&stop);
        std::thread::spawn(move || {
            let handler: Arc<dyn Fn(&http::Request) -> http::Answer + Send + Sync> =
                Arc::new(move |request| gateway.answer(request));
            http::serve(&listener, &ends, &temper, &handler);
        });
        Ok(Self { address, stop, faults })
    }

    /// The names of the faults that have changed an answer or the state.
    pub(crate) fn fired(&self) -> Vec<String> {
        self.faults.fired()
    }
}

impl Drop for Honest {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}
