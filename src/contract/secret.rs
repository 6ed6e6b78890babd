//! What a contract and the fixtures of a profile know of secrets.

use super::Contract;
use crate::model::bin::Bin;
use crate::model::fixture::Planted;
use crate::model::{Field, Json};

/// The kind of secret that a card number is.
const PAN: &str = "pan";

impl Contract {
    /// Values of fixtures in fields that are marked secret: their kind, and the value or its pattern.
    pub fn prepared_secrets(&self) -> impl Iterator<Item = (&str, &str)> {
        let parts = self.fixtures.iter().flat_map(|f| &f.parts);
        let values = parts.flat_map(|part| part.attributes.iter().map(move |(name, value)| (part, name, value)));
        values.filter_map(|(part, name, value)| {
            let text = match value {
                Planted::Literal(Json::String(text)) => text.as_str(),
                Planted::Serial { pattern, .. } => pattern,
                _ => return None,
            };
            Some((self.secret_kind(&format!("{}.{name}", part.resource))?, text))
        })
    }

    /// Beginnings of the card numbers that fixtures declare.
    #[must_use]
    pub fn bins(&self) -> Vec<Bin> {
        let mut bins: Vec<Bin> =
            self.prepared_secrets().filter(|(kind, _)| *kind == PAN).filter_map(|(_, text)| Bin::like(text)).collect();
        bins.dedup();
        bins
    }

    /// The kind of secret that an attribute of a resource is, by the fields that carry it.
    fn secret_kind(&self, attribute: &str) -> Option<&str> {
        let mut found = None;
        for endpoint in &self.endpoints {
            for field in endpoint.request.iter().chain(&endpoint.response) {
                field.walk(&mut |f: &Field| {
                    let carries = [&f.refers, &f.equals].into_iter().any(|r| r.as_deref() == Some(attribute));
                    if carries && found.is_none() {
                        found = f.secret.as_deref();
                    }
                });
            }
        }
        found
    }
}
