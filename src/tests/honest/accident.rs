//! Requests that a faulty server does not survive: what in a text brings the accident about.

use serde_json::Value;

use super::lapse::named;

named! {
    /// How a request ends that the server does not survive.
    Accident {
        Crash "crash",
        Hang "hang",
        Close "close",
    }
}

named! {
    /// What in a request brings an accident about.
    Trigger {
        Any "any",
        Astral "astral",
        Deep "deep",
        BigNumber "big-number",
        Long "long",
        Nul "nul",
        Null "null",
        Duplicate "duplicate",
        Surrogate "surrogate",
        EmptyBody "empty-body",
        Truncated "truncated",
        NotUtf8 "utf-8",
        ListBody "list-body",
        ScalarBody "scalar-body",
    }
}

impl Trigger {
    /// Whether a text has it.
    pub(super) fn in_text(self, text: &[u8]) -> bool {
        let value = serde_json::from_slice::<Value>(text);
        let some = |fits: &dyn Fn(&Value) -> bool| value.as_ref().is_ok_and(|value| some(value, fits));
        match self {
            Self::Any => true,
            Self::Astral => some(&|v| v.as_str().is_some_and(|text| text.chars().any(|c| u32::from(c) > 0xffff))),
            Self::Deep => depth(text) > 40,
            Self::BigNumber => digits(text) >= 30,
            Self::Long => some(&|v| v.as_str().is_some_and(|text| text.len() > 1000)),
            Self::Nul => some(&|v| v.as_str().is_some_and(|text| text.contains('\0'))),
            Self::Null => some(&Value::is_null),
            Self::Duplicate => value.is_ok_and(|value| names(&value) < colons(text)),
            Self::Surrogate => value.is_err() && text.windows(3).any(|w| w.eq_ignore_ascii_case(b"\\ud")),
            Self::EmptyBody => text.is_empty(),
            Self::Truncated => value.is_err_and(|error| error.is_eof() && !text.is_empty()),
            Self::NotUtf8 => std::str::from_utf8(text).is_err(),
            Self::ListBody => value.is_ok_and(|value| value.is_array()),
            Self::ScalarBody => value.is_ok_and(|value| !value.is_array() && !value.is_object()),
        }
    }
}

/// Whether a value, or one in it, fits.
fn some(value: &Value, fits: &dyn Fn(&Value) -> bool) -> bool {
    fits(value)
        || match value {
            Value::Array(list) => list.iter().any(|item| some(item, fits)),
            Value::Object(object) => object.values().any(|item| some(item, fits)),
            _ => false,
        }
}

/// The bytes that are not in a string.
fn outside(text: &[u8]) -> impl Iterator<Item = u8> {
    let (mut inside, mut escaped) = (false, false);
    text.iter().copied().filter(move |byte| {
        let quoted = inside;
        match byte {
            b'"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = quoted && *byte == b'\\' && !escaped;
        !quoted && *byte != b'"'
    })
}

fn depth(text: &[u8]) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for byte in outside(text) {
        match byte {
            b'[' | b'{' => now += 1,
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

fn digits(text: &[u8]) -> usize {
    let (mut now, mut most) = (0, 0);
    for byte in outside(text) {
        now = if byte.is_ascii_digit() { now + 1 } else { 0 };
        most = most.max(now);
    }
    most
}

fn colons(text: &[u8]) -> usize {
    outside(text).filter(|byte| *byte == b':').count()
}

/// How many names the objects of a value have.
fn names(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(names).sum(),
        Value::Object(object) => object.len() + object.values().map(names).sum::<usize>(),
        _ => 0,
    }
}
