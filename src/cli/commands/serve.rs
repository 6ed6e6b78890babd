//! `konform serve`: the sandbox on a port, until Ctrl-C.

use std::sync::Arc;

use tokio::net::TcpListener;

use super::block_on;
use crate::cli::args::Serve;
use crate::cli::output::Output;
use crate::cli::{UsageError, contracts};
use crate::model::Exit;
use crate::sandbox::{self, FAULTS, Fault, FaultList, Sandbox, Variant};

pub(in crate::cli) fn serve(args: &Serve, out: &mut Output) -> Result<Exit, UsageError> {
    if args.faults {
        out.text(&FaultList(&FAULTS).to_string());
        return Ok(Exit::Green);
    }
    let contract = Arc::new(contracts::find(args.contract.as_deref(), None)?.contract);
    let faults = args
        .fault
        .iter()
        .map(|f| f.parse())
        .collect::<Result<Vec<Fault>, _>>()
        .map_err(|e| UsageError(e.to_string()))?;
    if !args.addr.ip().is_loopback() {
        Output::note(
            "warning: the sandbox takes invented credentials that everybody knows, and listens beyond this machine",
        );
    }
    block_on(async {
        let failed = |e: std::io::Error| UsageError(format!("failed to listen on {}: {e}", args.addr));
        let listener = TcpListener::bind(args.addr).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        out.line(&format!("serving {} at http://{address}{}", contract.title, contract.base_path));
        out.line(&format!("try: konform run --target http://{address}{}", contract.base_path));
        let sandbox = Arc::new(Sandbox::new(contract, Variant::default(), faults));
        let stop = async {
            // Without a signal handler the process ends the ordinary way.
            let _ = tokio::signal::ctrl_c().await;
        };
        sandbox::serve(listener, sandbox, stop).await.map_err(failed)?;
        Ok(Exit::Green)
    })
}
