//! Settings that winterbaume takes and forgets, or does not set with `CreateBucket`.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use winterbaume_core::{MockRequest, MockResponse};

use super::Ask;
use super::store::Bucket;
use super::xml::{document, elements};
use crate::sandbox::account::Account;
use crate::sandbox::answer::{self, tag};
use crate::sandbox::route::Route;

const OBJECT_LOCK: &str = "ObjectLockConfiguration";
const OWNERSHIP: &str = "BucketOwnershipControls";

const KEPT: &[&str] = &[
    "BucketAccelerateConfiguration",
    "BucketLogging",
    OWNERSHIP,
    "BucketRequestPayment",
    OBJECT_LOCK,
];

/// The operation without its verb, and the verb.
fn parts(operation: &str) -> Option<(&'static str, &str)> {
    ["Put", "Get", "Delete"]
        .iter()
        .find_map(|verb| operation.strip_prefix(verb).map(|setting| (*verb, setting)))
}

pub fn is_kept(operation: &str) -> bool {
    parts(operation).is_some_and(|(_, setting)| KEPT.contains(&setting))
}

/// What was never put is as the emulator says.
pub fn answer(ask: &mut Ask<'_>) -> Option<MockResponse> {
    let route = ask.route;
    let (verb, setting) = parts(&route.operation)?;
    let body = ask.request.body.clone();
    let bucket = match ask.here() {
        Ok(bucket) => bucket,
        Err(refusal) => return Some(refusal),
    };
    match verb {
        "Put" => {
            bucket.settings.insert(setting.to_owned(), body);
            Some(answer::empty(200))
        }
        "Get" => {
            let kept = bucket.settings.get(setting)?;
            Some(answer::xml(200, String::from_utf8_lossy(kept).into_owned()))
        }
        _ => {
            bucket.settings.remove(setting);
            None
        }
    }
}

/// From which size on a lifecycle's transitions take objects: a header of the rules' own calls.
///
/// Source: `PutBucketLifecycleConfiguration`, API reference: `all_storage_classes_128K` unless it
/// is told otherwise.
pub fn least_size(
    account: &Account,
    headers: &HeaderMap,
    route: &Route,
    response: &mut MockResponse,
) {
    const HEADER: &str = "x-amz-transition-default-minimum-object-size";
    const SETTING: &str = "TransitionDefaultMinimumObjectSize";
    let name = route.bucket.as_deref().unwrap_or_default();
    let mut store = account.store();
    let Some(bucket) = store.buckets.get_mut(name).filter(|_| response.status < 300) else {
        return;
    };
    match route.operation.as_str() {
        "PutBucketLifecycleConfiguration" => {
            let told = headers.get(HEADER).and_then(|told| told.to_str().ok());
            put(bucket, SETTING, told.unwrap_or("all_storage_classes_128K"));
        }
        "DeleteBucketLifecycle" => {
            bucket.settings.remove(SETTING);
        }
        "GetBucketLifecycleConfiguration" => {
            if let Some(kept) = bucket.settings.get(SETTING) {
                answer::set_header(response, HEADER, &String::from_utf8_lossy(kept));
            }
        }
        _ => {}
    }
}

/// `CreateBucket` with `x-amz-bucket-object-lock-enabled` turns Object Lock on, with no rule.
pub fn lock(bucket: &mut Bucket) {
    put(bucket, OBJECT_LOCK, &document(OBJECT_LOCK, &tag("ObjectLockEnabled", "Enabled")));
}

/// What a version is under that was put without retention of its own (S3 user guide, "Locking
/// objects with Object Lock", default retention settings).
pub fn default_retention(bucket: &Bucket, now: Timestamp) -> Option<(String, Timestamp)> {
    let rules = elements(bucket.settings.get(OBJECT_LOCK)?, "DefaultRetention");
    let rule = rules.first()?;
    let number = |member: &str| rule.get(member)?.parse::<i64>().ok();
    let days = number("Days").or_else(|| Some(number("Years")? * 365))?;
    let until = now.checked_add(SignedDuration::from_hours(24 * days)).ok()?;
    Some((rule.get("Mode")?.clone(), until))
}

/// `CreateBucket` with `x-amz-object-ownership`.
pub fn own(bucket: &mut Bucket, ownership: &str) {
    let rule = format!("<Rule>{}</Rule>", tag("ObjectOwnership", ownership));
    put(bucket, OWNERSHIP, &document("OwnershipControls", &rule));
}

/// `CreateBucket` with `Tags` in its configuration: as if they were put right after it. winterbaume
/// does not read them.
pub fn tagging(create: &MockRequest) -> Option<MockRequest> {
    let row = |given: &BTreeMap<String, String>| {
        let member = |name: &str| tag(name, given.get(name).map_or("", String::as_str));
        format!("<Tag>{}{}</Tag>", member("Key"), member("Value"))
    };
    let tags: String = elements(&create.body, "Tag").iter().map(row).collect();
    let address = create.uri.split('?').next().unwrap_or_default();
    let tagging = document("Tagging", &format!("<TagSet>{tags}</TagSet>"));
    (!tags.is_empty()).then(|| MockRequest {
        uri: format!("{address}?tagging"),
        body: Bytes::from(tagging),
        ..create.clone()
    })
}

fn put(bucket: &mut Bucket, setting: &str, document: &str) {
    bucket.settings.insert(setting.to_owned(), Bytes::from(document.to_owned()));
}
