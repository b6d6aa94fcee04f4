//! Making a bucket again, from the journal's record: empty, with its settings.

use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership,
    TransitionDefaultMinimumObjectSize,
};
use serde_json::{Value, json};

use super::bucket::{is_of, is_ours};
use super::parts::{self, Built};
use crate::aws::record::{LEFT_OUT, flag, list, own_tags, text};
use crate::aws::{Aws, AwsError, Op, Rebuild};
use crate::resource::{Action, Prep, Resource};

const CREATE: Op = Op::write("s3", "CreateBucket");

/// As IAM spells them; some differ from the operation's name.
pub const PERMISSIONS: &[&str] = &[
    "s3:CreateBucket",
    "s3:PutAccelerateConfiguration",
    "s3:PutBucketCORS",
    "s3:PutBucketLogging",
    "s3:PutBucketNotification",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketRequestPayment",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutBucketWebsite",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
    "iam:PassRole",
];

const VERSIONING: &str = "VersioningConfiguration";
const OWNERSHIP: &str = "OwnershipControls";
const PUBLIC_ACCESS: &str = "PublicAccessBlockConfiguration";
const ENCRYPTION: &str = "ServerSideEncryptionConfiguration";
const TAGS: &str = "TagSet";
const OBJECT_LOCK: &str = "ObjectLockConfiguration";
const LIFECYCLE: &str = "LifecycleConfiguration";
/// Comes and goes with the rules.
const LEAST_SIZE: &str = "TransitionDefaultMinimumObjectSize";
const CORS: &str = "CORSRules";
const WEBSITE: &str = "WebsiteConfiguration";
const REQUEST_PAYMENT: &str = "RequestPaymentConfiguration";
const ACCELERATE: &str = "AccelerateConfiguration";
const POLICY: &str = "Policy";
const LOGGING: &str = "LoggingEnabled";
const REPLICATION: &str = "ReplicationConfiguration";
const NOTIFICATION: &str = "NotificationConfiguration";

/// In this order: replication wants versioning, a public policy wants public access, and what
/// names other resources comes last.
const PARTS: &[&str] = &[
    VERSIONING,
    PUBLIC_ACCESS,
    ENCRYPTION,
    TAGS,
    OBJECT_LOCK,
    LIFECYCLE,
    CORS,
    WEBSITE,
    REQUEST_PAYMENT,
    ACCELERATE,
    POLICY,
    LOGGING,
    REPLICATION,
    NOTIFICATION,
];

pub fn bucket(was: &Resource) -> Rebuild {
    let record = &was.record;
    let mut rebuild = Rebuild::by_create();
    for part in PARTS.iter().filter(|part| needs_a_call(was, part)) {
        rebuild = rebuild.and(Action::Configure, *part);
    }
    rebuild = rebuild
        .without("its objects")
        .without("its ACL, inventories, analytics, metrics and tiering, which are not recorded");
    if text(record, "VersioningConfiguration.MFADelete").as_deref() == Some("Enabled") {
        rebuild = rebuild.without("MFA delete, which only the root user's device sets");
    }
    if is_cut(&record[POLICY]) {
        rebuild = rebuild.without("its policy, of which a part is in no journal");
    }
    if let Some(unread) = record["unread"].as_object().filter(|unread| !unread.is_empty()) {
        let calls: Vec<&str> = unread.keys().map(String::as_str).collect();
        rebuild = rebuild.without(format!("what could not be read: {}", calls.join(", ")));
    }
    rebuild
}

fn is_cut(part: &Value) -> bool {
    part.as_str().is_some_and(|text| text.contains(LEFT_OUT))
}

/// Whether a new bucket is not so by itself.
///
/// Source: S3 user guide, "Default settings for new S3 buckets FAQ": all public access is blocked,
/// objects belong to the bucket's owner, and SSE-S3 encrypts.
fn needs_a_call(was: &Resource, part: &str) -> bool {
    let value = &was.record[part];
    match part {
        TAGS => !own_tags(was).is_empty(),
        VERSIONING | ACCELERATE => value["Status"].is_string(),
        // Where it had none, that of a new bucket goes.
        PUBLIC_ACCESS => was.record["unread"]["GetPublicAccessBlock"].is_null(),
        ENCRYPTION => !list(&was.record, ENCRYPTION).is_empty() && !is_plain(value),
        OBJECT_LOCK => value["Rule"]["DefaultRetention"].is_object(),
        REQUEST_PAYMENT => text(value, "Payer").is_some_and(|payer| payer != "BucketOwner"),
        POLICY => value.is_string() && !is_cut(value),
        NOTIFICATION | WEBSITE | LOGGING | REPLICATION => {
            value.as_object().is_some_and(|members| !members.is_empty())
        }
        _ => value.as_array().is_some_and(|items| !items.is_empty()),
    }
}

fn is_plain(encryption: &Value) -> bool {
    let plain = json!({ "SSEAlgorithm": "AES256" });
    let is_plain = |rule: &Value| {
        rule["ApplyServerSideEncryptionByDefault"] == plain
            && flag(rule, "BucketKeyEnabled") != Some(true)
    };
    encryption.as_array().is_some_and(|rules| rules.iter().all(is_plain))
}

/// Whether `now` has the part as `was` had it. S3 gives a policy back as text, perhaps in other
/// words of the same JSON.
pub fn shows(was: &Resource, now: &Resource, part: &str) -> bool {
    let (old, new) = (&was.record[part], &now.record[part]);
    match part {
        TAGS => own_tags(was) == own_tags(now),
        VERSIONING => old["Status"] == new["Status"],
        POLICY => read(old) == read(new),
        LIFECYCLE => {
            let least = &was.record[LEAST_SIZE];
            old == new && (least.is_null() || *least == now.record[LEAST_SIZE])
        }
        _ => old == new,
    }
}

fn read(policy: &Value) -> Value {
    let parsed = policy.as_str().and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or_else(|| policy.clone())
}

pub async fn make(aws: &Aws, was: &Resource, step: &Prep) -> Result<(), AwsError> {
    let aws = &aws.in_region(was.region());
    match (step.action, step.target.as_deref()) {
        (Action::Create, _) => create(aws, was).await,
        (Action::Configure, Some(part)) => configure(aws, was, part).await,
        (other, _) => Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
    }
}

/// In its own region, whose name every region but the first wants to hear once more
/// (`CreateBucket`, API reference: `LocationConstraint`).
async fn create(aws: &Aws, was: &Resource) -> Result<(), AwsError> {
    let client = aws.s3();
    let record = &was.record;
    let region = aws.region();
    let place = (region.as_str() != "us-east-1").then(|| {
        let constraint = BucketLocationConstraint::from(region.as_str());
        CreateBucketConfiguration::builder().location_constraint(constraint).build()
    });
    let lock = text(record, "ObjectLockConfiguration.ObjectLockEnabled");
    let lock = (lock.as_deref() == Some("Enabled")).then_some(true);
    let ownership = match list(record, OWNERSHIP).first() {
        Some(rule) => text(rule, "ObjectOwnership"),
        // A bucket without controls lets the writer own (S3 user guide, "Controlling ownership").
        None if record["unread"]["GetBucketOwnershipControls"].is_null() => {
            Some("ObjectWriter".to_owned())
        }
        None => None,
    };
    let call = client
        .create_bucket()
        .bucket(&was.id.id)
        .set_create_bucket_configuration(place)
        .set_object_lock_enabled_for_bucket(lock)
        .set_object_ownership(ownership.as_deref().map(ObjectOwnership::from));
    aws.call(CREATE, || call.clone().send()).await.map(drop)
}

/// `put!(aws, was, "PutBucketCors", put_bucket_cors.cors_configuration(parts::cors(…)))`.
macro_rules! put {
    ($aws:ident, $was:ident, $operation:literal, $call:ident $(.$set:ident($built:expr))?) => {{
        const OP: Op = Op::write("s3", $operation);
        let client = $aws.s3();
        let call = client.$call().bucket(&$was.id.id).expected_bucket_owner($aws.number());
        $(let call = call.$set(built($aws, OP, $built)?);)?
        $aws.call(OP, || call.clone().send()).await.map(drop)
    }};
}

fn built<T>(aws: &Aws, op: Op, built: Built<T>) -> Result<T, AwsError> {
    built.map_err(|error| AwsError::garbled(op, aws.region(), format!("its record: {error}")))
}

async fn configure(aws: &Aws, was: &Resource, part: &str) -> Result<(), AwsError> {
    let record = &was.record;
    let value = &record[part];
    match part {
        VERSIONING => put!(
            aws,
            was,
            "PutBucketVersioning",
            put_bucket_versioning.versioning_configuration(parts::versioning(value))
        ),
        PUBLIC_ACCESS if value.is_null() => {
            put!(aws, was, "DeletePublicAccessBlock", delete_public_access_block)
        }
        PUBLIC_ACCESS => put!(
            aws,
            was,
            "PutPublicAccessBlock",
            put_public_access_block.public_access_block_configuration(parts::public_access(value))
        ),
        ENCRYPTION => put!(
            aws,
            was,
            "PutBucketEncryption",
            put_bucket_encryption
                .server_side_encryption_configuration(parts::encryption(record, part))
        ),
        TAGS => {
            let tags = own_tags(was);
            put!(aws, was, "PutBucketTagging", put_bucket_tagging.tagging(parts::tagging(&tags)))
        }
        OBJECT_LOCK => put!(
            aws,
            was,
            "PutObjectLockConfiguration",
            put_object_lock_configuration.object_lock_configuration(parts::object_lock(value))
        ),
        LIFECYCLE => {
            const OP: Op = Op::write("s3", "PutBucketLifecycleConfiguration");
            let least = text(record, LEAST_SIZE);
            let least = least.map(|size| TransitionDefaultMinimumObjectSize::from(&*size));
            let client = aws.s3();
            let call = client
                .put_bucket_lifecycle_configuration()
                .bucket(&was.id.id)
                .expected_bucket_owner(aws.number())
                .lifecycle_configuration(built(aws, OP, parts::lifecycle(record, part))?)
                .set_transition_default_minimum_object_size(least);
            aws.call(OP, || call.clone().send()).await.map(drop)
        }
        CORS => put!(
            aws,
            was,
            "PutBucketCors",
            put_bucket_cors.cors_configuration(parts::cors(record, part))
        ),
        WEBSITE => put!(
            aws,
            was,
            "PutBucketWebsite",
            put_bucket_website.website_configuration(parts::website(value))
        ),
        REQUEST_PAYMENT => put!(
            aws,
            was,
            "PutBucketRequestPayment",
            put_bucket_request_payment.request_payment_configuration(parts::request_payment(value))
        ),
        ACCELERATE => put!(
            aws,
            was,
            "PutBucketAccelerateConfiguration",
            put_bucket_accelerate_configuration.accelerate_configuration(parts::accelerate(value))
        ),
        POLICY => {
            let policy = value.as_str().unwrap_or_default();
            put!(aws, was, "PutBucketPolicy", put_bucket_policy.policy(Ok(policy)))
        }
        LOGGING => {
            const OP: Op = Op::write("s3", "PutBucketLogging");
            let target = text(value, "TargetBucket").unwrap_or_default();
            if !is_ours(aws, &target).await? {
                return Err(not_ours(aws, OP, &target));
            }
            put!(
                aws,
                was,
                "PutBucketLogging",
                put_bucket_logging.bucket_logging_status(parts::logging(value))
            )
        }
        REPLICATION => {
            destinations(aws, value).await?;
            put!(
                aws,
                was,
                "PutBucketReplication",
                put_bucket_replication.replication_configuration(parts::replication(value))
            )
        }
        NOTIFICATION => put!(
            aws,
            was,
            "PutBucketNotificationConfiguration",
            put_bucket_notification_configuration
                .notification_configuration(parts::notification(value))
        ),
        other => Err(AwsError::unsupported(aws, was.kind(), other)),
    }
}

/// Once a bucket is gone its name is anyone's: objects go to no bucket but that of the account
/// that the record names.
async fn destinations(aws: &Aws, replication: &Value) -> Result<(), AwsError> {
    const OP: Op = Op::write("s3", "PutBucketReplication");
    for place in list(replication, "Rules").iter().map(|rule| &rule["Destination"]) {
        let arn = text(place, "Bucket").unwrap_or_default();
        let name = arn.rsplit(':').next().unwrap_or_default();
        let owned = match text(place, "Account").filter(|account| account != aws.number()) {
            Some(account) => is_of(aws, name, &account).await?,
            None => is_ours(aws, name).await?,
        };
        if !owned {
            return Err(not_ours(aws, OP, name));
        }
    }
    Ok(())
}

fn not_ours(aws: &Aws, op: Op, bucket: &str) -> AwsError {
    let text = format!("the bucket {bucket} is not there, or another account has it by now");
    AwsError::not_ours(op, aws.region(), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::kinds::s3::BUCKET;
    use crate::resource::Region;

    fn of(record: Value) -> Resource {
        let mut bucket = Resource::new(BUCKET, Region::new("us-east-1"), "lab", "lab");
        bucket.record = record;
        bucket
    }

    fn steps(was: &Resource) -> Vec<String> {
        bucket(was).steps.into_iter().filter_map(|step| step.target).collect()
    }

    #[test]
    fn what_a_new_bucket_is_by_itself_takes_no_call() {
        let was = of(json!({
            "VersioningConfiguration": {},
            "OwnershipControls": [{ "ObjectOwnership": "BucketOwnerEnforced" }],
            "ServerSideEncryptionConfiguration": [{
                "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" },
                "BucketKeyEnabled": false,
            }],
            "TagSet": { "aws:cloudformation:stack-name": "lab" },
            "ObjectLockConfiguration": { "ObjectLockEnabled": "Enabled" },
            "RequestPaymentConfiguration": { "Payer": "BucketOwner" },
            "AccelerateConfiguration": {},
            "NotificationConfiguration": {},
            "unread": { "GetPublicAccessBlock": "denied" },
        }));
        assert_eq!(steps(&was), Vec::<String>::new());
        assert!(bucket(&was).without.iter().any(|text| text.contains("GetPublicAccessBlock")));
    }

    #[test]
    fn settings_come_back_in_an_order_that_works() {
        let mut was = of(json!({
            "VersioningConfiguration": { "Status": "Enabled", "MFADelete": "Enabled" },
            "TagSet": { "lab": "mlops" },
            "Policy": "{}",
            "ReplicationConfiguration": { "Role": "r", "Rules": [] },
        }));
        was.tags.insert("lab".to_owned(), "mlops".to_owned());
        assert_eq!(steps(&was), [VERSIONING, PUBLIC_ACCESS, TAGS, POLICY, REPLICATION]);
        assert!(bucket(&was).without.iter().any(|text| text.starts_with("MFA delete")));
    }

    #[test]
    fn tags_of_awss_own_and_the_words_of_a_policy_make_no_difference() {
        let mut was = of(json!({ "Policy": "{\"a\": 1}" }));
        was.tags.insert("aws:cloudformation:stack-name".to_owned(), "lab".to_owned());
        let now = of(json!({ "Policy": "{\"a\":1}" }));
        assert!(shows(&was, &now, TAGS));
        assert!(shows(&was, &now, POLICY));
        assert!(!shows(&was, &of(json!({ "Policy": "{}" })), POLICY));
    }

    #[test]
    fn an_empty_prefix_and_an_empty_filter_stay() {
        let record = json!({ "LifecycleConfiguration": [
            { "ID": "all", "Status": "Enabled", "Filter": {}, "Expiration": { "Days": 3 } },
            { "ID": "old", "Status": "Disabled", "Prefix": "",
              "Transitions": [{ "Date": "2026-01-01T00:00:00Z", "StorageClass": "GLACIER" }] },
        ] });
        let built = parts::lifecycle(&record, LIFECYCLE).unwrap();
        let [all, old] = built.rules() else { panic!("{built:?}") };
        assert!(all.filter().is_some());
        assert_eq!(all.expiration().and_then(|end| end.days()), Some(3));
        #[expect(deprecated, reason = "old rules have a prefix instead of a filter")]
        let prefix = old.prefix();
        assert_eq!(prefix, Some(""));
        let date = old.transitions()[0].date().map(ToString::to_string);
        assert_eq!(date.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert!(parts::lifecycle(&json!({}), LIFECYCLE).is_err(), "no rules");
    }
}
