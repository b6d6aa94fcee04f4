//! `sagemaker:model-package-group`: goes when it is empty (`ConflictException`), and its resource
//! policy with it, which AWS has a call of its own for.

use async_trait::async_trait;
use aws_sdk_sagemaker::operation::create_model_package_group::CreateModelPackageGroupInput;
use serde_json::Value;

use super::again::{self, create};
use super::common::{
    Described, Shape, TAG_PERMISSIONS, change, created_by, describe, list, status,
};
use crate::aws::kinds::sagemaker;
use crate::aws::{Acted, Aws, AwsError, Class, Op, Rebuild, RemovalOptions, found};
use crate::resource::{Action, KindFacts, Permissions, Resource, Scope, WhereKey};

const LIST: Op = Op::read("sagemaker", "ListModelPackageGroups");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeModelPackageGroup");
const GET_POLICY: Op = Op::read("sagemaker", "GetModelPackageGroupPolicy");
const DELETE: Op = Op::write("sagemaker", "DeleteModelPackageGroup");
const DELETE_POLICY: Op = Op::write("sagemaker", "DeleteModelPackageGroupPolicy");
const CREATE: Op = Op::write("sagemaker", "CreateModelPackageGroup");
const PUT_POLICY: Op = Op::write("sagemaker", "PutModelPackageGroupPolicy");

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
            restore_permissions: &[
                "sagemaker:CreateModelPackageGroup",
                "sagemaker:PutModelPackageGroupPolicy",
                "sagemaker:AddTags",
            ],
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

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        let mut rebuild = Rebuild::by_create().without("the versions in it");
        if was.record.get(POLICY).is_some() {
            rebuild = rebuild.and(Action::Configure, POLICY);
        }
        Ok(rebuild)
    }

    async fn create(&self, aws: &Aws, was: &Resource) -> Result<Acted, AwsError> {
        create!(
            aws,
            CREATE,
            again::input(was, &[]),
            CreateModelPackageGroupInput,
            create_model_package_group,
            set_model_package_group_name: model_package_group_name,
            set_model_package_group_description: model_package_group_description,
            set_tags: tags,
            set_managed_configuration: managed_configuration,
        )?;
        Ok(Acted::Started)
    }

    async fn configure(&self, aws: &Aws, was: &Resource, part: &str) -> Result<Acted, AwsError> {
        let Some(policy) = again::whole(&was.record, part).filter(|_| part == POLICY) else {
            return Err(AwsError::unsupported(aws, was.kind(), part));
        };
        let name = &was.id.id;
        change!(
            aws,
            PUT_POLICY,
            put_model_package_group_policy.model_package_group_name(name).resource_policy(policy)
        )?;
        Ok(Acted::Done)
    }
}

async fn delete_policy(aws: &Aws, name: &str) -> Result<(), AwsError> {
    change!(aws, DELETE_POLICY, delete_model_package_group_policy.model_package_group_name(name))?;
    Ok(())
}
