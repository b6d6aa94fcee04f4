//! `logs:anomaly-detector`, read for its references only: Dismantle removes no anomaly detectors.
//! It is a setting of the log groups that it watches, with a key of its own.

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types::{AnomalyDetector as Detector, AnomalyDetectorStatus};
use jiff::Timestamp;
use serde_json::json;

use super::{PAGE_MAX, key_uses};
use crate::aws::kinds::kms::{ALIAS, KEY};
use crate::aws::kinds::logs::{ANOMALY_DETECTOR, LOG_GROUP};
use crate::aws::{Aws, AwsError, Listed, Op, ResourceKind, spelling};
use crate::resource::{
    KindFacts, Last, Permissions, Reference, Region, Removable, Resource, Scope,
};

const LIST: Op = Op::read("logs", "ListLogAnomalyDetectors");

/// What looks for the unusual in log groups.
pub struct AnomalyDetector;

#[async_trait]
impl ResourceKind for AnomalyDetector {
    fn facts(&self) -> KindFacts {
        KindFacts {
            removable: Removable::ReadOnly,
            can_use: &[KEY, ALIAS],
            permissions: Permissions {
                read: &["logs:ListLogAnomalyDetectors"],
                ..Permissions::default()
            },
            ..KindFacts::new(ANOMALY_DETECTOR, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.logs();
        let start = |token| {
            let call = client.list_log_anomaly_detectors().limit(PAGE_MAX);
            call.set_next_token(token).into_paginator().send()
        };
        let pages = aws.pages(LIST, start, |page| page.next_token().map(str::to_owned)).await?;
        let all = pages.into_iter().flat_map(|page| page.anomaly_detectors.unwrap_or_default());
        let mut resources: Vec<_> = all.filter_map(|one| resource(aws.region(), &one)).collect();
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    /// What `GetLogAnomalyDetector` says does not name it.
    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let all = self.list(aws, &[]).await?.resources;
        Ok(all.into_iter().find(|seen| seen.id == known.id))
    }
}

/// `None` for one that is deleted and still shown.
fn resource(region: Region, one: &Detector) -> Option<Resource> {
    let arn = one.anomaly_detector_arn()?;
    let status = one.anomaly_detector_status();
    if status == Some(&AnomalyDetectorStatus::Deleted) {
        return None;
    }
    let id = arn.rsplit(':').next().unwrap_or(arn);
    let mut seen = Resource::new(ANOMALY_DETECTOR, region, id, one.detector_name().unwrap_or(id));
    seen.arn = Some(arn.to_owned());
    seen.created = Timestamp::from_millisecond(one.creation_time_stamp()).ok();
    seen.uses.extend(key_uses(one.kms_key_id(), "encryption key"));
    let groups = one.log_group_arn_list().iter().map(|arn| spelling::log_group_arn(arn));
    let watched = groups.map(|group| Reference::order(LOG_GROUP, group, "watched log group"));
    seen.belongs_to.extend(watched);
    seen.removal.last = Last::Never("Dismantle removes no anomaly detectors".to_owned());
    seen.record = json!({
        "anomalyDetectorArn": arn,
        "detectorName": one.detector_name(),
        "logGroupArnList": one.log_group_arn_list(),
        "kmsKeyId": one.kms_key_id(),
        "filterPattern": one.filter_pattern(),
        "evaluationFrequency": one.evaluation_frequency().map(|one| one.as_str()),
        "anomalyVisibilityTime": one.anomaly_visibility_time(),
    });
    Some(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detector_uses_its_key_and_belongs_to_its_groups() {
        let group = "arn:aws:logs:us-east-1:842676018087:log-group:/lab/api";
        let one = |status| {
            Detector::builder()
                .anomaly_detector_arn("arn:aws:logs:us-east-1:842676018087:anomaly-detector:7d1")
                .log_group_arn_list(format!("{group}:*"))
                .kms_key_id("1234")
                .anomaly_detector_status(status)
                .build()
        };
        let region = Region::new("us-east-1");
        let seen = resource(region, &one(AnomalyDetectorStatus::Analyzing)).unwrap();
        assert_eq!(seen.id.id, "7d1");
        assert_eq!(seen.uses, [Reference::soft(KEY, "1234", "encryption key")]);
        assert_eq!(seen.belongs_to, [Reference::order(LOG_GROUP, group, "watched log group")]);
        assert_eq!(resource(region, &one(AnomalyDetectorStatus::Deleted)), None);
    }
}
