//! What AWS or its owner has put out of reach.

use aws_sdk_eks::types::VpcConfigRequest;
use aws_sdk_iam::types::Tag;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    BucketVersioningStatus, MfaDelete, ObjectLockConfiguration, ObjectLockEnabled,
    ObjectLockLegalHoldStatus, ObjectLockMode, Tagging, VersioningConfiguration,
};
use aws_sdk_sagemaker::types::InstanceType;
use dismantle::aws::kinds::{cloudtrail, eks, iam, kms, logs, s3, sagemaker};
use dismantle::classify::KEEP_TAG;
use dismantle::resource::ResourceId;
use serde_json::json;

use super::yard::{ELSEWHERE, HOME, Yard, at_home, global, role_arn, trust};
use super::{BoxError, Evidence, Expect, Pair, Rule, built};

/// Somebody else's account.
const OTHERS: &str = "999999999999";

/// 18 May 2033: after any run of these tests.
const RETAINED_UNTIL_S: i64 = 2_000_000_000;

/// A bucket with Object Lock, and an object in it that `hold` puts something on.
async fn locked(
    yard: &Yard,
    what: &str,
    hold: impl FnOnce(PutObjectFluentBuilder) -> PutObjectFluentBuilder,
) -> Result<ResourceId, BoxError> {
    let name = yard.lab(what);
    let create = yard.s3().create_bucket().bucket(&name);
    create.object_lock_enabled_for_bucket(true).send().await?;
    let on = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled);
    let put = yard.s3().put_object_lock_configuration().bucket(&name);
    put.object_lock_configuration(on.build()).send().await?;
    let put = yard.s3().put_object().bucket(&name).key("audit.csv");
    hold(put.body(ByteStream::from_static(b"1,2,3"))).send().await?;
    Ok(at_home(s3::BUCKET, name))
}

/// A locked bucket with a hold, and its twin without one.
async fn held(
    yard: &Yard,
    hold: impl FnOnce(PutObjectFluentBuilder) -> PutObjectFluentBuilder,
) -> Result<Pair, BoxError> {
    let twin = locked(yard, "twin", |put| put).await?;
    Ok(Pair::alone(locked(yard, "held", hold).await?).beside(twin))
}

/// A key whose place in the account no call of ours can change.
async fn key_as(yard: &Yard, members: serde_json::Value) -> Result<Pair, BoxError> {
    let alias = format!("alias/{}", yard.lab("key"));
    let key = yard.key(&alias).await?;
    if !yard.sandbox.amend_key(HOME.as_str(), &key.id, members).await {
        return Err("the key is not there".into());
    }
    Ok(Pair::alone(key.resource()).and(at_home(kms::ALIAS, alias)))
}

pub const RULES: &[Rule] = &[
    Rule {
        name: "a policy of AWS's is in no list, and stays when the lab's role lets go of it",
        source: "IAM user guide, Managed policies: you cannot change AWS managed policies",
        build: |yard| {
            built(async move {
                let policy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
                let role = yard.lab("role");
                yard.role(&role).await?;
                let attach = yard.iam().attach_role_policy().role_name(&role);
                attach.policy_arn(policy).send().await?;
                Ok(Pair::alone(global(iam::POLICY, policy)).beside(global(iam::ROLE, role)))
            })
        },
        expect: Expect::NotListed,
        evidence: Evidence::NotListed,
    },
    Rule {
        name: "a service-linked role stays",
        source: "IAM API reference, DeleteRole, UnmodifiableEntity: only its service deletes it",
        build: |yard| {
            built(async move {
                let create = yard.iam().create_service_linked_role();
                let made = create.aws_service_name("eks.amazonaws.com").send().await?;
                let role = made.role().ok_or("no Role in the answer")?.role_name().to_owned();
                Ok(Pair::alone(global(iam::ROLE, role)))
            })
        },
        expect: Expect::Blocked("a service-linked role"),
        evidence: Evidence::Protection,
    },
    Rule {
        name: "a role under /aws-reserved/ stays",
        source: "IAM Identity Center user guide, Referencing permission sets: AWSReservedSSO roles",
        build: |yard| {
            built(async move {
                let name = yard.lab("sso");
                let create = yard.iam().create_role().role_name(&name);
                let create = create.path("/aws-reserved/sso.amazonaws.com/");
                let trust = trust("Service", "sso.amazonaws.com");
                create.assume_role_policy_document(trust).send().await?;
                Ok(Pair::alone(global(iam::ROLE, name)))
            })
        },
        expect: Expect::Blocked("reserved by AWS"),
        evidence: Evidence::Protection,
    },
    Rule {
        name: "an organisation's trail stays in the management account",
        source: "CloudTrail user guide, Creating a trail for an organization: it records every \
                 member account",
        build: |yard| {
            built(async move {
                let name = yard.lab("org");
                let create = yard.cloudtrail(HOME).create_trail().name(&name);
                let create = create.s3_bucket_name("their-org-logs").is_organization_trail(true);
                create.is_multi_region_trail(true).send().await?;
                Ok(Pair::alone(at_home(cloudtrail::TRAIL, name)))
            })
        },
        expect: Expect::Blocked("records every account"),
        evidence: Evidence::Protection,
    },
    Rule {
        name: "an organisation's trail stays that a member account sees",
        source: "CloudTrail API reference, DeleteTrail, NotOrganizationMasterAccountException",
        build: |yard| {
            built(async move {
                let name = yard.lab("org");
                let create = yard.cloudtrail(HOME).create_trail().name(&name);
                let create = create.s3_bucket_name("their-org-logs").is_organization_trail(true);
                create.send().await?;
                let arn = format!("arn:aws:cloudtrail:{HOME}:{OTHERS}:trail/{name}");
                let members = json!({ "TrailARN": arn });
                if !yard.sandbox.amend("cloudtrail:trail", HOME.as_str(), &name, members) {
                    return Err("the trail is not there".into());
                }
                Ok(Pair::alone(at_home(cloudtrail::TRAIL, name)))
            })
        },
        expect: Expect::Blocked("belongs to the management account"),
        evidence: Evidence::Protection,
    },
    Rule {
        name: "the shadow of a trail is in no list, and the trail stays in its home",
        source: "CloudTrail API reference, DescribeTrails, includeShadowTrails; DeleteTrail, \
                 InvalidHomeRegionException",
        build: |yard| {
            built(async move {
                let name = yard.lab("trail");
                let create = yard.cloudtrail(ELSEWHERE).create_trail().name(&name);
                let create = create.s3_bucket_name("their-logs").is_multi_region_trail(true);
                create.send().await?;
                let home = ResourceId::new(cloudtrail::TRAIL, ELSEWHERE, &name);
                Ok(Pair::of(at_home(cloudtrail::TRAIL, name), home))
            })
        },
        expect: Expect::NotListed,
        evidence: Evidence::NotListed,
    },
    Rule {
        name: "an event data store with termination protection stays, and would if its kind could go",
        source: "CloudTrail API reference, DeleteEventDataStore, \
                 EventDataStoreTerminationProtectedException",
        build: |yard| {
            built(async move {
                let create = yard.cloudtrail(HOME).create_event_data_store().name(yard.lab("lake"));
                let made = create.termination_protection_enabled(true).send().await?;
                let arn = made.event_data_store_arn().ok_or("no ARN in the answer")?;
                let id = arn.rsplit('/').next().unwrap_or(arn);
                Ok(Pair::alone(at_home(cloudtrail::EVENT_DATA_STORE, id)))
            })
        },
        expect: Expect::Foreign("no rule matches it"),
        evidence: Evidence::OnlyRead("termination protection is on"),
    },
    Rule {
        name: "a bucket with an object under legal hold stays",
        source: "S3 user guide, Locking objects with Object Lock: a legal hold has no end, and \
                 nobody bypasses it",
        build: |yard| {
            built(async move {
                held(&yard, |put| put.object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On))
                    .await
            })
        },
        expect: Expect::Refused("is under legal hold"),
        evidence: Evidence::OfAws,
    },
    Rule {
        name: "a bucket with an object under compliance retention stays",
        source: "S3 user guide, Locking objects with Object Lock: in compliance mode no user, the \
                 root user included, deletes it",
        build: |yard| {
            built(async move {
                let until = DateTime::from_secs(RETAINED_UNTIL_S);
                let hold = |put: PutObjectFluentBuilder| {
                    put.object_lock_mode(ObjectLockMode::Compliance)
                        .object_lock_retain_until_date(until)
                };
                held(&yard, hold).await
            })
        },
        expect: Expect::Refused("is under compliance retention until 2033-05-18"),
        evidence: Evidence::OfAws,
    },
    Rule {
        name: "a bucket with an object under governance retention stays unless that is bypassed",
        source: "S3 user guide, Locking objects with Object Lock: s3:BypassGovernanceRetention and \
                 x-amz-bypass-governance-retention",
        build: |yard| {
            built(async move {
                let until = DateTime::from_secs(RETAINED_UNTIL_S);
                let hold = |put: PutObjectFluentBuilder| {
                    put.object_lock_mode(ObjectLockMode::Governance)
                        .object_lock_retain_until_date(until)
                };
                held(&yard, hold).await
            })
        },
        expect: Expect::Refused("is under governance retention until 2033-05-18"),
        evidence: Evidence::OfAws,
    },
    Rule {
        name: "a bucket with MFA delete stays",
        source: "S3 user guide, Configuring MFA delete: only the root user's device removes versions",
        build: |yard| {
            built(async move {
                let name = yard.lab("mfa");
                yard.bucket(&name).await?;
                let versions = VersioningConfiguration::builder()
                    .status(BucketVersioningStatus::Enabled)
                    .mfa_delete(MfaDelete::Enabled)
                    .build();
                let put = yard.s3().put_bucket_versioning().bucket(&name);
                let put = put.mfa("arn:aws:iam::842676018087:mfa/root-account-mfa-device 123456");
                put.versioning_configuration(versions).send().await?;
                yard.object(&name, "audit.csv").await?;
                Ok(Pair::alone(at_home(s3::BUCKET, name)))
            })
        },
        expect: Expect::Blocked("MFA delete is on"),
        evidence: Evidence::Protection,
    },
    Rule {
        name: "a bucket with an access point stays, and the way to see that is said",
        source: "S3 API reference, Error responses: BucketHasAccessPointsAttached",
        build: |yard| {
            built(async move {
                let (name, twin) = (yard.lab("shared"), yard.lab("twin"));
                yard.bucket(&name).await?;
                let twin = yard.bucket(&twin).await?;
                if !yard.sandbox.attach_access_point(&name, "their-readers") {
                    return Err("the bucket is not there".into());
                }
                Ok(Pair::alone(at_home(s3::BUCKET, name)).beside(twin))
            })
        },
        expect: Expect::Refused("has access points attached"),
        evidence: Evidence::OfAws,
    },
    Rule {
        name: "a bucket of another account is in no list",
        source: "S3 API reference, ListBuckets: all buckets owned by the authenticated sender",
        build: |yard| {
            built(async move {
                let name = yard.lab("theirs");
                if !yard.sandbox.bucket_of_another(&name, HOME.as_str(), OTHERS) {
                    return Err("the bucket's name is taken".into());
                }
                Ok(Pair::alone(at_home(s3::BUCKET, name)))
            })
        },
        expect: Expect::NotListed,
        evidence: Evidence::NotListed,
    },
    Rule {
        name: "a cluster with deletion protection stays",
        source: "EKS user guide, Protect EKS clusters from accidental deletion",
        build: |yard| {
            built(async move {
                let name = yard.lab("cluster");
                let network = VpcConfigRequest::builder().subnet_ids("subnet-1").build();
                let create = yard.eks().create_cluster().name(&name).deletion_protection(true);
                let create = create.role_arn(role_arn(&yard.their("role")));
                create.resources_vpc_config(network).send().await?;
                Ok(Pair::alone(at_home(eks::CLUSTER, name)))
            })
        },
        expect: Expect::Blocked("deletion protection is on"),
        evidence: Evidence::Protection,
    },
    Rule {
        name: "a log group with deletion protection stays",
        source: "CloudWatch Logs API reference, PutLogGroupDeletionProtection",
        build: |yard| {
            built(async move {
                let name = yard.lab("group");
                let create = yard.logs().create_log_group().log_group_name(&name);
                create.deletion_protection_enabled(true).send().await?;
                Ok(Pair::alone(at_home(logs::LOG_GROUP, name)))
            })
        },
        expect: Expect::Blocked("deletion protection is on"),
        evidence: Evidence::Protection,
    },
    Rule {
        name: "a multi-Region primary key with a replica stays",
        source: "KMS developer guide, Delete multi-Region keys: it waits in PendingReplicaDeletion",
        build: |yard| {
            built(async move {
                let made = yard.kms().create_key().multi_region(true).send().await?;
                let id = made.key_metadata().ok_or("no KeyMetadata in the answer")?.key_id();
                let alias = format!("alias/{}", yard.lab("key"));
                let name = yard.kms().create_alias().alias_name(&alias).target_key_id(id);
                name.send().await?;
                let replicate = yard.kms().replicate_key().key_id(id);
                replicate.replica_region(ELSEWHERE.as_str()).send().await?;
                Ok(Pair::alone(at_home(kms::KEY, id)).and(at_home(kms::ALIAS, alias)))
            })
        },
        expect: Expect::Blocked("multi-Region primary key with replicas in eu-west-1"),
        evidence: Evidence::Protection,
    },
    Rule {
        name: "an AWS-managed key stays",
        source: "KMS developer guide, AWS KMS keys: you cannot delete AWS managed keys (KeyManager)",
        build: |yard| built(async move { key_as(&yard, json!({ "key_manager": "AWS" })).await }),
        expect: Expect::Blocked("an AWS-managed key"),
        evidence: Evidence::Protection,
    },
    Rule {
        name: "a key of another account stays",
        source: "KMS API reference, ScheduleKeyDeletion: cross-account use: no (AWSAccountId)",
        build: |yard| built(async move { key_as(&yard, json!({ "account_id": OTHERS })).await }),
        expect: Expect::Blocked("it belongs to the account 999999999999"),
        evidence: Evidence::Protection,
    },
    Rule {
        name: "a role with a keep tag stays",
        source: "Dismantle's own rule; tags: IAM user guide, Tags for IAM resources",
        build: |yard| {
            built(async move {
                let name = yard.lab("role");
                yard.role(&name).await?;
                let tag = Tag::builder().key(KEEP_TAG).value("team b").build()?;
                yard.iam().tag_role().role_name(&name).tags(tag).send().await?;
                Ok(Pair::alone(global(iam::ROLE, name)))
            })
        },
        expect: Expect::Kept("tag dismantle:keep"),
        evidence: Evidence::Tag(KEEP_TAG),
    },
    Rule {
        name: "a bucket with a keep tag stays",
        source: "Dismantle's own rule; tags: S3 user guide, Using cost allocation S3 bucket tags",
        build: |yard| {
            built(async move {
                let name = yard.lab("bucket");
                yard.bucket(&name).await?;
                yard.object(&name, "data.csv").await?;
                let tag = aws_sdk_s3::types::Tag::builder().key(KEEP_TAG).value("").build()?;
                let tags = Tagging::builder().tag_set(tag).build()?;
                yard.s3().put_bucket_tagging().bucket(&name).tagging(tags).send().await?;
                Ok(Pair::alone(at_home(s3::BUCKET, name)))
            })
        },
        expect: Expect::Kept("tag dismantle:keep"),
        evidence: Evidence::Tag(KEEP_TAG),
    },
    Rule {
        name: "a key with a keep tag stays, and its alias with it",
        source: "Dismantle's own rule; tags: KMS developer guide, Tags in AWS KMS",
        build: |yard| {
            built(async move {
                let alias = format!("alias/{}", yard.lab("key"));
                let key = yard.key(&alias).await?;
                let tag = aws_sdk_kms::types::Tag::builder().tag_key(KEEP_TAG).tag_value("yes");
                yard.kms().tag_resource().key_id(&key.id).tags(tag.build()?).send().await?;
                Ok(Pair::alone(key.resource()).and(at_home(kms::ALIAS, alias)))
            })
        },
        expect: Expect::Kept("tag dismantle:keep"),
        evidence: Evidence::Tag(KEEP_TAG),
    },
    Rule {
        name: "what a CloudFormation stack made goes with its stack, or where the manifest says so",
        source: "CloudFormation user guide, Resource tags: aws:cloudformation:stack-name; drift of \
                 what was deleted outside its stack",
        build: |yard| {
            built(async move {
                let name = yard.lab("notebook");
                let tag = aws_sdk_sagemaker::types::Tag::builder();
                let tag = tag.key("aws:cloudformation:stack-name").value("shop-stack").build();
                let create = yard.sagemaker(HOME).create_notebook_instance();
                let create = create.notebook_instance_name(&name).tags(tag);
                let create = create.role_arn(role_arn(&yard.their("role")));
                create.instance_type(InstanceType::MlT3Medium).send().await?;
                Ok(Pair::alone(at_home(sagemaker::NOTEBOOK_INSTANCE, name)))
            })
        },
        expect: Expect::Blocked("delete the stack shop-stack"),
        evidence: Evidence::Managed,
    },
    Rule {
        name: "what a stack made that is known by its id alone goes with its stack, too",
        source: "CloudFormation user guide, Resource tags: aws:cloudformation:stack-id is an ARN, \
                 with the stack's name in it",
        build: |yard| {
            built(async move {
                let name = yard.lab("notebook");
                let tag = aws_sdk_sagemaker::types::Tag::builder();
                let id = format!(
                    "arn:aws:cloudformation:{HOME}:842676018087:stack/web-stack/51af3dc0-da77"
                );
                let tag = tag.key("aws:cloudformation:stack-id").value(id).build();
                let create = yard.sagemaker(HOME).create_notebook_instance();
                let create = create.notebook_instance_name(&name).tags(tag);
                let create = create.role_arn(role_arn(&yard.their("role")));
                create.instance_type(InstanceType::MlT3Medium).send().await?;
                Ok(Pair::alone(at_home(sagemaker::NOTEBOOK_INSTANCE, name)))
            })
        },
        expect: Expect::Blocked("delete the stack web-stack"),
        evidence: Evidence::Managed,
    },
    Rule {
        name: "what Terraform has in its state goes, and that is said",
        source: "Terraform AWS provider, default_tags: the tags by which people say so are theirs",
        build: |yard| {
            built(async move {
                let name = yard.lab("role");
                yard.role(&name).await?;
                let tag = Tag::builder().key("managed-by").value("terraform").build()?;
                yard.iam().tag_role().role_name(&name).tags(tag).send().await?;
                Ok(Pair::alone(global(iam::ROLE, name)))
            })
        },
        expect: Expect::Goes("its tag managed-by=terraform says that a tool has it in its state"),
        evidence: Evidence::Nothing,
    },
    Rule {
        name: "what a controller in a cluster keeps goes, and that is said",
        source: "ACK documentation, Managing Tags on your AWS Resources: services.k8s.aws/namespace",
        build: |yard| {
            built(async move {
                let name = yard.lab("role");
                yard.role(&name).await?;
                let tag = Tag::builder().key("services.k8s.aws/namespace").value("shop").build()?;
                yard.iam().tag_role().role_name(&name).tags(tag).send().await?;
                Ok(Pair::alone(global(iam::ROLE, name)))
            })
        },
        expect: Expect::Goes("its tag services.k8s.aws/namespace=shop says that a tool has it"),
        evidence: Evidence::Nothing,
    },
];
