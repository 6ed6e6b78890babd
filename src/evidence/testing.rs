//! Folders of evidence that are removed again, and chains of records written by hand.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::crypto;
use crate::model::{Observed, RunHeader};

/// A folder of its own below the temporary one.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("konform-unit-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The folder with one file.
    pub(super) fn with(name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = Self::new();
        folder.write(name, content);
        folder
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), content).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// The names of its files, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A leftover in the system's temporary folder is no failure of the test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) const EXCHANGE: &str = r#"{"kind":"exchange","case":"c"}"#;
pub(super) const CASE: &str = r#"{"kind":"case","verdict":{}}"#;
pub(super) const RESUMED: &str = r#"{"kind":"resumed","at":"2026-11-26T03:00:00Z","salt":"s","torn":0}"#;

/// What was to be run.
pub(super) fn run() -> RunHeader {
    RunHeader { contract: "shop".to_owned(), seed: 7, ..RunHeader::default() }
}

/// The first record.
pub(super) fn header() -> String {
    let run = serde_json::to_string(&run()).unwrap();
    format!(r#"{{"kind":"header","format":"konform/evidence","version":2,"run":{run}}}"#)
}

/// The last record.
pub(super) fn footer(cases: u64, exchanges: u64, partial: bool) -> String {
    format!(r#"{{"kind":"footer","cases":{cases},"exchanges":{exchanges},"partial":{partial},"millis":5}}"#)
}

/// The lines of a chain of these records, without their ends.
pub(super) fn chained(records: &[&str]) -> Vec<String> {
    let mut prev = String::new();
    let line = |(seq, record): (usize, &&str)| {
        let line = format!(r#"{{"seq":{seq},"prev":"{prev}","record":{record}}}"#);
        prev = hash(&line);
        line
    };
    records.iter().enumerate().map(line).collect()
}

/// Lines as a file has them.
pub(super) fn text(lines: &[impl AsRef<str>]) -> String {
    lines.iter().flat_map(|line| [line.as_ref(), "\n"]).collect()
}

pub(super) fn hash(line: &str) -> String {
    crypto::hex(&crypto::sha256(line.as_bytes()))
}

/// An exchange without an answer.
pub(super) fn observed() -> Observed {
    let text = r#"{"endpoint":"look","method":"GET","url":"http://127.0.0.1/look","request_headers":[],"request_body":{"n":1.50},
        "trace":null,"opened":"plain","answer":{"Err":{"reason":"timeout","detail":"10 s"}},"micros":1,"attempt":0}"#;
    serde_json::from_str(text).unwrap()
}
