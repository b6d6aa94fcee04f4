use super::*;

/// An empty account.
pub fn calm() -> Sandbox {
    Sandbox::builder().build()
}

#[tokio::test(start_paused = true)]
async fn every_service_answers_through_the_sdk() {
    let sandbox = calm();
    let config = sandbox.sdk_config("us-east-1");
    aws_sdk_s3::Client::new(&config).list_buckets().send().await.unwrap();
    aws_sdk_iam::Client::new(&config).list_roles().send().await.unwrap();
    aws_sdk_kms::Client::new(&config).list_keys().send().await.unwrap();
    aws_sdk_ecr::Client::new(&config).describe_repositories().send().await.unwrap();
    aws_sdk_eks::Client::new(&config).list_clusters().send().await.unwrap();
    aws_sdk_sagemaker::Client::new(&config).list_models().send().await.unwrap();
    aws_sdk_cloudwatchlogs::Client::new(&config).describe_log_groups().send().await.unwrap();
    aws_sdk_cloudtrail::Client::new(&config).list_trails().send().await.unwrap();
    let regions = aws_sdk_account::Client::new(&config).list_regions().send().await.unwrap();
    assert_eq!(regions.regions().len(), 17);
    let me = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    assert_eq!(me.account(), Some(ACCOUNT_ID));
    let calls: Vec<String> = sandbox
        .calls()
        .iter()
        .map(|call| format!("{:?} {}", call.service, call.operation))
        .collect();
    insta::assert_snapshot!(calls.join("\n"), @"");
}
