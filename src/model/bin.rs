//! Beginnings of card numbers: what tells a card number in a text from any other number.

/// Digits of a beginning that mean something.
const SHORTEST: usize = 6;

/// Card numbers of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bin {
    beginning: String,
    length: usize,
}

impl Bin {
    /// Numbers that begin like this example, in which anything but a digit stands for any digit; of a whole number its first six
    /// digits count. None if it has too few digits, or as many as no card number has.
    #[must_use]
    pub fn like(example: &str) -> Option<Self> {
        let digits: String = example.chars().take_while(char::is_ascii_digit).collect();
        let length = example.chars().count();
        let beginning = if digits.len() == length { digits.get(..SHORTEST)?.to_owned() } else { digits };
        ((13..=19).contains(&length) && beginning.len() >= SHORTEST).then_some(Self { beginning, length })
    }

    /// True for a number of this beginning and length that passes the Luhn check.
    #[must_use]
    pub fn fits(&self, digits: &[u8]) -> bool {
        digits.len() == self.length && digits.starts_with(self.beginning.as_bytes()) && luhn(digits)
    }
}

/// True if all are digits, more than one, and pass the Luhn check.
#[must_use]
pub fn luhn(digits: &[u8]) -> bool {
    if digits.len() < 2 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let double = |(i, d): (usize, u32)| if i % 2 == 1 { d * 2 - if d > 4 { 9 } else { 0 } } else { d };
    digits.iter().rev().map(|b| u32::from(b - b'0')).enumerate().map(double).sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luhn_numbers() {
        for (text, expected) in
            [("4111111111111111", true), ("4111111111111112", false), ("0", false), ("", false), ("41a1", false)]
        {
            assert_eq!(luhn(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_bin_knows_its_own() {
        let bin = Bin::like("411111##########").unwrap();
        assert_eq!(Bin::like("4111111234567890"), Some(bin.clone()), "of a whole number the first six count");
        for (text, expected) in [("4111111111111111", true), ("4111111111111112", false), ("411111111111111", false)] {
            assert_eq!(bin.fits(text.as_bytes()), expected, "{text}");
        }
        assert_eq!((Bin::like("4111############"), Bin::like("411111######"), Bin::like("")), (None, None, None));
    }
}
