//! `eks:pod-identity-association`. The pods that run on it need it to the end.

use async_trait::async_trait;
use serde_json::json;

use super::child::ClusterChild;
use super::{again, tags, without_nulls};
use crate::aws::record::text;
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, kinds, timestamp};
use crate::resource::{KindFacts, Permissions, Reference, Resource, Scope};

pub(super) struct PodIdentityAssociations;

#[async_trait]
impl ClusterChild for PodIdentityAssociations {
    fn facts(&self) -> KindFacts {
        KindFacts {
            parent: Some(kinds::eks::CLUSTER),
            can_use: &[kinds::iam::ROLE],
            outlives: &[kinds::eks::NODEGROUP, kinds::eks::FARGATE_PROFILE],
            permissions: Permissions {
                read: &["eks:ListPodIdentityAssociations", "eks:DescribePodIdentityAssociation"],
                remove: &["eks:DeletePodIdentityAssociation"],
                tag: &["eks:TagResource"],
            },
            restore_permissions: again::ASSOCIATION_PERMISSIONS,
            can_tag: true,
            ..KindFacts::new(kinds::eks::POD_IDENTITY_ASSOCIATION, Scope::Regional)
        }
    }

    async fn names(&self, aws: &Aws, cluster: &str) -> Result<Vec<String>, AwsError> {
        const OP: Op = Op::read("eks", "ListPodIdentityAssociations");
        let client = aws.eks();
        let start = |token| {
            client
                .list_pod_identity_associations()
                .cluster_name(cluster)
                .set_next_token(token)
                .into_paginator()
                .send()
        };
        let pages = aws.pages(OP, start, |page| page.next_token().map(str::to_owned)).await?;
        Ok(pages
            .into_iter()
            .flat_map(|page| page.associations.unwrap_or_default())
            .filter_map(|association| association.association_id)
            .collect())
    }

    async fn describe(
        &self,
        aws: &Aws,
        cluster: &str,
        name: &str,
        mut resource: Resource,
    ) -> Result<Resource, AwsError> {
        const OP: Op = Op::read("eks", "DescribePodIdentityAssociation");
        let client = aws.eks();
        let call = || {
            client
                .describe_pod_identity_association()
                .cluster_name(cluster)
                .association_id(name)
                .send()
        };
        let it = aws.call(OP, call).await?.association;
        let it = it.ok_or_else(|| AwsError::garbled(OP, aws.region(), "it describes nothing"))?;
        let roles = [(&it.role_arn, "role"), (&it.target_role_arn, "target role")];
        for (arn, role) in roles {
            resource.uses.extend(
                arn.as_ref().map(|arn| Reference::soft(kinds::iam::ROLE, arn.as_str(), role)),
            );
        }
        if let (Some(namespace), Some(account)) = (&it.namespace, &it.service_account) {
            resource.name = format!("{namespace}/{account}");
        }
        resource.record = without_nulls(json!({
            "clusterName": it.cluster_name,
            "namespace": it.namespace,
            "serviceAccount": it.service_account,
            "roleArn": it.role_arn,
            "associationArn": it.association_arn,
            "associationId": it.association_id,
            "ownerArn": it.owner_arn,
            "disableSessionTags": it.disable_session_tags,
            "targetRoleArn": it.target_role_arn,
            "policy": it.policy,
            "tags": it.tags,
        }));
        resource.created = timestamp(it.created_at.as_ref());
        resource.arn = it.association_arn;
        resource.tags = tags(it.tags);
        Ok(resource)
    }

    async fn delete(&self, aws: &Aws, cluster: &str, name: &str) -> Result<Acted, AwsError> {
        const OP: Op = Op::write("eks", "DeletePodIdentityAssociation");
        let client = aws.eks();
        let call = || {
            client
                .delete_pod_identity_association()
                .cluster_name(cluster)
                .association_id(name)
                .send()
        };
        aws.call(OP, call).await?;
        Ok(Acted::Done)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Ok(Rebuild::by_create())
    }

    async fn create(
        &self,
        aws: &Aws,
        cluster: &str,
        _: &str,
        was: &Resource,
    ) -> Result<Acted, AwsError> {
        const OP: Op = Op::write("eks", "CreatePodIdentityAssociation");
        let (client, input) = (&aws.eks(), again::association(was, cluster));
        aws.call(OP, || input.clone().send_with(client)).await?;
        Ok(Acted::Done)
    }

    /// AWS gives a new one another id: it is known by whom it serves.
    async fn name_again(
        &self,
        aws: &Aws,
        cluster: &str,
        was: &Resource,
    ) -> Result<Option<String>, AwsError> {
        const OP: Op = Op::read("eks", "ListPodIdentityAssociations");
        let (namespace, account) =
            (text(&was.record, "namespace"), text(&was.record, "serviceAccount"));
        let client = aws.eks();
        let start = |token| {
            client
                .list_pod_identity_associations()
                .cluster_name(cluster)
                .set_namespace(namespace.clone())
                .set_service_account(account.clone())
                .set_next_token(token)
                .into_paginator()
                .send()
        };
        let pages = aws.pages(OP, start, |page| page.next_token().map(str::to_owned)).await?;
        Ok(pages
            .into_iter()
            .flat_map(|page| page.associations.unwrap_or_default())
            .filter(|one| one.namespace == namespace && one.service_account == account)
            .find_map(|one| one.association_id))
    }
}
