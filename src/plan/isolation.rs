//! Reads off a finished request what the contract says of it: accept, refuse for exactly one known reason, or nobody knows.

use crate::behaviour::{Standing, Truth};
use crate::contract::{Contract, Endpoint, When};
use crate::model::case::RowRef;
use crate::model::case::{Seal, Spoil};
use crate::model::field::Way;
use crate::model::template::{HeaderEdit, Keep, TokenEdit};
use crate::model::{ClauseIx, Edit, Expect, Hole, Json, Rule, Step, Template};
use crate::schema::check::{Judged, Side, State};
use crate::schema::{Units, check, check_header};

/// What the contract says of the request; `standing` is what the world that the steps before have made makes of it.
#[must_use]
pub fn expect(
    contract: &Contract,
    step: &Step,
    body: &Json,
    headers: &[(String, String)],
    standing: &Standing,
) -> Expect {
    let endpoint = &contract.endpoints[step.endpoint];
    if let Some(kind) = step.hostile {
        return Expect::Either { why: format!("{}: no source says what such bytes get", kind.word()), bare: true };
    }
    let units = Units { side: Side::Request, units: &contract.units };
    let mut reading =
        Reading { endpoint, broken: Vec::new(), rows: Vec::new(), all_rows: true, unknown: None, doubt: None };
    check(&endpoint.request, body, units, &mut |judged| reading.body(judged, step));
    for field in endpoint.request.iter().filter(|f| f.operator) {
        let bound = endpoint.prepared.is_some() || endpoint.sends.iter().any(|(path, _)| *path == field.path);
        if !bound && body.get(&field.name).is_some() {
            reading.doubt = Some(format!(
                "only the target's operator knows legal values of {}: the profile can give one",
                field.path
            ));
        }
    }
    if step.edits.iter().any(takes_every) {
        reading.doubt =
            Some("a list has entries that its sample does not select, and no source says whether it may".to_owned());
    }
    let bodily = reading.broken.len();
    let mut edited: Vec<(&HeaderEdit, bool)> = step.headers.iter().map(|e| (e, false)).collect();
    let caller = endpoint.wire.callers.get(step.caller);
    let shows = |name: &str| caller.and_then(|caller| caller.in_header(name));
    if !edited.is_empty() {
        check_header(&endpoint.request_headers, headers, units, &mut |judged| {
            let edit = edited.iter_mut().find(|(e, _)| e.name == judged.field.name);
            // The token's own length can't be wrong alone: whatever is no token is not verified either.
            let token = shows(&judged.field.name).is_some() && judged.rule != Rule::Presence;
            if let (State::Broken, Some(clause), Some((_, broken)), false) = (judged.state, judged.clause, edit, token)
            {
                *broken = true;
                reading.broken.push(clause);
            }
        });
    }
    // The scheme whose values are not the right ones.
    let mut tampered = (!matches!(step.token, TokenEdit::Intact | TokenEdit::Stale)).then_some(step.scheme);
    if step.token == TokenEdit::Stale {
        reading.unknown("the token", "is an hour older than the request, and no source says how old one may be");
    }
    for (edit, broken) in edited {
        if broken {
            continue;
        }
        match shows(&edit.name) {
            Some(scheme) => tampered = Some(scheme),
            None => reading.unknown(&edit.name, "has a value that no source shows"),
        }
    }
    if let Some(plan) = tampered.and_then(|at| caller?.schemes.get(at)) {
        reading.broken.extend(endpoint.verified(&plan.id));
    }
    if let Seal::Spoilt(how) = step.seal {
        let authentic = endpoint.encryption.and_then(|e| e.authentic);
        match (how, authentic) {
            // No page says that the key id is looked at, nor what a plaintext that is no JSON gets.
            (Spoil::UnknownKeyId | Spoil::NoKeyId, _) | (_, None) => {
                reading.unknown("the key id", "has a value that no source shows");
            }
            (_, Some(clause)) => reading.broken.push(clause),
        }
    }
    let bare = reading.broken.len() > bodily
        || !step.headers.is_empty()
        || step.token != TokenEdit::Intact
        || matches!(step.seal, Seal::Spoilt(_));
    reading.finish(body, standing, step.state, bare)
}

/// True if the edit lists every entry of a catalogue, of which the sample selects some.
fn takes_every(edit: &Edit) -> bool {
    matches!(edit, Edit::Set(_, Template::Hole(Hole::Catalogue { keep: Keep::Every, .. })))
}

/// The rows with this truth; of disputed ones nobody knows.
fn rows(endpoint: &Endpoint, truths: &[Truth], wanted: Truth) -> Vec<RowRef> {
    let mut found = Vec::new();
    for (row, (truth, known)) in truths.iter().zip(&endpoint.rows).enumerate() {
        let truth = if known.disputed && *truth == Truth::Yes { Truth::Unknown } else { *truth };
        if truth == wanted && known.when != When::Unseen && !known.fields.is_empty() {
            found.push(RowRef { row, field: 0 });
        }
    }
    found
}

struct Reading<'a> {
    endpoint: &'a Endpoint,
    broken: Vec<ClauseIx>,
    rows: Vec<RowRef>,
    /// False once something is broken that no row speaks of.
    all_rows: bool,
    unknown: Option<String>,
    /// A value that only the operator knows was made up.
    doubt: Option<String>,
}

impl Reading<'_> {
    fn unknown(&mut self, what: &str, why: &str) {
        if self.unknown.is_none() {
            self.unknown = Some(format!("{what} {why}"));
        }
    }

    fn body(&mut self, judged: &Judged<'_>, step: &Step) {
        match (judged.state, judged.clause) {
            (State::Holds, _) => {}
            // A row about one of several references is met by leaving the others out.
            (State::Unknown, _)
                if step.state.is_some() && judged.way == Way::Absent && judged.field.refers.is_some() =>
            {
                if !step.omission_taken {
                    self.doubt =
                        Some(format!("{} is left out, and no source says whether it must be there", judged.field.path));
                }
            }
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
                    (_, Way::Elsewhere) => "has a value that another call with the same attribute would not take",
                    (Rule::Presence, Way::Empty) => "is empty, and no source says how short it may be",
                    (Rule::Length, Way::Empty) if judged.field.required() => {
                        "is empty, which its length allows and a row of errors does not"
                    }
                    (Rule::Length, Way::Empty) => "is optional and empty, and no source says what that means",
                    (Rule::Length, _) if judged.field.length.is_none() => "has a length of which no source speaks",
                    (Rule::Length, _) => "is legal in one unit of length or by one source only",
                    (Rule::Charset, _) => "has characters of which no source speaks",
                    _ => "has a value that no source shows",
                };
                self.unknown(&judged.field.path, why);
            }
        }
    }

    fn finish(mut self, body: &Json, standing: &Standing, aimed: Option<RowRef>, bare: bool) -> Expect {
        let holding = rows(self.endpoint, &standing.rows, Truth::Yes);
        let mut may = rows(self.endpoint, &standing.rows, Truth::Unknown);
        if self.endpoint.prepared.is_some() {
            // The profile says that this very request is taken: what pages leave open is settled, what they rule out is not.
            let breach = self.broken.first().map(|_| "the profile's prepared request breaks a rule of the contract");
            return match breach {
                Some(why) => Expect::Either { why: why.to_owned(), bare: false },
                None => Expect::Accept { may },
            };
        }
        if self.broken.is_empty() {
            if let Some(why) = standing.dangling.clone().filter(|_| self.unknown.is_none()) {
                self.unknown = Some(why);
            }
            let refused = |rows: Vec<RowRef>, doubt| {
                let broken = rows.iter().map(|r| self.endpoint.rows[r.row].fields[r.field].code).collect();
                Expect::Refuse { broken, rows, may: may.clone(), doubt, bare: false }
            };
            // What names nothing, or is not the secret that it must be, is refused, whatever else may be wrong with the request: only the
            // code is then open.
            let named = |cause: &When| match cause {
                // An empty text may stand for none.
                When::Unknown { field, .. } | When::Mismatch(field) => {
                    body.at(field).and_then(Json::scalar).is_some_and(|text| !text.trim().is_empty())
                }
                _ => false,
            };
            let nothing = |r: &&RowRef| self.endpoint.rows[r.row].when.parts().iter().all(named);
            let nothing: Vec<RowRef> = holding.iter().filter(nothing).copied().collect();
            return match (self.unknown, self.doubt) {
                (Some(why), _) if !nothing.is_empty() && !bare => refused(nothing, Some(why)),
                (Some(why), _) => Expect::Either { why, bare },
                (None, doubt) if !holding.is_empty() => refused(holding, doubt),
                (None, Some(why)) => Expect::Either { why, bare: false },
                (None, None) => match &self.endpoint.unproven {
                    Some(why) => Expect::Either { why: why.clone(), bare: false },
                    None => Expect::Accept { may },
                },
            };
        }
        // Something unknown beside, or a breach without a row, may draw a code that no source shows.
        let unclear = bare || !self.all_rows || self.unknown.is_some() || aimed.is_some();
        may.extend(holding);
        let rows = if unclear { Vec::new() } else { self.rows };
        Expect::Refuse { broken: self.broken, rows, may, doubt: self.doubt, bare }
    }
}

#[cfg(test)]
mod tests;
