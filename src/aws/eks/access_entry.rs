//! `eks:access-entry`. It is not removed with the role that it names.

use async_trait::async_trait;
use serde_json::json;

use super::child::ClusterChild;
use super::{again, tags, without_nulls};
use crate::aws::record::text;
use crate::aws::{Acted, Aws, AwsError, Class, Op, Rebuild, kinds, timestamp};
use crate::resource::{
    KindFacts, Last, Lifecycle, Permissions, Reference, Resource, Scope, WhereKey,
};

pub(super) struct AccessEntries;

#[async_trait]
impl ClusterChild for AccessEntries {
    fn facts(&self) -> KindFacts {
        KindFacts {
            parent: Some(kinds::eks::CLUSTER),
            can_use: &[kinds::iam::ROLE, kinds::iam::USER],
            where_keys: const { &[WhereKey::new("type", "STANDARD, EC2_LINUX, FARGATE_LINUX…")] },
            // Nodes whose entry is gone are cut off from their cluster.
            outlives: &[kinds::eks::NODEGROUP, kinds::eks::FARGATE_PROFILE],
            permissions: Permissions {
                read: &["eks:ListAccessEntries", "eks:DescribeAccessEntry"],
                remove: &["eks:DeleteAccessEntry"],
                tag: &["eks:TagResource"],
            },
            restore_permissions: again::ENTRY_PERMISSIONS,
            can_tag: true,
            ..KindFacts::new(kinds::eks::ACCESS_ENTRY, Scope::Regional)
        }
    }

    async fn names(&self, aws: &Aws, cluster: &str) -> Result<Vec<String>, AwsError> {
        const OP: Op = Op::read("eks", "ListAccessEntries");
        let client = aws.eks();
        let start = |token| {
            client
                .list_access_entries()
                .cluster_name(cluster)
                .set_next_token(token)
                .into_paginator()
                .send()
        };
        let pages = aws.pages(OP, start, |page| page.next_token().map(str::to_owned)).await?;
        Ok(pages.into_iter().flat_map(|page| page.access_entries.unwrap_or_default()).collect())
    }

    async fn describe(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        mut resource: Resource,
    ) -> Result<Resource, AwsError> {
        const OP: Op = Op::read("eks", "DescribeAccessEntry");
        let client = aws.eks();
        let call =
            || client.describe_access_entry().cluster_name(cluster).principal_arn(name).send();
        let it = aws.call(OP, call).await?.access_entry;
        let it = it.ok_or_else(|| AwsError::garbled(OP, aws.region(), "it describes nothing"))?;
        let kind = if name.contains(":user/") { kinds::iam::USER } else { kinds::iam::ROLE };
        resource.uses.push(Reference::soft(kind, name, "principal"));
        // EKS makes and keeps these for itself; they go with their cluster and hold nothing.
        if name.contains(":role/aws-service-role/") {
            let why = "EKS keeps it for a service-linked role; it goes with its cluster";
            resource.removal.last = Last::Never(why.to_owned());
            resource.lifecycle = Lifecycle::Ended { status: "service-linked".to_owned() };
        }
        resource.fact("type", it.r#type().unwrap_or_default());
        resource.record = without_nulls(json!({
            "clusterName": it.cluster_name,
            "principalArn": it.principal_arn,
            "accessEntryArn": it.access_entry_arn,
            "kubernetesGroups": it.kubernetes_groups(),
            "username": it.username,
            "type": it.r#type,
            "tags": it.tags,
        }));
        resource.created = timestamp(it.created_at.as_ref());
        resource.arn = it.access_entry_arn;
        resource.tags = tags(it.tags);
        Ok(resource)
    }

    async fn delete(&self, aws: &Aws, cluster: &str, name: &str) -> Result<Acted, AwsError> {
        const OP: Op = Op::write("eks", "DeleteAccessEntry");
        let client = aws.eks();
        let call = || client.delete_access_entry().cluster_name(cluster).principal_arn(name).send();
        aws.call(OP, call).await?;
        Ok(Acted::Done)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        let rebuild = Rebuild::by_create();
        let kind = text(&was.record, "type");
        // Access policies are for people's entries only (`AssociateAccessPolicy`).
        if kind.is_none_or(|kind| kind == "STANDARD") {
            return Ok(rebuild.without("its access policies, which are not recorded"));
        }
        Ok(rebuild)
    }

    /// EKS makes the entries of its own nodes, and of who makes a cluster, by itself.
    async fn create(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        was: &Resource,
    ) -> Result<Acted, AwsError> {
        const OP: Op = Op::write("eks", "CreateAccessEntry");
        let (client, input) = (&aws.eks(), again::entry(was, cluster, name));
        let has_groups = input.get_kubernetes_groups().is_some();
        match aws.call(OP, || input.clone().send_with(client)).await {
            Err(error) if error.class == Class::Taken && !has_groups => Ok(Acted::Done),
            answer => answer.map(|_| Acted::Done),
        }
    }
}
