//! Templates of header values.

use super::endpoint::Contract;
use super::error::{LoadError, suggest};
use super::yaml::Node;
use crate::model::wire::Piece;

/// Hex digits that a counter has at most.
const MOST: usize = 64;

/// Reads a header template: `{now:...} {counter:7} {credential:x} {mac} {auth}` and literal text.
pub(super) fn pieces(node: &Node, contract: &Contract) -> Result<Vec<Piece>, LoadError> {
    let mut rest = node.text()?;
    let mut out = Vec::new();
    while let Some(open) = rest.find('{') {
        if open > 0 {
            out.push(Piece::Text(rest[..open].to_owned()));
        }
        let close =
            rest[open..].find('}').ok_or_else(|| node.error("`{` without `}`", "write `{now:yyyyMMdd}`"))? + open;
        let (word, argument) = rest[open + 1..close].split_once(':').unwrap_or((&rest[open + 1..close], ""));
        out.push(match word {
            "now" => Piece::Now(argument.to_owned()),
            "counter" => {
                let digits = argument.parse().ok().filter(|digits| (1..=MOST).contains(digits));
                Piece::Counter(digits.ok_or_else(|| {
                    let message = format!("`counter` wants the number of its hex digits, 1 to {MOST}");
                    node.error(message, "write `{counter:7}`")
                })?)
            }
            "credential" if contract.credentials.iter().any(|c| c.name == argument) => {
                Piece::Credential(argument.to_owned())
            }
            "credential" => {
                return Err(node.error(
                    format!("no credential `{argument}`"),
                    suggest(argument, contract.credentials.iter().map(|c| c.name.as_str())),
                ));
            }
            "mac" => Piece::Code,
            "auth" => Piece::Auth,
            other => {
                return Err(node.error(
                    format!("unknown hole `{other}`"),
                    suggest(other, ["now", "counter", "credential", "mac", "auth"]),
                ));
            }
        });
        rest = &rest[close + 1..];
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest.to_owned()));
    }
    Ok(out)
}
