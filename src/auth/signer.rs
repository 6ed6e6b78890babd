//! What the values of headers are made from.

use chrono::{DateTime, FixedOffset};

use crate::model::format::stamp;
use crate::model::wire::{Credentials, Piece, Secret};

/// Who signs, and when.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    /// The actor's credentials.
    pub credentials: &'a Credentials,
    /// Those of another actor whom the target knows.
    pub second: Option<&'a Credentials>,
    /// The scheme's values that the request before has carried.
    pub earlier: Option<&'a [String]>,
    /// The instant of the request.
    pub now: DateTime<FixedOffset>,
    /// The request counter.
    pub count: u64,
}

impl Signer<'_> {
    /// Writes a template; `made` stands for what the scheme makes: the code in its own template, all of it in a header's.
    ///
    /// # Errors
    /// A sentence on the credential that is missing.
    pub fn write(&self, pieces: &[Piece], made: &str, out: &mut String) -> Result<(), String> {
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Now(pattern) => stamp(pattern, &self.now, out),
                Piece::Counter(digits) => {
                    let hex = format!("{:0width$x}", self.count, width = *digits);
                    out.push_str(&hex[hex.len() - digits..]);
                }
                Piece::Credential(name) => out.push_str(self.credential(name)?),
                Piece::Code | Piece::Auth => out.push_str(made),
            }
        }
        Ok(())
    }

    /// A credential of the actor.
    ///
    /// # Errors
    /// A sentence if the actor has none of this name.
    pub fn credential(&self, name: &str) -> Result<&str, String> {
        let known = self.credentials.get(name).map(Secret::reveal);
        known.ok_or_else(|| format!("no credential `{name}`: name it in the profile"))
    }

    /// A credential of the other actor.
    ///
    /// # Errors
    /// A sentence if there is no other actor, or none with such a credential.
    pub fn second(&self, name: &str) -> Result<&str, String> {
        let known = self.second.and_then(|s| s.get(name)).map(Secret::reveal);
        known.ok_or_else(|| format!("no second actor with a credential `{name}`: name one in the profile"))
    }
}
