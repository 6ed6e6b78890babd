//! Which bodies of an endpoint a page marks as encrypted, and what that promises.

use super::endpoint::EncryptionClauses;
use super::error::LoadError;
use super::load::Loader;
use super::property::{self, Property};
use super::yaml::Node;
use crate::model::clause::{Basis, Rule};
use crate::model::wire::Mark;

impl Loader<'_> {
    pub(super) fn mark(&self, node: &Node) -> Result<Mark, LoadError> {
        let read = |n: &Node| {
            Ok(match n.word(&["marked", "unmarked", "unseen"])? {
                "marked" => Mark::Marked,
                "unmarked" => Mark::Unmarked,
                _ => Mark::Unseen,
            })
        };
        if node.is_map() {
            let found = property::property(node, "encryption", &read, &self.conflicts, (Basis::Documented, ""))?;
            return Ok(found.and_then(|p| p.sides.first().copied()).unwrap_or(Mark::Unseen));
        }
        read(node)
    }

    pub(super) fn encryption_clauses(
        &mut self,
        id: &str,
        prop: &Property<()>,
        marks: (Mark, Mark),
    ) -> EncryptionClauses {
        let policy = Property {
            basis: Basis::Policy,
            why: "RFC 7516, 5.2 and 11.5: what does not verify must not be taken".to_owned(),
            ..prop.clone()
        };
        let marked = Property { basis: Basis::Documented, ..prop.clone() };
        EncryptionClauses {
            encrypted: (marks.1 == Mark::Marked).then(|| {
                self.clause(
                    format!("{id}/encryption/response/encrypted"),
                    Rule::Encrypted,
                    &marked,
                    "the answer to an encrypted request is encrypted, as the page marks it".to_owned(),
                )
            }),
            opens: self.clause(
                format!("{id}/encryption/response/opens"),
                Rule::Opens,
                prop,
                "an encrypted answer is opened by the caller's private key".to_owned(),
            ),
            authentic: (marks.0 != Mark::Unmarked).then(|| {
                self.clause(
                    format!("{id}/encryption/request/authentic"),
                    Rule::Authentic,
                    &policy,
                    "an encrypted request that does not verify is refused".to_owned(),
                )
            }),
        }
    }
}
