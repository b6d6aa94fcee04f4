//! Trails through the real SDK, against the account in memory.

use aws_sdk_cloudtrail::types::{
    AggregationConfiguration, ContextKeySelector, EventCategoryAggregation, MaxEventSize, Template,
    Type,
};

use super::trail::Trail;
use crate::aws::{Progress, RemovalOptions, ResourceKind, Session};
use crate::resource::{Action, Prep};
use crate::restore::differences;
use crate::sandbox::{ACCOUNT_ID, Sandbox};

const OPTIONS: RemovalOptions = RemovalOptions {
    pending_window_days: 7,
    bypass_governance_retention: false,
    delete_home_efs: false,
};

#[tokio::test(start_paused = true)]
async fn a_trail_comes_back_with_its_event_configuration() {
    let sandbox = Sandbox::builder().build();
    let aws = Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1);
    let aws = aws.account(ACCOUNT_ID, "aws");
    let client = aws.cloudtrail();
    aws.s3().create_bucket().bucket("logs").send().await.unwrap();
    client.create_trail().name("lab").s3_bucket_name("logs").send().await.unwrap();
    let seen = Trail.list(&aws, &[]).await.unwrap().resources.remove(0);
    let plain = Trail.read(&aws, &seen).await.unwrap().unwrap();
    assert!(plain.record["EventConfiguration"].is_null() && plain.record["unread"].is_null());

    let context = ContextKeySelector::builder().r#type(Type::TagContext).equals("Project");
    let sums = AggregationConfiguration::builder()
        .event_category(EventCategoryAggregation::Data)
        .templates(Template::ApiActivity);
    let put = client.put_event_configuration().trail_name("lab");
    let put = put.max_event_size(MaxEventSize::Large);
    let put = put.context_key_selectors(context.build().unwrap());
    put.aggregation_configurations(sums.build().unwrap()).send().await.unwrap();

    let was = Trail.read(&aws, &seen).await.unwrap().unwrap();
    assert_eq!(was.record["EventConfiguration"]["ContextKeySelectors"][0]["Equals"][0], "Project");
    let delete = Prep::new(Action::Delete);
    Trail.act(&aws, &was, &delete, &OPTIONS, &Progress::default()).await.unwrap();
    for step in Trail.rebuild(&was).unwrap().steps {
        Trail.make(&aws, &was, &step).await.unwrap();
    }
    let now = Trail.read(&aws, &was).await.unwrap().unwrap();
    assert_eq!(differences(&was, &now), Vec::<String>::new());
    assert!(now.record["EventConfiguration"].is_object());
}
