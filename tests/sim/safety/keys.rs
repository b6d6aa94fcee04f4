//! Keys and aliases that somebody else's things name, in every spelling.

use aws_sdk_eks::types::{EncryptionConfig, Provider, VpcConfigRequest};
use aws_sdk_kms::types::GrantOperation;
use aws_sdk_sagemaker::types::{AuthMode, InstanceType, OfflineStoreConfig, S3StorageConfig};
use dismantle::aws::kinds::kms::{ALIAS, GRANT};
use dismantle::aws::kinds::{cloudtrail, eks, sagemaker};
use dismantle::resource::ResourceId;
use dismantle::sandbox::ACCOUNT_ID;

use super::yard::{HOME, Key, Yard, at_home, role_arn};
use super::{BoxError, Evidence, Expect, Pair, Rule, built};

/// What is lost with a key.
const LOST: &str = "KMS developer guide, Delete an AWS KMS key: what it encrypted is unrecoverable";

/// A row about a key of the lab's, which has one alias: what the key is to its neighbour, and how
/// that is made.
macro_rules! named {
    ($name:literal, $words:literal, $source:expr, |$yard:ident, $key:ident, $alias:ident| $neighbour:expr) => {
        Rule {
            name: $name,
            source: $source,
            build: |$yard| {
                built(async move {
                    let $alias = format!("alias/{}", $yard.lab("key"));
                    let $key: Key = $yard.key(&$alias).await?;
                    let neighbour: ResourceId = $neighbour;
                    let name = at_home(ALIAS, $alias);
                    Ok(Pair::of($key.resource(), neighbour).and(name))
                })
            },
            expect: Expect::Blocked($words),
            evidence: Evidence::Uses,
        }
    };
}

/// `alias/x` as an ARN.
fn alias_arn(alias: &str) -> String {
    format!("arn:aws:kms:{HOME}:{ACCOUNT_ID}:{alias}")
}

/// A cluster whose secrets are encrypted with a key.
async fn secret(yard: &Yard, name: &str, key: &Key) -> Result<ResourceId, BoxError> {
    let provider = Provider::builder().key_arn(&key.arn).build();
    let config = EncryptionConfig::builder().provider(provider).build();
    let network = VpcConfigRequest::builder().subnet_ids("subnet-1").build();
    let create = yard.eks().create_cluster().name(name).encryption_config(config);
    let create = create.role_arn(role_arn(&yard.their("role")));
    create.resources_vpc_config(network).send().await?;
    Ok(at_home(eks::CLUSTER, name))
}

pub const RULES: &[Rule] = &[
    named!(
        "a key that a foreign bucket names by its id stays",
        "default encryption key",
        "S3 API reference, ServerSideEncryptionByDefault, KMSMasterKeyID: the key ID",
        |yard, key, _alias| yard.encrypted_bucket(&yard.their("bucket"), &key.id).await?
    ),
    named!(
        "a key that a foreign bucket names by its ARN stays",
        "default encryption key",
        "S3 API reference, ServerSideEncryptionByDefault, KMSMasterKeyID: or the key ARN",
        |yard, key, _alias| yard.encrypted_bucket(&yard.their("bucket"), &key.arn).await?
    ),
    named!(
        "a key that a foreign bucket names by its alias stays",
        "default encryption key",
        "S3 API reference, ServerSideEncryptionByDefault, KMSMasterKeyID: or the key alias",
        |yard, key, alias| yard.encrypted_bucket(&yard.their("bucket"), &alias).await?
    ),
    named!(
        "a key that a foreign bucket names by its alias's ARN stays",
        "default encryption key",
        "KMS developer guide, Key identifiers: key ID, key ARN, alias name, alias ARN",
        |yard, key, alias| {
            yard.encrypted_bucket(&yard.their("bucket"), &alias_arn(&alias)).await?
        }
    ),
    named!(
        "a key that a foreign log group is encrypted with stays",
        "encryption key",
        "CloudWatch Logs user guide, Encrypt log data using AWS KMS: unreadable without its key",
        |yard, key, _alias| yard.log_group(&yard.their("group"), Some(&key.arn)).await?
    ),
    named!(
        "a key that a foreign repository is encrypted with stays",
        "encryption key",
        "ECR user guide, Encryption at rest: without its grants images cannot be pulled",
        |yard, key, _alias| yard.repository(&yard.their("images"), Some(&key.arn)).await?
    ),
    named!(
        "a key that a foreign trail's logs are encrypted with stays",
        "log encryption key",
        "CloudTrail API reference, CreateTrail, KmsKeyId",
        |yard, key, _alias| {
            let (name, trail) = yard.their_trail("their-trail-logs");
            trail.kms_key_id(&key.arn).send().await?;
            at_home(cloudtrail::TRAIL, name)
        }
    ),
    named!(
        "a key that a foreign event data store is encrypted with stays",
        "encryption key",
        "CloudTrail API reference, CreateEventDataStore, KmsKeyId: no event is readable without",
        |yard, key, _alias| {
            let create = yard.cloudtrail(HOME).create_event_data_store().name(yard.their("lake"));
            let made = create.kms_key_id(&key.arn).send().await?;
            let arn = made.event_data_store_arn().ok_or("no EventDataStoreArn in the answer")?;
            at_home(cloudtrail::EVENT_DATA_STORE, arn.rsplit('/').next().unwrap_or(arn))
        }
    ),
    named!(
        "a key that a foreign cluster's secrets are encrypted with stays",
        "secrets key",
        "EKS user guide, Encrypt Kubernetes secrets with KMS: the cluster cannot be recovered",
        |yard, key, _alias| secret(&yard, &yard.their("cluster"), &key).await?
    ),
    named!(
        "a key that a foreign notebook's volume is encrypted with stays",
        "KMS key ID",
        "SageMaker API reference, CreateNotebookInstance, KmsKeyId: of the storage volume",
        |yard, key, _alias| {
            let name = yard.their("notebook");
            let create = yard.sagemaker(HOME).create_notebook_instance();
            let create = create.notebook_instance_name(&name).kms_key_id(&key.id);
            let create = create.role_arn(role_arn(&yard.their("role")));
            create.instance_type(InstanceType::MlT3Medium).send().await?;
            at_home(sagemaker::NOTEBOOK_INSTANCE, name)
        }
    ),
    named!(
        "a key that a foreign endpoint's volumes are encrypted with stays",
        "KMS key ID",
        "SageMaker API reference, CreateEndpointConfig, KmsKeyId: of the attached volumes",
        |yard, key, _alias| {
            let name = yard.their("config");
            let create = yard.sagemaker(HOME).create_endpoint_config().endpoint_config_name(&name);
            create.kms_key_id(&key.arn).send().await?;
            at_home(sagemaker::ENDPOINT_CONFIG, name)
        }
    ),
    named!(
        "a key that a foreign domain's file system is encrypted with stays",
        "KMS key ID",
        "SageMaker API reference, CreateDomain, KmsKeyId: of the attached EFS volume",
        |yard, key, _alias| {
            let create = yard.sagemaker(HOME).create_domain().domain_name(yard.their("domain"));
            let create = create.auth_mode(AuthMode::Iam).kms_key_id(&key.arn);
            let made = create.subnet_ids("subnet-1").vpc_id("vpc-1").send().await?;
            at_home(sagemaker::DOMAIN, made.domain_id().ok_or("no DomainId in the answer")?)
        }
    ),
    named!(
        "a key that a foreign feature group names by its alias stays",
        "KMS key ID",
        "SageMaker API reference, S3StorageConfig, KmsKeyId: of the offline store",
        |yard, key, alias| {
            let store = S3StorageConfig::builder().s3_uri("s3://their-features/x");
            let store = store.kms_key_id(&alias).build();
            let store = OfflineStoreConfig::builder().s3_storage_config(store).build();
            let name = yard.their("features");
            let create = yard.sagemaker(HOME).create_feature_group().feature_group_name(&name);
            create.offline_store_config(store).send().await?;
            at_home(sagemaker::FEATURE_GROUP, name)
        }
    ),
    named!(
        "a key that a live grant gives to somebody else's role stays",
        "(key)",
        "KMS developer guide, Grants in AWS KMS: services use a key by grants alone",
        |yard, key, _alias| {
            let grantee = yard.role(&yard.their("grantee")).await?;
            let create = yard.kms().create_grant().key_id(&key.id).grantee_principal(grantee);
            let made = create.operations(GrantOperation::Decrypt).send().await?;
            let id = made.grant_id().ok_or("no GrantId in the answer")?;
            at_home(GRANT, format!("{}/{id}", key.id))
        }
    ),
    Rule {
        name: "a key that has an alias of somebody else's stays",
        source: "KMS developer guide, Aliases in AWS KMS: a key may have several, of any name",
        build: |yard| {
            built(async move {
                let alias = format!("alias/{}", yard.their("key"));
                let key = yard.key(&alias).await?;
                let tag = aws_sdk_kms::types::Tag::builder().tag_key("Lab").tag_value("safety");
                yard.kms().tag_resource().key_id(&key.id).tags(tag.build()?).send().await?;
                Ok(Pair::of(key.resource(), at_home(ALIAS, alias)))
            })
        },
        expect: Expect::Blocked("(key)"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an alias that a foreign bucket's configuration names stays",
        source: LOST,
        build: |yard| {
            built(async move {
                let alias = format!("alias/{}", yard.lab("key"));
                let key = yard.key(&alias).await?;
                let bucket = yard.encrypted_bucket(&yard.their("bucket"), &alias).await?;
                Ok(Pair::of(at_home(ALIAS, alias), bucket).and(key.resource()))
            })
        },
        expect: Expect::Blocked("default encryption key"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an alias whose ARN a foreign log group is encrypted with stays",
        source: "KMS developer guide, Key identifiers: an alias ARN stands for its key",
        build: |yard| {
            built(async move {
                let alias = format!("alias/{}", yard.lab("key"));
                let key = yard.key(&alias).await?;
                let arn = alias_arn(&alias);
                let group = yard.log_group(&yard.their("group"), Some(&arn)).await?;
                Ok(Pair::of(at_home(ALIAS, alias), group).and(key.resource()))
            })
        },
        expect: Expect::Blocked("encryption key"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a key that secrets of the lab's cluster and of a foreign one are encrypted with stays",
        source: LOST,
        build: |yard| {
            built(async move {
                let alias = format!("alias/{}", yard.lab("key"));
                let key = yard.key(&alias).await?;
                let ours = yard.lab("cluster");
                let (gone, theirs) = (secret(&yard, &ours, &key), yard.their("cluster"));
                let (gone, theirs) = (gone.await?, secret(&yard, &theirs, &key).await?);
                Ok(Pair::of(key.resource(), theirs).and(at_home(ALIAS, alias)).beside(gone))
            })
        },
        expect: Expect::Blocked("secrets key"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a key goes with what is known of its last use",
        source: "KMS API reference, GetKeyLastUsage: the last successful cryptographic operation",
        build: |yard| {
            built(async move {
                let alias = format!("alias/{}", yard.lab("key"));
                let key = yard.key(&alias).await?;
                let plain = aws_sdk_kms::primitives::Blob::new("secret");
                yard.kms().encrypt().key_id(&alias).plaintext(plain).send().await?;
                Ok(Pair::alone(key.resource()))
            })
        },
        expect: Expect::Goes("is lost with it; last used 2026-01-15T08:00"),
        evidence: Evidence::Nothing,
    },
    Rule {
        name: "a key that nobody is known to have used goes, and that is said",
        source: "KMS API reference, GetKeyLastUsage, TrackingStartDate: nothing is known from before",
        build: |yard| {
            built(async move {
                let key = yard.key(&format!("alias/{}", yard.lab("key"))).await?;
                Ok(Pair::alone(key.resource()))
            })
        },
        expect: Expect::Goes("is lost with it; no use recorded since 2026-01-15T08:00"),
        evidence: Evidence::Nothing,
    },
];
