//! What stands until somebody deletes it, and names what it will use.

use aws_sdk_sagemaker::types::IncludedData;
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_async::future::pagination_stream::fn_stream::FnStream;
use serde_json::Value;

use super::super::common::{PAGE, describe, list, status};
use super::super::shown::{summaries, text};
use super::{Calls, Seen, calls};
use crate::aws::kinds::{ecr, iam, kms, s3, sagemaker};
use crate::aws::{Aws, AwsError, Op};

/// The data of benchmarks.
pub(in super::super) const AI_WORKLOAD_CONFIG: Seen = Seen {
    name: "AIWorkloadConfigName",
    arn: "AIWorkloadConfigArn",
    uses: &[s3::BUCKET],
    ..Seen::new(
        sagemaker::AI_WORKLOAD_CONFIG,
        "AI workload configurations",
        calls!(
            "ListAIWorkloadConfigs" list_ai_workload_configs ai_workload_configs,
            "DescribeAIWorkloadConfig" describe_ai_workload_config.ai_workload_config_name
        ),
    )
};

/// Studio's images. What is in one its versions say: [`super::super::image_version`].
pub(in super::super) const IMAGE: Seen = Seen {
    name: "ImageName",
    arn: "ImageArn",
    status: Some("ImageStatus"),
    where_keys: &[status("CREATING, CREATED, CREATE_FAILED, UPDATING, UPDATE_FAILED, DELETING…")],
    uses: &[iam::ROLE],
    ..Seen::new(
        sagemaker::IMAGE,
        "images of SageMaker's",
        calls!("ListImages" list_images images, "DescribeImage" describe_image.image_name),
    )
};

/// How Studio runs an image. Its variables and arguments may name a bucket.
pub(in super::super) const APP_IMAGE_CONFIG: Seen = Seen {
    name: "AppImageConfigName",
    arn: "AppImageConfigArn",
    uses: &[s3::BUCKET],
    ..Seen::new(
        sagemaker::APP_IMAGE_CONFIG,
        "app image configurations",
        calls!(
            "ListAppImageConfigs" list_app_image_configs app_image_configs,
            "DescribeAppImageConfig" describe_app_image_config.app_image_config_name
        ),
    )
};

/// MLflow without a server. Its name is no part of its ARN, by which it is known.
pub(in super::super) const MLFLOW_APP: Seen = Seen {
    id: Some("Arn"),
    status: Some("Status"),
    where_keys: &[status("Creating, Created, CreateFailed, Updating, Updated, Deleting…")],
    gone: &["Deleted"],
    uses: &[iam::ROLE, s3::BUCKET, kms::KEY],
    ..Seen::new(
        sagemaker::MLFLOW_APP,
        "MLflow apps",
        calls!("ListMlflowApps" list_mlflow_apps summaries, "DescribeMlflowApp" describe_mlflow_app.arn),
    )
};

/// Software of a partner's, which runs with a role of the account's.
pub(in super::super) const PARTNER_APP: Seen = Seen {
    id: Some("Arn"),
    status: Some("Status"),
    where_keys: &[status("Creating, Available, Updating, UpdateFailed, Failed, Deleting")],
    gone: &["Deleted"],
    uses: &[iam::ROLE, kms::KEY],
    ..Seen::new(
        sagemaker::PARTNER_APP,
        "partner apps",
        calls!("ListPartnerApps" list_partner_apps summaries, "DescribePartnerApp" describe_partner_app.arn),
    )
};

/// What a monitoring schedule runs; it may stand without one, and several may name it.
const fn definition(definition: Seen) -> Seen {
    Seen {
        name: "JobDefinitionName",
        arn: "JobDefinitionArn",
        listed: Some("MonitoringJobDefinitionName"),
        uses: &[sagemaker::ENDPOINT, iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE],
        members: &[("EndpointName", sagemaker::ENDPOINT)],
        ..definition
    }
}

pub(in super::super) const DATA_QUALITY_JOB_DEFINITION: Seen = definition(Seen::new(
    sagemaker::DATA_QUALITY_JOB_DEFINITION,
    "job definitions for data quality",
    calls!(
        "ListDataQualityJobDefinitions" list_data_quality_job_definitions
            job_definition_summaries,
        "DescribeDataQualityJobDefinition"
            describe_data_quality_job_definition.job_definition_name
    ),
));

pub(in super::super) const MODEL_QUALITY_JOB_DEFINITION: Seen = definition(Seen::new(
    sagemaker::MODEL_QUALITY_JOB_DEFINITION,
    "job definitions for model quality",
    calls!(
        "ListModelQualityJobDefinitions" list_model_quality_job_definitions
            job_definition_summaries,
        "DescribeModelQualityJobDefinition"
            describe_model_quality_job_definition.job_definition_name
    ),
));

pub(in super::super) const MODEL_BIAS_JOB_DEFINITION: Seen = definition(Seen::new(
    sagemaker::MODEL_BIAS_JOB_DEFINITION,
    "job definitions for model bias",
    calls!(
        "ListModelBiasJobDefinitions" list_model_bias_job_definitions job_definition_summaries,
        "DescribeModelBiasJobDefinition" describe_model_bias_job_definition.job_definition_name
    ),
));

pub(in super::super) const MODEL_EXPLAINABILITY_JOB_DEFINITION: Seen = definition(Seen::new(
    sagemaker::MODEL_EXPLAINABILITY_JOB_DEFINITION,
    "job definitions for model explainability",
    calls!(
        "ListModelExplainabilityJobDefinitions" list_model_explainability_job_definitions
            job_definition_summaries,
        "DescribeModelExplainabilityJobDefinition"
            describe_model_explainability_job_definition.job_definition_name
    ),
));

/// Augmented AI: who looks at what a model was not sure of, and where the answers go.
pub(in super::super) const FLOW_DEFINITION: Seen = Seen {
    name: "FlowDefinitionName",
    arn: "FlowDefinitionArn",
    status: Some("FlowDefinitionStatus"),
    where_keys: &[status("Initializing, Active, Failed, Deleting")],
    uses: &[iam::ROLE, s3::BUCKET, kms::KEY],
    ..Seen::new(
        sagemaker::FLOW_DEFINITION,
        "flow definitions",
        calls!(
            "ListFlowDefinitions" list_flow_definitions flow_definition_summaries,
            "DescribeFlowDefinition" describe_flow_definition.flow_definition_name
        ),
    )
};

/// Keeps its contents in a bucket.
pub(in super::super) const HUB: Seen = Seen {
    name: "HubName",
    arn: "HubArn",
    status: Some("HubStatus"),
    where_keys: &[status("Creating, InService, CreateFailed, Updating, UpdateFailed, Deleting…")],
    uses: &[s3::BUCKET],
    ..Seen::new(
        sagemaker::HUB,
        "hubs",
        calls!("ListHubs" |aws| hubs(aws).await, "DescribeHub" describe_hub.hub_name),
    )
};

/// The account's own hubs: neither AWS's (`arn:…:aws:hub/SageMakerPublicHub`) nor those that other
/// accounts share. The SDK has no paginator for them.
async fn hubs(aws: &Aws) -> Result<Vec<Value>, AwsError> {
    const LIST: Op = Op::read("sagemaker", "ListHubs");
    let client = aws.sagemaker();
    let start = |mut token: Option<String>| {
        let list = client.list_hubs().max_results(PAGE);
        PaginationStream::new(FnStream::new(|pages| {
            Box::pin(async move {
                loop {
                    let page = list.clone().set_next_token(token.take()).send().await;
                    token = page.as_ref().ok().and_then(|page| page.next_token.clone());
                    let is_last = token.is_none();
                    if pages.send(page).await.is_err() || is_last {
                        return;
                    }
                }
            })
        }))
    };
    let pages = aws.pages(LIST, start, |page| page.next_token().map(str::to_owned)).await?;
    let hubs = summaries(aws, LIST, pages.iter().flat_map(|page| page.hub_summaries()))?;
    let is_ours = |hub: &Value| text(hub, "HubArn").is_none_or(|arn| aws.is_ours(arn));
    Ok(hubs.into_iter().filter(is_ours).collect())
}

/// What is written about a model. Its words are encrypted with a key; they are left unread, for
/// whoever may not decrypt them could not read the card.
pub(in super::super) const MODEL_CARD: Seen = Seen {
    name: "ModelCardName",
    arn: "ModelCardArn",
    status: Some("ModelCardStatus"),
    where_keys: &[status("Draft, PendingReview, Approved, Archived")],
    uses: &[kms::KEY],
    ..Seen::new(
        sagemaker::MODEL_CARD,
        "model cards",
        calls!(
            "ListModelCards" list_model_cards model_card_summaries,
            "DescribeModelCard"
                describe_model_card.model_card_name.included_data(IncludedData::MetadataOnly)
        ),
    )
};

/// Training and inference by images, and how AWS tries them out before they are sold.
pub(in super::super) const ALGORITHM: Seen = Seen {
    name: "AlgorithmName",
    arn: "AlgorithmArn",
    status: Some("AlgorithmStatus"),
    where_keys: &[status("Pending, InProgress, Completed, Failed, Deleting")],
    uses: &[iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE],
    ..Seen::new(
        sagemaker::ALGORITHM,
        "algorithms",
        calls!(
            "ListAlgorithms" list_algorithms algorithm_summary_list,
            "DescribeAlgorithm" describe_algorithm.algorithm_name
        ),
    )
};

/// Made from a template, which may lie in a bucket and be set up with a role.
pub(in super::super) const PROJECT: Seen = Seen {
    name: "ProjectName",
    arn: "ProjectArn",
    status: Some("ProjectStatus"),
    where_keys: &[status("Pending, CreateInProgress, CreateCompleted, DeleteInProgress…")],
    gone: &["DeleteCompleted"],
    uses: &[iam::ROLE, s3::BUCKET],
    ..Seen::new(
        sagemaker::PROJECT,
        "projects",
        calls!(
            "ListProjects" list_projects project_summary_list,
            "DescribeProject" describe_project.project_name
        ),
    )
};
