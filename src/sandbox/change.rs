//! Changes to finished answers.

use super::Reply;
use crate::model::json::{self, Json, Text};
use crate::model::place;

/// What is done to a member of the answer; [`super::FAULTS`] explains each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    AsText,
    Zero,
    AboveMax,
    Exponent,
    Longer,
    Shorter,
    Drop,
    Garble,
    AsNumber,
    Negative,
    Fraction,
    Stretch(usize),
    Other,
}

impl Change {
    pub(super) fn apply(self, members: &mut Vec<(Text, Json)>, path: &str) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(n, r)| (n, Some(r)));
        let name = place::name(name);
        if self == Change::Drop && rest.is_none() {
            members.retain(|(n, _)| *n != name);
        }
        for (_, value) in members.iter_mut().filter(|(n, _)| *n == name) {
            self.reach(value, rest);
        }
    }

    /// Changes the value itself, or what lies below it: `*` for every item of a list.
    fn reach(self, value: &mut Json, path: Option<&str>) {
        match (path, &mut *value) {
            (None, _) => self.change(value),
            (Some(path), Json::Object(inner)) => self.apply(inner, path),
            (Some(path), Json::Array(items)) => {
                let below = path.strip_prefix('*').map(|rest| rest.strip_prefix('.'));
                for item in items {
                    self.reach(item, below.unwrap_or(Some(path)));
                }
            }
            _ => {}
        }
    }

    fn change(self, value: &mut Json) {
        let text = Text::from(value.scalar().unwrap_or_default());
        *value = match self {
            Change::AsText => Json::text(text),
            Change::AsNumber => Json::number("12"),
            Change::Zero => Json::number("0"),
            Change::AboveMax => Json::number("10000000000000000000"),
            Change::Exponent => Json::number("1.0e3"),
            Change::Negative => Json::number("-1"),
            Change::Fraction => Json::number("1.5"),
            Change::Longer => Json::text(format!("{text}0")),
            Change::Stretch(chars) => {
                Json::text(text.chars().chain(std::iter::repeat('0')).take(chars).collect::<String>())
            }
            Change::Shorter => Json::text(text.chars().skip(1).collect::<String>()),
            Change::Garble => Json::text("z".repeat(text.len())),
            Change::Other => match &*value {
                Json::Bool(yes) => Json::Bool(!yes),
                Json::Number(_) => Json::number(text.parse::<i128>().map_or(1, |n| n + 1).to_string()),
                _ => {
                    // The last letter or digit is another one, so that length and kind stay.
                    let at = text.rfind(|c: char| c.is_ascii_alphanumeric()).unwrap_or(0);
                    let other = if text[at..].starts_with('1') { "2" } else { "1" };
                    let rest = text.get(at + 1..).unwrap_or_default();
                    Json::text(format!("{}{other}{rest}", &text[..at]))
                }
            },
            Change::Drop => return,
        };
    }
}

pub(super) fn content_type(reply: &mut Reply, kind: &str) {
    reply.headers.retain(|(n, _)| n != "content-type");
    reply.headers.push(("content-type".to_owned(), kind.to_owned()));
}

pub(super) fn edit(reply: &mut Reply, change: impl FnOnce(&mut Vec<(Text, Json)>)) {
    if let Ok(json::Document { root: Json::Object(mut members), .. }) = json::parse(&reply.body) {
        change(&mut members);
        reply.body.clear();
        Json::Object(members).write(&mut reply.body);
    }
}

pub(super) fn edit_bytes(reply: &mut Reply, from: &[u8], to: &[u8]) {
    // The last string of the body: a value, so that member names stay what they are.
    if let Some(at) = reply.body.windows(from.len()).rposition(|w| w == from) {
        let before = reply.body[..at].windows(from.len()).rposition(|w| w == from).unwrap_or(at);
        reply.body.splice(before..before + from.len(), to.iter().copied());
    }
}
