//! Emptying a bucket: every version, every delete marker, every unfinished upload.
//!
//! Listers read parts of the key space side by side and hand batches of a thousand to deleters
//! through a channel that holds only a few, so memory stays flat however many keys there are.
//! What S3 refuses key by key, inside an answer of HTTP 200, is counted and said.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, EncodingType, MultipartUpload, ObjectIdentifier};
use futures::{TryStreamExt, future, stream};
use tokio::sync::{Mutex as AsyncMutex, mpsc};

use super::keys::{self, Range, Rounds};
use super::locked;
use crate::aws::{Acted, Aws, AwsError, Class, Op, Progress};

const VERSIONS: Op = Op::read("s3", "ListObjectVersions");
const UPLOADS: Op = Op::read("s3", "ListMultipartUploads");
const DELETE_MANY: Op = Op::write("s3", "DeleteObjects");
const DELETE_ONE: Op = Op::write("s3", "DeleteObject");
const ABORT: Op = Op::write("s3", "AbortMultipartUpload");

/// Parts of the key space that are listed at a time, and into how many it is cut at most: parts
/// are uneven, and a lister that is done takes the next.
const LISTERS: usize = 4;
const PARTS_MAX: usize = 32;

/// Calls that look for places to cut at. More would cost more than they save.
const CUT_CALLS_MAX: usize = 12;

/// Requests that delete side by side. S3's limit of 3,500 deletes a second and prefix is met by
/// a few; more of them help where there are many prefixes.
const DELETERS: usize = 8;

/// Batches that wait for a deleter.
const WAITING_MAX: usize = 8;

/// Keys that one `DeleteObjects` takes (S3 API reference). A page has no more, unless it is not
/// AWS's.
const BATCH_MAX: usize = 1_000;

/// Attempts at one batch, or at the keys in it that S3 asked to try again.
const ATTEMPTS_MAX: u32 = 8;
const PAUSE_FIRST: Duration = Duration::from_millis(400);
const PAUSE_LONGEST: Duration = Duration::from_secs(20);

/// A bucket that somebody writes to is emptied this often before that is said.
const PASSES_MAX: usize = 4;

/// After so many refusals without a single success the rest is not tried.
const REFUSED_MAX: u64 = 5_000;

/// Whether nothing at all is in the bucket.
pub async fn is_empty(aws: &Aws, name: &str) -> Result<bool, AwsError> {
    let client = aws.s3();
    let owner = aws.number();
    let page = aws
        .call(VERSIONS, || {
            let list = client.list_object_versions().bucket(name).max_keys(1);
            list.expected_bucket_owner(owner).send()
        })
        .await?;
    if !page.versions().is_empty() || !page.delete_markers().is_empty() {
        return Ok(false);
    }
    let page = aws
        .call(UPLOADS, || {
            let list = client.list_multipart_uploads().bucket(name).max_uploads(1);
            list.expected_bucket_owner(owner).send()
        })
        .await?;
    Ok(page.uploads().is_empty())
}

/// Removes everything in the bucket, or nothing where it `may_lock` and retention or a legal hold is
/// seen to keep one of its versions. What is refused all the same comes back as one error that names the first
/// key and the count; everything else is removed first. Where `progress` says stop, the batches in
/// flight are the last ones.
pub async fn empty(
    aws: &Aws,
    name: &str,
    may_lock: bool,
    bypass_governance: bool,
    progress: &Progress,
) -> Result<Acted, AwsError> {
    if may_lock {
        locked::refuse_held(aws, name, bypass_governance, progress).await?;
    }
    if progress.is_stopping() {
        return Ok(Acted::HalfWay);
    }
    let work = Emptying { aws, name, bypass_governance, progress, tally: Mutex::default() };
    for pass in 0..PASSES_MAX {
        // Later passes find little, and a single list leaves no seams.
        let ranges = if pass == 0 { work.parts().await? } else { vec![Range::default()] };
        work.versions(ranges).await?;
        if progress.is_stopping() {
            return Ok(Acted::HalfWay);
        }
        work.uploads().await?;
        if let Some(refusal) = work.refusal() {
            return Err(refusal);
        }
        if is_empty(aws, name).await? {
            return Ok(Acted::Done);
        }
        if progress.is_stopping() {
            return Ok(Acted::HalfWay);
        }
    }
    let why = "somebody goes on writing to the bucket while it is emptied";
    Err(AwsError::inside(DELETE_MANY, aws.region(), "OperationAborted", why))
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Version {
    key: String,
    version: Option<String>,
}

#[derive(Default)]
struct Tally {
    removed: u64,
    refused: u64,
    first: Option<(Version, AwsError)>,
}

struct Emptying<'a> {
    aws: &'a Aws,
    name: &'a str,
    bypass_governance: bool,
    progress: &'a Progress,
    tally: Mutex<Tally>,
}

impl Emptying<'_> {
    fn tally<T>(&self, act: impl FnOnce(&mut Tally) -> T) -> T {
        act(&mut self.tally.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    fn removed(&self, count: usize) {
        self.progress.add(count as u64);
        self.tally(|tally| tally.removed += count as u64);
    }

    fn refused(&self, version: Version, error: AwsError) {
        self.tally(|tally| {
            tally.refused += 1;
            tally.first.get_or_insert((version, error));
        });
    }

    fn hopeless(&self) -> bool {
        self.tally(|tally| tally.removed == 0 && tally.refused >= REFUSED_MAX)
    }

    fn refusal(&self) -> Option<AwsError> {
        self.tally(|tally| {
            let (version, mut error) = tally.first.take()?;
            let at = version.version.map(|id| format!(" (version {id})")).unwrap_or_default();
            error.message = format!(
                "{} objects could not be removed, the first of them {:?}{at}: {}",
                tally.refused, version.key, error.message
            );
            Some(error)
        })
    }

    /// One page of versions.
    async fn page(
        &self,
        prefix: Option<&str>,
        delimiter: Option<&str>,
        (key, version): &(Option<String>, Option<String>),
    ) -> Result<ListObjectVersionsOutput, AwsError> {
        let client = self.aws.s3();
        let attempt = || {
            client
                .list_object_versions()
                .bucket(self.name)
                .expected_bucket_owner(self.aws.number())
                .encoding_type(EncodingType::Url)
                .set_prefix(prefix.map(str::to_owned))
                .set_delimiter(delimiter.map(str::to_owned))
                .set_key_marker(key.clone())
                .set_version_id_marker(version.clone())
                .send()
        };
        self.aws.call(VERSIONS, attempt).await
    }

    /// Cuts a large bucket's key space at its common prefixes, level by level.
    async fn parts(&self) -> Result<Vec<Range>, AwsError> {
        let start = (None, None);
        if self.page(None, None, &start).await?.is_truncated != Some(true) {
            return Ok(vec![Range::default()]);
        }
        let mut cuts = BTreeSet::new();
        let mut levels = VecDeque::from([None::<String>]);
        for _ in 0..CUT_CALLS_MAX {
            let Some(level) = levels.pop_front().filter(|_| cuts.len() < PARTS_MAX) else { break };
            let page = self.page(level.as_deref(), Some("/"), &start).await?;
            let url = page.encoding_type() == Some(&EncodingType::Url);
            for prefix in page.common_prefixes().iter().filter_map(|common| common.prefix()) {
                let prefix = keys::decoded(prefix, url);
                if cuts.insert(prefix.clone()) {
                    levels.push_back(Some(prefix));
                }
            }
        }
        Ok(keys::ranges(&cuts, PARTS_MAX))
    }

    async fn versions(&self, ranges: Vec<Range>) -> Result<(), AwsError> {
        let (sender, receiver) = mpsc::channel::<Vec<Version>>(WAITING_MAX);
        let receiver = AsyncMutex::new(receiver);
        let listing = async move {
            let sender = &sender;
            stream::iter(ranges.into_iter().map(Ok))
                .try_for_each_concurrent(
                    LISTERS,
                    |range| async move { self.list(&range, sender).await },
                )
                .await
        };
        let deleting = future::join_all((0..DELETERS).map(|_| self.deleter(&receiver)));
        let (listed, deleted) = future::join(listing, deleting).await;
        deleted.into_iter().collect::<Result<(), _>>()?;
        listed
    }

    /// Lists one part of the key space to its end, or until nobody takes what it finds.
    async fn list(
        &self,
        range: &Range,
        sender: &mpsc::Sender<Vec<Version>>,
    ) -> Result<(), AwsError> {
        let mut marker = (range.after.clone(), None);
        let mut rounds = Rounds::default();
        loop {
            let mut page = self.page(None, None, &marker).await?;
            let url = page.encoding_type() == Some(&EncodingType::Url);
            let versions = page.versions.take().unwrap_or_default();
            let markers = page.delete_markers.take().unwrap_or_default();
            let batch: Vec<Version> = versions
                .into_iter()
                .map(|object| (object.key, object.version_id))
                .chain(markers.into_iter().map(|object| (object.key, object.version_id)))
                .filter_map(|(key, version)| {
                    Some(Version { key: keys::decoded(&key?, url), version })
                })
                .filter(|version| !range.ends_before(&version.key))
                .collect();
            for batch in batch.chunks(BATCH_MAX) {
                if sender.send(batch.to_vec()).await.is_err() {
                    return Ok(());
                }
            }
            if page.is_truncated != Some(true) {
                return Ok(());
            }
            let Some(next) = page.next_key_marker.map(|key| keys::decoded(&key, url)) else {
                return Err(self.endless(VERSIONS));
            };
            if range.ends_before(&next) {
                return Ok(());
            }
            marker = (Some(next), page.next_version_id_marker);
            if rounds.repeats(&marker) {
                return Err(self.endless(VERSIONS));
            }
        }
    }

    fn endless(&self, op: Op) -> AwsError {
        let why = "the markers for the next page are missing or repeat themselves";
        AwsError::garbled(op, self.aws.region(), why)
    }

    async fn deleter(
        &self,
        receiver: &AsyncMutex<mpsc::Receiver<Vec<Version>>>,
    ) -> Result<(), AwsError> {
        loop {
            let Some(batch) = receiver.lock().await.recv().await else { return Ok(()) };
            let result = self.remove(batch).await;
            if result.is_err() || self.hopeless() || self.progress.is_stopping() {
                receiver.lock().await.close();
                return result;
            }
        }
    }

    async fn remove(&self, batch: Vec<Version>) -> Result<(), AwsError> {
        let (batch, odd): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|version| keys::fits_xml(&version.key));
        for version in odd {
            self.remove_one(version).await?;
        }
        let mut batch = batch;
        let mut attempt = 0;
        while !batch.is_empty() {
            attempt += 1;
            batch = match self.remove_many(&batch, attempt >= ATTEMPTS_MAX).await {
                Ok(again) => again,
                // Deleting a version twice is deleting it once.
                Err(error) if attempt < ATTEMPTS_MAX && passes(error.class) => batch,
                Err(error) => return Err(error),
            };
            if !batch.is_empty() {
                pause(attempt).await;
            }
        }
        Ok(())
    }

    /// One request; gives back what S3 asked to try again, unless this was the last attempt.
    async fn remove_many(&self, batch: &[Version], last: bool) -> Result<Vec<Version>, AwsError> {
        let region = self.aws.region();
        let objects: Result<Vec<_>, _> = batch
            .iter()
            .map(|version| {
                ObjectIdentifier::builder()
                    .key(&version.key)
                    .set_version_id(version.version.clone())
                    .build()
            })
            .collect();
        let delete = objects
            .and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build())
            .map_err(|error| AwsError::garbled(DELETE_MANY, region, error.to_string()))?;
        let client = self.aws.s3();
        let attempt = || {
            client
                .delete_objects()
                .bucket(self.name)
                .expected_bucket_owner(self.aws.number())
                .set_bypass_governance_retention(self.bypass_governance.then_some(true))
                .delete(delete.clone())
                .send()
        };
        let answer = self.aws.call(DELETE_MANY, attempt).await?;

        let (mut again, mut kept, mut slow) = (HashSet::new(), 0, false);
        for refusal in answer.errors() {
            let Some(key) = refusal.key() else {
                let why = "it refuses an object and does not say which";
                return Err(AwsError::garbled(DELETE_MANY, region, why));
            };
            let version = refusal.version_id().filter(|id| !id.is_empty()).map(str::to_owned);
            let version = Version { key: key.to_owned(), version };
            let error = AwsError::inside(
                DELETE_MANY,
                region,
                refusal.code().unwrap_or("InternalError"),
                refusal.message().unwrap_or_default(),
            );
            slow |= error.class == Class::Throttled;
            match error.class {
                Class::NotFound => {}
                class if passes(class) && !last => {
                    again.insert(version);
                }
                _ => {
                    kept += 1;
                    self.refused(version, error);
                }
            }
        }
        if slow {
            self.aws.slow_down(DELETE_MANY);
        }
        let again: Vec<Version> = batch
            .iter()
            .filter(|version| {
                let bare = Version { key: version.key.clone(), version: None };
                again.contains(*version) || again.contains(&bare)
            })
            .cloned()
            .collect();
        self.removed(batch.len().saturating_sub(again.len() + kept));
        Ok(again)
    }

    async fn remove_one(&self, version: Version) -> Result<(), AwsError> {
        let client = self.aws.s3();
        let call = || {
            client
                .delete_object()
                .bucket(self.name)
                .key(&version.key)
                .set_version_id(version.version.clone())
                .expected_bucket_owner(self.aws.number())
                .set_bypass_governance_retention(self.bypass_governance.then_some(true))
                .send()
        };
        self.one(DELETE_ONE, &version, || async { self.aws.call(DELETE_ONE, call).await.map(drop) })
            .await
    }

    /// Makes a call about one thing in the bucket until it is gone or refused.
    async fn one<F>(&self, op: Op, what: &Version, call: impl Fn() -> F) -> Result<(), AwsError>
    where
        F: Future<Output = Result<(), AwsError>>,
    {
        for attempt in 1..=ATTEMPTS_MAX {
            match call().await {
                Ok(()) => {
                    self.removed(1);
                    return Ok(());
                }
                Err(error) if error.code.as_deref() == Some("NoSuchBucket") => return Err(error),
                Err(error) if error.is_not_found() => {
                    self.removed(1);
                    return Ok(());
                }
                Err(error) if passes(error.class) && attempt < ATTEMPTS_MAX => pause(attempt).await,
                Err(error) if matches!(error.class, Class::Denied | Class::Protected) => {
                    self.refused(what.clone(), error);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Err(AwsError::garbled(op, self.aws.region(), "it was tried too often"))
    }

    async fn uploads(&self) -> Result<(), AwsError> {
        let client = self.aws.s3();
        let mut marker = (None, None);
        let mut rounds = Rounds::default();
        loop {
            let attempt = || {
                client
                    .list_multipart_uploads()
                    .bucket(self.name)
                    .expected_bucket_owner(self.aws.number())
                    .encoding_type(EncodingType::Url)
                    .set_key_marker(marker.0.clone())
                    .set_upload_id_marker(marker.1.clone())
                    .send()
            };
            let page = self.aws.call(UPLOADS, attempt).await?;
            let url = page.encoding_type() == Some(&EncodingType::Url);
            stream::iter(page.uploads.unwrap_or_default().into_iter().map(Ok))
                .try_for_each_concurrent(DELETERS, |upload| self.abort(upload, url))
                .await?;
            if page.is_truncated != Some(true) || self.hopeless() {
                return Ok(());
            }
            let Some(next) = page.next_key_marker.map(|key| keys::decoded(&key, url)) else {
                return Err(self.endless(UPLOADS));
            };
            marker = (Some(next), page.next_upload_id_marker);
            if rounds.repeats(&marker) {
                return Err(self.endless(UPLOADS));
            }
        }
    }

    async fn abort(&self, upload: MultipartUpload, url: bool) -> Result<(), AwsError> {
        let (Some(key), Some(id)) = (upload.key, upload.upload_id) else { return Ok(()) };
        let key = keys::decoded(&key, url);
        let client = self.aws.s3();
        let call = || {
            client
                .abort_multipart_upload()
                .bucket(self.name)
                .key(&key)
                .upload_id(&id)
                .expected_bucket_owner(self.aws.number())
                .send()
        };
        let what = Version { key: key.clone(), version: None };
        self.one(ABORT, &what, || async { self.aws.call(ABORT, call).await.map(drop) }).await
    }
}

/// Whether trying again may help.
fn passes(class: Class) -> bool {
    matches!(class, Class::Throttled | Class::Ambiguous | Class::Conflict)
}

async fn pause(attempt: u32) {
    let doubled = PAUSE_FIRST.saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)));
    tokio::time::sleep(doubled.min(PAUSE_LONGEST)).await;
}
