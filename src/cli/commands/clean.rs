//! `konform clean`: undoes what a run has left behind, as far as a call of the contract can.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::{block_on, run};
use crate::cli::Failure;
use crate::cli::args::Clean;
use crate::cli::config::Config;
use crate::cli::files;
use crate::cli::output::Output;
use crate::contract::Environment;
use crate::model::Exit;
use crate::model::json::printable;
use crate::runner::{Options, Runner, Undone};

#[derive(Deserialize)]
struct File {
    format: String,
    version: u32,
    target: String,
    left: Vec<Left>,
}

#[derive(Deserialize)]
struct Left {
    resource: String,
    key: String,
}

pub(in crate::cli) fn clean(args: &Clean, out: &mut Output) -> Result<Exit, Failure> {
    let file = read(&args.leftovers)?;
    let config = Config::resolve(&args.common)?;
    let Some(target) = config.target.clone() else {
        return Err(Failure::Usage(
            "clean needs --target: an embedded sandbox ends with its run and leaves nothing".to_owned(),
        ));
    };
    if target.base() != file.target {
        return Err(Failure::Usage(format!(
            "{} lists what a run against {} left, and --target is {}\nno request was sent",
            args.leftovers.display(),
            file.target,
            target.base()
        )));
    }
    if config.profile.as_ref().and_then(|p| p.environment) == Some(Environment::Production) {
        return Err(Failure::Usage("the environment is production: only look-ups are sent there".to_owned()));
    }
    let (_, rate, _) = run::pace(&config, args.rate);
    block_on(async {
        let (target, http, _) = config.connect().await?;
        let options = Options { rate, ..Options::default() };
        let runner = Runner::new(config.plan(), http, config.access(target), config.ambient(), options, Arc::default());
        let (mut undone, mut gone, mut left) = (0_u64, 0_u64, BTreeMap::<String, u64>::new());
        // What was made last goes first: it may hold on to what was made before.
        for record in file.left.iter().rev() {
            // Both stand in a file, the key as a target gave it.
            let what = printable(&format!("{} {}", record.resource, shortened(&record.key)));
            let taken = match runner.plan().undoing(&record.resource, &record.key) {
                Ok(step) => runner.take_back(&record.resource, &step).await,
                Err(why) => Err(why),
            };
            match taken {
                Ok(Undone::Now) => {
                    undone += 1;
                    out.line(&format!("undone  {what}"));
                }
                Ok(Undone::Gone) => {
                    gone += 1;
                    out.line(&format!("gone    {what}: the target says that it is there no more"));
                }
                Err(why) => {
                    out.line(&format!("left    {what}: {why}"));
                    *left.entry(record.resource.clone()).or_default() += 1;
                }
            }
        }
        let rest: Vec<String> =
            left.iter().map(|(resource, count)| printable(&format!("{count} {resource}"))).collect();
        let rest = if rest.is_empty() { "nothing is left".to_owned() } else { format!("left: {}", rest.join(", ")) };
        let gone = if gone == 0 { String::new() } else { format!(", {gone} gone already") };
        out.line(&format!("{undone} of {} records undone{gone}; {rest}", file.left.len()));
        Ok(if left.is_empty() { Exit::Green } else { Exit::Unclear })
    })
}

/// The beginning of a key, long enough to know it by.
fn shortened(key: &str) -> String {
    const LONGEST: usize = 80;
    if key.chars().count() <= LONGEST {
        return key.to_owned();
    }
    key.chars().take(LONGEST).chain(std::iter::once('…')).collect()
}

/// Reads a run's list; of a folder, the one that lies in it.
fn read(path: &Path) -> Result<File, Failure> {
    let inside = path.join("leftovers.json");
    let path = if path.is_dir() { inside.as_path() } else { path };
    let text = files::text(path).map_err(|e| Failure::read(path.display(), e).hint("; give the folder of a run"))?;
    let file: File = serde_json::from_str(&text)
        .map_err(|e| Failure::Usage(format!("{} is no leftovers.json of konform: {e}", path.display())))?;
    if file.format != "konform/leftovers" || file.version != 1 {
        return Err(Failure::Usage(format!(
            "{} has format {} version {}: this program reads konform/leftovers version 1",
            path.display(),
            file.format,
            file.version
        )));
    }
    Ok(file)
}
