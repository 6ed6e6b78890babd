//! The same verdicts again: against a server that does the same every time, runs of one seed agree whatever their identities are and
//! on however many jobs they run.
//!
//! `KONFORM_REPEATED=20 cargo test --release --test integration the_same_verdicts -- --nocapture` makes 20 runs of the whole plan for each
//! server and number of jobs; without it there is one, of a part of the plan for the servers that take their time.

#![expect(clippy::print_stdout, reason = "the full form says what it tried")]

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::evidence::konform;
use super::lab::Folder;
use super::raw_server::{Asked, Said, Server};

const JOBS: [&str; 3] = ["1", "4", "16"];

/// What cases came to, and which clauses the findings cite.
type Verdicts = (BTreeMap<String, String>, Vec<String>);

/// How many runs of each kind; none where only the short form is wanted.
fn times() -> Option<usize> {
    std::env::var("KONFORM_REPEATED").ok().and_then(|times| times.parse().ok())
}

fn verdicts(folder: &Folder, server: &Server, args: &[&str]) -> (i32, Verdicts) {
    let _ = fs::remove_dir_all(folder.0.join("out"));
    let target = server.target();
    let common = ["run", "--quiet", "--snapshots", "off", "--out", "out", "--contract", "library", "--target", &target];
    let (code, text) = konform(&folder.0, &[&common[..], args].concat());
    let report = fs::read(folder.0.join("out/results.json")).unwrap_or_else(|e| panic!("{e}: {text}"));
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let cases = report["cases"].as_array().expect("cases").iter();
    let cases = cases.map(|c| (word(&c["id"]), format!("{} {}", word(&c["outcome"]), word(&c["reason"])))).collect();
    let mut clauses: Vec<String> =
        report["summary"]["findings"].as_array().expect("findings").iter().map(|f| word(&f["clause"])).collect();
    clauses.sort();
    (code, (cases, clauses))
}

/// Runs against a new server each time; answers the exit code and the verdicts that all have.
fn same(name: &str, serve: impl Fn() -> Server, part: &[&str]) -> (i32, Verdicts) {
    let folder = Folder::new();
    let args = if times().is_some() { &[][..] } else { part };
    let mut first: Option<(i32, Verdicts)> = None;
    let mut runs = 0;
    for jobs in JOBS {
        for _ in 0..times().unwrap_or(1) {
            let server = serve();
            let now = verdicts(&folder, &server, &[args, &["--jobs", jobs, "--timeout", "1"]].concat());
            runs += 1;
            let Some(before) = &first else {
                first = Some(now);
                continue;
            };
            let differs = now.1.0.iter().find(|(id, verdict)| before.1.0.get(*id) != Some(*verdict));
            assert!(
                *before == now,
                "{name}, {jobs} jobs, run {runs}: {differs:?}, before {:?}; {:?} before {:?}",
                differs.map(|(id, _)| before.1.0.get(id)),
                now.1.1,
                before.1.1
            );
        }
    }
    let first = first.expect("a run");
    println!("{name}: {runs} runs with one result, exit {} and {} cases", first.0, first.1.0.len());
    first
}

/// True for a request whose text is long: the same cases send such ones every time.
fn long(asked: &Asked) -> bool {
    asked.call.method == "PUT" && asked.call.body.len() > 300
}

#[test]
fn the_same_verdicts_of_a_sound_server() {
    let (code, (cases, clauses)) = same("sound", || Server::library(|_, said| Some(said)), &["--only", "book-*"]);
    assert!(code == 0 && clauses.is_empty() && !cases.is_empty(), "{code} {clauses:?}");
}

#[test]
fn the_same_verdicts_of_a_server_that_crashes() {
    let crash = |asked: &Asked| long(asked).then(|| Said::json(500, ""));
    let (code, (_, clauses)) =
        same("crashing", || Server::before(crash, |_, said| Some(said)), &["--only", "book-add::*"]);
    assert!(code == 1 && clauses.iter().any(|c| c.ends_with("/no-server-error")), "{code} {clauses:?}");
}

#[test]
fn the_same_verdicts_of_a_server_that_hangs() {
    let hang = |asked: &Asked| {
        if long(asked) {
            std::thread::sleep(Duration::from_secs(3));
        }
        None
    };
    let part = ["--only", "book-add::length::body.title::max-wrapped", "--only", "book-add::valid::*"];
    let (code, (_, clauses)) = same("hanging", || Server::before(hang, |_, said| Some(said)), &part);
    assert!(code == 1 && clauses.iter().any(|c| c.ends_with("/no-hang")), "{code} {clauses:?}");
}

#[test]
fn the_same_verdicts_of_a_server_that_closes() {
    let (code, (_, clauses)) = same(
        "closing",
        || Server::library(|asked, said| (!long(asked)).then_some(said)),
        &["--only", "book-add::length::*", "--only", "book-add::valid::*"],
    );
    assert!(code == 1 && clauses.iter().any(|c| c.ends_with("/no-hang")), "{code} {clauses:?}");
}

#[test]
fn the_same_verdicts_of_a_server_that_limits() {
    // Fifty requests within any second, the others are sent away.
    let limited = || {
        let taken: Mutex<VecDeque<Instant>> = Mutex::default();
        Server::before(
            move |_| {
                let (now, mut taken) = (Instant::now(), taken.lock().expect("a lock"));
                while taken.front().is_some_and(|at| now.duration_since(*at) > Duration::from_secs(1)) {
                    taken.pop_front();
                }
                let full = taken.len() >= 50;
                if !full {
                    taken.push_back(now);
                }
                full.then(|| Said::json(429, "{\"error\":{\"code\":\"slow-down\",\"message\":\"slow down\"}}"))
            },
            |_, said| Some(said),
        )
    };
    let (code, (cases, clauses)) = same("limiting", limited, &["--only", "book-list::*", "--only", "*::race::*"]);
    let unjudged =
        cases.iter().find(|(_, verdict)| !verdict.starts_with("PASS") && !verdict.starts_with("NOT_APPLICABLE"));
    assert!(code == 0 && clauses.is_empty() && unjudged.is_none(), "{code} {clauses:?} {unjudged:?}");
}
