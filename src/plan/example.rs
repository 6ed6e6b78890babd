//! The documentation's own test data, by name.

use super::{Planned, Scope, error};
use crate::model::case::RowRef;

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for example in &scope.endpoint.examples {
        let Some(at) = example.row else {
            out.push(scope.case("body", &example.name, None, vec![scope.probe(Vec::new())]));
            continue;
        };
        let row = &scope.endpoint.rows[at];
        // The example belongs to the field and way that the row itself names.
        let which = row.fields.iter().position(|f| f.documented);
        out.push(match which.map(|w| (w, error::provoke(scope, row, &row.fields[w], RowRef { row: at, field: w }))) {
            Some((w, Ok(steps))) => scope.case("body", &example.name, Some(row.fields[w].code), steps),
            Some((w, Err(reason))) => scope.left_out("body", &example.name, Some(row.fields[w].code), reason),
            None => scope.left_out("body", &example.name, None, "its row names no field"),
        });
    }
    out
}
