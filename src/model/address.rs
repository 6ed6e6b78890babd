//! Paths with parameters, and the spelling of values in addresses.

use std::borrow::Cow;

/// A path below the target's base: segments of text and parameters, `/users/{name}:activate`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathTemplate {
    segments: Vec<Vec<Part>>,
    /// The whole path, where it has no parameter.
    whole: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Text, decoded.
    Literal(String),
    /// The name of a parameter.
    Parameter(String),
}

/// How a path fits a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Segments without a parameter, then characters of text in all segments: the template with more of them is meant.
    pub fixed: (usize, usize),
    /// Each parameter's name and decoded value.
    pub values: Vec<(String, String)>,
}

impl PathTemplate {
    /// Reads `/path/{parameter}`; nothing for an empty text.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let rest = text.strip_prefix('/').ok_or("it does not begin with `/`")?;
        if let Some(c) = rest.chars().find(|c| matches!(c, '?' | '#' | ' ') || c.is_control()) {
            return Err(format!("it has the character {c:?}"));
        }
        let mut template = Self { segments: rest.split('/').map(segment).collect::<Result<_, _>>()?, whole: None };
        template.whole = template.parameters().is_empty().then(|| template.anonymous());
        let names = template.parameters();
        match names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            Some((_, twice)) => Err(format!("`{{{twice}}}` stands in it twice")),
            None => Ok(template),
        }
    }

    /// The names of its parameters, in order.
    #[must_use]
    pub fn parameters(&self) -> Vec<&str> {
        let names = self.segments.iter().flatten().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Parameter(name) => Some(name.as_str()),
        });
        names.collect()
    }

    /// The template without the names of its parameters: two templates of one address have the same.
    #[must_use]
    pub fn anonymous(&self) -> String {
        self.written(|_| "{}".to_owned())
    }

    /// The path with a value for each parameter, percent-encoded.
    #[must_use]
    pub fn fill(&self, value: impl Fn(&str) -> String) -> Cow<'_, str> {
        if let Some(whole) = &self.whole {
            return Cow::Borrowed(whole);
        }
        Cow::Owned(self.written(|name| percent(&value(name))))
    }

    fn written(&self, value: impl Fn(&str) -> String) -> String {
        let mut out = String::new();
        for segment in &self.segments {
            out.push('/');
            for part in segment {
                match part {
                    Part::Literal(text) => out.push_str(&encoded(text, KEPT)),
                    Part::Parameter(name) => out.push_str(&value(name)),
                }
            }
        }
        out
    }

    /// How the last of the decoded segments of a path fit, if they do.
    #[must_use]
    pub fn fits_end(&self, path: &[String]) -> Option<Fit> {
        let given = path.get(path.len().checked_sub(self.segments.len())?..)?;
        let mut fit = Fit { fixed: (0, 0), values: Vec::new() };
        for (wanted, have) in self.segments.iter().zip(given) {
            fits(wanted, have, &mut fit)?;
            fit.fixed.0 += usize::from(wanted.iter().all(|part| matches!(part, Part::Literal(_))));
        }
        Some(fit)
    }
}

/// The decoded segments of a path.
#[must_use]
pub fn segments(path: &str) -> Vec<String> {
    path.trim_start_matches('/').split('/').map(|segment| decode(segment, false)).collect()
}

/// Reads one segment of a template.
fn segment(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}').ok_or("it has a `{` without a `}`")?;
        if name.is_empty() || name.contains('{') {
            return Err("it has a parameter without a name".to_owned());
        }
        if before.is_empty() && !parts.is_empty() {
            return Err(format!("nothing stands between `{{{name}}}` and the parameter before it"));
        }
        if !before.is_empty() {
            parts.push(Part::Literal(decode(before, false)));
        }
        parts.push(Part::Parameter(name.to_owned()));
        rest = tail;
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(Part::Literal(decode(rest, false)));
    }
    let stray = parts.iter().any(|part| matches!(part, Part::Literal(text) if text.contains('}')));
    if stray { Err("it has a `}` without a `{`".to_owned()) } else { Ok(parts) }
}

/// Holds a decoded segment against its template: a parameter has one character at least, and ends where the text after it begins.
fn fits(wanted: &[Part], have: &str, fit: &mut Fit) -> Option<()> {
    let (first, rest) = match wanted {
        [] => return have.is_empty().then_some(()),
        [first, rest @ ..] => (first, rest),
    };
    let name = match first {
        Part::Literal(text) => {
            fit.fixed.1 += text.chars().count();
            return fits(rest, have.strip_prefix(text.as_str())?, fit);
        }
        Part::Parameter(name) => name,
    };
    let end = match rest {
        [] => have.len(),
        // The last text stands at the very end.
        [Part::Literal(text)] => have.strip_suffix(text.as_str())?.len(),
        [Part::Literal(text), ..] => {
            let second = have.char_indices().nth(1).map(|(at, _)| at)?;
            have[second..].find(text.as_str())? + second
        }
        [Part::Parameter(_), ..] => return None,
    };
    if end == 0 {
        return None;
    }
    fit.values.push((name.clone(), have[..end].to_owned()));
    fits(rest, &have[end..], fit)
}

/// How a list is written in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// `ids=1&ids=2`
    Repeated,
    /// `ids=1,2`
    Comma,
    /// `ids=1|2`, the bar percent-encoded.
    Pipe,
    /// `ids=1 2`, the blank percent-encoded.
    Space,
}

impl ListForm {
    /// Every form, the default first.
    pub const ALL: [ListForm; 4] = [ListForm::Repeated, ListForm::Comma, ListForm::Pipe, ListForm::Space];

    /// The word in contracts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ListForm::Repeated => "repeated",
            ListForm::Comma => "comma",
            ListForm::Pipe => "pipe",
            ListForm::Space => "space",
        }
    }

    /// What stands between two items, in an address and decoded; none where each item has a name of its own.
    #[must_use]
    pub fn between(self) -> Option<(&'static str, char)> {
        match self {
            ListForm::Repeated => None,
            ListForm::Comma => Some((",", ',')),
            ListForm::Pipe => Some(("%7C", '|')),
            ListForm::Space => Some(("%20", ' ')),
        }
    }
}

/// Characters beside letters and digits that stand for themselves in a value (RFC 3986, 2.3).
const UNRESERVED: &[u8] = b"-._~";
/// Those that stand for themselves in a path too (RFC 3986, 3.3).
const KEPT: &[u8] = b"-._~!$&'()*+,;=:@";

/// Everything but letters, digits and `-._~` as its UTF-8 bytes in hex.
#[must_use]
pub fn percent(text: &str) -> String {
    encoded(text, UNRESERVED)
}

fn encoded(text: &str, kept: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

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
    fn templates_fit_the_end_of_a_path() {
        for (template, path, fixed, value) in [
            ("/books", "/v1/books", Some((1, 5)), None),
            ("/books/{isbn}", "/v1/books/12", Some((1, 5)), Some("12")),
            ("/books/{isbn}", "/v1/books/", None, None),
            ("/books/{isbn}/loans", "/books/1/loans", Some((2, 10)), Some("1")),
            ("/books/{isbn}", "/books", None, None),
            ("/a/b", "/b", None, None),
            ("/users/{name}:activate", "/users/a%3Ab:activate", Some((1, 14)), Some("a:b")),
            ("/users/{name}:activate", "/users/a%3Aactivate", Some((1, 14)), Some("a")),
            ("/users/{name}:activate", "/users/:activate", None, None),
            ("/users/{name}:activate", "/users/a:block", None, None),
            ("/files/{name}.json", "/files/a.b.json", Some((1, 10)), Some("a.b")),
            ("/files/v{name}", "/files/v1", Some((1, 6)), Some("1")),
            ("/사용자/{name}", "/%EC%82%AC%EC%9A%A9%EC%9E%90/%ED%95%9C", Some((1, 3)), Some("한")),
            ("/사용자/{name}", "/사용자/한", Some((1, 3)), Some("한")),
            ("/%EC%82%AC/{name}", "/사/%", Some((1, 1)), Some("%")),
        ] {
            let fit = PathTemplate::parse(template).unwrap().fits_end(&segments(path));
            assert_eq!(fit.as_ref().map(|f| f.fixed), fixed, "{template} {path}");
            let found = fit.as_ref().and_then(|f| f.values.first()).map(|(_, value)| value.as_str());
            assert_eq!(found, value, "{template} {path}");
        }
        let two = PathTemplate::parse("/{year}-{month}.json").unwrap();
        let values = two.fits_end(&segments("/2026-11.json")).unwrap().values;
        assert_eq!(values, [("year".into(), "2026".into()), ("month".into(), "11".into())]);
    }

    #[test]
    fn what_is_filled_in_is_found_again() {
        for template in ["/a/{x}", "/a/{x}:go", "/사용자/{x}.json", "/~a@b/v{x}", "/%EC%82%AC/{x}"] {
            for value in ["1", "a b", "a/b", "한글", "%41", "{x}", "a?b#c", "😀"] {
                let template = PathTemplate::parse(template).unwrap();
                let path = template.fill(|_| value.to_owned());
                assert!(path.is_ascii() && !path.contains([' ', '?', '#', '{']), "{path}");
                assert_eq!(
                    template.fits_end(&segments(&path)).unwrap().values,
                    [("x".to_owned(), value.to_owned())],
                    "{path}"
                );
            }
        }
    }

    #[test]
    fn templates_that_mean_nothing_are_refused() {
        for text in ["a", "/{", "/a{b", "/a}", "/{}", "/{a}{b}", "/{a}/{a}", "/a?b", "/a b", "/a#b", "/{a{b}}", "/a\n"]
        {
            assert!(PathTemplate::parse(text).is_err(), "{text}");
        }
        assert_eq!(decode("a%20b+c%", true), "a b c%");
        assert_eq!(decode("%ED%95%9C+%+1%é", false), "한+%+1%é");
    }
}
