//! A protection that was switched on meanwhile.

use aws_sdk_s3::types::{BucketVersioningStatus, MfaDelete, VersioningConfiguration};
use dismantle::sandbox::ACCOUNT_ID;

use super::changes::{Change, done};
use super::things::{self, alias_of, key_id};
use crate::safety::yard::{ELSEWHERE, HOME, Yard};
use crate::safety::{Evidence, Pair, built};

macro_rules! shielded {
    ($name:literal, $source:literal, $words:literal, $thing:ident, |$yard:ident| $shield:expr) => {
        Change {
            name: $name,
            source: $source,
            build: |yard| built(async move { Ok(Pair::alone(things::$thing(&yard).await?)) }),
            meanwhile: |$yard: Yard| {
                done(async move {
                    $shield;
                    Ok(())
                })
            },
            words: $words,
            evidence: Evidence::Protection,
        }
    };
}

pub const ROWS: &[Change] = &[
    shielded!(
        "a log group whose deletion protection was switched on is left",
        "CloudWatch Logs API reference, PutLogGroupDeletionProtection, and DeleteLogGroup",
        "deletion protection is on",
        log_group,
        |yard| {
            let put = yard.logs().put_log_group_deletion_protection();
            let put = put.log_group_identifier(yard.lab("group"));
            put.deletion_protection_enabled(true).send().await?
        }
    ),
    shielded!(
        "a cluster whose deletion protection was switched on is left",
        "EKS API reference, UpdateClusterConfig, deletionProtection",
        "deletion protection is on",
        cluster,
        |yard| {
            let update = yard.eks().update_cluster_config().name(yard.lab("cluster"));
            update.deletion_protection(true).send().await?
        }
    ),
    shielded!(
        "a bucket whose MFA delete was switched on is left",
        "S3 user guide, Configuring MFA delete: only the root user's device removes versions",
        "MFA delete is on",
        bucket,
        |yard| {
            let versions = VersioningConfiguration::builder()
                .status(BucketVersioningStatus::Enabled)
                .mfa_delete(MfaDelete::Enabled)
                .build();
            let put = yard.s3().put_bucket_versioning().bucket(yard.lab("bucket"));
            let device = format!("arn:aws:iam::{ACCOUNT_ID}:mfa/root-account-mfa-device 123456");
            put.mfa(device).versioning_configuration(versions).send().await?
        }
    ),
    shielded!(
        "a trail that became the organisation's is left",
        "CloudTrail API reference, UpdateTrail, IsOrganizationTrail",
        "records every account",
        trail,
        |yard| {
            let update = yard.cloudtrail(HOME).update_trail().name(yard.lab("trail"));
            update.is_multi_region_trail(true).is_organization_trail(true).send().await?
        }
    ),
    Change {
        name: "a multi-Region primary key that got a replica is left",
        source: "KMS API reference, ReplicateKey; KMS developer guide, Delete multi-Region keys",
        build: |yard| {
            built(async move {
                let made = yard.kms().create_key().multi_region(true).send().await?;
                let id = made.key_metadata().ok_or("no KeyMetadata in the answer")?.key_id();
                let create = yard.kms().create_alias().alias_name(alias_of(&yard));
                create.target_key_id(id).send().await?;
                let key = crate::safety::yard::at_home(dismantle::aws::kinds::kms::KEY, id);
                Ok(Pair::alone(key).and(things::alias(&yard)))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let id = key_id(&yard, &alias_of(&yard)).await?;
                let replicate = yard.kms().replicate_key().key_id(id);
                replicate.replica_region(ELSEWHERE.as_str()).send().await?;
                Ok(())
            })
        },
        words: "multi-Region primary key with replicas in eu-west-1",
        evidence: Evidence::Protection,
    },
];
