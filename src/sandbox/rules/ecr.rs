//! ECR: an image that an index names, the last tag of an image, lists in order, first tags.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use winterbaume_core::{MockRequest, MockResponse};

use crate::sandbox::account::Account;
use crate::sandbox::route::{Route, Service};
use crate::sandbox::{ACCOUNT_ID, answer};

pub mod registry;
#[cfg(test)]
mod tests;

pub async fn before(
    account: &Account,
    request: &MockRequest,
    route: &Route,
) -> Option<MockResponse> {
    if route.operation == "CreateRepository" {
        return Some(create(account, request, route).await);
    }
    let put = route.operation == "PutImage";
    if !put && route.operation != "BatchDeleteImage" {
        return None;
    }
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let name = input["repositoryName"].as_str().unwrap_or_default();
    let mut state = account.backends.state(Service::Ecr, &route.region).await;
    let images = state["repositories"][name]["images"].as_array().cloned()?;
    let (images, answer) =
        if put { push(images, &input, account.clock.now()) } else { delete(images, &input) };
    state["repositories"][name]["images"] = json!(images);
    account.backends.set_state(Service::Ecr, &route.region, state).await;
    Some(answer::json(200, &answer))
}

/// `CreateRepository` with tags and with filters, which winterbaume does not keep.
async fn create(account: &Account, request: &MockRequest, route: &Route) -> MockResponse {
    let response = account.backends.handle(request.clone(), route).await;
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let tags: serde_json::Map<String, Value> = input["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| (text(&tag["Key"]), tag["Value"].clone()))
        .collect();
    let name = text(&input["repositoryName"]);
    if response.status == 200 {
        registry::exclude(
            &mut account.records(),
            &route.region,
            &name,
            &input,
            account.clock.now(),
        );
    }
    if response.status == 200 && !tags.is_empty() {
        let mut state = account.backends.state(Service::Ecr, &route.region).await;
        state["repositories"][&name]["tags"] = json!(tags);
        account.backends.set_state(Service::Ecr, &route.region, state).await;
    }
    response
}

/// `PutImage`: a tag moves to the newest image that is pushed with it; the image that had it
/// stays, untagged if that was its last tag.
fn push(mut images: Vec<Value>, input: &Value, now: jiff::Timestamp) -> (Vec<Value>, Value) {
    let manifest = input["imageManifest"].as_str().unwrap_or_default();
    let digest: String =
        Sha256::digest(manifest).iter().map(|byte| format!("{byte:02x}")).collect();
    let digest = format!("sha256:{digest}");
    let tag = input["imageTag"].as_str();
    if let Some(tag) = tag {
        for image in &mut images {
            if let Some(tags) = image["image_tags"].as_array_mut() {
                tags.retain(|held| held != tag);
            }
        }
    }
    if !images.iter().any(|image| image["image_digest"] == *digest) {
        images.push(json!({ "image_digest": digest, "image_tags": [], "image_manifest": manifest,
            "pushed_at": now.to_string() }));
    }
    let image = images.iter_mut().find(|image| image["image_digest"] == *digest);
    if let (Some(tags), Some(tag)) =
        (image.and_then(|image| image["image_tags"].as_array_mut()), tag)
    {
        tags.push(json!(tag));
    }
    let mut id = json!({ "imageDigest": digest });
    if let Some(tag) = tag {
        id["imageTag"] = json!(tag);
    }
    let image = json!({ "registryId": ACCOUNT_ID, "repositoryName": input["repositoryName"],
        "imageId": id, "imageManifest": manifest });
    (images, json!({ "image": image }))
}

/// `BatchDeleteImage`: "You can remove a tag from an image by specifying the image's tag …. When
/// you remove the last tag from an image, the image is deleted"; "you can completely delete an
/// image by specifying the digest". What an index names is refused
/// (`ImageReferencedByManifestList`); both are failures in an answer with status 200.
fn delete(mut images: Vec<Value>, input: &Value) -> (Vec<Value>, Value) {
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for id in input["imageIds"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let (digest, tag) = (id["imageDigest"].as_str(), id["imageTag"].as_str());
        let at = images.iter().position(|image| {
            digest.is_none_or(|digest| image["image_digest"] == digest)
                && tag.is_none_or(|tag| has_tag(image, tag))
        });
        let Some(at) = at.filter(|_| digest.or(tag).is_some()) else {
            failures.push(failure(id, "ImageNotFound", "Requested image not found"));
            continue;
        };
        let found = images[at]["image_digest"].as_str().unwrap_or_default().to_owned();
        let tags = images[at]["image_tags"].as_array().cloned().unwrap_or_default();
        let whole = digest.is_some() || tags.len() <= 1;
        if whole && in_index(&images, &found) {
            let why = "Requested image referenced by manifest list";
            failures.push(failure(id, "ImageReferencedByManifestList", why));
            continue;
        }
        match tag.filter(|_| !whole) {
            Some(tag) => {
                images[at]["image_tags"] = tags.into_iter().filter(|held| held != tag).collect();
                deleted.push(json!({ "imageDigest": found, "imageTag": tag }));
            }
            None => {
                images.remove(at);
                if tags.is_empty() {
                    deleted.push(json!({ "imageDigest": found }));
                }
                let rows = tags.iter().map(|tag| json!({ "imageDigest": found, "imageTag": tag }));
                deleted.extend(rows);
            }
        }
    }
    (images, json!({ "imageIds": deleted, "failures": failures }))
}

fn has_tag(image: &Value, tag: &str) -> bool {
    image["image_tags"].as_array().is_some_and(|tags| tags.iter().any(|held| held == tag))
}

fn failure(id: &Value, code: &str, why: &str) -> Value {
    json!({ "imageId": id, "failureCode": code, "failureReason": why })
}

/// Whether another image of the repository is an index that names this digest.
fn in_index(images: &[Value], digest: &str) -> bool {
    images.iter().any(|image| {
        let manifest = image["image_manifest"].as_str().unwrap_or_default();
        let manifest: Value = serde_json::from_str(manifest).unwrap_or_default();
        let children = manifest["manifests"].as_array().map(Vec::as_slice).unwrap_or_default();
        children.iter().any(|child| child["digest"] == digest)
    })
}

/// Lists in order (winterbaume's come as its hash maps have them), and images of the type that
/// their manifest names: winterbaume says that of one platform of all.
pub async fn after(account: &Account, route: &Route, response: MockResponse) -> MockResponse {
    if response.status != 200 {
        return response;
    }
    let mut body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    match route.operation.as_str() {
        "DescribeRepositories" => {
            if let Some(rows) = body["repositories"].as_array_mut() {
                rows.sort_by_key(|row| text(&row["repositoryName"]));
                let records = account.records();
                for row in rows {
                    let name = text(&row["repositoryName"]);
                    if let Some(filters) = registry::excluded(&records, &route.region, &name) {
                        row["imageTagMutabilityExclusionFilters"] = filters;
                    }
                }
            }
        }
        "DeleteRepository" => {
            let name = text(&body["repository"]["repositoryName"]);
            let none = Value::Null;
            let now = account.clock.now();
            registry::exclude(&mut account.records(), &route.region, &name, &none, now);
        }
        "DescribeImages" => {
            let state = account.backends.state(Service::Ecr, &route.region).await;
            let rows = body["imageDetails"].as_array_mut();
            for row in rows.into_iter().flatten() {
                let repository = &state["repositories"][text(&row["repositoryName"])];
                let mut images = repository["images"].as_array().into_iter().flatten();
                let image = images.find(|image| image["image_digest"] == row["imageDigest"]);
                let manifest = image.map(|image| text(&image["image_manifest"]));
                let manifest: Value =
                    serde_json::from_str(&manifest.unwrap_or_default()).unwrap_or_default();
                if manifest["mediaType"].is_string() {
                    row["imageManifestMediaType"] = manifest["mediaType"].clone();
                }
            }
        }
        _ => return response,
    }
    let mut corrected = answer::json(200, &body);
    corrected.headers.extend(response.headers);
    corrected
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
