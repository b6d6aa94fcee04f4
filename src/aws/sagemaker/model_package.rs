//! `sagemaker:model-package`: a version in a group, or one without a group. Its data and its
//! image stay when it goes.

use async_trait::async_trait;
use aws_sdk_sagemaker::types::ModelPackageType;
use serde_json::Value;

use super::common::{Described, Shape, change, created_by, describe, list, status};
use super::shown::text;
use crate::aws::kinds::{ecr, iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{KindFacts, Lifecycle, Permissions, Resource, ResourceId, Scope, WhereKey};

const LIST: Op = Op::read("sagemaker", "ListModelPackages");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeModelPackage");
const DELETE: Op = Op::write("sagemaker", "DeleteModelPackage");

pub(super) struct ModelPackage;

#[async_trait]
impl Described for ModelPackage {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::MODEL_PACKAGE,
            name: "ModelPackageName",
            arn: "ModelPackageArn",
            status: Some("ModelPackageStatus"),
            members: &[],
        }
    }

    /// A version carries its group's tags and can have none of its own (CreateModelPackage), so
    /// the kind is not tagged.
    fn facts(&self) -> KindFacts {
        KindFacts {
            parent: Some(sagemaker::MODEL_PACKAGE_GROUP),
            can_use: &[iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE],
            where_keys: const {
                &[
                    status("Completed, Pending, InProgress, Failed, Deleting"),
                    WhereKey::new("approval", "Approved, PendingManualApproval, Rejected"),
                    WhereKey::new("created_by", "a Studio user profile's name, or an ARN"),
                ]
            },
            permissions: Permissions {
                read: &[
                    "sagemaker:ListModelPackages",
                    "sagemaker:DescribeModelPackage",
                    "sagemaker:ListTags",
                ],
                remove: &["sagemaker:DeleteModelPackage"],
                tag: &[],
            },
            ..KindFacts::new(sagemaker::MODEL_PACKAGE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        let both = ModelPackageType::Both;
        list!(
            aws,
            LIST,
            list_model_packages.model_package_type(both.clone()),
            model_package_summary_list
        )
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_model_package.model_package_name(id))
    }

    fn id(&self, shown: &Value) -> Option<String> {
        text(shown, "ModelPackageArn").map(str::to_owned)
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        if let Some(group) = text(shown, "ModelPackageGroupName") {
            let region = resource.region();
            resource.parent = Some(ResourceId::new(sagemaker::MODEL_PACKAGE_GROUP, region, group));
            if let Some(version) = shown.get("ModelPackageVersion").and_then(Value::as_i64) {
                resource.name = format!("{group}/{version}");
            }
        }
        if text(shown, "ModelPackageStatus") == Some("InProgress") {
            resource.lifecycle = Lifecycle::Changing { status: "InProgress".to_owned() };
        }
        if let Some(approval) = text(shown, "ModelApprovalStatus") {
            resource.fact("approval", approval);
        }
        created_by(resource, shown);
    }

    fn tagged_arn(&self, resource: &Resource) -> Option<String> {
        let arn = resource.arn.as_deref()?;
        match (&resource.parent, arn.rsplit_once('/')) {
            (Some(_), Some((group, _version))) => {
                Some(group.replacen(":model-package/", ":model-package-group/", 1))
            }
            _ => Some(arn.to_owned()),
        }
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        change!(aws, DELETE, delete_model_package.model_package_name(&resource.id.id))?;
        Ok(Acted::Done)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err("a version's number is AWS's to give: register the model again".to_owned())
    }
}
