//! `konform keygen`: key pairs as PEM files: server and client, for tests of encrypted bodies, or one that signs.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use crate::cli::Failure;
use crate::cli::args::Keygen;
use crate::cli::output::Output;
use crate::crypto::{SigningKey, keys};
use crate::model::Exit;

pub(in crate::cli) fn keygen(args: &Keygen, out: &mut Output) -> Result<Exit, Failure> {
    std::fs::create_dir_all(&args.folder).map_err(|e| Failure::write(args.folder.display(), e))?;
    if args.sign {
        let key = SigningKey::generate();
        for (name, text) in [("sign-private.pem", key.to_pem()), ("sign-public.pem", key.public().to_pem())] {
            let text = text.ok_or_else(|| Failure::Usage("the key could not be written as PEM".to_owned()))?;
            let path = args.folder.join(name);
            write(&path, &text)?;
            out.line(&path.display().to_string());
        }
        return Ok(Exit::Green);
    }
    for side in ["server", "client"] {
        let (private, public) =
            keys::generate().ok_or_else(|| Failure::machine("make keys", "this machine gives no randomness"))?;
        for (kind, text) in [("private", private), ("public", public)] {
            let path = args.folder.join(format!("{side}-{kind}.pem"));
            write(&path, &text)?;
            out.line(&path.display().to_string());
        }
    }
    Ok(Exit::Green)
}

/// Writes a new file that others can't read.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|e| Failure::write(path.display(), e))
}
