//! The cluster, what lives in it, and what it leaves outside.

use aws_sdk_eks::types::{
    AccessScope, AccessScopeType, FargateProfileSelector, LogSetup, LogType, Logging,
    NodegroupScalingConfig, VpcConfigRequest,
};

use super::maker::{Maker, Role, absent, role_arn, trust_of_pods};
use super::{BoxError, CLUSTER, CLUSTERS, Fate, PREFIX, SUBNETS, iam};
use crate::aws::kinds;
use crate::resource::Region;

pub async fn build(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let role = role_arn(&format!("{PREFIX}-eks-cluster-role"));
    let provider = cluster(maker, Fate::MustGo, CLUSTER, &role).await?;
    let nodes = role_arn(&format!("{PREFIX}-eks-nodegroup-role"));
    for name in ["retail-api-nodes", "retail-batch-nodes"] {
        nodegroup(maker, Fate::MustGo, CLUSTER, name, &nodes).await?;
    }
    for name in ["retail-api", "retail-jobs"] {
        fargate_profile(maker, name).await?;
    }
    let pods = format!("{PREFIX}-irsa-retail-api");
    let pods = maker
        .role(
            Fate::MustGo,
            Role {
                name: &pods,
                trust: trust_of_pods(&provider.arn, &provider.issuer, "retail-api:retail-api"),
                attached: &[&iam::access_policy()],
                inline: None,
                boundary: None,
            },
        )
        .await?;
    addons(maker, &pods).await?;
    access(maker).await?;
    maker.log_group(Fate::MustGo, CLUSTERS, &format!("/aws/eks/{CLUSTER}/cluster"), None).await?;
    for what in ["application", "dataplane", "host", "performance"] {
        let name = format!("/aws/containerinsights/{CLUSTER}/{what}");
        maker.log_group(Fate::MustGo, CLUSTERS, &name, None).await?;
    }
    Ok(())
}

/// The IAM OIDC provider of a cluster.
pub struct Provider {
    pub arn: String,
    pub issuer: String,
}

/// A cluster and its OIDC provider.
pub async fn cluster(
    maker: &mut Maker<'_>,
    fate: Fate,
    name: &str,
    role: &str,
) -> Result<Provider, BoxError> {
    let subnets = SUBNETS.map(str::to_owned).to_vec();
    let audit = LogSetup::builder().types(LogType::Api).types(LogType::Audit).enabled(true).build();
    let made = maker
        .eks(CLUSTERS)
        .create_cluster()
        .name(name)
        .role_arn(role)
        .resources_vpc_config(VpcConfigRequest::builder().set_subnet_ids(Some(subnets)).build())
        .logging(Logging::builder().cluster_logging(audit).build())
        .send()
        .await?;
    maker.add(fate, kinds::eks::CLUSTER, CLUSTERS, name);
    let oidc = made.cluster().and_then(|cluster| cluster.identity()).and_then(|it| it.oidc());
    let issuer = oidc.and_then(|oidc| oidc.issuer()).ok_or_else(|| absent("issuer"))?.to_owned();
    let provider = maker
        .iam()
        .create_open_id_connect_provider()
        .url(&issuer)
        .client_id_list("sts.amazonaws.com")
        .thumbprint_list("9".repeat(40))
        .send()
        .await?;
    let arn = provider.open_id_connect_provider_arn();
    let arn = arn.ok_or_else(|| absent("OpenIDConnectProviderArn"))?.to_owned();
    maker.add(fate, kinds::iam::OIDC_PROVIDER, Region::GLOBAL, &arn);
    Ok(Provider { arn, issuer })
}

pub async fn nodegroup(
    maker: &mut Maker<'_>,
    fate: Fate,
    cluster: &str,
    name: &str,
    role: &str,
) -> Result<(), BoxError> {
    let size = NodegroupScalingConfig::builder().min_size(1).max_size(3).desired_size(2).build();
    maker
        .eks(CLUSTERS)
        .create_nodegroup()
        .cluster_name(cluster)
        .nodegroup_name(name)
        .node_role(role)
        .set_subnets(Some(SUBNETS.map(str::to_owned).to_vec()))
        .instance_types("t3.large")
        .scaling_config(size)
        .send()
        .await?;
    maker.add(fate, kinds::eks::NODEGROUP, CLUSTERS, format!("{cluster}/{name}"));
    Ok(())
}

async fn fargate_profile(maker: &mut Maker<'_>, name: &str) -> Result<(), BoxError> {
    maker
        .eks(CLUSTERS)
        .create_fargate_profile()
        .cluster_name(CLUSTER)
        .fargate_profile_name(name)
        .pod_execution_role_arn(role_arn(&format!("{PREFIX}-eks-fargate-role")))
        .set_subnets(Some(SUBNETS.map(str::to_owned).to_vec()))
        .selectors(FargateProfileSelector::builder().namespace(name).build())
        .send()
        .await?;
    let id = format!("{CLUSTER}/{name}");
    maker.add(Fate::MustGo, kinds::eks::FARGATE_PROFILE, CLUSTERS, id);
    Ok(())
}

async fn addons(maker: &mut Maker<'_>, pods: &str) -> Result<(), BoxError> {
    let addons = [
        ("vpc-cni", None),
        ("coredns", None),
        ("kube-proxy", None),
        ("eks-pod-identity-agent", None),
        ("amazon-cloudwatch-observability", Some(pods)),
    ];
    for (name, role) in addons {
        maker
            .eks(CLUSTERS)
            .create_addon()
            .cluster_name(CLUSTER)
            .addon_name(name)
            .set_service_account_role_arn(role.map(str::to_owned))
            .send()
            .await?;
        maker.add(Fate::MustGo, kinds::eks::ADDON, CLUSTERS, format!("{CLUSTER}/{name}"));
    }
    Ok(())
}

/// Who may enter: a role by an access entry, pods by an association.
async fn access(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let eks = maker.eks(CLUSTERS);
    let principal = role_arn(&format!("{PREFIX}-sagemaker-execution"));
    eks.create_access_entry().cluster_name(CLUSTER).principal_arn(&principal).send().await?;
    let scope = AccessScope::builder().r#type(AccessScopeType::Cluster).build();
    eks.associate_access_policy()
        .cluster_name(CLUSTER)
        .principal_arn(&principal)
        .policy_arn("arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy")
        .access_scope(scope)
        .send()
        .await?;
    let id = format!("{CLUSTER}/{principal}");
    maker.add(Fate::MustGo, kinds::eks::ACCESS_ENTRY, CLUSTERS, id);
    let made = eks
        .create_pod_identity_association()
        .cluster_name(CLUSTER)
        .namespace("amazon-cloudwatch")
        .service_account("cloudwatch-agent")
        .role_arn(role_arn(&format!("{PREFIX}-pod-identity")))
        .send()
        .await?;
    let association = made.association().and_then(|association| association.association_id());
    let association = association.ok_or_else(|| absent("associationId"))?;
    let id = format!("{CLUSTER}/{association}");
    maker.add(Fate::MustGo, kinds::eks::POD_IDENTITY_ASSOCIATION, CLUSTERS, id);
    Ok(())
}
