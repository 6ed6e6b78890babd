//! Named texts that break careless handling of characters and blanks, in every free text and every header.
//!
//! No source says which characters a free text may hold: such a request is held to no server error, and where it is taken and
//! a later call shows the value, to coming back unchanged.

use super::{Planned, Scope, echo, set};
use crate::model::Template;
use crate::model::field::{Constraint, Field, Kind, Location};
use crate::model::input::fresh;
use crate::model::template::{HeaderChange, HeaderEdit};

/// Name, text, and whether a narrow plan sends it too.
pub(super) const TEXTS: [(&str, &str, bool); 44] = [
    ("leading-blank", " ab", false),
    ("trailing-blank", "ab ", true),
    ("inner-blanks", "a  b", false),
    ("tab", "a\tb", false),
    ("line-feed", "a\nb", false),
    ("carriage-return", "a\r\nb: c", false),
    ("no-break-space", "a\u{a0}b", false),
    ("ideographic-space", "\u{3000}a\u{3000}", false),
    ("zero-width-space", "a\u{200b}b", true),
    ("zero-width-joiner", "a\u{200d}b", false),
    ("byte-order-mark", "a\u{feff}b", false),
    ("soft-hyphen", "a\u{ad}b", false),
    ("line-separator", "a\u{2028}b", false),
    ("bidi-override", "a\u{202e}b", true),
    ("right-to-left", "שלום", false),
    ("arabic", "مرحبا", false),
    ("hangul", "한글", true),
    ("hangul-decomposed", "\u{1112}\u{1161}\u{11ab}", false),
    ("hangul-jamo", "ㅎㅏㄴ", false),
    ("hangul-filler", "\u{3164}", true),
    ("hanja", "漢字", false),
    ("combining", "e\u{301}", true),
    ("zalgo", "a\u{351}\u{36b}\u{353}\u{32a}b\u{310}", false),
    ("emoji", "😀", false),
    ("emoji-sequence", "👨\u{200d}👩\u{200d}👧", true),
    ("emoji-skin-tone", "👍🏽", false),
    ("flag", "🇰🇷", false),
    ("fullwidth", "ａｂ１２", true),
    ("homoglyph", "аdmin", false),
    ("case-expanding", "ß", true),
    ("dotted-i", "İı", false),
    ("ligature", "ﬃ", false),
    ("private-use", "\u{e000}", false),
    ("noncharacter", "\u{fffe}", false),
    ("replacement", "\u{fffd}", false),
    ("control", "a\u{1}b", true),
    ("delete", "a\u{7f}b", false),
    ("quotes", "a'\"`b", true),
    ("backslash", "a\\b\\u0041", true),
    ("markup", "<b>&amp;</b>", true),
    ("sql", "' OR '1'='1", false),
    ("percent", "%00%0a%s%n", false),
    ("template", "${7*7}{{7*7}}", false),
    ("path", "../../etc/passwd", false),
];

/// Digits that keep a text of a unique field apart from all others.
const FRESH: usize = 10;
/// Characters that take the place of a header's last one.
const HEADERS: [(&str, &str); 4] = [("hangul-end", "한"), ("latin-end", "é"), ("comma-end", ","), ("quote-end", "\"")];

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    let wide = scope.plan.breadth().wide;
    for field in scope.fields().into_iter().filter(|f| free(f)) {
        for (name, text, narrow) in TEXTS {
            if !wide && !narrow {
                continue;
            }
            let Some(value) = fitted(field, text, &scope.plan.contract().units) else { continue };
            let edits = vec![set(field, value)];
            out.push(if echo::shows(scope, &edits) {
                echo::case(scope, &field.place(), name, &edits)
            } else {
                scope.case(&field.place(), name, None, scope.probe(edits))
            });
        }
    }
    if wide {
        for field in &scope.endpoint.request_headers {
            if !scope.endpoint.wire.headers.iter().any(|h| h.name == field.name) {
                continue;
            }
            for (variant, text) in HEADERS {
                let edit = HeaderEdit { name: field.name.clone(), change: HeaderChange::End(text) };
                out.push(scope.with_header(field, variant, None, edit));
            }
        }
    }
    out
}

/// True for a text whose characters no clause speaks of.
pub(super) fn free(field: &Field) -> bool {
    let closed = field.charset.is_some() || field.words.is_some() || field.format.as_ref().is_some_and(|f| !f.open);
    let named = field.refers.is_some() || field.equals.is_some() || field.operator;
    let text = field.kind.as_ref().is_some_and(|k| *k.first() == Kind::String);
    text && !closed && !named && field.location == Location::Body
}

/// The text as a value of the field that is of legal length in every unit; none if there is no room.
fn fitted(field: &Field, text: &str, units: &[crate::model::field::Unit]) -> Option<Template> {
    let limits = field.length.as_ref().map(Constraint::first);
    if limits.is_some_and(|l| l.min > field.room(1)) {
        return None;
    }
    let mut text = text.to_owned();
    let mut filler = if field.unique { "#".repeat(FRESH) } else { String::new() };
    let missing = limits.map_or(0, |l| l.min.saturating_sub(text.chars().count() + filler.len()));
    filler.push_str(&"a".repeat(missing));
    // A blank at the end stays there; a sign that combines with the one before it stays with it.
    let first = text.chars().next().map_or(0, char::len_utf8);
    let at = if text.ends_with(char::is_whitespace) { first } else { text.len() };
    text.insert_str(at, &filler);
    if limits.is_some_and(|l| units.iter().any(|u| u.count(&text) > l.max)) {
        return None;
    }
    Some(if field.unique { fresh(&field.path, &text) } else { Template::text(text) })
}

#[cfg(test)]
mod tests;
