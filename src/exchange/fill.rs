//! Fills the holes of a request's body: identities of its own, what earlier steps sent and got, what the profile has prepared.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset};

use crate::crypto;
use crate::model::observed::Reason;
use crate::model::template::Keep;
use crate::model::{Fixture, Hole, Json};

/// Catalogues read before the run by resource; where one could not be read, what came instead.
pub type Catalogues = HashMap<String, Result<Catalogue, String>>;

/// The entries of one catalogue.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Name of the key attribute.
    pub key: String,
    /// The entries as they were answered.
    pub entries: Vec<Json>,
}

/// What holes are filled from.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    /// Case id; identities follow from it.
    pub case: &'a str,
    /// Index of the step.
    pub step: usize,
    /// 0 for the first try; another try has other identities.
    pub attempt: u8,
    /// The run's salt.
    pub salt: u64,
    /// Bodies that the earlier steps answered.
    pub answers: &'a [Option<Json>],
    /// Bodies that the earlier steps sent.
    pub sent: &'a [Json],
    /// What the profile has prepared.
    pub fixtures: &'a [Fixture],
    /// Which of them the case was handed, for those that it was planned with.
    pub handed: &'a [(usize, usize)],
    /// The instant of the case, for prepared days.
    pub now: &'a DateTime<FixedOffset>,
    /// Catalogues read before the run.
    pub catalogues: &'a Catalogues,
}

/// Fills one hole.
///
/// # Errors
/// [`Reason`] and a sentence if what the hole needs is not there.
pub fn fill(hole: &Hole, from: &Filling<'_>) -> Result<Json, (Reason, String)> {
    match hole {
        Hole::Identity { field, shape, chars } => Ok(Json::text(shape.render(*chars, from.bits(field)))),
        Hole::Number { field, least, most } => {
            let span = (most - least).saturating_add(1);
            Ok(Json::number((least + from.bits(field) % span).to_string()))
        }
        Hole::Catalogue { resource, attribute, value, keep, text } => {
            let mut ids = entries(from, resource, (attribute, value), *text, *keep)?;
            if *keep == Keep::AllButOne && ids.pop().is_none() {
                let why = format!("{resource}: no entry has {attribute} {value}, so none can be left out");
                return Err((Reason::FixtureMissing, why));
            }
            if *keep == Keep::Others && ids.is_empty() {
                let why =
                    format!("{resource}: every entry has {attribute} {value}, so no list can be made without one");
                return Err((Reason::FixtureMissing, why));
            }
            Ok(Json::Array(ids))
        }
        Hole::Entry { resource, attribute, value, text } => {
            let first = entries(from, resource, (attribute, value), *text, Keep::All)?.into_iter().next();
            first.ok_or_else(|| (Reason::FixtureMissing, format!("{resource}: no entry has {attribute} {value}")))
        }
        Hole::Sent { step, path } => {
            let sent = from.sent.get(*step).and_then(|body| body.at(path));
            sent.cloned().ok_or_else(|| (Reason::FixtureMissing, format!("step {} sent no `{path}`", step + 1)))
        }
        Hole::Planted { fixture, part, attribute } => {
            let missing = || (Reason::FixtureMissing, format!("the profile's fixture has no `{attribute}`"));
            let (taken, serial) = from.taken(*fixture);
            let taken = from.fixtures.get(taken).ok_or_else(missing)?;
            let planted = taken.parts.get(*part).and_then(|p| p.attributes.iter().find(|(name, _)| name == attribute));
            planted.and_then(|(_, p)| p.value(serial, from.now)).ok_or_else(missing)
        }
        Hole::Listed { step, list, key, except, member } => {
            let known: Vec<Json> = except.iter().filter_map(|hole| fill(hole, from).ok()).collect();
            let answer = from.answers.get(*step).and_then(Option::as_ref);
            let entry = answer.and_then(|answer| answer.unlisted(list, key, &known));
            let value = entry.and_then(|entry| entry.at(member)).filter(|v| **v != Json::Null).cloned();
            value.ok_or_else(|| {
                let why =
                    format!("the `{list}` that step {} answered shows no other entry with a `{member}`", step + 1);
                (Reason::FixtureMissing, why)
            })
        }
        Hole::Answer { step, path } => {
            let answer = from.answers.get(*step).and_then(Option::as_ref).and_then(|body| body.at(path));
            answer.cloned().ok_or_else(|| (Reason::FixtureMissing, format!("step {} answered no `{path}`", step + 1)))
        }
    }
}

impl<'a> Filling<'a> {
    /// What the first step of a case is filled from while the profile has prepared nothing.
    #[must_use]
    pub fn first(case: &'a str, salt: u64, catalogues: &'a Catalogues, now: &'a DateTime<FixedOffset>) -> Self {
        Self { case, step: 0, attempt: 0, salt, answers: &[], sent: &[], fixtures: &[], handed: &[], now, catalogues }
    }

    /// Bits that follow from salt, case, step, try and field.
    fn bits(&self, field: &str) -> u64 {
        let mut seed = Vec::with_capacity(self.case.len() + field.len() + 16);
        seed.extend_from_slice(&self.salt.to_le_bytes());
        seed.extend_from_slice(self.case.as_bytes());
        seed.push(0);
        seed.extend_from_slice(field.as_bytes());
        seed.extend_from_slice(&[0, u8::try_from(self.step).unwrap_or(u8::MAX), self.attempt]);
        let digest = crypto::sha256(&seed);
        let mut bits = [0; 8];
        bits.copy_from_slice(&digest[..8]);
        u64::from_le_bytes(bits)
    }

    /// The fixture that this case takes in place of the one that it was planned with, and its serial number: the same in all steps
    /// of the case. One that was handed to it, or else one of those of the same name that the target makes on demand.
    #[must_use]
    pub fn taken(&self, fixture: usize) -> (usize, u64) {
        let bits = Filling { step: 0, ..*self }.bits(&format!("fixture {fixture}"));
        let serial = bits % 10_000_000_000;
        if let Some((_, member)) = self.handed.iter().find(|(planned, _)| *planned == fixture) {
            return (*member, serial);
        }
        let Some(planned) = self.fixtures.get(fixture) else { return (fixture, serial) };
        let same = |f: &Fixture| f.name == planned.name && f.on_demand() == planned.on_demand();
        let pool: Vec<usize> = (0..self.fixtures.len()).filter(|at| same(&self.fixtures[*at])).collect();
        let at = bits.checked_rem(pool.len() as u64).and_then(|at| usize::try_from(at).ok());
        (at.and_then(|at| pool.get(at)).copied().unwrap_or(fixture), serial)
    }
}

/// Ids of the entries of a catalogue that are kept; those whose attribute has this value are selected.
fn entries(
    from: &Filling<'_>,
    resource: &str,
    (attribute, value): (&str, &str),
    text: bool,
    keep: Keep,
) -> Result<Vec<Json>, (Reason, String)> {
    let missing = |why: &str| (Reason::FixtureMissing, format!("{resource}: {why}"));
    let catalogue = match from.catalogues.get(resource) {
        Some(Ok(catalogue)) => catalogue,
        Some(Err(why)) => return Err(missing(&format!("the list could not be read: {why}"))),
        None => return Err(missing("no call of the contract lists them")),
    };
    let chosen =
        catalogue.entries.iter().filter(|e| keep.takes(e.get(attribute).and_then(Json::scalar) == Some(value)));
    let ids = chosen.filter_map(|e| e.get(&catalogue.key).and_then(Json::scalar));
    Ok(ids.map(|id| if text { Json::text(id) } else { Json::number(id) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Ambient, Clock};
    use crate::model::wire::Zone;

    #[test]
    fn identities_differ_by_salt_case_field_step_and_try() {
        let catalogues = Catalogues::new();
        let now = Ambient::new(Clock::Fixed(0), 1).now(&Zone { name: "UTC".to_owned(), offset_seconds: 0 });
        let base = Filling::first("c", 1, &catalogues, &now);
        let hole = |field: &str| Hole::Identity {
            field: field.to_owned(),
            shape: crate::model::template::Shape::Plain,
            chars: 20,
        };
        let first = fill(&hole("f"), &base).unwrap();
        for other in [
            Filling { salt: 2, ..base },
            Filling { case: "d", ..base },
            Filling { step: 1, ..base },
            Filling { attempt: 1, ..base },
        ] {
            assert_ne!(fill(&hole("f"), &other).unwrap(), first);
        }
        assert_ne!(fill(&hole("g"), &base).unwrap(), first);
        let sent = [Json::Object(vec![("f".into(), first.clone())])];
        let again = Hole::Sent { step: 0, path: "f".to_owned() };
        assert_eq!(fill(&again, &Filling { step: 1, sent: &sent, ..base }).unwrap(), first);
    }
}
