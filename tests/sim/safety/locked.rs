//! Object Lock: of a bucket in which one version has to stay, nothing is removed.
//!
//! Source: S3 user guide, "Locking objects with Object Lock": retention and legal holds are on
//! single versions, in any mix.

use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockLegalHoldStatus,
    ObjectLockMode, ObjectLockRetentionMode, ObjectLockRule,
};
use dismantle::discover::Seen;
use dismantle::mandate::Survey;
use dismantle::report::Ending;
use dismantle::resource::ResourceId;
use dismantle::sandbox::{Fault, Service, Storm, Weather};

use super::hold::{MANIFEST, account, enter, lives, paused, take_apart};
use super::yard::{BoxError, Yard, at_home};

type Put = PutObjectFluentBuilder;

/// Before and after any run of these tests: 2 January 2026, 18 May 2033.
const PAST_S: i64 = 1_767_312_000;
const FUTURE_S: i64 = 2_000_000_000;

struct Row {
    name: &'static str,
    /// What is put on one of the bucket's objects.
    hold: fn(Put) -> Put,
    /// For how many days all of them are retained by the bucket's own rule.
    days: Option<i32>,
    more: &'static str,
    /// Why nothing goes; `None`: all of it does.
    stays: Option<&'static str>,
}

const BYPASS: &str = "options: { s3: { bypass_governance_retention: true } }\n";

fn on(put: Put, mode: ObjectLockMode, until_s: i64) -> Put {
    put.object_lock_mode(mode).object_lock_retain_until_date(DateTime::from_secs(until_s))
}

const ROWS: &[Row] = &[
    Row { name: "no hold", hold: |put| put, days: None, more: "", stays: None },
    Row {
        name: "a legal hold",
        hold: |put| put.object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On),
        days: None,
        more: "",
        stays: Some("is under legal hold"),
    },
    Row {
        name: "a legal hold, and retention is bypassed",
        hold: |put| put.object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On),
        days: None,
        more: BYPASS,
        stays: Some("is under legal hold"),
    },
    Row {
        name: "compliance retention, which is bypassed",
        hold: |put| on(put, ObjectLockMode::Compliance, FUTURE_S),
        days: None,
        more: BYPASS,
        stays: Some("is under compliance retention until 2033-05-18T03:33:20Z"),
    },
    Row {
        name: "compliance retention that is over",
        hold: |put| on(put, ObjectLockMode::Compliance, PAST_S),
        days: None,
        more: "",
        stays: None,
    },
    Row {
        name: "governance retention",
        hold: |put| on(put, ObjectLockMode::Governance, FUTURE_S),
        days: None,
        more: "",
        stays: Some("is under governance retention until 2033-05-18T03:33:20Z"),
    },
    Row {
        name: "the bucket's own default retention",
        hold: |put| put,
        days: Some(30),
        more: BYPASS,
        stays: Some("is under compliance retention until 2026-02-14T08:00:00Z"),
    },
    Row {
        name: "governance retention, which is bypassed",
        hold: |put| on(put, ObjectLockMode::Governance, FUTURE_S),
        days: None,
        more: BYPASS,
        stays: None,
    },
];

/// A bucket with Object Lock and `count` objects, one in the middle of which is held.
async fn bucket(
    yard: &Yard,
    count: usize,
    days: Option<i32>,
    hold: impl Fn(Put) -> Put,
) -> Result<ResourceId, BoxError> {
    let name = yard.lab("locked");
    let create = yard.s3().create_bucket().bucket(&name);
    create.object_lock_enabled_for_bucket(true).send().await?;
    let on = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled);
    let rule = days.map(|days| {
        let compliance = ObjectLockRetentionMode::Compliance;
        let retention = DefaultRetention::builder().mode(compliance).days(days).build();
        ObjectLockRule::builder().default_retention(retention).build()
    });
    let put = yard.s3().put_object_lock_configuration().bucket(&name);
    put.object_lock_configuration(on.set_rule(rule).build()).send().await?;
    for number in 0..count {
        let put = yard.s3().put_object().bucket(&name).key(format!("{number:04}.csv"));
        let put = put.body(ByteStream::from_static(b"1,2,3"));
        let put = if number == count / 2 { hold(put) } else { put };
        put.send().await?;
    }
    Ok(at_home(dismantle::aws::kinds::s3::BUCKET, name))
}

async fn run(row: &Row) -> Result<(), String> {
    let sandbox = account();
    let yard = Yard::new(&sandbox, 0);
    let bucket =
        bucket(&yard, 5, row.days, row.hold).await.map_err(|error| format!("{error:?}"))?;
    let contents = async || sandbox.snapshot().await["buckets"][&bucket.id].clone();
    let before = contents().await;
    let mandate = enter(&sandbox, &format!("{MANIFEST}{}", row.more)).await;
    let Survey { inventory, plan, .. } = mandate.survey(&Seen::default()).await;
    let outcome = take_apart(&mandate, inventory, plan.steps, Vec::new(), false).await;
    let Some(words) = row.stays else {
        return match lives(&mandate.discovery.all(&Seen::default()).await, &bucket) {
            true => Err(format!("it is left: {outcome:?}")),
            false => Ok(()),
        };
    };
    if contents().await != before {
        return Err("something was removed from it".to_owned());
    }
    let told = outcome.blocked.iter().find(|row| row.resource == bucket);
    let which = if row.days.is_some() { ".csv" } else { "0002.csv" };
    if !told.is_some_and(|told| told.reason.contains(words) && told.reason.contains(which)) {
        return Err(format!("the run says of it {told:?}"));
    }
    match (outcome.outcome, outcome.failed.is_empty()) {
        (Ending::Incomplete, true) => Ok(()),
        other => Err(format!("the run ended as {other:?}")),
    }
}

#[test]
fn where_one_version_has_to_stay_nothing_is_removed() {
    let mut wrong = Vec::new();
    for row in ROWS {
        wrong.extend(paused(run(row)).err().map(|why| format!("{}: {why}", row.name)));
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Who may not see what is held finds out before anything is gone.
#[test]
fn where_retention_cannot_be_seen_nothing_is_removed() {
    paused(async {
        let sandbox = account();
        let bucket = bucket(&Yard::new(&sandbox, 0), 3, None, |put| put).await.expect("a bucket");
        let before = sandbox.snapshot().await["buckets"].clone();
        let mandate = enter(&sandbox, MANIFEST).await;
        let Survey { inventory, plan, .. } = mandate.survey(&Seen::default()).await;
        sandbox.set_weather(Weather {
            storms: vec![Storm {
                service: Service::S3,
                operation: Some("GetObjectRetention".to_owned()),
                fault: Fault::Denied,
                share: 1.0,
            }],
            ..Weather::calm()
        });
        let outcome = take_apart(&mandate, inventory, plan.steps, Vec::new(), false).await;
        assert_eq!(sandbox.snapshot().await["buckets"], before);
        let failed = outcome.failed.iter().find(|row| row.resource == bucket);
        let reason = failed.map(|row| row.reason.as_str()).unwrap_or_default();
        assert!(reason.contains("GetObjectRetention was denied"), "{outcome:?}");
    });
}

/// However many versions there are, the looks are bounded; the newest are looked at first.
#[test]
fn a_large_bucket_is_asked_about_a_bounded_number_of_versions() {
    paused(async {
        let sandbox = account();
        let bucket = bucket(&Yard::new(&sandbox, 0), 700, None, |put| put).await.expect("a bucket");
        let mandate = enter(&sandbox, MANIFEST).await;
        let Survey { inventory, plan, .. } = mandate.survey(&Seen::default()).await;
        take_apart(&mandate, inventory, plan.steps, Vec::new(), false).await;
        let asked = |name| sandbox.calls().iter().filter(|call| call.operation == name).count();
        assert_eq!((asked("GetObjectLegalHold"), asked("GetObjectRetention")), (500, 500));
        assert!(!lives(&mandate.discovery.all(&Seen::default()).await, &bucket));
    });
}
