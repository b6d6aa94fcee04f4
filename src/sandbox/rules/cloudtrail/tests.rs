use aws_sdk_cloudtrail::Client;

use crate::sandbox::Sandbox;
use crate::sandbox::tests::code;

#[tokio::test(start_paused = true)]
async fn a_trail_is_seen_everywhere_and_changed_at_home() {
    let sandbox = Sandbox::builder().build();
    let home = Client::new(&sandbox.sdk_config("us-east-1"));
    let away = Client::new(&sandbox.sdk_config("eu-west-1"));
    let made = home.create_trail().name("t").s3_bucket_name("b").is_multi_region_trail(true);
    let made = made.kms_key_id("alias/k").cloud_watch_logs_role_arn("arn:aws:iam::1:role/r");
    made.send().await.unwrap();
    home.start_logging().name("t").send().await.unwrap();
    let seen = away.describe_trails().send().await.unwrap().trail_list.unwrap();
    assert_eq!(seen[0].kms_key_id(), Some("alias/k"));
    assert_eq!(seen[0].home_region(), Some("us-east-1"));
    let own = away.describe_trails().include_shadow_trails(false).send().await.unwrap();
    assert!(own.trail_list().is_empty());
    let arn = seen[0].trail_arn().unwrap();
    let refused = away.delete_trail().name(arn).send().await;
    assert_eq!(code(refused), "InvalidHomeRegionException");
    assert_eq!(home.get_trail_status().name("t").send().await.unwrap().is_logging(), Some(true));
    home.stop_logging().name("t").send().await.unwrap();
    home.delete_trail().name("t").send().await.unwrap();
    assert_eq!(code(home.get_trail().name("t").send().await), "TrailNotFoundException");
}
