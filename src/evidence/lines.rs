//! The lines of a file that may come from anybody: one that never ends is an error, and does not fill the memory.

use std::io::{self, BufRead, Read as _};

/// Bytes that a line may have: with bodies of 4 megabytes, escaped or in base64, the longest line of a run has less than half of it.
const LONGEST: u64 = 128 << 20;

/// True for an error that says that a file is broken, not that it can't be read: its lines, or the compression of its pieces.
pub(super) fn broken(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}

/// Reads line by line.
pub(super) struct Lines<R>(pub(super) R);

impl<R: BufRead> Lines<R> {
    /// Reads the next line with its end into `line`, and says how many bytes it has; 0 at the end of the file.
    pub(super) fn read(&mut self, line: &mut Vec<u8>) -> io::Result<u64> {
        line.clear();
        let read = (&mut self.0).take(LONGEST).read_until(b'\n', line)? as u64;
        if read == LONGEST && line.last() != Some(&b'\n') {
            let why = format!("it has {LONGEST} bytes or more");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(read)
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        match self.read(&mut line) {
            Ok(0) => None,
            Ok(_) => {
                if line.last() == Some(&b'\n') {
                    line.pop();
                    if line.last() == Some(&b'\r') {
                        line.pop();
                    }
                }
                Some(String::from_utf8(line).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8")))
            }
            Err(e) => Some(Err(e)),
        }
    }
}

#[cfg(test)]
mod tests;
