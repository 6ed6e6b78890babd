//! `konform report`: the reports of a run once more, from its evidence, in any format.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use super::rejudge::again;
use crate::cli::Failure;
use crate::cli::args::Report;
use crate::cli::output::Output;
use crate::model::Exit;
use crate::report;

pub(in crate::cli) fn report(args: &Report, out: &mut Output) -> Result<Exit, Failure> {
    let again = match again(&args.folder, args.contract.as_deref(), args.profile.as_deref())? {
        Ok(again) => again,
        Err(damage) => {
            Output::problem(&damage.to_string());
            return Ok(Exit::Evidence);
        }
    };
    if let Some(difference) = again.rejudged.differences.first() {
        Output::problem(&difference.to_string());
        return Ok(Exit::Evidence);
    }
    let failed = |e: std::io::Error| Failure::write("the report", e);
    let Some(format) = args.format.map(Into::into) else {
        report::write(&args.folder, &args.folder, &again.header, &again.summary).map_err(failed)?;
        out.line(&format!("written again: {} and findings/", report::FILES.join(", ")));
        return Ok(Exit::Green);
    };
    if let Some(path) = &args.out {
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        report::write_as(&mut file, format, &again.header, &again.summary, &args.folder).map_err(failed)?;
        file.flush().map_err(failed)?;
    } else {
        out.file(|file| report::write_as(file, format, &again.header, &again.summary, &args.folder));
    }
    Ok(Exit::Green)
}
