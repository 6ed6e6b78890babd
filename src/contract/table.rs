//! Tables of a contract: the rows of requests, answers and headers become fields, each known property a clause.

use super::error::{LoadError, suggest};
use super::load::Loader;
use super::property::{self, Property, ReadValue};
use super::unique::Unique;
use super::yaml::{Map, Node};
use crate::model::address::ListForm;
use crate::model::clause::{Basis, Rule};
use crate::model::field::{Bounds, Charset, Constraint, Field, Format, Kind, Location, Presence, Sample};
use crate::model::wire::SecretField;
use crate::model::{ClauseIx, Decimal, place};

/// A table and the side it is on.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Part {
    RequestHeader,
    Request,
    ResponseHeader,
    Response,
}

impl Part {
    pub(super) fn word(self) -> &'static str {
        match self {
            Part::RequestHeader => "request-header",
            Part::Request => "request",
            Part::ResponseHeader => "response-header",
            Part::Response => "response",
        }
    }

    pub(super) fn location(self) -> Location {
        match self {
            Part::RequestHeader | Part::ResponseHeader => Location::Header,
            Part::Request | Part::Response => Location::Body,
        }
    }
}

impl Loader<'_> {
    pub(super) fn table(&mut self, nodes: &[Node], endpoint: &str, part: Part) -> Result<Vec<Field>, LoadError> {
        self.rows(nodes, endpoint, part, "")
    }

    /// Reads the rows of a table, or of an object in it: no two of them have one name, and headers are the same in any case of letters.
    fn rows(&mut self, nodes: &[Node], endpoint: &str, part: Part, parent: &str) -> Result<Vec<Field>, LoadError> {
        let mut fields = Vec::new();
        let mut names = Unique::default();
        for node in nodes {
            let Some(field) = self.field(node, endpoint, part, parent)? else { continue };
            if part.location() == Location::Header {
                names.take("a second header", &field.name.to_ascii_lowercase(), node)?;
            } else {
                names.take("a second row", &field.name, node)?;
            }
            fields.push(field);
        }
        Ok(fields)
    }

    /// Reads a row; none for a role whose name no profile gives.
    fn field(&mut self, node: &Node, endpoint: &str, part: Part, parent: &str) -> Result<Option<Field>, LoadError> {
        let map = node.map()?;
        let is_item = parent.ends_with(".*") && map.opt("name").is_none();
        let name = if is_item { Some("*".to_owned()) } else { self.field_name(map.req("name")?.text()?, endpoint) };
        let Some(name) = name else { return Ok(None) };
        let path = match parent {
            _ if is_item => parent.to_owned(),
            parent => place::below(parent, &name),
        };
        map.opt("note");
        map.opt("send");
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let why = match (map.text("from")?, map.text("why")?) {
            (Some(from), _) => format!("from {from}"),
            (None, why) => why.unwrap_or_default().to_owned(),
        };
        let place = FieldPlace { endpoint, part, path: &path, basis: (basis, &why) };
        // What every table states must be stated; `unseen` is a statement.
        let stated = |key: &'static str| {
            if part.location() == Location::Header && key == "type" { Ok(map.opt(key)) } else { map.req(key).map(Some) }
        };
        let kind = self.property(stated("type")?, &place, Rule::Type, &property::kind, |k| {
            format!("{path} is a JSON {}", k.word())
        })?;
        let presence = if is_item { None } else { self.presence(&map, &place, &name)? };
        let is_string = part.location() == Location::Header
            || kind.as_ref().is_some_and(|k: &Constraint<Kind>| *k.first() == Kind::String);
        let length = self.length(&map, &place, is_string)?;
        let Values { value, integer, format, words, charset } = self.values(&map, &place)?;
        let traced = map.opt("trace").map(Node::flag).transpose()?.unwrap_or(false);
        let trace = traced.then(|| self.trace(&place, node));
        let secret = map
            .opt("secret")
            .map(|n| n.word(&["password", "pan", "cvc", "token", "identity"]))
            .transpose()?
            .map(str::to_owned);
        let refers = map.opt("ref").map(|n| self.refers(n)).transpose()?;
        let equals = map.opt("equals").map(|n| self.refers(n)).transpose()?;
        let nullable = map.opt("nullable").map(Node::flag).transpose()?.unwrap_or(false);
        let operator = map.opt("values").map(|n| n.word(&["profile"])).transpose()?.is_some();
        let location = location(&map, part, parent)?;
        let list = list_form(&map, location, kind.as_ref())?;
        let sample = map.opt("sample").map(|node| self.sample(node, &map, part, length.as_ref())).transpose()?;
        let children = map.opt("fields").map(Node::list).transpose()?.unwrap_or_default().to_vec();
        let items = map.opt("items").cloned();
        map.done()?;
        let fields = self.rows(&children, endpoint, part, &path)?;
        let items = items.map(|n| self.field(&n, endpoint, part, &format!("{path}.*"))).transpose()?.flatten();
        let items = items.map(|mut items| {
            items.walk_mut(&mut |f| f.location = location);
            Box::new(items)
        });
        Ok(Some(Field {
            name,
            location,
            kind,
            presence,
            length,
            value,
            integer,
            format,
            words,
            charset,
            secret,
            refers,
            equals,
            nullable,
            operator,
            sample,
            unique: false,
            not_empty: false,
            hangul: self.contract.hangul,
            legal: None,
            form: None,
            fields,
            items,
            list,
            trace,
            path,
        }))
    }

    /// The name of a field; none for a role whose name no profile gives.
    fn field_name(&mut self, written: &str, endpoint: &str) -> Option<String> {
        let Some(role) = written.strip_prefix("unseen.") else { return Some(written.to_owned()) };
        let bound = self.profile.and_then(|p| p.bindings.get(endpoint)?.names.get(role));
        self.roles.insert(role.to_owned(), bound.cloned());
        bound.cloned()
    }

    /// Whether the field must be there.
    fn presence(
        &mut self,
        map: &Map<'_>,
        place: &FieldPlace<'_>,
        name: &String,
    ) -> Result<Option<Constraint<Presence>>, LoadError> {
        let (part, path) = (place.part, place.path);
        let stated = map.req("presence")?;
        // What holds under a condition is neither required nor optional.
        let conditional = stated.is_map() && stated.map()?.opt("required_if").is_some()
            || part == Part::RequestHeader && self.of_some.contains(name);
        self.property(Some(stated).filter(|_| !conditional), place, Rule::Presence, &property::presence, |p| match p {
            Presence::Required => format!("{path} must be there and not null"),
            Presence::Optional => format!("{path} may be left out"),
        })
    }

    /// How long a text or a list is; what no word list or format says of a text must be stated.
    fn length(
        &mut self,
        map: &Map<'_>,
        place: &FieldPlace<'_>,
        is_string: bool,
    ) -> Result<Option<Constraint<Bounds<usize>>>, LoadError> {
        let path = place.path;
        let said = ["length", "enum", "format"].into_iter().any(|key| map_has(map, key));
        let node = if is_string && !said { Some(map.req("length")?) } else { map.opt("length") };
        self.property(node, place, Rule::Length, &property::length, |b| {
            if b.min == b.max {
                format!("{path} has exactly {} characters", b.min)
            } else {
                format!("{path} has {} to {} characters", b.min, b.max)
            }
        })
    }

    /// What a value must be, beside its type and length.
    fn values(&mut self, map: &Map<'_>, place: &FieldPlace<'_>) -> Result<Values, LoadError> {
        let path = place.path;
        let value = self.property(map.opt("value"), place, Rule::Value, &property::value, |b| {
            format!("{path} is a number from {} to {}", b.min, b.max)
        })?;
        let integer = self.property(map.opt("integer"), place, Rule::Integer, &integer, |()| {
            format!("{path} is a whole number written in plain digits")
        })?;
        let format = self.property(map.opt("format"), place, Rule::Format, &property::format, |f| {
            format!("{path} is written as {}", f.name())
        })?;
        let words = self.property(map.opt("enum"), place, Rule::Enum, &property::words, |w| {
            format!("{path} is one of {}", w.join(", "))
        })?;
        let charset = self.property(map.opt("charset"), place, Rule::Charset, &property::charset, |c| {
            format!("{path} consists of {}", c.word())
        })?;
        Ok(Values { value, integer, format, words, charset })
    }

    fn trace(&mut self, place: &FieldPlace<'_>, node: &Node) -> ClauseIx {
        let (basis, why) = place.basis;
        let prop = Property { sides: vec![()], open: false, basis, why: why.to_owned(), source: node.source() };
        self.clause(
            format!("{}/{}/{}/trace", place.endpoint, place.part.word(), place.path),
            Rule::Trace,
            &prop,
            format!("{} is never the trace number of another request", place.path),
        )
    }

    /// A legal value; of a catalogue there must be one, and a text must be as long as the field may be.
    fn sample(
        &self,
        node: &Node,
        map: &Map<'_>,
        part: Part,
        length: Option<&Constraint<Bounds<usize>>>,
    ) -> Result<Sample, LoadError> {
        let sample = property::sample(node)?;
        match &sample {
            Sample::Catalogue { resource, .. } => {
                if !self.contract.resources.iter().any(|r| r.name == *resource && r.catalogue) {
                    return Err(node.error(
                        format!("no catalogue `{resource}`"),
                        "name a resource of api.yaml with `catalogue: true`",
                    ));
                }
            }
            Sample::Word(text) | Sample::Pattern(text) => {
                // Each legal request would be an illegal one. What an answer is made from is cut, and sources that disagree may both be
                // written.
                let disputed =
                    map.opt("length").is_some_and(|n| n.map().is_ok_and(|map| map.opt("conflict").is_some()));
                let stated = length.filter(|l| part == Part::Request && !disputed && !l.open);
                let chars = text.chars().count();
                if let Some(limits) = stated.filter(|l| !l.sides.iter().any(|b| b.holds(&chars))) {
                    let Bounds { min, max } = limits.first();
                    let allowed = if min == max { format!("{min}") } else { format!("{min} to {max}") };
                    return Err(node.error(
                        format!("the sample has {chars} characters, and `length` allows {allowed}"),
                        "write a text that the field may have",
                    ));
                }
            }
        }
        Ok(sample)
    }

    pub(super) fn refers(&self, node: &Node) -> Result<String, LoadError> {
        let text = node.text()?;
        let known = self.contract.resources.iter().map(|r| r.name.as_str());
        match text.split_once('.') {
            Some((resource, _)) if self.contract.resources.iter().any(|r| r.name == resource) => Ok(text.to_owned()),
            _ => Err(node.error(
                format!("`{text}` refers to nothing"),
                suggest(text.split('.').next().unwrap_or_default(), known),
            )),
        }
    }

    fn property<T: Clone>(
        &mut self,
        node: Option<&Node>,
        place: &FieldPlace<'_>,
        rule: Rule,
        read: ReadValue<'_, T>,
        says: impl Fn(&T) -> String,
    ) -> Result<Option<Constraint<T>>, LoadError> {
        let Some(node) = node else { return Ok(None) };
        let place_id = format!("{}/{}/{}", place.endpoint, place.part.word(), place.path);
        let Some(prop) = property::property(node, rule.word(), read, &self.conflicts, place.basis)? else {
            self.unknown(place_id, rule.word(), node.source());
            return Ok(None);
        };
        // A client shows what a target takes, never what it refuses: beyond it lies the unknown, not an error.
        let open =
            prop.open || (place.part == Part::Request && prop.basis == Basis::Observed && rule != Rule::Presence);
        let clause = (!open).then(|| {
            let text = prop.sides.iter().map(&says).collect::<Vec<_>>().join("; or: ");
            self.clause(format!("{place_id}/{}", rule.word()), rule, &prop, text)
        });
        Ok(Some(Constraint { sides: prop.sides, open, clause }))
    }
}

/// Constraints on a value.
struct Values {
    value: Option<Constraint<Bounds<Decimal>>>,
    integer: Option<Constraint<()>>,
    format: Option<Constraint<Format>>,
    words: Option<Constraint<Vec<String>>>,
    charset: Option<Constraint<Charset>>,
}

struct FieldPlace<'a> {
    endpoint: &'a str,
    part: Part,
    path: &'a str,
    basis: (Basis, &'a str),
}

/// Where a row's value travels: members and items travel with what they are in.
fn location(map: &Map<'_>, part: Part, parent: &str) -> Result<Location, LoadError> {
    let Some(node) = map.opt("in") else { return Ok(part.location()) };
    if part != Part::Request || !parent.is_empty() {
        return Err(node.error("only a row of a request itself has a place of its own", "leave `in` out"));
    }
    Ok(match node.word(&["body", "path", "query"])? {
        "path" => Location::Path,
        "query" => Location::Query,
        _ => Location::Body,
    })
}

/// How a list is written in an address, where it can be written at all.
fn list_form(map: &Map<'_>, location: Location, kind: Option<&Constraint<Kind>>) -> Result<ListForm, LoadError> {
    let stated = map.opt("list");
    let form = stated.map(|n| n.choice(&ListForm::ALL, ListForm::word)).transpose()?;
    let kind = kind.map(|k| *k.first());
    if let Some(node) = stated.filter(|_| (location, kind) != (Location::Query, Some(Kind::Array))) {
        return Err(node.error("`list` is about an array in the query", "leave it out"));
    }
    let Some(node) = map.opt("type") else { return Ok(ListForm::Repeated) };
    match (location, kind) {
        (Location::Path | Location::Header, Some(Kind::Array)) => {
            let message = format!("a list in the {} has no form that is known", location.word());
            Err(node.error(message, "write `type: string` and what the text looks like, or `in: query`"))
        }
        (Location::Path | Location::Query | Location::Header, Some(Kind::Object)) => {
            let message = format!("an object in the {} has no form that is known", location.word());
            Err(node.error(message, "give each of its members a row of its own"))
        }
        (Location::Query, Some(Kind::Array)) => match map.opt("items") {
            Some(items) if flat(items) => Ok(form.unwrap_or(ListForm::Repeated)),
            _ => Err(node
                .error("a list in the query holds texts, numbers, true or false", "add `items: {type: number, ...}`")),
        },
        _ => Ok(ListForm::Repeated),
    }
}

/// True for items that an address can hold.
fn flat(items: &Node) -> bool {
    let kind = items.map().ok().and_then(|map| map.opt("type"));
    !kind.is_some_and(|kind| matches!(kind.plain(), Some("array" | "object")))
}

fn map_has(map: &Map<'_>, key: &'static str) -> bool {
    map.opt(key).is_some()
}

fn integer(node: &Node) -> Result<(), LoadError> {
    if node.flag()? { Ok(()) } else { Err(node.error("`integer: false` says nothing", "leave it out")) }
}

pub(super) fn secrets(fields: &[Field]) -> Vec<SecretField> {
    let mut found = Vec::new();
    for field in fields {
        field.walk(&mut |f| {
            if let Some(kind) = &f.secret {
                found.push(SecretField {
                    path: f.path.clone(),
                    kind: kind.clone(),
                    formats: f.format.iter().flat_map(|c| c.sides.clone()).collect(),
                    words: f.words.iter().flat_map(|c| c.sides.concat()).collect(),
                    charset: f.charset.as_ref().map(|c| *c.first()),
                });
            }
        });
    }
    found
}
