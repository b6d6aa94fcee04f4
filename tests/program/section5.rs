//! `manifests/section-5.yaml`: the guide's section 5, and no more.

use std::collections::BTreeSet;
use std::thread;

use crate::account::Account;
use crate::harness::{Desk, SECTION_5, Served, YES, rows, text};
use crate::world::{World, look, untouched};

#[test]
fn exactly_what_the_guide_s_section_5_says_goes() {
    let served = Served::lab();
    let (desk, account) = (Desk::at(&served), Account::of(&served));
    assert_eq!(account.job_status("retail-forecast-retrain"), "InProgress");
    let said = desk.json(&[&["-m", SECTION_5, "destroy"][..], &YES].concat()).ends_with(3);
    let outcome = said.document();
    assert!(rows(&outcome, "left").is_empty() && rows(&outcome, "failed").is_empty(), "{said}");
    let blocked = |kind: &str, name: &str| {
        let mut rows = rows(&outcome, "blocked").iter();
        let row = rows.find(|row| row["kind"] == kind && text(&row["id"]).ends_with(name));
        let row = row.unwrap_or_else(|| panic!("{kind} {name} is blocked: {said}"));
        let users = crate::harness::rows(row, "used_by").iter();
        users.map(|by| format!("{} {}", text(&by["kind"]), text(&by["id"]))).collect::<Vec<_>>()
    };
    let masters = blocked("iam:role", "-eks-cluster-role");
    assert!(masters.contains(&"eks:cluster mlops-retail-cluster".to_owned()), "{masters:?}");
    let nodes = blocked("iam:role", "-eks-nodegroup-role");
    let nodegroup = "eks:nodegroup mlops-retail-cluster/retail-api-nodes".to_owned();
    assert!(nodes.contains(&nodegroup), "{nodes:?}");

    let mut after = World::new();
    thread::scope(|scope| {
        scope.spawn(|| after = look(&desk));
        scope.spawn(|| desk.dismantle(&["-m", SECTION_5, "verify"]).ends_with(0));
    });
    only_that_is_gone(&after);
    let status = account.job_status("retail-forecast-retrain");
    assert!(status.starts_with("Stopp"), "a running training job is stopped, not {status}");
    let policies = account.attached("mlops-retail-prediction-dev-eks-cluster-role");
    assert!(!policies.is_empty(), "a cluster's role keeps its policies");
}

fn only_that_is_gone(after: &World) {
    let gone: BTreeSet<(&str, &str)> = untouched()
        .iter()
        .filter(|(id, _)| !after.contains_key(*id))
        .map(|(id, row)| (id.0.as_str(), text(&row["name"])))
        .collect();
    let (images, gone): (BTreeSet<_>, BTreeSet<_>) =
        gone.into_iter().partition(|(kind, _)| *kind == "ecr:image");
    // 5.3 schedules the key, and there are buckets of the guide's that still use it: it stays,
    // and so does its alias, which that section never deletes.
    let expected = BTreeSet::from([
        ("cloudtrail:trail", "mlops-retail-prediction-audit-trail"),
        ("eks:addon", "amazon-cloudwatch-observability"),
        ("iam:role", "CloudTrail_CloudWatchLogs_Role"),
        ("logs:log-group", "/aws/containerinsights/mlops-retail-cluster/application"),
        ("logs:log-group", "mlops-cloudtrail-log-group"),
        ("s3:bucket", "mlops-cloudtrail-logs-ap-southeast-1"),
        ("sagemaker:endpoint", "retail-forecast-canary"),
        ("sagemaker:model-package", "retail-forecast-models/2"),
        ("sagemaker:model-package", "retail-forecast-models/3"),
    ]);
    assert_eq!(gone, expected);
    // Of dev, of staging, two without a tag; the one that is v1 and latest stays.
    assert!(images.iter().all(|(_, name)| name.starts_with("mlops/retail-api@")), "{images:?}");
    assert_eq!(images.len(), 4);
    let new: Vec<_> = after.keys().filter(|id| !untouched().contains_key(*id)).collect();
    assert!(new.is_empty(), "{new:?}");
}
