//! Data to stdout, diagnostics to stderr. A closed pipe ends the writing, not the program; any other fault is the program's.

use std::io::{self, BufWriter, ErrorKind, Write};

use crate::model::json::printable;

/// Where a command writes.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Why nothing is written any more.
    fault: Option<io::Error>,
}

impl Output {
    /// A line of data.
    pub(super) fn line(&mut self, text: &str) {
        self.text(&format!("{text}\n"));
    }

    /// Data as it is.
    pub(super) fn text(&mut self, text: &str) {
        self.keep(|| {
            let mut out = anstream::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        });
    }

    /// A file's bytes, which are no text for a terminal.
    pub(super) fn file(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        self.keep(|| {
            let mut out = BufWriter::new(io::stdout().lock());
            write(&mut out).and_then(|()| out.flush())
        });
    }

    /// Writes unless that has failed before, and keeps why it fails.
    fn keep(&mut self, write: impl FnOnce() -> io::Result<()>) {
        if self.fault.is_none() {
            self.fault = write().err();
        }
    }

    /// Why data is missing on stdout; a reader that has closed the pipe wanted no more.
    pub(super) fn fault(&self) -> Option<&io::Error> {
        self.fault.as_ref().filter(|fault| fault.kind() != ErrorKind::BrokenPipe)
    }

    /// A diagnostic. What it quotes may come from a file of anybody's: no line of it moves the cursor.
    pub(super) fn note(text: &str) {
        let lines: Vec<String> = text.split('\n').map(printable).collect();
        // Nobody to tell if stderr is closed.
        let _ = writeln!(anstream::stderr().lock(), "{}", lines.join("\n"));
    }

    /// An error; loading errors bring their own word.
    pub(super) fn problem(text: &str) {
        Self::note(&if text.starts_with("error") { text.to_owned() } else { format!("error: {text}") });
    }
}
