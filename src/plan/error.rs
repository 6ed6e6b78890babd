//! Each documented error, provoked by the steps it needs.

use super::cause::namesakes;
use super::reference::fresh;
use super::scope::overrides;
use super::way::{Goal, Way};
use super::{Planned, Scope, set, set_json, setup};
use crate::contract::{Covers, Row, RowField, When};
use crate::model::case::RowRef;
use crate::model::template::Keep;
use crate::model::twin::Twin;
use crate::model::{Edit, Hole, Json, Role, Step, Template, field};
use crate::schema::compose::{self, Script};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for (at, row) in scope.endpoint.rows.iter().enumerate() {
        if row.when == When::Unseen {
            for own in &row.fields {
                let reason = "no page shows what brings it about, or the profile decided that it does not come";
                out.push(scope.left_out(&place(own), &row.name, Some(own.code), reason));
            }
            continue;
        }
        for (which, own) in row.fields.iter().enumerate().filter(|(_, f)| f.documented || !row.when.input()) {
            let first = Aim::of(at, which);
            if row.when.input() {
                // A row that is documented for two ways of breaking a field has a case for each.
                let twice = row.fields.iter().filter(|f| f.documented && f.path == own.path).count() > 1;
                let variant = if twice { format!("{}-{}", row.name, own.covers.word()) } else { row.name.clone() };
                out.push(case(scope, &place(own), &variant, own, provoke(scope, first)));
                continue;
            }
            for (part, cause) in row.when.parts().iter().enumerate() {
                let aim = Aim { part, ..first };
                let place = match (part, cause.field()) {
                    (0, _) => place(own),
                    (_, Some(path)) => format!("body.{path}"),
                    (_, None) => format!("{}-{}", place(own), part + 1),
                };
                out.push(case(scope, &place, &row.name, own, provoke(scope, aim)));
                out.extend(after_omission(scope, (&place, &row.name), own, aim));
                if let When::Unknown { left: true, .. } = cause {
                    let left = provoke(scope, Aim { left: true, ..aim });
                    out.push(case(scope, &place, &format!("{}-left", row.name), own, left));
                }
                if let When::Mismatch(path) = cause {
                    // Right but for its end, and right in wide characters: a target that compares the first characters takes the one,
                    // a target that reads digits of any script the other.
                    if let Some(field) = field::find(&scope.endpoint.request, path) {
                        let twins = [Twin::OtherEnd, Twin::FullWidth];
                        out.extend(twins.map(|twin| scope.twin(field, twin, Some(own.code))));
                    }
                }
            }
            if let When::Lacks { .. } = row.when {
                let empty = Edit::Set(own.path.clone(), Template::Array(Vec::new()));
                let step = scope.probe(vec![empty]);
                out.push(scope.case(&place(own), &format!("{}-empty-list", row.name), None, step));
                out.extend(one_left_out(scope, row, own));
            }
        }
    }
    out
}

/// What never was, named to a target that has just taken the same request with what there is. A row about one of several references is
/// met by leaving the others out, and where no source says whether they must be there, that the target takes the call without them does.
fn after_omission(scope: &Scope<'_>, (place, name): (&str, &str), own: &RowField, aim: Aim) -> Option<Planned> {
    let When::Unknown { field: path, .. } = &scope.endpoint.rows[aim.state.row].when.parts()[aim.part] else {
        return None;
    };
    let others: Vec<String> = namesakes(scope.endpoint, path).into_iter().filter(|other| other != path).collect();
    let unseen = |path: &String| field::find(&scope.endpoint.request, path).is_some_and(|f| f.presence.is_none());
    if !others.iter().any(unseen) || others.iter().any(|other| other.contains('*')) {
        return None;
    }
    let named = field::find(&scope.endpoint.request, path)?;
    let (mut way, edit) = scope.plan.naming(scope.at, path).ok()?;
    let without: Vec<Edit> = others.into_iter().map(Edit::Remove).collect();
    way.edits.retain(|e| !without.iter().chain([&edit]).any(|own| overrides(own, e)));
    way.edits.extend(without.iter().cloned());
    let mut probe = scope.probe(way.edits.clone());
    probe.edits.push(set(named, fresh(named)));
    probe.state = Some(aim.state);
    probe.omission_taken = true;
    way.edits.push(edit);
    let trial = Step::new(scope.at, Role::Trial, way.edits.clone());
    let way = way.call(scope.plan, trial);
    Some(scope.led(place, &format!("{name}-after-omission"), Some(own.code), &way, probe))
}

/// A list without one of the entries that it may have to hold: which of them it must hold, no page says.
fn one_left_out(scope: &Scope<'_>, row: &Row, own: &RowField) -> Option<Planned> {
    let field = field::find(&scope.endpoint.request, &own.path)?;
    let step = scope.probe(vec![set(field, compose::listing(field, Keep::AllButOne)?)]);
    Some(scope.case(&place(own), &format!("{}-one-left-out", row.name), None, step))
}

fn place(own: &RowField) -> String {
    format!("body.{}", own.path)
}

fn case(scope: &Scope<'_>, place: &str, variant: &str, own: &RowField, found: Result<(Way, Step), String>) -> Planned {
    match found {
        Ok((way, probe)) => scope.led(place, variant, Some(own.code), &way, probe),
        Err(reason) => scope.left_out(place, variant, Some(own.code), reason),
    }
}

/// What a request is to bring about.
#[derive(Clone, Copy)]
pub(super) struct Aim {
    /// The row, and the field that it is about.
    state: RowRef,
    /// Which of the row's causes.
    part: usize,
    /// By something that has left instead of something that never was.
    left: bool,
}

impl Aim {
    /// A row by the first of its causes.
    pub(super) fn of(row: usize, field: usize) -> Self {
        Self { state: RowRef { row, field }, part: 0, left: false }
    }
}

/// The way and the request that bring a row about for one of its fields.
pub(super) fn provoke(scope: &Scope<'_>, aim: Aim) -> Result<(Way, Step), String> {
    let row = &scope.endpoint.rows[aim.state.row];
    let own = &row.fields[aim.state.field];
    if !row.when.input() {
        return about_state(scope, row, aim);
    }
    let field = field::find(&scope.endpoint.request, &own.path).ok_or("the row's field is not in the request")?;
    let edit = match &row.when {
        When::Empty => set(field, Template::text("")),
        When::Missing if own.covers == Covers::Absent => Edit::Remove(field.path.clone()),
        When::Missing => set_json(field, Json::Null),
        When::Length => {
            let limits = field
                .length
                .as_ref()
                .map(super::super::model::field::Constraint::first)
                .ok_or("the field has no known length")?;
            let chars =
                if own.covers == Covers::Above { limits.max.saturating_add(1) } else { limits.min.saturating_sub(1) };
            set(field, compose::of_length(field, chars, Script::Ascii, scope.plan.seed)?)
        }
        // Of the ways of being invalid, one that no other row of any page speaks of.
        _ => match field.kind.as_ref().map(|k| *k.first()) {
            Some(crate::model::field::Kind::Number) => set_json(field, Json::text("x")),
            Some(_) => set_json(field, Json::Object(Vec::new())),
            None => return Err("no page shows what the field may be".to_owned()),
        },
    };
    let mut probe = scope.probe(Vec::new());
    let way = scope.plan.way(scope.at, Goal::Input)?;
    probe.edits.clone_from(&way.edits);
    probe.edits.push(edit);
    Ok(((*way).clone(), probe))
}

fn about_state(scope: &Scope<'_>, row: &Row, Aim { state, part, left }: Aim) -> Result<(Way, Step), String> {
    if let Some(why) = &row.unbound {
        return Err(why.clone());
    }
    match &row.when.parts()[part] {
        When::Taken(path) => {
            // The same identity as in an earlier accepted call, everything else fresh.
            let way = scope.plan.way(scope.at, Goal::Accept)?;
            let edits = way.edits.clone();
            let way = (*way).clone().then(scope.plan, scope.at, edits.clone());
            let taken = Hole::Sent { step: way.steps.len() - 1, path: path.clone() };
            let mut probe = scope.probe(edits);
            // What the first call named may not be used twice: the second has its own way.
            probe.edits.push(Edit::Set(path.clone(), Template::Hole(taken)));
            probe.state = Some(state);
            Ok((way, probe))
        }
        When::Lacks { field: path, .. } => {
            let field = field::find(&scope.endpoint.request, path).ok_or("the row's field is not in the request")?;
            let others = compose::listing(field, Keep::Others).ok_or("the field's sample names no catalogue")?;
            let way = scope.plan.way(scope.at, Goal::Accept)?;
            let mut probe = scope.probe(way.edits.clone());
            probe.edits.push(set(field, others));
            probe.state = Some(state);
            Ok(((*way).clone(), probe))
        }
        When::Attempts { code, .. } => {
            let counted = scope.endpoint.rows.iter().position(|r| r.code == *code);
            let counted = counted.ok_or_else(|| format!("no row has the counted code {code}"))?;
            let mut way = setup::solve(scope.plan, scope.at, Goal::Row { row: counted, part: 0, left: false })?;
            let edits = std::mem::take(&mut way.edits);
            for _ in 0..scope.plan.contract().attempts.0 {
                way = way.attempt(scope.plan, scope.at, edits.clone(), state);
            }
            let mut probe = scope.probe(edits);
            probe.state = Some(state);
            Ok((way, probe))
        }
        _ => {
            let way = setup::solve(scope.plan, scope.at, Goal::Row { row: state.row, part, left })?;
            let mut probe = Step::new(scope.at, Role::Probe, way.edits.clone());
            probe.state = Some(state);
            Ok((way, probe))
        }
    }
}

#[cfg(test)]
mod tests;
