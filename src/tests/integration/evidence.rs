//! Evidence: judged again, killed and taken up, damaged in each way and named.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use konform::crypto;

use super::lab::Folder;

pub(crate) fn konform(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_konform"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).expect("UTF-8"))
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(|_| ()).expect("a copy") }
    }
}

/// The lines of a chain with its hashes made anew: what somebody does who knows how.
pub(crate) fn rechained(records: &[String]) -> String {
    let mut prev = String::new();
    let mut out = String::new();
    for (seq, record) in records.iter().enumerate() {
        let line = format!(r#"{{"seq":{seq},"prev":"{prev}","record":{record}}}"#);
        prev = crypto::hex(&crypto::sha256(line.as_bytes()));
        out += &line;
        out.push('\n');
    }
    out
}

pub(crate) fn records(text: &str) -> Vec<String> {
    let record = |line: &str| {
        let (_, rest) = line.split_once(r#","record":"#).expect("a record");
        rest.strip_suffix('}').expect("its end").to_owned()
    };
    text.lines().map(record).collect()
}

#[test]
fn every_run_judged_again_gives_the_same_to_the_byte() {
    let folder = Folder::new();
    for (at, args) in [
        &[][..],
        &["--encrypt", "always", "--only", "card-*"],
        &["--only", "user-*", "--fault", "skip-unique:loginId", "--fault", "skip-effects:user-unregister"],
        &["--fault", "http:error"],
        &["--only", "user-registration::*", "--fault", "cross-header:X-KM-Correlation-Id"],
        // Drawn, confirmed, made smaller.
        &["--only", "user-registration::fuzz::*", "--fuzz-cases", "200", "--fault", "crash-long-astral:loginId"],
        &["--contract", "library", "--mode", "nightly", "--fault", "sometimes:40:http:error", "--fail-on", "should"],
    ]
    .iter()
    .enumerate()
    {
        let run = format!("run-{at}");
        let (code, text) = konform(&folder.0, &[&["run", "--quiet", "--out", &run][..], args].concat());
        assert!(matches!(code, 0 | 1 | 3), "{args:?}: {text}");
        let (code, text) = konform(&folder.0, &["rejudge", &run]);
        assert_eq!(code, 0, "{args:?}: {text}");
        assert!(text.contains("agrees: "), "{text}");
    }
}

fn is_case(record: &str) -> bool {
    record.starts_with(r#"{"kind":"case""#)
}

/// Takes the last case and its exchanges out of a run's records; the footer still counts them. Returns how many exchanges there were.
pub(crate) fn drop_last_case(records: &mut Vec<String>) -> u64 {
    let last = records.iter().rposition(|r| is_case(r)).expect("a case");
    let first = records[..last].iter().rposition(|r| is_case(r)).expect("a case") + 1;
    records.drain(first..=last).filter(|r| r.starts_with(r#"{"kind":"exchange""#)).count() as u64
}

/// Makes a footer count one case and so many exchanges less.
pub(crate) fn recounted(footer: &str, exchanges: u64) -> String {
    let counts: serde_json::Value = serde_json::from_str(footer).expect("JSON");
    let less = |text: &str, name: &str, by: u64| {
        let n = counts[name].as_u64().expect("a number");
        text.replace(&format!("\"{name}\":{n}"), &format!("\"{name}\":{}", n - by))
    };
    less(&less(footer, "cases", 1), "exchanges", exchanges)
}

/// What a damage is, the evidence that has it, and what judging it again ends and answers with.
type Damage = (&'static str, String, i32, &'static str);

/// Damages of evidence by somebody who leaves the hashes as they are.
fn broken_chains(whole: &str) -> Vec<Damage> {
    let lines: Vec<&str> = whole.lines().collect();
    let joined = |parts: &[&[&str]]| parts.concat().join("\n") + "\n";
    let (end, last) = lines.split_at(lines.len() - 1);
    vec![
        ("flipped byte", joined(&[&lines]).replacen("max+1", "max+2", 1), 7, "was changed: record"),
        (
            "dropped record",
            joined(&[&lines[..20], &lines[21..]]),
            7,
            "record 20 is missing: record 21 follows record 19",
        ),
        ("dropped records", joined(&[&lines[..20], &lines[23..]]), 7, "records 20 to 22 are missing"),
        (
            "swapped records",
            joined(&[&lines[..20], &[lines[21], lines[20]], &lines[22..]]),
            7,
            "records have changed places: record 21 stands where record 20 belongs",
        ),
        ("doubled record", joined(&[&lines[..21], &lines[20..]]), 7, "record 20 stands there twice"),
        ("missing footer", joined(&[end]), 7, "the evidence has no footer"),
        ("half a line", whole[..whole.len() - 40].to_owned(), 7, "is no record"),
        ("missing header", joined(&[&lines[1..]]), 7, "does not begin with its header"),
        ("something after the end", joined(&[&lines, last]), 7, "follows the footer"),
    ]
}

/// Evidence that says something else than the run's, in a chain made anew.
fn false_chains(whole: &str) -> Vec<Damage> {
    let own = records(whole);
    let of_cases = |change: &dyn Fn(&str) -> String| -> Vec<String> {
        own.iter().map(|r| if is_case(r) { change(r) } else { r.clone() }).collect()
    };
    let lied = of_cases(&|r| r.replace("\"outcome\":\"FAIL\"", "\"outcome\":\"PASS\""));
    let excuse = r#"},"grounds":{"given":{"outcome":"INCONCLUSIVE","reason":"canary_failed","note":"it was ill"}}}"#;
    let given = of_cases(&|r| if r.contains("max+1") { r.replacen("}}", excuse, 1) } else { r.to_owned() });
    // Grounds of somebody else's making, which speak of what is not there: a difference, no panic.
    let strange = r#"},"grounds":{"expected":[[0,{"expect":"refuse","broken":[4000000],"rows":[{"row":99,"field":9}],"may":[],"doubt":null,"bare":false}]]}}"#;
    let foreign = of_cases(&|r| r.replacen("}}", strange, 1));
    let mut dropped = own.clone();
    let exchanges = drop_last_case(&mut dropped);
    let uncounted = rechained(&dropped);
    let footer = dropped.pop().expect("the footer");
    dropped.push(recounted(&footer, exchanges));
    vec![
        ("edited verdict, chain made anew", rechained(&lied), 4, "the evidence says PASS, its exchanges give FAIL"),
        ("a case left out, chain made anew", uncounted, 7, "the footer counts"),
        ("a case left out, footer adjusted", rechained(&dropped), 4, "planned cases"),
        ("an invented outage", rechained(&given), 4, "no canary failed"),
        ("foreign grounds", rechained(&foreign), 4, "its exchanges give BROKEN"),
    ]
}

/// Judges the run again with another content of one of its files.
fn rejudged_with(folder: &Path, file: &str, content: String) -> (i32, String) {
    let copied = folder.join("copy");
    copy(&folder.join("run"), &copied);
    fs::write(copied.join(file), content).expect("written");
    let came = konform(folder, &["rejudge", "copy"]);
    fs::remove_dir_all(copied).expect("removed");
    came
}

#[test]
fn each_way_of_damage_has_its_own_message() {
    let folder = Folder::new();
    let args = ["run", "--quiet", "--out", "run", "--only", "user-registration::length::*"];
    let (code, text) = konform(&folder.0, &[&args[..], &["--fault", "accept-above:loginId"]].concat());
    assert_eq!(code, 1, "{text}");
    let whole = fs::read_to_string(folder.0.join("run/evidence.jsonl")).expect("the evidence");
    let results = fs::read_to_string(folder.0.join("run/results.json")).expect("the results");
    for (what, evidence, code, says) in broken_chains(&whole).into_iter().chain(false_chains(&whole)) {
        assert_ne!(evidence, whole, "{what} changes something");
        let (found, text) = rejudged_with(&folder.0, "evidence.jsonl", evidence);
        assert_eq!(found, code, "{what}: {text}");
        assert!(text.contains(says) && !text.contains("panicked"), "{what}: {text}");
    }
    let changed_end = whole.replacen("\"partial\":false,\"millis\":", "\"partial\":false,\"millis\":1", 1);
    for (what, file, content, says) in [
        ("changed footer", "evidence.jsonl", changed_end, "the last record was changed, or results.json"),
        (
            "edited result",
            "results.json",
            results.replacen("\"fail\": ", "\"fail\": 1", 1),
            "results.json is not what the evidence gives: they part at line",
        ),
        ("edited finding", "findings/1.json", "{}".to_owned(), "findings/1.json is not what the evidence gives"),
    ] {
        let (code, text) = rejudged_with(&folder.0, file, content);
        assert_eq!(code, 7, "{what}: {text}");
        assert!(text.contains(says), "{what}: {text}");
    }
}

#[test]
fn another_contract_or_profile_than_the_runs_is_said() {
    let folder = Folder::new();
    fs::write(folder.0.join("p.yaml"), "konform: 1\nname: mine\n").expect("written");
    let args = ["run", "--quiet", "--out", "run", "--only", "user-registration::valid::*", "--profile", "p.yaml"];
    assert_eq!(konform(&folder.0, &args).0, 0);
    assert_eq!(konform(&folder.0, &["rejudge", "run"]).0, 0);
    let (code, text) = konform(&folder.0, &["rejudge", "run", "--contract", "library"]);
    assert!(code == 2 && text.contains("made with another"), "{code} {text}");
    fs::rename(folder.0.join("p.yaml"), folder.0.join("q.yaml")).expect("renamed");
    let (code, text) = konform(&folder.0, &["rejudge", "run"]);
    assert!(code == 2 && text.contains("p.yaml"), "{code} {text}");
    assert_eq!(konform(&folder.0, &["rejudge", "run", "--profile", "q.yaml"]).0, 0);
    fs::write(folder.0.join("q.yaml"), "konform: 1\nname: other\n").expect("written");
    let (code, text) = konform(&folder.0, &["rejudge", "run", "--profile", "q.yaml"]);
    assert!(code == 2 && text.contains("give that profile with --profile"), "{code} {text}");
}

/// Starts a run and kills it once its evidence holds a case.
fn killed(folder: &Folder, out: &str, args: &[&str]) -> PathBuf {
    let mut child = Command::new(env!("CARGO_BIN_EXE_konform"))
        .args([&["run", "--quiet", "--out", out][..], args].concat())
        .current_dir(&folder.0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let evidence = folder.0.join(out).join("evidence.jsonl");
    let started = Instant::now();
    while !fs::read_to_string(&evidence).is_ok_and(|text| text.contains(r#"{"kind":"case""#)) {
        assert!(started.elapsed() < Duration::from_mins(1), "the run writes nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("waited for");
    evidence
}

#[test]
fn a_killed_run_goes_on_and_loses_and_doubles_nothing() {
    let folder = Folder::new();
    let choice = ["--only", "user-*", "--fault", "accept-above:loginId", "--rate", "600", "--salt", "5"];
    let evidence = killed(&folder, "run", &choice);
    // A line that was being written when the machine went off.
    let mut text = fs::read_to_string(&evidence).expect("the evidence");
    assert!(!text.contains(r#"{"kind":"footer""#), "it was killed too late");
    text += r#"{"seq":77,"prev":"half a li"#;
    fs::write(&evidence, text).expect("written");
    let (code, text) = konform(&folder.0, &["rejudge", "run"]);
    assert!(code == 7 && text.contains("no record"), "{code} {text}");

    let (code, text) = konform(&folder.0, &["run", "--quiet", "--resume", "run"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("cases are done already"), "{text}");
    let (code, text) = konform(&folder.0, &["rejudge", "run"]);
    assert_eq!(code, 0, "{text}");
    let resumed = fs::read_to_string(&evidence).expect("the evidence");
    assert_eq!(resumed.matches(r#""record":{"kind":"resumed""#).count(), 1);
    let ids = |text: &str| {
        let of = |line: &str| {
            Some(line.split_once(r#""record":{"kind":"case","verdict":{"id":""#)?.1.split('"').next()?.to_owned())
        };
        text.lines().filter_map(of).collect::<Vec<_>>()
    };
    let whole = ["run", "--quiet", "--out", "whole", "--only", "user-*", "--fault", "accept-above:loginId"];
    assert_eq!(konform(&folder.0, &whole).0, 1);
    let whole = fs::read_to_string(folder.0.join("whole/evidence.jsonl")).expect("the evidence");
    assert_eq!(ids(&resumed), ids(&whole), "the same cases, each once, in the same order");
    let findings = |run: &str| {
        let text = fs::read_to_string(folder.0.join(run).join("results.json")).expect("results");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let of = |f: &serde_json::Value| {
            (f["clause"].clone(), f["check"].clone(), f["count"].clone(), f["confirmed"].clone())
        };
        value["summary"]["findings"].as_array().expect("a list").iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(findings("run"), findings("whole"));

    let (code, text) = konform(&folder.0, &["run", "--resume", "run"]);
    assert!(code == 2 && text.contains("nothing to take up"), "{code} {text}");
}

#[test]
fn what_can_not_be_taken_up_says_why() {
    let folder = Folder::new();
    let evidence = killed(&folder, "run", &["--only", "user-registration::*", "--rate", "600"]);
    let text = fs::read_to_string(&evidence).expect("the evidence");
    fs::write(&evidence, text.replacen("\"status\":200", "\"status\":201", 1)).expect("written");
    let (code, text) = konform(&folder.0, &["run", "--resume", "run"]);
    assert!(code == 7 && text.contains("was changed"), "{code} {text}");
    let (code, text) = konform(&folder.0, &["run", "--resume", "nowhere"]);
    assert!(code == 2 && text.contains("failed to read"), "{code} {text}");
}

#[test]
fn the_sample_report_is_what_its_evidence_gives() {
    let (code, text) = konform(super::lab::root(), &["rejudge", "reports/sample"]);
    assert_eq!(
        code, 0,
        "make it again: run --contract library --only book-add::length::* --fault accept-above:title --salt 1: {text}"
    );
}
