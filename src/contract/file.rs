//! A contract or profile file.

/// A contract file: its name as shown in errors and findings, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Name or path.
    pub name: String,
    /// Content.
    pub text: String,
}
