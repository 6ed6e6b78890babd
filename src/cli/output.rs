//! Data to stdout, diagnostics to stderr. A closed pipe ends the writing, not the program.

use std::io::Write;

/// Where a command writes.
#[derive(Debug, Default)]
pub(super) struct Output {
    closed: bool,
}

impl Output {
    /// A line of data.
    pub(super) fn line(&mut self, text: &str) {
        self.text(&format!("{text}\n"));
    }

    /// Data as it is.
    pub(super) fn text(&mut self, text: &str) {
        if !self.closed {
            let mut out = anstream::stdout().lock();
            self.closed = out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err();
        }
    }

    /// A diagnostic.
    pub(super) fn note(text: &str) {
        // Nobody to tell if stderr is closed.
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }

    /// An error; loading errors bring their own word.
    pub(super) fn problem(text: &str) {
        Self::note(&if text.starts_with("error") { text.to_owned() } else { format!("error: {text}") });
    }
}
