//! The guide's section 1: the audit trail, its buckets, key, log group and role.

use serde_json::json;

use super::maker::{Maker, Role, allow, trust};
use super::{BoxError, Fate, HOME, PREFIX};
use crate::aws::kinds;
use crate::sandbox::ACCOUNT_ID;

pub const TRAIL: &str = "mlops-retail-prediction-audit-trail";
pub const TRAIL_ROLE: &str = "CloudTrail_CloudWatchLogs_Role";

/// One bucket, and the guide spells it in three ways: people end up with all of them.
pub const BUCKETS: [&str; 3] = [
    "mlops-cloudtrail-logs-ap-southeast-1",
    "mlops-cloudtrail-logs-ap-southeast-1-842676018087",
    "mlops-cloudtrail-logs-us-east-1-842676018087",
];

pub async fn build(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let key = maker
        .key(
            Fate::MustGo,
            &format!("alias/{PREFIX}-cloudtrail-key"),
            "KMS key for CloudTrail logs encryption",
            &[("Project", "MLOps-Retail-Prediction")],
        )
        .await?;
    for name in BUCKETS {
        bucket(maker, name, &key).await?;
    }
    let logs = maker.log_group(Fate::MustGo, HOME, "mlops-cloudtrail-log-group", None).await?;
    let role = maker
        .role(
            Fate::MustGo,
            Role {
                name: TRAIL_ROLE,
                trust: trust("cloudtrail.amazonaws.com"),
                attached: &[],
                inline: Some(("CloudTrailLogs", allow("logs:PutLogEvents", &logs))),
                boundary: None,
            },
        )
        .await?;
    let cloudtrail = maker.cloudtrail();
    cloudtrail
        .create_trail()
        .name(TRAIL)
        .s3_bucket_name(BUCKETS[0])
        .s3_key_prefix("mlops-logs")
        .is_multi_region_trail(true)
        .include_global_service_events(true)
        .enable_log_file_validation(true)
        .kms_key_id(&key)
        .cloud_watch_logs_log_group_arn(&logs)
        .cloud_watch_logs_role_arn(&role)
        .send()
        .await?;
    cloudtrail.start_logging().name(TRAIL).send().await?;
    maker.add(Fate::MustGo, kinds::cloudtrail::TRAIL, HOME, TRAIL);
    Ok(())
}

/// Versioned, so that what `aws s3 rm` leaves is versions, markers and unfinished uploads.
async fn bucket(maker: &mut Maker<'_>, name: &str, key: &str) -> Result<(), BoxError> {
    maker.bucket(Fate::MustGo, HOME, name, Some(key)).await?;
    maker.version(HOME, name).await?;
    let s3 = maker.s3(HOME);
    let statement = json!({
        "Sid": "AWSCloudTrailWrite",
        "Effect": "Allow",
        "Principal": { "Service": "cloudtrail.amazonaws.com" },
        "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{name}/mlops-logs/AWSLogs/{ACCOUNT_ID}/*"),
        "Condition": { "StringEquals": {
            "aws:SourceArn": format!("arn:aws:cloudtrail:{HOME}:{ACCOUNT_ID}:trail/{TRAIL}"),
        } },
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    s3.put_bucket_policy().bucket(name).policy(policy).send().await?;
    let folder = format!("mlops-logs/AWSLogs/{ACCOUNT_ID}/CloudTrail/us-east-1/2025/08/30");
    for number in 0..6 {
        let log = format!("{folder}/{ACCOUNT_ID}_CloudTrail_{number:04}.json.gz");
        for _version in 0..=number % 3 {
            maker.object(HOME, name, &log, "events").await?;
        }
    }
    for gone in ["0002.json.gz", "never there & <odd>.json.gz"] {
        let log = format!("{folder}/{ACCOUNT_ID}_CloudTrail_{gone}");
        s3.delete_object().bucket(name).key(log).send().await?;
    }
    let unfinished = format!("{folder}/unfinished.json.gz");
    s3.create_multipart_upload().bucket(name).key(unfinished).send().await?;
    Ok(())
}
