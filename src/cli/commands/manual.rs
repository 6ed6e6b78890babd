//! `konform completions` and `konform man`: what packagers put beside the program.

use clap::CommandFactory as _;

use crate::cli::Failure;
use crate::cli::args::{Args, Completions, Man};
use crate::cli::output::Output;
use crate::model::Exit;

pub(in crate::cli) fn completions(args: &Completions, out: &mut Output) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "konform", &mut text);
    out.text(&String::from_utf8_lossy(&text));
    Exit::Green
}

pub(in crate::cli) fn man(args: &Man, out: &mut Output) -> Result<Exit, Failure> {
    let all = Args::command();
    let page = match &args.command {
        None => all,
        Some(name) => {
            let names: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
            let known = format!("no command `{name}`: one of {}", names.join(", "));
            let command = all.find_subcommand(name).cloned().ok_or(Failure::Usage(known))?;
            command.name(format!("konform-{name}")).bin_name(format!("konform {name}"))
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).map_err(Failure::usage)?;
    out.text(&String::from_utf8_lossy(&text));
    Ok(Exit::Green)
}
