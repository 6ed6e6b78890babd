//! What changed: between runs, between snapshots and a run, between contracts.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::evidence::{copy, konform, rechained, records};
use super::lab::{self, Folder};

fn run(folder: &Folder, out: &str, more: &[&str]) -> i32 {
    let args = ["run", "--quiet", "--snapshots", "off", "--only", "user-registration::*", "--out", out];
    konform(&folder.0, &[&args[..], more].concat()).0
}

fn diff(folder: &Folder, before: &str, after: &str) -> (i32, String, Value) {
    let (code, text) = konform(&folder.0, &["diff", before, after]);
    let (_, json) = konform(&folder.0, &["diff", before, after, "--format", "json"]);
    (code, text, serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {json}")))
}

fn counts(diff: &Value) -> Vec<(String, usize)> {
    let lists = diff.as_object().expect("an object").iter();
    lists
        .filter_map(|(name, list)| Some((name.clone(), list.as_array()?.len())))
        // How long answers took is the machine's matter: a test of its own looks at it.
        .filter(|(name, n)| *n > 0 && name != "notes" && name != "slower")
        .collect()
}

/// A copy of a run whose results say something else; only what is compared, nothing that is judged again.
fn edited(folder: &Folder, run: &str, to: &str, change: impl Fn(&mut Value)) {
    copy(&folder.0.join(run), &folder.0.join(to));
    let path = folder.0.join(to).join("results.json");
    let mut results: Value = serde_json::from_str(&fs::read_to_string(&path).expect("results")).expect("JSON");
    change(&mut results);
    fs::write(path, results.to_string()).expect("written");
}

#[test]
fn each_kind_of_change_is_told_apart() {
    let folder = Folder::new();
    assert_eq!(run(&folder, "clean", &[]), 0);
    assert_eq!(run(&folder, "broken", &["--fault", "accept-above:loginId"]), 1);
    let (code, text, json) = diff(&folder, "clean", "clean");
    assert!(code == 0 && counts(&json).is_empty(), "{text}");
    assert!(text.contains("SAME OR BETTER: 0 new failures"), "{text}");
    let (code, text, json) = diff(&folder, "clean", "broken");
    assert_eq!((code, counts(&json)), (1, vec![("new_failures".to_owned(), 1)]), "{text}");
    assert!(
        text.contains("1 new failures\n  MUST user-registration/request/loginId/length at request:/loginId"),
        "{text}"
    );
    let (code, text, json) = diff(&folder, "broken", "clean");
    assert_eq!((code, counts(&json)), (0, vec![("fixed".to_owned(), 1)]), "{text}");
    let (code, text, json) = diff(&folder, "broken", "broken");
    assert_eq!((code, counts(&json)), (0, vec![("still_failing".to_owned(), 1)]), "{text}");

    // Fewer cases: what is gone is lost, what failed is not judged, and never mended.
    assert_eq!(run(&folder, "fewer", &["--skip", "*loginId*"]), 0);
    let (code, text, json) = diff(&folder, "broken", "fewer");
    assert_eq!(code, 3, "{text}");
    assert_eq!(
        (json["not_judged"].as_array().map(Vec::len), json["fixed"].as_array().map(Vec::len)),
        (Some(1), Some(0))
    );
    assert!(json["lost_cases"].as_array().is_some_and(|l| l.len() > 20), "{text}");
    let (_, _, json) = diff(&folder, "fewer", "broken");
    assert!(json["new_cases"].as_array().is_some_and(|l| l.len() > 20));

    // A header more that nobody speaks of: behaviour, no clause.
    copy(&folder.0.join("clean"), &folder.0.join("other"));
    let path = folder.0.join("other/evidence.jsonl");
    let own = records(&fs::read_to_string(&path).expect("the evidence"));
    let own: Vec<String> =
        own.iter().map(|r| r.replace(r#""headers":"content-l"#, r#""headers":"age: 3; content-l"#)).collect();
    fs::write(&path, rechained(&own)).expect("written");
    let (code, text, json) = diff(&folder, "clean", "other");
    assert_eq!(code, 0, "{text}");
    assert!(json["changed_behaviour"].as_array().is_some_and(|l| l.len() > 100), "{text}");
    assert!(text.contains("      after  age: 3; content-length"), "{text}");

    edited(&folder, "broken", "flaky", |r| r["summary"]["findings"][0]["confirmed"] = "not_reproduced".into());
    let (_, text, json) = diff(&folder, "broken", "flaky");
    assert_eq!(json["newly_flaky"].as_array().map(Vec::len), Some(1), "{text}");
    assert!(counts(&diff(&folder, "flaky", "flaky").2).iter().all(|(name, _)| name != "newly_flaky"));
    edited(&folder, "clean", "slow", |r| {
        for l in r["summary"]["latency"].as_array_mut().expect("a list") {
            l["p99"] = 5_000_000.into();
        }
    });
    let (code, text, json) = diff(&folder, "clean", "slow");
    assert!(code == 0 && json["slower"].as_array().is_some_and(|l| !l.is_empty()), "{text}");

    let (code, text) = konform(&folder.0, &["diff", "clean", "broken", "--format", "markdown"]);
    assert_eq!(code, 1);
    assert!(text.starts_with("### konform: WORSE: 1 new failures") && text.contains("<details open>"), "{text}");

    konform(&folder.0, &["run", "--quiet", "--contract", "library", "--out", "library"]);
    let (code, text, _) = diff(&folder, "clean", "library");
    assert!(code == 3 && text.contains("NOT COMPARABLE"), "{text}");
    let (code, text) = konform(&folder.0, &["diff", "clean", "nowhere"]);
    assert!(code == 2 && text.contains("failed to read nowhere"), "{text}");
}

#[test]
fn an_outage_is_no_regression_of_any_clause() {
    let folder = Folder::new();
    assert_eq!(run(&folder, "yesterday", &["--fault", "accept-above:loginId"]), 1);
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let target = format!("http://127.0.0.1:{port}/open-api");
    assert_eq!(run(&folder, "today", &["--target", &target, "--mode", "nightly", "--fuzz-cases", "3"]), 3);
    let (code, text, json) = diff(&folder, "yesterday", "today");
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("ends in an OUTAGE"), "{text}");
    for list in ["new_failures", "fixed", "still_failing", "changed_behaviour"] {
        assert_eq!(json[list].as_array().map(Vec::len), Some(0), "{list}: {text}");
    }
    assert_eq!(json["not_judged"].as_array().map(Vec::len), Some(1));
    assert!(json["not_answered"].as_array().is_some_and(|l| l.len() > 300), "{text}");
}

#[test]
fn snapshots_hold_behaviour_and_take_three_ways() {
    let folder = Folder::new();
    let args = ["run", "--quiet", "--contract", "library", "--out"];
    // Nothing is kept of a target until somebody asks for it.
    let (code, text) = konform(&folder.0, &[&args[..], &["first"]].concat());
    assert!(code == 0 && !text.contains("snapshot:") && !folder.0.join("snapshots").exists(), "{text}");
    let (code, text) = konform(&folder.0, &[&args[..], &["one", "--snapshots", "update"]].concat());
    assert!(code == 0 && text.contains("book-get.snap is new"), "{text}");
    let snap = folder.0.join("snapshots/sandbox/book-get.snap");
    let known = fs::read_to_string(&snap).expect("the snapshot");
    assert!(known.contains("\n[1] ") && known.contains("date: <date>"), "{known}");
    let (code, text, json) = diff(&folder, "snapshots/sandbox", "one");
    assert!(code == 0 && counts(&json).is_empty(), "{text}");

    let other = known.replacen("200 ", "201 ", 1);
    assert_ne!(other, known);
    fs::write(&snap, &other).expect("written");
    let (code, text, json) = diff(&folder, "snapshots/sandbox", "one");
    assert_eq!((code, counts(&json)), (0, vec![("changed_behaviour".to_owned(), 1)]), "{text}");
    for (mode, says, left) in [
        ("off", None, &other),
        ("check", Some("differs: behaviour changed"), &other),
        ("update", Some("was updated"), &known),
    ] {
        let out = format!("run-{mode}");
        let (code, text) = konform(&folder.0, &[&args[..], &[&out, "--snapshots", mode]].concat());
        assert_eq!(code, 0, "{text}");
        assert_eq!(says.is_some_and(|says| text.contains(says)), says.is_some(), "{mode}: {text}");
        assert_eq!(text.contains("snapshot:"), says.is_some(), "{mode}: {text}");
        assert_eq!(&fs::read_to_string(&snap).expect("the snapshot"), left, "{mode}");
        assert_eq!(snap.with_extension("snap.new").exists(), mode == "check");
        // insta reads both, and so `cargo insta review` works on them.
        let path = if mode == "check" { snap.with_extension("snap.new") } else { snap.clone() };
        let read = insta::Snapshot::from_file(&path).expect("insta reads it");
        assert_eq!(read.metadata().expression(), Some("book-get"));
    }
}

fn changed_library(folder: &Path, name: &str, changes: &[(&str, &str, &str)]) {
    copy(&lab::root().join("specs/examples/library"), &folder.join(name));
    for (file, from, to) in changes {
        let path = folder.join(name).join(file);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{file}: {from}");
        fs::write(path, text.replacen(from, to, 1)).expect("written");
    }
}

const REQUEST: &str = "{name: title, type: string, presence: required, length: 1..200}";

/// Changes of the library's contract: a name, the file, the text and what it becomes, whether that breaks somebody, and what is said.
const CHANGES: [(&str, &str, &str, &str, bool, &str); 9] = [
    (
        "wider",
        "book-add.yaml",
        REQUEST,
        "{name: title, type: string, presence: required, length: 1..300}",
        false,
        "changed book-add/request/title/length: title has 1 to 200 characters -> title has 1 to 300 characters",
    ),
    (
        "narrower",
        "book-add.yaml",
        REQUEST,
        "{name: title, type: string, presence: required, length: 1..100}",
        true,
        "BREAKING changed book-add/request/title/length",
    ),
    (
        "shown-wider",
        "book-get.yaml",
        REQUEST,
        "{name: title, type: string, presence: required, length: 1..300}",
        true,
        "BREAKING changed book-get/response/title/length",
    ),
    (
        "shown-narrower",
        "book-get.yaml",
        REQUEST,
        "{name: title, type: string, presence: required, length: 1..100}",
        false,
        "changed book-get/response/title/length",
    ),
    (
        "another-word",
        "book-get.yaml",
        "[ON_SHELF, LENT]",
        "[ON_SHELF, LENT, LOST]",
        true,
        "BREAKING changed book-get/response/state/enum",
    ),
    (
        "new-duty",
        "book-add.yaml",
        "  - {name: pages,",
        "  - {name: shelf, type: string, presence: required, length: 1..9}\n  - {name: pages,",
        true,
        "BREAKING added book-add/request/shelf/presence",
    ),
    (
        "new-answer",
        "book-get.yaml",
        "  - {name: pages,",
        "  - {name: shelf, type: string, presence: optional, length: 1..9}\n  - {name: pages,",
        false,
        "added book-get/response/shelf/presence",
    ),
    (
        "gone",
        "book-get.yaml",
        "  - {name: subtitle, type: string, presence: required, nullable: true, length: 1..200}\n",
        "",
        true,
        "BREAKING removed book-get/response/subtitle",
    ),
    (
        "other-status",
        "book-get.yaml",
        "status: 404",
        "status: 410",
        true,
        "BREAKING changed book-get/errors/no-such-book/status",
    ),
];

#[test]
fn a_change_of_contract_says_whom_it_breaks() {
    let folder = Folder::new();
    changed_library(&folder.0, "v1", &[]);
    for (name, file, from, to, breaking, says) in CHANGES {
        let mut changes = vec![(file, from, to)];
        if name == "gone" {
            changes.push((file, "subtitle: book.subtitle, ", ""));
        }
        changed_library(&folder.0, name, &changes);
        let (code, text) = konform(&folder.0, &["diff", "--contract", "v1", name]);
        assert_eq!(code, i32::from(breaking), "{name}: {text}");
        assert!(text.contains(says), "{name}: {text}");
        let word = if breaking { "\nBREAKING: " } else { "\nCOMPATIBLE: " };
        assert!(text.contains(word), "{name}: {text}");
    }
    let (code, text) = konform(&folder.0, &["diff", "--contract", "v1", "library"]);
    assert!(code == 0 && text.contains("0 clauses changed"), "the folder is the embedded one: {text}");
}

#[test]
fn a_change_of_contract_says_which_waivers_and_cases_it_touches() {
    let folder = Folder::new();
    changed_library(&folder.0, "v1", &[]);
    let (name, file, from, to, ..) =
        CHANGES.into_iter().find(|(name, ..)| *name == "narrower").expect("the change of that name");
    changed_library(&folder.0, name, &[(file, from, to)]);
    let today = chrono::Utc::now().date_naive();
    let waiver = |clause: &str| {
        format!(
            "  - {{clause: {clause}, check: refused, pointer: \"\", observed: x, reason: r, owner: a, granted: {today}, expires: {today}}}\n"
        )
    };
    let text = "konform: 1\nwaivers:\n".to_owned()
        + &waiver("book-add/request/title/length")
        + &waiver("book-add/request/pages/value");
    fs::write(folder.0.join("w.yaml"), text).expect("written");
    let args = ["diff", "--contract", "v1", name, "--waivers", "w.yaml", "--format", "json"];
    let (_, json) = konform(&folder.0, &args);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["waivers"], serde_json::json!(["w.yaml:3 book-add/request/title/length"]));
    let cases = json["cases"].as_array().expect("cases");
    assert!(cases.iter().any(|c| c == "book-add::length::body.title::max+1"), "{cases:?}");
    assert!(cases.iter().all(|c| !c.as_str().unwrap_or_default().contains("pages")), "{cases:?}");
}

/// The most memory that a command had while it compared two runs, in units of 1,024 bytes.
#[cfg(target_os = "linux")]
fn most_memory(folder: &Path, args: &[&str]) -> u64 {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_konform"))
        .args(args)
        .current_dir(folder)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    let mut most = 0;
    while child.try_wait().expect("a process").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = most.max(line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    most
}

/// What a comparison keeps of a case is less than what the case's answer looks like, however long that is.
#[cfg(target_os = "linux")]
#[test]
fn a_comparison_of_many_cases_needs_little_memory() {
    const CASES: usize = 30_000;
    let folder = Folder::new();
    let args =
        ["run", "--quiet", "--contract", "library", "--only", "book-get::*", "--snapshots", "off", "--out", "few"];
    assert_eq!(konform(&folder.0, &args).0, 0);
    copy(&folder.0.join("few"), &folder.0.join("many"));
    let path = folder.0.join("many/evidence.jsonl");
    let mut own = records(&fs::read_to_string(&path).expect("the evidence"));
    let footer = own.pop().expect("a footer");
    let cases = own.iter().filter(|r| r.starts_with(r#"{"kind":"case""#)).count();
    let saw = "x".repeat(2000);
    own.extend((0..CASES).map(|at| {
        format!(
            r#"{{"kind":"case","verdict":{{"id":"book-get::value::body::made-{at}","expect":"accept","outcome":"PASS","saw":"{saw}","micros":1}}}}"#
        )
    }));
    own.push(footer.replace(&format!(r#""cases":{cases},"#), &format!(r#""cases":{},"#, cases + CASES)));
    fs::write(&path, rechained(&own)).expect("written");
    let (_, text, json) = diff(&folder, "few", "many");
    assert_eq!(json["new_cases"].as_array().map(Vec::len), Some(CASES), "{text}");
    let (code, text, json) = diff(&folder, "many", "many");
    assert!(code == 0 && counts(&json).is_empty(), "{text}");
    // The evidence of each side has 60 MB.
    let [few, many] = ["few", "many"].map(|run| most_memory(&folder.0, &["diff", run, run]));
    assert!(many < few + 16 * 1024, "{few} KiB for {cases} cases, {many} KiB for {CASES} more");
}
