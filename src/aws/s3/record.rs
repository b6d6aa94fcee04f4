//! A bucket's settings as the journal keeps them: enough to make it again, without its objects.
//!
//! Read only right before a bucket is touched: it takes a call for each setting.

use aws_sdk_s3::types;
use serde_json::{Map, Value, json};

use super::settings::setting;
use crate::aws::{Aws, Op};
use crate::resource::Resource;

/// Reads every setting that `settings` does not, and those again whose shape is recorded.
pub async fn read(aws: &Aws, resource: &mut Resource) {
    let aws = aws.in_region(resource.region());
    let name = resource.id.id.clone();
    let (client, owner) = (aws.s3(), aws.number().to_owned());
    let (mut record, mut not_read) = (Map::new(), Map::new());
    record.insert("Name".to_owned(), json!(name));
    record.insert("BucketRegion".to_owned(), json!(resource.region()));
    record.insert("TagSet".to_owned(), json!(resource.tags));
    macro_rules! keep {
        ($operation:literal, $call:ident, $field:literal, $shape:expr) => {
            let attempt = || client.$call().bucket(&name).expected_bucket_owner(&owner).send();
            match setting(&aws, Op::read("s3", $operation), attempt).await {
                Ok(None) => {}
                Ok(Some(answer)) => {
                    let shape: Value = $shape(answer);
                    let shape = compact(shape);
                    if !shape.is_null() {
                        record.insert($field.to_owned(), shape);
                    }
                }
                Err(error) => {
                    not_read.insert($operation.to_owned(), json!(error.to_string()));
                }
            }
        };
    }
    use aws_sdk_s3::operation as op;
    keep!(
        "GetBucketVersioning",
        get_bucket_versioning,
        "VersioningConfiguration",
        |a: op::get_bucket_versioning::GetBucketVersioningOutput| json!({
            "Status": a.status().map(|s| s.as_str()),
            "MFADelete": a.mfa_delete().map(|s| s.as_str()),
        })
    );
    keep!(
        "GetObjectLockConfiguration",
        get_object_lock_configuration,
        "ObjectLockConfiguration",
        |a: op::get_object_lock_configuration::GetObjectLockConfigurationOutput| {
            a.object_lock_configuration().map_or(Value::Null, |lock| {
                let rule = lock.rule().and_then(|rule| rule.default_retention());
                json!({
                    "ObjectLockEnabled": lock.object_lock_enabled().map(|on| on.as_str()),
                    "Rule": { "DefaultRetention": rule.map(|rule| json!({
                        "Mode": rule.mode().map(|mode| mode.as_str()),
                        "Days": rule.days(),
                        "Years": rule.years(),
                    })) },
                })
            })
        }
    );
    keep!(
        "GetBucketEncryption",
        get_bucket_encryption,
        "ServerSideEncryptionConfiguration",
        |a: op::get_bucket_encryption::GetBucketEncryptionOutput| {
            list(a.server_side_encryption_configuration().map(|c| c.rules()), |rule| {
                let default = rule.apply_server_side_encryption_by_default();
                json!({
                    "ApplyServerSideEncryptionByDefault": default.map(|default| json!({
                        "SSEAlgorithm": default.sse_algorithm().as_str(),
                        "KMSMasterKeyID": default.kms_master_key_id(),
                    })),
                    "BucketKeyEnabled": rule.bucket_key_enabled(),
                })
            })
        }
    );
    keep!(
        "GetBucketPolicy",
        get_bucket_policy,
        "Policy",
        |a: op::get_bucket_policy::GetBucketPolicyOutput| json!(a.policy())
    );
    // It comes in a header beside the rules.
    let mut least_size = None;
    keep!(
        "GetBucketLifecycleConfiguration",
        get_bucket_lifecycle_configuration,
        "LifecycleConfiguration",
        |a: op::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput| {
            least_size = a.transition_default_minimum_object_size().cloned();
            list(Some(a.rules()), lifecycle_rule)
        }
    );
    if let Some(least) = least_size {
        let member = "TransitionDefaultMinimumObjectSize".to_owned();
        record.insert(member, json!(least.as_str()));
    }
    keep!(
        "GetBucketLogging",
        get_bucket_logging,
        "LoggingEnabled",
        |a: op::get_bucket_logging::GetBucketLoggingOutput| {
            a.logging_enabled().map_or(Value::Null, |target| {
                json!({
                    "TargetBucket": target.target_bucket(),
                    "TargetPrefix": target.target_prefix(),
                    "TargetGrants": list(Some(target.target_grants()), target_grant),
                    "TargetObjectKeyFormat": target.target_object_key_format().map(key_format),
                })
            })
        }
    );
    keep!(
        "GetBucketReplication",
        get_bucket_replication,
        "ReplicationConfiguration",
        |a: op::get_bucket_replication::GetBucketReplicationOutput| {
            a.replication_configuration().map_or(Value::Null, |rules| {
                json!({
                    "Role": rules.role(),
                    "Rules": list(Some(rules.rules()), replication_rule),
                })
            })
        }
    );
    keep!(
        "GetPublicAccessBlock",
        get_public_access_block,
        "PublicAccessBlockConfiguration",
        |a: op::get_public_access_block::GetPublicAccessBlockOutput| {
            a.public_access_block_configuration().map_or(Value::Null, |block| {
                json!({
                    "BlockPublicAcls": block.block_public_acls(),
                    "IgnorePublicAcls": block.ignore_public_acls(),
                    "BlockPublicPolicy": block.block_public_policy(),
                    "RestrictPublicBuckets": block.restrict_public_buckets(),
                })
            })
        }
    );
    keep!(
        "GetBucketOwnershipControls",
        get_bucket_ownership_controls,
        "OwnershipControls",
        |a: op::get_bucket_ownership_controls::GetBucketOwnershipControlsOutput| {
            list(
                a.ownership_controls().map(|controls| controls.rules()),
                |rule| json!({ "ObjectOwnership": rule.object_ownership().as_str() }),
            )
        }
    );
    keep!(
        "GetBucketCors",
        get_bucket_cors,
        "CORSRules",
        |a: op::get_bucket_cors::GetBucketCorsOutput| list(Some(a.cors_rules()), |rule| json!({
            "ID": rule.id(),
            "AllowedHeaders": rule.allowed_headers,
            "AllowedMethods": rule.allowed_methods(),
            "AllowedOrigins": rule.allowed_origins(),
            "ExposeHeaders": rule.expose_headers,
            "MaxAgeSeconds": rule.max_age_seconds(),
        }))
    );
    keep!("GetBucketWebsite", get_bucket_website, "WebsiteConfiguration", website);
    keep!(
        "GetBucketNotificationConfiguration",
        get_bucket_notification_configuration,
        "NotificationConfiguration",
        notification
    );
    keep!(
        "GetBucketRequestPayment",
        get_bucket_request_payment,
        "RequestPaymentConfiguration",
        |a: op::get_bucket_request_payment::GetBucketRequestPaymentOutput| {
            json!({ "Payer": a.payer().map(|payer| payer.as_str()) })
        }
    );
    keep!(
        "GetBucketAccelerateConfiguration",
        get_bucket_accelerate_configuration,
        "AccelerateConfiguration",
        |a: op::get_bucket_accelerate_configuration::GetBucketAccelerateConfigurationOutput| {
            json!({ "Status": a.status().map(|status| status.as_str()) })
        }
    );
    if !not_read.is_empty() {
        record.insert("unread".to_owned(), Value::Object(not_read));
    }
    resource.record = Value::Object(record);
}

fn list<T>(items: Option<&[T]>, shape: impl Fn(&T) -> Value) -> Value {
    Value::Array(items.unwrap_or_default().iter().map(shape).collect())
}

fn tags(tags: &[types::Tag]) -> Value {
    list(Some(tags), |tag| json!({ "Key": tag.key(), "Value": tag.value() }))
}

fn target_grant(grant: &types::TargetGrant) -> Value {
    json!({
        "Grantee": grant.grantee().map(|to| json!({
            "ID": to.id(),
            "URI": to.uri(),
            "EmailAddress": to.email_address(),
            "Type": to.r#type().as_str(),
        })),
        "Permission": grant.permission().map(|permission| permission.as_str()),
    })
}

/// The two formats shut each other out (`TargetObjectKeyFormat`, API reference).
fn key_format(format: &types::TargetObjectKeyFormat) -> Value {
    match format.partitioned_prefix() {
        Some(parts) => json!({ "PartitionedPrefix": {
            "PartitionDateSource": parts.partition_date_source().map(|source| source.as_str()),
        } }),
        None => json!({ "SimplePrefix": true }),
    }
}

fn lifecycle_rule(rule: &types::LifecycleRule) -> Value {
    let date = |date: Option<&aws_smithy_types::DateTime>| date.map(ToString::to_string);
    #[expect(deprecated, reason = "old rules have a prefix instead of a filter")]
    let prefix = rule.prefix();
    json!({
        "ID": rule.id(),
        "Status": rule.status().as_str(),
        "Prefix": prefix,
        "Filter": rule.filter().map(|filter| json!({
            "Prefix": filter.prefix(),
            "Tag": filter.tag().map(|tag| json!({ "Key": tag.key(), "Value": tag.value() })),
            "ObjectSizeGreaterThan": filter.object_size_greater_than(),
            "ObjectSizeLessThan": filter.object_size_less_than(),
            "And": filter.and().map(|and| json!({
                "Prefix": and.prefix(),
                "Tags": tags(and.tags()),
                "ObjectSizeGreaterThan": and.object_size_greater_than(),
                "ObjectSizeLessThan": and.object_size_less_than(),
            })),
        })),
        "Expiration": rule.expiration().map(|end| json!({
            "Date": date(end.date()),
            "Days": end.days(),
            "ExpiredObjectDeleteMarker": end.expired_object_delete_marker(),
        })),
        "Transitions": list(Some(rule.transitions()), |step| json!({
            "Date": date(step.date()),
            "Days": step.days(),
            "StorageClass": step.storage_class().map(|class| class.as_str()),
        })),
        "NoncurrentVersionTransitions":
            list(Some(rule.noncurrent_version_transitions()), |step| json!({
                "NoncurrentDays": step.noncurrent_days(),
                "StorageClass": step.storage_class().map(|class| class.as_str()),
                "NewerNoncurrentVersions": step.newer_noncurrent_versions(),
            })),
        "NoncurrentVersionExpiration": rule.noncurrent_version_expiration().map(|end| json!({
            "NoncurrentDays": end.noncurrent_days(),
            "NewerNoncurrentVersions": end.newer_noncurrent_versions(),
        })),
        "AbortIncompleteMultipartUpload": rule.abort_incomplete_multipart_upload()
            .map(|abort| json!({ "DaysAfterInitiation": abort.days_after_initiation() })),
    })
}

fn replication_rule(rule: &types::ReplicationRule) -> Value {
    #[expect(deprecated, reason = "old rules have a prefix instead of a filter")]
    let prefix = rule.prefix();
    json!({
        "ID": rule.id(),
        "Priority": rule.priority(),
        "Prefix": prefix,
        "Status": rule.status().as_str(),
        "Filter": rule.filter().map(|filter| json!({
            "Prefix": filter.prefix(),
            "Tag": filter.tag().map(|tag| json!({ "Key": tag.key(), "Value": tag.value() })),
            "And": filter.and().map(|and| {
                json!({ "Prefix": and.prefix(), "Tags": tags(and.tags()) })
            }),
        })),
        "SourceSelectionCriteria": rule.source_selection_criteria().map(|source| json!({
            "SseKmsEncryptedObjects": source.sse_kms_encrypted_objects()
                .map(|objects| json!({ "Status": objects.status().as_str() })),
            "ReplicaModifications": source.replica_modifications()
                .map(|changes| json!({ "Status": changes.status().as_str() })),
        })),
        "ExistingObjectReplication": rule.existing_object_replication()
            .map(|existing| json!({ "Status": existing.status().as_str() })),
        "DeleteMarkerReplication": rule.delete_marker_replication().map(|markers| json!({
            "Status": markers.status().map(|status| status.as_str()),
        })),
        "Destination": rule.destination().map(|place| json!({
            "Bucket": place.bucket(),
            "Account": place.account(),
            "StorageClass": place.storage_class().map(|class| class.as_str()),
            "AccessControlTranslation": place.access_control_translation()
                .map(|owner| json!({ "Owner": owner.owner().as_str() })),
            "EncryptionConfiguration": place.encryption_configuration()
                .map(|key| json!({ "ReplicaKmsKeyID": key.replica_kms_key_id() })),
            "ReplicationTime": place.replication_time().map(|time| json!({
                "Status": time.status().as_str(),
                "Time": { "Minutes": time.time().and_then(|time| time.minutes()) },
            })),
            "Metrics": place.metrics().map(|metrics| json!({
                "Status": metrics.status().as_str(),
                "EventThreshold":
                    { "Minutes": metrics.event_threshold().and_then(|time| time.minutes()) },
            })),
        })),
    })
}

fn website(site: aws_sdk_s3::operation::get_bucket_website::GetBucketWebsiteOutput) -> Value {
    let protocol = |protocol: Option<&types::Protocol>| protocol.map(|p| p.as_str().to_owned());
    json!({
        "RedirectAllRequestsTo": site.redirect_all_requests_to().map(|to| json!({
            "HostName": to.host_name(),
            "Protocol": protocol(to.protocol()),
        })),
        "IndexDocument":
            site.index_document().map(|document| json!({ "Suffix": document.suffix() })),
        "ErrorDocument": site.error_document().map(|document| json!({ "Key": document.key() })),
        "RoutingRules": list(Some(site.routing_rules()), |rule| json!({
            "Condition": rule.condition().map(|condition| json!({
                "HttpErrorCodeReturnedEquals": condition.http_error_code_returned_equals(),
                "KeyPrefixEquals": condition.key_prefix_equals(),
            })),
            "Redirect": rule.redirect().map(|to| json!({
                "HostName": to.host_name(),
                "HttpRedirectCode": to.http_redirect_code(),
                "Protocol": protocol(to.protocol()),
                "ReplaceKeyPrefixWith": to.replace_key_prefix_with(),
                "ReplaceKeyWith": to.replace_key_with(),
            })),
        })),
    })
}

fn notification(
    told: aws_sdk_s3::operation::get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput,
) -> Value {
    let events = |events: &[types::Event]| list(Some(events), |event| json!(event.as_str()));
    let filter = |filter: Option<&types::NotificationConfigurationFilter>| {
        let rules = filter.and_then(|filter| filter.key()).map(|key| key.filter_rules());
        json!({ "Key": { "FilterRules": list(rules, |rule| json!({
            "Name": rule.name().map(|name| name.as_str()),
            "Value": rule.value(),
        })) } })
    };
    json!({
        "TopicConfigurations": list(Some(told.topic_configurations()), |to| json!({
            "Id": to.id(), "TopicArn": to.topic_arn(),
            "Events": events(to.events()), "Filter": filter(to.filter()),
        })),
        "QueueConfigurations": list(Some(told.queue_configurations()), |to| json!({
            "Id": to.id(), "QueueArn": to.queue_arn(),
            "Events": events(to.events()), "Filter": filter(to.filter()),
        })),
        "LambdaFunctionConfigurations":
            list(Some(told.lambda_function_configurations()), |to| json!({
                "Id": to.id(), "LambdaFunctionArn": to.lambda_function_arn(),
                "Events": events(to.events()), "Filter": filter(to.filter()),
            })),
        "EventBridgeEnabled": told.event_bridge_configuration().map(|_| true),
    })
}

/// Leaves out what is not set. An empty filter of a rule means "all" and stays.
fn compact(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: Map<String, Value> = fields
                .into_iter()
                .map(|(name, value)| (name, compact(value)))
                .filter(|(name, value)| {
                    let empty = match value {
                        Value::Null => true,
                        Value::Array(items) => items.is_empty(),
                        Value::Object(fields) => fields.is_empty() && name != "Filter",
                        _ => false,
                    };
                    !empty
                })
                .collect();
            if fields.is_empty() { json!({}) } else { Value::Object(fields) }
        }
        Value::Array(items) => Value::Array(items.into_iter().map(compact).collect()),
        other => other,
    }
}
