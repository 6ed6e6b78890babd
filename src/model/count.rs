//! Numbers with their nouns.

use std::fmt::Display;

/// `1 case`, `2 cases`: the noun is one whose plural ends in `s`.
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(n: N, noun: &str) -> String {
    if n == N::from(1) { format!("{n} {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_thing_is_no_plural() {
        assert_eq!([0_u64, 1, 2].map(|n| counted(n, "case")), ["0 cases", "1 case", "2 cases"]);
        assert_eq!(counted(1_usize, "endpoint"), "1 endpoint");
    }
}
