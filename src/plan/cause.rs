//! What a request must hold to meet a row's cause.

use super::reference::{fresh, is_text, other_than, template};
use super::stage::{Chosen, Stage};
use crate::contract::behaviour::{Operand, Source, Test};
use crate::contract::{Endpoint, When};
use crate::model::{Edit, Field, Hole, Json, Template, field};

impl Stage<'_> {
    /// The edits that a cause needs in the request itself.
    pub(super) fn provoke(
        &self,
        endpoint: &Endpoint,
        when: &When,
        left: bool,
        chosen: &Chosen,
    ) -> Result<Vec<Edit>, String> {
        let own = |path: &str| field::find(&endpoint.request, path).ok_or_else(|| format!("the request has no {path}"));
        match when {
            When::Unknown { field, .. } if !left => {
                let value = fresh(own(field)?);
                if matches!(&value, Template::Hole(hole) if !hole.names_nothing()) {
                    return Err(format!("{field} has so few legal values that each may name something at the target"));
                }
                Ok(vec![Edit::Set(field.replace(".*", ".0"), value)])
            }
            When::Mismatch(field) => {
                let found = own(field)?;
                let held = found.equals.as_deref().and_then(|p| p.split_once('.')).and_then(|(name, attribute)| {
                    let at = chosen.get(&self.world.resource(name)?)?;
                    self.world.things()[*at].attributes.get(attribute)?.value.scalar()
                });
                Ok(vec![Edit::Set(field.clone(), other_than(found, held.unwrap_or_default()))])
            }
            When::Where(tests) => {
                let mut out = Vec::new();
                for (operand, test) in tests {
                    out.extend(self.satisfy(endpoint, operand, test, chosen));
                }
                Ok(out)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn satisfy(&self, endpoint: &Endpoint, operand: &Operand, test: &Test, chosen: &Chosen) -> Option<Edit> {
        let bound = |path: &str, top: bool| {
            let value = field::find(&endpoint.request, path)?.value.as_ref()?;
            Some(Json::number(if top { value.first().max.to_string() } else { value.first().min.to_string() }))
        };
        let set = |path: &str, value: Template| Some(Edit::Set(path.replace(".*", ".0"), value));
        match (operand, test) {
            (Operand::Request(path), Test::Is(list)) => match list.first()? {
                Source::Literal(value) => set(path, Template::Json(value.clone())),
                _ => None,
            },
            (Operand::Request(path), Test::Not(list)) => match list.first()? {
                Source::Literal(Json::Bool(value)) => set(path, Template::Json(Json::Bool(!value))),
                Source::Literal(Json::String(word)) if word == "true" => set(path, Template::text("false")),
                Source::Literal(_) => Some(Edit::Remove(path.clone())),
                _ => None,
            },
            (Operand::Attribute(..), Test::Below(Source::Request(path))) => {
                set(path, Template::Json(bound(path, true)?))
            }
            (Operand::Attribute(..), Test::Above(Source::Request(path))) => {
                set(path, Template::Json(bound(path, false)?))
            }
            (Operand::Attribute(name, attribute), Test::Is(list)) => match list.first()? {
                Source::Request(path) => {
                    let at = chosen.get(&self.world.resource(name)?)?;
                    set(path, template(self.world.things()[*at].attributes.get(attribute)?))
                }
                // An entry of a catalogue is chosen by its attribute.
                Source::Literal(value) => {
                    let resource = self.contract().resources.iter().find(|r| r.name == *name && r.catalogue)?;
                    let mut place = None;
                    for field in &endpoint.request {
                        field.walk(&mut |f| {
                            if f.refers.as_deref().is_some_and(|r| r.split('.').next() == Some(name)) {
                                place = Some(f);
                            }
                        });
                    }
                    let hole = Hole::Entry {
                        resource: resource.name.clone(),
                        attribute: attribute.clone(),
                        value: value.scalar()?.to_owned(),
                        text: is_text(place?),
                    };
                    set(&place?.path, Template::Hole(hole))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// The field that must name what never was.
pub(super) fn never(cause: &When) -> Option<String> {
    match cause {
        When::Unknown { field, .. } => Some(field.clone()),
        _ => None,
    }
}

/// The fields that refer to the same resource as this one, itself among them.
pub(super) fn namesakes(endpoint: &Endpoint, path: &str) -> Vec<String> {
    let resource = |f: &Field| f.refers.as_deref().and_then(|r| r.split('.').next()).map(str::to_owned);
    let wanted = field::find(&endpoint.request, path).and_then(resource);
    let mut found = Vec::new();
    for field in &endpoint.request {
        field.walk(&mut |f| {
            if f.path == path || (wanted.is_some() && resource(f) == wanted && !f.required()) {
                found.push(f.path.clone());
            }
        });
    }
    found
}

/// True if the cause is that the resource is not there.
pub(super) fn absent(when: &When, name: &str) -> bool {
    matches!(when, When::Where(tests) if tests.iter().any(|(o, t)| *o == Operand::Resource(name.to_owned()) && *t == Test::Absent))
}

#[cfg(test)]
mod tests;
