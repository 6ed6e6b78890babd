//! `konform rejudge`: every verdict of a run once more, from its evidence, and every report held against what follows.

use std::path::Path;

use super::acceptance::Acceptance;
use crate::cli::Failure;
use crate::cli::args::Rejudge;
use crate::cli::config::Config;
use crate::cli::output::Output;
use crate::cli::suite;
use crate::evidence::{Damage, Reader};
use crate::model::count::counted;
use crate::model::{Exit, RunHeader, Summary};
use crate::report::{self, console};
use crate::runner::summary::sum_up;
use crate::runner::{Rejudged, rejudge};

/// What a folder's evidence gives.
pub(super) struct Again {
    pub(super) header: RunHeader,
    pub(super) summary: Summary,
    pub(super) rejudged: Rejudged,
}

/// Judges a folder's evidence again; the inner error is damage.
pub(super) fn again(
    folder: &Path,
    contract: Option<&str>,
    profile: Option<&Path>,
) -> Result<Result<Again, Damage>, Failure> {
    let mut reader = match Reader::open(folder) {
        Ok(reader) => reader,
        Err(Damage::Io { path, source }) => {
            return Err(Failure::read(path.display(), source).hint("; give the folder of a run"));
        }
        Err(damage) => return Ok(Err(damage)),
    };
    let header = reader.header().clone();
    if let Some(other) = suite::other_sources(&header) {
        Output::note(&other);
    }
    let plan = Config::plan_of(&header, contract, profile)?;
    let accepted = Acceptance::kept(folder, &header)?.accepted(&header, &plan.contract().zone)?;
    let rejudged = match rejudge(&plan, accepted, &mut reader) {
        Ok(rejudged) => rejudged,
        Err(damage) => return Ok(Err(damage)),
    };
    let mut summary = sum_up(&header, &rejudged.tally, &plan);
    summary.root.clone_from(&rejudged.root);
    Ok(Ok(Again { header, summary, rejudged }))
}

pub(in crate::cli) fn command(args: &Rejudge, out: &mut Output) -> Result<Exit, Failure> {
    let again = match again(&args.folder, args.contract.as_deref(), args.profile.as_deref())? {
        Ok(again) => again,
        Err(damage) => {
            Output::problem(&damage.to_string());
            return Ok(Exit::Evidence);
        }
    };
    for difference in &again.rejudged.differences {
        Output::problem(&difference.to_string());
    }
    if again.rejudged.differing > 0 {
        Output::problem(&format!(
            "{} differences: the evidence does not give these verdicts",
            again.rejudged.differing
        ));
        return Ok(Exit::Harness);
    }
    if let Some(difference) = report_differs(&args.folder, &again)? {
        Output::problem(&difference);
        return Ok(Exit::Evidence);
    }
    out.line(&console::verdict(&again.summary));
    out.line(&format!(
        "agrees: {} and {} judged again, root {}",
        counted(again.summary.counts.total() + again.summary.counts.not_applicable, "case"),
        counted(again.summary.exchanges, "exchange"),
        again.summary.root
    ));
    Ok(Exit::Green)
}

/// The first report that is not what the evidence gives, with the line where they part.
pub(super) fn report_differs(folder: &Path, again: &Again) -> Result<Option<String>, Failure> {
    let failed = |e: std::io::Error| Failure::write("the reports again", e);
    let own = Scratch::new().map_err(failed)?;
    report::write(&own.0, folder, &again.header, &again.summary).map_err(failed)?;
    if let Some(root) = root_of(&folder.join("results.json")).filter(|root| *root != again.summary.root) {
        return Ok(Some(format!(
            "the evidence ends in {}, results.json names {root}: the last record was changed, or results.json",
            again.summary.root
        )));
    }
    let mut names: Vec<String> = report::FILES.map(str::to_owned).to_vec();
    names.extend(again.summary.findings.iter().map(|f| format!("findings/{}.json", f.number)));
    for name in names {
        let Ok(theirs) = std::fs::File::open(folder.join(&name)) else {
            return Ok(Some(format!("{name} is missing: `konform report` makes it again")));
        };
        let ours = std::fs::File::open(own.0.join(&name)).map_err(failed)?;
        if let Some(line) = parting(ours, theirs).map_err(failed)? {
            return Ok(Some(format!("{name} is not what the evidence gives: they part at line {line}")));
        }
    }
    Ok(None)
}

/// The first line in which two files differ, from 1; a line of ours is held at a time, and no more of theirs.
fn parting(ours: std::fs::File, theirs: std::fs::File) -> std::io::Result<Option<u64>> {
    use std::io::{BufRead as _, Read as _};
    let (mut ours, mut theirs) = (std::io::BufReader::new(ours), std::io::BufReader::new(theirs));
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for line in 1.. {
        a.clear();
        b.clear();
        let own = ours.read_until(b'\n', &mut a)?;
        let ends = (own, theirs.by_ref().take(own as u64 + 1).read_until(b'\n', &mut b)?) == (0, 0);
        if a != b {
            return Ok(Some(line));
        }
        if ends {
            break;
        }
    }
    Ok(None)
}

/// The root that results.json names, in its first megabyte; a large file is not read whole.
fn root_of(path: &Path) -> Option<String> {
    let head = std::io::Read::take(std::fs::File::open(path).ok()?, 1 << 20);
    let line = std::io::BufRead::lines(std::io::BufReader::new(head))
        .map_while(Result::ok)
        .find(|l| l.trim_start().starts_with("\"root\":"))?;
    Some(line.split('"').nth(3)?.to_owned())
}

/// A folder of the system that is removed again.
pub(super) struct Scratch(pub(super) std::path::PathBuf);

impl Scratch {
    pub(super) fn new() -> std::io::Result<Self> {
        let name = format!("konform-{}", crate::crypto::hex(&crate::crypto::random::<8>()));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind in the system's own folder is no error of this command.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
