use std::io::{BufReader, ErrorKind};

use super::*;

#[test]
fn a_broken_file_is_told_from_one_that_can_not_be_read() {
    for (kind, is) in [
        (ErrorKind::InvalidData, true),
        (ErrorKind::InvalidInput, true),
        (ErrorKind::UnexpectedEof, true),
        (ErrorKind::NotFound, false),
        (ErrorKind::PermissionDenied, false),
        (ErrorKind::Other, false),
    ] {
        assert_eq!(broken(&io::Error::from(kind)), is, "{kind:?}");
    }
}

#[test]
fn a_line_ends_with_a_line_feed_or_with_the_file() {
    for (text, lines) in [
        ("", &[][..]),
        ("a\nb\n", &["a", "b"]),
        ("a\nb", &["a", "b"]),
        ("a\r\nb\r\n", &["a", "b"]),
        ("a\r", &["a\r"]),
        ("a\rb\n", &["a\rb"]),
        ("a\r\r\n", &["a\r"]),
        ("\n", &[""]),
        ("a\n\nb\n", &["a", "", "b"]),
        ("\u{b0}\n", &["\u{b0}"]),
    ] {
        let found: Vec<String> = Lines(text.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(found, lines, "{text:?}");
    }
}

#[test]
fn a_line_that_is_no_text_is_an_error_and_the_next_one_is_read() {
    let mut lines = Lines(&b"a\n\xff\nb\n"[..]);
    assert_eq!(lines.next().unwrap().unwrap(), "a");
    let error = lines.next().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidData, "not UTF-8"));
    assert_eq!(lines.next().unwrap().unwrap(), "b");
    assert!(lines.next().is_none());
}

#[test]
fn a_line_is_read_with_its_end_and_its_size() {
    let mut lines = Lines(&b"ab\nc"[..]);
    let mut line = vec![b'x'];
    for (bytes, content) in [(3, &b"ab\n"[..]), (1, b"c"), (0, b"")] {
        assert_eq!((lines.read(&mut line).unwrap(), line.as_slice()), (bytes, content));
    }
}

#[test]
fn a_line_that_never_ends_is_an_error() {
    // The longest line that is read, and one that has no end where that one has it.
    let end = io::repeat(b'x').take(LONGEST - 1).chain(&b"\nrest"[..]);
    let mut line = Vec::new();
    assert_eq!(Lines(BufReader::new(end)).read(&mut line).unwrap(), LONGEST);
    let endless = Lines(BufReader::new(io::repeat(b'x'))).read(&mut line).unwrap_err();
    assert_eq!(endless.kind(), ErrorKind::InvalidData);
    assert_eq!(endless.to_string(), "it has 134217728 bytes or more");
}
