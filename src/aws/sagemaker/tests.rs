//! What is only read, through the real SDK, against the account in memory.

use aws_sdk_sagemaker::types::{
    ClusterInstanceGroupSpecification, ClusterLifeCycleConfig,
    InferenceComponentContainerSpecification, InferenceComponentSpecification,
    MonitoringJobDefinition, MonitoringScheduleConfig, OfflineStoreConfig, S3StorageConfig,
};

use super::KINDS;
use crate::aws::kinds::{ecr, iam, kms, logs, s3, sagemaker};
use crate::aws::{Aws, Session};
use crate::resource::{Kind, Last, Resource};
use crate::sandbox::{ACCOUNT_ID, Sandbox};

const ROLE: &str = "arn:aws:iam::842676018087:role/lab";
const IMAGE: &str = "842676018087.dkr.ecr.us-east-1.amazonaws.com/lab:1";

fn account(sandbox: &Sandbox) -> Aws {
    Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1).account(ACCOUNT_ID, "aws")
}

/// The only one of a kind, which reads again as it was listed.
async fn only(aws: &Aws, kind: Kind) -> Resource {
    let code = KINDS.iter().find(|code| code.facts().kind == kind).unwrap();
    let listed = code.list(aws, &[]).await.unwrap();
    assert!(listed.incomplete.is_empty(), "{listed:?}");
    let [seen] = &listed.resources[..] else { panic!("{kind}: {listed:?}") };
    assert_eq!(seen.unread, [], "{kind}");
    assert!(matches!(seen.removal.last, Last::Never(_)), "{kind}");
    assert_eq!(code.read(aws, seen).await.unwrap().as_ref(), Some(seen), "{kind}");
    seen.clone()
}

fn uses(of: &Resource) -> Vec<(Kind, &str)> {
    of.uses.iter().map(|used| (used.kind, used.spelling.as_str())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_feature_group_uses_where_its_offline_store_writes() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let store = S3StorageConfig::builder().s3_uri("s3://lab-data/features").kms_key_id("alias/lab");
    let store = OfflineStoreConfig::builder().s3_storage_config(store.build()).build();
    let client = aws.sagemaker();
    let made = client.create_feature_group().feature_group_name("shop").role_arn(ROLE);
    made.offline_store_config(store).send().await.unwrap();
    let seen = only(&aws, sagemaker::FEATURE_GROUP).await;
    let expected = [(kms::KEY, "alias/lab"), (s3::BUCKET, "lab-data"), (iam::ROLE, ROLE)];
    assert_eq!(uses(&seen), expected);
    assert_eq!(seen.facts["status"], ["Created"]);
}

#[tokio::test(start_paused = true)]
async fn a_tracking_server_uses_where_its_artifacts_are() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let client = aws.sagemaker();
    let made = client.create_mlflow_tracking_server().tracking_server_name("shop").role_arn(ROLE);
    made.artifact_store_uri("s3://lab-data/mlflow").send().await.unwrap();
    let seen = only(&aws, sagemaker::MLFLOW_TRACKING_SERVER).await;
    assert_eq!(uses(&seen), [(s3::BUCKET, "lab-data"), (iam::ROLE, ROLE)]);
}

#[tokio::test(start_paused = true)]
async fn a_hyperpod_cluster_uses_the_roles_of_its_groups_and_its_scripts() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let scripts = ClusterLifeCycleConfig::builder().source_s3_uri("s3://sagemaker-lab/scripts");
    let scripts = scripts.on_create("on_create.sh").build();
    let group = ClusterInstanceGroupSpecification::builder().instance_group_name("workers");
    let group = group.execution_role(ROLE).life_cycle_config(scripts).build();
    let client = aws.sagemaker();
    client.create_cluster().cluster_name("pod").instance_groups(group).send().await.unwrap();
    let seen = only(&aws, sagemaker::CLUSTER).await;
    let expected = [
        (iam::ROLE, ROLE),
        (s3::BUCKET, "sagemaker-lab"),
        (logs::LOG_GROUP, "/aws/sagemaker/Clusters/pod/pod"),
    ];
    assert_eq!(uses(&seen), expected);
}

#[tokio::test(start_paused = true)]
async fn a_monitoring_schedule_uses_what_its_job_runs_with() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let job = MonitoringJobDefinition::builder().role_arn(ROLE).build();
    let config = MonitoringScheduleConfig::builder().monitoring_job_definition(job).build();
    let client = aws.sagemaker();
    let made = client.create_monitoring_schedule().monitoring_schedule_name("drift");
    made.monitoring_schedule_config(config).send().await.unwrap();
    let seen = only(&aws, sagemaker::MONITORING_SCHEDULE).await;
    assert_eq!(uses(&seen), [(iam::ROLE, ROLE)]);
}

#[tokio::test(start_paused = true)]
async fn an_inference_component_uses_its_endpoint_and_what_it_serves() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let container = InferenceComponentContainerSpecification::builder().image(IMAGE);
    let container = container.artifact_url("s3://lab-data/model.tar.gz").build();
    let served = InferenceComponentSpecification::builder().container(container).build();
    let client = aws.sagemaker();
    let made = client.create_inference_component().inference_component_name("adapter");
    made.endpoint_name("shop").specification(served).send().await.unwrap();
    let seen = only(&aws, sagemaker::INFERENCE_COMPONENT).await;
    let repository = IMAGE.trim_end_matches(":1");
    let expected = [
        (sagemaker::ENDPOINT, "shop"),
        (s3::BUCKET, "lab-data"),
        (ecr::REPOSITORY, repository),
        (ecr::IMAGE, IMAGE),
        (logs::LOG_GROUP, "/aws/sagemaker/InferenceComponents/adapter"),
    ];
    assert_eq!(uses(&seen), expected);
}
