//! `dismantle apply`: what the plan says and today allows, and nothing else.

use std::fs;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::account::Account;
use crate::harness::{ACCOUNT, Desk, Served, YES, manifest, rows, text};

fn lab(desk: &Desk) -> String {
    desk.file("lab.yaml", manifest("probe", "{ prefix: probe-lab }"))
}

#[test]
fn what_changed_since_the_plan_is_left_alone_and_reported() {
    let served = Served::empty();
    let (desk, account) = (Desk::at(&served), Account::of(&served));
    for role in ["goes", "again", "protected"] {
        account.make_role(&format!("probe-lab-{role}"));
    }
    account.make_role("somebody");
    let policy = account.make_policy("probe-lab-access");
    let alone = account.make_policy("probe-lab-alone");
    account.attach("probe-lab-goes", &alone);
    let lab = lab(&desk);
    desk.dismantle(&["-m", &lab, "plan", "--out", "lab.plan.json"]).ends_with(0);

    account.remove_role("probe-lab-again");
    account.make_role("probe-lab-again");
    account.tag_role("probe-lab-protected", "dismantle:keep", "yes");
    account.attach("somebody", &policy);
    account.make_role("probe-lab-late");

    desk.dismantle(&["apply", "lab.plan.json", "--dry-run"]).ends_with(0);
    assert!(account.has_role("probe-lab-goes"), "a dry run touches nothing");
    let said = desk.json(&[&["apply", "lab.plan.json"][..], &YES].concat()).ends_with(3);
    let outcome = said.document();
    assert!(!account.has_role("probe-lab-goes"));
    for role in ["probe-lab-again", "probe-lab-protected", "probe-lab-late", "somebody"] {
        assert!(account.has_role(role), "{role} stays");
    }
    assert_eq!(account.attached("somebody"), [policy.as_str()]);
    let row = |list: &str, id: &str| {
        let row = rows(&outcome, list).iter().find(|row| text(&row["id"]) == id);
        text(&row.unwrap_or_else(|| panic!("{id} is in {list} of {said}"))["reason"]).to_owned()
    };
    assert!(row("blocked", "probe-lab-again").contains("made again"));
    assert!(row("blocked", "probe-lab-late").contains("not in the plan"));
    assert!(row("kept", "probe-lab-protected").contains("dismantle:keep"));
    assert!(row("blocked", &policy).contains("iam:role somebody"));
    assert_eq!(desk.runs()[0]["command"], "apply");
}

#[test]
fn what_is_matched_no_more_is_left_alone_and_reported() {
    let served = Served::empty();
    let (desk, account) = (Desk::at(&served), Account::of(&served));
    for role in ["goes", "handed-over"] {
        account.make_role(role);
        account.tag_role(role, "Lab", "probe");
    }
    let lab = desk.file("lab.yaml", manifest("probe", "{ tags: { Lab: probe } }"));
    desk.dismantle(&["-m", &lab, "plan", "--out", "lab.plan.json"]).ends_with(0);
    account.untag_role("handed-over", "Lab");
    let said = desk.json(&[&["apply", "lab.plan.json"][..], &YES].concat());
    assert!(account.has_role("handed-over") && !account.has_role("goes"), "{said}");
    let outcome = said.ends_with(3).document();
    let reported = rows(&outcome, "blocked").iter().any(|row| row["id"] == "handed-over");
    assert!(reported, "it was in the plan and is still there: {outcome:#}");
}

#[test]
fn a_plan_that_still_holds_is_done_with_0_and_needs_no_manifest() {
    let served = Served::empty();
    let (desk, account) = (Desk::at(&served), Account::of(&served));
    account.make_role("probe-lab-goes");
    desk.dismantle(&["-m", &lab(&desk), "plan", "--out", "lab.plan.json"]).ends_with(0);
    fs::remove_file(desk.path("lab.yaml")).unwrap();
    let outcome = desk.json(&[&["apply", "lab.plan.json"][..], &YES].concat()).ends_with(0);
    assert_eq!(outcome.document()["outcome"], "clean");
    assert!(!account.has_role("probe-lab-goes"));
    let again = desk.json(&[&["apply", "lab.plan.json"][..], &YES].concat()).ends_with(0);
    assert_eq!(again.document()["outcome"], "nothing");
}

/// The file with something else in it, and a digest that fits.
fn forged(plan: &str, edit: impl Fn(&mut Value)) -> String {
    let mut plan: Value = serde_json::from_str(plan).unwrap();
    edit(&mut plan);
    plan.as_object_mut().unwrap().remove("digest");
    let canonical = serde_json_canonicalizer::to_vec(&plan).unwrap();
    let hex: String = Sha256::digest(&canonical).iter().map(|byte| format!("{byte:02x}")).collect();
    plan["digest"] = json!(format!("sha256:{hex}"));
    format!("{plan:#}\n")
}

#[test]
fn a_file_that_is_not_the_plan_that_was_written_is_refused_with_4() {
    let served = Served::empty();
    let (desk, account) = (Desk::at(&served), Account::of(&served));
    account.make_role("probe-lab-goes");
    account.make_role("somebody");
    let lab = lab(&desk);
    desk.dismantle(&["-m", &lab, "plan", "--out", "lab.plan.json"]).ends_with(0);
    let good = fs::read_to_string(desk.path("lab.plan.json")).unwrap();
    assert_eq!(forged(&good, |_| ()), good, "the test forges as the program writes");

    let rows: &[(&str, String, &str)] = &[
        ("edited", good.replace("\"probe-lab-goes\"", "\"somebody\""), "changed after"),
        ("a blank more", format!("{good} "), "changed after"),
        ("cut short", good[..good.len() / 2].to_owned(), "ends in the middle"),
        ("of a newer format", forged(&good, |plan| plan["version"] = json!(2)), "format 2"),
        ("no plan", "[]".to_owned(), "not a plan"),
        (
            "for another account",
            forged(&good, |plan| plan["account"] = json!("111111111111")),
            "111111111111",
        ),
        (
            "for a manifest of another account",
            forged(&good, |plan| {
                let manifest = text(&plan["manifest"]).replace(ACCOUNT, "111111111111");
                plan["manifest"] = json!(manifest);
            }),
            "111111111111",
        ),
        (
            "for a region that its manifest has not",
            forged(&good, |plan| plan["regions"] = json!(["eu-west-1"])),
            "regions",
        ),
    ];
    for (name, plan, word) in rows {
        let path = desk.file("other.plan.json", plan);
        let said = desk.json(&[&["apply", &path][..], &YES].concat());
        let said = said.ends_with(4).explains(&[word]);
        assert_eq!(said.out, "", "{name}");
    }
    let more = forged(&good, |plan| {
        let mut step = plan["steps"][0].clone();
        step["step"] = json!("s99");
        step["id"] = json!("somebody");
        step.as_object_mut().unwrap().remove("pin");
        plan["steps"].as_array_mut().unwrap().push(step);
    });
    let more = desk.file("more.plan.json", more);
    let said = desk.json(&[&["apply", &more][..], &YES].concat());
    assert!(said.has_ended_with(&[0, 3]), "{said}");
    assert!(account.has_role("somebody"), "a plan does not make a neighbour the lab's");

    desk.json(&[&["-m", &lab, "apply", "lab.plan.json"][..], &YES].concat()).ends_with(2);
    desk.json(&[&["apply", "no.plan.json"][..], &YES].concat()).ends_with(1);
    desk.json(&["apply", "lab.plan.json"]).ends_with(4).explains(&["no terminal"]);
}
