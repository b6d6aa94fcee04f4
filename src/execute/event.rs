//! What happens in a run: one enum, read by the progress bars, the plain lines and the tests.

use crate::aws::Progress;
use crate::plan::{Row, Step};

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run begins with so many steps.
    Begun { steps: usize },
    /// Steps joined the run: somebody made something new meanwhile.
    Joined { steps: Vec<Step> },
    /// A step begins. `progress` counts objects while a bucket is emptied.
    Started { step: Step, progress: Progress },
    /// A step waits for AWS: `status` is AWS's own word.
    Waiting { step: Step, status: String },
    /// A step is done; `how` is for people: `done`, `was gone already`.
    Done { step: Step, how: String },
    /// A step could not be done, or was refused.
    Failed { row: Row, step: Step },
    /// A step was not tried, because of what it waits for.
    Skipped { step: Step, because: String },
    /// The run stops starting steps.
    Stopping { why: String },
}

/// Reads events as they happen.
pub trait Observer: Send + Sync {
    fn event(&self, event: &Event);
}

/// Looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Observer for Quiet {
    fn event(&self, _: &Event) {}
}
