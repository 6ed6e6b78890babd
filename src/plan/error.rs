//! Each documented error, provoked by the steps it needs.

use super::{Planned, Scope, set, set_json};
use crate::contract::{Covers, Row, RowField, When};
use crate::model::case::RowRef;
use crate::model::template::Keep;
use crate::model::{Edit, Hole, Json, Role, Step, Template, field};
use crate::schema::compose::{self, Script};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for (at, row) in scope.endpoint.rows.iter().enumerate() {
        for (which, field) in row.fields.iter().enumerate().filter(|(_, f)| f.documented) {
            let place = format!("body.{}", field.path);
            out.push(match provoke(scope, row, field, RowRef { row: at, field: which }) {
                Ok(steps) => scope.case(&place, &row.code, Some(field.code), steps),
                Err(reason) => scope.left_out(&place, &row.code, Some(field.code), reason),
            });
            if let When::Lacks { .. } = row.when {
                // An empty list may as well be called an invalid input.
                let empty = Edit::Set(field.path.clone(), Template::Array(Vec::new()));
                let step = scope.probe(vec![empty]);
                out.push(scope.case(&place, &format!("{}-empty-list", row.code), None, vec![step]));
            }
        }
    }
    out
}

/// The steps that bring the row about for one of its fields.
pub(super) fn provoke(scope: &Scope<'_>, row: &Row, own: &RowField, state: RowRef) -> Result<Vec<Step>, String> {
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
            let chars = if own.covers == Covers::Above { limits.max + 1 } else { limits.min.saturating_sub(1) };
            set(
                field,
                compose::of_length(field, chars, Script::Ascii, scope.plan.seed)
                    .ok_or("no text of that length breaks one clause alone")?,
            )
        }
        When::Taken => {
            // The same identity as in the first step, everything else fresh.
            let Some(Template::Hole(Hole::Identity { field: path, shape, chars, .. })) = compose::baseline(field)
            else {
                return Err("the field has no identity of its own".to_owned());
            };
            let taken = set(field, Template::Hole(Hole::Identity { field: path, shape, chars, tag: Some(0) }));
            let mut probe = scope.probe(vec![taken]);
            probe.state = Some(state);
            return Ok(vec![Scope::step(scope.at, Role::Setup, Vec::new()), probe]);
        }
        When::Lacks { .. } => {
            let Some(Template::Hole(Hole::Catalogue { resource, attribute, value, text, .. })) =
                compose::baseline(field)
            else {
                return Err("the field's sample names no catalogue".to_owned());
            };
            let lacking =
                set(field, Template::Hole(Hole::Catalogue { resource, attribute, value, keep: Keep::AllButOne, text }));
            let mut probe = scope.probe(vec![lacking]);
            probe.state = Some(state);
            return Ok(vec![probe]);
        }
    };
    Ok(vec![scope.probe(vec![edit])])
}
