//! The real SDK against the account.

use super::*;

/// The error code of a call that was refused.
pub fn code<T, E, R>(
    result: Result<T, aws_smithy_runtime_api::client::result::SdkError<E, R>>,
) -> String
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata,
{
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => {
            error.as_service_error().and_then(|error| error.code()).unwrap_or("no code").to_owned()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_service_answers_through_the_sdk() {
    let sandbox = Sandbox::builder().build();
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
        .map(|call| format!("{} {} {:?}", call.service.as_str(), call.operation, call.status))
        .collect();
    insta::assert_snapshot!(calls.join("\n"), @r"
    s3 ListBuckets Some(200)
    iam ListRoles Some(200)
    kms ListKeys Some(200)
    ecr DescribeRepositories Some(200)
    eks ListClusters Some(200)
    sagemaker ListModels Some(200)
    logs DescribeLogGroups Some(200)
    cloudtrail ListTrails Some(200)
    account ListRegions Some(200)
    sts GetCallerIdentity Some(200)
    ");
}
