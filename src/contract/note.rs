//! Gaps and conflicts: kept verbatim; a conflict with `either:` can be named by properties and decided by a profile.

use super::endpoint::Note;
use super::error::{LoadError, suggest};
use super::load::Loader;
use super::yaml::{Map, Node};

impl Loader<'_> {
    pub(super) fn notes(&mut self, map: &Map<'_>, owner: &str) -> Result<(), LoadError> {
        for node in map.opt("gaps").map(Node::list).transpose()?.unwrap_or_default() {
            self.contract.notes.push(Note {
                owner: owner.to_owned(),
                kind: "gap",
                text: node.text()?.to_owned(),
                sides: None,
                decided: String::new(),
                source: node.source(),
            });
        }
        for node in map.opt("conflicts").map(Node::list).transpose()?.unwrap_or_default() {
            let m = node.map()?;
            let id = m.req("id")?;
            self.conflicts.places.take("a second conflict", id.text()?, id)?;
            self.conflicts.ids.insert(id.text()?.to_owned());
            let text = m.req("what")?.text()?.to_owned();
            let sides = (m.req("a")?.text()?.to_owned(), m.req("b")?.text()?.to_owned());
            m.opt("note");
            let why = m.text("why")?.unwrap_or_default();
            let mut decided = if why.is_empty() { String::new() } else { format!("{}: {why}", id.text()?) };
            if let Some(either) = m.opt("either") {
                let default = m.req("default")?;
                let [a, b] = either.list()? else {
                    return Err(
                        either.error("a conflict has two sides", "write `either: [A, B]`, as `a` and `b` say it")
                    );
                };
                let mut values = if default.word(&["a", "b"])? == "a" {
                    vec![a.clone(), b.clone()]
                } else {
                    vec![b.clone(), a.clone()]
                };
                let choice = self.profile.and_then(|p| p.choices.get(id.text().unwrap_or_default()));
                match choice.map(String::as_str) {
                    None => {}
                    Some("a") => values = vec![a.clone()],
                    Some("b") => values = vec![b.clone()],
                    Some(other) => {
                        return Err(either.error(format!("the profile chooses `{other}`"), "choose `a` or `b`"));
                    }
                }
                let sends = choice.map_or_else(|| default.text(), |c| Ok(c))?;
                let takes = if values.len() == 1 { "takes no other" } else { "takes either" };
                decided = format!(
                    "{}: sends side {sends}, {takes}{}",
                    id.text()?,
                    if why.is_empty() { String::new() } else { format!("; {why}") }
                );
                self.conflicts.sides.insert(id.text()?.to_owned(), values);
            }
            m.done()?;
            self.contract.notes.push(Note {
                owner: owner.to_owned(),
                kind: "conflict",
                text,
                sides: Some(sides),
                decided,
                source: node.source(),
            });
        }
        Ok(())
    }

    /// A profile decides conflicts that there are.
    pub(super) fn check_choices(&self) -> Result<(), LoadError> {
        for (profile, id) in self.profile.iter().flat_map(|p| p.choices.keys().map(move |id| (p, id))) {
            if !self.conflicts.ids.contains(id) {
                return Err(profile.places.error(
                    &format!("choices/{id}"),
                    format!("{} has no conflict `{id}`", self.contract.id),
                    suggest(id, self.conflicts.ids.iter().map(String::as_str)),
                ));
            }
        }
        Ok(())
    }
}
