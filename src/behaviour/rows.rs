//! Which error rows hold for a request.

use std::cmp::Ordering;

use super::world::{Lookup, Moment, Named, World};
use crate::contract::behaviour::{Class, Echo, Effect, Operand, Source, Test};
use crate::contract::{Endpoint, Row, When};
use crate::model::{Decimal, Json};

/// Failing attempts that the sandbox takes before it refuses more.
const SANDBOX_ATTEMPTS: u32 = 5;

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Truth {
    Yes,
    No,
    Unknown,
}

impl Truth {
    fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::No, _) | (_, Truth::No) => Truth::No,
            (Truth::Yes, Truth::Yes) => Truth::Yes,
            _ => Truth::Unknown,
        }
    }

    fn or(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::Yes, _) | (_, Truth::Yes) => Truth::Yes,
            (Truth::No, Truth::No) => Truth::No,
            _ => Truth::Unknown,
        }
    }

    fn from(holds: bool) -> Truth {
        if holds { Truth::Yes } else { Truth::No }
    }
}

/// What the world makes of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether each row of the endpoint holds, in file order.
    pub rows: Vec<Truth>,
    /// A reference of which nobody knows what it names, and why.
    pub dangling: Option<String>,
}

/// What is known of a value.
enum Known<'a> {
    Value(std::borrow::Cow<'a, Json>),
    Nothing,
    Unknown,
}

/// A request as rows see it.
struct Asked<'a> {
    endpoint: &'a Endpoint,
    request: &'a Json,
    now: &'a Moment,
    element: Option<usize>,
    named: Named,
}

impl World {
    /// Whether each row of the endpoint holds, in file order; rows about the input itself are the schema's and never hold here.
    #[must_use]
    pub fn rows(&self, endpoint: &Endpoint, request: &Json, now: &Moment) -> Vec<Truth> {
        if endpoint.rows.iter().all(|r| r.when.input()) {
            return vec![Truth::No; endpoint.rows.len()];
        }
        let whole = Asked { endpoint, request, now, element: None, named: self.named(endpoint, request, None) };
        endpoint.rows.iter().map(|row| self.row(row, &whole)).collect()
    }

    /// What the world makes of a request.
    #[must_use]
    pub fn standing(&self, endpoint: &Endpoint, request: &Json, now: &Moment) -> Standing {
        let mut rows = self.rows(endpoint, request, now);
        if !self.closed {
            // The cause of such a row is konform's own reading: that it does not hold does not rule the row out.
            for (truth, _) in rows.iter_mut().zip(&endpoint.rows).filter(|(t, row)| row.guessed && **t == Truth::No) {
                *truth = Truth::Unknown;
            }
            self.either_of_left(endpoint, request, &mut rows);
        }
        let dangling = self.dangling(endpoint, request, (&rows, now));
        Standing { rows, dangling }
    }

    /// What has left is unknown by a row that counts it, and in no state that another row asks for: either row may be the answer.
    fn either_of_left(&self, endpoint: &Endpoint, request: &Json, rows: &mut [Truth]) {
        let counted = |row: &Row| any_part(&row.when, &|when| matches!(when, When::Unknown { left: true, .. }));
        if !endpoint.rows.iter().zip(rows.iter()).any(|(row, truth)| *truth == Truth::Yes && counted(row)) {
            return;
        }
        for (_, lookup) in self.named(endpoint, request, None) {
            let Lookup::Found(at) = lookup else { continue };
            if !self.has_left(at) {
                continue;
            }
            let name = &self.contract.resources[self.things[at].resource].name;
            let state = |row: &Row| any_part(&row.when, &|when| names_state(when, name));
            for (truth, _) in rows.iter_mut().zip(&endpoint.rows).filter(|(_, row)| state(row)) {
                if *truth == Truth::Unknown {
                    *truth = Truth::Yes;
                }
            }
        }
    }

    /// Why an honest target may refuse what names this instance, though no row of the endpoint's page holds: the resource whose state is
    /// the reason, and the reason.
    fn doubt(&self, endpoint: &Endpoint, at: usize) -> Option<(&str, &'static str)> {
        let thing = &self.things[at];
        let own = &self.contract.resources[thing.resource];
        if self.has_left(at) {
            let why = "names something that has left, and no page shows what that gets";
            return (!self.shows_left(endpoint, at)).then_some((&own.name, why));
        }
        let owner = thing.attributes.iter().find_map(|(name, held)| {
            let resource = self.resource(name)?;
            let owner = &self.contract.resources[resource];
            (!owner.fleeting && self.left(resource, held.value.scalar()?)).then_some(&owner.name)
        });
        if let Some(owner) = owner {
            return Some((owner, "names something that belongs to what has left, and no page shows what that gets"));
        }
        let usual = !thing.moved || own.states.first() == Some(&thing.state) || own.progress.contains(&thing.state);
        let why = "names something in a state of which the endpoint's page says nothing";
        (!usual && !speaks_of_state(endpoint, &own.name)).then_some((&own.name, why))
    }

    /// A reference or a repeated value of which no row says what it gets, and why; `rows` is what [`World::rows`] has found.
    #[must_use]
    pub fn dangling(&self, endpoint: &Endpoint, request: &Json, (rows, now): (&[Truth], &Moment)) -> Option<String> {
        let mut dangling = None;
        let named = self.named(endpoint, request, None);
        let spoken = |test: &dyn Fn(&When) -> bool| {
            endpoint.rows.iter().zip(rows).any(|(row, truth)| *truth == Truth::Yes && any_part(&row.when, test))
        };
        super::world::each_reference(endpoint, request, &mut |field, value, _| {
            let Some((name, attribute)) = field.refers.as_deref().and_then(|r| r.split_once('.')) else { return };
            let Some(resource) = self.resource(name) else { return };
            let unknown = |when: &When| matches!(when, When::Unknown { field: own, .. } if *own == field.path);
            let why = match self.lookup(resource, attribute, value) {
                Lookup::Found(_) if self.closed => return,
                Lookup::Found(at) => {
                    let Some((about, why)) = self.doubt(endpoint, at) else { return };
                    // A row that counts what has left, or names a state, says what such a request gets.
                    if spoken(&|when| unknown(when) || names_state(when, name) || names_state(when, about)) {
                        return;
                    }
                    why
                }
                Lookup::Missing | Lookup::Unknown if spoken(&unknown) => return,
                Lookup::Missing => "names nothing that exists, and no page shows what that gets",
                Lookup::Unknown => "names something that may not exist",
            };
            dangling.get_or_insert_with(|| format!("{} {why}", field.path));
        });
        for (row, truth) in endpoint.rows.iter().zip(rows) {
            if let (When::Lacks { field, .. }, Truth::Unknown) = (&row.when, truth) {
                dangling.get_or_insert_with(|| format!("{field} lacks an entry that it may have to hold"));
            }
        }
        // A row about what the request names is promised whatever else is wanting.
        let named_by_row = endpoint
            .rows
            .iter()
            .zip(rows)
            .any(|(row, truth)| *truth == Truth::Yes && row.when.class() == Class::Reference);
        let open = !self.closed && !named_by_row;
        for first in endpoint.after.iter().filter(|_| open) {
            let called = |lookup: &Lookup| matches!(lookup, Lookup::Found(at) if self.called(first, *at));
            if !named.iter().any(|(_, lookup)| called(lookup)) {
                dangling
                    .get_or_insert_with(|| format!("the call comes after {first}, which was not made for this one"));
            }
        }
        if open {
            if let Some(why) = self.unmet(endpoint, &named) {
                dangling.get_or_insert(why);
            }
        }
        let asked = Asked { endpoint, request, now, element: None, named };
        for field in &endpoint.request {
            field.walk(&mut |f| {
                let lists = f.items.as_ref().is_some_and(|i| i.refers.is_some());
                if lists && matches!(request.at(&f.path), Some(Json::Array(items)) if items.is_empty()) {
                    // An empty list may as well be called an invalid input.
                    dangling.get_or_insert_with(|| format!("{} is empty, and no page says what that means", f.path));
                }
                let mismatch = |when: &When| matches!(when, When::Mismatch(own) if *own == f.path);
                if f.equals.is_some() && self.mismatch(&f.path, &asked) == Truth::Yes && !spoken(&mismatch) {
                    dangling.get_or_insert_with(|| {
                        format!("{} differs from what is known, and no page shows what that gets", f.path)
                    });
                }
            });
        }
        dangling
    }

    /// What must hold of the things that a request names, `same` and `needs`, and is not known to.
    fn unmet(&self, endpoint: &Endpoint, named: &Named) -> Option<String> {
        for (one, other) in &endpoint.same {
            let known = |(name, attribute): &(String, String)| {
                let (about, _) = self.about(self.resource(name)?, named);
                self.things[*about.first()?].attributes.get(attribute)?.value.scalar().map(str::to_owned)
            };
            let (one_value, other_value) = (known(one), known(other));
            if one_value.is_none() || one_value != other_value {
                return Some(format!(
                    "the {} of the {} must be the {} of the {}, and is not known to be",
                    one.1, one.0, other.1, other.0
                ));
            }
        }
        for (name, state) in &endpoint.needs {
            let about = self.resource(name).map(|resource| self.about(resource, named).0).unwrap_or_default();
            let fits = |at: &usize| state.as_ref().is_none_or(|state| self.things[*at].state == *state);
            if !about.iter().any(fits) {
                let state = state.as_ref().map(|state| format!(" in state {state}")).unwrap_or_default();
                return Some(format!("the call needs a {name}{state}, and nobody knows of one"));
            }
        }
        None
    }

    /// The instance of a resource that a request is about.
    #[must_use]
    pub fn names(&self, endpoint: &Endpoint, resource: &str, request: &Json) -> Option<usize> {
        let named = self.named(endpoint, request, None);
        self.about(self.resource(resource)?, &named).0.first().copied()
    }

    fn row(&self, row: &Row, asked: &Asked<'_>) -> Truth {
        self.cause(&row.when, asked)
    }

    /// Each part of a cause by itself; one about the items of a list holds if it does for any of them.
    fn cause(&self, when: &When, asked: &Asked<'_>) -> Truth {
        if let When::Any(parts) = when {
            return parts.iter().fold(Truth::No, |truth, part| truth.or(self.cause(part, asked)));
        }
        let Some(list) = starred(when) else { return self.holds(when, asked) };
        let count = match asked.request.at(list.split(".*").next().unwrap_or_default()) {
            Some(Json::Array(items)) => items.len(),
            _ => 0,
        };
        (0..count).fold(Truth::No, |truth, at| {
            let element = Some(at);
            let named = self.named(asked.endpoint, asked.request, element);
            truth.or(self.holds(when, &Asked { element, named, ..*asked }))
        })
    }

    fn holds(&self, when: &When, asked: &Asked<'_>) -> Truth {
        match when {
            When::Empty | When::Missing | When::Length | When::Invalid | When::Unseen => Truth::No,
            When::Any(parts) => parts.iter().fold(Truth::No, |truth, part| truth.or(self.holds(part, asked))),
            When::Taken(field) => {
                let Some(effect) = asked.endpoint.effects.iter().find(|e| e.unique.contains(field)) else {
                    return Truth::No;
                };
                let attribute = effect.set.iter().find(|(_, s)| *s == Source::Request(field.clone()));
                let name = attribute.map_or(field.as_str(), |(name, _)| name.as_str());
                let value = asked.request.at(&placed(field, asked.element));
                let value = value.filter(|v| v.scalar().is_some_and(|t| !t.is_empty()));
                let Some((resource, value)) = self.resource(&effect.resource).zip(value) else { return Truth::No };
                let owners = self.owners(resource, name, value);
                // Whether an identity is free again after its owner has left, no page says. A made-up identity is taken for free:
                // the runner tells a collision by its code.
                match (owners.is_empty(), owners.iter().any(|at| self.closed || !self.has_left(*at))) {
                    (true, _) => Truth::No,
                    (false, true) => Truth::Yes,
                    (false, false) => Truth::Unknown,
                }
            }
            When::Lacks { field, resource, attribute, value } => {
                let Some(resource) = self.resource(resource) else { return Truth::No };
                let key = &self.contract.resources[resource].key;
                let given: Vec<&str> = match asked.request.at(field) {
                    Some(Json::Array(items)) => items.iter().filter_map(Json::scalar).collect(),
                    _ => Vec::new(),
                };
                let text = |at: usize, name: &str| self.things[at].attributes.get(name).and_then(|h| h.value.scalar());
                let mut wanted = 0;
                let mut missing = 0;
                for at in self.of(resource).filter(|at| text(*at, attribute) == Some(value)) {
                    wanted += 1;
                    missing += usize::from(!text(at, key).is_some_and(|k| given.contains(&k)));
                }
                match missing {
                    0 => Truth::No,
                    // Which of the entries a request must list, no page says; a list without any of them lacks one for sure.
                    missing if missing == wanted || self.closed => Truth::Yes,
                    _ => Truth::Unknown,
                }
            }
            When::Unknown { field, left } => self.unknown(field, *left, asked),
            When::Mismatch(field) => self.mismatch(field, asked),
            When::Where(tests) => self.tests(tests, asked),
            When::Attempts { code, per, limit } => {
                let Some(resource) = self.resource(per) else { return Truth::No };
                let (about, _) = self.about(resource, &asked.named);
                let count = about.first().and_then(|at| self.attempts.get(&(*at, code.clone()))).copied().unwrap_or(0);
                match limit.or(self.closed.then_some(SANDBOX_ATTEMPTS)) {
                    Some(limit) => Truth::from(count >= limit),
                    None if count > 0 => Truth::Unknown,
                    None => Truth::No,
                }
            }
        }
    }

    fn unknown(&self, field: &str, left: bool, asked: &Asked<'_>) -> Truth {
        let path = placed(field, asked.element);
        let Some(value) = asked.request.at(&path).filter(|v| **v != Json::Null) else { return Truth::No };
        let refers = crate::model::field::find(&asked.endpoint.request, field).and_then(|f| f.refers.as_deref());
        let Some((resource, attribute)) = refers.and_then(|r| r.split_once('.')) else { return Truth::Unknown };
        let Some(resource) = self.resource(resource) else { return Truth::Unknown };
        match self.lookup(resource, attribute, value) {
            Lookup::Missing => Truth::Yes,
            // What this case has deleted counts for a row that speaks of what has left.
            Lookup::Unknown if left && !self.owners(resource, attribute, value).is_empty() => Truth::Yes,
            Lookup::Unknown => Truth::Unknown,
            Lookup::Found(at) => {
                match (self.has_left(at), left) {
                    (false, _) => Truth::No,
                    (true, true) => Truth::Yes,
                    // The page promises the code for what never was; of what has left it says nothing.
                    (true, false) => Truth::Unknown,
                }
            }
        }
    }

    fn mismatch(&self, field: &str, asked: &Asked<'_>) -> Truth {
        let value = asked.request.at(&placed(field, asked.element));
        let Some(value) = value.filter(|v| **v != Json::Null) else { return Truth::No };
        let equals = crate::model::field::find(&asked.endpoint.request, field).and_then(|f| f.equals.as_deref());
        let Some((resource, attribute)) = equals.and_then(|r| r.split_once('.')) else { return Truth::Unknown };
        let Some(resource) = self.resource(resource) else { return Truth::Unknown };
        let (about, whole) = self.about(resource, &asked.named);
        match about.first().map(|at| self.value(*at, attribute)) {
            Some(Known::Value(held)) => Truth::from(held.scalar() != value.scalar()),
            Some(Known::Nothing) => Truth::Yes,
            None if whole => Truth::No,
            Some(Known::Unknown) | None => Truth::Unknown,
        }
    }

    /// Lines are and-ed; several instances of a resource hold if any of them does.
    fn tests(&self, tests: &[(Operand, Test)], asked: &Asked<'_>) -> Truth {
        let mut resources: Vec<(usize, Vec<usize>, bool)> = Vec::new();
        for (operand, _) in tests {
            let (Operand::State(name) | Operand::Attribute(name, _)) = operand else { continue };
            let Some(resource) = self.resource(name) else { return Truth::No };
            if !resources.iter().any(|(r, ..)| *r == resource) {
                let (about, whole) = self.about(resource, &asked.named);
                resources.push((resource, about, whole));
            }
        }
        let whole = resources.iter().all(|(_, _, whole)| *whole);
        let mut chosen: Vec<Vec<(usize, usize)>> = vec![Vec::new()];
        for (resource, about, _) in &resources {
            chosen = chosen
                .iter()
                .flat_map(|known| {
                    about.iter().map(|at| [known.as_slice(), &[(*resource, *at)]].concat()).collect::<Vec<_>>()
                })
                .collect();
        }
        let mut truth = if whole { Truth::No } else { Truth::Unknown };
        for chosen in &chosen {
            truth = truth.or(tests
                .iter()
                .fold(Truth::Yes, |all, (operand, test)| all.and(self.test(operand, test, chosen, asked))));
        }
        truth
    }

    /// One line of a cause. Of what has left no page speaks, unless the line names that very state.
    fn test(&self, operand: &Operand, test: &Test, chosen: &[(usize, usize)], asked: &Asked<'_>) -> Truth {
        let truth = self.compare(operand, test, chosen, asked);
        let (Operand::State(name) | Operand::Attribute(name, _), Truth::Yes, false) = (operand, truth, self.closed)
        else {
            return truth;
        };
        let unsaid = self.chosen(name, chosen).is_some_and(|at| {
            let state = Source::Literal(Json::text(self.things[at].state.clone()));
            self.has_left(at) && !matches!(test, Test::Is(list) if list.contains(&state))
        });
        if unsaid { Truth::Unknown } else { truth }
    }

    fn compare(&self, operand: &Operand, test: &Test, chosen: &[(usize, usize)], asked: &Asked<'_>) -> Truth {
        let known = match operand {
            Operand::Resource(name) => {
                let Some(resource) = self.resource(name) else { return Truth::Unknown };
                let (about, whole) = self.about(resource, &asked.named);
                // Nothing is absent of somebody who is not there.
                let owns = |other: usize| {
                    let relation = (name.clone(), self.contract.resources[other].name.clone());
                    self.contract.identifying.contains(&relation)
                };
                let there = asked.named.iter().any(|(other, l)| matches!(l, Lookup::Found(_)) && owns(*other));
                return match (test, about.is_empty(), whole && there) {
                    (Test::Absent, true, true) | (Test::Present, false, _) => Truth::Yes,
                    (Test::Absent, false, _) | (Test::Present, true, true) => Truth::No,
                    _ if !there && asked.named.iter().all(|(_, l)| *l == Lookup::Missing) => Truth::No,
                    _ => Truth::Unknown,
                };
            }
            Operand::State(name) => match self.chosen(name, chosen) {
                Some(at) => self.state_of(at),
                None => return Truth::No,
            },
            Operand::Attribute(name, attribute) if attribute == "state" => match self.chosen(name, chosen) {
                Some(at) => self.state_of(at),
                None => return Truth::No,
            },
            Operand::Attribute(name, attribute) => match self.chosen(name, chosen) {
                Some(at) => self.value(at, attribute),
                None => return Truth::No,
            },
            Operand::Request(path) => match asked.request.at(&placed(path, asked.element)) {
                None | Some(Json::Null) => Known::Nothing,
                Some(value) => Known::Value(std::borrow::Cow::Borrowed(value)),
            },
        };
        let value = match (known, test) {
            (Known::Unknown, _) => return Truth::Unknown,
            (Known::Nothing, Test::Absent) | (Known::Value(_), Test::Present) => return Truth::Yes,
            (Known::Nothing, Test::Not(_)) if matches!(operand, Operand::Request(_)) => return Truth::Yes,
            (Known::Nothing, _) | (Known::Value(_), Test::Absent) => return Truth::No,
            (Known::Value(value), _) => value,
        };
        let compare = |source: &Source, wanted: Ordering, dates: bool| match self.operand(source, chosen, asked) {
            Known::Value(other) => match order(&value, &other, dates) {
                Some(found) => Truth::from(found == wanted),
                None => Truth::Unknown,
            },
            Known::Nothing => Truth::No,
            Known::Unknown => Truth::Unknown,
        };
        let equal = |source: &Source| match self.operand(source, chosen, asked) {
            Known::Value(other) => {
                Truth::from(other.scalar() == value.scalar() && other.scalar().is_some() || *other == *value)
            }
            Known::Nothing => Truth::No,
            Known::Unknown => Truth::Unknown,
        };
        match test {
            Test::Is(list) => list.iter().fold(Truth::No, |truth, s| truth.or(equal(s))),
            Test::Not(list) => match list.iter().fold(Truth::No, |truth, s| truth.or(equal(s))) {
                Truth::Yes => Truth::No,
                Truth::No => Truth::Yes,
                Truth::Unknown => Truth::Unknown,
            },
            Test::Above(s) => compare(s, Ordering::Greater, false),
            Test::Below(s) => compare(s, Ordering::Less, false),
            Test::After(s) => compare(s, Ordering::Greater, true),
            Test::Before(s) => compare(s, Ordering::Less, true),
            Test::Present | Test::Absent => Truth::Unknown,
        }
    }

    fn chosen(&self, name: &str, chosen: &[(usize, usize)]) -> Option<usize> {
        let resource = self.resource(name)?;
        chosen.iter().find(|(r, _)| *r == resource).map(|(_, at)| *at)
    }

    /// The state of an instance; empty where a call has left it open.
    fn state_of(&self, at: usize) -> Known<'_> {
        let state = &self.things[at].state;
        if state.is_empty() { Known::Unknown } else { Known::Value(std::borrow::Cow::Owned(Json::text(state.clone()))) }
    }

    fn value(&self, at: usize, attribute: &str) -> Known<'_> {
        match self.things[at].attributes.get(attribute) {
            Some(held) if held.value == Json::Null => Known::Nothing,
            Some(held) => Known::Value(std::borrow::Cow::Borrowed(&held.value)),
            None if self.closed => Known::Nothing,
            None => Known::Unknown,
        }
    }

    fn operand<'a>(&'a self, source: &'a Source, chosen: &[(usize, usize)], asked: &'a Asked<'_>) -> Known<'a> {
        match source {
            Source::Literal(value) => Known::Value(std::borrow::Cow::Borrowed(value)),
            Source::Request(path) => match asked.request.at(&placed(path, asked.element)) {
                None | Some(Json::Null) => Known::Nothing,
                Some(value) => Known::Value(std::borrow::Cow::Borrowed(value)),
            },
            Source::Attribute(name, attribute) => {
                let Some(resource) = self.resource(name) else { return Known::Unknown };
                let at = self.chosen(name, chosen).or_else(|| self.about(resource, &asked.named).0.first().copied());
                at.map_or(if self.closed { Known::Nothing } else { Known::Unknown }, |at| self.value(at, attribute))
            }
            Source::Response(_) => Known::Unknown,
            Source::Now | Source::Today(_) => Known::Value(std::borrow::Cow::Owned(moment(source, asked.now))),
        }
    }
}

/// A point in time as digits.
pub(super) fn moment(source: &Source, now: &Moment) -> Json {
    let (pattern, days) = match source {
        Source::Today(days) => ("yyyyMMdd", *days),
        _ => ("yyyyMMddHHmmss", 0),
    };
    let mut out = String::new();
    crate::model::format::stamp(pattern, &(*now + chrono::Duration::days(days)), &mut out);
    Json::text(out)
}

/// The path of a list's field in one of its items.
fn placed(path: &str, element: Option<usize>) -> String {
    match element {
        Some(at) if path.contains(".*") => path.replacen(".*", &format!(".{at}"), 1),
        _ => path.to_owned(),
    }
}

/// True for a cause that names the state of the resource.
fn names_state(when: &When, resource: &str) -> bool {
    let state = |(operand, _): &(Operand, Test)| match operand {
        Operand::State(of) => of == resource,
        Operand::Attribute(of, attribute) => of == resource && attribute == "state",
        _ => false,
    };
    matches!(when, When::Where(tests) if tests.iter().any(state))
}

/// True if the endpoint needs, changes or shows the state of the resource, or refuses by it.
fn speaks_of_state(endpoint: &Endpoint, resource: &str) -> bool {
    let shows = |echo: &Echo| echo.resource == resource && echo.attribute == "state";
    let own = |e: &Effect| e.resource == resource && (e.state.is_some() || e.shows_left);
    endpoint.needs.iter().any(|(of, state)| of == resource && state.is_some())
        || endpoint.effects.iter().any(|e| own(e) || e.answer.iter().any(shows))
        || endpoint.rows.iter().any(|row| any_part(&row.when, &|when| names_state(when, resource)))
}

/// True if the test holds for the cause or one of its alternatives.
fn any_part(when: &When, test: &dyn Fn(&When) -> bool) -> bool {
    match when {
        When::Any(parts) => parts.iter().any(|part| any_part(part, test)),
        own => test(own),
    }
}

/// The first path of a cause that lies inside a list.
fn starred(when: &When) -> Option<&str> {
    match when {
        When::Unknown { field, .. } | When::Mismatch(field) | When::Taken(field) => {
            Some(field.as_str()).filter(|f| f.contains(".*"))
        }
        When::Where(tests) => tests.iter().find_map(|(operand, _)| match operand {
            Operand::Request(path) if path.contains(".*") => Some(path.as_str()),
            _ => None,
        }),
        When::Any(parts) => parts.iter().find_map(starred),
        _ => None,
    }
}

fn order(a: &Json, b: &Json, dates: bool) -> Option<Ordering> {
    let (a, b) = (a.scalar()?, b.scalar()?);
    if dates {
        let (a, b) = (day(a)?, day(b)?);
        return Some(a.cmp(&b));
    }
    Some(Decimal::parse(a)?.cmp(&Decimal::parse(b)?))
}

/// A day as eight digits: `yyMM` (its last day), `yyMMdd`, `yyyyMMdd`, with hours, minutes, seconds and milliseconds behind it. None
/// for another number of digits: a time in milliseconds since 1970 has 13.
fn day(text: &str) -> Option<String> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match text.len() {
        4 => Some(format!("20{text}31")),
        6 => Some(format!("20{text}")),
        8 | 10 | 12 | 14 | 17 => Some(text[..8].to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
