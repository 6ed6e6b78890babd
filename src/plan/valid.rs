//! Legal requests: every field, required fields only, each optional field in turn, each reference to what an earlier step made.

use super::{Planned, Scope};
use crate::model::field::Location;
use crate::model::{Edit, Field};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let fields = scope.fields();
    // A path's parameter can't be left out.
    let removable = |f: &&&Field| f.optional() && f.refers.is_none() && f.location != Location::Path;
    let without = |keep: &dyn Fn(&Field) -> bool| {
        fields
            .iter()
            .filter(|f| !keep(f) && f.refers.is_none() && f.equals.is_none())
            .map(|f| Edit::Remove(f.path.clone()))
            .collect::<Vec<_>>()
    };
    let mut out = vec![scope.case("body", "every-field", None, scope.probe(Vec::new()))];
    let optional: Vec<Edit> = fields.iter().filter(removable).map(|f| Edit::Remove(f.path.clone())).collect();
    if !optional.is_empty() {
        out.push(scope.case("body", "without-optional", None, scope.probe(optional)));
    }
    let unknown: Vec<Edit> = without(&Field::required);
    if fields.iter().any(|f| f.presence.is_none()) {
        out.push(scope.case("body", "known-required-only", None, scope.probe(unknown)));
    }
    for field in fields.iter().filter(removable) {
        let clause = field.presence.as_ref().and_then(|p| p.clause);
        out.push(scope.edited(field, "without", clause, Edit::Remove(field.path.clone())));
    }
    for field in fields.iter().filter(|f| f.refers.is_some() && f.optional()) {
        out.push(referring(scope, field));
    }
    out
}

/// An optional reference names what an earlier step has just made.
fn referring(scope: &Scope<'_>, field: &Field) -> Planned {
    let clause = field.presence.as_ref().and_then(|p| p.clause);
    match scope.plan.naming(scope.at, &field.path) {
        Ok((way, edit)) => {
            let mut probe = scope.probe(way.edits.clone());
            probe.edits.push(edit);
            scope.led(&field.place(), "existing", clause, &way, probe)
        }
        Err(why) => scope.left_out(&field.place(), "existing", clause, why),
    }
}

#[cfg(test)]
mod tests;
