//! Draws values for fields, and makes what was drawn smaller: the contract as proptest strategies.
//!
//! A drawing is replayed from its seed and the list of what was done to it, so that nobody needs to keep a value tree alive
//! across the requests between two steps of shrinking.

use proptest::collection;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::model::field::{Bounds, Constraint, Field, Format, Kind, Sample};
use crate::model::format::matches;
use crate::model::input::{Call, Names};
use crate::model::{Decimal, Json};

/// Characters of the longest text that is drawn: bounds beyond are the length family's.
const DRAWN: usize = 1 << 16;

/// What a field is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Any legal value; `absent` leaves the field out or in, where that is decided.
    Legal {
        /// Left out.
        absent: Option<bool>,
    },
    /// A value that breaks a rule of the field.
    Broken,
    /// A value that nearly keeps or nearly breaks its rules.
    Near,
}

/// What was drawn for a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawn {
    /// What the baseline sends.
    Keep,
    /// Nothing.
    Absent,
    /// This value.
    Value(Json),
    /// This text, in which each `#` differs from request to request.
    Fresh(String),
}

/// Something drawn, with its way to smaller forms.
pub struct Drawing<T>(Box<dyn ValueTree<Value = T>>);

impl<T: std::fmt::Debug + 'static> Drawing<T> {
    fn new(strategy: impl Strategy<Value = T> + 'static, seed: u64) -> Option<Self> {
        let mut bytes = [0; 32];
        for (at, part) in bytes.chunks_mut(8).enumerate() {
            // Four words of which each depends on the whole seed.
            part.copy_from_slice(&seed.wrapping_mul(2 * at as u64 + 1).rotate_left(17).to_le_bytes());
        }
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
        Some(Self(Box::new(strategy.new_tree(&mut runner).ok()?)))
    }

    /// Replays what was done to it; false if the last step changed nothing, so that there is nothing smaller.
    pub fn replay(&mut self, shrinks: &[bool]) -> bool {
        shrinks.iter().fold(true, |_, simplify| if *simplify { self.0.simplify() } else { self.0.complicate() })
    }

    /// What is drawn now.
    #[must_use]
    pub fn current(&self) -> T {
        self.0.current()
    }
}

/// Values for fields, one for each.
#[must_use]
pub fn values(fields: &[(&Field, Aim)], seed: u64) -> Option<Drawing<Vec<Drawn>>> {
    let each: Vec<BoxedStrategy<Drawn>> = fields.iter().map(|(field, aim)| value(field, *aim)).collect();
    Drawing::new(each, seed)
}

/// Calls of some endpoints.
#[must_use]
pub fn calls(endpoints: Vec<String>, most: usize, seed: u64) -> Option<Drawing<Vec<Call>>> {
    // Most calls are about what was made last: a sequence that goes on is worth more than one that is refused.
    let names = prop_oneof![
        6 => Just(Names::Latest),
        2 => Just(Names::Earlier),
        1 => Just(Names::Left),
        1 => Just(Names::Nothing),
    ];
    let call = (select(endpoints).no_shrink(), names, 0..4_u8);
    let call = call.prop_map(|(endpoint, names, turn)| Call { endpoint, names, turn });
    Drawing::new(collection::vec(call, 1..=most), seed)
}

fn value(field: &Field, aim: Aim) -> BoxedStrategy<Drawn> {
    let kind = field.kind.as_ref().map(|k| *k.first());
    match aim {
        Aim::Legal { absent: Some(true) } if field.optional() => sometimes(0.99, Just(Drawn::Absent)),
        Aim::Legal { absent } => {
            let legal = match kind {
                Some(Kind::String) => legal_text(field.legal()),
                Some(Kind::Number) => legal_number(field.legal()),
                Some(Kind::Boolean) => Some(any::<bool>().prop_map(|b| Drawn::Value(Json::Bool(b))).boxed()),
                _ => None,
            };
            let legal = legal.unwrap_or_else(|| Just(Drawn::Keep).boxed());
            if absent.is_none() && field.optional() {
                sometimes(0.7, prop_oneof![1 => Just(Drawn::Absent), 2 => legal])
            } else {
                sometimes(0.6, legal)
            }
        }
        Aim::Broken => {
            let mut ways = vec![Drawn::Value(Json::Null)];
            if !field.optional() {
                ways.insert(0, Drawn::Absent);
            }
            ways.extend(broken(field).into_iter().map(Drawn::Value));
            let listed = select(ways).boxed();
            match field.length.as_ref().map(Constraint::first) {
                Some(limits) if kind == Some(Kind::String) && field.words.is_none() && limits.max < DRAWN => {
                    let long = Text { min: limits.max + 1, max: limits.max * 2 + 40, set: set_of(field), fresh: 0 };
                    prop_oneof![2 => listed, 1 => long].boxed()
                }
                _ => listed,
            }
        }
        Aim::Near if field.unique => {
            // A fixed value of a field that must be unique could be sent once only.
            let chars = field.length.as_ref().map_or(12, |l| 12.clamp(l.first().min, l.first().max)).clamp(2, DRAWN);
            let digits = "#".repeat(chars - 1);
            select(vec![Drawn::Fresh(format!("{digits} ")), Drawn::Fresh(format!(" {digits}"))]).boxed()
        }
        Aim::Near => select(near(field)).prop_map(Drawn::Value).boxed(),
    }
}

/// What was drawn with this probability, else what the baseline sends; the baseline is the smaller one.
fn sometimes(often: f64, drawn: impl Strategy<Value = Drawn> + 'static) -> BoxedStrategy<Drawn> {
    (prop::bool::weighted(often), drawn).prop_map(|(used, drawn)| if used { drawn } else { Drawn::Keep }).boxed()
}

fn legal_text(field: &Field) -> Option<BoxedStrategy<Drawn>> {
    if let Some(words) = &field.words {
        return Some(select(words.first().clone()).prop_map(|w| Drawn::Value(Json::text(w))).boxed());
    }
    // A date may stand in an order to another that no clause speaks of, and a number may have a plan of its own.
    if field.format.as_ref().is_some_and(|f| !f.open)
        || matches!(field.sample, Some(Sample::Pattern(_) | Sample::Word(_)))
    {
        return None;
    }
    let limits = field.length.as_ref().map_or(Bounds { min: 1, max: 40 }, |l| l.first().clone());
    let fresh = if field.unique { 10 } else { 0 };
    let min = limits.min.max(1).max(fresh);
    let max = limits.max.min(DRAWN);
    (min <= max).then(|| Text { min, max, set: set_of(field), fresh }.boxed())
}

fn legal_number(field: &Field) -> Option<BoxedStrategy<Drawn>> {
    let bounds = field.value.as_ref()?.first();
    let whole = |d: &Decimal| d.to_string().parse::<i128>().ok();
    let (min, max) = (whole(&bounds.min)?, whole(&bounds.max)?);
    let near = |n: i128| n.clamp(min, max);
    let drawn = prop_oneof![
        2 => near(min)..=near(min + 1),
        3 => near(max - 1)..=near(max),
        2 => near(1 << 31)..=near((1 << 31) + 1),
        2 => near(1 << 53)..=near((1 << 53) + 1),
        3 => min..=max,
    ];
    Some(drawn.prop_map(|n| Drawn::Value(Json::number(n.to_string()))).boxed())
}

/// Values that break the field, the plainest first.
fn broken(field: &Field) -> Vec<Json> {
    let mut out = Vec::new();
    let Some(kind) = &field.kind else { return out };
    for other in Kind::ALL.into_iter().filter(|k| !kind.sides.contains(k)) {
        out.extend(match other {
            Kind::String => vec![Json::text("1"), Json::text("x")],
            Kind::Number => vec![Json::number("1"), Json::number("-1.5e3")],
            Kind::Boolean => vec![Json::Bool(true), Json::Bool(false)],
            Kind::Array => vec![Json::Array(Vec::new()), Json::Array(vec![Json::number("1")])],
            Kind::Object => vec![Json::Object(Vec::new()), Json::Object(vec![("a".into(), Json::Null)])],
        });
    }
    let limits = field.length.as_ref().map(Constraint::first);
    match kind.first() {
        Kind::String => {
            out.push(Json::text(""));
            if let Some(l) = limits.filter(|l| (2..=DRAWN).contains(&l.min)) {
                out.push(Json::text("1".repeat(l.min - 1)));
            }
            if let Some(words) = &field.words {
                for word in words.first() {
                    out.push(Json::text(format!("{word}x")));
                    out.push(Json::text(word.chars().rev().collect::<String>()));
                }
                out.retain(|v| !words.sides.iter().flatten().any(|w| v.scalar() == Some(w)));
            }
            if let (Some(_), Some(l)) = (&field.charset, limits.filter(|l| l.max <= DRAWN)) {
                out.extend(["z", "-", "가", "\u{660}"].map(|c| Json::text(c.repeat(l.max))));
            }
            if let Some(Format::Pattern(pattern)) = field.format.as_ref().map(Constraint::first) {
                let filled = |fill: &str| pattern.chars().zip(fill.chars().cycle()).map(|(_, f)| f).collect::<String>();
                let texts = ["0", "9", "1340", "ab", "- "].map(filled);
                out.extend(
                    texts.into_iter().filter(|t| !matches(&Format::Pattern(pattern.clone()), t)).map(Json::text),
                );
            }
        }
        Kind::Number => {
            if let Some(bounds) = field.value.as_ref().map(Constraint::first) {
                let beyond = [bounds.min.step(false), bounds.max.step(true)];
                out.extend(beyond.into_iter().flatten().map(|n| Json::number(n.to_string())));
                out.extend(["-99999999999999999999", "1e40", "1.5"].map(Json::number));
            }
        }
        _ => {}
    }
    out
}

/// Values of which careless readers make something else.
fn near(field: &Field) -> Vec<Json> {
    let word = field.words.as_ref().and_then(|w| w.first().first().cloned());
    match field.kind.as_ref().map(|k| *k.first()) {
        Some(Kind::Number) => {
            let one = field.value.as_ref().map_or_else(|| "1".to_owned(), |v| v.first().min.to_string());
            vec![
                Json::number(format!("{one}.0")),
                Json::number(format!("{one}e0")),
                Json::number(format!("{one}.000000000000000000001")),
                Json::text(one),
            ]
        }
        Some(Kind::Boolean) => vec![Json::text("true"), Json::number("1"), Json::number("0"), Json::text("")],
        _ => {
            let text =
                word.unwrap_or_else(|| "a".repeat(field.length.as_ref().map_or(4, |l| l.first().min.clamp(2, DRAWN))));
            vec![
                Json::text(text.to_uppercase()),
                Json::text(text.to_lowercase()),
                Json::text(format!("{text} ")),
                Json::text(format!(" {text}")),
                Json::text(format!("{text}\u{0}")),
                Json::text("null"),
                Json::text("undefined"),
                Json::text("0"),
            ]
        }
    }
}

/// Where the characters of a text come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Digits,
    Free,
}

fn set_of(field: &Field) -> Set {
    if field.charset.is_some() || field.shown_as_digits() { Set::Digits } else { Set::Free }
}

/// Characters that are mixed into plain ones, flavour by flavour.
const FLAVOURS: [&[char]; 6] = [
    &['가', '힣', '한', '글'],
    &['😀', '𐍈', '🎉'],
    &['\'', '"', '\\', '<', '>', '&', ';', '%', '$', '{', '}', '/'],
    &['\u{301}', 'א', 'ب', 'é', '漢', '\u{a0}'],
    &[' ', '-', '_', '.', '+'],
    &['\n', '\t', '\u{8}', '\u{1f}', '\u{2028}', '\u{7f}'],
];

/// Texts of some length; `fresh` characters at the end differ from request to request.
#[derive(Clone, Copy, Debug)]
struct Text {
    min: usize,
    max: usize,
    set: Set,
    fresh: usize,
}

impl Strategy for Text {
    type Tree = TextTree;
    type Value = Drawn;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let rng = runner.rng();
        let mut below = |n: usize| usize::try_from(rng.next_u64() % (n.max(1) as u64)).unwrap_or(0);
        let span = self.max - self.min;
        let chars = self.min
            + match below(10) {
                0 | 1 => below(span.min(1) + 1),
                2..=4 => span - below(span.min(1) + 1),
                _ => below(span + 1),
            };
        let flavour = below(FLAVOURS.len() + 3);
        let text = (0..chars)
            .map(|_| match (self.set, FLAVOURS.get(flavour)) {
                (Set::Digits, _) => char::from(b'0' + u8::try_from(below(10)).unwrap_or(0)),
                (Set::Free, Some(letters)) if below(4) == 0 => letters[below(letters.len())],
                _ => char::from(b'a' + u8::try_from(below(26)).unwrap_or(0)),
            })
            .collect();
        let plain = if self.set == Set::Digits { '1' } else { 'a' };
        let first = Step { removing: true, chunk: chars, at: 0 };
        Ok(TextTree { text, min: self.min, plain, fresh: self.fresh, next: first, last: None })
    }
}

/// A text on its way to a smaller one: parts are taken out, halves first, then parts are made plain.
#[derive(Clone, Debug)]
struct TextTree {
    text: Vec<char>,
    min: usize,
    plain: char,
    fresh: usize,
    next: Step,
    last: Option<Vec<char>>,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    removing: bool,
    chunk: usize,
    at: usize,
}

impl ValueTree for TextTree {
    type Value = Drawn;

    fn current(&self) -> Drawn {
        let text: String = self.text.iter().collect();
        if self.fresh == 0 {
            return Drawn::Value(Json::text(text));
        }
        let kept = self.text.len() - self.fresh.min(self.text.len());
        Drawn::Fresh(
            self.text[..kept].iter().collect::<String>().replace('#', "+") + &"#".repeat(self.text.len() - kept),
        )
    }

    fn simplify(&mut self) -> bool {
        loop {
            let Step { removing, chunk, at } = self.next;
            let length = self.text.len();
            match (removing, chunk) {
                (true, 0) => self.next = Step { removing: false, chunk: length, at: 0 },
                (false, 0) => return false,
                _ if at >= length => self.next = Step { removing, chunk: chunk / 2, at: 0 },
                (true, _) => {
                    let some = chunk.min(length - at).min(length.saturating_sub(self.min));
                    if some == 0 {
                        self.next = Step { removing, chunk: 0, at: 0 };
                        continue;
                    }
                    self.last = Some(self.text.clone());
                    self.text.drain(at..at + some);
                    return true;
                }
                (false, _) => {
                    let end = length.min(at + chunk);
                    self.next.at = end;
                    if self.text[at..end].iter().any(|c| *c != self.plain) {
                        self.last = Some(self.text.clone());
                        self.text[at..end].fill(self.plain);
                        return true;
                    }
                }
            }
        }
    }

    fn complicate(&mut self) -> bool {
        let Some(last) = self.last.take() else { return false };
        self.text = last;
        if self.next.removing {
            self.next.at += self.next.chunk;
        }
        true
    }
}

#[cfg(test)]
mod tests;
