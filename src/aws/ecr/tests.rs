//! Repositories and images through the real SDK, against the account in memory.

use aws_sdk_ecr::types::{
    ImageTagMutability, ImageTagMutabilityExclusionFilter, ImageTagMutabilityExclusionFilterType,
};

use super::image::Image;
use super::repository::Repository;
use crate::aws::{Aws, Progress, RemovalOptions, ResourceKind, Session};
use crate::resource::{Action, Prep, Resource, Tags};
use crate::sandbox::{ACCOUNT_ID, Sandbox};

const OPTIONS: RemovalOptions = RemovalOptions {
    pending_window_days: 7,
    bypass_governance_retention: false,
    delete_home_efs: false,
};

fn account(sandbox: &Sandbox) -> Aws {
    Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1).account(ACCOUNT_ID, "aws")
}

async fn act(
    aws: &Aws,
    kind: &dyn ResourceKind,
    what: &Resource,
    step: Prep,
) -> Result<(), crate::aws::AwsError> {
    kind.act(aws, what, &step, &OPTIONS, &Progress::default()).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn images_lose_their_tags_and_go_before_their_repository() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let client = aws.ecr();
    client.create_repository().repository_name("lab/api").send().await.unwrap();
    for (manifest, tags) in [("{\"a\":1}", ["dev", "v1"]), ("{\"b\":1}", ["staging", "staging"])] {
        for tag in tags {
            let put = client.put_image().repository_name("lab/api").image_tag(tag);
            let _ = put.image_manifest(manifest).send().await;
        }
    }
    let repositories = Repository.list(&aws, &[]).await.unwrap().resources;
    let [repository] = &repositories[..] else { panic!("{repositories:?}") };
    let uri = format!("{ACCOUNT_ID}.dkr.ecr.us-east-1.amazonaws.com/lab/api");
    assert_eq!(repository.spellings, std::slice::from_ref(&uri));
    let tags = Tags::from([("Project".to_owned(), "lab".to_owned())]);
    Repository.tag(&aws, repository, &tags).await.unwrap();
    let again = Repository.read(&aws, repository).await.unwrap().unwrap();
    assert_eq!((again.tags["Project"].as_str(), again.unread), ("lab", vec![]));

    let images = Image.list(&aws, &repositories).await.unwrap().resources;
    let dev = images.iter().find(|one| one.spellings.contains(&format!("{uri}:dev"))).unwrap();
    assert_eq!(images.len(), 2);
    let refused = act(&aws, &Repository, repository, Prep::new(Action::Delete)).await;
    assert_eq!(refused.unwrap_err().code.as_deref(), Some("RepositoryNotEmptyException"));

    act(&aws, &Image, dev, Prep::of(Action::Untag, "dev")).await.unwrap();
    let again = Image.read(&aws, dev).await.unwrap().unwrap();
    assert_eq!(again.facts["tag"], ["v1"]);
    // A tag that somebody moved to another image is not taken off that one.
    act(&aws, &Image, dev, Prep::of(Action::Untag, "staging")).await.unwrap();
    assert_eq!(Image.list(&aws, &repositories).await.unwrap().resources.len(), 2);
    for image in &images {
        act(&aws, &Image, image, Prep::new(Action::Delete)).await.unwrap();
        assert_eq!(Image.read(&aws, image).await.unwrap(), None);
        let gone = act(&aws, &Image, image, Prep::new(Action::Delete)).await;
        assert!(gone.unwrap_err().is_not_found());
    }
    act(&aws, &Repository, repository, Prep::new(Action::Delete)).await.unwrap();
    assert_eq!(Repository.read(&aws, repository).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn what_an_index_names_is_not_untagged_and_goes_after_it() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let client = aws.ecr();
    client.create_repository().repository_name("lab/api").send().await.unwrap();
    let put =
        |manifest: String| client.put_image().repository_name("lab/api").image_manifest(manifest);
    let child = put("{\"layers\":[]}".to_owned()).image_tag("tmp").send().await.unwrap();
    let digest = child.image.unwrap().image_id.unwrap().image_digest.unwrap();
    let media = "application/vnd.oci.image.index.v1+json";
    let index = serde_json::json!({ "mediaType": media, "manifests": [{ "digest": digest }] });
    let put_index = put(index.to_string()).image_manifest_media_type(media);
    put_index.image_tag("latest").send().await.unwrap();
    put("{\"other\":1}".to_owned()).image_tag("tmp").send().await.unwrap();

    let repositories = Repository.list(&aws, &[]).await.unwrap().resources;
    let images = Image.list(&aws, &repositories).await.unwrap().resources;
    let child = images.iter().find(|one| one.id.id.ends_with(&digest)).unwrap();
    let index = images.iter().find(|one| !one.uses.is_empty()).unwrap();
    assert_eq!(index.uses[0].spelling, child.id.id);
    assert!(!child.facts.contains_key("tagged"));
    let again = Image.read(&aws, child).await.unwrap().unwrap();
    assert!(!again.facts.contains_key("tagged"));
    let refused = act(&aws, &Image, child, Prep::new(Action::Delete)).await.unwrap_err();
    assert_eq!(refused.class, crate::aws::Class::InUse);
}

#[tokio::test(start_paused = true)]
async fn a_repository_comes_back_with_its_settings() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let client = aws.ecr();
    let dev = ImageTagMutabilityExclusionFilter::builder()
        .filter_type(ImageTagMutabilityExclusionFilterType::Wildcard)
        .filter("dev*");
    let made = client.create_repository().repository_name("lab/api");
    let made = made.image_tag_mutability(ImageTagMutability::ImmutableWithExclusion);
    let made = made.image_tag_mutability_exclusion_filters(dev.build().unwrap());
    made.send().await.unwrap();
    let policy = client.set_repository_policy().repository_name("lab/api");
    policy.policy_text(r#"{"Version":"2012-10-17","Statement":[]}"#).send().await.unwrap();

    let seen = Repository.list(&aws, &[]).await.unwrap().resources.remove(0);
    let was = Repository.read(&aws, &seen).await.unwrap().unwrap();
    let filters = serde_json::json!([{ "filterType": "WILDCARD", "filter": "dev*" }]);
    assert_eq!(was.record["imageTagMutabilityExclusionFilters"], filters);
    act(&aws, &Repository, &was, Prep::new(Action::Delete)).await.unwrap();
    assert_eq!(Repository.read(&aws, &was).await.unwrap(), None);
    for step in Repository.rebuild(&was).unwrap().steps {
        Repository.make(&aws, &was, &step).await.unwrap();
    }
    let now = Repository.read(&aws, &was).await.unwrap().unwrap();
    assert_eq!(crate::restore::differences(&was, &now), Vec::<String>::new());
    assert_eq!(now.record["imageTagMutabilityExclusionFilters"], filters);
}
