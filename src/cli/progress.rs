//! How far a run is, on stderr.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

use super::output::Output;
use crate::runner::Live;

/// A bar on a terminal, plain lines elsewhere, nothing if quiet; ends when dropped.
pub(super) struct Progress(Option<JoinHandle<()>>);

impl Progress {
    pub(super) fn start(quiet: bool, planned: u64, live: Arc<Live>) -> Self {
        if quiet {
            return Self(None);
        }
        let terminal = std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        Self(Some(if terminal { tokio::spawn(bar(planned, live)) } else { tokio::spawn(lines(planned, live)) }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// Clears the bar also when its task is cut off.
struct Bar(ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

async fn bar(planned: u64, live: Arc<Live>) {
    let bar = Bar(ProgressBar::with_draw_target(Some(planned), ProgressDrawTarget::stderr()));
    let style = "{pos}/{len} cases, {msg} failing, {per_sec}, {eta} left {wide_bar}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.0.set_style(style);
    }
    loop {
        let (done, failing) = live.counts();
        bar.0.set_message(failing.to_string());
        bar.0.set_position(done);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn lines(planned: u64, live: Arc<Live>) {
    let started = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (done, failing) = live.counts();
        Output::note(&format!("{done}/{planned} cases, {failing} failing, {:.0} s", started.elapsed().as_secs_f32()));
    }
}
