//! Spoils a request's body and headers on purpose, before it is signed: what is signed is what is sent.

use std::borrow::Cow;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::model::Hostile;

/// How deep the deep body nests.
const DEPTH: usize = 1_000;
/// Bytes of the long header's value.
const LONG: usize = 200_000;
/// Headers of the request that has too many.
const MANY: usize = 2_000;
/// Digits of the huge number, and characters of the long text.
const DIGITS: usize = 100_000;

/// The body of a hostile request, out of the legal one.
pub(super) fn body(kind: Hostile, legal: Vec<u8>) -> Vec<u8> {
    // Something in place of the first member's value, with the rest of the object as it was.
    let first = |value: &[u8]| {
        let rest = legal.get(1..).filter(|rest| *rest != b"}").unwrap_or_default();
        let comma: &[u8] = if rest.is_empty() { b"}" } else { b"," };
        [b"{\"konform\":", value, comma, rest].concat()
    };
    match kind {
        Hostile::Empty => Vec::new(),
        Hostile::TopArray => [b"[", legal.as_slice(), b"]"].concat(),
        Hostile::TopString => b"\"text\"".to_vec(),
        Hostile::TopNumber => b"1".to_vec(),
        Hostile::TopNull => b"null".to_vec(),
        Hostile::Truncated => legal[..legal.len() / 2].to_vec(),
        Hostile::TrailingGarbage => [legal.as_slice(), b"{}]"].concat(),
        Hostile::TrailingComma => [&legal[..legal.len().saturating_sub(1)], b",}"].concat(),
        Hostile::SingleQuotes => legal.iter().map(|b| if *b == b'"' { b'\'' } else { *b }).collect(),
        Hostile::Comment => [b"{/* a comment */", &legal[1..]].concat(),
        Hostile::NotANumber => first(b"NaN"),
        Hostile::LeadingZero => first(b"007"),
        Hostile::DoubledName => doubled(&legal),
        Hostile::Deep => first(&[vec![b'['; DEPTH], vec![b']'; DEPTH]].concat()),
        Hostile::HugeNumber => first(&vec![b'9'; DIGITS]),
        Hostile::LongText => first(&[b"\"".as_slice(), &vec![b'x'; DIGITS], b"\""].concat()),
        Hostile::InvalidUtf8 => first(b"\"\xff\xfe\""),
        // U+002F in two bytes where one is the only legal spelling.
        Hostile::OverlongUtf8 => first(b"\"\xc0\xaf\""),
        Hostile::LoneSurrogate => first(b"\"\\ud800\""),
        Hostile::NulByte => first(b"\"a\0b\""),
        Hostile::NulEscape => first(b"\"a\\u0000b\""),
        Hostile::ControlByte => first(b"\"a\x01\x1f\nb\""),
        Hostile::Bom => [b"\xef\xbb\xbf", legal.as_slice()].concat(),
        Hostile::Utf16 => {
            String::from_utf8_lossy(&legal).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
        }
        Hostile::Xml => b"<?xml version=\"1.0\"?><request/>".to_vec(),
        Hostile::Form => b"a=1&b=%00".to_vec(),
        Hostile::Gzip => gzip(&legal),
        _ => legal,
    }
}

/// The object with its first member a second time at its end.
fn doubled(legal: &[u8]) -> Vec<u8> {
    match crate::model::json::parse(legal).map(|d| d.root) {
        Ok(crate::model::Json::Object(mut members)) if !members.is_empty() => {
            members.push(members[0].clone());
            let mut out = Vec::with_capacity(legal.len() + 64);
            crate::model::Json::Object(members).write(&mut out);
            out
        }
        _ => b"{\"a\":1,\"a\":2}".to_vec(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory can't fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// The method that a hostile request names, out of the endpoint's own.
pub(super) fn method(kind: Hostile, own: &str) -> Cow<'static, str> {
    match kind {
        Hostile::OtherMethod if own == "POST" => Cow::Borrowed("DELETE"),
        Hostile::OtherMethod => Cow::Borrowed("POST"),
        Hostile::UnknownMethod => Cow::Borrowed("FROBNICATE"),
        _ => Cow::Owned(own.to_owned()),
    }
}

/// The version of HTTP that a hostile request says it is in.
pub(super) fn version(kind: Hostile) -> &'static str {
    if kind == Hostile::BadVersion { "HTTP/9.7" } else { "HTTP/1.1" }
}

/// The headers of a hostile request, out of the legal ones and the length of its body.
pub(super) fn headers(kind: Hostile, length: usize, http2: bool, headers: &mut Vec<(String, String)>) {
    let mut set = |name: &str, value: Option<&str>| {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        headers.extend(value.map(|v| (name.to_owned(), v.to_owned())));
    };
    let chunked = ("Transfer-Encoding", Some("chunked"));
    match kind {
        Hostile::NoHost => set("Host", None),
        Hostile::Chunks | Hostile::BadChunk => {
            set("Content-Length", None);
            set(chunked.0, chunked.1);
        }
        Hostile::LengthAndChunks => set(chunked.0, chunked.1),
        Hostile::TwoLengths => headers.push(("Content-Length".to_owned(), (length + 7).to_string())),
        Hostile::BadLength => set("Content-Length", Some("-1x")),
        Hostile::RepeatedHeaders => {
            let once = |name: &str| ["host", "content-length"].iter().any(|own| name.eq_ignore_ascii_case(own));
            let twice = std::mem::take(headers).into_iter();
            headers.extend(twice.flat_map(|header| {
                let times = if once(&header.0) { 1 } else { 2 };
                std::iter::repeat_n(header, times)
            }));
        }
        Hostile::LongHeader => set("X-Long", Some(&"a".repeat(LONG))),
        Hostile::ManyHeaders => headers.extend((0..MANY).map(|n| (format!("X-Many-{n}"), n.to_string()))),
        Hostile::ControlInHeader => set("X-Control", Some("a\0b\x01\x7f")),
        Hostile::Continue => set("Expect", Some("100-continue")),
        Hostile::NoContentType => set("Content-Type", None),
        Hostile::TextPlain => set("Content-Type", Some("text/plain")),
        Hostile::Form => set("Content-Type", Some("application/x-www-form-urlencoded")),
        Hostile::Xml => set("Content-Type", Some("application/xml")),
        Hostile::CharsetLie => set("Content-Type", Some("application/json; charset=utf-16")),
        Hostile::CharsetUnknown => set("Content-Type", Some("application/json; charset=no-such-charset")),
        Hostile::FalseGzip | Hostile::Gzip => set("Content-Encoding", Some("gzip")),
        _ => {}
    }
    // What is left of a connection behind such a request is nobody's to use.
    if kind.raw() && !http2 {
        headers.push(("Connection".to_owned(), "close".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::json;

    #[test]
    fn each_spoilt_body_is_what_its_name_says() {
        let legal = br#"{"a":"b","c":[1]}"#;
        for kind in Hostile::ALL {
            let spoilt = body(kind, legal.to_vec());
            let read = json::parse(&spoilt);
            let defects = read.as_ref().map(|d| d.defects.len());
            match kind {
                Hostile::Empty
                | Hostile::Truncated
                | Hostile::TrailingGarbage
                | Hostile::TrailingComma
                | Hostile::SingleQuotes
                | Hostile::Comment
                | Hostile::NotANumber
                | Hostile::LeadingZero
                | Hostile::Deep
                | Hostile::NulByte
                | Hostile::ControlByte
                | Hostile::Bom
                | Hostile::Utf16
                | Hostile::Xml
                | Hostile::Form
                | Hostile::Gzip => assert!(read.is_err(), "{} reads as JSON", kind.word()),
                Hostile::DoubledName | Hostile::InvalidUtf8 | Hostile::OverlongUtf8 | Hostile::LoneSurrogate => {
                    assert!(defects.is_ok_and(|n| n > 0), "{} has no defect", kind.word());
                }
                _ => assert_eq!(defects, Ok(0), "{}", kind.word()),
            }
        }
        for legal in [&b"{}"[..], b"{\"a\":1}"] {
            assert!(json::parse(&body(Hostile::NulEscape, legal.to_vec())).is_ok_and(|d| d.defects.is_empty()));
        }
    }
}
