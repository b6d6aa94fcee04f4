//! `sagemaker:model`: a name for an image, its data and a role; all three stay when it goes.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list};
use crate::aws::kinds::{ecr, iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListModels");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeModel");
const DELETE: Op = Op::write("sagemaker", "DeleteModel");

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
}
