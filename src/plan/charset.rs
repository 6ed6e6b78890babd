//! Texts of legal length with characters outside the set.

use super::{Planned, Scope, set};
use crate::model::Template;
use crate::model::field::Constraint;
use crate::model::twin::Twin;
use crate::schema::compose;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for field in scope.fields() {
        let Some(charset) = field.charset.as_ref().filter(|c| !c.open) else { continue };
        let limits = field.length.as_ref().map(Constraint::first);
        let chars = limits.map_or(8, |l| l.max.min(field.room(3)));
        if limits.is_some_and(|l| chars < l.min) {
            out.push(scope.left_out(
                &field.place(),
                "letter",
                charset.clause,
                compose::too_long(limits.map_or(chars, |l| l.min)),
            ));
            continue;
        }
        for (variant, stranger) in [("letter", 'z'), ("symbol", '-'), ("space", ' ')] {
            let mut text: Vec<char> = "907135".chars().cycle().take(chars).collect();
            if let Some(middle) = text.get_mut(chars / 2) {
                *middle = stranger;
                out.push(scope.edited(
                    field,
                    variant,
                    charset.clause,
                    set(field, Template::text(text.into_iter().collect::<String>())),
                ));
            }
        }
        out.push(scope.twin(field, Twin::FullWidth, charset.clause));
        out.push(scope.edited(field, "letters", charset.clause, set(field, Template::text("z".repeat(chars)))));
    }
    out
}

#[cfg(test)]
mod tests;
