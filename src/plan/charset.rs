//! Texts of legal length with characters outside the set.

use super::{Planned, Scope, set};
use crate::model::Template;
use crate::model::twin::Twin;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for field in scope.fields() {
        let Some(charset) = field.charset.as_ref().filter(|c| !c.open) else { continue };
        let chars = field.length.as_ref().map_or(8, |l| l.first().max);
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
