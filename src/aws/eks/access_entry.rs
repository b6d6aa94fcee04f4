//! `eks:access-entry`. It is not removed with the role that it names.

use async_trait::async_trait;
use aws_sdk_eks::types::{AccessScope, AccessScopeType, AssociatedAccessPolicy};
use serde_json::{Value, json};

use super::child::ClusterChild;
use super::{again, tags, without_nulls};
use crate::aws::record::{list, text, texts};
use crate::aws::{Acted, Aws, AwsError, Class, Op, Rebuild, kinds, timestamp};
use crate::resource::{
    KindFacts, Last, Lifecycle, Permissions, Reference, Resource, Scope, WhereKey,
};

/// The member of the record that holds them.
const POLICIES: &str = "associatedAccessPolicies";

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
                read: &[
                    "eks:ListAccessEntries",
                    "eks:DescribeAccessEntry",
                    "eks:ListAssociatedAccessPolicies",
                ],
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

    /// Access policies are for people's entries only (`AssociateAccessPolicy`, API reference).
    async fn settings(&self, aws: &Aws, cluster: &str, resource: &mut Resource) {
        const OP: Op = Op::read("eks", "ListAssociatedAccessPolicies");
        if text(&resource.record, "type").is_some_and(|kind| kind != "STANDARD") {
            return;
        }
        let (client, name) = (aws.eks(), resource.name.clone());
        let start = |token| {
            let list = client.list_associated_access_policies().cluster_name(cluster);
            list.principal_arn(&name).set_next_token(token).into_paginator().send()
        };
        match aws.pages(OP, start, |page| page.next_token().map(str::to_owned)).await {
            Ok(pages) => {
                let all =
                    pages.iter().flat_map(|page| page.associated_access_policies()).map(policy);
                let mut all: Vec<Value> = all.collect();
                all.sort_by_key(|policy| policy["policyArn"].to_string());
                resource.record[POLICIES] = json!(all);
            }
            // A custom endpoint that knows none has none.
            Err(error) if matches!(error.class, Class::Unavailable | Class::NotFound) => {}
            Err(error) => resource.not_recorded("access policies", &error),
        }
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        Ok(Rebuild::by_create().configured(was, &[POLICIES]))
    }

    async fn configure(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        was: &Resource,
    ) -> Result<Acted, AwsError> {
        const OP: Op = Op::write("eks", "AssociateAccessPolicy");
        for policy in list(&was.record, POLICIES) {
            let kind = text(policy, "accessScope.type");
            let scope = AccessScope::builder()
                .set_type(kind.map(|kind| AccessScopeType::from(&*kind)))
                .set_namespaces(texts(policy, "accessScope.namespaces"));
            let call = aws.eks().associate_access_policy().cluster_name(cluster);
            let call = call.principal_arn(name).set_policy_arn(text(policy, "policyArn"));
            let call = call.access_scope(scope.build());
            aws.call(OP, || call.clone().send()).await?;
        }
        Ok(Acted::Done)
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

/// Without the times of its making, which a new one has for itself.
fn policy(it: &AssociatedAccessPolicy) -> Value {
    json!({
        "policyArn": it.policy_arn(),
        "accessScope": it.access_scope().map(|scope| json!({
            "type": scope.r#type().map(|kind| kind.as_str()),
            "namespaces": scope.namespaces(),
        })),
    })
}
