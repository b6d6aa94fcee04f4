//! Taken apart, and taken back: the round trip, also with deaths on the way.

use std::collections::BTreeMap;

use dismantle::aws::{Session, registry};
use dismantle::discover::Seen;
use dismantle::execute::{Interrupt, Quiet};
use dismantle::inventory::Inventory;
use dismantle::journal::{Journal, RunState, SqliteJournal};
use dismantle::mandate::Mandate;
use dismantle::manifest::Manifest;
use dismantle::report::Ending;
use dismantle::resource::{Lifecycle, Resource, ResourceId};
use dismantle::restore::{self, Outcome, Restore, changed, differences, note_earlier};
use dismantle::sandbox::lab::{self, Lab};
use dismantle::sandbox::{Sandbox, Weather, When};
use dismantle::teardown::{About, Approval, Said, Teardown};

const MANIFEST: &str = include_str!("../../manifests/mlops-retail-prediction.yaml");

/// What no call of AWS's makes again, or not under the same id.
const NEVER_BACK: &[&str] = &[
    "ecr:image",
    "iam:oidc-provider",
    "kms:grant",
    "sagemaker:app",
    "sagemaker:domain",
    "sagemaker:hyper-parameter-tuning-job",
    "sagemaker:model-package",
    "sagemaker:processing-job",
    "sagemaker:space",
    "sagemaker:training-job",
    "sagemaker:transform-job",
    "sagemaker:user-profile",
];

struct Play {
    sandbox: Sandbox,
    lab: Lab,
    before: Inventory,
    folder: tempfile::TempDir,
}

fn on_a_paused_clock<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(work)
}

impl Play {
    /// The lab, built and taken apart.
    async fn taken_apart() -> Self {
        let sandbox = Sandbox::builder().seed(3).build();
        let lab = lab::build(&|region| sandbox.sdk_config(region)).await.expect("the lab");
        sandbox.set_weather(Weather::aws());
        let folder = tempfile::tempdir().expect("a folder");
        let mut play = Self { sandbox, lab, before: Inventory::default(), folder };
        // Late arrivals settle before the picture is taken.
        tokio::time::sleep(std::time::Duration::from_secs(1800)).await;
        play.before = play.everything().await;
        play.destroy().await;
        play
    }

    fn journal(&self) -> SqliteJournal {
        SqliteJournal::at(self.folder.path().join("journal.sqlite"))
    }

    async fn enter(&self) -> Mandate {
        let config = self.sandbox.sdk_config("us-east-1");
        let session = Session::new(config, self.sandbox.clock(), 1);
        let manifest = Manifest::parse(MANIFEST, "lab.yaml", registry::catalog());
        Mandate::enter(session, manifest.expect("a manifest"), Default::default())
            .await
            .expect("the door")
    }

    /// Everything, as its own kind reads it one by one: with all that a record holds.
    async fn everything(&self) -> Inventory {
        self.enter().await.discovery.all(&Seen::default()).await
    }

    async fn read(&self, known: &Resource) -> Option<Resource> {
        let mandate = self.enter().await;
        let kind = registry::find(known.kind()).expect("a kind");
        let aws = dismantle::discover::aws_for(mandate.aws(), known, kind);
        kind.find_again(&aws, known).await.expect("an answer")
    }

    async fn destroy(&self) {
        let (mandate, journal) = (self.enter().await, self.journal());
        let survey = mandate.survey(&Seen::default()).await;
        let interrupt = Interrupt::default();
        let teardown = Teardown {
            mandate: &mandate,
            journal: &journal,
            interrupt: &interrupt,
            observer: &Quiet,
        };
        let about = About {
            command: "destroy",
            plan_digest: None,
            endpoint_url: None,
            only_planned: false,
        };
        let steps = survey.plan.steps.clone();
        let executed = teardown
            .begin(approval(&mandate), &about, survey.inventory, steps, Vec::new())
            .await
            .expect("a journal");
        let looked = mandate.survey_after(&executed.gone, &Seen::default()).await;
        let outcome = teardown.finish(executed, Some(&looked)).await.expect("a journal");
        assert!(outcome.failed.is_empty() && outcome.left.is_empty(), "{outcome:?}");
    }

    async fn removal(&self) -> RunState {
        let journal = self.journal();
        let runs = journal.runs().await.expect("runs");
        let run = runs.iter().find(|run| run.command == "destroy").expect("a removal");
        journal.load(&run.run).await.expect("a state")
    }

    /// What `restore RUN` does, and `resume` if one was begun.
    async fn restore(&self) -> Outcome {
        let (mandate, journal) = (self.enter().await, self.journal());
        let of = self.removal().await;
        let last = journal.runs().await.expect("runs").pop().expect("a run");
        let goes_on = last.command == restore::COMMAND && last.is_unfinished();
        let mut changed = changed(&of);
        for run in journal.runs().await.expect("runs") {
            note_earlier(&mut changed, &journal.load(&run.run).await.expect("a state"));
        }
        let way = restore::way(&changed, &restore::look(mandate.aws(), &changed).await);
        let restore = Restore {
            mandate: &mandate,
            journal: &journal,
            of: &of,
            changed: &changed,
            interrupt: &Interrupt::default(),
            observer: &Quiet,
        };
        let approval = approval(&mandate);
        match goes_on {
            true => {
                let (open, state) = journal.reopen(&last.run).await.expect("a run");
                restore.resume(approval, open, state, way).await.expect("a journal")
            }
            false if way.steps.is_empty() => restore.nothing(way),
            false => restore.begin(approval, way, None).await.expect("a journal"),
        }
    }

    /// What of the lab is not as it was; and its neighbours.
    async fn not_as_it_was(&self) -> BTreeMap<ResourceId, Vec<String>> {
        let removal = self.removal().await;
        let after = self.everything().await;
        let mut found = BTreeMap::new();
        for id in &self.lab.must_go {
            if NEVER_BACK.contains(&id.kind.as_str()) {
                continue;
            }
            let Some(was) = removal.records.get(id) else {
                found.insert(id.clone(), vec!["no record".to_owned()]);
                continue;
            };
            match self.read(was).await {
                None => {
                    found.insert(id.clone(), vec!["it is not there".to_owned()]);
                }
                Some(now) => {
                    let mut differ = differences(was, &now);
                    if matches!(now.lifecycle, Lifecycle::Pending { .. }) {
                        differ.push("it is going".to_owned());
                    }
                    if was.facts.get("status") != now.facts.get("status") {
                        differ.push(format!("status {:?}", now.facts.get("status")));
                    }
                    if !differ.is_empty() {
                        found.insert(id.clone(), differ);
                    }
                }
            }
        }
        let stays = self.lab.kept.iter().chain(&self.lab.blocked).chain(&self.lab.neighbours);
        for id in stays {
            // A job may have ended meanwhile.
            let (then, now) = (self.before.get(id), after.get(id));
            let ended = now.is_some_and(|now| matches!(now.lifecycle, Lifecycle::Ended { .. }));
            if then != now && !ended {
                found.insert(id.clone(), vec!["a neighbour, and changed".to_owned()]);
            }
        }
        found
    }
}

fn approval(mandate: &Mandate) -> Approval {
    Approval::of(&Said::Typed(mandate.manifest.name.clone()), mandate).expect("a yes")
}

#[test]
fn the_lab_comes_back_as_it_was() {
    on_a_paused_clock(async {
        let play = Play::taken_apart().await;
        let outcome = play.restore().await;
        assert_eq!(outcome.outcome, Ending::Clean, "{:#?} {:#?}", outcome.failed, outcome.blocked);
        let wrong = play.not_as_it_was().await;
        assert!(wrong.is_empty(), "{wrong:#?}\n{:#?}", outcome.without);
        // Once more: there is nothing to do, and no run is begun.
        let again = play.restore().await;
        assert_eq!((again.outcome, again.run), (Ending::Nothing, None), "{:#?}", again.blocked);
    });
}

#[test]
fn a_restore_that_dies_goes_on_and_ends_alike() {
    on_a_paused_clock(async {
        for (number, call) in [40, 97, 260].into_iter().enumerate() {
            let play = Play::taken_apart().await;
            let when = if number % 2 == 0 { When::After } else { When::Before };
            play.sandbox.set_weather(Weather::aws().killing_at(call, when));
            let mut killed = play.sandbox.killed();
            let ended = tokio::select! {
                biased;
                _ = killed.wait_for(|dead| *dead) => None,
                outcome = play.restore() => Some(outcome),
            };
            play.sandbox.set_weather(Weather::aws());
            let outcome = match ended {
                Some(outcome) => outcome,
                None => play.restore().await,
            };
            assert_eq!(outcome.outcome, Ending::Clean, "{call}: {:#?}", outcome.failed);
            let wrong = play.not_as_it_was().await;
            assert!(wrong.is_empty(), "killed at call {call}: {wrong:#?}");
        }
    });
}
