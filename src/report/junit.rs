//! `junit.xml`: a test case per case. quick-junit makes the elements; a suite at a time is copied out, so that memory does
//! not grow with the run.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};
use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::{Reader, Writer};

use super::mark::Mark;
use super::records::{self, Case};
use crate::model::count::counted;
use crate::model::{RunHeader, Summary};

/// Cases of one suite element; a larger family goes on in a second one.
const SUITE: usize = 2000;

pub(super) fn write(path: &Path, header: &RunHeader, summary: &Summary, run: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write_to(&mut out, header, summary, run)?;
    out.flush()
}

pub(super) fn write_to(out: &mut dyn io::Write, header: &RunHeader, summary: &Summary, run: &Path) -> io::Result<()> {
    let mut out = Writer::new(out);
    let counts = &summary.counts;
    let mut root = BytesStart::new("testsuites");
    let numbers = [
        ("tests", counts.total()),
        ("failures", counts.fail),
        ("errors", counts.inconclusive + counts.blocked + counts.broken),
    ]
    .map(|(k, v)| (k, v.to_string()));
    let scope = summary.scope.as_ref().map(|s| format!(", {}", s.words())).unwrap_or_default();
    root.push_attribute(("name", format!("konform {} {}{scope}", header.contract, header.target).as_str()));
    for (name, value) in &numbers {
        root.push_attribute((*name, value.as_str()));
    }
    out.write_event(Event::Start(root))?;
    let mut suite: Option<TestSuite> = None;
    for record in records::cases(run)? {
        let case = record?.case;
        let name = case.id.split("::").take(2).collect::<Vec<_>>().join("::");
        if suite.as_ref().is_some_and(|s| s.name.as_str() != name || s.test_cases.len() >= SUITE) {
            flush(&mut out, suite.take())?;
        }
        suite.get_or_insert_with(|| TestSuite::new(name)).add_test_case(test_case(&case));
    }
    flush(&mut out, suite)?;
    out.write_event(Event::End(BytesEnd::new("testsuites")))?;
    out.into_inner().write_all(b"\n")
}

fn test_case(case: &Case) -> TestCase {
    let detail = case.detail();
    let mark = case.mark();
    let status = match mark {
        Mark::Passed | Mark::Warned => TestCaseStatus::success(),
        Mark::Failed => fault(NonSuccessKind::Failure, "clause broken", &detail),
        Mark::Skipped => TestCaseStatus::skipped(),
        Mark::Unclear => fault(NonSuccessKind::Error, case.why(), &detail),
    };
    let status = match (status, case.retried) {
        (mut passed @ TestCaseStatus::Success { .. }, 1..) => {
            let mut rerun = TestRerun::new(NonSuccessKind::Error);
            rerun.set_message(format!(
                "{} that got no answer, or a gateway's, sent again",
                counted(case.retried, "request")
            ));
            passed.add_rerun(rerun);
            passed
        }
        (status, _) => status,
    };
    let mut test = TestCase::new(case.id.clone(), status);
    let mut parts = case.id.split("::");
    test.set_classname(format!("konform.{}.{}", parts.next().unwrap_or_default(), parts.next().unwrap_or_default()));
    test.set_time(Duration::from_micros(case.micros));
    // A warning fails no test case: its text says so.
    if mark == Mark::Warned {
        test.set_system_out(format!("{}: {detail}", case.warning()));
    }
    test
}

fn fault(kind: NonSuccessKind, message: &str, detail: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message.to_owned());
    status.set_type(message.to_owned());
    status.set_description(detail.to_owned());
    status
}

/// Copies the suite's element out of a report of its own.
fn flush<W: io::Write>(out: &mut Writer<W>, suite: Option<TestSuite>) -> io::Result<()> {
    let Some(suite) = suite else { return Ok(()) };
    let mut report = Report::new("part");
    report.add_test_suite(suite);
    let text = report.to_string().map_err(|e| io::Error::other(e.to_string()))?;
    let mut reader = Reader::from_str(&text);
    let mut depth = 0_usize;
    loop {
        let event = reader.read_event().map_err(|e| io::Error::other(e.to_string()))?;
        match &event {
            Event::Eof => return Ok(()),
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        // Level 1 is the report's own element.
        let inside = match &event {
            Event::Start(_) => depth > 1,
            Event::Decl(_) => false,
            _ => depth > 0,
        };
        if inside {
            out.write_event(event)?;
        }
    }
}
