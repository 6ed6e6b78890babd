//! Runs that end before their plan does: killed, told to end, out of disk, without anybody who reads. Each is taken up and comes to what
//! an undisturbed run comes to.
//!
//! `KONFORM_INTERRUPTED=50 cargo test --release --test integration interrupted:: -- --nocapture` interrupts each way at 50 moments.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "the full form says what it tried")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::cli::{heeds_hup, signal};
use super::evidence::konform;
use super::lab::Folder;
use super::raw_server::{Said, Server};

/// Moments tried of each way.
fn moments() -> u64 {
    std::env::var("KONFORM_INTERRUPTED").ok().and_then(|n| n.parse().ok()).unwrap_or(3)
}

/// The case ids of an evidence file, in their order.
fn ids(evidence: &str) -> Vec<&str> {
    let of = |line: &'_ str| -> Option<(usize, usize)> {
        let start = line.find(r#""record":{"kind":"case","verdict":{"id":""#)? + 41;
        Some((start, start + line[start..].find('"')?))
    };
    evidence.lines().filter_map(|line| of(line).map(|(from, to)| &line[from..to])).collect()
}

/// A run under way with `more` arguments, in a shell so that it can have limits of its own.
fn start(folder: &Path, server: &Server, out: &str, limit: &str, more: &str) -> Child {
    let line = format!(
        "{limit} exec {} run --quiet --snapshots off --contract library --target {} --out {out} --events - --timeout 5 {more}",
        env!("CARGO_BIN_EXE_konform"),
        server.target()
    );
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("it starts")
}

/// Reads on a thread of its own, so that the run never waits for it.
fn drain(child: &mut Child) -> std::thread::JoinHandle<()> {
    let mut stdout = child.stdout.take().expect("stdout");
    std::thread::spawn(move || drop(std::io::copy(&mut stdout, &mut std::io::sink())))
}

/// Interrupts runs by `how`, each of them `after` another share of the time that a whole run takes, and takes each up.
fn interrupted(name: &str, limit: impl Fn(u64) -> String, how: impl Fn(&mut Child, Duration)) {
    let folder = Folder::new();
    let server = Server::library(|_, said| Some(said));
    let started = Instant::now();
    let mut child = start(&folder.0, &server, "whole", "", "");
    let reader = drain(&mut child);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    reader.join().expect("read");
    let whole = started.elapsed();
    let undisturbed = fs::read_to_string(folder.0.join("whole/evidence.jsonl")).expect("the evidence");
    let (mut cut, mut late, mut early) = (0, 0, 0);
    for moment in 0..moments() {
        // A share in thousandths, spread over the whole run by a multiplicative sequence.
        let share = (moment * 618 + 137) % 1000;
        let out = format!("run{moment}");
        let mut child = start(&folder.0, &server, &out, &limit(undisturbed.len() as u64 * share / 1000), "");
        how(&mut child, whole.mul_f64(f64::from(u32::try_from(share).unwrap_or(0)) / 1000.0));
        child.wait().expect("it ends");
        let path = folder.0.join(&out).join("evidence.jsonl");
        let before = fs::read_to_string(&path).unwrap_or_default();
        let finished = &before[..before.rfind('\n').map_or(0, |at| at + 1)];
        if finished.is_empty() {
            // Not even its header was written: nothing was sent, and nothing can be taken up.
            early += 1;
            continue;
        }
        let ended = finished
            .lines()
            .last()
            .is_some_and(|line| line.contains(r#""kind":"footer","#) && !line.contains(r#""partial":true"#));
        if ended {
            late += 1;
            // Only its reports may be missing or cut: they are made again.
            let (code, text) = konform(&folder.0, &["report", &out]);
            assert_eq!(code, 0, "{name} at {share}: {text}");
        } else {
            cut += 1;
            let (code, text) = konform(&folder.0, &["run", "--quiet", "--resume", &out, "--timeout", "5"]);
            assert_eq!(code, 0, "{name} at {share}: {text}");
        }
        let after = fs::read_to_string(&path).expect("the evidence");
        assert!(after.starts_with(finished), "{name} at {share}: a finished line is lost");
        assert_eq!(ids(&after), ids(&undisturbed), "{name} at {share}: each case once, in the same order");
        let (code, text) = konform(&folder.0, &["rejudge", &out]);
        assert_eq!(code, 0, "{name} at {share}: {text}");
        fs::remove_dir_all(folder.0.join(&out)).expect("removed");
    }
    println!("{name}: {cut} runs cut and taken up, {late} had ended, {early} had not begun");
    assert!(cut > 0 && (moments() < 10 || cut * 3 > moments()), "{name}: {cut} cut, {late} ended, {early} not begun");
}

fn by_signal(name: &str) {
    interrupted(
        name,
        |_| String::new(),
        |child, after| {
            let reader = drain(child);
            std::thread::sleep(after);
            signal(child, name);
            reader.join().expect("read");
        },
    );
}

#[test]
fn a_run_that_is_killed_is_taken_up() {
    by_signal("KILL");
}

#[test]
fn what_a_slow_target_was_sent_is_soon_on_disk() {
    let folder = Folder::new();
    let answers = AtomicU64::new(0);
    let (told, tell) = std::sync::mpsc::channel();
    let server = Server::library(move |_, said| {
        std::thread::sleep(Duration::from_millis(50));
        if answers.fetch_add(1, Ordering::Relaxed) == 80 {
            let _ = told.send(());
        }
        Some(said)
    });
    // One endpoint has more cases than are answered until then.
    let mut child = start(&folder.0, &server, "run", "", "--jobs 1 --only 'book-add::*'");
    let reader = drain(&mut child);
    tell.recv().expect("the server is asked");
    signal(&child, "KILL");
    reader.join().expect("read");
    child.wait().expect("it ends");
    let kept = ids(&fs::read_to_string(folder.0.join("run/evidence.jsonl")).expect("the evidence")).len();
    assert!(kept > 20, "{kept} cases in the evidence after 80 answers");
}

#[test]
fn evidence_of_large_answers_is_compressed_while_the_run_goes_on() {
    let folder = Folder::new();
    let pad = format!("{{\"pad\":\"{}\",", "0123456789abcdef".repeat(150_000));
    let (answers, cut) = (AtomicU64::new(0), Arc::new(AtomicBool::new(false)));
    let is_cut = Arc::clone(&cut);
    let server = Server::library(move |_, said| {
        // More than a piece was sent: the answers come so slowly now that the run can't end before the test has seen the compressed piece.
        let slow = answers.fetch_add(1, Ordering::Relaxed) > 40;
        let since = Instant::now();
        while slow && !is_cut.load(Ordering::Relaxed) && since.elapsed() < Duration::from_secs(3) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let body = String::from_utf8(said.body.clone()).ok()?;
        let padded = body.strip_prefix('{').map(|rest| format!("{pad}{rest}"));
        Some(Said { body: padded.map_or(said.body.clone(), String::into_bytes), ..said })
    });
    let mut child = start(&folder.0, &server, "run", "", "--jobs 1 --only 'book-add::length::*'");
    let reader = drain(&mut child);
    let run = folder.0.join("run");
    let packed = run.join("evidence.0001.jsonl.gz");
    while !packed.exists() && child.try_wait().expect("a process").is_none() {
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(&child, "KILL");
    assert_eq!(child.wait().expect("it ends").code(), None, "a full piece is compressed before the run ends");
    cut.store(true, Ordering::Relaxed);
    reader.join().expect("read");
    let (code, text) = konform(&folder.0, &["run", "--quiet", "--resume", "run", "--timeout", "5"]);
    assert_eq!(code, 0, "{text}");
    let (_, planned) = konform(&folder.0, &["list", "--contract", "library", "--only", "book-add::length::*"]);
    let (code, text) = konform(&folder.0, &["rejudge", "run"]);
    assert!(code == 0 && text.contains(&format!("agrees: {} cases", planned.lines().count())), "{text}");
    let (left, whole) = (size(&run), konform(&folder.0, &["report", "run", "--as", "har"]).1.len() as u64);
    assert!(left + (60 << 20) < whole, "{left} bytes of evidence hold {whole} bytes of exchanges");
    // A piece that was cut is named as damage, and so is one that is gone.
    let bytes = fs::read(&packed).expect("the piece");
    fs::write(&packed, &bytes[..bytes.len() / 2]).expect("written");
    assert_eq!(konform(&folder.0, &["rejudge", "run"]).0, 7);
    fs::remove_file(&packed).expect("removed");
    let (code, text) = konform(&folder.0, &["rejudge", "run"]);
    assert!(code == 7 && text.contains("does not begin with its header"), "{text}");
}

/// Bytes of a folder's files.
fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum()
}

#[test]
fn a_run_that_is_told_to_end_is_taken_up() {
    by_signal("TERM");
}

#[test]
fn a_run_whose_terminal_goes_is_taken_up() {
    if heeds_hup() {
        by_signal("HUP");
    }
}

#[test]
fn a_run_that_fills_the_disk_is_taken_up() {
    // A limit of 1,024 bytes a block, and no signal: writing fails as on a full disk.
    let limit = |bytes: u64| format!("trap '' XFSZ; ulimit -f {};", bytes / 1024 + 8);
    interrupted("full disk", limit, |child, _| drain(child).join().expect("read"));
}

#[test]
fn a_run_that_nobody_reads_comes_to_its_end() {
    let folder = Folder::new();
    let server = Server::library(|_, said| Some(said));
    for moment in 0..moments() {
        let mut child = start(&folder.0, &server, "run", "", "");
        std::thread::sleep(Duration::from_millis(moment * 37 % 1500));
        drop(child.stdout.take());
        child.wait().expect("it ends");
        let (code, text) = konform(&folder.0, &["rejudge", "run"]);
        assert!(code == 0 && !text.contains("partial"), "moment {moment}: {text}");
        fs::remove_dir_all(folder.0.join("run")).expect("removed");
    }
}
