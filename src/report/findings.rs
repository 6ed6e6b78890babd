//! `findings/<n>.json`: one finding with what it takes to replay it.

use std::io;
use std::path::Path;

use super::Replay;
use crate::model::Summary;

pub(super) fn write(folder: &Path, summary: &Summary, replay: &Replay) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for finding in &summary.findings {
        let file = serde_json::json!({"format": "konform/finding", "version": 1, "finding": finding, "replay": replay});
        std::fs::write(folder.join(format!("{}.json", finding.number)), format!("{file:#}\n"))?;
    }
    Ok(())
}
