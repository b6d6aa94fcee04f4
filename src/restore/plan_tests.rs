//! What comes back, row by row.

use serde_json::json;

use super::*;
use crate::aws::kinds::{cloudtrail, ecr, eks, iam, kms, logs, s3, sagemaker};
use crate::aws::registry;
use crate::resource::{Action, Last, Lifecycle, Prep, Region};
use crate::restore::changed::{Earlier, Made, Removed};

const HOME: Region = Region::new("us-east-1");

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn role(pin: &str, record: serde_json::Value) -> Resource {
    let mut role = Resource::new(iam::ROLE, Region::GLOBAL, "lab", "lab");
    role.pin = Some(pin.into());
    role.created = Some(time("2026-01-01T00:00:00Z"));
    role.record = record;
    role
}

fn key(state: &str, lifecycle: Lifecycle) -> Resource {
    let mut key = Resource::new(kms::KEY, HOME, "k", "k");
    key.pin = Some("k".into());
    key.removal.last = Last::ScheduleDeletion;
    key.lifecycle = lifecycle;
    key.record = json!({ "KeyState": state });
    key
}

fn removed(was: Resource, surely: bool, until: Option<&str>) -> Changed {
    let asked = time("2026-11-24T12:00:00Z");
    let removal = Some(Removed { surely, until: until.map(time), asked });
    Changed { was, undone: Vec::new(), removal, earlier: Earlier::default() }
}

fn way(one: &Changed, today: Today) -> Way {
    let today = BTreeMap::from([(one.was.id.clone(), today)]);
    plan(std::slice::from_ref(one), &today, |was| registry::find(was.kind()))
}

fn there(now: Resource) -> Today {
    Today::There(Box::new(now))
}

fn actions(way: &Way) -> Vec<Action> {
    way.steps.iter().map(|step| step.action).collect()
}

#[test]
fn what_is_gone_is_made_again_with_all_that_was_on_it() {
    let was = role(
        "AROA1",
        json!({
            "AttachedManagedPolicies": [{ "PolicyArn": "arn:p" }],
            "RolePolicyList": [{ "PolicyName": "in", "PolicyDocument": {} }],
        }),
    );
    let way = way(&removed(was, true, None), Today::Gone);
    assert_eq!(actions(&way), [Action::Create, Action::AttachPolicy, Action::PutInlinePolicy]);
    assert!(way.steps.iter().all(|step| step.pin.is_none()));
}

#[test]
fn what_is_there_again_as_it_was_is_left_and_so_is_what_is_different() {
    let one = removed(role("AROA1", json!({ "Path": "/" })), true, None);
    let same = way(&one, there(role("AROA2", json!({ "Path": "/" }))));
    assert_eq!((same.steps.len(), same.there.len()), (0, 1));
    let other = way(&one, there(role("AROA2", json!({ "Path": "/other/" }))));
    assert_eq!((other.steps.len(), other.refused.len()), (0, 1));
    assert!(other.refused[0].reason.contains("Path"), "{:?}", other.refused);
}

#[test]
fn what_an_earlier_restore_made_by_half_is_made_whole() {
    let policies = json!({ "AttachedManagedPolicies": [{ "PolicyArn": "arn:p" }] });
    let mut one = removed(role("AROA1", policies), true, None);
    one.earlier.made = Some(Made { at: time("2026-11-25T00:00:00Z"), seen: None });
    let mut now = role("AROA2", json!({}));
    now.created = Some(time("2026-11-25T00:00:03Z"));
    let mended = way(&one, there(now.clone()));
    assert_eq!(actions(&mended), [Action::AttachPolicy]);
    assert_eq!(mended.steps[0].pin.as_deref(), Some("AROA2"));
    // What it did is not done twice: somebody has taken it off since.
    let attach = Prep::of(Action::AttachPolicy, "arn:p");
    let done =
        Changed { earlier: Earlier { done: vec![attach], ..one.earlier.clone() }, ..one.clone() };
    let left = way(&done, there(now.clone()));
    assert_eq!((left.steps.len(), left.there.len()), (0, 1));
    // Of that moment, and set as no call of ours sets it.
    let mut others = now.clone();
    others.tags.insert("owner".into(), "ann".into());
    assert_eq!(way(&one, there(others.clone())).refused.len(), 1);
    // It was written down, so that its id tells, whatever its owner has changed.
    one.earlier.made = Some(Made { at: time("2026-11-25T00:00:00Z"), seen: Some(now.clone()) });
    assert_eq!(actions(&way(&one, there(others))), [Action::AttachPolicy]);
    now.pin = Some("AROA3".into());
    assert_eq!(way(&one, there(now.clone())).refused.len(), 1);
    one.earlier.made = Some(Made { at: time("2026-11-25T00:00:00Z"), seen: None });
    // Somebody made another one since.
    now.created = Some(time("2026-11-25T09:00:00Z"));
    assert_eq!(way(&one, there(now)).refused.len(), 1);
}

#[test]
fn of_a_thing_that_stayed_only_what_the_run_undid_is_put_back() {
    let policies = json!({
        "AttachedManagedPolicies": [{ "PolicyArn": "arn:p" }, { "PolicyArn": "arn:q" }],
    });
    let undone = vec![Prep::of(Action::DetachPolicy, "arn:p")];
    let was = role("AROA1", policies);
    let one = Changed { was: was.clone(), undone, removal: None, earlier: Earlier::default() };
    let way_back = way(&one, there(role("AROA1", json!({}))));
    let targets: Vec<_> = way_back.steps.iter().map(|step| step.target.as_deref()).collect();
    assert_eq!(targets, [Some("arn:p")]);
    assert_eq!(way_back.steps[0].pin.as_deref(), Some("AROA1"));
    let gone = way(&one, Today::Gone);
    assert_eq!((gone.steps.len(), gone.lost.len()), (0, 1));
    // Attached again by somebody else.
    let mut whole = was;
    whole.removal.prep.push(Prep::of(Action::DetachPolicy, "arn:p"));
    assert!(way(&one, there(whole)).steps.is_empty());
}

/// What was taken off a thing that is still there, what it shows now, and what comes of that.
#[test]
fn each_preparatory_step_is_taken_back_or_said() {
    let home = |kind, name: &str, record: serde_json::Value| {
        let mut one = Resource::new(kind, HOME, name, name);
        one.pin = Some("same".into());
        one.record = record;
        one
    };
    let version = |id: &str, document: &str, default: bool| json!({ "VersionId": id, "Document": document, "IsDefaultVersion": default });
    let versions = |all: &[serde_json::Value]| json!({ "PolicyVersionList": all });
    let (old, new) = (version("v1", "a", false), version("v2", "b", true));
    let stopped = json!({ "NotebookInstanceStatus": "Stopped" });
    let off = |member: &str| json!({ member: false });
    let on = |member: &str| json!({ member: true });
    let group = "deletionProtectionEnabled";
    let back = |action, target: Option<&str>| {
        (Some(Prep { action, target: target.map(str::to_owned) }), "")
    };
    let said = |why: &'static str| (None, why);
    let rows = [
        (
            home(iam::POLICY, "p", versions(&[old.clone(), new.clone()])),
            Prep::of(Action::DeletePolicyVersion, "v1"),
            versions(&[new]),
            back(Action::CreatePolicyVersion, Some("v1")),
        ),
        (
            home(iam::INSTANCE_PROFILE, "p", json!({ "Roles": ["r"] })),
            Prep::of(Action::RemoveFromInstanceProfile, "r"),
            json!({ "Roles": [] }),
            back(Action::AddToInstanceProfile, Some("r")),
        ),
        (
            home(logs::LOG_GROUP, "/lab", on(group)),
            Prep::new(Action::LiftProtection),
            off(group),
            back(Action::Configure, Some(group)),
        ),
        (
            home(eks::CLUSTER, "c", on("deletionProtection")),
            Prep::new(Action::LiftProtection),
            off("deletionProtection"),
            back(Action::Configure, Some("deletionProtection")),
        ),
        (
            home(cloudtrail::TRAIL, "t", json!({ "IsLogging": true })),
            Prep::new(Action::Stop),
            json!({ "IsLogging": false }),
            back(Action::Start, None),
        ),
        (
            home(sagemaker::NOTEBOOK_INSTANCE, "n", json!({})),
            Prep::new(Action::Stop),
            stopped,
            back(Action::Start, None),
        ),
        (
            home(sagemaker::TRAINING_JOB, "j", json!({})),
            Prep::new(Action::Stop),
            json!({}),
            said("which was stopped"),
        ),
        (
            home(ecr::IMAGE, "i", json!({})),
            Prep::of(Action::Untag, "v1"),
            json!({}),
            said("its tag v1"),
        ),
        (home(s3::BUCKET, "b", json!({})), Prep::new(Action::Empty), json!({}), said("was in it")),
    ];
    for (mut was, prep, record, (step, why)) in rows {
        was.removal.prep.push(prep.clone());
        let mut now = was.clone();
        now.removal.prep.retain(|one| *one != prep);
        now.record = record;
        let id = was.id.clone();
        let undone = vec![prep.clone()];
        let one = Changed { was, undone, removal: None, earlier: Earlier::default() };
        let way = way(&one, there(now));
        let steps: Vec<Prep> = way.steps.iter().map(Step::prep).collect();
        assert_eq!(steps, Vec::from_iter(step), "{prep:?} of {id}");
        let lost = way.lost.first().map_or("", |row| &row.reason);
        assert!(lost.contains(why) && lost.is_empty() == why.is_empty(), "{id}: {lost}");
    }
}

#[test]
fn only_its_own_schedule_of_a_key_is_cancelled() {
    let until = "2026-12-01T12:00:00Z";
    let pending = |until: &str| {
        there(key("PendingDeletion", Lifecycle::Pending { until: Some(time(until)) }))
    };
    let own = removed(key("Enabled", Lifecycle::Live), true, Some(until));
    let back = way(&own, pending("2026-12-01T12:00:20Z"));
    assert_eq!(actions(&back), [Action::CancelDeletion, Action::Enable]);
    let disabled = removed(key("Disabled", Lifecycle::Live), true, Some(until));
    assert_eq!(actions(&way(&disabled, pending(until))), [Action::CancelDeletion]);
    let others = way(&own, pending("2026-12-03T12:00:00Z"));
    assert_eq!((others.steps.len(), others.refused.len()), (0, 1));
    // The answer was lost: a window of whole days from then is the run's own.
    let lost = removed(key("Enabled", Lifecycle::Live), false, None);
    assert_eq!(way(&lost, pending("2026-12-01T12:00:05Z")).steps.len(), 2);
    assert_eq!(way(&lost, pending("2026-12-01T18:00:00Z")).refused.len(), 1);
    assert_eq!(way(&lost, pending("2026-11-25T12:00:00Z")).refused.len(), 1);
    let over = way(&own, Today::Gone);
    assert_eq!((over.steps.len(), over.lost.len()), (0, 1));
    // Cut off between the two calls: the key is enabled, and not called back twice.
    let mut half = own.clone();
    half.earlier.called_back = true;
    half.earlier.done = vec![Prep::new(Action::CancelDeletion)];
    let disabled = || there(key("Disabled", Lifecycle::Live));
    assert_eq!(actions(&way(&half, disabled())), [Action::Enable]);
    // Somebody has disabled it after that.
    half.earlier.done.push(Prep::new(Action::Enable));
    assert!(way(&half, disabled()).steps.is_empty());
    let called_back = way(&own, disabled());
    assert!(called_back.steps.is_empty() && called_back.there[0].reason.contains("disabled"));
}

#[test]
fn what_cannot_be_read_or_is_on_its_way_out_is_left() {
    let one = removed(role("AROA1", json!({})), true, None);
    assert_eq!(way(&one, Today::Unread("denied".into())).refused.len(), 1);
    let mut leaving = role("AROA1", json!({}));
    leaving.lifecycle = Lifecycle::Leaving { status: "DELETING".into() };
    assert_eq!(way(&one, there(leaving)).refused.len(), 1);
}

#[test]
fn what_could_not_be_read_then_is_said_not_to_come_back() {
    let mut group = Resource::new(logs::LOG_GROUP, HOME, "/lab", "/lab");
    group.record = json!({ "retentionInDays": 30, "unread": { "metric filters": "denied" } });
    let way = way(&removed(group, true, None), Today::Gone);
    assert_eq!(actions(&way), [Action::Create, Action::Configure]);
    let lacks: Vec<&str> = way.without.iter().map(|row| row.reason.as_str()).collect();
    assert_eq!(lacks.len(), 2);
    assert!(lacks.iter().any(|what| what.contains("metric filters")), "{lacks:?}");
}
