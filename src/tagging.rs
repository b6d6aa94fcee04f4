//! Writes the naming convention into tags, on what the manifest matches and nothing else.
//!
//! Tags are merged: a tag that is there with another value stays and is reported, and `aws:` is
//! AWS's. [`wanted`] is pure; [`write`] reads each resource again right before it writes.

use futures::StreamExt;
use futures::stream;
use serde::Serialize;

use crate::aws::{AwsError, registry};
use crate::classify::{Decision, KEEP_TAG, Verdict};
use crate::discover::{aws_for, read_again};
use crate::mandate::{Mandate, Survey};
use crate::manifest::Manifest;
use crate::plan::Row;
use crate::resource::{Lifecycle, Resource, ResourceId, Tags};
use crate::scrub;
use crate::teardown::Approval;

/// The tag that says whose lab a thing belongs to: the manifest's name.
pub const LAB_TAG: &str = "dismantle:lab";

/// Writes at once; the limits of each service hold them back long before this.
const WRITES_AT_ONCE_MAX: usize = 16;

/// AWS's limits on a tag's value; S3's, KMS's and IAM's are the same (AWS, "Tag naming limits").
const VALUE_CHARS_MAX: usize = 256;

/// A tag that is there already and says something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Conflict {
    #[serde(flatten)]
    pub resource: ResourceId,
    pub key: String,
    pub is: String,
    pub wanted: String,
}

/// Tags to be written on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Write {
    #[serde(flatten)]
    pub resource: ResourceId,
    pub tags: Tags,
}

/// What is to be written, or was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tagging {
    pub written: Vec<Write>,
    pub conflicts: Vec<Conflict>,
    /// The lab's, but not to be tagged, and why.
    pub skipped: Vec<Row>,
    pub failed: Vec<Row>,
    /// Resources that carry all of it already.
    pub tagged: usize,
}

/// The tags that a resource of the lab should carry: `Project`, `Environment`, `Component` (and
/// whatever else the convention names), and [`LAB_TAG`].
pub fn tags_for(manifest: &Manifest, resource: &Resource) -> Tags {
    let mut tags = Tags::from([(LAB_TAG.to_owned(), manifest.name.clone())]);
    for (field, value) in manifest.labels_of(resource) {
        tags.insert(tag_name(&field), value);
    }
    tags.retain(|_, value| value.chars().count() <= VALUE_CHARS_MAX);
    tags
}

/// `env` becomes `Environment`, `component` becomes `Component`.
fn tag_name(field: &str) -> String {
    if field.eq_ignore_ascii_case("env") {
        return "Environment".to_owned();
    }
    let mut letters = field.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// What there is to write.
pub fn wanted(mandate: &Mandate, survey: &Survey) -> Tagging {
    let mut tagging = Tagging::default();
    let resources = survey.inventory.resources();
    for (id, resource) in resources {
        let Some(verdict) = survey.decided.verdicts.get(id) else { continue };
        if verdict.decision == Decision::Foreign {
            continue;
        }
        match untaggable(mandate, resource, verdict) {
            Some(reason) => tagging.skipped.push(row(id, reason)),
            None => tagging.compare(&mandate.manifest, resource),
        }
    }
    tagging
}

fn untaggable(mandate: &Mandate, resource: &Resource, verdict: &Verdict) -> Option<String> {
    if resource.tags.contains_key(KEEP_TAG) {
        return Some(format!("it carries the tag {KEEP_TAG}, so it is not touched"));
    }
    let facts = mandate.catalog().get(resource.kind());
    if !facts.is_some_and(|facts| facts.can_tag) {
        return Some(format!("AWS knows no tags on a {}", resource.kind()));
    }
    if verdict.decision == Decision::Pending
        || matches!(resource.lifecycle, Lifecycle::Leaving { .. } | Lifecycle::Pending { .. })
    {
        return Some("it is on its way out".to_owned());
    }
    let unread = resource.tags_unread();
    unread.map(|unread| format!("its tags could not be read: {}", unread.why))
}

impl Tagging {
    fn compare(&mut self, manifest: &Manifest, resource: &Resource) {
        let mut missing = Tags::new();
        for (key, value) in tags_for(manifest, resource) {
            match resource.tags.get(&key) {
                None => {
                    missing.insert(key, value);
                }
                Some(is) if *is == value => {}
                Some(is) => self.conflicts.push(Conflict {
                    resource: resource.id.clone(),
                    key,
                    is: scrub::text(is),
                    wanted: value,
                }),
            }
        }
        if missing.is_empty() {
            self.tagged += 1;
        } else {
            self.written.push(Write { resource: resource.id.clone(), tags: missing });
        }
    }
}

fn row(id: &ResourceId, reason: String) -> Row {
    Row { resource: id.clone(), reason, used_by: Vec::new() }
}

/// Writes what [`wanted`] found. What somebody else has tagged meanwhile stays as it is.
pub async fn write(
    mandate: &Mandate,
    _approval: Approval,
    survey: &Survey,
    wanted: Tagging,
) -> Tagging {
    let mut done = Tagging { written: Vec::new(), ..wanted.clone() };
    let writes = stream::iter(wanted.written).map(|one| write_one(mandate, survey, one));
    let mut writes = std::pin::pin!(writes.buffer_unordered(WRITES_AT_ONCE_MAX));
    while let Some((id, result)) = writes.next().await {
        match result {
            Ok(one) => {
                done.conflicts.extend(one.conflicts);
                done.skipped.extend(one.skipped);
                done.tagged += one.tagged;
                done.written.extend(one.written);
            }
            Err(error) => done.failed.push(row(&id, error.to_string())),
        }
    }
    done.written.sort_by(|a, b| a.resource.cmp(&b.resource));
    done.conflicts.sort();
    done.conflicts.dedup();
    done.skipped.sort();
    done.failed.sort();
    done
}

/// One read, and at most one write.
async fn write_one(
    mandate: &Mandate,
    survey: &Survey,
    wanted: Write,
) -> (ResourceId, Result<Tagging, AwsError>) {
    let id = wanted.resource;
    let result = async {
        let mut one = Tagging::default();
        let Some(known) = survey.inventory.get(&id) else { return Ok(one) };
        let Some(kind) = registry::find(id.kind) else { return Ok(one) };
        let Some(fresh) = read_again(mandate.aws(), known).await? else {
            one.skipped.push(row(&id, "it is gone by now".to_owned()));
            return Ok(one);
        };
        if let Some(why) = fresh.differs_from(known.pin.as_deref(), known.created) {
            one.skipped.push(row(&id, why));
            return Ok(one);
        }
        one.compare(&mandate.manifest, &fresh);
        if let Some(write) = one.written.first() {
            let aws = aws_for(mandate.aws(), &fresh, kind);
            kind.tag(&aws, &fresh, &write.tags).await?;
        }
        Ok(one)
    };
    let result = result.await;
    (id, result)
}
