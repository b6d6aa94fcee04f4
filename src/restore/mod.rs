//! Takes a run back, as far as it can be taken back.
//!
//! [`look`] reads what is there today in the place of everything that the run's journal has a
//! record of; [`plan::plan`], which is pure, says what can come back, in the order of the removal
//! turned round; [`run::Restore`] does it, journaled like any run. Nothing that is there is
//! written over: only what the run itself undid on a thing that is still the same.

mod changed;
mod compare;
mod fate;
mod gaps;
mod life;
mod order;
mod outcome;
pub mod plan;
pub mod run;

use std::collections::BTreeMap;

use futures::StreamExt;
use futures::stream;

pub use changed::{Changed, Earlier, Made, Removed, changed, note_earlier};
pub use compare::differences;
pub use outcome::Outcome;
pub use plan::{Today, Way};
pub use run::Restore;

use crate::aws::{Aws, registry};
use crate::discover::aws_for;
use crate::journal::{RunId, RunState};
use crate::resource::ResourceId;

/// The command's name in a run's header.
pub const COMMAND: &str = "restore";

/// The option of a run's header that names the run that it takes back.
pub const OF_RUN: &str = "of-run";

/// Resources read side by side; the limits of each service pace them.
const SIDE_BY_SIDE: usize = 16;

/// Reads what is there today in the place of what a run has changed.
pub async fn look(aws: &Aws, changed: &[Changed]) -> BTreeMap<ResourceId, Today> {
    stream::iter(changed)
        .map(|one| async move {
            let id = one.was.id.clone();
            let Some(kind) = registry::find(id.kind) else {
                return (id, Today::Unread("this version does not know its kind".to_owned()));
            };
            let there = kind.find_again(&aws_for(aws, &one.was, kind), &one.was).await;
            let today = match there {
                Ok(None) => Today::Gone,
                Ok(Some(now)) => Today::There(Box::new(now)),
                Err(error) => Today::Unread(error.to_string()),
            };
            (id, today)
        })
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await
}

/// Plans the way back of a run by what is there today.
pub fn way(changed: &[Changed], today: &BTreeMap<ResourceId, Today>) -> Way {
    plan::plan(changed, today, |was| registry::find(was.kind()))
}

/// The run that a restore takes back, by its own journal.
pub fn of_run(state: &RunState) -> Option<RunId> {
    let run = state.header.options.get(OF_RUN)?.as_str()?;
    RunId::parse(run)
}
