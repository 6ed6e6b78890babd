//! Reads off a finished request what the contract says of it: accept, refuse for exactly one known reason, or nobody knows.

use super::Plan;
use crate::contract::{Contract, Endpoint};
use crate::model::case::RowRef;
use crate::model::field::Way;
use crate::model::template::{HeaderEdit, TokenEdit};
use crate::model::wire::{Piece, WirePlan};
use crate::model::{Edit, Expect, Field, Hole, Json, Rule, Step, Template, field};
use crate::schema::check::{Judged, Side, State};
use crate::schema::{Units, check, check_header};

/// Fills holes and headers with stand-ins of the right shape: what can be said of a step before a run knows more.
pub(crate) fn rehearse(plan: &Plan, step: &Step) -> (Json, Vec<(String, String)>) {
    let body = plan.bind(step, &mut |hole| Ok::<_, std::convert::Infallible>(stand_in(hole)));
    let Ok(body) = body;
    if step.headers.is_empty() {
        // Unbent headers are the contract's own: nobody asks for them.
        return (body, Vec::new());
    }
    let wire = &plan.contract().endpoints[step.endpoint].wire;
    let mut headers: Vec<(String, String)> =
        wire.headers.iter().map(|h| (h.name.clone(), stand_in_header(&h.value, wire, plan.contract()))).collect();
    for edit in &step.headers {
        edit.apply(&mut headers);
    }
    (body, headers)
}

fn stand_in(hole: &Hole) -> Json {
    match hole {
        Hole::Identity { shape, chars, .. } => Json::text(shape.render(*chars, 1)),
        Hole::Catalogue { text: true, .. } => Json::Array(vec![Json::text("1")]),
        Hole::Catalogue { text: false, .. } => Json::Array(vec![Json::number("1")]),
        Hole::Answer { .. } => Json::number("1"),
    }
}

fn stand_in_header(pieces: &[Piece], wire: &WirePlan, contract: &Contract) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            // 2001-01-01 01:01:01.001, whatever the order of its parts.
            Piece::Now(pattern) => out.push_str(
                &pattern
                    .replace("yyyy", "2001")
                    .replace("yy", "01")
                    .replace("MM", "01")
                    .replace("dd", "01")
                    .replace("HH", "01")
                    .replace("mm", "01")
                    .replace("SSS", "001")
                    .replace("ss", "01"),
            ),
            Piece::Counter(digits) => out.push_str(&"0".repeat(*digits)),
            Piece::Credential(name) => {
                let credential = contract.credentials.iter().find(|c| c.name == *name);
                out.push_str(&"0".repeat(credential.and_then(|c| c.length).unwrap_or(16)));
            }
            Piece::Code => out.push_str(&"0".repeat(44)),
            Piece::Auth => {
                if let Some(auth) = &wire.auth {
                    out.push_str(&stand_in_header(&auth.value, wire, contract));
                }
            }
        }
    }
    out
}

/// What the contract says of the request.
#[must_use]
pub fn expect(contract: &Contract, step: &Step, body: &Json, headers: &[(String, String)]) -> Expect {
    let endpoint = &contract.endpoints[step.endpoint];
    let units = Units { side: Side::Request, units: &contract.units };
    let mut reading = Reading { endpoint, broken: Vec::new(), rows: Vec::new(), all_rows: true, unknown: None };
    check(&endpoint.request, body, units, &mut |judged| reading.body(judged));
    for edit in &step.edits {
        if let Some(field) = dangling(endpoint, edit) {
            reading.unknown(&field.path, "names something that may not exist");
        }
    }
    let bodily = reading.broken.len();
    let mut edited: Vec<(&HeaderEdit, bool)> = step.headers.iter().map(|e| (e, false)).collect();
    let signed = endpoint.wire.auth.as_ref();
    if !edited.is_empty() {
        check_header(&endpoint.request_headers, headers, units, &mut |judged| {
            let edit = edited.iter_mut().find(|(e, _)| e.name == judged.field.name);
            // The token's own length can't be wrong alone: whatever is no token is not verified either.
            let token = signed.is_some_and(|a| a.header == judged.field.name) && judged.rule != Rule::Presence;
            if let (State::Broken, Some(clause), Some((_, broken)), false) = (judged.state, judged.clause, edit, token)
            {
                *broken = true;
                reading.broken.push(clause);
            }
        });
    }
    let mut tampered = step.token != TokenEdit::Intact;
    for (edit, broken) in edited {
        if broken {
            continue;
        }
        if signed.is_some_and(|a| a.header == edit.name) {
            tampered = true;
        } else {
            reading.unknown(&edit.name, "has a value that no source shows");
        }
    }
    if tampered {
        reading.broken.extend(endpoint.verified_clause);
    }
    let bare = reading.broken.len() > bodily || !step.headers.is_empty();
    reading.finish(step.state, bare)
}

/// A field that the edit points at something which no earlier step made.
fn dangling<'a>(endpoint: &'a Endpoint, edit: &Edit) -> Option<&'a Field> {
    let Edit::Set(path, Template::Json(_) | Template::Array(_)) = edit else { return None };
    let field = field::find(&endpoint.request, path)?;
    let refers = field.refers.is_some() || field.items.as_ref().is_some_and(|i| i.refers.is_some());
    refers.then_some(field)
}

struct Reading<'a> {
    endpoint: &'a Endpoint,
    broken: Vec<u32>,
    rows: Vec<RowRef>,
    /// False once something is broken that no row speaks of.
    all_rows: bool,
    unknown: Option<String>,
}

impl Reading<'_> {
    fn unknown(&mut self, what: &str, why: &str) {
        if self.unknown.is_none() {
            self.unknown = Some(format!("{what} {why}"));
        }
    }

    fn body(&mut self, judged: &Judged<'_>) {
        match (judged.state, judged.clause) {
            (State::Holds, _) => {}
            (State::Broken, Some(clause)) => {
                self.broken.push(clause);
                let mut rows = self.endpoint.rows_for(&judged.field.path, judged.rule, judged.way);
                // A text of illegal length is no word of the list and no date either, and no page says what is checked first:
                // its code is promised only where a row names this very field and way.
                let field = judged.field;
                let listed =
                    field.words.as_ref().is_some_and(|w| !w.open) || field.format.as_ref().is_some_and(|f| !f.open);
                if listed && matches!(judged.way, Way::Below | Way::Above) {
                    rows.retain(|r| self.endpoint.rows[r.row].fields[r.field].documented);
                }
                self.all_rows &= !rows.is_empty();
                self.rows.extend(rows);
            }
            (State::Broken | State::Unknown, _) => {
                let why = match (judged.rule, judged.way) {
                    (_, Way::Absent) => "is left out, and no source says whether it must be there",
                    (_, Way::Null) => "is null, and no source says what null means there",
                    (Rule::Length, Way::Empty) => "is optional and empty, and no source says what that means",
                    (Rule::Length, _) => "is legal in one unit of length or by one source only",
                    (Rule::Charset, _) => "has characters of which no source speaks",
                    _ => "has a value that no source shows",
                };
                self.unknown(&judged.field.path, why);
            }
        }
    }

    fn finish(self, state: Option<RowRef>, bare: bool) -> Expect {
        if self.broken.is_empty() {
            return match (self.unknown, state) {
                (Some(why), _) => Expect::Either { why, bare },
                (None, None) => Expect::Accept,
                (None, Some(row)) => {
                    let field = &self.endpoint.rows[row.row].fields[row.field];
                    Expect::Refuse { broken: vec![field.code], rows: vec![row], bare: false }
                }
            };
        }
        // Something unknown beside, or a breach without a row, may draw a code that no source shows.
        let rows =
            if bare || !self.all_rows || self.unknown.is_some() || state.is_some() { Vec::new() } else { self.rows };
        Expect::Refuse { broken: self.broken, rows, bare }
    }
}
