//! A JSON value: number lexemes as text, members in order, doubled ones included.

use std::borrow::Cow;

use compact_str::CompactString;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use crate::model::place;

/// Text of values, names and number lexemes: most are short and then need no memory of their own.
pub type Text = CompactString;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its lexeme: `1.0e3` stays `1.0e3`.
    Number(Text),
    /// A string, unescaped; what is no Unicode became U+FFFD and a [`Defect`](super::Defect).
    String(Text),
    /// An array.
    Array(Vec<Json>),
    /// An object's members in order, duplicates included.
    Object(Vec<(Text, Json)>),
    /// A secret string, replaced by what can still be judged of it.
    Redacted(Box<Redacted>),
}

/// What remains of a secret string.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redacted {
    /// What kind of secret it is, as the contract marks the field.
    pub kind: String,
    /// HMAC of the value under a key that lives as long as the process: equality, nothing else.
    pub commit: String,
    /// Length in code points.
    pub chars: usize,
    /// Length in UTF-16 units.
    pub utf16: usize,
    /// Length in UTF-8 bytes.
    pub bytes: usize,
    /// Which of digits, letters, space, other occur.
    pub classes: Vec<Cow<'static, str>>,
    /// True if the digits pass the Luhn check.
    pub luhn: bool,
    /// Which of the formats and word lists of its field the value met, by name.
    pub matches: Vec<String>,
}

impl Json {
    /// A string value.
    pub fn text(value: impl Into<Text>) -> Self {
        Json::String(value.into())
    }

    /// A number value from its lexeme; the caller gives a JSON number.
    pub fn number(lexeme: impl Into<Text>) -> Self {
        Json::Number(lexeme.into())
    }

    /// The member `name`; of duplicates the last, as most readers take it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value at a dotted path of member names ([`place`]), `a.b.c`; array items by number.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Json> {
        path.split('.').try_fold(self, |node, name| match node {
            Json::Array(items) => items.get(name.parse::<usize>().ok()?),
            _ => node.get(&place::name(name)),
        })
    }

    /// Puts a value at a dotted path, making the objects on the way; nothing happens in what is no object.
    pub fn put(&mut self, path: &str, value: Json) {
        if let Json::Object(members) = self {
            put(members, path, value);
        }
    }

    /// Adds an entry to the list at a dotted path; nothing happens where no list is.
    pub fn push(&mut self, list: &str, entry: Json) {
        if let Some(Json::Array(entries)) = self.at_mut(list) {
            entries.push(entry);
        }
    }

    /// The first entry of the list at a dotted path whose member `key` is none of the known ones.
    #[must_use]
    pub fn unlisted(&self, list: &str, key: &str, known: &[Json]) -> Option<&Json> {
        let Some(Json::Array(entries)) = self.at(list) else { return None };
        entries.iter().find(|entry| {
            let own = entry.at(key).and_then(Json::scalar);
            own.is_some() && !known.iter().any(|other| other.scalar() == own)
        })
    }

    /// The same place, to be changed.
    pub fn at_mut(&mut self, path: &str) -> Option<&mut Json> {
        path.split('.').try_fold(self, |node, name| match node {
            Json::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
            Json::Object(members) => {
                let name = place::name(name);
                members.iter_mut().rev().find(|(known, _)| *known == name).map(|(_, value)| value)
            }
            _ => None,
        })
    }

    /// The object without these members; anything else as it is.
    #[must_use]
    pub fn without(&self, names: &[Text]) -> Json {
        match self {
            Json::Object(members) if !names.is_empty() => {
                Json::Object(members.iter().filter(|(name, _)| !names.contains(name)).cloned().collect())
            }
            other => other.clone(),
        }
    }

    /// The JSON type as its standard calls it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::String(_) | Json::Redacted(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        }
    }

    /// The text of a string or the lexeme of a number.
    #[must_use]
    pub fn scalar(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            Json::Number(lexeme) => Some(lexeme),
            _ => None,
        }
    }

    /// Appends the shortest spelling of this value, lexemes unchanged, non-ASCII as UTF-8.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Json::Null => out.extend_from_slice(b"null"),
            Json::Bool(true) => out.extend_from_slice(b"true"),
            Json::Bool(false) => out.extend_from_slice(b"false"),
            Json::Number(lexeme) => out.extend_from_slice(lexeme.as_bytes()),
            Json::String(text) => write_string(text, out),
            Json::Array(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Json::Object(members) => {
                out.push(b'{');
                for (i, (name, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    write_string(name, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
            Json::Redacted(redacted) => {
                out.extend_from_slice(br#"{"redacted":"#);
                // Writing to a Vec of a type without maps cannot fail.
                out.extend_from_slice(&serde_json::to_vec(redacted).unwrap_or_default());
                out.push(b'}');
            }
        }
    }

    /// The shortest spelling as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// A short form for people: at most `limit` characters of the spelling.
    #[must_use]
    pub fn brief(&self, limit: usize) -> String {
        if let Json::Redacted(r) = self {
            return format!("<{} of {} characters>", r.kind, r.chars);
        }
        let text = self.to_text();
        match text.char_indices().nth(limit) {
            Some((cut, _)) => format!("{}... ({} characters)", &text[..cut], text.chars().count()),
            None => text,
        }
    }
}

/// Puts a value at a dotted path of an object's members, making the objects on the way.
pub fn put(members: &mut Vec<(Text, Json)>, path: &str, value: Json) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(n, r)| (n, Some(r)));
    let name = place::name(name);
    let at = members.iter().position(|(n, _)| *n == name).unwrap_or_else(|| {
        members.push((Text::from(name), Json::Object(Vec::new())));
        members.len() - 1
    });
    match rest {
        Some(rest) => members[at].1.put(rest, value),
        None => members[at].1 = value,
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..=0x1f => b"",
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[from..at]);
        if escape.is_empty() {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(escape);
        }
        from = at + 1;
    }
    out.extend_from_slice(&text.as_bytes()[from..]);
    out.push(b'"');
}

/// A target's text as people may see it: control characters and those that turn the direction of writing are spelled out,
/// so that no answer can move the cursor or forge a line of a report.
#[must_use]
pub fn printable(text: &str) -> String {
    let hides = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.chars().any(hides) {
        return text.to_owned();
    }
    text.chars().map(|c| if hides(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Number(lexeme) => match serde_json::from_str::<&RawValue>(lexeme) {
                Ok(raw) => raw.serialize(serializer),
                Err(_) => serializer.serialize_str(lexeme),
            },
            Json::String(text) => serializer.serialize_str(text),
            Json::Array(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Json::Redacted(redacted) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("redacted", redacted)?;
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::json::parse;

    #[test]
    fn no_text_moves_the_cursor_or_forges_a_line() {
        assert_eq!(printable("성공 \u{1b}[31m\nPASS \u{202e}x\u{9b}"), "성공 \\u{1b}[31m\\u{a}PASS \\u{202e}x\\u{9b}");
        assert_eq!(printable("Success."), "Success.");
    }

    #[test]
    fn serde_keeps_number_lexemes() {
        let doc = parse(br#"{"n":1.0e3,"m":12345678901234567890123}"#).unwrap();
        assert_eq!(serde_json::to_string(&doc.root).unwrap(), r#"{"n":1.0e3,"m":12345678901234567890123}"#);
    }
}
