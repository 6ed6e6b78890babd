//! The program from outside: what it prints, its exit codes, closed pipes, no terminal.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::evidence::{copy, konform as ended};
use super::lab::{self, Folder};

fn konform(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_konform"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    for name in [
        "KONFORM_TARGET",
        "KONFORM_PROFILE",
        "KONFORM_CONTRACT",
        "KONFORM_SEED",
        "KONFORM_SALT",
        "KONFORM_JOBS",
        "KONFORM_RATE",
    ] {
        command.env_remove(name);
    }
    command
}

fn output(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = konform(folder, args).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// Compares with a file under `snapshots/cli/`, values that differ from run to run taken out.
fn golden(name: &str, (code, stdout, stderr): &(i32, String, String)) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(lab::root().join("snapshots/cli"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, with) in [
        (r"reports/\d{8}T\d{6}Z-[0-9a-f]{4}", "reports/<run>"),
        (r"\d+ exchanges in [0-9.]+ s \(\d+/s\)", "<n> exchanges in <time>"),
        // Progress, where the machine is slow enough to have some.
        (r"(?m)^\d+/\d+ cases, \d+ failing, \d+ s\n", ""),
        (r"salt [0-9a-f]{16}", "salt <salt>"),
        // Figures are measured again before a change lands, not at each step of one.
        (r"; measured with other sources of konform than these", ""),
        (r"slowest: .*", "slowest: <times>"),
        (r"replay +\S*konform(\.exe)? replay", "replay    konform replay"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
        (r"\(\d+\.\d{3} ms\)", "(<time>)"),
        (r"\d{12}-[0-9a-f]{7}", "<correlation id>"),
        (r"X-KM-Tran-Time: \d{14}", "X-KM-Tran-Time: <time>"),
        (r"KMV1:\d{17}:[A-Za-z0-9+/=]{44}", "<token>"),
        (r"[0-9a-z]{20}@example\.com", "<identity>@example.com"),
        (r"0100\d{7}", "0100<digits>"),
        (r#"("userId": )\d+"#, "${1}<id>"),
        (r#"("(par|cardNo|serviceId)": )"\d+""#, "${1}<digits>"),
        (r#"("expiryDate": )"\d{6}""#, "${1}<date>"),
        (r"(?m)^date: .*$", "date: <date>"),
        (r#"("ci": )"<identity"#, "${1}\"<identity"),
    ] {
        settings.add_filter(pattern, with);
    }
    settings.bind(|| insta::assert_snapshot!(name, format!("exit {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")));
}

#[test]
fn offline_commands_print_the_same_every_time() {
    let folder = Folder::new();
    for (name, args) in [
        ("help", &["--help"][..]),
        ("help-run", &["run", "--help"]),
        ("list-endpoints", &["list", "endpoints"]),
        ("list-cases", &["list", "--only", "user-registration::*", "--only", "terms-all::*"]),
        ("list-left-out", &["list", "left-out"]),
        ("list-clauses", &["list", "clauses", "--contract", "library"]),
        ("lint", &["lint", "library"]),
        ("coverage", &["coverage"]),
        ("show", &["show", "user-registration::length::body.loginId::empty", "--salt", "1"]),
        ("show-steps", &["show", "user-registration::error::body.ci::001_028", "--salt", "1"]),
        (
            "show-curl",
            &[
                "show",
                "user-registration::valid::body::every-field",
                "--curl",
                "--sign",
                "--salt",
                "1",
                "--encrypt",
                "never",
            ],
        ),
        ("serve-faults", &["serve", "--faults"]),
        ("no-such-case", &["show", "user-registration::length::body.loginid::empty"]),
        ("no-such-contract", &["list", "--contract", "kona"]),
        ("no-such-flag", &["run", "--tagret", "http://127.0.0.1:1"]),
        ("public-host", &["run", "--target", "https://api.example.com/v1"]),
        ("no-url", &["run", "--target", "127.0.0.1:8080"]),
        ("nothing-selected", &["run", "--only", "nothing::*"]),
        ("no-such-fault", &["run", "--fault", "accept-above"]),
    ] {
        golden(name, &output(&folder.0, args));
    }
    assert!(fs::read_dir(&folder.0).expect("the folder").next().is_none(), "an offline command wrote something");
}

#[test]
fn a_run_prints_its_verdict_with_the_denominator() {
    let folder = Folder::new();
    let printed = output(&folder.0, &["run"]);
    let lines = printed.1.lines().count();
    assert!(lines <= 25, "{lines} lines for a run with nothing to look into");
    golden("run", &printed);
    assert!(!folder.0.join("snapshots").exists(), "nobody asked to remember this target");
    let latest = fs::read_to_string(folder.0.join("reports/latest")).expect("the name of the run");
    let run = folder.0.join("reports").join(latest.trim());
    for file in ["results.json", "junit.xml", "evidence.jsonl", "coverage.json", "leftovers.json", "run.log"] {
        assert!(run.join(file).metadata().is_ok_and(|m| m.len() > 0), "{file}");
    }
    let args = ["run", "--quiet", "--snapshots", "update", "--out", "again"];
    assert_eq!(output(&folder.0, &args).0, 0);
    let snap = insta::Snapshot::from_file(&folder.0.join("snapshots/sandbox/user-registration.snap"))
        .expect("insta reads the snapshot");
    assert!(snap.metadata().expression() == Some("user-registration"));
    let committed = fs::read_to_string(lab::root().join("snapshots/sandbox/user-registration.snap"))
        .expect("the committed snapshot");
    let fresh =
        fs::read_to_string(folder.0.join("snapshots/sandbox/user-registration.snap")).expect("the new snapshot");
    assert_eq!(
        fresh, committed,
        "the sandbox behaves otherwise than the committed snapshot says: run the main job and review"
    );
}

#[test]
fn what_a_file_of_anybodys_says_moves_no_cursor_and_forges_no_line() {
    let folder = Folder::new();
    let args = ["run", "--quiet", "--contract", "library", "--only", "book-add::length::*", "--snapshots", "off"];
    output(&folder.0, &[&args[..], &["--fault", "accept-above:title", "--out", "found"]].concat());
    let text = fs::read_to_string(folder.0.join("found/findings/1.json")).expect("a finding");
    let mut finding: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    finding["finding"]["case"] = "book-add::\u{1b}[31mred\nPASS".into();
    fs::write(folder.0.join("case.json"), finding.to_string()).expect("written");
    finding["replay"]["faults"] = serde_json::json!(["no\u{1b}[2Jfault\nPASS:x"]);
    fs::write(folder.0.join("fault.json"), finding.to_string()).expect("written");
    for (file, says) in [("case.json", r"red\u{a}PASS"), ("fault.json", r"fault\u{a}PASS:x")] {
        let (code, _, text) = output(&folder.0, &["replay", file]);
        assert!(code == 2 && text.contains(says) && text.contains(r"\u{1b}["), "{file}: {text}");
        assert!(text.lines().all(|line| !line.starts_with("PASS")), "{file}: {text}");
    }
}

#[test]
fn a_finding_prints_its_clause_and_a_replay_that_works_as_printed() {
    let folder = Folder::new();
    let result = output(&folder.0, &["run", "--fault", "accept-above:loginId", "--only", "user-registration::*"]);
    golden("run-fault", &result);
    let line = result.1.lines().find_map(|l| l.trim().strip_prefix("replay")).expect("a replay line").trim().to_owned();
    let again = Command::new("sh").args(["-c", &line]).current_dir(&folder.0).output().expect("a shell");
    let text = String::from_utf8_lossy(&again.stdout);
    assert_eq!(again.status.code(), Some(1), "{line}\n{text}");
    assert!(text.contains("user-registration/request/loginId/length"), "{text}");
    let try_it = output(&folder.0, &["try", "user-registration", "--case", "login-id-in-use"]);
    golden("try", &try_it);
    golden("try-success", &output(&folder.0, &["try", "user-registration"]));
    golden("replay", &output(&folder.0, &["replay", "user-registration::length::body.birthDate::min-1"]));
    golden("try-unknown", &output(&folder.0, &["try", "user-registration", "--case", "login-id"]));
}

#[test]
fn exit_codes() {
    let folder = Folder::new();
    let dead = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let dead = format!("http://{dead}");
    let profile = folder.0.join("bad.yaml");
    fs::write(&profile, "konform: 1\nenviroment: sandbox\n").expect("written");
    fs::write(folder.0.join("full.txt"), "x").expect("written");
    let keys = "konform: 1\nencryption: {key_id: k, server_key: \"file:full.txt\", client_key: \"file:full.txt\"}\n";
    fs::write(folder.0.join("keys.yaml"), keys).expect("written");
    for (args, code, says) in [
        (&["run", "--fault", "skip-enum:gender"][..], 0, "warning 1"),
        (&["run", "--fault", "skip-enum:gender", "--fail-on", "should"], 1, "warning 1"),
        (&["run", "--fault", "skip-token"], 1, "FAIL 1"),
        (&["run", "--fault", "skip-token", "--fail-fast"], 1, "partial run"),
        (&["run", "--target", &dead, "--timeout", "1"], 3, "canary_failed"),
        (&["run", "--profile", "bad.yaml"], 2, "did you mean `environment`?"),
        (&["run", "--profile", "none.yaml"], 2, "failed to read profile"),
        (&["run", "--only", "[", "--quiet"], 2, "glob"),
        (&["run", "--out", "full.txt/x"], 2, "no request was sent"),
        (&["run", "--out", "."], 2, "is not empty"),
        (&["run", "--cacert", "none.pem"], 2, "--cacert"),
        (&["run", "--contract", "."], 2, "no api.yaml"),
        (&["replay", "full.txt"], 2, "no finding of konform"),
        (&["run", "--only", "*::example::*", "--quiet"], 0, "PASS"),
        (&["run", "--clause", "*/errors/001_001/*", "--format", "json"], 0, "\"exit\":0"),
        (&["run", "--contract", "library", "--min-coverage", "80"], 0, "PASS"),
        (&["run", "--contract", "library", "--min-coverage", "99"], 6, "COVERAGE"),
        (&["run", "--target", &dead, "--encrypt", "always"], 2, "--encrypt needs keys"),
        (&["run", "--profile", "keys.yaml", "--target", &dead], 2, "no certificate and no public key"),
        (&["coverage", "--contract", "library"], 0, "book-add"),
        (&["keygen", "keys"], 0, "client-private.pem"),
        (&["keygen", "keys"], 2, "failed to write"),
    ] {
        let (got, stdout, stderr) = output(&folder.0, args);
        assert!(got == code && format!("{stdout}{stderr}").contains(says), "{args:?} gave {got}\n{stdout}\n{stderr}");
    }
}

#[test]
fn a_public_host_needs_a_profile_that_names_it_and_gets_no_packet_before() {
    let folder = Folder::new();
    // 192.0.2.0/24 is for documentation: a packet there would only time out.
    fs::write(folder.0.join("other.yaml"), "konform: 1\nhosts: [198.51.100.1]\nenvironment: sandbox\n")
        .expect("written");
    fs::write(folder.0.join("vague.yaml"), "konform: 1\nhosts: [192.0.2.1]\n").expect("written");
    fs::write(folder.0.join("keyless.yaml"), "konform: 1\nhosts: [192.0.2.1]\nenvironment: sandbox\n")
        .expect("written");
    for (profile, says) in [
        (None, "needs --profile"),
        (Some("other.yaml"), "add it to `hosts`"),
        (Some("vague.yaml"), "environment"),
        (Some("keyless.yaml"), "no credential"),
    ] {
        let mut args = vec!["run", "--target", "http://192.0.2.1"];
        args.extend(profile.iter().flat_map(|p| ["--profile", p]));
        let start = Instant::now();
        let (code, _, stderr) = output(&folder.0, &args);
        assert!(code == 2 && stderr.contains(says), "{profile:?}: {code} {stderr}");
        assert!(start.elapsed() < Duration::from_secs(3), "it waited for somebody");
    }
    assert!(!folder.0.join("reports").exists());
}

#[test]
fn a_machine_without_certificates_can_still_speak_http() {
    let folder = Folder::new();
    let mut command = konform(&folder.0, &["run", "--quiet"]);
    command.env("SSL_CERT_FILE", "/nonexistent").env("SSL_CERT_DIR", "/nonexistent");
    assert_eq!(command.output().expect("it runs").status.code(), Some(0));
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let folder = Folder::new();
    let mut command = konform(&folder.0, &["run", "--contract", "library", "--quiet", "--only", "book-get::valid::*"]);
    for name in [
        "TARGET",
        "PROFILE",
        "SEED",
        "MODE",
        "FUZZ_CASES",
        "SALT",
        "TIMEOUT",
        "CACERT",
        "CLIENT_CERT",
        "CLIENT_KEY",
        "HTTP",
        "ENCRYPT",
        "JOBS",
        "RATE",
        "WAIVERS",
        "BASELINE",
        "PROXY",
        "CONTRACT",
        "SNAPSHOTS",
    ] {
        command.env(format!("KONFORM_{name}"), "");
    }
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_closed_pipe_ends_the_writing_not_the_run() {
    let folder = Folder::new();
    for args in [&["run"][..], &["list"], &["lint", "--clauses"], &["--help"]] {
        let mut child =
            konform(&folder.0, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        let mut errors = String::new();
        child.stderr.take().expect("stderr").read_to_string(&mut errors).expect("UTF-8");
        let code = child.wait().expect("it ends").code();
        assert!(code == Some(0) && !errors.contains("panicked"), "{args:?}: {code:?} {errors}");
    }
}

/// False under nohup, where a SIGHUP is ignored, by konform too.
#[cfg(unix)]
pub(crate) fn heeds_hup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default().trim();
    u64::from_str_radix(ignored, 16).is_ok_and(|mask| mask & 1 == 0)
}

#[cfg(unix)]
pub(crate) fn signal(child: &std::process::Child, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status().expect("a shell");
    assert!(sent.success());
}

/// A slow run of the program in `folder`, once its evidence has a record with this word.
#[cfg(unix)]
fn slow_run(folder: &Folder, out: &str, word: &str) -> std::process::Child {
    let child = konform(&folder.0, &["run", "--contract", "library", "--rate", "20", "--out", out])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    // How long the first batch takes is the machine's matter.
    let evidence = folder.0.join(out).join("evidence.jsonl");
    let started = Instant::now();
    while !fs::read_to_string(&evidence).is_ok_and(|text| text.contains(word)) {
        assert!(started.elapsed() < Duration::from_mins(5), "the run writes no evidence with {word}");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

#[cfg(unix)]
#[test]
fn a_signal_to_end_ends_the_run_with_a_partial_report() {
    let folder = Folder::new();
    for name in ["INT", "TERM", "HUP"].into_iter().filter(|name| *name != "HUP" || heeds_hup()) {
        let mut child = slow_run(&folder, name, r#""kind":"case""#);
        signal(&child, name);
        let mut text = String::new();
        child.stdout.take().expect("stdout").read_to_string(&mut text).expect("UTF-8");
        let code = child.wait().expect("it ends").code();
        assert!(code == Some(3) && text.contains("(partial run)"), "{name}: {code:?}\n{text}");
        let results = fs::read_to_string(folder.0.join(name).join("results.json")).expect("the report");
        assert!(results.contains("\"partial\": true"));
        let evidence = fs::read_to_string(folder.0.join(name).join("evidence.jsonl")).expect("the evidence");
        assert!(evidence.lines().last().is_some_and(|l| l.contains("\"kind\":\"footer\"")));
    }
}

/// The second signal ends the program as shells know it, without a core dump; the evidence can be taken up.
#[cfg(unix)]
#[test]
fn a_second_signal_ends_the_program_at_once() {
    // It takes a connection and never answers: the run waits for it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let folder = Folder::new();
    let args = ["run", "--contract", "library", "--target", &target, "--timeout", "600", "--out", "cut", "--quiet"];
    let mut child = konform(&folder.0, &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let _open = listener.accept().expect("a connection");
    signal(&child, "TERM");
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "TERM");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_said() {
    let folder = Folder::new();
    let run = ["run", "--contract", "library", "--quiet", "--snapshots", "off", "--only", "book-get::valid::*"];
    let with = |more: &[&'static str]| [&run[..], more].concat();
    for (args, full) in [
        (vec!["list", "cases"], true),
        (vec!["coverage"], true),
        (with(&["--format", "json"]), true),
        (with(&["--events", "-"]), true),
        (with(&["--events", "/dev/full"]), false),
    ] {
        let mut command = konform(&folder.0, &args);
        if full {
            command.stdout(fs::File::options().write(true).open("/dev/full").expect("the full device"));
        }
        let output = command.stderr(Stdio::piped()).output().expect("it runs");
        let told = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(
            output.status.code() == Some(7) && told.contains("failed to write"),
            "{args:?}: {} {told}",
            output.status
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_never_ends_is_named_and_not_read_into_memory() {
    let folder = Folder::new();
    let zero = "/dev/zero";
    std::os::unix::fs::symlink(zero, folder.0.join("evidence.jsonl")).expect("a link");
    let long = "/dev/zero: it has more than 67108864 bytes";
    for (args, code, why) in [
        (&["check", "--profile", zero][..], 2, long),
        (&["run", "--waivers", zero], 2, long),
        (&["run", "--cacert", zero, "--target", "https://127.0.0.1:9"], 2, long),
        (&["replay", zero], 2, long),
        (&["clean", zero], 2, long),
        (&["verify", "--pub", zero, "."], 2, long),
        // Evidence is no device and no pipe.
        (&["rejudge", "."], 2, "evidence.jsonl: it is no regular file"),
    ] {
        let output = konform(&folder.0, args).output().expect("it runs");
        let told = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(output.status.code() == Some(code) && told.contains(why), "{args:?}: {} {told}", output.status);
    }
}

#[test]
fn serve_says_where_and_takes_the_run_it_suggests() {
    let folder = Folder::new();
    let mut server =
        konform(&folder.0, &["serve", "--addr", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(server.stdout.take().expect("stdout")).lines();
    let mut next = || lines.next().expect("a line").expect("UTF-8");
    let (_, hint) = (next(), next());
    let url = hint.rsplit(' ').next().expect("a URL").to_owned();
    let profile = lab::root().join("specs/kona-plate/profiles/example.yaml");
    let profile = profile.to_str().expect("a path");
    // Twice at once, then once more: identities never meet.
    let both: Vec<_> = (0..2)
        .map(|_| {
            konform(&folder.0, &["run", "--target", &url, "--quiet", "--profile", profile])
                .stdout(Stdio::piped())
                .spawn()
                .expect("it starts")
        })
        .collect();
    for child in both {
        let out = child.wait_with_output().expect("it ends");
        assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stdout));
    }
    let (code, stdout, stderr) = output(&folder.0, &["run", "--target", &url, "--events", "-", "--quiet"]);
    server.kill().expect("it was running");
    server.wait().expect("it ends");
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    assert!(stdout.lines().filter(|l| l.starts_with("{\"id\":")).count() > 300);
}

#[test]
fn the_profile_that_serve_writes_reaches_everything_that_the_embedded_sandbox_does() {
    let folder = Folder::new();
    let mut server = konform(&folder.0, &["serve", "--addr", "127.0.0.1:0", "--write-profile", "sandbox.yaml"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(server.stdout.take().expect("stdout")).lines();
    let mut next = || lines.next().expect("a line").expect("UTF-8");
    let (_, hint) = (next(), next());
    let args: Vec<&str> = hint.split(' ').skip(2).chain(["--quiet"]).collect();
    assert_eq!(args[0], "run", "{hint}");
    let (code, stdout, stderr) = output(&folder.0, &args);
    server.kill().expect("it was running");
    server.wait().expect("it ends");
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    let (_, embedded, _) = output(&folder.0, &["run", "--quiet"]);
    let verdict = |text: &str| text.lines().last().unwrap_or_default().to_owned();
    assert_eq!(verdict(&stdout), verdict(&embedded));
    assert!(!stdout.contains("not selected"), "{stdout}");
}

/// What can't be done says so with the exit code of its kind: a full disk is no mistake of the command line.
#[cfg(target_os = "linux")]
#[test]
fn the_exit_code_tells_a_mistake_from_a_full_disk() {
    let folder = Folder::new();
    let full = ["run", "--quiet", "--contract", "library", "--snapshots", "off", "--out", "run"];
    assert_eq!(ended(&folder.0, &full).0, 0);
    let evidence = fs::read_to_string(folder.0.join("run/evidence.jsonl")).expect("the evidence");
    let line = evidence.lines().nth(4).expect("a line");
    copy(&folder.0.join("run"), &folder.0.join("broken"));
    let other = evidence.replacen(line, &line.replacen("book", "bock", 1), 1);
    fs::write(folder.0.join("broken/evidence.jsonl"), other).expect("written");
    // A small file that is a line of 200 MB, and a pipe that nobody writes to.
    copy(&folder.0.join("run"), &folder.0.join("bomb"));
    let bomb = fs::File::create(folder.0.join("bomb/evidence.0001.jsonl.gz")).expect("a file");
    let mut bomb = flate2::write::GzEncoder::new(bomb, flate2::Compression::fast());
    let portion = vec![b'a'; 1 << 20];
    (0..200).try_for_each(|_| bomb.write_all(&portion)).and_then(|()| bomb.finish()).expect("written");
    copy(&folder.0.join("run"), &folder.0.join("piped"));
    let made = Command::new("mkfifo").arg(folder.0.join("piped/evidence.0001.jsonl")).status();
    assert!(made.expect("mkfifo runs").success());
    for (args, code, says) in [
        (&["serve", "--contract", "library", "--write-profile", "/dev/full"][..], 7, "failed to write /dev/full"),
        (&["serve", "--contract", "library", "--write-profile", "nowhere/x"], 2, "failed to write nowhere/x"),
        (&["run", "--contract", "library", "--events", "nowhere/x", "--out", "a"], 2, "failed to write --events"),
        (&["keygen", "/dev/null/keys"], 2, "failed to write /dev/null/keys"),
        (&["report", "nowhere"], 2, "failed to read nowhere"),
        (&["diff", "run", "nowhere"], 2, "failed to read nowhere"),
        (&["run", "--contract", "nothing"], 2, "no contract `nothing`"),
        (&["run", "--contract", "libary"], 2, "did you mean `library`?"),
        (&["try", "user-registraton"], 2, "did you mean `user-registration`?"),
        (&["diff", "run", "broken"], 7, "failed to read broken: record 4 was changed"),
        (&["diff", "broken", "run"], 7, "failed to read broken: record 4 was changed"),
        (&["run", "--resume", "bomb"], 7, "bomb can't be taken up: line 1 is no record: it has"),
        (&["rejudge", "bomb"], 7, "line 1 is no record: it has"),
        (&["rejudge", "piped"], 2, "evidence.0001.jsonl: it is no regular file"),
    ] {
        let (found, text) = ended(&folder.0, args);
        assert!(found == code && text.contains(says), "{args:?}: {found}, {text}");
    }
    // A copy of the waivers or of the baseline that was changed since the run is damage.
    let (code, text) = ended(
        &folder.0,
        &["run", "--quiet", "--contract", "library", "--snapshots", "off", "--baseline", "run", "--out", "next"],
    );
    assert_eq!(code, 0, "{text}");
    fs::write(folder.0.join("next/baseline.json"), "{}").expect("written");
    let (code, text) = ended(&folder.0, &["rejudge", "next"]);
    assert!(code == 7 && text.contains("was changed since the run"), "{code} {text}");
}
