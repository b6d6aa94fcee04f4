//! `dismantle plan`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::harness::{ACCOUNT, Desk, LAB, manifest, rows, shared_lab, text};

/// A plan's steps by their names, and for each all that it waits for, however indirectly.
struct Order {
    steps: Vec<Value>,
    waits: BTreeMap<String, BTreeSet<String>>,
}

impl Order {
    fn of(plan: &Value) -> Self {
        let steps = rows(plan, "steps").to_vec();
        let mut waits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for step in &steps {
            let mut all = BTreeSet::new();
            for earlier in rows(step, "after") {
                let earlier = text(earlier);
                let further = waits.get(earlier).unwrap_or_else(|| panic!("{earlier} is earlier"));
                all.extend(further.iter().cloned());
                all.insert(earlier.to_owned());
            }
            let twice = waits.insert(text(&step["step"]).to_owned(), all);
            assert_eq!(twice, None, "one {}", step["step"]);
        }
        Self { steps, waits }
    }

    /// Names of the steps that do this to that: `delete s3:bucket my-bucket`. There is one.
    fn named(&self, what: &str) -> Vec<&str> {
        let mut words = what.splitn(3, ' ');
        let [action, kind, id] = std::array::from_fn(|_| words.next().unwrap_or_default());
        let meant = |step: &&Value| {
            step["action"] == action && step["kind"] == kind && text(&step["id"]).ends_with(id)
        };
        let names: Vec<&str> =
            self.steps.iter().filter(meant).map(|step| text(&step["step"])).collect();
        assert!(!names.is_empty(), "there is a step {what}");
        names
    }

    #[track_caller]
    fn assert_before(&self, first: &str, then: &str) {
        for later in self.named(then) {
            for earlier in self.named(first) {
                assert!(self.waits[later].contains(earlier), "{then} waits for {first}");
            }
        }
    }
}

fn plan(more: &[&str]) -> Value {
    let desk = Desk::at(shared_lab());
    desk.json(&[&["-m", LAB, "plan"][..], more].concat()).ends_with(0).document()
}

#[test]
fn the_json_has_the_promised_fields_and_every_step_comes_after_what_it_waits_for() {
    let plan = plan(&[]);
    assert_eq!(plan["version"], 1);
    assert_eq!(plan["account"], ACCOUNT);
    assert!(text(&plan["digest"]).starts_with("sha256:"));
    assert_eq!(text(&plan["manifest"]), fs::read_to_string(LAB).unwrap());
    assert!(plan["created"].is_string());
    assert!(plan.get("monthly_saving_usd").is_some());
    let actions = [
        "detach-policy",
        "delete-inline-policy",
        "remove-from-instance-profile",
        "delete-policy-version",
        "stop",
        "empty",
        "untag",
        "delete",
        "schedule-deletion",
    ];
    for step in rows(&plan, "steps") {
        for field in ["step", "action", "kind", "id", "region", "reason"] {
            assert!(step[field].is_string(), "{field} of {step:#}");
        }
        assert!(actions.contains(&text(&step["action"])), "{step:#}");
    }
    for list in ["kept", "blocked"] {
        assert!(!rows(&plan, list).is_empty());
        for row in rows(&plan, list) {
            for field in ["kind", "id", "region", "reason"] {
                assert!(row[field].is_string(), "{field} of {row:#}");
            }
        }
    }
    Order::of(&plan);
}

/// What goes first | what waits for it. `{lab}` is the naming convention's prefix; an id may be
/// given by its end.
const ORDER: &str = "
    stop cloudtrail:trail audit-trail | delete cloudtrail:trail audit-trail
    delete cloudtrail:trail audit-trail | empty s3:bucket mlops-cloudtrail-logs-ap-southeast-1
    delete cloudtrail:trail audit-trail | delete logs:log-group mlops-cloudtrail-log-group
    delete cloudtrail:trail audit-trail | delete-inline-policy iam:role CloudWatchLogs_Role
    empty s3:bucket -ap-southeast-1 | delete s3:bucket -ap-southeast-1
    delete s3:bucket -logs-ap-southeast-1 | schedule-deletion kms:key
    delete s3:bucket -logs-us-east-1-842676018087 | schedule-deletion kms:key
    delete kms:alias {lab}-cloudtrail-key | schedule-deletion kms:key
    delete sagemaker:app JupyterServer/default | delete sagemaker:user-profile /retail-analyst
    delete sagemaker:app JupyterLab/default | delete sagemaker:space /retail-notebooks
    delete sagemaker:user-profile /retail-analyst | delete sagemaker:domain
    delete sagemaker:space /retail-notebooks | delete sagemaker:domain
    delete sagemaker:endpoint -endpoint | delete sagemaker:endpoint-config -forecast-config
    delete sagemaker:endpoint-config -forecast-config | delete sagemaker:model -forecast-model
    delete sagemaker:endpoint -endpoint | delete logs:log-group Endpoints/retail-forecast-endpoint
    delete sagemaker:model-package /1 | delete sagemaker:model-package-group retail-forecast-models
    delete sagemaker:model retail-forecast-model | detach-policy iam:role {lab}-sagemaker-execution
    delete sagemaker:domain | delete-inline-policy iam:role {lab}-sagemaker-execution
    detach-policy iam:role {lab}-sagemaker-execution | delete iam:role {lab}-sagemaker-execution
    detach-policy iam:role {lab}-sagemaker-execution | delete iam:policy {lab}-s3-access
    delete-policy-version iam:policy {lab}-s3-access | delete iam:policy {lab}-s3-access
    delete eks:nodegroup /retail-api-nodes | delete eks:addon /vpc-cni
    delete eks:fargate-profile /retail-api | delete eks:addon /vpc-cni
    delete eks:addon /vpc-cni | delete eks:cluster mlops-retail-cluster
    delete eks:access-entry | delete eks:cluster mlops-retail-cluster
    delete eks:pod-identity-association | delete eks:cluster mlops-retail-cluster
    delete eks:pod-identity-association | detach-policy iam:role {lab}-pod-identity
    delete eks:cluster mlops-retail-cluster | delete iam:oidc-provider
    delete eks:cluster mlops-retail-cluster | detach-policy iam:role {lab}-eks-cluster-role
    delete eks:nodegroup /retail-api-nodes | detach-policy iam:role {lab}-eks-nodegroup-role
    delete eks:fargate-profile /retail-api | detach-policy iam:role {lab}-eks-fargate-role
    delete eks:cluster mlops-retail-cluster | delete logs:log-group mlops-retail-cluster/cluster
    delete eks:cluster mlops-retail-cluster | delete logs:log-group mlops-retail-cluster/performance
    remove-from-instance-profile iam:instance-profile | delete iam:role {lab}-eks-nodegroup-role
    delete iam:role {lab}-eks-fargate-role | delete iam:policy {lab}-boundary
";

#[test]
fn what_uses_a_thing_goes_before_that_thing() {
    let order = Order::of(&plan(&[]));
    let table = ORDER.replace("{lab}", "mlops-retail-prediction-dev");
    for row in table.lines().filter(|row| !row.is_empty()) {
        let (first, then) = row.split_once('|').expect("a row has two sides");
        order.assert_before(first.trim(), then.trim());
    }
}

#[test]
fn a_plan_file_is_what_json_prints_and_its_owner_s_only() {
    let desk = Desk::at(shared_lab());
    let path = desk.path("lab.plan.json");
    let out = ["-m", LAB, "plan", "--out", "lab.plan.json"];
    let said = desk.json(&out).ends_with(0).explains(&["lab.plan.json", "dismantle apply"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), said.out);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    desk.dismantle(&["-m", LAB, "plan", "--out", "no/such/folder"]).ends_with(1);
}

#[test]
fn the_detailed_exit_code_tells_something_from_nothing() {
    let desk = Desk::at(shared_lab());
    desk.dismantle(&["-m", LAB, "plan", "--detailed-exitcode"]).ends_with(10);
    let nothing = desk.file("lab.yaml", manifest("lab", "{ prefix: nobody-has-this }"));
    desk.dismantle(&["-m", &nothing, "plan", "--detailed-exitcode"]).ends_with(0);
}

#[test]
fn the_graph_is_drawn_in_three_ways() {
    let desk = Desk::at(shared_lab());
    let rows = [
        ("dot", "digraph plan {", "}"),
        ("mermaid", "flowchart LR", ""),
        ("svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", "</svg>"),
    ];
    for (format, begins, ends) in rows {
        let said = desk.dismantle(&["-m", LAB, "plan", "--graph", format]).ends_with(0);
        let picture = said.out.trim();
        assert!(picture.starts_with(begins) && picture.ends_with(ends), "{format}: {said}");
        assert!(picture.contains("mlops-retail-cluster/retail-api-nodes"), "{format}: {said}");
    }
}

#[test]
fn the_same_account_gives_the_same_plan() {
    let without = |mut plan: Value| {
        let fields = plan.as_object_mut().unwrap();
        fields.remove("created");
        fields.remove("digest");
        plan
    };
    assert_eq!(without(plan(&[])), without(plan(&["-q"])));
}
