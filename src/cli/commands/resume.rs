//! `konform run --resume`: a killed run goes on where its evidence ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;

use super::acceptance::Acceptance;
use super::job::{Job, Past, count, pools, saved};
use crate::cli::Failure;
use crate::cli::args::Run;
use crate::cli::chosen::Chosen;
use crate::cli::config::Config;
use crate::cli::output::Output;
use crate::cli::suite;
use crate::evidence::{Damage, Journal, Reader, Resumed, archive, trunk};
use crate::model::RunHeader;
use crate::runner::Refold;

/// Reads what was done, and goes on with what the run's header says, whatever the command line or the environment say now.
pub(super) fn take_up(args: &Run, folder: &Path) -> Result<Job, Failure> {
    let damaged = |damage: Damage| match damage {
        Damage::Io { path, source } => Failure::read(path.display(), source).hint("; give the folder of a run"),
        damage => Failure::Damaged(format!("{} can't be taken up: {damage}", folder.display())),
    };
    let trunk = trunk(folder).map_err(damaged)?;
    trunk.cut(folder).map_err(|e| Failure::write(folder.join(archive::LAST).display(), e))?;
    let mut reader = Reader::open(folder).map_err(damaged)?;
    let header = reader.header().clone();
    if let Some(other) = suite::other_sources(&header) {
        return Err(Failure::Usage(format!("{other}; take it up with the program that began it")));
    }
    let config = Config::of(&header, &args.common)?;
    let chosen = Chosen::of(&header.selection)?;
    let plan = chosen.narrow(config.plan());
    let saved = saved(args, &config, &plan)?;
    same_plan(&header, &count(&config, &chosen, &plan, &saved).2)?;
    let accepted = Acceptance::kept(folder, &header)?.accepted(&header, &plan.contract().zone)?;
    let mut killed = false;
    let mut refold = Refold::new(&plan, Arc::clone(&accepted)).to_go_on();
    loop {
        match reader.next(|_| true) {
            Ok(Some(record)) => refold.take(record),
            // The end of a killed run.
            Err(Damage::NoFooter) => {
                killed = true;
                break;
            }
            Err(damage) => return Err(damaged(damage)),
            // It was stopped, and ended in order.
            Ok(None) if reader.footer().is_some_and(|footer| footer.partial) => break,
            Ok(None) => {
                return Err(Failure::Usage(format!(
                    "the run in {} has ended: nothing to take up (`konform report` makes its reports again)",
                    folder.display()
                )));
            }
        }
    }
    let ended = refold.ended().to_vec();
    let doubtful = refold.doubtful().to_vec();
    // What was under way then and now may have ended its fixtures.
    killed |= refold.killed();
    let cuts: Vec<u64> = refold.cuts().iter().copied().chain([trunk.cases]).collect();
    let (tally, differences) = refold.into_tally();
    if let Some(difference) = differences.first() {
        return Err(Failure::Damaged(format!("{} can't be taken up: {difference}", folder.display())));
    }
    let resumed = Resumed {
        at: Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        salt: format!("{:016x}", config.salt),
        torn: trunk.torn,
    };
    let journal = Journal::resume(folder, &trunk, &resumed).map_err(Failure::from)?;
    Output::note(&format!("{} of {} cases are done already", trunk.cases, header.planned));
    let pools = pools(&config, &chosen, &plan, &saved, &cuts);
    let past = Some(Past { tally, done: trunk.cases, ended, doubtful, killed });
    Ok(Job { config, plan, chosen, saved, header, folder: PathBuf::from(folder), journal, accepted, pools, past })
}

fn same_plan(header: &RunHeader, digest: &str) -> Result<(), Failure> {
    if header.plan_digest == digest {
        return Ok(());
    }
    Err(Failure::Usage(
        "the cases are not those that the run was to send: keys, second credentials, --save-failures and the profile's host \
         decide about them too"
            .to_owned(),
    ))
}
