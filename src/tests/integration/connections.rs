//! Connections that end without an answer: an honest target that closes them is not accused, one that closes on an input is, and nothing is
//! done twice for it.

use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::evidence::konform;
use super::lab::{self, Folder};
use super::network::{contract, evidence, library, rejudged, run};
use super::raw_server::{Said, Server, read, reply, sandbox};

#[test]
fn an_undo_that_meets_a_gateway_or_silence_is_sent_again() {
    let folder = Folder::new();
    let (seen, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let server = Server::before(
        move |asked| {
            let gateway = asked.call.method == "DELETE" && seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
            gateway.then(|| Said::json(503, ""))
        },
        // Of one undo the sandbox's answer is lost on its way.
        move |asked, said| {
            let first = asked.call.method == "DELETE" && lost.fetch_add(1, Ordering::Relaxed) == 2;
            (!first).then_some(said)
        },
    );
    let (code, text) = library(&folder, &server, &["--only", "loan-open::valid::*", "--jobs", "1"]);
    assert_eq!(code, 0, "{text}");
    let undone: Vec<String> =
        evidence(&folder).lines().filter(|l| l.contains("\"part\":\"after\"")).map(str::to_owned).collect();
    let with = |word: &str| undone.iter().filter(|l| l.contains(word)).count();
    assert!(with("\"status\":503") > 1 && with("\"status\":204") >= with("\"status\":503") - 1, "{undone:?}");
    assert_eq!(with("\"reset\""), 1, "{undone:?}");
    rejudged(&folder);
}

#[test]
fn what_a_silent_target_may_have_made_is_undone_once() {
    let folder = Folder::new();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&asked);
    let server = Server::start(move |asked| {
        noted.lock().expect("a lock").push(asked.call.method.clone());
        None
    });
    let (code, text) = library(&folder, &server, &["--only", "loan-open::valid::*", "--jobs", "1"]);
    assert!(code == 3 && text.contains("OUTAGE"), "{text}");
    let asked = asked.lock().expect("a lock");
    let count = |method: &str| asked.iter().filter(|own| *own == method).count();
    assert!(count("DELETE") > 0 && count("DELETE") <= count("PUT"), "{asked:?}");
}

#[test]
fn a_target_that_waits_for_the_end_of_a_head_is_not_accused() {
    let folder = Folder::new();
    let library_server = Server::library(|_, said| Some(said));
    let behind = library_server.address;
    // A line feed alone ends no line here (RFC 9112, 2.2 leaves that to the recipient).
    let server = Server::connections(move |client| {
        let mut head = [0; 4096];
        let read = client.peek(&mut head)?;
        if head[..read].windows(2).any(|two| two[1] == b'\n' && two[0] != b'\r') {
            return std::io::copy(&mut &client, &mut std::io::sink()).map(drop);
        }
        let (mut server, mut answers) = (TcpStream::connect(behind)?, client.try_clone()?);
        let mut said = server.try_clone()?;
        let back = std::thread::spawn(move || std::io::copy(&mut said, &mut answers));
        std::io::copy(&mut &client, &mut server)?;
        server.shutdown(Shutdown::Write)?;
        back.join().expect("no panic").map(drop)
    });
    let mut args =
        vec!["run", "--quiet", "--snapshots", "off", "--contract", "library", "--timeout", "2", "--out", "out"];
    let target = server.target();
    args.extend([
        "--target",
        &target,
        "--only",
        "book-*::hostile::wire::bare-line-feeds",
        "--only",
        "book-add::valid::*",
    ]);
    let (code, text) = konform(&folder.0, &args);
    assert!(code == 0 && text.contains("0 MUST and 0 SHOULD findings"), "{text}");
    let evidence = evidence(&folder);
    for endpoint in ["book-add", "book-get"] {
        let id = format!("\"id\":\"{endpoint}::hostile::wire::bare-line-feeds\"");
        let case = evidence.lines().find(|line| line.contains(&id)).expect("the case");
        assert!(case.contains("\"outcome\":\"PASS\"") && case.contains("\"saw\":\"timeout\""), "{case}");
    }
    rejudged(&folder);
}

#[test]
fn an_answer_that_is_shorter_than_it_says_is_told_from_silence() {
    let folder = Folder::new();
    let server = Server::library(|_, said| {
        let longer = (said.body.len() + 5).to_string();
        Some(said.with("content-length", &longer))
    });
    let (code, text) = library(&folder, &server, &["--only", "book-add::valid::*"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains(": a head with 201 came, and "), "{text}");
    assert!(text.contains(" bytes that its Content-Length announces"), "{text}");
}

#[test]
fn a_target_that_closes_every_connection_is_not_accused_of_hanging() {
    let folder = Folder::new();
    let server = Server::library(|_, said| Some(Said { close: true, ..said }));
    for jobs in ["1", "8"] {
        let (code, text) = library(&folder, &server, &["--only", "loan-*", "--jobs", jobs]);
        assert_eq!(code, 0, "{text}");
        assert!(!text.contains("inconclusive"), "{text}");
        rejudged(&folder);
    }
}

#[test]
fn no_copy_of_a_race_that_is_sent_again_meets_a_connection_that_may_be_dying() {
    let folder = Folder::new();
    let sandbox = sandbox(lab::library());
    // The second request on a connection is read and never answered.
    let server = Server::connections(move |mut stream| {
        let mut reader = BufReader::new(stream.try_clone()?);
        if let Some(call) = read(&mut reader)? {
            stream.write_all(&Said::from(reply(&sandbox, &call)?).bytes())?;
            read(&mut reader)?;
        }
        Ok(())
    });
    let (code, text) = library(&folder, &server, &["--only", "loan-open::race::*", "--jobs", "1"]);
    assert_eq!(code, 0, "{text}");
    let attempts = |number: u8| evidence(&folder).matches(&format!("\"attempt\":{number}")).count();
    assert!(attempts(1) > 0 && attempts(2) == 0, "{} {}", attempts(1), attempts(2));
    rejudged(&folder);
}

#[test]
fn what_follows_a_payment_is_not_asked_on_a_connection_that_may_be_dying() {
    let folder = Folder::new();
    contract(&folder, PAYMENTS, &[PAY, PAY_GET]);
    // The second request on a connection is read and never answered.
    let server = Server::connections(|mut stream| {
        let mut reader = BufReader::new(stream.try_clone()?);
        if read(&mut reader)?.is_some() {
            stream.write_all(&Said::json(200, "{\"payId\":7}").bytes())?;
            read(&mut reader)?;
        }
        Ok(())
    });
    let only = ["--only", "pay-get::valid::*", "--jobs", "1"];
    let (code, text) = run(&folder, &[&["--contract", "small", "--target", &server.target()], &only[..]].concat());
    assert_eq!(code, 0, "{text}");
    rejudged(&folder);
}

#[test]
fn a_target_that_closes_on_one_input_is_found_on_any_number_of_jobs() {
    let folder = Folder::new();
    for jobs in ["1", "4", "16"] {
        let server = Server::library(|asked, said| {
            let body: serde_json::Value = serde_json::from_slice(&asked.call.body).unwrap_or_default();
            (body.get("title").is_none_or(serde_json::Value::is_string)).then_some(said)
        });
        let (code, text) = library(&folder, &server, &["--only", "book-add::type::body.title::*", "--jobs", jobs]);
        assert!(code == 1 && text.contains("FAIL 1: book-add/policy/answer/no-hang"), "{text}");
        assert!(text.contains("5 cases: 0 passed, 5 failed"), "{jobs} jobs: {text}");
        rejudged(&folder);
    }
}

const PAYMENTS: &str = "resources: [{name: payment, key: payId, states: [PAID]}]\n";
const PAY: (&str, &str) = (
    "pay",
    "method: POST\npath: /pay\nhazard: money\nrequest:\n\
     - {name: number, type: string, presence: required, length: 12, sample: {pattern: \"N###########\"}}\n\
     - {name: amount, type: number, presence: required, value: 1..99}\n\
     response: [{name: payId, type: number, presence: required, value: 1..999999}]\n\
     effects: [{create: payment, key: response.payId, unique: [number], set: {number: number}}]\n",
);
const PAY_GET: (&str, &str) = (
    "pay-get",
    "method: GET\npath: /pay/{number}\nrequest:\n\
     - {name: number, in: path, type: string, presence: required, length: 12, ref: payment.number}\n\
     response: [{name: payId, type: number, presence: required, value: 1..999999}]\n\
     effects: [{read: payment, by: number, answer: {payId: payment.payId}}]\n",
);

#[test]
fn money_is_never_moved_twice_after_silence_but_looked_up() {
    let folder = Folder::new();
    contract(&folder, PAYMENTS, &[PAY, PAY_GET]);
    let paid: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&paid);
    let server = Server::start(move |asked| {
        if asked.call.method == "GET" {
            return Some(Said::json(200, "{\"payId\":7}"));
        }
        let mut paid = noted.lock().expect("a lock");
        paid.push(String::from_utf8_lossy(&asked.call.body).into_owned());
        // The first one is the canary's, the last one that of the canary behind the case.
        (paid.len() != 2).then(|| Said::json(200, "{\"payId\":7}"))
    });
    let only = ["--only", "pay::valid::body::every-field"];
    let (code, text) = run(&folder, &[&["--contract", "small", "--target", &server.target()], &only[..]].concat());
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("pay-get shows that it was carried out: 200"), "{text}");
    // The canary before, the case, and the canary after it.
    let sent = paid.lock().expect("a lock").clone();
    let distinct: std::collections::HashSet<&String> = sent.iter().collect();
    assert!(sent.len() == 3 && distinct.len() == 3, "{sent:?}");
    rejudged(&folder);
}
