//! The data folder: one supervisor at a time, and what belongs to it.

use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, User};

/// The start of the names of temporary data folders.
pub const TEMPORARY: &str = "kinora-stack-";

/// Held while a supervisor uses a data folder. The kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, never read")] File);

pub fn lock(data_dir: &Path) -> Result<Lock> {
    std::fs::create_dir_all(data_dir).with_context(|| format!("{} can't be made", data_dir.display()))?;
    let path = data_dir.join("lock");
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    if file.try_lock().is_err() {
        let mut holder = String::new();
        let _ = file.read_to_string(&mut holder);
        bail!(
            "Kinora is running on {} already (process {}).\nEnd it, or choose another folder: KINORA_DATA=<folder> \
             (and other ports) make run",
            data_dir.display(),
            holder.trim()
        );
    }
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(Lock(file))
}

/// The unprivileged user that PostgreSQL runs as when we are root, because it refuses root.
#[derive(Debug, Clone, Copy)]
pub struct Unprivileged {
    pub uid: u32,
    pub gid: u32,
}

impl Unprivileged {
    /// `None` when we are not root.
    pub fn needed() -> Result<Option<Self>> {
        if !Uid::effective().is_root() {
            return Ok(None);
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Some(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw() }));
            }
        }
        bail!("PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`")
    }
}

/// Where PostgreSQL's cluster lies: in the data folder, or, where its user can't get there (root's home is closed to
/// everybody), in a folder of /var/lib that belongs to this data folder alone.
pub fn postgres_dir(data_dir: &Path, user: Option<Unprivileged>) -> Result<PathBuf> {
    let Some(user) = user else { return Ok(data_dir.join("postgres")) };
    if reachable(data_dir, user) {
        return Ok(data_dir.join("postgres"));
    }
    let outside = outside_dir(data_dir)?;
    std::fs::create_dir_all(&outside)?;
    std::fs::set_permissions(&outside, std::fs::Permissions::from_mode(0o711))?;
    Ok(outside.join("postgres"))
}

fn outside_dir(data_dir: &Path) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    std::path::absolute(data_dir)?.hash(&mut hasher);
    Ok(PathBuf::from(format!("/var/lib/kinora-{:016x}", hasher.finish())))
}

fn reachable(folder: &Path, user: Unprivileged) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    folder.ancestors().all(|ancestor| {
        ancestor.metadata().is_ok_and(|m| may_enter(m.mode(), m.uid() == user.uid, m.gid() == user.gid))
    })
}

fn may_enter(mode: u32, owner: bool, group: bool) -> bool {
    let bit = if owner {
        0o100
    } else if group {
        0o010
    } else {
        0o001
    };
    mode & bit != 0
}

/// Makes an empty folder that only PostgreSQL's user may enter.
pub fn make_private(folder: &Path, user: Option<Unprivileged>) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    if let Some(user) = user {
        chown(folder, Some(user.uid), Some(user.gid))?;
    }
    Ok(())
}

/// Deletes a data folder and what belongs to it elsewhere. Fails while a supervisor uses it.
pub fn remove(data_dir: &Path) -> Result<()> {
    if data_dir.exists() {
        let known = ["lock", "secrets.json", "logs", "run", "postgres", "kafka", "s3", "meta-s3", "mail", "ports.json"];
        for entry in std::fs::read_dir(data_dir)? {
            let name = entry?.file_name();
            if !known.iter().any(|k| name == *k) {
                bail!("{} holds {}, which is not Kinora's: nothing was deleted", data_dir.display(), name.display());
            }
        }
        let _lock = lock(data_dir)?;
        std::fs::remove_dir_all(data_dir)?;
    }
    let outside = outside_dir(data_dir)?;
    if outside.exists() {
        std::fs::remove_dir_all(outside)?;
    }
    Ok(())
}

/// Deletes temporary data folders whose supervisor was killed before it could.
pub fn sweep_abandoned() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(TEMPORARY)
            && entry.metadata().is_ok_and(|m| m.is_dir() && m.uid() == Uid::effective().as_raw());
        // A young one may not have been locked yet by its owner.
        let old = entry
            .metadata()
            .and_then(|m| m.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > Duration::from_secs(120)));
        if ours && old && lock(&entry.path()).is_ok() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_supervisor_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = lock(folder.path()).expect("nobody holds it");
        let message = lock(folder.path()).expect_err("held").to_string();
        assert!(message.contains("already") && message.contains(&std::process::id().to_string()), "{message}");
        drop(held);
        lock(folder.path()).expect("free again");
    }

    #[test]
    fn roots_home_is_closed_to_others() {
        assert!(!may_enter(0o700, false, false));
        assert!(may_enter(0o711, false, false));
        assert!(!may_enter(0o077, true, false));
    }

    #[test]
    fn a_folder_with_foreign_things_is_not_deleted() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("thesis.odt"), "years of work").expect("written");
        remove(folder.path()).expect_err("not ours");
        assert!(folder.path().join("thesis.odt").exists());
    }
}
