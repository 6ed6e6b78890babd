//! What is known of one property of a field: a value, `unseen`, a conflict, or a value with its basis.

use std::collections::BTreeMap;

use super::error::{LoadError, suggest};
use super::unique::Unique;
use super::yaml::Node;
use crate::model::clause::Basis;
use crate::model::field::{Bounds, Charset, Format, Kind, Presence, Sample};
use crate::model::{Decimal, Source};

/// A property as it is written, before it has a clause.
#[derive(Clone, Debug)]
pub(crate) struct Property<T> {
    pub(crate) sides: Vec<T>,
    pub(crate) open: bool,
    pub(crate) basis: Basis,
    pub(crate) why: String,
    pub(crate) source: Source,
}

/// The conflicts that properties may name, with the profile's choices applied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conflicts {
    pub(crate) sides: BTreeMap<String, Vec<Node>>,
    /// Every conflict, also those that no property names.
    pub(crate) ids: std::collections::BTreeSet<String>,
    pub(super) places: Unique,
}

/// Reads one value of a property.
pub(crate) type ReadValue<'a, T> = &'a dyn Fn(&Node) -> Result<T, LoadError>;

/// Reads the property `key`; `None` where it is unseen.
pub(crate) fn property<T>(
    node: &Node,
    key: &'static str,
    read: ReadValue<'_, T>,
    conflicts: &Conflicts,
    basis: (Basis, &str),
) -> Result<Option<Property<T>>, LoadError> {
    let make = |sides, open, basis, why: &str| {
        Some(Property { sides, open, basis, why: why.to_owned(), source: node.source() })
    };
    if node.plain() == Some("unseen") {
        return Ok(None);
    }
    if !node.is_map() {
        return Ok(make(vec![read(node)?], false, basis.0, basis.1));
    }
    let map = node.map()?;
    if let Some(named) = map.opt("conflict") {
        map.done()?;
        let ids = if named.is_list() { named.list()?.to_vec() } else { vec![named.clone()] };
        let mut sides = Vec::new();
        for (at, id) in ids.iter().enumerate() {
            let text = id.text()?;
            let known = conflicts.sides.get(text);
            let known = known.ok_or_else(|| {
                id.error(
                    format!("no conflict `{text}` with `either:`"),
                    suggest(text, conflicts.sides.keys().map(String::as_str)),
                )
            })?;
            // Of several conflicts the first gives the side that is sent; all their sides are taken.
            for side in known.iter().skip(usize::from(at > 0 && known.len() > 1)) {
                let value = if side.is_map() { side.map()?.opt(key) } else { Some(side) };
                if let Some(value) = value {
                    sides.push(read(value)?);
                }
            }
        }
        if sides.is_empty() {
            return Err(
                named.error(format!("no side of the conflict says anything of `{key}`"), "leave the property out")
            );
        }
        return Ok(make(sides, false, basis.0, basis.1));
    }
    let value = map.req("value")?;
    let open = map.text("open")?;
    let stated = map.opt("basis").map(self::basis).transpose()?;
    let why = match (map.text("from")?, map.text("why")?) {
        (Some(from), None) => format!("from {from}"),
        (None, Some(why)) => why.to_owned(),
        (Some(from), Some(why)) => format!("from {from}: {why}"),
        (None, None) => String::new(),
    };
    map.done()?;
    let basis = stated.unwrap_or(basis.0);
    if basis == Basis::Inferred && why.is_empty() {
        return Err(node.error("an inferred value without its origin", "add `from: SIBLING` or `why: ...`"));
    }
    if let Some(reason) = open {
        return Ok(make(vec![read(value)?], true, basis, reason));
    }
    Ok(make(vec![read(value)?], false, basis, &why))
}

/// A basis by its word.
pub(crate) fn basis(node: &Node) -> Result<Basis, LoadError> {
    Ok(match node.word(&["documented", "observed", "inferred"])? {
        "documented" => Basis::Documented,
        "observed" => Basis::Observed,
        _ => Basis::Inferred,
    })
}

/// A JSON type by its word.
pub(crate) fn kind(node: &Node) -> Result<Kind, LoadError> {
    node.choice(&Kind::ALL, Kind::word)
}

/// `required` or `optional`.
pub(crate) fn presence(node: &Node) -> Result<Presence, LoadError> {
    Ok(match node.word(&["required", "optional"])? {
        "required" => Presence::Required,
        _ => Presence::Optional,
    })
}

/// `88` or `1..80`.
pub(crate) fn length(node: &Node) -> Result<Bounds<usize>, LoadError> {
    let (min, max) = range(node)?;
    let read = |text: &str| {
        text.parse::<usize>().map_err(|_| node.error(format!("`{text}` is no length"), "write `88` or `1..80`"))
    };
    ordered(node, read(min)?, read(max)?)
}

/// `1..9999999999999999999`.
pub(crate) fn value(node: &Node) -> Result<Bounds<Decimal>, LoadError> {
    let (min, max) = range(node)?;
    let read =
        |text: &str| Decimal::parse(text).ok_or_else(|| node.error(format!("`{text}` is no number"), "write `1..100`"));
    ordered(node, read(min)?, read(max)?)
}

fn range(node: &Node) -> Result<(&str, &str), LoadError> {
    let text = node.text()?;
    Ok(text.split_once("..").unwrap_or((text, text)))
}

fn ordered<T: PartialOrd>(node: &Node, min: T, max: T) -> Result<Bounds<T>, LoadError> {
    if min <= max {
        Ok(Bounds { min, max })
    } else {
        Err(node.error("the smaller bound stands last", "write the smaller one first"))
    }
}

/// `email` or a fixed-width pattern.
pub(crate) fn format(node: &Node) -> Result<Format, LoadError> {
    let text = node.text()?;
    if text == "email" {
        return Ok(Format::Email);
    }
    if ["yy", "MM", "dd", "HH", "mm", "ss"].iter().any(|part| text.contains(part)) {
        return Ok(Format::Pattern(text.to_owned()));
    }
    Err(node.error(
        format!("unknown format `{text}`"),
        "write `email` or a pattern such as `yyyyMMdd`, `yyMMddHHmmss-xxxxxxx`",
    ))
}

/// The words of an enum.
pub(crate) fn words(node: &Node) -> Result<Vec<String>, LoadError> {
    let mut words = Vec::new();
    let mut places = Unique::default();
    for word in node.list()? {
        places.take("a second word", word.text()?, word)?;
        words.push(word.text()?.to_owned());
    }
    if words.is_empty() {
        Err(node.error("an enum without words", "list its words, or leave `enum` out"))
    } else {
        Ok(words)
    }
}

/// `digits` or `hex`.
pub(crate) fn charset(node: &Node) -> Result<Charset, LoadError> {
    Ok(match node.word(&["digits", "hex"])? {
        "digits" => Charset::Digits,
        _ => Charset::Hex,
    })
}

/// What to send: a word, `{pattern: ...}` or `{catalogue: R, where: {attribute: VALUE}}`.
pub(crate) fn sample(node: &Node) -> Result<Sample, LoadError> {
    if !node.is_map() {
        return Ok(Sample::Word(node.text()?.to_owned()));
    }
    let map = node.map()?;
    if let Some(pattern) = map.text("pattern")? {
        map.done()?;
        return Ok(Sample::Pattern(pattern.to_owned()));
    }
    let resource = map.req("catalogue")?.text()?.to_owned();
    let mut tests = map.req("where")?.map()?.entries();
    map.done()?;
    match (tests.next(), tests.next()) {
        (Some((attribute, value)), None) => {
            Ok(Sample::Catalogue { resource, attribute: attribute.text()?.to_owned(), value: value.text()?.to_owned() })
        }
        _ => Err(node.error("`where` wants exactly one attribute", "write `where: {attribute: VALUE}`")),
    }
}
