//! Makes single values out of a field's constraints.

use chrono::{DateTime, FixedOffset, Utc};

use crate::model::field::{Format, Kind};
use crate::model::format::stamp;
use crate::model::wire::Zone;
use crate::model::{Field, Json};

/// An entry of a catalogue; words are taken in turn, so that every kind of entry is there.
pub(super) fn entry(items: &Field, key: &str, n: u64, zone: &Zone) -> Json {
    let members = items.fields.iter().filter(|f| f.required() || f.words.is_some());
    Json::Object(
        members
            .map(|f| {
                let value = if f.name == key {
                    // The second one is long: ids run to 19 digits.
                    Json::number(if n % 2 == 1 {
                        (9_999_999_999_999_999_000 + n).to_string()
                    } else {
                        (1000 + n).to_string()
                    })
                } else {
                    leaf(f, n, 0, zone)
                };
                (f.name.as_str().into(), value)
            })
            .collect(),
    )
}

pub(super) fn leaf(field: &Field, n: u64, side: usize, zone: &Zone) -> Json {
    let kind = field.kind.as_ref().map_or(Kind::String, |k| k.sides[side.min(k.sides.len() - 1)]);
    match kind {
        Kind::String => Json::text(text(field, n, side, zone)),
        Kind::Number => Json::number(field.value.as_ref().map_or_else(|| n.to_string(), |v| v.first().min.to_string())),
        Kind::Boolean => Json::Bool(false),
        Kind::Array => Json::Array(Vec::new()),
        Kind::Object => Json::Object(Vec::new()),
    }
}

fn text(field: &Field, n: u64, side: usize, zone: &Zone) -> String {
    if let Some(words) = &field.words {
        let list = words.first();
        return list[usize::try_from(n).unwrap_or(0) % list.len()].clone();
    }
    if let Some(format) = &field.format {
        return formatted(&format.sides[side.min(format.sides.len() - 1)], zone, n);
    }
    let wanted = field.length.as_ref().map(|l| &l.sides[side.min(l.sides.len() - 1)]);
    let width = wanted.map_or(8, |l| 8.clamp(l.min, l.max));
    let digits = n.to_string();
    // 9999 is assigned to no card issuer.
    let filled = format!("9999{digits:0>width$}", width = width.saturating_sub(4));
    filled[filled.len() - width..].to_owned()
}

/// A text of the format: the current time, `x` filled with the hex digits of `n`.
pub(super) fn formatted(format: &Format, zone: &Zone, n: u64) -> String {
    match format {
        Format::Email => format!("user{n}@example.com"),
        Format::Pattern(pattern) => {
            let offset = FixedOffset::east_opt(zone.offset_seconds);
            let now: DateTime<FixedOffset> =
                offset.map_or_else(|| Utc::now().fixed_offset(), |o| Utc::now().with_timezone(&o));
            let mut out = String::new();
            stamp(pattern, &now, &mut out);
            let holes = out.matches('x').count();
            let hex = format!("{n:0holes$x}");
            let mut hex = hex[hex.len() - holes..].chars();
            out.chars().map(|c| if c == 'x' { hex.next().unwrap_or('0') } else { c }).collect()
        }
    }
}
