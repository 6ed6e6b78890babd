//! Secrets: in no file that a run writes, and a finding where the target shows one.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use konform::model::Exit;
use konform::sandbox::{self, Sandbox, Variant};

use super::evidence::konform;
use super::lab::{self, Folder};

/// Every file below a folder, by name and content.
pub(crate) fn files(folder: &Path, out: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, out);
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
            out.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn what_a_target_echoes_stands_in_no_file_and_is_a_finding() {
    let contract = lab::contract(None);
    let credentials = sandbox::credentials(&contract);
    for (what, endpoint, kind) in [
        ("secretKey", "user-registration", "secretKey"),
        ("accessKey", "terms-all", "accessKey"),
        ("loginPassword", "user-registration", "password"),
        ("ci", "user-registration", "identity"),
        ("cardNo", "card-user-mapped-info", "pan"),
        ("private-key", "user-registration", "private-key"),
    ] {
        let folder = Folder::new();
        let only = format!("{endpoint}::*");
        let fault = format!("at:{endpoint}:leak:{what}");
        let args = [
            "run",
            "--quiet",
            "--out",
            "out",
            "--only",
            &only,
            "--fault",
            &fault,
            "--encrypt",
            "never",
            "--events",
            "events.jsonl",
            "--save-failures",
            "corpus",
            "--format",
            "json",
        ];
        let (code, text) = konform(&folder.0, &args);
        assert_eq!(code, i32::from(Exit::Broken.code()), "{what}: {text}");
        let results = fs::read_to_string(folder.0.join("out/results.json")).expect("results");
        let results: serde_json::Value = serde_json::from_str(&results).expect("JSON");
        let findings = results["summary"]["findings"].as_array().expect("a list");
        let leak = findings.iter().find(|f| f["clause"] == format!("{endpoint}/policy/answer/no-leak"));
        let leak = leak.unwrap_or_else(|| panic!("{what} is not found: {findings:?}"));
        assert_eq!(leak["actual"], format!("the {kind} stands in it"), "{what}");
        assert_eq!((leak["check"].as_str(), leak["level"].as_str()), (Some("leak"), Some("MUST")));
        let mut all = vec![("stdout and stderr".to_owned(), text)];
        for format in ["har", "sarif", "ctrf", "tap", "markdown", "gitlab"] {
            all.push((format.to_owned(), konform(&folder.0, &["report", "out", "--as", format]).1));
        }
        files(&folder.0, &mut all);
        assert!(all.len() >= 7, "{}", all.len());
        for (name, text) in &all {
            for secret in ["accessKey", "secretKey"] {
                assert!(!text.contains(credentials[secret].reveal()), "{what}: {secret} in {name}");
            }
            assert!(!text.contains("PRIVATE KEY"), "{what}: a private key in {name}");
            assert!(!text.contains("failed for 907135"), "{what}: a password in {name}");
            assert!(!text.contains("failed for 9999"), "{what}: a card number in {name}");
            // Values of fewer than six characters, or of one different one or two, can't be told from chance; long ones of two can.
            let secret = |rest: &&str| {
                let value = rest.split(['"', '\\']).next().unwrap_or_default();
                let mut letters: Vec<char> = value.chars().filter(|c| c.is_alphanumeric()).collect();
                letters.sort_unstable();
                letters.dedup();
                let chars = value.chars().count();
                !value.starts_with('<') && chars >= 6 && letters.len() >= if chars >= 12 { 2 } else { 3 }
            };
            assert_eq!(text.split("failed for ").skip(1).find(secret), None, "{what}: in {name}");
        }
        // It is judged again like anything else.
        let (code, text) = konform(&folder.0, &["rejudge", "out"]);
        assert_eq!(code, 0, "{text}");
    }
}

#[test]
fn a_documented_field_that_shows_what_was_sent_is_no_leak() {
    // The card number that was asked for comes back in the documented field: `card-user-mapped-info` on the plain sandbox.
    let contract = lab::contract(None);
    let own = Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new());
    let direct = lab::Direct(Arc::new(own));
    let how = lab::How { endpoints: Some(&["card-user-mapped-info", "user-info", "card-list"]), ..lab::How::default() };
    let summary = lab::run(&contract, direct, &how, |_| true);
    assert!(summary.findings.is_empty(), "{}", lab::describe(&summary));
    let held =
        |id: &str| summary.clauses.iter().find(|c| c.id == format!("{id}/policy/answer/no-leak")).map(|c| c.asserted);
    assert!(held("card-user-mapped-info") > Some(10));
}

#[test]
fn a_secret_in_an_address_stands_in_no_file_either() {
    let folder = Folder::new();
    super::evidence::copy(&lab::root().join("specs/examples/library"), &folder.0.join("library"));
    for entry in fs::read_dir(folder.0.join("library")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if let Ok(text) = fs::read_to_string(&path) {
            let marked = text.replace("length: 13, charset: digits", "length: 13, charset: digits, secret: pan");
            fs::write(&path, marked).expect("written");
        }
    }
    let args = [
        "run",
        "--quiet",
        "--contract",
        "library",
        "--only",
        "book-*::valid::*",
        "--only",
        "loan-*::valid::*",
        "--out",
        "out",
    ];
    let (code, text) = konform(&folder.0, &args);
    assert_eq!(code, 0, "{text}");
    let mut all = vec![("stdout".to_owned(), text)];
    files(&folder.0.join("out"), &mut all);
    for (name, text) in &all {
        // Numbers of thirteen digits that begin with 978, as the contract's sample makes them. Digests have such runs of digits by chance,
        // between letters.
        let digits =
            |word: &&str| word.len() == 13 && word.starts_with("978") && word.bytes().all(|b| b.is_ascii_digit());
        let number = text.split(|c: char| !c.is_ascii_alphanumeric()).find(digits);
        assert_eq!(number, None, "{name}");
    }
    assert!(all.iter().any(|(_, text)| text.contains("/books/<pan>")));
    // A target that is down: the transport's words name the address too.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let target = format!("http://127.0.0.1:{port}");
    let args = [
        "run",
        "--quiet",
        "--contract",
        "library",
        "--only",
        "book-get::valid::*",
        "--out",
        "down",
        "--target",
        &target,
    ];
    let (code, text) = konform(&folder.0, &args);
    assert_eq!(code, 3, "{text}");
    let evidence = fs::read_to_string(folder.0.join("down/evidence.jsonl")).expect("the evidence");
    assert!(
        evidence.contains("/books/<pan>") && !evidence.contains("/books/978") && !text.contains("/books/978"),
        "{text}"
    );
}
