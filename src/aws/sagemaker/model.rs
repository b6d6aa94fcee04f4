//! `sagemaker:model`: a name for an image, its data and a role; all three stay when it goes.

use async_trait::async_trait;
use aws_sdk_sagemaker::operation::create_model::CreateModelInput;
use serde_json::Value;

use super::again::{self, create};
use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list};
use crate::aws::kinds::{ecr, iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListModels");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeModel");
const DELETE: Op = Op::write("sagemaker", "DeleteModel");
const CREATE: Op = Op::write("sagemaker", "CreateModel");

pub(super) struct Model;

#[async_trait]
impl Described for Model {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::MODEL,
            name: "ModelName",
            arn: "ModelArn",
            status: None,
            members: &[("ModelPackageName", sagemaker::MODEL_PACKAGE)],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[
                sagemaker::MODEL_PACKAGE,
                iam::ROLE,
                s3::BUCKET,
                kms::KEY,
                ecr::REPOSITORY,
                ecr::IMAGE,
            ],
            permissions: Permissions {
                read: &["sagemaker:ListModels", "sagemaker:DescribeModel", "sagemaker:ListTags"],
                remove: &["sagemaker:DeleteModel"],
                tag: TAG_PERMISSIONS,
            },
            restore_permissions: &["sagemaker:CreateModel", "sagemaker:AddTags", "iam:PassRole"],
            can_tag: true,
            ..KindFacts::new(sagemaker::MODEL, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_models, models)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_model.model_name(id))
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        change!(aws, DELETE, delete_model.model_name(&resource.id.id))?;
        Ok(Acted::Done)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Ok(Rebuild::by_create())
    }

    async fn create(&self, aws: &Aws, was: &Resource) -> Result<Acted, AwsError> {
        create!(
            aws,
            CREATE,
            again::model(was),
            CreateModelInput,
            create_model,
            set_model_name: model_name,
            set_primary_container: primary_container,
            set_containers: containers,
            set_inference_execution_config: inference_execution_config,
            set_execution_role_arn: execution_role_arn,
            set_tags: tags,
            set_vpc_config: vpc_config,
            set_enable_network_isolation: enable_network_isolation,
        )?;
        Ok(Acted::Done)
    }
}
