//! What somebody else made under an old name, before a restore looked or after.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dismantle::report::Ending;
use dismantle::resource::{Resource, ResourceId};
use dismantle::restore::Outcome;
use dismantle::sandbox::{Call, Reply, VISITOR_KEY_ID};

use super::corner::Corner;
use super::play::{Journaled, on_a_paused_clock};
use crate::asked::changes;
use crate::safety::yard::{BoxError, trust};

fn blocked<'o>(outcome: &'o Outcome, id: &ResourceId) -> &'o str {
    let row = outcome.blocked.iter().find(|row| row.resource == *id);
    row.map_or("", |row| &row.reason)
}

fn asked(corner: &Corner, operation: &str) -> usize {
    let is_it = |call: &&Call| changes(call) && call.operation == operation;
    corner.play.sandbox.calls().iter().filter(is_it).count()
}

/// Somebody takes the names: a role that another service may assume, a log group that is kept for
/// a day, an alias of a key of his, a repository whose tags stay.
async fn take_names(corner: &Corner) -> Result<(), BoxError> {
    let yard = &corner.yard;
    let role = yard.iam().create_role().role_name(yard.lab("role"));
    role.assume_role_policy_document(trust("Service", "ec2.amazonaws.com")).send().await?;
    yard.log_group(&yard.lab("logs"), None).await?;
    let keep = yard.logs().put_retention_policy().log_group_name(yard.lab("logs"));
    keep.retention_in_days(1).send().await?;
    yard.key(&format!("alias/{}", yard.lab("key"))).await?;
    let repository = yard.ecr().create_repository().repository_name(yard.lab("images"));
    repository.image_tag_mutability("IMMUTABLE".into()).send().await?;
    Ok(())
}

/// What has those names, as it was removed.
async fn taken(corner: &Corner) -> Vec<Resource> {
    let kinds = ["iam:role", "logs:log-group", "kms:alias", "ecr:repository"];
    let records = corner.play.removal().await.records;
    records.into_values().filter(|was| kinds.contains(&was.kind().as_str())).collect()
}

async fn as_they_are(corner: &Corner, taken: &[Resource]) -> Vec<Option<Resource>> {
    let mut now = Vec::new();
    for was in taken {
        now.push(corner.play.read(was).await);
    }
    now
}

#[test]
fn what_somebody_made_meanwhile_is_never_written_over() {
    on_a_paused_clock(async {
        for before_the_look in [true, false] {
            let corner = Corner::taken_apart(4).await;
            let taken = taken(&corner).await;
            let looked = match before_the_look {
                true => None,
                false => Some(corner.play.look().await.expect("the door")),
            };
            take_names(&corner).await.expect("the names are free");
            let theirs = as_they_are(&corner, &taken).await;
            assert!(theirs.iter().all(Option::is_some));
            let looked = match looked {
                Some(looked) => looked,
                None => corner.play.look().await.expect("the door"),
            };
            let journal = corner.play.journal();
            let outcome = corner.play.carry_out(looked, Journaled::Anew, &journal).await;
            let outcome = outcome.expect("a journal");
            assert_eq!(outcome.outcome, Ending::Incomplete);
            for was in &taken {
                let why = blocked(&outcome, &was.id);
                assert!(why.contains("by now") && why.contains("once more"), "{}: {why}", was.id);
            }
            assert_eq!(as_they_are(&corner, &taken).await, theirs);
        }
    });
}

/// The program does not see the role that is there, as if it came right after the look.
#[test]
fn what_came_between_a_look_and_its_call_is_left_to_who_made_it() {
    on_a_paused_clock(async {
        let corner = Corner::taken_apart(5).await;
        let looked = corner.play.look().await.expect("the door");
        let made = asked(&corner, "CreateRole");
        take_names(&corner).await.expect("the names are free");
        let role = looked.of.records[&corner.role()].clone();
        let theirs = corner.play.read(&role).await;
        let seen_late = AtomicBool::new(false);
        corner.play.sandbox.set_mangler(Some(Arc::new(move |call: &Call, reply: &mut Reply| {
            let is_look = call.operation == "GetRole" && call.access_key != VISITOR_KEY_ID;
            if is_look && !seen_late.swap(true, Ordering::Relaxed) {
                reply.status = 404;
                reply.body =
                    b"<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>"
                        .to_vec();
            }
        })));
        let journal = corner.play.journal();
        let outcome = corner.play.carry_out(looked, Journaled::Anew, &journal).await;
        corner.play.sandbox.set_mangler(None);
        let outcome = outcome.expect("a journal");
        let why = blocked(&outcome, &corner.role());
        assert!(why.contains("AssumeRolePolicyDocument"), "{outcome:#?}");
        // Asked once by us, and once by who made it.
        assert_eq!(asked(&corner, "CreateRole"), made + 2);
        assert_eq!(corner.play.read(&role).await, theirs);
    });
}

#[test]
fn a_bucket_whose_name_another_account_has_is_refused_at_once_and_no_trail_points_at_it() {
    on_a_paused_clock(async {
        let corner = Corner::taken_apart(6).await;
        let (bucket, trail) = (corner.yard.lab("data"), corner.yard.lab("trail"));
        let made = asked(&corner, "CreateBucket");
        assert!(corner.play.sandbox.bucket_of_another(&bucket, "us-east-1", "111122223333"));
        let outcome = corner.play.restore(Journaled::Anew).await;
        let row = outcome.blocked.iter().find(|row| row.resource.id == bucket);
        let why = row.map_or("", |row| &row.reason);
        assert!(why.contains("taken") && why.contains("BucketAlreadyExists"), "{outcome:#?}");
        assert_eq!(asked(&corner, "CreateBucket"), made + 1, "it is asked for once");
        let removal = corner.play.removal().await;
        let trail = removal.records.values().find(|was| was.id.id == trail).expect("a trail");
        assert_eq!(corner.play.read(trail).await, None);
        let said = outcome.failed.iter().chain(&outcome.blocked);
        assert!(said.clone().any(|row| row.resource == trail.id), "{outcome:#?}");
    });
}
