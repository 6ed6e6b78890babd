//! Where evidence lies: `evidence.jsonl`, or `evidence.jsonl.zst` once it is large.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::chain::Damage;

/// Name of the file.
pub const PLAIN: &str = "evidence.jsonl";
/// Its name when compressed.
pub const PACKED: &str = "evidence.jsonl.zst";
/// Bytes beyond which a finished file is compressed.
pub const LARGE: u64 = 64 << 20;
/// zstd's own default: evidence shrinks to a twentieth, at disk speed.
const LEVEL: i32 = 3;

/// Opens a run folder's evidence; while both forms are there, packing was cut short and the plain one is whole.
pub(super) fn open(folder: &Path) -> Result<(PathBuf, Box<dyn BufRead>), Damage> {
    let plain = folder.join(PLAIN);
    let path = if plain.exists() || !folder.join(PACKED).exists() { plain } else { folder.join(PACKED) };
    open_at(&path)
}

pub(super) fn open_at(path: &Path) -> Result<(PathBuf, Box<dyn BufRead>), Damage> {
    let failed = |source| Damage::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let reader: Box<dyn BufRead> = if path.extension().is_some_and(|e| e == "zst") {
        Box::new(BufReader::with_capacity(1 << 16, zstd::Decoder::new(file).map_err(failed)?))
    } else {
        Box::new(BufReader::with_capacity(1 << 16, file))
    };
    Ok((path.to_owned(), reader))
}

/// Compresses a finished file that is larger than `limit` bytes.
///
/// # Errors
/// Whatever the disk gives; the plain file stays until the other is whole.
pub fn pack(folder: &Path, limit: u64) -> io::Result<()> {
    let plain = folder.join(PLAIN);
    if plain.metadata()?.len() <= limit {
        return Ok(());
    }
    let mut encoder = zstd::Encoder::new(BufWriter::new(File::create(folder.join(PACKED))?), LEVEL)?;
    io::copy(&mut BufReader::with_capacity(1 << 16, File::open(&plain)?), &mut encoder)?;
    encoder.finish()?.flush()?;
    std::fs::remove_file(plain)
}
