//! The values with which a request names what is there, or what never was.

use crate::behaviour::{Held, Origin};
use crate::model::field::{Constraint, Kind};
use crate::model::template::Shape;
use crate::model::{Field, Hole, Template};
use crate::schema::compose;

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
    field.kind.as_ref().is_none_or(|k| *k.first() == Kind::String)
}

/// A legal value that names nothing.
pub(super) fn fresh(field: &Field) -> Template {
    let field = field.form.as_deref().unwrap_or(field.legal());
    if is_text(field) {
        let limits = field.length.as_ref().map(Constraint::first);
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
pub(super) fn other_than(field: &Field, known: &str) -> Template {
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
