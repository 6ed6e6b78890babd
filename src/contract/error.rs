//! Loading errors: file, line, column, a caret, and what to write instead.

use std::fmt;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::model::Source;

/// A contract or profile that can't be loaded.
#[derive(Clone, Debug)]
pub struct LoadError(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    file: String,
    text: String,
    span: std::ops::Range<usize>,
    line: usize,
    column: usize,
    message: String,
    help: String,
}

impl LoadError {
    pub(crate) fn at(
        file: &str,
        text: &str,
        span: std::ops::Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let start = span.start.min(text.len());
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let span = start..span.end.clamp(start, text.len());
        Self(Box::new(Details {
            file: file.to_owned(),
            text: text.to_owned(),
            span,
            line,
            column,
            message: message.into(),
            help: help.into(),
        }))
    }

    /// An error that points at a place of a file with this text.
    pub(crate) fn of(source: &Source, text: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        let before: usize = text.split_inclusive('\n').take(source.line.saturating_sub(1)).map(str::len).sum();
        let line = text[before..].lines().next().unwrap_or_default();
        let at = line.char_indices().nth(source.column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
        Self::at(&source.file, text, before + at..before + line.len().max(at + 1), message, help)
    }

    /// An error about a file as a whole.
    pub(crate) fn whole(file: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::at(file, "", 0..0, message, help)
    }

    /// What is wrong, one sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.0.help
    }

    /// File, line and column, counted from 1.
    #[must_use]
    pub fn place(&self) -> (&str, usize, usize) {
        (&self.0.file, self.0.line, self.0.column)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let d = &self.0;
        if d.text.is_empty() {
            write!(f, "error: {}\n --> {}", d.message, d.file)?;
            return if d.help.is_empty() { Ok(()) } else { write!(f, "\nhelp: {}", d.help) };
        }
        let snippet =
            Snippet::source(&d.text).path(&d.file).fold(true).annotation(AnnotationKind::Primary.span(d.span.clone()));
        let mut report = vec![Level::ERROR.primary_title(&d.message).element(snippet)];
        if !d.help.is_empty() {
            report.push(annotate_snippets::Group::with_title(Level::HELP.secondary_title(&d.help)));
        }
        f.write_str(&Renderer::plain().decor_style(DecorStyle::Ascii).render(&report))
    }
}

impl std::error::Error for LoadError {}

/// How many words are listed where none is near.
const SHOWN: usize = 30;

/// "did you mean" for a mistyped word, else the whole list.
pub(crate) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    // A key that is read in two places is known twice.
    let mut seen = std::collections::HashSet::new();
    let known: Vec<&str> = known.into_iter().filter(|word| seen.insert(*word)).collect();
    let near = known.iter().map(|k| (strsim::damerau_levenshtein(&word.to_lowercase(), &k.to_lowercase()), *k)).min();
    match near {
        Some((distance, k)) if distance <= (k.len() / 3).max(1) => format!("did you mean `{k}`?"),
        _ if known.len() > SHOWN => {
            format!("write one of: {} ... ({} in all)", known[..SHOWN].join(", "), known.len())
        }
        _ => format!("write one of: {}", known.join(", ")),
    }
}
