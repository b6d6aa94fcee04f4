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

/// What a small lab leaves in the account.
async fn world(seed: u64) -> serde_json::Value {
    let sandbox = Sandbox::builder().seed(seed).build();
    let config = sandbox.sdk_config("us-east-1");
    let iam = aws_sdk_iam::Client::new(&config);
    let role = iam.create_role().role_name("r").assume_role_policy_document("{}");
    let made = role.send().await.unwrap().role.unwrap();
    let seen = iam.get_role().role_name("r").send().await.unwrap().role.unwrap();
    assert_eq!(made.role_id(), seen.role_id());
    assert_eq!(made.create_date(), seen.create_date());
    let now = sandbox.clock().now().as_second();
    assert!((now - seen.create_date().secs()).abs() < 5);
    let kms = aws_sdk_kms::Client::new(&config);
    let key = kms.create_key().send().await.unwrap().key_metadata.unwrap();
    let seen = kms.describe_key().key_id(key.key_id()).send().await.unwrap().key_metadata.unwrap();
    assert_eq!(seen.creation_date().unwrap().secs(), key.creation_date().unwrap().secs());
    kms.schedule_key_deletion()
        .key_id(key.key_id())
        .pending_window_in_days(7)
        .send()
        .await
        .unwrap();
    let seen = kms.describe_key().key_id(key.key_id()).send().await.unwrap().key_metadata.unwrap();
    assert!((seen.deletion_date().unwrap().secs() - now - 7 * 86_400).abs() < 5);
    aws_sdk_ecr::Client::new(&config)
        .create_repository()
        .repository_name("x")
        .send()
        .await
        .unwrap();
    sandbox.snapshot().await
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_account() {
    let first = world(7).await;
    assert_eq!(first.to_string(), world(7).await.to_string());
    assert_ne!(first.to_string(), world(8).await.to_string());
}

#[tokio::test(start_paused = true)]
async fn the_weather_strikes_where_it_is_told() {
    let weather = Weather::aws().with_nth(Service::Iam, "ListRoles", 1, Fault::Denied).with_nth(
        Service::Iam,
        "ListUsers",
        1,
        Fault::Throttle,
    );
    let sandbox = Sandbox::builder().weather(weather).build();
    let iam = aws_sdk_iam::Client::new(&sandbox.sdk_config("us-east-1"));
    assert_eq!(code(iam.list_roles().send().await), "AccessDenied");
    iam.list_roles().send().await.unwrap();
    assert_eq!(code(iam.list_users().send().await), "Throttling");
    sandbox.set_weather(Weather::calm().killing_at(2, When::After));
    let mut killed = sandbox.killed();
    iam.list_roles().send().await.unwrap();
    tokio::select! {
        biased;
        _ = iam.create_role().role_name("r").assume_role_policy_document("{}").send() => panic!(),
        dead = killed.wait_for(|dead| *dead) => assert!(*dead.unwrap()),
    }
    sandbox.set_weather(Weather::calm());
    iam.get_role().role_name("r").send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_key_is_good_until_it_expires_and_a_night_passes_at_once() {
    let sandbox = Sandbox::builder().build();
    let config = sandbox.sdk_config("us-east-1");
    let (begun, awake) = (sandbox.clock().now(), tokio::time::Instant::now());
    sandbox.expire(ACCESS_KEY_ID, begun + SignedDuration::from_hours(1));
    aws_sdk_iam::Client::new(&config).list_roles().send().await.unwrap();
    sandbox.skip(SignedDuration::from_hours(2));
    assert!(sandbox.clock().now() >= begun + SignedDuration::from_hours(2));
    assert!(awake.elapsed().as_secs() < 1);
    let refused = [
        code(aws_sdk_iam::Client::new(&config).list_roles().send().await),
        code(aws_sdk_s3::Client::new(&config).list_buckets().send().await),
        code(aws_sdk_kms::Client::new(&config).list_keys().send().await),
        code(aws_sdk_eks::Client::new(&config).list_clusters().send().await),
    ];
    let expected =
        ["ExpiredToken", "ExpiredToken", "ExpiredTokenException", "ExpiredTokenException"];
    assert_eq!(refused, expected);
    sandbox.expire(ACCESS_KEY_ID, Timestamp::MAX);
    aws_sdk_iam::Client::new(&config).list_roles().send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_key_of_another_account_comes_to_that_account() {
    let sandbox = Sandbox::builder().build();
    let other = Sandbox::builder().caller("arn:aws:iam::999999999999:user/ann").build();
    let config = sandbox.sdk_config("us-east-1");
    sandbox.key_of(ACCESS_KEY_ID, &other);
    let me = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    assert_eq!(me.account(), Some("999999999999"));
    let role = aws_sdk_iam::Client::new(&config).create_role().role_name("theirs");
    role.assume_role_policy_document("{}").send().await.unwrap();
    assert_eq!((sandbox.calls_made(), other.calls_made()), (0, 2));
}

#[tokio::test]
async fn the_same_account_answers_over_http() {
    let sandbox = Sandbox::builder().build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(server::serve(sandbox.clone(), listener, async {
        stopped.await.ok();
    }));
    let config = aws_types::SdkConfig::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::v2026_01_12())
        .region(aws_types::region::Region::new("us-east-1"))
        .credentials_provider(sandbox.credentials())
        .endpoint_url(url)
        .build();
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    s3.create_bucket().bucket("lab").send().await.unwrap();
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"body");
    s3.put_object().bucket("lab").key("a b/c").body(body).send().await.unwrap();
    let got = s3.get_object().bucket("lab").key("a b/c").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), "body".as_bytes());
    assert!(s3.head_bucket().bucket("none").send().await.is_err());
    aws_sdk_eks::Client::new(&config).list_clusters().send().await.unwrap();
    drop((s3, config));
    stop.send(()).ok();
    server.abort();
}

#[tokio::test(start_paused = true)]
async fn the_account_is_used_by_whom_and_where_it_is_told() {
    let root = "arn:aws:iam::842676018087:root";
    let sandbox = Sandbox::builder().regions(["us-east-1", "eu-west-1"]).caller(root).build();
    let config = sandbox.sdk_config("us-east-1");
    let regions = aws_sdk_account::Client::new(&config).list_regions().send().await.unwrap();
    assert_eq!(regions.regions().len(), 2);
    let me = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    assert_eq!(me.arn(), Some(root));
}
