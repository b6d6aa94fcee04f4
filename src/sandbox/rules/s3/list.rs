//! S3's lists: order, prefixes, delimiters, markers.
//!
//! Source: "ListObjectVersions", "ListMultipartUploads", "ListObjectsV2" in the API reference:
//! at most 1000 rows, ordered by key and, within a key, newest first; `key-marker` alone starts
//! after that key, with `version-id-marker` (`upload-id-marker`) after that version (upload).

use std::collections::BTreeSet;
use std::ops::Bound;

use winterbaume_core::MockResponse;

use super::store::{Bucket, Version};
use super::xml::{document, key, time};
use crate::sandbox::ACCOUNT_ID;
use crate::sandbox::answer::{self, tag};
use crate::sandbox::route::Route;

const PAGE_MAX: usize = 1000;

struct Asked<'a> {
    prefix: &'a str,
    delimiter: &'a str,
    url: bool,
    size: usize,
}

impl<'a> Asked<'a> {
    fn of(route: &'a Route, size: &str) -> Self {
        let size = route.param(size).and_then(|size| size.parse().ok()).unwrap_or(PAGE_MAX);
        Self {
            prefix: route.param("prefix").unwrap_or_default(),
            delimiter: route.param("delimiter").unwrap_or_default(),
            url: route.param("encoding-type") == Some("url"),
            size: size.min(PAGE_MAX),
        }
    }

    /// What a key is folded into: everything up to the delimiter after the prefix.
    fn folded<'k>(&self, key: &'k str) -> Option<&'k str> {
        if self.delimiter.is_empty() {
            return None;
        }
        let rest = key.strip_prefix(self.prefix)?;
        let at = rest.find(self.delimiter)?;
        key.get(..self.prefix.len() + at + self.delimiter.len())
    }

    fn head(&self, size: &str) -> String {
        let delimiter = match self.delimiter {
            "" => String::new(),
            delimiter => key("Delimiter", delimiter, self.url),
        };
        let encoding = if self.url { "<EncodingType>url</EncodingType>" } else { "" };
        let prefix = key("Prefix", self.prefix, self.url);
        format!("{prefix}{delimiter}{encoding}{}", tag(size, &self.size.to_string()))
    }

    fn prefixes(&self, folded: &BTreeSet<String>) -> String {
        let one = |prefix: &String| {
            format!("<CommonPrefixes>{}</CommonPrefixes>", key("Prefix", prefix, self.url))
        };
        folded.iter().map(one).collect()
    }
}

/// One page: rows as XML, folded prefixes, and where it broke off (key and second marker).
struct Page {
    rows: String,
    count: usize,
    folded: BTreeSet<String>,
    broke_at: Option<(String, String)>,
}

/// Walks rows (key, second marker, XML) until the page is full.
fn walk<'a>(
    asked: &Asked<'_>,
    after: &str,
    rows: impl Iterator<Item = (&'a str, &'a str, String)>,
) -> Page {
    let mut page = Page { rows: String::new(), count: 0, folded: BTreeSet::new(), broke_at: None };
    let mut last = (String::new(), String::new());
    for (name, second, row) in rows {
        let folded = asked.folded(name);
        let seen = folded.is_some_and(|prefix| page.folded.contains(prefix) || prefix <= after);
        if seen {
            continue;
        }
        if page.count >= asked.size {
            page.broke_at = Some(last);
            return page;
        }
        page.count += 1;
        match folded {
            Some(prefix) => {
                page.folded.insert(prefix.to_owned());
                last = (prefix.to_owned(), String::new());
            }
            None => {
                page.rows += &row;
                last = (name.to_owned(), second.to_owned());
            }
        }
    }
    page
}

fn from(asked: &Asked<'_>, after: &str) -> (Bound<String>, Bound<String>) {
    let start = if after > asked.prefix { after } else { asked.prefix };
    (Bound::Included(start.to_owned()), Bound::Unbounded)
}

pub fn versions(bucket: &Bucket, route: &Route) -> MockResponse {
    let asked = Asked::of(route, "max-keys");
    let after = route.param("key-marker").unwrap_or_default();
    let second = route.param("version-id-marker").unwrap_or_default();
    let rows = bucket
        .objects
        .range::<String, _>(from(&asked, after))
        .take_while(|(name, _)| name.starts_with(asked.prefix) || name.as_str() < asked.prefix)
        .filter(|(name, _)| name.starts_with(asked.prefix))
        .filter(|(name, _)| name.as_str() != after || !second.is_empty())
        .flat_map(|(name, versions)| {
            let skip = match name == after {
                true => {
                    versions.iter().position(|version| version.id == second).map_or(0, |at| at + 1)
                }
                false => 0,
            };
            let all = versions.iter().enumerate().skip(skip);
            all.map(move |(at, version)| (name.as_str(), version, at == 0))
        })
        .map(|(name, version, latest)| {
            (name, version.id.as_str(), version_row(name, version, latest, asked.url))
        });
    let page = walk(&asked, after, rows);
    let mut out = tag("Name", route.bucket.as_deref().unwrap_or_default());
    out += &asked.head("MaxKeys");
    out += &key("KeyMarker", after, asked.url);
    out += &tag("VersionIdMarker", second);
    out += &truncation(&page, "NextKeyMarker", "NextVersionIdMarker", asked.url);
    out += &page.rows;
    out += &asked.prefixes(&page.folded);
    answer::xml(200, document("ListVersionsResult", &out))
}

fn truncation(page: &Page, first: &str, second: &str, url: bool) -> String {
    match &page.broke_at {
        None => "<IsTruncated>false</IsTruncated>".to_owned(),
        Some((name, id)) => {
            let id = if id.is_empty() { String::new() } else { tag(second, id) };
            format!("<IsTruncated>true</IsTruncated>{}{id}", key(first, name, url))
        }
    }
}

fn owner() -> String {
    format!("<Owner><ID>{ACCOUNT_ID}</ID></Owner>")
}

fn version_row(name: &str, version: &Version, latest: bool, url: bool) -> String {
    let common = [
        key("Key", name, url),
        tag("VersionId", &version.id),
        tag("IsLatest", if latest { "true" } else { "false" }),
        tag("LastModified", &time(version.at)),
    ]
    .concat();
    if version.marker {
        return format!("<DeleteMarker>{common}{}</DeleteMarker>", owner());
    }
    let etag = tag("ETag", &version.etag);
    let size = tag("Size", &version.body.len().to_string());
    format!(
        "<Version>{common}{etag}{size}<StorageClass>STANDARD</StorageClass>{}</Version>",
        owner()
    )
}

pub fn uploads(bucket: &Bucket, route: &Route) -> MockResponse {
    let asked = Asked::of(route, "max-uploads");
    let after = route.param("key-marker").unwrap_or_default();
    let second = route.param("upload-id-marker").unwrap_or_default();
    let rows = bucket
        .uploads
        .iter()
        .filter(|((name, id), _)| {
            name.starts_with(asked.prefix)
                && (name.as_str() > after
                    || (name == after && !second.is_empty() && id.as_str() > second))
        })
        .map(|((name, id), upload)| {
            let inner = [
                key("Key", name, asked.url),
                tag("UploadId", id),
                owner(),
                "<StorageClass>STANDARD</StorageClass>".to_owned(),
                tag("Initiated", &time(upload.at)),
            ];
            (name.as_str(), id.as_str(), format!("<Upload>{}</Upload>", inner.concat()))
        });
    let page = walk(&asked, after, rows);
    let mut out = tag("Bucket", route.bucket.as_deref().unwrap_or_default());
    out += &key("KeyMarker", after, asked.url);
    out += &tag("UploadIdMarker", second);
    out += &asked.head("MaxUploads");
    out += &truncation(&page, "NextKeyMarker", "NextUploadIdMarker", asked.url);
    out += &page.rows;
    out += &asked.prefixes(&page.folded);
    answer::xml(200, document("ListMultipartUploadsResult", &out))
}

/// `ListObjects` (with `marker`) and `ListObjectsV2` (with `continuation-token`).
pub fn objects(bucket: &Bucket, route: &Route) -> MockResponse {
    let second = route.operation == "ListObjectsV2";
    let asked = Asked::of(route, "max-keys");
    let markers = if second { ["continuation-token", "start-after"] } else { ["marker", "marker"] };
    let after = markers.iter().find_map(|name| route.param(name)).unwrap_or_default();
    let rows = bucket
        .objects
        .range::<String, _>(from(&asked, after))
        .take_while(|(name, _)| name.starts_with(asked.prefix) || name.as_str() < asked.prefix)
        .filter(|(name, _)| name.starts_with(asked.prefix) && name.as_str() != after)
        .filter_map(|(name, versions)| Some((name, versions.first()?)))
        .filter(|(_, version)| !version.marker)
        .map(|(name, version)| {
            let inner = [
                key("Key", name, asked.url),
                tag("LastModified", &time(version.at)),
                tag("ETag", &version.etag),
                tag("Size", &version.body.len().to_string()),
                "<StorageClass>STANDARD</StorageClass>".to_owned(),
            ];
            (name.as_str(), "", format!("<Contents>{}</Contents>", inner.concat()))
        });
    let page = walk(&asked, after, rows);
    let mut out = tag("Name", route.bucket.as_deref().unwrap_or_default());
    out += &asked.head("MaxKeys");
    match (&page.broke_at, second) {
        (None, _) => out += "<IsTruncated>false</IsTruncated>",
        (Some((name, _)), true) => {
            out += "<IsTruncated>true</IsTruncated>";
            out += &tag("NextContinuationToken", name);
        }
        (Some((name, _)), false) => {
            out += "<IsTruncated>true</IsTruncated>";
            out += &key("NextMarker", name, asked.url);
        }
    }
    if second {
        out += &tag("KeyCount", &page.count.to_string());
    }
    out += &page.rows;
    out += &asked.prefixes(&page.folded);
    answer::xml(200, document("ListBucketResult", &out))
}
