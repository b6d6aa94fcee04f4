//! S3: contents are kept here, bucket settings in winterbaume.
#![allow(clippy::result_large_err, reason = "a refusal is an answer, and answers are large")]

mod list;
mod objects;
mod settings;
pub mod store;
#[cfg(test)]
mod tests;
mod uploads;
mod xml;

use jiff::Timestamp;
use winterbaume_core::{MockRequest, MockResponse};

use crate::sandbox::account::Account;
use crate::sandbox::answer::{self, tag};
use crate::sandbox::route::{Route, Service};
use crate::sandbox::{ACCESS_KEY_ID, ACCOUNT_ID};
use store::{Bucket, Store, Versioning};

/// One call on its way through.
pub struct Ask<'a> {
    pub store: &'a mut Store,
    pub route: &'a Route,
    pub request: &'a MockRequest,
    pub now: Timestamp,
    pub bucket: String,
    pub key: String,
}

impl Ask<'_> {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The bucket, which is known to be there.
    pub fn here(&mut self) -> Result<&mut Bucket, MockResponse> {
        let name = self.bucket.clone();
        self.store.buckets.get_mut(&self.bucket).ok_or_else(|| no_bucket(&name))
    }
}

pub fn refuse(status: u16, code: &str, message: &str) -> MockResponse {
    answer::error(Service::S3, status, code, message)
}

fn no_bucket(name: &str) -> MockResponse {
    refuse(404, "NoSuchBucket", &format!("The specified bucket does not exist: {name}"))
}

pub fn no_key() -> MockResponse {
    refuse(404, "NoSuchKey", "The specified key does not exist.")
}

/// Answers a call; a bucket's settings are asked of the emulator, in the bucket's region.
pub async fn answer(account: &Account, request: MockRequest, route: &Route) -> MockResponse {
    let operation = route.operation.as_str();
    let now = account.clock.now();
    let mut response = if operation == "CreateBucket" {
        create(account, request, route, now).await
    } else {
        let here = content(account, &request, route, now);
        match here {
            Some(response) => response,
            None => {
                let headers = request.headers.clone();
                let mut response = account.backends.handle(request, route).await;
                settings::least_size(account, &headers, route, &mut response);
                response
            }
        }
    };
    // The answer to a HEAD has no body, whatever went wrong.
    if operation.starts_with("Head") && response.status >= 300 {
        response.body.clear();
    }
    if operation == "DeleteBucket" && response.status == 204 {
        account.store().buckets.remove(route.bucket.as_deref().unwrap_or_default());
    }
    response
}

fn content(
    account: &Account,
    request: &MockRequest,
    route: &Route,
    now: Timestamp,
) -> Option<MockResponse> {
    let mut store = account.store();
    if route.operation == "ListBuckets" {
        return Some(list_buckets(&store, route));
    }
    let name = route.bucket.clone()?;
    if let Err(refusal) = reachable(&store, request, route, &name) {
        return Some(refusal);
    }
    let key = route.key.clone().unwrap_or_default();
    let mut ask = Ask { store: &mut store, route, request, now, bucket: name, key };
    let result = match route.operation.as_str() {
        "HeadBucket" => head(&mut ask),
        "GetBucketLocation" => location(&mut ask),
        "DeleteBucket" => return empty_first(&mut ask).err(),
        "GetBucketVersioning" => versioning(&mut ask),
        "PutBucketVersioning" => set_versioning(&mut ask),
        operation if settings::is_kept(operation) => return settings::answer(&mut ask),
        "ListObjectVersions" => ask.here().map(|bucket| list::versions(bucket, route)),
        "ListMultipartUploads" => ask.here().map(|bucket| list::uploads(bucket, route)),
        "ListObjects" | "ListObjectsV2" => ask.here().map(|bucket| list::objects(bucket, route)),
        operation => match objects::answer(operation, &mut ask) {
            Some(result) => result,
            None => uploads::answer(operation, &mut ask)?,
        },
    };
    Some(result.unwrap_or_else(|refusal| refusal))
}

/// A bucket is asked for by its owner and in its own region.
///
/// Source: "Request redirection": 301 `PermanentRedirect`, with the region in
/// `x-amz-bucket-region`; `x-amz-expected-bucket-owner`: another owner is 403 `AccessDenied`.
fn reachable(
    store: &Store,
    request: &MockRequest,
    route: &Route,
    name: &str,
) -> Result<(), MockResponse> {
    let bucket = store.buckets.get(name).ok_or_else(|| no_bucket(name))?;
    let owner = request.headers.get("x-amz-expected-bucket-owner");
    if bucket.owner != ACCOUNT_ID || owner.is_some_and(|owner| owner != ACCOUNT_ID) {
        return Err(refuse(403, "AccessDenied", "Access Denied"));
    }
    if bucket.region != route.region && route.operation != "GetBucketLocation" {
        let message = "The bucket you are attempting to access must be addressed using the \
                       specified endpoint. Please send all future requests to this endpoint.";
        let mut redirect = refuse(301, "PermanentRedirect", message);
        answer::set_header(&mut redirect, "x-amz-bucket-region", &bucket.region);
        return Err(redirect);
    }
    Ok(())
}

async fn create(
    account: &Account,
    request: MockRequest,
    route: &Route,
    now: Timestamp,
) -> MockResponse {
    let name = route.bucket.clone().unwrap_or_default();
    let region = xml::element(&request.body, "LocationConstraint").filter(|at| !at.is_empty());
    if region.is_none() && route.region != "us-east-1" {
        let message = "The unspecified location constraint is incompatible for the region \
                       specific endpoint this request was sent to.";
        return refuse(400, "IllegalLocationConstraintException", message);
    }
    let region = region.unwrap_or_else(|| route.region.clone());
    let owner = account.store().buckets.get(&name).map(|bucket| bucket.owner.clone());
    if owner.as_deref().is_some_and(|owner| owner != ACCOUNT_ID) {
        let message = "The requested bucket name is not available. The bucket namespace is shared \
                       by all users of the system. Please select a different name and try again.";
        return refuse(409, "BucketAlreadyExists", message);
    }
    if owner.is_some() {
        let message = "Your previous request to create the named bucket succeeded and you \
                       already own it.";
        return refuse(409, "BucketAlreadyOwnedByYou", message);
    }
    let locked = request.headers.get("x-amz-bucket-object-lock-enabled");
    let locked = locked.is_some_and(|on| on.as_bytes().eq_ignore_ascii_case(b"true"));
    let ownership = request.headers.get("x-amz-object-ownership").cloned();
    let at_home = Route { region: region.clone(), ..route.clone() };
    let tagging = settings::tagging(&request);
    let response = account.backends.handle(request, &at_home).await;
    if response.status == 200 {
        if let Some(tagging) = tagging {
            account.backends.handle(tagging, &at_home).await;
        }
        let mut bucket = Bucket::new(&region, now);
        if locked {
            bucket.versioning = Versioning::Enabled;
            settings::lock(&mut bucket);
        }
        if let Some(ownership) = ownership.as_ref().and_then(|name| name.to_str().ok()) {
            settings::own(&mut bucket, ownership);
        }
        account.store().buckets.insert(name, bucket);
    }
    response
}

/// `DeleteBucket`: "All objects (including all object versions and delete markers) in the bucket
/// must be deleted" (`BucketNotEmpty`, 409). Unfinished uploads hold only directory buckets.
fn empty_first(ask: &mut Ask<'_>) -> Result<(), MockResponse> {
    // S3 API reference, "Error responses".
    if !ask.here()?.access_points.is_empty() {
        let message = "The bucket you tried to delete has access points attached. Delete your \
                       access points before deleting your bucket.";
        return Err(refuse(400, "BucketHasAccessPointsAttached", message));
    }
    let versioned = ask.here()?.versioning != Versioning::Never;
    if ask.here()?.objects.is_empty() {
        return Ok(());
    }
    let more = if versioned { " You must delete all versions in the bucket." } else { "" };
    let message = format!("The bucket you tried to delete is not empty.{more}");
    Err(refuse(409, "BucketNotEmpty", &message))
}

/// `ListBuckets`: all regions unless one is asked for; pages of `max-buckets` (10,000).
fn list_buckets(store: &Store, route: &Route) -> MockResponse {
    let prefix = route.param("prefix").unwrap_or_default();
    let region = route.param("bucket-region");
    let rows: Vec<(&String, &Bucket)> = store
        .buckets
        .iter()
        .filter(|(name, bucket)| {
            bucket.owner == ACCOUNT_ID
                && name.starts_with(prefix)
                && region.is_none_or(|region| bucket.region == region)
        })
        .collect();
    let size = route.param("max-buckets").and_then(|size| size.parse().ok()).unwrap_or(10_000);
    let token = route.param("continuation-token");
    let (rows, next) = crate::sandbox::records::page(rows, token, size);
    let row = |(name, bucket): (&String, &Bucket)| {
        let created = tag("CreationDate", &xml::time(bucket.created));
        let region = tag("BucketRegion", &bucket.region);
        format!("<Bucket>{}{created}{region}</Bucket>", tag("Name", name))
    };
    let rows: String = rows.into_iter().map(row).collect();
    let next = next.map(|next| tag("ContinuationToken", &next)).unwrap_or_default();
    let owner = format!("<Owner><ID>{ACCESS_KEY_ID}</ID></Owner>");
    let inner = format!("{owner}<Buckets>{rows}</Buckets>{next}");
    answer::xml(200, xml::document("ListAllMyBucketsResult", &inner))
}

fn head(ask: &mut Ask<'_>) -> Result<MockResponse, MockResponse> {
    let region = ask.here()?.region.clone();
    let mut response = answer::empty(200);
    answer::set_header(&mut response, "x-amz-bucket-region", &region);
    Ok(response)
}

/// `GetBucketLocation`: nothing for us-east-1.
fn location(ask: &mut Ask<'_>) -> Result<MockResponse, MockResponse> {
    let region = ask.here()?.region.clone();
    let inner = if region == "us-east-1" { "" } else { region.as_str() };
    Ok(answer::xml(200, xml::document("LocationConstraint", inner)))
}

fn versioning(ask: &mut Ask<'_>) -> Result<MockResponse, MockResponse> {
    let bucket = ask.here()?;
    let status = match bucket.versioning {
        Versioning::Never => "",
        Versioning::Enabled => "<Status>Enabled</Status>",
        Versioning::Suspended => "<Status>Suspended</Status>",
    };
    let mfa = if bucket.mfa_delete { "<MfaDelete>Enabled</MfaDelete>" } else { "" };
    let inner = format!("{status}{mfa}");
    Ok(answer::xml(200, xml::document("VersioningConfiguration", &inner)))
}

fn set_versioning(ask: &mut Ask<'_>) -> Result<MockResponse, MockResponse> {
    let status = xml::element(&ask.request.body, "Status");
    let mfa = xml::element(&ask.request.body, "MfaDelete");
    let bucket = ask.here()?;
    match status.as_deref() {
        Some("Enabled") => bucket.versioning = Versioning::Enabled,
        Some("Suspended") => bucket.versioning = Versioning::Suspended,
        _ => {}
    }
    if let Some(mfa) = mfa {
        bucket.mfa_delete = mfa == "Enabled";
    }
    Ok(answer::empty(200))
}
