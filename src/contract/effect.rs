//! Effects: what a successful call does to resources, read from a contract file.

use super::behaviour::{Act, Echo, Effect, Listing, NewState, Settle, Source};
use super::error::{LoadError, suggest};
use super::load::Loader;
use super::property::{self, Property};
use super::row::single;
use super::yaml::{Map, Node};
use crate::model::ClauseIx;
use crate::model::clause::{Basis, Rule};
use crate::model::field::{self, Field};

/// What effects speak of: the endpoint's id and tables.
pub(super) struct Tables<'a> {
    pub(super) endpoint: &'a str,
    pub(super) request: &'a [Field],
    pub(super) response: &'a [Field],
}

impl Loader<'_> {
    /// Reads one effect; none if it rests on a name that no profile gives.
    pub(super) fn effect(&mut self, node: &Node, tables: &Tables<'_>) -> Result<Option<Effect>, LoadError> {
        let map = node.map()?;
        let mut unbound = false;
        let (act, resource) =
            [("create", Act::Create), ("read", Act::Read), ("update", Act::Update), ("delete", Act::Delete)]
                .into_iter()
                .find_map(|(word, act)| map.opt(word).map(|n| (act, n)))
                .ok_or_else(|| {
                    node.error(
                        "an effect that does nothing",
                        "write `create:`, `read:`, `update:` or `delete: RESOURCE`",
                    )
                })?;
        for word in ["create", "read", "update", "delete"] {
            map.opt(word);
        }
        let resource = self.resource_name(resource)?;
        let basis = (
            map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented),
            map.text("why")?.unwrap_or_default().to_owned(),
        );
        let mut sourced = |this: &Self, node: &Node| -> Result<Source, LoadError> {
            let (source, missing) = this.source(node, tables.request, tables.response)?;
            unbound |= missing.is_some();
            Ok(source)
        };
        let key = map.opt("key").map(|n| sourced(self, n)).transpose()?;
        let set = map.opt("set").map(|n| self.sets(n, &mut sourced)).transpose()?.unwrap_or_default();
        let add = map.opt("add").map(|n| self.sets(n, &mut sourced)).transpose()?.unwrap_or_default();
        let subtract = map.opt("subtract").map(|n| self.sets(n, &mut sourced)).transpose()?.unwrap_or_default();
        let state = map.opt("state").map(|n| self.new_state(n, &resource, &mut sourced)).transpose()?;
        let by = match map.opt("by").map(|n| self.field_path(n, tables.request)).transpose()? {
            Some((path, missing)) => {
                unbound |= missing.is_some();
                Some(path)
            }
            None => None,
        };
        let only_if = map.opt("if").map(|n| condition(n, tables.response)).transpose()?;
        let once = map.text("once")?.map(str::to_owned);
        let settle = map.opt("settle").map(|n| self.settle(n)).transpose()?;
        let mut unique = Vec::new();
        for n in map.opt("unique").map(Node::list).transpose()?.unwrap_or_default() {
            let (path, missing) = self.field_path(n, tables.request)?;
            unbound |= missing.is_some();
            unique.push(path);
        }
        if act == Act::Create && key.is_none() {
            return Err(node.error("`key` is missing", "add `key: response.FIELD`"));
        }
        let list = map.opt("list").map(|n| self.listing(n, &resource, tables, &basis)).transpose()?;
        let answer = self.echoes(&map, tables, list.as_ref(), &basis)?;
        let shows_left = map.opt("present").map(Node::flag).transpose()? == Some(false);
        let present = self.present(&map, tables, (&resource, &answer), &basis)?;
        map.done()?;
        let effect = Effect {
            act,
            resource,
            key,
            by,
            only_if,
            unique,
            set,
            add,
            subtract,
            state,
            once,
            settle,
            list,
            present,
            shows_left,
            answer,
        };
        Ok((!unbound).then_some(effect))
    }

    /// `present: true`: the answer is about existing instances only, so that one that has left is not shown any more. `false`:
    /// one that has left is shown like any other. Without the word nobody knows.
    fn present(
        &mut self,
        map: &Map<'_>,
        tables: &Tables<'_>,
        (resource, answer): (&str, &[Echo]),
        basis: &(Basis, String),
    ) -> Result<Option<ClauseIx>, LoadError> {
        let Some(node) = map.opt("present") else { return Ok(None) };
        if !node.flag()? {
            return Ok(None);
        }
        let Some(shown) = answer.first() else {
            return Err(node.error(
                "`present` is given, but the effect has no `answer` that would show the resource",
                "add `answer: {FIELD: RESOURCE.ATTRIBUTE}`, or leave `present` out",
            ));
        };
        let place = shown.path.split('.').next().unwrap_or_default();
        let prop =
            Property { sides: vec![()], open: false, basis: basis.0, why: basis.1.clone(), source: node.source() };
        Ok(Some(self.clause(
            format!("{}/effects/{place}/present", tables.endpoint),
            Rule::Present,
            &prop,
            format!("{place} shows no {resource} that has left"),
        )))
    }

    /// `{call: ENDPOINT, until: {FIELD: [WORD]}}`: the field is one of that endpoint's answer.
    fn settle(&mut self, node: &Node) -> Result<Settle, LoadError> {
        let map = node.map()?;
        let call = map.req("call")?;
        let (path, words) = single(map.req("until")?, "write `until: {FIELD: [WORD, WORD]}`")?;
        let until: Vec<String> = words.list()?.iter().map(|w| w.text().map(str::to_owned)).collect::<Result<_, _>>()?;
        if until.is_empty() {
            return Err(words.error("no word ends the wait", "write `until: {FIELD: [WORD]}`"));
        }
        self.mentions.push((call.clone(), Some(path.clone())));
        let settle = Settle { call: call.text()?.to_owned(), path: path.text()?.to_owned(), until };
        map.done()?;
        Ok(settle)
    }

    /// `{attribute: SOURCE}`, or a list of request fields that are attributes of the same name.
    fn sets(
        &self,
        node: &Node,
        sourced: &mut dyn FnMut(&Self, &Node) -> Result<Source, LoadError>,
    ) -> Result<Vec<(String, Source)>, LoadError> {
        if node.is_list() {
            return node.list()?.iter().map(|n| Ok((n.text()?.to_owned(), sourced(self, n)?))).collect();
        }
        node.map()?.entries().map(|(name, value)| Ok((name.text()?.to_owned(), sourced(self, value)?))).collect()
    }

    fn new_state(
        &self,
        node: &Node,
        resource: &str,
        sourced: &mut dyn FnMut(&Self, &Node) -> Result<Source, LoadError>,
    ) -> Result<NewState, LoadError> {
        let states = self.contract.resources.iter().find(|r| r.name == resource).map(|r| r.states.clone());
        let states = states.unwrap_or_default();
        let known = |n: &Node| -> Result<String, LoadError> {
            let text = n.text()?;
            if states.iter().any(|s| s == text) {
                Ok(text.to_owned())
            } else {
                Err(n.error(
                    format!("{resource} has no state `{text}`"),
                    suggest(text, states.iter().map(String::as_str)),
                ))
            }
        };
        if !node.is_map() {
            return Ok(NewState::Always(known(node)?));
        }
        let map = node.map()?;
        let by = sourced(self, map.req("by")?)?;
        let mut words = Vec::new();
        for (word, state) in map.opt("map").map(Node::map).transpose()?.iter().flat_map(Map::entries) {
            words.push((word.text()?.to_owned(), known(state)?));
        }
        map.done()?;
        Ok(NewState::By(by, words))
    }

    fn listing(
        &mut self,
        node: &Node,
        resource: &str,
        tables: &Tables<'_>,
        basis: &(Basis, String),
    ) -> Result<Listing, LoadError> {
        let key =
            self.contract.resources.iter().find(|r| r.name == resource).map(|r| r.key.clone()).unwrap_or_default();
        if !node.is_map() {
            let path = answered(node, tables.response)?;
            return Ok(Listing {
                path,
                item: key,
                of: None,
                size: None,
                page: None,
                narrowed_by: Vec::new(),
                clause: None,
                size_clause: None,
            });
        }
        let map = node.map()?;
        let path = answered(map.req("at")?, tables.response)?;
        let item = map.text("item")?.unwrap_or(&key).to_owned();
        let of = map.opt("of").map(|n| self.resource_name(n)).transpose()?;
        let size = map.opt("size").map(|n| self.field_path(n, tables.request)).transpose()?.map(|(path, _)| path);
        let page = map.opt("page").map(|n| self.field_path(n, tables.request)).transpose()?.map(|(path, _)| path);
        let mut narrowed_by = Vec::new();
        for (field, attribute) in map.opt("narrowed_by").map(Node::map).transpose()?.iter().flat_map(Map::entries) {
            narrowed_by.push((self.field_path(field, tables.request)?.0, attribute.text()?.to_owned()));
            self.attributes.push((attribute.clone(), resource.to_owned(), attribute.text()?.to_owned()));
        }
        // A request that names one of the listed resources may be asking for that one alone.
        for field in tables.request.iter().filter(|f| f.optional()) {
            let names = field.refers.as_deref().and_then(|r| r.split_once('.')).filter(|(name, _)| *name == resource);
            if let Some((_, attribute)) = names.filter(|_| !narrowed_by.iter().any(|(path, _)| *path == field.path)) {
                narrowed_by.push((field.path.clone(), attribute.to_owned()));
            }
        }
        let complete = map.opt("complete").map(Node::flag).transpose()?.unwrap_or(true);
        map.done()?;
        let prop =
            Property { sides: vec![()], open: false, basis: basis.0, why: basis.1.clone(), source: node.source() };
        let endpoint = tables.endpoint;
        let clause = complete.then(|| {
            self.clause(
                format!("{endpoint}/effects/{path}/lists"),
                Rule::Lists,
                &prop,
                format!("{path} lists every {resource} that is there, and none that is gone"),
            )
        });
        let size_clause = size.as_ref().map(|size| {
            self.clause(
                format!("{endpoint}/effects/{path}/page"),
                Rule::Page,
                &prop,
                format!("{path} has no more entries than {size} says"),
            )
        });
        Ok(Listing { path, item, of, size, page, narrowed_by, clause, size_clause })
    }

    fn echoes(
        &mut self,
        map: &Map<'_>,
        tables: &Tables<'_>,
        list: Option<&Listing>,
        basis: &(Basis, String),
    ) -> Result<Vec<Echo>, LoadError> {
        let mut out = Vec::new();
        for (path, attribute) in map.opt("answer").map(Node::map).transpose()?.iter().flat_map(Map::entries) {
            let text = path.text()?;
            let whole = list.map_or_else(|| text.to_owned(), |l| format!("{}.*.{text}", l.path));
            if field::find(tables.response, &whole).is_none() {
                return Err(path.error(
                    format!("the answer has no `{whole}`"),
                    suggest(&whole, tables.response.iter().map(|f| f.path.as_str())),
                ));
            }
            let (resource, name) = attribute
                .text()?
                .split_once('.')
                .ok_or_else(|| attribute.error("no `resource.attribute`", "write `user.loginId`"))?;
            if !self.contract.resources.iter().any(|r| r.name == resource) {
                return Err(attribute.error(
                    format!("no resource `{resource}`"),
                    suggest(resource, self.contract.resources.iter().map(|r| r.name.as_str())),
                ));
            }
            let prop =
                Property { sides: vec![()], open: false, basis: basis.0, why: basis.1.clone(), source: path.source() };
            let clause: ClauseIx = self.clause(
                format!("{}/effects/{whole}/equals", tables.endpoint),
                Rule::Equals,
                &prop,
                format!("{whole} is the {name} of the {resource}"),
            );
            out.push(Echo { path: text.to_owned(), resource: resource.to_owned(), attribute: name.to_owned(), clause });
        }
        Ok(out)
    }

    /// Where a value comes from: `response.FIELD`, `request.FIELD`, a request field, `resource.attribute`, `now`, `today+30d`,
    /// or a value written out.
    pub(super) fn source(
        &self,
        node: &Node,
        request: &[Field],
        response: &[Field],
    ) -> Result<(Source, Option<String>), LoadError> {
        let text = node.text()?;
        if text.starts_with("response.") {
            return Ok((Source::Response(answered(node, response)?), None));
        }
        if text.starts_with("request.") || text.starts_with("unseen.") {
            let (path, unbound) = self.field_path(node, request)?;
            return Ok((Source::Request(path), unbound));
        }
        if let Some((resource, attribute)) = text.split_once('.') {
            if self.contract.resources.iter().any(|r| r.name == resource) && field::find(request, text).is_none() {
                return Ok((Source::Attribute(resource.to_owned(), attribute.to_owned()), None));
            }
        }
        if let Some(plain) = node.plain() {
            if field::find(request, plain).is_some() {
                return Ok((Source::Request(plain.to_owned()), None));
            }
            if plain == "now" {
                return Ok((Source::Now, None));
            }
            if let Some(days) = plain.strip_prefix("today") {
                let days = if days.is_empty() { Some(0) } else { days.strip_suffix('d').and_then(|d| d.parse().ok()) };
                let days = days.ok_or_else(|| node.error("no day", "write `today`, `today+30d` or `today-1d`"))?;
                return Ok((Source::Today(days), None));
            }
        }
        Ok((Source::Literal(node.literal()?), None))
    }
}

fn answered(node: &Node, response: &[Field]) -> Result<String, LoadError> {
    let text = node.text()?;
    let path = text
        .strip_prefix("response.")
        .ok_or_else(|| node.error(format!("`{text}` is no part of the answer"), "write `response.FIELD`"))?;
    if field::find(response, path).is_some() {
        return Ok(path.to_owned());
    }
    Err(node.error(format!("the answer has no `{path}`"), suggest(path, response.iter().map(|f| f.path.as_str()))))
}

/// `response.FIELD`, or `{response.FIELD: WORD}`.
fn condition(node: &Node, response: &[Field]) -> Result<(String, Vec<String>), LoadError> {
    if !node.is_map() {
        return Ok((answered(node, response)?, Vec::new()));
    }
    let (path, words) = single(node, "write `if: {response.FIELD: WORD}`")?;
    let words = if words.is_list() { words.list()?.to_vec() } else { vec![words.clone()] };
    let words = words.iter().map(|w| w.text().map(str::to_owned)).collect::<Result<_, _>>()?;
    Ok((answered(path, response)?, words))
}
