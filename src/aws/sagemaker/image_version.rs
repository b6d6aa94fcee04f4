//! `sagemaker:image-version`, read for its references only: Dismantle removes no image versions.
//! One is based on an image in ECR, which Studio pulls whenever an app starts with it.

use async_trait::async_trait;
use serde_json::Value;

use super::common::{Described, Shape, describe, list, only_read, status};
use super::shown::text;
use crate::aws::kinds::{ecr, sagemaker};
use crate::aws::{Acted, Aws, AwsError, Op, RemovalOptions, found};
use crate::resource::{KindFacts, Permissions, Removable, Resource, ResourceId, Scope};

const LIST: Op = Op::read("sagemaker", "ListImageVersions");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeImageVersion");

pub(super) struct ImageVersion;

#[async_trait]
impl Described for ImageVersion {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::IMAGE_VERSION,
            name: "ImageVersionArn",
            arn: "ImageVersionArn",
            status: Some("ImageVersionStatus"),
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            parent: Some(sagemaker::IMAGE),
            can_use: &[ecr::REPOSITORY, ecr::IMAGE],
            where_keys: const { &[status("CREATING, CREATED, CREATE_FAILED, DELETING…")] },
            permissions: Permissions {
                read: &["sagemaker:ListImageVersions", "sagemaker:DescribeImageVersion"],
                ..Permissions::default()
            },
            ..KindFacts::new(sagemaker::IMAGE_VERSION, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, parents: &[Resource]) -> Result<Vec<Value>, AwsError> {
        let mut versions = Vec::new();
        for image in parents {
            versions.extend(found(of_image(aws, &image.id.id).await)?.unwrap_or_default());
        }
        Ok(versions)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        let (image, version) = parts(id).ok_or_else(|| {
            AwsError::garbled(DESCRIBE, aws.region(), format!("{id} is no image version"))
        })?;
        describe!(aws, DESCRIBE, describe_image_version.image_name(image).version(version))
    }

    /// `NAME/VERSION`, as its ARN ends.
    fn id(&self, shown: &Value) -> Option<String> {
        let (_, id) = text(shown, "ImageVersionArn")?.split_once(":image-version/")?;
        parts(id).map(|_| id.to_owned())
    }

    fn complete(&self, resource: &mut Resource, _: &Value) {
        resource.name = resource.id.id.clone();
        if let Some((image, _)) = parts(&resource.id.id) {
            let parent = ResourceId::new(sagemaker::IMAGE, resource.region(), image);
            resource.parent = Some(parent);
        }
        only_read(resource, "image versions");
    }

    /// Versions carry no tags (SageMaker API reference, `CreateImageVersion`).
    fn tagged_arn(&self, _: &Resource) -> Option<String> {
        None
    }

    async fn delete(&self, aws: &Aws, _: &Resource, _: &RemovalOptions) -> Result<Acted, AwsError> {
        Err(AwsError::unsupported(aws, sagemaker::IMAGE_VERSION, "deletes"))
    }
}

async fn of_image(aws: &Aws, image: &str) -> Result<Vec<Value>, AwsError> {
    list!(aws, LIST, list_image_versions.image_name(image), image_versions)
}

fn parts(id: &str) -> Option<(&str, i32)> {
    let (image, version) = id.rsplit_once('/')?;
    Some((image, version.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_is_known_by_its_image_and_its_number() {
        let arn = "arn:aws:sagemaker:us-east-1:842676018087:image-version/studio/3";
        let rows = [(arn, Some("studio/3")), ("arn:aws:sagemaker:…:image/studio", None)];
        for (arn, id) in rows {
            assert_eq!(ImageVersion.id(&json!({"ImageVersionArn": arn})).as_deref(), id, "{arn}");
        }
        assert_eq!(parts("studio/3"), Some(("studio", 3)));
        assert_eq!(parts("studio"), None);
    }
}
