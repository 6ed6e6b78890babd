//! The spelling of values in addresses.

/// A part of an address without percent signs; with `plus`, as in queries, `+` is a blank.
#[must_use]
pub fn decode(text: &str, plus: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        let coded = hex(at + 1).zip(hex(at + 2)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        match (byte, coded) {
            (b'%', Some(decoded)) => {
                out.push(decoded);
                at += 3;
                continue;
            }
            (b'+', _) if plus => out.push(b' '),
            (other, _) => out.push(*other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_percent_sign_with_two_hex_digits_stays_as_it_is() {
        assert_eq!(decode("a%20b+c%", true), "a b c%");
        assert_eq!(decode("%ED%95%9C+%+1%é", false), "한+%+1%é");
    }
}
