//! `sagemaker:endpoint-config`: AWS deletes it under a running endpoint, whose instance type is
//! then lost from view while it is still billed. So it goes after it.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list};
use crate::aws::kinds::{iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListEndpointConfigs");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeEndpointConfig");
const DELETE: Op = Op::write("sagemaker", "DeleteEndpointConfig");

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
}
