//! What changed between two runs, or between the behaviour snapshots and a run.
//!
//! A finding is the same in both if clause, check and place are. What a run could not tell (an outage, a canary that failed, a clause
//! that was not put to the test) is neither mended nor broken: it is listed as not judged.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::{coverage, records, results, snapshot};
use crate::model::event::{ClauseRecord, Confirmed, Standing};
use crate::model::{Exit, FindingRecord, Level, RunHeader, Summary};

/// Ids printed of each list; JSON has all.
const SHOWN: usize = 10;
/// A 99th percentile is slower from so many microseconds more on, if it is also twice what it was.
const SLOWER: u64 = 50_000;
/// Exchanges of an endpoint below which its times say nothing.
const FEW: u64 = 20;

/// One side of a comparison.
#[derive(Debug)]
pub struct Side {
    name: String,
    cases: BTreeMap<String, Seen>,
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

impl Side {
    /// Reads a run folder, or a folder of snapshots.
    ///
    /// # Errors
    /// Whatever the disk gives, or what is wrong with the files.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let name = folder.display().to_string();
        if !folder.join("results.json").exists() {
            let seen = |saw, headers| Seen { outcome: None, broken: Vec::new(), saw, headers };
            let cases: BTreeMap<String, Seen> =
                snapshot::read(folder)?.into_iter().map(|(id, saw, headers)| (id, seen(saw, headers))).collect();
            if cases.is_empty() {
                return Err(io::Error::other(format!("{name} holds neither a run's results.json nor snapshots")));
            }
            return Ok(Self { name, cases, run: None });
        }
        let (header, summary) = results::read(&folder.join("results.json"))?;
        let clauses = coverage::read(&folder.join("coverage.json"))?;
        let mut cases = BTreeMap::new();
        for record in records::cases(folder)? {
            let case = record?.case;
            let seen = Seen { outcome: Some(case.outcome), broken: case.broken, saw: case.saw, headers: case.headers };
            cases.insert(case.id, seen);
        }
        let clauses = clauses.into_iter().map(|c| (c.id.clone(), c)).collect();
        Ok(Self { name, cases, run: Some(Run { header, summary, clauses }) })
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
        format!("{word} {}{place}: expected {}, was {} ({} cases)", self.clause, self.expected, self.actual, self.count)
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
#[must_use]
pub fn compare(before: &Side, after: &Side) -> Diff {
    let mut diff = Diff {
        format: "konform/diff",
        version: 1,
        before: before.name.clone(),
        after: after.name.clone(),
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
    cases(before, after, &mut diff);
    match (&before.run, &after.run) {
        (Some(old), Some(new)) => {
            headers(&old.header, &new.header, &mut diff);
            findings(old, new, &after.cases, &mut diff);
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
                after.name
            ));
        } else if new.summary.partial {
            diff.notes.push(format!("{} is partial: it ended before its plan did", after.name));
        }
    }
    diff
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

fn findings(old: &Run, new: &Run, after_cases: &BTreeMap<String, Seen>, diff: &mut Diff) {
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
        let judged = match after_cases.get(&finding.case) {
            Some(case) => case.conclusive() && asserted(),
            None => !snapshot::remembered(&finding.case) && asserted(),
        };
        let list = if judged { &mut diff.fixed } else { &mut diff.not_judged };
        list.push(Change::of(finding));
    }
}

fn cases(before: &Side, after: &Side, diff: &mut Diff) {
    let both_runs = before.run.is_some() && after.run.is_some();
    for (id, old) in &before.cases {
        let Some(new) = after.cases.get(id) else {
            diff.lost_cases.push(id.clone());
            continue;
        };
        if old.conclusive() && !new.conclusive() {
            diff.not_answered.push(id.clone());
        } else if old.conclusive() && snapshot::remembered(id) {
            let same_verdict = !both_runs || old.broken == new.broken;
            if same_verdict && (&old.saw, &old.headers) != (&new.saw, &new.headers) {
                let told = |seen: &Seen, other: &Seen| {
                    if seen.saw == other.saw { seen.headers.clone() } else { seen.saw.clone() }
                };
                diff.changed_behaviour.push(Behaviour {
                    case: id.clone(),
                    before: told(old, new),
                    after: told(new, old),
                });
            }
        }
    }
    // Snapshots leave out what is drawn or raced.
    let counted = |id: &&String| before.run.is_some() || snapshot::remembered(id);
    diff.new_cases = after.cases.keys().filter(|id| !before.cases.contains_key(*id)).filter(counted).cloned().collect();
    if after.run.is_none() {
        diff.lost_cases.retain(|id| snapshot::remembered(id));
    }
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
