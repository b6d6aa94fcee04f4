//! Object Lock, looked at before a bucket is emptied: where one version has to stay, the bucket
//! stays, and so does all else that is in it.
//!
//! A list of versions says nothing of retention and holds, so versions are asked about one by one,
//! the newest first: a bucket's default retention has those last.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use aws_sdk_s3::types::{EncodingType, ObjectLockLegalHoldStatus, ObjectLockRetentionMode};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::keys::{self, Rounds};
use super::settings::setting;
use crate::aws::{Aws, AwsError, Op, Progress, timestamp};

const VERSIONS: Op = Op::read("s3", "ListObjectVersions");
const LEGAL_HOLD: Op = Op::read("s3", "GetObjectLegalHold");
const RETENTION: Op = Op::read("s3", "GetObjectRetention");

/// Versions that are asked about, in two calls each. What a larger bucket holds besides, S3 itself
/// refuses to delete.
const LOOKS_MAX: usize = 500;
const SIDE_BY_SIDE: usize = 16;

/// Pages of a thousand versions in which the newest are sought.
const PAGES_MAX: usize = 1_000;

/// A version, by its age first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    modified: Reverse<Option<Timestamp>>,
    key: String,
    id: Option<String>,
}

/// Refuses to empty a bucket with Object Lock in which a version is under a legal hold, or under retention that
/// `bypass_governance` does not lift. Where `progress` says stop it may have seen too little, and
/// nothing may be removed.
pub async fn refuse_held(
    aws: &Aws,
    name: &str,
    bypass_governance: bool,
    progress: &Progress,
) -> Result<(), AwsError> {
    let newest = newest(aws, name, progress).await?;
    let looks = newest.into_iter().map(|version| held(aws, name, version, bypass_governance));
    let mut looks = stream::iter(looks).buffer_unordered(SIDE_BY_SIDE);
    while let Some(why) = looks.try_next().await? {
        if let Some(why) = why {
            return Err(AwsError::not_ours(RETENTION, aws.region(), why));
        }
        if progress.is_stopping() {
            return Ok(());
        }
    }
    Ok(())
}

/// The newest versions of the whole bucket. A delete marker is under no lock.
async fn newest(aws: &Aws, name: &str, progress: &Progress) -> Result<BTreeSet<Version>, AwsError> {
    let client = aws.s3();
    let mut newest = BTreeSet::new();
    let mut marker = (None, None);
    let mut rounds = Rounds::default();
    for _ in 0..PAGES_MAX {
        let attempt = || {
            client
                .list_object_versions()
                .bucket(name)
                .expected_bucket_owner(aws.number())
                .encoding_type(EncodingType::Url)
                .set_key_marker(marker.0.clone())
                .set_version_id_marker(marker.1.clone())
                .send()
        };
        let page = aws.call(VERSIONS, attempt).await?;
        let url = page.encoding_type() == Some(&EncodingType::Url);
        for version in page.versions.unwrap_or_default() {
            let Some(key) = version.key else { continue };
            let modified = Reverse(timestamp(version.last_modified.as_ref()));
            let key = keys::decoded(&key, url);
            newest.insert(Version { modified, key, id: version.version_id });
            if newest.len() > LOOKS_MAX {
                newest.pop_last();
            }
        }
        let next = page.next_key_marker.map(|key| keys::decoded(&key, url));
        marker = (next, page.next_version_id_marker);
        let ends = page.is_truncated != Some(true) || marker.0.is_none();
        if ends || rounds.repeats(&marker) || progress.is_stopping() {
            break;
        }
    }
    Ok(newest)
}

/// What holds a version, if anything does.
async fn held(
    aws: &Aws,
    name: &str,
    version: Version,
    bypass_governance: bool,
) -> Result<Option<String>, AwsError> {
    let client = aws.s3();
    let (key, id) = (&version.key, &version.id);
    macro_rules! get {
        ($op:expr, $call:ident) => {
            setting(aws, $op, || {
                let get = client.$call().bucket(name).key(key).set_version_id(id.clone());
                get.expected_bucket_owner(aws.number()).send()
            })
        };
    }
    let (hold, retention) = futures::try_join!(
        get!(LEGAL_HOLD, get_object_legal_hold),
        get!(RETENTION, get_object_retention),
    )?;
    let say = |what: String| {
        let which = id.as_ref().map(|id| format!(" (version {id})")).unwrap_or_default();
        Some(format!(
            "the object {key:?}{which} is under {what}, so nothing in the bucket is removed"
        ))
    };
    let on = hold.and_then(|answer| answer.legal_hold?.status);
    if on == Some(ObjectLockLegalHoldStatus::On) {
        return Ok(say("legal hold".to_owned()));
    }
    let Some(retention) = retention.and_then(|answer| answer.retention) else { return Ok(None) };
    let until = timestamp(retention.retain_until_date.as_ref());
    let over = until.is_some_and(|until| until <= aws.clock().now());
    let mode = retention.mode;
    let bypassed = mode == Some(ObjectLockRetentionMode::Governance) && bypass_governance;
    if over || bypassed {
        return Ok(None);
    }
    let mode = mode.map_or_else(String::new, |mode| format!("{} ", mode.as_str().to_lowercase()));
    let until = until.map_or_else(String::new, |until| format!(" until {until}"));
    Ok(say(format!("{mode}retention{until}")))
}
