//! Evidence: every exchange and verdict as a line of JSON, each line bound to the one before by its SHA-256.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::crypto;
use crate::model::{CaseRecord, RunHeader};

/// Portions that may wait for the disk.
const WAITING: usize = 8;
/// Lines of a portion: a message for each would wake the writer as often.
const PORTION: usize = 256;

/// Evidence could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write evidence to {}: {source}", path.display())]
pub struct JournalError {
    path: PathBuf,
    source: io::Error,
}

/// Writes evidence on a thread of its own.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    lines: Option<SyncSender<Vec<Vec<u8>>>>,
    thread: Option<JoinHandle<io::Result<(u64, String)>>>,
    portion: Vec<Vec<u8>>,
    cases: u64,
    exchanges: u64,
}

impl Journal {
    /// Creates the file and writes its header.
    ///
    /// # Errors
    /// [`JournalError`] if the file can't be created.
    pub fn create(path: &Path, header: &RunHeader) -> Result<Self, JournalError> {
        let file = File::create(path).map_err(|source| JournalError { path: path.to_owned(), source })?;
        let (lines, inbox) = sync_channel::<Vec<Vec<u8>>>(WAITING);
        let thread = std::thread::spawn(move || {
            let mut out = BufWriter::with_capacity(1 << 18, file);
            let mut chain = Chain { seq: 0, prev: String::new(), line: Vec::new() };
            for record in inbox.into_iter().flatten() {
                chain.write(&record, &mut out)?;
            }
            out.flush()?;
            Ok((chain.seq, chain.prev))
        });
        let mut journal = Self {
            path: path.to_owned(),
            lines: Some(lines),
            thread: Some(thread),
            portion: Vec::new(),
            cases: 0,
            exchanges: 0,
        };
        let header = serde_json::json!({"kind": "header", "format": "konform/evidence", "version": 1, "run": header});
        journal.send(header.to_string().into_bytes())?;
        Ok(journal)
    }

    /// A journal that keeps nothing.
    #[must_use]
    pub fn discard() -> Self {
        Self { path: PathBuf::new(), lines: None, thread: None, portion: Vec::new(), cases: 0, exchanges: 0 }
    }

    fn send(&mut self, record: Vec<u8>) -> Result<(), JournalError> {
        if self.lines.is_some() {
            self.portion.push(record);
        }
        if self.portion.len() >= PORTION { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        let portion = std::mem::take(&mut self.portion);
        match &self.lines {
            Some(lines) if lines.send(portion).is_err() => Err(self.fault()),
            _ => Ok(()),
        }
    }

    /// The writer ended early: its own error says why.
    fn fault(&mut self) -> JournalError {
        self.lines = None;
        let source = match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Err(error))) => error,
            _ => io::Error::other("the writer stopped"),
        };
        JournalError { path: self.path.clone(), source }
    }

    /// Writes exchanges.
    ///
    /// # Errors
    /// [`JournalError`] once the disk refuses.
    pub fn exchanges(&mut self, lines: Vec<Vec<u8>>) -> Result<(), JournalError> {
        self.exchanges += lines.len() as u64;
        lines.into_iter().try_for_each(|line| self.send(line))
    }

    /// Writes exchanges that belong to no case of the plan (canaries, confirmations), and what they brought into being.
    ///
    /// # Errors
    /// [`JournalError`] once the disk refuses.
    pub fn aside(&mut self, case: &str, lines: Vec<Vec<u8>>, created: &[String]) -> Result<(), JournalError> {
        self.exchanges(lines)?;
        if created.is_empty() {
            return Ok(());
        }
        // Plain data always has a JSON text.
        self.send(serde_json::to_vec(&Aside { kind: "aside", case, created }).unwrap_or_default())
    }

    /// The line of a case.
    pub(crate) fn case_line(record: &CaseRecord) -> Vec<u8> {
        let mut line = br#"{"kind":"case","verdict":"#.to_vec();
        // Writing plain data to a Vec can't fail.
        let _ = serde_json::to_writer(&mut line, record);
        line.push(b'}');
        line
    }

    /// Writes a case's line after those of its exchanges.
    ///
    /// # Errors
    /// [`JournalError`] once the disk refuses.
    pub fn case(&mut self, line: Vec<u8>, exchanges: Vec<Vec<u8>>) -> Result<(), JournalError> {
        self.exchanges(exchanges)?;
        self.cases += 1;
        self.send(line)
    }

    /// Writes the footer and answers the hash of the last line, hex.
    ///
    /// # Errors
    /// [`JournalError`] if the disk refused anything.
    pub fn finish(mut self, partial: bool) -> Result<String, JournalError> {
        let footer =
            serde_json::json!({"kind": "footer", "cases": self.cases, "exchanges": self.exchanges, "partial": partial});
        self.send(footer.to_string().into_bytes())?;
        self.flush()?;
        self.lines = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Ok((_, root)))) => Ok(root),
            Some(Ok(Err(source))) => Err(JournalError { path: self.path, source }),
            Some(Err(_)) => Err(JournalError { path: self.path, source: io::Error::other("the writer panicked") }),
            None => Ok(String::new()),
        }
    }
}

/// What requests beside the plan brought into being.
#[derive(serde::Serialize)]
struct Aside<'a> {
    kind: &'static str,
    case: &'a str,
    created: &'a [String],
}

struct Chain {
    seq: u64,
    prev: String,
    line: Vec<u8>,
}

impl Chain {
    fn write(&mut self, record: &[u8], out: &mut impl Write) -> io::Result<()> {
        self.line.clear();
        write!(self.line, r#"{{"seq":{},"prev":"{}","record":"#, self.seq, self.prev)?;
        self.line.extend_from_slice(record);
        self.line.push(b'}');
        self.prev = crypto::hex(&crypto::sha256(&self.line));
        self.seq += 1;
        out.write_all(&self.line)?;
        out.write_all(b"\n")
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_said_and_not_swallowed() {
        let mut journal = Journal { lines: None, ..Journal::discard() };
        let (lines, inbox) = sync_channel::<Vec<Vec<u8>>>(1);
        drop(inbox);
        journal.lines = Some(lines);
        assert!(journal.exchanges(vec![vec![b'x']; PORTION]).is_err(), "the writer is gone");

        let file = File::options().write(true).open("/dev/full").unwrap();
        let mut out = BufWriter::new(file);
        let mut chain = Chain { seq: 0, prev: String::new(), line: Vec::new() };
        let written = chain.write(b"{}", &mut out).and_then(|()| out.flush());
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
