//! What is read of every bucket, also of a neighbour's: its tags, its protections and what it
//! uses. The rest of its settings is for [`super::record`].

use std::future::Future;

use aws_sdk_s3::types;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::aws::kinds::iam::ROLE;
use crate::aws::kinds::kms::KEY;
use crate::aws::kinds::s3::BUCKET;
use crate::aws::{Aws, AwsError, Class, Incomplete, Op};
use crate::inventory::Hides;
use crate::resource::{Kind, Protection, Reference, Resource, Tags, Unread};

const GET_TAGS: Op = Op::read("s3", "GetBucketTagging");
const PUT_TAGS: Op = Op::write("s3", "PutBucketTagging");
const VERSIONING: Op = Op::read("s3", "GetBucketVersioning");
const OBJECT_LOCK: Op = Op::read("s3", "GetObjectLockConfiguration");
const ENCRYPTION: Op = Op::read("s3", "GetBucketEncryption");
const LOGGING: Op = Op::read("s3", "GetBucketLogging");
const REPLICATION: Op = Op::read("s3", "GetBucketReplication");
const INVENTORY: Op = Op::read("s3", "ListBucketInventoryConfigurations");

/// As IAM spells the reads of this folder; some differ from the operation's name.
pub const READ_PERMISSIONS: &[&str] = &[
    "s3:GetAccelerateConfiguration",
    "s3:GetBucketCORS",
    "s3:GetBucketLocation",
    "s3:GetBucketLogging",
    "s3:GetBucketNotification",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketRequestPayment",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetBucketWebsite",
    "s3:GetEncryptionConfiguration",
    "s3:GetInventoryConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListAllMyBuckets",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
];

/// Pages of a hundred inventory configurations; a bucket has a thousand at most.
const INVENTORY_PAGES_MAX: usize = 20;

/// A setting that was never made is absent, and so is one that an emulator does not know.
pub async fn setting<T, E, F>(
    aws: &Aws,
    op: Op,
    attempt: impl Fn() -> F,
) -> Result<Option<T>, AwsError>
where
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match aws.call(op, attempt).await {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.code.as_deref() == Some("NoSuchBucket") => Err(error),
        Err(error) if matches!(error.class, Class::NotFound | Class::Unavailable) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Adds to `resource` what every bucket is asked for; `false` if the bucket is gone. What could
/// not be read and may hold references goes to `incomplete` too.
pub async fn read(aws: &Aws, resource: &mut Resource, incomplete: &mut Vec<Incomplete>) -> bool {
    let aws = aws.in_region(resource.region());
    let name = resource.id.id.clone();
    let own_arn = resource.arn.clone().unwrap_or_default();
    let (client, owner) = (aws.s3(), aws.number().to_owned());
    macro_rules! get {
        ($op:expr, $call:ident) => {
            setting(&aws, $op, || client.$call().bucket(&name).expected_bucket_owner(&owner).send())
        };
    }
    let (tags, versioning, lock) = futures::join!(
        get!(GET_TAGS, get_bucket_tagging),
        get!(VERSIONING, get_bucket_versioning),
        get!(OBJECT_LOCK, get_object_lock_configuration),
    );
    let (encryption, logging, replication, inventory) = futures::join!(
        get!(ENCRYPTION, get_bucket_encryption),
        get!(LOGGING, get_bucket_logging),
        get!(REPLICATION, get_bucket_replication),
        inventories(&aws, &name),
    );
    let gone = |error: &AwsError| error.class == Class::NotFound;
    let mut is_gone = false;
    let mut note = |what: &str, error: AwsError, refers_to: &[Kind]| {
        is_gone |= gone(&error);
        let unread = Unread { what: what.to_owned(), why: error.to_string() };
        if !refers_to.is_empty() && !gone(&error) {
            let hides = Hides::uses_of(refers_to.iter().copied());
            incomplete.push(Incomplete { error, hides });
        }
        unread
    };
    let mut unread = Vec::new();
    let mut uses = Vec::new();

    match tags {
        Ok(Some(answer)) => resource.tags = map(answer.tag_set),
        Ok(None) => {}
        Err(error) => unread.push(note("tags", error, &[])),
    }
    match versioning {
        Ok(answer) => {
            let status = answer.as_ref().and_then(|answer| answer.status());
            resource.fact("versioning", status.map_or("Off", |status| status.as_str()));
            let mfa = answer.and_then(|answer| answer.mfa_delete);
            if mfa == Some(types::MfaDeleteStatus::Enabled) {
                let why = "MFA delete is on, so only the root user's device can empty it";
                resource.protections.push(Protection { why: why.to_owned(), liftable: false });
            }
        }
        // AWS itself refuses each version of such a bucket; the refusals are read.
        Err(error) if !gone(&error) => {
            let caution = format!("cannot see whether MFA delete is on: {error}");
            resource.cautions.push(caution);
            let (what, why) = ("versioning".to_owned(), error.to_string());
            resource.unknown.push(Unread { what, why });
        }
        Err(error) => unread.push(note("versioning", error, &[])),
    }
    match lock {
        Ok(answer) => {
            let on = answer.is_some_and(|answer| answer.object_lock_configuration.is_some());
            resource.fact("object_lock", if on { "Enabled" } else { "Off" });
            if on {
                let caution = "Object Lock is on: versions under retention or legal hold stay, \
                               and the bucket with them";
                resource.cautions.push(caution.to_owned());
            }
        }
        Err(error) => unread.push(note("object lock configuration", error, &[])),
    }
    match encryption {
        Ok(answer) => {
            let rules = answer.and_then(|answer| answer.server_side_encryption_configuration);
            for rule in rules.map(|rules| rules.rules).unwrap_or_default() {
                let default = rule.apply_server_side_encryption_by_default;
                if let Some(key) = default.and_then(|default| default.kms_master_key_id) {
                    uses.push(Reference::soft(KEY, key, "default encryption key"));
                }
            }
        }
        Err(error) => unread.push(note("default encryption", error, &[KEY])),
    }
    match logging {
        Ok(answer) => {
            if let Some(target) = answer.and_then(|answer| answer.logging_enabled) {
                let arn = format!("arn:{}:s3:::{}", aws.partition(), target.target_bucket);
                uses.push(Reference::soft(BUCKET, arn, "access log bucket"));
            }
        }
        Err(error) => unread.push(note("access logging", error, &[BUCKET])),
    }
    match replication {
        Ok(answer) => {
            if let Some(rules) = answer.and_then(|answer| answer.replication_configuration) {
                uses.extend(replication_uses(&rules));
            }
        }
        Err(error) => unread.push(note("replication", error, &[BUCKET, KEY, ROLE])),
    }
    match inventory {
        Ok(configurations) => uses.extend(configurations.iter().flat_map(inventory_uses)),
        // It keeps nobody from this bucket, but hides what this bucket may use.
        Err(error) => drop(note("inventories", error, &[BUCKET, KEY])),
    }
    uses.retain(|target| target.spelling != own_arn);
    uses.sort();
    uses.dedup();
    resource.uses = uses;
    resource.unread.extend(unread);
    !is_gone
}

fn replication_uses(rules: &types::ReplicationConfiguration) -> Vec<Reference> {
    let mut uses = Vec::new();
    if !rules.role().is_empty() {
        uses.push(Reference::soft(ROLE, rules.role(), "replication role"));
    }
    for destination in rules.rules().iter().filter_map(|rule| rule.destination()) {
        uses.push(Reference::soft(BUCKET, destination.bucket(), "replication destination"));
        let encryption = destination.encryption_configuration();
        if let Some(key) = encryption.and_then(|encryption| encryption.replica_kms_key_id()) {
            uses.push(Reference::soft(KEY, key, "replica encryption key"));
        }
    }
    uses
}

fn inventory_uses(configuration: &types::InventoryConfiguration) -> Vec<Reference> {
    let destination = configuration.destination();
    let Some(bucket) = destination.and_then(|place| place.s3_bucket_destination()) else {
        return Vec::new();
    };
    let mut uses = vec![Reference::soft(BUCKET, bucket.bucket(), "inventory destination")];
    if let Some(key) = bucket.encryption().and_then(|encryption| encryption.ssekms()) {
        uses.push(Reference::soft(KEY, key.key_id(), "inventory encryption key"));
    }
    uses
}

async fn inventories(
    aws: &Aws,
    name: &str,
) -> Result<Vec<types::InventoryConfiguration>, AwsError> {
    let client = aws.s3();
    let (mut all, mut token) = (Vec::new(), None::<String>);
    for _ in 0..INVENTORY_PAGES_MAX {
        let attempt = || {
            client
                .list_bucket_inventory_configurations()
                .bucket(name)
                .expected_bucket_owner(aws.number())
                .set_continuation_token(token.clone())
                .send()
        };
        let Some(page) = setting(aws, INVENTORY, attempt).await? else { return Ok(all) };
        let cut_off = page.is_truncated == Some(true);
        let next = page.next_continuation_token.filter(|next| cut_off && !next.is_empty());
        all.extend(page.inventory_configuration_list.unwrap_or_default());
        match next {
            None if cut_off => break,
            None => return Ok(all),
            next => token = next,
        }
    }
    Err(AwsError::garbled(
        INVENTORY,
        aws.region(),
        "its pages do not end, or do not say where they go on",
    ))
}

/// Merges tags into a bucket's. S3 only knows how to replace them all, its own `aws:` ones among
/// them, which it wants back unchanged.
pub async fn add_tags(aws: &Aws, name: &str, tags: &Tags) -> Result<(), AwsError> {
    let mut all = current_tags(aws, name).await?;
    for (key, value) in tags {
        all.entry(key.clone()).or_insert_with(|| value.clone());
    }
    let bad = |error: &dyn std::fmt::Display| {
        AwsError::garbled(PUT_TAGS, aws.region(), error.to_string())
    };
    let set: Result<Vec<types::Tag>, _> = all
        .iter()
        .map(|(key, value)| types::Tag::builder().key(key).value(value).build())
        .collect();
    let tagging = types::Tagging::builder()
        .set_tag_set(Some(set.map_err(|error| bad(&error))?))
        .build()
        .map_err(|error| bad(&error))?;
    let client = aws.s3();
    aws.call(PUT_TAGS, || {
        client
            .put_bucket_tagging()
            .bucket(name)
            .expected_bucket_owner(aws.number())
            .tagging(tagging.clone())
            .send()
    })
    .await?;
    let now = current_tags(aws, name).await?;
    match all.keys().find(|key| !now.contains_key(*key)) {
        None => Ok(()),
        Some(key) => {
            let message = format!("the tag {key:?} was written and is not there");
            Err(AwsError::inside(PUT_TAGS, aws.region(), "OperationAborted", message))
        }
    }
}

async fn current_tags(aws: &Aws, name: &str) -> Result<Tags, AwsError> {
    let client = aws.s3();
    let attempt =
        || client.get_bucket_tagging().bucket(name).expected_bucket_owner(aws.number()).send();
    Ok(setting(aws, GET_TAGS, attempt).await?.map(|answer| map(answer.tag_set)).unwrap_or_default())
}

fn map(tags: Vec<types::Tag>) -> Tags {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}
