//! Contracts: YAML files in, a resolved [`Contract`] with its clauses out; likewise profiles.
//!
//! `yaml` reads text into a tree that knows where everything stands; `property` reads what is known of a field; `load` puts the
//! files of one API together, `endpoint_file` reads one of them and gives its promises their clauses; `lint` says what the contract
//! holds and leaves open. Nothing here knows requests, targets or verdicts.

mod api;
mod auth;
pub mod behaviour;
pub mod compare;
mod effect;
mod encryption;
pub mod endpoint;
mod endpoint_file;
pub mod error;
mod file;
mod fitting;
mod header;
pub mod lint;
mod load;
mod note;
mod policy;
pub mod profile;
mod property;
mod row;
mod secret;
mod sibling;
mod table;
mod unique;
pub mod waiver;
mod wire;
mod yaml;

pub use behaviour::{Act, Covers, Effect, Row, RowField, When};
pub use endpoint::{Contract, Endpoint, Envelope, Example, Note, Success, Unknown};
pub use error::LoadError;
pub use file::File;
pub use load::load;
pub use profile::{Capability, Environment, Profile};
