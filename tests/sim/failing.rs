//! The invariants can fail: each is shown a story that breaks it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dismantle::aws::kinds::{iam, logs, sagemaker};
use dismantle::journal::{Entry, Outcome};
use dismantle::plan::{Step, StepId};
use dismantle::resource::{Action, Kind, Region, ResourceId};
use dismantle::sandbox::{ACCESS_KEY_ID, Call, Sandbox, Service, VISITOR_KEY_ID};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::asked;
use crate::hand::Hand;
use crate::invariants;
use crate::order::Order;
use crate::raw;
use crate::watch::{Ground, Watch};
use crate::witness::{Book, Written};
use crate::world::{Fate, NO_LIMIT, Side, Thing, World};

fn call(number: u64, operation: &str, words: &[&str]) -> Call {
    Call {
        number,
        service: Service::Iam,
        operation: operation.to_owned(),
        region: "us-east-1".to_owned(),
        access_key: ACCESS_KEY_ID.to_owned(),
        mutates: true,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        at: Timestamp::UNIX_EPOCH,
        status: Some(200),
        effect: Some(200),
        throttled: false,
        fault: None,
    }
}

fn line(after_calls: u64, entry: Entry) -> Written {
    Written { life: 0, run: 1, after_calls, at: Timestamp::UNIX_EPOCH, entry }
}

fn id(kind: Kind, id: &str) -> ResourceId {
    ResourceId::new(kind, Region::GLOBAL, id)
}

fn step() -> Entry {
    Entry::Step(Step {
        step: StepId::numbered(1),
        action: Action::Delete,
        resource: id(iam::ROLE, "r"),
        target: None,
        after: Vec::new(),
        reason: String::new(),
        pin: None,
        created: None,
    })
}

fn intent(attempt: u32) -> Entry {
    Entry::Intent { step: StepId::numbered(1), attempt }
}

fn done(attempt: u32) -> Entry {
    Entry::Outcome { step: StepId::numbered(1), attempt, outcome: Outcome::Done }
}

#[test]
fn a_call_without_its_intent_is_noticed() {
    let delete = |number| call(number, "DeleteRole", &["r"]);
    let ended = BTreeSet::from([0]);
    let check = |calls: &[Call], lines: &[Written]| {
        invariants::journal_and_calls(calls, lines, &ended).err().unwrap_or_default()
    };
    let good = [line(0, step()), line(0, intent(1)), line(1, done(1))];
    assert_eq!(check(&[delete(1)], &good), "");
    let by_hand = Call { access_key: VISITOR_KEY_ID.to_owned(), ..delete(1) };
    assert_eq!(check(&[by_hand], &[]), "");

    let rows: [(&[Call], &[Written], &str); 6] = [
        (&[delete(1)], &[], "no step"),
        (&[delete(1)], &[line(0, step())], "no intent"),
        (&[delete(1)], &[line(0, step()), line(1, intent(1)), line(1, done(1))], "no intent"),
        (&[call(1, "DeleteRole", &["other"])], &good, "no step"),
        (&[delete(1), delete(2)], &good, "no intent"),
        (&[delete(1)], &good[..2], "no outcome"),
    ];
    for (calls, lines, expected) in rows {
        let why = check(calls, lines);
        assert!(why.contains(expected), "{expected}: {why}");
    }
    let again = [line(0, step()), line(0, intent(1)), line(1, done(1)), line(1, intent(2))];
    assert!(check(&[delete(1)], &again).contains("begun again"));
    let twice = [line(0, step()), line(0, intent(1)), line(1, intent(2)), line(2, done(2))];
    assert!(check(&[delete(1), delete(2)], &twice).contains("two intents"));
}

fn thing(kind: Kind, name: &str, side: Side, uses: &[usize]) -> Thing {
    Thing {
        id: id(kind, name),
        arn: name.to_owned(),
        side,
        uses: uses.iter().copied().collect(),
        owner: None,
        twin: None,
        held: false,
        by_tag: false,
        history: false,
    }
}

fn world(things: Vec<Thing>) -> World {
    World {
        things,
        manifest: String::new(),
        stem: "lab".to_owned(),
        regions: vec!["us-east-1"],
        enabled: vec!["us-east-1"],
        max_deletions: NO_LIMIT,
        circles: BTreeSet::new(),
    }
}

#[test]
fn what_goes_before_its_user_is_noticed() {
    let role = thing(iam::ROLE, "r", Side::Lab, &[]);
    let profile = thing(iam::INSTANCE_PROFILE, "p", Side::Lab, &[0]);
    let job = thing(sagemaker::TRAINING_JOB, "j", Side::Lab, &[0]);
    let (delete_role, delete_profile) =
        (("DeleteRole", &["r"][..]), ("DeleteInstanceProfile", &["p"][..]));
    let out = ("RemoveRoleFromInstanceProfile", &["r", "p"][..]);
    let stop = ("StopTrainingJob", &["j"][..]);
    let with = |profile: bool, job: &str| {
        let profiles = if profile { json!({ "p": { "roles": [] } }) } else { json!({}) };
        let job = json!({ "body": { "TrainingJobStatus": job } });
        json!({ "iam/us-east-1": { "instance_profiles": profiles },
            "records": { "sagemaker:training-job global j": job } })
    };
    let (there, gone) = (with(true, "Stopped"), with(false, "Stopped"));
    let stopping = with(false, "Stopping");
    let world = world(vec![role, profile, job]);
    let check = |changes: &[(&str, &[&str])], shaken: &[usize], account: &Value| {
        let mut order = Order::default();
        let shaken = shaken.iter().copied().collect();
        changes.iter().zip(1..).try_for_each(|((operation, words), number)| {
            let call = call(number, operation, words);
            let things = world.things.iter().enumerate();
            let removed = things.filter(|(_, thing)| asked::removes(&call, &thing.id));
            let removed: Vec<usize> = removed.map(|(at, _)| at).collect();
            order.take(&call, &removed, &world, &shaken, account)
        })
    };
    assert_eq!(check(&[stop, delete_profile, delete_role], &[], &gone), Ok(()));
    assert_eq!(check(&[stop, out, delete_role, delete_profile], &[], &there), Ok(()));
    assert!(check(&[stop, delete_role, delete_profile], &[], &there).is_err());
    assert!(check(&[stop, delete_profile, delete_role], &[], &there).is_err(), "it failed to go");
    assert!(check(&[stop, delete_role], &[], &gone).is_err(), "nobody removed it");
    assert!(check(&[delete_profile, delete_role], &[], &gone).is_err(), "the job runs");
    assert!(check(&[stop, delete_profile, delete_role], &[], &stopping).is_err());
    assert_eq!(check(&[stop, delete_role], &[1], &gone), Ok(()));
}

#[test]
fn what_a_neighbour_uses_stays_and_what_belongs_to_what_is_held() {
    let mut things = vec![
        thing(iam::POLICY, "used", Side::Lab, &[]),
        thing(iam::ROLE, "theirs", Side::Theirs, &[0]),
        thing(iam::POLICY, "free", Side::Lab, &[]),
        thing(iam::ROLE, "held", Side::Lab, &[2]),
        thing(iam::ROLE, "child", Side::Lab, &[]),
        thing(iam::ROLE, "goes", Side::Lab, &[0]),
        thing(iam::ROLE, "of the used", Side::Lab, &[]),
    ];
    things[3].held = true;
    things[4].owner = Some(3);
    things[6].owner = Some(0);
    let fates = world(things).fates();
    let expected =
        [Fate::Stays, Fate::Stays, Fate::Stays, Fate::Stays, Fate::Stays, Fate::Goes, Fate::Either];
    assert_eq!(fates, expected);
}

/// What a watched story says of the deletion of a log group of this name; nothing if all is well.
/// The journal says `lines` before, and other people's group is to be `then`.
async fn told(name: &str, lines: &[Entry], then: Option<Value>) -> Option<String> {
    let sandbox = Sandbox::builder().build();
    let hand = Hand(sandbox.clone());
    let group = |name: &str, side| Thing {
        id: ResourceId::new(logs::LOG_GROUP, Region::new("us-east-1"), name),
        ..thing(logs::LOG_GROUP, name, side, &[])
    };
    let things = vec![group("ours", Side::Lab), group("theirs", Side::Theirs)];
    for thing in &things {
        let body = json!({ "logGroupName": thing.id.id });
        hand.json("logs", "us-east-1", "CreateLogGroup", body).await.expect("it is made");
    }
    let is = raw::state(&sandbox.snapshot().await, &things[1].id);
    let still = [(1, then.unwrap_or(is))].into();
    let ground = Ground { world: world(things), shaken: BTreeSet::new(), still };
    let book = Book::new(sandbox.clone());
    book.wrote(Timestamp::UNIX_EPOCH, lines.to_vec());
    sandbox.set_watcher(Some(Arc::new(Watch::new(Arc::clone(&book), ground))));
    let client = aws_sdk_cloudwatchlogs::Client::new(&sandbox.sdk_config("us-east-1"));
    let delete = client.delete_log_group().log_group_name(name).send();
    let answer = tokio::time::timeout(Duration::from_secs(60), delete).await;
    let answered = answer.is_ok_and(|answer| answer.is_ok());
    sandbox.set_watcher(None);
    let said = book.alarm.said();
    assert_eq!(answered, said.is_none(), "who did wrong gets no answer");
    said
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_wrong_ends_the_story_at_once() {
    let of = |name: &str| {
        let Entry::Step(step) = step() else { unreachable!() };
        let resource = ResourceId::new(logs::LOG_GROUP, Region::new("us-east-1"), name);
        vec![Entry::Step(Step { resource, ..step }), intent(1)]
    };
    assert_eq!(told("ours", &of("ours"), None).await, None);
    let rows = [
        (told("ours", &[], None).await, "no step"),
        (told("ours", &of("ours")[..1], None).await, "no intent"),
        (told("theirs", &of("theirs"), None).await, "theirs was to stay"),
        (told("ours", &of("ours"), Some(json!("other"))).await, "was to stay as it was"),
    ];
    for (said, expected) in rows {
        let said = said.unwrap_or_default();
        // Two groups were made before.
        assert!(said.starts_with("call 3, DeleteLogGroup in us-east-1 of "), "{said}");
        assert!(said.contains(expected), "{expected}: {said}");
    }
}
