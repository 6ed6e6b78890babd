//! Legal requests: every field, required fields only, each optional field in turn, each reference to what an earlier step made.

use super::{Planned, Scope, set};
use crate::contract::Effect;
use crate::model::{Edit, Field, Hole, Role, Template};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let fields = scope.fields();
    let removable = |f: &&&Field| f.optional() && f.refers.is_none();
    let without = |keep: &dyn Fn(&Field) -> bool| {
        fields
            .iter()
            .filter(|f| !keep(f) && f.refers.is_none())
            .map(|f| Edit::Remove(f.path.clone()))
            .collect::<Vec<_>>()
    };
    let mut out = vec![scope.case("body", "every-field", None, vec![scope.probe(Vec::new())])];
    let optional: Vec<Edit> = fields.iter().filter(removable).map(|f| Edit::Remove(f.path.clone())).collect();
    if !optional.is_empty() {
        out.push(scope.case("body", "without-optional", None, vec![scope.probe(optional)]));
    }
    let unknown: Vec<Edit> = without(&Field::required);
    if fields.iter().any(|f| f.presence.is_none()) {
        out.push(scope.case("body", "known-required-only", None, vec![scope.probe(unknown)]));
    }
    for field in fields.iter().filter(removable) {
        let clause = field.presence.as_ref().and_then(|p| p.clause);
        out.push(scope.edited(field, "without", clause, Edit::Remove(field.path.clone())));
    }
    for field in fields.iter().filter(|f| f.refers.is_some()) {
        out.push(referring(scope, field));
    }
    out
}

/// The field names what an earlier step has just made.
fn referring(scope: &Scope<'_>, field: &Field) -> Planned {
    let clause = field.presence.as_ref().and_then(|p| p.clause);
    let resource = field.refers.as_deref().and_then(|r| r.split('.').next()).unwrap_or_default();
    let maker = scope.plan.contract.endpoints.iter().enumerate().find_map(|(at, e)| {
        e.effects.iter().find_map(|effect| match effect {
            Effect::Create { resource: r, key, only_if: None, .. } if r == resource => Some((at, key.clone())),
            _ => None,
        })
    });
    match maker {
        Some((at, path)) => {
            let answered = set(field, Template::Hole(Hole::Answer { step: 0, path }));
            let steps = vec![Scope::step(at, Role::Setup, Vec::new()), scope.probe(vec![answered])];
            scope.case(&field.place(), "existing", clause, steps)
        }
        None => {
            scope.left_out(&field.place(), "existing", clause, format!("no call of this contract makes a {resource}"))
        }
    }
}
