//! `sagemaker:model-package-group`: goes when it is empty (`ConflictException`), and its resource
//! policy with it, which AWS has a call of its own for.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{
    Described, Shape, TAG_PERMISSIONS, change, created_by, describe, list, status,
};
use crate::aws::kinds::sagemaker;
use crate::aws::{Acted, Aws, AwsError, Class, Op, RemovalOptions, found};
use crate::resource::{KindFacts, Permissions, Resource, Scope, WhereKey};

const LIST: Op = Op::read("sagemaker", "ListModelPackageGroups");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeModelPackageGroup");
const GET_POLICY: Op = Op::read("sagemaker", "GetModelPackageGroupPolicy");
const DELETE: Op = Op::write("sagemaker", "DeleteModelPackageGroup");
const DELETE_POLICY: Op = Op::write("sagemaker", "DeleteModelPackageGroupPolicy");

/// Where the record keeps the policy.
const POLICY: &str = "ResourcePolicy";

pub(super) struct ModelPackageGroup;

#[async_trait]
impl Described for ModelPackageGroup {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::MODEL_PACKAGE_GROUP,
            name: "ModelPackageGroupName",
            arn: "ModelPackageGroupArn",
            status: Some("ModelPackageGroupStatus"),
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            where_keys: const {
                &[
                    status("Completed, Pending, InProgress, Failed, Deleting, DeleteFailed"),
                    WhereKey::new("created_by", "a Studio user profile's name, or an ARN"),
                ]
            },
            permissions: Permissions {
                read: &[
                    "sagemaker:ListModelPackageGroups",
                    "sagemaker:DescribeModelPackageGroup",
                    "sagemaker:GetModelPackageGroupPolicy",
                    "sagemaker:ListTags",
                ],
                remove: &[
                    "sagemaker:DeleteModelPackageGroup",
                    "sagemaker:DeleteModelPackageGroupPolicy",
                ],
                tag: TAG_PERMISSIONS,
            },
            can_tag: true,
            ..KindFacts::new(sagemaker::MODEL_PACKAGE_GROUP, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_model_package_groups, model_package_group_summary_list)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_model_package_group.model_package_group_name(id))
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        created_by(resource, shown);
    }

    async fn look_closer(&self, aws: &Aws, resource: &mut Resource) -> Result<(), AwsError> {
        let client = aws.sagemaker();
        let name = resource.id.id.clone();
        let get = || client.get_model_package_group_policy().model_package_group_name(&name).send();
        match found(aws.call(GET_POLICY, get).await) {
            Ok(answer) => {
                let policy = answer.and_then(|answer| answer.resource_policy);
                if let (Some(policy), Some(record)) = (policy, resource.record.as_object_mut()) {
                    record.insert(POLICY.to_owned(), Value::from(policy));
                }
                Ok(())
            }
            Err(error) if error.class == Class::Unavailable => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        let name = &resource.id.id;
        if resource.record.get(POLICY).is_some() {
            let call = delete_policy(aws, name).await;
            found(call)?;
        }
        change!(aws, DELETE, delete_model_package_group.model_package_group_name(name))?;
        Ok(Acted::Started)
    }
}

async fn delete_policy(aws: &Aws, name: &str) -> Result<(), AwsError> {
    change!(aws, DELETE_POLICY, delete_model_package_group_policy.model_package_group_name(name))?;
    Ok(())
}
