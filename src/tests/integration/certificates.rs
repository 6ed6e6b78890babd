//! Certificates: an honest run's is believed, and each way of tampering has its own sentence.

use std::fs;
use std::path::{Path, PathBuf};

use konform::certificate::{Certificate, Clauses, Statement};
use konform::crypto::{SigningKey, VerifyingKey};
use serde_json::Value;

use super::evidence::{copy, konform, rechained, records};
use super::lab::Folder;

/// A profile that declares away what no case of the library's contract exercises, found out by a first run.
pub(crate) fn library_profile(folder: &Path) -> String {
    let run = ["run", "--quiet", "--contract", "library", "--mode", "certification", "--bless", "--out", "first"];
    let (code, text) = konform(folder, &run);
    assert!(code == 3 && text.contains("neither exercised nor declared away"), "{text}");
    assert!(text.contains("capabilities proposed in first/capabilities.proposed.yaml"), "{text}");
    let proposed = fs::read_to_string(folder.join("first/capabilities.proposed.yaml")).expect("the proposals");
    fs::write(folder.join("p.yaml"), format!("konform: 1\n{proposed}")).expect("written");
    "p.yaml".to_owned()
}

const RUN: [&str; 8] = ["run", "--quiet", "--contract", "library", "--mode", "certification", "--challenge", "n0nce-1"];

/// A certified run in `run`, keys in `keys` (partner) and `other` (certifier).
fn certified() -> Folder {
    let folder = Folder::new();
    let profile = library_profile(&folder.0);
    let (code, text) = konform(&folder.0, &[&RUN[..], &["--out", "run", "--profile", &profile]].concat());
    assert_eq!(code, 0, "{text}");
    for keys in ["keys", "other"] {
        assert_eq!(konform(&folder.0, &["keygen", "--sign", keys]).0, 0);
    }
    let args = ["certify", "run", "--key", "keys/sign-private.pem", "--challenge", "n0nce-1"];
    let (code, text) = konform(&folder.0, &args);
    assert!(code == 0 && text.contains("certified: "), "{code} {text}");
    folder
}

fn verify(folder: &Path, more: &[&str]) -> (i32, String) {
    konform(folder, &[&["verify", "run", "--pub", "keys/sign-public.pem"][..], more].concat())
}

fn files(folder: &Path, prefix: &str, out: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path: PathBuf = entry.expect("an entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() { files(&path, &format!("{name}/"), out) } else { out.push(name) }
    }
}

#[test]
fn an_honest_runs_certificate_is_believed_and_each_tampering_named() {
    let folder = certified();
    let (code, text) = verify(&folder.0, &["--challenge", "n0nce-1"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("verified: library at embedded sandbox") && text.contains("answers the challenge n0nce-1"));
    let (code, text) = konform(&folder.0, &["verify", "run/certificate.json", "--pub", "keys/sign-public.pem"]);
    assert!(code == 0 && text.contains("the certificate alone was looked at"), "{text}");

    let run = folder.0.join("run");
    let says = |what: &str, says: &str, more: &[&str]| {
        let (code, text) = verify(&folder.0, more);
        assert_eq!(code, 1, "{what}: {text}");
        assert!(text.contains(says), "{what}: {text}");
        assert_eq!(text.lines().count(), 1, "one sentence: {text}");
    };
    // One byte of each file.
    let mut names = Vec::new();
    files(&run, "", &mut names);
    assert!(names.len() >= 7, "{names:?}");
    for name in &names {
        let path = run.join(name);
        let before = fs::read(&path).expect("a file");
        let mut after = before.clone();
        let middle = after.len() / 2;
        after[middle] ^= 1;
        fs::write(&path, after).expect("written");
        if name == "certificate.json" {
            assert_eq!(verify(&folder.0, &[]).0, 1);
        } else {
            says(name, &format!("{name} was changed after it was signed"), &[]);
        }
        fs::write(&path, before).expect("written");
    }
    let whole = fs::read_to_string(run.join("evidence.jsonl")).expect("the evidence");
    let lines: Vec<&str> = whole.lines().collect();
    let evidence = |text: &str| fs::write(run.join("evidence.jsonl"), text).expect("written");
    evidence(&([&lines[..40], &lines[41..]].concat().join("\n") + "\n"));
    says("dropped record", "record 40 is missing", &[]);
    // A whole case out of the chain, which is then made anew.
    let mut own = records(&whole);
    let last = own.iter().rposition(|r| r.starts_with(r#"{"kind":"case""#)).expect("a case");
    let first = own[..last].iter().rposition(|r| r.starts_with(r#"{"kind":"case""#)).expect("a case") + 1;
    let exchanges = own[first..=last].iter().filter(|r| r.starts_with(r#"{"kind":"exchange""#)).count();
    own.drain(first..=last);
    let footer = own.pop().expect("the footer");
    let counts: Value = serde_json::from_str(&footer).expect("JSON");
    let less = |name: &str, by: u64| {
        let n = counts[name].as_u64().expect("a number");
        (format!("\"{name}\":{n}"), format!("\"{name}\":{}", n - by))
    };
    let (cases, exchanges) = (less("cases", 1), less("exchanges", exchanges as u64));
    own.push(footer.replace(&cases.0, &cases.1).replace(&exchanges.0, &exchanges.1));
    let shorter = rechained(&own);
    evidence(&shorter);
    says("dropped case", "cases, the certificate speaks of", &[]);
    evidence(&whole);
    fs::rename(run.join("junit.xml"), run.join("gone")).expect("renamed");
    says("missing file", "junit.xml is missing", &[]);
    fs::rename(run.join("gone"), run.join("junit.xml")).expect("renamed");
    fs::write(run.join("extra.txt"), "x").expect("written");
    says("added file", "extra.txt is none of the files that were signed", &[]);
    fs::remove_file(run.join("extra.txt")).expect("removed");
    #[cfg(unix)]
    {
        // A link out of the folder leads a verifier through somebody else's files.
        std::os::unix::fs::symlink("/", run.join("out")).expect("linked");
        let (code, text) = verify(&folder.0, &[]);
        assert!(code == 2 && text.contains("out is a link, and what is signed holds none"), "{code} {text}");
        fs::remove_file(run.join("out")).expect("removed");
    }
    says("old nonce", "it answers the challenge n0nce-1, not n0nce-2", &["--challenge", "n0nce-2"]);

    let path = run.join("certificate.json");
    let certificate = fs::read_to_string(&path).expect("the certificate");
    let change = |from: &str, to: &str| {
        assert!(certificate.contains(from), "{from}");
        fs::write(&path, certificate.replacen(from, to, 1)).expect("written");
    };
    change("application/vnd.in-toto+json", "application/json");
    says("wrong payload type", "its payload type is `application/json`", &[]);
    change("\"signatures\": [", "\"signatures\": [], \"more\": [");
    says("no signature", "nobody has signed it", &[]);
    fs::write(&path, "{}").expect("written");
    says("no envelope", "it is no DSSE envelope", &[]);
    fs::write(&path, &certificate).expect("written");
    let (code, text) = konform(&folder.0, &["verify", "run", "--pub", "other/sign-public.pem"]);
    assert!(code == 1 && text.contains("it was signed with another key"), "{text}");

    // Statements that our own key has signed, but that say something else.
    let pem = |name: &str| fs::read_to_string(folder.0.join(name)).expect("a key");
    let key = SigningKey::from_pem(&pem("keys/sign-private.pem")).expect("a key");
    let public = VerifyingKey::from_pem(&pem("keys/sign-public.pem")).expect("a key");
    let read = || Statement::<Certificate>::read(certificate.as_bytes(), &public).expect("our own");
    for (what, change, expected) in [
        (
            "expired",
            (|s: &mut Statement<Certificate>| s.predicate.expires = "2020-01-01T00:00:00Z".to_owned()) as fn(&mut _),
            "it has expired: it held until 2020-01-01",
        ),
        ("not yet", |s| s.predicate.issued = "2099-01-01T00:00:00Z".to_owned(), "it does not hold yet"),
        ("no time", |s| s.predicate.issued = String::new(), "it does not say from when"),
        (
            "another statement",
            |s| s.kind = "https://in-toto.io/Statement/v0.1".to_owned(),
            "`_type` is `https://in-toto.io/Statement/v0.1`",
        ),
        (
            "another predicate",
            |s| s.predicate_type = "https://slsa.dev/provenance/v1".to_owned(),
            "`predicateType` is `https://slsa.dev/provenance/v1`",
        ),
    ] {
        let mut statement = read();
        change(&mut statement);
        fs::write(&path, statement.sign(&key)).expect("written");
        says(what, expected, &[]);
    }
    fs::write(&path, &certificate).expect("written");
    assert_eq!(verify(&folder.0, &[]).0, 0, "everything is as it was");

    second_signature(&folder, &shorter, &read(), &key);
}

fn second_signature(folder: &Folder, shorter: &str, first: &Statement<Certificate>, key: &SigningKey) {
    let run = folder.0.join("run");
    let countersign = |key: &str| {
        let args = [
            "certify",
            "run",
            "--countersign",
            "--key",
            key,
            "--pub",
            "keys/sign-public.pem",
            "--challenge",
            "n0nce-1",
        ];
        konform(&folder.0, &args)
    };
    let both = |counter: &str| verify(&folder.0, &["--counter-pub", counter]);
    let (code, text) = both("other/sign-public.pem");
    assert!(code == 1 && text.contains("there is none"), "{text}");
    let (code, text) = countersign("keys/sign-private.pem");
    assert!(code == 1 && text.contains("both signatures would be by the same key"), "{text}");
    // The partner signs a folder that lacks a case; only judging again finds it.
    copy(&run, &folder.0.join("kept"));
    fs::write(run.join("evidence.jsonl"), shorter).expect("written");
    let mut forged = first.clone();
    for file in &mut forged.subject {
        if file.name == "evidence.jsonl" {
            file.digest.sha256 = konform::crypto::hex(&konform::crypto::sha256(shorter.as_bytes()));
        }
    }
    fs::write(run.join("certificate.json"), forged.sign(key)).expect("written");
    assert_eq!(verify(&folder.0, &[]).0, 0, "the signature alone can't tell");
    let (code, text) = countersign("other/sign-private.pem");
    assert!(code == 1 && text.contains("not countersigned") && text.contains("planned cases"), "{text}");
    // The partner signs more than the run came to.
    fs::remove_dir_all(&run).expect("removed");
    copy(&folder.0.join("kept"), &run);
    let mut boasting = first.clone();
    boasting.predicate.executed = Clauses { count: 9999, ..boasting.predicate.executed };
    fs::write(run.join("certificate.json"), boasting.sign(key)).expect("written");
    let (code, text) = countersign("other/sign-private.pem");
    assert!(code == 1 && text.contains("the certificate's executed is not what the evidence gives"), "{text}");

    fs::remove_dir_all(&run).expect("removed");
    copy(&folder.0.join("kept"), &run);
    let (code, text) = countersign("other/sign-private.pem");
    assert!(code == 0 && text.contains("judged again: "), "{text}");
    let (code, text) = both("other/sign-public.pem");
    assert!(code == 0 && text.contains("countersigned by"), "{text}");
    let (code, text) = both("keys/sign-public.pem");
    assert!(code == 1 && text.contains("both signatures are by the same key"), "{text}");
    // A countersignature of another certificate.
    fs::write(run.join("certificate.json"), boasting.sign(key)).expect("written");
    let (code, text) = both("other/sign-public.pem");
    assert!(code == 1 && text.contains("it is about another certificate"), "{text}");
}

#[test]
fn what_is_no_certification_is_not_signed() {
    let folder = Folder::new();
    assert_eq!(konform(&folder.0, &["keygen", "--sign", "keys"]).0, 0);
    let certify = |run: &str, more: &[&str]| {
        konform(&folder.0, &[&["certify", run, "--key", "keys/sign-private.pem"][..], more].concat())
    };
    let profile = library_profile(&folder.0);
    let (code, text) = certify("first", &[]);
    assert!(code == 1 && text.contains("neither exercised nor declared away"), "{text}");
    for (name, args, says) in [
        ("gate", &["run", "--quiet", "--contract", "library"][..], "made with --mode gate"),
        ("fault", &[&RUN[..], &["--fault", "http:error"]].concat(), "broken on purpose"),
        (
            "partial",
            &[&RUN[..], &["--max-failures", "1", "--fault", "accept-absent:title"]].concat(),
            "the run is partial",
        ),
    ] {
        konform(&folder.0, &[args, &["--out", name, "--profile", &profile]].concat());
        let (code, text) = certify(name, &[]);
        assert_eq!(code, 1, "{name}: {text}");
        assert!(text.contains(says), "{name}: {text}");
        assert!(!folder.0.join(name).join("certificate.json").exists());
    }
    let (_, text) = konform(&folder.0, &[&RUN[..], &["--out", "good", "--profile", &profile]].concat());
    let (code, printed) = certify("good", &["--challenge", "other"]);
    assert!(code == 1 && printed.contains("the run answers the challenge n0nce-1, not other"), "{text} {printed}");
    // An edited result is found by judging again.
    let path = folder.0.join("good/results.json");
    let results = fs::read_to_string(&path).expect("results");
    fs::write(&path, results.replacen("\"pass\": ", "\"pass\": 1", 1)).expect("written");
    let (code, printed) = certify("good", &[]);
    assert!(code == 1 && printed.contains("results.json is not what the evidence gives"), "{printed}");
    fs::write(&path, results).expect("written");
    assert_eq!(certify("good", &[]).0, 0);
    let (code, printed) = certify("good", &[]);
    assert!(code == 2 && printed.contains("is there already"), "{printed}");
    let args = ["certify", "good", "--key", "keys/sign-public.pem"];
    let (code, printed) = konform(&folder.0, &args);
    assert!(code == 2 && printed.contains("no Ed25519 private key"), "{printed}");
}
