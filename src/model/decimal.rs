//! Exact decimal comparison of JSON number lexemes.
//!
//! `9999999999999999999` does not fit `i64` and is not representable in `f64`; bounds are compared digit by digit instead.

use std::cmp::Ordering;
use std::fmt;

/// Digits that a sum has at most: what a target calls an amount may have millions.
const DIGITS: usize = 100;

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

    /// The exact sum. `None` if it has more digits than any amount.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Option<Self> {
        if self.digits.is_empty() || other.digits.is_empty() {
            return Some(if self.digits.is_empty() { other.clone() } else { self.clone() });
        }
        let low = |n: &Self| Some(n.exponent - i64::try_from(n.digits.len()).ok()?);
        let (low, high) = (low(self)?.min(low(other)?), self.exponent.max(other.exponent) + 1);
        let width = usize::try_from(high - low).ok().filter(|width| *width <= DIGITS)?;
        // Both as whole numbers of the same scale, the last digit first.
        let aligned = |n: &Self| {
            let zeros = usize::try_from(high - n.exponent).ok()?;
            let mut out = vec![0; zeros];
            out.extend_from_slice(&n.digits);
            out.resize(width, 0);
            out.reverse();
            Some(out)
        };
        let (a, b) = (aligned(self)?, aligned(other)?);
        let same = self.negative == other.negative;
        let (large, small, negative) =
            if same || a.iter().rev().ge(b.iter().rev()) { (a, b, self.negative) } else { (b, a, other.negative) };
        let mut out = Vec::with_capacity(width);
        let mut carry = false;
        for (x, y) in large.into_iter().zip(small) {
            let y = y + u8::from(carry);
            let digit = if same {
                carry = x + y > 9;
                (x + y) % 10
            } else {
                carry = x < y;
                (x + 10 - y) % 10
            };
            out.push(char::from(b'0' + digit));
        }
        let digits: String = out.into_iter().rev().collect();
        Self::parse(&format!("{}{digits}e{low}", if negative { "-" } else { "" }))
    }

    /// The exact difference. `None` if it has more digits than any amount.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Option<Self> {
        self.plus(&Self { negative: !other.negative && !other.digits.is_empty(), ..other.clone() })
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
        let sign = if self.negative { "-" } else { "" };
        match (usize::try_from(self.exponent), usize::try_from(-self.exponent)) {
            (_, Ok(zeros)) if zeros <= 20 => write!(f, "{sign}0.{}{digits}", "0".repeat(zeros)),
            (Ok(whole), _) if whole < digits.len() => write!(f, "{sign}{}.{}", &digits[..whole], &digits[whole..]),
            _ => write!(f, "{sign}0.{digits}e{}", self.exponent),
        }
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
    fn adds_and_subtracts_exactly() {
        for (a, b, sum, difference) in [
            ("1", "2", "3", "-1"),
            ("0.1", "0.2", "0.3", "-0.1"),
            ("10.50", "0.5", "11", "10"),
            ("-5", "5", "0", "-10"),
            ("0", "-7", "-7", "7"),
            ("7", "0", "7", "7"),
            ("99", "1", "100", "98"),
            ("1000", "0.001", "1000.001", "999.999"),
            ("1e3", "-1e-3", "999.999", "1000.001"),
            (
                "170141183460469231731687303715884105727",
                "1",
                "170141183460469231731687303715884105728",
                "170141183460469231731687303715884105726",
            ),
            (
                "-170141183460469231731687303715884105728",
                "-1",
                "-170141183460469231731687303715884105729",
                "-170141183460469231731687303715884105727",
            ),
        ] {
            assert_eq!(d(a).plus(&d(b)).map(|n| n.to_string()).as_deref(), Some(sum), "{a} + {b}");
            assert_eq!(d(a).minus(&d(b)).map(|n| n.to_string()).as_deref(), Some(difference), "{a} - {b}");
        }
        for (a, b) in [("1e400", "1"), ("1e-1000000000", "1"), ("1e1000000000000", "-1e-1000000000000")] {
            assert_eq!(d(a).plus(&d(b)), None, "{a} + {b}");
        }
    }

    #[test]
    fn writes_a_number_that_json_reads_as_the_same() {
        for (text, written) in [
            ("0.05", "0.05"),
            ("12.5", "12.5"),
            ("-0.1", "-0.1"),
            ("1e3", "1000"),
            ("1e-40", "0.1e-39"),
            ("5e100", "0.5e101"),
        ] {
            assert_eq!(d(text).to_string(), written);
            assert_eq!(d(written), d(text));
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "-", "1e", "0x1", "1e99999999999999999999", "NaN", ".5"] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
    }
}
