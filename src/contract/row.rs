//! What an endpoint answers and does: success, error rows with their causes, effects, the documentation's test data.

use super::endpoint::{Covers, Effect, Example, Row, RowField, Success, When};
use super::error::{LoadError, suggest};
use super::load::Loader;
use super::property::{self, Property};
use super::yaml::Node;
use crate::model::clause::{Basis, Rule};
use crate::model::field::{self, Field, Kind};

impl Loader<'_> {
    pub(super) fn effect(&self, node: &Node, request: &[Field], response: &[Field]) -> Result<Effect, LoadError> {
        let map = node.map()?;
        map.later(&[
            "update", "delete", "issue", "consume", "add", "subtract", "settle", "once", "state", "answer", "set",
        ])?;
        let resource = |n: &Node| -> Result<String, LoadError> {
            let text = n.text()?;
            if self.contract.resources.iter().any(|r| r.name == text) {
                return Ok(text.to_owned());
            }
            Err(n.error(
                format!("no resource `{text}`"),
                suggest(text, self.contract.resources.iter().map(|r| r.name.as_str())),
            ))
        };
        let answered = |n: &Node| -> Result<String, LoadError> {
            let text = n.text()?;
            let path = text
                .strip_prefix("response.")
                .ok_or_else(|| n.error(format!("`{text}` is no part of the answer"), "write `response.FIELD`"))?;
            if field::find(response, path).is_some() {
                Ok(path.to_owned())
            } else {
                Err(n.error(
                    format!("the answer has no `{path}`"),
                    suggest(path, response.iter().map(|f| f.path.as_str())),
                ))
            }
        };
        let effect = if let Some(create) = map.opt("create") {
            let mut unique = Vec::new();
            for n in map.opt("unique").map(Node::list).transpose()?.unwrap_or_default() {
                let text = n.text()?;
                if !request.iter().any(|f| f.name == text) {
                    return Err(n.error(
                        format!("the request has no `{text}`"),
                        suggest(text, request.iter().map(|f| f.name.as_str())),
                    ));
                }
                unique.push(text.to_owned());
            }
            Effect::Create {
                resource: resource(create)?,
                key: answered(map.req("key")?)?,
                unique,
                only_if: map.opt("if").map(answered).transpose()?,
            }
        } else {
            Effect::Read { resource: resource(map.req("read")?)?, list: map.opt("list").map(answered).transpose()? }
        };
        map.done()?;
        Ok(effect)
    }

    pub(super) fn success(&mut self, node: &Node, endpoint: &str) -> Result<Success, LoadError> {
        let map = node.map()?;
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let why = match (map.text("from")?, map.text("why")?) {
            (Some(from), _) => format!("from {from}"),
            (None, why) => why.unwrap_or_default().to_owned(),
        };
        let status: u16 = map.req("status")?.parse("an HTTP status")?;
        let read = |n: &Node| n.text().map(str::to_owned);
        let codes = property::property(map.req("code")?, "code", &read, &self.conflicts, (basis, &why))?;
        let codes =
            codes.ok_or_else(|| node.error("the success code must be known", "write it, or `{conflict: ID}`"))?.sides;
        let message = map.req("message")?.text()?.to_owned();
        map.done()?;
        let prop = Property { sides: vec![()], open: false, basis, why, source: node.source() };
        let stem = format!("{endpoint}/success/{}", codes[0]);
        Ok(Success {
            status,
            status_clause: self.clause(
                format!("{stem}/status"),
                Rule::Status,
                &prop,
                format!("a legal request is answered with {status}"),
            ),
            code_clause: self.clause(
                format!("{stem}/code"),
                Rule::Code,
                &prop,
                format!("a success carries code {}", codes.join(" or ")),
            ),
            message_clause: self.clause(
                format!("{stem}/message"),
                Rule::Message,
                &prop,
                format!("a success says \"{message}\""),
            ),
            codes,
            message,
        })
    }

    pub(super) fn row(&mut self, node: &Node, endpoint: &str, request: &[Field]) -> Result<Row, LoadError> {
        let map = node.map()?;
        map.later(&["trigger", "conflict"])?;
        let status: u16 = map.req("status")?.parse("an HTTP status")?;
        let code = map.req("code")?.text()?.to_owned();
        let message = map.req("message")?.text()?.to_owned();
        let when_node = map.req("when")?;
        let documented = map.opt("documented_for").map(Node::list).transpose()?.unwrap_or_default();
        map.done()?;
        let (when, chosen) = read_when(when_node, request)?;
        let mut ways: Vec<(String, Covers)> = Vec::new();
        for n in documented {
            let (path, covers) = if n.is_map() {
                let entries: Vec<_> = n.map()?.entries().collect();
                let [(path, way)] = entries[..] else {
                    return Err(n.error("one field at a time", "write `- {birthDate: below}`"));
                };
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
            ways.push((path.to_owned(), covers));
        }
        let state_row = !when.input();
        let mut fields = Vec::new();
        for path in chosen {
            let own: Vec<Covers> = ways.iter().filter(|(p, _)| *p == path).map(|(_, c)| *c).collect();
            let mut variants: Vec<(Covers, bool)> = own.iter().map(|c| (*c, true)).collect();
            if own.is_empty() {
                variants.push((Covers::All, state_row));
            }
            variants.extend(own.iter().filter_map(|c| c.other()).filter(|c| !own.contains(c)).map(|c| (c, false)));
            for (covers, documented) in variants {
                let (basis, why) = if documented {
                    (Basis::Documented, String::new())
                } else {
                    (Basis::Inferred, inferred_why(&code, &ways))
                };
                let prop = Property { sides: vec![()], open: false, basis, why, source: node.source() };
                let named = if own.len() == 1 && documented || covers == Covers::All {
                    path.clone()
                } else {
                    format!("{path}.{}", covers.word())
                };
                let stem = |rule: Rule| format!("{endpoint}/errors/{code}/{}/{named}", rule.word());
                let cause = format!(
                    "{} {path}{}",
                    when.word(),
                    if covers == Covers::All { String::new() } else { format!(" ({})", covers.word()) }
                );
                fields.push(RowField {
                    status: self.clause(
                        stem(Rule::Status),
                        Rule::Status,
                        &prop,
                        format!("{cause} is answered with {status}"),
                    ),
                    code: self.clause(stem(Rule::Code), Rule::Code, &prop, format!("{cause} is refused with {code}")),
                    message: self.clause(
                        stem(Rule::Message),
                        Rule::Message,
                        &prop,
                        format!("{cause} says \"{message}\""),
                    ),
                    path: path.clone(),
                    covers,
                    documented,
                });
            }
        }
        Ok(Row { status, code, message, when, fields })
    }
}

fn inferred_why(code: &str, documented: &[(String, Covers)]) -> String {
    match documented.first() {
        Some((path, Covers::All)) => format!("from row {code}, documented for {path}"),
        Some((path, covers)) => format!("from row {code}, documented for {path} ({})", covers.word()),
        None => format!("from row {code}, which names no field"),
    }
}

fn read_when(node: &Node, request: &[Field]) -> Result<(When, Vec<String>), LoadError> {
    let map = node.map()?;
    map.later(&[
        "format", "value", "type", "invalid", "unknown", "mismatch", "where", "state", "attempts", "repeated",
    ])?;
    let field = |n: &Node| -> Result<String, LoadError> {
        let text = n.text()?;
        if request.iter().any(|f| f.path == text) {
            return Ok(text.to_owned());
        }
        Err(n.error(format!("the request has no `{text}`"), suggest(text, request.iter().map(|f| f.path.as_str()))))
    };
    let any = |n: &Node, applies: &dyn Fn(&Field) -> bool| -> Result<Vec<String>, LoadError> {
        if n.plain() == Some("any") {
            Ok(request.iter().filter(|f| applies(f)).map(|f| f.path.clone()).collect())
        } else {
            Ok(vec![field(n)?])
        }
    };
    let is_string = |f: &Field| f.kind.as_ref().is_some_and(|k| *k.first() == Kind::String);
    let result = if let Some(n) = map.opt("empty") {
        (When::Empty, any(n, &|f| f.required() && is_string(f))?)
    } else if let Some(n) = map.opt("missing") {
        (When::Missing, any(n, &Field::required)?)
    } else if let Some(n) = map.opt("length") {
        (When::Length, any(n, &|f| f.length.as_ref().is_some_and(|l| !l.open))?)
    } else if let Some(n) = map.opt("taken") {
        (When::Taken, vec![field(n)?])
    } else if let Some(n) = map.opt("lacks") {
        let entries: Vec<_> = n.map()?.entries().collect();
        let [(list, test)] = entries[..] else {
            return Err(n.error("`lacks` wants one list", "write `lacks: {LIST: {resource.attribute: VALUE}}`"));
        };
        let tests: Vec<_> = test.map()?.entries().collect();
        let [(attribute, value)] = tests[..] else {
            return Err(test.error("one attribute at a time", "write `{resource.attribute: VALUE}`"));
        };
        let (resource, attribute) = attribute
            .text()?
            .split_once('.')
            .ok_or_else(|| attribute.error("no `resource.attribute`", "write `terms.required`"))?;
        let when = When::Lacks {
            resource: resource.to_owned(),
            attribute: attribute.to_owned(),
            value: value.text()?.to_owned(),
        };
        (when, vec![field(list)?])
    } else {
        map.done()?;
        return Err(
            node.error("a row without a cause", "write `when: {empty: any}`, `missing`, `length`, `taken` or `lacks`")
        );
    };
    map.done()?;
    Ok(result)
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
