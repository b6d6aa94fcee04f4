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

#[tokio::test(start_paused = true)]
async fn an_organisations_trail_is_for_its_management_account() {
    let sandbox = Sandbox::builder().build();
    let client = Client::new(&sandbox.sdk_config("us-east-1"));
    let made = client.create_trail().name("org").s3_bucket_name("b").is_organization_trail(true);
    made.send().await.unwrap();
    let arn = "arn:aws:cloudtrail:us-east-1:999999999999:trail/org";
    let members = serde_json::json!({ "TrailARN": arn });
    assert!(sandbox.amend("cloudtrail:trail", "us-east-1", "org", members));
    let seen = client.get_trail_status().name(arn).send().await.unwrap();
    assert_eq!(seen.is_logging(), Some(false));
    let refused = client.delete_trail().name(arn).send().await;
    assert_eq!(code(refused), "NotOrganizationMasterAccountException");
    let refused = client.stop_logging().name(arn).send().await;
    assert_eq!(code(refused), "NotOrganizationMasterAccountException");
}

#[tokio::test(start_paused = true)]
async fn a_store_waits_for_its_deletion_once_nothing_protects_it() {
    let sandbox = Sandbox::builder().build();
    let client = Client::new(&sandbox.sdk_config("us-east-1"));
    let made = client.create_event_data_store().name("lake").kms_key_id("alias/lake");
    let arn = made.send().await.unwrap().event_data_store_arn.unwrap();
    let federate = client.enable_federation().event_data_store(&arn);
    federate.federation_role_arn("arn:aws:iam::1:role/r").send().await.unwrap();
    let seen = || client.get_event_data_store().event_data_store(&arn).send();
    let store = seen().await.unwrap();
    assert_eq!(store.kms_key_id(), Some("alias/lake"));
    assert_eq!(store.federation_role_arn(), Some("arn:aws:iam::1:role/r"));
    let listed = client.list_event_data_stores().send().await.unwrap();
    assert_eq!(listed.event_data_stores()[0].event_data_store_arn(), Some(arn.as_str()));
    let delete = || client.delete_event_data_store().event_data_store(&arn).send();
    assert_eq!(code(delete().await), "EventDataStoreTerminationProtectedException");
    let lift = client.update_event_data_store().event_data_store(&arn);
    lift.termination_protection_enabled(false).send().await.unwrap();
    assert_eq!(code(delete().await), "EventDataStoreFederationEnabledException");

    let other = client.create_event_data_store().name("pond").termination_protection_enabled(false);
    let other = other.send().await.unwrap().event_data_store_arn.unwrap();
    let delete = || client.delete_event_data_store().event_data_store(&other).send();
    delete().await.unwrap();
    assert_eq!(code(delete().await), "InactiveEventDataStoreException");
    tokio::time::sleep(std::time::Duration::from_secs(8 * 86_400)).await;
    let gone = client.get_event_data_store().event_data_store(&other).send().await;
    assert_eq!(code(gone), "EventDataStoreNotFoundException");
}
