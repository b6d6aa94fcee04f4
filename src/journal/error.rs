//! What can be wrong with a journal: what, where, and what to type next.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::RunId;

/// Who holds a run's lock, as far as the lock file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Holder {
    pub pid: Option<u32>,
    pub started: Option<Timestamp>,
    pub run: Option<RunId>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.run {
            Some(run) => write!(f, "run {run}")?,
            None => write!(f, "another run")?,
        }
        if let Some(pid) = self.pid {
            write!(f, " (process {pid}")?;
            if let Some(started) = self.started {
                write!(f, ", since {started:.0}")?;
            }
            write!(f, ")")?;
        }
        Ok(())
    }
}

/// Everything that a journal can refuse with. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The only one that is nobody's fault: exit 5.
    #[error(
        "{holder} is at work on {manifest_name} in account {account}. Wait for it to end, or stop \
         it with Ctrl-C in its terminal; then type this again."
    )]
    Locked { account: String, manifest_name: String, holder: Holder },

    #[error(
        "There is no run {run} in the journal {place} . `dismantle runs list` shows the runs that \
         are there."
    )]
    NoSuchRun { run: String, place: String },

    #[error("Run {run} is in the journal already. Type the command again.")]
    RunExists { run: RunId },

    #[error(
        "There is no home directory to keep the journal in. Name a file with `--journal PATH`, or \
         set XDG_STATE_HOME."
    )]
    NoHome,

    #[error(
        "The journal {} cannot be written: {why}. Nothing is removed without a journal. Make the \
         directory writable, or name another file with `--journal PATH`.", path.display()
    )]
    Unwritable { path: PathBuf, why: String },

    #[error(
        "The journal {} cannot be read: {why}. Mend that, or name another file with `--journal \
         PATH`.", path.display()
    )]
    Unreadable { path: PathBuf, why: String },

    #[error(
        "The disk that holds the journal {} is full. Nothing is removed without a journal. Make \
         room on it and type `dismantle resume`.", path.display()
    )]
    Full { path: PathBuf },

    #[error(
        "The journal {} is being written by another process and did not become free. Try again; \
         if it stays so, see which process holds the file.", path.display()
    )]
    Busy { path: PathBuf },

    #[error(
        "The journal {} is damaged: {what}. What it says cannot be trusted, so nothing is removed \
         on its strength. `dismantle runs list` shows the runs that can still be read, if any; \
         `dismantle verify -m MANIFEST` asks AWS what is left; to start again, move the file away.", path.display()
    )]
    Damaged { path: PathBuf, what: String },

    #[error(
        "The journal {} was written by a newer Dismantle (format {found}; this program knows \
         {known}). Install that version, or name another file with `--journal PATH`.", path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },

    #[error(
        "{} is not a Dismantle journal: {why}. It was left as it is. Name another file with \
         `--journal PATH`.", path.display()
    )]
    NotAJournal { path: PathBuf, why: String },

    #[error(
        "{} is {what}, and a journal is never written through such a thing, because somebody else \
         may have put it there. Look at it, remove it, or name another file with `--journal PATH`.",
        path.display()
    )]
    Planted { path: PathBuf, what: &'static str },

    /// Our own mistake, stopped before it is written.
    #[error("This is a mistake in Dismantle, please report it: {what}.")]
    Misuse { what: String },
}
