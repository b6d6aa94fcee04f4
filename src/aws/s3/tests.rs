//! Buckets through the real SDK, against the account in memory.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    self, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration,
};
use serde_json::json;

use super::bucket::Bucket;
use crate::aws::kinds::s3::BUCKET;
use crate::aws::{Aws, Class, Progress, RemovalOptions, ResourceKind, Session};
use crate::resource::{Action, Prep, Region, Resource};
use crate::sandbox::{ACCOUNT_ID, Sandbox};

const OPTIONS: RemovalOptions = RemovalOptions {
    pending_window_days: 7,
    bypass_governance_retention: false,
    delete_home_efs: false,
};

fn account(sandbox: &Sandbox) -> Aws {
    Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1).account(ACCOUNT_ID, "aws")
}

async fn put(client: &aws_sdk_s3::Client, key: &str) {
    let body = ByteStream::from_static(b"x");
    client.put_object().bucket("lab").key(key).body(body).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_seen_emptied_and_removed() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let client = aws.s3();
    client.create_bucket().bucket("lab").send().await.unwrap();
    let versioned =
        VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    client
        .put_bucket_versioning()
        .bucket("lab")
        .versioning_configuration(versioned)
        .send()
        .await
        .unwrap();
    for key in ["a/1", "a/1", "b c+d%.csv", "é/x", "odd\u{1}key"] {
        put(&client, key).await;
    }
    client.delete_object().bucket("lab").key("a/1").send().await.unwrap();
    client.create_multipart_upload().bucket("lab").key("half done").send().await.unwrap();

    let listed = Bucket.list(&aws, &[]).await.unwrap();
    assert_eq!(listed.incomplete, []);
    let [seen] = &listed.resources[..] else { panic!("{listed:?}") };
    assert_eq!((seen.region(), seen.pin.as_deref()), (Region::new("us-east-1"), Some(ACCOUNT_ID)));
    assert_eq!(seen.facts["versioning"], ["Enabled"]);

    let again = Bucket.read(&aws, seen).await.unwrap().unwrap();
    assert_eq!(again.differs_from(seen.pin.as_deref(), seen.created), None);
    assert_eq!(again.record["VersioningConfiguration"]["Status"], "Enabled");
    assert_eq!(again.removal.prep, [Prep::new(Action::Empty)]);

    let progress = Progress::default();
    let step = Prep::new(Action::Empty);
    Bucket.act(&aws, &again, &step, &OPTIONS, &progress).await.unwrap();
    assert_eq!(progress.count(), 7, "five versions, a marker, an upload");
    let emptied = Bucket.read(&aws, seen).await.unwrap().unwrap();
    assert_eq!(emptied.removal.prep, []);
    Bucket.act(&aws, seen, &Prep::new(Action::Delete), &OPTIONS, &progress).await.unwrap();
    assert_eq!(Bucket.read(&aws, seen).await.unwrap(), None);
}

/// In Ireland, with two others to write to.
async fn furnished(client: &aws_sdk_s3::Client) {
    for name in ["lab", "logs", "copies"] {
        let place = CreateBucketConfiguration::builder().location_constraint("eu-west-1".into());
        let call = client.create_bucket().bucket(name).create_bucket_configuration(place.build());
        call.object_lock_enabled_for_bucket(name == "lab").send().await.unwrap();
    }
    macro_rules! put {
        ($call:ident.$set:ident($value:expr)) => {
            client.$call().bucket("lab").$set($value).send().await.unwrap()
        };
    }
    let tag = types::Tag::builder().key("lab").value("mlops").build().unwrap();
    put!(put_bucket_tagging.tagging(types::Tagging::builder().tag_set(tag).build().unwrap()));
    let block = types::PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(false)
        .restrict_public_buckets(false);
    put!(put_public_access_block.public_access_block_configuration(block.build()));
    let rule = types::LifecycleRule::builder()
        .id("old")
        .status(types::ExpirationStatus::Enabled)
        .filter(types::LifecycleRuleFilter::builder().prefix("raw/").build())
        .expiration(types::LifecycleExpiration::builder().days(30).build())
        .build()
        .unwrap();
    let rules = types::BucketLifecycleConfiguration::builder().rules(rule).build().unwrap();
    client
        .put_bucket_lifecycle_configuration()
        .bucket("lab")
        .lifecycle_configuration(rules)
        .transition_default_minimum_object_size("varies_by_storage_class".into())
        .send()
        .await
        .unwrap();
    let rule = types::CorsRule::builder().allowed_methods("GET").allowed_origins("*");
    let rules = types::CorsConfiguration::builder().cors_rules(rule.build().unwrap());
    put!(put_bucket_cors.cors_configuration(rules.build().unwrap()));
    put!(put_bucket_policy.policy(r#"{"Version":"2012-10-17","Statement":[]}"#));
    let payer = types::RequestPaymentConfiguration::builder().payer(types::Payer::Requester);
    put!(put_bucket_request_payment.request_payment_configuration(payer.build().unwrap()));
    let reader = types::Grantee::builder().r#type(types::Type::CanonicalUser).id("75aa57f0");
    let grant = types::TargetGrant::builder().grantee(reader.build().unwrap());
    let grant = grant.permission(types::BucketLogsPermission::Read).build();
    let parts = types::PartitionedPrefix::builder()
        .partition_date_source(types::PartitionDateSource::DeliveryTime);
    let format = types::TargetObjectKeyFormat::builder().partitioned_prefix(parts.build());
    let target = types::LoggingEnabled::builder().target_bucket("logs").target_prefix("");
    let target = target.target_grants(grant).target_object_key_format(format.build());
    let target = target.build().unwrap();
    let status = types::BucketLoggingStatus::builder().logging_enabled(target).build();
    put!(put_bucket_logging.bucket_logging_status(status));
    let place = types::Destination::builder().bucket("arn:aws:s3:::copies").build().unwrap();
    let rule = types::ReplicationRule::builder()
        .id("all")
        .priority(1)
        .status(types::ReplicationRuleStatus::Enabled)
        .filter(types::ReplicationRuleFilter::builder().prefix("").build())
        .destination(place)
        .build()
        .unwrap();
    let rules = types::ReplicationConfiguration::builder().role("role").rules(rule);
    put!(put_bucket_replication.replication_configuration(rules.build().unwrap()));
}

async fn make_again(aws: &Aws, was: &Resource) {
    for step in Bucket.rebuild(was).unwrap().steps {
        Bucket.make(aws, was, &step).await.unwrap();
        let now = Bucket.find_again(aws, was).await.unwrap().unwrap();
        assert!(Bucket.shows(was, &now, &step), "{step:?}: {:#}", now.record);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_comes_back_in_its_region_with_its_settings() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let region = Region::new("eu-west-1");
    furnished(&aws.in_region(region).s3()).await;
    let known = Resource::new(BUCKET, region, "lab", "lab");
    let was = Bucket.read(&aws, &known).await.unwrap().unwrap();
    let members = ["LoggingEnabled", "ReplicationConfiguration", "ObjectLockConfiguration"];
    assert!(members.iter().all(|member| !was.record[*member].is_null()), "{:#}", was.record);
    let least = &was.record["TransitionDefaultMinimumObjectSize"];
    assert_eq!(*least, "varies_by_storage_class");
    let target = &was.record["LoggingEnabled"];
    let source = &target["TargetObjectKeyFormat"]["PartitionedPrefix"]["PartitionDateSource"];
    assert_eq!(
        (&target["TargetGrants"][0]["Grantee"]["ID"], source),
        (&json!("75aa57f0"), &json!("DeliveryTime"))
    );
    let delete = Prep::new(Action::Delete);
    Bucket.act(&aws, &was, &delete, &OPTIONS, &Progress::default()).await.unwrap();

    make_again(&aws, &was).await;
    let now = Bucket.read(&aws, &known).await.unwrap().unwrap();
    assert_eq!(now.record, was.record);
    assert_eq!(now.region(), region);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_to_a_bucket_that_is_not_ours_any_more() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    aws.s3().create_bucket().bucket("lab").send().await.unwrap();
    let mut was = Resource::new(BUCKET, Region::new("us-east-1"), "lab", "lab");
    was.record = json!({
        "LoggingEnabled": { "TargetBucket": "lost", "TargetPrefix": "" },
        "ReplicationConfiguration": {
            "Role": "role",
            "Rules": [{ "Status": "Enabled", "Destination": {
                "Bucket": "arn:aws:s3:::lab", "Account": "111122223333",
            } }],
        },
    });
    for part in ["LoggingEnabled", "ReplicationConfiguration"] {
        let refused = Bucket.make(&aws, &was, &Prep::of(Action::Configure, part)).await;
        assert_eq!(refused.unwrap_err().class, Class::Protected, "{part}");
    }
    let now = Bucket.read(&aws, &was).await.unwrap().unwrap();
    assert!(now.record["LoggingEnabled"].is_null());
    assert!(now.record["ReplicationConfiguration"].is_null());
}
