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

use crate::model::event::Standing;
use crate::model::{FindingRecord, Level, RunHeader, Summary};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(out: &mut dyn Write, header: &RunHeader, summary: &Summary) -> io::Result<()> {
    let mut rules: Vec<&FindingRecord> = Vec::new();
    for finding in &summary.findings {
        if !rules.iter().any(|r| r.clause == finding.clause) {
            rules.push(finding);
        }
    }
    let at = |f: &FindingRecord| rules.iter().position(|r| r.clause == f.clause).unwrap_or_default();
    let results: Vec<Found> = summary.findings.iter().map(|f| result(header, f, at(f))).collect();
    let driver = ToolComponent::builder()
        .name("konform")
        .version(header.suite.clone())
        .semantic_version(header.suite.clone())
        .rules(rules.iter().map(|f| rule(f)).collect::<Vec<_>>())
        .build();
    let obstacles = summary.obstacles.iter().zip(&summary.notes);
    let notifications: Vec<Notification> = obstacles
        .map(|((what, count), note)| {
            Notification::builder().level("warning").message(message(&format!("{count} {what}, first {note}"))).build()
        })
        .collect();
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
        .build();
    let sarif = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build();
    serde_json::to_writer_pretty(&mut *out, &sarif)?;
    writeln!(out)
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

fn result(header: &RunHeader, f: &FindingRecord, rule: usize) -> Found {
    let place = if f.pointer.is_empty() { "the whole answer" } else { &f.pointer };
    let text = format!(
        "{}: expected {}, was {} at {place}, in {} cases. See it again: {}",
        f.says, f.expected, f.actual, f.count, f.replay
    );
    let number = |n: usize| i64::try_from(n).unwrap_or(1);
    let region = Region::builder().start_line(number(f.source.line)).start_column(number(f.source.column)).build();
    let file = ArtifactLocation::builder().uri(uri(&f.source.file)).build();
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

/// A path as a URI reference.
fn uri(path: &str) -> String {
    let mut out = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
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
