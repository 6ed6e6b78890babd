//! What does not fail a run: waivers in each of their states, baselines; and an outage, which is neither green nor a bug.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::certificates::library_profile;
use super::evidence::konform;
use super::lab::Folder;

const CLAUSE: &str = "user-registration/request/loginId/length";
const RUN: [&str; 5] = ["run", "--quiet", "--only", "user-registration::length::*", "--out"];

fn waiver(change: &[(&str, &str)]) -> String {
    let today = chrono::Utc::now().date_naive();
    let day = |days: i64| (today + chrono::Duration::days(days)).to_string();
    let mut text = format!(
        "konform: 1\nwaivers:\n  - clause: {CLAUSE}\n    check: refused\n    pointer: request:/loginId\n    observed: accepted with 200\n    reason: ticket 12\n    owner: ann\n    approver: bob\n    granted: {}\n    expires: {}\n",
        day(-20),
        day(20)
    );
    for (from, to) in change {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

fn results(folder: &Path, run: &str) -> Value {
    let text = fs::read_to_string(folder.join(run).join("results.json")).expect("results");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn a_waiver_in_each_of_its_states() {
    let folder = Folder::new();
    let today = chrono::Utc::now().date_naive();
    let past = [(-20, -60), (20, -1)].map(|(from, to)| {
        ((today + chrono::Duration::days(from)).to_string(), (today + chrono::Duration::days(to)).to_string())
    });
    let first = [(today - chrono::Duration::days(20)).to_string(), (today + chrono::Duration::days(2)).to_string()];
    let future = [(first[0].as_str(), first[1].as_str())];
    let past: Vec<(&str, &str)> = past.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    for (name, text, fault, code, state, says) in [
        ("matched", waiver(&[]), true, 0, "matched", "PASS"),
        ("expired", waiver(&past), true, 1, "expired", "has expired"),
        ("early", waiver(&future), true, 1, "early", "does not hold yet"),
        ("early-unneeded", waiver(&future), false, 0, "early", "does not hold yet"),
        ("unused", waiver(&[]), false, 5, "unused", "is not needed any more"),
        ("expired-unused", waiver(&past), false, 5, "expired", "has expired"),
        (
            "changed",
            waiver(&[("accepted with 200", "accepted with 201")]),
            true,
            1,
            "changed",
            "the failure has changed",
        ),
        ("proposal", waiver(&[("    approver: bob\n", "")]), true, 1, "proposal", "has no approver"),
        (
            "case",
            waiver(&[(&format!("clause: {CLAUSE}"), "case: user-registration::length::body.loginId::max+1")]),
            true,
            1,
            "matched",
            "FAIL",
        ),
        ("other", waiver(&[("loginId/length", "ci/length"), ("/loginId", "/ci")]), true, 1, "unused", "is not needed"),
        (
            "not-judged",
            waiver(&[(CLAUSE, "terms-all/request/locale/length")]),
            false,
            0,
            "not_judged",
            "not put to the test",
        ),
    ] {
        fs::write(folder.0.join("w.yaml"), &text).expect("written");
        let mut args = [&RUN[..], &[name, "--waivers", "w.yaml"]].concat();
        if fault {
            args.extend(["--fault", "accept-above:loginId"]);
        }
        let (found, printed) = konform(&folder.0, &args);
        assert_eq!(found, code, "{name}: {printed}");
        assert!(printed.contains(says), "{name}: {printed}");
        assert!(state == "matched" || printed.contains("waiver w.yaml:3: "), "{name}: {printed}");
        let results = results(&folder.0, name);
        assert_eq!(results["summary"]["waivers"][0]["state"], state, "{name}: {printed}");
        // Judged again, the waivers of that day count.
        fs::write(folder.0.join("w.yaml"), "changed since").expect("written");
        let (found, printed) = konform(&folder.0, &["rejudge", name]);
        assert_eq!(found, 0, "{name}: {printed}");
    }
    // What only the run as a whole shows is covered like anything else, whatever numbers it names.
    let trace =
        ["run", "--quiet", "--only", "user-registration::length::*", "--fault", "cross-header:X-KM-Correlation-Id"];
    let (code, text) = konform(&folder.0, &[&trace[..], &["--out", "crossed", "--bless"]].concat());
    assert_eq!(code, 1, "{text}");
    let proposed = fs::read_to_string(folder.0.join("crossed/waivers.proposed.yaml")).expect("the proposals");
    assert!(proposed.contains("check: trace"), "{proposed}");
    let granted = proposed.replace("reason: \"\"", "reason: r").replace("owner: \"\"", "owner: ann");
    fs::write(folder.0.join("w.yaml"), granted.replace("approver: \"\"", "approver: bob")).expect("written");
    let (code, text) = konform(&folder.0, &[&trace[..], &["--out", "crossed-waived", "--waivers", "w.yaml"]].concat());
    assert_eq!(code, 0, "{text}");
    // A waived failure is still a failure that the reports show.
    let matched = results(&folder.0, "matched");
    assert_eq!(matched["summary"]["findings"][0]["standing"], "waived");
    assert!(matched["summary"]["counts"]["fail"].as_u64() > Some(0));
    let junit = fs::read_to_string(folder.0.join("matched/junit.xml")).expect("JUnit");
    assert!(!junit.contains("<failure") && junit.contains("waived: "), "{junit}");
}

#[test]
fn a_waiver_that_its_owner_approved_is_refused_before_anything_is_sent() {
    let folder = Folder::new();
    fs::write(folder.0.join("w.yaml"), waiver(&[("approver: bob", "approver: Ann")])).expect("written");
    let (code, text) = konform(&folder.0, &[&RUN[..], &["out", "--waivers", "w.yaml"]].concat());
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("ann approves a waiver of their own") && text.contains("w.yaml:9"), "{text}");
    assert!(!folder.0.join("out").exists());
}

#[test]
fn what_bless_proposes_waives_nothing_until_somebody_approves() {
    let folder = Folder::new();
    let fault = ["--fault", "accept-above:loginId"];
    let (code, text) = konform(&folder.0, &[&RUN[..], &["a", "--bless"], &fault].concat());
    assert!(code == 1 && text.contains("waivers proposed in a/waivers.proposed.yaml"), "{text}");
    let proposed = fs::read_to_string(folder.0.join("a/waivers.proposed.yaml")).expect("the proposals");
    fs::write(folder.0.join("w.yaml"), &proposed).expect("written");
    let (code, text) = konform(&folder.0, &[&RUN[..], &["b", "--waivers", "w.yaml"], &fault].concat());
    assert!(code == 2 && text.contains("is empty"), "{text}");
    let owned = proposed.replace("reason: \"\"", "reason: ticket 3").replace("owner: \"\"", "owner: ann");
    fs::write(folder.0.join("w.yaml"), &owned).expect("written");
    let (code, text) = konform(&folder.0, &[&RUN[..], &["c", "--waivers", "w.yaml"], &fault].concat());
    assert!(code == 1 && text.contains("it is a proposal"), "{text}");
    fs::write(folder.0.join("w.yaml"), owned.replace("approver: \"\"", "approver: bob")).expect("written");
    let (code, text) = konform(&folder.0, &[&RUN[..], &["d", "--waivers", "w.yaml"], &fault].concat());
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_baseline_hides_what_it_has_and_nothing_else() {
    let folder = Folder::new();
    let run = ["run", "--quiet", "--only", "user-registration::*", "--out"];
    let known = ["--fault", "accept-above:loginId"];
    assert_eq!(konform(&folder.0, &[&run[..], &["old"], &known].concat()).0, 1);
    let (code, text) = konform(&folder.0, &[&run[..], &["same", "--baseline", "old"], &known].concat());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 known from the baseline"), "{text}");
    assert_eq!(results(&folder.0, "same")["summary"]["findings"][0]["standing"], "known");
    assert_eq!(konform(&folder.0, &["rejudge", "same"]).0, 0);
    // Another field of the same endpoint, another clause of the same field.
    for (name, fault) in [("field", "accept-above:userName"), ("clause", "accept-null:loginId")] {
        let args = [&run[..], &[name, "--baseline", "old"], &known, &["--fault", fault]].concat();
        let (code, text) = konform(&folder.0, &args);
        assert_eq!(code, 1, "{fault}: {text}");
        let results = results(&folder.0, name);
        let findings = results["summary"]["findings"].as_array().expect("a list");
        let open: Vec<&Value> = findings.iter().filter(|f| f["standing"] == "open").collect();
        assert!(open.len() == 1 && findings.len() == 2, "{text}");
        assert_ne!(open[0]["clause"], CLAUSE);
    }
    // The copy in the run folder is what counts later on.
    fs::write(folder.0.join("same/baseline.json"), "{}").expect("written");
    let (code, text) = konform(&folder.0, &["rejudge", "same"]);
    assert!(code == 7 && text.contains("baseline.json was changed since the run"), "{text}");
    let args = ["run", "--contract", "library", "--out", "other", "--baseline", "old"];
    let (code, text) = konform(&folder.0, &args);
    assert!(code == 2 && text.contains("is a run of kona-plate"), "{text}");
}

#[test]
fn a_target_that_is_down_is_an_outage_in_every_mode_and_no_finding() {
    let folder = Folder::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let target = format!("http://127.0.0.1:{port}/open-api");
    // One batch alone, which never comes to be given up.
    let (code, text) =
        konform(&folder.0, &["run", "--quiet", "--only", "terms-all::valid::*", "--target", &target, "--out", "one"]);
    assert!(code == 3 && text.contains("OUTAGE: 0 of"), "{text}");
    for mode in ["gate", "nightly"] {
        let args = [
            "run",
            "--quiet",
            "--mode",
            mode,
            "--only",
            "user-*",
            "--fuzz-cases",
            "2",
            "--target",
            &target,
            "--out",
            mode,
        ];
        let (code, text) = konform(&folder.0, &args);
        assert_eq!(code, 3, "{mode}: {text}");
        assert!(text.contains("OUTAGE: 0 of") && text.contains("INCONCLUSIVE(outage)"), "{mode}: {text}");
        let results = results(&folder.0, mode);
        assert_eq!(results["summary"]["findings"].as_array().map(Vec::len), Some(0));
        assert_eq!(results["summary"]["counts"]["pass"], 0);
        assert_eq!(konform(&folder.0, &["rejudge", mode]).0, 0);
    }
}

#[test]
fn a_certification_leaves_nothing_out_and_says_what_it_does_not_cover() {
    let folder = Folder::new();
    for extra in [&["--only", "loan-*"][..], &["--baseline", "x"]] {
        let args = [&["run", "--contract", "library", "--mode", "certification", "--out", "no"][..], extra].concat();
        let (code, text) = konform(&folder.0, &args);
        assert!(code == 2 && text.contains("leave --only, --skip, --clause and --baseline out"), "{text}");
    }
    let run = ["run", "--quiet", "--contract", "library", "--mode", "certification", "--out"];
    library_profile(&folder.0);
    let (code, text) = konform(&folder.0, &[&run[..], &["full", "--profile", "p.yaml"]].concat());
    assert_eq!(code, 0, "{text}");
    assert_eq!(konform(&folder.0, &["rejudge", "full"]).0, 0);
}
