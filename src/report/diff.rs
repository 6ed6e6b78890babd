//! What changed between two runs, or between the behaviour snapshots and a run.
//!
//! A finding is the same in both if clause, check and place are. What a run could not tell (an outage, a canary that failed, a clause
//! that was not put to the test) is neither mended nor broken: it is listed as not judged.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{coverage, records, results, snapshot};
use crate::crypto;
use crate::model::count::counted;
use crate::model::event::{ClauseRecord, Confirmed, Standing};
use crate::model::{Exit, FindingRecord, Level, RunHeader, Summary};

/// Ids printed of each list; JSON has all.
const SHOWN: usize = 10;
/// A 99th percentile is slower from so many microseconds more on, if it is also twice what it was.
const SLOWER: u64 = 50_000;
/// Exchanges of an endpoint below which its times say nothing.
const FEW: u64 = 20;

/// One side of a comparison. Its cases stay in their files and are read one at a time: a run may have millions.
#[derive(Debug)]
pub struct Side {
    folder: PathBuf,
    /// None for a folder of snapshots.
    run: Option<Run>,
}

#[derive(Debug)]
struct Run {
    header: RunHeader,
    summary: Summary,
    clauses: HashMap<String, ClauseRecord>,
}

/// What a case showed.
#[derive(Debug)]
struct Seen {
    /// None in a snapshot.
    outcome: Option<String>,
    broken: Vec<String>,
    saw: String,
    headers: String,
}

impl Seen {
    fn conclusive(&self) -> bool {
        self.outcome.as_deref().is_none_or(|o| matches!(o, "PASS" | "FAIL"))
    }
}

/// Cases with their ids, one at a time.
type Cases<'a> = Box<dyn Iterator<Item = Result<(String, Seen), Unreadable>> + 'a>;

/// A side of which the cases can't be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read {}: {source}", folder.display())]
pub struct Unreadable {
    /// Its folder.
    pub folder: PathBuf,
    /// What the disk gives, or what is wrong with the evidence.
    pub source: io::Error,
}

/// The first bytes of a text's SHA-256, which stand for it.
type Digest = [u8; 16];

fn digest(text: &str) -> Digest {
    let whole = crypto::sha256(text.as_bytes());
    std::array::from_fn(|at| whole[at])
}

/// All that is kept of a case of the first side while the second is read.
struct Mark {
    conclusive: bool,
    broken: Digest,
    saw: Digest,
    headers: Digest,
}

impl Mark {
    fn of(seen: &Seen) -> Self {
        Self {
            conclusive: seen.conclusive(),
            broken: digest(&seen.broken.join("\n")),
            saw: digest(&seen.saw),
            headers: digest(&seen.headers),
        }
    }
}

impl Side {
    /// Opens a run folder, or a folder of snapshots.
    ///
    /// # Errors
    /// Whatever the disk gives, or what is wrong with the files.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let folder = folder.to_owned();
        if !folder.join("results.json").exists() {
            if snapshot::read(&folder)?.is_empty() {
                let why = format!("{} holds neither a run's results.json nor snapshots", folder.display());
                return Err(io::Error::other(why));
            }
            return Ok(Self { folder, run: None });
        }
        let (header, summary) = results::read(&folder.join("results.json"))?;
        let clauses = coverage::read(&folder.join("coverage.json"))?.into_iter().map(|c| (c.id.clone(), c)).collect();
        Ok(Self { folder, run: Some(Run { header, summary, clauses }) })
    }

    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    /// The cases with their ids, in the order of the files.
    fn cases(&self) -> Result<Cases<'_>, Unreadable> {
        let failed = |source| Unreadable { folder: self.folder.clone(), source };
        if self.run.is_none() {
            let seen = |saw, headers| Seen { outcome: None, broken: Vec::new(), saw, headers };
            let cases = snapshot::read(&self.folder).map_err(failed)?.into_iter();
            return Ok(Box::new(cases.map(move |(id, saw, headers)| Ok((id, seen(saw, headers))))));
        }
        Ok(Box::new(records::cases(&self.folder).map_err(failed)?.map(move |record| {
            let case = record.map_err(failed)?.case;
            let seen = Seen { outcome: Some(case.outcome), broken: case.broken, saw: case.saw, headers: case.headers };
            Ok((case.id, seen))
        })))
    }
}

/// What changed.
#[derive(Debug, Serialize)]
pub struct Diff {
    format: &'static str,
    version: u32,
    /// Names of the two sides.
    before: String,
    after: String,
    /// Why the two say little of each other, if so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// True if the two can't be compared at all.
    incomparable: bool,
    /// Findings that were not there before.
    new_failures: Vec<Change>,
    /// Findings that are gone, though their clause was put to the test.
    fixed: Vec<Change>,
    /// Findings of both.
    still_failing: Vec<Change>,
    /// Findings of before of whose clause nothing was learnt.
    not_judged: Vec<Change>,
    /// Findings that a second run did not show again, and that were not so before.
    newly_flaky: Vec<Change>,
    /// Cases that answer otherwise, with no clause broken or mended.
    changed_behaviour: Vec<Behaviour>,
    /// Cases that are no longer there.
    lost_cases: Vec<String>,
    /// Cases that were not there.
    new_cases: Vec<String>,
    /// Cases that ended conclusively before, and now did not.
    not_answered: Vec<String>,
    /// Endpoints whose 99th percentile doubled.
    slower: Vec<Slower>,
}

/// A finding in a comparison.
#[derive(Clone, Debug, Serialize)]
struct Change {
    clause: String,
    level: Level,
    check: &'static str,
    pointer: String,
    expected: String,
    actual: String,
    case: String,
    count: u64,
    standing: Standing,
}

impl Change {
    fn of(f: &FindingRecord) -> Self {
        Self {
            clause: f.clause.clone(),
            level: f.level,
            check: f.check.word(),
            pointer: f.pointer.clone(),
            expected: f.expected.clone(),
            actual: f.actual.clone(),
            case: f.case.clone(),
            count: f.count,
            standing: f.standing,
        }
    }

    fn text(&self) -> String {
        let word = match (self.standing, self.level) {
            (Standing::Waived, _) => "waived",
            (Standing::Known, _) => "known",
            (Standing::Open, Level::Must) => "MUST",
            (Standing::Open, Level::Should) => "SHOULD",
        };
        let place = if self.pointer.is_empty() { String::new() } else { format!(" at {}", self.pointer) };
        format!(
            "{word} {}{place}: expected {}, was {} ({})",
            self.clause,
            self.expected,
            self.actual,
            counted(self.count, "case")
        )
    }
}

/// A case that answers otherwise.
#[derive(Clone, Debug, Serialize)]
struct Behaviour {
    case: String,
    before: String,
    after: String,
}

/// An endpoint that takes longer, microseconds at the 99th percentile.
#[derive(Clone, Debug, Serialize)]
struct Slower {
    endpoint: String,
    before: u64,
    after: u64,
}

/// Compares.
///
/// # Errors
/// [`Unreadable`] with the side.
pub fn compare(before: &Side, after: &Side) -> Result<Diff, Unreadable> {
    let mut diff = Diff {
        format: "konform/diff",
        version: 1,
        before: before.name(),
        after: after.name(),
        notes: Vec::new(),
        incomparable: false,
        new_failures: Vec::new(),
        fixed: Vec::new(),
        still_failing: Vec::new(),
        not_judged: Vec::new(),
        newly_flaky: Vec::new(),
        changed_behaviour: Vec::new(),
        lost_cases: Vec::new(),
        new_cases: Vec::new(),
        not_answered: Vec::new(),
        slower: Vec::new(),
    };
    let again = cases(before, after, &mut diff)?;
    match (&before.run, &after.run) {
        (Some(old), Some(new)) => {
            headers(&old.header, &new.header, &mut diff);
            findings(old, new, &again, &mut diff);
            times(&old.summary, &new.summary, &mut diff);
        }
        (None, Some(new)) => {
            diff.notes
                .push("snapshots hold behaviour, no verdicts: every finding of the run is listed as new".to_owned());
            diff.new_failures = new.summary.findings.iter().map(Change::of).collect();
        }
        _ => {}
    }
    if let Some(new) = &after.run {
        let outage = new.summary.outage();
        if outage > 0 {
            diff.notes.push(format!(
                "{} ends in an OUTAGE: {outage} cases were not sent, nothing can be said of them",
                after.name()
            ));
        } else if new.summary.partial {
            diff.notes.push(format!("{} is partial: it ended before its plan did", after.name()));
        }
    }
    Ok(diff)
}

fn headers(old: &RunHeader, new: &RunHeader, diff: &mut Diff) {
    if old.contract != new.contract {
        diff.incomparable = true;
        diff.notes.push(format!("one is a run of {}, the other of {}", old.contract, new.contract));
    } else if old.contract_digest != new.contract_digest {
        diff.notes.push("the contracts differ: `konform diff --contract` says how".to_owned());
    }
    for (what, a, b) in [
        ("target", old.target.clone(), new.target.clone()),
        ("konform", old.suite.clone(), new.suite.clone()),
        ("mode", old.mode.clone(), new.mode.clone()),
        ("seed", old.seed.to_string(), new.seed.to_string()),
    ] {
        if a != b {
            diff.notes.push(format!("{what}: {a} before, {b} after"));
        }
    }
}

/// Compares the findings. `again`: the cases of the first side's findings that the second side has, and whether each was conclusive there.
fn findings(old: &Run, new: &Run, again: &HashMap<String, bool>, diff: &mut Diff) {
    let by = |run: &Run| -> HashMap<String, FindingRecord> {
        run.summary.findings.iter().map(|f| (f.identity(), f.clone())).collect()
    };
    let (before, after) = (by(old), by(new));
    for finding in &new.summary.findings {
        let known = before.get(&finding.identity());
        match known {
            Some(_) => diff.still_failing.push(Change::of(finding)),
            None => diff.new_failures.push(Change::of(finding)),
        }
        let flaky = |f: &FindingRecord| f.confirmed == Confirmed::NotReproduced;
        if flaky(finding) && !known.is_some_and(flaky) {
            diff.newly_flaky.push(Change::of(finding));
        }
    }
    for finding in old.summary.findings.iter().filter(|f| !after.contains_key(&f.identity())) {
        let asserted = || new.clauses.get(&finding.clause).is_some_and(|c| c.asserted > 0);
        // The case that showed it must have been put again; of one that was drawn and made smaller, the clause must have been.
        let judged = match again.get(&finding.case) {
            Some(conclusive) => *conclusive && asserted(),
            None => !snapshot::remembered(&finding.case) && asserted(),
        };
        let list = if judged { &mut diff.fixed } else { &mut diff.not_judged };
        list.push(Change::of(finding));
    }
}

/// Compares the cases. Answers which cases of the first side's findings the second side has, and whether each was conclusive there.
///
/// The first side is read for a mark of each case, the second is compared with the marks, and the first is read again for the words of what
/// differs: what is kept of a case is its digests alone.
fn cases(before: &Side, after: &Side, diff: &mut Diff) -> Result<HashMap<String, bool>, Unreadable> {
    let both_runs = before.run.is_some() && after.run.is_some();
    let findings = before.run.iter().flat_map(|run| &run.summary.findings);
    let told: HashSet<&str> = findings.map(|f| f.case.as_str()).collect();
    let mut marks = HashMap::new();
    for case in before.cases()? {
        let (id, seen) = case?;
        marks.insert(digest(&id), Mark::of(&seen));
    }
    let mut again = HashMap::new();
    let mut changed = HashMap::new();
    for case in after.cases()? {
        let (id, new) = case?;
        if told.contains(id.as_str()) {
            again.insert(id.clone(), new.conclusive());
        }
        let Some(old) = marks.remove(&digest(&id)) else {
            // Snapshots leave out what is drawn or raced.
            if before.run.is_some() || snapshot::remembered(&id) {
                diff.new_cases.push(id);
            }
            continue;
        };
        if old.conclusive && !new.conclusive() {
            diff.not_answered.push(id);
        } else if old.conclusive && snapshot::remembered(&id) {
            let mark = Mark::of(&new);
            let same_verdict = !both_runs || old.broken == mark.broken;
            if same_verdict && (old.saw, old.headers) != (mark.saw, mark.headers) {
                changed.insert(id, new);
            }
        }
    }
    let lost = |id: &str| marks.contains_key(&digest(id)) && (after.run.is_some() || snapshot::remembered(id));
    if !marks.is_empty() || !changed.is_empty() {
        for case in before.cases()? {
            let (id, old) = case?;
            if let Some(new) = changed.remove(&id) {
                let (before, after) = if old.saw == new.saw { (old.headers, new.headers) } else { (old.saw, new.saw) };
                diff.changed_behaviour.push(Behaviour { case: id, before, after });
            } else if lost(&id) {
                diff.lost_cases.push(id);
            }
        }
    }
    diff.changed_behaviour.sort_by(|a, b| a.case.cmp(&b.case));
    for list in [&mut diff.lost_cases, &mut diff.new_cases, &mut diff.not_answered] {
        list.sort();
    }
    Ok(again)
}

fn times(old: &Summary, new: &Summary, diff: &mut Diff) {
    for now in new.latency.iter().filter(|l| l.exchanges >= FEW) {
        let was = old.latency.iter().find(|l| l.endpoint == now.endpoint && l.exchanges >= FEW);
        if let Some(was) = was.filter(|was| now.p99 > was.p99 * 2 && now.p99 > was.p99 + SLOWER) {
            diff.slower.push(Slower { endpoint: now.endpoint.clone(), before: was.p99, after: now.p99 });
        }
    }
}

impl Diff {
    /// 1 for a new broken MUST clause that nothing accepts, 3 if the two can't be compared or nothing can be said of some, else 0.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.incomparable {
            Exit::Unclear
        } else if self.new_failures.iter().any(|c| c.level == Level::Must && c.standing == Standing::Open) {
            Exit::Broken
        } else if !self.not_answered.is_empty() || !self.not_judged.is_empty() {
            Exit::Unclear
        } else {
            Exit::Green
        }
    }

    /// One line: what it comes to.
    #[must_use]
    pub fn verdict(&self) -> String {
        let word = match self.exit() {
            Exit::Green => "SAME OR BETTER",
            Exit::Broken => "WORSE",
            _ if self.incomparable => "NOT COMPARABLE",
            _ => "UNCLEAR",
        };
        format!(
            "{word}: {} new failures, {} fixed, {} still failing, {} not judged, {} cases changed behaviour, {} not answered",
            self.new_failures.len(),
            self.fixed.len(),
            self.still_failing.len(),
            self.not_judged.len(),
            self.changed_behaviour.len(),
            self.not_answered.len()
        )
    }

    fn lists(&self) -> Vec<(&'static str, Vec<String>)> {
        let changes = |list: &[Change]| list.iter().map(Change::text).collect();
        let millis = |micros: u64| micros / 1000;
        vec![
            ("new failures", changes(&self.new_failures)),
            ("fixed", changes(&self.fixed)),
            ("still failing", changes(&self.still_failing)),
            ("not judged this time", changes(&self.not_judged)),
            ("newly flaky", changes(&self.newly_flaky)),
            (
                "changed behaviour, no clause broken",
                self.changed_behaviour
                    .iter()
                    .map(|b| format!("{}\n      before {}\n      after  {}", b.case, b.before, b.after))
                    .collect(),
            ),
            ("cases lost", self.lost_cases.clone()),
            ("cases new", self.new_cases.clone()),
            ("not answered this time", self.not_answered.clone()),
            (
                "slower",
                self.slower
                    .iter()
                    .map(|s| {
                        format!(
                            "{}: 99% within {} ms before, {} ms after",
                            s.endpoint,
                            millis(s.before),
                            millis(s.after)
                        )
                    })
                    .collect(),
            ),
        ]
    }

    /// For the terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("before  {}\nafter   {}\n", self.before, self.after);
        // Writing to a String can't fail.
        for note in &self.notes {
            let _ = writeln!(out, "note    {note}");
        }
        for (name, lines) in self.lists().into_iter().filter(|(_, lines)| !lines.is_empty()) {
            let _ = writeln!(out, "\n{} {name}", lines.len());
            for line in lines.iter().take(SHOWN) {
                let _ = writeln!(out, "  {line}");
            }
            if lines.len() > SHOWN {
                let _ = writeln!(out, "  ... and {} more (--format json has all)", lines.len() - SHOWN);
            }
        }
        let _ = writeln!(out, "\n{}", self.verdict());
        out
    }

    /// For a comment on a pull request.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("### konform: {}\n\n`{}` → `{}`\n", self.verdict(), self.before, self.after);
        // Writing to a String can't fail.
        for note in &self.notes {
            let _ = writeln!(out, "\n> {}", super::markdown::escape(note));
        }
        for (name, lines) in self.lists().into_iter().filter(|(_, lines)| !lines.is_empty()) {
            let open = if name == "new failures" { " open" } else { "" };
            let _ = writeln!(out, "\n<details{open}><summary>{} {name}</summary>\n", lines.len());
            for line in lines.iter().take(SHOWN) {
                let _ = writeln!(out, "- {}", super::markdown::escape(&line.replace("\n      ", "; ")));
            }
            if lines.len() > SHOWN {
                let _ = writeln!(out, "- ... and {} more", lines.len() - SHOWN);
            }
            out += "\n</details>\n";
        }
        out
    }
}
