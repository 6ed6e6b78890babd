//! What may stand in a contract once only: names of one kind, and the ids of clauses.

use std::collections::HashMap;

use super::error::LoadError;
use super::file::File;
use super::load::Loader;
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

impl Loader<'_> {
    /// Fails if two clauses have one id: waivers, baselines and evidence tell clauses apart by it.
    pub(super) fn check_ids(&self, files: &[File]) -> Result<(), LoadError> {
        let Some((first, second)) = self.doubled else { return Ok(()) };
        let (first, second) = (self.contract.clause(first), self.contract.clause(second));
        let message = format!("a second clause `{}`: the first one stands at {}", second.id, written(&first.source));
        let help = "make one row of the two, or let each name fields of its own";
        let text = files.iter().find(|f| f.name == second.source.file).map_or("", |f| f.text.as_str());
        Err(LoadError::of(&second.source, text, message, help))
    }
}

fn written(source: &Source) -> String {
    format!("{}:{}:{}", source.file, source.line, source.column)
}
