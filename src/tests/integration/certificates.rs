//! Certificates: an honest run's is believed, and each way of tampering has its own sentence.

use std::fs;
use std::path::{Path, PathBuf};

use konform::certificate::{Certificate, Clauses, Statement};
use konform::crypto::{SigningKey, VerifyingKey};

use super::evidence::{copy, drop_last_case, konform, rechained, records, recounted};
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

    let whole = fs::read_to_string(folder.0.join("run/evidence.jsonl")).expect("the evidence");
    let shorter = without_the_last_case(&whole);
    let certificate = fs::read_to_string(folder.0.join("run/certificate.json")).expect("the certificate");
    let pem = |name: &str| fs::read_to_string(folder.0.join(name)).expect("a key");
    let key = SigningKey::from_pem(&pem("keys/sign-private.pem")).expect("a key");
    let public = VerifyingKey::from_pem(&pem("keys/sign-public.pem")).expect("a key");
    let statement = Statement::<Certificate>::read(certificate.as_bytes(), &public).expect("our own");

    a_changed_byte_is_named(&folder.0);
    missing_evidence_is_named(&folder.0, &whole, &shorter);
    missing_and_added_files_are_named(&folder.0);
    refused(&folder.0, "old nonce", "it answers the challenge n0nce-1, not n0nce-2", &["--challenge", "n0nce-2"]);
    damaged_envelopes_are_named(&folder.0, &certificate);
    false_statements_are_named(&folder.0, &statement, &key);
    fs::write(folder.0.join("run/certificate.json"), &certificate).expect("written");
    assert_eq!(verify(&folder.0, &[]).0, 0, "everything is as it was");

    second_signature(&folder, &shorter, &statement, &key);
}

/// The run's folder is not believed, and one sentence says why.
fn refused(folder: &Path, what: &str, says: &str, more: &[&str]) {
    let (code, text) = verify(folder, more);
    assert_eq!(code, 1, "{what}: {text}");
    assert!(text.contains(says), "{what}: {text}");
    assert_eq!(text.lines().count(), 1, "one sentence: {text}");
}

/// Evidence that lacks a whole case, in a chain made anew.
fn without_the_last_case(whole: &str) -> String {
    let mut own = records(whole);
    let exchanges = drop_last_case(&mut own);
    let footer = own.pop().expect("the footer");
    own.push(recounted(&footer, exchanges));
    rechained(&own)
}

fn a_changed_byte_is_named(folder: &Path) {
    let run = folder.join("run");
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
            assert_eq!(verify(folder, &[]).0, 1);
        } else {
            refused(folder, name, &format!("{name} was changed after it was signed"), &[]);
        }
        fs::write(&path, before).expect("written");
    }
}

fn missing_evidence_is_named(folder: &Path, whole: &str, shorter: &str) {
    let lines: Vec<&str> = whole.lines().collect();
    let evidence = |text: &str| fs::write(folder.join("run/evidence.jsonl"), text).expect("written");
    evidence(&([&lines[..40], &lines[41..]].concat().join("\n") + "\n"));
    refused(folder, "dropped record", "record 40 is missing", &[]);
    evidence(shorter);
    refused(folder, "dropped case", "cases, the certificate speaks of", &[]);
    evidence(whole);
}

fn missing_and_added_files_are_named(folder: &Path) {
    let run = folder.join("run");
    fs::rename(run.join("junit.xml"), run.join("gone")).expect("renamed");
    refused(folder, "missing file", "junit.xml is missing", &[]);
    fs::rename(run.join("gone"), run.join("junit.xml")).expect("renamed");
    fs::write(run.join("extra.txt"), "x").expect("written");
    refused(folder, "added file", "extra.txt is none of the files that were signed", &[]);
    fs::remove_file(run.join("extra.txt")).expect("removed");
    #[cfg(unix)]
    {
        // A link out of the folder leads a verifier through somebody else's files.
        std::os::unix::fs::symlink("/", run.join("out")).expect("linked");
        let (code, text) = verify(folder, &[]);
        assert!(code == 2 && text.contains("out is a link, and what is signed holds none"), "{code} {text}");
        fs::remove_file(run.join("out")).expect("removed");
    }
}

fn damaged_envelopes_are_named(folder: &Path, certificate: &str) {
    let path = folder.join("run/certificate.json");
    let change = |from: &str, to: &str| {
        assert!(certificate.contains(from), "{from}");
        fs::write(&path, certificate.replacen(from, to, 1)).expect("written");
    };
    change("application/vnd.in-toto+json", "application/json");
    refused(folder, "wrong payload type", "its payload type is `application/json`", &[]);
    change("\"signatures\": [", "\"signatures\": [], \"more\": [");
    refused(folder, "no signature", "nobody has signed it", &[]);
    fs::write(&path, "{}").expect("written");
    refused(folder, "no envelope", "it is no DSSE envelope", &[]);
    fs::write(&path, certificate).expect("written");
    let (code, text) = konform(folder, &["verify", "run", "--pub", "other/sign-public.pem"]);
    assert!(code == 1 && text.contains("it was signed with another key"), "{text}");
}

/// Statements that our own key has signed, but that say something else.
fn false_statements_are_named(folder: &Path, own: &Statement<Certificate>, key: &SigningKey) {
    for (what, change, expected) in [
        (
            "expired",
            (|s: &mut Statement<Certificate>| "2020-01-01T00:00:00Z".clone_into(&mut s.predicate.expires))
                as fn(&mut _),
            "it has expired: it held until 2020-01-01",
        ),
        ("not yet", |s| "2099-01-01T00:00:00Z".clone_into(&mut s.predicate.issued), "it does not hold yet"),
        ("no time", |s| s.predicate.issued = String::new(), "it does not say from when"),
        (
            "another statement",
            |s| "https://in-toto.io/Statement/v0.1".clone_into(&mut s.kind),
            "`_type` is `https://in-toto.io/Statement/v0.1`",
        ),
        (
            "another predicate",
            |s| "https://slsa.dev/provenance/v1".clone_into(&mut s.predicate_type),
            "`predicateType` is `https://slsa.dev/provenance/v1`",
        ),
    ] {
        let mut statement = own.clone();
        change(&mut statement);
        fs::write(folder.join("run/certificate.json"), statement.sign(key)).expect("written");
        refused(folder, what, expected, &[]);
    }
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
