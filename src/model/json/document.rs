//! Reads a JSON document: accepts everything that can be given a tree and lists what is wrong with it.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::value::RawValue;

use super::value::{Json, Text};

/// How deep arrays and objects may nest before reading stops. One level costs a stack frame, hence a limit.
pub const MAX_DEPTH: usize = 256;

/// Something a strict reader would refuse, though the value could be read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Defect {
    /// Byte offset in the document.
    pub offset: usize,
    /// What is wrong there.
    pub kind: DefectKind,
}

/// Kinds of [`Defect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefectKind {
    /// A member name occurs twice in one object.
    DuplicateKey,
    /// Bytes that are no UTF-8.
    InvalidUtf8,
    /// `\ud800` without its partner.
    LoneSurrogate,
}

/// A document that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The value.
    pub root: Json,
    /// What is wrong with it nevertheless.
    pub defects: Vec<Defect>,
}

/// Why bytes are no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {offset}")]
pub struct SyntaxError {
    /// Byte offset of the first thing that does not fit.
    pub offset: usize,
    /// What was found or missing there.
    pub what: &'static str,
}

/// Reads one JSON document.
///
/// # Errors
/// [`SyntaxError`] with the byte offset, also for text after the value and for nesting beyond [`MAX_DEPTH`].
pub fn parse(bytes: &[u8]) -> Result<Document, SyntaxError> {
    let mut reader = Reader { bytes, at: 0, defects: Vec::new() };
    reader.space();
    let root = reader.value(0)?;
    reader.space();
    if reader.at < bytes.len() {
        return Err(reader.error("text after the value"));
    }
    Ok(Document { root, defects: reader.defects })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    defects: Vec<Defect>,
}

impl Reader<'_> {
    fn error(&self, what: &'static str) -> SyntaxError {
        SyntaxError { offset: self.at, what }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(self.error("nesting too deep"));
        }
        match self.peek() {
            None => Err(self.error("end of text where a value should be")),
            Some(b'n') => self.word(b"null", Json::Null),
            Some(b't') => self.word(b"true", Json::Bool(true)),
            Some(b'f') => self.word(b"false", Json::Bool(false)),
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b'[') => self.array(depth),
            Some(b'{') => self.object(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.error("a character that starts no value")),
        }
    }

    fn word(&mut self, word: &[u8], value: Json) -> Result<Json, SyntaxError> {
        if self.bytes[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.error("a word that is none of null, true, false"))
        }
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.error("a digit is missing")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Json, SyntaxError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        // The lexeme is ASCII by construction.
        Ok(Json::Number(Text::from_utf8_lossy(&self.bytes[start..self.at])))
    }

    fn array(&mut self, depth: usize) -> Result<Json, SyntaxError> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::Array(items));
                }
                _ => return Err(self.error("neither ',' nor ']' after an item")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, SyntaxError> {
        self.at += 1;
        let mut members: Vec<(Text, Json)> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.error("a member name is missing"));
            }
            let offset = self.at;
            let name = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.error("':' is missing after a member name"));
            }
            self.at += 1;
            self.space();
            let value = self.value(depth + 1)?;
            // Quadratic in the members of one object, which a body cap bounds; objects of an API have few.
            if members.len() < 4096 && members.iter().any(|(known, _)| *known == name) {
                self.defects.push(Defect { offset, kind: DefectKind::DuplicateKey });
            }
            members.push((name, value));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Json::Object(members));
                }
                _ => return Err(self.error("neither ',' nor '}' after a member")),
            }
        }
    }

    fn string(&mut self) -> Result<Text, SyntaxError> {
        self.at += 1;
        let mut text = Text::default();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|b| b != b'"' && b != b'\\' && b >= 0x20) {
                self.at += 1;
            }
            self.raw(start, &mut text);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => self.escape(&mut text)?,
                Some(_) => return Err(self.error("a control character inside a string")),
                None => return Err(self.error("a string without its end")),
            }
        }
    }

    fn raw(&mut self, start: usize, text: &mut Text) {
        let mut offset = start;
        for chunk in self.bytes[start..self.at].utf8_chunks() {
            text.push_str(chunk.valid());
            offset += chunk.valid().len();
            if !chunk.invalid().is_empty() {
                self.defects.push(Defect { offset, kind: DefectKind::InvalidUtf8 });
                text.push(char::REPLACEMENT_CHARACTER);
                offset += chunk.invalid().len();
            }
        }
    }

    fn escape(&mut self, text: &mut Text) -> Result<(), SyntaxError> {
        let offset = self.at;
        self.at += 1;
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let unit = self.hex()?;
                let code = if (0xd800..0xdc00).contains(&unit) && self.bytes[self.at..].starts_with(b"\\u") {
                    let back = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xdc00..0xe000).contains(&low) {
                        0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
                    } else {
                        self.at = back;
                        unit
                    }
                } else {
                    unit
                };
                text.push(char::from_u32(code).unwrap_or_else(|| {
                    self.defects.push(Defect { offset, kind: DefectKind::LoneSurrogate });
                    char::REPLACEMENT_CHARACTER
                }));
                return Ok(());
            }
            _ => return Err(self.error("an escape that JSON does not have")),
        };
        self.at += 1;
        text.push(plain);
        Ok(())
    }

    fn hex(&mut self) -> Result<u32, SyntaxError> {
        let digits = self.bytes.get(self.at..self.at + 4).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else { return Err(self.error("four hex digits are missing")) };
        let unit = digits.iter().fold(0, |acc, d| acc * 16 + char::from(*d).to_digit(16).unwrap_or(0));
        self.at += 4;
        Ok(unit)
    }
}

/// Reads what the value wrote of itself by `Serialize`, lexemes and doubled names included.
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let document = parse(raw.get().as_bytes()).map_err(D::Error::custom)?;
        Ok(document.root.revived())
    }
}

impl Json {
    /// What stands for a secret becomes one again.
    fn revived(self) -> Self {
        match self {
            Json::Array(items) => Json::Array(items.into_iter().map(Json::revived).collect()),
            Json::Object(members) => match members.as_slice() {
                [(name, inner)] if name == "redacted" => match serde_json::from_str(&inner.to_text()) {
                    Ok(redacted) => Json::Redacted(Box::new(redacted)),
                    Err(_) => Json::Object(members),
                },
                _ => Json::Object(members.into_iter().map(|(name, value)| (name, value.revived())).collect()),
            },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_lexemes_order_and_duplicates() {
        let text = r#"{"b":1.0e3,"a":[-0,9999999999999999999],"b":"\u00e9\ud83d\ude00\\\/"}"#;
        let doc = parse(text.as_bytes()).unwrap();
        assert_eq!(doc.root.to_text(), r#"{"b":1.0e3,"a":[-0,9999999999999999999],"b":"é😀\\/"}"#);
        assert_eq!(doc.defects, [Defect { offset: 40, kind: DefectKind::DuplicateKey }]);
        assert_eq!(doc.root.get("b").and_then(Json::scalar), Some("é😀\\/"));
        assert_eq!(doc.root.at("a.1").and_then(Json::scalar), Some("9999999999999999999"));
    }

    #[test]
    fn lists_what_a_strict_reader_refuses() {
        let doc = parse(b"\"a\xffb\"").unwrap();
        assert_eq!(doc.root, Json::text("a\u{fffd}b"));
        assert_eq!(doc.defects, [Defect { offset: 2, kind: DefectKind::InvalidUtf8 }]);
        for text in [&br#""\ud800""#[..], br#""\udc00x""#, br#""\ud800A""#] {
            assert_eq!(parse(text).unwrap().defects[0].kind, DefectKind::LoneSurrogate);
        }
    }

    #[test]
    fn refuses_what_is_no_json_with_its_offset() {
        for (text, offset) in [
            ("", 0),
            ("{", 1),
            ("[1,]", 3),
            ("{\"a\" 1}", 5),
            ("01", 1),
            ("1.", 2),
            ("nul", 0),
            ("\"\n\"", 1),
            ("{} x", 3),
            ("\"\\x\"", 2),
            ("<html>", 0),
            ("'a'", 0),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().offset, offset, "{text:?}");
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse(format!("{}{}", "[".repeat(200), "]".repeat(200)).as_bytes()).is_ok());
    }
}
