//! Dotted paths: the names of members one after the other, `*` for the items of a list or a number for one of them.
//!
//! A name is written so that no part of a path can be taken for anything else: what would be a dot, a pattern or a number is
//! percent-encoded. A name of letters, digits, `_` and `-` is written as it is.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters of a name that mean something in paths, ids or patterns.
const SPECIAL: [char; 10] = ['%', '.', '*', '?', '[', ']', '{', '}', '/', '\\'];
/// How the empty name is written.
const EMPTY: &str = "%";

/// A name as one part of a path.
#[must_use]
pub fn part(name: &str) -> Cow<'_, str> {
    // A part of digits alone is the number of an item; `::` stands between the parts of a case's id.
    let number = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
    let colons = name.contains("::") || name.starts_with(':') || name.ends_with(':');
    let special = |c: char| SPECIAL.contains(&c) || c.is_whitespace() || c.is_control() || (colons && c == ':');
    if name.is_empty() {
        return Cow::Borrowed(EMPTY);
    }
    if !number && !name.contains(special) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 8);
    for (at, c) in name.char_indices() {
        if special(c) || (number && at == 0) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a String can't fail.
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The name that a part of a path stands for.
#[must_use]
pub fn name(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return Cow::Borrowed(part);
    }
    if part == EMPTY {
        return Cow::Borrowed("");
    }
    Cow::Owned(super::address::decode(part, false))
}

/// The path of a member of what is at `parent`; an empty parent is the whole.
#[must_use]
pub fn below(parent: &str, member: &str) -> String {
    if parent.is_empty() { part(member).into_owned() } else { format!("{parent}.{}", part(member)) }
}

/// The path as messages name it: names as they are on the wire.
#[must_use]
pub fn spoken(path: &str) -> String {
    path.split('.').map(name).collect::<Vec<_>>().join(".")
}

/// The last name of a path as it is on the wire.
#[must_use]
pub fn last(path: &str) -> Cow<'_, str> {
    name(path.rsplit('.').next().unwrap_or(path))
}

/// The path as a JSON pointer.
#[must_use]
pub fn pointer(path: &str) -> String {
    path.split('.').fold(String::new(), |mut pointer, part| {
        pointer.push('/');
        pointer.push_str(&name(part).replace('~', "~0").replace('/', "~1"));
        pointer
    })
}

/// The path of a JSON pointer's place, `*` for the number of each item.
#[must_use]
pub fn of_pointer(pointer: &str) -> String {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts = pointer.split('/').skip(1).map(|raw| match raw.replace("~1", "/").replace("~0", "~") {
        item if number(&item) => "*".to_owned(),
        name => part(&name).into_owned(),
    });
    parts.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_stands_for_its_name_and_for_nothing_else() {
        for text in [
            "loginId", "한글", "a.b", "*", "a*[b]?", "{a}", "a/b", "%2E", "%", "", "0", "12", "1a", "a b", "::", "a:b",
            "a::b", "\\", "😀", "\u{a0}", "a\nb", "@type", "x-y_z",
        ] {
            let own = part(text);
            assert_eq!(name(&own), text, "{own}");
            assert!(!own.contains(['.', '*', '?', '[', '{', '/', ' ']) && !own.contains("::"), "{own}");
            assert!(own.is_empty() || !own.bytes().all(|b| b.is_ascii_digit()), "{own}");
        }
        for text in ["loginId", "한글", "1a", "a:b", "@type", "x-y_z"] {
            assert_eq!(part(text), text);
        }
        assert_eq!(below("a", "b.c"), "a.b%2Ec");
        assert_eq!(pointer("a.*.b%2Ec.d%2Fe~"), "/a/*/b.c/d~1e~0");
        assert_eq!(of_pointer("/a/7/b.c/d~1e~0"), "a.*.b%2Ec.d%2Fe~");
        assert_eq!((spoken("a.b%2Ec").as_str(), &*last("a.b%2Ec")), ("a.b.c", "b.c"));
    }
}
