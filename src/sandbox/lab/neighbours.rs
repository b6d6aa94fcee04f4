//! Other people's things that only look like the lab's.

use super::maker::{Maker, Role, allow, role_arn, trust, trust_of_pods};
use super::trail::{TRAIL, TRAIL_ROLE};
use super::{BoxError, CLUSTER, CLUSTERS, Fate, HOME, PREFIX, eks};
use crate::aws::kinds;
use crate::sandbox::ACCOUNT_ID;

const THEIRS: Fate = Fate::Neighbour;

pub async fn build(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    devops(maker).await?;
    audit(maker).await?;
    production(maker).await?;
    let images: &[&[&str]] = &[&["dev", "v7"], &[]];
    maker.repository(THEIRS, CLUSTERS, "mlops/retail-api-prod", images).await?;
    let group = "retailer-site-models";
    maker
        .sagemaker(HOME)
        .create_model_package_group()
        .model_package_group_name(group)
        .send()
        .await?;
    maker.add(THEIRS, kinds::sagemaker::MODEL_PACKAGE_GROUP, HOME, group);
    Ok(())
}

/// `…-devops` shares its letters with `…-dev`.
async fn devops(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let theirs = format!("{PREFIX}ops");
    let key = maker.key(THEIRS, &format!("alias/{theirs}-key"), "devops, not dev", &[]).await?;
    let bucket = format!("{theirs}-artifacts");
    maker.bucket(THEIRS, HOME, &bucket, Some(&key)).await?;
    maker.version(HOME, &bucket).await?;
    for body in ["one", "two"] {
        maker.object(HOME, &bucket, "build.zip", body).await?;
    }
    let policy = maker.policy(THEIRS, &format!("{theirs}-deploy"), &allow("s3:*", "*"), 2).await?;
    maker
        .role(
            THEIRS,
            Role {
                name: &format!("{theirs}-pipeline"),
                trust: trust("codebuild.amazonaws.com"),
                attached: &[&policy],
                inline: Some(("Deploy", allow("eks:*", "*"))),
                boundary: None,
            },
        )
        .await?;
    maker.log_group(THEIRS, HOME, &theirs, Some(&key)).await?;
    Ok(())
}

/// Another audit trail, with a bucket, a log group and a role named nearly as the lab's.
async fn audit(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let bucket = format!("mlops-cloudtrail-logsarchive-{ACCOUNT_ID}");
    maker.bucket(THEIRS, HOME, &bucket, None).await?;
    maker.object(HOME, &bucket, "AWSLogs/1.json.gz", "events").await?;
    let logs = maker.log_group(THEIRS, HOME, "mlops-cloudtrail-log-group-prod", None).await?;
    let role = maker
        .role(
            THEIRS,
            Role {
                name: &format!("{TRAIL_ROLE}_Prod"),
                trust: trust("cloudtrail.amazonaws.com"),
                attached: &[],
                inline: Some(("CloudTrailLogs", allow("logs:PutLogEvents", &logs))),
                boundary: None,
            },
        )
        .await?;
    let name = format!("{TRAIL}-prod");
    let cloudtrail = maker.cloudtrail();
    cloudtrail
        .create_trail()
        .name(&name)
        .s3_bucket_name(&bucket)
        .cloud_watch_logs_log_group_arn(&logs)
        .cloud_watch_logs_role_arn(&role)
        .send()
        .await?;
    cloudtrail.start_logging().name(&name).send().await?;
    maker.add(THEIRS, kinds::cloudtrail::TRAIL, HOME, name);
    Ok(())
}

/// The production cluster beside the lab's: its name begins with the lab cluster's.
async fn production(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let name = format!("{CLUSTER}-prod");
    let plain = |name, service, attached| Role {
        name,
        trust: trust(service),
        attached,
        inline: None,
        boundary: None,
    };
    let (masters, nodes) = (format!("{name}-role"), format!("{name}-nodes"));
    maker.role(THEIRS, plain(&masters, "eks.amazonaws.com", &["AmazonEKSClusterPolicy"])).await?;
    maker.role(THEIRS, plain(&nodes, "ec2.amazonaws.com", &["AmazonEKSWorkerNodePolicy"])).await?;
    let provider = eks::cluster(maker, THEIRS, &name, &role_arn(&masters)).await?;
    eks::nodegroup(maker, THEIRS, &name, "retail-api-nodes", &role_arn(&nodes)).await?;
    maker
        .role(
            THEIRS,
            Role {
                name: &format!("{name}-irsa"),
                trust: trust_of_pods(&provider.arn, &provider.issuer, "retail-api:retail-api"),
                attached: &[],
                inline: None,
                boundary: None,
            },
        )
        .await?;
    maker.log_group(THEIRS, CLUSTERS, &format!("/aws/eks/{name}/cluster"), None).await?;
    for what in ["application", "performance"] {
        let group = format!("/aws/containerinsights/{name}/{what}");
        maker.log_group(THEIRS, CLUSTERS, &group, None).await?;
    }
    Ok(())
}
