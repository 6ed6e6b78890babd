//! The files of a run folder that a certificate is about, by digest, and the names of the two signatures.

use std::fs;
use std::path::Path;

use crate::certificate::Subject;
use crate::certificate::statement::Sha256;
use crate::cli::Failure;
use crate::crypto;

/// Name of the certificate in a run folder.
pub(super) const CERTIFICATE: &str = "certificate.json";
/// Name of the second signature.
pub(super) const COUNTERSIGNATURE: &str = "countersignature.json";

/// Every file of a run folder but the signatures, by digest, sorted by name.
pub(super) fn subjects(folder: &Path) -> Result<Vec<Subject>, Failure> {
    let mut names = Vec::new();
    list(folder, "", &mut names).map_err(|e| Failure::read(folder.display(), e))?;
    names.retain(|name| name != CERTIFICATE && name != COUNTERSIGNATURE);
    names.sort();
    names.iter().map(|name| subject(folder, name)).collect()
}

fn list(folder: &Path, prefix: &str, out: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        // A folder comes from another party: what it links to is nothing that was handed over.
        if entry.file_type()?.is_symlink() {
            return Err(std::io::Error::other(format!("{name} is a link, and what is signed holds none")));
        }
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), out)?;
        } else {
            out.push(name);
        }
    }
    Ok(())
}

/// A file by digest; read in portions, since evidence may be large.
pub(super) fn subject(folder: &Path, name: &str) -> Result<Subject, Failure> {
    let path = folder.join(name);
    let read = || -> std::io::Result<String> {
        let mut file = fs::File::open(&path)?;
        let mut digest = crypto::Digest::default();
        let mut portion = vec![0; 1 << 16];
        loop {
            let count = std::io::Read::read(&mut file, &mut portion)?;
            if count == 0 {
                return Ok(digest.hex());
            }
            digest.bytes(&portion[..count]);
        }
    };
    let sha256 = read().map_err(|e| Failure::read(path.display(), e))?;
    Ok(Subject { name: name.to_owned(), digest: Sha256 { sha256 } })
}
