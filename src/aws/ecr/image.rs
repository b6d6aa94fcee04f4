//! `ecr:image`, by its digest. A tag can be taken off; the image goes with its last one. An
//! index (an image for several platforms) uses the images that it names: they go after it, and
//! though they carry no tag they are not *untagged*.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_ecr::types::{ImageDetail, ImageFailure, ImageIdentifier};
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::repository::{PAGE_MAX, SIDE_BY_SIDE};
use crate::aws::kinds::ecr::{IMAGE, REPOSITORY};
use crate::aws::{
    Acted, Aws, AwsError, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind, found,
    timestamp,
};
use crate::resource::{
    Action, KindFacts, Permissions, Prep, Reference, Resource, ResourceId, Scope, Unread, WhereKey,
};

const DESCRIBE: Op = Op::read("ecr", "DescribeImages");
const GET: Op = Op::read("ecr", "BatchGetImage");
const DELETE: Op = Op::write("ecr", "BatchDeleteImage");

/// Media types of an index: Docker's and OCI's names for it.
const INDEXES: [&str; 2] = [
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
];

const TAG: WhereKey = WhereKey { name: "tag", says: "an image's tag, such as dev", parts: true };

/// An image in a repository.
pub struct Image;

#[async_trait]
impl ResourceKind for Image {
    fn facts(&self) -> KindFacts {
        KindFacts {
            parent: Some(REPOSITORY),
            can_use: &[IMAGE],
            where_keys: const { &[TAG, WhereKey::new("tagged", "true, false")] },
            permissions: Permissions {
                read: &["ecr:BatchGetImage", "ecr:DescribeImages"],
                remove: &["ecr:BatchDeleteImage"],
                tag: &[],
            },
            ..KindFacts::new(IMAGE, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, parents: &[Resource]) -> Result<Listed, AwsError> {
        let repositories: Vec<Resource> = parents.to_vec();
        let mut lists = stream::iter(repositories)
            .map(|repository| async move { in_repository(aws, &repository).await })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut listed = Listed::default();
        while let Some(result) = lists.next().await {
            match result {
                Ok(images) => listed.resources.extend(images),
                Err(error) if error.is_not_found() => {}
                Err(error) => listed.incomplete.push(error.into()),
            }
        }
        // A custom endpoint that knows no images has none.
        let all_failed = listed.resources.is_empty() && listed.incomplete.len() == parents.len();
        if let (true, Some(error)) = (all_failed, listed.incomplete.first()) {
            return Err(error.error.clone());
        }
        listed.resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let (name, digest) = parts(known);
        let id = ImageIdentifier::builder().image_digest(digest).build();
        let call = aws.ecr().describe_images().repository_name(name).image_ids(id);
        let Some(answer) = found(aws.call(DESCRIBE, || call.clone().send()).await)? else {
            return Ok(None);
        };
        let uri = known.spellings.iter().find_map(|one| one.split_once('@'));
        let uri = uri.map_or("", |(uri, _)| uri);
        let Some(mut seen) =
            answer.image_details().first().and_then(|image| resource(aws, name, uri, image))
        else {
            return Ok(None);
        };
        let mut images = vec![seen.clone()];
        children(aws, name, &mut images).await?;
        if let Some(with_children) = images.pop() {
            seen = with_children;
        }
        // Whether an index names it was seen when all were listed.
        if !known.facts.contains_key("tagged") && seen.facts["tagged"] == ["false"] {
            seen.facts.remove("tagged");
        }
        Ok(Some(seen))
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        _: &RemovalOptions,
        _: &Progress,
    ) -> Result<Acted, AwsError> {
        let (name, digest) = parts(resource);
        let id = match (step.action, &step.target) {
            (Action::Delete, _) => ImageIdentifier::builder().image_digest(digest).build(),
            (Action::Untag, Some(tag)) => {
                let id = ImageIdentifier::builder().image_tag(tag).build();
                // A tag moves with the next push: it is only taken off this image.
                let call = aws.ecr().describe_images().repository_name(name);
                let call = call.image_ids(id.clone());
                let answer = aws.call(DESCRIBE, || call.clone().send()).await?;
                let holder = answer.image_details().first().and_then(|image| image.image_digest());
                if holder != Some(digest) {
                    return Ok(Acted::Done);
                }
                id
            }
            (other, _) => return Err(AwsError::unsupported(aws, IMAGE, other.as_str())),
        };
        let call = aws.ecr().batch_delete_image().repository_name(name).image_ids(id);
        let answer = aws.call(DELETE, || call.clone().send()).await?;
        // HTTP 200 is no success: refusals are inside (`BatchDeleteImage`, API reference, `failures`).
        match answer.failures().first() {
            Some(failure) => Err(refused(aws, failure)),
            None => Ok(Acted::Done),
        }
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err("its layers are gone: push it again from where it was built".to_owned())
    }
}

fn refused(aws: &Aws, failure: &ImageFailure) -> AwsError {
    let code = failure.failure_code().map_or("unknown", |code| code.as_str());
    AwsError::inside(DELETE, aws.region(), code, failure.failure_reason().unwrap_or_default())
}

/// A repository's name has no `@`.
fn parts(image: &Resource) -> (&str, &str) {
    image.id.id.split_once('@').unwrap_or((&image.id.id, ""))
}

async fn in_repository(aws: &Aws, repository: &Resource) -> Result<Vec<Resource>, AwsError> {
    let client = aws.ecr();
    let name = repository.id.id.as_str();
    let uri = repository.spellings.first().map_or("", String::as_str);
    let start = |token| {
        let call = client.describe_images().repository_name(name).max_results(PAGE_MAX);
        call.set_next_token(token).into_paginator().send()
    };
    let pages = aws.pages(DESCRIBE, start, |page| page.next_token().map(str::to_owned)).await?;
    let details = pages.into_iter().flat_map(|page| page.image_details.unwrap_or_default());
    let mut images: Vec<Resource> =
        details.filter_map(|image| resource(aws, name, uri, &image)).collect();
    children(aws, name, &mut images).await?;
    let named: BTreeSet<String> = images
        .iter()
        .flat_map(|image| &image.uses)
        .map(|reference| reference.spelling.clone())
        .collect();
    for image in images.iter_mut().filter(|image| named.contains(&image.id.id)) {
        if image.facts.get("tagged").is_some_and(|tagged| *tagged == ["false"]) {
            image.facts.remove("tagged");
        }
    }
    Ok(images)
}

/// Reads which images the indexes among these name.
async fn children(aws: &Aws, name: &str, images: &mut [Resource]) -> Result<(), AwsError> {
    let client = aws.ecr();
    for image in images {
        let media = image.record["imageManifestMediaType"].as_str().unwrap_or_default();
        if !INDEXES.contains(&media) {
            continue;
        }
        let digest = parts(image).1.to_owned();
        let id = ImageIdentifier::builder().image_digest(digest).build();
        let mut call = client.batch_get_image().repository_name(name).image_ids(id);
        for media in INDEXES {
            call = call.accepted_media_types(media);
        }
        let answer = match aws.call(GET, || call.clone().send()).await {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => continue,
            Err(error) => {
                let what = "images that it names".to_owned();
                image.unread.push(Unread { what, why: error.to_string() });
                continue;
            }
        };
        let manifest = answer.images().first().and_then(|one| one.image_manifest());
        let digests = manifest.map(named_in).unwrap_or_default();
        let names = digests.into_iter().map(|child| format!("{name}@{child}"));
        image.uses.extend(names.map(|child| Reference::hard(IMAGE, child, "image of the index")));
    }
    Ok(())
}

/// The digests in an index's `manifests`.
fn named_in(manifest: &str) -> Vec<String> {
    let manifest: Value = serde_json::from_str(manifest).unwrap_or_default();
    let children = manifest["manifests"].as_array().cloned().unwrap_or_default();
    children.iter().filter_map(|child| child["digest"].as_str().map(str::to_owned)).collect()
}

fn resource(aws: &Aws, name: &str, uri: &str, image: &ImageDetail) -> Option<Resource> {
    let digest = image.image_digest()?;
    let id = format!("{name}@{digest}");
    let mut seen = Resource::new(IMAGE, aws.region(), &id, &id);
    seen.parent = Some(ResourceId::new(REPOSITORY, aws.region(), name));
    seen.created = timestamp(image.image_pushed_at());
    // The same image in a repository that was made again was pushed again.
    seen.pin = Some(match seen.created {
        Some(pushed) => format!("{digest} {pushed}"),
        None => digest.to_owned(),
    });
    seen.spellings.push(format!("{uri}@{digest}"));
    for tag in image.image_tags() {
        seen.spellings.push(format!("{uri}:{tag}"));
        seen.fact("tag", tag);
    }
    seen.fact("tagged", if image.image_tags().is_empty() { "false" } else { "true" });
    seen.record = json!({
        "repositoryName": name,
        "imageDigest": digest,
        "imageTags": image.image_tags(),
        "imageSizeInBytes": image.image_size_in_bytes(),
        "imageManifestMediaType": image.image_manifest_media_type(),
        "artifactMediaType": image.artifact_media_type(),
        "subjectManifestDigest": image.subject_manifest_digest(),
    });
    Some(seen)
}
