//! `sagemaker:space`: goes after its apps, and before the profile that owns it (`ResourceInUse`).

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list, status};
use super::shown::text;
use crate::aws::kinds::sagemaker;
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Reference, Resource, ResourceId, Scope};

const LIST: Op = Op::read("sagemaker", "ListSpaces");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeSpace");
const DELETE: Op = Op::write("sagemaker", "DeleteSpace");

pub(super) struct Space;

#[async_trait]
impl Described for Space {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::SPACE,
            name: "SpaceName",
            arn: "SpaceArn",
            status: Some("Status"),
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[sagemaker::USER_PROFILE],
            where_keys: const { &[status("InService, Pending, Failed, Delete_Failed…")] },
            permissions: Permissions {
                read: &["sagemaker:ListSpaces", "sagemaker:DescribeSpace", "sagemaker:ListTags"],
                remove: &["sagemaker:DeleteSpace"],
                tag: TAG_PERMISSIONS,
            },
            can_tag: true,
            parent: Some(sagemaker::DOMAIN),
            ..KindFacts::new(sagemaker::SPACE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_spaces, spaces)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        let (domain, name) = id.split_once('/').unwrap_or((id, ""));
        describe!(aws, DESCRIBE, describe_space.domain_id(domain).space_name(name))
    }

    fn id(&self, shown: &Value) -> Option<String> {
        Some(format!("{}/{}", text(shown, "DomainId")?, text(shown, "SpaceName")?))
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        let region = resource.region();
        let Some(domain) = text(shown, "DomainId") else { return };
        resource.parent = Some(ResourceId::new(sagemaker::DOMAIN, region, domain));
        let owner = text(shown, "OwnershipSettings.OwnerUserProfileName")
            .or_else(|| text(shown, "OwnershipSettingsSummary.OwnerUserProfileName"));
        if let Some(owner) = owner {
            let owner = format!("{domain}/{owner}");
            resource.uses.push(Reference::hard(sagemaker::USER_PROFILE, owner, "owner"));
        }
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        let (domain, name) = resource.id.id.split_once('/').unwrap_or((&resource.id.id, ""));
        change!(aws, DELETE, delete_space.domain_id(domain).space_name(name))?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err("its storage is gone: make it again in its domain by hand".to_owned())
    }
}
