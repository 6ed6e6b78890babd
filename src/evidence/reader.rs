//! Reads evidence line by line and checks the chain while it does.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use super::archive::{self, LAST};
use super::chain::{self, Damage};
use super::lines::{Lines, broken};
use super::record::{self, Footer, Record};
use crate::crypto;
use crate::model::RunHeader;

/// Reads one evidence file from its beginning.
pub struct Reader {
    folder: PathBuf,
    lines: Lines<Box<dyn BufRead>>,
    header: Box<RunHeader>,
    at: u64,
    prev: String,
    cases: u64,
    exchanges: u64,
    footer: Option<Footer>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("folder", &self.folder).field("at", &self.at).finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens the evidence of a run folder and reads its header.
    ///
    /// # Errors
    /// [`Damage`] if there is none or it does not begin with a header that this program reads.
    pub fn open(folder: &Path) -> Result<Self, Damage> {
        let mut reader = Self {
            folder: folder.to_owned(),
            lines: Lines(archive::open(folder)?),
            header: Box::default(),
            at: 0,
            prev: String::new(),
            cases: 0,
            exchanges: 0,
            footer: None,
        };
        match reader.next(|_| true)? {
            Some(Record::Header(header)) => reader.header = header,
            _ => return Err(Damage::NoHeader),
        }
        Ok(reader)
    }

    /// What was run.
    #[must_use]
    pub fn header(&self) -> &RunHeader {
        &self.header
    }

    /// Hash of the last line read: after the footer, the root.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.prev
    }

    /// Case lines read so far.
    #[must_use]
    pub fn cases(&self) -> u64 {
        self.cases
    }

    /// The last footer, once it was read.
    #[must_use]
    pub fn footer(&self) -> Option<&Footer> {
        self.footer.as_ref()
    }

    /// The next record of a wanted kind; the chain is checked over all. None after the last footer.
    ///
    /// # Errors
    /// [`Damage`] where the chain or a record is broken.
    pub fn next(&mut self, wanted: impl Fn(&str) -> bool) -> Result<Option<Record>, Damage> {
        loop {
            let Some(line) = self.lines.next() else {
                return if self.footer.is_some() { Ok(None) } else { Err(Damage::NoFooter) };
            };
            let garbled = |why: &str| Damage::Garbled { line: self.at + 1, why: why.to_owned() };
            let line = match line {
                Ok(line) => line,
                Err(e) if broken(&e) => return Err(garbled(&e.to_string())),
                Err(source) => return Err(Damage::Io { path: self.folder.clone(), source }),
            };
            let (seq, prev, record) = chain::parts(&line).ok_or_else(|| garbled("it has no number and no hash"))?;
            let kind = chain::kind(record);
            // A run that was stopped before its plan's end may have been taken up.
            match self.footer.take() {
                Some(footer) if !footer.partial || kind != Some("resumed") => return Err(Damage::AfterFooter(seq)),
                _ => {}
            }
            self.place(seq)?;
            if prev != self.prev {
                return Err(match seq.checked_sub(1) {
                    Some(before) => Damage::Changed(before),
                    None => garbled("the first record names one before it"),
                });
            }
            self.prev = crypto::hex(&crypto::sha256(line.as_bytes()));
            self.at += 1;
            let kind =
                kind.ok_or_else(|| Damage::Garbled { line: seq + 1, why: "a record without a kind".to_owned() })?;
            match kind {
                "header" if seq > 0 => {
                    return Err(Damage::Garbled { line: seq + 1, why: "a second header".to_owned() });
                }
                "case" => self.cases += 1,
                "exchange" => self.exchanges += 1,
                _ => {}
            }
            if kind == "footer" || wanted(kind) {
                let read =
                    record::read(kind, record).map_err(|why| Damage::Garbled { line: seq + 1, why: brief(&why) })?;
                if let Record::Footer(footer) = &read {
                    count("cases", footer.cases, self.cases)?;
                    count("exchanges", footer.exchanges, self.exchanges)?;
                    self.footer = Some(footer.clone());
                }
                if wanted(kind) {
                    return Ok(Some(read));
                }
            }
        }
    }

    fn place(&self, seq: u64) -> Result<(), Damage> {
        place(seq, self.at, || self.follows(seq))
    }

    /// True if the record that belongs here stands further down: then it is not missing.
    fn follows(&self, found: u64) -> bool {
        let Ok(file) = archive::open(&self.folder) else { return false };
        let numbers = Lines(file).map_while(Result::ok).filter_map(|l| chain::parts(&l).map(|(seq, _, _)| seq));
        numbers.skip_while(|seq| *seq != found).any(|seq| seq == self.at)
    }
}

/// Fails unless a record has the number that is expected; `follows` says whether the record with that number stands further down.
fn place(seq: u64, expected: u64, follows: impl Fn() -> bool) -> Result<(), Damage> {
    match seq {
        _ if seq == expected => Ok(()),
        _ if seq + 1 == expected => Err(Damage::Doubled(seq)),
        _ if seq < expected || follows() => Err(Damage::Swapped { found: seq, expected }),
        _ if expected == 0 => Err(Damage::NoHeader),
        _ => Err(Damage::Missing { after: expected - 1, found: seq }),
    }
}

fn count(what: &'static str, said: u64, found: u64) -> Result<(), Damage> {
    if said == found { Ok(()) } else { Err(Damage::Count { what, said, found }) }
}

fn brief(text: &str) -> String {
    text.chars().take(200).collect()
}

/// What is sound of a file whose run was killed.
#[derive(Debug)]
pub struct Trunk {
    /// The next record's number.
    pub seq: u64,
    /// Hash of the last sound line.
    pub prev: String,
    /// Bytes of the last piece up to the end of the last sound line.
    pub bytes: u64,
    /// Bytes after it: a line that was being written.
    pub torn: u64,
    /// Case lines.
    pub cases: u64,
    /// Exchange lines.
    pub exchanges: u64,
}

impl Trunk {
    /// Cuts off what was half written.
    ///
    /// # Errors
    /// Whatever the disk gives.
    pub fn cut(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::File::options().write(true).open(folder.join(LAST))?.set_len(self.bytes)
    }

    /// Goes on over the lines of a piece.
    fn read(&mut self, mut lines: Lines<impl BufRead>, piece: &Path) -> Result<(), Damage> {
        let mut line = Vec::new();
        loop {
            let read = lines.read(&mut line).map_err(|source| {
                if broken(&source) {
                    Damage::Garbled { line: self.seq + 1, why: source.to_string() }
                } else {
                    Damage::Io { path: piece.to_owned(), source }
                }
            })?;
            if read == 0 {
                return Ok(());
            }
            if line.pop() != Some(b'\n') {
                self.torn = read;
                return Ok(());
            }
            let garbled = |why: &str| Damage::Garbled { line: self.seq + 1, why: why.to_owned() };
            let text = std::str::from_utf8(&line).map_err(|_| garbled("not UTF-8"))?;
            let (seq, prev, record) = chain::parts(text).ok_or_else(|| garbled("it has no number and no hash"))?;
            place(seq, self.seq, || false)?;
            if seq == 0 && chain::kind(record) != Some("header") {
                return Err(Damage::NoHeader);
            }
            if prev != self.prev {
                return Err(Damage::Changed(seq.saturating_sub(1)));
            }
            match chain::kind(record) {
                Some("case") => self.cases += 1,
                Some("exchange") => self.exchanges += 1,
                _ => {}
            }
            self.prev = crypto::hex(&crypto::sha256(&line));
            self.seq += 1;
            self.bytes += read;
        }
    }
}

/// Measures the sound beginning of the evidence in a run folder, which may end in the middle of a line.
///
/// # Errors
/// [`Damage`] if it is broken anywhere before its end.
pub fn trunk(folder: &Path) -> Result<Trunk, Damage> {
    let last = folder.join(LAST);
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| Damage::Io { path, source }
    };
    let full = archive::pieces(folder);
    if !full.is_empty() && !last.exists() {
        // The run was killed between two pieces.
        std::fs::File::create(&last).map_err(io(&last))?;
    }
    let mut trunk = Trunk { seq: 0, prev: String::new(), bytes: 0, torn: 0, cases: 0, exchanges: 0 };
    for piece in full.iter().chain([&last]) {
        if trunk.torn > 0 {
            return Err(Damage::Garbled { line: trunk.seq + 1, why: "its piece ends before it does".to_owned() });
        }
        let file = archive::open_at(piece).map_err(io(piece))?;
        trunk.bytes = 0;
        trunk.read(Lines(std::io::BufReader::with_capacity(1 << 16, file)), piece)?;
    }
    Ok(trunk)
}

#[cfg(test)]
mod tests;
