//! Buckets through the real SDK, against the account in memory.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};

use super::bucket::Bucket;
use crate::aws::{Aws, Progress, RemovalOptions, ResourceKind, Session};
use crate::resource::{Action, Prep, Region};
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
