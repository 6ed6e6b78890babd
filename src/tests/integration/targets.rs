//! Targets that misbehave on the wire: each gets the verdict of the table, in time, and the run goes on.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use konform::contract::Contract;
use konform::evidence::Journal;
use konform::exchange::http::{Connection, Http, Limits};
use konform::exchange::{Ambient, Clock, Prepared, Raw, Target, Transport};
use konform::model::Demands;
use konform::model::observed::Failure;
use konform::model::wire::Encrypt;
use konform::model::{Case, Confirmed, Level, Outcome, Reason, Summary};
use konform::plan::Plan;
use konform::runner::summary::summarize;
use konform::runner::{Access, Options, Runner};
use konform::sandbox::{Call, Sandbox, Variant};

use super::lab;
use super::raw_server::{self, Said, Server};

/// What to do with the answer of a sandbox before it is sent: bytes, and whether to close then.
type Manners = fn(&Call, Vec<u8>, &mut TcpStream) -> std::io::Result<()>;

/// A sandbox on a raw socket whose answers are spoilt in a given manner.
fn rude(contract: &Arc<Contract>, manners: Manners) -> Server {
    let sandbox = raw_server::sandbox(Arc::clone(contract));
    Server::connections(move |mut stream| {
        let Some(call) = raw_server::read(&mut BufReader::new(stream.try_clone()?))? else { return Ok(()) };
        let said = Said::from(raw_server::reply(&sandbox, &call)?).with("connection", "close");
        manners(&call, said.bytes(), &mut stream)
    })
}

/// Case, verdict and reason, in the order of the plan.
type Seen = Vec<(String, Outcome, Option<Reason>)>;

fn run(
    contract: &Arc<Contract>,
    address: SocketAddr,
    whole: Duration,
    choose: impl Fn(&Case) -> bool + Send,
) -> (Summary, Seen) {
    let target = Target::parse(&format!("http://{address}/open-api")).expect("a target");
    let limits = Limits { whole, connect: whole, body: 1 << 20 };
    let http = Http::new(&target, limits, &Connection::default()).expect("a client");
    let plan = Plan::new(Arc::clone(contract), 1);
    let runner = Arc::new(Runner::new(
        plan,
        http,
        Access { target, ..lab::access(contract, Encrypt::Never) },
        Ambient::new(Clock::System, 5),
        Options::default(),
        Arc::default(),
    ));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut seen = Vec::new();
    let tally = runtime.block_on(async {
        let own = ["user-registration", "terms-all"];
        let cases = runner.plan().cases().filter(|c| lab::of(contract, c, &own) && lab::plain(c) && choose(c));
        let mut journal = Journal::discard();
        runner
            .run(cases, &mut journal, &mut |event| {
                if let konform::model::Event::Case(record) = event {
                    seen.push((record.id.to_string(), record.outcome, record.reason));
                }
            })
            .await
            .expect("nothing is written")
    });
    (summarize(&tally, runner.plan(), Demands::default(), &|_| String::new()), seen)
}

/// True for the one request that is spoilt; everything else is answered well, so canaries stay healthy.
fn spoilt(call: &Call) -> bool {
    call.path.ends_with("/registration") && call.body.windows(10).any(|w| w == b"\"gender\":7")
        || call.body.windows(14).any(|w| w == b"\"gender\":\"Malx")
}

const CASE: &str = "user-registration::value::body.gender::near-male";

/// Answers one case in a given manner; what verdict does that case get, and how does the run end?
fn one(manners: Manners) -> (Outcome, Option<Reason>, Summary, Seen) {
    let contract = lab::contract(None);
    let rude = rude(&contract, manners);
    let start = Instant::now();
    let (summary, seen) = run(&contract, rude.address, Duration::from_millis(400), |c| c.id.contains("::value::"));
    assert!(start.elapsed() < Duration::from_secs(30), "the run hung");
    let (_, outcome, reason) =
        seen.iter().find(|(id, ..)| id == CASE).cloned().unwrap_or_else(|| panic!("{CASE} did not run: {seen:?}"));
    let others = seen.iter().filter(|(id, ..)| id != CASE);
    assert!(others.clone().all(|(_, o, _)| *o == Outcome::Pass), "the run did not go on: {seen:?}");
    (outcome, reason, summary, seen)
}

fn fails_by(manners: Manners, clause: &str) {
    let (outcome, _, summary, seen) = one(manners);
    let clause = format!("user-registration/policy/answer/{clause}");
    let cited = summary
        .findings
        .iter()
        .any(|f| f.clause == clause && f.level == Level::Must && f.confirmed == Confirmed::Confirmed);
    assert!(outcome == Outcome::Fail && cited && summary.exit == 1, "{}\n{seen:?}", lab::describe(&summary));
}

#[test]
fn no_answer_repeated_while_known_good_requests_pass_is_a_hang() {
    fails_by(
        |c, b, s| {
            if spoilt(c) {
                std::thread::sleep(Duration::from_millis(700));
                Ok(())
            } else {
                s.write_all(&b)
            }
        },
        "no-hang",
    );
}

#[test]
fn a_connection_closed_before_the_answer() {
    fails_by(|c, b, s| if spoilt(c) { Ok(()) } else { s.write_all(&b) }, "no-hang");
}

#[test]
fn a_connection_closed_in_the_middle_of_the_body() {
    fails_by(|c, b, s| s.write_all(if spoilt(c) { &b[..b.len() - 5] } else { &b }), "no-hang");
}

#[test]
fn a_body_beyond_the_cap_is_konforms_own_limit() {
    let (outcome, reason, summary, _) = one(|c, b, s| {
        if spoilt(c) {
            s.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n")?;
            for _ in 0..10_000 {
                s.write_all(&[b' '; 1024])?;
            }
            return Ok(());
        }
        s.write_all(&b)
    });
    let told = summary.notes.iter().any(|note| note.contains("--max-body"));
    assert!(outcome == Outcome::Inconclusive && reason == Some(Reason::OverCap), "{}", lab::describe(&summary));
    assert!(told && summary.exit == 3 && summary.outage() == 0, "{}", lab::describe(&summary));
}

#[test]
fn an_endless_body() {
    fails_by(
        |c, b, s| {
            if spoilt(c) {
                s.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n")?;
                for _ in 0..20 {
                    s.write_all(b" ")?;
                    std::thread::sleep(Duration::from_millis(50));
                }
                return Ok(());
            }
            s.write_all(&b)
        },
        "no-hang",
    );
}

#[test]
fn a_head_that_is_no_http() {
    fails_by(|c, b, s| s.write_all(if spoilt(c) { b"SSH-2.0-OpenSSH_9.2\r\n" } else { &b }), "no-hang");
}

#[test]
fn a_gateway_error_for_this_input_alone() {
    fails_by(
        |c, b, s| {
            s.write_all(if spoilt(c) {
                b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            } else {
                &b
            })
        },
        "no-server-error",
    );
}

#[test]
fn a_server_error() {
    fails_by(
        |c, b, s| {
            s.write_all(if spoilt(c) {
                b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            } else {
                &b
            })
        },
        "no-server-error",
    );
}

#[test]
fn html_no_gzip_bad_utf8_and_redirect() {
    fails_by(
        |c, b, s| {
            s.write_all(if spoilt(c) {
                b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>"
            } else {
                &b
            })
        },
        "json",
    );
    fails_by(
        |c, b, s| {
            s.write_all(if spoilt(c) { b"HTTP/1.1 400 No\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\nconnection: close\r\n\r\n\x1f\x8b\x08" } else { &b })
        },
        "json",
    );
    fails_by(
        |c, b, s| {
            s.write_all(if spoilt(c) { b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\nconnection: close\r\n\r\n{\"a\":\"\xff\"}" } else { &b })
        },
        "json",
    );
    fails_by(
        |c, b, s| {
            s.write_all(if spoilt(c) {
                b"HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            } else {
                &b
            })
        },
        "no-redirect",
    );
}

#[test]
fn too_many_requests_are_waited_for_and_then_inconclusive() {
    let busy: Manners = |c, b, s| {
        s.write_all(if spoilt(c) {
            b"HTTP/1.1 429 Slow\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        } else {
            &b
        })
    };
    let (outcome, reason, summary, _) = one(busy);
    assert_eq!((outcome, reason, summary.exit), (Outcome::Inconclusive, Some(Reason::Http429), 3));
}

#[test]
fn a_target_that_is_down_is_never_green_and_never_a_finding() {
    let contract = lab::contract(None);
    let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let start = Instant::now();
    let (summary, seen) = run(&contract, free, Duration::from_secs(2), |_| true);
    assert!(summary.findings.is_empty() && summary.exit == 3, "{}", lab::describe(&summary));
    // Two batches look for themselves; the rest is an outage.
    let reasons = [Some(Reason::CanaryFailed), Some(Reason::Outage)];
    assert!(seen.iter().all(|(_, o, r)| *o == Outcome::Inconclusive && reasons.contains(r)));
    assert!(seen.last().is_some_and(|(_, _, r)| *r == Some(Reason::Outage)) && summary.outage() > 100);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_silent_target_is_given_up_after_a_few_tries() {
    let contract = lab::contract(None);
    let silent: Manners = |_, _, _| {
        std::thread::sleep(Duration::from_secs(3));
        Ok(())
    };
    let rude = rude(&contract, silent);
    let start = Instant::now();
    let (summary, seen) = run(&contract, rude.address, Duration::from_millis(300), |_| true);
    assert!(summary.findings.is_empty() && summary.exit == 3, "{}", lab::describe(&summary));
    assert!(seen.len() > 300 && start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_partner_with_the_wrong_key_is_told_so_and_accuses_nobody() {
    let contract = lab::contract(None);
    let refuse: Manners = |_, _, s| {
        s.write_all(b"HTTP/1.1 401 No\r\ncontent-type: application/json\r\nX-KM-Correlation-Id: 261122120000-0000001\r\ncontent-length: 57\r\nconnection: close\r\n\r\n{\"response\":{\"code\":\"090_001\",\"description\":\"bad token\"}}")
    };
    let rude = rude(&contract, refuse);
    let (summary, _) = run(&contract, rude.address, Duration::from_secs(2), |_| true);
    assert!(summary.findings.is_empty() && summary.exit == 3, "{}", lab::describe(&summary));
    assert!(summary.notes.iter().any(|n| n.contains("401 090_001")), "{:?}", summary.notes);
}

#[test]
fn an_absurd_id_bloats_no_report_and_a_text_forges_no_line() {
    let contract = lab::contract(None);
    let absurd: Manners = |c, b, s| {
        if c.path.ends_with("/registration") {
            let text = "\\u001b[2J\\nPASS: all clauses hold";
            let body = format!(
                "{{\"userId\":1{},\"response\":{{\"code\":\"{text}\",\"description\":\"x\"}}}}",
                "0".repeat(100_000)
            );
            return write!(
                s,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
        s.write_all(&b)
    };
    let rude = rude(&contract, absurd);
    let (summary, _) =
        run(&contract, rude.address, Duration::from_secs(5), |c| c.id.starts_with("user-registration::valid"));
    assert_eq!(summary.exit, 1, "{}", lab::describe(&summary));
    for finding in &summary.findings {
        assert!(finding.actual.len() < 500 && !finding.actual.contains(['\u{1b}', '\n']), "{:.300}", finding.actual);
        assert!(finding.answer.len() < 500 && !finding.answer.contains(['\u{1b}', '\n']), "{:.300}", finding.answer);
    }
}

#[test]
fn a_platform_that_refuses_strangers_is_inconclusive_not_wrong() {
    // Keys that answer prepared requests alone: every request is refused in good order with a code that no page shows.
    let contract = lab::contract(None);
    let refuse: Manners = |c, b, s| {
        if c.path.ends_with("/registration") {
            return s.write_all(b"HTTP/1.1 400 No\r\ncontent-type: application/json\r\nX-KM-Correlation-Id: 261122120000-0000001\r\ncontent-length: 60\r\nconnection: close\r\n\r\n{\"response\":{\"code\":\"090_001\",\"description\":\"no such data\"}}");
        }
        s.write_all(&b)
    };
    let rude = rude(&contract, refuse);
    let (summary, _) = run(&contract, rude.address, Duration::from_secs(2), |_| true);
    assert!(summary.findings.is_empty() && summary.exit == 3, "{}", lab::describe(&summary));
}

#[test]
fn the_sandbox_survives_hostile_bytes_and_chunks_its_answers() {
    let contract = lab::contract(None);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    let sandbox =
        Arc::new(Sandbox::new(Arc::clone(&contract), Variant { chunked: true, ..Variant::default() }, Vec::new()));
    runtime.spawn(konform::sandbox::serve(listener, sandbox, std::future::pending()));
    let path = "/open-api/api/v1/user/registration";
    for bytes in [
        b"\x00\x01\x02\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{{\"a\":").into_bytes(),
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\nconnection: close\r\n\r\n{}",
            "[".repeat(200_000)
        )
        .into_bytes(),
        format!("POST {path} HTTP/1.1\r\nhost: x\r\nx-km-tran-token: KMV1:\r\ncontent-length: 2\r\n\r\n{{}}")
            .into_bytes(),
        format!("POST {path} HTTP/1.1\r\nhost: x\r\nx-km-tran-token: \u{e9}\u{ac00}\r\ncontent-length: 2\r\n\r\n{{}}")
            .into_bytes(),
    ] {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
        stream.write_all(&bytes).expect("sent");
        let mut answer = [0; 64];
        // Any answer or none will do: the server must live on.
        let _ = stream.read(&mut answer);
    }
    let (summary, _) = run(&contract, address, Duration::from_secs(5), |_| true);
    assert!(summary.findings.is_empty() && summary.exit == 0, "{}", lab::describe(&summary));
}

/// Fails as a fault of konform's own would, for requests with these bytes.
struct Panicking(lab::Direct, &'static [u8]);

impl Transport for Panicking {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        let odd = request.body.windows(self.1.len()).any(|part| part == self.1);
        assert!(!odd, "an index out of bounds");
        self.0.send(request).await
    }
}

/// A run of some cases in which konform panics over requests with these bytes, and says so.
fn panicking(bytes: &'static [u8], cases: &str) -> Summary {
    let contract = lab::contract(None);
    let sandbox = Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new());
    let how = lab::How { endpoints: Some(&["user-registration", "terms-all"]), ..lab::How::default() };
    let transport = Panicking(lab::Direct(Arc::new(sandbox)), bytes);
    let (must, _) = lab::run_once(&contract, transport, &how, |case| case.id.contains(cases));
    assert!(must.notes.iter().any(|why| why.contains("index out of bounds")), "{}", lab::describe(&must));
    must
}

#[test]
fn a_panic_in_one_case_takes_no_other_along() {
    let must = panicking(b"\"gender\":\"Malx", "::value::");
    assert!(must.counts.broken == 1 && must.counts.pass > 3 && must.exit == 4, "{}", lab::describe(&must));
}

#[test]
fn a_panic_in_a_known_good_request_ends_no_run() {
    let must = panicking(b"\"gender\":\"Male\"", "::valid::");
    // The other endpoint is tested all the same; of this one konform says that it broke, not that the target is down.
    assert!(must.counts.broken > 0 && must.counts.pass > 0 && must.exit == 4, "{}", lab::describe(&must));
    assert!(must.findings.is_empty() && must.outage() == 0, "{}", lab::describe(&must));
}
