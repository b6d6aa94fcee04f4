//! `eks:cluster`. Its children go first; the delete takes 5 to 15 minutes.

use async_trait::async_trait;
use aws_sdk_eks::types::Cluster;
use futures::stream::{self, StreamExt};
use serde_json::json;

use super::child::{SIDE_BY_SIDE, unread};
use super::{again, control_plane, issue, lifecycle, tags, without_nulls};
use crate::aws::record::list;
use crate::aws::{
    Acted, Aws, AwsError, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind, found,
    kinds, spelling, timestamp,
};
use crate::inventory::Hides;
use crate::resource::{
    Action, DerivedName, KindFacts, Permissions, Prep, Protection, Reference, Region, Resource,
    Scope, Tags, WhereKey,
};

pub(super) struct Clusters;

const LIST: Op = Op::read("eks", "ListClusters");
const DESCRIBE: Op = Op::read("eks", "DescribeCluster");
const UPDATE: Op = Op::write("eks", "UpdateClusterConfig");

/// Where the record keeps whether deletion protection is on.
const PROTECTION: &str = "deletionProtection";

#[async_trait]
impl ResourceKind for Clusters {
    fn facts(&self) -> KindFacts {
        KindFacts {
            can_use: &[
                kinds::iam::ROLE,
                kinds::iam::OIDC_PROVIDER,
                kinds::kms::KEY,
                kinds::kms::ALIAS,
                kinds::logs::LOG_GROUP,
            ],
            where_keys: const {
                &[WhereKey::new("status", "ACTIVE, CREATING, UPDATING, DELETING, FAILED…")]
            },
            derived: &[
                DerivedName { kind: kinds::logs::LOG_GROUP, before: "/aws/eks/", after: "/" },
                DerivedName {
                    kind: kinds::logs::LOG_GROUP,
                    before: "/aws/containerinsights/",
                    after: "/",
                },
            ],
            permissions: Permissions {
                read: &["eks:ListClusters", "eks:DescribeCluster"],
                remove: &["eks:DeleteCluster", "eks:UpdateClusterConfig"],
                tag: &["eks:TagResource"],
            },
            restore_permissions: again::CLUSTER_PERMISSIONS,
            can_tag: true,
            ..KindFacts::new(kinds::eks::CLUSTER, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.eks();
        let start = |token| client.list_clusters().set_next_token(token).into_paginator().send();
        let pages = aws.pages(LIST, start, |page| page.next_token().map(str::to_owned)).await?;
        let names: Vec<String> =
            pages.into_iter().flat_map(|p| p.clusters.unwrap_or_default()).collect();
        let mut details = stream::iter(names)
            .map(|name| async move { (describe(aws, &name).await, name) })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut listed = Listed::default();
        while let Some((seen, name)) = details.next().await {
            match seen {
                Ok(resource) => listed.resources.push(resource),
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    let blank = Resource::new(kinds::eks::CLUSTER, aws.region(), &name, &name);
                    listed.resources.push(unread(blank, &error));
                    listed.lacks(error, Hides::uses_of(self.facts().can_use.iter().copied()));
                }
            }
        }
        listed.resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        found(describe(aws, &known.id.id).await)
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        _: &RemovalOptions,
        _: &Progress,
    ) -> Result<Acted, AwsError> {
        const DELETE: Op = Op::write("eks", "DeleteCluster");
        let client = aws.eks();
        let name = resource.id.id.as_str();
        match step.action {
            Action::Delete => {
                aws.call(DELETE, || client.delete_cluster().name(name).send()).await?;
            }
            Action::LiftProtection => {
                let call =
                    || client.update_cluster_config().name(name).deletion_protection(false).send();
                aws.call(UPDATE, call).await?;
            }
            other => return Err(AwsError::unsupported(aws, resource.kind(), other.as_str())),
        }
        Ok(Acted::Started)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        if !list(&was.record, "outpostArns").is_empty() {
            return Err("Dismantle makes no clusters on Outposts again".to_owned());
        }
        let lost = "what ran in it, its issuer (a cluster made again has another one), and its \
                    identity provider configurations, which are not recorded";
        Ok(Rebuild::by_create().without(lost))
    }

    fn undo(&self, _: &Resource, _: &Prep) -> Result<Prep, String> {
        Ok(Prep::of(Action::Configure, PROTECTION))
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        const CREATE: Op = Op::write("eks", "CreateCluster");
        let client = &aws.eks();
        match (step.action, step.target.as_deref()) {
            (Action::Create, _) => {
                let input = again::cluster(was);
                aws.call(CREATE, || input.clone().send_with(client)).await?;
            }
            (Action::Configure, Some(PROTECTION)) => {
                let call = client.update_cluster_config().name(&was.id.id);
                let call = call.deletion_protection(true);
                aws.call(UPDATE, || call.clone().send()).await?;
            }
            (other, _) => return Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
        }
        Ok(Acted::Started)
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        super::add_tags(aws, resource, tags).await
    }
}

async fn describe(aws: &Aws, name: &str) -> Result<Resource, AwsError> {
    let client = aws.eks();
    let answer = aws.call(DESCRIBE, || client.describe_cluster().name(name).send()).await?;
    let cluster = answer
        .cluster
        .ok_or_else(|| AwsError::garbled(DESCRIBE, aws.region(), "it has no cluster"))?;
    Ok(resource(aws.region(), aws.partition(), aws.number(), name, cluster))
}

fn resource(region: Region, partition: &str, account: &str, name: &str, c: Cluster) -> Resource {
    let mut resource = Resource::new(kinds::eks::CLUSTER, region, name, name);
    resource.record = record(&c);
    let roles = [
        (c.role_arn.clone(), "cluster role"),
        (c.compute_config.and_then(|config| config.node_role_arn), "node role"),
    ];
    for (arn, role) in roles {
        resource.uses.extend(arn.map(|arn| Reference::soft(kinds::iam::ROLE, arn, role)));
    }
    for config in c.encryption_config.unwrap_or_default() {
        let Some(key) = config.provider.and_then(|provider| provider.key_arn) else { continue };
        if key.contains("alias/") {
            resource.uses.push(Reference::soft(kinds::kms::ALIAS, &key, "secrets key"));
        }
        resource.uses.push(Reference::soft(kinds::kms::KEY, key, "secrets key"));
    }
    if let Some(issuer) = c.identity.and_then(|i| i.oidc).and_then(|oidc| oidc.issuer) {
        let host = spelling::issuer_host(&issuer);
        let arn = format!("arn:{partition}:iam::{account}:oidc-provider/{host}");
        let provider = Reference::soft(kinds::iam::OIDC_PROVIDER, arn, "OIDC issuer")
            .in_region(Region::GLOBAL);
        resource.owns.push(provider.clone());
        resource.uses.push(provider);
    }
    let setups = c.logging.and_then(|logging| logging.cluster_logging).unwrap_or_default();
    if setups.iter().any(|setup| setup.enabled == Some(true) && !setup.types().is_empty()) {
        let group = format!("/aws/eks/{name}/cluster");
        resource.uses.push(Reference::soft(kinds::logs::LOG_GROUP, group, "control plane log"));
    }
    if c.deletion_protection == Some(true) {
        resource
            .protections
            .push(Protection { why: "deletion protection is on".to_owned(), liftable: true });
    }
    let issues = c.health.and_then(|health| health.issues).unwrap_or_default();
    let issues = issues.iter().map(|i| issue(i.code.as_ref().map(|c| c.as_str()), i.message()));
    let status = c.status.as_ref().map_or("", |status| status.as_str());
    resource.lifecycle = lifecycle(status, issues.collect());
    resource.fact("status", status);
    resource.created = timestamp(c.created_at.as_ref());
    resource.arn = c.arn;
    resource.tags = tags(c.tags);
    resource
}

fn record(c: &Cluster) -> serde_json::Value {
    let vpc = c.resources_vpc_config.as_ref();
    let network = c.kubernetes_network_config.as_ref();
    let logging: Vec<_> = c
        .logging
        .iter()
        .flat_map(|logging| logging.cluster_logging())
        .map(|setup| {
            json!({
                "types": setup.types().iter().map(|t| t.as_str()).collect::<Vec<_>>(),
                "enabled": setup.enabled,
            })
        })
        .collect();
    let encryption: Vec<_> = c
        .encryption_config()
        .iter()
        .map(|config| {
            let key = config.provider().and_then(|provider| provider.key_arn());
            json!({"provider": {"keyArn": key}})
        })
        .collect();
    let mut record = without_nulls(json!({
        "name": c.name,
        "arn": c.arn,
        "version": c.version,
        "roleArn": c.role_arn,
        "resourcesVpcConfig": vpc.map(|vpc| json!({
            "subnetIds": vpc.subnet_ids(),
            "securityGroupIds": vpc.security_group_ids(),
            "vpcId": vpc.vpc_id,
            "endpointPublicAccess": vpc.endpoint_public_access,
            "endpointPrivateAccess": vpc.endpoint_private_access,
            "publicAccessCidrs": vpc.public_access_cidrs(),
            "controlPlaneEgressMode":
                vpc.control_plane_egress_mode.as_ref().map(|mode| mode.as_str()),
        })),
        "kubernetesNetworkConfig": network.map(|network| json!({
            "serviceIpv4Cidr": network.service_ipv4_cidr,
            "ipFamily": network.ip_family.as_ref().map(|family| family.as_str()),
            "elasticLoadBalancing": network.elastic_load_balancing.as_ref()
                .map(|balancing| json!({"enabled": balancing.enabled})),
        })),
        "logging": {"clusterLogging": logging},
        "identity": c.identity.as_ref().and_then(|i| i.oidc.as_ref())
            .map(|oidc| json!({"oidc": {"issuer": oidc.issuer}})),
        "encryptionConfig": encryption,
        "accessConfig": c.access_config.as_ref().map(|access| json!({
            "authenticationMode": access.authentication_mode.as_ref().map(|m| m.as_str()),
            "bootstrapClusterCreatorAdminPermissions":
                access.bootstrap_cluster_creator_admin_permissions,
        })),
        "upgradePolicy": c.upgrade_policy.as_ref().map(|policy| json!({
            "supportType": policy.support_type.as_ref().map(|support| support.as_str()),
        })),
        "zonalShiftConfig": c.zonal_shift_config.as_ref()
            .map(|shift| json!({"enabled": shift.enabled})),
        "computeConfig": c.compute_config.as_ref().map(|compute| json!({
            "enabled": compute.enabled,
            "nodePools": compute.node_pools(),
            "nodeRoleArn": compute.node_role_arn,
        })),
        "storageConfig": c.storage_config.as_ref().and_then(|s| s.block_storage.as_ref())
            .map(|block| json!({"blockStorage": {"enabled": block.enabled}})),
        "deletionProtection": c.deletion_protection,
        "tags": c.tags,
    }));
    control_plane::note(c, &mut record);
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_eks::types::{Identity, Oidc};

    #[test]
    fn a_cluster_owns_the_provider_of_its_issuer() {
        let oidc = Oidc::builder().issuer("https://oidc.eks.us-east-1.amazonaws.com/id/A").build();
        let cluster = Cluster::builder()
            .identity(Identity::builder().oidc(oidc).build())
            .deletion_protection(true)
            .build();
        let seen = resource(Region::new("us-east-1"), "aws", "842676018087", "lab", cluster);
        let arn = "arn:aws:iam::842676018087:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/A";
        assert_eq!(seen.owns[0].spelling, arn);
        assert_eq!(seen.uses, seen.owns);
        assert!(seen.protections[0].liftable);
    }
}
