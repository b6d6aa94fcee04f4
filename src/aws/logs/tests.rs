//! Log groups through the real SDK, against the account in memory.

use serde_json::json;

use super::log_group::LogGroup;
use crate::aws::{Aws, Progress, RemovalOptions, ResourceKind, Session};
use crate::resource::{Action, Prep, Tags};
use crate::restore::differences;
use crate::sandbox::{ACCOUNT_ID, Sandbox};

const OPTIONS: RemovalOptions = RemovalOptions {
    pending_window_days: 7,
    bypass_governance_retention: false,
    delete_home_efs: false,
};

fn account(sandbox: &Sandbox) -> Aws {
    Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1).account(ACCOUNT_ID, "aws")
}

#[tokio::test(start_paused = true)]
async fn a_group_is_seen_tagged_freed_and_removed() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let client = aws.logs();
    let key = format!("arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/k");
    let made = client.create_log_group().log_group_name("/lab/api").kms_key_id(&key);
    made.tags("dismantle:keep", "").send().await.unwrap();
    let retention = client.put_retention_policy().log_group_name("/lab/api").retention_in_days(30);
    retention.send().await.unwrap();
    let role = format!("arn:aws:iam::{ACCOUNT_ID}:role/to-firehose");
    let subscribed = client.put_subscription_filter().log_group_name("/lab/api").filter_name("f");
    let subscribed = subscribed.filter_pattern("").role_arn(&role);
    let stream = format!("arn:aws:firehose:us-east-1:{ACCOUNT_ID}:deliverystream/s");
    subscribed.destination_arn(stream).send().await.unwrap();
    for n in 0..60 {
        let made = client.create_log_group().log_group_name(format!("/lab/api/{n:02}"));
        made.send().await.unwrap();
    }
    let protect = client.put_log_group_deletion_protection().log_group_identifier("/lab/api");
    protect.deletion_protection_enabled(true).send().await.unwrap();

    let listed = LogGroup.list(&aws, &[]).await.unwrap();
    assert_eq!((listed.incomplete, listed.resources.len()), (vec![], 61));
    let seen = &listed.resources[0];
    let arn = format!("arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/lab/api");
    assert_eq!((seen.id.id.as_str(), seen.arn.as_ref()), ("/lab/api", Some(&arn)));
    assert_eq!(seen.spellings, [format!("{arn}:*")]);
    assert_eq!(seen.facts["retention"], ["30"]);
    assert!(seen.tags.contains_key("dismantle:keep") && seen.created.is_some());
    let uses: Vec<_> = seen.uses.iter().map(|used| used.spelling.clone()).collect();
    assert_eq!(uses, [role, key]);
    assert!(seen.unread.is_empty(), "{:?}", seen.unread);
    assert!(seen.protections[0].liftable);

    let tags = Tags::from([("Project".to_owned(), "lab".to_owned())]);
    LogGroup.tag(&aws, seen, &tags).await.unwrap();
    let again = LogGroup.read(&aws, seen).await.unwrap().unwrap();
    assert_eq!((again.tags.len(), again.tags["Project"].as_str()), (2, "lab"));
    assert_eq!(again.record["subscriptionFilters"][0]["filterName"], "f");
    assert_eq!(again.differs_from(seen.pin.as_deref(), seen.created), None);

    let act = async |action| {
        LogGroup.act(&aws, seen, &Prep::new(action), &OPTIONS, &Progress::default()).await
    };
    act(Action::Delete).await.unwrap_err();
    act(Action::LiftProtection).await.unwrap();
    assert!(LogGroup.read(&aws, seen).await.unwrap().unwrap().protections.is_empty());
    act(Action::Delete).await.unwrap();
    assert_eq!(LogGroup.read(&aws, seen).await.unwrap(), None);
    assert!(act(Action::Delete).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_group_comes_back_with_its_policies() {
    let sandbox = Sandbox::builder().build();
    let aws = account(&sandbox);
    let client = aws.logs();
    client.create_log_group().log_group_name("lab").send().await.unwrap();
    let audit = r#"{"Statement":[{"Operation":{"Audit":{"FindingsDestination":{}}}}]}"#;
    let put = client.put_data_protection_policy().log_group_identifier("lab");
    put.policy_document(audit).send().await.unwrap();
    let put = client.put_index_policy().log_group_identifier("lab");
    put.policy_document(r#"{"Fields":["requestId"]}"#).send().await.unwrap();
    let arn = format!("arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:lab");
    let put = client.put_resource_policy().resource_arn(&arn);
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    put.policy_document(policy).send().await.unwrap();

    let seen = LogGroup.list(&aws, &[]).await.unwrap().resources.remove(0);
    let was = LogGroup.read(&aws, &seen).await.unwrap().unwrap();
    assert_eq!(was.record["indexPolicy"], r#"{"Fields":["requestId"]}"#);
    assert_eq!(
        (&was.record["resourcePolicy"], &was.record["unread"]),
        (&json!(policy), &json!(null))
    );
    let delete = Prep::new(Action::Delete);
    LogGroup.act(&aws, &was, &delete, &OPTIONS, &Progress::default()).await.unwrap();
    client.create_log_group().log_group_name("lab").send().await.unwrap();
    let bare = LogGroup.read(&aws, &was).await.unwrap().unwrap();
    let parts = ["dataProtectionPolicy", "indexPolicy", "resourcePolicy"];
    assert!(parts.iter().all(|part| bare.record[*part].is_null()), "{:#}", bare.record);
    LogGroup.act(&aws, &was, &delete, &OPTIONS, &Progress::default()).await.unwrap();

    for step in LogGroup.rebuild(&was).unwrap().steps {
        LogGroup.make(&aws, &was, &step).await.unwrap();
    }
    let now = LogGroup.read(&aws, &was).await.unwrap().unwrap();
    assert_eq!(differences(&was, &now), Vec::<String>::new());
    assert!(parts.iter().all(|part| !now.record[*part].is_null()), "{:#}", now.record);
}
