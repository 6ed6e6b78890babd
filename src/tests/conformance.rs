//! The conformance cases as tests: against `KONFORM_TARGET`, or a sandbox of their own.
#![expect(clippy::expect_used, reason = "a test that can't start says why")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use konform::exchange::Target;
use konform::harness::Subject;
use konform::{cli, sandbox};
use libtest_mimic::{Arguments, Failed};

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let target = std::env::var("KONFORM_TARGET").ok().map(|url| Target::parse(&url).expect("KONFORM_TARGET is a URL"));
    if let Some(target) = &target {
        // Away from this machine a profile must say where requests may go, and this front end takes none.
        assert!(
            target.is_loopback(),
            "KONFORM_TARGET must be on this machine: use `konform run --profile FILE` for others"
        );
    }
    // A sandbox of one's own is known whole; of another target nothing is known but its address.
    let own = target.is_none();
    let profile = own.then(|| cli::contracts::sandbox_profile(None).expect("the sandbox's profile loads"));
    let contract = cli::contracts::find(None, profile.as_ref()).expect("the embedded contract loads").contract;
    let contract = Arc::new(contract);
    let credentials = sandbox::credentials(&contract);
    let salt = u64::from_le_bytes(konform::crypto::random());
    let target = target.map(|target| target.below(&contract.base_path));
    let subject = Subject::new(contract, 1, target, credentials, salt);
    let exact = args.filter.as_deref().filter(|_| args.exact);
    let trials = subject.trials(exact, if own { compare } else { |_, _| Ok(()) });
    libtest_mimic::run(&args, trials).exit_code()
}

/// Compares an endpoint's behaviour with the committed snapshot; `cargo insta review` works on the difference.
fn compare(endpoint: &str, text: &str) -> Result<(), Failed> {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/sandbox"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        settings.bind(|| insta::assert_snapshot!(endpoint, text));
    }));
    result.map_err(|_| Failed::from(format!("{endpoint} behaves otherwise than its snapshot says")))
}
