//! What cannot be seen is said, and holds what a manifest or a gap wants it to hold.

use dismantle::aws::kinds::{iam, logs, sagemaker};
use dismantle::classify::Decision;
use dismantle::discover::Seen;
use dismantle::mandate::Survey;
use dismantle::report::Ending;
use dismantle::resource::ResourceId;
use dismantle::sandbox::weather::Scripted;
use dismantle::sandbox::{ACCOUNT_ID, Fault, Service, Weather};

use super::hold::{MANIFEST, account, enter, lives, paused, same, take_apart};
use super::yard::{BoxError, ELSEWHERE, HOME, Yard, at_home, global, trust};

/// Things of the lab's that somebody may be using out of sight, with what is said of each.
async fn things_with_cautions(yard: &Yard) -> Result<Vec<(ResourceId, &'static str)>, BoxError> {
    let mut made = Vec::new();
    let root = format!("arn:aws:iam::{ACCOUNT_ID}:root");
    for (what, kind, principal, words) in [
        ("machine", "Service", "ec2.amazonaws.com", "trusts ec2.amazonaws.com"),
        ("function", "Service", "lambda.amazonaws.com", "trusts lambda.amazonaws.com"),
        ("crawler", "Service", "glue.amazonaws.com", "trusts glue.amazonaws.com"),
        ("task", "Service", "ecs-tasks.amazonaws.com", "trusts ecs-tasks.amazonaws.com"),
        ("anybody", "AWS", root.as_str(), "trusts arn:aws:iam::842676018087:root"),
    ] {
        let name = yard.lab(what);
        let role = yard.iam().create_role().role_name(&name);
        role.assume_role_policy_document(trust(kind, principal)).send().await?;
        made.push((global(iam::ROLE, name), words));
    }
    let key = yard.key(&format!("alias/{}", yard.lab("key"))).await?;
    made.push((key.resource(), "what else it has encrypted cannot be seen"));
    let profile = yard.lab("profile");
    yard.iam().create_instance_profile().instance_profile_name(&profile).send().await?;
    let profile = global(iam::INSTANCE_PROFILE, profile);
    made.push((profile, "EC2 instances that run with it cannot be seen"));
    Ok(made)
}

/// `options: { cautions: block }`: role and key, and all that is only known by what somebody says.
#[test]
fn where_the_manifest_blocks_on_cautions_they_hold_what_they_are_about() {
    paused(async {
        let sandbox = account();
        let yard = Yard::new(&sandbox, 0);
        let held = things_with_cautions(&yard).await.expect("things with cautions");
        let free = yard.log_group(&yard.lab("free"), None).await.expect("a log group");
        let strict = format!("{MANIFEST}options: {{ cautions: block }}\n");
        let mandate = enter(&sandbox, &strict).await;
        let Survey { inventory, plan, decided, .. } = mandate.survey(&Seen::default()).await;
        for (id, words) in &held {
            let verdict = &decided.verdicts[id];
            let told = format!("the manifest blocks on {words}");
            let right = verdict.decision == Decision::Blocked && verdict.reason.contains(&told);
            assert!(right, "{id}: {verdict:?}");
        }
        let before = inventory.clone();
        let outcome = take_apart(&mandate, inventory, plan.steps, Vec::new(), false).await;
        assert_eq!((outcome.outcome, outcome.failed), (Ending::Incomplete, Vec::new()));
        let after = mandate.discovery.all(&Seen::default()).await;
        for (id, _) in &held {
            same(id, &before, &after).expect("it stays as it was");
            assert!(outcome.blocked.iter().any(|row| row.resource == *id), "{id} is not named");
        }
        assert!(!lives(&after, &free), "no caution is about it");

        // The same account without that word: all of it goes.
        let mandate = enter(&sandbox, MANIFEST).await;
        let Survey { inventory, plan, .. } = mandate.survey(&Seen::default()).await;
        take_apart(&mandate, inventory, plan.steps, Vec::new(), false).await;
        let after = mandate.discovery.all(&Seen::default()).await;
        let left: Vec<&ResourceId> =
            held.iter().map(|(id, _)| id).filter(|id| lives(&after, id)).collect();
        assert!(left.is_empty(), "a caution alone only warns: {left:?}");
    });
}

/// One lister that fails in one region, where the manifest is not even at home.
#[test]
fn a_lister_that_failed_in_any_enabled_region_holds_what_is_global() {
    paused(async {
        let sandbox = account();
        let yard = Yard::new(&sandbox, 0);
        let role = yard.lab("role");
        let arn = yard.role(&role).await.expect("a role");
        let policy = yard.policy(&yard.lab("policy")).await.expect("a policy");
        let group = yard.log_group(&yard.lab("group"), None).await.expect("a log group");
        // The one whom nobody will see.
        yard.notebook(ELSEWHERE, &yard.their("notebook"), &arn).await.expect("a notebook");
        let denied = |region: &str| Weather {
            script: vec![Scripted {
                service: Service::SageMaker,
                operation: "ListNotebookInstances".to_owned(),
                region: Some(region.to_owned()),
                nth: None,
                fault: Fault::Denied,
            }],
            ..Weather::calm()
        };
        for region in [ELSEWHERE, HOME] {
            sandbox.set_weather(denied(region.as_str()));
            let mandate = enter(&sandbox, MANIFEST).await;
            let survey = mandate.survey(&Seen::default()).await;
            let verdict = &survey.decided.verdicts[&global(iam::ROLE, &role)];
            assert_eq!(verdict.decision, Decision::Blocked, "{region}: {verdict:?}");
            let kind = sagemaker::NOTEBOOK_INSTANCE.to_string();
            let says = verdict.reason.contains("cannot see") || verdict.reason.contains(&kind);
            assert!(says, "{region}: {}", verdict.reason);
            // What a notebook cannot use is not held by it.
            for id in [global(iam::POLICY, &policy), group.clone()] {
                assert_eq!(survey.decided.decision(&id), Decision::Delete, "{region}: {id}");
            }
            let gaps = mandate.gaps(&survey);
            assert!(gaps.iter().any(|gap| gap.region == region), "{region}: {gaps:?}");
        }
        sandbox.set_weather(denied(ELSEWHERE.as_str()));
        let mandate = enter(&sandbox, MANIFEST).await;
        let Survey { inventory, plan, .. } = mandate.survey(&Seen::default()).await;
        let before = inventory.clone();
        let outcome = take_apart(&mandate, inventory, plan.steps, Vec::new(), false).await;
        assert_eq!(outcome.outcome, Ending::Incomplete);
        sandbox.set_weather(Weather::calm());
        let after = mandate.discovery.all(&Seen::default()).await;
        same(&global(iam::ROLE, &role), &before, &after).expect("the role stays");
        assert!(!lives(&after, &at_home(logs::LOG_GROUP, yard.lab("group"))));
        assert_eq!(after.of_kind(sagemaker::NOTEBOOK_INSTANCE).count(), 1);
    });
}
