//! Exit codes, and the last word on stderr.

use std::io::Write;
use std::process::ExitCode;

use crate::error::Error;
use crate::journal::JournalError;
use crate::report::{Ending, Outcome, visible};

/// How the program ends. Other programs rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing is left that should be gone.
    Done = 0,
    Error = 1,
    /// Wrong usage, or a manifest that is refused.
    Usage = 2,
    /// Something failed, is blocked or is left.
    Incomplete = 3,
    /// A guard refused; nothing was changed.
    Refused = 4,
    /// Another run holds the journal.
    Locked = 5,
    /// `plan --detailed-exitcode`: there is something to do.
    Something = 10,
    /// `resume` goes on.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

impl From<&Outcome> for Exit {
    fn from(outcome: &Outcome) -> Self {
        match outcome.outcome {
            Ending::Clean | Ending::Nothing => Exit::Done,
            Ending::Incomplete => Exit::Incomplete,
            Ending::Interrupted => Exit::Interrupted,
        }
    }
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        match error {
            Error::Usage(_) | Error::Manifest(_) => Exit::Usage,
            Error::Guard(_) => Exit::Refused,
            Error::PlanFile(error) if error.is_refusal() => Exit::Refused,
            Error::Journal(JournalError::Locked { .. }) => Exit::Locked,
            Error::PlanFile(_) | Error::Journal(_) | Error::Account(_) | Error::Io { .. } => {
                Exit::Error
            }
        }
    }
}

/// Says why the program ends.
pub fn said(error: &Error) -> ExitCode {
    let text = match error {
        // Drawn, over several lines, with what is hostile in it made visible already.
        Error::Manifest(error) => error.to_string(),
        error => format!("error: {}", visible(&error.to_string())),
    };
    let _ = writeln!(std::io::stderr(), "{text}");
    Exit::from(error).into()
}
