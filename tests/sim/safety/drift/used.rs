//! A neighbour who uses a thing of the lab's by now.

use aws_sdk_eks::types::{CapabilityDeletePropagationPolicy, CapabilityType};
use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use aws_sdk_sagemaker::types::{InstanceType, ProductionVariant, ProductionVariantInstanceType};
use dismantle::aws::kinds::{cloudtrail, eks, iam, s3, sagemaker};
use dismantle::resource::ResourceId;
use dismantle::sandbox::ACCOUNT_ID;

use super::changes::{Change, done};
use super::things::{self, alias_of, policy_arn, provider_arn};
use crate::safety::yard::{BoxError, HOME, Yard, at_home, global, role_arn, trust};
use crate::safety::{Evidence, Pair, built};

/// A row about a thing, the neighbour that is not there yet, and how he begins to use it.
macro_rules! used {
    ($name:literal, $source:literal, $words:literal, $thing:path,
     |$who:ident| $neighbour:expr, |$yard:ident| $begin:expr) => {
        Change {
            name: $name,
            source: $source,
            build: |yard| {
                built(async move {
                    let thing = $thing(&yard).await?;
                    let $who = &yard;
                    Ok(Pair::of(thing, $neighbour))
                })
            },
            meanwhile: |$yard: Yard| {
                done(async move {
                    $begin;
                    Ok(())
                })
            },
            words: $words,
            evidence: Evidence::Uses,
        }
    };
}

type Made = Result<ResourceId, BoxError>;

/// The lab's policy, and a role of somebody else's.
async fn policy_and_role(yard: &Yard) -> Made {
    yard.role(&yard.their("role")).await?;
    things::policy(yard).await
}

async fn key_and_bucket(yard: &Yard) -> Made {
    yard.bucket(&yard.their("bucket")).await?;
    things::key(yard).await
}

async fn alias_and_bucket(yard: &Yard) -> Made {
    key_and_bucket(yard).await?;
    Ok(things::alias(yard))
}

async fn image(yard: &Yard) -> Made {
    Ok(yard.image(&yard.lab("images")).await?.resource())
}

/// A bucket that is encrypted from now on with what the lab's alias names.
async fn encrypt(yard: &Yard) -> Result<(), BoxError> {
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id(alias_of(yard))
        .build()?;
    let rule = ServerSideEncryptionRule::builder();
    let rule = rule.apply_server_side_encryption_by_default(default).build();
    let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build()?;
    let put = yard.s3().put_bucket_encryption().bucket(yard.their("bucket"));
    put.server_side_encryption_configuration(rules).send().await?;
    Ok(())
}

fn their(yard: &Yard, kind: dismantle::resource::Kind, what: &str) -> ResourceId {
    at_home(kind, yard.their(what))
}

pub const ROWS: &[Change] = &[
    used!(
        "a policy that a foreign role has by now is left",
        "IAM API reference, AttachRolePolicy; DeletePolicy, DeleteConflict, comes late",
        "attached policy",
        policy_and_role,
        |yard| global(iam::ROLE, yard.their("role")),
        |yard| {
            let attach = yard.iam().attach_role_policy().role_name(yard.their("role"));
            attach.policy_arn(policy_arn(&yard)).send().await?
        }
    ),
    used!(
        "a policy that is the boundary of a foreign role by now is left",
        "IAM API reference, PutRolePermissionsBoundary; DeletePolicy does not ask for boundaries",
        "permissions boundary",
        policy_and_role,
        |yard| global(iam::ROLE, yard.their("role")),
        |yard| {
            let put = yard.iam().put_role_permissions_boundary().role_name(yard.their("role"));
            put.permissions_boundary(policy_arn(&yard)).send().await?
        }
    ),
    used!(
        "a role that a foreign notebook runs with by now is left",
        "SageMaker API reference, CreateNotebookInstance, RoleArn; DeleteRole does not ask",
        "role ARN",
        things::role,
        |yard| their(yard, sagemaker::NOTEBOOK_INSTANCE, "notebook"),
        |yard| {
            let role = role_arn(&yard.lab("role"));
            yard.notebook(HOME, &yard.their("notebook"), &role).await?
        }
    ),
    used!(
        "a role that a foreign instance profile has by now is left",
        "IAM API reference, AddRoleToInstanceProfile; DeleteRole, DeleteConflict, comes late",
        "(role)",
        things::role,
        |yard| global(iam::INSTANCE_PROFILE, yard.their("profile")),
        |yard| {
            let (client, name) = (yard.iam(), yard.their("profile"));
            client.create_instance_profile().instance_profile_name(&name).send().await?;
            let add = client.add_role_to_instance_profile().instance_profile_name(&name);
            add.role_name(yard.lab("role")).send().await?
        }
    ),
    used!(
        "an identity provider that a foreign role trusts by now is left",
        "IAM API reference, DeleteOpenIDConnectProvider: roles that name it are not updated",
        "trusted identity provider",
        things::provider,
        |yard| global(iam::ROLE, yard.their("pods")),
        |yard| {
            let create = yard.iam().create_role().role_name(yard.their("pods"));
            let trust = trust("Federated", &provider_arn(&yard));
            create.assume_role_policy_document(trust).send().await?
        }
    ),
    used!(
        "a bucket that a foreign trail logs into by now is left",
        "CloudTrail API reference, UpdateTrail and CreateTrail, S3BucketName",
        "log bucket",
        things::bucket,
        |yard| their(yard, cloudtrail::TRAIL, "trail"),
        |yard| yard.their_trail(&yard.lab("bucket")).1.send().await?
    ),
    used!(
        "a key that a foreign bucket names by now is left",
        "S3 API reference, PutBucketEncryption; ScheduleKeyDeletion does not ask",
        "default encryption key",
        key_and_bucket,
        |yard| their(yard, s3::BUCKET, "bucket"),
        |yard| encrypt(&yard).await?
    ),
    used!(
        "an alias that a foreign bucket names by now is left",
        "S3 API reference, PutBucketEncryption; DeleteAlias does not ask",
        "default encryption key",
        alias_and_bucket,
        |yard| their(yard, s3::BUCKET, "bucket"),
        |yard| encrypt(&yard).await?
    ),
    used!(
        "an image that a foreign model runs by now is left",
        "SageMaker API reference, ContainerDefinition, Image; BatchDeleteImage does not ask",
        "(image)",
        image,
        |yard| their(yard, sagemaker::MODEL, "model"),
        |yard| {
            let repository = yard.lab("images");
            let image = format!("{ACCOUNT_ID}.dkr.ecr.{HOME}.amazonaws.com/{repository}:v1");
            yard.their_model(&role_arn(&yard.their("role")), Some(&image), None).await?
        }
    ),
    used!(
        "a repository that a foreign model's image is in by now is left",
        "SageMaker API reference, ContainerDefinition, Image; DeleteRepository does not ask",
        "(image)",
        things::repository,
        |yard| their(yard, sagemaker::MODEL, "model"),
        |yard| {
            let repository = yard.lab("images");
            let image = format!("{ACCOUNT_ID}.dkr.ecr.{HOME}.amazonaws.com/{repository}:v2");
            yard.their_model(&role_arn(&yard.their("role")), Some(&image), None).await?
        }
    ),
    used!(
        "a log group that a foreign trail writes to by now is left",
        "CloudTrail API reference, CreateTrail, CloudWatchLogsLogGroupArn",
        "(log group)",
        things::log_group,
        |yard| their(yard, cloudtrail::TRAIL, "trail"),
        |yard| {
            let group = yard.lab("group");
            let arn = format!("arn:aws:logs:{HOME}:{ACCOUNT_ID}:log-group:{group}:*");
            let create = yard.their_trail("their-trail-logs").1;
            let create = create.cloud_watch_logs_log_group_arn(arn);
            create.cloud_watch_logs_role_arn(role_arn(&yard.their("role"))).send().await?
        }
    ),
    used!(
        "a model that a foreign endpoint configuration runs by now is left",
        "SageMaker API reference, CreateEndpointConfig, ModelName; DeleteModel does not ask",
        "model name",
        things::model,
        |yard| their(yard, sagemaker::ENDPOINT_CONFIG, "config"),
        |yard| {
            let variant = ProductionVariant::builder()
                .variant_name("AllTraffic")
                .model_name(yard.lab("model"))
                .initial_instance_count(1)
                .instance_type(ProductionVariantInstanceType::MlM5Large)
                .build();
            let create = yard.sagemaker(HOME).create_endpoint_config();
            let create = create.endpoint_config_name(yard.their("config"));
            create.production_variants(variant).send().await?
        }
    ),
    used!(
        "an endpoint configuration that a foreign endpoint runs by now is left",
        "SageMaker API reference, CreateEndpoint, EndpointConfigName; DeleteEndpointConfig",
        "endpoint config name",
        things::config,
        |yard| their(yard, sagemaker::ENDPOINT, "endpoint"),
        |yard| {
            let create = yard.sagemaker(HOME).create_endpoint();
            let create = create.endpoint_name(yard.their("endpoint"));
            create.endpoint_config_name(yard.lab("config")).send().await?
        }
    ),
    used!(
        "a lifecycle configuration that a foreign notebook starts with by now is left",
        "SageMaker API reference, CreateNotebookInstance, LifecycleConfigName",
        "lifecycle config name",
        things::lifecycle,
        |yard| their(yard, sagemaker::NOTEBOOK_INSTANCE, "notebook"),
        |yard| {
            yard.sagemaker(HOME)
                .create_notebook_instance()
                .notebook_instance_name(yard.their("notebook"))
                .instance_type(InstanceType::MlT3Medium)
                .role_arn(role_arn(&yard.their("role")))
                .lifecycle_config_name(yard.lab("setup"))
                .send()
                .await?
        }
    ),
    used!(
        "a cluster that has a capability by now is left",
        "EKS API reference, CreateCapability; DeleteCluster, ResourceInUseException, comes late",
        "(cluster)",
        things::cluster,
        |yard| at_home(eks::CAPABILITY, format!("{}/argocd", yard.lab("cluster"))),
        |yard| {
            yard.eks()
                .create_capability()
                .cluster_name(yard.lab("cluster"))
                .capability_name("argocd")
                .r#type(CapabilityType::Argocd)
                .delete_propagation_policy(CapabilityDeletePropagationPolicy::Retain)
                .role_arn(role_arn(&yard.their("argocd")))
                .send()
                .await?
        }
    ),
];
