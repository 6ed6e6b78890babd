//! Behaviour snapshots in insta's file format: what each case answered, values that differ from run to run by name.

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
    /// It differed and was written anew.
    Updated(PathBuf),
}

/// What to do with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A difference lies beside it, to be reviewed.
    Check,
    /// A difference takes its place.
    Update,
}

/// Writes or compares a snapshot per endpoint under `folder/<target>/`.
///
/// # Errors
/// Whatever the disk gives.
pub fn write(folder: &Path, target: &str, run: &Path, mode: Mode) -> io::Result<Vec<Written>> {
    let folder = self::folder(folder, target);
    let mut out = Vec::new();
    let mut current: Option<(String, Snapshot)> = None;
    for record in records::cases(run)? {
        let case = record?.case;
        let endpoint = case.id.split("::").next().unwrap_or_default().to_owned();
        if current.as_ref().is_some_and(|(known, _)| *known != endpoint) {
            if let Some((known, snapshot)) = current.take() {
                out.push(settle(&folder, &known, &snapshot.text(), mode)?);
            }
        }
        let (_, snapshot) = current.get_or_insert_with(|| (endpoint, Snapshot::default()));
        snapshot.add(&case.id, &case.saw, &case.headers);
    }
    if let Some((known, snapshot)) = current {
        out.push(settle(&folder, &known, &snapshot.text(), mode)?);
    }
    Ok(out)
}

/// The folder of one target's snapshots.
#[must_use]
pub fn folder(all: &Path, target: &str) -> PathBuf {
    all.join(file_name(target))
}

/// The text of one endpoint's snapshot: its sets of headers first, then a line for each case that names its set.
#[derive(Debug, Default)]
pub struct Snapshot {
    headers: Vec<String>,
    cases: String,
}

impl Snapshot {
    /// Adds a case; what was drawn or raced is another matter each time.
    pub fn add(&mut self, id: &str, saw: &str, headers: &str) {
        if !remembered(id) {
            return;
        }
        let id = id.split_once("::").map_or(id, |(_, rest)| rest);
        let (first, more) = saw.split_once('\n').map_or((saw, ""), |(first, more)| (first, more));
        // Writing to a String can't fail.
        let _ = write!(self.cases, "{id}\n    {}", if first.is_empty() { "(nothing)" } else { first });
        if !headers.is_empty() {
            let at = self.headers.iter().position(|known| known == headers).unwrap_or_else(|| {
                self.headers.push(headers.to_owned());
                self.headers.len() - 1
            });
            let _ = write!(self.cases, " [{}]", at + 1);
        }
        let _ = writeln!(self.cases);
        if !more.is_empty() {
            let _ = writeln!(self.cases, "{more}");
        }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        let legend = self.headers.iter().zip(1..).map(|(headers, n)| format!("[{n}] {headers}\n"));
        legend.collect::<String>() + &self.cases
    }
}

/// True for a case that does the same each time: neither drawn nor raced.
pub(super) fn remembered(id: &str) -> bool {
    let family = id.split("::").nth(1);
    ![Family::Fuzz, Family::Walk, Family::Race].iter().any(|f| Some(f.word()) == family)
}

/// What each case answered by a folder of snapshots: id, answer, headers.
pub(super) fn read(folder: &Path) -> io::Result<Vec<(String, String, String)>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "snap"))
        .collect();
    files.sort();
    let mut out: Vec<(String, String, String)> = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(path)?.replace("\r\n", "\n");
        let Some((front, body)) = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) else {
            continue;
        };
        let endpoint = front.lines().find_map(|l| l.strip_prefix("expression: ")).unwrap_or_default();
        let mut legend: Vec<&str> = Vec::new();
        for line in body.lines() {
            if let Some(more) = line.strip_prefix("    ") {
                let Some((_, saw, headers)) = out.last_mut() else { continue };
                let number = more
                    .rsplit_once(" [")
                    .and_then(|(first, n)| Some((first, n.strip_suffix(']')?.parse::<usize>().ok()?)));
                match number
                    .filter(|_| saw.is_empty())
                    .and_then(|(first, n)| Some((first, legend.get(n.checked_sub(1)?)?)))
                {
                    Some((first, own)) => {
                        first.clone_into(saw);
                        (**own).clone_into(headers);
                    }
                    None if saw.is_empty() => more.clone_into(saw),
                    None => *saw = format!("{saw}\n{line}"),
                }
            } else if let Some((_, headers)) = line.strip_prefix('[').and_then(|l| l.split_once("] ")) {
                legend.push(headers);
            } else {
                out.push((format!("{endpoint}::{line}"), String::new(), String::new()));
            }
        }
    }
    Ok(out)
}

fn settle(folder: &Path, endpoint: &str, text: &str, mode: Mode) -> io::Result<Written> {
    let path = folder.join(format!("{}.snap", file_name(endpoint)));
    let content = format!("---\nsource: konform\nexpression: {endpoint}\n---\n{text}");
    let fresh = path.with_extension("snap.new");
    let clear = || if fresh.exists() { std::fs::remove_file(&fresh) } else { Ok(()) };
    match std::fs::read_to_string(&path) {
        Ok(known) if known.replace("\r\n", "\n") == content => {
            clear()?;
            Ok(Written::Same)
        }
        Ok(_) if mode == Mode::Update => {
            std::fs::write(&path, content)?;
            clear()?;
            Ok(Written::Updated(path))
        }
        Ok(_) => {
            std::fs::write(&fresh, content)?;
            Ok(Written::Changed(fresh))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::fs::create_dir_all(folder)?;
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
