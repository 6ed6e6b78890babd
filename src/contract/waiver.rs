//! Reads a file of waivers.

use chrono::NaiveDate;

use super::error::LoadError;
use super::file::File;
use super::yaml::{self, Node};
use crate::model::waiver::{LONGEST, Selector, Waiver};

/// Reads the waivers of a file.
///
/// # Errors
/// [`LoadError`] with the place of the first mistake: also a waiver that its owner approved, or that lasts too long.
pub fn load(file: &File) -> Result<Vec<Waiver>, LoadError> {
    let root = yaml::parse(&file.name, &file.text)?;
    let map = root.map()?;
    let version = map.req("konform")?;
    if version.text()? != "1" {
        return Err(version.error(
            format!("waivers of version {} are not known to konform {}", version.text()?, env!("CARGO_PKG_VERSION")),
            "this program reads `konform: 1`",
        ));
    }
    let waivers = map.req("waivers")?.list()?.iter().map(waiver).collect();
    map.done()?;
    waivers
}

fn waiver(node: &Node) -> Result<Waiver, LoadError> {
    let map = node.map()?;
    let filled = |key: &'static str| -> Result<String, LoadError> {
        let value = map.req(key)?;
        let text = value.text()?.trim();
        if text.is_empty() { Err(value.error(format!("`{key}` is empty"), "fill it in")) } else { Ok(text.to_owned()) }
    };
    let selector = match (map.opt("clause"), map.opt("case")) {
        (Some(clause), None) => Selector::Clause(exact(clause)?),
        (None, Some(case)) => Selector::Case(exact(case)?),
        _ => return Err(node.error("a waiver is about one clause or one case", "write `clause: ID` or `case: ID`")),
    };
    let (owner, reason) = (filled("owner")?, filled("reason")?);
    let approver = match map.opt("approver") {
        Some(name) if name.text()?.trim().eq_ignore_ascii_case(&owner) => {
            return Err(name.error(format!("{owner} approves a waiver of their own"), "let another person approve it"));
        }
        Some(name) => Some(name.text()?.trim().to_owned()).filter(|n| !n.is_empty()),
        None => None,
    };
    let (granted, expires) = (day(map.req("granted")?)?, day(map.req("expires")?)?);
    let days = (expires - granted).num_days();
    if !(0..=LONGEST).contains(&days) {
        return Err(map.req("expires")?.error(
            format!("a waiver of {days} days"),
            format!("at most {LONGEST} days after `granted`: let it be granted anew"),
        ));
    }
    let waiver = Waiver {
        selector,
        check: filled("check")?,
        pointer: map.req("pointer")?.text()?.to_owned(),
        observed: filled("observed")?,
        reason,
        owner,
        approver,
        granted: granted.to_string(),
        expires: expires.to_string(),
        source: node.source(),
    };
    map.done()?;
    Ok(waiver)
}

/// An id; a pattern would waive what nobody has looked at.
fn exact(node: &Node) -> Result<String, LoadError> {
    let text = node.text()?;
    if text.contains(['*', '?', '{']) {
        return Err(node.error(format!("`{text}` is a pattern"), "name one clause or case; waivers are exact"));
    }
    Ok(text.to_owned())
}

fn day(node: &Node) -> Result<NaiveDate, LoadError> {
    let text = node.text()?;
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| node.error(format!("`{text}` is no day"), "write yyyy-mm-dd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "konform: 1
waivers:
  - clause: a/request/b/length
    check: refused
    pointer: request:/b
    observed: accepted with 200
    reason: ticket 7
    owner: ann
    approver: bob
    granted: 2026-11-01
    expires: 2026-12-31
";

    #[test]
    fn mistakes_name_their_line() {
        let load = |text: &str| load(&File { name: "w.yaml".to_owned(), text: text.to_owned() });
        assert_eq!(load(GOOD).unwrap().len(), 1);
        assert_eq!(load(&GOOD.replace("    approver: bob\n", "")).unwrap()[0].approver, None);
        for (from, to, line, says) in [
            ("approver: bob", "approver: Ann", 9, "ann approves a waiver of their own"),
            ("clause: a/request/b/length", "clause: a/**", 3, "`a/**` is a pattern"),
            ("clause: a/request/b/length", "clause: a\n    case: b", 3, "a waiver is about one clause or one case"),
            ("2026-12-31", "2027-03-01", 11, "a waiver of 120 days"),
            ("2026-12-31", "2026-10-01", 11, "a waiver of -31 days"),
            ("2026-12-31", "soon", 11, "`soon` is no day"),
            ("reason: ticket 7", "reason: ''", 7, "`reason` is empty"),
            ("    owner: ann\n", "", 3, "`owner` is missing"),
            ("    reason:", "    why: x\n    reason:", 7, "unknown key `why`"),
        ] {
            let error = load(&GOOD.replace(from, to)).unwrap_err();
            assert_eq!(error.place().1, line, "{error}");
            assert!(error.message().starts_with(says), "{error}");
        }
    }
}
