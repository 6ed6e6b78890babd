//! Texts of legal length that are no such date, time or pattern.

use super::{Planned, Scope, set};
use crate::model::Template;
use crate::model::field::Format;

/// Part of the pattern, its impossible text, name of the variant. `02` with day `30` needs two parts.
const IMPOSSIBLE: [(&[(&str, &str)], &str); 7] = [
    (&[("MM", "13")], "month-13"),
    (&[("MM", "00")], "month-00"),
    (&[("dd", "32")], "day-32"),
    (&[("dd", "00")], "day-00"),
    (&[("MM", "02"), ("dd", "30")], "february-30"),
    (&[("HH", "25")], "hour-25"),
    (&[("MM", "ab")], "letters"),
];

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for field in scope.fields() {
        let Some(format) = field.format.as_ref().filter(|f| !f.open) else { continue };
        let Format::Pattern(pattern) = format.first() else { continue };
        for (parts, variant) in IMPOSSIBLE {
            if parts.iter().all(|(part, _)| pattern.contains(part)) {
                let mut text = pattern.clone();
                for (part, value) in parts {
                    text = text.replace(part, value);
                }
                for (part, value) in [
                    ("yyyy", "1990"),
                    ("yy", "90"),
                    ("MM", "01"),
                    ("dd", "15"),
                    ("HH", "01"),
                    ("mm", "01"),
                    ("SSS", "001"),
                    ("ss", "01"),
                ] {
                    text = text.replace(part, value);
                }
                out.push(scope.edited(field, variant, format.clause, set(field, Template::text(text))));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
