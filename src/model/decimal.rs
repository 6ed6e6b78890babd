//! Exact decimal comparison of JSON number lexemes.
//!
//! `9999999999999999999` does not fit `i64` and is not representable in `f64`; bounds are compared digit by digit instead.

use std::cmp::Ordering;
use std::fmt;

/// A finite decimal number, exact to the last digit: `sign * 0.digits * 10^exponent`, digits without outer zeros.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Reads a JSON number lexeme (`-12.50e3`). `None` if it is no JSON number or its exponent is beyond any real use.
    #[must_use]
    pub fn parse(lexeme: &str) -> Option<Self> {
        let (negative, rest) = match lexeme.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, lexeme),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => {
                let text = &rest[at + 1..];
                (&rest[..at], text.strip_prefix('+').unwrap_or(text).parse::<i64>().ok().filter(|e| e.abs() < 1 << 40)?)
            }
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let leading = digits.iter().take_while(|d| **d == 0).count();
        digits.drain(..leading);
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let exponent = exponent + i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()?;
        let zero = digits.is_empty();
        Some(Self { negative: negative && !zero, exponent: if zero { 0 } else { exponent }, digits })
    }

    /// True for whole numbers, however they are spelled (`1.0e3` is one).
    #[must_use]
    pub fn is_integer(&self) -> bool {
        i64::try_from(self.digits.len()).is_ok_and(|n| n <= self.exponent) || self.digits.is_empty()
    }

    /// True if no double-precision number is as large.
    #[must_use]
    pub fn beyond_doubles(&self) -> bool {
        self.exponent > 308
    }

    /// The whole number one above or below, exact. `None` if `self` is no whole number or too long to spell out.
    #[must_use]
    pub fn step(&self, up: bool) -> Option<Self> {
        let text = self.spell()?;
        let (negative, magnitude) = text.strip_prefix('-').map_or((false, text.as_str()), |m| (true, m));
        let mut digits: Vec<u8> = magnitude.bytes().map(|b| b - b'0').collect();
        if up == negative && magnitude != "0" {
            for d in digits.iter_mut().rev() {
                if *d > 0 {
                    *d -= 1;
                    break;
                }
                *d = 9;
            }
        } else {
            let mut carry = true;
            for d in digits.iter_mut().rev() {
                if *d < 9 {
                    *d += 1;
                    carry = false;
                    break;
                }
                *d = 0;
            }
            if carry {
                digits.insert(0, 1);
            }
        }
        let sign = if negative || (magnitude == "0" && !up) { "-" } else { "" };
        let body: String = digits.iter().map(|d| char::from(b'0' + d)).collect();
        Self::parse(&format!(
            "{sign}{}",
            body.trim_start_matches('0').to_owned() + if body.bytes().all(|b| b == b'0') { "0" } else { "" }
        ))
    }

    /// Plain digits of a whole number of at most 64 digits.
    fn spell(&self) -> Option<String> {
        let width = usize::try_from(self.exponent).ok().filter(|w| *w <= 64 && self.is_integer())?;
        let mut text: String = self.digits.iter().map(|d| char::from(b'0' + d)).collect();
        text.extend(std::iter::repeat_n('0', width.saturating_sub(text.len())));
        if text.is_empty() {
            text.push('0');
        }
        Some(if self.negative { format!("-{text}") } else { text })
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude = || {
            match (self.digits.is_empty(), other.digits.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                // Equal exponents: digits compare as strings, a missing tail counts as zeros.
                (false, false) => self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits)),
            }
        };
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => magnitude(),
            (true, true) => magnitude().reverse(),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.spell() {
            return f.write_str(&text);
        }
        let digits: String = self.digits.iter().map(|d| char::from(b'0' + d)).collect();
        write!(f, "{}0.{digits}e{}", if self.negative { "-" } else { "" }, self.exponent)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn compares_exactly_beyond_64_bits() {
        for (small, large) in [
            ("9999999999999999999", "10000000000000000000"),
            ("9999999999999999998", "9999999999999999999"),
            ("-1", "0"),
            ("-2", "-1"),
            ("0.1", "0.11"),
            ("1e18", "1.0000000000000000001e18"),
            ("0", "1e-400"),
        ] {
            assert!(d(small) < d(large), "{small} < {large}");
        }
        for (a, b) in [("1.0e3", "1000"), ("-0", "0"), ("0.10", "1e-1"), ("1E+2", "100")] {
            assert_eq!(d(a), d(b), "{a} = {b}");
        }
    }

    #[test]
    fn steps_to_the_neighbour() {
        for (of, up, down) in [
            ("9999999999999999999", "10000000000000000000", "9999999999999999998"),
            ("1", "2", "0"),
            ("0", "1", "-1"),
            ("-1", "0", "-2"),
            ("1000", "1001", "999"),
            ("-10", "-9", "-11"),
        ] {
            assert_eq!(d(of).step(true), Some(d(up)), "{of} + 1");
            assert_eq!(d(of).step(false), Some(d(down)), "{of} - 1");
        }
        assert_eq!(d("0.5").step(true), None);
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "-", "1e", "0x1", "1e99999999999999999999", "NaN", ".5"] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
    }
}
