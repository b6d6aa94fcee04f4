//! A manifest in the account that it names: what may be looked at, and taken apart.
//!
//! [`Mandate::enter`] is the door: it asks STS whose credentials these are before any other
//! call, and lets nobody into an account that the manifest does not list. [`Mandate::survey`]
//! looks at everything and decides; it changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::join;
use jiff::Timestamp;

use crate::aws::{Aws, Session, organization, registry};
use crate::classify::{self, Case, Classification, Decision, Gone, Planned, classify};
use crate::discover::{Discovery, Seen, enabled_regions};
use crate::error::Error;
use crate::inventory::{Gap, Inventory};
use crate::journal::{Journal, JournalError, RunState, RunStatus, RunSummary, StepState};
use crate::manifest::{Cautions, Manifest, Root};
use crate::plan::{self, Plan};
use crate::resource::{Catalog, Kind, Region, ResourceId};

/// Runs that are read back for what they removed: a key's window is a month at most, and a sweep
/// runs every night.
const RUNS_REMEMBERED_MAX: usize = 40;

/// What the door needs of IAM, before any kind is looked at. Whose credentials these are anybody
/// may ask (STS API reference, `GetCallerIdentity`), and the organisation is only good to know.
pub const PERMISSIONS: &[&str] =
    &["account:ListRegions", "organizations:DescribeOrganization", "sts:GetCallerIdentity"];

/// What may be looked at and taken apart.
pub struct Mandate {
    pub discovery: Discovery,
    pub manifest: Manifest,
    /// Kinds that the person accepts not to have seen.
    pub accepted_unseen: BTreeSet<Kind>,
    /// For `apply`: the plan's resources; nothing else may go.
    pub planned: Option<BTreeMap<ResourceId, Planned>>,
    /// What earlier runs of this manifest have removed, see [`Mandate::remember`].
    pub gone: Gone,
    /// The organisation whose management account this is, as far as may be seen.
    pub manages: Option<String>,
    /// The caller's ARN.
    pub caller: String,
    /// What a person should know before anything else, in sentences.
    pub notes: Vec<String>,
}

/// One look at the account, with what is to become of everything in it.
pub struct Survey {
    pub inventory: Inventory,
    pub decided: Classification,
    pub plan: Plan,
    pub now: Timestamp,
}

impl Mandate {
    /// Asks whose account this is, and refuses one that the manifest does not list.
    pub async fn enter(
        session: Arc<Session>,
        manifest: Manifest,
        accepted_unseen: BTreeSet<Kind>,
    ) -> Result<Self, Error> {
        let first = manifest.regions.first().copied();
        let region = first.or(session.region()).unwrap_or(Region::new("us-east-1"));
        let (account, caller) = match session.caller(region).await {
            Ok(caller) => caller,
            Err(error) => {
                let (endpoint, profile) = (session.endpoint_url(), session.profile());
                return Err(Error::at_the_door(&error, endpoint, profile));
            }
        };
        if !manifest.accounts.contains(&account) {
            let wanted = manifest.accounts.join(", ");
            return Err(Error::Guard(format!(
                "These credentials belong to account {account} ({caller}), and the manifest {} \
                 names {wanted}. Nothing was looked at. Use other credentials (`--profile`), or \
                 put \"{account}\" into the manifest's `accounts`.",
                manifest.name
            )));
        }
        if caller.ends_with(":root") && manifest.options.root == Root::Refuse {
            return Err(Error::Guard(
                "These are the account's root credentials, which no policy holds back. Use a \
                 role or a user, or write `options: { root: allow }` into the manifest."
                    .to_owned(),
            ));
        }
        let partition = caller.split(':').nth(1).unwrap_or("aws").to_owned();
        let aws = session.account(&account, &partition);
        let ((enabled, guessed), manages) =
            join(enabled_regions(&aws), organization::managed_by(&aws)).await;
        // A region that nobody can be in would look clean.
        let unknown = manifest.regions.iter().find(|region| !enabled.contains(region));
        if let (Some(unknown), None) = (unknown, &guessed) {
            let near = enabled.iter().max_by(|a, b| {
                let like = |region: &Region| strsim::jaro(region.as_str(), unknown.as_str());
                like(a).total_cmp(&like(b))
            });
            let near = near.map_or_else(String::new, |near| format!(" Did you mean {near} ?"));
            return Err(Error::Usage(format!(
                "{unknown} is in the manifest's `regions`, and is no region that account \
                 {account} has enabled.{near}"
            )));
        }
        let a_session = caller.contains(":assumed-role/") || caller.contains(":federated-user/");
        let guessed_regions = guessed.is_some() && !a_session;
        if let (true, Some(error)) = (enabled.is_empty(), &guessed) {
            return Err(Error::Account(format!(
                "Which regions the account has could not be read ({error}), and the regions of \
                 the partition {partition} are not known. Grant account:ListRegions."
            )));
        }
        let caution = manages.as_ref().map(|organization| {
            format!(
                "This account manages the organisation {organization} and so no service control \
                 policy holds here; other accounts may rely on what is in it."
            )
        });
        let note = guessed.map(|error| {
            format!(
                "Which regions the account has enabled could not be read ({error}), so all {} of \
                 the partition are looked at for users of roles, policies and buckets.",
                enabled.len()
            )
        });
        Ok(Self {
            discovery: Discovery::new(aws, manifest.regions.clone(), enabled, guessed_regions),
            manifest,
            accepted_unseen,
            planned: None,
            gone: Gone::default(),
            manages,
            caller,
            notes: caution.into_iter().chain(note).collect(),
        })
    }

    pub fn aws(&self) -> &Aws {
        self.discovery.aws()
    }

    pub fn account(&self) -> &str {
        self.aws().number()
    }

    pub fn catalog(&self) -> &'static Catalog {
        registry::catalog()
    }

    pub fn now(&self) -> Timestamp {
        self.aws().clock().now()
    }

    /// Looks at everything, and decides.
    pub async fn survey(&self, seen: &Seen) -> Survey {
        self.survey_after(&self.gone, seen).await
    }

    /// The same, after more was removed.
    pub async fn survey_after(&self, gone: &Gone, seen: &Seen) -> Survey {
        let inventory = self.discovery.all(seen).await;
        self.decide(inventory, gone)
    }

    /// Learns from the journal what runs of this account and manifest have removed.
    ///
    /// # Errors
    /// The journal's. Without it, a key that has lost its aliases is not known to be the lab's.
    pub async fn remember(&mut self, journal: &dyn Journal) -> Result<(), JournalError> {
        let ours = |run: &RunSummary| {
            run.account == self.account() && run.manifest_name == self.manifest.name
        };
        let runs: Vec<RunSummary> = journal.runs().await?.into_iter().filter(ours).collect();
        let mut unfinished = BTreeSet::new();
        for run in runs.iter().rev().take(RUNS_REMEMBERED_MAX) {
            if let RunStatus::Unreadable(why) = &run.status {
                self.notes.push(format!(
                    "run {} of this manifest cannot be read back: what it removed, and whether it \
                     came to its end, is not known. What counts is what is there now. {why}",
                    run.run
                ));
                continue;
            }
            self.remember_run(&journal.load(&run.run).await?, &mut unfinished);
        }
        Ok(())
    }

    /// `unfinished`: what newer runs were to remove and did not. It came back meanwhile, as a key
    /// does whose deletion is cancelled, so that an older removal says nothing.
    fn remember_run(&mut self, state: &RunState, unfinished: &mut BTreeSet<ResourceId>) {
        for record in &state.steps {
            if !record.step.action.is_removal() {
                continue;
            }
            let id = &record.step.resource;
            match record.state {
                StepState::Done(_) if unfinished.contains(id) => {}
                StepState::Done(_) => {
                    self.gone.removed.insert(id.clone());
                }
                // Perhaps gone: it counts only where it is not there any more.
                StepState::Uncertain { .. } => {
                    unfinished.insert(id.clone());
                }
                _ => {
                    unfinished.insert(id.clone());
                    continue;
                }
            }
            if let Some(resource) = state.records.get(id) {
                self.gone.note(resource, registry::catalog());
            }
        }
    }

    fn decide(&self, inventory: Inventory, gone: &Gone) -> Survey {
        let now = self.now();
        let decided = classify(&Case {
            inventory: &inventory,
            manifest: &self.manifest,
            catalog: self.catalog(),
            accepted_unseen: &self.accepted_unseen,
            planned: self.planned.as_ref(),
            gone,
            now,
        });
        let plan = plan::plan(&inventory, &decided, self.catalog());
        Survey { inventory, decided, plan, now }
    }

    /// What could not be seen, without what the person accepts not to see.
    pub fn unseen(&self, survey: &Survey) -> Vec<Gap> {
        let mut gaps = self.gaps(survey);
        gaps.retain(|gap| !gap.accepted);
        gaps
    }

    /// All that could not be seen.
    pub fn gaps(&self, survey: &Survey) -> Vec<Gap> {
        let mut gaps = classify::gaps(&survey.inventory, &survey.decided);
        for gap in &mut gaps {
            gap.accepted = self.accepted_unseen.contains(&gap.kind);
        }
        gaps
    }

    /// Refuses to change anything where the manifest blocks on cautions, and one is about the whole
    /// account: it manages an organisation.
    ///
    /// Source: AWS Organizations user guide, "Service control policies": they "don't affect users
    /// or roles in the management account".
    pub fn may_change(&self) -> Result<(), Error> {
        let blocks = self.manifest.options.cautions == Cautions::Block;
        let Some(organization) = self.manages.as_ref().filter(|_| blocks) else { return Ok(()) };
        Err(Error::Guard(format!(
            "Account {} manages the organisation {organization} and the manifest says `options: {{ \
             cautions: block }}`. Nothing was changed. If the lab is meant to be in a management \
             account, write `cautions: warn`.",
            self.account()
        )))
    }

    /// Refuses more removals than the manifest's `limits` allow.
    ///
    /// `max_deletions` counts resources, not objects in buckets; `max_share` is the share of what
    /// was listed of a kind.
    pub fn within_limits(&self, survey: &Survey) -> Result<(), Error> {
        let mut going: BTreeMap<Kind, usize> = BTreeMap::new();
        for (id, verdict) in survey.decided.of(Decision::Delete) {
            if verdict.parts.is_none() {
                *going.entry(id.kind).or_default() += 1;
            }
        }
        let limits = &self.manifest.limits;
        let total: usize = going.values().sum();
        if total > limits.max_deletions as usize {
            return Err(Error::Guard(format!(
                "{total} resources would go, and the manifest's `limits` allow {}. Nothing was \
                 changed. See what they are with `dismantle inventory`; if it is right, raise \
                 `limits: {{ max_deletions: … }}`.",
                limits.max_deletions
            )));
        }
        for (kind, count) in going {
            let listed = survey.inventory.of_kind(kind).count();
            if count as f64 > limits.max_share * listed as f64 {
                return Err(Error::Guard(format!(
                    "{count} of {listed} {kind} would go, and the manifest's `limits` allow a \
                     share of {}. Nothing was changed. See what they are with `dismantle \
                     inventory`; if it is right, raise `limits: {{ max_share: … }}`.",
                    limits.max_share
                )));
            }
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "sandbox"))]
#[path = "mandate_tests.rs"]
mod tests;
