//! Throughput, planning speed and memory, each beside its ceiling in the same run: `cargo bench`.
//!
//! Figures are ratios against a bare reqwest loop that sends the same bytes to the same server at the same concurrency;
//! absolute numbers say more about the machine than about konform.
#![expect(clippy::expect_used, reason = "a measurement that can't go on says why")]
#![expect(clippy::cast_precision_loss, reason = "rates need no more than a few digits")]

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use konform::behaviour::World;
use konform::contract::Contract;
use konform::evidence::Journal;
use konform::exchange::fill::{Catalogue, Catalogues};
use konform::exchange::http::{Connection, Http, Limits};
use konform::exchange::{Ambient, Clock, Filling, Means, Prepared, Raw, Target, Transport, fill, prepare};
use konform::model::Demands;
use konform::model::case::Seal;
use konform::model::observed::Failure;
use konform::model::template::TokenEdit;
use konform::model::wire::Encrypt;
use konform::model::{Case, Expect, Family, Json, RunHeader};
use konform::plan::{Breadth, Plan, isolation};
use konform::runner::summary::summarize;
use konform::runner::{Access, Options, Runner};
use konform::sandbox::{Sandbox, Variant};
use konform::{cli, report, sandbox};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const JOBS: usize = 16;
const EXCHANGES: usize = 40_000;
const ROUNDS: usize = 3;
const CHILD: &str = "KONFORM_BENCH_CASES";

const TERMS: &str = r#"{"termsList":[{"tcId":1,"title":"t","url":"u","required":"MANDATORY","order":"1","isAgree":false}],"response":{"code":"000_000","description":"Success."}}"#;
const MEMBER: &str = r#"{"userId":10000000001,"basicCardInfo":{"par":"999900000000000000000000001","cardNo":"9999000000000001","expiryDate":"311231","serviceId":"999900000000001"},"response":{"code":"000_000","description":"Success."}}"#;

fn main() {
    // `cargo test --benches` asks for no measurement.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    if let Ok(cases) = std::env::var(CHILD) {
        let peak = memory_child(cases.parse().expect("a number of cases"));
        say(&peak.to_string());
        return;
    }
    // `cargo bench -- planning` measures one part.
    let parts: [(&str, fn()); 7] = [
        ("throughput", throughput),
        ("planning", planning),
        ("memory", memory),
        ("rejudge", rejudge),
        ("main-job", main_job),
        ("waiting", waiting),
        ("qualify", qualify),
    ];
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            part();
        }
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").expect("stdout is open");
}

fn contract() -> Arc<Contract> {
    Arc::new(cli::contracts::find(None, None).expect("the embedded contract loads").contract)
}

/// Answers every request with the same bytes.
async fn fixed_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(fixed(stream));
        }
    });
    address
}

async fn fixed(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let answer = |body: &str| {
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-km-correlation-id: 261122120000-0000001\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let (terms, member) = (answer(TERMS), answer(MEMBER));
    let mut buffer = Vec::with_capacity(8192);
    loop {
        let head = loop {
            if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
        let length: usize = text
            .split("content-length:")
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next()?.trim().parse().ok())
            .unwrap_or(0);
        let all = head + length;
        while buffer.len() < all {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        stream.write_all(if text.contains("/terms/all ") { &terms } else { &member }).await?;
        buffer.drain(..all);
    }
}

/// Legal registrations, over and over: what a fixed success answers rightly.
fn cases(plan: &Plan, count: usize) -> impl Iterator<Item = Case> + Send {
    let legal: Vec<Case> = plan
        .cases_of(member(plan))
        .filter(|c| c.family <= Family::Value && matches!(c.expect(), Expect::Accept { .. }) && c.steps.len() == 1)
        .collect();
    legal.into_iter().cycle().take(count)
}

/// The endpoint that a fixed success fits.
fn member(plan: &Plan) -> usize {
    plan.contract().endpoint("user-registration").expect("it is in the contract").0
}

fn runner(contract: &Arc<Contract>, address: SocketAddr) -> Arc<Runner<Http>> {
    let target = Target::parse(&format!("http://{address}/open-api")).expect("a target");
    let http = Http::new(&target, Limits::default(), &Connection::default()).expect("a client");
    let plan = Plan::new(Arc::clone(contract), 1);
    let options = Options { jobs: JOBS, confirm: false, ..Options::default() };
    Arc::new(Runner::new(
        plan,
        http,
        Access {
            target,
            credentials: sandbox::credentials(contract),
            second: None,
            keys: None,
            encrypt: Encrypt::Never,
        },
        Ambient::new(Clock::System, 1),
        options,
        Arc::default(),
    ))
}

fn header(planned: u64) -> RunHeader {
    RunHeader { seed: 1, mode: "gate".to_owned(), planned, ..RunHeader::default() }
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("konform-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn throughput() {
    let contract = contract();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let folder = Folder::new();
    let mut ratios = Vec::new();
    say(&format!("{EXCHANGES} exchanges at {JOBS} at once, fixed-response server, {ROUNDS} rounds"));
    for _ in 0..ROUNDS {
        let address = runtime.block_on(fixed_server());
        let bare = runtime.block_on(bare_loop(&contract, address));
        let own = runtime.block_on(konform_run(&contract, address, &folder.0));
        say(&format!("  konform {own:>8.0}/s   bare reqwest {bare:>8.0}/s   ratio {:.2}", own / bare));
        ratios.push(own / bare);
    }
    ratios.sort_by(f64::total_cmp);
    say(&format!("throughput ratio, median: {:.2} (aim 0.7)", ratios[ratios.len() / 2]));
}

async fn konform_run(contract: &Arc<Contract>, address: SocketAddr, folder: &Path) -> f64 {
    let runner = runner(contract, address);
    let mut journal = Journal::create(folder, &header(EXCHANGES as u64)).expect("a file");
    let cases = cases(runner.plan(), EXCHANGES);
    let start = Instant::now();
    let tally = runner.run(cases, &mut journal, &mut |_| ()).await.expect("evidence is written");
    journal.finish(false, tally.millis).expect("evidence is written");
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(tally.counts.pass, EXCHANGES as u64, "every exchange is judged and passes");
    // What a case made is undone: that is an exchange too.
    tally.exchanges as f64 / seconds
}

/// The same bytes, sent and read, nothing else.
async fn bare_loop(contract: &Arc<Contract>, address: SocketAddr) -> f64 {
    let target = Target::parse(&format!("http://{address}/open-api")).expect("a target");
    let plan = Plan::new(Arc::clone(contract), 1);
    let case = cases(&plan, 1).next().expect("a case");
    let request = Arc::new(finished(&plan, &case, &target, contract));
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .http1_only()
        .tcp_nodelay(true)
        .pool_max_idle_per_host(256)
        .build()
        .expect("a client");
    let left = Arc::new(AtomicUsize::new(EXCHANGES));
    let start = Instant::now();
    let tasks: Vec<_> = (0..JOBS)
        .map(|_| {
            let (client, request, left) = (client.clone(), Arc::clone(&request), Arc::clone(&left));
            tokio::spawn(async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let mut builder = client.post(&request.url);
                    for (name, value) in &request.headers {
                        builder = builder.header(name, value);
                    }
                    let answer = builder.body(request.body.clone()).send().await.expect("an answer");
                    answer.bytes().await.expect("a body");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("the loop ends");
    }
    EXCHANGES as f64 / start.elapsed().as_secs_f64()
}

fn catalogues() -> Catalogues {
    let entry = Json::Object(vec![("tcId".into(), Json::number("1")), ("required".into(), Json::text("MANDATORY"))]);
    Catalogues::from([("terms".to_owned(), Ok(Catalogue { key: "tcId".to_owned(), entries: vec![entry] }))])
}

fn finished(plan: &Plan, case: &Case, target: &Target, contract: &Contract) -> konform::exchange::Prepared {
    let catalogues = catalogues();
    let ambient = Ambient::new(Clock::System, 1);
    let now = ambient.now(&contract.zone);
    let step = case.probe();
    let tree = plan
        .bind(step, &mut |hole| fill(hole, &Filling::first(&case.id, 1, &catalogues, &now)))
        .expect("nothing is missing");
    let credentials = sandbox::credentials(contract);
    let encrypt = Encrypt::Never;
    let means = Means {
        target,
        credentials: &credentials,
        second: None,
        keys: None,
        encrypt,
        earlier: None,
        ambient: &ambient,
    };
    prepare(&contract.endpoints[step.endpoint].wire, tree, step, &means).expect("nothing is missing")
}

/// Cases planned to their final body bytes, each checked once more against the contract.
fn planning() {
    let contract = contract();
    let catalogues = catalogues();
    let now = Ambient::new(Clock::System, 1).now(&contract.zone);
    let mut world = World::new(Arc::clone(&contract), false);
    let entry = Json::Object(vec![("tcId".into(), Json::number("1")), ("required".into(), Json::text("MANDATORY"))]);
    world.enter(world.resource("terms").expect("it is in the contract"), &entry);
    let mut rates = Vec::new();
    for seed in 0..ROUNDS as u64 {
        let plan = Plan::new(Arc::clone(&contract), seed);
        let (mut made, mut bytes) = (0_u64, 0_usize);
        let mut body = Vec::with_capacity(4096);
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(1) {
            // Families are planned one after the other: those that draw, and those that the target's catalogue decides, come later.
            let early = plan.cases_of(member(&plan)).take_while(|c| c.family <= Family::Token);
            for case in early.filter(|c| c.steps.len() == 1) {
                let step = case.probe();
                let from = Filling::first(&case.id, made, &catalogues, &now);
                let tree = plan.bind(step, &mut |hole| fill(hole, &from)).expect("nothing is missing");
                body.clear();
                tree.write(&mut body);
                bytes += body.len();
                if step.headers.is_empty() {
                    let headers: &[(String, String)] = &[];
                    let endpoint = &contract.endpoints[step.endpoint];
                    let standing = world.standing(endpoint, &tree, &now);
                    assert_eq!(
                        isolation::expect(&contract, step, &tree, headers, &standing),
                        step.expect,
                        "{}",
                        case.id
                    );
                }
                made += 1;
            }
        }
        rates.push(made as f64 / start.elapsed().as_secs_f64());
        assert!(bytes > 0);
    }
    rates.sort_by(f64::total_cmp);
    say(&format!(
        "planning to final body bytes with re-check, one core: {:.0} cases/s, median of {ROUNDS} (aim 200,000)",
        rates[ROUNDS / 2]
    ));
}

/// The main job as a user runs it, against its own sandbox: the whole plan, marked bodies encrypted, reports written.
fn main_job() {
    let folder = Folder::new();
    let mut seconds = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_konform"))
            .args(["run", "--quiet", "--out"])
            .arg(folder.0.join(format!("{}", seconds.len())))
            .current_dir(&folder.0)
            .output()
            .expect("it runs")
            .status;
        assert!(status.success(), "the main job is clean");
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    say(&format!("main job: {:.1} s, median of {ROUNDS} (aim 10 s)", seconds[ROUNDS / 2]));
}

/// Sends through another transport and adds up how long that takes.
struct Timed(Http, AtomicU64);

impl Transport for Timed {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        let start = Instant::now();
        let answer = self.0.send(request).await;
        self.1.fetch_add(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        answer
    }
}

/// The share of a run's time, drawn families among it, that goes into planning and judging, one request at a time: the rest is
/// waiting for answers.
fn waiting() {
    let contract = contract();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut shares = Vec::new();
    for seed in 0..ROUNDS as u64 {
        let share = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let served = Sandbox::new(Arc::clone(&contract), Variant::default(), Vec::new());
            tokio::spawn(sandbox::serve(listener, Arc::new(served), std::future::pending()));
            let target = Target::parse(&format!("http://{address}/open-api")).expect("a target");
            let http = Http::new(&target, Limits::default(), &Connection::default()).expect("a client");
            let breadth = Breadth { fuzz: 40, walks: 10, wide: false };
            let credentials = sandbox::credentials(&contract);
            let runner = Arc::new(Runner::new(
                Plan::with(Arc::clone(&contract), seed, breadth),
                Timed(http, AtomicU64::new(0)),
                Access { target, credentials, second: None, keys: None, encrypt: Encrypt::Never },
                Ambient::new(Clock::System, seed),
                Options { jobs: 1, confirm: false, ..Options::default() },
                Arc::default(),
            ));
            let plain = |c: &Case| {
                let keyed = c.steps.iter().any(|s| s.seal != Seal::AsMarked || s.token == TokenEdit::SecondKey);
                !keyed && c.family != Family::Hostile
            };
            let start = Instant::now();
            let cases = runner.plan().cases().filter(|c| plain(c));
            let tally = runner.run(cases, &mut Journal::discard(), &mut |_| ()).await.expect("nothing is written");
            assert_eq!(tally.counts.fail + tally.counts.broken, 0, "the sandbox is clean");
            let waited = runner.transport().1.load(Ordering::Relaxed) as f64 / 1e6;
            1.0 - waited / start.elapsed().as_secs_f64()
        });
        shares.push(share);
    }
    shares.sort_by(f64::total_cmp);
    say(&format!(
        "planning and judging, drawn families on: {:.0}% of a run's time at one job",
        shares[ROUNDS / 2] * 100.0
    ));
}

/// Mutants and faults of both contracts, and the unchanged sandbox over 20 seeds.
fn qualify() {
    for contract in ["kona-plate", "library"] {
        let start = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_konform"))
            .args(["qualify", "--contract", contract])
            .output()
            .expect("it runs");
        assert!(output.status.success(), "every mutant is killed");
        say(&format!("qualify {contract}: {:.0} s (aim 180 s)", start.elapsed().as_secs_f64()));
    }
}

fn memory() {
    let peak = |cases: usize| -> u64 {
        let output = Command::new(std::env::current_exe().expect("this program"))
            .env(CHILD, cases.to_string())
            .output()
            .expect("it runs");
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number of KiB")
    };
    // A case is a call and the one that undoes it.
    let (few, many) = (peak(2_000), peak(500_000));
    say(&format!(
        "peak memory of a run: {few} KiB at 4,000 exchanges, {many} KiB at 1,000,000, ratio {:.2} (aim 1.20)",
        many as f64 / few as f64
    ));
}

/// Judges runs of two sizes again; each must agree to the byte.
fn rejudge() {
    let mut peaks = Vec::new();
    for draws in ["8", "2000"] {
        let folder = Folder::new();
        let run = folder.0.join("run");
        let konform = |args: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_konform"));
            command.args(args).arg(&run).current_dir(&folder.0).stdout(Stdio::piped());
            command
        };
        let made = konform(&["run", "--quiet", "--snapshots", "off", "--fuzz-cases", draws, "--out"]).output();
        assert!(made.expect("it runs").status.success(), "the sandbox is clean");
        let start = Instant::now();
        let mut child = konform(&["rejudge"]).spawn().expect("it starts");
        let mut peak = 0;
        while child.try_wait().expect("a child").is_none() {
            peak = peak.max(resident(&child.id().to_string()));
            std::thread::sleep(Duration::from_millis(5));
        }
        let seconds = start.elapsed().as_secs_f64();
        let output = child.wait_with_output().expect("its output");
        assert!(output.status.success(), "it agrees");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let exchanges = text.split(" exchanges judged").next().and_then(|t| t.rsplit(' ').next()?.parse().ok());
        let exchanges: f64 = exchanges.expect("a number of exchanges");
        say(&format!(
            "rejudge: {exchanges} exchanges in {seconds:.1} s ({:.0}/s), reports the same to the byte, peak {peak} KiB",
            exchanges / seconds
        ));
        peaks.push(peak as f64);
    }
    say(&format!("peak memory of rejudge, large to small: {:.2} (aim 1.20)", peaks[1] / peaks[0]));
}

/// The peak of a process's resident memory in kibibytes, 0 where the system does not tell.
fn resident(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}

/// A whole run with its reports; answers the peak of resident memory in kibibytes, 0 where the system does not tell.
fn memory_child(count: usize) -> u64 {
    let contract = contract();
    let folder = Folder::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let header = header(count as u64);
    let (mut summary, root) = runtime.block_on(async {
        let address = fixed_server().await;
        let runner = runner(&contract, address);
        let mut journal = Journal::create(&folder.0, &header).expect("a file");
        let cases = cases(runner.plan(), count);
        let tally = runner.run(cases, &mut journal, &mut |_| ()).await.expect("evidence is written");
        (
            summarize(&tally, runner.plan(), Demands::default(), &|_| String::new()),
            journal.finish(false, tally.millis).expect("evidence is written"),
        )
    });
    summary.root = root;
    report::write(&folder.0, &folder.0, &header, &summary).expect("reports are written");
    resident("self")
}
