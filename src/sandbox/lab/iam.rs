//! The guide's section 2: roles, and the policies that its later tasks add.

use super::maker::{Maker, Role, allow, trust};
use super::{BoxError, Fate, PREFIX};
use crate::aws::kinds;
use crate::resource::Region;
use crate::sandbox::ACCOUNT_ID;

pub fn access_policy() -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:policy/{PREFIX}-s3-access")
}

pub async fn build(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let data = format!("arn:aws:s3:::{PREFIX}-{ACCOUNT_ID}/*");
    let access = maker
        .policy(Fate::MustGo, &format!("{PREFIX}-s3-access"), &allow("s3:*", &data), 3)
        .await?;
    let fence =
        maker.policy(Fate::MustGo, &format!("{PREFIX}-boundary"), &allow("*", "*"), 1).await?;
    let plain = |name, service, attached| Role {
        name,
        trust: trust(service),
        attached,
        inline: None,
        boundary: None,
    };
    let cluster = format!("{PREFIX}-eks-cluster-role");
    maker
        .role(Fate::MustGo, plain(&cluster, "eks.amazonaws.com", &["AmazonEKSClusterPolicy"]))
        .await?;
    let nodes = format!("{PREFIX}-eks-nodegroup-role");
    let for_nodes: &[&str] = &[
        "AmazonEKSWorkerNodePolicy",
        "AmazonEKS_CNI_Policy",
        "AmazonEC2ContainerRegistryReadOnly",
        "CloudWatchAgentServerPolicy",
    ];
    maker.role(Fate::MustGo, plain(&nodes, "ec2.amazonaws.com", for_nodes)).await?;
    instance_profile(maker, &nodes).await?;

    let fargate = format!("{PREFIX}-eks-fargate-role");
    maker
        .role(
            Fate::MustGo,
            Role {
                boundary: Some(&fence),
                ..plain(
                    &fargate,
                    "eks-fargate-pods.amazonaws.com",
                    &["AmazonEKSFargatePodExecutionRolePolicy"],
                )
            },
        )
        .await?;
    let agent = format!("{PREFIX}-pod-identity");
    maker
        .role(
            Fate::MustGo,
            plain(&agent, "pods.eks.amazonaws.com", &["CloudWatchAgentServerPolicy"]),
        )
        .await?;

    let sagemaker = format!("{PREFIX}-sagemaker-execution");
    let attached: &[&str] =
        &["AmazonSageMakerFullAccess", "AmazonS3FullAccess", "CloudWatchLogsFullAccess", &access];
    let inline = Some(("SageMakerEC2Access", allow("ec2:DescribeVpcs", "*")));
    maker
        .role(
            Fate::MustGo,
            Role { inline, ..plain(&sagemaker, "sagemaker.amazonaws.com", attached) },
        )
        .await?;
    let tag = aws_sdk_iam::types::Tag::builder()
        .key("Project")
        .value("MLOps-Retail-Prediction")
        .build()?;
    maker.iam().tag_role().role_name(&sagemaker).tags(tag).send().await?;
    Ok(())
}

async fn instance_profile(maker: &mut Maker<'_>, role: &str) -> Result<(), BoxError> {
    let name = format!("{PREFIX}-eks-nodegroup-profile");
    let iam = maker.iam();
    iam.create_instance_profile().instance_profile_name(&name).send().await?;
    iam.add_role_to_instance_profile().instance_profile_name(&name).role_name(role).send().await?;
    maker.add(Fate::MustGo, kinds::iam::INSTANCE_PROFILE, Region::GLOBAL, name);
    Ok(())
}
