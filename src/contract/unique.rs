//! What may stand in a contract once only: names of one kind, and the ids of clauses.

use std::collections::HashMap;

use super::error::LoadError;
use super::yaml::Node;
use crate::model::Source;

/// Where each name stands first.
#[derive(Clone, Debug, Default)]
pub(super) struct Unique(HashMap<String, Source>);

impl Unique {
    /// Takes a name that must differ from all names taken before.
    ///
    /// # Errors
    /// Points at the second place of the name and says where the first one is. `what` says what the name belongs to, with an article:
    /// `a second endpoint`.
    pub(super) fn take(&mut self, what: &str, name: &str, node: &Node) -> Result<(), LoadError> {
        if let Some(first) = self.0.get(name) {
            let message = format!("{what} `{name}`: the first one stands at {}", written(first));
            return Err(node.error(message, "keep one of the two, or make them differ"));
        }
        self.0.insert(name.to_owned(), node.source());
        Ok(())
    }
}

/// A place as messages write it.
pub(super) fn written(source: &Source) -> String {
    format!("{}:{}:{}", source.file, source.line, source.column)
}
