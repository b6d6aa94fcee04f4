//! `eks:fargate-profile`. A cluster deletes one of them at a time.

use async_trait::async_trait;
use serde_json::json;

use super::child::ClusterChild;
use super::{again, issue, lifecycle, tags, without_nulls};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, kinds, timestamp};
use crate::resource::{KindFacts, Permissions, Reference, Resource, Scope, WhereKey};

pub(super) struct FargateProfiles;

#[async_trait]
impl ClusterChild for FargateProfiles {
    fn facts(&self) -> KindFacts {
        KindFacts {
            parent: Some(kinds::eks::CLUSTER),
            can_use: &[kinds::iam::ROLE],
            where_keys: const {
                &[WhereKey::new("status", "ACTIVE, CREATING, DELETING, DELETE_FAILED…")]
            },
            one_at_a_time: true,
            permissions: Permissions {
                read: &["eks:ListFargateProfiles", "eks:DescribeFargateProfile"],
                remove: &["eks:DeleteFargateProfile"],
                tag: &["eks:TagResource"],
            },
            restore_permissions: again::FARGATE_PERMISSIONS,
            can_tag: true,
            ..KindFacts::new(kinds::eks::FARGATE_PROFILE, Scope::Regional)
        }
    }

    async fn names(&self, aws: &Aws, cluster: &str) -> Result<Vec<String>, AwsError> {
        const OP: Op = Op::read("eks", "ListFargateProfiles");
        let client = aws.eks();
        let start = |token| {
            client
                .list_fargate_profiles()
                .cluster_name(cluster)
                .set_next_token(token)
                .into_paginator()
                .send()
        };
        let pages = aws.pages(OP, start, |page| page.next_token().map(str::to_owned)).await?;
        Ok(pages
            .into_iter()
            .flat_map(|page| page.fargate_profile_names.unwrap_or_default())
            .collect())
    }

    async fn describe(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        mut resource: Resource,
    ) -> Result<Resource, AwsError> {
        const OP: Op = Op::read("eks", "DescribeFargateProfile");
        let client = aws.eks();
        let call = || {
            client
                .describe_fargate_profile()
                .cluster_name(cluster)
                .fargate_profile_name(name)
                .send()
        };
        let it = aws.call(OP, call).await?.fargate_profile;
        let it = it.ok_or_else(|| AwsError::garbled(OP, aws.region(), "it describes nothing"))?;
        let status = it.status.as_ref().map_or("", |status| status.as_str());
        let issues = it.health.as_ref().map(|health| health.issues()).unwrap_or_default();
        let issues = issues.iter().map(|i| issue(i.code.as_ref().map(|c| c.as_str()), i.message()));
        resource.lifecycle = lifecycle(status, issues.collect());
        resource.fact("status", status);
        let role = it.pod_execution_role_arn.clone();
        resource
            .uses
            .extend(role.map(|arn| Reference::soft(kinds::iam::ROLE, arn, "pod execution role")));
        let selectors: Vec<_> = it
            .selectors()
            .iter()
            .map(|selector| json!({"namespace": selector.namespace, "labels": selector.labels}))
            .collect();
        resource.record = without_nulls(json!({
            "clusterName": it.cluster_name,
            "fargateProfileName": it.fargate_profile_name,
            "fargateProfileArn": it.fargate_profile_arn,
            "podExecutionRoleArn": it.pod_execution_role_arn,
            "subnets": it.subnets(),
            "selectors": selectors,
            "tags": it.tags,
        }));
        resource.created = timestamp(it.created_at.as_ref());
        resource.arn = it.fargate_profile_arn;
        resource.tags = tags(it.tags);
        Ok(resource)
    }

    async fn delete(&self, aws: &Aws, cluster: &str, name: &str) -> Result<Acted, AwsError> {
        const OP: Op = Op::write("eks", "DeleteFargateProfile");
        let client = aws.eks();
        let call = || {
            client.delete_fargate_profile().cluster_name(cluster).fargate_profile_name(name).send()
        };
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
        const OP: Op = Op::write("eks", "CreateFargateProfile");
        let (client, input) = (&aws.eks(), again::fargate(was, cluster, name));
        aws.call(OP, || input.clone().send_with(client)).await?;
        Ok(Acted::Started)
    }
}
