//! What the guide's lab has not, and Dismantle knows all the same: so that every call which it
//! can make is made.

use aws_sdk_cloudtrail::types::{InsightSelector, InsightType};
use aws_sdk_cloudwatchlogs::types::{DeliveryDestinationConfiguration, PolicyType, QueryLanguage};
use aws_sdk_ecr::types::RctAppliedFor;
use aws_sdk_eks::types::{CapabilityDeletePropagationPolicy, CapabilityType, VpcConfigRequest};
use aws_sdk_sagemaker::types::{
    ClusterInstanceGroupSpecification, ClusterLifeCycleConfig, InferenceComponentSpecification,
    MonitoringScheduleConfig, MonitoringType,
};
use dismantle::sandbox::Sandbox;
use serde_json::json;

use crate::seen::{MAKERS, With};

type Made = Result<(), Box<dyn std::error::Error + Send + Sync>>;

const THEIR_ROLE: &str = "arn:aws:iam::842676018087:role/retailer-site-ranking-role";
const LAB_ROLE: &str =
    "arn:aws:iam::842676018087:role/mlops-retail-prediction-dev-eks-cluster-role";
/// The lab's, by its prefix; its deletion protection is on.
const GUARDED: &str = "mlops-retail-prediction-dev-guarded";

/// The lab's, by its prefix.
const LOCKED: &str = "mlops-retail-prediction-dev-locked";

/// Makes it all beside the lab.
pub async fn make(sandbox: &Sandbox) -> Made {
    trails(sandbox).await?;
    index(sandbox).await?;
    clusters(sandbox).await?;
    guarded_logs(sandbox).await?;
    vended_logs(sandbox).await?;
    registry(sandbox).await?;
    locked_bucket(sandbox).await?;
    sagemaker(sandbox).await?;
    schedule(sandbox).await?;
    only_read(sandbox).await
}

async fn trails(sandbox: &Sandbox) -> Made {
    let client = aws_sdk_cloudtrail::Client::new(&sandbox.sdk_config("us-east-1"));
    let insight = InsightSelector::builder().insight_type(InsightType::ApiCallRateInsight).build();
    let trail = "mlops-retail-prediction-audit-trail";
    client.put_insight_selectors().trail_name(trail).insight_selectors(insight).send().await?;
    client.create_event_data_store().name("retailer-site-lake").send().await?;
    Ok(())
}

/// An image for several platforms, whose one image carries no tag.
async fn index(sandbox: &Sandbox) -> Made {
    let client = aws_sdk_ecr::Client::new(&sandbox.sdk_config("ap-southeast-1"));
    let repository = "mlops/retail-api";
    let there = client.describe_images().repository_name(repository).send().await?;
    let untagged = there.image_details().iter().find(|image| image.image_tags().is_empty());
    let digest = untagged.and_then(|image| image.image_digest()).ok_or("no untagged image")?;
    let media = "application/vnd.oci.image.index.v1+json";
    let manifest = json!({ "mediaType": media, "manifests": [{ "digest": digest }] });
    let put = client.put_image().repository_name(repository).image_tag("all");
    let put = put.image_manifest(manifest.to_string()).image_manifest_media_type(media);
    put.send().await?;
    Ok(())
}

async fn clusters(sandbox: &Sandbox) -> Made {
    let client = aws_sdk_eks::Client::new(&sandbox.sdk_config("ap-southeast-1"));
    let capability = client.create_capability().cluster_name("mlops-retail-cluster-prod");
    let capability = capability.capability_name("argocd").r#type(CapabilityType::Argocd);
    let capability = capability.role_arn(THEIR_ROLE);
    let retain = CapabilityDeletePropagationPolicy::Retain;
    capability.delete_propagation_policy(retain).send().await?;
    let subnets = VpcConfigRequest::builder().subnet_ids("subnet-0a1b2c3d4e5f60001").build();
    let cluster = client.create_cluster().name(GUARDED).role_arn(LAB_ROLE);
    cluster.resources_vpc_config(subnets).deletion_protection(true).send().await?;
    Ok(())
}

async fn guarded_logs(sandbox: &Sandbox) -> Made {
    let client = aws_sdk_cloudwatchlogs::Client::new(&sandbox.sdk_config("us-east-1"));
    client.create_log_group().log_group_name(GUARDED).send().await?;
    let protect = client.put_log_group_deletion_protection().log_group_identifier(GUARDED);
    protect.deletion_protection_enabled(true).send().await?;
    Ok(())
}

/// A delivery of a neighbour's, a destination for others' subscriptions, a policy of the account,
/// and a group with one of its own.
async fn vended_logs(sandbox: &Sandbox) -> Made {
    let client = aws_sdk_cloudwatchlogs::Client::new(&sandbox.sdk_config("us-east-1"));
    let group = "retailer-site-audited";
    client.create_log_group().log_group_name(group).send().await?;
    let put = client.put_data_protection_policy().log_group_identifier(group);
    put.policy_document("{}").send().await?;
    let stream = "arn:aws:kinesis:us-east-1:842676018087:stream/retailer-site";
    let put = client.put_destination().destination_name("retailer-site").target_arn(stream);
    put.role_arn(THEIR_ROLE).send().await?;
    let put = client.put_account_policy().policy_name("retailer-site");
    let put = put.policy_type(PolicyType::SubscriptionFilterPolicy);
    let document = json!({ "DestinationArn": stream, "RoleArn": THEIR_ROLE });
    put.policy_document(document.to_string()).send().await?;
    let create =
        client.create_scheduled_query().name("retailer-site").execution_role_arn(THEIR_ROLE);
    let create = create.query_language(QueryLanguage::Cwli).query_string("fields @message");
    create.schedule_expression("cron(0 1 * * ? *)").send().await?;
    let create = client.create_log_anomaly_detector();
    let watched = format!("arn:aws:logs:us-east-1:842676018087:log-group:{group}");
    create.log_group_arn_list(watched).send().await?;
    let put = client.put_delivery_source().name("retailer-site").log_type("ACCESS_LOGS");
    let sender = "arn:aws:cloudfront::842676018087:distribution/E1";
    put.resource_arn(sender).send().await?;
    let bucket = "arn:aws:s3:::retailer-site-assets";
    let to = DeliveryDestinationConfiguration::builder().destination_resource_arn(bucket);
    let put = client.put_delivery_destination().name("retailer-site");
    let put = put.delivery_destination_configuration(to.build()?).send().await?;
    let arn = put.delivery_destination.and_then(|to| to.arn).ok_or("no ARN in the answer")?;
    let create = client.create_delivery().delivery_source_name("retailer-site");
    create.delivery_destination_arn(arn).send().await?;
    Ok(())
}

async fn registry(sandbox: &Sandbox) -> Made {
    let client = aws_sdk_ecr::Client::new(&sandbox.sdk_config("us-east-1"));
    let rule = client.create_pull_through_cache_rule().ecr_repository_prefix("retailer-site");
    rule.upstream_registry_url("public.ecr.aws").send().await?;
    let template = client.create_repository_creation_template().prefix("retailer-site");
    template.applied_for(RctAppliedFor::PullThroughCache).send().await?;
    Ok(())
}

/// A bucket of the lab's with Object Lock, and an object that nothing holds.
async fn locked_bucket(sandbox: &Sandbox) -> Made {
    let client = aws_sdk_s3::Client::new(&sandbox.sdk_config("us-east-1"));
    let create = client.create_bucket().bucket(LOCKED);
    create.object_lock_enabled_for_bucket(true).send().await?;
    client.put_object().bucket(LOCKED).key("audit.csv").send().await?;
    Ok(())
}

/// Neighbours' things of the kinds that are read for their references only, and an execution of
/// the lab's pipeline.
async fn sagemaker(sandbox: &Sandbox) -> Made {
    let client = aws_sdk_sagemaker::Client::new(&sandbox.sdk_config("us-east-1"));
    let scripts = ClusterLifeCycleConfig::builder().source_s3_uri("s3://sagemaker-retailer/pod");
    let scripts = scripts.on_create("on_create.sh").build();
    let group = ClusterInstanceGroupSpecification::builder().instance_group_name("workers");
    let group = group.execution_role(THEIR_ROLE).life_cycle_config(scripts).build();
    client.create_cluster().cluster_name("retailer-site-pod").instance_groups(group).send().await?;
    let features = client.create_feature_group().feature_group_name("retailer-site-features");
    features.role_arn(THEIR_ROLE).send().await?;
    let served = InferenceComponentSpecification::builder().model_name("retailer-site-ranking");
    let adapter = client.create_inference_component();
    let adapter = adapter.inference_component_name("retailer-site-adapter");
    let adapter = adapter.endpoint_name("retailer-site-ranking").specification(served.build());
    adapter.send().await?;
    let server = client.create_mlflow_tracking_server().role_arn(THEIR_ROLE);
    let server = server.tracking_server_name("retailer-site-mlflow");
    server.artifact_store_uri("s3://retailer-site-assets/mlflow").send().await?;
    let execution = client.start_pipeline_execution().pipeline_name("retail-forecast-pipeline");
    execution.send().await?;
    Ok(())
}

/// A schedule that leaves it to a job definition what it runs.
async fn schedule(sandbox: &Sandbox) -> Made {
    let client = aws_sdk_sagemaker::Client::new(&sandbox.sdk_config("us-east-1"));
    let config = MonitoringScheduleConfig::builder().monitoring_type(MonitoringType::DataQuality);
    let config = config.monitoring_job_definition_name("retailer-site-drift").build();
    let made = client.create_monitoring_schedule().monitoring_schedule_name("retailer-site-drift");
    made.monitoring_schedule_config(config).send().await?;
    Ok(())
}

/// A neighbour's thing of each kind that is read for its references only.
async fn only_read(sandbox: &Sandbox) -> Made {
    let client = aws_sdk_sagemaker::Client::new(&sandbox.sdk_config("us-east-1"));
    let with = With {
        role: THEIR_ROLE.to_owned(),
        bucket: "retailer-site-assets".to_owned(),
        key: "alias/retailer-site".to_owned(),
        image: "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1".to_owned(),
        model: "retailer-site-ranking".to_owned(),
        endpoint: "retailer-site-ranking".to_owned(),
        package: "arn:aws:sagemaker:us-east-1:842676018087:model-package/ranking".to_owned(),
    };
    for (kind, make) in MAKERS {
        let name = format!("retailer-site-{}", kind.resource());
        make(&client, &name, &with).await.map_err(|error| format!("{kind}: {error:?}"))?;
    }
    Ok(())
}
