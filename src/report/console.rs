//! The end of a run, for people.

use std::fmt::Write as _;

use super::coverage;
use crate::model::count::counted;
use crate::model::event::{NotServed, Standing};
use crate::model::waiver::State;
use crate::model::{FindingRecord, Level, RunHeader, Summary};

/// Findings printed whole; the rest stand in the run folder.
const SHOWN: usize = 20;

/// The text of a run's end as it is printed: without the table of endpoints where there is nothing to look into.
#[must_use]
pub fn brief(header: &RunHeader, summary: &Summary) -> String {
    let well = summary.findings.is_empty() && summary.obstacles.is_empty() && !summary.partial;
    text(header, summary, !well)
}

/// The whole text of a run's end.
#[must_use]
pub fn summary(header: &RunHeader, summary: &Summary) -> String {
    text(header, summary, true)
}

fn text(header: &RunHeader, summary: &Summary, whole: bool) -> String {
    let folder = &header.folder;
    let mut out = String::new();
    let mut line = |text: String| {
        // Writing to a String can't fail.
        let _ = writeln!(out, "{text}");
    };
    for finding in summary.findings.iter().take(SHOWN) {
        line(finding_text(finding));
    }
    if summary.findings.len() > SHOWN {
        line(format!("... and {} more findings in {folder}/findings/\n", summary.findings.len() - SHOWN));
    }
    for ((what, count), note) in summary.obstacles.iter().zip(&summary.notes) {
        line(format!("{count} {what}, first {note}"));
    }
    if let Some(not_served) = &summary.not_served {
        missing(header, not_served).into_iter().for_each(&mut line);
    }
    if !summary.obstacles.is_empty() {
        line(String::new());
    }
    let scope = summary.scope.as_ref();
    if whole {
        line(coverage::table(&summary.clauses, header.not_selected > 0, scope));
    } else {
        line(coverage::total(&summary.clauses, scope));
    }
    let rate = (summary.exchanges * 1000).checked_div(summary.millis).unwrap_or(summary.exchanges);
    line(counts(summary));
    line(format!(
        "{} in {}.{:03} s ({rate}/s), seed {}, salt {}",
        counted(summary.exchanges, "exchange"),
        summary.millis / 1000,
        summary.millis % 1000,
        header.seed,
        header.salt
    ));
    if summary.throttled > 0 {
        line(throttled(summary));
    }
    if !summary.retried.is_empty() {
        line(retried(summary));
    }
    times(summary, &mut line);
    for w in summary.waivers.iter().filter(|w| w.state != State::Matched) {
        let came = w.came.as_ref().map(|c| format!(" ({c})")).unwrap_or_default();
        line(format!("waiver {}:{}: {} {}{came}", w.source.file, w.source.line, w.about, w.state.says()));
    }
    if let Some(undeclared) = summary.undeclared.filter(|n| *n > 0) {
        line(format!(
            "{undeclared} MUST clauses are neither exercised nor declared away in the profile's capabilities: no certificate"
        ));
    }
    line(format!("detection power: {}", power(header, summary.partial || summary.scope.is_some())));
    if summary.partial {
        let ran = summary.counts.total() + summary.counts.not_applicable;
        line(format!("{ran} of {} planned cases ran; to go on: konform run --resume {folder}", header.planned));
    }
    let table = if whole { "" } else { " (run.log has the clauses of each endpoint)" };
    line(format!("report: {folder}{table}"));
    line(verdict(summary));
    out
}

/// How many cases came to what.
fn counts(summary: &Summary) -> String {
    let c = summary.counts;
    let mut counts = vec![format!("{} passed", c.pass)];
    for (n, word) in [
        (c.fail, "failed"),
        (c.inconclusive, "inconclusive"),
        (c.blocked, "blocked"),
        (c.broken, "broken"),
        (c.not_applicable, "not applicable"),
        (c.not_selected, "not selected"),
    ] {
        if n > 0 {
            counts.push(format!("{n} {word}"));
        }
    }
    format!("{}: {}", counted(c.total(), "case"), counts.join(", "))
}

/// Endpoints that are slower than the profile allows, and the slowest of all.
fn times(summary: &Summary, line: &mut dyn FnMut(String)) {
    for l in summary.latency.iter().filter(|l| l.slow) {
        line(format!(
            "slow: {} answers in {} at the 99th percentile, beyond the profile's limit",
            l.endpoint,
            millis(l.p99)
        ));
    }
    if let Some(slowest) = summary.latency.iter().max_by_key(|l| l.p99) {
        line(format!(
            "slowest: {} with a median of {}, 99% within {}, {} at most",
            slowest.endpoint,
            millis(slowest.p50),
            millis(slowest.p99),
            millis(slowest.max)
        ));
    }
}

/// What the suite was measured to find: a figure of a whole run, and of the sources that it was measured with.
fn power(header: &RunHeader, partial: bool) -> String {
    match &header.power {
        None => "not measured for this contract (konform qualify --save)".to_owned(),
        Some(_) if partial || header.selection.some() => {
            "not said of a part of the plan: it is measured for the whole".to_owned()
        }
        Some(power) if power.suite_digest == header.suite_digest => power.to_string(),
        Some(power) => format!("{power}; measured with other sources of konform than these"),
    }
}

/// What to do about endpoints that the target does not have.
fn missing(header: &RunHeader, not_served: &NotServed) -> Vec<String> {
    let NotServed { endpoints, served, scoped, base_path } = not_served;
    if served.is_empty() {
        let base = if base_path.is_empty() { "has no base path" } else { base_path };
        let contract = if base_path.is_empty() { "the contract" } else { "the contract's base path is" };
        return vec![format!(
            "no endpoint that was asked is served at {}: is the base URL right? ({contract} {base})",
            header.target
        )];
    }
    let mut out = vec![format!("not served (404, 405 or 501 without an envelope): {}", endpoints.join(", "))];
    if !scoped {
        out.push("if the target has no more than what answered, say so in the profile:".to_owned());
        out.push(format!("endpoints: [{}]", served.join(", ")));
    }
    out
}

/// That the target asked for fewer requests.
pub(super) fn throttled(summary: &Summary) -> String {
    format!(
        "{} requests were answered with 429 (too many requests): they were sent again, and the run slowed down; --rate N sends fewer at once",
        summary.throttled
    )
}

/// Which endpoints did not answer at first.
pub(super) fn retried(summary: &Summary) -> String {
    let total: u64 = summary.retried.iter().map(|r| r.count).sum();
    let each: Vec<String> =
        summary.retried.iter().map(|r| format!("{}: {} {}", r.endpoint, r.count, r.reason.word())).collect();
    format!(
        "{total} requests got no answer, or a gateway's, and were sent again ({}): --fail-on retried makes a run fail by that",
        each.join(", ")
    )
}

/// Microseconds in words.
fn millis(micros: u64) -> String {
    format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
}

/// The one line that counts, always with its denominator.
#[must_use]
pub fn verdict(summary: &Summary) -> String {
    let (hold, all, unexercised) = summary.must();
    let count = |level: Level, standing: Standing| {
        summary.findings.iter().filter(|f| f.level == level && f.standing == standing).count()
    };
    let (must, should) = (count(Level::Must, Standing::Open), count(Level::Should, Standing::Open));
    let others: Vec<String> = [(Standing::Waived, "waived"), (Standing::Known, "known from the baseline")]
        .into_iter()
        .map(|(standing, word)| (count(Level::Must, standing) + count(Level::Should, standing), word))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("; {n} {word}"))
        .collect();
    let word = match summary.exit {
        0 => "PASS",
        1 => "FAIL",
        3 if summary.outage() > 0 => "OUTAGE",
        3 => "INCONCLUSIVE",
        5 => "WAIVERS",
        6 => "COVERAGE",
        _ => "BROKEN",
    };
    let partial = if summary.partial { " (partial run)" } else { "" };
    let scope = summary.scope.as_ref().map(|s| format!("{}; ", s.words())).unwrap_or_default();
    format!(
        "{word}{partial}: {hold} of {all} MUST clauses hold; {unexercised} not exercised; {scope}{must} MUST and {should} SHOULD findings{}",
        others.concat()
    )
}

/// One finding, with the clause, its place, and how to see it again.
#[must_use]
pub fn finding_text(f: &FindingRecord) -> String {
    let word = match (f.standing, f.level) {
        (Standing::Waived, _) => "waived",
        (Standing::Known, _) => "known",
        (Standing::Open, Level::Must) => "FAIL",
        (Standing::Open, Level::Should) => "warning",
    };
    let mut out = format!("{word} {}: {}\n", f.number, f.clause);
    let why = if f.why.is_empty() { String::new() } else { format!(" ({})", f.why) };
    let rows = [
        ("says", format!("{} [{}{why}]", f.says, f.basis.word())),
        ("contract", format!("{}:{}:{}", f.source.file, f.source.line, f.source.column)),
        ("at", if f.pointer.is_empty() { "the whole answer".to_owned() } else { f.pointer.clone() }),
        ("expected", f.expected.clone()),
        ("actual", f.actual.clone()),
        (
            "seen",
            format!(
                "in {}; broken {} of {} asserted; {}",
                counted(f.count, "case"),
                f.rate.1,
                counted(f.rate.0, "time"),
                f.confirmed.says()
            ),
        ),
        ("case", f.case.clone()),
        ("request", f.first.as_ref().map(|_| f.request.clone()).unwrap_or_default()),
        ("before", f.first.clone().unwrap_or_default()),
        ("hint", f.hint.clone()),
        ("waiver", f.waiver.clone().unwrap_or_default()),
        ("replay", f.replay.clone()),
    ];
    for (name, text) in rows.into_iter().filter(|(_, text)| !text.is_empty()) {
        let _ = writeln!(out, "  {name:<9} {text}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Power;
    use crate::model::run::Selected;

    #[test]
    fn detection_power_is_said_of_whole_runs_and_for_what_it_was_measured() {
        let measured = Power {
            killed: 224,
            mutants: 225,
            faults_found: 30,
            faults: 31,
            reached: 223,
            clauses: 247,
            mode: "gate".to_owned(),
            seed: 1,
            suite_digest: "one".to_owned(),
            ..Power::default()
        };
        let header = |digest: &str| RunHeader {
            power: Some(measured.clone()),
            suite_digest: digest.to_owned(),
            ..RunHeader::default()
        };
        let said = "224 of 225 mutants of 223 clauses and 30 of 31 implementation faults found, mode gate, seed 1; \
                    24 clauses no case reaches";
        assert_eq!(power(&header("one"), false), said);
        assert_eq!(power(&header("two"), false), format!("{said}; measured with other sources of konform than these"));
        let chosen = Selected { only: vec!["a::*".to_owned()], ..Selected::default() };
        for text in [
            power(&RunHeader { selection: chosen, ..header("one") }, false),
            power(&header("one"), true),
            power(&RunHeader::default(), false),
        ] {
            assert!(!text.contains("224"), "{text}");
        }
    }
}
