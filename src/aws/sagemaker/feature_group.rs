//! `sagemaker:feature-group`, read for its references only: Dismantle removes no feature groups.
//! Its offline store writes into a bucket, with a role and a key; its online store has a key too.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, describe, list, only_read, status};
use crate::aws::kinds::{iam, kms, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, RemovalOptions};
use crate::resource::{KindFacts, Permissions, Removable, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListFeatureGroups");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeFeatureGroup");

pub(super) struct FeatureGroup;

#[async_trait]
impl Described for FeatureGroup {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::FEATURE_GROUP,
            name: "FeatureGroupName",
            arn: "FeatureGroupArn",
            status: Some("FeatureGroupStatus"),
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[iam::ROLE, s3::BUCKET, kms::KEY],
            where_keys: const { &[status("Creating, Created, CreateFailed, DeleteFailed…")] },
            permissions: Permissions {
                read: &[
                    "sagemaker:ListFeatureGroups",
                    "sagemaker:DescribeFeatureGroup",
                    "sagemaker:ListTags",
                ],
                ..Permissions::default()
            },
            ..KindFacts::new(sagemaker::FEATURE_GROUP, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_feature_groups, feature_group_summaries)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_feature_group.feature_group_name(id))
    }

    fn complete(&self, resource: &mut Resource, _: &Value) {
        only_read(resource, "feature groups");
    }

    async fn delete(&self, aws: &Aws, _: &Resource, _: &RemovalOptions) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, sagemaker::FEATURE_GROUP, "deletes"))
    }
}
