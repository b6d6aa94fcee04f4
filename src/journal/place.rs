//! Files of the journal: where they are, and whose they are.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, Xdg};

use super::error::JournalError;

/// `$XDG_STATE_HOME/dismantle/journal.sqlite`, on every system.
pub fn default_path() -> Result<PathBuf, JournalError> {
    let xdg = Xdg::new().map_err(|_| JournalError::NoHome)?;
    let state = xdg.state_dir().ok_or(JournalError::NoHome)?;
    Ok(state.join("dismantle").join("journal.sqlite"))
}

/// What the system said of a file that is to be written, in our words.
pub fn unwritable(path: &Path, error: &io::Error) -> JournalError {
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

/// A new file of the owner's only.
pub fn create_new(path: &Path) -> io::Result<File> {
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
}
