//! What is only read, and what comes back from its record, through the real SDK, against the account in memory.

use aws_sdk_sagemaker::types::{
    CaptureMode, CaptureOption, ClusterInstanceGroupSpecification, ClusterLifeCycleConfig,
    ContainerDefinition, DataCaptureConfig, InferenceComponentContainerSpecification,
    InferenceComponentSpecification, InstanceType, MonitoringJobDefinition,
    MonitoringScheduleConfig, NotebookInstanceLifecycleHook, OfflineStoreConfig, ProductionVariant,
    S3StorageConfig, Tag,
};
use serde_json::Value;

use super::KINDS;
use crate::aws::kinds::{ecr, iam, kms, logs, s3, sagemaker};
use crate::aws::{Aws, Class, Progress, RemovalOptions, ResourceKind, Session, record};
use crate::resource::{Action, Kind, Last, Prep, Resource};
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

const OPTIONS: RemovalOptions = RemovalOptions {
    pending_window_days: 7,
    bypass_governance_retention: false,
    delete_home_efs: false,
};

fn code(kind: Kind) -> &'static dyn ResourceKind {
    KINDS.iter().copied().find(|code| code.facts().kind == kind).unwrap()
}

/// Kinds that come back, each after what it names.
const BACK: &[Kind] = &[
    sagemaker::MODEL,
    sagemaker::ENDPOINT_CONFIG,
    sagemaker::ENDPOINT,
    sagemaker::NOTEBOOK_LIFECYCLE_CONFIG,
    sagemaker::NOTEBOOK_INSTANCE,
    sagemaker::MODEL_PACKAGE_GROUP,
    sagemaker::PIPELINE,
];

/// One of each of these kinds; the notebook is stopped.
async fn furnished(aws: &Aws) {
    aws.s3().create_bucket().bucket("lab-data").send().await.unwrap();
    let client = aws.sagemaker();
    let container = ContainerDefinition::builder()
        .image(IMAGE)
        .model_data_url("s3://lab-data/model.tar.gz")
        .environment("SAGEMAKER_PROGRAM", "inference.py")
        .environment("DB_PASSWORD", "hunter2");
    let model = client.create_model().model_name("shop").execution_role_arn(ROLE);
    let model = model.primary_container(container.build());
    model.tags(Tag::builder().key("lab").value("mlops").build()).send().await.unwrap();
    let variant = ProductionVariant::builder().variant_name("all").model_name("shop");
    let variant = variant.initial_instance_count(1).initial_variant_weight(0.5);
    let capture = DataCaptureConfig::builder()
        .enable_capture(true)
        .initial_sampling_percentage(50)
        .destination_s3_uri("s3://lab-data/captured")
        .capture_options(CaptureOption::builder().capture_mode(CaptureMode::Input).build());
    let config = client.create_endpoint_config().endpoint_config_name("shop");
    let config = config.production_variants(variant.build());
    config.data_capture_config(capture.build()).send().await.unwrap();
    let endpoint = client.create_endpoint().endpoint_name("shop");
    endpoint.endpoint_config_name("shop").send().await.unwrap();
    let hook = NotebookInstanceLifecycleHook::builder().content("ZWNobyBoaQ==").build();
    let scripts = client.create_notebook_instance_lifecycle_config();
    let scripts = scripts.notebook_instance_lifecycle_config_name("start").on_start(hook);
    scripts.send().await.unwrap();
    let notebook = client.create_notebook_instance().notebook_instance_name("desk");
    let notebook = notebook.instance_type(InstanceType::MlT3Medium).role_arn(ROLE);
    let notebook = notebook.security_group_ids("sg-1").subnet_id("subnet-a");
    let notebook = notebook.lifecycle_config_name("start").volume_size_in_gb(20);
    notebook.send().await.unwrap();
    let stop = client.stop_notebook_instance().notebook_instance_name("desk");
    stop.send().await.unwrap();
    let group = client.create_model_package_group().model_package_group_name("shop");
    group.model_package_group_description("for the shop").send().await.unwrap();
    let pipeline = client.create_pipeline().pipeline_name("train").role_arn(ROLE);
    let pipeline = pipeline.pipeline_definition(r#"{"Version":"2020-12-01","Steps":[]}"#);
    pipeline.client_request_token("0123456789abcdef0123456789abcdef").send().await.unwrap();
}

/// A record without what AWS gives anew, and without what no journal keeps.
fn lasting(resource: &Resource) -> Value {
    let mut record = crate::aws::record::without_left_out(&resource.record);
    record.as_object_mut().unwrap().retain(|member, _| {
        let is_time = member.ends_with("Time");
        let is_script = member == "OnStart";
        let is_own_arn = member.ends_with("Arn") && !member.ends_with("RoleArn");
        !is_time && !is_script && !is_own_arn
    });
    record
}

#[tokio::test(start_paused = true)]
async fn what_served_and_what_was_worked_with_come_back() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    furnished(&aws).await;
    let mut was = Vec::new();
    for kind in BACK {
        let listed = code(*kind).list(&aws, &[]).await.unwrap();
        let [seen] = &listed.resources[..] else { panic!("{kind}: {listed:?}") };
        was.push(seen.clone());
    }
    let progress = Progress::default();
    for one in was.iter().rev() {
        let code = code(one.kind());
        let delete = Prep::new(Action::Delete);
        code.act(&aws, one, &delete, &OPTIONS, &progress).await.unwrap();
        assert_eq!(code.read(&aws, one).await.unwrap(), None, "{}", one.kind());
    }
    for one in &was {
        let code = code(one.kind());
        for step in code.rebuild(one).unwrap().steps {
            code.make(&aws, one, &step).await.unwrap();
            let now = code.find_again(&aws, one).await.unwrap().unwrap();
            assert!(code.shows(one, &now, &step), "{step:?}: {:#}", now.record);
        }
        let now = code.read(&aws, one).await.unwrap().unwrap();
        assert_eq!(lasting(&now), lasting(one), "{}", one.kind());
        assert_eq!(now.tags, one.tags, "{}", one.kind());
    }
    let missing = record::values(&record::left_out(&was[0].record));
    assert_eq!(missing.as_deref(), Some("the values of DB_PASSWORD, which no journal keeps"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_captured_into_a_bucket_that_is_not_ours_any_more() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    furnished(&aws).await;
    let code = code(sagemaker::ENDPOINT_CONFIG);
    let listed = code.list(&aws, &[]).await.unwrap();
    let was = &listed.resources[0];
    code.act(&aws, was, &Prep::new(Action::Delete), &OPTIONS, &Progress::default()).await.unwrap();
    aws.s3().delete_bucket().bucket("lab-data").send().await.unwrap();
    let refused = code.make(&aws, was, &Prep::new(Action::Create)).await.unwrap_err();
    assert_eq!(refused.class, Class::Protected, "{refused}");
    assert_eq!(code.read(&aws, was).await.unwrap(), None);
}
