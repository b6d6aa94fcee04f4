//! What a run's journal says besides its steps: its header, and how it ended.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::journal::{Journal, JournalError, Mark, OpenRun, RunHeader, RunId, RunOutcome};
use crate::mandate::Mandate;
use crate::report::Ending;

/// A header that says what every run says. What is special to a command is added to it.
pub fn header(mandate: &Mandate, command: &str, endpoint_url: Option<String>) -> RunHeader {
    let (now, manifest) = (mandate.now(), &mandate.manifest);
    RunHeader {
        run: RunId::new(now, &mut SmallRng::seed_from_u64(mandate.aws().random())),
        account: mandate.account().to_owned(),
        manifest_name: manifest.name.clone(),
        manifest: manifest.text.clone(),
        manifest_source: Some(manifest.source.clone()),
        plan_digest: None,
        accept_unseen: Vec::new(),
        endpoint_url,
        regions: manifest.regions.clone(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        command: command.to_owned(),
        started: now,
        options: BTreeMap::new(),
    }
}

/// The figures of a run that came to its end.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    pub requests: u64,
    pub throttled: u64,
    pub elapsed_s: u64,
    pub blocked: usize,
    pub left: usize,
}

/// Writes down that a run came to its end, and how.
///
/// # Errors
/// The journal's.
pub async fn mark_finished(
    mandate: &Mandate,
    journal: &dyn Journal,
    run: &OpenRun,
    ending: Ending,
    figures: Figures,
) -> Result<(), JournalError> {
    let state = journal.load(run.id()).await?;
    let Figures { requests, throttled, elapsed_s, blocked, left } = figures;
    let figures = [
        ("requests", requests),
        ("throttled", throttled),
        ("elapsed_s", elapsed_s),
        ("blocked", blocked as u64),
        ("left", left as u64),
    ];
    let mark = Mark::Finished {
        outcome: match ending {
            Ending::Clean | Ending::Nothing => RunOutcome::Clean,
            Ending::Incomplete | Ending::Interrupted => RunOutcome::Incomplete,
        },
        counts: state.counts(),
        figures: figures.into_iter().map(|(name, number)| (name.to_owned(), number)).collect(),
    };
    run.mark(mandate.now(), mark).await
}
