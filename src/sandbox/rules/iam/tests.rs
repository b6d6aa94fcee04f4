use aws_sdk_iam::Client;
use aws_sdk_iam::types::PolicyUsageType;

use crate::sandbox::Sandbox;
use crate::sandbox::tests::code;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;
const AWS: &str = "arn:aws:iam::aws:policy/AmazonS3FullAccess";

async fn role(iam: &Client, name: &str) {
    iam.create_role().role_name(name).assume_role_policy_document(TRUST).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_role_is_stripped_before_it_goes() {
    let iam = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    role(&iam, "r").await;
    iam.attach_role_policy().role_name("r").policy_arn(AWS).send().await.unwrap();
    iam.put_role_policy()
        .role_name("r")
        .policy_name("p")
        .policy_document(TRUST)
        .send()
        .await
        .unwrap();
    iam.create_instance_profile().instance_profile_name("ip").send().await.unwrap();
    let add = iam.add_role_to_instance_profile().instance_profile_name("ip").role_name("r");
    add.send().await.unwrap();
    let delete = || iam.delete_role().role_name("r").send();
    assert_eq!(code(delete().await), "DeleteConflict");
    iam.detach_role_policy().role_name("r").policy_arn(AWS).send().await.unwrap();
    assert_eq!(code(delete().await), "DeleteConflict");
    iam.delete_role_policy().role_name("r").policy_name("p").send().await.unwrap();
    assert_eq!(code(delete().await), "DeleteConflict");
    let profile = || iam.delete_instance_profile().instance_profile_name("ip").send();
    assert_eq!(code(profile().await), "DeleteConflict");
    let out = iam.remove_role_from_instance_profile().instance_profile_name("ip").role_name("r");
    out.send().await.unwrap();
    delete().await.unwrap();
    profile().await.unwrap();
    assert_eq!(code(iam.get_role().role_name("r").send().await), "NoSuchEntity");
}

#[tokio::test(start_paused = true)]
async fn a_policy_goes_when_nobody_has_it_and_its_versions_are_gone() {
    let iam = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    let made = iam.create_policy().policy_name("p").policy_document(TRUST).send().await.unwrap();
    let arn = made.policy.unwrap().arn.unwrap();
    let version = iam.create_policy_version().policy_arn(&arn).policy_document(TRUST);
    version.set_as_default(true).send().await.unwrap();
    role(&iam, "r").await;
    iam.put_role_permissions_boundary()
        .role_name("r")
        .permissions_boundary(&arn)
        .send()
        .await
        .unwrap();
    let delete = || iam.delete_policy().policy_arn(&arn).send();
    assert_eq!(code(delete().await), "DeleteConflict");
    let users = iam.list_entities_for_policy().policy_arn(&arn);
    let users =
        users.policy_usage_filter(PolicyUsageType::PermissionsBoundary).send().await.unwrap();
    assert_eq!(users.policy_roles()[0].role_name(), Some("r"));
    let seen = iam.get_policy().policy_arn(&arn).send().await.unwrap().policy.unwrap();
    assert_eq!((seen.attachment_count, seen.permissions_boundary_usage_count), (Some(0), Some(1)));
    iam.delete_role_permissions_boundary().role_name("r").send().await.unwrap();
    assert_eq!(code(delete().await), "DeleteConflict");
    iam.delete_policy_version().policy_arn(&arn).version_id("v1").send().await.unwrap();
    delete().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_details_are_whole_and_paged() {
    let iam = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    for n in 0..150 {
        role(&iam, &format!("r{n:03}")).await;
    }
    iam.attach_role_policy().role_name("r000").policy_arn(AWS).send().await.unwrap();
    iam.create_instance_profile().instance_profile_name("ip").send().await.unwrap();
    let add = iam.add_role_to_instance_profile().instance_profile_name("ip").role_name("r000");
    add.send().await.unwrap();
    let mut pages = iam.get_account_authorization_details().into_paginator().send();
    let mut roles = Vec::new();
    while let Some(page) = pages.next().await {
        roles.extend(page.unwrap().role_detail_list.unwrap_or_default());
    }
    assert_eq!(roles.len(), 150);
    assert_eq!(roles[0].attached_managed_policies()[0].policy_arn(), Some(AWS));
    assert_eq!(roles[0].instance_profile_list()[0].instance_profile_name(), "ip");
    assert_eq!(roles[0].assume_role_policy_document(), Some(encoded().as_str()));
}

fn encoded() -> String {
    percent_encoding::utf8_percent_encode(TRUST, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_service_linked_role_is_not_touched() {
    let iam = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    let made = iam.create_service_linked_role().aws_service_name("eks.amazonaws.com").send().await;
    let name = made.unwrap().role.unwrap().role_name;
    assert_eq!(code(iam.delete_role().role_name(name).send().await), "UnmodifiableEntity");
}

#[tokio::test(start_paused = true)]
async fn tags_come_back_in_the_script_that_they_were_written_in() {
    let iam = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    let tag =
        aws_sdk_iam::types::Tag::builder().key("Người").value("数据集 & más").build().unwrap();
    let call = iam.create_role().role_name("r").assume_role_policy_document(TRUST);
    call.tags(tag.clone()).send().await.unwrap();
    let answer = iam.get_role().role_name("r").send().await.unwrap();
    assert_eq!(answer.role.unwrap().tags(), [tag]);
}
