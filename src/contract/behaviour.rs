//! Behaviour as data: what a call does to resources, and what brings an error about.
//!
//! The same lines give the scenario that provokes an error, the state that the sandbox keeps, and what a later call must show.

use crate::model::{ClauseIx, Field, Json, field};

/// A thing that calls speak about.
#[derive(Clone, Debug, Default)]
pub struct Resource {
    /// `user`, `terms` ...
    pub name: String,
    /// Its key attribute.
    pub key: String,
    /// True if it is a list that no call changes.
    pub catalogue: bool,
    /// States; the first is the one that `create` makes.
    pub states: Vec<String>,
    /// States in which it counts as gone.
    pub left: Vec<String>,
    /// States that the platform walks through by itself; the sandbox takes a step with each look.
    pub progress: Vec<String>,
    /// True if it does not live long: it is made right before it is used, and once for each use.
    pub fleeting: bool,
    /// Attributes with a known beginning.
    pub attributes: Vec<Attribute>,
}

/// An attribute of a resource that does not come from a call.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// The value that a new one has in the embedded sandbox. Of another target only an answer or the profile tells it.
    pub initial: Option<Json>,
}

/// What every new instance of a resource comes with at one target, as its profile states.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beginning {
    /// The resource.
    pub resource: String,
    /// Its attributes with their values; null for an attribute that has none.
    pub attributes: Vec<(String, Json)>,
    /// Resources of which it has none but those that a call makes or an answer shows.
    pub without: Vec<String>,
    /// Resources, keyed by this one, of which it has one from the start, with their attributes.
    pub with: Vec<(String, Vec<(String, Json)>)>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Dotted path in the request.
    Request(String),
    /// Dotted path in the answer.
    Response(String),
    /// Attribute of a resource that the request names.
    Attribute(String, String),
    /// Written out.
    Literal(Json),
    /// The instant of the call, `yyyyMMddHHmmss`.
    Now,
    /// The day of the call with an offset in days, `yyyyMMdd`.
    Today(i64),
}

/// What an effect does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A resource comes into being.
    Create,
    /// A resource is looked up.
    Read,
    /// Attributes or state change.
    Update,
    /// It is no longer there.
    Delete,
}

/// A state that a call brings about.
#[derive(Clone, Debug, PartialEq)]
pub enum NewState {
    /// Always this one.
    Always(String),
    /// As a field of the request or the answer says; words that are not in the list are states themselves.
    By(Source, Vec<(String, String)>),
}

/// What a successful call does.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// What.
    pub act: Act,
    /// To which resource.
    pub resource: String,
    /// The key of what is created or shown.
    pub key: Option<Source>,
    /// Which one is meant, where the request's references do not say: a field of the request.
    pub by: Option<String>,
    /// Nothing happens without this part of the answer; with words, only if it is one of them.
    pub only_if: Option<(String, Vec<String>)>,
    /// Request fields that must differ from those of every other.
    pub unique: Vec<String>,
    /// Attributes set.
    pub set: Vec<(String, Source)>,
    /// Attributes grown.
    pub add: Vec<(String, Source)>,
    /// Attributes diminished.
    pub subtract: Vec<(String, Source)>,
    /// State reached.
    pub state: Option<NewState>,
    /// Only once what the call created has reached this state.
    pub once: Option<String>,
    /// The call that shows when what was created has come to its end.
    pub settle: Option<Settle>,
    /// The answer's list of them.
    pub list: Option<Listing>,
    /// Clause: the answer shows no instance that has left (`present: true`).
    pub present: Option<ClauseIx>,
    /// True if the answer shows instances that have left as well (`present: false`).
    pub shows_left: bool,
    /// Answer fields that repeat attributes.
    pub answer: Vec<Echo>,
}

/// How to wait for what a call has begun: a call that shows its result, looked at until one of the words comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    /// Id of the endpoint to call.
    pub call: String,
    /// Dotted path of the word in its answer.
    pub path: String,
    /// The words that end the wait.
    pub until: Vec<String>,
}

/// A list of resources in an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// Dotted path of the array.
    pub path: String,
    /// Member of each entry that is the key.
    pub item: String,
    /// The relation that selects: those of the named resource; none for all.
    pub of: Option<String>,
    /// Request field that says how many entries at most.
    pub size: Option<String>,
    /// Request field that says which page, from 1.
    pub page: Option<String>,
    /// Request fields that narrow the list, each with the attribute that the entries listed then have. A server may ignore them.
    pub narrowed_by: Vec<(String, String)>,
    /// Clause: what exists is listed, what is gone is not.
    pub clause: Option<ClauseIx>,
    /// Clause: no more entries than asked for.
    pub size_clause: Option<ClauseIx>,
}

impl Listing {
    /// Attributes, each with the value, that the request narrows the list to.
    pub fn narrowing<'a>(&'a self, request: &'a Json) -> impl Iterator<Item = (&'a str, &'a Json)> {
        let named =
            self.narrowed_by.iter().filter_map(|(path, attribute)| Some((attribute.as_str(), request.at(path)?)));
        named.filter(|(_, value)| **value != Json::Null)
    }

    /// True if an answer to the request shows everything that the list has: no size, page or value cuts it.
    #[must_use]
    pub fn shows_all(&self, request: &Json) -> bool {
        self.clause.is_some() && self.size.is_none() && self.page.is_none() && self.narrowing(request).next().is_none()
    }
}

/// An answer field that repeats an attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Echo {
    /// Dotted path in the answer; below a list, in each entry.
    pub path: String,
    /// The resource.
    pub resource: String,
    /// Its attribute, or `state`.
    pub attribute: String,
    /// Clause: the two are equal.
    pub clause: ClauseIx,
}

/// One row of a response-code table.
#[derive(Clone, Debug)]
pub struct Row {
    /// HTTP status; 0 where unseen.
    pub status: u16,
    /// Code; empty where a refusal is documented without one.
    pub code: String,
    /// The name in clause ids: the code, or that of the refusal.
    pub name: String,
    /// Message with `{field}`, `{name}`, `{min}`, `{max}` as holes; empty where unseen.
    pub message: String,
    /// What brings it about.
    pub when: When,
    /// The fields it applies to, each with its clauses.
    pub fields: Vec<RowField>,
    /// Codes that may come instead where the page does not tell the ways of breaking a field apart.
    pub alternatives: Vec<String>,
    /// True while sources disagree whether the call is refused at all.
    pub disputed: bool,
    /// True if the row's cause is konform's own reading of it (`trigger: inferred`): it may have other causes as well.
    pub guessed: bool,
    /// Why no case can bring it about as things stand: a name that only a profile can give.
    pub unbound: Option<String>,
}

/// A row as it applies to one field.
#[derive(Clone, Debug)]
pub struct RowField {
    /// Dotted path of the request field, or what the row's test speaks of.
    pub path: String,
    /// Which ways of breaking the field.
    pub covers: Covers,
    /// True if the page's own row names this field and way.
    pub documented: bool,
    /// Clause of the status.
    pub status: Option<ClauseIx>,
    /// Clause of the code.
    pub code: ClauseIx,
    /// Clause of the message.
    pub message: Option<ClauseIx>,
}

/// Ways of breaking a field that a row may tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// Every way.
    All,
    /// `null`.
    Null,
    /// Left out.
    Absent,
    /// Too short.
    Below,
    /// Too long.
    Above,
}

impl Covers {
    /// The word in contracts and clause ids.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Covers::All => "all",
            Covers::Null => "null",
            Covers::Absent => "absent",
            Covers::Below => "below",
            Covers::Above => "above",
        }
    }

    /// The other way of the same rule.
    #[must_use]
    pub fn other(self) -> Option<Covers> {
        match self {
            Covers::All => None,
            Covers::Null => Some(Covers::Absent),
            Covers::Absent => Some(Covers::Null),
            Covers::Below => Some(Covers::Above),
            Covers::Above => Some(Covers::Below),
        }
    }
}

/// What brings a row about.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// A required string is empty.
    Empty,
    /// A required field is null or absent.
    Missing,
    /// A string's length lies outside its bounds.
    Length,
    /// Any clause of the field is broken.
    Invalid,
    /// The field's value belongs to an existing resource.
    Taken(String),
    /// A list lacks entries of a catalogue.
    Lacks {
        /// The list.
        field: String,
        /// Catalogue resource.
        resource: String,
        /// Attribute to select by.
        attribute: String,
        /// Value it must have.
        value: String,
    },
    /// The field names nothing that exists.
    Unknown {
        /// The field.
        field: String,
        /// True if something that has left counts as well.
        left: bool,
    },
    /// The field differs from the attribute that it must equal.
    Mismatch(String),
    /// Tests of attributes, all of which hold.
    Where(Vec<(Operand, Test)>),
    /// So many answers with a code about one resource.
    Attempts {
        /// The code that is counted.
        code: String,
        /// Per which resource.
        per: String,
        /// How many; none where unseen.
        limit: Option<u32>,
    },
    /// Any of these.
    Any(Vec<When>),
    /// Nobody knows.
    Unseen,
}

/// What a test looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// Whether the resource is there.
    Resource(String),
    /// Its state.
    State(String),
    /// An attribute.
    Attribute(String, String),
    /// A request field.
    Request(String),
}

/// A test of one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// It is one of these.
    Is(Vec<Source>),
    /// It is none of these.
    Not(Vec<Source>),
    /// A number above.
    Above(Source),
    /// A number below.
    Below(Source),
    /// A date after.
    After(Source),
    /// A date before.
    Before(Source),
    /// It is there.
    Present,
    /// It is not there.
    Absent,
}

/// The order in which rows are thought to be checked: no page says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// About the input itself.
    Input,
    /// About what the input names.
    Reference,
    /// About the state of what it names.
    State,
}

impl When {
    /// Names the resources that the cause speaks of; `request` are the fields of the endpoint's request.
    pub fn resources(&self, request: &[Field], add: &mut dyn FnMut(&str)) {
        let by_field = |path: &str, add: &mut dyn FnMut(&str)| {
            let found = field::find(request, path);
            for path in found.into_iter().flat_map(|f| [&f.refers, &f.equals]).flatten() {
                add(path.split('.').next().unwrap_or_default());
            }
        };
        match self {
            When::Unknown { field, .. } | When::Mismatch(field) => by_field(field, add),
            When::Attempts { per, .. } => add(per),
            When::Any(parts) => parts.iter().for_each(|part| part.resources(request, add)),
            When::Where(tests) => {
                for (operand, test) in tests {
                    if let Operand::Resource(r) | Operand::State(r) | Operand::Attribute(r, _) = operand {
                        add(r);
                    }
                    let sources = match test {
                        Test::Above(s) | Test::Below(s) | Test::After(s) | Test::Before(s) => std::slice::from_ref(s),
                        Test::Is(list) | Test::Not(list) => list.as_slice(),
                        Test::Present | Test::Absent => &[],
                    };
                    for source in sources {
                        if let Source::Attribute(r, _) = source {
                            add(r);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// True for rows about the input itself, false for rows about state.
    #[must_use]
    pub fn input(&self) -> bool {
        self.class() == Class::Input
    }

    /// Visits the attributes that the cause tests: resource and name.
    pub fn attributes(&self, visit: &mut dyn FnMut(&str, &str)) {
        match self {
            When::Any(parts) => parts.iter().for_each(|part| part.attributes(visit)),
            When::Where(tests) => {
                for (operand, _) in tests {
                    if let Operand::Attribute(resource, name) = operand {
                        visit(resource, name);
                    }
                }
            }
            _ => {}
        }
    }

    /// The causes that each bring the row about alone.
    #[must_use]
    pub fn parts(&self) -> &[When] {
        match self {
            When::Any(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }

    /// The request field that the cause looks at alone.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            When::Taken(path) | When::Mismatch(path) => Some(path),
            When::Unknown { field, .. } | When::Lacks { field, .. } => Some(field),
            _ => None,
        }
    }

    /// What the row is about.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            When::Empty | When::Missing | When::Length | When::Invalid => Class::Input,
            When::Taken(_) | When::Unknown { .. } | When::Mismatch(_) => Class::Reference,
            When::Any(parts) => parts.iter().map(When::class).min().unwrap_or(Class::State),
            When::Lacks { .. } | When::Where(_) | When::Attempts { .. } | When::Unseen => Class::State,
        }
    }

    /// The words in clauses.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            When::Empty => "empty".to_owned(),
            When::Missing => "missing".to_owned(),
            When::Length => "length".to_owned(),
            When::Invalid => "invalid".to_owned(),
            When::Taken(_) => "taken".to_owned(),
            When::Lacks { .. } => "lacks".to_owned(),
            When::Unknown { left: false, .. } => "unknown".to_owned(),
            When::Unknown { left: true, .. } => "unknown or gone".to_owned(),
            When::Mismatch(_) => "mismatch of".to_owned(),
            When::Where(tests) => {
                let tests: Vec<String> = tests.iter().map(|(o, t)| format!("{} {}", o.words(), t.words())).collect();
                tests.join(" and ")
            }
            When::Attempts { code, per, .. } => format!("too many times {code} for one {per}:"),
            When::Any(parts) => parts.iter().map(When::words).collect::<Vec<_>>().join(" or "),
            When::Unseen => "an unseen cause".to_owned(),
        }
    }
}

impl Operand {
    /// As contracts write it.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Operand::Resource(name) => name.clone(),
            Operand::State(name) => format!("state of {name}"),
            Operand::Attribute(resource, name) => format!("{resource}.{name}"),
            Operand::Request(path) => path.clone(),
        }
    }
}

impl Source {
    /// As contracts write it.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Source::Request(path) => path.clone(),
            Source::Response(path) => format!("response.{path}"),
            Source::Attribute(resource, name) => format!("{resource}.{name}"),
            Source::Literal(value) => value.scalar().map_or_else(|| value.to_text(), str::to_owned),
            Source::Now => "now".to_owned(),
            Source::Today(0) => "today".to_owned(),
            Source::Today(days) => format!("today{days:+}d"),
        }
    }
}

impl Test {
    /// As people read it.
    #[must_use]
    pub fn words(&self) -> String {
        let list = |l: &[Source]| l.iter().map(Source::words).collect::<Vec<_>>().join(" or ");
        match self {
            Test::Is(values) => format!("is {}", list(values)),
            Test::Not(values) => format!("is not {}", list(values)),
            Test::Above(value) => format!("is above {}", value.words()),
            Test::Below(value) => format!("is below {}", value.words()),
            Test::After(value) => format!("is after {}", value.words()),
            Test::Before(value) => format!("is before {}", value.words()),
            Test::Present => "is there".to_owned(),
            Test::Absent => "is not there".to_owned(),
        }
    }
}
