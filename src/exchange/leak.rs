//! Looks for secrets in what came back: the run's credentials, private keys, and what the request itself carried in fields marked
//! secret. What is found is taken out and noted; whether it is a breach is for the judge.

use std::borrow::Cow;

use crate::model::Json;
use crate::model::bin::Bin;
use crate::model::json::Text;
use crate::model::observed::Echo;

/// Shorter values may stand anywhere by chance.
const SHORT: usize = 6;
/// From this length on a value is recognised inside longer words too.
const LONG: usize = 12;
/// Fewer different characters make no secret: `000000`, `090909`. A long value may have one fewer: a card number of two digits.
const DISTINCT: usize = 3;

/// A secret that is looked for.
#[derive(Clone)]
pub(super) struct Needle {
    kind: String,
    value: String,
}

impl Needle {
    /// Something to look for; none if it is too short or too plain to be told from chance.
    pub(super) fn new(kind: &str, value: &str) -> Option<Self> {
        let chars = value.chars().count();
        let wanted = if chars >= LONG { DISTINCT - 1 } else { DISTINCT };
        let mut seen: Vec<char> = Vec::new();
        for c in value.chars().filter(|c| c.is_alphanumeric()) {
            if !seen.contains(&c) {
                seen.push(c);
            }
            if seen.len() >= wanted && chars >= SHORT {
                return Some(Self { kind: kind.to_owned(), value: value.to_owned() });
            }
        }
        None
    }

    /// Byte ranges of the value in a text.
    fn places<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        text.match_indices(self.value.as_str()).map(|(at, found)| (at, at + found.len())).filter(move |(from, to)| {
            self.value.len() >= LONG || !(word(text[..*from].chars().next_back()) || word(text[*to..].chars().next()))
        })
    }
}

/// Collects what is found in one answer.
pub(super) struct Search<'a> {
    needles: Vec<&'a Needle>,
    bins: &'a [Bin],
    pub(super) echoes: Vec<Echo>,
}

impl<'a> Search<'a> {
    pub(super) fn new(run: &'a [Needle], request: &'a [Needle], bins: &'a [Bin]) -> Self {
        // Longer ones first: what contains another is named by its own name.
        let mut needles: Vec<&Needle> = run.iter().chain(request).collect();
        needles.sort_by_key(|n| std::cmp::Reverse(n.value.len()));
        Self { needles, bins, echoes: Vec::new() }
    }

    /// The text without secrets; `at` says where it stands.
    pub(super) fn text<'t>(&mut self, text: &'t str, at: &str) -> Cow<'t, str> {
        let mut out = Cow::Borrowed(text);
        if let Some(without) = without_key(&out) {
            self.note("private-key", at);
            out = Cow::Owned(without);
        }
        for at_needle in 0..self.needles.len() {
            let needle = self.needles[at_needle];
            if needle.value.len() > out.len() {
                continue;
            }
            let mut replaced = String::new();
            let mut from = 0;
            for (start, end) in needle.places(&out) {
                replaced.push_str(&out[from..start]);
                replaced.push('<');
                replaced.push_str(&needle.kind);
                replaced.push('>');
                from = end;
            }
            if from > 0 {
                replaced.push_str(&out[from..]);
                out = Cow::Owned(replaced);
                let kind = needle.kind.clone();
                self.note(&kind, at);
            }
        }
        if let Some(without) = self.without_cards(&out) {
            self.note("pan", at);
            out = Cow::Owned(without);
        }
        out
    }

    /// The text without card numbers of anybody's. A value that is nothing but a number may be an id that the contract names.
    fn without_cards(&self, text: &str) -> Option<String> {
        if self.bins.is_empty() || text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (mut out, mut rest, mut found) = (String::new(), text, false);
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let length = rest[start..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - start);
            let digits = &rest[start..start + length];
            let card = self.bins.iter().any(|bin| bin.fits(digits.as_bytes()));
            found |= card;
            out.push_str(&rest[..start]);
            out.push_str(if card { "<pan>" } else { digits });
            rest = &rest[start + length..];
        }
        found.then(|| out + rest)
    }

    /// Takes secrets out of a tree: names, texts and numbers.
    pub(super) fn tree(&mut self, node: &mut Json, at: &str) {
        match node {
            Json::String(text) => {
                if let Cow::Owned(without) = self.text(text, at) {
                    *text = Text::from(without);
                }
            }
            Json::Number(lexeme) => {
                if let Some(needle) = self.needles.iter().find(|n| *n.value == **lexeme) {
                    let kind = needle.kind.clone();
                    self.note(&kind, at);
                    *node = Json::number("0");
                }
            }
            Json::Array(items) => {
                for (i, item) in items.iter_mut().enumerate() {
                    self.tree(item, &format!("{at}/{i}"));
                }
            }
            Json::Object(members) => {
                for (name, value) in members {
                    if let Cow::Owned(without) = self.text(name, at) {
                        *name = Text::from(without);
                    }
                    self.tree(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")));
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, kind: &str, at: &str) {
        let echo = Echo { kind: kind.to_owned(), pointer: at.to_owned() };
        if !self.echoes.contains(&echo) {
            self.echoes.push(echo);
        }
    }
}

/// An address without the secrets in its path and query; a part that is one is replaced whole, however short.
pub(super) fn address(url: &str, secrets: &[(String, String)]) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let start = url[start..].find('/').map_or(url.len(), |at| start + at);
    let mut out = url[..start].to_owned();
    for part in url[start..].split_inclusive(['/', '?', '&', '=']) {
        let text = part.trim_end_matches(['/', '?', '&', '=']);
        let decoded = url::form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned());
        match secrets.iter().find(|(_, value)| !value.is_empty() && decoded.as_ref() == Some(value)) {
            Some((kind, _)) => {
                out.push('<');
                out.push_str(kind);
                out.push('>');
                out.push_str(&part[text.len()..]);
            }
            None => out.push_str(part),
        }
    }
    out
}

/// The text without private keys in PEM, also where its end was cut off or its line breaks were escaped.
fn without_key(text: &str) -> Option<String> {
    const BEGIN: &str = "-----BEGIN ";
    const MARK: &str = "PRIVATE KEY-----";
    let (before, rest) = text.split_once(BEGIN)?;
    let Some((_, body)) = rest.split_once(MARK).filter(|(label, _)| label.len() < 20) else {
        let after = without_key(rest)?;
        return Some(format!("{before}{BEGIN}{after}"));
    };
    let after = body.split_once(MARK).map_or("", |(_, after)| after);
    Some(format!("{before}<private-key>{}", without_key(after).unwrap_or_else(|| after.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::json;

    #[test]
    fn an_address_shows_no_secret_of_its_path_or_query() {
        let secrets = [("pan".to_owned(), "4111 11".to_owned()), ("cvc".to_owned(), "123".to_owned())];
        for (url, expected) in [
            ("http://h:123/cards/4111%2011/123?code=123&x=1234", "http://h:123/cards/<pan>/<cvc>?code=<cvc>&x=1234"),
            ("http://h:123", "http://h:123"),
            ("http://h/1234/", "http://h/1234/"),
        ] {
            assert_eq!(address(url, &secrets), expected);
        }
    }

    #[test]
    fn secrets_are_found_and_chance_is_not() {
        let run: Vec<Needle> =
            [("secretKey", "k0nf0rm-secret-key")].iter().filter_map(|(k, v)| Needle::new(k, v)).collect();
        let request: Vec<Needle> = [
            ("password", "907135"),
            ("cvc", "123"),
            ("password", "000000"),
            ("password", "      "),
            ("password", "090909"),
            ("pan", "9999000000000909"),
            ("pan", "0000000000000000"),
        ]
        .iter()
        .filter_map(|(k, v)| Needle::new(k, v))
        .collect();
        assert_eq!((run.len(), request.len()), (1, 2), "a short and a plain value are no needles");
        let bins: Vec<Bin> = Bin::like("411111##########").into_iter().collect();
        for (text, expected) in [
            ("wrong password 907135.", "wrong password <password>."),
            ("number 19071352 and 000_907135", "number 19071352 and 000_907135"),
            ("key=k0nf0rm-secret-key2", "key=<secretKey>2"),
            ("code 123 of 000000", "code 123 of 000000"),
            ("card 4111111111111111 is blocked", "card <pan> is blocked"),
            ("card 4111111111111112 or 41111111111111111", "card 4111111111111112 or 41111111111111111"),
            ("4111111111111111", "4111111111111111"),
            ("failed for 9999000000000909", "failed for <pan>"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- x", "<private-key> x"),
            ("a -----BEGIN RSA PRIVATE KEY-----\\nMII", "a <private-key>"),
            (
                "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
                "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
            ),
        ] {
            let mut search = Search::new(&run, &request, &bins);
            assert_eq!(search.text(text, ""), expected);
            assert_eq!(search.echoes.is_empty(), text == expected, "{text}");
        }
        let mut search = Search::new(&run, &request, &bins);
        let mut tree = json::parse(br#"{"a":[{"907135":907135}],"b":"x 907135"}"#).unwrap().root;
        search.tree(&mut tree, "");
        assert_eq!(tree.to_text(), r#"{"a":[{"<password>":0}],"b":"x <password>"}"#);
        let places: Vec<&str> = search.echoes.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(places, ["/a/0", "/a/0/<password>", "/b"]);
    }
}
