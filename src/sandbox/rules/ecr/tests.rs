use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::{ImageFailureCode, ImageIdentifier, Tag};

use crate::sandbox::Sandbox;
use crate::sandbox::tests::code;

async fn push(ecr: &Client, tag: Option<&str>, manifest: &str) -> String {
    let push = ecr.put_image().repository_name("lab").image_manifest(manifest);
    let pushed = push.set_image_tag(tag.map(str::to_owned)).send().await.unwrap();
    pushed.image.unwrap().image_id.unwrap().image_digest.unwrap()
}

fn by_tag(tag: &str) -> ImageIdentifier {
    ImageIdentifier::builder().image_tag(tag).build()
}

fn by_digest(digest: &str) -> ImageIdentifier {
    ImageIdentifier::builder().image_digest(digest).build()
}

#[tokio::test(start_paused = true)]
async fn a_repository_is_made_with_its_tags() {
    let ecr = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    let tag = Tag::builder().key("Project").value("lab").build().unwrap();
    let made = ecr.create_repository().repository_name("a/lab").tags(tag.clone());
    let arn = made.send().await.unwrap().repository.unwrap().repository_arn.unwrap();
    let tags = ecr.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags(), [tag]);
}

#[tokio::test(start_paused = true)]
async fn an_index_goes_before_its_children_and_a_tag_alone() {
    let ecr = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    ecr.create_repository().repository_name("lab").send().await.unwrap();
    let schema = r#""schemaVersion":2,"mediaType":"application/vnd.oci.image"#;
    let manifest = |n: u32| format!("{{{schema}.manifest.v1+json\",\"n\":{n}}}");
    let child = push(&ecr, None, &manifest(1)).await;
    let index = format!("{{{schema}.index.v1+json\",\"manifests\":[{{\"digest\":\"{child}\"}}]}}");
    let index = push(&ecr, Some("v1"), &index).await;
    let delete =
        |id: ImageIdentifier| ecr.batch_delete_image().repository_name("lab").image_ids(id).send();
    let refused = delete(by_digest(&child)).await.unwrap();
    let code_of = refused.failures()[0].failure_code();
    assert_eq!(code_of, Some(&ImageFailureCode::ImageReferencedByManifestList));
    assert!(delete(by_digest(&index)).await.unwrap().failures().is_empty());
    assert!(delete(by_digest(&child)).await.unwrap().failures().is_empty());
    let gone = delete(by_digest(&child)).await.unwrap();
    assert_eq!(gone.failures()[0].failure_code(), Some(&ImageFailureCode::ImageNotFound));

    push(&ecr, Some("a"), &manifest(2)).await;
    push(&ecr, Some("b"), &manifest(2)).await;
    assert_eq!(
        code(ecr.delete_repository().repository_name("lab").send().await),
        "RepositoryNotEmptyException"
    );
    delete(by_tag("a")).await.unwrap();
    let left = ecr.describe_images().repository_name("lab").send().await.unwrap();
    assert_eq!(left.image_details()[0].image_tags(), ["b"]);
    delete(by_tag("b")).await.unwrap();
    let left = ecr.describe_images().repository_name("lab").send().await.unwrap();
    assert!(left.image_details().is_empty());
    ecr.delete_repository().repository_name("lab").send().await.unwrap();
    let gone = ecr.delete_repository().repository_name("lab").send().await;
    assert_eq!(code(gone), "RepositoryNotFoundException");
}
