//! `dismantle tag`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Desk, LAB, Served, YES, manifest, rows, text};
use crate::world::{decided, id, look, untouched};

#[test]
fn the_lab_s_things_get_its_tags_and_neighbours_get_none() {
    let served = Served::lab();
    let desk = Desk::at(&served);
    let dry = desk.json(&["-m", LAB, "tag", "--dry-run"]).ends_with(0).document();
    let done = desk.json(&[&["-m", LAB, "tag"][..], &YES].concat()).ends_with(0).document();
    assert_eq!(done["written"], dry["written"], "the dry run wrote nothing and said it all");
    assert_eq!(done["failed"], serde_json::json!([]));
    let conflict = rows(&done, "conflicts").iter().find(|row| row["kind"] == "iam:role").unwrap();
    assert_eq!(conflict["key"], "Project");
    assert_eq!(conflict["is"], "MLOps-Retail-Prediction");

    let world = look(&desk);
    for (id, before) in decided(untouched(), "foreign") {
        assert_eq!(world[id]["tags"], before["tags"], "{id:?}");
    }
    for row in rows(&done, "written") {
        let tags = &world[&id(row)]["tags"];
        for (key, value) in row["tags"].as_object().unwrap() {
            assert_eq!(&tags[key], value, "{key} of {row:#}");
        }
    }
    let role = |name: &str| {
        let row = world.values().find(|row| row["kind"] == "iam:role" && row["name"] == name);
        row.unwrap_or_else(|| panic!("{name} is there"))["tags"].clone()
    };
    assert_eq!(
        role("mlops-retail-prediction-dev-eks-cluster-role"),
        serde_json::json!({
            "Project": "mlops-retail-prediction", "Environment": "dev",
            "Component": "eks-cluster-role", "dismantle:lab": "mlops-retail-prediction-dev",
        })
    );
    let execution = role("mlops-retail-prediction-dev-sagemaker-execution");
    assert_eq!(execution["Project"], "MLOps-Retail-Prediction", "what was there stays");
    assert_eq!(execution["dismantle:lab"], "mlops-retail-prediction-dev");

    by_tag_alone(&desk, &done);
    let again = desk.json(&[&["-m", LAB, "tag"][..], &YES].concat()).ends_with(0).document();
    assert_eq!(again["written"], serde_json::json!([]));
}

/// A manifest that says nothing but the tag finds all that was tagged.
fn by_tag_alone(desk: &Desk, done: &Value) {
    let matches = "{ tags: { \"dismantle:lab\": mlops-retail-prediction-dev } }";
    let text_of = manifest("by-tag", matches)
        .replace("regions: [us-east-1]", "regions: [us-east-1, ap-southeast-1]");
    let by_tag = desk.file("by-tag.yaml", text_of);
    let inventory = desk.json(&["-m", &by_tag, "inventory"]).ends_with(0).document();
    let found: BTreeSet<_> = rows(&inventory, "resources").iter().map(id).collect();
    for row in rows(done, "written") {
        assert!(found.contains(&id(row)), "{} {}", text(&row["kind"]), text(&row["id"]));
    }
}
