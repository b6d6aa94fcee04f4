//! What a lab leaves in other services, and the account that manages an organisation.

use serde_json::{Value, json};

use crate::account::Account;
use crate::harness::{ACCOUNT, Desk, LAB, Served, YES, manifest, rows, text};
use crate::http::{Between, Request, answer};

const JSON: &str = "application/x-amz-json-1.1";
const BALANCER: &str = "arn:aws:elasticloadbalancing:ap-southeast-1:842676018087:loadbalancer/net/\
                        k8s-retailap-retailap-8f2c1d7a90/4d5e6f708192a3b4";

/// After the lab has gone: what its cluster and its domain have left, and nothing of anybody else's.
pub fn assert_only_the_labs_remains_are_listed(desk: &Desk) {
    let verified = desk.json(&["-m", LAB, "verify"]).ends_with(0).document();
    let found: Vec<(&str, &str, &str)> = rows(&verified, "beyond")
        .iter()
        .map(|row| (text(&row["what"]), text(&row["region"]), text(&row["tag"])))
        .collect();
    let [balancer, volume, (what, "us-east-1", tag)] = found[..] else { panic!("{found:?}") };
    let there = "ap-southeast-1";
    let by_controller = "elbv2.k8s.aws/cluster=mlops-retail-cluster";
    assert_eq!(balancer, ("load balancer", there, by_controller));
    assert_eq!(volume, ("volume", there, "kubernetes.io/cluster/mlops-retail-cluster=owned"));
    assert_eq!(what, "file system");
    let domain =
        "ManagedByAmazonSageMakerResource=arn:aws:sagemaker:us-east-1:842676018087:domain/";
    assert!(tag.starts_with(domain), "{tag}");
    assert!(rows(&verified, "beyond").iter().all(|row| row["costs"] == true), "{verified:#}");
    assert_eq!(verified["beyond_unknown"], json!([]));

    let commands: Vec<&str> =
        rows(&verified, "beyond").iter().map(|row| text(&row["command"])).collect();
    assert_eq!(
        commands[0],
        format!(
            "aws elbv2 describe-load-balancers --load-balancer-arns {BALANCER} --region {there}"
        )
    );
    assert_eq!(
        commands[1],
        format!("aws ec2 describe-volumes --volume-ids vol-0a1b2c3d4e5f60718 --region {there}")
    );
    assert!(commands[2].starts_with("aws efs describe-file-systems --file-system-id fs-"));
    let said = desk.dismantle(&["-m", LAB, "verify"]).ends_with(0);
    for command in commands {
        let alone = |line: &str| line.trim() == command;
        assert!(said.out.lines().any(alone), "{command} on a line of its own in {said}");
    }
    assert!(said.out.contains("3 things are left in services"), "{said}");
    assert!(!said.out.contains("k8s-retailap-retailap-1b3d5f7092"), "a neighbour's: {said}");
}

fn no_tags(request: &Request) -> Option<String> {
    (request.operation() == "GetResources").then(|| {
        let body = r#"{"__type":"AccessDeniedException","message":"not authorized"}"#;
        answer("400 Bad Request", JSON, body)
    })
}

#[test]
fn where_tags_cannot_be_read_it_is_said_and_changes_no_exit_code() {
    let served = Served::empty();
    let between = Between::start(&served.url, no_tags);
    let desk = Desk::at_url(&between.url);
    let lab = desk.file("lab.yaml", manifest("probe", "{ prefix: probe-lab }"));
    let verified = desk.json(&["-m", &lab, "verify"]).ends_with(0).document();
    assert_eq!(verified["beyond"], json!([]));
    let [unknown] = rows(&verified, "beyond_unknown") else { panic!("{verified:#}") };
    assert_eq!(unknown["region"], "us-east-1");
    assert!(text(&unknown["why"]).contains("GetResources was denied"), "{unknown:#}");
    let said = desk.dismantle(&["-m", &lab, "verify"]).ends_with(0);
    assert!(said.out.contains("Nothing is left that should be gone"), "{said}");
    assert!(said.out.contains("other services is not known in us-east-1"), "{said}");
    assert!(said.out.contains("grant tag:GetResources"), "{said}");
}

fn managing(request: &Request) -> Option<String> {
    (request.operation() == "DescribeOrganization").then(|| {
        let organization = json!({ "Id": "o-a1b2c3d4e5", "MasterAccountId": ACCOUNT });
        answer("200 OK", JSON, &json!({ "Organization": organization }).to_string())
    })
}

#[test]
fn a_management_account_gets_a_caution_which_a_manifest_can_turn_into_a_refusal() {
    let served = Served::empty();
    let account = Account::of(&served);
    account.make_policy("probe-lab-policy");
    let between = Between::start(&served.url, managing);
    let desk = Desk::at_url(&between.url);
    let lab = manifest("probe", "{ prefix: probe-lab }");
    let careful = desk.file("careful.yaml", format!("{lab}options: {{ cautions: block }}\n"));
    let lab = desk.file("lab.yaml", lab);

    let note = ["note: This account manages the organisation o-a1b2c3d4e5"];
    desk.json(&["-m", &careful, "inventory"]).ends_with(0).explains(&note);
    let plan = ["-m", &careful, "plan", "--out", "careful.plan.json"];
    desk.json(&plan).ends_with(0).explains(&note);
    let commands: [&[&str]; 3] =
        [&["-m", &careful, "destroy"], &["-m", &careful, "tag"], &["apply", "careful.plan.json"]];
    for command in commands {
        let said = desk.json(&[command, &YES].concat()).ends_with(4);
        assert_eq!(said.out, "", "{said}");
        said.explains(&["o-a1b2c3d4e5", "cautions: block", "Nothing was changed"]);
    }
    assert!(desk.runs().is_empty());
    let dry = [&["-m", &careful, "destroy", "--dry-run"][..], &["--account", ACCOUNT]].concat();
    let steps: Value = desk.json(&dry).ends_with(0).document();
    assert_eq!(rows(&steps, "steps").len(), 1, "the policy is still there");

    let outcome = desk.json(&[&["-m", &lab, "destroy"][..], &YES].concat()).ends_with(0);
    assert_eq!(outcome.explains(&note).document()["outcome"], "clean");
}
