//! `sagemaker:user-profile`: goes after its apps and the spaces that it owns (`ResourceInUse`).

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list, status};
use super::shown::text;
use crate::aws::kinds::{iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Resource, ResourceId, Scope};

const LIST: Op = Op::read("sagemaker", "ListUserProfiles");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeUserProfile");
const DELETE: Op = Op::write("sagemaker", "DeleteUserProfile");

pub(super) struct UserProfile;

#[async_trait]
impl Described for UserProfile {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::USER_PROFILE,
            name: "UserProfileName",
            arn: "UserProfileArn",
            status: Some("Status"),
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[iam::ROLE, s3::BUCKET, kms::KEY],
            where_keys: const { &[status("InService, Pending, Failed, Delete_Failed…")] },
            permissions: Permissions {
                read: &[
                    "sagemaker:ListUserProfiles",
                    "sagemaker:DescribeUserProfile",
                    "sagemaker:ListTags",
                ],
                remove: &["sagemaker:DeleteUserProfile"],
                tag: TAG_PERMISSIONS,
            },
            can_tag: true,
            parent: Some(sagemaker::DOMAIN),
            ..KindFacts::new(sagemaker::USER_PROFILE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_user_profiles, user_profiles)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        let (domain, name) = id.split_once('/').unwrap_or((id, ""));
        describe!(aws, DESCRIBE, describe_user_profile.domain_id(domain).user_profile_name(name))
    }

    fn id(&self, shown: &Value) -> Option<String> {
        Some(format!("{}/{}", text(shown, "DomainId")?, text(shown, "UserProfileName")?))
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        let region = resource.region();
        resource.parent = text(shown, "DomainId")
            .map(|domain| ResourceId::new(sagemaker::DOMAIN, region, domain));
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        let (domain, name) = resource.id.id.split_once('/').unwrap_or((&resource.id.id, ""));
        change!(aws, DELETE, delete_user_profile.domain_id(domain).user_profile_name(name))?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err("its home directory is gone: make it again in its domain by hand".to_owned())
    }
}
