//! Neighbours that use something of the lab's, which is then blocked; and the bucket that a tag
//! keeps.

use aws_sdk_sagemaker::types::InstanceType;

use super::maker::{Maker, Role, allow, role_arn, trust};
use super::{BoxError, ELSEWHERE, Fate, HOME, PREFIX, sagemaker};
use crate::aws::kinds;
use crate::resource::Region;
use crate::sandbox::ACCOUNT_ID;

pub async fn build(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    key(maker).await?;
    policies(maker).await?;
    trail(maker).await?;
    image(maker).await?;
    notebook_elsewhere(maker).await?;
    let kept = format!("{PREFIX}-shared-datasets");
    maker.bucket(Fate::Kept, HOME, &kept, None).await?;
    maker.tag_bucket(HOME, &kept, "dismantle:keep", "team b").await?;
    maker.object(HOME, &kept, "sales.csv", "1,2,3").await
}

/// A lab key under a neighbour's bucket, by its alias, and under a neighbour's log group.
async fn key(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let alias = format!("alias/{PREFIX}-shared-key");
    let key = maker.key(Fate::Blocked, &alias, "shared with retailer-site", &[]).await?;
    let by_alias = format!("arn:aws:kms:{HOME}:{ACCOUNT_ID}:{alias}");
    maker.bucket(Fate::Neighbour, HOME, "retailer-site-assets", Some(&by_alias)).await?;
    maker.log_group(Fate::Neighbour, HOME, "/retailer-site/web", Some(&key)).await?;
    Ok(())
}

/// Lab policies on a neighbour's role, user and group, and one that is a boundary there.
async fn policies(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let read = format!("{PREFIX}-shared-read");
    let read = maker.policy(Fate::Blocked, &read, &allow("s3:GetObject", "*"), 2).await?;
    let write = format!("{PREFIX}-shared-write");
    let write = maker.policy(Fate::Blocked, &write, &allow("s3:PutObject", "*"), 1).await?;
    let fence = format!("{PREFIX}-shared-boundary");
    let fence = maker.policy(Fate::Blocked, &fence, &allow("*", "*"), 1).await?;
    maker
        .role(
            Fate::Neighbour,
            Role {
                name: "retailer-site-ranking-role",
                trust: trust("sagemaker.amazonaws.com"),
                attached: &[&read],
                inline: None,
                boundary: Some(&fence),
            },
        )
        .await?;
    let (team, person) = ("retailer-site-team", "retailer-site-deployer");
    let iam = maker.iam();
    iam.create_group().group_name(team).send().await?;
    iam.attach_group_policy().group_name(team).policy_arn(&write).send().await?;
    maker.add(Fate::Neighbour, kinds::iam::GROUP, Region::GLOBAL, team);
    iam.create_user().user_name(person).send().await?;
    iam.add_user_to_group().group_name(team).user_name(person).send().await?;
    iam.attach_user_policy().user_name(person).policy_arn(&read).send().await?;
    maker.add(Fate::Neighbour, kinds::iam::USER, Region::GLOBAL, person);
    Ok(())
}

/// A neighbour's trail that logs into a bucket of the lab's.
async fn trail(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let bucket = format!("{PREFIX}-shared-logs");
    maker.bucket(Fate::Blocked, HOME, &bucket, None).await?;
    maker.object(HOME, &bucket, "AWSLogs/1.json.gz", "events").await?;
    let name = "retailer-site-trail";
    maker.cloudtrail().create_trail().name(name).s3_bucket_name(bucket).send().await?;
    maker.add(Fate::Neighbour, kinds::cloudtrail::TRAIL, HOME, name);
    Ok(())
}

/// A neighbour's model that runs an image of the lab's.
async fn image(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let images: &[&[&str]] = &[&["v1"]];
    let base = format!("{PREFIX}-base");
    let base = maker.repository(Fate::Blocked, HOME, &base, images).await?;
    let role = role_arn("retailer-site-ranking-role");
    let name = "retailer-site-ranking";
    sagemaker::model(maker, Fate::Neighbour, name, &role, &format!("{base}:v1"), None).await?;
    sagemaker::endpoint(maker, Fate::Neighbour, name, name, name).await?;
    let logs = format!("/aws/sagemaker/Endpoints/{name}");
    maker.log_group(Fate::Neighbour, HOME, &logs, None).await?;
    Ok(())
}

/// A role of the lab's, worn by a notebook in a region that the manifest does not name.
async fn notebook_elsewhere(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let role = format!("{PREFIX}-shared-notebook-role");
    let role = maker
        .role(
            Fate::Blocked,
            Role {
                name: &role,
                trust: trust("sagemaker.amazonaws.com"),
                attached: &[],
                inline: None,
                boundary: None,
            },
        )
        .await?;
    let name = "retailer-site-notebook";
    maker
        .sagemaker(ELSEWHERE)
        .create_notebook_instance()
        .notebook_instance_name(name)
        .instance_type(InstanceType::MlT3Medium)
        .role_arn(role)
        .send()
        .await?;
    maker.add(Fate::Neighbour, kinds::sagemaker::NOTEBOOK_INSTANCE, ELSEWHERE, name);
    Ok(())
}
