//! `konform try`: one documented case, as the documentation's own "Try It!" panel shows it.

use super::replay::single;
use crate::cli::Failure;
use crate::cli::args::Try;
use crate::cli::config::Config;
use crate::cli::output::Output;
use crate::contract::error::suggest;
use crate::model::Exit;

pub(in crate::cli) fn try_it(args: &Try, out: &mut Output) -> Result<Exit, Failure> {
    let config = Config::resolve(&args.common)?;
    let names = || config.contract.endpoints.iter().map(|e| e.id.as_str());
    let (_, endpoint) = config.contract.endpoint(&args.endpoint).ok_or_else(|| {
        Failure::Usage(format!("no endpoint `{}`: {}", args.endpoint, suggest(&args.endpoint, names())))
    })?;
    let plan = config.plan();
    let id = match endpoint.examples.iter().find(|e| e.name == args.case) {
        Some(example) => {
            out.line(&format!("{}: {}\n", endpoint.title, example.title));
            format!("{}::example::body::{}", endpoint.id, example.name)
        }
        // An endpoint without test data can still be tried with a legal request.
        None if args.case == "success" => format!("{}::valid::body::every-field", endpoint.id),
        None => {
            // Without test data of its own an endpoint has a legal request, by this name.
            let mut known: Vec<&str> = endpoint.examples.iter().map(|e| e.name.as_str()).collect();
            if !known.contains(&"success") {
                known.insert(0, "success");
            }
            let (case, known) = (&args.case, known.join(", "));
            return Err(Failure::Usage(format!("no test data `{case}` for {}: there are {known}", endpoint.id)));
        }
    };
    let case = plan
        .find(&id)
        .ok_or_else(|| Failure::Usage(format!("`{id}` could not be planned: `konform list left-out` says why")))?;
    single(&config, &case, out)
}
