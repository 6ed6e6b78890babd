//! GitHub's annotations: a workflow command per finding, at the contract's line.

use super::place::{Place, Places};
use crate::model::count::counted;
use crate::model::event::Standing;
use crate::model::{Level, RunHeader, Summary};

/// Annotations that GitHub shows of one step and kind; more are dropped by it.
const SHOWN: usize = 10;

/// The commands, a line each: errors, then warnings, then one error if the run could not tell.
#[must_use]
pub fn annotations(header: &RunHeader, summary: &Summary) -> Vec<String> {
    let mut out = Vec::new();
    let places = Places::new(header);
    for (level, word) in [(Level::Must, "error"), (Level::Should, "warning")] {
        let open = summary.findings.iter().filter(|f| f.level == level && f.standing == Standing::Open);
        out.extend(open.take(SHOWN).map(|f| {
            let title = property(&f.clause);
            let says = format!("{}: expected {}, was {}\n{}", f.says, f.expected, f.actual, f.replay);
            let (line, column) = (f.source.line, f.source.column);
            match places.find(&f.source.file) {
                Place::Inside(path) => {
                    let path = property(&path);
                    format!("::{word} file={path},line={line},col={column},title={title}::{}", data(&says))
                }
                // GitHub shows no line of a file that the repository does not have.
                _ => format!("::{word} title={title}::{}", data(&format!("{says}\n{}:{line}:{column}", f.source.file))),
            }
        }));
    }
    for ((what, count), note) in summary.obstacles.iter().zip(&summary.notes).take(SHOWN) {
        out.push(format!(
            "::error title={}::{}",
            property(what),
            data(&format!("{}, first {note}", counted(*count, "case")))
        ));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
