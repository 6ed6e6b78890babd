//! When two values that calls show are one and the same.

use crate::model::fixture::fit;
use crate::model::{Decimal, Json, Kind};

/// Equal as text, or as numbers: an id may be a number here and a string there, and so may `true`.
pub(super) fn same(a: &Json, b: &Json) -> bool {
    match (a.scalar(), b.scalar()) {
        (Some(x), Some(y)) => x == y || matches!((Decimal::parse(x), Decimal::parse(y)), (Some(x), Some(y)) if x == y),
        _ => a == b || fit(a, Kind::String).is_some_and(|text| Some(text) == fit(b, Kind::String)),
    }
}

#[cfg(test)]
mod tests;
