//! Writes evidence on a thread of its own.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::archive::{self, LAST, PIECE};
use super::chain::Chain;
use super::reader::Trunk;
use super::record::{self, Aside, FORMAT, Footer, Resumed};
use crate::model::RunHeader;

/// Portions that may wait for the disk.
const WAITING: usize = 8;
/// Lines of a portion: a message for each would wake the writer as often.
const PORTION: usize = 256;
/// Fewer lines wait so long at most: what is killed then loses no more.
const PATIENCE: Duration = Duration::from_millis(500);

/// Evidence could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write evidence to {}: {source}", path.display())]
pub struct JournalError {
    path: PathBuf,
    source: io::Error,
}

#[derive(serde::Serialize)]
struct Head<'a> {
    format: &'static str,
    version: u32,
    run: &'a RunHeader,
}

/// Compresses full pieces, one at a time, on a thread beside the writer's.
struct Packer {
    folder: PathBuf,
    under_way: Option<JoinHandle<io::Result<()>>>,
}

impl Packer {
    /// Begins a new last piece, and the compression of the one before it.
    fn turn(&mut self) -> io::Result<File> {
        self.wait()?;
        let (number, file) = archive::turn(&self.folder)?;
        let folder = self.folder.clone();
        self.under_way = Some(std::thread::spawn(move || archive::pack(&folder, number)));
        Ok(file)
    }

    /// Waits for the compression that is under way.
    fn wait(&mut self) -> io::Result<()> {
        let ended = self.under_way.take().map(JoinHandle::join);
        ended.unwrap_or(Ok(Ok(()))).unwrap_or_else(|_| Err(io::Error::other("the compression panicked")))
    }
}

/// Writes evidence on a thread of its own.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    lines: Option<SyncSender<Vec<Vec<u8>>>>,
    thread: Option<JoinHandle<io::Result<(u64, String)>>>,
    /// The next portion, which the writer takes by itself once it has waited long enough.
    portion: Arc<Mutex<Vec<Vec<u8>>>>,
    cases: u64,
    exchanges: u64,
}

impl Journal {
    /// Creates the first piece in a run folder and writes its header.
    ///
    /// # Errors
    /// [`JournalError`] if the file can't be created.
    pub fn create(folder: &Path, header: &RunHeader) -> Result<Self, JournalError> {
        let path = folder.join(LAST);
        let file = File::create(&path).map_err(|source| JournalError { path, source })?;
        let mut journal = Self::start(folder, (file, 0), Chain::new(0, String::new()), (0, 0));
        let (format, version) = FORMAT;
        journal.send(record::line("header", &Head { format, version, run: header }))?;
        // What is run stands on the disk before the first request: a run that is killed can be taken up.
        journal.flush()?;
        Ok(journal)
    }

    /// Goes on after the sound beginning of the evidence in a run folder, behind which anything half written was cut off.
    ///
    /// # Errors
    /// [`JournalError`] if the file can't be written.
    pub fn resume(folder: &Path, trunk: &Trunk, resumed: &Resumed) -> Result<Self, JournalError> {
        let path = folder.join(LAST);
        let failed = |source| JournalError { path: path.clone(), source };
        archive::settle(folder).map_err(failed)?;
        let file = File::options().append(true).open(&path).map_err(failed)?;
        let chain = Chain::new(trunk.seq, trunk.prev.clone());
        let mut journal = Self::start(folder, (file, trunk.bytes), chain, (trunk.cases, trunk.exchanges));
        journal.send(record::line("resumed", resumed))?;
        journal.flush()?;
        Ok(journal)
    }

    fn start(
        folder: &Path,
        (file, mut written): (File, u64),
        mut chain: Chain,
        (cases, exchanges): (u64, u64),
    ) -> Self {
        let (lines, inbox) = sync_channel::<Vec<Vec<u8>>>(WAITING);
        let portion = Arc::new(Mutex::new(Vec::new()));
        let waiting = Arc::clone(&portion);
        let home = folder.to_owned();
        let thread = std::thread::spawn(move || {
            let mut out = BufWriter::with_capacity(1 << 18, file);
            let mut packer = Packer { folder: home, under_way: None };
            let mut write = |portion: Vec<Vec<u8>>| -> io::Result<()> {
                for record in portion {
                    written += chain.write(&record, &mut out)?;
                    if written >= PIECE {
                        out.flush()?;
                        out = BufWriter::with_capacity(1 << 18, packer.turn()?);
                        written = 0;
                    }
                }
                // A portion is on its way to the disk before the next is taken: a killed process loses no more than it was writing.
                out.flush()
            };
            loop {
                match inbox.recv_timeout(PATIENCE) {
                    Ok(portion) => write(portion)?,
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {
                        // While the lock is held no further line comes: what was sent until now is older than what waits.
                        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                        while let Ok(portion) = inbox.try_recv() {
                            write(portion)?;
                        }
                        write(std::mem::take(&mut *waiting))?;
                    }
                }
            }
            // A journal that was dropped before its end has lines that nobody sent.
            write(std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner)))?;
            packer.wait()?;
            Ok((chain.seq, chain.prev))
        });
        Self { path: folder.join(LAST), lines: Some(lines), thread: Some(thread), portion, cases, exchanges }
    }

    /// A journal that keeps nothing.
    #[must_use]
    pub fn discard() -> Self {
        Self { path: PathBuf::new(), lines: None, thread: None, portion: Arc::default(), cases: 0, exchanges: 0 }
    }

    fn send(&mut self, record: Vec<u8>) -> Result<(), JournalError> {
        if self.lines.is_none() {
            return Ok(());
        }
        let enough = {
            let mut portion = self.portion.lock().unwrap_or_else(PoisonError::into_inner);
            portion.push(record);
            portion.len() >= PORTION
        };
        if enough { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        let portion = std::mem::take(&mut *self.portion.lock().unwrap_or_else(PoisonError::into_inner));
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

    /// Writes exchanges that belong to no case of the plan, and what they were for.
    ///
    /// # Errors
    /// [`JournalError`] once the disk refuses.
    pub fn aside(&mut self, aside: &Aside, lines: Vec<Vec<u8>>) -> Result<(), JournalError> {
        self.exchanges(lines)?;
        self.send(record::line("aside", aside))
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
    pub fn finish(mut self, partial: bool, millis: u64) -> Result<String, JournalError> {
        let footer = Footer { cases: self.cases, exchanges: self.exchanges, partial, millis };
        self.send(record::line("footer", &footer))?;
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

#[cfg(test)]
mod tests;
