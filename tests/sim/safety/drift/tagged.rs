//! A tag that keeps a thing, added meanwhile: of every kind that has tags.

use dismantle::classify::KEEP_TAG;
use dismantle::sandbox::ACCOUNT_ID;

use super::changes::{Change, done};
use super::things::{self, alias_of, policy_arn, provider_arn};
use crate::safety::yard::{HOME, Yard};
use crate::safety::{Evidence, Pair, built};

macro_rules! tagged {
    ($name:literal, $source:literal, $thing:ident, |$yard:ident| $tag:expr) => {
        Change {
            name: $name,
            source: $source,
            build: |yard| built(async move { Ok(Pair::alone(things::$thing(&yard).await?)) }),
            meanwhile: |$yard: Yard| {
                done(async move {
                    $tag;
                    Ok(())
                })
            },
            words: "tag dismantle:keep",
            evidence: Evidence::Tag(KEEP_TAG),
        }
    };
}

fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{HOME}:{ACCOUNT_ID}:{rest}")
}

macro_rules! tag {
    ($sdk:ident) => {
        $sdk::types::Tag::builder().key(KEEP_TAG).value("wait")
    };
}

/// A tag on something of SageMaker's.
macro_rules! in_sagemaker {
    ($yard:ident, $rest:literal, $what:literal) => {{
        let add = $yard.sagemaker(HOME).add_tags();
        let add = add.resource_arn(arn("sagemaker", &format!($rest, $yard.lab($what))));
        add.tags(tag!(aws_sdk_sagemaker).build()).send().await?
    }};
}

pub const ROWS: &[Change] = &[
    tagged!(
        "a role that got a keep tag is left",
        "Dismantle's own rule; tags: IAM API reference, TagRole",
        role,
        |yard| {
            let put = yard.iam().tag_role().role_name(yard.lab("role"));
            put.tags(tag!(aws_sdk_iam).build()?).send().await?
        }
    ),
    tagged!(
        "a policy that got a keep tag is left",
        "Dismantle's own rule; tags: IAM API reference, TagPolicy",
        policy,
        |yard| {
            let put = yard.iam().tag_policy().policy_arn(policy_arn(&yard));
            put.tags(tag!(aws_sdk_iam).build()?).send().await?
        }
    ),
    tagged!(
        "an instance profile that got a keep tag is left",
        "Dismantle's own rule; tags: IAM API reference, TagInstanceProfile",
        profile,
        |yard| {
            let put = yard.iam().tag_instance_profile();
            let put = put.instance_profile_name(yard.lab("profile"));
            put.tags(tag!(aws_sdk_iam).build()?).send().await?
        }
    ),
    tagged!(
        "an identity provider that got a keep tag is left",
        "Dismantle's own rule; tags: IAM API reference, TagOpenIDConnectProvider",
        provider,
        |yard| {
            let put = yard.iam().tag_open_id_connect_provider();
            let put = put.open_id_connect_provider_arn(provider_arn(&yard));
            put.tags(tag!(aws_sdk_iam).build()?).send().await?
        }
    ),
    tagged!(
        "a bucket that got a keep tag is left",
        "Dismantle's own rule; tags: S3 API reference, PutBucketTagging",
        bucket,
        |yard| {
            let tags = aws_sdk_s3::types::Tagging::builder().tag_set(tag!(aws_sdk_s3).build()?);
            let put = yard.s3().put_bucket_tagging().bucket(yard.lab("bucket"));
            put.tagging(tags.build()?).send().await?
        }
    ),
    tagged!(
        "a key that got a keep tag is left",
        "Dismantle's own rule; tags: KMS API reference, TagResource",
        key,
        |yard| {
            let id = things::key_id(&yard, &alias_of(&yard)).await?;
            let tag = aws_sdk_kms::types::Tag::builder().tag_key(KEEP_TAG).tag_value("wait");
            yard.kms().tag_resource().key_id(id).tags(tag.build()?).send().await?
        }
    ),
    tagged!(
        "a log group that got a keep tag is left",
        "Dismantle's own rule; tags: CloudWatch Logs API reference, TagResource",
        log_group,
        |yard| {
            let arn = arn("logs", &format!("log-group:{}", yard.lab("group")));
            yard.logs().tag_resource().resource_arn(arn).tags(KEEP_TAG, "wait").send().await?
        }
    ),
    tagged!(
        "a repository that got a keep tag is left",
        "Dismantle's own rule; tags: ECR API reference, TagResource",
        repository,
        |yard| {
            let arn = arn("ecr", &format!("repository/{}", yard.lab("images")));
            let put = yard.ecr().tag_resource().resource_arn(arn);
            put.tags(tag!(aws_sdk_ecr).build()?).send().await?
        }
    ),
    tagged!(
        "a trail that got a keep tag is left",
        "Dismantle's own rule; tags: CloudTrail API reference, AddTags",
        trail,
        |yard| {
            let arn = arn("cloudtrail", &format!("trail/{}", yard.lab("trail")));
            let add = yard.cloudtrail(HOME).add_tags().resource_id(arn);
            add.tags_list(tag!(aws_sdk_cloudtrail).build()?).send().await?
        }
    ),
    tagged!(
        "a cluster that got a keep tag is left",
        "Dismantle's own rule; tags: EKS API reference, TagResource",
        cluster,
        |yard| {
            let arn = arn("eks", &format!("cluster/{}", yard.lab("cluster")));
            yard.eks().tag_resource().resource_arn(arn).tags(KEEP_TAG, "wait").send().await?
        }
    ),
    tagged!(
        "a nodegroup that got a keep tag is left",
        "Dismantle's own rule; tags: EKS API reference, TagResource",
        nodegroup,
        |yard| {
            let describe = yard.eks().describe_nodegroup().cluster_name(yard.lab("cluster"));
            let seen = describe.nodegroup_name("nodes").send().await?;
            let arn = seen.nodegroup().and_then(|group| group.nodegroup_arn());
            let arn = arn.ok_or("no nodegroupArn in the answer")?;
            yard.eks().tag_resource().resource_arn(arn).tags(KEEP_TAG, "wait").send().await?
        }
    ),
    tagged!(
        "a notebook that got a keep tag is left",
        "Dismantle's own rule; tags: SageMaker API reference, AddTags",
        notebook,
        |yard| in_sagemaker!(yard, "notebook-instance/{}", "notebook")
    ),
    tagged!(
        "a model that got a keep tag is left",
        "Dismantle's own rule; tags: SageMaker API reference, AddTags",
        model,
        |yard| in_sagemaker!(yard, "model/{}", "model")
    ),
    tagged!(
        "an endpoint configuration that got a keep tag is left",
        "Dismantle's own rule; tags: SageMaker API reference, AddTags",
        config,
        |yard| in_sagemaker!(yard, "endpoint-config/{}", "config")
    ),
    tagged!(
        "an endpoint that got a keep tag is left",
        "Dismantle's own rule; tags: SageMaker API reference, AddTags",
        endpoint,
        |yard| in_sagemaker!(yard, "endpoint/{}", "endpoint")
    ),
];
