//! SARIF 2.1.0: a rule per broken clause, a result per finding, at the contract's line, so that code hosts annotate the contract.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, LogicalLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, Region, ReportingConfiguration, ReportingDescriptor, Result as Found, ResultKind, ResultLevel,
    Run, Sarif, Suppression, Tool, ToolComponent,
};

use super::place::{Place, Places};
use crate::model::count::counted;
use crate::model::event::Standing;
use crate::model::{FindingRecord, Level, RunHeader, Summary};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What paths in the repository are relative to; code hosts know this name.
const REPOSITORY: &str = "%SRCROOT%";
/// What paths of embedded contracts are relative to.
const KONFORM: &str = "KONFORM";

pub(super) fn write(out: &mut dyn Write, header: &RunHeader, summary: &Summary) -> io::Result<()> {
    let mut rules: Vec<&FindingRecord> = Vec::new();
    for finding in &summary.findings {
        if !rules.iter().any(|r| r.clause == finding.clause) {
            rules.push(finding);
        }
    }
    let places = Places::new(header);
    let at = |f: &FindingRecord| rules.iter().position(|r| r.clause == f.clause).unwrap_or_default();
    let results: Vec<Found> = summary.findings.iter().map(|f| result(header, f, at(f), &places)).collect();
    let driver = ToolComponent::builder()
        .name("konform")
        .version(header.suite.clone())
        .semantic_version(header.suite.clone())
        .rules(rules.iter().map(|f| rule(f)).collect::<Vec<_>>())
        .build();
    let obstacles = summary.obstacles.iter().zip(&summary.notes);
    let warning = |text: &str| Notification::builder().level("warning").message(message(text)).build();
    let mut notifications: Vec<Notification> =
        obstacles.map(|((what, count), note)| warning(&format!("{count} {what}, first {note}"))).collect();
    let inside = |f: &&FindingRecord| matches!(places.find(&f.source.file), Place::Inside(_));
    let elsewhere = summary.findings.iter().filter(|f| !inside(f)).count();
    if elsewhere > 0 {
        notifications.push(warning(&format!(
            "{elsewhere} findings stand at lines of a contract that is not in this repository, so that a code host can't show them \
             there: keep the contract's folder in the repository and give it with --contract"
        )));
    }
    // A run that could not tell is not one that found nothing.
    let invocation = Invocation::builder()
        .execution_successful(summary.obstacles.is_empty() && summary.counts.broken == 0 && !summary.partial)
        .exit_code(i64::from(summary.exit))
        .tool_execution_notifications(notifications)
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .invocations(vec![invocation])
        .results(results)
        .column_kind(json!("unicodeCodePoints"))
        .original_uri_base_ids(BTreeMap::from([
            base(REPOSITORY, "the root of the repository that konform ran in"),
            base(KONFORM, "the root of konform's own sources, which hold its embedded contracts"),
        ]))
        .build();
    let sarif = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build();
    serde_json::to_writer_pretty(&mut *out, &sarif)?;
    writeln!(out)
}

fn base(name: &str, says: &str) -> (String, ArtifactLocation) {
    (name.to_owned(), ArtifactLocation::builder().description(message(says)).build())
}

fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}

fn rule(f: &FindingRecord) -> ReportingDescriptor {
    let text = |text: String| MultiformatMessageString::builder().text(text).build();
    let why = if f.why.is_empty() { String::new() } else { format!(" ({})", f.why) };
    ReportingDescriptor::builder()
        .id(f.clause.clone())
        .short_description(text(f.says.clone()))
        .full_description(text(format!("{} [{}]{why}", f.says, f.basis.word())))
        .default_configuration(ReportingConfiguration::builder().level(json!(level(f.level))).build())
        .build()
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "error",
        Level::Should => "warning",
    }
}

fn result(header: &RunHeader, f: &FindingRecord, rule: usize, places: &Places) -> Found {
    let place = if f.pointer.is_empty() { "the whole answer" } else { &f.pointer };
    let text = format!(
        "{}: expected {}, was {} at {place}, in {}. See it again: {}",
        f.says,
        f.expected,
        f.actual,
        counted(f.count, "case"),
        f.replay
    );
    let number = |n: usize| i64::try_from(n).unwrap_or(1);
    let region = Region::builder().start_line(number(f.source.line)).start_column(number(f.source.column)).build();
    let file = file(places.find(&f.source.file));
    let location = Location::builder()
        .physical_location(PhysicalLocation::builder().artifact_location(file).region(region).build())
        .logical_locations(vec![
            LogicalLocation::builder().fully_qualified_name(f.case.clone()).kind("function").build(),
        ])
        .build();
    let mut result = Found::builder()
        .rule_id(f.clause.clone())
        .rule_index(number(rule))
        .kind(ResultKind::Fail)
        .level(if f.level == Level::Must { ResultLevel::Error } else { ResultLevel::Warning })
        .message(message(&text))
        .locations(vec![location])
        .partial_fingerprints(BTreeMap::from([("konformIdentity/v1".to_owned(), f.identity())]))
        .build();
    if let (Standing::Waived, Some(waiver)) = (f.standing, &f.waiver) {
        result.suppressions =
            Some(vec![Suppression::builder().kind(json!("external")).justification(waiver.clone()).build()]);
    }
    if header.baseline_digest.is_some() {
        result.baseline_state = Some(json!(if f.standing == Standing::Known { "unchanged" } else { "new" }));
    }
    result
}

/// The contract's file: relative to the repository's root, or to konform's own sources, or as a whole URI.
fn file(place: Place) -> ArtifactLocation {
    let relative = |path: &str, base: &str| ArtifactLocation::builder().uri(uri(path)).uri_base_id(base).build();
    match place {
        Place::Inside(path) => relative(&path, REPOSITORY),
        Place::Embedded(path) => relative(&path, KONFORM),
        Place::Outside(path) => {
            ArtifactLocation::builder().uri(format!("file://{}", uri(&path.to_string_lossy()))).build()
        }
    }
}

/// A path as a URI reference.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
