//! Files of the journal: where they are, whose they are, and who holds the lock.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, Xdg};
use sha2::{Digest, Sha256};

use super::error::{Holder, JournalError};

/// `$XDG_STATE_HOME/dismantle/journal.sqlite`, on every system.
pub fn default_path() -> Result<PathBuf, JournalError> {
    let xdg = Xdg::new().map_err(|_| JournalError::NoHome)?;
    let state = xdg.state_dir().ok_or(JournalError::NoHome)?;
    Ok(state.join("dismantle").join("journal.sqlite"))
}

fn unwritable(path: &Path, error: &io::Error) -> JournalError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::Full { path },
        _ => JournalError::Unwritable { path, why: error.to_string() },
    }
}

/// What is at `path`, which may be nothing or a plain file, and nothing else.
pub fn look(path: &Path) -> Result<Option<Metadata>, JournalError> {
    let planted = |what| JournalError::Planted { path: path.to_owned(), what };
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => Err(planted("a symbolic link")),
        Ok(meta) if meta.is_dir() => Err(planted("a directory")),
        Ok(meta) if !meta.is_file() => Err(planted("no plain file")),
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(JournalError::Unreadable { path: path.to_owned(), why: error.to_string() })
        }
    }
}

/// The path with its directory's links resolved, so that SQLite can be told to follow none.
/// `None` when there is no such directory.
pub fn resolve(path: &Path) -> Result<Option<PathBuf>, JournalError> {
    let (dir, name) = split(path)?;
    check_way(dir, LINKS_MAX)?;
    match fs::canonicalize(dir) {
        Ok(dir) => Ok(Some(dir.join(name))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(JournalError::Unreadable { path: path.to_owned(), why: error.to_string() })
        }
    }
}

/// Links on the way to a file; the kernel follows no more.
const LINKS_MAX: usize = 40;

/// Refuses a way through a link that somebody planted. People keep their state on another disk
/// by a link of their own, which is fine.
fn check_way(dir: &Path, links_max: usize) -> Result<(), JournalError> {
    let mut here = PathBuf::new();
    for part in dir.components() {
        let home = match here.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => here.clone(),
        };
        here.push(part);
        // What is not there, or cannot be read, leads nowhere: opening it will say why.
        let Ok(link) = fs::symlink_metadata(&here) else { return Ok(()) };
        if !link.is_symlink() {
            continue;
        }
        let Ok(owner) = fs::metadata(&home) else { return Ok(()) };
        if !may_follow(link.uid(), owner.uid()) {
            let what = "a symbolic link in a directory of somebody else's";
            return Err(JournalError::Planted { path: here, what });
        }
        if let (Ok(target), Some(links)) = (fs::read_link(&here), links_max.checked_sub(1)) {
            check_way(&home.join(target), links)?;
        }
    }
    Ok(())
}

/// The rule of Linux's `protected_symlinks`, for every directory: a link is followed that root
/// made, or the owner of the directory that it is in.
fn may_follow(link_uid: u32, directory_uid: u32) -> bool {
    link_uid == 0 || link_uid == directory_uid
}

fn split(path: &Path) -> Result<(&Path, &std::ffi::OsStr), JournalError> {
    let name = path.file_name().ok_or_else(|| JournalError::Unwritable {
        path: path.to_owned(),
        why: "it names no file".to_owned(),
    })?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    Ok((dir.unwrap_or(Path::new(".")), name))
}

/// Makes the directory, 0700 where it is new, and the database file, 0600, before SQLite comes.
pub fn prepare(path: &Path) -> Result<PathBuf, JournalError> {
    let (dir, _) = split(path)?;
    check_way(dir, LINKS_MAX)?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| unwritable(path, &error))?;
    let path = resolve(path)?.ok_or_else(|| JournalError::Unwritable {
        path: path.to_owned(),
        why: "its directory went away".to_owned(),
    })?;
    for (beside, meta) in look_beside(&path)? {
        make_the_owners(&beside, &meta)?;
    }
    match look(&path)? {
        // Never opened here when it exists: closing the file would drop the locks that SQLite
        // holds on it in this process.
        Some(meta) => make_the_owners(&path, &meta)?,
        None => match create_new(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                look(&path)?;
            }
            Err(error) => return Err(unwritable(&path, &error)),
        },
    }
    Ok(path)
}

/// SQLite's own files beside the database, which may be plain files only, too.
pub fn look_beside(path: &Path) -> Result<Vec<(PathBuf, Metadata)>, JournalError> {
    let mut there = Vec::new();
    for suffix in ["-wal", "-shm", "-journal"] {
        let beside = with_suffix(path, suffix);
        if let Some(meta) = look(&beside)? {
            there.push((beside, meta));
        }
    }
    Ok(there)
}

fn make_the_owners(path: &Path, meta: &Metadata) -> Result<(), JournalError> {
    if meta.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(0o600)) {
        // SQLite takes its files away when the last process leaves.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(|error| unwritable(path, &error)),
    }
}

pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// File systems of other machines, where SQLite's shared memory does not reach ("Write-Ahead
/// Logging", disadvantages: "WAL does not work over a network filesystem"), and of the host of a
/// virtual machine. What is not in the list is taken for a disk.
const NETWORK_FILE_SYSTEMS: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "lustre",
    "glusterfs",
    "beegfs",
    "gpfs",
    "gfs2",
    "ocfs2",
    "orangefs",
    "coda",
    "virtiofs",
    "vboxsf",
    "prl_fs",
    "fuse",
];

/// Whether the directory is on another machine's disk, as far as Linux says.
pub fn is_on_network(path: &Path) -> bool {
    fs::read_to_string("/proc/self/mountinfo").is_ok_and(|mounts| network_mount(&mounts, path))
}

/// Reads `mountinfo`: the fifth field is the mount point, the first after ` - ` the file system.
fn network_mount(mounts: &str, path: &Path) -> bool {
    let mount = |line: &str| {
        let (place, kind) = line.split_once(" - ")?;
        let point = PathBuf::from(unescaped(place.split(' ').nth(4)?));
        let kind = kind.split(' ').next()?.to_owned();
        path.starts_with(&point).then(|| (point.components().count(), kind))
    };
    // Of two mounts on one point the later one is seen, and `max_by_key` keeps the last.
    mounts.lines().filter_map(mount).max_by_key(|(depth, _)| *depth).is_some_and(|(_, kind)| {
        NETWORK_FILE_SYSTEMS.contains(&kind.as_str()) || kind.starts_with("fuse.")
    })
}

/// Blank, tab, line break and backslash are written as octal numbers there.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (octal, plain)| text.replace(octal, plain))
}

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
pub fn lock_path(database: &Path, account: &str, manifest_name: &str) -> PathBuf {
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
pub fn lock(
    database: &Path,
    account: &str,
    manifest_name: &str,
    holder: &Holder,
) -> Result<RunLock, JournalError> {
    let path = lock_path(database, account, manifest_name);
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
    let path = lock_path(&database, account, manifest_name);
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
    fn a_network_mount_is_told_from_a_disk() {
        let mounts = "22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                      30 22 0:40 / /home rw - nfs4 server:/home rw\n\
                      31 30 0:41 / /home/me/local rw - xfs /dev/sdb rw\n\
                      32 22 0:42 / /mnt/my\\040share rw - cifs //server/x rw\n\
                      33 22 0:43 / /mnt/over rw - fuse.sshfs me@there: rw\n\
                      34 22 0:44 / /mnt/host rw - virtiofs host rw\n\
                      35 22 0:45 / /mnt/stick rw - fuseblk /dev/sdc rw\n\
                      36 22 0:46 / /mnt/new rw - somethingfs /dev/sdd rw\n\
                      37 36 0:47 / /mnt/new rw - nfs server:/over-it rw\n\
                      garbage";
        let rows = [
            ("/var/x", false),
            ("/home/me/.local/state", true),
            ("/homework", false),
            ("/home/me/local/x", false),
            ("/mnt/my share/x", true),
            ("/mnt/over/x", true),
            ("/mnt/host/x", true),
            ("/mnt/stick/x", false),
            ("/mnt/new", true),
            ("/mnt/newer", false),
        ];
        for (path, expected) in rows {
            assert_eq!(network_mount(mounts, Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn a_link_is_followed_that_root_or_the_directorys_owner_made() {
        let (root, me, mallory) = (0, 1000, 1001);
        // The link's owner, the owner of the directory that it is in.
        let rows = [
            ((me, me), true),
            ((root, me), true),
            ((root, root), true),
            ((mallory, me), false),
            // In /tmp.
            ((mallory, root), false),
            ((me, root), false),
        ];
        for ((link, directory), expected) in rows {
            assert_eq!(may_follow(link, directory), expected, "{link} in {directory}");
        }
    }

    #[test]
    fn lock_files_of_different_manifests_differ_and_stay_beside_the_database() {
        let database = Path::new("/state/journal.sqlite");
        let hostile = lock_path(database, "842676018087", "../../etc/passwd\n");
        assert_eq!(hostile.parent(), Some(Path::new("/state")));
        assert_ne!(lock_path(database, "1", "a_b"), lock_path(database, "1", "a.b"));
    }
}
