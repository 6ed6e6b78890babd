//! Reports in the formats of others: each read back by something that did not write it, with one mapping of verdicts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;

use super::evidence::{copy, konform};
use super::lab::{self, Folder};

/// Cases by how they must count everywhere.
const PASSED: &str = "user-registration::length::body.loginId::max";
const FAILED: &str = "user-registration::length::body.loginId::max+1";
const WARNED: &str = "user-registration::value::body.gender::near-male";
const WAIVED: &str = "user-registration::length::body.userName::max+1";
const UNCLEAR: &str = "card-list::length::body.physicalCardNo::max+1";

/// A run that has every kind of outcome, and its results.
fn run(folder: &Folder) -> Value {
    // Today somewhere, whatever the contract's zone.
    let today = chrono::Utc::now().date_naive();
    let (granted, expires) = (today - chrono::Duration::days(1), today + chrono::Duration::days(1));
    let waiver = format!(
        "konform: 1\nwaivers:\n  - clause: user-registration/request/userName/length\n    check: refused\n    pointer: request:/userName\n    observed: accepted with 200\n    reason: ticket 1\n    owner: ann\n    approver: bob\n    granted: {granted}\n    expires: {expires}\n"
    );
    fs::write(folder.0.join("w.yaml"), waiver).expect("written");
    let mut args = vec!["run", "--quiet", "--out", "run", "--waivers", "w.yaml", "--seed", "1"];
    args.extend([
        "--only",
        "user-registration::length::*",
        "--only",
        "user-registration::value::*",
        "--only",
        "card-list::length::*",
    ]);
    for fault in ["accept-above:loginId", "skip-enum:gender", "accept-above:userName", "at:card-list:http:error"] {
        args.extend(["--fault", fault]);
    }
    let (code, text) = konform(&folder.0, &args);
    assert_eq!(code, 1, "{text}");
    let results = fs::read_to_string(folder.0.join("run/results.json")).expect("results");
    serde_json::from_str(&results).expect("JSON")
}

fn report(folder: &Path, format: &str) -> String {
    let (code, text) = konform(folder, &["report", "run", "--as", format]);
    assert_eq!(code, 0, "{format}: {text}");
    text
}

fn index(value: &Value) -> usize {
    value.as_u64().and_then(|n| usize::try_from(n).ok()).expect("a number")
}

fn schema(name: &str) -> jsonschema::Validator {
    let path = lab::root().join("src/tests/vectors").join(name);
    let value: Value = serde_json::from_str(&fs::read_to_string(path).expect("the schema")).expect("JSON");
    jsonschema::validator_for(&value).expect("a schema")
}

fn fits(schema: &jsonschema::Validator, value: &Value) {
    let errors: Vec<String> = schema.iter_errors(value).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn every_format_maps_verdicts_the_same_way() {
    let folder = Folder::new();
    let results = run(&folder);
    let case = |id: &str| {
        results["cases"].as_array().expect("cases").iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("no {id}"))
    };
    for (id, outcome, accepted) in [
        (PASSED, "PASS", None),
        (FAILED, "FAIL", None),
        (WARNED, "FAIL", None),
        (WAIVED, "FAIL", Some("waived")),
        (UNCLEAR, "INCONCLUSIVE", None),
    ] {
        assert_eq!((case(id)["outcome"].as_str(), case(id)["accepted"].as_str()), (Some(outcome), accepted), "{id}");
    }
    let count = results["cases"].as_array().expect("cases").len();
    junit_maps_verdicts(&folder.0, count);
    ctrf_maps_verdicts(&folder.0, count);
    tap_maps_verdicts(&folder.0, count);
    sarif_has_findings_at_the_contracts_lines(&folder.0);
    gitlab_and_markdown_map_levels(&folder.0);
}

/// A warning is a success with a text, what can't be told an error.
fn junit_maps_verdicts(folder: &Path, count: usize) {
    let junit = Report::deserialize_from_str(&report(folder, "junit")).expect("JUnit");
    let tests: BTreeMap<String, &quick_junit::TestCase> =
        junit.test_suites.iter().flat_map(|s| &s.test_cases).map(|c| (c.name.to_string(), c)).collect();
    assert_eq!(tests.len(), count);
    let kind = |id: &str| match &tests[id].status {
        TestCaseStatus::Success { .. } => "success",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => "failure",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. } => "error",
        TestCaseStatus::Skipped { .. } => "skipped",
    };
    assert_eq!(
        [PASSED, FAILED, WARNED, WAIVED, UNCLEAR].map(kind),
        ["success", "failure", "success", "success", "error"]
    );
    let told = |id: &str| tests[id].system_out.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default();
    assert!(told(WARNED).starts_with("warning (SHOULD): ") && told(WAIVED).starts_with("waived: "));
}

fn ctrf_maps_verdicts(folder: &Path, count: usize) {
    let ctrf: Value = serde_json::from_str(&report(folder, "ctrf")).expect("JSON");
    fits(&schema("ctrf-0.0.schema.json"), &ctrf);
    let tests = ctrf["results"]["tests"].as_array().expect("tests");
    let status =
        |id: &str| tests.iter().find(|t| t["name"] == id).and_then(|t| t["status"].as_str()).unwrap_or_default();
    assert_eq!(
        [PASSED, FAILED, WARNED, WAIVED, UNCLEAR].map(status),
        ["passed", "failed", "passed", "passed", "other"]
    );
    assert_eq!(ctrf["results"]["summary"]["tests"].as_u64(), Some(count as u64));
}

/// A warning is a TODO.
fn tap_maps_verdicts(folder: &Path, count: usize) {
    let tap = report(folder, "tap");
    let lines: Vec<&str> = tap.lines().filter(|l| l.starts_with("ok ") || l.starts_with("not ok ")).collect();
    let line = |id: &str| {
        let mark = format!(" - {id}");
        let found = lines.iter().find(|l| l.ends_with(&mark) || l.contains(&format!("{mark} # ")));
        let found = found.unwrap_or_else(|| panic!("no {id}"));
        (found.starts_with("ok"), found.contains(" # TODO "))
    };
    assert_eq!(
        [PASSED, FAILED, WARNED, WAIVED, UNCLEAR].map(line),
        [(true, false), (false, false), (false, true), (false, true), (false, false)]
    );
    assert!(tap.starts_with("TAP version 14\n") && tap.ends_with(&format!("1..{count}\n")), "{tap}");
}

fn sarif_has_findings_at_the_contracts_lines(folder: &Path) {
    let sarif: Value = serde_json::from_str(&report(folder, "sarif")).expect("JSON");
    fits(&schema("sarif-2.1.0.schema.json"), &sarif);
    let run = &sarif["runs"][0];
    let found: Vec<(&str, &str, bool)> = run["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|r| {
            let rule = r["ruleId"].as_str().unwrap_or_default();
            assert_eq!(run["tool"]["driver"]["rules"][index(&r["ruleIndex"])]["id"], rule);
            (rule, r["level"].as_str().unwrap_or_default(), r["suppressions"].is_array())
        })
        .collect();
    for expected in [
        ("user-registration/request/loginId/length", "error", false),
        ("user-registration/request/userName/length", "error", true),
        ("user-registration/request/gender/enum", "warning", false),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], false, "what can't be told is no success");
    let own = |r: &&Value| r["ruleId"] == "user-registration/request/loginId/length";
    let own = run["results"].as_array().expect("results").iter().find(own).expect("the finding");
    let place = &own["locations"][0]["physicalLocation"];
    // The contract is konform's own, not this repository's: hosts are told so.
    assert_eq!(place["artifactLocation"]["uriBaseId"], "KONFORM");
    let told = run["invocations"][0]["toolExecutionNotifications"].as_array().expect("notifications");
    let told: Vec<&str> = told.iter().filter_map(|n| n["message"]["text"].as_str()).collect();
    assert!(told.iter().any(|t| t.contains("a contract that is not in this repository")), "{told:?}");
    let file = lab::root().join(place["artifactLocation"]["uri"].as_str().expect("a path"));
    let text = fs::read_to_string(file).expect("the contract's file");
    let line = text.lines().nth(index(&place["region"]["startLine"]) - 1).expect("the line");
    assert!(line.contains("name: loginId"), "{line}");
}

fn gitlab_and_markdown_map_levels(folder: &Path) {
    let gitlab: Value = serde_json::from_str(&report(folder, "gitlab")).expect("JSON");
    let severity = |clause: &str| {
        let issue = gitlab.as_array().expect("a list").iter().find(|i| i["check_name"] == clause);
        issue.and_then(|i| i["severity"].as_str()).unwrap_or_default().to_owned()
    };
    assert_eq!(
        ["loginId/length", "userName/length", "gender/enum"]
            .map(|c| severity(&format!("user-registration/request/{c}"))),
        ["critical", "info", "minor"]
    );
    let markdown = report(folder, "markdown");
    for says in [
        "❌ konform: FAIL: ",
        "| **MUST** | `user-registration/request/loginId/length` |",
        "| waived | `user-registration/request/userName/length` |",
        "| SHOULD | `user-registration/request/gender/enum` |",
    ] {
        assert!(markdown.contains(says), "{says} in {markdown}");
    }
}

#[test]
fn har_holds_every_exchange() {
    let folder = Folder::new();
    run(&folder);
    let har: Value = serde_json::from_str(&report(&folder.0, "har")).expect("JSON");
    fits(&schema("har-1.2.schema.json"), &har);
    let evidence = fs::read_to_string(folder.0.join("run/evidence.jsonl")).expect("the evidence");
    let exchanges = evidence.lines().filter(|l| l.contains(r#""record":{"kind":"exchange""#)).count();
    let entries = har["log"]["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), exchanges);
    let first =
        entries.iter().find(|e| e["request"]["url"].as_str().is_some_and(|u| u.ends_with("/user/registration")));
    let first = first.expect("a registration");
    assert!(first["request"]["postData"]["text"].as_str().is_some_and(|t| t.contains("\"redacted\"")), "{first}");
}

#[test]
fn the_folders_own_reports_come_out_the_same_again() {
    let folder = Folder::new();
    run(&folder);
    let read = |name: &str| fs::read(folder.0.join("run").join(name)).unwrap_or_default();
    let names = ["results.json", "junit.xml", "coverage.json", "leftovers.json", "run.log", "findings/1.json"];
    let before = names.map(read);
    for name in names {
        fs::remove_file(folder.0.join("run").join(name)).expect("removed");
    }
    let (code, text) = konform(&folder.0, &["report", "run"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(names.map(read), before);
    assert_eq!(report(&folder.0, "json").into_bytes(), read("results.json"));
    assert_eq!(report(&folder.0, "junit").into_bytes(), read("junit.xml"));
    let (code, text) = konform(&folder.0, &["report", "nowhere"]);
    assert!(code == 2 && text.contains("give the folder of a run"), "{text}");
}

#[test]
fn code_hosts_are_told_in_their_own_words() {
    let folder = Folder::new();
    let summary = folder.0.join("summary.md");
    let run = |out: &str, name: &str, more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_konform"))
            .args([
                "run",
                "--quiet",
                "--only",
                "user-registration::length::*",
                "--fault",
                "accept-above:loginId",
                "--out",
                out,
            ])
            .args(more)
            .current_dir(&folder.0)
            .env_remove("GITHUB_ACTIONS")
            .env_remove("GITLAB_CI")
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env(name, "true")
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        [output.stdout, output.stderr].map(|b| String::from_utf8(b).expect("UTF-8"))
    };
    let [stdout, _] = run("a", "NOTHING", &[]);
    assert!(!stdout.contains("::error") && !summary.exists(), "{stdout}");
    let [stdout, _] = run("b", "GITHUB_ACTIONS", &[]);
    let expected = "::error title=user-registration/request/loginId/length::loginId has 1 to 80 characters: expected refused, was accepted with 200%0A";
    assert!(stdout.contains(expected), "{stdout}");
    assert!(fs::read_to_string(&summary).expect("the summary").contains("❌ konform: FAIL"));
    let [stdout, stderr] = run("c", "GITHUB_ACTIONS", &["--format", "json"]);
    assert!(serde_json::from_str::<Value>(&stdout).is_ok(), "data stays data: {stdout}");
    assert!(stderr.contains("::error title="), "{stderr}");
    run("d", "GITLAB_CI", &[]);
    let quality = fs::read_to_string(folder.0.join("d/gl-code-quality-report.json")).expect("the report");
    let quality: Value = serde_json::from_str(&quality).expect("JSON");
    assert_eq!(quality[0]["location"]["lines"]["begin"], 15);
    assert_eq!(konform(&folder.0, &["rejudge", "d"]).0, 0);
}

#[test]
fn a_code_host_finds_the_lines_of_a_contract_in_its_repository() {
    let folder = Folder::new();
    copy(&lab::root().join("specs/examples/library"), &folder.0.join("repo/api/contract"));
    fs::create_dir_all(folder.0.join("repo/.git")).expect("a repository");
    let work = folder.0.join("repo/ci");
    fs::create_dir_all(&work).expect("a folder");
    let args = "run --quiet --snapshots off --contract ../api/contract --only book-add::* --fault accept-above:title --out run";
    assert_eq!(konform(&work, &args.split(' ').collect::<Vec<_>>()).0, 1);
    let read = |format: &str| -> Value {
        serde_json::from_str(&konform(&work, &["report", "run", "--as", format]).1).expect("JSON")
    };
    let sarif = read("sarif");
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!((&place["uri"], &place["uriBaseId"]), (&"api/contract/book-add.yaml".into(), &"%SRCROOT%".into()));
    assert_eq!(read("gitlab")[0]["location"]["path"], "api/contract/book-add.yaml");
    // Outside of the repository a place is a whole URI, and the report warns.
    fs::rename(folder.0.join("repo/.git"), work.join(".git")).expect("the repository moved");
    let sarif = read("sarif");
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert!(
        place["uri"].as_str().is_some_and(|u| u.starts_with("file:///") && u.ends_with("api/contract/book-add.yaml"))
    );
    let told = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(told.as_str().is_some_and(|t| t.contains("not in this repository")), "{told}");
}
