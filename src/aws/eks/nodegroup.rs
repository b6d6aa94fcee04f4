//! `eks:nodegroup`. Its role outlives it: without the role the delete hangs or fails.

use async_trait::async_trait;
use aws_sdk_eks::types::Nodegroup;
use serde_json::json;

use super::child::ClusterChild;
use super::{again, issue, lifecycle, nodes, tags, without_nulls};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, kinds, timestamp};
use crate::resource::{KindFacts, Permissions, Reference, Region, Resource, Scope, WhereKey};

pub(super) struct Nodegroups;

#[async_trait]
impl ClusterChild for Nodegroups {
    fn facts(&self) -> KindFacts {
        KindFacts {
            parent: Some(kinds::eks::CLUSTER),
            can_use: &[kinds::iam::ROLE, kinds::iam::INSTANCE_PROFILE, kinds::eks::ADDON],
            where_keys: const {
                &[WhereKey::new("status", "ACTIVE, CREATING, DEGRADED, DELETE_FAILED…")]
            },
            permissions: Permissions {
                read: &["eks:ListNodegroups", "eks:DescribeNodegroup"],
                remove: &["eks:DeleteNodegroup"],
                tag: &["eks:TagResource"],
            },
            restore_permissions: again::NODEGROUP_PERMISSIONS,
            can_tag: true,
            ..KindFacts::new(kinds::eks::NODEGROUP, Scope::Regional)
        }
    }

    async fn names(&self, aws: &Aws, cluster: &str) -> Result<Vec<String>, AwsError> {
        const OP: Op = Op::read("eks", "ListNodegroups");
        let client = aws.eks();
        let start = |token| {
            client
                .list_nodegroups()
                .cluster_name(cluster)
                .set_next_token(token)
                .into_paginator()
                .send()
        };
        let pages = aws.pages(OP, start, |page| page.next_token().map(str::to_owned)).await?;
        Ok(pages.into_iter().flat_map(|page| page.nodegroups.unwrap_or_default()).collect())
    }

    async fn describe(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        mut resource: Resource,
    ) -> Result<Resource, AwsError> {
        const OP: Op = Op::read("eks", "DescribeNodegroup");
        let client = aws.eks();
        let call = || client.describe_nodegroup().cluster_name(cluster).nodegroup_name(name).send();
        let it = aws.call(OP, call).await?.nodegroup;
        let it = it.ok_or_else(|| AwsError::garbled(OP, aws.region(), "it describes nothing"))?;
        let status = it.status.as_ref().map_or("", |status| status.as_str());
        let issues = it.health.as_ref().map(|health| health.issues()).unwrap_or_default();
        let issues = issues.iter().map(|i| issue(i.code.as_ref().map(|c| c.as_str()), i.message()));
        resource.lifecycle = lifecycle(status, issues.collect());
        resource.fact("status", status);
        let role = it.node_role.clone();
        resource.uses.extend(role.map(|arn| Reference::soft(kinds::iam::ROLE, arn, "node role")));
        // Without the VPC CNI the nodes cannot clean up their network interfaces.
        let cni = format!("{cluster}/vpc-cni");
        resource.uses.push(Reference::soft(kinds::eks::ADDON, cni, "network of its nodes"));
        if let Some(profile) = it.nodegroup_arn.as_deref().and_then(instance_profile) {
            let profile =
                Reference::soft(kinds::iam::INSTANCE_PROFILE, profile, "instance profile")
                    .in_region(Region::GLOBAL);
            resource.owns.push(profile.clone());
            resource.uses.push(profile);
        }
        resource.record = record(&it);
        resource.created = timestamp(it.created_at.as_ref());
        resource.arn = it.nodegroup_arn;
        resource.tags = tags(it.tags);
        Ok(resource)
    }

    async fn delete(&self, aws: &Aws, cluster: &str, name: &str) -> Result<Acted, AwsError> {
        const OP: Op = Op::write("eks", "DeleteNodegroup");
        let client = aws.eks();
        let call = || client.delete_nodegroup().cluster_name(cluster).nodegroup_name(name).send();
        aws.call(OP, call).await?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Ok(Rebuild::by_create())
    }

    async fn create(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        was: &Resource,
    ) -> Result<Acted, AwsError> {
        const OP: Op = Op::write("eks", "CreateNodegroup");
        let (client, input) = (&aws.eks(), again::nodegroup(was, cluster, name));
        aws.call(OP, || input.clone().send_with(client)).await?;
        Ok(Acted::Started)
    }
}

/// EKS names the instance profile that it makes for a nodegroup after the last part of the
/// nodegroup's ARN: `eks-<uuid>`.
fn instance_profile(arn: &str) -> Option<String> {
    let (_, uuid) = arn.rsplit_once('/')?;
    (!uuid.is_empty()).then(|| format!("eks-{uuid}"))
}

fn record(it: &Nodegroup) -> serde_json::Value {
    let taints: Vec<_> = it
        .taints()
        .iter()
        .map(|taint| {
            let effect = taint.effect.as_ref().map(|effect| effect.as_str());
            json!({"key": taint.key, "value": taint.value, "effect": effect})
        })
        .collect();
    without_nulls(json!({
        "clusterName": it.cluster_name,
        "nodegroupName": it.nodegroup_name,
        "nodegroupArn": it.nodegroup_arn,
        "version": it.version,
        "releaseVersion": it.release_version,
        "capacityType": it.capacity_type.as_ref().map(|capacity| capacity.as_str()),
        "scalingConfig": it.scaling_config.as_ref().map(|scaling| json!({
            "minSize": scaling.min_size,
            "maxSize": scaling.max_size,
            "desiredSize": scaling.desired_size,
        })),
        "instanceTypes": it.instance_types(),
        "subnets": it.subnets(),
        "remoteAccess": it.remote_access.as_ref().map(|access| json!({
            "ec2SshKey": access.ec2_ssh_key,
            "sourceSecurityGroups": access.source_security_groups(),
        })),
        "amiType": it.ami_type.as_ref().map(|ami| ami.as_str()),
        "nodeRole": it.node_role,
        "labels": it.labels,
        "taints": taints,
        "diskSize": it.disk_size,
        "updateConfig": it.update_config.as_ref().map(|update| json!({
            "maxUnavailable": update.max_unavailable,
            "maxUnavailablePercentage": update.max_unavailable_percentage,
            "updateStrategy": update.update_strategy.as_ref().map(|strategy| strategy.as_str()),
        })),
        "nodeRepairConfig": it.node_repair_config.as_ref().map(nodes::repair_record),
        "warmPoolConfig": it.warm_pool_config.as_ref().map(nodes::warm_pool_record),
        "launchTemplate": it.launch_template.as_ref().map(|template| json!({
            "id": template.id,
            "name": template.name,
            "version": template.version,
        })),
        "tags": it.tags,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instance_profile_is_named_after_the_arn() {
        let arn = "arn:aws:eks:us-east-1:1:nodegroup/lab/workers/ccba4a9e-0000";
        assert_eq!(instance_profile(arn).as_deref(), Some("eks-ccba4a9e-0000"));
        assert_eq!(instance_profile("nonsense"), None);
    }
}
