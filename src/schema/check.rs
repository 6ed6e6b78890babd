//! Three-valued checking of a value against its fields: a rule holds, is broken, or nobody knows.
//!
//! Requests are checked strictly (only the side that konform sends is legal, other sides of a conflict are unknown); answers
//! are checked leniently (any side, any unit of length will do), so that no honest target is blamed for a hole in the facts.

use std::fmt;

use crate::model::field::{Bounds, Constraint, Field, Format, Kind, Presence, Sample, Unit, Way};
use crate::model::json::{Json, Redacted};
use crate::model::{ClauseIx, Decimal, Rule};

use crate::model::format;

/// What a check comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The value satisfies the rule.
    Holds,
    /// It does not.
    Broken,
    /// No source decides.
    Unknown,
}

/// Whose value is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Sent by konform: strict.
    Request,
    /// Sent by the target: lenient.
    Response,
}

/// How to check.
#[derive(Clone, Copy, Debug)]
pub struct Units<'a> {
    /// Whose value.
    pub side: Side,
    /// The units that a length may count.
    pub units: &'a [Unit],
}

/// One rule as it was checked at one place.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The field.
    pub field: &'a Field,
    /// The rule.
    pub rule: Rule,
    /// The clause behind it, if any.
    pub clause: Option<ClauseIx>,
    /// What it comes to.
    pub state: State,
    /// How it is broken.
    pub way: Way,
    /// Where; displays as a JSON pointer, or `header:NAME`.
    pub path: &'a Path<'a>,
    /// The value, if there is one.
    pub value: Option<&'a Json>,
}

/// A place inside a body, kept on the stack until somebody wants to read it.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    /// The body itself.
    Root,
    /// A member.
    Member(&'a Path<'a>, &'a str),
    /// An item.
    Item(&'a Path<'a>, usize),
    /// A header.
    Header(&'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Member(parent, name) => write!(f, "{parent}/{}", name.replace('~', "~0").replace('/', "~1")),
            Path::Item(parent, at) => write!(f, "{parent}/{at}"),
            Path::Header(name) => write!(f, "header:{name}"),
        }
    }
}

/// Receives what was checked.
pub type Sink<'s> = &'s mut dyn FnMut(&Judged<'_>);

/// Checks an object against its fields.
pub fn check(fields: &[Field], body: &Json, units: Units<'_>, sink: Sink<'_>) {
    members(fields, body, &Path::Root, units, sink);
}

/// Checks headers against their fields; names compare without case.
pub fn check_header(fields: &[Field], headers: &[(String, String)], units: Units<'_>, sink: Sink<'_>) {
    for field in fields {
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(&field.name));
        let value = found.map(|(_, text)| Json::text(text.as_str()));
        one(field, value.as_ref(), &Path::Header(&field.name), units, sink);
    }
}

fn members(fields: &[Field], body: &Json, path: &Path<'_>, units: Units<'_>, sink: Sink<'_>) {
    for field in fields {
        one(field, body.get(&field.name), &Path::Member(path, &field.name), units, sink);
    }
}

fn one(field: &Field, value: Option<&Json>, path: &Path<'_>, units: Units<'_>, sink: Sink<'_>) {
    let clause = field.presence.as_ref().and_then(|p| p.clause);
    let mut say = |state, way| sink(&Judged { field, rule: Rule::Presence, clause, state, way, path, value });
    let missing = match value {
        None => Some(Way::Absent),
        Some(Json::Null) => Some(Way::Null),
        Some(_) => None,
    };
    if missing == Some(Way::Null) && field.nullable {
        return say(State::Holds, Way::Null);
    }
    match (missing, field.presence.as_ref().map(|p| *p.first())) {
        (Some(way), Some(Presence::Required)) => say(State::Broken, way),
        (Some(Way::Absent), Some(Presence::Optional)) => say(State::Holds, Way::Absent),
        (Some(way), _) => say(State::Unknown, way),
        (None, presence) => {
            if presence.is_some() {
                say(State::Holds, Way::Other);
            }
            let Some(value) = value else { return };
            let Some(legal) = field.legal.as_deref().filter(|_| units.side == Side::Request) else {
                return inside(field, value, path, units, sink);
            };
            let mut broken = false;
            inside(field, value, path, units, &mut |judged| {
                broken |= judged.state == State::Broken;
                sink(judged);
            });
            // A value that this field takes and another field of the same attribute does not: nobody knows what it gets.
            let mut elsewhere = None;
            inside(legal, value, path, units, &mut |judged| {
                if judged.state != State::Holds {
                    elsewhere.get_or_insert(judged.rule);
                }
            });
            if let Some(rule) = elsewhere.filter(|_| !broken) {
                let (clause, state, way) = (None, State::Unknown, Way::Elsewhere);
                sink(&Judged { field, rule, clause, state, way, path, value: Some(value) });
            }
        }
    }
}

fn kind_of(value: &Json) -> Option<Kind> {
    Kind::ALL.into_iter().find(|k| k.word() == value.type_name())
}

fn inside(field: &Field, value: &Json, path: &Path<'_>, units: Units<'_>, sink: Sink<'_>) {
    if let Some(kind) = &field.kind {
        let state = decide(kind, units.side, |k| if kind_of(value) == Some(*k) { State::Holds } else { State::Broken });
        sink(&Judged {
            field,
            rule: Rule::Type,
            clause: kind.clause,
            state,
            way: Way::Other,
            path,
            value: Some(value),
        });
        if state == State::Broken || (state == State::Unknown && kind_of(value) != Some(*kind.first())) {
            return;
        }
    }
    match value {
        Json::String(text) => string(field, &Text::Plain(text), value, path, units, sink),
        Json::Redacted(redacted) => string(field, &Text::Redacted(redacted), value, path, units, sink),
        Json::Number(lexeme) => number(field, lexeme, value, path, units, sink),
        Json::Object(_) => members(&field.fields, value, path, units, sink),
        Json::Array(items) => {
            if let Some(item_field) = &field.items {
                for (at, item) in items.iter().enumerate() {
                    inside(item_field, item, &Path::Item(path, at), units, sink);
                }
            }
        }
        Json::Null | Json::Bool(_) => {}
    }
}

/// A string, or what redaction left of it.
enum Text<'a> {
    Plain(&'a str),
    Redacted(&'a Redacted),
}

impl Text<'_> {
    fn count(&self, unit: Unit) -> usize {
        match (self, unit) {
            (Text::Plain(text), unit) => unit.count(text),
            (Text::Redacted(r), Unit::CodePoints) => r.chars,
            (Text::Redacted(r), Unit::Utf16) => r.utf16,
            (Text::Redacted(r), Unit::Bytes) => r.bytes,
        }
    }

    /// Length in each unit; one entry where all agree.
    fn counts(&self, units: &[Unit]) -> Vec<usize> {
        match self {
            Text::Plain(text) if text.is_ascii() => vec![text.len()],
            _ => units.iter().map(|u| self.count(*u)).collect(),
        }
    }

    fn meets(&self, name: &str, plain: impl Fn(&str) -> bool) -> bool {
        match self {
            Text::Plain(text) => plain(text),
            Text::Redacted(r) => r.matches.iter().any(|m| m == name),
        }
    }
}

/// An empty text, which has no length, format or charset of its own to break.
fn empty(field: &Field, side: Side, say: &mut dyn FnMut(Rule, Option<ClauseIx>, State, Way)) {
    let closed = field.length.as_ref().filter(|l| !l.open);
    match (closed, side) {
        (Some(l), Side::Response) => say(
            Rule::Length,
            l.clause,
            if l.sides.iter().any(|b| b.holds(&0)) { State::Holds } else { State::Broken },
            Way::Empty,
        ),
        (None, Side::Response) => {
            // A list of words says which texts there are; what may be left out may as well be empty.
            let words = field.words.as_ref().filter(|w| !w.open && field.required());
            if let Some(words) = words.filter(|w| !w.sides.iter().flatten().any(String::is_empty)) {
                say(Rule::Enum, words.clause, State::Broken, Way::Empty);
            }
        }
        (Some(l), Side::Request) if field.required() && l.first().min > 0 => {
            say(Rule::Length, l.clause, State::Broken, Way::Empty);
        }
        // Whether a required text of unknown length may be empty, or an empty optional one counts as left out, no source
        // says; an error row may.
        (None, Side::Request) if field.required() => {
            let state = if field.not_empty { State::Broken } else { State::Unknown };
            say(Rule::Presence, field.presence.as_ref().and_then(|p| p.clause), state, Way::Empty);
        }
        // Its length says that it may be empty, and no row says that it may not.
        (Some(l), Side::Request)
            if field.required() && !field.not_empty && field.words.is_none() && field.format.is_none() =>
        {
            say(Rule::Length, l.clause, State::Holds, Way::Empty);
        }
        (_, Side::Request) => say(Rule::Length, None, State::Unknown, Way::Empty),
    }
}

fn string(field: &Field, text: &Text<'_>, value: &Json, path: &Path<'_>, units: Units<'_>, sink: Sink<'_>) {
    let mut say =
        |rule, clause, state, way| sink(&Judged { field, rule, clause, state, way, path, value: Some(value) });
    if text.count(Unit::Bytes) == 0 {
        return empty(field, units.side, &mut say);
    }
    let mut too_long_or_short = false;
    let mut doubtful_length = false;
    if let Some(length) = &field.length {
        let counts = text.counts(units.units);
        let mut way = Way::Other;
        let within = |bounds: &Bounds<usize>| {
            let held = counts.iter().filter(|n| bounds.holds(n)).count();
            match (held, units.side) {
                (n, _) if n == counts.len() => State::Holds,
                (0, _) => State::Broken,
                (_, Side::Response) => State::Holds,
                (_, Side::Request) => State::Unknown,
            }
        };
        let state = decide(length, units.side, within);
        if state != State::Holds {
            way = if counts.iter().all(|n| *n < length.first().min) { Way::Below } else { Way::Above };
        }
        too_long_or_short = state == State::Broken;
        doubtful_length = state == State::Unknown;
        say(Rule::Length, length.clause, state, way);
    }
    let shown = matches!(&field.sample, Some(Sample::Word(word)) if text.meets(word, |t| t == word));
    let free = field.kind.is_some() && field.length.is_none() && field.format.is_none() && field.words.is_none();
    let given = field.refers.is_some() || field.equals.is_some();
    if free && !shown && !given && units.side == Side::Request && !USUAL.contains(&text.count(Unit::CodePoints)) {
        // Nobody knows the shortest and the longest text that is taken.
        say(Rule::Length, None, State::Unknown, Way::Other);
    }
    if let Some(charset) = &field.charset {
        let state =
            decide(charset, units.side, |set| as_state(text.meets(set.word(), |t| t.chars().all(|c| set.holds(c)))));
        say(Rule::Charset, charset.clause, state, Way::Other);
    } else if units.side == Side::Request {
        if let Text::Plain(plain) = text {
            let shapeless = field.shown_as_digits() && !plain.chars().all(|c| c.is_ascii_digit());
            if shapeless || plain.starts_with(' ') || plain.ends_with(' ') || !plain.chars().all(|c| usual(c, field)) {
                say(Rule::Charset, None, State::Unknown, Way::Other);
            }
        }
    }
    if too_long_or_short {
        // A text of illegal length is no word of a list and no date either: that follows, it is no second fault.
        return;
    }
    if let Some(words) = &field.words {
        let state = decide(words, units.side, |list| {
            let listed = list.iter().any(|w| text.meets(w, |t| t == w));
            let cased =
                units.side == Side::Request && list.iter().any(|w| text.meets(w, |t| t.eq_ignore_ascii_case(w)));
            if listed {
                State::Holds
            } else if cased {
                // Whether case counts, no source says.
                State::Unknown
            } else {
                State::Broken
            }
        });
        say(Rule::Enum, words.clause, state, Way::Other);
    }
    if let Some(wanted) = &field.format {
        if doubtful_length && format::width(wanted.first()).is_some_and(|w| w != text.count(Unit::CodePoints)) {
            // Of another length by one side of a conflict: then of another format too, by the same side.
            return say(Rule::Format, wanted.clause, State::Unknown, Way::Other);
        }
        let state = decide(wanted, units.side, |f| as_state(text.meets(f.name(), |t| format::matches(f, t))));
        say(Rule::Format, wanted.clause, state, Way::Other);
    }
}

/// Lengths of a text that are taken for legal where no source says how long it may be.
const USUAL: std::ops::RangeInclusive<usize> = 8..=20;

/// Characters that no source gives a reason to doubt: printable ASCII, and Hangul syllables where the contract names that
/// script, but for those that firewalls in front of an API are known to refuse; and what the field's own format writes.
fn usual(c: char, field: &Field) -> bool {
    let written = |f: &Format| matches!(f, Format::Pattern(pattern) if format::literals(pattern).any(|own| own == c));
    let plain = (matches!(c, ' '..='~') || (field.hangul && matches!(c, '가'..='힣')))
        && !matches!(c, '<' | '>' | '\'' | '"' | '`' | '\\' | ';' | '&' | '%' | '$' | '{' | '}');
    plain || field.format.as_ref().is_some_and(|f| written(f.first()))
}

fn number(field: &Field, lexeme: &str, value: &Json, path: &Path<'_>, units: Units<'_>, sink: Sink<'_>) {
    let mut say =
        |rule, clause, state, way| sink(&Judged { field, rule, clause, state, way, path, value: Some(value) });
    let parsed = Decimal::parse(lexeme);
    if let Some(bounds) = &field.value {
        let below = parsed.as_ref().is_some_and(|n| *n < bounds.first().min);
        let state = decide(bounds, units.side, |b| as_state(parsed.as_ref().is_some_and(|n| b.holds(n))));
        say(Rule::Value, bounds.clause, state, if below { Way::Below } else { Way::Above });
    }
    let plain = lexeme.strip_prefix('-').unwrap_or(lexeme).bytes().all(|b| b.is_ascii_digit());
    match &field.integer {
        Some(integer) => say(Rule::Integer, integer.clause, as_state(plain), Way::Other),
        None if units.side == Side::Request && !plain => say(Rule::Integer, None, State::Unknown, Way::Other),
        None => {}
    }
}

fn as_state(holds: bool) -> State {
    if holds { State::Holds } else { State::Broken }
}

fn decide<T>(constraint: &Constraint<T>, side: Side, test: impl Fn(&T) -> State) -> State {
    let first = test(constraint.first());
    if first != State::Broken {
        return first;
    }
    let another = constraint.sides[1..].iter().any(|s| test(s) != State::Broken);
    match (another, side, constraint.open) {
        (true, Side::Response, _) => State::Holds,
        (true, Side::Request, _) | (_, _, true) => State::Unknown,
        (false, _, false) => State::Broken,
    }
}

#[cfg(test)]
mod tests;
