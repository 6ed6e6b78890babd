//! What an endpoint is: where it sits, what it takes, and how it refuses bad input, as its page says.

use serde_json::{Map, Value};

use super::temperament::Temperament;
use super::world::World;

/// The greatest member id on most pages.
pub(super) const ID: u64 = 9_999_999_999_999_999_999;
/// The greatest member id of the card termination page.
pub(super) const ID_18: u64 = 999_999_999_999_999_999;
/// The greatest member id of the account and history pages.
pub(super) const ID_15: u64 = 999_999_999_999_999;

pub(super) type Outcome = Result<Value, Refusal>;

/// The parts of the API that packages are made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Member,
    Account,
    Charge,
    Card,
}

/// The codes that an endpoint has for bad input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// User Register: `000_002`, `000_003` and `000_015`, documented.
    Register,
    /// No input code on the page: the same three, by our choice.
    Unlisted,
    /// `000_002` with `Invalid input parameter. <field>`.
    Named,
    /// The same with the last part of the field's path.
    Leaf,
    /// `000_002` with this text.
    Fixed(&'static str),
}

/// What a member who is unknown means.
#[derive(Clone, Copy)]
pub(super) enum Unknown {
    /// `001_006` with this text, as the page says.
    Row(&'static str),
    /// An input value that is not valid, as the page says (charge pages).
    Input,
    /// A refusal that no page shows.
    Gap,
    /// The endpoint looks itself.
    Own,
}

/// An endpoint of the API.
pub(super) struct Endpoint {
    pub(super) id: &'static str,
    pub(super) path: &'static str,
    pub(super) group: Group,
    /// The page marks the request as encrypted.
    pub(super) sealed: bool,
    /// The page marks the answer as encrypted.
    pub(super) marked: bool,
    pub(super) success: &'static str,
    pub(super) input: Input,
    /// Path of the member id in the request, or nothing.
    pub(super) member: &'static str,
    pub(super) unknown: Unknown,
    pub(super) fields: &'static [Field],
    pub(super) run: fn(&mut World, &Call) -> Outcome,
}

impl Endpoint {
    /// An endpoint in the clear that names no member, takes no fields and has no codes of its own but those of its group.
    pub(super) const fn plain(group: Group, run: fn(&mut World, &Call) -> Outcome) -> Self {
        Self {
            id: "",
            path: "",
            group,
            sealed: false,
            marked: false,
            success: "Success.",
            input: Input::Unlisted,
            member: "",
            unknown: Unknown::Own,
            fields: &[],
            run,
        }
    }
}

/// A request member.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) must: bool,
    pub(super) kind: Kind,
}

/// What a request member may hold.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text(usize, usize, Form),
    Number(u64, u64),
    Bool,
    /// `"true"` or `"false"`, as a text or a boolean.
    Flag,
    Object(&'static [Field]),
    Objects(&'static [Field]),
    Texts,
    /// Terms ids: numbers or numeric texts.
    Ids,
}

/// Forms of texts.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Free,
    Name,
    Email,
    Digits,
    Date,
    Words(&'static [&'static str]),
}

impl Field {
    /// The same, required.
    pub(super) const fn must(self) -> Self {
        Self { must: true, ..self }
    }

    /// The same in a form.
    pub(super) const fn form(self, form: Form) -> Self {
        match self.kind {
            Kind::Text(min, max, _) => Self { kind: Kind::Text(min, max, form), ..self },
            _ => self,
        }
    }
}

/// A text of `min` to `max` characters.
pub(super) const fn text(name: &'static str, min: usize, max: usize) -> Field {
    Field { name, must: false, kind: Kind::Text(min, max, Form::Free) }
}

/// A whole number of 1 to `max`.
pub(super) const fn number(name: &'static str, max: u64) -> Field {
    Field { name, must: false, kind: Kind::Number(1, max) }
}

/// A member of another kind.
pub(super) const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, must: false, kind }
}

/// A refusal.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) text: String,
}

/// A documented row.
pub(super) fn row(code: &str, text: &str) -> Refusal {
    Refusal { status: 400, code: code.to_owned(), text: text.to_owned() }
}

/// A refusal that no page shows.
pub(super) fn gap(temper: &Temperament, status: u16, code: &str, text: &str) -> Refusal {
    if temper.varied_status {
        let family = code.split('_').next().unwrap_or("000");
        return Refusal { status, code: format!("{family}_{status}"), text: text.to_owned() };
    }
    row(code, text)
}

/// A checked request.
pub(super) struct Call<'b> {
    pub(super) endpoint: &'static Endpoint,
    pub(super) body: &'b Map<String, Value>,
    /// The member whom the request names; 0: nobody.
    pub(super) member: u64,
}

impl Call<'_> {
    /// The value at a dotted path; null counts as absent.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        at(self.body, path)
    }

    /// The text at a path; empty if there is none.
    pub(super) fn text(&self, path: &str) -> &str {
        self.at(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// The number at a path; 0 if there is none.
    pub(super) fn number(&self, path: &str) -> u64 {
        self.at(path).and_then(Value::as_u64).unwrap_or(0)
    }

    /// The boolean at a path, as a boolean or a text.
    pub(super) fn flag(&self, path: &str) -> Option<bool> {
        match self.at(path)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Refuses one input value as this endpoint's page does.
    pub(super) fn invalid(&self, temper: &Temperament, path: &str) -> Refusal {
        super::check::invalid(self.endpoint, temper, path)
    }
}

/// The greatest number that the field at a dotted path takes.
pub(super) fn greatest(fields: &[Field], path: &str) -> u64 {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match fields.iter().find(|f| f.name == first).map(|f| f.kind) {
        Some(Kind::Number(_, max)) => max,
        Some(Kind::Object(inner)) => greatest(inner, rest),
        _ => 0,
    }
}

/// The value at a dotted path; null counts as absent.
pub(super) fn at<'b>(body: &'b Map<String, Value>, path: &str) -> Option<&'b Value> {
    let mut parts = path.split('.');
    let mut value = body.get(parts.next()?)?;
    for part in parts {
        value = value.get(part)?;
    }
    (!value.is_null()).then_some(value)
}
