//! Texts with exactly the length, script and shape that a case wants.

use crate::model::field::{Charset, Constraint, Format, Kind, Sample};
use crate::model::template::{Hole, Keep, Shape, Template};
use crate::model::{Field, format};

/// The script that filler characters come from; sizes differ in UTF-16 units and bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// One byte, one unit, one code point.
    Ascii,
    /// Three bytes, one unit.
    Hangul,
    /// Four bytes, two units.
    Astral,
}

impl Script {
    /// All scripts.
    pub const ALL: [Script; 3] = [Script::Ascii, Script::Hangul, Script::Astral];

    /// The word in case ids.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Script::Ascii => "ascii",
            Script::Hangul => "hangul",
            Script::Astral => "astral",
        }
    }

    /// Bytes of one character in UTF-8.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Script::Ascii => 1,
            Script::Hangul => 3,
            Script::Astral => 4,
        }
    }

    /// The characters that fill a text of this script.
    #[must_use]
    pub fn letters(self) -> &'static [char] {
        match self {
            Script::Ascii => &[
                'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't',
                'u', 'v', 'w', 'x', 'y', 'z',
            ],
            Script::Hangul => &['가', '나', '다', '라', '마', '바', '사'],
            Script::Astral => &['😀', '🎉', '𐍈', '🚀'],
        }
    }
}

/// Why a text of so many characters is not sent.
#[must_use]
pub fn too_long(chars: usize) -> String {
    format!("a value of {chars} characters is too long to send")
}

/// `chars` characters of `script`; `seed` shifts which.
#[must_use]
pub fn filler(script: Script, chars: usize, seed: u64) -> String {
    let letters = script.letters();
    let start = usize::try_from(seed % 26).unwrap_or(0);
    (0..chars).map(|i| letters[(start + i) % letters.len()]).collect()
}

/// A value of `chars` characters for the field, legal but for its length where that is possible.
///
/// # Errors
/// Why there is none: it would be too long to send, or the field's other clauses leave no text of this length and script.
pub fn of_length(field: &Field, chars: usize, script: Script, seed: u64) -> Result<Template, String> {
    if chars > field.room(script.bytes()) {
        return Err(too_long(chars));
    }
    let field = field.legal();
    let shape = match shape(field) {
        Shape::Pattern(pattern) => Shape::Pattern(stretch(&pattern, chars)),
        shape => shape,
    };
    if script == Script::Ascii {
        if field.unique {
            return Ok(identity(field, shape, chars));
        }
        if let Some(words) = &field.words {
            if let Some(word) = words.sides.iter().flatten().find(|w| w.chars().count() == chars) {
                return Ok(Template::text(word.clone()));
            }
        }
        return Ok(match &shape {
            Shape::Email | Shape::Pattern(_) => identity(field, shape, chars),
            Shape::Plain | Shape::Alphabet(_) => Template::text(plain(field, chars, seed)),
        });
    }
    // Another script breaks a charset, a word list or a format besides: no single fault.
    let closed = |open: Option<bool>| open == Some(false);
    let other_rule = closed(field.charset.as_ref().map(|c| c.open))
        || closed(field.words.as_ref().map(|w| w.open))
        || closed(field.format.as_ref().map(|f| f.open));
    if !other_rule && field.unique {
        return Ok(identity(field, Shape::Alphabet(script.letters()), chars));
    }
    if other_rule {
        return Err(format!(
            "{} text of {chars} characters would break another clause of the field too",
            script.word()
        ));
    }
    Ok(Template::text(filler(script, chars, seed)))
}

fn plain(field: &Field, chars: usize, seed: u64) -> String {
    let digits =
        |n: usize| (0..n).map(|i| char::from(b'0' + u8::try_from((i * 7 + 9) % 10).unwrap_or(0))).collect::<String>();
    // A date cut short or padded stays digits.
    let resized = |word: &str, chars: usize| {
        word.chars().take(chars).collect::<String>() + &digits(chars.saturating_sub(word.chars().count()))
    };
    match (field.charset.as_ref().map(|c| *c.first()), &field.format, &field.sample) {
        (_, Some(_), Some(Sample::Word(word))) => resized(word, chars),
        // A text of digits alone, or of letters, would break the format too.
        (_, Some(Constraint { sides, .. }), _) if let [Format::Pattern(pattern), ..] = sides.as_slice() => {
            resized(&format::sample(pattern), chars)
        }
        (Some(Charset::Digits), ..) => digits(chars),
        (None, ..) if field.shown_as_digits() => digits(chars),
        (Some(Charset::Hex), ..) => "0123456789abcdef".chars().cycle().take(chars).collect(),
        _ => filler(Script::Ascii, chars, seed),
    }
}

fn stretch(pattern: &str, chars: usize) -> String {
    let mut out: String = pattern.chars().take(chars).collect();
    out.extend(std::iter::repeat_n('#', chars.saturating_sub(pattern.chars().count())));
    out
}

/// What free characters of the field look like.
#[must_use]
pub fn shape(field: &Field) -> Shape {
    if field.format.as_ref().is_some_and(|f| *f.first() == Format::Email) {
        return Shape::Email;
    }
    match &field.sample {
        Some(Sample::Pattern(pattern)) => Shape::Pattern(pattern.clone()),
        _ => Shape::Plain,
    }
}

/// Digits of a field whose charset is `hex`.
const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

fn identity(field: &Field, shape: Shape, chars: usize) -> Template {
    let shape = match (shape, field.charset.as_ref().map(|c| *c.first())) {
        (Shape::Plain, Some(Charset::Digits)) => Shape::Pattern("#".repeat(chars)),
        (Shape::Plain, Some(Charset::Hex)) => Shape::Alphabet(&HEX),
        (shape, _) => shape,
    };
    Template::Hole(Hole::Identity { field: field.path.clone(), shape, chars })
}

/// Whole numbers that no target has given out by itself, where bounds allow them.
const FAR: (u64, u64) = (500_000_000_000_000, 599_999_999_999_999);

/// A legal number that names nothing. Where the bounds leave little room it is near the upper one: ids are given out from the lower
/// one on.
#[must_use]
pub fn number_of_nobody(field: &Field) -> Template {
    let (least, most) = whole(field);
    number(field, (most - (most - least) / 10, most))
}

/// A legal number that no request has used before.
fn unused_number(field: &Field) -> Template {
    number(field, whole(field))
}

/// The whole numbers that are legal in the field.
fn whole(field: &Field) -> (u64, u64) {
    field.value.as_ref().and_then(|v| v.first().whole()).unwrap_or((0, u64::MAX))
}

fn number(field: &Field, (least, most): (u64, u64)) -> Template {
    let (low, high) = whole(field);
    let (least, most) = if low <= FAR.0 && FAR.1 <= high { FAR } else { (least, most) };
    Template::Hole(Hole::Number { field: field.path.clone(), least, most })
}

/// Another part of the catalogue whose entries the field's sample lists; none for a field whose sample lists none.
#[must_use]
pub fn listing(field: &Field, keep: Keep) -> Option<Template> {
    match baseline(field)? {
        Template::Hole(Hole::Catalogue { resource, attribute, value, text, .. }) => {
            Some(Template::Hole(Hole::Catalogue { resource, attribute, value, keep, text }))
        }
        _ => None,
    }
}

/// The value that a baseline sends: legal by every source, in the intersection of limits that disagree. `None` where the
/// contract gives nothing to send (a reference to what does not exist yet, a type that nobody has seen).
#[must_use]
pub fn baseline(field: &Field) -> Option<Template> {
    let field = field.legal();
    if field.equals.is_some() && field.optional() {
        // What repeats something that is known is left out where nothing says that it must be there.
        return None;
    }
    let is_list = field.kind.as_ref().is_some_and(|k| *k.first() == Kind::Array);
    if let (Some(Sample::Catalogue { resource, attribute, value }), false) = (&field.sample, is_list) {
        return Some(Template::Hole(Hole::Entry {
            resource: resource.clone(),
            attribute: attribute.clone(),
            value: value.clone(),
            text: field.kind.as_ref().is_none_or(|k| *k.first() == Kind::String),
        }));
    }
    match field.kind.as_ref().map(|k| *k.first())? {
        Kind::String => text(field),
        Kind::Number => {
            if field.refers.is_some() {
                return None;
            }
            if field.unique {
                return Some(unused_number(field));
            }
            let least = field.value.as_ref().map_or_else(|| "1".to_owned(), |v| v.first().min.to_string());
            Some(Template::Json(crate::model::Json::number(least)))
        }
        Kind::Boolean => Some(Template::Json(crate::model::Json::Bool(true))),
        Kind::Object => Some(Template::Object(
            field.fields.iter().filter_map(|f| Some((f.name.as_str().into(), baseline(f)?))).collect(),
        )),
        Kind::Array => match &field.sample {
            Some(Sample::Catalogue { resource, attribute, value }) => Some(Template::Hole(Hole::Catalogue {
                resource: resource.clone(),
                attribute: attribute.clone(),
                value: value.clone(),
                keep: Keep::All,
                text: field.items.as_ref().and_then(|i| i.kind.as_ref()).is_some_and(|k| *k.first() == Kind::String),
            })),
            _ => Some(Template::Array(field.items.iter().filter_map(|i| baseline(i)).collect())),
        },
    }
}

fn text(field: &Field) -> Option<Template> {
    if field.refers.is_some() {
        return None;
    }
    if let Some(words) = &field.words {
        return words.first().first().map(|w| Template::text(w.clone()));
    }
    let limits = field.length.as_ref().map(Constraint::first);
    match &field.sample {
        Some(Sample::Word(word)) => return Some(Template::text(word.clone())),
        Some(Sample::Pattern(pattern)) => {
            return Some(identity(field, Shape::Pattern(pattern.clone()), pattern.chars().count()));
        }
        _ => {}
    }
    let shape = shape(field);
    let wanted = match field.format.as_ref().map(Constraint::first) {
        Some(Format::Email) => 32,
        Some(format) => format::width(format).unwrap_or(16),
        None => 16,
    };
    let chars = limits.map_or(wanted, |l| wanted.clamp(l.min, l.max));
    if chars > field.room(1) {
        return None;
    }
    if field.unique || shape == Shape::Email {
        return Some(identity(field, shape, chars));
    }
    Some(Template::text(plain(field, chars, 0)))
}

#[cfg(test)]
mod tests;
