//! `sagemaker:domain`: goes after its apps, spaces and user profiles (`ResourceInUse`). Its home
//! file system stays unless the manifest says otherwise.

use async_trait::async_trait;
use aws_sdk_sagemaker::types::{RetentionPolicy, RetentionType};
use serde_json::Value;

use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list, status};
use super::shown::text;
use crate::aws::kinds::{iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListDomains");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeDomain");
const DELETE: Op = Op::write("sagemaker", "DeleteDomain");

pub(super) struct Domain;

#[async_trait]
impl Described for Domain {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::DOMAIN,
            name: "DomainName",
            arn: "DomainArn",
            status: Some("Status"),
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[iam::ROLE, s3::BUCKET, kms::KEY],
            where_keys: const { &[status("InService, Pending, Failed, Delete_Failed…")] },
            permissions: Permissions {
                read: &["sagemaker:ListDomains", "sagemaker:DescribeDomain", "sagemaker:ListTags"],
                remove: &["sagemaker:DeleteDomain"],
                tag: TAG_PERMISSIONS,
            },
            can_tag: true,
            ..KindFacts::new(sagemaker::DOMAIN, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_domains, domains)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_domain.domain_id(id))
    }

    fn id(&self, shown: &Value) -> Option<String> {
        text(shown, "DomainId").map(str::to_owned)
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        if let Some(file_system) = text(shown, "HomeEfsFileSystemId") {
            resource.cautions.push(format!(
                "its home file system {file_system} stays, with its mount targets and security \
                 groups, unless options.sagemaker.home_efs is delete"
            ));
        }
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        options: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        let home =
            if options.delete_home_efs { RetentionType::Delete } else { RetentionType::Retain };
        let policy = RetentionPolicy::builder().home_efs_file_system(home).build();
        let id = &resource.id.id;
        change!(aws, DELETE, delete_domain.domain_id(id).retention_policy(policy.clone()))?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err("a domain made again has another id and an empty home".to_owned())
    }
}
