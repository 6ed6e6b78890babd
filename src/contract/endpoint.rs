//! The resolved contract: endpoints, their fields, rows and effects, and the list of all clauses.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::behaviour::{Act, Beginning, Covers, Effect, Listing, Resource, Row, When};
use crate::model::case::RowRef;
use crate::model::field::{Field, Unit, Way};
use crate::model::wire::{EncryptionPlan, WirePlan, Zone};
use crate::model::{Clause, ClauseIx, Fixture, Hazard, Json, Rule, Source};

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
    /// Every scheme by which callers show who they are.
    pub schemes: Vec<crate::model::wire::AuthPlan>,
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
    /// True if a success has no envelope of its own.
    pub bare_success: bool,
    /// How messages are encrypted, if they are.
    pub encryption: Option<Arc<EncryptionPlan>>,
    /// Attributes by which resources are found: keys, what references name, what is unique, relations.
    pub identifying: HashSet<(String, String)>,
    /// What the profile has prepared.
    pub fixtures: Vec<Fixture>,
    /// What the profile says that new resources come with.
    pub beginnings: Vec<Beginning>,
    /// Most failing attempts that a case makes where the limit is unseen; true if the profile states the limit.
    pub attempts: (u32, bool),
    /// True if a source says that texts may hold Hangul.
    pub hangul: bool,
    /// The units that a length may count; more than one where unseen.
    pub units: Vec<Unit>,
    /// True if the profile says which endpoints the target has.
    pub scoped: bool,
    /// True if the target takes nothing but the profile's prepared requests.
    pub prepared_only: bool,
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
        &self.clauses[ix]
    }

    /// An endpoint and its index by id.
    #[must_use]
    pub fn endpoint(&self, id: &str) -> Option<(usize, &Endpoint)> {
        self.endpoints.iter().enumerate().find(|(_, e)| e.id == id)
    }

    /// What the profile says that every new instance of a resource has: attribute and value, null for none.
    pub fn beginning(&self, resource: &str) -> impl Iterator<Item = (&String, &Json)> {
        let own = self.beginnings.iter().filter(move |b| b.resource == resource);
        own.flat_map(|b| &b.attributes).map(|(name, value)| (name, value))
    }

    /// The attributes of a resource that calls set or show, fields repeat or rows test, sorted.
    #[must_use]
    pub fn attributes(&self, resource: &str) -> Vec<String> {
        let own = self.resources.iter().filter(|r| r.name == resource);
        let mut out: Vec<String> =
            own.flat_map(|r| r.attributes.iter().map(|a| a.name.clone()).chain([r.key.clone()])).collect();
        for endpoint in &self.endpoints {
            for effect in &endpoint.effects {
                if effect.resource == resource {
                    let changed = effect.set.iter().chain(&effect.add).chain(&effect.subtract);
                    out.extend(changed.map(|(name, _)| name.clone()).chain(effect.unique.iter().cloned()));
                }
                let shown = effect.answer.iter().filter(|echo| echo.resource == resource);
                out.extend(shown.map(|echo| echo.attribute.clone()));
            }
            for field in &endpoint.request {
                field.walk(&mut |f| {
                    let named = f.refers.iter().chain(&f.equals).filter_map(|path| path.split_once('.'));
                    out.extend(named.filter(|(of, _)| *of == resource).map(|(_, name)| name.to_owned()));
                });
            }
            for row in &endpoint.rows {
                row.when.attributes(&mut |of, name| {
                    if of == resource {
                        out.push(name.to_owned());
                    }
                });
            }
        }
        out.sort();
        out.dedup();
        out
    }

    /// The endpoint that reads a catalogue resource, if it can be called, and the list in its answer.
    #[must_use]
    pub fn catalogue(&self, resource: &str) -> Option<(usize, &Listing)> {
        let mut open = self.endpoints.iter().enumerate().filter(|(_, e)| e.closed.is_none());
        open.find_map(|(at, e)| {
            let lists = |effect: &&Effect| effect.act == Act::Read && effect.resource == resource;
            let list = e.effects.iter().filter(lists).find_map(|effect| effect.list.as_ref())?;
            list.of.is_none().then_some((at, list))
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
    /// HTTP method; `unseen` where nobody has seen it.
    pub method: String,
    /// Path below the target URL, parameters in braces; empty where nobody has seen it.
    pub path: String,
    /// Why no call of it can be made, if so.
    pub closed: Option<String>,
    /// True if the profile's scope leaves it out: nothing calls, judges or counts it.
    pub out: bool,
    /// The one request that the target takes, where it takes prepared ones only.
    pub prepared: Option<Json>,
    /// Why a legal call may be refused all the same, if so.
    pub unproven: Option<String>,
    /// Names of fields that are known by their role only and that no profile binds.
    pub unbound: Vec<String>,
    /// Literal fields that the profile adds to every call.
    pub sends: Vec<(String, Json)>,
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
    /// Endpoints that are to be called first, about the same resource.
    pub after: Vec<String>,
    /// Attributes of two resources, each `(resource, attribute)`, that must be equal for a call to be accepted.
    pub same: Vec<((String, String), (String, String))>,
    /// Resources that must exist for a call to be accepted beside what its rows say, each with the state that it must have.
    pub needs: Vec<(String, Option<String>)>,
    /// What a call does to resources.
    pub effects: Vec<Effect>,
    /// The documentation's own test data.
    pub examples: Vec<Example>,
    /// Clause: code found where the envelope says.
    pub envelope_clause: ClauseIx,
    /// Clause of each scheme that shows who calls, by the scheme's id: what does not match is refused.
    pub verified: Vec<(String, ClauseIx)>,
    /// Clauses about encrypted bodies.
    pub encryption: Option<EncryptionClauses>,
    /// konform's own clauses.
    pub policy: Policy,
    /// How calls are put on the wire.
    pub wire: Arc<WirePlan>,
    /// Place of the endpoint's file.
    pub source: Source,
}

impl Endpoint {
    /// The clause of a scheme that shows who calls.
    #[must_use]
    pub fn verified(&self, scheme: &str) -> Option<ClauseIx> {
        self.verified.iter().find(|(id, _)| id == scheme).map(|(_, clause)| *clause)
    }

    /// The rows whose code the breach must draw: any of them.
    #[must_use]
    pub fn rows_for(&self, path: &str, rule: Rule, way: Way) -> Vec<RowRef> {
        let covers = match way {
            Way::Absent => Covers::Absent,
            Way::Null => Covers::Null,
            Way::Below => Covers::Below,
            Way::Above => Covers::Above,
            Way::Empty | Way::Elsewhere | Way::Other => Covers::All,
        };
        let mut found: Vec<RowRef> = Vec::new();
        let mut documented = false;
        for (row, known) in self.rows.iter().enumerate() {
            let fits = matches!(
                (&known.when, rule, way),
                (When::Invalid, ..)
                    | (When::Empty, _, Way::Empty)
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

/// Clauses about encrypted bodies.
#[derive(Clone, Copy, Debug)]
pub struct EncryptionClauses {
    /// An answer that is marked is encrypted.
    pub encrypted: Option<ClauseIx>,
    /// An encrypted answer can be opened.
    pub opens: ClauseIx,
    /// A request that does not verify is refused; none where requests are not encrypted.
    pub authentic: Option<ClauseIx>,
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
    /// No secret of the caller in an answer.
    pub no_leak: ClauseIx,
    /// A body that is JSON in UTF-8.
    pub json: ClauseIx,
    /// A content type of JSON.
    pub content_type: ClauseIx,
    /// Nothing where an answer has no content, of an endpoint whose success is such an answer.
    pub no_content: Option<ClauseIx>,
    /// The endpoint is there, where the profile's scope names it.
    pub served: Option<ClauseIx>,
}

/// What a success answers.
#[derive(Clone, Debug)]
pub struct Success {
    /// HTTP status.
    pub status: u16,
    /// Codes, any of them; none where a success carries no code.
    pub codes: Vec<String>,
    /// Message; empty where a success carries none.
    pub message: String,
    /// Clause of the status.
    pub status_clause: ClauseIx,
    /// Clause of the code.
    pub code_clause: Option<ClauseIx>,
    /// Clause of the message.
    pub message_clause: Option<ClauseIx>,
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
