//! Where a run is a job of GitHub or GitLab, it says what it found the way these show by themselves.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use super::output::Output;
use crate::model::{RunHeader, Summary};
use crate::report::{self, Format, github, markdown};

/// Name of GitLab's report in a run folder.
const CODE_QUALITY: &str = "gl-code-quality-report.json";

/// Writes what the host at hand reads; what fails is a warning, since the run's own files say all.
pub(super) fn tell(header: &RunHeader, summary: &Summary, folder: &Path, human: bool, out: &mut Output) {
    let on = |name: &str| std::env::var(name).is_ok_and(|v| v == "true");
    if on("GITHUB_ACTIONS") {
        for line in github::annotations(header, summary) {
            // GitHub reads commands from both streams; data on stdout stays data.
            if human { out.line(&line) } else { Output::note(&line) }
        }
        if let Ok(path) = std::env::var("GITHUB_STEP_SUMMARY") {
            let file = File::options().append(true).create(true).open(&path);
            let written = file.and_then(|mut f| writeln!(f, "{}", markdown::summary(header, summary)));
            warn(written, &path);
        }
    }
    if on("GITLAB_CI") {
        let path = folder.join(CODE_QUALITY);
        let written =
            File::create(&path).and_then(|mut f| report::write_as(&mut f, Format::GitLab, header, summary, folder));
        warn(written, &path.display().to_string());
    }
}

fn warn(written: std::io::Result<()>, path: &str) {
    if let Err(error) = written {
        Output::note(&format!("warning: failed to write {path}: {error}"));
    }
}
