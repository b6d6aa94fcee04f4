//! Every setting that a way back can bring, on things of the lab's: so that each call which
//! brings one is made.

use std::time::Duration;

use aws_sdk_cloudtrail::types::{
    ContextKeySelector, EventSelector, MaxEventSize, ReadWriteType, Type,
};
use aws_sdk_cloudwatchlogs::types::MetricTransformation;
use aws_sdk_iam::types::Tag;
use aws_sdk_s3::types::{
    AccelerateConfiguration, BucketAccelerateStatus, BucketLifecycleConfiguration,
    BucketLoggingStatus, BucketVersioningStatus, CorsConfiguration, CorsRule, DefaultRetention,
    Destination, EventBridgeConfiguration, ExpirationStatus, IndexDocument, LifecycleExpiration,
    LifecycleRule, LifecycleRuleFilter, LoggingEnabled, NotificationConfiguration,
    ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule,
    ObjectOwnership, Payer, PublicAccessBlockConfiguration, ReplicationConfiguration,
    ReplicationRule, ReplicationRuleStatus, RequestPaymentConfiguration, VersioningConfiguration,
    WebsiteConfiguration,
};
use aws_sdk_sagemaker::types::InstanceType;
use dismantle::sandbox::Sandbox;
use serde_json::json;

type Made = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// The lab's, by their prefix.
const SET: &str = "mlops-retail-prediction-dev-set";
const COPY: &str = "mlops-retail-prediction-dev-set-copy";
const ROLE: &str = "arn:aws:iam::842676018087:role/mlops-retail-prediction-dev-eks-cluster-role";

/// Longer than a notebook takes to come up, or to stop.
const NOTEBOOK: Duration = Duration::from_secs(1_800);

pub async fn make(sandbox: &Sandbox) -> Made {
    bucket(sandbox).await?;
    sharing(sandbox).await?;
    log_group(sandbox).await?;
    repository(sandbox).await?;
    provider(sandbox).await?;
    events(sandbox).await?;
    sagemaker(sandbox).await
}

fn versioned() -> VersioningConfiguration {
    VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build()
}

/// A bucket of which nothing is as in a new one.
async fn bucket(sandbox: &Sandbox) -> Made {
    let s3 = aws_sdk_s3::Client::new(&sandbox.sdk_config("us-east-1"));
    s3.create_bucket().bucket(COPY).send().await?;
    s3.put_bucket_versioning().bucket(COPY).versioning_configuration(versioned()).send().await?;
    let create = s3.create_bucket().bucket(SET).object_lock_enabled_for_bucket(true);
    create.object_ownership(ObjectOwnership::BucketOwnerPreferred).send().await?;

    let open = PublicAccessBlockConfiguration::builder().block_public_policy(true).build();
    let put = s3.put_public_access_block().bucket(SET);
    put.public_access_block_configuration(open).send().await?;
    let fast = AccelerateConfiguration::builder().status(BucketAccelerateStatus::Enabled).build();
    let put = s3.put_bucket_accelerate_configuration().bucket(SET);
    put.accelerate_configuration(fast).send().await?;
    let rule = CorsRule::builder().allowed_methods("GET").allowed_origins("https://shop.example");
    let cors = CorsConfiguration::builder().cors_rules(rule.build()?).build()?;
    s3.put_bucket_cors().bucket(SET).cors_configuration(cors).send().await?;
    let index = IndexDocument::builder().suffix("index.html").build()?;
    let website = WebsiteConfiguration::builder().index_document(index).build();
    s3.put_bucket_website().bucket(SET).website_configuration(website).send().await?;
    let payer = RequestPaymentConfiguration::builder().payer(Payer::Requester).build()?;
    let put = s3.put_bucket_request_payment().bucket(SET);
    put.request_payment_configuration(payer).send().await?;
    let days = LifecycleExpiration::builder().days(30).build();
    let rule = LifecycleRule::builder().id("old").status(ExpirationStatus::Enabled);
    let all = LifecycleRuleFilter::builder().prefix("").build();
    let rule = rule.filter(all).expiration(days).build()?;
    let lifecycle = BucketLifecycleConfiguration::builder().rules(rule).build()?;
    let put = s3.put_bucket_lifecycle_configuration().bucket(SET);
    put.lifecycle_configuration(lifecycle).send().await?;
    let keep = DefaultRetention::builder().mode(ObjectLockRetentionMode::Governance).days(1);
    let keep = ObjectLockRule::builder().default_retention(keep.build()).build();
    let lock = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled);
    let put = s3.put_object_lock_configuration().bucket(SET);
    put.object_lock_configuration(lock.rule(keep).build()).send().await?;
    Ok(())
}

/// What names other things.
async fn sharing(sandbox: &Sandbox) -> Made {
    let s3 = aws_sdk_s3::Client::new(&sandbox.sdk_config("us-east-1"));
    let logs = LoggingEnabled::builder().target_bucket(COPY).target_prefix("access/").build()?;
    let logging = BucketLoggingStatus::builder().logging_enabled(logs).build();
    s3.put_bucket_logging().bucket(SET).bucket_logging_status(logging).send().await?;
    let bridge = EventBridgeConfiguration::builder().build();
    let told = NotificationConfiguration::builder().event_bridge_configuration(bridge).build();
    let put = s3.put_bucket_notification_configuration().bucket(SET);
    put.notification_configuration(told).send().await?;
    let there = Destination::builder().bucket(format!("arn:aws:s3:::{COPY}")).build()?;
    let rule = ReplicationRule::builder().id("all").status(ReplicationRuleStatus::Enabled);
    let copies = ReplicationConfiguration::builder().role(ROLE);
    let copies = copies.rules(rule.destination(there).build()?).build()?;
    let put = s3.put_bucket_replication().bucket(SET);
    put.replication_configuration(copies).send().await?;
    Ok(())
}

async fn log_group(sandbox: &Sandbox) -> Made {
    let logs = aws_sdk_cloudwatchlogs::Client::new(&sandbox.sdk_config("us-east-1"));
    logs.create_log_group().log_group_name(SET).send().await?;
    let errors = MetricTransformation::builder().metric_name("errors").metric_namespace("shop");
    let filter = logs.put_metric_filter().log_group_name(SET).filter_name("errors");
    let filter = filter.filter_pattern("ERROR");
    filter.metric_transformations(errors.metric_value("1").build()?).send().await?;
    let filter = logs.put_subscription_filter().log_group_name(SET).filter_name("all");
    let filter = filter.filter_pattern("");
    let function = "arn:aws:lambda:us-east-1:842676018087:function:shop-logs";
    filter.destination_arn(function).send().await?;
    let email = "arn:aws:dataprotection::aws:data-identifier/EmailAddress";
    let policy = json!({ "Name": "shop", "Version": "2021-06-01", "Statement": [
        { "Sid": "audit", "DataIdentifier": [email],
          "Operation": { "Audit": { "FindingsDestination": {} } } },
        { "Sid": "mask", "DataIdentifier": [email],
          "Operation": { "Deidentify": { "MaskConfig": {} } } },
    ] });
    let put = logs.put_data_protection_policy().log_group_identifier(SET);
    put.policy_document(policy.to_string()).send().await?;
    let put = logs.put_index_policy().log_group_identifier(SET);
    put.policy_document(json!({ "Fields": ["requestId"] }).to_string()).send().await?;
    let arn = format!("arn:aws:logs:us-east-1:842676018087:log-group:{SET}");
    let open = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Principal": { "Service": "delivery.logs.amazonaws.com" },
        "Action": "logs:PutLogEvents", "Resource": format!("{arn}:*") }] });
    let put = logs.put_resource_policy().resource_arn(&arn);
    put.policy_document(open.to_string()).send().await?;
    Ok(())
}

async fn repository(sandbox: &Sandbox) -> Made {
    let ecr = aws_sdk_ecr::Client::new(&sandbox.sdk_config("ap-southeast-1"));
    let old = json!({ "rules": [{ "rulePriority": 1, "action": { "type": "expire" }, "selection":
        { "tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 9 } }] });
    let put = ecr.put_lifecycle_policy().repository_name("mlops/retail-api");
    put.lifecycle_policy_text(old.to_string()).send().await?;
    let pull = json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "pull", "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::842676018087:root" },
        "Action": "ecr:BatchGetImage" }] });
    let set = ecr.set_repository_policy().repository_name("mlops/retail-api");
    set.policy_text(pull.to_string()).send().await?;
    Ok(())
}

/// One that belongs to no cluster, whose issuer would be another one by then.
async fn provider(sandbox: &Sandbox) -> Made {
    let iam = aws_sdk_iam::Client::new(&sandbox.sdk_config("us-east-1"));
    let lab = Tag::builder().key("dismantle:lab").value("mlops-retail-prediction-dev").build()?;
    let create = iam.create_open_id_connect_provider().url("https://token.shop.example");
    create.client_id_list("sts.amazonaws.com").tags(lab).send().await?;
    Ok(())
}

async fn events(sandbox: &Sandbox) -> Made {
    let cloudtrail = aws_sdk_cloudtrail::Client::new(&sandbox.sdk_config("us-east-1"));
    let writes = EventSelector::builder().read_write_type(ReadWriteType::WriteOnly);
    let put = cloudtrail.put_event_selectors().trail_name("mlops-retail-prediction-audit-trail");
    put.event_selectors(writes.include_management_events(true).build()).send().await?;
    let tags = ContextKeySelector::builder().r#type(Type::TagContext).equals("Project").build()?;
    let put = cloudtrail.put_event_configuration().context_key_selectors(tags);
    let put = put.trail_name("mlops-retail-prediction-audit-trail");
    put.max_event_size(MaxEventSize::Large).send().await?;
    Ok(())
}

/// A group with a policy, and a notebook that somebody has stopped.
async fn sagemaker(sandbox: &Sandbox) -> Made {
    let sagemaker = aws_sdk_sagemaker::Client::new(&sandbox.sdk_config("us-east-1"));
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "read",
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
        "Action": "sagemaker:DescribeModelPackageGroup",
        "Resource": "arn:aws:sagemaker:us-east-1:842676018087:model-package-group/retail-*" }] });
    let put = sagemaker.put_model_package_group_policy();
    let put = put.model_package_group_name("retail-forecast-models");
    put.resource_policy(policy.to_string()).send().await?;
    let notebook = sagemaker.create_notebook_instance().notebook_instance_name("retail-idle");
    notebook.instance_type(InstanceType::MlT3Medium).role_arn(ROLE).send().await?;
    tokio::time::sleep(NOTEBOOK).await;
    sagemaker.stop_notebook_instance().notebook_instance_name("retail-idle").send().await?;
    tokio::time::sleep(NOTEBOOK).await;
    Ok(())
}
