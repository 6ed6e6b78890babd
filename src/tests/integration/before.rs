//! Before a run and after it, from outside: what it would need, a profile that is written for a target, what it left behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use super::lab::Folder;
use super::pools;

fn konform(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_konform"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    for name in ["TARGET", "PROFILE", "CONTRACT", "SEED", "SALT", "JOBS", "RATE"] {
        command.env_remove(format!("KONFORM_{name}"));
    }
    command
}

fn output(folder: &Path, args: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = konform(folder, args).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.code().unwrap_or(-1), text(stdout) + &text(stderr))
}

/// A sandbox of the library on a free port; ends with this value.
struct Served(Child, String);

impl Served {
    fn start(folder: &Path) -> Self {
        let mut child = konform(folder, &["serve", "--contract", "library", "--addr", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let line = lines.next().expect("a line").expect("UTF-8");
        let url = line.rsplit(' ').next().expect("a URL").to_owned();
        Self(child, url)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn check_says_what_a_run_would_send_and_what_its_profile_lacks_and_sends_nothing() {
    let folder = Folder::new();
    fs::create_dir(folder.0.join("cards")).expect("made");
    for file in pools::files() {
        fs::write(folder.0.join(&file.name), &file.text).expect("written");
    }
    let card = |id: u32| format!("  - {{name: spare, card: {{cardId: \"{id}\", role: ISSUED}}}}\n");
    let profile = format!("konform: 1\nrate: 5\nfixtures:\n{}{}", card(10_000_001), card(10_000_002));
    fs::write(folder.0.join("p.yaml"), profile).expect("written");
    let args = ["check", "--contract", "cards", "--profile", "p.yaml", "--target", "http://127.0.0.1:9/v1"];
    let (code, text) = output(&folder.0, &args);
    for says in [
        "SHORT",
        "fixtures `spare` (card with role ISSUED), the profile has 2",
        "at 5 a second",
        "will be NOT_APPLICABLE",
        "MUST",
    ] {
        assert!(code == 0 && text.contains(says), "{says}: {code}\n{text}");
    }
    let (code, _) = output(&folder.0, &[&args[..], &["--min-coverage", "100"]].concat());
    assert_eq!(code, 6);
    let (code, text) = output(&folder.0, &[&args[..], &["--format", "json"]].concat());
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert!(code == 0 && value["format"] == "konform/check" && value["pools"][0]["has"] == 2, "{text}");
    let (requests, seconds) = (value["requests"].as_u64(), value["seconds"].as_u64());
    assert_eq!(requests.map(|n| n.div_ceil(5)), seconds, "{text}");
    let hints = [
        ("no-such-*", "no case selected"),
        ("book-ad::*", "no endpoint is called `book-ad`: did you mean `book-add`?"),
        ("book-add", "`book-add` is an endpoint: write `book-add::*` for its cases"),
    ];
    for (only, says) in hints {
        let (code, text) = output(&folder.0, &["check", "--contract", "library", "--only", only]);
        assert!(code == 2 && text.contains("no case selected") && text.contains(says), "{only}: {text}");
        let (code, text) = output(&folder.0, &["list", "--contract", "library", "--only", only]);
        assert!(code == 2 && text.contains("no case selected") && text.contains(says), "{only}: {text}");
    }
}

/// A credential as a shell may hand it over: not there, bytes that are no text, nothing, two lines, letters that no header can carry.
#[cfg(unix)]
#[test]
fn a_credential_that_can_not_be_sent_is_named_with_what_is_wrong() {
    use std::os::unix::ffi::OsStringExt as _;
    let folder = Folder::new();
    fs::write(folder.0.join("p.yaml"), "konform: 1\ncredentials: {libraryToken: env:TOKEN}\n").expect("written");
    let args = ["run", "--contract", "library", "--target", "http://127.0.0.1:9", "--profile", "p.yaml"];
    for (value, says) in [
        (None, "from $TOKEN, which is not set"),
        (Some(&b"\xff\xfe"[..]), "from $TOKEN, which is set to bytes that are not UTF-8"),
        (Some(b""), "the credential in TOKEN is empty"),
        (Some(b"a\r\nX-Evil: 1"), "characters that no header can carry"),
        (Some("비밀번호".as_bytes()), "characters that no header can carry"),
    ] {
        let mut command = konform(&folder.0, &args);
        command.env_remove("TOKEN");
        command.envs(value.map(|bytes| ("TOKEN", std::ffi::OsString::from_vec(bytes.to_vec()))));
        let done = command.output().expect("the program runs");
        let text = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.code() == Some(2) && text.contains(says), "{says}: {:?} {text}", done.status);
    }
}

#[test]
fn a_list_is_of_what_was_chosen() {
    let folder = Folder::new();
    let lines = |args: &[&str]| {
        let (code, text) = output(&folder.0, &[&["list", "--contract", "library"], args].concat());
        (code, text.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    let (_, all) = lines(&["endpoints"]);
    assert_eq!(all.len(), 7);
    let (_, endpoints) = lines(&["endpoints", "--only", "book-add::length::*"]);
    assert!(endpoints.len() == 1 && endpoints[0].starts_with("book-add "), "{endpoints:?}");
    let (_, clauses) = lines(&["clauses", "--only", "book-add::length::body.title::*"]);
    assert!(clauses.iter().any(|line| line.contains("book-add/request/title/length")), "{clauses:?}");
    assert!(clauses.iter().all(|line| line.contains(" book-add/")), "{clauses:?}");
    let (_, left_out) = lines(&["left-out", "--only", "book-add::*"]);
    assert!(!left_out.is_empty() && left_out.iter().all(|line| line.starts_with("book-add::")), "{left_out:?}");
    for what in ["endpoints", "clauses"] {
        let (code, text) = lines(&[what, "--only", "book-ad::*"]);
        assert!(code == 2 && text.concat().contains("did you mean `book-add`?"), "{what}: {text:?}");
    }
}

#[test]
fn init_writes_a_profile_that_runs_and_clean_undoes_what_the_run_left() {
    let folder = Folder::new();
    let served = Served::start(&folder.0);
    let at = ["--contract", "library", "--target", served.1.as_str()];
    let with = |args: &[&'static str]| -> (i32, String) { output(&folder.0, &[args, &at[..]].concat()) };
    let (code, text) = with(&["init"]);
    assert!(code == 0 && text.contains("7 of 7 endpoints answer"), "{code}: {text}");
    let written = fs::read_to_string(folder.0.join("profile.yaml")).expect("the profile");
    assert!(written.contains("#   - book-withdraw") && written.contains("a legal look-up is accepted"), "{written}");
    let (code, text) = with(&["init"]);
    assert!(code == 2 && text.contains("init overwrites no file"), "{code}: {text}");
    let (code, text) = with(&["run", "--profile", "profile.yaml", "--quiet", "--snapshots", "off", "--out", "r"]);
    assert!(code == 0 && text.contains("PASS"), "{code}: {text}");
    let leftovers = fs::read_to_string(folder.0.join("r/leftovers.json")).expect("the leftovers");
    assert!(leftovers.contains("\"resource\":\"book\""), "nothing is left to clean: {leftovers}");
    let (code, text) = with(&["clean", "r/leftovers.json", "--profile", "profile.yaml"]);
    assert!(code == 0 && text.contains("nothing is left"), "{code}: {text}");
    // A second time there is nothing any more, whether the list is named or the folder of its run.
    let (code, text) = with(&["clean", "r", "--profile", "profile.yaml"]);
    assert!(
        code == 0 && text.contains("gone    book") && text.contains("gone already; nothing is left"),
        "{code}: {text}"
    );
    let moved = leftovers.replace("127.0.0.1", "198.51.100.7");
    fs::write(folder.0.join("other.json"), moved).expect("written");
    let (code, text) = with(&["clean", "other.json"]);
    assert!(code == 2 && text.contains("no request was sent"), "{code}: {text}");
    let odd = format!(
        r#"{{"format": "konform/leftovers", "version": 1, "target": "{}", "left": [{{"case": "c", "resource": "shelf", "key": "1"}}, {{"case": "c", "resource": "book", "key": "unknown"}}, {{"case": "c", "resource": "book", "key": "1\u001b[2J"}}]}}"#,
        served.1
    );
    fs::write(folder.0.join("odd.json"), odd).expect("written");
    let (code, text) = with(&["clean", "odd.json"]);
    assert!(text.contains(r"left    book 1\u{1b}[2J") && !text.contains('\u{1b}'), "{text}");
    assert!(
        code == 3 && text.contains("no call of the contract undoes any shelf") && text.contains("its key is unknown"),
        "{code}: {text}"
    );
}

#[test]
fn init_asks_nobody_beyond_this_machine_unless_the_place_is_said() {
    let folder = Folder::new();
    // 192.0.2.0/24 is for documentation: a packet there would only time out.
    let (code, text) = output(&folder.0, &["init", "--contract", "library", "--target", "http://192.0.2.1"]);
    assert!(code == 0 && text.contains("was asked nothing"), "{code}: {text}");
    let written = fs::read_to_string(folder.0.join("profile.yaml")).expect("the profile");
    for says in ["hosts: [\"192.0.2.1\"]", "\ncredentials:\n  libraryToken: env:LIBRARY_LIBRARY_TOKEN", "was not asked"]
    {
        assert!(written.contains(says), "{says}: {written}");
    }
    let (code, text) = output(
        &folder.0,
        &["check", "--contract", "library", "--target", "http://192.0.2.1", "--profile", "profile.yaml"],
    );
    assert!(code == 2 && text.contains("LIBRARY_LIBRARY_TOKEN"), "{code}: {text}");
    let (code, text) = output(&folder.0, &["init", "--contract", "library"]);
    assert!(code == 2 && text.contains("init needs --target"), "{code}: {text}");
}

#[test]
fn init_writes_no_profile_of_a_target_that_is_not_there() {
    let folder = Folder::new();
    let dead = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let target = format!("http://{dead}/v1");
    let (code, text) = output(&folder.0, &["init", "--contract", "library", "--target", &target]);
    assert!(code == 3 && text.contains("no endpoint answers at") && text.contains("connect"), "{code}: {text}");
    assert!(!folder.0.join("profile.yaml").exists(), "a profile of nothing");
}
