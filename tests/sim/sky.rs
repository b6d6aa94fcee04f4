//! Bad weather, from a seed.

use dismantle::sandbox::{Fault, Service, Shares, Storm, Weather};
use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;

/// Services that a storm may be over, with operations of theirs that a teardown hangs on.
pub const EXPOSED: &[(Service, &[&str])] = &[
    (Service::Iam, &["GetAccountAuthorizationDetails", "DeleteRole", "DetachRolePolicy"]),
    (Service::SageMaker, &["ListTags", "DescribeEndpoint", "DeleteModel", "DeleteEndpoint"]),
    (Service::Eks, &["DescribeCluster", "DeleteNodegroup", "ListNodegroups"]),
    (Service::S3, &["ListBuckets", "DeleteObjects", "GetBucketTagging", "DeleteBucket"]),
    (Service::Kms, &["ListAliases", "DescribeKey", "ScheduleKeyDeletion"]),
    (Service::Logs, &["DescribeLogGroups", "DeleteLogGroup", "ListTagsForResource"]),
    (Service::Ecr, &["DescribeImages", "DescribeRepositories", "BatchDeleteImage"]),
    (Service::Sts, &["GetCallerIdentity"]),
    (Service::CloudTrail, &["DescribeTrails", "GetTrailStatus", "DeleteTrail"]),
];

pub const FAULTS: [Fault; 7] = [
    Fault::Throttle,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::Truncated,
    Fault::Garbage,
];

/// Weather that strikes a little of everything, and now and then one thing hard.
pub fn bad(chance: &mut SmallRng) -> Weather {
    let mut weather = Weather::aws();
    let mut share = |most: f64| chance.random_range(0.0..most);
    weather.faults = Shares {
        throttle: share(0.03),
        error_before: share(0.01),
        error_after: share(0.01),
        reset_before: share(0.01),
        reset_after: share(0.01),
        truncated: share(0.005),
        garbage: share(0.005),
    };
    if chance.random_bool(0.2) {
        weather.latency_ms = (200, 3_000);
    }
    if chance.random_bool(0.35) {
        weather.storms.extend(storm(chance));
    }
    if chance.random_bool(0.3) {
        weather.failed_deletes = 0.3;
    }
    if chance.random_bool(0.3) {
        weather.iam_lag_s = chance.random_range(3..40);
    }
    if chance.random_bool(0.3) {
        weather.list_lag_s = chance.random_range(2..20);
    }
    weather
}

/// One service, or one operation of it: mostly throttled, else broken in one way.
fn storm(chance: &mut SmallRng) -> Option<Storm> {
    let (service, operations) = EXPOSED.choose(chance)?;
    let operation = match chance.random_bool(0.6) {
        true => operations.choose(chance).map(|operation| (*operation).to_owned()),
        false => None,
    };
    let throttled = chance.random_bool(0.5);
    let fault = if throttled { Fault::Throttle } else { *FAULTS.choose(chance)? };
    let share = if throttled { 0.9 } else { 0.4 };
    Some(Storm { service: *service, operation, fault, share: chance.random_range(0.1..share) })
}
