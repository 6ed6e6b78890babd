//! Lossless JSON: number lexemes as text, duplicate keys kept, defects with their byte offset.
//!
//! `serde_json` rewrites `1e19`, keeps the last of two equal keys and refuses lone surrogates; a conformance test must see what
//! was really sent. `value` is what stands in a document, `document` reads it.

mod document;
mod value;

pub use document::{Defect, DefectKind, Document, MAX_DEPTH, SyntaxError, parse};
pub use value::{Json, Redacted, Text, printable, put};
