//! An account of which something cannot be seen.

use crate::account::Account;
use crate::harness::{Desk, Served, YES, manifest, rows, text};
use crate::http::{Between, Request, answer};

fn no_notebooks(request: &Request) -> Option<String> {
    (request.operation() == "ListNotebookInstances").then(|| {
        let body = r#"{"__type":"AccessDeniedException","message":"not authorized"}"#;
        answer("400 Bad Request", "application/x-amz-json-1.1", body)
    })
}

#[test]
fn what_cannot_be_seen_is_said_and_blocks_only_what_it_could_use() {
    let served = Served::empty();
    let account = Account::of(&served);
    account.make_role("probe-lab-role");
    account.make_policy("probe-lab-policy");
    let between = Between::start(&served.url, no_notebooks);
    let desk = Desk::at_url(&between.url);
    let lab = desk.file("lab.yaml", manifest("probe", "{ prefix: probe-lab }"));

    let said = desk.json(&["-m", &lab, "inventory"]).ends_with(1);
    let inventory = said.document();
    let unseen = rows(&inventory, "unseen");
    assert!(!unseen.is_empty(), "{said}");
    for gap in unseen {
        assert_eq!(gap["kind"], "sagemaker:notebook-instance");
        assert!(gap["region"].is_string());
        assert!(text(&gap["why"]).contains("ListNotebookInstances was denied"), "{gap:#}");
    }
    let row = |kind: &str| {
        rows(&inventory, "resources").iter().find(|row| row["kind"] == kind).expect("it is there")
    };
    assert_eq!(row("iam:role")["decision"], "blocked");
    let reason = text(&row("iam:role")["reason"]);
    assert!(
        reason.contains("cannot see whether a sagemaker:notebook-instance uses it"),
        "{reason}"
    );
    assert_eq!(row("iam:policy")["decision"], "delete", "no notebook uses a policy");
    let said = desk.dismantle(&["-m", &lab, "inventory"]).ends_with(1);
    assert!(said.out.contains("--accept-unseen sagemaker:notebook-instance"), "{said}");

    desk.dismantle(&["-m", &lab, "plan"]).ends_with(1);
    let verified = desk.json(&["-m", &lab, "verify"]).ends_with(3).document();
    assert!(!rows(&verified, "unseen").is_empty());
    let outcome = desk.json(&[&["-m", &lab, "destroy"][..], &YES].concat()).ends_with(3);
    assert_eq!(rows(&outcome.document(), "blocked").len(), 1);
    assert!(account.has_role("probe-lab-role"));

    let accept = ["--accept-unseen", "sagemaker:notebook-instance", "-m", &lab];
    let plan = desk.json(&[&accept[..], &["plan", "--out", "lab.plan.json"]].concat());
    let plan = plan.ends_with(0).document();
    assert_eq!(plan["accept_unseen"], serde_json::json!(["sagemaker:notebook-instance"]));
    desk.json(&[&["apply", "lab.plan.json"][..], &YES].concat()).ends_with(0);
    assert!(!account.has_role("probe-lab-role"), "the acceptance travels in the plan");
}

fn no_service_for_domains(request: &Request) -> Option<String> {
    (request.operation() == "ListDomains")
        .then(|| answer("501 Not Implemented", "text/html", "<html>no such thing here</html>"))
}

#[test]
fn what_an_emulator_lacks_is_unavailable_and_no_failure() {
    let served = Served::empty();
    Account::of(&served).make_role("probe-lab-role");
    let between = Between::start(&served.url, no_service_for_domains);
    let desk = Desk::at_url(&between.url);
    let lab = desk.file("lab.yaml", manifest("probe", "{ prefix: probe-lab }"));
    let inventory = desk.json(&["-m", &lab, "inventory"]).ends_with(0).document();
    assert!(rows(&inventory, "unseen").is_empty());
    let gaps = rows(&inventory, "unavailable");
    assert!(gaps.iter().any(|gap| gap["kind"] == "sagemaker:domain"), "{inventory:#}");
    assert_eq!(rows(&inventory, "resources")[0]["decision"], "delete");
    desk.dismantle(&[&["-m", &lab, "destroy"][..], &YES].concat()).ends_with(0);
}
