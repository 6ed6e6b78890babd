//! Files that a user names. One that never ends, such as a device, is an error, and does not fill the memory.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes that a file may have: a profile, a key, a list of waivers and what konform writes for one reader are far below it.
const LONGEST: u64 = 64 << 20;

/// The text of a file or a pipe.
///
/// # Errors
/// Why it can't be read: it is longer than [`LONGEST`], or not UTF-8.
pub(super) fn text(path: impl AsRef<Path>) -> io::Result<String> {
    let bytes = bytes(path)?;
    String::from_utf8(bytes).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].split(|b| *b == b'\n').count();
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not UTF-8"))
    })
}

/// The bytes of a file or a pipe.
///
/// # Errors
/// Why it can't be read: it may be longer than [`LONGEST`].
pub(super) fn bytes(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut out)?;
    if out.len() as u64 > LONGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {LONGEST} bytes")));
    }
    Ok(out)
}
