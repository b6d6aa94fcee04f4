//! Through the real SDK, against the account in memory.

use aws_sdk_sagemaker::types::HubS3StorageConfig;
use serde_json::json;

use super::super::KINDS;
use crate::aws::kinds::{s3, sagemaker};
use crate::aws::{Aws, Session};
use crate::resource::{Kind, Resource};
use crate::sandbox::{ACCOUNT_ID, Sandbox};

fn account(sandbox: &Sandbox) -> Aws {
    Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1).account(ACCOUNT_ID, "aws")
}

async fn all(aws: &Aws, kind: Kind) -> Vec<Resource> {
    let code = KINDS.iter().find(|code| code.facts().kind == kind).unwrap();
    let listed = code.list(aws, &[]).await.unwrap();
    assert!(listed.incomplete.is_empty(), "{listed:?}");
    listed.resources
}

async fn hub(aws: &Aws, name: &str) {
    let store = HubS3StorageConfig::builder().s3_output_path("s3://lab-data/hub").build();
    let client = aws.sagemaker();
    let hub = client.create_hub().hub_name(name).hub_description("models of ours");
    hub.s3_storage_config(store).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn hubs_are_read_to_the_last_page_and_awss_own_is_none_of_the_accounts() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    for number in 0..101 {
        hub(&aws, &format!("hub-{number}")).await;
    }
    hub(&aws, "SageMakerPublicHub").await;
    let public = json!({ "HubArn": "arn:aws:sagemaker:us-east-1:aws:hub/SageMakerPublicHub" });
    assert!(sandbox.amend("sagemaker:hub", "us-east-1", "SageMakerPublicHub", public));
    let before = sandbox.calls_made();
    let hubs = all(&aws, sagemaker::HUB).await;
    let calls = sandbox.calls();
    let lists = calls.iter().filter(|call| call.number > before && call.operation == "ListHubs");
    assert_eq!((hubs.len(), lists.count()), (101, 2));
    assert!(hubs.iter().all(|hub| hub.uses.iter().any(|used| used.kind == s3::BUCKET)));
    assert!(hubs.iter().all(|hub| hub.record.is_null()), "nothing of it is kept");
}

#[tokio::test(start_paused = true)]
async fn a_card_is_read_without_its_words() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let client = aws.sagemaker();
    let card = client.create_model_card().model_card_name("shop");
    let card = card.model_card_status("Draft".into()).content("{\"intended_uses\": {}}");
    card.send().await.unwrap();
    let [card] = &all(&aws, sagemaker::MODEL_CARD).await[..] else { panic!("one card") };
    assert_eq!((card.unread.len(), &card.facts["status"][..]), (0, &["Draft".to_owned()][..]));
}
