//! `konform serve`: the sandbox on a port, until Ctrl-C.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;

use super::{block_on, keygen};
use crate::cli::args::Serve;
use crate::cli::output::Output;
use crate::cli::signals::Signals;
use crate::cli::{Failure, contracts};
use crate::contract::Contract;
use crate::model::Exit;
use crate::sandbox::{self, FAULTS, Fault, FaultList, Sandbox, Variant};

pub(in crate::cli) fn serve(args: &Serve, out: &mut Output) -> Result<Exit, Failure> {
    if args.faults {
        out.text(&FaultList(&FAULTS).to_string());
        return Ok(Exit::Green);
    }
    let profile = contracts::sandbox_profile(args.contract.as_deref())?;
    let contract = Arc::new(contracts::find(args.contract.as_deref(), Some(&profile))?.contract);
    let faults = Fault::read(&args.fault, &contract).map_err(Failure::usage)?;
    if !args.addr.ip().is_loopback() {
        Output::note(
            "warning: the sandbox takes invented credentials that everybody knows, and listens beyond this machine",
        );
    }
    block_on(async {
        let failed = |e: std::io::Error| Failure::Usage(format!("failed to listen on {}: {e}", args.addr));
        let listener = TcpListener::bind(args.addr).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        out.line(&format!("serving {} at http://{address}{}", contract.title, contract.base_path));
        let profile = args.write_profile.as_deref().map(|path| write_profile(path, args, &contract)).transpose()?;
        let profile = profile.map(|path| format!(" --profile {path}")).unwrap_or_default();
        out.line(&format!("try: konform run --target http://{address}{}{profile}", contract.base_path));
        let sandbox = Arc::new(Sandbox::new(contract, Variant::default(), faults));
        sandbox.advance(std::time::Duration::from_secs(u64::from(args.ahead) * 86_400));
        let mut signals = Signals::listen().map_err(|e| Failure::machine("listen for signals", e))?;
        let stop = async move { signals.next().await };
        sandbox::serve(listener, sandbox, stop).await.map_err(failed)?;
        Ok(Exit::Green)
    })
}

/// Writes what the sandbox knows of itself as a profile, and its keys beside it; answers the profile's path.
fn write_profile(path: &Path, args: &Serve, contract: &Contract) -> Result<String, Failure> {
    let own = contracts::sandbox_file(args.contract.as_deref())?.map(|f| f.text);
    let mut text = own.unwrap_or_else(|| {
        "konform: 1\nname: sandbox\nhosts: [127.0.0.1, localhost]\nenvironment: sandbox\n".to_owned()
    });
    // The schema's place is that of the repository, not of the written file.
    text = text.lines().filter(|l| !l.starts_with("# yaml-language-server")).collect::<Vec<_>>().join("\n") + "\n";
    if let Some((id, server, client)) = sandbox::keys().filter(|_| contract.encryption.is_some()) {
        let beside = |name: &str| {
            let mut file = path.as_os_str().to_owned();
            file.push(name);
            PathBuf::from(file)
        };
        let (server_path, client_path) = (beside(".server.pem"), beside(".client.pem"));
        for (path, pem) in [(&server_path, &server), (&client_path, &client)] {
            // A sandbox has new keys each time it starts: the old files are worth nothing.
            if path.exists() {
                std::fs::remove_file(path).map_err(|e| Failure::write(path.display(), e))?;
            }
            keygen::write(path, pem)?;
        }
        text.push_str("\nencryption:\n");
        for (key, value) in [
            ("key_id", id),
            ("server_key", format!("file:{}", server_path.display())),
            ("client_key", format!("file:{}", client_path.display())),
        ] {
            // Writing to a String can't fail.
            let _ = writeln!(text, "  {key}: {}", serde_json::json!(value));
        }
    }
    std::fs::write(path, text).map_err(|e| Failure::write(path.display(), e))?;
    Ok(path.display().to_string())
}
