//! `findings/<n>.json`: one finding with what it takes to replay it.

use std::io;
use std::path::Path;

use crate::model::{RunHeader, Summary};

pub(super) fn write(folder: &Path, header: &RunHeader, summary: &Summary) -> io::Result<()> {
    let replay = serde_json::json!({
        "contract": header.contract_given,
        "target": header.address,
        "profile": header.profile,
        "seed": header.seed,
        "encrypt": header.encrypt,
        "faults": header.faults,
        "selection": header.selection,
    });
    std::fs::create_dir_all(folder)?;
    for finding in &summary.findings {
        let file = serde_json::json!({"format": "konform/finding", "version": 1, "finding": finding, "replay": replay});
        std::fs::write(folder.join(format!("{}.json", finding.number)), format!("{file:#}\n"))?;
    }
    Ok(())
}
