//! Which suite this program is, and whether a run was made by another one.

use super::Failure;
use crate::model::RunHeader;

/// konform's version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// SHA-256 of the sources that plan and judge, as they were when this program was built, hex. Two programs of one digest, built
/// with the same versions of libraries (`Cargo.lock`), make the same cases and come to the same verdicts over the same answers.
pub(super) const DIGEST: &str = env!("KONFORM_SUITE_DIGEST");

/// Refuses a run of another version: its evidence may have another form.
pub(super) fn same_version(header: &RunHeader) -> Result<(), Failure> {
    if header.suite == VERSION {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "the run was made by konform {}, this is {VERSION}: plans and checks may differ",
        header.suite
    )))
}

/// What to say of a run whose cases were planned and judged by other sources than this program's; nothing where they are the same.
pub(super) fn other_sources(header: &RunHeader) -> Option<String> {
    let made = match header.suite_digest.as_str() {
        DIGEST => return None,
        "" => "sources that it does not name",
        digest => digest,
    };
    Some(format!("the run was planned and judged by {made}, this program by {DIGEST}: plans and checks may differ"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_other_sources_are_told_from_ones_own() {
        let made = |digest: &str| RunHeader { suite_digest: digest.to_owned(), ..RunHeader::default() };
        assert_eq!(other_sources(&made(DIGEST)), None);
        assert!(other_sources(&made("")).is_some_and(|said| said.contains("does not name")));
        let other = "0".repeat(64);
        assert!(other_sources(&made(&other)).is_some_and(|said| said.contains(&other) && said.contains(DIGEST)));
        assert!(DIGEST.len() == 64 && DIGEST.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
