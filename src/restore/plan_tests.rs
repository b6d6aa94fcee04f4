//! What comes back, row by row.

use serde_json::json;

use super::*;
use crate::aws::kinds::{iam, kms, logs};
use crate::aws::registry;
use crate::resource::{Action, Last, Lifecycle, Prep, Region};
use crate::restore::changed::Removed;

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
    Changed { was, undone: Vec::new(), removal, made: None }
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
    one.made = Some(time("2026-11-25T00:00:00Z"));
    let mut now = role("AROA2", json!({}));
    now.created = Some(time("2026-11-25T00:00:03Z"));
    let mended = way(&one, there(now.clone()));
    assert_eq!(actions(&mended), [Action::AttachPolicy]);
    assert_eq!(mended.steps[0].pin.as_deref(), Some("AROA2"));
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
    let one = Changed { was: was.clone(), undone, removal: None, made: None };
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
    let called_back = way(&own, there(key("Disabled", Lifecycle::Live)));
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
