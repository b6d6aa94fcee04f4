//! `sagemaker:endpoint`: what bills by the hour. It goes first, and its config, models and role
//! after it: with its role or its key gone it cannot free its grants.

use async_trait::async_trait;
use aws_sdk_sagemaker::operation::create_endpoint::CreateEndpointInput;
use serde_json::Value;

use super::again::{self, create};
use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list, status};
use crate::aws::kinds::{ecr, kms, logs, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{DerivedName, KindFacts, Permissions, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListEndpoints");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeEndpoint");
const DELETE: Op = Op::write("sagemaker", "DeleteEndpoint");
const CREATE: Op = Op::write("sagemaker", "CreateEndpoint");

/// What it shows under another name than it is asked for.
const RENAMES: &[(&str, &str)] = &[("LastDeploymentConfig", "DeploymentConfig")];

pub(super) struct Endpoint;

#[async_trait]
impl Described for Endpoint {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::ENDPOINT,
            name: "EndpointName",
            arn: "EndpointArn",
            status: Some("EndpointStatus"),
            members: &[("EndpointConfigName", sagemaker::ENDPOINT_CONFIG)],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[
                sagemaker::ENDPOINT_CONFIG,
                s3::BUCKET,
                kms::KEY,
                ecr::REPOSITORY,
                ecr::IMAGE,
            ],
            where_keys: const { &[status("Creating, InService, Failed, OutOfService…")] },
            derived: &[DerivedName {
                kind: logs::LOG_GROUP,
                before: "/aws/sagemaker/Endpoints/",
                after: "/",
            }],
            permissions: Permissions {
                read: &[
                    "sagemaker:ListEndpoints",
                    "sagemaker:DescribeEndpoint",
                    "sagemaker:ListTags",
                ],
                remove: &["sagemaker:DeleteEndpoint"],
                tag: TAG_PERMISSIONS,
            },
            restore_permissions: &["sagemaker:CreateEndpoint", "sagemaker:AddTags"],
            can_tag: true,
            ..KindFacts::new(sagemaker::ENDPOINT, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_endpoints, endpoints)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_endpoint.endpoint_name(id))
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        change!(aws, DELETE, delete_endpoint.endpoint_name(&resource.id.id))?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Ok(Rebuild::by_create())
    }

    async fn create(&self, aws: &Aws, was: &Resource) -> Result<Acted, AwsError> {
        create!(
            aws,
            CREATE,
            again::input(was, RENAMES),
            CreateEndpointInput,
            create_endpoint,
            set_endpoint_name: endpoint_name,
            set_endpoint_config_name: endpoint_config_name,
            set_deployment_config: deployment_config,
            set_tags: tags,
        )?;
        Ok(Acted::Started)
    }
}
