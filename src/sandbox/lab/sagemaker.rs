//! Endpoints and what they run, notebooks, the pipeline, and the model registry.

use std::collections::HashMap;

use aws_sdk_sagemaker::Client;
use aws_sdk_sagemaker::types::{
    CaptureMode, CaptureOption, ContainerDefinition, DataCaptureConfig, InferenceSpecification,
    InstanceType, ModelApprovalStatus, ModelPackageContainerDefinition,
    NotebookInstanceLifecycleHook, ProductionVariant, ProductionVariantInstanceType, Tag,
};

use super::maker::{Maker, absent, role_arn};
use super::{BoxError, Fate, HOME, PREFIX, data};
use crate::aws::kinds::{s3, sagemaker as kind};
use crate::resource::ResourceId;
use crate::sandbox::ACCOUNT_ID;

/// An image of AWS's own, which an approved package runs.
const SKLEARN: &str =
    "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3";

pub fn execution_role() -> String {
    role_arn(&format!("{PREFIX}-sagemaker-execution"))
}

pub async fn build(maker: &mut Maker<'_>, repository: &str) -> Result<(), BoxError> {
    let client = maker.sagemaker(HOME);
    let image = format!("{repository}:v1");
    let role = execution_role();
    let model_data = format!("s3://{}/artifacts/model.tar.gz", data::bucket());
    model(maker, Fate::MustGo, "retail-forecast-model", &role, &image, Some(&model_data)).await?;
    // Not an archive: its endpoint fails, as one of section 5.7.
    let broken = format!("s3://{}/artifacts/model.pkl", data::bucket());
    model(maker, Fate::MustGo, "retail-forecast-broken", &role, &image, Some(&broken)).await?;
    let serving = [
        ("retail-forecast-endpoint", "retail-forecast-config", "retail-forecast-model"),
        ("retail-forecast-canary", "retail-forecast-canary-config", "retail-forecast-broken"),
    ];
    for (name, config, model) in serving {
        endpoint(maker, Fate::MustGo, name, config, model).await?;
    }
    let logs_of = "/aws/sagemaker/Endpoints/retail-forecast-endpoint";
    maker.log_group(Fate::MustGo, HOME, logs_of, None).await?;
    notebook(maker, &client).await?;
    registry(maker, &client, &image, &model_data).await?;
    client
        .create_pipeline()
        .pipeline_name("retail-forecast-pipeline")
        .pipeline_definition(r#"{"Version":"2020-12-01","Steps":[]}"#)
        .client_request_token("0123456789abcdef0123456789abcdef")
        .role_arn(execution_role())
        .send()
        .await?;
    maker.add(Fate::MustGo, kind::PIPELINE, HOME, "retail-forecast-pipeline");
    Ok(())
}

pub async fn model(
    maker: &mut Maker<'_>,
    fate: Fate,
    name: &str,
    role: &str,
    image: &str,
    data: Option<&str>,
) -> Result<(), BoxError> {
    let secret = HashMap::from([("API_TOKEN".to_owned(), "planted-secret".to_owned())]);
    let container = ContainerDefinition::builder()
        .image(image)
        .set_model_data_url(data.map(str::to_owned))
        .set_environment(Some(secret))
        .build();
    maker
        .sagemaker(HOME)
        .create_model()
        .model_name(name)
        .execution_role_arn(role)
        .primary_container(container)
        .send()
        .await?;
    maker.add(fate, kind::MODEL, HOME, name);
    Ok(())
}

/// An endpoint and its configuration; it captures what it is asked into the lab's data bucket if
/// it is the lab's.
pub async fn endpoint(
    maker: &mut Maker<'_>,
    fate: Fate,
    name: &str,
    config: &str,
    model: &str,
) -> Result<(), BoxError> {
    let client = maker.sagemaker(HOME);
    let variant = ProductionVariant::builder()
        .variant_name("AllTraffic")
        .model_name(model)
        .initial_instance_count(1)
        .instance_type(ProductionVariantInstanceType::MlM5Large)
        .initial_variant_weight(1.0)
        .build();
    let capture = DataCaptureConfig::builder()
        .enable_capture(true)
        .initial_sampling_percentage(100)
        .destination_s3_uri(format!("s3://{}/capture", data::bucket()))
        .capture_options(CaptureOption::builder().capture_mode(CaptureMode::Input).build())
        .build();
    client
        .create_endpoint_config()
        .endpoint_config_name(config)
        .production_variants(variant)
        .set_data_capture_config(matches!(fate, Fate::MustGo).then_some(capture))
        .send()
        .await?;
    maker.add(fate, kind::ENDPOINT_CONFIG, HOME, config);
    client.create_endpoint().endpoint_name(name).endpoint_config_name(config).send().await?;
    maker.add(fate, kind::ENDPOINT, HOME, name);
    Ok(())
}

async fn notebook(maker: &mut Maker<'_>, client: &Client) -> Result<(), BoxError> {
    // echo "export DB_PASSWORD=planted-secret"
    let script = "ZWNobyAiZXhwb3J0IERCX1BBU1NXT1JEPXBsYW50ZWQtc2VjcmV0Igo=";
    client
        .create_notebook_instance_lifecycle_config()
        .notebook_instance_lifecycle_config_name("retail-forecast-setup")
        .on_start(NotebookInstanceLifecycleHook::builder().content(script).build())
        .send()
        .await?;
    maker.add(Fate::MustGo, kind::NOTEBOOK_LIFECYCLE_CONFIG, HOME, "retail-forecast-setup");
    client
        .create_notebook_instance()
        .notebook_instance_name("retail-forecast-notebook")
        .instance_type(InstanceType::MlT3Medium)
        .role_arn(execution_role())
        .lifecycle_config_name("retail-forecast-setup")
        .tags(Tag::builder().key("Project").value("MLOps-Retail-Prediction").build())
        .send()
        .await?;
    maker.add(Fate::MustGo, kind::NOTEBOOK_INSTANCE, HOME, "retail-forecast-notebook");
    Ok(())
}

/// Where a manifest keeps what is approved, the approved package keeps its group and the bucket
/// of its model data.
async fn registry(
    maker: &mut Maker<'_>,
    client: &Client,
    image: &str,
    model_data: &str,
) -> Result<(), BoxError> {
    let group = "retail-forecast-models";
    client.create_model_package_group().model_package_group_name(group).send().await?;
    maker.add(Fate::MustGo, kind::MODEL_PACKAGE_GROUP, HOME, group);
    let archive = format!("{PREFIX}-model-registry-{ACCOUNT_ID}");
    maker.bucket(Fate::MustGo, HOME, &archive, None).await?;
    maker.object(HOME, &archive, "approved/model.tar.gz", "model").await?;
    let approved = format!("s3://{archive}/approved/model.tar.gz");
    for (approval, image, model) in [
        (ModelApprovalStatus::Approved, SKLEARN, approved.as_str()),
        (ModelApprovalStatus::PendingManualApproval, image, model_data),
        (ModelApprovalStatus::PendingManualApproval, image, model_data),
    ] {
        let container =
            ModelPackageContainerDefinition::builder().image(image).model_data_url(model).build();
        let inference = InferenceSpecification::builder()
            .containers(container)
            .supported_content_types("text/csv")
            .supported_response_mime_types("text/csv")
            .build();
        let made = client
            .create_model_package()
            .model_package_group_name(group)
            .model_approval_status(approval.clone())
            .inference_specification(inference)
            .send()
            .await?;
        let arn = made.model_package_arn().ok_or_else(|| absent("ModelPackageArn"))?;
        maker.add(Fate::MustGo, kind::MODEL_PACKAGE, HOME, arn);
        if approval == ModelApprovalStatus::Approved {
            let package = ResourceId::new(kind::MODEL_PACKAGE, HOME, arn);
            maker.lab.approved = vec![
                package,
                ResourceId::new(kind::MODEL_PACKAGE_GROUP, HOME, group),
                ResourceId::new(s3::BUCKET, HOME, archive.as_str()),
            ];
        }
    }
    Ok(())
}
