//! Numbers at their exact bounds, listed words, and near misses of legal length.

use super::{Planned, Scope, set, set_json};
use crate::model::twin::Twin;
use crate::model::{ClauseIx, Field, Json, Template};

pub(super) fn cases(scope: &Scope<'_>) -> Vec<Planned> {
    let mut out = Vec::new();
    for field in scope.fields() {
        if let Some(value) = &field.value {
            let bounds = value.first();
            let around = [
                ("min-1", &bounds.min, bounds.min.step(false)),
                ("min", &bounds.min, Some(bounds.min.clone())),
                ("max", &bounds.max, Some(bounds.max.clone())),
                ("max+1", &bounds.max, bounds.max.step(true)),
            ];
            for (variant, bound, number) in around {
                out.push(match number {
                    number if number.as_ref().unwrap_or(bound).beyond_doubles() => scope.left_out(
                        &field.place(),
                        variant,
                        value.clause,
                        "the number is too large to send: by RFC 8259, 6 a reader need not take what no double holds",
                    ),
                    Some(n) => scope.edited(field, variant, value.clause, set_json(field, Json::number(n.to_string()))),
                    None => scope.left_out(&field.place(), variant, value.clause, "the bound is no whole number"),
                });
            }
            out.push(fraction(scope, field, value.clause));
        }
        if let Some(words) = &field.words {
            for word in words.first() {
                out.push(scope.edited(
                    field,
                    &format!("word-{}", word.to_ascii_lowercase()),
                    words.clause,
                    set(field, Template::text(word.clone())),
                ));
            }
            for word in words.first().iter().take(2) {
                let lower = word.to_ascii_lowercase();
                if let Some(last) = word.chars().next_back() {
                    let miss = format!(
                        "{}{}",
                        &word[..word.len() - last.len_utf8()],
                        if last.eq_ignore_ascii_case(&'x') { 'y' } else { 'x' }
                    );
                    out.push(scope.edited(
                        field,
                        &format!("near-{lower}"),
                        words.clause,
                        set(field, Template::text(miss)),
                    ));
                }
                // Whether case counts no source says: a target may take it or refuse it.
                let upper = word.to_ascii_uppercase();
                let (variant, other) = if *word == upper { ("lower", lower.clone()) } else { ("upper", upper) };
                if other != *word {
                    let other = set(field, Template::text(other));
                    out.push(scope.edited(field, &format!("{variant}-{lower}"), words.clause, other));
                }
            }
        }
    }
    out
}

/// A number with a fraction: where the field names something, the name and a half, which names nothing. A target that cuts the
/// fraction off takes it for the name.
fn fraction(scope: &Scope<'_>, field: &Field, clause: Option<ClauseIx>) -> Planned {
    let named = field.refers.is_some().then(|| scope.twin(field, Twin::Fraction, clause));
    match named {
        Some(Planned::Case(case)) => Planned::Case(case),
        _ => scope.edited(field, Twin::Fraction.word(), clause, set_json(field, Json::number("1.5"))),
    }
}

#[cfg(test)]
mod tests;
