//! What other services' logs are delivered into, and what a registry makes by itself.

use aws_sdk_cloudwatchlogs::operation::create_scheduled_query::builders::CreateScheduledQueryFluentBuilder;
use aws_sdk_cloudwatchlogs::types::{
    DeliveryDestinationConfiguration, DestinationConfiguration, PolicyType, QueryLanguage,
    S3Configuration,
};
use aws_sdk_ecr::types::{EncryptionConfigurationForRepositoryCreationTemplate, RctAppliedFor};
use dismantle::aws::kinds::iam::ROLE;
use dismantle::aws::kinds::{ecr, kms, logs};
use dismantle::resource::ResourceId;
use dismantle::sandbox::ACCOUNT_ID;
use serde_json::{Value, json};

use super::yard::{BoxError, HOME, Yard, at_home, global, role_arn};
use super::{Evidence, Expect, Pair, Rule, built};

const STREAM: &str = "arn:aws:kinesis:us-east-1:842676018087:stream/their-stream";

/// A row about a thing of the lab's, and the block that makes both it and its neighbour.
macro_rules! used {
    ($name:literal, $words:literal, $source:literal, |$yard:ident| $pair:expr) => {
        Rule {
            name: $name,
            source: $source,
            build: |$yard| built(async move { $pair }),
            expect: Expect::Blocked($words),
            evidence: Evidence::Uses,
        }
    };
}

/// A role of the lab's, by its resource and its ARN.
async fn role(yard: &Yard) -> Result<(ResourceId, String), BoxError> {
    let name = yard.lab("role");
    let arn = yard.role(&name).await?;
    Ok((global(ROLE, name), arn))
}

/// Somebody else's delivery destination.
async fn destination(yard: &Yard, stands_for: &str) -> Result<ResourceId, BoxError> {
    let to = DeliveryDestinationConfiguration::builder().destination_resource_arn(stands_for);
    let name = yard.their("vended");
    let put = yard.logs().put_delivery_destination().name(&name);
    put.delivery_destination_configuration(to.build()?).send().await?;
    Ok(at_home(logs::DELIVERY_DESTINATION, name))
}

/// Somebody else's query, which is still to be sent.
fn query(yard: &Yard, name: &str, role: &str) -> CreateScheduledQueryFluentBuilder {
    let create = yard.logs().create_scheduled_query().name(name).execution_role_arn(role);
    let create = create.query_language(QueryLanguage::Cwli).query_string("fields @message");
    create.schedule_expression("cron(0 1 * * ? *)")
}

/// A data protection policy that writes down what it finds.
fn audit(to: &Value) -> String {
    let operation = json!({ "Audit": { "FindingsDestination": to } });
    let statement = json!({ "Sid": "audit", "Operation": operation, "DataIdentifier":
        ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"] });
    json!({ "Name": "audit", "Version": "2021-06-01", "Statement": [statement] }).to_string()
}

/// A policy of somebody else's for all log groups.
async fn policy(yard: &Yard, sort: PolicyType, document: String) -> Result<ResourceId, BoxError> {
    let name = yard.their("policy");
    let id = at_home(logs::ACCOUNT_POLICY, format!("{}/{name}", sort.as_str()));
    let put = yard.logs().put_account_policy().policy_name(name).policy_type(sort);
    put.policy_document(document).send().await?;
    Ok(id)
}

pub const RULES: &[Rule] = &[
    used!(
        "a role as which a foreign destination hands logs on stays",
        "delivery role",
        "CloudWatch Logs API reference, PutDestination, roleArn: to call PutRecord on the stream",
        |yard| {
            let (lab, arn) = role(&yard).await?;
            let name = yard.their("destination");
            let put = yard.logs().put_destination().destination_name(&name);
            put.target_arn(STREAM).role_arn(arn).send().await?;
            Ok(Pair::of(lab, at_home(logs::DESTINATION, name)))
        }
    ),
    used!(
        "a role as which all log groups are subscribed stays",
        "subscription role",
        "CloudWatch Logs API reference, PutAccountPolicy, SUBSCRIPTION_FILTER_POLICY: RoleArn",
        |yard| {
            let (lab, arn) = role(&yard).await?;
            let document = json!({ "DestinationArn": STREAM, "RoleArn": arn, "FilterPattern": "" });
            let sort = PolicyType::SubscriptionFilterPolicy;
            Ok(Pair::of(lab, policy(&yard, sort, document.to_string()).await?))
        }
    ),
    used!(
        "a role as which traces are delivered stays",
        "delivery role",
        "CloudWatch Logs API reference, DeliveryDestination, roleArn: the role that it assumes",
        |yard| {
            let (lab, arn) = role(&yard).await?;
            let name = yard.their("traces");
            let put = yard.logs().put_delivery_destination().name(&name).role_arn(arn);
            put.send().await?;
            Ok(Pair::of(lab, at_home(logs::DELIVERY_DESTINATION, name)))
        }
    ),
    used!(
        "a bucket that a service's logs are delivered into stays",
        "delivery destination",
        "CloudWatch Logs API reference, DeliveryDestinationConfiguration: the ARN that is stood for",
        |yard| {
            let name = yard.lab("bucket");
            let bucket = yard.bucket(&name).await?;
            Ok(Pair::of(bucket, destination(&yard, &format!("arn:aws:s3:::{name}/kb")).await?))
        }
    ),
    used!(
        "a log group that a service's logs are delivered into stays",
        "delivery destination",
        "CloudWatch Logs user guide, Enable logging from AWS services: delivery to a log group",
        |yard| {
            let name = yard.lab("group");
            let group = yard.log_group(&name, None).await?;
            let arn = format!("arn:aws:logs:{HOME}:{ACCOUNT_ID}:log-group:{name}:*");
            let theirs = destination(&yard, &arn).await?;
            let source = yard.their("source");
            let put = yard.logs().put_delivery_source().name(&source).log_type("APPLICATION_LOGS");
            let sender = format!("arn:aws:bedrock:{HOME}:{ACCOUNT_ID}:knowledge-base/KB1");
            put.resource_arn(sender).send().await?;
            let to = format!("arn:aws:logs:{HOME}:{ACCOUNT_ID}:delivery-destination:{}", theirs.id);
            let create = yard.logs().create_delivery().delivery_source_name(&source);
            let made = create.delivery_destination_arn(to).send().await?.delivery;
            let id = made.and_then(|made| made.id).ok_or("no id in the answer")?;
            let source = at_home(logs::DELIVERY_SOURCE, source);
            Ok(Pair::of(group, theirs).and(source).and(at_home(logs::DELIVERY, id)))
        }
    ),
    used!(
        "a bucket into which the account's data protection writes stays",
        "findings destination",
        "CloudWatch Logs API reference, PutAccountPolicy, DATA_PROTECTION_POLICY: \
         FindingsDestination",
        |yard| {
            let name = yard.lab("bucket");
            let bucket = yard.bucket(&name).await?;
            let document = audit(&json!({ "S3": { "Bucket": name } }));
            Ok(Pair::of(bucket, policy(&yard, PolicyType::DataProtectionPolicy, document).await?))
        }
    ),
    used!(
        "a log group into which a foreign group's data protection writes stays",
        "findings destination",
        "CloudWatch Logs API reference, PutDataProtectionPolicy: the destination must exist already",
        |yard| {
            let name = yard.lab("group");
            let group = yard.log_group(&name, None).await?;
            let theirs = yard.log_group(&yard.their("group"), None).await?;
            let put = yard.logs().put_data_protection_policy().log_group_identifier(&theirs.id);
            let document = audit(&json!({ "CloudWatchLogs": { "LogGroup": name } }));
            put.policy_document(document).send().await?;
            Ok(Pair::of(group, theirs))
        }
    ),
    used!(
        "a role as which a foreign query runs by the clock stays",
        "execution role",
        "CloudWatch Logs API reference, CreateScheduledQuery, executionRoleArn",
        |yard| {
            let (lab, arn) = role(&yard).await?;
            let name = yard.their("query");
            query(&yard, &name, &arn).send().await?;
            Ok(Pair::of(lab, at_home(logs::SCHEDULED_QUERY, name)))
        }
    ),
    used!(
        "a bucket into which a foreign query writes stays",
        "destination bucket",
        "CloudWatch Logs API reference, S3Configuration, destinationIdentifier",
        |yard| {
            let (bucket, name) = (yard.lab("bucket"), yard.their("query"));
            let lab = yard.bucket(&bucket).await?;
            let writer = role_arn(&yard.their("writer"));
            let s3 = S3Configuration::builder().role_arn(&writer);
            let s3 = s3.destination_identifier(format!("s3://{bucket}/daily")).build()?;
            let to = DestinationConfiguration::builder().s3_configuration(s3).build();
            query(&yard, &name, &writer).destination_configuration(to).send().await?;
            Ok(Pair::of(lab, at_home(logs::SCHEDULED_QUERY, name)))
        }
    ),
    used!(
        "a log group that a foreign query reads stays",
        "queried log group",
        "CloudWatch Logs API reference, CreateScheduledQuery, logGroupIdentifiers",
        |yard| {
            let (group, name) = (yard.lab("group"), yard.their("query"));
            let lab = yard.log_group(&group, None).await?;
            let query = query(&yard, &name, &role_arn(&yard.their("runner")));
            query.log_group_identifiers(group).send().await?;
            Ok(Pair::of(lab, at_home(logs::SCHEDULED_QUERY, name)))
        }
    ),
    used!(
        "a key with which a foreign anomaly detector writes stays",
        "encryption key",
        "CloudWatch Logs API reference, CreateLogAnomalyDetector, kmsKeyId",
        |yard| {
            let alias = format!("alias/{}", yard.lab("key"));
            let key = yard.key(&alias).await?;
            let theirs = yard.log_group(&yard.their("group"), None).await?;
            let group = format!("arn:aws:logs:{HOME}:{ACCOUNT_ID}:log-group:{}", theirs.id);
            let create = yard.logs().create_log_anomaly_detector().kms_key_id(&key.arn);
            let made = create.log_group_arn_list(group).send().await?.anomaly_detector_arn;
            let made = made.ok_or("no ARN in the answer")?;
            let id = made.rsplit(':').next().unwrap_or_default();
            let theirs = at_home(logs::ANOMALY_DETECTOR, id);
            Ok(Pair::of(key.resource(), theirs).and(at_home(kms::ALIAS, alias)))
        }
    ),
    used!(
        "a role as which another registry's images are pulled through stays",
        "custom role",
        "ECR API reference, CreatePullThroughCacheRule, customRoleArn",
        |yard| {
            let (lab, arn) = role(&yard).await?;
            let prefix = yard.their("cache");
            let rule = yard.ecr().create_pull_through_cache_rule().ecr_repository_prefix(&prefix);
            let rule = rule.upstream_registry_url("111122223333.dkr.ecr.us-east-1.amazonaws.com");
            rule.custom_role_arn(arn).send().await?;
            Ok(Pair::of(lab, at_home(ecr::PULL_THROUGH_CACHE_RULE, prefix)))
        }
    ),
    used!(
        "a role as which a template makes repositories stays",
        "custom role",
        "ECR API reference, RepositoryCreationTemplate, customRoleArn: assumed by Amazon ECR",
        |yard| {
            let (lab, arn) = role(&yard).await?;
            let prefix = yard.their("made");
            let create = yard.ecr().create_repository_creation_template().prefix(&prefix);
            let create = create.applied_for(RctAppliedFor::PullThroughCache);
            create.custom_role_arn(arn).send().await?;
            Ok(Pair::of(lab, at_home(ecr::REPOSITORY_CREATION_TEMPLATE, prefix)))
        }
    ),
    used!(
        "a key with which a template's repositories are encrypted stays",
        "encryption key",
        "ECR API reference, EncryptionConfigurationForRepositoryCreationTemplate, kmsKey",
        |yard| {
            let key = yard.key(&format!("alias/{}", yard.lab("key"))).await?;
            let with = EncryptionConfigurationForRepositoryCreationTemplate::builder()
                .encryption_type("KMS".into())
                .kms_key(&key.arn)
                .build()?;
            let prefix = yard.their("made");
            let create = yard.ecr().create_repository_creation_template().prefix(&prefix);
            let create = create.applied_for(RctAppliedFor::Replication);
            create.encryption_configuration(with).send().await?;
            let theirs = at_home(ecr::REPOSITORY_CREATION_TEMPLATE, prefix);
            let alias = at_home(kms::ALIAS, format!("alias/{}", yard.lab("key")));
            Ok(Pair::of(key.resource(), theirs).and(alias))
        }
    ),
    Rule {
        name: "a repository that a cache rule makes again goes, and that is said",
        source: "ECR user guide, Sync an upstream registry: a pull creates the repository",
        build: |yard| {
            built(async move {
                let prefix = yard.lab("cache");
                let rule = yard.ecr().create_pull_through_cache_rule();
                let rule = rule.ecr_repository_prefix(&prefix);
                rule.upstream_registry_url("public.ecr.aws").send().await?;
                let name = format!("{prefix}/nginx");
                let rule = at_home(ecr::PULL_THROUGH_CACHE_RULE, prefix);
                Ok(Pair::of(yard.repository(&name, None).await?, rule))
            })
        },
        expect: Expect::Goes("makes it again with the next pull"),
        evidence: Evidence::Nothing,
    },
];
