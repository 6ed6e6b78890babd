//! Odd but legal behaviours of servers (`innocents.yaml`): konform as a program against servers written by hand, one row after the other.
//!
//! `KONFORM_INNOCENTS_PROGRAM` names another program to try (an older konform), and the test then prints which rows it accused.

#[path = "../library_server/mod.rs"]
mod library_server;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;

use super::lab::{self, Folder};
use library_server::{Oddities, Server, TOKEN};

/// What the same servers may not do, and the clause that each breaks: a table that nobody can fail would be worth nothing.
const GUILTY: [(&str, &str); 8] = [
    ("guilty-of-long-titles", "book-add/request/title/length"),
    ("guilty-of-forgetting-withdrawals", "book-get/errors/no-such-book/code/isbn"),
    ("guilty-of-lending-twice", "loan-open/errors/already-lent/code/book"),
    ("guilty-of-a-wrong-state", "loan-get/effects/state/equals"),
    ("guilty-of-a-wrong-code", "book-add/errors/exists/code/isbn"),
    ("guilty-of-taking-strangers", "book-list/auth/library-card/verified"),
    ("guilty-of-false-gzip", "book-get/policy/"),
    ("guilty-of-a-crash", "book-add/policy/answer/no-server-error"),
];

/// A row of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    /// What the server does.
    behaviour: String,
    /// Where it says that a server may.
    legal_by: String,
    /// `library`, or a folder under `src/tests/contracts`.
    #[serde(default = "library")]
    contract: String,
    /// The server's oddities, by name.
    odd: Vec<String>,
    /// Cases to run, as globs.
    #[serde(default = "ordinary")]
    only: Vec<String>,
    /// `gate`, or `nightly` for many drawn requests and sequences.
    #[serde(default = "gate")]
    mode: String,
    /// Runs against the same server; the last one is judged.
    #[serde(default = "once")]
    runs: u32,
    expect: Expected,
    /// At least so many cases pass.
    passes: u64,
    /// Whether konform reported a finding for this at commit a09ff7e.
    accused: bool,
}

/// The verdict that a row must get; a finding at any level is never right.
#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Expected {
    /// Exit 0, and every case that ran passed.
    Pass,
    /// Exit 3, and at least one case is INCONCLUSIVE for one of these reasons, or BLOCKED if `blocked` is one of them.
    Inconclusive(Vec<String>),
    /// Exit 0 or 3: how much can be told depends on the moment.
    NoFinding,
}

fn library() -> String {
    "library".to_owned()
}

fn gate() -> String {
    "gate".to_owned()
}

fn once() -> u32 {
    1
}

/// The cases of a row that names none: what is legal, each documented refusal, and what later calls must show.
fn ordinary() -> Vec<String> {
    ["valid", "presence", "error", "scenario"].iter().map(|family| format!("*::{family}::*")).collect()
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(lab::root().join("src/tests/innocents.yaml")).expect("the table");
    serde_saphyr::from_str(&text).expect("the table is readable")
}

/// What a run came to.
struct Came {
    exit: i32,
    findings: Vec<String>,
    cases: Vec<(String, String, String)>,
    output: String,
    seconds: f64,
}

fn contract(name: &str) -> PathBuf {
    if name == "library" {
        lab::root().join("specs/examples/library")
    } else {
        lab::root().join("src/tests/contracts").join(name)
    }
}

/// Starts the row's server, and runs the program against it as often as the row says.
fn run(program: &Path, row: &Row) -> Came {
    let server = Server::start(&row.contract, &row.odd).expect("the row's server");
    (1..row.runs).for_each(|salt| drop(run_once(program, row, &server, salt)));
    run_once(program, row, &server, row.runs)
}

fn run_once(program: &Path, row: &Row, server: &Server, salt: u32) -> Came {
    let folder = Folder::new();
    let profile = folder.0.join("profile.yaml");
    fs::write(&profile, "konform: 1\ncredentials: {libraryToken: env:LIBRARY_TOKEN}\n").expect("a profile");
    let out = folder.0.join("out");
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("KONFORM_")) {
        command.env_remove(name);
    }
    command
        .current_dir(&folder.0)
        .env("LIBRARY_TOKEN", TOKEN)
        .args(["run", "--quiet", "--snapshots", "off", "--fail-on", "should", "--jobs", "4"])
        .args(["--mode", &row.mode, "--salt", &salt.to_string()])
        .args(["--target", &format!("http://{}/v1", server.address)])
        .args([Path::new("--contract"), &contract(&row.contract), Path::new("--profile"), &profile])
        .args([Path::new("--out"), &out])
        .args(row.only.iter().flat_map(|glob| ["--only", glob]))
        .stdin(Stdio::null());
    let start = Instant::now();
    let output = command.output().expect("the program runs");
    let seconds = start.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let results = fs::read(out.join("results.json")).unwrap_or_default();
    let results: Value = serde_json::from_slice(&results).unwrap_or_default();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let finding = |f: &Value| {
        format!("{} {}: {}, was {}", word(&f["level"]), word(&f["clause"]), word(&f["expected"]), word(&f["actual"]))
    };
    Came {
        exit: output.status.code().unwrap_or(-1),
        findings: list(&results["summary"]["findings"]).iter().map(finding).collect(),
        cases: list(&results["cases"])
            .iter()
            .map(|c| (word(&c["id"]), word(&c["outcome"]), word(&c["reason"])))
            .collect(),
        output: text,
        seconds,
    }
}

/// What is wrong with a run's verdict, if something is.
fn wrong(row: &Row, came: &Came) -> Option<String> {
    let count = |outcome: &str| came.cases.iter().filter(|(_, o, _)| o == outcome).count() as u64;
    let (passes, inconclusive) = (count("PASS"), count("INCONCLUSIVE"));
    let plain = |text: &str| text.replace('_', "");
    let mut complaints: Vec<String> = came.findings.iter().map(|f| format!("accused: {f}")).collect();
    match &row.expect {
        Expected::Pass if came.exit != 0 => complaints.push(format!("exit {} and not 0", came.exit)),
        Expected::Inconclusive(reasons) => {
            if came.exit != 3 {
                complaints.push(format!("exit {} and not 3", came.exit));
            }
            let named = |own: &str| reasons.iter().any(|reason| plain(reason) == plain(own));
            let so = |outcome: &str, reason: &str| match outcome {
                "INCONCLUSIVE" => named(reason),
                other => other == "BLOCKED" && named("blocked"),
            };
            if !came.cases.iter().any(|(_, outcome, reason)| so(outcome, reason)) {
                complaints.push(format!("no case is INCONCLUSIVE for one of {reasons:?}"));
            }
        }
        Expected::NoFinding if !matches!(came.exit, 0 | 3) => {
            complaints.push(format!("exit {} and neither 0 nor 3", came.exit));
        }
        Expected::Pass | Expected::NoFinding => {}
    }
    if passes < row.passes {
        complaints.push(format!("{passes} cases pass and not {}", row.passes));
    }
    if complaints.is_empty() {
        return None;
    }
    let others: BTreeSet<&str> =
        came.cases.iter().filter(|(_, o, _)| o == "INCONCLUSIVE").map(|(_, _, r)| r.as_str()).collect();
    if inconclusive > 0 {
        complaints.push(format!("{inconclusive} of {} cases INCONCLUSIVE: {others:?}", came.cases.len()));
    }
    if came.cases.is_empty() {
        complaints.push(came.output.clone());
    }
    Some(format!("{} ({})\n    {}", row.name, row.behaviour, complaints.join("\n    ")))
}

/// Runs all rows, three at a time.
fn all(program: &Path, rows: &[Row]) -> Vec<Came> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let came = run(program, row);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((row.name.clone(), came));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut place = |row: &Row| done.iter().position(|(name, _)| *name == row.name).map(|at| done.swap_remove(at).1);
    rows.iter().map(|row| place(row).expect("every row was run")).collect()
}

#[test]
fn no_innocent_is_accused() {
    let mut rows = rows();
    if let Ok(wanted) = std::env::var("KONFORM_INNOCENTS") {
        rows.retain(|row| wanted.split(',').any(|w| row.name.contains(w)));
    }
    if let Some(program) = std::env::var_os("KONFORM_INNOCENTS_PROGRAM") {
        let came = all(Path::new(&program), &rows);
        for (row, came) in rows.iter().zip(&came) {
            let (accused, all) = (!came.findings.is_empty(), came.cases.len());
            let passes = came.cases.iter().filter(|(_, outcome, _)| outcome == "PASS").count();
            let (name, table, exit, seconds) = (&row.name, row.accused, came.exit, came.seconds);
            println!(
                "{name}: accused {accused} (the table: {table}), exit {exit}, {passes} of {all} pass, {seconds:.1} s"
            );
            println!("  {}", wrong(row, came).unwrap_or_else(|| "as it must be".to_owned()));
        }
        return;
    }
    let came = all(Path::new(env!("CARGO_BIN_EXE_konform")), &rows);
    let wrong: Vec<String> = rows.iter().zip(&came).filter_map(|(row, came)| wrong(row, came)).collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n\n{}", wrong.len(), rows.len(), wrong.join("\n\n"));
}

#[test]
fn the_guilty_are_found() {
    let row = |odd: &str| Row {
        name: odd.to_owned(),
        behaviour: String::new(),
        legal_by: String::new(),
        contract: library(),
        odd: vec![odd.to_owned()],
        only: vec!["*".to_owned()],
        mode: gate(),
        runs: 1,
        expect: Expected::Pass,
        passes: 0,
        accused: true,
    };
    let rows: Vec<Row> = GUILTY.iter().map(|(odd, _)| row(odd)).collect();
    let came = all(Path::new(env!("CARGO_BIN_EXE_konform")), &rows);
    let found = |came: &Came, clause: &str| came.exit == 1 && came.findings.iter().any(|f| f.contains(clause));
    let missed = GUILTY.iter().zip(&came).filter(|((_, clause), came)| !found(came, clause));
    let missed: Vec<String> =
        missed.map(|((odd, clause), came)| format!("{odd}: {clause} is not among {:?}", came.findings)).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn the_table_is_whole() {
    let rows = rows();
    let names: BTreeSet<&str> = rows.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names.len(), rows.len(), "two rows have one name");
    let mut used: BTreeSet<&str> = rows.iter().flat_map(|r| &r.odd).map(String::as_str).collect();
    used.extend(GUILTY.iter().map(|(odd, _)| *odd));
    let unused: Vec<&str> = Oddities::all().filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "no row has the oddities {unused:?}");
    let before = rows.iter().filter(|r| r.accused).count();
    assert!(rows.len() >= 60 && before >= 25, "{} rows, {before} of them accused before", rows.len());
    let silent: Vec<&str> = rows
        .iter()
        .filter(|r| r.legal_by.len() < 20 || r.passes == 0 && !matches!(r.expect, Expected::Inconclusive(_)))
        .map(|r| r.name.as_str())
        .collect();
    assert!(silent.is_empty(), "rows without a reason, or that show nothing: {silent:?}");
}
