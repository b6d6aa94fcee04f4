//! One run at a time for an account and a manifest: who holds the lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::{Holder, JournalError};
use super::place::{create_new, look, resolve, unwritable, with_suffix};

/// The lock of one account and manifest name. Dropping it, or dying, frees it.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// A lock file that is removed by hand again and again while it is being taken.
const LOCK_TRIES_MAX: usize = 8;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(10);

/// What a lock file says of its holder is short; more is not ours.
const HOLDER_BYTES_MAX: u64 = 4096;

/// `journal.sqlite.842676018087.my-lab-1a2b3c4d.lock`, beside the database.
pub fn path_of(database: &Path, account: &str, manifest_name: &str) -> PathBuf {
    let plain = |text: &str, len_max: usize| -> String {
        let keep = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        text.chars().take(len_max).map(keep).collect()
    };
    let digest = Sha256::digest(format!("{account}\n{manifest_name}").as_bytes());
    let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let suffix = format!(".{}.{}-{short}.lock", plain(account, 16), plain(manifest_name, 48));
    with_suffix(database, &suffix)
}

/// Takes the lock, or says who has it. What a dead process wrote into the file is written over:
/// its lock went with it.
#[expect(clippy::disallowed_methods, reason = "blocking work, which SQLite's thread does")]
pub fn take(
    database: &Path,
    account: &str,
    manifest_name: &str,
    holder: &Holder,
) -> Result<RunLock, JournalError> {
    let path = path_of(database, account, manifest_name);
    for tries in 1..=LOCK_TRIES_MAX {
        let Some(mut file) = open_lock(&path)? else { continue };
        match file.try_lock() {
            Ok(()) => {}
            // Who only looks whether it is taken, holds it for a moment.
            Err(TryLockError::WouldBlock) if tries < LOCK_TRIES_MAX => {
                std::thread::sleep(LOCK_PAUSE);
                continue;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::Locked {
                    account: account.to_owned(),
                    manifest_name: manifest_name.to_owned(),
                    holder: read_holder(&file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(unwritable(&path, &error)),
        }
        // A file that was taken away between opening and locking locks nothing.
        if is_at(&file, &path) {
            write_holder(&mut file, holder).map_err(|error| unwritable(&path, &error))?;
            return Ok(RunLock { _file: file });
        }
    }
    let why = "the lock file changes while it is being taken".to_owned();
    Err(JournalError::Unwritable { path, why })
}

/// Who has the lock, if anybody has it now. Makes no file.
pub fn holder(
    database: &Path,
    account: &str,
    manifest_name: &str,
) -> Result<Option<Holder>, JournalError> {
    let Some(database) = resolve(database)? else { return Ok(None) };
    let path = path_of(&database, account, manifest_name);
    if look(&path)?.is_none() {
        return Ok(None);
    }
    let file = match OpenOptions::new().read(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(JournalError::Unreadable { path, why: error.to_string() });
        }
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(read_holder(&file))),
        Err(TryLockError::Error(error)) => {
            Err(JournalError::Unreadable { path, why: error.to_string() })
        }
    }
}

fn open_lock(path: &Path) -> Result<Option<File>, JournalError> {
    let opened = match look(path)? {
        None => create_new(path),
        Some(_) => OpenOptions::new().read(true).write(true).open(path),
    };
    match opened {
        Ok(file) => Ok(is_at(&file, path).then_some(file)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) =>
        {
            Ok(None)
        }
        Err(error) => Err(unwritable(path, &error)),
    }
}

/// Whether the open file is what the path names, without following a link.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

fn read_holder(file: &File) -> Holder {
    let mut text = String::new();
    let _ = file.take(HOLDER_BYTES_MAX).read_to_string(&mut text);
    serde_json::from_str(&text).unwrap_or_default()
}

fn write_holder(file: &mut File, holder: &Holder) -> io::Result<()> {
    let text = serde_json::to_string(holder)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_files_of_different_manifests_differ_and_stay_beside_the_database() {
        let database = Path::new("/state/journal.sqlite");
        let hostile = path_of(database, "842676018087", "../../etc/passwd\n");
        assert_eq!(hostile.parent(), Some(Path::new("/state")));
        assert_ne!(path_of(database, "1", "a_b"), path_of(database, "1", "a.b"));
    }
}
