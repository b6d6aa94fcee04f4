//! Removed and made again under the same name, or another thing in other ways.

use dismantle::aws::kinds::{iam, kms};

use super::changes::{Change, done};
use super::things::{self, alias_of, key_id, policy_arn, provider_arn};
use crate::safety::yard::{HOME, Yard, at_home, global, role_arn};
use crate::safety::{Evidence, Pair, built};

const ANOTHER: &str = "it is a different thing by now";

/// A row about a thing that somebody removes and makes again.
macro_rules! remade {
    ($name:literal, $source:literal, $thing:ident, |$yard:ident| $remove:expr) => {
        Change {
            name: $name,
            source: $source,
            build: |yard| built(async move { Ok(Pair::alone(things::$thing(&yard).await?)) }),
            meanwhile: |$yard: Yard| {
                done(async move {
                    $remove;
                    things::$thing(&$yard).await?;
                    Ok(())
                })
            },
            words: ANOTHER,
            evidence: Evidence::Nothing,
        }
    };
}

pub const ROWS: &[Change] = &[
    remade!(
        "a role that was removed and made again is left",
        "IAM user guide, IAM identifiers, Unique identifiers: a new role has a new id",
        role,
        |yard| yard.iam().delete_role().role_name(yard.lab("role")).send().await?
    ),
    remade!(
        "a policy that was removed and made again is left",
        "IAM API reference, Policy, PolicyId: stable and unique",
        policy,
        |yard| yard.iam().delete_policy().policy_arn(policy_arn(&yard)).send().await?
    ),
    remade!(
        "an instance profile that was removed and made again is left",
        "IAM API reference, InstanceProfile, InstanceProfileId: stable and unique",
        profile,
        |yard| {
            let delete = yard.iam().delete_instance_profile();
            delete.instance_profile_name(yard.lab("profile")).send().await?
        }
    ),
    remade!(
        "an identity provider that was removed and made again is left",
        "IAM API reference, GetOpenIDConnectProvider, CreateDate",
        provider,
        |yard| {
            let delete = yard.iam().delete_open_id_connect_provider();
            delete.open_id_connect_provider_arn(provider_arn(&yard)).send().await?
        }
    ),
    remade!(
        "a log group that was removed and made again is left",
        "CloudWatch Logs API reference, LogGroup, creationTime",
        log_group,
        |yard| yard.logs().delete_log_group().log_group_name(yard.lab("group")).send().await?
    ),
    remade!(
        "a notebook that was removed and made again is left",
        "SageMaker API reference, DescribeNotebookInstance, CreationTime",
        notebook,
        |yard| {
            let (client, name) = (yard.sagemaker(HOME), yard.lab("notebook"));
            client.stop_notebook_instance().notebook_instance_name(&name).send().await?;
            client.delete_notebook_instance().notebook_instance_name(&name).send().await?
        }
    ),
    remade!(
        "a lifecycle configuration that was removed and made again is left",
        "SageMaker API reference, DescribeNotebookInstanceLifecycleConfig, CreationTime",
        lifecycle,
        |yard| {
            let delete = yard.sagemaker(HOME).delete_notebook_instance_lifecycle_config();
            delete.notebook_instance_lifecycle_config_name(yard.lab("setup")).send().await?
        }
    ),
    remade!(
        "a model that was removed and made again is left",
        "SageMaker API reference, DescribeModel, CreationTime",
        model,
        |yard| yard.sagemaker(HOME).delete_model().model_name(yard.lab("model")).send().await?
    ),
    remade!(
        "an endpoint configuration that was removed and made again is left",
        "SageMaker API reference, DescribeEndpointConfig, CreationTime",
        config,
        |yard| {
            let delete = yard.sagemaker(HOME).delete_endpoint_config();
            delete.endpoint_config_name(yard.lab("config")).send().await?
        }
    ),
    remade!(
        "an endpoint that was removed and made again is left",
        "SageMaker API reference, DescribeEndpoint, CreationTime",
        endpoint,
        |yard| {
            let delete = yard.sagemaker(HOME).delete_endpoint();
            delete.endpoint_name(yard.lab("endpoint")).send().await?
        }
    ),
    remade!(
        "a model package group that was removed and made again is left",
        "SageMaker API reference, DescribeModelPackageGroup, CreationTime",
        package_group,
        |yard| {
            let delete = yard.sagemaker(HOME).delete_model_package_group();
            delete.model_package_group_name(yard.lab("packages")).send().await?
        }
    ),
    remade!(
        "a pipeline that was removed and made again is left",
        "SageMaker API reference, DescribePipeline, CreationTime",
        pipeline,
        |yard| {
            let delete = yard.sagemaker(HOME).delete_pipeline().pipeline_name(yard.lab("pipeline"));
            delete.client_request_token(yard.token()).send().await?
        }
    ),
    remade!(
        "a repository that was removed and made again is left",
        "ECR API reference, Repository, createdAt",
        repository,
        |yard| yard.ecr().delete_repository().repository_name(yard.lab("images")).send().await?
    ),
    remade!(
        "a cluster that was removed and made again is left",
        "EKS API reference, Cluster, createdAt",
        cluster,
        |yard| yard.eks().delete_cluster().name(yard.lab("cluster")).send().await?
    ),
    remade!(
        "a nodegroup that was removed and made again is left",
        "EKS API reference, Nodegroup, createdAt",
        nodegroup,
        |yard| {
            let delete = yard.eks().delete_nodegroup().cluster_name(yard.lab("cluster"));
            delete.nodegroup_name("nodes").send().await?
        }
    ),
    remade!(
        "a Fargate profile that was removed and made again is left",
        "EKS API reference, FargateProfile, createdAt",
        fargate,
        |yard| {
            let delete = yard.eks().delete_fargate_profile().cluster_name(yard.lab("cluster"));
            delete.fargate_profile_name("shop").send().await?
        }
    ),
    remade!(
        "an add-on that was removed and made again is left",
        "EKS API reference, Addon, createdAt",
        addon,
        |yard| {
            let delete = yard.eks().delete_addon().cluster_name(yard.lab("cluster"));
            delete.addon_name("vpc-cni").send().await?
        }
    ),
    remade!(
        "an access entry that was removed and made again is left",
        "EKS API reference, AccessEntry, createdAt",
        entry,
        |yard| {
            let delete = yard.eks().delete_access_entry().cluster_name(yard.lab("cluster"));
            delete.principal_arn(role_arn(&yard.their("admin"))).send().await?
        }
    ),
    remade!(
        "a trail that was removed and made again is left",
        "CloudTrail API reference, Trail and GetTrailStatus: neither an id nor a creation time, \
         but StartLoggingTime",
        trail,
        |yard| yard.cloudtrail(HOME).delete_trail().name(yard.lab("trail")).send().await?
    ),
    Change {
        name: "a trail that was made again and does not log yet is left",
        source: "CloudTrail API reference, CreateTrail: logging begins with StartLogging only",
        build: |yard| built(async move { Ok(Pair::alone(things::trail(&yard).await?)) }),
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
        build: |yard| built(async move { Ok(Pair::alone(things::trail(&yard).await?)) }),
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
        name: "an alias that points at another key by now is left",
        source: "KMS API reference, UpdateAlias: associates an existing alias with another key",
        build: |yard| {
            built(async move {
                let ours = things::key(&yard).await?;
                let theirs = yard.key(&format!("alias/{}", yard.their("key"))).await?;
                Ok(Pair::of(things::alias(&yard), theirs.resource()).and(ours))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let theirs = key_id(&yard, &format!("alias/{}", yard.their("key"))).await?;
                let update = yard.kms().update_alias().alias_name(alias_of(&yard));
                update.target_key_id(theirs).send().await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "an alias that was removed and made again for another key is left",
        source: "KMS API reference, CreateAlias: a name is free once its alias is deleted",
        build: |yard| {
            built(async move {
                let ours = things::key(&yard).await?;
                let theirs = yard.key(&format!("alias/{}", yard.their("key"))).await?;
                Ok(Pair::of(things::alias(&yard), theirs.resource()).and(ours))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let theirs = key_id(&yard, &format!("alias/{}", yard.their("key"))).await?;
                yard.kms().delete_alias().alias_name(alias_of(&yard)).send().await?;
                let create = yard.kms().create_alias().alias_name(alias_of(&yard));
                create.target_key_id(theirs).send().await?;
                Ok(())
            })
        },
        words: ANOTHER,
        evidence: Evidence::Nothing,
    },
    Change {
        name: "a role that lost the tag by which it was the lab's is left",
        source: "Dismantle's own rule; tags: IAM API reference, UntagRole",
        build: |yard| {
            built(async move {
                let name = yard.their("tagged");
                yard.role(&name).await?;
                let tag = aws_sdk_iam::types::Tag::builder().key("Lab").value("safety").build()?;
                yard.iam().tag_role().role_name(&name).tags(tag).send().await?;
                Ok(Pair::alone(global(iam::ROLE, name)))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let untag = yard.iam().untag_role().role_name(yard.their("tagged"));
                untag.tag_keys("Lab").send().await?;
                Ok(())
            })
        },
        words: "no rule matches it",
        evidence: Evidence::Untagged("Lab", "safety"),
    },
    Change {
        name: "a key that got an alias of somebody else's is left",
        source: "KMS developer guide, Aliases in AWS KMS: a key may have several, of any name",
        build: |yard| {
            built(async move {
                let key = things::key(&yard).await?;
                let tag = aws_sdk_kms::types::Tag::builder().tag_key("Lab").tag_value("safety");
                yard.kms().tag_resource().key_id(&key.id).tags(tag.build()?).send().await?;
                Ok(Pair::of(key, at_home(kms::ALIAS, their_alias(&yard))))
            })
        },
        meanwhile: |yard| {
            done(async move {
                let key = key_id(&yard, &alias_of(&yard)).await?;
                let create = yard.kms().create_alias().alias_name(their_alias(&yard));
                create.target_key_id(key).send().await?;
                Ok(())
            })
        },
        words: "(key)",
        evidence: Evidence::Uses,
    },
];

fn their_alias(yard: &Yard) -> String {
    format!("alias/{}", yard.their("key"))
}
