//! Where evidence lies: in pieces, of which those that are full are compressed while the run goes on.
//!
//! The piece that is being written is `evidence.jsonl`. Once it has [`PIECE`] bytes it becomes `evidence.0001.jsonl`, then
//! `evidence.0001.jsonl.gz`, and the lines go on in a new `evidence.jsonl`. Whatever moment a run is killed at, the plain form of a piece
//! is whole while it is there.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::chain::Damage;

/// Name of the last piece, which is the only one of most runs.
pub const LAST: &str = "evidence.jsonl";
/// Bytes after which a piece is full.
pub const PIECE: u64 = 64 << 20;

/// True for the name of a piece, compressed or not.
#[must_use]
pub fn is_piece(name: &str) -> bool {
    name == LAST
        || name.strip_prefix("evidence.").and_then(|rest| rest.split_once('.')).is_some_and(|(number, end)| {
            number.len() >= 4 && number.bytes().all(|b| b.is_ascii_digit()) && matches!(end, "jsonl" | "jsonl.gz")
        })
}

fn full(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("evidence.{number:04}.jsonl"))
}

fn packed(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("evidence.{number:04}.jsonl.gz"))
}

/// The full pieces of a run folder, in their order.
pub(super) fn pieces(folder: &Path) -> Vec<PathBuf> {
    let piece = |number| [full(folder, number), packed(folder, number)].into_iter().find(|path| path.exists());
    (1..).map_while(piece).collect()
}

/// Opens all pieces of a run folder as one text.
pub(super) fn open(folder: &Path) -> Result<Box<dyn BufRead>, Damage> {
    let last = folder.join(LAST);
    let mut left = pieces(folder);
    // A run may have been killed between the end of one piece and the beginning of the next.
    if left.is_empty() || last.exists() {
        left.push(last);
    }
    let failed = |source| Damage::Io { path: left[0].clone(), source };
    let first = open_at(&left[0]).map_err(failed)?;
    let rest = left.split_off(1).into_iter();
    Ok(Box::new(BufReader::with_capacity(1 << 16, Pieces { now: Some(first), left: rest })))
}

/// Opens a file that may be compressed. A pipe or a device, which may never end, is not opened.
///
/// # Errors
/// Whatever the disk gives.
pub fn open_at(path: &Path) -> io::Result<Box<dyn Read>> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let file = BufReader::with_capacity(1 << 16, File::open(path)?);
    Ok(if path.extension().is_some_and(|e| e == "gz") { Box::new(GzDecoder::new(file)) } else { Box::new(file) })
}

/// The error with the name of the piece: whoever reads all of them as one does not know which it was.
fn named(piece: &Path, error: &io::Error) -> io::Error {
    let name = piece.file_name().unwrap_or_default().to_string_lossy();
    io::Error::new(error.kind(), format!("{name}: {error}"))
}

/// Pieces one after the other.
struct Pieces {
    now: Option<Box<dyn Read>>,
    left: std::vec::IntoIter<PathBuf>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(now) = &mut self.now {
            let read = now.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            self.now = self.left.next().map(|path| open_at(&path).map_err(|e| named(&path, &e))).transpose()?;
        }
        Ok(0)
    }
}

/// Gives the last piece, which is full, the next number, and answers the number and the file of a new last piece.
///
/// # Errors
/// Whatever the disk gives; no line is lost by it.
pub(super) fn turn(folder: &Path) -> io::Result<(usize, File)> {
    let number = pieces(folder).len() + 1;
    fs::rename(folder.join(LAST), full(folder, number))?;
    Ok((number, File::create(folder.join(LAST))?))
}

/// Compresses what a killed run has left as it was.
///
/// # Errors
/// Whatever the disk gives.
pub(super) fn settle(folder: &Path) -> io::Result<()> {
    let count = pieces(folder).len();
    (1..=count).filter(|number| full(folder, *number).exists()).try_for_each(|number| pack(folder, number))
}

/// Compresses a full piece.
///
/// # Errors
/// Whatever the disk gives; the plain form stays until the other is whole.
pub(super) fn pack(folder: &Path, number: usize) -> io::Result<()> {
    let (from, to) = (full(folder, number), packed(folder, number));
    // Under the last name nothing stands that is not whole.
    let half = to.with_extension("gz.part");
    let mut encoder = GzEncoder::new(BufWriter::new(File::create(&half)?), Compression::fast());
    io::copy(&mut BufReader::with_capacity(1 << 16, File::open(&from)?), &mut encoder)?;
    encoder.finish()?.flush()?;
    fs::rename(half, to)?;
    fs::remove_file(from)
}

#[cfg(test)]
mod tests;
