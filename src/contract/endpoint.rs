//! The resolved contract: endpoints, their fields, rows and effects, and the list of all clauses.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::case::RowRef;
use crate::model::field::{Field, Unit, Way};
use crate::model::wire::{WirePlan, Zone};
use crate::model::{Clause, ClauseIx, Hazard, Rule, Source};

/// An API's contract.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Name, as its folder is called.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// True for the API that is used when none is named.
    pub default: bool,
    /// Path between host and endpoint path that a full address of the documentation has; the target URL carries it.
    pub base_path: String,
    /// Endpoints in file order.
    pub endpoints: Vec<Endpoint>,
    /// All clauses; a [`ClauseIx`] is an index here.
    pub clauses: Vec<Clause>,
    /// Clause by id.
    pub by_id: HashMap<String, ClauseIx>,
    /// Zone of every time sent.
    pub zone: Zone,
    /// Where code and message sit in a body.
    pub envelope: Envelope,
    /// The units that a length may count; more than one where unseen.
    pub units: Vec<Unit>,
    /// Names of the credentials that an actor has, with their length and whether they are secret.
    pub credentials: Vec<Credential>,
    /// Named things that calls create and look up.
    pub resources: Vec<Resource>,
    /// Gaps and conflicts, verbatim, with their place.
    pub notes: Vec<Note>,
    /// Properties that nobody has seen.
    pub unknowns: Vec<Unknown>,
}

impl Contract {
    /// The clause behind an index.
    #[must_use]
    pub fn clause(&self, ix: ClauseIx) -> &Clause {
        &self.clauses[ix as usize]
    }

    /// An endpoint and its index by id.
    #[must_use]
    pub fn endpoint(&self, id: &str) -> Option<(usize, &Endpoint)> {
        self.endpoints.iter().enumerate().find(|(_, e)| e.id == id)
    }

    /// The endpoint that reads a catalogue resource.
    #[must_use]
    pub fn catalogue(&self, resource: &str) -> Option<(usize, &str)> {
        self.endpoints.iter().enumerate().find_map(|(at, e)| {
            e.effects.iter().find_map(|effect| match effect {
                Effect::Read { resource: r, list: Some(list) } if r == resource => Some((at, list.as_str())),
                _ => None,
            })
        })
    }
}

/// A credential that requests carry or sign with.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Name in header templates and profiles.
    pub name: String,
    /// Length where known.
    pub length: Option<usize>,
    /// True if outputs must not show it.
    pub secret: bool,
    /// True if its characters are digits.
    pub digits: bool,
}

/// A thing that calls speak about.
#[derive(Clone, Debug)]
pub struct Resource {
    /// `user`, `terms` ...
    pub name: String,
    /// Its key attribute.
    pub key: String,
    /// True if it is a list that no call changes.
    pub catalogue: bool,
}

/// Where code and message sit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Dotted path of the code.
    pub code: String,
    /// Dotted path of the message.
    pub message: String,
}

/// One endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Stable id.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// HTTP method.
    pub method: String,
    /// Path below the target URL.
    pub path: String,
    /// What calling it does to a target.
    pub hazard: Hazard,
    /// Request headers.
    pub request_headers: Vec<Field>,
    /// Request body.
    pub request: Vec<Field>,
    /// Response headers.
    pub response_headers: Vec<Field>,
    /// Response body of a success.
    pub response: Vec<Field>,
    /// What a success answers.
    pub success: Success,
    /// Error rows in file order.
    pub rows: Vec<Row>,
    /// True if the page's list of rows was seen whole.
    pub rows_complete: bool,
    /// What a call does to resources.
    pub effects: Vec<Effect>,
    /// The documentation's own test data.
    pub examples: Vec<Example>,
    /// Clause: code found where the envelope says.
    pub envelope_clause: ClauseIx,
    /// Clause: a token that does not match is refused.
    pub verified_clause: Option<ClauseIx>,
    /// konform's own clauses.
    pub policy: Policy,
    /// How calls are put on the wire.
    pub wire: Arc<WirePlan>,
    /// Place of the endpoint's file.
    pub source: Source,
}

impl Endpoint {
    /// The rows whose code the breach must draw: any of them.
    #[must_use]
    pub fn rows_for(&self, path: &str, rule: Rule, way: Way) -> Vec<RowRef> {
        let covers = match way {
            Way::Absent => Covers::Absent,
            Way::Null => Covers::Null,
            Way::Below => Covers::Below,
            Way::Above => Covers::Above,
            Way::Empty | Way::Other => Covers::All,
        };
        let mut found: Vec<RowRef> = Vec::new();
        let mut documented = false;
        for (row, known) in self.rows.iter().enumerate() {
            let fits = matches!(
                (&known.when, rule, way),
                (When::Empty, _, Way::Empty)
                    | (When::Length, Rule::Length, Way::Below | Way::Above | Way::Empty)
                    | (When::Missing, Rule::Presence, Way::Absent | Way::Null)
            );
            if !fits {
                continue;
            }
            for (field, own) in known.fields.iter().enumerate() {
                let same = own.path == path
                    && (own.covers == covers
                        || own.covers == Covers::All
                        || (way == Way::Empty && own.covers == Covers::Below));
                if same && !documented {
                    if own.documented && (own.covers == covers || own.covers == Covers::All) {
                        // A row that names this very field and way leaves no other reading.
                        found.clear();
                        documented = true;
                    }
                    found.push(RowRef { row, field });
                }
            }
        }
        found
    }
}

/// Clauses that hold for every API.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// No 500, 501, 505 and up.
    pub no_server_error: ClauseIx,
    /// An answer in time.
    pub no_hang: ClauseIx,
    /// No 3xx.
    pub no_redirect: ClauseIx,
    /// No content coding that was not asked for.
    pub no_coding: ClauseIx,
    /// A body that is JSON in UTF-8.
    pub json: ClauseIx,
    /// A content type of JSON.
    pub content_type: ClauseIx,
}

/// What a success answers.
#[derive(Clone, Debug)]
pub struct Success {
    /// HTTP status.
    pub status: u16,
    /// Codes, any of them.
    pub codes: Vec<String>,
    /// Message.
    pub message: String,
    /// Clauses for status, code and message.
    pub status_clause: ClauseIx,
    /// See `status_clause`.
    pub code_clause: ClauseIx,
    /// See `status_clause`.
    pub message_clause: ClauseIx,
}

/// One row of a response-code table.
#[derive(Clone, Debug)]
pub struct Row {
    /// HTTP status.
    pub status: u16,
    /// Code.
    pub code: String,
    /// Message with `{field}`, `{min}`, `{max}` as holes.
    pub message: String,
    /// What brings it about.
    pub when: When,
    /// The fields it applies to, each with its clauses.
    pub fields: Vec<RowField>,
}

/// What brings a row about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// A required string is empty.
    Empty,
    /// A required field is null or absent.
    Missing,
    /// A string's length lies outside its bounds.
    Length,
    /// The field's value belongs to an existing resource.
    Taken,
    /// A list lacks entries of a catalogue.
    Lacks {
        /// Catalogue resource.
        resource: String,
        /// Attribute to select by.
        attribute: String,
        /// Value it must have.
        value: String,
    },
}

impl When {
    /// True for rows about the input itself, false for rows about state.
    #[must_use]
    pub fn input(&self) -> bool {
        matches!(self, When::Empty | When::Missing | When::Length)
    }

    /// The word in contracts.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            When::Empty => "empty",
            When::Missing => "missing",
            When::Length => "length",
            When::Taken => "taken",
            When::Lacks { .. } => "lacks",
        }
    }
}

/// A row as it applies to one field.
#[derive(Clone, Debug)]
pub struct RowField {
    /// Dotted path of the request field.
    pub path: String,
    /// Which ways of breaking the field.
    pub covers: Covers,
    /// True if the page's own row names this field and way.
    pub documented: bool,
    /// Clause of the status.
    pub status: ClauseIx,
    /// Clause of the code.
    pub code: ClauseIx,
    /// Clause of the message.
    pub message: ClauseIx,
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

/// What a successful call does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A resource comes into being.
    Create {
        /// Its name.
        resource: String,
        /// Dotted path of its key in the answer.
        key: String,
        /// Request fields that must differ from those of every other.
        unique: Vec<String>,
        /// Dotted path of an optional part of the answer; nothing happens without it.
        only_if: Option<String>,
    },
    /// A resource is looked up.
    Read {
        /// Its name.
        resource: String,
        /// Dotted path of the list in the answer, for catalogues.
        list: Option<String>,
    },
}

/// One ready case of the documentation.
#[derive(Clone, Debug)]
pub struct Example {
    /// Name in the case id.
    pub name: String,
    /// The documentation's words.
    pub title: String,
    /// The row it expects; none for success.
    pub row: Option<usize>,
}

/// A gap or a conflict, verbatim.
#[derive(Clone, Debug)]
pub struct Note {
    /// The file's endpoint, or the API's id.
    pub owner: String,
    /// `gap` or `conflict`.
    pub kind: &'static str,
    /// The words of the facts.
    pub text: String,
    /// For conflicts, the two sides.
    pub sides: Option<(String, String)>,
    /// What decides, or which side konform sends.
    pub decided: String,
    /// Place.
    pub source: Source,
}

/// A property that nobody has seen.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// `<endpoint>/<part>/<path>`.
    pub place: String,
    /// Which property.
    pub property: &'static str,
    /// Place.
    pub source: Source,
}
