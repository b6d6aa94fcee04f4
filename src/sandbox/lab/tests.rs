use std::collections::BTreeSet;

use super::*;
use crate::aws::kinds;
use crate::sandbox::Sandbox;

#[tokio::test(start_paused = true)]
async fn the_lab_is_built_of_every_kind() {
    let sandbox = Sandbox::builder().build();
    let lab = build(&|region| sandbox.sdk_config(region)).await;
    let lab = lab.unwrap_or_else(|error| panic!("{error:?}"));
    let of = |list: &[ResourceId]| list.iter().map(|id| id.kind).collect::<BTreeSet<_>>();
    let mut kinds = of(&lab.must_go);
    kinds.extend(of(&lab.kept));
    assert_eq!(kinds.len(), 33, "every kind that can be removed: {kinds:?}");
    let all: BTreeSet<_> =
        [&lab.must_go, &lab.kept, &lab.blocked, &lab.neighbours].into_iter().flatten().collect();
    let count = lab.must_go.len() + lab.kept.len() + lab.blocked.len() + lab.neighbours.len();
    assert_eq!(all.len(), count, "nothing is in two lists");
    assert!(lab.must_go.len() >= 39, "{}", lab.must_go.len());
    assert!(lab.neighbours.iter().any(|id| id.kind == kinds::iam::USER));
    assert!(lab.approved.iter().all(|id| lab.must_go.contains(id)));
}

/// Section 5.7 of the guide removes failed endpoints and stops running jobs: one of each is there.
#[tokio::test(start_paused = true)]
async fn one_endpoint_has_failed_and_one_job_runs() {
    let sandbox = Sandbox::builder().build();
    build(&|region| sandbox.sdk_config(region)).await.unwrap();
    let client = aws_sdk_sagemaker::Client::new(&sandbox.sdk_config(HOME.as_str()));
    let endpoints = client.list_endpoints().status_equals("Failed".into()).send().await.unwrap();
    let names: Vec<_> = endpoints.endpoints().iter().map(|one| one.endpoint_name()).collect();
    assert_eq!(names, [Some("retail-forecast-canary")]);
    let jobs = client.list_training_jobs().status_equals("InProgress".into()).send().await;
    let jobs = jobs.unwrap();
    let names: Vec<_> =
        jobs.training_job_summaries().iter().map(|one| one.training_job_name()).collect();
    assert_eq!(names, [Some("retail-forecast-retrain")]);
}
