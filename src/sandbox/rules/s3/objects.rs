//! Objects and their versions.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use winterbaume_core::MockResponse;

use super::store::{Held, NULL, Version, Versioning};
use super::xml::{document, element, elements, http_time, time};
use super::{Ask, no_key, refuse, settings};
use crate::sandbox::answer::{self, tag};

type Result = std::result::Result<MockResponse, MockResponse>;

/// "The request can contain a list of up to 1,000 keys."
const DELETE_KEYS_MAX: usize = 1000;

pub fn answer(operation: &str, ask: &mut Ask<'_>) -> Option<Result> {
    Some(match operation {
        "PutObject" => put(ask),
        "CopyObject" => copy(ask),
        "GetObject" => get(ask, true),
        "HeadObject" => get(ask, false),
        "DeleteObject" => delete(ask),
        "DeleteObjects" => delete_many(ask),
        "PutObjectLegalHold" => set_hold(ask),
        "GetObjectLegalHold" => hold(ask),
        "PutObjectRetention" => set_retention(ask),
        "GetObjectRetention" => retention(ask),
        "PutObjectTagging" | "DeleteObjectTagging" => set_tags(ask),
        "GetObjectTagging" => tags(ask),
        _ => return None,
    })
}

pub fn etag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// Content type and user metadata, which come back with the object.
pub fn kept_headers(ask: &Ask<'_>) -> Vec<(String, String)> {
    let kept = |name: &str| name == "content-type" || name.starts_with("x-amz-meta-");
    ask.request
        .headers
        .iter()
        .filter(|(name, _)| kept(name.as_str()))
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// Puts a body on top of a key.
pub fn store(
    ask: &mut Ask<'_>,
    body: Bytes,
    headers: Vec<(String, String)>,
) -> std::result::Result<Version, MockResponse> {
    let fresh = ask.store.new_id();
    let hold = ask.header("x-amz-object-lock-legal-hold").map(|status| status == "ON");
    let until = ask.header("x-amz-object-lock-retain-until-date");
    let until = until.and_then(|until| until.parse().ok());
    let mode = ask.header("x-amz-object-lock-mode").map(str::to_owned);
    let now = ask.now;
    let retention = mode.zip(until).or(settings::default_retention(ask.here()?, now));
    let version = Version {
        id: if ask.here()?.versioning == Versioning::Enabled { fresh } else { NULL.to_owned() },
        marker: false,
        etag: etag(&body),
        at: ask.now,
        body,
        headers,
        tags: String::new(),
        legal_hold: hold,
        retention,
    };
    let key = ask.key.clone();
    ask.here()?.put(&key, version.clone());
    Ok(version)
}

fn show_version(
    response: &mut MockResponse,
    ask: &mut Ask<'_>,
    version: &Version,
) -> std::result::Result<(), MockResponse> {
    if ask.here()?.versioning != Versioning::Never {
        answer::set_header(response, "x-amz-version-id", &version.id);
    }
    Ok(())
}

/// `PutObject` with its conditions: `If-None-Match: *` (412 if there is one) and `If-Match` (404
/// if there is none, 412 if it is another).
fn put(ask: &mut Ask<'_>) -> Result {
    let key = ask.key.clone();
    let current = ask.here()?.current(&key).map(|version| version.etag.clone());
    let failed = || {
        refuse(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        )
    };
    if ask.header("if-none-match").is_some() && current.is_some() {
        return Err(failed());
    }
    if let Some(wanted) = ask.header("if-match") {
        let wanted = wanted.trim_matches('"');
        match &current {
            None => return Err(no_key()),
            Some(etag) if etag.trim_matches('"') != wanted => return Err(failed()),
            Some(_) => {}
        }
    }
    let version = store(ask, ask.request.body.clone(), kept_headers(ask))?;
    let mut response = answer::empty(200);
    answer::set_header(&mut response, "etag", &version.etag);
    show_version(&mut response, ask, &version)?;
    Ok(response)
}

fn copy(ask: &mut Ask<'_>) -> Result {
    let source = ask.header("x-amz-copy-source").unwrap_or_default().trim_start_matches('/');
    let source = percent_encoding::percent_decode_str(source).decode_utf8_lossy().into_owned();
    let (path, id) = match source.split_once("?versionId=") {
        Some((path, id)) => (path, Some(id)),
        None => (source.as_str(), None),
    };
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let found = ask.store.buckets.get(bucket).and_then(|bucket| bucket.version(key, id));
    let (body, headers) = match found {
        Some(version) => (version.body.clone(), version.headers.clone()),
        None => return Err(no_key()),
    };
    let version = store(ask, body, headers)?;
    let inner = format!("{}{}", tag("ETag", &version.etag), tag("LastModified", &time(version.at)));
    let mut response = answer::xml(200, document("CopyObjectResult", &inner));
    show_version(&mut response, ask, &version)?;
    Ok(response)
}

/// `GetObject`, `HeadObject`: a delete marker is 404 (405 if asked for by its version).
fn get(ask: &mut Ask<'_>, whole: bool) -> Result {
    let id = ask.route.param("versionId");
    let key = ask.key.clone();
    let Some(version) = ask.here()?.version(&key, id).cloned() else {
        return Err(match id {
            Some(_) => refuse(404, "NoSuchVersion", "The specified version does not exist."),
            None => no_key(),
        });
    };
    if version.marker {
        let mut refusal = refuse(405, "MethodNotAllowed", "The specified method is not allowed.");
        answer::set_header(&mut refusal, "x-amz-delete-marker", "true");
        return Err(refusal);
    }
    let mut response = answer::empty(200);
    for (name, value) in &version.headers {
        if let (Ok(name), Ok(value)) =
            (name.parse::<http::HeaderName>(), http::HeaderValue::from_str(value))
        {
            response.headers.insert(name, value);
        }
    }
    answer::set_header(&mut response, "etag", &version.etag);
    answer::set_header(&mut response, "last-modified", &http_time(version.at));
    answer::set_header(&mut response, "content-length", &version.body.len().to_string());
    show_version(&mut response, ask, &version)?;
    if whole {
        response.body = version.body;
    }
    Ok(response)
}

/// What became of one key: the marker that was made, or whether a marker was removed.
struct Deleted {
    marker: Option<String>,
    removed_marker: bool,
}

fn delete_one(
    ask: &mut Ask<'_>,
    key: &str,
    id: Option<&str>,
) -> std::result::Result<Deleted, &'static str> {
    let bypass = ask.header("x-amz-bypass-governance-retention") == Some("true");
    let mfa = ask.header("x-amz-mfa").is_some();
    let now = ask.now;
    let fresh = ask.store.new_id();
    let Ok(bucket) = ask.here() else { return Err("The specified bucket does not exist.") };
    let held = |held: Held| match held {
        Held::LegalHold | Held::Retention => {
            "Access Denied because object protected by object lock."
        }
    };
    if let Some(id) = id {
        if bucket.mfa_delete && !mfa {
            return Err("Mfa Authentication must be used for this request");
        }
        let gone = bucket.remove(key, id, bypass, now).map_err(held)?;
        let removed_marker = gone.is_some_and(|version| version.marker);
        return Ok(Deleted { marker: None, removed_marker });
    }
    let id = match bucket.versioning {
        Versioning::Never => {
            bucket.remove(key, NULL, bypass, now).map_err(held)?;
            return Ok(Deleted { marker: None, removed_marker: false });
        }
        Versioning::Enabled => fresh,
        Versioning::Suspended => NULL.to_owned(),
    };
    let marker = Version {
        id: id.clone(),
        marker: true,
        etag: String::new(),
        at: now,
        body: Bytes::new(),
        headers: Vec::new(),
        tags: String::new(),
        legal_hold: None,
        retention: None,
    };
    bucket.put(key, marker);
    Ok(Deleted { marker: Some(id), removed_marker: false })
}

fn delete(ask: &mut Ask<'_>) -> Result {
    let id = ask.route.param("versionId").map(str::to_owned);
    let key = ask.key.clone();
    let deleted =
        delete_one(ask, &key, id.as_deref()).map_err(|why| refuse(403, "AccessDenied", why))?;
    let mut response = answer::empty(204);
    if deleted.marker.is_some() || deleted.removed_marker {
        answer::set_header(&mut response, "x-amz-delete-marker", "true");
    }
    if let Some(id) = deleted.marker.or(id) {
        answer::set_header(&mut response, "x-amz-version-id", &id);
    }
    Ok(response)
}

/// `DeleteObjects`: status 200, with an error for each key that stays. Missing ones are deleted.
fn delete_many(ask: &mut Ask<'_>) -> Result {
    let objects = elements(&ask.request.body, "Object");
    let quiet = element(&ask.request.body, "Quiet").as_deref() == Some("true");
    if objects.is_empty() || objects.len() > DELETE_KEYS_MAX {
        let message = "The XML you provided was not well-formed or did not validate against our \
                       published schema";
        return Err(refuse(400, "MalformedXML", message));
    }
    let mut rows = String::new();
    for object in objects {
        let key = object.get("Key").map(String::as_str).unwrap_or_default();
        let id = object.get("VersionId").map(String::as_str);
        let version = id.map(|id| tag("VersionId", id)).unwrap_or_default();
        let named = format!("{}{version}", tag("Key", key));
        match delete_one(ask, key, id) {
            Err(why) => {
                let inner =
                    format!("{named}{}{}", tag("Code", "AccessDenied"), tag("Message", why));
                rows += &format!("<Error>{inner}</Error>");
            }
            Ok(_) if quiet => {}
            Ok(deleted) => {
                let marker = match (&deleted.marker, deleted.removed_marker) {
                    (Some(id), _) => {
                        tag("DeleteMarker", "true") + &tag("DeleteMarkerVersionId", id)
                    }
                    (None, true) => {
                        let id = tag("DeleteMarkerVersionId", id.unwrap_or_default());
                        tag("DeleteMarker", "true") + &id
                    }
                    (None, false) => String::new(),
                };
                rows += &format!("<Deleted>{named}{marker}</Deleted>");
            }
        }
    }
    Ok(answer::xml(200, document("DeleteResult", &rows)))
}

fn version_of<'a>(ask: &'a mut Ask<'_>) -> std::result::Result<&'a mut Version, MockResponse> {
    let id = ask.route.param("versionId").map(str::to_owned);
    let key = ask.key.clone();
    ask.here()?.version_mut(&key, id.as_deref()).ok_or_else(no_key)
}

fn set_hold(ask: &mut Ask<'_>) -> Result {
    let on = element(&ask.request.body, "Status").as_deref() == Some("ON");
    version_of(ask)?.legal_hold = Some(on);
    Ok(answer::empty(200))
}

fn hold(ask: &mut Ask<'_>) -> Result {
    match version_of(ask)?.legal_hold {
        Some(on) => {
            let status = if on { "ON" } else { "OFF" };
            Ok(answer::xml(200, document("LegalHold", &tag("Status", status))))
        }
        None => Err(no_lock()),
    }
}

fn set_retention(ask: &mut Ask<'_>) -> Result {
    let mode = element(&ask.request.body, "Mode");
    let until = element(&ask.request.body, "RetainUntilDate");
    let until = until.and_then(|until| until.parse().ok());
    version_of(ask)?.retention = mode.zip(until);
    Ok(answer::empty(200))
}

fn retention(ask: &mut Ask<'_>) -> Result {
    match version_of(ask)?.retention.clone() {
        Some((mode, until)) => {
            let inner = tag("Mode", &mode) + &tag("RetainUntilDate", &time(until));
            Ok(answer::xml(200, document("Retention", &inner)))
        }
        None => Err(no_lock()),
    }
}

/// What S3 says of a version that never had a hold or retention (versitygw issue 883).
fn no_lock() -> MockResponse {
    let message = "The specified object does not have a ObjectLock configuration";
    refuse(404, "NoSuchObjectLockConfiguration", message)
}

fn set_tags(ask: &mut Ask<'_>) -> Result {
    let rows = elements(&ask.request.body, "Tag");
    let text = |row: &std::collections::BTreeMap<String, String>, name: &str| {
        tag(name, row.get(name).map(String::as_str).unwrap_or_default())
    };
    let one = |row| format!("<Tag>{}{}</Tag>", text(row, "Key"), text(row, "Value"));
    let tags: String = rows.iter().map(one).collect();
    let status = if ask.request.method == "DELETE" { 204 } else { 200 };
    version_of(ask)?.tags = tags;
    Ok(answer::empty(status))
}

fn tags(ask: &mut Ask<'_>) -> Result {
    let inner = format!("<TagSet>{}</TagSet>", version_of(ask)?.tags);
    Ok(answer::xml(200, document("Tagging", &inner)))
}
