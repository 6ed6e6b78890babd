//! YAML as a tree in which every node knows its place and scalars keep their text: `010`, `000_003` and `no` stay what they are.
//!
//! Strict: one document, no anchors, tags or merge keys, no duplicate keys, known keys only.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::error::{LoadError, suggest};
use crate::model::fixture::fit;
use crate::model::{Json, Kind, Source};

/// A file's name and text, shared by its nodes.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) file: String,
    pub(crate) text: String,
}

/// A node of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    text: Rc<Text>,
    span: Range<usize>,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Scalar { text: String, plain: bool },
    Seq(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// Reads one YAML document.
pub(crate) fn parse(file: &str, text: &str) -> Result<Node, LoadError> {
    let shared = Rc::new(Text { file: file.to_owned(), text: text.to_owned() });
    let mut offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    offsets.push(text.len());
    let mut builder = Builder { text: shared, offsets, stack: Vec::new(), root: None };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| {
            let at = builder.offset(e.marker().index());
            LoadError::at(
                file,
                text,
                at..at + 1,
                format!("no valid YAML: {}", e.info()),
                "quote texts that hold `:`, `#`, `{` or `,`",
            )
        })?;
        let span = builder.offset(span.start.index())..builder.offset(span.end.index());
        builder.event(event, span)?;
    }
    builder.root.ok_or_else(|| LoadError::whole(file, "the file is empty", "a contract file starts with `konform: 1`"))
}

enum Open {
    Seq(Range<usize>, Vec<Node>),
    Map(Range<usize>, Vec<(Node, Node)>, Option<Node>),
}

struct Builder {
    text: Rc<Text>,
    offsets: Vec<usize>,
    stack: Vec<Open>,
    root: Option<Node>,
}

impl Builder {
    fn offset(&self, chars: usize) -> usize {
        self.offsets.get(chars).copied().unwrap_or(self.text.text.len())
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>, help: &str) -> LoadError {
        LoadError::at(&self.text.file, &self.text.text, span, message, help)
    }

    fn event(&mut self, event: Event<'_>, span: Range<usize>) -> Result<(), LoadError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if anchor != 0 || tag.is_some() {
                    return Err(self.error(
                        span,
                        "anchors and tags are not part of the contract language",
                        "write the value itself",
                    ));
                }
                let plain = style == ScalarStyle::Plain;
                self.add(Node {
                    text: Rc::clone(&self.text),
                    span,
                    value: Value::Scalar { text: text.into_owned(), plain },
                })
            }
            Event::SequenceStart(..) => {
                self.stack.push(Open::Seq(span, Vec::new()));
                Ok(())
            }
            Event::MappingStart(..) => {
                self.stack.push(Open::Map(span, Vec::new(), None));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match self.stack.pop() {
                    Some(Open::Seq(start, items)) => {
                        Node { text: Rc::clone(&self.text), span: start.start..span.end, value: Value::Seq(items) }
                    }
                    Some(Open::Map(start, entries, _)) => {
                        Node { text: Rc::clone(&self.text), span: start.start..span.end, value: Value::Map(entries) }
                    }
                    None => return Err(self.error(span, "unbalanced structure", "")),
                };
                self.add(node)
            }
            Event::Alias(_) => {
                Err(self.error(span, "aliases are not part of the contract language", "write the value itself"))
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(self.error(span, "a second document", "one file holds one document: remove `---`"))
            }
            _ => Ok(()),
        }
    }

    fn add(&mut self, node: Node) -> Result<(), LoadError> {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::Seq(_, items)) => items.push(node),
            Some(Open::Map(_, entries, key)) => match key.take() {
                None => {
                    let Value::Scalar { text, .. } = &node.value else {
                        let span = node.span.clone();
                        return Err(self.error(span, "a key must be a word", ""));
                    };
                    if entries
                        .iter()
                        .any(|(known, _)| matches!(&known.value, Value::Scalar { text: t, .. } if t == text))
                    {
                        let (message, span) = (format!("`{text}` stands here twice"), node.span.clone());
                        return Err(self.error(span, message, "keep one of the two"));
                    }
                    *key = Some(node);
                }
                Some(name) => entries.push((name, node)),
            },
        }
        Ok(())
    }
}

impl Node {
    /// An error that points at this node.
    pub(crate) fn error(&self, message: impl Into<String>, help: impl Into<String>) -> LoadError {
        LoadError::at(&self.text.file, &self.text.text, self.span(), message, help)
    }

    /// Where a caret points that means this node. A block's span runs to the next token; the caret belongs to its first line.
    pub(crate) fn span(&self) -> Range<usize> {
        let end = match self.text.text[self.span.clone()].find('\n') {
            Some(line) if line > 0 => self.span.start + line,
            _ => self.span.end,
        };
        self.span.start..end.max(self.span.start + 1)
    }

    /// Where this node stands.
    pub(crate) fn source(&self) -> Source {
        let before = &self.text.text[..self.span.start];
        Source {
            file: self.text.file.clone(),
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
        }
    }

    fn shape(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } => "a word",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Result<&str, LoadError> {
        match &self.value {
            Value::Scalar { text, .. } => Ok(text),
            _ => Err(self.error(format!("{} where a word should be", self.shape()), "write a single value")),
        }
    }

    /// The text of an unquoted scalar, if it is one.
    pub(crate) fn plain(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, plain: true } => Some(text),
            _ => None,
        }
    }

    /// A value written out: unquoted `true`, `false`, `null` and numbers are what they look like, everything else is a string.
    pub(crate) fn literal(&self) -> Result<Json, LoadError> {
        let text = self.text()?;
        Ok(match self.plain() {
            Some("true") => Json::Bool(true),
            Some("false") => Json::Bool(false),
            Some("null") => Json::Null,
            // `007` is a text: no JSON number begins with a zero.
            Some(plain) if fit(&Json::text(plain), Kind::Number).is_some() => Json::number(plain),
            _ => Json::text(text),
        })
    }

    /// The items of a list.
    pub(crate) fn list(&self) -> Result<&[Node], LoadError> {
        match &self.value {
            Value::Seq(items) => Ok(items),
            _ => Err(self.error(
                format!("{} where a list should be", self.shape()),
                "write `[a, b]` or lines that begin with `- `",
            )),
        }
    }

    /// The entries of a map, to be taken one by one.
    pub(crate) fn map(&self) -> Result<Map<'_>, LoadError> {
        match &self.value {
            Value::Map(entries) => Ok(Map { node: self, entries, known: RefCell::new(Vec::new()) }),
            _ => Err(self.error(
                format!("{} where a map should be", self.shape()),
                "write `{key: value}` or lines of `key: value`",
            )),
        }
    }

    /// True for a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.value, Value::Seq(_))
    }

    /// True for a map.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// A number in the Rust sense.
    pub(crate) fn parse<T: std::str::FromStr>(&self, what: &str) -> Result<T, LoadError> {
        self.text()?.parse().map_err(|_| {
            self.error(format!("`{}` is not {what}", self.text().unwrap_or_default()), format!("write {what}"))
        })
    }

    /// `true` or `false`, unquoted.
    pub(crate) fn flag(&self) -> Result<bool, LoadError> {
        match self.plain() {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            _ => Err(self.error("neither true nor false", "write `true` or `false`")),
        }
    }

    /// One of the words given.
    pub(crate) fn word<'w>(&self, words: &[&'w str]) -> Result<&'w str, LoadError> {
        self.choice(words, |word| word)
    }

    /// One of the values given, by its word.
    pub(crate) fn choice<'w, T: Copy>(&self, values: &[T], word: impl Fn(T) -> &'w str) -> Result<T, LoadError> {
        let text = self.text()?;
        let found = values.iter().copied().find(|value| word(*value) == text);
        let words = || values.iter().map(|value| word(*value));
        found.ok_or_else(|| self.error(format!("unknown word `{text}`"), suggest(text, words())))
    }
}

/// A map under strict reading: what was not asked for is an error.
pub(crate) struct Map<'a> {
    node: &'a Node,
    entries: &'a [(Node, Node)],
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Map<'a> {
    /// The value under `key`, if there.
    pub(crate) fn opt(&self, key: &'static str) -> Option<&'a Node> {
        self.known.borrow_mut().push(key);
        self.entries.iter().find(|(k, _)| k.text().is_ok_and(|t| t == key)).map(|(_, v)| v)
    }

    /// The value under `key`.
    pub(crate) fn req(&self, key: &'static str) -> Result<&'a Node, LoadError> {
        self.opt(key).ok_or_else(|| self.node.error(format!("`{key}` is missing"), format!("add `{key}: ...`")))
    }

    /// The text under `key`.
    pub(crate) fn text(&self, key: &'static str) -> Result<Option<&'a str>, LoadError> {
        self.opt(key).map(Node::text).transpose()
    }

    /// All entries; for maps whose keys are data.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a Node, &'a Node)> + use<'a> {
        self.entries.iter().map(|(k, v)| (k, v))
    }

    /// Keys that are part of the language but not of this version.
    pub(crate) fn later(&self, keys: &[&'static str]) -> Result<(), LoadError> {
        for key in keys {
            if let Some((k, _)) = self.entries.iter().find(|(k, _)| k.text().is_ok_and(|t| t == *key)) {
                return Err(k.error(
                    format!("`{key}` is not supported by this version"),
                    "remove it, or use a version of konform that reads it",
                ));
            }
        }
        Ok(())
    }

    /// Refuses every key that was not asked for.
    pub(crate) fn done(&self) -> Result<(), LoadError> {
        let known = self.known.borrow();
        for (key, _) in self.entries {
            let text = key.text()?;
            if !known.contains(&text) {
                return Err(key.error(format!("unknown key `{text}`"), suggest(text, known.iter().copied())));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_text_and_place() {
        let root = parse("x.yaml", "a: 010\nb: [000_003, no, \"no\"]\nc: 9999999999999999999\n").unwrap();
        let map = root.map().unwrap();
        assert_eq!(map.text("a").unwrap(), Some("010"));
        let items = map.req("b").unwrap().list().unwrap();
        assert_eq!(items.iter().map(|i| i.text().unwrap()).collect::<Vec<_>>(), ["000_003", "no", "no"]);
        assert_eq!(items[2].plain(), None);
        assert_eq!((items[1].source().line, items[1].source().column), (2, 14));
    }

    #[test]
    fn mistakes_are_shown_with_a_caret_and_a_mend() {
        for (text, at, message, help) in [
            ("lenght: 3\n", (1, 1), "unknown key `lenght`", "did you mean `length`?"),
            ("length: 1\nlength: 2\n", (2, 1), "`length` stands here twice", "keep one of the two"),
            (
                "length: &x 1\n",
                (1, 9),
                "anchors and tags are not part of the contract language",
                "write the value itself",
            ),
            ("length: [1\n", (2, 1), "no valid YAML", "quote texts"),
        ] {
            let error = parse("x.yaml", text).and_then(|n| {
                let map = n.map()?;
                map.opt("length");
                map.done()
            });
            let error = error.unwrap_err();
            assert_eq!((error.place().1, error.place().2), at, "{error}");
            assert!(error.message().starts_with(message), "{error}");
            assert!(error.help().starts_with(help), "{error}");
            assert!(error.to_string().contains('^'), "{error}");
        }
    }
}
