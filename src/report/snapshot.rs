//! Behaviour snapshots in insta's file format: what each case answered, values that differ from run to run left out.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use super::records;
use crate::model::Family;

/// What writing a snapshot came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Written {
    /// As it was.
    Same,
    /// There was none: a new file.
    New(PathBuf),
    /// It differs: the new one lies beside it as `.snap.new`, for `cargo insta review`.
    Changed(PathBuf),
}

/// Writes or compares a snapshot per endpoint under `folder/<target>/`.
///
/// # Errors
/// Whatever the disk gives.
pub fn write(folder: &Path, target: &str, evidence: &Path) -> io::Result<Vec<Written>> {
    let mut out = Vec::new();
    let mut current: Option<(String, String)> = None;
    for record in records::cases(evidence)? {
        let case = record?.case;
        let endpoint = case.id.split("::").next().unwrap_or_default().to_owned();
        if current.as_ref().is_some_and(|(known, _)| *known != endpoint) {
            if let Some((known, text)) = current.take() {
                out.push(settle(folder, target, &known, &text)?);
            }
        }
        let (_, text) = current.get_or_insert_with(|| (endpoint, String::new()));
        line(text, &case.id, &case.saw);
    }
    if let Some((known, text)) = current {
        out.push(settle(folder, target, &known, &text)?);
    }
    Ok(out)
}

/// Adds a case's line; what was drawn or raced is another matter each time.
pub fn line(text: &mut String, id: &str, saw: &str) {
    let family = id.split("::").nth(1);
    if [Family::Fuzz, Family::Walk, Family::Race].iter().any(|f| Some(f.word()) == family) {
        return;
    }
    let id = id.split_once("::").map_or(id, |(_, rest)| rest);
    // Writing to a String can't fail.
    let _ = writeln!(text, "{id}\n    {}", if saw.is_empty() { "(nothing)" } else { saw });
}

fn settle(folder: &Path, target: &str, endpoint: &str, text: &str) -> io::Result<Written> {
    let folder = folder.join(file_name(target));
    let path = folder.join(format!("{}.snap", file_name(endpoint)));
    let content = format!("---\nsource: konform\nexpression: {endpoint}\n---\n{text}");
    let fresh = path.with_extension("snap.new");
    match std::fs::read_to_string(&path) {
        Ok(known) if known.replace("\r\n", "\n") == content => {
            if fresh.exists() {
                std::fs::remove_file(&fresh)?;
            }
            Ok(Written::Same)
        }
        Ok(_) => {
            std::fs::write(&fresh, content)?;
            Ok(Written::Changed(fresh))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(&path, content)?;
            Ok(Written::New(path))
        }
        Err(error) => Err(error),
    }
}

/// A name that every file system takes: percent-encoded outside `[A-Za-z0-9._-]`, at most 120 bytes.
#[must_use]
pub fn file_name(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out.truncate(110);
    match out.strip_prefix('.') {
        Some(rest) => format!("%2E{rest}"),
        None => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_everywhere() {
        for (text, name) in
            [("a b", "a%20b"), ("../x", "%2E.%2Fx"), ("127.0.0.1:80", "127.0.0.1%3A80"), ("한", "%ED%95%9C")]
        {
            assert_eq!(file_name(text), name);
        }
        assert!(file_name(&"x".repeat(500)).len() <= 120);
    }
}
