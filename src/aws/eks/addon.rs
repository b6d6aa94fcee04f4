//! `eks:addon`. Nodes need some add-ons to the end (the VPC CNI), so nodes go first.

use async_trait::async_trait;
use serde_json::json;

use super::child::ClusterChild;
use super::{again, issue, lifecycle, tags, without_nulls};
use crate::aws::record::list;
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, kinds, timestamp};
use crate::resource::{KindFacts, Permissions, Reference, Resource, Scope, WhereKey};

pub(super) struct Addons;

#[async_trait]
impl ClusterChild for Addons {
    fn facts(&self) -> KindFacts {
        KindFacts {
            parent: Some(kinds::eks::CLUSTER),
            can_use: &[
                kinds::iam::ROLE,
                kinds::logs::LOG_GROUP,
                kinds::eks::POD_IDENTITY_ASSOCIATION,
            ],
            where_keys: const {
                &[WhereKey::new("status", "ACTIVE, CREATING, DEGRADED, DELETE_FAILED…")]
            },
            outlives: &[kinds::eks::NODEGROUP, kinds::eks::FARGATE_PROFILE],
            permissions: Permissions {
                read: &["eks:ListAddons", "eks:DescribeAddon"],
                remove: &["eks:DeleteAddon"],
                tag: &["eks:TagResource"],
            },
            restore_permissions: again::ADDON_PERMISSIONS,
            can_tag: true,
            ..KindFacts::new(kinds::eks::ADDON, Scope::Regional)
        }
    }

    async fn names(&self, aws: &Aws, cluster: &str) -> Result<Vec<String>, AwsError> {
        const OP: Op = Op::read("eks", "ListAddons");
        let client = aws.eks();
        let start = |token| {
            client.list_addons().cluster_name(cluster).set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(OP, start, |page| page.next_token().map(str::to_owned)).await?;
        Ok(pages.into_iter().flat_map(|page| page.addons.unwrap_or_default()).collect())
    }

    async fn describe(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        mut resource: Resource,
    ) -> Result<Resource, AwsError> {
        const OP: Op = Op::read("eks", "DescribeAddon");
        let client = aws.eks();
        let call = || client.describe_addon().cluster_name(cluster).addon_name(name).send();
        let it = aws.call(OP, call).await?.addon;
        let it = it.ok_or_else(|| AwsError::garbled(OP, aws.region(), "it describes nothing"))?;
        let status = it.status.as_ref().map_or("", |status| status.as_str());
        let issues = it.health.as_ref().map(|health| health.issues()).unwrap_or_default();
        let issues = issues.iter().map(|i| issue(i.code.as_ref().map(|c| c.as_str()), i.message()));
        resource.lifecycle = lifecycle(status, issues.collect());
        resource.fact("status", status);
        let role = it.service_account_role_arn.clone();
        resource
            .uses
            .extend(role.map(|arn| Reference::soft(kinds::iam::ROLE, arn, "service account role")));
        for association in it.pod_identity_associations() {
            let kind = kinds::eks::POD_IDENTITY_ASSOCIATION;
            resource.uses.push(Reference::soft(kind, association, "pod identity"));
        }
        // The agent makes these groups again while it runs.
        if name == "amazon-cloudwatch-observability" {
            for part in ["application", "dataplane", "host", "performance"] {
                let group = format!("/aws/containerinsights/{cluster}/{part}");
                let reference =
                    Reference::soft(kinds::logs::LOG_GROUP, group, "container insights");
                resource.uses.push(reference);
            }
        }
        resource.record = without_nulls(json!({
            "clusterName": it.cluster_name,
            "addonName": it.addon_name,
            "addonArn": it.addon_arn,
            "addonVersion": it.addon_version,
            "serviceAccountRoleArn": it.service_account_role_arn,
            "podIdentityAssociations": it.pod_identity_associations(),
            "configurationValues": it.configuration_values.as_ref().map(|_| "(left out)"),
            "namespace": it.namespace_config.as_ref().and_then(|config| config.namespace()),
            "tags": it.tags,
        }));
        resource.created = timestamp(it.created_at.as_ref());
        resource.arn = it.addon_arn;
        resource.tags = tags(it.tags);
        Ok(resource)
    }

    async fn delete(&self, aws: &Aws, cluster: &str, name: &str) -> Result<Acted, AwsError> {
        const OP: Op = Op::write("eks", "DeleteAddon");
        let client = aws.eks();
        let call = || client.delete_addon().cluster_name(cluster).addon_name(name).send();
        aws.call(OP, call).await?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        let mut rebuild = Rebuild::by_create();
        if was.record.get("configurationValues").is_some() {
            rebuild = rebuild.without("its configuration values, which no journal keeps");
            rebuild = rebuild.saying(&["configurationValues"]);
        }
        // They are the cluster's own when they come back, and serve it all the same.
        if !list(&was.record, "podIdentityAssociations").is_empty() {
            rebuild = rebuild.without("its tie to its pod identity associations");
        }
        Ok(rebuild)
    }

    async fn create(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        was: &Resource,
    ) -> Result<Acted, AwsError> {
        const OP: Op = Op::write("eks", "CreateAddon");
        let (client, input) = (&aws.eks(), again::addon(was, cluster, name));
        aws.call(OP, || input.clone().send_with(client)).await?;
        Ok(Acted::Started)
    }
}
