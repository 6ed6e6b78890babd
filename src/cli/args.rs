//! The command line: commands and their options.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

use super::words::{DiffFormat, EncryptWord, FailOn, Format, HttpVersion, Mode, Place, ReportFormat, Snapshots, What};
use crate::model::exit::exit_table;
use crate::qualify::OPERATORS;

/// Contract conformance tests for HTTP/JSON APIs: contract in, verdicts, evidence and replay commands out.
#[derive(Debug, Parser)]
#[command(name = "konform", version, about, after_help = exit_table!(), term_width = 80, arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a target against a contract; without --target, the embedded sandbox
    #[command(after_help = RUN_HELP)]
    Run(Run),
    /// Say what a run would test, send and leave behind, and what the profile lacks; sends nothing
    #[command(after_help = CHECK_HELP)]
    Check(Check),
    /// Write a profile for a target, after asking it what it has
    #[command(after_help = INIT_HELP)]
    Init(Init),
    /// Undo what a run has left behind, as far as the contract's calls can
    #[command(after_help = CLEAN_HELP)]
    Clean(Clean),
    /// List cases, endpoints or clauses
    List(List),
    /// Show the request that a case would send
    Show(Show),
    /// Send one of the documentation's own test cases and show request and response
    Try(Try),
    /// Run the case of a finding again
    Replay(Replay),
    /// What changed between two runs, snapshots and a run, or two contracts
    #[command(after_help = DIFF_HELP)]
    Diff(Diff),
    /// Judge a run again from its evidence, and hold its reports against what follows
    #[command(after_help = REJUDGE_HELP)]
    Rejudge(Rejudge),
    /// Make a run's reports again from its evidence, in any format
    Report(Report),
    /// Sign what a certification run came to, after judging it again
    #[command(after_help = CERTIFY_HELP)]
    Certify(Certify),
    /// Say whether a certificate is to be believed
    Verify(Verify),
    /// Serve a contract: the sandbox on a port
    Serve(Serve),
    /// Check a contract's files; print clauses, unknowns, gaps and conflicts
    Lint(Lint),
    /// Print which clauses a run would exercise, and why not the others
    Coverage(Coverage),
    /// Prove what the suite finds: mutants of the contract, faults of the sandbox
    #[command(after_help = qualify_help())]
    Qualify(Qualify),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page, of konform or of one command
    Man(Man),
    /// Make key pairs: for tests of encrypted bodies, or to sign certificates
    Keygen(Keygen),
}

const RUN_HELP: &str = concat!(
    "\
Examples:
  konform run                                        check the embedded sandbox
  konform run --target http://127.0.0.1:8080         check a server on this machine
  konform run --target https://api.example.com --profile mine.yaml
  konform run --only 'user-*::length::*'             some cases only
  konform run --fault accept-above:loginId           see what a finding looks like

",
    exit_table!()
);

const CHECK_HELP: &str = "\
Examples:
  konform check --target https://api.example.com --profile mine.yaml
  konform check --profile mine.yaml --min-coverage 80

Exit 0 whatever is not applicable; 6 with --min-coverage if a smaller share of the
clauses would be exercised; 2 for what would stop the run.";

const INIT_HELP: &str = "\
Examples:
  konform init --target http://127.0.0.1:8080/v1
  konform init --target https://api.example.com --environment uat --out mine.yaml

A target that is not this machine is asked only with --environment sandbox or uat.
It is asked with requests that can't be accepted, and with look-ups if the
environment variables that the profile names for its credentials are set.";

const CLEAN_HELP: &str = "\
Example:
  konform clean reports/<run> --target URL --profile mine.yaml

Exit 0 if nothing is left, 3 if something is, 2 for a usage error.";

const DIFF_HELP: &str = "\
Examples:
  konform diff reports/<yesterday> reports/<today>
  konform diff snapshots/sandbox reports/<run>          behaviour since the snapshots
  konform diff A B --format markdown                    for a pull request's comment
  konform diff --contract specs/v1 specs/v2 --waivers waivers.yaml

Exit 0 same or better, 1 a new broken MUST clause (--contract: a breaking change),
3 not comparable, or nothing can be said of some; 2 for a usage error.";

const REJUDGE_HELP: &str = "\
Exit 0 if every verdict and report is what the evidence gives, 7 if evidence or reports are damaged,
4 if a verdict differs, 2 for a usage error (another contract or profile than the run's).";

const CERTIFY_HELP: &str = "\
Examples:
  konform keygen --sign keys                          make a key pair
  konform run --mode certification --challenge 7f3a   run for a certificate
  konform certify reports/<run> --key keys/sign-private.pem
  konform verify reports/<run> --pub partner.pem --challenge 7f3a
  konform certify reports/<run> --countersign --key own.pem --pub partner.pem

Refused: a partial run, anything BROKEN, inconclusive or blocked, a broken MUST
clause that no waiver covers, a MUST clause that is neither exercised nor declared
away in the profile's capabilities, waivers that are red. Exit 0 or 1; 2 for usage.";

fn qualify_help() -> String {
    let mut help = "A mutant is the sandbox serving the contract with one clause changed; it is killed by
a finding that cites the clause. Operators:\n"
        .to_owned();
    for (word, does) in OPERATORS {
        // Writing to a String can't fail.
        let _ = writeln!(help, "  {word:<18} {does}");
    }
    help += "
Exit 0 if every mutant and fault is noticed and the unchanged sandbox is clean,
1 if not, 2 for a usage error.";
    help
}

#[derive(Clone, Debug, ClapArgs)]
pub(super) struct Common {
    /// Base URL of the target; its path replaces the contract's base path [default: the embedded sandbox]
    #[arg(long, env = "KONFORM_TARGET", value_name = "URL")]
    pub(super) target: Option<String>,
    /// What is known of the target: hosts, credentials, rate ...
    #[arg(long, env = "KONFORM_PROFILE", value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
    /// A contract's folder, or the name of an embedded one
    #[arg(long, env = "KONFORM_CONTRACT", value_name = "DIR|NAME")]
    pub(super) contract: Option<String>,
    /// How much is drawn and how long the catalogues are
    #[arg(long, env = "KONFORM_MODE", value_enum, default_value_t = Mode::Gate)]
    pub(super) mode: Mode,
    /// Drawn requests for each endpoint [default: 8 in gate, 200 in nightly]
    #[arg(long, env = "KONFORM_FUZZ_CASES", value_name = "N")]
    pub(super) fuzz_cases: Option<u32>,
    /// Decides the plan
    #[arg(long, env = "KONFORM_SEED", default_value_t = 1)]
    pub(super) seed: u64,
    /// Decides identities, hex [default: random]
    #[arg(long, env = "KONFORM_SALT", value_name = "HEX", value_parser = hex)]
    pub(super) salt: Option<u64>,
    /// Whole exchange, seconds [default: the profile's, else 10]
    #[arg(long, env = "KONFORM_TIMEOUT", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) timeout: Option<u64>,
    /// Bytes of an answer's body that are read, 16M at most; K and M may follow the number [default: 4M]
    #[arg(long, env = "KONFORM_MAX_BODY", value_name = "BYTES", value_parser = bytes)]
    pub(super) max_body: Option<usize>,
    /// Certificate authorities to trust, PEM
    #[arg(long, env = "KONFORM_CACERT", value_name = "FILE")]
    pub(super) cacert: Option<PathBuf>,
    /// The client's certificate, PEM; the key may stand in it
    #[arg(long, env = "KONFORM_CLIENT_CERT", value_name = "FILE")]
    pub(super) client_cert: Option<PathBuf>,
    /// The client's private key, PEM
    #[arg(long, env = "KONFORM_CLIENT_KEY", value_name = "FILE", requires = "client_cert")]
    pub(super) client_key: Option<PathBuf>,
    /// Version of HTTP
    #[arg(long, env = "KONFORM_HTTP", value_enum, default_value_t = HttpVersion::OneOne)]
    pub(super) http: HttpVersion,
    /// Proxy that everything goes through; `HTTPS_PROXY` and the like are not looked at
    #[arg(long, env = "KONFORM_PROXY", value_name = "URL")]
    pub(super) proxy: Option<String>,
    /// Connect to this address instead of the one that the host's name resolves to
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    pub(super) resolve: Vec<String>,
    /// Which request bodies are encrypted [default: marked where there are keys, else never]
    #[arg(long, env = "KONFORM_ENCRYPT", value_enum)]
    pub(super) encrypt: Option<EncryptWord>,
    /// Break the embedded sandbox on purpose; `konform serve --faults` lists the ways
    #[arg(long, value_name = "FAULT", conflicts_with = "target")]
    pub(super) fault: Vec<String>,
}

#[derive(Clone, Debug, ClapArgs)]
pub(super) struct Selection {
    /// Only cases whose id matches
    #[arg(long, value_name = "GLOB")]
    pub(super) only: Vec<String>,
    /// No cases whose id matches
    #[arg(long, value_name = "GLOB")]
    pub(super) skip: Vec<String>,
    /// Only cases that exercise a clause whose id matches
    #[arg(long, value_name = "GLOB")]
    pub(super) clause: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Requests under way at once [default: 16; 4 away from this machine]
    #[arg(long, env = "KONFORM_JOBS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Requests a second; 0 means no limit [default: no limit; 5 away from this machine]
    #[arg(long, env = "KONFORM_RATE")]
    pub(super) rate: Option<u32>,
    /// What fails the run
    #[arg(long, value_enum, default_value_t = FailOn::Must)]
    pub(super) fail_on: FailOn,
    /// Stop after the first failing case
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Stop after this many failing cases
    #[arg(long, value_name = "N", conflicts_with = "fail_fast", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_failures: Option<u64>,
    /// End the run after so many seconds; what did not run is said
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_time: Option<u64>,
    /// Keep drawn inputs that fail, made small, as files in this folder; those that are there run first
    #[arg(long, value_name = "DIR")]
    pub(super) save_failures: Option<PathBuf>,
    /// Findings that are accepted for a while, each with owner, approver and last day
    #[arg(long, env = "KONFORM_WAIVERS", value_name = "FILE")]
    pub(super) waivers: Option<PathBuf>,
    /// Fail only for what this earlier run's folder does not have
    #[arg(long, env = "KONFORM_BASELINE", value_name = "DIR")]
    pub(super) baseline: Option<PathBuf>,
    /// Propose a waiver for every finding that fails the run, and what a certification wants declared
    #[arg(long)]
    pub(super) bless: bool,
    /// Take up a run that was killed: its folder says what to run against what
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub(super) resume: Option<PathBuf>,
    /// A number that a certifier gave for this run; it stands in the evidence
    #[arg(long, value_name = "NONCE")]
    pub(super) challenge: Option<String>,
    /// Exit 6 if a smaller share of the clauses is exercised, percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(super) min_coverage: Option<u8>,
    /// Folder for the report [default: a new one under reports/]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// What to print at the end
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// What to do with the behaviour snapshots under snapshots/
    #[arg(long, env = "KONFORM_SNAPSHOTS", value_enum, default_value_t = Snapshots::Check)]
    pub(super) snapshots: Snapshots,
    /// Write a JSON line per case to a file, `-` for stdout
    #[arg(long, value_name = "FILE|-")]
    pub(super) events: Option<PathBuf>,
    /// No progress
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Requests a second; 0 means no limit [default: no limit; 5 away from this machine]
    #[arg(long, env = "KONFORM_RATE")]
    pub(super) rate: Option<u32>,
    /// Exit 6 if a smaller share of the clauses would be exercised, percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(super) min_coverage: Option<u8>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Init {
    #[command(flatten)]
    pub(super) common: Common,
    /// What kind of place the target is; away from this machine nothing is sent without it
    #[arg(long, value_enum)]
    pub(super) environment: Option<Place>,
    /// File to write; a file that is there is not overwritten
    #[arg(long, value_name = "FILE", default_value = "profile.yaml")]
    pub(super) out: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Clean {
    /// The folder of a run, or its leftovers.json
    #[arg(value_name = "RUN")]
    pub(super) leftovers: PathBuf,
    #[command(flatten)]
    pub(super) common: Common,
    /// Requests a second; 0 means no limit [default: no limit; 5 away from this machine]
    #[arg(long, env = "KONFORM_RATE")]
    pub(super) rate: Option<u32>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct List {
    /// What to list
    #[arg(value_enum, default_value_t = What::Cases)]
    pub(super) what: What,
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Show {
    /// Case id
    pub(super) case: String,
    /// Sign the request (the token is good for as long as the target takes it)
    #[arg(long)]
    pub(super) sign: bool,
    /// Print a curl command
    #[arg(long)]
    pub(super) curl: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Try {
    /// Endpoint id
    pub(super) endpoint: String,
    /// Name of a test-data case
    #[arg(long, default_value = "success", value_name = "TEST-DATA")]
    pub(super) case: String,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Replay {
    /// A file of a run's findings/ folder, one that --save-failures kept, or a case id
    pub(super) finding: String,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Diff {
    /// Folder of a run or of snapshots; with --contract, a contract
    pub(super) before: String,
    /// Folder of a run; with --contract, a contract
    pub(super) after: String,
    /// Compare two contracts, folders or embedded ones
    #[arg(long)]
    pub(super) contract: bool,
    /// With --contract: say which of these waivers are touched
    #[arg(long, value_name = "FILE", requires = "contract")]
    pub(super) waivers: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    pub(super) format: DiffFormat,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Rejudge {
    /// Folder of the run
    pub(super) folder: PathBuf,
    /// The run's contract, if it lies elsewhere now
    #[arg(long, value_name = "DIR|NAME")]
    pub(super) contract: Option<String>,
    /// The run's profile, if it lies elsewhere now
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Report {
    /// Folder of the run
    pub(super) folder: PathBuf,
    /// Format to write [default: the folder's own files, anew]
    #[arg(long = "as", value_enum, value_name = "FORMAT")]
    pub(super) format: Option<ReportFormat>,
    /// File to write [default: stdout]
    #[arg(long, value_name = "FILE", requires = "format")]
    pub(super) out: Option<PathBuf>,
    /// The run's contract, if it lies elsewhere now
    #[arg(long, value_name = "DIR|NAME")]
    pub(super) contract: Option<String>,
    /// The run's profile, if it lies elsewhere now
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Certify {
    /// Folder of the run
    pub(super) folder: PathBuf,
    /// Private key to sign with, Ed25519, PEM
    #[arg(long, value_name = "FILE")]
    pub(super) key: PathBuf,
    /// The number that the run must answer
    #[arg(long, value_name = "NONCE")]
    pub(super) challenge: Option<String>,
    /// Days that the certificate holds
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub(super) days: u32,
    /// Sign another's certificate a second time, after judging its evidence again
    #[arg(long)]
    pub(super) countersign: bool,
    /// With --countersign: public key of the certificate's signer, PEM
    #[arg(long = "pub", value_name = "FILE", requires = "countersign")]
    pub(super) public: Option<PathBuf>,
    /// The run's contract, if it lies elsewhere now
    #[arg(long, value_name = "DIR|NAME")]
    pub(super) contract: Option<String>,
    /// The run's profile, if it lies elsewhere now
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Verify {
    /// Folder of the run, or a certificate alone
    #[arg(value_name = "DIR|FILE")]
    pub(super) path: PathBuf,
    /// Public key of its signer, Ed25519, PEM
    #[arg(long = "pub", value_name = "FILE")]
    pub(super) public: PathBuf,
    /// The number that it must answer
    #[arg(long, value_name = "NONCE")]
    pub(super) challenge: Option<String>,
    /// Public key of a second signer who has judged the evidence again, PEM
    #[arg(long, value_name = "FILE")]
    pub(super) counter_pub: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(super) addr: std::net::SocketAddr,
    /// A contract's folder, or the name of an embedded one
    #[arg(long, env = "KONFORM_CONTRACT", value_name = "DIR|NAME")]
    pub(super) contract: Option<String>,
    /// Break it on purpose
    #[arg(long, value_name = "FAULT")]
    pub(super) fault: Vec<String>,
    /// List the faults
    #[arg(long)]
    pub(super) faults: bool,
    /// Days by which its clock is ahead
    #[arg(long, default_value_t = 0, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=3650))]
    pub(super) ahead: u32,
    /// Write a profile that fits this sandbox, its keys beside it, and serve
    #[arg(long, value_name = "FILE")]
    pub(super) write_profile: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Lint {
    /// A contract's folder, or the name of an embedded one
    #[arg(value_name = "DIR|NAME")]
    pub(super) contract: Option<String>,
    /// Print every clause with its place
    #[arg(long)]
    pub(super) clauses: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Coverage {
    #[command(flatten)]
    pub(super) common: Common,
    /// Name each clause that no case exercises, with the reason
    #[arg(long)]
    pub(super) missing: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Qualify {
    #[command(flatten)]
    pub(super) common: Common,
    /// Only mutants of clauses whose id matches
    #[arg(long, value_name = "GLOB")]
    pub(super) clause: Vec<String>,
    /// So many mutants at most, spread over all
    #[arg(long, value_name = "N")]
    pub(super) sample: Option<usize>,
    /// Leave a case family out: what only it finds survives
    #[arg(long, value_name = "FAMILY")]
    pub(super) without: Option<String>,
    /// Seeds under which the unchanged sandbox must be clean
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) seeds: u64,
    /// Print every mutant with the case that noticed it
    #[arg(long)]
    pub(super) matrix: bool,
    /// Write the figures with the digests of contract and sources: a run prints them from qualify.json beside the contract
    #[arg(long, value_name = "FILE", conflicts_with_all = ["clause", "sample", "without"])]
    pub(super) save: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Man {
    /// A command
    pub(super) command: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Keygen {
    /// Folder for the PEM files; what is there is not overwritten
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Make one pair that signs certificates instead
    #[arg(long)]
    pub(super) sign: bool,
}

fn bytes(text: &str) -> Result<usize, String> {
    let (number, factor) = match text.as_bytes().last() {
        Some(b'K') => (text.strip_suffix('K'), 1 << 10),
        Some(b'M') => (text.strip_suffix('M'), 1 << 20),
        _ => (Some(text), 1),
    };
    let count = number.and_then(|n| n.parse::<usize>().ok()).and_then(|n| n.checked_mul(factor));
    match count {
        // A larger body, escaped, would not fit into a line of evidence that is read again.
        Some(count) if count > 16 << 20 => Err("16M at most".to_owned()),
        Some(count) if count > 0 => Ok(count),
        _ => Err("write a number of bytes, for example 500000, 64K or 16M".to_owned()),
    }
}

fn hex(text: &str) -> Result<u64, String> {
    u64::from_str_radix(text, 16).map_err(|_| "write up to 16 hex digits".to_owned())
}
