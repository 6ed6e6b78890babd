//! The documentation's own test data, by name.

use super::error::Aim;
use super::{Planned, Scope, error};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for example in &scope.endpoint.examples {
        let Some(at) = example.row else {
            out.push(scope.case("body", &example.name, None, scope.probe(Vec::new())));
            continue;
        };
        let row = &scope.endpoint.rows[at];
        // The example belongs to the field and way that the row itself names.
        let which = row.fields.iter().position(|f| f.documented).unwrap_or(0);
        let Some(own) = row.fields.get(which) else {
            out.push(scope.left_out("body", &example.name, None, "its row names no field"));
            continue;
        };
        out.push(match error::provoke(scope, Aim::of(at, which)) {
            Ok((way, probe)) => scope.led("body", &example.name, Some(own.code), &way, probe),
            Err(reason) => scope.left_out("body", &example.name, Some(own.code), reason),
        });
    }
    out
}

#[cfg(test)]
mod tests;
