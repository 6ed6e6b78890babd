//! Legal values for the answers of a stand-in server, made out of a field's constraints.

use chrono::{DateTime, FixedOffset};

use crate::model::field::{Constraint, Format, Kind, LONGEST, Sample};
use crate::model::format::{matches, stamp};
use crate::model::{Field, Json};

/// How values are made.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    /// Differs from value to value.
    pub n: u64,
    /// Which side of a conflict is taken; sides beyond the last count as the last.
    pub side: usize,
    /// Whether optional and unknown members are there.
    pub optional: bool,
    /// The instant of the answer.
    pub now: &'a DateTime<FixedOffset>,
}

impl Manner<'_> {
    fn side<'c, T>(&self, constraint: &'c Constraint<T>) -> &'c T {
        &constraint.sides[self.side.min(constraint.sides.len() - 1)]
    }
}

/// A value of the field, members and all.
#[must_use]
pub fn example(field: &Field, manner: &Manner<'_>) -> Json {
    let kind = field.kind.as_ref().map_or(Kind::String, |k| *manner.side(k));
    match kind {
        Kind::String => Json::text(text(field, manner)),
        Kind::Number => {
            Json::number(field.value.as_ref().map_or_else(|| manner.n.to_string(), |v| manner.side(v).min.to_string()))
        }
        Kind::Boolean => Json::Bool(false),
        Kind::Array => Json::Array(Vec::new()),
        Kind::Object => Json::Object(
            field
                .fields
                .iter()
                .filter(|f| f.required() || manner.optional)
                .map(|f| (f.name.as_str().into(), example(f, manner)))
                .collect(),
        ),
    }
}

fn text(field: &Field, manner: &Manner<'_>) -> String {
    if let Some(words) = &field.words {
        let list = manner.side(words);
        return list[usize::try_from(manner.n).unwrap_or(0) % list.len()].clone();
    }
    let format = field.format.as_ref().map(|f| manner.side(f));
    if let Some(Sample::Word(word)) = &field.sample {
        let chars = word.chars().count();
        let width = format.and_then(crate::model::format::width).unwrap_or(chars);
        let cut: String = word.chars().take(width).collect();
        if width <= chars && format.is_none_or(|f| matches(f, &cut)) {
            return cut;
        }
    }
    if let Some(format) = format {
        return formatted(format, manner);
    }
    let wanted = field.length.as_ref().map(|l| manner.side(l));
    let width = wanted.map_or(12, |l| 12.clamp(l.min, l.max)).min(LONGEST);
    let digits = manner.n.to_string();
    // 9999 is assigned to no card issuer.
    let filled = format!("9999{}{digits}", "0".repeat(width.saturating_sub(4 + digits.len())));
    filled[filled.len() - width..].to_owned()
}

/// A text of the format: the current time, `x` filled with the hex digits of the number.
#[must_use]
pub fn formatted(format: &Format, manner: &Manner<'_>) -> String {
    match format {
        Format::Email => format!("user{}@example.com", manner.n),
        Format::Pattern(pattern) => {
            let mut out = String::new();
            stamp(pattern, manner.now, &mut out);
            let holes = out.matches('x').count();
            let hex = format!("{:0holes$x}", manner.n);
            let mut hex = hex[hex.len() - holes..].chars();
            out.chars().map(|c| if c == 'x' { hex.next().unwrap_or('0') } else { c }).collect()
        }
    }
}

#[cfg(test)]
mod tests;
