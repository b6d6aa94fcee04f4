//! A corner of an account with one of most things that come back, small enough to be taken apart
//! and back many times.

use aws_sdk_cloudwatchlogs::types::MetricTransformation;
use aws_sdk_iam::types::Tag;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_sdk_sagemaker::types::{
    ContainerDefinition, ProductionVariant, ProductionVariantInstanceType,
};
use dismantle::aws::kinds::{iam, kms};
use dismantle::resource::ResourceId;
use dismantle::sandbox::{Sandbox, Weather};
use serde_json::json;

use super::play::Play;
use crate::safety::yard::{BoxError, HOME, Yard, at_home, global, role_arn};

const MANIFEST: &str = r#"
version: 1
name: corner
accounts: ["842676018087"]
regions: [us-east-1]
match:
  - prefix: lab-00
"#;

pub struct Corner {
    pub play: Play,
    pub yard: Yard,
    /// The key.
    pub key: String,
}

impl Corner {
    /// Built, and there for a while.
    pub async fn built(seed: u64) -> Self {
        let sandbox = Sandbox::builder().seed(seed).regions(["us-east-1"]).build();
        let yard = Yard::new(&sandbox, 0);
        let key = build(&yard).await.expect("it can be built");
        tokio::time::sleep(std::time::Duration::from_secs(1800)).await;
        sandbox.set_weather(Weather::aws());
        Self { play: Play::new(sandbox, MANIFEST), yard, key }
    }

    /// And taken apart.
    pub async fn taken_apart(seed: u64) -> Self {
        let corner = Self::built(seed).await;
        let outcome = corner.play.destroy().await;
        assert!(outcome.failed.is_empty() && outcome.left.is_empty(), "{outcome:?}");
        corner
    }

    pub fn role(&self) -> ResourceId {
        global(iam::ROLE, self.yard.lab("role"))
    }

    pub fn key(&self) -> ResourceId {
        at_home(kms::KEY, &self.key)
    }
}

async fn build(yard: &Yard) -> Result<String, BoxError> {
    let key = yard.key(&format!("alias/{}", yard.lab("key"))).await?;
    let policy = yard.policy(&yard.lab("policy")).await?;
    let narrow = json!({ "Version": "2012-10-17", "Statement": [] }).to_string();
    let version = yard.iam().create_policy_version().policy_arn(&policy);
    version.policy_document(&narrow).set_as_default(true).send().await?;
    let role = yard.lab("role");
    yard.role(&role).await?;
    yard.iam().attach_role_policy().role_name(&role).policy_arn(&policy).send().await?;
    let inline = yard.iam().put_role_policy().role_name(&role).policy_name("inline");
    inline.policy_document(&narrow).send().await?;
    let tag = Tag::builder().key("Project").value("corner").build()?;
    yard.iam().tag_role().role_name(&role).tags(tag).send().await?;
    let profile = yard.lab("profile");
    yard.iam().create_instance_profile().instance_profile_name(&profile).send().await?;
    let put = yard.iam().add_role_to_instance_profile().instance_profile_name(&profile);
    put.role_name(&role).send().await?;

    let bucket = yard.lab("data");
    yard.encrypted_bucket(&bucket, &key.arn).await?;
    let versioning =
        VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let put = yard.s3().put_bucket_versioning().bucket(&bucket);
    put.versioning_configuration(versioning).send().await?;
    yard.object(&bucket, "model").await?;
    let trail = yard.lab("trail");
    let create = yard.cloudtrail(HOME).create_trail().name(&trail).s3_bucket_name(&bucket);
    create.send().await?;
    yard.cloudtrail(HOME).start_logging().name(&trail).send().await?;

    let group = yard.lab("logs");
    yard.log_group(&group, Some(&key.arn)).await?;
    let keep = yard.logs().put_retention_policy().log_group_name(&group);
    keep.retention_in_days(14).send().await?;
    let metric = MetricTransformation::builder();
    let metric = metric.metric_name("errors").metric_namespace("lab").metric_value("1").build()?;
    let filter = yard.logs().put_metric_filter().log_group_name(&group).filter_name("errors");
    filter.filter_pattern("ERROR").metric_transformations(metric).send().await?;
    let repository = yard.lab("images");
    yard.repository(&repository, None).await?;
    let rules = json!({ "rules": [{ "rulePriority": 1, "action": { "type": "expire" },
        "selection": { "tagStatus": "untagged", "countType": "imageCountMoreThan",
            "countNumber": 3 } }] });
    let lifecycle = yard.ecr().put_lifecycle_policy().repository_name(&repository);
    lifecycle.lifecycle_policy_text(rules.to_string()).send().await?;

    let sagemaker = yard.sagemaker(HOME);
    let image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1";
    let model = yard.lab("model");
    let container = ContainerDefinition::builder().image(image).build();
    let create = sagemaker.create_model().model_name(&model).primary_container(container);
    create.execution_role_arn(role_arn(&role)).send().await?;
    let variant = ProductionVariant::builder()
        .variant_name("all")
        .model_name(&model)
        .initial_instance_count(1)
        .instance_type(ProductionVariantInstanceType::MlM5Large)
        .build();
    let (config, endpoint) = (yard.lab("config"), yard.lab("endpoint"));
    let create = sagemaker.create_endpoint_config().endpoint_config_name(&config);
    create.production_variants(variant).send().await?;
    let create = sagemaker.create_endpoint().endpoint_name(&endpoint);
    create.endpoint_config_name(&config).send().await?;
    yard.notebook(HOME, &yard.lab("notebook"), &role_arn(&role)).await?;
    Ok(key.id)
}
