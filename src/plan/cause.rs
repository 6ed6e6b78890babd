//! What a request must hold to meet a row's cause, and the values with which it names what is there, or what never was.

use super::stage::{Chosen, Stage};
use crate::behaviour::{Held, Origin};
use crate::contract::behaviour::{Operand, Source, Test};
use crate::contract::{Endpoint, When};
use crate::model::template::Shape;
use crate::model::{Edit, Field, Hole, Json, Template, field};
use crate::schema::compose;

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

/// Where a known value is taken from when the request is made.
pub(super) fn template(held: &Held) -> Template {
    hole(&held.origin).map_or_else(|| Template::Json(held.value.clone()), Template::Hole)
}

/// The hole that takes a value from where it came; none for a value that is written out.
fn hole(origin: &Origin) -> Option<Hole> {
    Some(match origin {
        Origin::Written => return None,
        Origin::Sent { step, path } => Hole::Sent { step: *step, path: path.clone() },
        Origin::Answered { step, path } => Hole::Answer { step: *step, path: path.clone() },
        Origin::Listed { step, list, key, except, member } => Hole::Listed {
            step: *step,
            list: list.clone(),
            key: key.clone(),
            except: except.iter().filter_map(hole).collect(),
            member: member.clone(),
        },
        Origin::Planted { fixture, part, attribute } => {
            Hole::Planted { fixture: *fixture, part: *part, attribute: attribute.clone() }
        }
    })
}

pub(super) fn is_text(field: &Field) -> bool {
    field.kind.as_ref().is_none_or(|k| *k.first() == crate::model::field::Kind::String)
}

/// A legal value that names nothing.
pub(super) fn fresh(field: &Field) -> Template {
    let field = field.form.as_deref().unwrap_or(field.legal());
    if is_text(field) {
        let limits = field.length.as_ref().map(crate::model::field::Constraint::first);
        let shape = compose::shape(field);
        let chars = match &shape {
            Shape::Pattern(pattern) => pattern.chars().count(),
            _ => limits.map_or(20, |l| 32.clamp(l.min, l.max)).min(field.room(1)),
        };
        // Card numbers are digits wherever they are shown; every alphabet that a name without a known form may have has digits.
        let digits = field.secret.as_deref() == Some("pan")
            || (field.refers.is_some() && shape == Shape::Plain)
            || (field.charset.is_some() && !matches!(shape, Shape::Pattern(_)));
        let shape = if digits { Shape::Pattern("0".to_owned() + &"#".repeat(chars.saturating_sub(1))) } else { shape };
        return Template::Hole(Hole::Identity { field: field.path.clone(), shape, chars });
    }
    compose::number_of_nobody(field)
}

/// A legal value that differs from the known one.
fn other_than(field: &Field, known: &str) -> Template {
    let field = field.legal();
    let chars = if known.is_empty() {
        field.length.as_ref().map_or(8, |l| l.first().min.max(1))
    } else {
        known.chars().count()
    };
    if known.bytes().all(|b| b.is_ascii_digit()) && !known.is_empty() {
        // Every digit moved on by three: as long, and never the same.
        let moved: String = known.bytes().map(|b| char::from(b'0' + (b - b'0' + 3) % 10)).collect();
        return Template::text(moved);
    }
    if let Some(word) = field.words.as_ref().and_then(|w| w.first().iter().find(|w| *w != known)) {
        return Template::text(word.clone());
    }
    Template::Hole(Hole::Identity { field: field.path.clone(), shape: Shape::Plain, chars })
}

#[cfg(test)]
mod tests;
