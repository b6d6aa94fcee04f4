//! What a SageMaker resource refers to outside SageMaker.
//!
//! SageMaker's shapes nest roles, buckets, keys and images in many places, and grow new ones.
//! So they are found by what they look like, wherever they stand.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::aws::kinds::{ecr, iam, kms, s3};
use crate::aws::{Aws, spelling};
use crate::resource::{Kind, Lifecycle, Reference, Region, Resource};

/// Members that name another SageMaker resource, and its kind.
pub(super) type Members = &'static [(&'static str, Kind)];

/// Everything in `shown` that names a role, a bucket, a key, an image, or (by `members`) a
/// SageMaker resource. Only kinds in `can_use` count. All ties are soft: SageMaker lets all of
/// these go while they are in use, and then cannot free its grants or serve.
pub(super) fn find(aws: &Aws, shown: &Value, can_use: &[Kind], members: Members) -> Vec<Reference> {
    let mut search = Search::new(aws.number(), can_use, members);
    search.walk("", shown);
    search.found
}

/// What a resource reads or writes by an access point: which bucket that is, it does not say.
pub(super) fn by_access_point(resource: &Resource) -> Option<&str> {
    let ended = matches!(resource.lifecycle, Lifecycle::Ended { .. });
    let mut buckets = resource.uses.iter().filter(|used| used.kind == s3::BUCKET && !ended);
    buckets.find_map(|used| spelling::access_point(&used.spelling))
}

struct Search<'a> {
    account: &'a str,
    can_use: &'a [Kind],
    members: Members,
    /// A pipeline's own parameters, with what they are unless an execution says otherwise.
    parameters: BTreeMap<String, String>,
    found: Vec<Reference>,
}

/// What stands in a joined text for what only an execution knows; no name has it.
const UNKNOWN: &str = "{}";

/// Words about what happened, which are no configuration.
const SAID: &[&str] = &["FailureReason", "ExitMessage", "StatusMessage"];

impl<'a> Search<'a> {
    fn new(account: &'a str, can_use: &'a [Kind], members: Members) -> Self {
        Self { account, can_use, members, parameters: BTreeMap::new(), found: Vec::new() }
    }

    fn walk(&mut self, member: &str, value: &Value) {
        if let Some(text) = self.function(value) {
            self.text(member, &text);
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.walk(member, item)),
            // The keys of these are the user's own, and no words of AWS's.
            Value::Object(map) if has_own_keys(member) => {
                map.values().for_each(|value| self.walk(member, value));
            }
            // Its values are the member's, joined or one by one.
            Value::Object(map) if map.contains_key("Std:Join") => {
                self.walk(member, &map["Std:Join"]["Values"]);
            }
            Value::Object(map) => map.iter().for_each(|(member, value)| self.walk(member, value)),
            Value::String(text) if member == "PipelineDefinition" => {
                if let Ok(definition) = serde_json::from_str::<Value>(text) {
                    self.parameters = parameters(&definition);
                    self.walk("", &definition);
                }
            }
            Value::String(text) if SAID.contains(&member) => self.whole(member, text),
            Value::String(text) => self.text(member, text),
            _ => {}
        }
    }

    /// What a function of a pipeline's definition gives, as far as the definition says
    /// (SageMaker's pipeline definition schema: `Get` and `Std:Join`).
    fn function(&self, value: &Value) -> Option<String> {
        if let Some(parameter) = value["Get"].as_str() {
            return self.parameters.get(parameter.strip_prefix("Parameters.")?).cloned();
        }
        let join = value.get("Std:Join")?;
        let part = |part: &Value| match part {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            other => self.function(other).unwrap_or_else(|| UNKNOWN.to_owned()),
        };
        let parts: Vec<String> = join["Values"].as_array()?.iter().map(part).collect();
        Some(parts.join(join["On"].as_str().unwrap_or_default()))
    }

    /// The whole text, and what stands in it: `--in=s3://bucket/x`, a list in a hyperparameter.
    fn text(&mut self, member: &str, text: &str) {
        self.whole(member, text);
        let may_name = ["s3", "S3", "arn:", ".dkr", ".DKR"].iter().any(|part| text.contains(part));
        let ends = |c: char| c.is_whitespace() || "\"'`,;=|()[]<>".contains(c);
        if may_name && text.contains(ends) {
            text.split(ends).for_each(|word| self.named(member, word));
        }
    }

    fn whole(&mut self, member: &str, text: &str) {
        // SageMaker's Python SDK puts hyperparameters in quotes: `"s3://bucket/source.tar.gz"`.
        let text = text.trim_matches('"');
        if text.is_empty() {
            return;
        }
        if let Some((_, kind)) = self.members.iter().find(|(name, _)| *name == member) {
            self.add(*kind, text, member, None);
        } else if member.ends_with("KmsKeyId") || matches!(member, "KmsKey" | "KmsKeyArn") {
            self.add(kms::KEY, text, member, None);
        } else {
            self.named(member, text);
        }
    }

    /// What is known by what it looks like.
    fn named(&mut self, member: &str, text: &str) {
        if let Some(point) = spelling::access_point(text) {
            self.add(s3::BUCKET, point, member, None);
        } else if let Some(bucket) = spelling::bucket_of(text).filter(|name| is_bucket(name)) {
            self.add(s3::BUCKET, bucket, member, None);
        } else if is_role(text) {
            self.add(iam::ROLE, text, member, None);
        } else if let Some(image) = spelling::EcrImage::parse(text) {
            self.image(member, &image);
        }
    }

    fn image(&mut self, member: &str, image: &spelling::EcrImage<'_>) {
        // AWS's own images lie in AWS's accounts.
        if image.account != self.account {
            return;
        }
        let region = Region::parse(&image.region.to_ascii_lowercase()).ok();
        let uri = image.repository_uri();
        let exact = match (image.digest, image.tag) {
            (Some(digest), _) => format!("{uri}@{digest}"),
            (None, tag) => format!("{uri}:{}", tag.unwrap_or("latest")),
        };
        self.add(ecr::REPOSITORY, &uri, member, region);
        self.add(ecr::IMAGE, &exact, member, region);
    }

    fn add(&mut self, kind: Kind, spelling: &str, member: &str, region: Option<Region>) {
        let known = |other: &Reference| other.kind == kind && other.spelling == spelling;
        if !self.can_use.contains(&kind) || self.found.iter().any(known) {
            return;
        }
        let role = if member.is_empty() { "name".to_owned() } else { words(member) };
        let mut reference = Reference::new(kind, spelling, crate::resource::Tie::Soft, role);
        reference.region = region;
        self.found.push(reference);
    }
}

/// Whether the keys of a member's map are the user's own.
fn has_own_keys(member: &str) -> bool {
    member.ends_with("Environment")
        || member.ends_with("EnvironmentVariables")
        || member == "HyperParameters"
}

/// A pipeline's parameters that have a default.
fn parameters(definition: &Value) -> BTreeMap<String, String> {
    let all = definition["Parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |of: &Value, member: &str| of[member].as_str().map(str::to_owned);
    all.iter().filter_map(|one| Some((text(one, "Name")?, text(one, "DefaultValue")?))).collect()
}

/// Bucket names are lower case, digits, dots and hyphens; old ones have underscores and capitals.
fn is_bucket(name: &str) -> bool {
    (3..=255).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

fn is_role(text: &str) -> bool {
    text.starts_with("arn:") && text.split(':').nth(2) == Some("iam") && text.contains(":role/")
}

/// `DestinationS3Uri` as people say it: `destination S3 URI`.
fn words(member: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut lower_before = false;
    for c in member.chars().take(64) {
        let starts = c.is_ascii_uppercase() && (lower_before || parts.is_empty());
        match parts.last_mut() {
            Some(part) if !starts => part.push(c),
            _ => parts.push(c.to_string()),
        }
        lower_before = !c.is_ascii_uppercase();
    }
    let say = |part: String| match part.as_str() {
        "Arn" | "ARN" | "Uri" | "Url" | "URL" | "Id" | "Kms" | "Efs" => part.to_ascii_uppercase(),
        "S3" => part,
        _ => part.to_ascii_lowercase(),
    };
    parts.into_iter().map(say).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::kinds::sagemaker;

    fn found(shown: &Value, members: Members) -> Vec<String> {
        let can_use =
            &[iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE, sagemaker::MODEL];
        let mut search = Search::new("842676018087", can_use, members);
        search.walk("", shown);
        let say = |r: Reference| format!("{} {} as {}", r.kind, r.spelling, r.role);
        search.found.into_iter().map(say).collect()
    }

    #[test]
    fn every_reference_is_found_wherever_it_stands() {
        let host = "842676018087.dkr.ecr.us-east-1.amazonaws.com";
        let rows = [
            (
                json!({"ExecutionRoleArn": "arn:aws:iam::842676018087:role/p/r"}),
                vec!["iam:role arn:aws:iam::842676018087:role/p/r as execution role ARN"],
            ),
            (
                json!({"DataCaptureConfig": {"DestinationS3Uri": "s3://lab/capture"}}),
                vec!["s3:bucket lab as destination S3 URI"],
            ),
            (
                json!({"Containers": [{"ModelDataUrl": "https://lab.s3.amazonaws.com/m.tar.gz"}]}),
                vec!["s3:bucket lab as model data URL"],
            ),
            (
                json!({"ResourceConfig": {"VolumeKmsKeyId": "alias/lab"}}),
                vec!["kms:key alias/lab as volume KMS key ID"],
            ),
            (
                json!({"Image": format!("{host}/lab/api")}),
                vec![
                    "ecr:repository 842676018087.dkr.ecr.us-east-1.amazonaws.com/lab/api as image",
                    "ecr:image 842676018087.dkr.ecr.us-east-1.amazonaws.com/lab/api:latest as image",
                ],
            ),
            (json!({"Image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2"}), vec![]),
            (
                json!({"HyperParameters": {"sagemaker_submit_directory": "\"s3://lab/x.tar.gz\""}}),
                vec!["s3:bucket lab as hyper parameters"],
            ),
            (
                json!({"PipelineDefinition": "{\"Steps\":[{\"S3Uri\":\"s3://lab/in\"}]}"}),
                vec!["s3:bucket lab as S3 URI"],
            ),
            (json!({"ModelName": "m"}), vec!["sagemaker:model m as model name"]),
            (
                json!({"InstanceGroups": [{
                    "ExecutionRole": "arn:aws:iam::842676018087:role/pod",
                    "InstanceStorageConfigs": [{"EbsVolumeConfig": {"VolumeKmsKeyId": "k"}}],
                    "LifeCycleConfig": {"OnCreate": "on.sh", "SourceS3Uri": "s3://lab/scripts"},
                }]}),
                vec![
                    "iam:role arn:aws:iam::842676018087:role/pod as execution role",
                    "kms:key k as volume KMS key ID",
                    "s3:bucket lab as source S3 URI",
                ],
            ),
            (
                json!({"OfflineStoreConfig": {"S3StorageConfig": {
                    "KmsKeyId": "alias/lab",
                    "ResolvedOutputS3Uri": "s3://lab/842676018087/data",
                    "S3Uri": "s3://lab/features",
                }}}),
                vec!["kms:key alias/lab as KMS key ID", "s3:bucket lab as resolved output S3 URI"],
            ),
            (
                json!({"OnlineStoreConfig": {"SecurityConfig": {"KmsKeyId": "k"}}}),
                vec!["kms:key k as KMS key ID"],
            ),
            (
                json!({
                    "ArtifactStoreUri": "s3://lab/mlflow",
                    "TrackingServerUrl": "https://t-1.us-east-1.experiments.sagemaker.aws",
                }),
                vec!["s3:bucket lab as artifact store URI"],
            ),
            (
                json!({"Specification": {"Container": {
                    "ArtifactUrl": "s3://lab/m.tar.gz",
                    "DeployedImage": {"SpecifiedImage": format!("{host}/api:1")},
                }}}),
                vec![
                    "s3:bucket lab as artifact URL",
                    "ecr:repository 842676018087.dkr.ecr.us-east-1.amazonaws.com/api as specified image",
                    "ecr:image 842676018087.dkr.ecr.us-east-1.amazonaws.com/api:1 as specified image",
                ],
            ),
            (
                json!({"MonitoringOutputConfig": {
                    "KmsKeyId": "k",
                    "MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://lab/reports"}}],
                }}),
                vec!["kms:key k as KMS key ID", "s3:bucket lab as S3 URI"],
            ),
            (json!({"Environment": {"X": "s3://to ken"}, "FailureReason": "s3"}), vec![]),
            (json!({"FailureReason": "no object at s3://lab/x (404)"}), vec![]),
            (
                json!({"ContainerArguments": ["--in=s3://lab/x", "--out", "s3a://lab-out/y"]}),
                vec![
                    "s3:bucket lab as container arguments",
                    "s3:bucket lab-out as container arguments",
                ],
            ),
            (
                json!({"HyperParameters": {"channels": "[\"s3://lab/a\", \"S3://lab-b/c\"]"}}),
                vec!["s3:bucket lab as hyper parameters", "s3:bucket lab-b as hyper parameters"],
            ),
            (
                json!({"Environment": {"CMD": "aws s3 cp s3://lab/x . && run"}}),
                vec!["s3:bucket lab as environment"],
            ),
            (
                json!({"Image": "842676018087.dkr-ecr.us-east-1.on.aws/api:1"}),
                vec![
                    "ecr:repository 842676018087.dkr.ecr.us-east-1.amazonaws.com/api as image",
                    "ecr:image 842676018087.dkr.ecr.us-east-1.amazonaws.com/api:1 as image",
                ],
            ),
            (
                json!({"S3Uri": "arn:aws:s3:us-east-1:842676018087:accesspoint/shop"}),
                vec!["s3:bucket arn:aws:s3:us-east-1:842676018087:accesspoint/shop as S3 URI"],
            ),
            (
                json!({"PipelineDefinition": json!({
                    "Parameters": [
                        {"Name": "Bucket", "Type": "String", "DefaultValue": "lab"},
                        {"Name": "Model", "Type": "String", "DefaultValue": "m"},
                        {"Name": "Key", "Type": "String", "DefaultValue": "alias/lab"},
                        {"Name": "Out", "Type": "String"},
                    ],
                    "Steps": [
                        {"S3Uri": {"Std:Join": {"On": "/", "Values": [
                            "s3:/", {"Get": "Parameters.Bucket"}, {"Get": "Execution.Id"},
                        ]}}},
                        {"S3OutputPath": {"Std:Join": {"On": "", "Values": [
                            "s3://", {"Get": "Parameters.Out"}, "/x",
                        ]}}},
                        {"ModelName": {"Get": "Parameters.Model"}},
                        {"VolumeKmsKeyId": {"Get": "Parameters.Key"}},
                    ],
                }).to_string()}),
                vec![
                    "s3:bucket lab as S3 URI",
                    "sagemaker:model m as model name",
                    "kms:key alias/lab as volume KMS key ID",
                ],
            ),
            (json!({"CreatedBy": {"Arn": "arn:aws:sts::1:assumed-role/r/s"}}), vec![]),
        ];
        for (shown, expected) in rows {
            assert_eq!(found(&shown, &[("ModelName", sagemaker::MODEL)]), expected, "{shown}");
        }
    }

    #[test]
    fn a_kind_that_was_not_declared_is_not_found() {
        let mut search = Search::new("", &[], &[]);
        search.walk("", &json!({"S3Uri": "s3://lab/x"}));
        assert!(search.found.is_empty());
    }
}
