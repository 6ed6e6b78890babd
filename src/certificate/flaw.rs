//! Why an envelope or the statement in it is not to be believed.

/// Why a certificate is not to be believed, one sentence each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// No DSSE.
    #[error("it is no DSSE envelope: {0}")]
    NoEnvelope(String),
    /// Another type.
    #[error("its payload type is `{0}`: this is no in-toto statement, whoever signed it")]
    PayloadType(String),
    /// Nobody signed.
    #[error("nobody has signed it")]
    NoSignature,
    /// No base64.
    #[error("its {0} is no base64")]
    NoBase64(&'static str),
    /// Another key.
    #[error("it was signed with another key: it names {named}, the given one is {given}")]
    OtherKey {
        /// Key ids in the envelope.
        named: String,
        /// The given key's id.
        given: String,
    },
    /// Changed.
    #[error("it was changed after it was signed: the signature does not fit its text")]
    Changed,
    /// Not ours.
    #[error("it is signed, but no {wanted}: {found}")]
    NotOurs {
        /// Certificate or countersignature.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
}
