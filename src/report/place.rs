//! Where a code host finds a line of the contract: its path from the root of the repository that konform runs in.

use std::path::{Component, Path, PathBuf};

use crate::model::RunHeader;

/// The place of a contract's file as a code host sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the repository: the path from its root, with `/` between names.
    Inside(String),
    /// In konform's own sources, since the contract is embedded.
    Embedded(String),
    /// Elsewhere on this machine.
    Outside(PathBuf),
}

/// Finds places from the working directory.
pub(super) struct Places {
    folder: PathBuf,
    root: PathBuf,
    embedded: bool,
}

impl Places {
    /// Places for a run's findings: the repository is the nearest folder above the working directory that has `.git`, or the working
    /// directory itself.
    pub(super) fn new(header: &RunHeader) -> Self {
        let folder = std::env::current_dir().and_then(|f| f.canonicalize()).unwrap_or_default();
        let given = header.contract_given.as_deref().map(Path::new);
        let embedded = given.is_none_or(|g| !g.exists() && g.components().count() == 1);
        Self::at(folder, embedded)
    }

    fn at(folder: PathBuf, embedded: bool) -> Self {
        let root = folder.ancestors().find(|f| f.join(".git").exists()).unwrap_or(&folder).to_owned();
        Self { folder, root, embedded }
    }

    /// The place of a contract's file, which is named as the run named it.
    pub(super) fn find(&self, file: &str) -> Place {
        let path = self.folder.join(file);
        let there = path.canonicalize();
        if self.embedded && there.is_err() {
            return Place::Embedded(file.to_owned());
        }
        let path = there.unwrap_or_else(|_| plain(&path));
        match path.strip_prefix(&self.root) {
            Ok(inside) => {
                let names = inside.components().map(|c| c.as_os_str().to_string_lossy().into_owned());
                Place::Inside(names.collect::<Vec<_>>().join("/"))
            }
            Err(_) => Place::Outside(path),
        }
    }
}

/// The path without `.` and `..`, for a file that is not there any more.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_from_the_root_of_the_repository() {
        let base = std::env::temp_dir().canonicalize().unwrap().join(format!("konform-place-{}", std::process::id()));
        let work = base.join("repo/sub/dir");
        std::fs::create_dir_all(&work).unwrap();
        std::fs::create_dir_all(base.join("repo/.git")).unwrap();
        for folder in ["repo/contract", "repo/sub/dir/own", "other"] {
            std::fs::create_dir_all(base.join(folder)).unwrap();
            std::fs::write(base.join(folder).join("a b.yaml"), "").unwrap();
        }
        let given = Places::at(work.clone(), false);
        let other = base.join("other/a b.yaml");
        let absolute = other.display().to_string();
        for (file, place) in [
            ("own/a b.yaml", Place::Inside("sub/dir/own/a b.yaml".to_owned())),
            ("../../contract/a b.yaml", Place::Inside("contract/a b.yaml".to_owned())),
            ("../../contract/gone.yaml", Place::Inside("contract/gone.yaml".to_owned())),
            ("../../../other/a b.yaml", Place::Outside(other.clone())),
            (absolute.as_str(), Place::Outside(other.clone())),
        ] {
            assert_eq!(given.find(file), place, "{file}");
        }
        let embedded = Places::at(work, true);
        assert_eq!(embedded.find("specs/x.yaml"), Place::Embedded("specs/x.yaml".to_owned()));
        // Without a repository the working directory is the root.
        let loose = Places::at(base.join("other"), false);
        assert_eq!(loose.find("a b.yaml"), Place::Inside("a b.yaml".to_owned()));
        std::fs::remove_dir_all(base).unwrap();
    }
}
