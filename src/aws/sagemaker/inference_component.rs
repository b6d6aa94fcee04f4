//! `sagemaker:inference-component`, read for its references only: Dismantle removes no inference
//! components. One runs on an endpoint, and goes before it; it serves a model, or an image and
//! data of its own.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, describe, list, only_read, status};
use crate::aws::kinds::{ecr, logs, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, RemovalOptions};
use crate::resource::{DerivedName, KindFacts, Permissions, Reference, Removable, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListInferenceComponents");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeInferenceComponent");

/// Its containers write into a group of its own, not into the endpoint's.
const LOG_GROUPS: &str = "/aws/sagemaker/InferenceComponents/";

pub(super) struct InferenceComponent;

#[async_trait]
impl Described for InferenceComponent {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::INFERENCE_COMPONENT,
            name: "InferenceComponentName",
            arn: "InferenceComponentArn",
            status: Some("InferenceComponentStatus"),
            members: &[("EndpointName", sagemaker::ENDPOINT), ("ModelName", sagemaker::MODEL)],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[
                sagemaker::ENDPOINT,
                sagemaker::MODEL,
                s3::BUCKET,
                ecr::REPOSITORY,
                ecr::IMAGE,
                logs::LOG_GROUP,
            ],
            where_keys: const { &[status("Creating, InService, Updating, Failed, Deleting")] },
            derived: &[DerivedName { kind: logs::LOG_GROUP, before: LOG_GROUPS, after: "/" }],
            permissions: Permissions {
                read: &[
                    "sagemaker:ListInferenceComponents",
                    "sagemaker:DescribeInferenceComponent",
                    "sagemaker:ListTags",
                ],
                ..Permissions::default()
            },
            ..KindFacts::new(sagemaker::INFERENCE_COMPONENT, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_inference_components, inference_components)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_inference_component.inference_component_name(id))
    }

    fn complete(&self, resource: &mut Resource, _: &Value) {
        let group = format!("{LOG_GROUPS}{}", resource.name);
        resource.uses.push(Reference::soft(logs::LOG_GROUP, group, "log group"));
        only_read(resource, "inference components");
    }

    async fn delete(&self, aws: &Aws, _: &Resource, _: &RemovalOptions) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, sagemaker::INFERENCE_COMPONENT, "deletes"))
    }
}
