//! `dismantle destroy`, from the first look to the last.

use std::thread;

use serde_json::{Value, json};

use crate::account::Account;
use crate::beyond::assert_only_the_labs_remains_are_listed;
use crate::harness::{ACCOUNT, Desk, LAB, Served, YES, manifest, rows, text};
use crate::world::{assert_only_the_lab_went, decided, id, look, untouched};

#[test]
fn the_lab_goes_and_nothing_else_does() {
    let served = Served::lab();
    let desk = Desk::at(&served);
    let said = desk.json(&[&["-m", LAB, "destroy"][..], &YES].concat()).ends_with(3);
    let outcome = said.document();
    assert_eq!(outcome["outcome"], "incomplete", "neighbours' things are blocked");
    assert_eq!(outcome["left"], json!([]));
    assert_eq!(outcome["failed"], json!([]));
    assert_eq!(rows(&outcome, "blocked").len(), decided(untouched(), "blocked").count());
    for row in rows(&outcome, "blocked") {
        for field in ["kind", "id", "region", "reason"] {
            assert!(row[field].is_string(), "{field} of {row:#}");
        }
        let first = &rows(row, "used_by")[0];
        assert!(first["kind"].is_string() && first["id"].is_string(), "{row:#}");
    }
    for number in ["done", "elapsed_s", "requests", "throttled"] {
        assert!(outcome[number].is_u64(), "{number}");
    }
    said.explains(&["done delete eks:cluster mlops-retail-cluster"]);
    let run = text(&outcome["run"]);

    thread::scope(|scope| {
        scope.spawn(|| assert_only_the_lab_went(&look(&desk)));
        scope.spawn(|| verify(&desk));
        scope.spawn(|| assert_only_the_labs_remains_are_listed(&desk));
        scope.spawn(|| there_is_nothing_to_do(&desk));
    });
    the_run_can_be_read(&desk, run, &outcome);
}

fn verify(desk: &Desk) {
    let verified = desk.json(&["-m", LAB, "verify"]).ends_with(0).document();
    assert_eq!(verified["left"], json!([]));
    let pending = rows(&verified, "pending");
    assert!(pending.iter().any(|row| row["kind"] == "kms:key"), "{verified:#}");
    assert!(pending.iter().all(|row| row["id"].is_string() && row["until"].is_string()));
}

fn there_is_nothing_to_do(desk: &Desk) {
    let again = desk.dismantle(&[&["-m", LAB, "destroy"][..], &YES].concat()).ends_with(3);
    let again = again.explains(&["Nothing is to be done"]);
    assert!(!again.err.contains("did not come to its end"), "{again}");
    let said = desk.json(&["-m", LAB, "plan", "--detailed-exitcode"]).ends_with(0);
    assert_eq!(said.document()["steps"], json!([]));
}

fn the_run_can_be_read(desk: &Desk, run: &str, outcome: &Value) {
    let runs = desk.runs();
    assert_eq!(runs.len(), 1, "a destroy without a step is no run");
    assert_eq!(runs[0]["run"], run);
    assert_eq!(runs[0]["account"], ACCOUNT);
    assert_eq!(runs[0]["manifest"], "mlops-retail-prediction-dev");
    assert_eq!(runs[0]["command"], "destroy");
    assert_eq!(runs[0]["status"], "incomplete");
    assert_eq!(runs[0]["counts"]["done"], outcome["done"]);
    let list = desk.dismantle_anywhere(&["runs", "list"]).ends_with(0);
    assert!(list.out.contains(run) && list.out.contains("mlops-retail-prediction-dev"), "{list}");

    let said = desk.dismantle_anywhere(&["runs", "show", run, "--output", "json"]).ends_with(0);
    let shown = said.document();
    assert_eq!(rows(&shown, "steps").len() as u64, outcome["done"].as_u64().unwrap());
    assert!(rows(&shown, "steps").iter().all(|step| !text(&step["reason"]).is_empty()));
    let mut states = rows(&shown, "steps").iter().map(|step| text(&step["state"]));
    assert!(states.all(|state| ["done", "pending"].contains(&state)), "{shown:#}");
    let table = desk.dismantle_anywhere(&["runs", "show", run]).ends_with(0);
    assert!(table.out.contains("eks:nodegroup mlops-retail-cluster/retail-api-nodes"), "{table}");
}

#[test]
fn a_lab_that_nobody_shares_goes_with_0() {
    let served = Served::empty();
    let (desk, account) = (Desk::at(&served), Account::of(&served));
    for role in ["probe-lab-one", "probe-lab-two", "probe-labs-are-others"] {
        account.make_role(role);
    }
    let policy = account.make_policy("probe-lab-access");
    account.attach("probe-lab-one", &policy);
    let lab = desk.file("lab.yaml", manifest("probe", "{ prefix: probe-lab }"));
    let destroy = [&["-m", &lab, "destroy"][..], &YES].concat();

    let outcome = desk.json(&destroy).ends_with(0).document();
    assert_eq!(outcome["outcome"], "clean");
    for list in ["left", "failed", "blocked", "kept"] {
        assert_eq!(outcome[list], json!([]), "{list}");
    }
    assert!(!account.has_role("probe-lab-one") && !account.has_role("probe-lab-two"));
    assert!(account.has_role("probe-labs-are-others"));

    let again = desk.json(&destroy).ends_with(0).document();
    assert_eq!(again["outcome"], "nothing");
    assert_eq!(again["run"], Value::Null);
    assert_eq!(again["done"], 0);
    desk.dismantle(&["-m", &lab, "verify"]).ends_with(0);
    desk.dismantle(&[&["resume"][..], &YES].concat()).ends_with(1).explains(&["no run to go on"]);
    let first = text(&outcome["run"]);
    desk.dismantle(&[&["resume", first][..], &YES].concat()).ends_with(0);

    account.make_role("probe-lab-three");
    let second = desk.json(&destroy).ends_with(0).document();
    let runs: Vec<Value> = desk.runs().iter().map(|run| run["run"].clone()).collect();
    assert_eq!(runs, [second["run"].clone(), outcome["run"].clone()], "the newest first");
}

#[test]
fn without_a_yes_that_counts_nothing_goes() {
    let served = Served::empty();
    let (desk, account) = (Desk::at(&served), Account::of(&served));
    account.make_role("probe-lab-one");
    account.make_role("probe-lab-two");
    let lab = desk.file("lab.yaml", manifest("probe", "{ prefix: probe-lab }"));
    let strict = manifest("probe", "{ prefix: probe-lab }") + "limits: { max_deletions: 1 }\n";
    let strict = desk.file("strict.yaml", strict);
    let sharing = manifest("probe", "{ prefix: probe-lab }") + "limits: { max_share: 0.5 }\n";
    let sharing = desk.file("sharing.yaml", sharing);
    let rows: &[(&[&str], i32, &[&str])] = &[
        (&["-m", &lab, "destroy"], 4, &["no terminal", "--yes", "--account"]),
        (&["-m", &lab, "destroy", "--account", ACCOUNT], 4, &["no terminal"]),
        (&["-m", &lab, "destroy", "--yes"], 2, &["--account"]),
        (&["-m", &lab, "destroy", "--yes", "--account", "8426760180"], 2, &["twelve digits"]),
        (
            &["-m", &lab, "destroy", "--yes", "--account", "111111111111"],
            4,
            &["111111111111", ACCOUNT],
        ),
        (
            &["-m", &strict, "destroy", "--yes", "--account", ACCOUNT],
            4,
            &["2 resources would go", "max_deletions"],
        ),
        (
            &["-m", &sharing, "destroy", "--yes", "--account", ACCOUNT],
            4,
            &["2 of 2 iam:role would go", "max_share"],
        ),
        (&["-m", &lab, "tag"], 4, &["no terminal"]),
        (&["-m", &lab, "tag", "--yes", "--account", "111111111111"], 4, &["111111111111"]),
        (&["resume"], 4, &["no terminal"]),
    ];
    for (args, code, words) in rows {
        let said = desk.json(args).ends_with(*code).explains(words);
        assert_eq!(said.out, "", "{said}");
    }
    let dry = desk.json(&["-m", &lab, "destroy", "--dry-run"]).ends_with(0);
    let dry = dry.explains(&["nothing was changed"]).document();
    let steps: Vec<_> = crate::harness::rows(&dry, "steps").iter().map(id).collect();
    assert_eq!(steps.len(), 2);
    assert!(account.has_role("probe-lab-one") && account.has_role("probe-lab-two"));
    assert!(desk.runs().is_empty());
}
