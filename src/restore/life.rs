//! The life of one step of a restore: look, write the intent, call, understand, wait.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::changed::{Made, Removed};
use super::compare::differences;
use super::fate::{another, is_own_schedule};
use crate::aws::{Acted, Aws, AwsError, Class, Progress, ResourceKind};
use crate::execute::{Event, Interrupt, Observer};
use crate::journal::{Intent, JournalError, OpenRun, Outcome};
use crate::manifest::Manifest;
use crate::plan::Step;
use crate::resource::{Action, Lifecycle, Prep, Resource};

/// Calls of one step before it is given up: a new role is known everywhere within seconds, and
/// rarely within a minute (IAM user guide, "Changes that I make are not always immediately
/// visible").
const TRIES_MAX: u32 = 9;

const PAUSE_FIRST: Duration = Duration::from_secs(2);
const PAUSE_LONGEST: Duration = Duration::from_secs(30);

/// The longest wait for one thing: a cluster takes a quarter of an hour.
const WAIT_MAX: Duration = Duration::from_secs(70 * 60);

/// What was just made may not be seen yet.
const SHOWS_WITHIN: Duration = Duration::from_secs(120);

/// Between AWS's clock and ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// How a step ended.
#[derive(Debug)]
pub enum End {
    /// With what was made, where the step made something.
    Done(&'static str, Option<Box<Resource>>),
    Failed(String),
    Refused(String),
    Interrupted,
}

/// Where a step stands, as its resource shows it.
enum Stands {
    Undone,
    Done,
    Wait(String),
    Failed(String),
    Refused(String),
}

pub struct Life<'a> {
    pub aws: Aws,
    pub manifest: &'a Manifest,
    pub kind: &'static dyn ResourceKind,
    pub was: &'a Resource,
    /// The steps of this resource that come after this one.
    pub later: Vec<Prep>,
    /// How the run that is taken back scheduled it, if it is a key.
    pub removed: Option<Removed>,
    pub step: &'a Step,
    pub run: &'a OpenRun,
    pub interrupt: &'a Interrupt,
    pub observer: &'a dyn Observer,
    /// When this restore began, in whichever process.
    pub began: Timestamp,
    /// The thing as this restore made it, where that was written down.
    pub made: Option<Resource>,
    /// The attempt that was last written down; 0 for none.
    pub attempt: u32,
    /// When a call of this step left of which nobody knows what became.
    pub unsure: Option<Timestamp>,
    pub pace: Pace,
}

/// How long a step waits, and has waited.
pub struct Pace {
    pause: Duration,
    waited: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pause: PAUSE_FIRST, waited: Duration::ZERO }
    }
}

impl Life<'_> {
    /// Lives it to its end. `Err` only if the journal cannot be written: then no call was made.
    pub async fn live(mut self) -> Result<End, JournalError> {
        let progress = Progress::default();
        self.observer.event(&Event::Started { step: self.step.clone(), progress });
        let (mut tries, mut accepted, mut taken) = (0, false, None);
        let mut last = None;
        loop {
            if self.interrupt.is_stopping() {
                return Ok(End::Interrupted);
            }
            let now = match self.kind.find_again(&self.aws, self.was).await {
                Ok(now) => now,
                Err(error) => {
                    tries += 1;
                    if let Some(end) = self.over(&error, tries).await? {
                        return Ok(end);
                    }
                    self.rest().await;
                    continue;
                }
            };
            match self.stands(now.as_ref(), accepted, taken.as_deref()) {
                Stands::Done => {
                    let how = if self.attempt == 0 { "was so already" } else { "done" };
                    return self.done(how, now).await;
                }
                Stands::Refused(why) => return self.refused(why).await,
                Stands::Failed(why) => return self.failed("failed", why).await,
                Stands::Wait(status) => {
                    if self.pace.waited > WAIT_MAX {
                        let why = format!("not there after {} minutes", WAIT_MAX.as_secs() / 60);
                        return self.failed("wait", why).await;
                    }
                    self.observer.event(&Event::Waiting { step: self.step.clone(), status });
                    self.rest().await;
                    continue;
                }
                Stands::Undone => {}
            }
            tries += 1;
            if tries > TRIES_MAX {
                let why = last.unwrap_or_else(|| "it does not show".to_owned());
                return self.failed("attempts", why).await;
            }
            self.attempt += 1;
            let record = now.as_ref().filter(|_| self.step.action != Action::Create);
            let asked_at = self.clock();
            let intent = self.run.intent(asked_at, &self.step.step, self.attempt, record).await?;
            if let Err(why) = self.check(&intent) {
                return self.refused(why).await;
            }
            match self.kind.make(&self.aws, self.was, &self.step.prep()).await {
                // What was made is looked at once, to be told from another thing later.
                Ok(Acted::Done) if self.step.action != Action::Create => {
                    return self.done("done", None).await;
                }
                Ok(Acted::Done | Acted::Started | Acted::HalfWay) => {
                    accepted = true;
                    self.pace = Pace::default();
                }
                Err(error) if error.class == Class::Taken && self.step.action == Action::Create => {
                    taken = Some(error.to_string());
                    self.pace = Pace::default();
                }
                Err(error) => {
                    if matches!(error.class, Class::Expired | Class::Credentials) {
                        self.write(Outcome::Uncertain { why: error.to_string() }).await?;
                    }
                    if error.may_have_worked() {
                        self.unsure.get_or_insert(asked_at);
                    }
                    if let Some(end) = self.over(&error, tries).await? {
                        return Ok(end);
                    }
                    let why = error.to_string();
                    self.write(Outcome::Uncertain { why: why.clone() }).await?;
                    last = Some(why);
                    self.rest().await;
                }
            }
        }
    }

    /// The last check before the call, by what the step itself says.
    fn check(&self, intent: &Intent) -> Result<(), String> {
        let (account, region) = (self.aws.number(), self.step.resource.region);
        if !self.manifest.accounts.iter().any(|allowed| allowed == account) {
            return Err(format!("account {account} is not in the manifest's accounts"));
        }
        if !region.is_global() && !self.manifest.regions.contains(&region) {
            return Err(format!("{region} is not one of the manifest's regions"));
        }
        if !self.step.action.is_of_restore() && self.step.action != Action::Stop {
            return Err(format!("a restore does no {}", self.step.action));
        }
        if self.was.id != self.step.resource {
            return Err(format!("the record is of {}, not of {}", self.was.id, self.step.resource));
        }
        if intent.step() != &self.step.step {
            return Err(format!("the journal speaks of step {}", intent.step()));
        }
        Ok(())
    }

    /// What is there, held against what the step brings about. `taken`: AWS has said that the name
    /// is taken.
    fn stands(&self, now: Option<&Resource>, accepted: bool, taken: Option<&str>) -> Stands {
        let creates = self.step.action == Action::Create;
        let Some(now) = now else { return self.stands_without(accepted, taken) };
        if let Lifecycle::Leaving { status } = &now.lifecycle {
            return match creates {
                true => Stands::Wait(status.clone()),
                false => Stands::Refused(format!("it is on its way out ({status})")),
            };
        }
        // What may be ours is known by what is set on it, which it shows when it is ready.
        let doubtful = creates && !accepted && self.unsure.is_some();
        if let (true, Lifecycle::Changing { status }) = (doubtful, &now.lifecycle) {
            return Stands::Wait(status.clone());
        }
        if let Some(why) = self.is_another(now, accepted) {
            return Stands::Refused(why);
        }
        if let Lifecycle::Changing { status } = &now.lifecycle {
            return Stands::Wait(status.clone());
        }
        let failed = now.facts.get("status").into_iter().flatten();
        let mut failed =
            failed.filter(|status| matches!(&***status, "Failed" | "FAILED" | "CREATE_FAILED"));
        // What had failed then is back as it was.
        let had_failed = now.facts.get("status") == self.was.facts.get("status");
        if let (true, Some(status)) = (creates && !had_failed, failed.next()) {
            let why = now.record["FailureReason"].as_str().unwrap_or("AWS gives no reason");
            return Stands::Failed(format!("it is there and {status}: {why}"));
        }
        match creates || self.kind.shows(self.was, now, &self.step.prep()) {
            true => Stands::Done,
            false => Stands::Undone,
        }
    }

    /// Where nothing is to be seen.
    fn stands_without(&self, accepted: bool, taken: Option<&str>) -> Stands {
        let creates = self.step.action == Action::Create;
        // Ours, perhaps: a call that was answered, or one of which nobody knows what became.
        let may_show = !creates || accepted || (taken.is_some() && self.unsure.is_some());
        match taken {
            _ if may_show && self.pace.waited < SHOWS_WITHIN => {
                Stands::Wait("not seen yet".to_owned())
            }
            _ if !creates => Stands::Failed("it is not there any more".to_owned()),
            None => Stands::Undone,
            Some(why) => Stands::Refused(format!(
                "its name is taken by now, by something that this account cannot see. When it is \
                 free again, restore once more ({why})"
            )),
        }
    }

    /// Why what is there is not what this step is about: nothing of somebody else's is touched.
    fn is_another(&self, now: &Resource, accepted: bool) -> Option<String> {
        if let (Lifecycle::Pending { until }, Some(removed)) = (&now.lifecycle, self.removed)
            && !is_own_schedule(&removed, *until)
        {
            return Some("somebody else has scheduled its deletion by now".to_owned());
        }
        // A start of ours moves what a trail is told by.
        let is_ours = self.step.action == Action::Start && self.attempt > 0;
        let is_as_it_was = || is_ours && differences(self.was, now).is_empty();
        // On a thing that was never removed.
        if self.step.pin.is_some() || self.step.created.is_some() {
            let differs = now.differs_from(self.step.pin.as_deref(), self.step.created);
            return differs.filter(|_| !is_as_it_was());
        }
        if accepted {
            return None;
        }
        if let Some(made) = &self.made {
            let differs = now.differs_from(made.pin.as_deref(), made.created);
            return differs.filter(|_| !is_as_it_was());
        }
        let is_ours = match self.step.action {
            Action::Create => self.unsure.is_some_and(|at| {
                let made = Made { at, seen: None };
                made.is(self.was, now, &self.later)
            }),
            // Nobody wrote down what was made: a journal of an earlier version.
            _ => now.created.is_none_or(|made| made >= self.began - CLOCKS_DIFFER),
        };
        let differ = if is_ours { Vec::new() } else { differences(self.was, now) };
        (!differ.is_empty()).then(|| another(&differ))
    }

    /// What an error means for the step; `None`: look again, and perhaps ask again.
    async fn over(&mut self, error: &AwsError, tries: u32) -> Result<Option<End>, JournalError> {
        match error.class {
            Class::Expired | Class::Credentials | Class::OtherAccount => {
                self.interrupt.stop(error.to_pause());
                Ok(Some(End::Interrupted))
            }
            Class::Denied | Class::Protected | Class::Unavailable | Class::Quota | Class::Bug => {
                let class = format!("{:?}", error.class).to_ascii_lowercase();
                self.failed(&class, error.to_string()).await.map(Some)
            }
            _ if tries >= TRIES_MAX => self.failed("attempts", error.to_string()).await.map(Some),
            _ => Ok(None),
        }
    }

    fn clock(&self) -> Timestamp {
        self.aws.clock().now()
    }

    async fn rest(&mut self) {
        let Pace { pause, waited } = &mut self.pace;
        let now = *pause;
        *waited += now;
        *pause = (now * 3 / 2).min(PAUSE_LONGEST);
        self.interrupt.sleep(now).await;
    }

    async fn write(&self, outcome: Outcome) -> Result<(), JournalError> {
        self.run.outcome(self.clock(), &self.step.step, self.attempt, outcome).await
    }

    /// Writes it down, with what was made: by that it is known later.
    async fn done(&self, how: &'static str, now: Option<Resource>) -> Result<End, JournalError> {
        let made = now.filter(|_| self.step.action == Action::Create);
        if let Some(made) = &made {
            self.run.record(self.clock(), made).await?;
        }
        self.write(match how {
            "done" => Outcome::Done,
            _ => Outcome::AlreadyGone,
        })
        .await?;
        Ok(End::Done(how, made.map(Box::new)))
    }

    async fn failed(&self, class: &str, why: String) -> Result<End, JournalError> {
        self.write(Outcome::Failed { class: class.to_owned(), why: why.clone() }).await?;
        Ok(End::Failed(why))
    }

    async fn refused(&self, why: String) -> Result<End, JournalError> {
        self.write(Outcome::Refused { why: why.clone() }).await?;
        Ok(End::Refused(why))
    }
}
