//! What is a different thing by now: between listing and removal, and between a plan file and its
//! `apply` days later.

mod changes;
mod remade;
mod shielded;
mod tagged;
mod things;
mod used;

use std::time::Duration;

use dismantle::aws::kinds::iam;
use dismantle::classify::{Decision, Planned};
use dismantle::discover::Seen;
use dismantle::mandate::Survey;
use dismantle::plan::{PlanFile, Step};
use dismantle::report::{Ending, Outcome};
use dismantle::resource::ResourceId;
use dismantle::sandbox::Sandbox;
use dismantle::teardown::{plan_file, still_planned};

use changes::Change;
pub use changes::changes;

use super::Pair;
use super::hold::{MANIFEST, account, enter, paused, same, take_apart};
use super::proof::goes_without;
use super::yard::{HOME, Yard, global};

/// A clock's hands move between listing and change, and fresh eyes look again after five minutes.
const A_WHILE: Duration = Duration::from_secs(10);
const LONGER_THAN_FRESH: Duration = Duration::from_secs(301);

/// Between a plan and its `apply`.
const DAYS: Duration = Duration::from_secs(3 * 86_400);

/// Everything that may be said of a thing in the end.
fn says(outcome: &Outcome, id: &ResourceId, words: &str) -> Result<(), String> {
    let rows: Vec<_> = outcome.blocked.iter().chain(&outcome.kept).chain(&outcome.failed).collect();
    let told: Vec<_> = rows.iter().filter(|row| row.resource == *id).collect();
    match told.iter().any(|row| row.reason.contains(words)) {
        true => Ok(()),
        false => Err(format!("the run says of it {told:?}")),
    }
}

/// The rows built in one account: each with its pair.
async fn build(sandbox: &Sandbox) -> Vec<(&'static Change, Yard, Pair)> {
    let mut rows = Vec::new();
    for (row, change) in changes().enumerate() {
        let yard = Yard::new(sandbox, row);
        let pair = (change.build)(yard.clone()).await;
        let pair = pair.unwrap_or_else(|error| panic!("{}: {error:?}", change.name));
        rows.push((change, yard, pair));
    }
    rows
}

/// A thing that nothing happens to: it goes.
async fn free(sandbox: &Sandbox) -> ResourceId {
    let yard = Yard::new(sandbox, 99);
    yard.role(&yard.lab("free")).await.expect("a role");
    global(iam::ROLE, yard.lab("free"))
}

/// Each would have gone: the plan has a step that removes it.
fn would_go(survey: &Survey, pair: &Pair) -> Result<(), String> {
    let decision = survey.decided.decision(&pair.lab);
    let removes = |step: &Step| step.resource == pair.lab && step.action.is_removal();
    match decision == Decision::Delete && survey.plan.steps.iter().any(removes) {
        true => Ok(()),
        false => Err(format!("no proof: it was {} from the start", decision.as_str())),
    }
}

#[test]
fn what_changes_between_listing_and_removal_is_left_and_named() {
    let wrong = paused(async {
        let sandbox = account();
        let (free, rows) = (free(&sandbox).await, build(&sandbox).await);
        let mandate = enter(&sandbox, MANIFEST).await;
        let survey = mandate.survey(&Seen::default()).await;
        let mut wrong = Vec::new();
        for (change, _, pair) in &rows {
            let fails = would_go(&survey, pair).err();
            wrong.extend(fails.map(|why| format!("{}: {why}", change.name)));
        }
        tokio::time::sleep(A_WHILE).await;
        for (change, yard, _) in &rows {
            let done = (change.meanwhile)(yard.clone()).await;
            done.unwrap_or_else(|error| panic!("{}: {error:?}", change.name));
        }
        let before = mandate.discovery.all(&Seen::default()).await;
        tokio::time::sleep(LONGER_THAN_FRESH).await;
        let Survey { inventory, plan, .. } = survey;
        let outcome = take_apart(&mandate, inventory, plan.steps, Vec::new(), false).await;
        let after = mandate.discovery.all(&Seen::default()).await;
        for (change, _, pair) in &rows {
            let things = pair.neighbours.iter().chain([&pair.lab]);
            let harm = things.filter_map(|id| same(id, &before, &after).err());
            let untold = says(&outcome, &pair.lab, change.words).err();
            wrong.extend(harm.chain(untold).map(|why| format!("{}: {why}", change.name)));
        }
        if after.get(&free).is_some() {
            wrong.push("what nothing happened to is left".to_owned());
        }
        if outcome.outcome != Ending::Incomplete {
            wrong.push(format!("the run ended as {:?}", outcome.outcome));
        }
        wrong
    });
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_changes_between_a_plan_file_and_its_apply_is_left_and_named() {
    let wrong = paused(async {
        let sandbox = account();
        let (free, rows) = (free(&sandbox).await, build(&sandbox).await);
        let mandate = enter(&sandbox, MANIFEST).await;
        let survey = mandate.survey(&Seen::default()).await;
        let written = plan_file(&mandate, &survey).to_bytes().expect("a plan file");
        tokio::time::sleep(DAYS).await;
        for (change, yard, _) in &rows {
            let done = (change.meanwhile)(yard.clone()).await;
            done.unwrap_or_else(|error| panic!("{}: {error:?}", change.name));
        }

        let file = PlanFile::from_bytes(&written).expect("a plan file");
        let mut mandate = enter(&sandbox, &file.manifest).await;
        let planned = |step: &Step| {
            let planned = Planned { pin: step.pin.clone(), created: step.created };
            (step.resource.clone(), planned)
        };
        mandate.planned = Some(file.steps.iter().map(planned).collect());
        let today = mandate.survey(&Seen::default()).await;
        let (steps, changed) = still_planned(&file.steps, &today);
        let before = today.inventory.clone();
        let mut wrong = Vec::new();
        for (change, _, pair) in &rows {
            let mut say = |why: String| wrong.push(format!("{}: {why}", change.name));
            if let Err(why) = would_go(&survey, pair) {
                say(why);
            }
            if let Some(step) = steps.iter().find(|step| step.resource == pair.lab) {
                say(format!("it is to be done all the same: {} ({})", step.action, step.reason));
            }
            if let Err(why) = goes_without(change.evidence, pair, &today, &mandate) {
                say(format!("no proof: {why}"));
            }
        }
        let outcome = take_apart(&mandate, today.inventory, steps, changed, true).await;
        if outcome.outcome != Ending::Incomplete {
            wrong.push(format!("the run ended as {:?}", outcome.outcome));
        }
        let after = mandate.discovery.all(&Seen::default()).await;
        for (change, _, pair) in &rows {
            let things = pair.neighbours.iter().chain([&pair.lab]);
            let harm = things.filter_map(|id| same(id, &before, &after).err());
            let untold = says(&outcome, &pair.lab, change.words).err();
            wrong.extend(harm.chain(untold).map(|why| format!("{}: {why}", change.name)));
        }
        if after.get(&free).is_some() {
            wrong.push("what nothing happened to is left".to_owned());
        }
        wrong
    });
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// S3 user guide, Verifying bucket ownership with bucket owner condition: once a bucket is gone
/// its name is anyone's, and `ExpectedBucketOwner` keeps a call from a stranger's.
#[test]
fn a_bucket_that_another_account_made_under_the_old_name_is_not_touched() {
    paused(async {
        let sandbox = account();
        let yard = Yard::new(&sandbox, 0);
        let name = yard.lab("bucket");
        let lab = yard.bucket(&name).await.expect("a bucket");
        let mandate = enter(&sandbox, MANIFEST).await;
        let survey = mandate.survey(&Seen::default()).await;
        assert_eq!(survey.decided.decision(&lab), Decision::Delete);

        yard.s3().delete_bucket().bucket(&name).send().await.expect("it is empty");
        assert!(sandbox.bucket_of_another(&name, HOME.as_str(), "999999999999"));
        let theirs = sandbox.snapshot().await["buckets"][&name].clone();
        assert_eq!(theirs["owner"], "999999999999");
        let Survey { inventory, plan, .. } = survey;
        let outcome = take_apart(&mandate, inventory, plan.steps, Vec::new(), false).await;
        assert_eq!(sandbox.snapshot().await["buckets"][&name], theirs);
        assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
    });
}
