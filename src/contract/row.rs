//! Error rows with their causes, refusals without a code, the success, the documentation's test data.

use super::behaviour::{Covers, Operand, Row, RowField, Source, Test, When};
use super::endpoint::{Example, Success};
use super::error::{LoadError, suggest};
use super::load::Loader;
use super::property::{self, Property};
use super::unique::Unique;
use super::yaml::{Map, Node};
use crate::model::clause::{Basis, Rule};
use crate::model::field::{self, Field, Kind};
use crate::model::place;

/// What `when` comes to: the cause, what it applies to, and why it can't be told if a name in it is not bound.
struct Cause {
    when: When,
    chosen: Vec<String>,
    unbound: Option<String>,
}

impl Loader<'_> {
    pub(super) fn success(&mut self, node: &Node, endpoint: &str) -> Result<Success, LoadError> {
        let map = node.map()?;
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let why = match (map.text("from")?, map.text("why")?) {
            (Some(from), _) => format!("from {from}"),
            (None, why) => why.unwrap_or_default().to_owned(),
        };
        let status: u16 = map.req("status")?.parse("an HTTP status")?;
        let read = |n: &Node| n.text().map(str::to_owned);
        let codes = match map.opt("code") {
            Some(code) => {
                property::property(code, "code", &read, &self.conflicts, (basis, &why))?
                    .ok_or_else(|| node.error("the success code must be known", "write it, or `{conflict: ID}`"))?
                    .sides
            }
            None => Vec::new(),
        };
        let message = map.text("message")?.unwrap_or_default().to_owned();
        map.done()?;
        let prop = Property { sides: vec![()], open: false, basis, why, source: node.source() };
        let stem = format!("{endpoint}/success/{}", codes.first().map_or_else(|| status.to_string(), Clone::clone));
        let status_clause = self.clause(
            format!("{stem}/status"),
            Rule::Status,
            &prop,
            format!("a legal request is answered with {status}"),
        );
        let code_clause = (!codes.is_empty()).then(|| {
            self.clause(
                format!("{stem}/code"),
                Rule::Code,
                &prop,
                format!("a success carries code {}", codes.join(" or ")),
            )
        });
        let message_clause = (!message.is_empty()).then(|| {
            self.clause(format!("{stem}/message"), Rule::Message, &prop, format!("a success says \"{message}\""))
        });
        Ok(Success { status, codes, message, status_clause, code_clause, message_clause })
    }

    pub(super) fn row(&mut self, node: &Node, endpoint: &str, request: &[Field]) -> Result<Row, LoadError> {
        let map = node.map()?;
        let status: u16 = map.req("status")?.parse("an HTTP status")?;
        let code = map.req("code")?.text()?.to_owned();
        let message = map.req("message")?;
        let message = if message.plain() == Some("unseen") { String::new() } else { message.text()?.to_owned() };
        let inferred = map.opt("trigger").map(|n| n.word(&["inferred"])).transpose()?.is_some();
        let conflict = map.opt("conflict").map(|n| self.side(n)).transpose()?;
        let alternatives = match map.opt("alternatives") {
            Some(n) => n.list()?.iter().map(|c| c.text().map(str::to_owned)).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        let cause = self.cause(map.req("when")?, request)?;
        let documented = map.opt("documented_for").map(Node::list).transpose()?.unwrap_or_default();
        map.done()?;
        let ways = read_ways(documented, &cause.chosen)?;
        let state_row = !cause.when.input();
        let mut fields = Vec::new();
        for path in &cause.chosen {
            let own: Vec<Covers> = ways.iter().filter(|(p, _)| p == path).map(|(_, c)| *c).collect();
            let mut variants: Vec<(Covers, bool)> = own.iter().map(|c| (*c, true)).collect();
            if own.is_empty() {
                variants.push((Covers::All, state_row));
            }
            variants.extend(own.iter().filter_map(|c| c.other()).filter(|c| !own.contains(c)).map(|c| (c, false)));
            for (covers, documented) in variants {
                let (basis, why) = match (documented, inferred) {
                    (true, false) => (Basis::Documented, String::new()),
                    (true, true) => (
                        Basis::Inferred,
                        "the code is documented, its cause is konform's reading of the row".to_owned(),
                    ),
                    (false, _) => (Basis::Inferred, inferred_why(&code, &ways)),
                };
                let prop = Property { sides: vec![()], open: false, basis, why, source: node.source() };
                let named = if own.len() == 1 && documented || covers == Covers::All {
                    path.clone()
                } else {
                    format!("{path}.{}", covers.word())
                };
                let stem = |rule: Rule| format!("{endpoint}/errors/{code}/{}/{named}", rule.word());
                let words = cause.when.words();
                let speaks = matches!(cause.when, When::Where(_) | When::Unseen);
                let cause = if speaks {
                    words
                } else {
                    let way = if covers == Covers::All { String::new() } else { format!(" ({})", covers.word()) };
                    format!("{words} {path}{way}")
                };
                fields.push(RowField {
                    status: Some(self.clause(
                        stem(Rule::Status),
                        Rule::Status,
                        &prop,
                        format!("{cause} is answered with {status}"),
                    )),
                    code: self.clause(stem(Rule::Code), Rule::Code, &prop, format!("{cause} is refused with {code}")),
                    message: (!message.is_empty()).then(|| {
                        self.clause(stem(Rule::Message), Rule::Message, &prop, format!("{cause} says \"{message}\""))
                    }),
                    path: path.clone(),
                    covers,
                    documented,
                });
            }
        }
        Ok(Row {
            status,
            name: code.clone(),
            code,
            message,
            when: if conflict == Some(Some(false)) { When::Unseen } else { cause.when },
            fields,
            alternatives,
            disputed: conflict == Some(None),
            guessed: inferred,
            unbound: cause.unbound,
        })
    }

    /// A refusal that the page documents without a code.
    pub(super) fn refusal(&mut self, node: &Node, endpoint: &str, request: &[Field]) -> Result<Row, LoadError> {
        let map = node.map()?;
        let name = map.req("id")?.text()?.to_owned();
        let says = map.req("says")?.text()?.to_owned();
        let Cause { when, unbound, .. } = self.cause(map.req("when")?, request)?;
        map.done()?;
        let prop = Property {
            sides: vec![()],
            open: false,
            basis: Basis::Documented,
            why: String::new(),
            source: node.source(),
        };
        let code = self.clause(format!("{endpoint}/refusals/{name}/refused"), Rule::Refused, &prop, says);
        let own =
            RowField { path: name.clone(), covers: Covers::All, documented: true, status: None, code, message: None };
        Ok(Row {
            status: 0,
            code: String::new(),
            name,
            message: String::new(),
            when,
            fields: vec![own],
            alternatives: Vec::new(),
            disputed: false,
            guessed: false,
            unbound,
        })
    }

    /// Which side of a conflict a row stands on: true where the profile decides for it, false against it, none undecided.
    fn side(&self, node: &Node) -> Result<Option<bool>, LoadError> {
        let map = node.map()?;
        let id = map.req("id")?;
        let side = map.req("side")?.word(&["a", "b"])?;
        map.done()?;
        if !self.conflicts.ids.contains(id.text()?) {
            return Err(id.error(
                format!("no conflict `{}`", id.text()?),
                suggest(id.text()?, self.conflicts.ids.iter().map(String::as_str)),
            ));
        }
        Ok(self.profile.and_then(|p| p.choices.get(id.text().unwrap_or_default())).map(|chosen| chosen == side))
    }

    fn cause(&self, node: &Node, request: &[Field]) -> Result<Cause, LoadError> {
        if node.plain() == Some("unseen") {
            return Ok(Cause { when: When::Unseen, chosen: vec!["unseen".to_owned()], unbound: None });
        }
        let map = node.map()?;
        let entries: Vec<_> = map.entries().collect();
        let mut parts = Vec::new();
        let mut chosen = Vec::new();
        let mut unbound = None;
        for (key, value) in &entries {
            let (when, own, missing) = self.one_cause(key, value, request)?;
            parts.push(when);
            unbound = unbound.or(missing);
            chosen.extend(own);
        }
        let when = match parts.len() {
            0 => {
                return Err(node.error(
                    "a row without a cause",
                    "write `when: {empty: any}`, `{unknown: FIELD}` ... or `when: unseen`",
                ));
            }
            1 => parts.remove(0),
            _ => When::Any(parts),
        };
        if matches!(when, When::Any(_)) {
            chosen.truncate(1);
        }
        Ok(Cause { when, chosen, unbound })
    }

    fn one_cause(
        &self,
        key: &Node,
        value: &Node,
        request: &[Field],
    ) -> Result<(When, Vec<String>, Option<String>), LoadError> {
        let any = |applies: &dyn Fn(&Field) -> bool| -> Result<Vec<String>, LoadError> {
            if value.plain() == Some("any") {
                let mut found = Vec::new();
                for field in request {
                    field.walk(&mut |f| {
                        if applies(f) && !f.path.contains('*') {
                            found.push(f.path.clone());
                        }
                    });
                }
                Ok(found)
            } else {
                Ok(vec![self.field_path(value, request)?.0])
            }
        };
        let is_string = |f: &Field| f.kind.as_ref().is_some_and(|k| *k.first() == Kind::String);
        let words = [
            "empty", "missing", "length", "invalid", "taken", "lacks", "unknown", "mismatch", "state", "where",
            "attempts",
        ];
        Ok(match key.word(&words)? {
            "empty" => (When::Empty, any(&|f| f.required() && is_string(f))?, None),
            "missing" => (When::Missing, any(&Field::required)?, None),
            "length" => (When::Length, any(&|f| f.length.as_ref().is_some_and(|l| !l.open))?, None),
            "invalid" => (When::Invalid, any(&|_| true)?, None),
            "taken" => {
                let (path, unbound) = self.field_path(value, request)?;
                (When::Taken(path.clone()), vec![path], unbound)
            }
            "mismatch" => {
                let (path, unbound) = self.field_path(value, request)?;
                (When::Mismatch(path.clone()), vec![path], unbound)
            }
            "unknown" => self.names_nothing(value, request)?,
            "lacks" => self.lacks(value, request)?,
            "attempts" => {
                let map = value.map()?;
                let limit = map.req("limit")?;
                let limit = if limit.plain() == Some("unseen") { None } else { Some(limit.parse("a number")?) };
                let per = map.req("per")?;
                let code = map.req("code")?.text()?.to_owned();
                map.done()?;
                let per = self.resource_name(per)?;
                (When::Attempts { code, per: per.clone(), limit }, vec![per], None)
            }
            // `state` is short for a test of one resource's state; `where` tests anything.
            word => self.tests(word == "state", value, request)?,
        })
    }

    /// A reference that names nothing.
    fn names_nothing(&self, value: &Node, request: &[Field]) -> Result<(When, Vec<String>, Option<String>), LoadError> {
        let (node, left) = if value.is_map() {
            let (field, ways) = single(value, "write `unknown: {FIELD: [never, left]}`")?;
            let ways = ways.list()?.iter().map(|w| w.word(&["never", "left"])).collect::<Result<Vec<_>, _>>()?;
            (field, ways.contains(&"left"))
        } else {
            (value, false)
        };
        let (path, unbound) = self.field_path(node, request)?;
        Ok((When::Unknown { field: path.clone(), left }, vec![path], unbound))
    }

    /// A list without an entry that it must have.
    fn lacks(&self, value: &Node, request: &[Field]) -> Result<(When, Vec<String>, Option<String>), LoadError> {
        let (list, test) = single(value, "write `lacks: {LIST: {resource.attribute: VALUE}}`")?;
        let (attribute, word) = single(test, "write `{resource.attribute: VALUE}`")?;
        let (resource, attribute) = attribute
            .text()?
            .split_once('.')
            .ok_or_else(|| attribute.error("no `resource.attribute`", "write `terms.required`"))?;
        let (path, unbound) = self.field_path(list, request)?;
        let when = When::Lacks {
            field: path.clone(),
            resource: resource.to_owned(),
            attribute: attribute.to_owned(),
            value: word.text()?.to_owned(),
        };
        Ok((when, vec![path], unbound))
    }

    /// Tests of what is known, or of the state of one resource.
    fn tests(
        &self,
        of_state: bool,
        value: &Node,
        request: &[Field],
    ) -> Result<(When, Vec<String>, Option<String>), LoadError> {
        let map = value.map()?;
        let mut tests = Vec::new();
        let mut unbound = None;
        for (operand, test) in map.entries() {
            let (operand, missing) = if of_state {
                (Operand::State(self.resource_name(operand)?), None)
            } else {
                self.operand(operand, request)?
            };
            unbound = unbound.or(missing);
            let (test, missing) = self.test(test, request)?;
            unbound = unbound.or(missing);
            tests.push((operand, test));
        }
        let named = tests.first().map(|(o, _)| match o {
            Operand::Resource(r) | Operand::State(r) => r.clone(),
            other => other.words(),
        });
        Ok((When::Where(tests), named.into_iter().collect(), unbound))
    }

    fn operand(&self, node: &Node, request: &[Field]) -> Result<(Operand, Option<String>), LoadError> {
        let text = node.text()?;
        if text.strip_prefix("request.").is_some() {
            let (path, unbound) = self.field_path(node, request)?;
            return Ok((Operand::Request(path), unbound));
        }
        Ok(match text.split_once('.') {
            Some((resource, attribute)) => {
                self.known_resource(node, resource)?;
                (Operand::Attribute(resource.to_owned(), attribute.to_owned()), None)
            }
            None => (Operand::Resource(self.resource_name(node)?), None),
        })
    }

    fn test(&self, node: &Node, request: &[Field]) -> Result<(Test, Option<String>), LoadError> {
        let values = |node: &Node| -> Result<(Vec<Source>, Option<String>), LoadError> {
            let nodes = if node.is_list() { node.list()?.to_vec() } else { vec![node.clone()] };
            let mut unbound = None;
            let mut out = Vec::new();
            for node in &nodes {
                let (source, missing) = self.source(node, request, &[])?;
                unbound = unbound.or(missing);
                out.push(source);
            }
            Ok((out, unbound))
        };
        if !node.is_map() {
            return Ok(match node.plain() {
                Some("present") => (Test::Present, None),
                Some("absent") => (Test::Absent, None),
                _ => {
                    let (list, unbound) = values(node)?;
                    (Test::Is(list), unbound)
                }
            });
        }
        let (word, operand) = single(node, "write `{above: 0}`, `{not: WORD}` ...")?;
        let word = word.word(&["not", "above", "below", "after", "before"])?;
        if word == "not" {
            let (list, unbound) = values(operand)?;
            return Ok((Test::Not(list), unbound));
        }
        let (value, unbound) = self.source(operand, request, &[])?;
        let test = match word {
            "above" => Test::Above(value),
            "below" => Test::Below(value),
            "after" => Test::After(value),
            _ => Test::Before(value),
        };
        Ok((test, unbound))
    }

    /// A request field by its path; a role that no profile binds stays as it is written, with the reason.
    pub(super) fn field_path(&self, node: &Node, request: &[Field]) -> Result<(String, Option<String>), LoadError> {
        let text = node.text()?;
        let text = text.strip_prefix("request.").unwrap_or(text);
        let mut out = String::new();
        let mut parts = text.split('.');
        while let Some(part) = parts.next() {
            let part = if part == "unseen" {
                let role = parts.next().unwrap_or_default();
                match self.roles.get(role) {
                    Some(Some(name)) => place::part(name),
                    Some(None) => {
                        let why = format!("the name of the request field `{role}` is unseen: the profile can bind it");
                        return Ok((text.to_owned(), Some(why)));
                    }
                    None => {
                        return Err(node.error(
                            format!("the request has no role `unseen.{role}`"),
                            suggest(role, self.roles.keys().map(String::as_str)),
                        ));
                    }
                }
            } else {
                part.into()
            };
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(&part);
        }
        if field::find(request, &out).is_some() {
            return Ok((out, None));
        }
        Err(node.error(format!("the request has no `{out}`"), suggest(&out, request.iter().map(|f| f.path.as_str()))))
    }

    pub(super) fn resource_name(&self, node: &Node) -> Result<String, LoadError> {
        self.known_resource(node, node.text()?)?;
        Ok(node.text()?.to_owned())
    }

    fn known_resource(&self, node: &Node, name: &str) -> Result<(), LoadError> {
        if self.contract.resources.iter().any(|r| r.name == name) {
            return Ok(());
        }
        Err(node.error(
            format!("no resource `{name}`"),
            suggest(name, self.contract.resources.iter().map(|r| r.name.as_str())),
        ))
    }
}

/// The one entry of a map.
pub(super) fn single<'n>(node: &'n Node, help: &str) -> Result<(&'n Node, &'n Node), LoadError> {
    let entries: Vec<_> = node.map()?.entries().collect();
    match entries[..] {
        [(key, value)] => Ok((key, value)),
        _ => Err(node.error("one entry at a time", help)),
    }
}

fn read_ways(documented: &[Node], chosen: &[String]) -> Result<Vec<(String, Covers)>, LoadError> {
    let mut ways: Vec<(String, Covers)> = Vec::new();
    let mut entries = Unique::default();
    for n in documented {
        let (path, covers) = if n.is_map() {
            let (path, way) = single(n, "write `- {birthDate: below}`")?;
            let covers = match way.word(&["null", "absent", "below", "above"])? {
                "null" => Covers::Null,
                "absent" => Covers::Absent,
                "below" => Covers::Below,
                _ => Covers::Above,
            };
            (path.text()?, covers)
        } else {
            (n.text()?, Covers::All)
        };
        if !chosen.iter().any(|c| c == path) {
            return Err(n.error(
                format!("the row does not apply to `{path}`"),
                suggest(path, chosen.iter().map(String::as_str)),
            ));
        }
        let entry = if covers == Covers::All { path.to_owned() } else { format!("{path}: {}", covers.word()) };
        entries.take("a second entry", &entry, n)?;
        ways.push((path.to_owned(), covers));
    }
    Ok(ways)
}

fn inferred_why(code: &str, documented: &[(String, Covers)]) -> String {
    match documented.first() {
        Some((path, Covers::All)) => format!("from row {code}, documented for {path}"),
        Some((path, covers)) => format!("from row {code}, documented for {path} ({})", covers.word()),
        None => format!("from row {code}, which names no field"),
    }
}

pub(super) fn example(node: &Node, rows: &[Row]) -> Result<Example, LoadError> {
    let map = node.map()?;
    let name = map.req("name")?.text()?.to_owned();
    let title = map.req("title")?.text()?.to_owned();
    let expect = map.req("expect")?;
    map.done()?;
    let text = expect.text()?;
    let row = if text == "200" {
        None
    } else {
        let at = rows.iter().position(|r| r.code == text);
        Some(at.ok_or_else(|| {
            expect.error(format!("no row has code `{text}`"), suggest(text, rows.iter().map(|r| r.code.as_str())))
        })?)
    };
    Ok(Example { name, title, row })
}

/// Keys of a map that a reader of this kind leaves alone.
pub(super) fn skip(map: &Map<'_>, keys: &[&'static str]) {
    for key in keys {
        map.opt(key);
    }
}
