//! The `konform` program.

use std::process::ExitCode;

/// What a worker has allocated, another thread often frees: here that takes no lock.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    konform::cli::main()
}
