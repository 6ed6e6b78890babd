//! The command line: `args` are words, `config` resolves them before any work, each command is a file.
//!
//! The only module that reads the environment, and the only one that knows clap.

mod args;
mod chosen;
mod commands;
pub mod config;
pub mod contracts;
mod failure;
mod files;
mod hosts;
mod output;
mod paint;
mod progress;
mod scan;
mod signals;
mod suite;
mod words;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::model::Exit;
use args::{Args, Command};
pub use failure::Failure;
use output::Output;

/// Parses the command line, runs the command, answers its exit code. A panic becomes exit code 4.
#[must_use]
pub fn main() -> ExitCode {
    let parsed = unset_empty(Args::command()).try_get_matches();
    let args = match parsed.and_then(|matches| Args::from_arg_matches(&matches)) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are answers, not errors. A closed pipe ends them quietly.
            let usage = error.use_stderr();
            let _ = error.print();
            return ExitCode::from(if usage { Exit::Usage.code() } else { Exit::Green.code() });
        }
    };
    let exit = std::panic::catch_unwind(|| dispatch(args)).unwrap_or(Exit::Harness);
    ExitCode::from(exit.code())
}

/// The command line without the variables that are set to nothing: an input that a CI system leaves empty was not given.
fn unset_empty(command: clap::Command) -> clap::Command {
    let empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let unset = |arg: clap::Arg| if arg.get_env().is_some_and(empty) { arg.env(None::<&'static str>) } else { arg };
    command.mut_args(unset).mut_subcommands(unset_empty)
}

fn dispatch(args: Args) -> Exit {
    let mut out = Output::default();
    let result = match args.command {
        Command::Run(args) => commands::run::run(&args, &mut out),
        Command::Rejudge(args) => commands::rejudge::command(&args, &mut out),
        Command::Certify(args) => commands::certify::certify(&args, &mut out),
        Command::Verify(args) => commands::verify::verify(&args, &mut out),
        Command::Diff(args) => commands::diff::diff(&args, &mut out),
        Command::Report(args) => commands::report::report(&args, &mut out),
        Command::Completions(args) => Ok(commands::manual::completions(&args, &mut out)),
        Command::Man(args) => commands::manual::man(&args, &mut out),
        Command::Check(args) => commands::check::check(&args, &mut out),
        Command::Init(args) => commands::init::init(&args, &mut out),
        Command::Clean(args) => commands::clean::clean(&args, &mut out),
        Command::List(args) => commands::list::list(&args, &mut out),
        Command::Show(args) => commands::show::show(&args, &mut out),
        Command::Try(args) => commands::try_it::try_it(&args, &mut out),
        Command::Replay(args) => commands::replay::replay(&args, &mut out),
        Command::Serve(args) => commands::serve::serve(&args, &mut out),
        Command::Lint(args) => commands::lint::lint(&args, &mut out),
        Command::Coverage(args) => commands::coverage::coverage(&args, &mut out),
        Command::Qualify(args) => commands::qualify::qualify(&args, &mut out),
        Command::Keygen(args) => commands::keygen::keygen(&args, &mut out),
    };
    match result {
        Ok(exit) => match out.fault() {
            // What was to be read is not there, whatever it would have said.
            Some(fault) if exit != Exit::Usage && exit != Exit::Harness => {
                Output::problem(&format!("failed to write to stdout: {fault}"));
                Exit::Evidence
            }
            _ => exit,
        },
        Err(failure) => {
            Output::problem(&failure.to_string());
            failure.exit()
        }
    }
}
