//! Texts and bodies that are almost right.

use std::borrow::Cow;

use super::Draft;
use crate::model::template::TokenEdit;

/// Characters at the end of a code in Base64 that stay: not every letter can stand there.
const TAIL: usize = 2;

/// The text with each character from `from` on another one of its kind.
pub(super) fn changed(text: &str, from: usize) -> String {
    let other = |(at, c): (usize, char)| match c {
        _ if at < from => c,
        '0'..='8' | 'a'..='y' | 'A'..='Y' => char::from_u32(u32::from(c) + 1).unwrap_or(c),
        '9' => '0',
        'z' => 'a',
        'Z' => 'A',
        other => other,
    };
    text.chars().enumerate().map(other).collect()
}

/// A code whose first half is right, and each character of the rest another one.
pub(super) fn half(code: &str) -> String {
    let (head, end) = code.split_at(code.len().saturating_sub(TAIL));
    changed(head, code.len() / 2) + end
}

/// A code with each letter in the other case.
pub(super) fn other_case(code: &str) -> String {
    let (head, end) = code.split_at(code.len().saturating_sub(TAIL));
    head.chars().map(flipped).collect::<String>() + end
}

/// A secret with each letter in the other case. One of hexadecimal digits is written backwards instead: read as a number or as a UUID
/// it is the same in any case, and one without letters has no other case.
pub(super) fn secret_in_other_case(secret: &str) -> String {
    if secret.bytes().all(|b| b.is_ascii_hexdigit() || !b.is_ascii_alphabetic()) {
        return backwards(secret);
    }
    secret.chars().map(flipped).collect()
}

fn flipped(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

/// A code with another first character.
pub(super) fn first(code: &str, [one, other]: [&str; 2]) -> String {
    let mut code = code.to_owned();
    let first = if code.starts_with(one) { other } else { one };
    code.replace_range(..1, first);
    code
}

/// A secret that nobody has.
pub(super) fn of_nobody(secret: &str) -> String {
    format!("{secret}-of-somebody-else")
}

/// A credential that is sent as it is, written backwards and longer.
pub(super) fn backwards(secret: &str) -> String {
    secret.chars().rev().collect::<String>() + "0"
}

/// Method, path and query that bent credentials are made for.
pub(super) struct Address {
    method: String,
    path: String,
    query: String,
}

impl Address {
    /// Those of the draft, one of them changed where the edit says so.
    pub(super) fn of(draft: &Draft<'_>, edit: TokenEdit) -> Self {
        let [mut method, mut path, mut query] = [draft.method, draft.path, draft.query].map(str::to_owned);
        match edit {
            TokenEdit::OtherMethod => (if method == "POST" { "PUT" } else { "POST" }).clone_into(&mut method),
            TokenEdit::OtherPath => path.push_str("/other"),
            TokenEdit::OtherQuery if query.is_empty() => query.push_str("other=1"),
            TokenEdit::OtherQuery => query.push_str("&other=1"),
            _ => {}
        }
        Self { method, path, query }
    }

    /// The draft with them.
    pub(super) fn draft<'a>(&'a self, draft: &Draft<'a>) -> Draft<'a> {
        Draft { method: &self.method, path: &self.path, query: &self.query, ..*draft }
    }
}

/// The body that bent credentials are made for, where it is not the one that is sent.
///
/// # Errors
/// A sentence if the body holds nothing that could be another.
pub(super) fn body(sent: &[u8], edit: TokenEdit) -> Result<Cow<'_, [u8]>, String> {
    Ok(match edit {
        TokenEdit::Blank(region) => Cow::Owned(region.widen(sent)),
        TokenEdit::Value | TokenEdit::OtherDigest => {
            let none = || "the body holds no value that could be another".to_owned();
            Cow::Owned(another(sent).ok_or_else(none)?)
        }
        _ => Cow::Borrowed(sent),
    })
}

/// The body with its last letter or digit changed; none if it has neither.
fn another(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = body.to_vec();
    let at = out.iter().rposition(u8::is_ascii_alphanumeric)?;
    out[at] = if out[at] == b'1' { b'2' } else { b'1' };
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_may_be_read_in_any_case_is_not_only_written_in_another() {
        for (secret, bent) in [
            ("Secret-9", "sECRET-9"),
            // A target that reads hexadecimal digits or a UUID takes capitals for the same key.
            ("deadbeef01", "10feebdaed0"),
            ("1b4e28ba-2fa1", "1af2-ab82e4b10"),
            ("00371", "173000"),
        ] {
            assert_eq!(secret_in_other_case(secret), bent, "{secret}");
        }
    }
}
