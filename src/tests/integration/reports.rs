//! The files of a run, read back by others: JSON Schema, a JUnit parser, the hash chain, a search for secrets.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use konform::crypto;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;

use super::contract_files::schema;
use super::lab::Folder;

fn run(folder: &Folder, args: &[&str]) -> PathBuf {
    let status = Command::new(env!("CARGO_BIN_EXE_konform"))
        .args(["run", "--quiet", "--out", "out"])
        .args(args)
        .current_dir(&folder.0)
        .output()
        .expect("it runs");
    assert!(matches!(status.status.code(), Some(0 | 1 | 3)), "{}", String::from_utf8_lossy(&status.stderr));
    folder.0.join("out")
}

fn json(path: PathBuf) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

#[test]
fn results_fit_their_schema_and_hold_every_case() {
    for args in [&[][..], &["--fault", "answer-text:userId", "--fault", "skip-enum:gender"], &["--fault", "body:none"]]
    {
        let folder = Folder::new();
        let out = run(&folder, args);
        let results = json(out.join("results.json"));
        let errors: Vec<String> =
            schema("results").iter_errors(&results).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{args:?}: {errors:?}");
        let cases = results["cases"].as_array().expect("cases");
        assert_eq!(cases.len() as u64, results["run"]["planned"].as_u64().expect("a number"));
        let findings = results["summary"]["findings"].as_array().expect("findings");
        for finding in findings {
            let one = json(out.join(format!("findings/{}.json", finding["number"])));
            assert_eq!(&one["finding"], finding);
        }
        let coverage = json(out.join("coverage.json"));
        for clause in coverage["clauses"].as_array().expect("clauses") {
            assert!(
                clause["asserted"].as_u64() > Some(0) || clause["reason"].is_string(),
                "{clause} has neither a count nor a reason"
            );
        }
    }
}

#[test]
fn junit_is_read_back_with_a_test_case_per_case() {
    let folder = Folder::new();
    let out = run(&folder, &["--fault", "accept-above:loginId", "--fault", "skip-enum:gender"]);
    let report =
        Report::deserialize(fs::File::open(out.join("junit.xml")).map(std::io::BufReader::new).expect("a file"))
            .expect("JUnit");
    let results = json(out.join("results.json"));
    let cases: Vec<_> = report.test_suites.iter().flat_map(|s| &s.test_cases).collect();
    assert_eq!(cases.len(), results["cases"].as_array().expect("cases").len());
    let failed: Vec<String> = cases
        .iter()
        .filter(|c| matches!(c.status, TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. }))
        .map(|c| c.name.to_string())
        .collect();
    assert!(failed.contains(&"user-registration::length::body.loginId::max+1".to_owned()), "{failed:?}");
    // A broken SHOULD is a warning, no failure.
    assert!(failed.iter().all(|name| !name.contains("gender")), "{failed:?}");
    assert_eq!(report.tests, cases.len());
}

#[test]
fn evidence_is_a_chain_with_header_and_footer() {
    let folder = Folder::new();
    let out = run(&folder, &["--only", "*::length::*"]);
    let text = fs::read_to_string(out.join("evidence.jsonl")).expect("the evidence");
    let (mut prev, mut exchanges, mut cases) = (String::new(), 0, 0);
    for (at, line) in text.lines().enumerate() {
        let value: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!((value["seq"].as_u64(), value["prev"].as_str()), (Some(at as u64), Some(prev.as_str())));
        prev = crypto::hex(&crypto::sha256(line.as_bytes()));
        match value["record"]["kind"].as_str() {
            Some("header") => assert_eq!(at, 0),
            Some("exchange") => exchanges += 1,
            Some("case") => cases += 1,
            Some("aside") => {}
            Some("footer") => {
                assert_eq!(at + 1, text.lines().count());
                assert_eq!(
                    (value["record"]["exchanges"].as_u64(), value["record"]["cases"].as_u64()),
                    (Some(exchanges), Some(cases))
                );
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(json(out.join("results.json"))["summary"]["root"].as_str(), Some(prev.as_str()));
}

#[test]
fn everything_that_a_run_created_is_in_the_ledger() {
    let folder = Folder::new();
    let out = run(&folder, &["--only", "user-registration::valid::*", "--fault", "skip-unique:loginId"]);
    let left = json(out.join("leftovers.json"));
    let listed: Vec<&str> = left["left"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|e| e["resource"] == "user")
        .filter_map(|e| e["key"].as_str())
        .collect();
    let text = fs::read_to_string(out.join("evidence.jsonl")).expect("the evidence");
    let answered = text.lines().filter_map(|line| {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let body = &value["record"]["answer"]["Ok"]["body"]["root"];
        body["userId"].is_number().then(|| body["userId"].to_string())
    });
    let answered: Vec<String> = answered.collect();
    assert!(answered.len() > 3, "{answered:?}");
    let undone = |id: &str| {
        text.lines()
            .any(|line| line.contains(r#""endpoint":"user-unregister""#) && line.contains(&format!(r#""userId":{id}"#)))
    };
    for id in &answered {
        assert!(
            listed.contains(&id.as_str()) != undone(id),
            "member {id} is neither in the ledger nor undone: {listed:?}"
        );
    }
    assert!(answered.iter().any(|id| undone(id)), "nothing was undone");
}

#[test]
fn no_secret_stands_in_any_file() {
    let folder = Folder::new();
    let out = run(&folder, &["--fault", "accept-above:ci"]);
    let contract = super::lab::contract(None);
    let credentials = konform::sandbox::credentials(&contract);
    let mut files = vec![out];
    let mut read = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(&path).expect("a folder").map(|e| e.expect("an entry").path()));
            continue;
        }
        read += 1;
        let text = fs::read_to_string(&path).expect("UTF-8");
        assert!(!text.contains("PRIVATE KEY"), "a private key in {}", path.display());
        for name in ["accessKey", "secretKey"] {
            assert!(!text.contains(credentials[name].reveal()), "{name} in {}", path.display());
        }
        // The password that every request carries, tokens, and the card numbers that the sandbox gives out: 16 digits alone.
        for secret in ["\"907135\"", "KMV1:2"] {
            assert!(!text.contains(secret), "{secret} in {}", path.display());
        }
        // A product's id with its last digit twice is as long as a card number.
        let product = "9999000000000011";
        let mut pieces = text.split('"').filter(|piece| *piece != product);
        let card = pieces
            .find(|piece| piece.len() == 16 && piece.starts_with("9999") && piece.bytes().all(|b| b.is_ascii_digit()));
        assert_eq!(card, None, "a card number in {}", path.display());
    }
    assert!(read >= 7);
}
