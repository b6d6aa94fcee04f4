//! A bucket's settings as S3 takes them, from the record that [`super::record`] wrote.

use aws_sdk_s3::types::*;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::operation::BuildError;
use serde_json::Value;

use crate::aws::record::{at, flag, list, number, texts};
use crate::resource::Tags;

/// A member that S3 wants is missing: the record is not one of ours.
pub type Built<T> = Result<T, BuildError>;

/// An empty text stays one: `Prefix: ""` means everything.
fn text(value: &Value, path: &str) -> Option<String> {
    at(value, path).as_str().map(str::to_owned)
}

fn word<T: for<'a> From<&'a str>>(value: &Value, path: &str) -> Option<T> {
    at(value, path).as_str().map(T::from)
}

fn part<T>(
    value: &Value,
    member: &str,
    build: impl FnOnce(&Value) -> Built<T>,
) -> Built<Option<T>> {
    match &value[member] {
        Value::Null => Ok(None),
        part => build(part).map(Some),
    }
}

fn each<T>(
    value: &Value,
    member: &str,
    build: impl Fn(&Value) -> Built<T>,
) -> Built<Option<Vec<T>>> {
    let items: Vec<T> = list(value, member).iter().map(build).collect::<Built<_>>()?;
    Ok((!items.is_empty()).then_some(items))
}

fn tag(value: &Value) -> Built<Tag> {
    Tag::builder().set_key(text(value, "Key")).set_value(text(value, "Value")).build()
}

pub fn tagging(tags: &Tags) -> Built<Tagging> {
    let one = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let set: Vec<Tag> = tags.iter().map(one).collect::<Built<_>>()?;
    Tagging::builder().set_tag_set(Some(set)).build()
}

pub fn versioning(value: &Value) -> Built<VersioningConfiguration> {
    Ok(VersioningConfiguration::builder().set_status(word(value, "Status")).build())
}

pub fn public_access(value: &Value) -> Built<PublicAccessBlockConfiguration> {
    Ok(PublicAccessBlockConfiguration::builder()
        .set_block_public_acls(flag(value, "BlockPublicAcls"))
        .set_ignore_public_acls(flag(value, "IgnorePublicAcls"))
        .set_block_public_policy(flag(value, "BlockPublicPolicy"))
        .set_restrict_public_buckets(flag(value, "RestrictPublicBuckets"))
        .build())
}

pub fn encryption(record: &Value, part: &str) -> Built<ServerSideEncryptionConfiguration> {
    let rule = |rule: &Value| -> Built<ServerSideEncryptionRule> {
        let by_default = self::part(rule, "ApplyServerSideEncryptionByDefault", |default| {
            ServerSideEncryptionByDefault::builder()
                .set_sse_algorithm(word(default, "SSEAlgorithm"))
                .set_kms_master_key_id(text(default, "KMSMasterKeyID"))
                .build()
        })?;
        Ok(ServerSideEncryptionRule::builder()
            .set_apply_server_side_encryption_by_default(by_default)
            .set_bucket_key_enabled(flag(rule, "BucketKeyEnabled"))
            .build())
    };
    ServerSideEncryptionConfiguration::builder().set_rules(each(record, part, rule)?).build()
}

pub fn object_lock(value: &Value) -> Built<ObjectLockConfiguration> {
    let rule = &value["Rule"]["DefaultRetention"];
    let retention = DefaultRetention::builder()
        .set_mode(word(rule, "Mode"))
        .set_days(number(rule, "Days"))
        .set_years(number(rule, "Years"))
        .build();
    let rule = ObjectLockRule::builder().default_retention(retention).build();
    Ok(ObjectLockConfiguration::builder()
        .set_object_lock_enabled(word(value, "ObjectLockEnabled"))
        .rule(rule)
        .build())
}

pub fn lifecycle(record: &Value, part: &str) -> Built<BucketLifecycleConfiguration> {
    BucketLifecycleConfiguration::builder().set_rules(each(record, part, lifecycle_rule)?).build()
}

fn lifecycle_rule(rule: &Value) -> Built<LifecycleRule> {
    let date = |value: &Value| {
        let text = value["Date"].as_str()?;
        DateTime::from_str(text, Format::DateTime).ok()
    };
    let transition = |step: &Value| -> Built<Transition> {
        Ok(Transition::builder()
            .set_date(date(step))
            .set_days(number(step, "Days"))
            .set_storage_class(word(step, "StorageClass"))
            .build())
    };
    let noncurrent = |step: &Value| -> Built<NoncurrentVersionTransition> {
        Ok(NoncurrentVersionTransition::builder()
            .set_noncurrent_days(number(step, "NoncurrentDays"))
            .set_storage_class(word(step, "StorageClass"))
            .set_newer_noncurrent_versions(number(step, "NewerNoncurrentVersions"))
            .build())
    };
    let expiration = part(rule, "Expiration", |end| {
        Ok(LifecycleExpiration::builder()
            .set_date(date(end))
            .set_days(number(end, "Days"))
            .set_expired_object_delete_marker(flag(end, "ExpiredObjectDeleteMarker"))
            .build())
    })?;
    let noncurrent_end = part(rule, "NoncurrentVersionExpiration", |end| {
        Ok(NoncurrentVersionExpiration::builder()
            .set_noncurrent_days(number(end, "NoncurrentDays"))
            .set_newer_noncurrent_versions(number(end, "NewerNoncurrentVersions"))
            .build())
    })?;
    let abort = part(rule, "AbortIncompleteMultipartUpload", |abort| {
        Ok(AbortIncompleteMultipartUpload::builder()
            .set_days_after_initiation(number(abort, "DaysAfterInitiation"))
            .build())
    })?;
    let built = LifecycleRule::builder()
        .set_id(text(rule, "ID"))
        .set_status(word(rule, "Status"))
        .set_filter(part(rule, "Filter", lifecycle_filter)?)
        .set_expiration(expiration)
        .set_transitions(each(rule, "Transitions", transition)?)
        .set_noncurrent_version_transitions(each(rule, "NoncurrentVersionTransitions", noncurrent)?)
        .set_noncurrent_version_expiration(noncurrent_end)
        .set_abort_incomplete_multipart_upload(abort);
    #[expect(deprecated, reason = "old rules have a prefix instead of a filter")]
    let built = built.set_prefix(text(rule, "Prefix"));
    built.build()
}

fn lifecycle_filter(filter: &Value) -> Built<LifecycleRuleFilter> {
    let size = |value: &Value, member: &str| value[member].as_i64();
    let and = part(filter, "And", |and| {
        Ok(LifecycleRuleAndOperator::builder()
            .set_prefix(text(and, "Prefix"))
            .set_tags(each(and, "Tags", tag)?)
            .set_object_size_greater_than(size(and, "ObjectSizeGreaterThan"))
            .set_object_size_less_than(size(and, "ObjectSizeLessThan"))
            .build())
    })?;
    Ok(LifecycleRuleFilter::builder()
        .set_prefix(text(filter, "Prefix"))
        .set_tag(part(filter, "Tag", tag)?)
        .set_object_size_greater_than(size(filter, "ObjectSizeGreaterThan"))
        .set_object_size_less_than(size(filter, "ObjectSizeLessThan"))
        .set_and(and)
        .build())
}

pub fn cors(record: &Value, part: &str) -> Built<CorsConfiguration> {
    let rule = |rule: &Value| {
        CorsRule::builder()
            .set_id(text(rule, "ID"))
            .set_allowed_headers(texts(rule, "AllowedHeaders"))
            .set_allowed_methods(texts(rule, "AllowedMethods"))
            .set_allowed_origins(texts(rule, "AllowedOrigins"))
            .set_expose_headers(texts(rule, "ExposeHeaders"))
            .set_max_age_seconds(number(rule, "MaxAgeSeconds"))
            .build()
    };
    CorsConfiguration::builder().set_cors_rules(each(record, part, rule)?).build()
}

pub fn website(site: &Value) -> Built<WebsiteConfiguration> {
    let everything = part(site, "RedirectAllRequestsTo", |to| {
        RedirectAllRequestsTo::builder()
            .set_host_name(text(to, "HostName"))
            .set_protocol(word(to, "Protocol"))
            .build()
    })?;
    let index = part(site, "IndexDocument", |document| {
        IndexDocument::builder().set_suffix(text(document, "Suffix")).build()
    })?;
    let error = part(site, "ErrorDocument", |document| {
        ErrorDocument::builder().set_key(text(document, "Key")).build()
    })?;
    let rule = |rule: &Value| -> Built<RoutingRule> {
        let condition = part(rule, "Condition", |condition| {
            Ok(Condition::builder()
                .set_http_error_code_returned_equals(text(condition, "HttpErrorCodeReturnedEquals"))
                .set_key_prefix_equals(text(condition, "KeyPrefixEquals"))
                .build())
        })?;
        let redirect = part(rule, "Redirect", |to| {
            Ok(Redirect::builder()
                .set_host_name(text(to, "HostName"))
                .set_http_redirect_code(text(to, "HttpRedirectCode"))
                .set_protocol(word(to, "Protocol"))
                .set_replace_key_prefix_with(text(to, "ReplaceKeyPrefixWith"))
                .set_replace_key_with(text(to, "ReplaceKeyWith"))
                .build())
        })?;
        Ok(RoutingRule::builder().set_condition(condition).set_redirect(redirect).build())
    };
    Ok(WebsiteConfiguration::builder()
        .set_redirect_all_requests_to(everything)
        .set_index_document(index)
        .set_error_document(error)
        .set_routing_rules(each(site, "RoutingRules", rule)?)
        .build())
}

pub fn request_payment(value: &Value) -> Built<RequestPaymentConfiguration> {
    RequestPaymentConfiguration::builder().set_payer(word(value, "Payer")).build()
}

pub fn accelerate(value: &Value) -> Built<AccelerateConfiguration> {
    Ok(AccelerateConfiguration::builder().set_status(word(value, "Status")).build())
}

pub fn logging(value: &Value) -> Built<BucketLoggingStatus> {
    let target = LoggingEnabled::builder()
        .set_target_bucket(text(value, "TargetBucket"))
        .target_prefix(text(value, "TargetPrefix").unwrap_or_default())
        .set_target_grants(each(value, "TargetGrants", target_grant)?)
        .set_target_object_key_format(key_format(&value["TargetObjectKeyFormat"]))
        .build()?;
    Ok(BucketLoggingStatus::builder().logging_enabled(target).build())
}

fn target_grant(grant: &Value) -> Built<TargetGrant> {
    let to = &grant["Grantee"];
    let to = Grantee::builder()
        .set_type(word(to, "Type"))
        .set_id(text(to, "ID"))
        .set_uri(text(to, "URI"))
        .set_email_address(text(to, "EmailAddress"))
        .build()?;
    Ok(TargetGrant::builder().grantee(to).set_permission(word(grant, "Permission")).build())
}

fn key_format(format: &Value) -> Option<TargetObjectKeyFormat> {
    let parts = &format["PartitionedPrefix"];
    let built = TargetObjectKeyFormat::builder();
    if parts.is_object() {
        // The time of the event is the default (`PartitionedPrefix`, API reference).
        let source = word(parts, "PartitionDateSource");
        let source = source.unwrap_or(PartitionDateSource::EventTime);
        let parts = PartitionedPrefix::builder().partition_date_source(source);
        return Some(built.partitioned_prefix(parts.build()).build());
    }
    let simple = SimplePrefix::builder().build();
    format["SimplePrefix"].as_bool().map(|_| built.simple_prefix(simple).build())
}

pub fn notification(told: &Value) -> Built<NotificationConfiguration> {
    let events = |to: &Value| {
        let names = list(to, "Events").iter().filter_map(Value::as_str);
        Some(names.map(Event::from).collect::<Vec<_>>())
    };
    let filter = |to: &Value| {
        let rules = list(to, "Filter.Key.FilterRules").iter().map(|rule| {
            FilterRule::builder()
                .set_name(word(rule, "Name"))
                .set_value(text(rule, "Value"))
                .build()
        });
        let rules: Vec<FilterRule> = rules.collect();
        (!rules.is_empty()).then(|| {
            let key = S3KeyFilter::builder().set_filter_rules(Some(rules)).build();
            NotificationConfigurationFilter::builder().key(key).build()
        })
    };
    let topics = each(told, "TopicConfigurations", |to| {
        TopicConfiguration::builder()
            .set_id(text(to, "Id"))
            .set_topic_arn(text(to, "TopicArn"))
            .set_events(events(to))
            .set_filter(filter(to))
            .build()
    })?;
    let queues = each(told, "QueueConfigurations", |to| {
        QueueConfiguration::builder()
            .set_id(text(to, "Id"))
            .set_queue_arn(text(to, "QueueArn"))
            .set_events(events(to))
            .set_filter(filter(to))
            .build()
    })?;
    let functions = each(told, "LambdaFunctionConfigurations", |to| {
        LambdaFunctionConfiguration::builder()
            .set_id(text(to, "Id"))
            .set_lambda_function_arn(text(to, "LambdaFunctionArn"))
            .set_events(events(to))
            .set_filter(filter(to))
            .build()
    })?;
    let bridge = flag(told, "EventBridgeEnabled").filter(|on| *on);
    Ok(NotificationConfiguration::builder()
        .set_topic_configurations(topics)
        .set_queue_configurations(queues)
        .set_lambda_function_configurations(functions)
        .set_event_bridge_configuration(bridge.map(|_| EventBridgeConfiguration::builder().build()))
        .build())
}

pub fn replication(value: &Value) -> Built<ReplicationConfiguration> {
    ReplicationConfiguration::builder()
        .set_role(text(value, "Role"))
        .set_rules(each(value, "Rules", replication_rule)?)
        .build()
}

fn replication_rule(rule: &Value) -> Built<ReplicationRule> {
    let filter = part(rule, "Filter", |filter| {
        let and = part(filter, "And", |and| {
            Ok(ReplicationRuleAndOperator::builder()
                .set_prefix(text(and, "Prefix"))
                .set_tags(each(and, "Tags", tag)?)
                .build())
        })?;
        Ok(ReplicationRuleFilter::builder()
            .set_prefix(text(filter, "Prefix"))
            .set_tag(part(filter, "Tag", tag)?)
            .set_and(and)
            .build())
    })?;
    let source = part(rule, "SourceSelectionCriteria", |source| {
        let encrypted = part(source, "SseKmsEncryptedObjects", |objects| {
            SseKmsEncryptedObjects::builder().set_status(word(objects, "Status")).build()
        })?;
        let changes = part(source, "ReplicaModifications", |changes| {
            ReplicaModifications::builder().set_status(word(changes, "Status")).build()
        })?;
        Ok(SourceSelectionCriteria::builder()
            .set_sse_kms_encrypted_objects(encrypted)
            .set_replica_modifications(changes)
            .build())
    })?;
    let existing = part(rule, "ExistingObjectReplication", |existing| {
        ExistingObjectReplication::builder().set_status(word(existing, "Status")).build()
    })?;
    let markers = part(rule, "DeleteMarkerReplication", |markers| {
        Ok(DeleteMarkerReplication::builder().set_status(word(markers, "Status")).build())
    })?;
    let built = ReplicationRule::builder()
        .set_id(text(rule, "ID"))
        .set_priority(number(rule, "Priority"))
        .set_status(word(rule, "Status"))
        .set_filter(filter)
        .set_source_selection_criteria(source)
        .set_existing_object_replication(existing)
        .set_delete_marker_replication(markers)
        .set_destination(part(rule, "Destination", destination)?);
    #[expect(deprecated, reason = "old rules have a prefix instead of a filter")]
    let built = built.set_prefix(text(rule, "Prefix"));
    built.build()
}

fn destination(place: &Value) -> Built<Destination> {
    let minutes = |value: &Value, member: &str| {
        let minutes = number(&value[member], "Minutes");
        minutes.map(|minutes| ReplicationTimeValue::builder().minutes(minutes).build())
    };
    let owner = part(place, "AccessControlTranslation", |owner| {
        AccessControlTranslation::builder().set_owner(word(owner, "Owner")).build()
    })?;
    let key = part(place, "EncryptionConfiguration", |key| {
        Ok(EncryptionConfiguration::builder()
            .set_replica_kms_key_id(text(key, "ReplicaKmsKeyID"))
            .build())
    })?;
    let time = part(place, "ReplicationTime", |time| {
        ReplicationTime::builder()
            .set_status(word(time, "Status"))
            .set_time(minutes(time, "Time"))
            .build()
    })?;
    let metrics = part(place, "Metrics", |metrics| {
        Metrics::builder()
            .set_status(word(metrics, "Status"))
            .set_event_threshold(minutes(metrics, "EventThreshold"))
            .build()
    })?;
    Destination::builder()
        .set_bucket(text(place, "Bucket"))
        .set_account(text(place, "Account"))
        .set_storage_class(word(place, "StorageClass"))
        .set_access_control_translation(owner)
        .set_encryption_configuration(key)
        .set_replication_time(time)
        .set_metrics(metrics)
        .build()
}
