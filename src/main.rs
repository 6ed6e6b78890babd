//! The `konform` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    konform::cli::main()
}
