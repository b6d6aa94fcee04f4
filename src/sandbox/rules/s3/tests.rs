use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, Delete,
    ObjectIdentifier, Tag, VersioningConfiguration,
};

use crate::sandbox::Sandbox;
use crate::sandbox::tests::code;

async fn bucket(s3: &Client, name: &str, versioned: bool) {
    s3.create_bucket().bucket(name).send().await.unwrap();
    if versioned {
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        s3.put_bucket_versioning().bucket(name).versioning_configuration(on).send().await.unwrap();
    }
}

async fn put(s3: &Client, bucket: &str, key: &str) {
    let body = ByteStream::from_static(b"x");
    s3.put_object().bucket(bucket).key(key).body(body).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn versions_are_listed_with_both_markers() {
    let s3 = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    bucket(&s3, "lab", true).await;
    for key in ["a", "a", "a", "b/1", "b/2", "ü &<"] {
        put(&s3, "lab", key).await;
    }
    s3.delete_object().bucket("lab").key("a").send().await.unwrap();
    let (mut seen, mut markers) = (Vec::new(), (None, None));
    loop {
        let page = s3.list_object_versions().bucket("lab").max_keys(2);
        let page = page.set_key_marker(markers.0).set_version_id_marker(markers.1);
        let page = page.send().await.unwrap();
        let ids =
            |key: Option<&str>, id: Option<&str>| (key.unwrap().to_owned(), id.unwrap().to_owned());
        seen.extend(page.versions().iter().map(|version| ids(version.key(), version.version_id())));
        seen.extend(page.delete_markers().iter().map(|mark| ids(mark.key(), mark.version_id())));
        markers = (page.next_key_marker, page.next_version_id_marker);
        if page.is_truncated != Some(true) {
            break;
        }
    }
    assert_eq!(seen.len(), 7);
    let folded = s3.list_object_versions().bucket("lab").delimiter("/").send().await.unwrap();
    assert_eq!(folded.common_prefixes()[0].prefix(), Some("b/"));
    assert_eq!(code(s3.delete_bucket().bucket("lab").send().await), "BucketNotEmpty");
    let mut all = Delete::builder();
    for (key, id) in seen {
        all = all.objects(ObjectIdentifier::builder().key(key).version_id(id).build().unwrap());
    }
    let gone = s3.delete_objects().bucket("lab").delete(all.build().unwrap()).send().await.unwrap();
    assert_eq!((gone.deleted().len(), gone.errors().len()), (7, 0));
    s3.delete_bucket().bucket("lab").send().await.unwrap();
    assert_eq!(code(s3.get_bucket_versioning().bucket("lab").send().await), "NoSuchBucket");
}

#[tokio::test(start_paused = true)]
async fn uploads_are_listed_with_both_markers() {
    let s3 = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    bucket(&s3, "lab", false).await;
    for key in ["a", "a", "b"] {
        s3.create_multipart_upload().bucket("lab").key(key).send().await.unwrap();
    }
    let first = s3.list_multipart_uploads().bucket("lab").max_uploads(1).send().await.unwrap();
    assert_eq!((first.uploads().len(), first.is_truncated()), (1, Some(true)));
    let rest = s3.list_multipart_uploads().bucket("lab");
    let rest = rest.key_marker(first.next_key_marker().unwrap());
    let rest = rest.upload_id_marker(first.next_upload_id_marker().unwrap()).send().await.unwrap();
    assert_eq!(rest.uploads().len(), 2);
    let id = rest.uploads()[0].upload_id().unwrap();
    let abort = || s3.abort_multipart_upload().bucket("lab").key("a").upload_id(id).send();
    abort().await.unwrap();
    assert_eq!(code(abort().await), "NoSuchUpload");
    s3.delete_bucket().bucket("lab").send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn locks_hold_and_are_said_key_by_key() {
    let s3 = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    bucket(&s3, "lab", true).await;
    let held = s3.put_object().bucket("lab").key("held");
    let held = held.object_lock_legal_hold_status("ON".into()).send().await.unwrap();
    let object = ObjectIdentifier::builder().key("held").version_id(held.version_id().unwrap());
    let all = Delete::builder().objects(object.build().unwrap()).build().unwrap();
    let gone = s3.delete_objects().bucket("lab").delete(all).send().await.unwrap();
    assert_eq!(gone.errors()[0].code(), Some("AccessDenied"));
    let hold = |key: &'static str| s3.get_object_legal_hold().bucket("lab").key(key).send();
    let on = hold("held").await.unwrap();
    assert_eq!(on.legal_hold().and_then(|hold| hold.status()).unwrap().as_str(), "ON");
    s3.put_object().bucket("lab").key("free").send().await.unwrap();
    assert_eq!(code(hold("free").await), "NoSuchObjectLockConfiguration");
    let until = s3.get_object_retention().bucket("lab").key("free").send().await;
    assert_eq!(code(until), "NoSuchObjectLockConfiguration");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_with_an_access_point_is_not_deleted() {
    let sandbox = Sandbox::builder().build();
    let s3 = Client::new(&sandbox.sdk_config("us-east-1"));
    assert!(!sandbox.attach_access_point("lab", "readers"));
    bucket(&s3, "lab", false).await;
    assert!(sandbox.attach_access_point("lab", "readers"));
    let refused = code(s3.delete_bucket().bucket("lab").send().await);
    assert_eq!(refused, "BucketHasAccessPointsAttached");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_in_one_region_and_has_one_owner() {
    let sandbox = Sandbox::builder().build();
    let east = Client::new(&sandbox.sdk_config("us-east-1"));
    let asia = Client::new(&sandbox.sdk_config("ap-southeast-1"));
    let place = BucketLocationConstraint::ApSoutheast1;
    let place = CreateBucketConfiguration::builder().location_constraint(place).build();
    let made = asia.create_bucket().bucket("lab").create_bucket_configuration(place);
    made.send().await.unwrap();
    assert_eq!(code(east.get_bucket_versioning().bucket("lab").send().await), "PermanentRedirect");
    let head = asia.head_bucket().bucket("lab").send().await.unwrap();
    assert_eq!(head.bucket_region(), Some("ap-southeast-1"));
    assert_eq!(east.list_buckets().send().await.unwrap().buckets().len(), 1);
    let other = asia.get_bucket_versioning().bucket("lab").expected_bucket_owner("111111111111");
    assert_eq!(code(other.send().await), "AccessDenied");
    asia.get_bucket_encryption().bucket("lab").send().await.unwrap();
    let streamed = aws_sdk_s3::primitives::SdkBody::from("streamed");
    let put = asia.put_object().bucket("lab").key("k").body(ByteStream::new(streamed));
    put.send().await.unwrap();
    let got = asia.get_object().bucket("lab").key("k").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), "streamed");
    let once = asia.put_object().bucket("lab").key("k").if_none_match("*").send().await;
    assert_eq!(code(once), "PreconditionFailed");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_made_with_its_tags() {
    let s3 = Client::new(&Sandbox::builder().build().sdk_config("eu-west-1"));
    let place = BucketLocationConstraint::EuWest1;
    let tag = Tag::builder().key("a&b").value("<c>").build().unwrap();
    let made = CreateBucketConfiguration::builder().location_constraint(place).tags(tag.clone());
    let made = s3.create_bucket().bucket("lab").create_bucket_configuration(made.build());
    made.send().await.unwrap();
    let tags = s3.get_bucket_tagging().bucket("lab").send().await.unwrap();
    assert_eq!(tags.tag_set(), [tag]);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_another_account_is_out_of_reach() {
    let sandbox = Sandbox::builder().build();
    let s3 = Client::new(&sandbox.sdk_config("us-east-1"));
    assert!(sandbox.bucket_of_another("taken", "us-east-1", "999999999999"));
    assert!(!sandbox.bucket_of_another("taken", "us-east-1", "999999999999"));
    assert!(s3.list_buckets().send().await.unwrap().buckets().is_empty());
    assert_eq!(code(s3.create_bucket().bucket("taken").send().await), "BucketAlreadyExists");
    assert_eq!(code(s3.delete_bucket().bucket("taken").send().await), "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_says_where_its_access_log_goes() {
    use aws_sdk_s3::types::{BucketLoggingStatus, LoggingEnabled};
    let s3 = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    bucket(&s3, "site", false).await;
    let seen = || s3.get_bucket_logging().bucket("site").send();
    assert!(seen().await.unwrap().logging_enabled().is_none());
    let target = LoggingEnabled::builder().target_bucket("logs").target_prefix("site/").build();
    let status = BucketLoggingStatus::builder().logging_enabled(target.unwrap()).build();
    s3.put_bucket_logging().bucket("site").bucket_logging_status(status).send().await.unwrap();
    assert_eq!(seen().await.unwrap().logging_enabled().unwrap().target_bucket(), "logs");
}
