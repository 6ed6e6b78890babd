//! Waivers and baselines: from the command line into the run folder, and from there whenever the run is judged again.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cli::Failure;
use crate::cli::args::Run;
use crate::cli::files;
use crate::contract::{File, waiver};
use crate::crypto;
use crate::model::event::Standing;
use crate::model::waiver::{LONGEST, day_of};
use crate::model::wire::Zone;
use crate::model::{FindingRecord, Level, RunHeader, Summary, volatile};
use crate::report::results;
use crate::runner::Accepted;

/// The run folder's copy of the waivers.
const WAIVERS: &str = "waivers.yaml";
/// The run folder's copy of what the baseline has.
const BASELINE: &str = "baseline.json";
/// Where `--bless` writes waivers.
const PROPOSED: &str = "waivers.proposed.yaml";
/// Where it writes what a certification wants declared.
const DECLARED: &str = "capabilities.proposed.yaml";

/// The texts of what is accepted, before the run folder is there.
#[derive(Debug, Default)]
pub(super) struct Acceptance {
    /// By the name that the user gave.
    waivers: Option<File>,
    baseline: Option<String>,
}

/// Identities of a pinned run's findings.
#[derive(Serialize, Deserialize)]
struct Baseline {
    format: String,
    version: u32,
    /// Root of that run's evidence.
    root: String,
    started: String,
    findings: Vec<String>,
}

impl Acceptance {
    /// Reads what the command line names.
    pub(super) fn read(args: &Run, contract: &str) -> Result<Self, Failure> {
        let waivers = args.waivers.as_ref().map(|path| -> Result<File, Failure> {
            let text = files::text(path).map_err(|e| Failure::read(format!("waivers {}", path.display()), e))?;
            // Mistakes are shown with the name that the user gave.
            let file = File { name: path.display().to_string(), text };
            waiver::load(&file).map_err(Failure::usage)?;
            Ok(file)
        });
        let baseline = args.baseline.as_ref().map(|folder| {
            let (run, summary) = results::read(&folder.join("results.json"))
                .map_err(|e| Failure::Usage(format!("{e}; a baseline is the folder of a finished run")))?;
            if run.contract != contract {
                return Err(Failure::Usage(format!(
                    "the baseline in {} is a run of {}, this one is of {contract}",
                    folder.display(),
                    run.contract
                )));
            }
            let baseline = Baseline {
                format: "konform/baseline".to_owned(),
                version: 1,
                root: summary.root,
                started: run.started,
                findings: summary.findings.iter().map(FindingRecord::identity).collect(),
            };
            serde_json::to_string_pretty(&baseline).map_err(Failure::usage)
        });
        Ok(Self { waivers: waivers.transpose()?, baseline: baseline.transpose()? })
    }

    /// Writes the copies, and their digests into the header.
    pub(super) fn keep(&self, folder: &Path, header: &mut RunHeader) -> Result<(), Failure> {
        header.waivers_file = self.waivers.as_ref().map(|file| file.name.clone());
        for (name, text, digest) in [
            (WAIVERS, self.waivers.as_ref().map(|file| &file.text), &mut header.waivers_digest),
            (BASELINE, self.baseline.as_ref(), &mut header.baseline_digest),
        ] {
            if let Some(text) = text {
                let path = folder.join(name);
                fs::write(&path, text).map_err(|e| Failure::write(path.display(), e))?;
                *digest = Some(crypto::hex(&crypto::sha256(text.as_bytes())));
            }
        }
        Ok(())
    }

    /// Reads the copies of a run folder, which must be those of the header.
    pub(super) fn kept(folder: &Path, header: &RunHeader) -> Result<Self, Failure> {
        let read = |name: &str, digest: &Option<String>| -> Result<Option<String>, Failure> {
            let Some(digest) = digest else { return Ok(None) };
            let path = folder.join(name);
            let text = files::text(&path).map_err(|e| Failure::read(path.display(), e))?;
            if crypto::hex(&crypto::sha256(text.as_bytes())) == *digest {
                Ok(Some(text))
            } else {
                Err(Failure::Damaged(format!("{} was changed since the run", path.display())))
            }
        };
        let name = header.waivers_file.clone().unwrap_or_else(|| WAIVERS.to_owned());
        let waivers = read(WAIVERS, &header.waivers_digest)?.map(|text| File { name, text });
        Ok(Self { waivers, baseline: read(BASELINE, &header.baseline_digest)? })
    }

    /// What is accepted on the day the run began.
    pub(super) fn accepted(&self, header: &RunHeader, zone: &Zone) -> Result<Arc<Accepted>, Failure> {
        let mut known = HashSet::new();
        if let Some(text) = &self.baseline {
            let baseline: Baseline =
                serde_json::from_str(text).map_err(|e| Failure::Damaged(format!("{BASELINE} can't be read: {e}")))?;
            known.extend(baseline.findings);
        }
        let waivers = match &self.waivers {
            Some(file) => waiver::load(file).map_err(Failure::usage)?,
            None => Vec::new(),
        };
        Ok(Arc::new(Accepted::new(waivers, &day_of(&header.started, zone), known)))
    }
}

/// Writes what a certification still wants declared, each clause with why no case exercised it: a profile takes it once somebody has
/// looked at it.
pub(super) fn declare(folder: &Path, summary: &Summary) -> std::io::Result<Option<String>> {
    let open = summary.clauses.iter().filter(|c| c.level == Level::Must && c.asserted == 0 && !c.declared);
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let lines: Vec<String> = open
        .map(|c| {
            let reason = c.reason.as_deref().unwrap_or("not exercised");
            format!("  - {{without: {}, reason: {}}}\n", quoted(&c.id), quoted(reason))
        })
        .collect();
    if summary.undeclared.is_none_or(|n| n == 0) {
        return Ok(None);
    }
    let path = folder.join(DECLARED);
    let head = "# Proposals for the profile: what your target does not offer, or nobody can put to the test. Globs shorten it: \"card-*/**\".\n";
    fs::write(&path, format!("{head}capabilities:\n{}", lines.concat()))?;
    Ok(Some(path.display().to_string()))
}

/// Writes a proposal for every finding that fails the run; its owner and approver are left for people.
pub(super) fn bless(
    folder: &Path,
    header: &RunHeader,
    zone: &Zone,
    summary: &Summary,
) -> std::io::Result<Option<String>> {
    let open: Vec<&FindingRecord> = summary.findings.iter().filter(|f| f.standing == Standing::Open).collect();
    if open.is_empty() {
        return Ok(None);
    }
    let today = day_of(&header.started, zone);
    let last = today
        .parse::<chrono::NaiveDate>()
        .ok()
        .and_then(|day| day.checked_add_days(chrono::Days::new(LONGEST.unsigned_abs())));
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = "# Proposals: fill in reason, owner and approver (another person), shorten the time, and give the file with --waivers.\n\
                    konform: 1\nwaivers:\n"
        .to_owned();
    for finding in open {
        // Writing to a String can't fail.
        let _ = write!(
            text,
            "  - clause: {}\n    check: {}\n    pointer: {}\n    observed: {}\n    reason: \"\"\n    owner: \"\"\n    approver: \"\"\n    granted: {today}\n    expires: {}\n",
            finding.clause,
            finding.check.word(),
            quoted(&finding.pointer),
            quoted(&volatile::named(&finding.actual)),
            last.map(|day| day.to_string()).unwrap_or_default(),
        );
    }
    let path = folder.join(PROPOSED);
    fs::write(&path, text)?;
    Ok(Some(path.display().to_string()))
}
