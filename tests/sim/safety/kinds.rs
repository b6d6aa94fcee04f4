//! Whatever can refer to something is read, and everywhere from where it can.

use dismantle::aws::kinds::{cloudtrail, ecr, eks, iam, kms, logs, s3, sagemaker};
use dismantle::aws::registry;
use dismantle::discover::Seen;
use dismantle::resource::{Kind, Region};
use dismantle::sandbox::Sandbox;

use super::hold::{MANIFEST, account, enter, paused};
use super::yard::ENABLED;
use crate::invariants::SURVEY;

const MONITORING: &[Kind] =
    &[sagemaker::ENDPOINT, iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE];

/// A kind, and what it can use by AWS's own description of it.
const CAN_USE: &[(Kind, &[Kind])] = &[
    (cloudtrail::TRAIL, &[s3::BUCKET, kms::KEY, logs::LOG_GROUP, iam::ROLE]),
    (cloudtrail::EVENT_DATA_STORE, &[kms::KEY, iam::ROLE]),
    (s3::BUCKET, &[s3::BUCKET, kms::KEY, iam::ROLE]),
    (kms::ALIAS, &[kms::KEY]),
    (kms::GRANT, &[kms::KEY]),
    (iam::ROLE, &[iam::POLICY, iam::OIDC_PROVIDER]),
    (iam::USER, &[iam::POLICY]),
    (iam::GROUP, &[iam::POLICY]),
    (iam::INSTANCE_PROFILE, &[iam::ROLE]),
    (logs::LOG_GROUP, &[kms::KEY, iam::ROLE, logs::LOG_GROUP, s3::BUCKET]),
    (logs::DESTINATION, &[iam::ROLE]),
    (logs::DELIVERY_DESTINATION, &[logs::LOG_GROUP, s3::BUCKET, iam::ROLE]),
    (logs::DELIVERY, &[logs::DELIVERY_SOURCE, logs::DELIVERY_DESTINATION]),
    (logs::ACCOUNT_POLICY, &[iam::ROLE, logs::LOG_GROUP, s3::BUCKET]),
    (logs::SCHEDULED_QUERY, &[iam::ROLE, logs::LOG_GROUP, s3::BUCKET, kms::KEY]),
    (logs::ANOMALY_DETECTOR, &[kms::KEY]),
    (ecr::REPOSITORY, &[kms::KEY]),
    (ecr::PULL_THROUGH_CACHE_RULE, &[iam::ROLE]),
    (ecr::REPOSITORY_CREATION_TEMPLATE, &[iam::ROLE, kms::KEY]),
    (ecr::IMAGE, &[ecr::IMAGE]),
    (eks::CLUSTER, &[iam::ROLE, iam::OIDC_PROVIDER, kms::KEY, logs::LOG_GROUP]),
    (eks::NODEGROUP, &[iam::ROLE, iam::INSTANCE_PROFILE]),
    (eks::FARGATE_PROFILE, &[iam::ROLE]),
    (eks::ADDON, &[iam::ROLE, eks::POD_IDENTITY_ASSOCIATION]),
    (eks::ACCESS_ENTRY, &[iam::ROLE, iam::USER]),
    (eks::POD_IDENTITY_ASSOCIATION, &[iam::ROLE]),
    (eks::CAPABILITY, &[iam::ROLE, eks::CLUSTER]),
    (sagemaker::ENDPOINT, &[sagemaker::ENDPOINT_CONFIG, s3::BUCKET, ecr::REPOSITORY]),
    (sagemaker::ENDPOINT_CONFIG, &[sagemaker::MODEL, iam::ROLE, s3::BUCKET, kms::KEY]),
    (sagemaker::MODEL, &[iam::ROLE, s3::BUCKET, ecr::REPOSITORY, ecr::IMAGE]),
    (sagemaker::NOTEBOOK_INSTANCE, &[iam::ROLE, kms::KEY, sagemaker::NOTEBOOK_LIFECYCLE_CONFIG]),
    (sagemaker::TRAINING_JOB, &[iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE]),
    (sagemaker::PROCESSING_JOB, &[iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE]),
    (sagemaker::TRANSFORM_JOB, &[sagemaker::MODEL, s3::BUCKET, kms::KEY]),
    (
        sagemaker::HYPER_PARAMETER_TUNING_JOB,
        &[iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE],
    ),
    (sagemaker::DOMAIN, &[iam::ROLE, s3::BUCKET, kms::KEY]),
    (sagemaker::USER_PROFILE, &[iam::ROLE, s3::BUCKET, kms::KEY]),
    (sagemaker::MODEL_PACKAGE, &[s3::BUCKET, ecr::REPOSITORY, ecr::IMAGE]),
    (sagemaker::PIPELINE, &[iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE]),
    // Read for what they use, though nothing removes them.
    (sagemaker::CLUSTER, &[iam::ROLE, s3::BUCKET, kms::KEY, eks::CLUSTER]),
    (sagemaker::FEATURE_GROUP, &[iam::ROLE, s3::BUCKET, kms::KEY]),
    (
        sagemaker::INFERENCE_COMPONENT,
        &[sagemaker::ENDPOINT, sagemaker::MODEL, s3::BUCKET, ecr::REPOSITORY, ecr::IMAGE],
    ),
    (sagemaker::MLFLOW_TRACKING_SERVER, &[iam::ROLE, s3::BUCKET]),
    (sagemaker::MONITORING_SCHEDULE, MONITORING),
    (sagemaker::COMPILATION_JOB, &[sagemaker::MODEL_PACKAGE, iam::ROLE, s3::BUCKET, kms::KEY]),
    (
        sagemaker::OPTIMIZATION_JOB,
        &[sagemaker::MODEL, iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE],
    ),
    (sagemaker::AI_BENCHMARK_JOB, &[sagemaker::ENDPOINT, iam::ROLE, s3::BUCKET, logs::LOG_GROUP]),
    (
        sagemaker::AI_RECOMMENDATION_JOB,
        &[sagemaker::MODEL_PACKAGE, sagemaker::MODEL_PACKAGE_GROUP, iam::ROLE, s3::BUCKET],
    ),
    (sagemaker::AI_WORKLOAD_CONFIG, &[s3::BUCKET]),
    (
        sagemaker::AUTO_ML_JOB,
        &[sagemaker::ENDPOINT, iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE],
    ),
    (sagemaker::LABELING_JOB, &[sagemaker::MODEL, iam::ROLE, s3::BUCKET, kms::KEY]),
    (
        sagemaker::INFERENCE_RECOMMENDATIONS_JOB,
        &[
            sagemaker::ENDPOINT,
            sagemaker::MODEL,
            sagemaker::MODEL_PACKAGE,
            iam::ROLE,
            s3::BUCKET,
            kms::KEY,
        ],
    ),
    (
        sagemaker::INFERENCE_EXPERIMENT,
        &[sagemaker::ENDPOINT, sagemaker::MODEL, iam::ROLE, s3::BUCKET, kms::KEY],
    ),
    (sagemaker::IMAGE, &[iam::ROLE]),
    (sagemaker::IMAGE_VERSION, &[ecr::REPOSITORY, ecr::IMAGE]),
    (sagemaker::APP_IMAGE_CONFIG, &[s3::BUCKET]),
    (sagemaker::MLFLOW_APP, &[iam::ROLE, s3::BUCKET, kms::KEY]),
    (sagemaker::PARTNER_APP, &[iam::ROLE, kms::KEY]),
    (sagemaker::DATA_QUALITY_JOB_DEFINITION, MONITORING),
    (sagemaker::MODEL_QUALITY_JOB_DEFINITION, MONITORING),
    (sagemaker::MODEL_BIAS_JOB_DEFINITION, MONITORING),
    (sagemaker::MODEL_EXPLAINABILITY_JOB_DEFINITION, MONITORING),
    (sagemaker::FLOW_DEFINITION, &[iam::ROLE, s3::BUCKET, kms::KEY]),
    (sagemaker::HUB, &[s3::BUCKET]),
    (sagemaker::MODEL_CARD, &[kms::KEY]),
    (sagemaker::ALGORITHM, &[iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE]),
    (sagemaker::PROJECT, &[iam::ROLE, s3::BUCKET]),
];

#[test]
fn what_can_refer_to_something_says_so() {
    let catalog = registry::catalog();
    let mut wrong = Vec::new();
    for (kind, wanted) in CAN_USE {
        let Some(facts) = catalog.get(*kind) else {
            wrong.push(format!("{kind} is not read"));
            continue;
        };
        let missing = wanted.iter().filter(|used| !facts.can_use.contains(*used));
        wrong.extend(missing.map(|used| format!("{kind} can use {used}, and does not say so")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_can_use_a_global_thing_is_looked_for_in_every_enabled_region() {
    let inventory = paused(async {
        let mandate = enter(&account(), MANIFEST).await;
        mandate.discovery.all(&Seen::default()).await
    });
    let catalog = registry::catalog();
    let enabled: Vec<Region> =
        ENABLED.iter().map(|name| Region::parse(name).expect("a region")).collect();
    let mut wrong = Vec::new();
    for facts in catalog.kinds().filter(|facts| !catalog.is_global(facts.kind)) {
        let asked = inventory.regions_of(facts.kind);
        let reaches_out = facts.can_use.iter().any(|used| catalog.is_global(*used));
        let needed = enabled.iter().filter(|region| reaches_out && !asked.contains(region));
        wrong.extend(needed.map(|region| format!("{} is not read in {region}", facts.kind)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The others only where the lab is: nothing of theirs can be harmed elsewhere.
    assert_eq!(inventory.regions_of(kms::KEY), [Region::new("us-east-1")]);
}

/// Calls of a look at an account in which there is nothing.
fn calls_of_a_look(regions: &[&str]) -> u64 {
    paused(async {
        let sandbox = Sandbox::builder().regions(regions.iter().copied()).build();
        let mandate = enter(&sandbox, MANIFEST).await;
        let before = sandbox.calls_made();
        mandate.discovery.all(&Seen::default()).await;
        sandbox.calls_made() - before
    })
}

#[test]
fn a_look_makes_no_more_calls_than_the_simulation_allows_for() {
    let here = calls_of_a_look(&["us-east-1"]);
    let there = calls_of_a_look(&["us-east-1", "eu-west-1"]) - here;
    assert!(there < here && here <= SURVEY, "{here} for one region, {there} for one more");
}
