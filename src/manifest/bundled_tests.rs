//! The manifests that a person can copy: what they take, and which look-alikes they leave.

use proptest::prelude::*;

use super::tests;
use super::*;
use crate::resource::{Resource, ResourceId};

/// The kinds as they are registered; by hand only those that no file declares.
fn catalog() -> Catalog {
    let real = crate::aws::registry::catalog();
    let by_hand = tests::catalog();
    let missing = by_hand.kinds().filter(|facts| real.get(facts.kind).is_none());
    Catalog::new(missing.chain(real.kinds()).copied())
}

fn bundled(file: &str) -> (String, String) {
    let path = format!("{}/manifests/{file}", env!("CARGO_MANIFEST_DIR"));
    (std::fs::read_to_string(&path).unwrap(), path)
}

#[test]
fn bundled_manifests_are_read() {
    for file in ["mlops-retail-prediction.yaml", "section-5.yaml"] {
        let (text, path) = bundled(file);
        if let Err(error) = Manifest::parse(&text, &path, &catalog()) {
            panic!("{error}");
        }
    }
}

/// The rows whose resources a bundled manifest takes, by a selector of its own.
fn taken(file: &str, resources: &[Resource]) -> Vec<String> {
    let (text, path) = bundled(file);
    let manifest = Manifest::parse(&text, &path, &catalog()).unwrap();
    let parents = |id: &ResourceId| resources.iter().find(|one| one.id == *id);
    let now = jiff::Timestamp::UNIX_EPOCH;
    resources
        .iter()
        .filter(|one| {
            manifest.matches.iter().any(|rule| rule.matches(one, &parents, now).is_some())
        })
        .map(|one| one.id.to_string())
        .collect()
}

fn resource(kind: &'static str, name: &str) -> Resource {
    Resource::new(Kind::new(kind), Region::new("us-east-1"), name, name)
}

fn key(id: &str, aliases: &[&str]) -> Resource {
    let mut key = resource("kms:key", id);
    key.other_names = aliases.iter().map(|alias| (*alias).to_owned()).collect();
    key
}

fn child(
    kind: &'static str,
    parent: &Resource,
    name: &str,
    facts: &[(&'static str, &str)],
) -> Resource {
    let mut child = resource(kind, &format!("{}/{name}", parent.id.id));
    child.parent = Some(parent.id.clone());
    for (key, value) in facts {
        child.fact(key, *value);
    }
    child
}

fn with_status(kind: &'static str, name: &str, status: &str) -> Resource {
    let mut one = resource(kind, name);
    one.fact("status", status);
    one
}

#[test]
fn the_labs_manifest_takes_the_lab() {
    let lab = [
        resource("cloudtrail:trail", "mlops-retail-prediction-audit-trail"),
        resource("s3:bucket", "mlops-cloudtrail-logs-us-east-1-842676018087"),
        resource("s3:bucket", "mlops-cloudtrail-logs-ap-southeast-1"),
        resource("s3:bucket", "mlops-cloudtrail-logs-ap-southeast-1-842676018087"),
        resource("s3:bucket", "mlops-retail-prediction-dev-842676018087"),
        resource("s3:bucket", "mlops-retail-prediction-dev-842676018087-apse1"),
        key("k", &["mlops-retail-prediction-dev-cloudtrail-key"]),
        resource("kms:alias", "mlops-retail-prediction-dev-cloudtrail-key"),
        resource("iam:role", "mlops-retail-prediction-dev-eks-cluster-role"),
        resource("iam:role", "mlops-retail-prediction-dev-eks-nodegroup-role"),
        resource("iam:role", "mlops-retail-prediction-dev-sagemaker-execution"),
        resource("iam:role", "CloudTrail_CloudWatchLogs_Role"),
        resource("logs:log-group", "mlops-cloudtrail-log-group"),
        resource("eks:cluster", "mlops-retail-cluster"),
        resource("ecr:repository", "mlops/retail-api"),
        resource("sagemaker:endpoint", "retail-forecast"),
        resource("sagemaker:training-job", "retail-train-1"),
        resource("sagemaker:model-package-group", "retail-forecast-models"),
        resource("sagemaker:model-package", "retail-forecast-models/1"),
    ];
    assert_eq!(taken("mlops-retail-prediction.yaml", &lab).len(), lab.len());
}

#[test]
fn the_labs_manifest_leaves_its_neighbours() {
    let neighbours = [
        resource("eks:cluster", "mlops-retail-cluster-prod"),
        resource("iam:role", "mlops-retail-prediction-devops-deploy"),
        resource("iam:role", "mlops-retail-prediction-prod-eks-cluster-role"),
        resource("s3:bucket", "mlops-retail-prediction-dev2-data"),
        resource("s3:bucket", "mlops-cloudtrail-logs-archive"),
        resource("s3:bucket", "mlops-cloudtrail-logs-ap-southeast-1-archive"),
        resource("s3:bucket", "retail-shop-assets"),
        resource("sagemaker:endpoint", "retailer-forecast"),
        resource("ecr:repository", "mlops/retail-api-gateway"),
        resource("logs:log-group", "mlops-cloudtrail-log-group-prod"),
        resource("logs:log-group", "/aws/containerinsights/mlops-retail-cluster-prod/application"),
        key("shared", &["mlops-retail-prediction-dev-cloudtrail-key", "shared-key"]),
    ];
    assert_eq!(taken("mlops-retail-prediction.yaml", &neighbours), [""; 0]);
}

#[test]
fn the_labs_cluster_is_still_known_by_name_when_it_is_gone() {
    let (text, path) = bundled("mlops-retail-prediction.yaml");
    let manifest = Manifest::parse(&text, &path, &catalog()).unwrap();
    let gone = |name: &str| {
        let cluster = Kind::new("eks:cluster");
        manifest.matches.iter().any(|rule| rule.matches_name_of(cluster, name).is_some())
    };
    assert!(gone("mlops-retail-cluster") && !gone("mlops-retail-cluster-prod"));
}

#[test]
fn section_5_says_that_section_and_no_more() {
    let cluster = resource("eks:cluster", "mlops-retail-cluster");
    let other = resource("eks:cluster", "mlops-retail-cluster-prod");
    let api = resource("ecr:repository", "mlops/retail-api");
    let group = resource("sagemaker:model-package-group", "retail-forecast-models");
    let group_2 = resource("sagemaker:model-package-group", "retail-price-models");
    let pending = [("approval", "PendingManualApproval")];
    let said = vec![
        resource("cloudtrail:trail", "mlops-retail-prediction-audit-trail"),
        resource("s3:bucket", "mlops-cloudtrail-logs-ap-southeast-1"),
        key("k", &["mlops-retail-prediction-dev-cloudtrail-key"]),
        resource("kms:alias", "mlops-retail-prediction-dev-cloudtrail-key"),
        resource("iam:role", "mlops-retail-prediction-dev-sagemaker-execution"),
        resource("iam:role", "mlops-retail-prediction-dev-eks-cluster-role"),
        resource("iam:role", "mlops-retail-prediction-dev-eks-nodegroup-role"),
        resource("iam:role", "CloudTrail_CloudWatchLogs_Role"),
        resource("logs:log-group", "/aws/containerinsights/mlops-retail-cluster/application"),
        resource("logs:log-group", "mlops-cloudtrail-log-group"),
        child("eks:addon", &cluster, "amazon-cloudwatch-observability", &[]),
        child("ecr:image", &api, "1", &[("tag", "dev"), ("tag", "v1"), ("tagged", "true")]),
        child("ecr:image", &api, "2", &[("tag", "staging"), ("tagged", "true")]),
        child("ecr:image", &api, "3", &[("tagged", "false")]),
        with_status("sagemaker:training-job", "my-retail-train", "InProgress"),
        with_status("sagemaker:endpoint", "retail-api", "Failed"),
        child("sagemaker:model-package", &group, "1", &pending),
    ];
    let silent = vec![
        resource("s3:bucket", "mlops-cloudtrail-logs-us-east-1-842676018087"),
        resource("s3:bucket", "mlops-retail-prediction-dev-842676018087"),
        resource("logs:log-group", "/aws/containerinsights/mlops-retail-cluster/performance"),
        child("eks:addon", &cluster, "vpc-cni", &[]),
        child("eks:addon", &other, "amazon-cloudwatch-observability", &[]),
        child("ecr:image", &api, "4", &[("tag", "prod"), ("tagged", "true")]),
        with_status("sagemaker:training-job", "retail-done", "Completed"),
        with_status("sagemaker:training-job", "wholesale", "InProgress"),
        with_status("sagemaker:endpoint", "retail-web", "InService"),
        child("sagemaker:model-package", &group, "2", &[("approval", "Approved")]),
        child("sagemaker:model-package", &group_2, "1", &pending),
        cluster,
        other,
        api,
        group,
        group_2,
    ];
    let expected: Vec<String> = said.iter().map(|one| one.id.to_string()).collect();
    let all: Vec<Resource> = said.into_iter().chain(silent).collect();
    assert_eq!(taken("section-5.yaml", &all), expected);
}

proptest! {
    #[test]
    fn a_damaged_manifest_never_panics(
        file in prop_oneof![Just("mlops-retail-prediction.yaml"), Just("section-5.yaml")],
        at in 0.0..1.0f64,
        cut in 0..40usize,
        put in "[ \\-{}\\[\\]:,'\"&*!|>#a-z0-9\n]{0,12}",
    ) {
        let (text, _) = bundled(file);
        let mut chars: Vec<char> = text.chars().collect();
        let from = (at * chars.len() as f64) as usize;
        let to = (from + cut).min(chars.len());
        chars.splice(from..to, put.chars());
        let text: String = chars.into_iter().collect();
        if let Err(error) = Manifest::parse(&text, file, &catalog()) {
            prop_assert!(error.to_string().starts_with("error: "), "{error}");
        }
    }
}
