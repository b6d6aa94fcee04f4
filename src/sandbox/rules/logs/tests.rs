use aws_sdk_cloudwatchlogs::Client;

use crate::sandbox::Sandbox;
use crate::sandbox::tests::code;

#[tokio::test(start_paused = true)]
async fn a_protected_group_stays_and_lists_are_whole() {
    let logs = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    for n in 0..60 {
        let made = logs.create_log_group().log_group_name(format!("/lab/{n:02}"));
        made.kms_key_id("arn:aws:kms:us-east-1:1:key/k").send().await.unwrap();
    }
    let first = logs.describe_log_groups().send().await.unwrap();
    assert_eq!((first.log_groups().len(), first.next_token().is_some()), (50, true));
    assert_eq!(first.log_groups()[0].kms_key_id(), Some("arn:aws:kms:us-east-1:1:key/k"));
    let protect = |on| {
        let call = logs.put_log_group_deletion_protection().log_group_identifier("/lab/00");
        call.deletion_protection_enabled(on).send()
    };
    protect(true).await.unwrap();
    let delete = || logs.delete_log_group().log_group_name("/lab/00").send();
    assert_eq!(code(delete().await), "ValidationException");
    protect(false).await.unwrap();
    delete().await.unwrap();
    assert_eq!(code(delete().await), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn filters_go_with_their_group() {
    let logs = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    let make = |name: &str| logs.create_log_group().log_group_name(name).send();
    let filter = |name: &str| {
        let call = logs.put_subscription_filter().log_group_name(name).filter_name("all");
        call.filter_pattern("").destination_arn("arn:aws:lambda:us-east-1:1:function:f").send()
    };
    let filters = |name: &str| logs.describe_subscription_filters().log_group_name(name).send();
    for name in ["lab", "other"] {
        make(name).await.unwrap();
        filter(name).await.unwrap();
    }
    logs.delete_log_group().log_group_name("lab").send().await.unwrap();
    make("lab").await.unwrap();
    assert!(filters("lab").await.unwrap().subscription_filters().is_empty());
    assert_eq!(filters("other").await.unwrap().subscription_filters().len(), 1);
}
