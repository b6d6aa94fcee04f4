//! `dismantle inventory`, `verify` and everything else that only looks.

use std::collections::BTreeSet;

use predicates::prelude::*;

use crate::harness::{ACCOUNT, Desk, LAB, YES, rows, shared_lab, text};
use crate::world::{decided, id, look, untouched};

#[test]
fn the_table_says_what_would_become_of_each_thing_and_why() {
    let said = Desk::at(shared_lab()).dismantle(&["-m", LAB, "inventory"]).ends_with(0);
    let row = |words: &[&str]| {
        let line = said.out.lines().find(|line| words.iter().all(|word| line.contains(word)));
        assert!(line.is_some(), "no row with {words:?} in {said}");
    };
    row(&["delete", "cloudtrail:trail", "mlops-retail-prediction-audit-trail", "us-east-1"]);
    row(&["delete", "eks:nodegroup", "belongs to eks:cluster mlops-retail-cluster"]);
    row(&["delete", "iam:role", "mlops-retail-prediction-dev-sagemaker-execution", "global"]);
    row(&["keep", "s3:bucket", "mlops-retail-prediction-dev-shared-datasets", "dismantle:keep"]);
    row(&["blocked", "iam:policy", "used by iam:group retailer-site-team, which stays"]);
    row(&["DECISION", "KIND", "NAME", "REGION", "AGE", "PROJECT", "ENV", "COMPONENT", "REASON"]);
    for neighbour in ["mlops-retail-prediction-devops-artifacts", "mlops-retail-cluster-prod"] {
        assert!(!said.out.contains(neighbour), "no neighbour in {said}");
    }
    assert!(!said.out.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn the_json_has_the_promised_fields() {
    let desk = Desk::at(shared_lab());
    let inventory = desk.json(&["-m", LAB, "inventory"]).ends_with(0).document();
    assert_eq!(inventory["account"], ACCOUNT);
    assert_eq!(inventory["regions"], serde_json::json!(["us-east-1", "ap-southeast-1"]));
    assert_eq!(inventory["manifest"], "mlops-retail-prediction-dev");
    assert!(rows(&inventory, "unseen").is_empty());
    assert!(rows(&inventory, "unavailable").is_empty());
    let fields = [
        "kind",
        "id",
        "name",
        "arn",
        "region",
        "created",
        "tags",
        "labels",
        "uses",
        "decision",
        "reason",
        "monthly_cost_usd",
    ];
    let decisions = ["delete", "stop", "pending", "keep", "blocked"];
    for row in rows(&inventory, "resources") {
        for field in fields {
            assert!(row.get(field).is_some(), "{field} of {row:#}");
        }
        assert!(decisions.contains(&text(&row["decision"])), "{row:#}");
        assert_ne!(text(&row["reason"]), "", "{row:#}");
        assert_eq!(text(&row["kind"]).starts_with("iam:"), row["region"] == "global", "{row:#}");
        for used in rows(row, "uses") {
            assert!(used["kind"].is_string() && used["id"].is_string(), "{row:#}");
        }
        if row["decision"] == "blocked" {
            assert!(!rows(row, "used_by").is_empty(), "{row:#}");
            let users = rows(row, "used_by").iter();
            assert!(users.clone().any(|by| text(&row["reason"]).contains(text(&by["id"]))));
        }
    }
}

#[test]
fn the_json_says_what_a_thing_uses_and_what_its_name_means() {
    let by_name = |kind: &str, name: &str| {
        let found = untouched().values().find(|row| row["kind"] == kind && row["name"] == name);
        found.unwrap_or_else(|| panic!("{kind} {name} is there"))
    };
    let trail = by_name("cloudtrail:trail", "mlops-retail-prediction-audit-trail");
    let kinds: BTreeSet<&str> =
        rows(trail, "uses").iter().map(|used| text(&used["kind"])).collect();
    assert_eq!(kinds, BTreeSet::from(["iam:role", "kms:key", "logs:log-group", "s3:bucket"]));
    let role = by_name("iam:role", "mlops-retail-prediction-dev-sagemaker-execution");
    assert_eq!(
        role["labels"],
        serde_json::json!({
            "project": "mlops-retail-prediction", "env": "dev", "component": "sagemaker-execution",
        })
    );
    assert_eq!(role["tags"]["Project"], "MLOps-Retail-Prediction");
    assert_eq!(
        role["arn"],
        format!("arn:aws:iam::{ACCOUNT}:role/mlops-retail-prediction-dev-sagemaker-execution")
    );
    let created = text(&role["created"]);
    assert!(predicate::str::is_match(r"^\d{4}-\d\d-\d\dT[\d:.]+Z$").unwrap().eval(created));
}

#[test]
fn all_adds_the_neighbours_and_changes_no_other_row() {
    let lab = Desk::at(shared_lab()).json(&["-m", LAB, "inventory"]).ends_with(0).document();
    let all = untouched();
    for row in rows(&lab, "resources") {
        assert_eq!(all.get(&id(row)), Some(row));
    }
    let foreign: Vec<&str> = decided(all, "foreign").map(|(_, row)| text(&row["name"])).collect();
    assert_eq!(foreign.len() + rows(&lab, "resources").len(), all.len());
    for neighbour in ["mlops-retail-cluster-prod", "retailer-site-assets", "retailer-site-models"] {
        assert!(foreign.contains(&neighbour), "{neighbour} among {foreign:?}");
    }
}

#[test]
fn the_csv_has_a_header_and_a_line_for_each_resource() {
    let said =
        Desk::at(shared_lab()).dismantle(&["-m", LAB, "--output", "csv", "inventory"]).ends_with(0);
    let mut lines = said.out.lines();
    let header = lines.next().unwrap_or_default();
    assert!(header.starts_with(r#""decision","kind","name","id","region","created","project""#));
    let lab = untouched().values().filter(|row| row["decision"] != "foreign").count();
    assert_eq!(lines.clone().count(), lab);
    let cells = header.matches(r#"",""#).count();
    assert!(lines.all(|line| line.starts_with('"') && line.matches(r#"",""#).count() >= cells));
}

#[test]
fn looking_changes_nothing() {
    let before = untouched();
    let desk = Desk::at(shared_lab());
    let dry = ["-m", LAB, "destroy", "--dry-run"];
    desk.dismantle(&dry).ends_with(0).explains(&["nothing was changed"]);
    desk.dismantle(&["-m", LAB, "tag", "--dry-run"]).ends_with(0);
    assert_eq!(look(&desk), *before);
    assert!(desk.runs().is_empty(), "and no run is written down");
}

#[test]
fn verify_before_the_end_says_what_is_left_with_3() {
    let desk = Desk::at(shared_lab());
    let verified = desk.json(&["-m", LAB, "verify"]).ends_with(3).document();
    let left: BTreeSet<_> = rows(&verified, "left").iter().map(id).collect();
    let going = ["delete", "stop"].into_iter().flat_map(|word| decided(untouched(), word));
    let going: BTreeSet<_> = going.map(|(id, _)| id.clone()).collect();
    assert_eq!(left, going);
    for list in ["left", "kept", "blocked"] {
        assert!(rows(&verified, list).iter().all(|row| row["reason"].is_string()), "{list}");
    }
    assert!(rows(&verified, "pending").is_empty());
    assert!(rows(&verified, "blocked").iter().all(|row| !rows(row, "used_by").is_empty()));
    let said = desk.dismantle(&["-m", LAB, "verify"]).ends_with(3);
    assert!(said.out.contains("mlops-retail-prediction-audit-trail"), "{said}");
}

#[test]
fn regions_are_narrowed_and_never_widened() {
    let desk = Desk::at(shared_lab());
    let narrow = desk.json(&["-m", LAB, "--region", "ap-southeast-1", "inventory"]).ends_with(0);
    let regions: BTreeSet<String> = rows(&narrow.document(), "resources")
        .iter()
        .map(|row| text(&row["region"]).to_owned())
        .collect();
    assert_eq!(regions, BTreeSet::from(["ap-southeast-1".to_owned(), "global".to_owned()]));
    desk.dismantle(&["-m", LAB, "--region", "eu-west-1", "inventory"])
        .ends_with(2)
        .explains(&["eu-west-1 is not one of the manifest's regions", "us-east-1"])
        .in_one_sentence();
}

#[test]
fn the_endpoint_may_come_from_the_environment_as_in_the_aws_cli() {
    let desk = Desk::at(shared_lab()).with("AWS_ENDPOINT_URL", &shared_lab().url);
    let said = desk.dismantle_anywhere(&["-m", LAB, "inventory", "--output", "json"]).ends_with(0);
    assert!(!rows(&said.document(), "resources").is_empty());
}

#[test]
fn quiet_says_nothing_beside_the_result() {
    let desk = Desk::at(shared_lab());
    let said = desk.dismantle(&["-m", LAB, "-q", "inventory"]).ends_with(0);
    assert_eq!(said.err, "");
    let said = desk.json(&["-m", LAB, "-q", "destroy", "--dry-run"]).ends_with(0);
    assert_eq!(said.err, "");
    let said =
        desk.dismantle(&[&["-m", LAB, "-q", "destroy", "--account"][..], &YES[2..]].concat());
    said.ends_with(4).explains(&["There is no terminal"]).in_one_sentence();
}
