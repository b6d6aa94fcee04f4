//! Steps that no planner made are stopped at the last check.

use async_trait::async_trait;
use jiff::Timestamp;

use super::*;
use crate::aws::Session;
use crate::aws::kinds::s3::BUCKET;
use crate::aws::registry;
use crate::journal::{Entry, JournalError, OpenRun, RunId, RunLog};
use crate::plan::StepId;
use crate::resource::{Action, Region};
use crate::sandbox::Sandbox;

const HERE: Region = Region::new("us-east-1");

#[derive(Debug)]
struct Durable;

#[async_trait]
impl RunLog for Durable {
    async fn append(&self, _: Timestamp, _: Vec<Entry>) -> Result<(), JournalError> {
        Ok(())
    }
}

/// Everything that a check is given, as it should be.
struct Given {
    step: Step,
    fresh: Resource,
    verdict: Verdict,
    account: &'static str,
    /// Who signs, as STS says; `None` where it was never asked.
    signer: Option<&'static str>,
    signs_for: Region,
    intent_of: StepId,
}

impl Given {
    fn new() -> Self {
        let mut fresh = Resource::new(BUCKET, HERE, "lab-dev-x", "lab-dev-x");
        fresh.pin = Some("842676018087".to_owned());
        let step = Step {
            step: StepId::numbered(1),
            action: Action::Delete,
            resource: fresh.id.clone(),
            target: None,
            after: Vec::new(),
            reason: "prefix lab-dev".to_owned(),
            pin: fresh.pin.clone(),
            created: None,
        };
        let verdict = Verdict {
            decision: Decision::Delete,
            reason: "prefix lab-dev".to_owned(),
            used_by: Vec::new(),
            parts: None,
            lift: false,
            cautions: Vec::new(),
        };
        let intent_of = step.step.clone();
        let account = "842676018087";
        let signer = Some("arn:aws:iam::842676018087:user/lab-admin");
        Self { step, fresh, verdict, account, signer, signs_for: HERE, intent_of }
    }

    fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    async fn checked(self) -> Result<(), String> {
        let sandbox = Sandbox::builder().caller(self.signer.unwrap_or_default()).build();
        let session = Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 0);
        if self.signer.is_some() {
            session.caller(HERE).await.unwrap();
        }
        let aws = session.account(self.account, "aws").in_region(self.signs_for);
        let text = "version: 1\nname: lab\naccounts: [\"842676018087\"]\nregions: [us-east-1]\n\
                    match: [{ prefix: lab-dev }]\n";
        let manifest = Manifest::parse(text, "lab.yaml", registry::catalog()).unwrap();
        let run = RunId::parse("20261124-171500-k3f9").unwrap();
        let steps = [StepId::numbered(1), StepId::numbered(2)];
        let run = OpenRun::new(run, Box::new(Durable), steps, []);
        let intent = run.intent(Timestamp::UNIX_EPOCH, &self.intent_of, 1, None).await.unwrap();
        let Self { step, fresh, verdict, .. } = &self;
        check(step, fresh, verdict, &manifest, &aws, &intent).map(drop)
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_planned_may_go() {
    assert_eq!(Given::new().checked().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_forged_step_is_stopped() {
    let elsewhere = Region::new("eu-west-1");
    let rows: Vec<(&str, Given)> = vec![
        ("accounts", Given::new().but(|it| it.account = "111122223333")),
        (
            "the credentials are of account 999999999999",
            Given::new().but(|it| it.signer = Some("arn:aws:iam::999999999999:user/ann")),
        ),
        ("nobody has said whose", Given::new().but(|it| it.signer = None)),
        ("root user's", Given::new().but(|it| it.signer = Some("arn:aws:iam::842676018087:root"))),
        ("a removal does no create", Given::new().but(|it| it.step.action = Action::Create)),
        (
            "regions",
            Given::new().but(|it| {
                it.step.resource.region = elsewhere;
                it.fresh.id.region = elsewhere;
            }),
        ),
        ("would go to eu-west-1", Given::new().but(|it| it.signs_for = elsewhere)),
        ("nothing tells it", Given::new().but(|it| it.fresh.pin = None)),
        (
            "nothing tells it",
            Given::new()
                .but(|it| (it.step.pin, it.fresh.created) = (None, Some(Timestamp::UNIX_EPOCH))),
        ),
        ("foreign", Given::new().but(|it| it.verdict.decision = Decision::Foreign)),
        ("blocked", Given::new().but(|it| it.verdict.decision = Decision::Blocked)),
        ("keep", Given::new().but(|it| it.verdict.decision = Decision::Keep)),
        ("stopped, not removed", Given::new().but(|it| it.verdict.decision = Decision::Stop)),
        ("only parts", Given::new().but(|it| it.verdict.parts = Some(["dev".to_owned()].into()))),
        ("lab-dev-y", Given::new().but(|it| it.fresh.id.id = "lab-dev-y".to_owned())),
        ("different thing", Given::new().but(|it| it.fresh.pin = Some("111122223333".to_owned()))),
        (
            KEEP_TAG,
            Given::new().but(|it| {
                it.fresh.tags.insert(KEEP_TAG.to_owned(), String::new());
            }),
        ),
        ("the journal speaks of", Given::new().but(|it| it.intent_of = StepId::numbered(2))),
    ];
    for (words, given) in rows {
        let why = given.checked().await.expect_err(words);
        assert!(why.contains(words), "{words}: {why}");
    }
}
