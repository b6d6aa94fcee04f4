//! `sagemaker:endpoint-config`: AWS deletes it under a running endpoint, whose instance type is
//! then lost from view while it is still billed. So it goes after it.

use async_trait::async_trait;
use aws_sdk_sagemaker::operation::create_endpoint_config::CreateEndpointConfigInput;
use serde_json::Value;

use super::again::{self, create};
use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list};
use crate::aws::kinds::{iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListEndpointConfigs");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeEndpointConfig");
const DELETE: Op = Op::write("sagemaker", "DeleteEndpointConfig");
const CREATE: Op = Op::write("sagemaker", "CreateEndpointConfig");

pub(super) struct EndpointConfig;

#[async_trait]
impl Described for EndpointConfig {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::ENDPOINT_CONFIG,
            name: "EndpointConfigName",
            arn: "EndpointConfigArn",
            status: None,
            members: &[("ModelName", sagemaker::MODEL)],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[sagemaker::MODEL, iam::ROLE, s3::BUCKET, kms::KEY],
            permissions: Permissions {
                read: &[
                    "sagemaker:ListEndpointConfigs",
                    "sagemaker:DescribeEndpointConfig",
                    "sagemaker:ListTags",
                ],
                remove: &["sagemaker:DeleteEndpointConfig"],
                tag: TAG_PERMISSIONS,
            },
            restore_permissions: &[
                "sagemaker:CreateEndpointConfig",
                "sagemaker:AddTags",
                "iam:PassRole",
                "s3:ListAllMyBuckets",
                "s3:ListBucket",
            ],
            can_tag: true,
            ..KindFacts::new(sagemaker::ENDPOINT_CONFIG, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_endpoint_configs, endpoint_configs)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_endpoint_config.endpoint_config_name(id))
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        change!(aws, DELETE, delete_endpoint_config.endpoint_config_name(&resource.id.id))?;
        Ok(Acted::Done)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Ok(Rebuild::by_create())
    }

    async fn create(&self, aws: &Aws, was: &Resource) -> Result<Acted, AwsError> {
        let input = again::input(was, &[]);
        again::only_to_our_buckets(aws, CREATE, &input).await?;
        create!(
            aws,
            CREATE,
            input,
            CreateEndpointConfigInput,
            create_endpoint_config,
            set_endpoint_config_name: endpoint_config_name,
            set_production_variants: production_variants,
            set_data_capture_config: data_capture_config,
            set_tags: tags,
            set_kms_key_id: kms_key_id,
            set_async_inference_config: async_inference_config,
            set_explainer_config: explainer_config,
            set_shadow_production_variants: shadow_production_variants,
            set_execution_role_arn: execution_role_arn,
            set_vpc_config: vpc_config,
            set_enable_network_isolation: enable_network_isolation,
            set_metrics_config: metrics_config,
        )?;
        Ok(Acted::Done)
    }
}
