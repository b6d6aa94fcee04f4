//! What somebody does to the lab's things meanwhile.

use aws_sdk_iam::types::Tag;
use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, Tagging,
};
use dismantle::aws::kinds::kms::ALIAS;
use dismantle::aws::kinds::{cloudtrail, ecr, eks, iam, kms, s3, sagemaker};
use dismantle::classify::KEEP_TAG;
use dismantle::resource::ResourceId;
use dismantle::sandbox::ACCOUNT_ID;
use futures::future::LocalBoxFuture;

use crate::safety::yard::{BoxError, HOME, Yard, at_home, global, role_arn};
use crate::safety::{Built, Evidence, Pair, built};

/// Something that somebody does to a thing of the lab's.
pub struct Change {
    pub name: &'static str,
    pub source: &'static str,
    pub build: fn(Yard) -> Built,
    pub meanwhile: fn(Yard) -> Done,
    /// In the reason.
    pub words: &'static str,
    /// What holds it besides being another thing than was planned for.
    pub evidence: Evidence,
}

pub type Done = LocalBoxFuture<'static, Result<(), BoxError>>;

fn done(doing: impl Future<Output = Result<(), BoxError>> + 'static) -> Done {
    Box::pin(doing)
}

const ANOTHER: &str = "it is a different thing by now";

async fn notebook(yard: &Yard) -> Result<ResourceId, BoxError> {
    yard.notebook(HOME, &yard.lab("notebook"), &role_arn(&yard.their("role"))).await
}

async fn endpoint(yard: &Yard) -> Result<ResourceId, BoxError> {
    let name = yard.lab("endpoint");
    let create = yard.sagemaker(HOME).create_endpoint().endpoint_name(&name);
    create.endpoint_config_name(yard.their("config")).send().await?;
    Ok(at_home(sagemaker::ENDPOINT, name))
}

async fn cluster(yard: &Yard) -> Result<ResourceId, BoxError> {
    let name = yard.lab("cluster");
    yard.cluster(&name, &role_arn(&yard.their("role"))).await?;
    Ok(at_home(eks::CLUSTER, name))
}

/// A trail of the lab's that logs.
async fn trail(yard: &Yard) -> Result<ResourceId, BoxError> {
    let (client, name) = (yard.cloudtrail(HOME), yard.lab("trail"));
    client.create_trail().name(&name).s3_bucket_name("their-trail-logs").send().await?;
    client.start_logging().name(&name).send().await?;
    Ok(at_home(cloudtrail::TRAIL, name))
}

fn policy_arn(yard: &Yard) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:policy/{}", yard.lab("policy"))
}

pub const CHANGES: &[Change] = &[
    Change {
        name: "a role that was removed and made again is left",
        source: "IAM user guide, IAM identifiers, Unique identifiers: a new role has a new id",
        build: |yard| {
            built(async move {
                yard.role(&yard.lab("role")).await?;
                Ok(Pair::alone(global(iam::ROLE, yard.lab("role"))))
            })
        },
        meanwhile: |yard| {
            done(async move {
                yard.iam().delete_role().role_name(yard.lab("role")).send().await?;
                yard.role(&yard.lab("role")).await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "a policy that was removed and made again is left",
        source: "IAM API reference, Policy, PolicyId: stable and unique",
        build: |yard| {
            built(async move {
                let policy = yard.policy(&yard.lab("policy")).await?;
                Ok(Pair::alone(global(iam::POLICY, policy)))
            })
        },
        meanwhile: |yard| {
            done(async move {
                yard.iam().delete_policy().policy_arn(policy_arn(&yard)).send().await?;
                yard.policy(&yard.lab("policy")).await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "a log group that was removed and made again is left",
        source: "CloudWatch Logs API reference, LogGroup, creationTime",
        build: |yard| {
            built(async move { Ok(Pair::alone(yard.log_group(&yard.lab("group"), None).await?)) })
        },
        meanwhile: |yard| {
            done(async move {
                yard.logs().delete_log_group().log_group_name(yard.lab("group")).send().await?;
                yard.log_group(&yard.lab("group"), None).await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "an alias that points at another key by now is left",
        source: "KMS API reference, UpdateAlias: associates an existing alias with another key",
        build: |yard| {
            built(async move {
                let alias = format!("alias/{}", yard.lab("key"));
                let ours = yard.key(&alias).await?;
                let theirs = yard.key(&format!("alias/{}", yard.their("key"))).await?;
                let pair = Pair::of(at_home(ALIAS, alias), theirs.resource());
                Ok(pair.and(ours.resource()))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let theirs = format!("alias/{}", yard.their("key"));
                let seen = yard.kms().describe_key().key_id(theirs).send().await?;
                let key = seen.key_metadata().ok_or("no KeyMetadata in the answer")?.key_id();
                let alias = format!("alias/{}", yard.lab("key"));
                yard.kms().update_alias().alias_name(alias).target_key_id(key).send().await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "a notebook that was removed and made again is left",
        source: "SageMaker API reference, DescribeNotebookInstance, CreationTime",
        build: |yard| built(async move { Ok(Pair::alone(notebook(&yard).await?)) }),
        meanwhile: |yard| {
            done(async move {
                let (client, name) = (yard.sagemaker(HOME), yard.lab("notebook"));
                client.stop_notebook_instance().notebook_instance_name(&name).send().await?;
                client.delete_notebook_instance().notebook_instance_name(&name).send().await?;
                notebook(&yard).await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "an endpoint that was removed and made again is left",
        source: "SageMaker API reference, DescribeEndpoint, CreationTime",
        build: |yard| {
            built(async move {
                let create = yard.sagemaker(HOME).create_endpoint_config();
                create.endpoint_config_name(yard.their("config")).send().await?;
                Ok(Pair::alone(endpoint(&yard).await?))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let delete = yard.sagemaker(HOME).delete_endpoint();
                delete.endpoint_name(yard.lab("endpoint")).send().await?;
                endpoint(&yard).await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "a repository that was removed and made again is left",
        source: "ECR API reference, Repository, createdAt",
        build: |yard| {
            built(async move {
                yard.repository(&yard.lab("images"), None).await?;
                Ok(Pair::alone(at_home(ecr::REPOSITORY, yard.lab("images"))))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let name = yard.lab("images");
                yard.ecr().delete_repository().repository_name(&name).send().await?;
                yard.repository(&name, None).await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "a cluster that was removed and made again is left",
        source: "EKS API reference, Cluster, createdAt",
        build: |yard| built(async move { Ok(Pair::alone(cluster(&yard).await?)) }),
        meanwhile: |yard| {
            done(async move {
                yard.eks().delete_cluster().name(yard.lab("cluster")).send().await?;
                cluster(&yard).await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "a trail that was removed and made again is left",
        source: "CloudTrail API reference, Trail and GetTrailStatus: neither an id nor a creation \
                 time, but StartLoggingTime",
        build: |yard| built(async move { Ok(Pair::alone(trail(&yard).await?)) }),
        meanwhile: |yard| {
            done(async move {
                let delete = yard.cloudtrail(HOME).delete_trail().name(yard.lab("trail"));
                delete.send().await?;
                trail(&yard).await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "a trail that was made again and does not log yet is left",
        source: "CloudTrail API reference, CreateTrail: logging begins with StartLogging only",
        build: |yard| built(async move { Ok(Pair::alone(trail(&yard).await?)) }),
        meanwhile: |yard| {
            done(async move {
                let (client, name) = (yard.cloudtrail(HOME), yard.lab("trail"));
                client.delete_trail().name(&name).send().await?;
                let create = client.create_trail().name(&name);
                create.s3_bucket_name("their-trail-logs").send().await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "a trail that logs into another bucket by now is left",
        source: "CloudTrail API reference, UpdateTrail, S3BucketName",
        build: |yard| built(async move { Ok(Pair::alone(trail(&yard).await?)) }),
        meanwhile: |yard| {
            done(async move {
                let update = yard.cloudtrail(HOME).update_trail().name(yard.lab("trail"));
                update.s3_bucket_name("their-new-logs").send().await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "a role that got a keep tag is left",
        source: "Dismantle's own rule; tags: IAM API reference, TagRole",
        build: |yard| {
            built(async move {
                yard.role(&yard.lab("role")).await?;
                Ok(Pair::alone(global(iam::ROLE, yard.lab("role"))))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let tag = Tag::builder().key(KEEP_TAG).value("wait").build()?;
                yard.iam().tag_role().role_name(yard.lab("role")).tags(tag).send().await?;
                Ok(())
            })
        },
        words: "tag dismantle:keep",
        evidence: Evidence::Tag(KEEP_TAG),
    },
    Change {
        name: "a bucket that got a keep tag is left",
        source: "Dismantle's own rule; tags: S3 API reference, PutBucketTagging",
        build: |yard| {
            built(async move {
                let bucket = yard.bucket(&yard.lab("bucket")).await?;
                yard.object(&yard.lab("bucket"), "data.csv").await?;
                Ok(Pair::alone(bucket))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let tag = aws_sdk_s3::types::Tag::builder().key(KEEP_TAG).value("wait").build()?;
                let tags = Tagging::builder().tag_set(tag).build()?;
                let put = yard.s3().put_bucket_tagging().bucket(yard.lab("bucket"));
                put.tagging(tags).send().await?;
                Ok(())
            })
        },
        words: "tag dismantle:keep",
        evidence: Evidence::Tag(KEEP_TAG),
    },
    Change {
        name: "a log group whose deletion protection was switched on is left",
        source: "CloudWatch Logs API reference, PutLogGroupDeletionProtection, and DeleteLogGroup",
        build: |yard| {
            built(async move { Ok(Pair::alone(yard.log_group(&yard.lab("group"), None).await?)) })
        },
        meanwhile: |yard| {
            done(async move {
                let put = yard.logs().put_log_group_deletion_protection();
                let put = put.log_group_identifier(yard.lab("group"));
                put.deletion_protection_enabled(true).send().await?;
                Ok(())
            })
        },
        words: "deletion protection is on",
        evidence: Evidence::Protection,
    },
    Change {
        name: "a cluster whose deletion protection was switched on is left",
        source: "EKS API reference, UpdateClusterConfig, deletionProtection",
        build: |yard| built(async move { Ok(Pair::alone(cluster(&yard).await?)) }),
        meanwhile: |yard| {
            done(async move {
                let update = yard.eks().update_cluster_config().name(yard.lab("cluster"));
                update.deletion_protection(true).send().await?;
                Ok(())
            })
        },
        words: "deletion protection is on",
        evidence: Evidence::Protection,
    },
    Change {
        name: "a policy that a foreign role has by now is left",
        source: "IAM API reference, AttachRolePolicy; DeletePolicy, DeleteConflict, comes late",
        build: |yard| {
            built(async move {
                let policy = yard.policy(&yard.lab("policy")).await?;
                yard.role(&yard.their("role")).await?;
                Ok(Pair::of(global(iam::POLICY, policy), global(iam::ROLE, yard.their("role"))))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let attach = yard.iam().attach_role_policy().role_name(yard.their("role"));
                attach.policy_arn(policy_arn(&yard)).send().await?;
                Ok(())
            })
        },
        words: "attached policy",
        evidence: Evidence::Uses,
    },
    Change {
        name: "a role that a foreign notebook runs with by now is left",
        source: "SageMaker API reference, CreateNotebookInstance, RoleArn; DeleteRole does not ask",
        build: |yard| {
            built(async move {
                yard.role(&yard.lab("role")).await?;
                let theirs = at_home(sagemaker::NOTEBOOK_INSTANCE, yard.their("notebook"));
                Ok(Pair::of(global(iam::ROLE, yard.lab("role")), theirs))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let role = role_arn(&yard.lab("role"));
                yard.notebook(HOME, &yard.their("notebook"), &role).await?;
                Ok(())
            })
        },
        words: "role ARN",
        evidence: Evidence::Uses,
    },
    Change {
        name: "a bucket that a foreign trail logs into by now is left",
        source: "CloudTrail API reference, UpdateTrail and CreateTrail, S3BucketName",
        build: |yard| {
            built(async move {
                yard.bucket(&yard.lab("bucket")).await?;
                let theirs = at_home(cloudtrail::TRAIL, yard.their("trail"));
                Ok(Pair::of(at_home(s3::BUCKET, yard.lab("bucket")), theirs))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let (_, trail) = yard.their_trail(&yard.lab("bucket"));
                trail.send().await?;
                Ok(())
            })
        },
        words: "log bucket",
        evidence: Evidence::Uses,
    },
    Change {
        name: "a key that a foreign bucket names by now is left",
        source: "S3 API reference, PutBucketEncryption; ScheduleKeyDeletion does not ask",
        build: |yard| {
            built(async move {
                let alias = format!("alias/{}", yard.lab("key"));
                let key = yard.key(&alias).await?;
                let bucket = yard.bucket(&yard.their("bucket")).await?;
                Ok(Pair::of(key.resource(), bucket).and(at_home(kms::ALIAS, alias)))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let default = ServerSideEncryptionByDefault::builder()
                    .sse_algorithm(ServerSideEncryption::AwsKms)
                    .kms_master_key_id(format!("alias/{}", yard.lab("key")))
                    .build()?;
                let rule = ServerSideEncryptionRule::builder();
                let rule = rule.apply_server_side_encryption_by_default(default).build();
                let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build()?;
                let put = yard.s3().put_bucket_encryption().bucket(yard.their("bucket"));
                put.server_side_encryption_configuration(rules).send().await?;
                Ok(())
            })
        },
        words: "default encryption key",
        evidence: Evidence::Uses,
    },
];
