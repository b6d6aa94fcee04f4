use aws_sdk_kms::Client;

use crate::sandbox::Sandbox;
use crate::sandbox::tests::code;

#[tokio::test(start_paused = true)]
async fn a_key_is_scheduled_once_and_by_its_id() {
    let kms = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    let key = kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
    kms.create_alias().alias_name("alias/lab").target_key_id(&key).send().await.unwrap();
    let schedule =
        |id: &str| kms.schedule_key_deletion().key_id(id).pending_window_in_days(7).send();
    assert_eq!(code(schedule("alias/lab").await), "NotFoundException");
    schedule(&key).await.unwrap();
    assert_eq!(code(schedule(&key).await), "KMSInvalidStateException");
    kms.delete_alias().alias_name("alias/lab").send().await.unwrap();
    let gone = kms.delete_alias().alias_name("alias/lab").send().await;
    assert_eq!(code(gone), "NotFoundException");
    kms.cancel_key_deletion().key_id(&key).send().await.unwrap();
    schedule(&key).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn lists_have_pages() {
    let kms = Client::new(&Sandbox::builder().build().sdk_config("us-east-1"));
    let key = kms.create_key().send().await.unwrap().key_metadata.unwrap();
    for n in 0..60 {
        let alias = format!("alias/a{n:02}");
        kms.create_alias().alias_name(alias).target_key_id(&key.key_id).send().await.unwrap();
    }
    let first = kms.list_aliases().send().await.unwrap();
    assert_eq!((first.aliases().len(), first.truncated), (50, true));
    let second = kms.list_aliases().marker(first.next_marker.unwrap()).send().await.unwrap();
    assert_eq!(second.aliases().len(), 10);
    let grant = kms.create_grant().key_id(&key.key_id).grantee_principal("arn:aws:iam::1:role/r");
    let grant = grant.operations(aws_sdk_kms::types::GrantOperation::Decrypt).send().await.unwrap();
    let grants = kms.list_grants().key_id("alias/a00").send().await.unwrap();
    assert_eq!(grants.grants()[0].grant_id(), grant.grant_id());
    kms.revoke_grant()
        .key_id(&key.key_id)
        .grant_id(grant.grant_id().unwrap())
        .send()
        .await
        .unwrap();
    let again = kms.revoke_grant().key_id(&key.key_id).grant_id(grant.grant_id().unwrap());
    assert_eq!(code(again.send().await), "InvalidGrantIdException");
}

#[tokio::test(start_paused = true)]
async fn a_multi_region_key_knows_its_replicas() {
    let sandbox = Sandbox::builder().build();
    let kms = Client::new(&sandbox.sdk_config("us-east-1"));
    let away = Client::new(&sandbox.sdk_config("eu-west-1"));
    let plain = kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
    let refused = kms.replicate_key().key_id(&plain).replica_region("eu-west-1").send().await;
    assert_eq!(code(refused), "UnsupportedOperationException");
    let key = kms.create_key().multi_region(true).send().await.unwrap().key_metadata.unwrap();
    let key = key.key_id;
    kms.replicate_key().key_id(&key).replica_region("eu-west-1").send().await.unwrap();
    for (client, kind) in [(&kms, "PRIMARY"), (&away, "REPLICA")] {
        let seen = client.describe_key().key_id(&key).send().await.unwrap().key_metadata.unwrap();
        let many = seen.multi_region_configuration.unwrap();
        assert_eq!(many.multi_region_key_type().map(|kind| kind.as_str()), Some(kind));
        assert_eq!(many.primary_key().unwrap().region(), Some("us-east-1"));
        assert_eq!(many.replica_keys()[0].region(), Some("eu-west-1"));
    }
    assert!(
        sandbox.amend_key("us-east-1", &plain, serde_json::json!({"key_manager": "AWS"})).await
    );
    let seen = kms.describe_key().key_id(&plain).send().await.unwrap().key_metadata.unwrap();
    assert_eq!(seen.key_manager().map(|by| by.as_str()), Some("AWS"));
}
