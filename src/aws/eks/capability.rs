//! `eks:capability` (Argo CD, ACK, kro), read for its references only: Dismantle removes no
//! capabilities. A cluster is not deleted while it has one (`ResourceInUseException`, "Cluster has
//! capabilities attached": aws-nuke #970), so a capability holds its cluster and does not go with
//! it.

use async_trait::async_trait;
use aws_sdk_eks::types::Capability;
use serde_json::json;

use super::child::ClusterChild;
use super::{issue, lifecycle, tags, without_nulls};
use crate::aws::{Acted, Aws, AwsError, Op, kinds, timestamp};
use crate::resource::{
    KindFacts, Last, Permissions, Reference, Removable, Resource, Scope, WhereKey,
};

pub(super) struct Capabilities;

#[async_trait]
impl ClusterChild for Capabilities {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            parent: Some(kinds::eks::CLUSTER),
            can_use: &[kinds::eks::CLUSTER, kinds::iam::ROLE],
            where_keys: const {
                &[WhereKey::new("status", "ACTIVE, CREATING, DEGRADED, DELETE_FAILED…")]
            },
            permissions: Permissions {
                read: &["eks:ListCapabilities", "eks:DescribeCapability"],
                ..Permissions::default()
            },
            ..KindFacts::new(kinds::eks::CAPABILITY, Scope::Regional)
        }
    }

    async fn names(&self, aws: &Aws, cluster: &str) -> Result<Vec<String>, AwsError> {
        const OP: Op = Op::read("eks", "ListCapabilities");
        let client = aws.eks();
        let start = |token| {
            let list = client.list_capabilities().cluster_name(cluster);
            list.set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(OP, start, |page| page.next_token().map(str::to_owned)).await?;
        Ok(pages
            .into_iter()
            .flat_map(|page| page.capabilities.unwrap_or_default())
            .filter_map(|capability| capability.capability_name)
            .collect())
    }

    async fn describe(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        blank: Resource,
    ) -> Result<Resource, AwsError> {
        const OP: Op = Op::read("eks", "DescribeCapability");
        let client = aws.eks();
        let call =
            || client.describe_capability().cluster_name(cluster).capability_name(name).send();
        let it = aws.call(OP, call).await?.capability;
        let it = it.ok_or_else(|| AwsError::garbled(OP, aws.region(), "it describes nothing"))?;
        Ok(resource(blank, cluster, it))
    }

    async fn delete(&self, aws: &Aws, _: &str, _: &str) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, kinds::eks::CAPABILITY, "deletes"))
    }
}

fn resource(mut resource: Resource, cluster: &str, it: Capability) -> Resource {
    let status = it.status.as_ref().map_or("", |status| status.as_str());
    let issues = it.health.as_ref().map(|health| health.issues()).unwrap_or_default();
    let issues = issues.iter().map(|i| issue(i.code.as_ref().map(|c| c.as_str()), i.message()));
    resource.lifecycle = lifecycle(status, issues.collect());
    resource.fact("status", status);
    // What is only read goes with its owner. This one is in its owner's way.
    resource.parent = None;
    resource.uses.push(Reference::hard(kinds::eks::CLUSTER, cluster, "cluster"));
    let role = it.role_arn.clone();
    resource.uses.extend(role.map(|arn| Reference::soft(kinds::iam::ROLE, arn, "capability role")));
    resource.removal.last = Last::Never("Dismantle removes no EKS capabilities".to_owned());
    resource.record = without_nulls(json!({
        "clusterName": it.cluster_name,
        "capabilityName": it.capability_name,
        "arn": it.arn,
        "type": it.r#type.as_ref().map(|kind| kind.as_str()),
        "roleArn": it.role_arn,
        "version": it.version,
        "deletePropagationPolicy": it.delete_propagation_policy.as_ref().map(|p| p.as_str()),
        "tags": it.tags,
    }));
    resource.created = timestamp(it.created_at.as_ref());
    resource.arn = it.arn;
    resource.tags = tags(it.tags);
    resource
}

#[cfg(test)]
mod tests {
    use aws_sdk_eks::types::{CapabilityStatus, CapabilityType};

    use super::*;
    use crate::resource::{Region, ResourceId};

    #[test]
    fn a_capability_holds_its_cluster_and_its_role() {
        let region = Region::new("us-east-1");
        let role = "arn:aws:iam::842676018087:role/argocd";
        let it = Capability::builder()
            .capability_name("argocd")
            .r#type(CapabilityType::Argocd)
            .status(CapabilityStatus::Active)
            .role_arn(role)
            .build();
        let mut blank = Resource::new(kinds::eks::CAPABILITY, region, "lab/argocd", "argocd");
        blank.parent = Some(ResourceId::new(kinds::eks::CLUSTER, region, "lab"));
        let seen = resource(blank, "lab", it);
        let uses = [
            Reference::hard(kinds::eks::CLUSTER, "lab", "cluster"),
            Reference::soft(kinds::iam::ROLE, role, "capability role"),
        ];
        assert_eq!(seen.uses, uses);
        assert_eq!(seen.parent, None);
        assert!(matches!(seen.removal.last, Last::Never(_)));
    }
}
