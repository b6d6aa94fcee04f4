//! `sagemaker:cluster` (HyperPod), read for its references only: Dismantle removes no HyperPod
//! clusters. Its instance groups run with roles of their own and fetch their lifecycle scripts
//! from a bucket; an EKS cluster may orchestrate it, and stays when it goes.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, describe, list, only_read, status};
use super::shown::text;
use crate::aws::kinds::{eks, iam, kms, logs, s3, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, RemovalOptions, spelling};
use crate::resource::{DerivedName, KindFacts, Permissions, Reference, Removable, Resource, Scope};

const LIST: Op = Op::read("sagemaker", "ListClusters");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeCluster");

/// Its lifecycle scripts log into `…/NAME/ID`, where the id is the last part of its ARN.
const LOG_GROUPS: &str = "/aws/sagemaker/Clusters/";

pub(super) struct Cluster;

#[async_trait]
impl Described for Cluster {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::CLUSTER,
            name: "ClusterName",
            arn: "ClusterArn",
            status: Some("ClusterStatus"),
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[iam::ROLE, s3::BUCKET, kms::KEY, eks::CLUSTER, logs::LOG_GROUP],
            where_keys: const { &[status("Creating, InService, Updating, RollingBack, Failed…")] },
            derived: &[DerivedName { kind: logs::LOG_GROUP, before: LOG_GROUPS, after: "/" }],
            permissions: Permissions {
                read: &[
                    "sagemaker:ListClusters",
                    "sagemaker:DescribeCluster",
                    "sagemaker:ListTags",
                ],
                ..Permissions::default()
            },
            ..KindFacts::new(sagemaker::CLUSTER, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_clusters, cluster_summaries)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        describe!(aws, DESCRIBE, describe_cluster.cluster_name(id))
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        // Not by its member's name: its own ARN is called `ClusterArn` as well.
        if let Some(arn) = text(shown, "Orchestrator.Eks.ClusterArn") {
            resource.uses.push(Reference::soft(eks::CLUSTER, arn, "orchestrator"));
        }
        if let Some(arn) = text(shown, "ClusterArn") {
            let group = format!("{LOG_GROUPS}{}/{}", resource.name, spelling::last_segment(arn));
            resource.uses.push(Reference::soft(logs::LOG_GROUP, group, "log group"));
        }
        only_read(resource, "HyperPod clusters");
    }

    async fn delete(&self, aws: &Aws, _: &Resource, _: &RemovalOptions) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, sagemaker::CLUSTER, "deletes"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::Region;

    #[test]
    fn a_cluster_uses_its_orchestrator_and_its_log_group_and_not_itself() {
        let lab = "arn:aws:eks:us-east-1:842676018087:cluster/lab";
        let shown = json!({
            "ClusterName": "pod",
            "ClusterArn": "arn:aws:sagemaker:us-east-1:842676018087:cluster/a1b2c3",
            "Orchestrator": {"Eks": {"ClusterArn": lab}},
        });
        let region = Region::new("us-east-1");
        let mut resource = Resource::new(sagemaker::CLUSTER, region, "pod", "pod");
        Cluster.complete(&mut resource, &shown);
        let uses: Vec<_> =
            resource.uses.iter().map(|used| (used.kind, used.spelling.as_str())).collect();
        let group = "/aws/sagemaker/Clusters/pod/a1b2c3";
        assert_eq!(uses, [(eks::CLUSTER, lab), (logs::LOG_GROUP, group)]);
    }
}
