//! What is asked for, and what becomes of the answers, over accounts made by hand.

use jiff::Timestamp;

use super::*;
use crate::aws::kinds::{eks, sagemaker};
use crate::aws::tagged::Filter;
use crate::aws::{Class, Op, registry};
use crate::classify::{Case, Gone, classify};
use crate::inventory::{Inventory, Listing, Outcome};
use crate::manifest::Manifest;
use crate::resource::{Kind, Resource, ResourceId, Tags};

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const HERE: Region = Region::new("us-east-1");
const THERE: Region = Region::new("ap-southeast-1");
const LAB: &str = "match: [{ prefix: lab-dev }]";

/// The questions about a lab of which some resources are there and some are gone.
fn asks(manifest: &str, there: &[Resource], gone: &[(Kind, Region, &str)]) -> Vec<Ask> {
    let text = format!(
        "version: 1\nname: lab\naccounts: [\"842676018087\"]\n\
         regions: [us-east-1, ap-southeast-1]\n{manifest}\n"
    );
    let manifest = Manifest::parse(&text, "lab.yaml", registry::catalog()).unwrap();
    let mut inventory = Inventory::default();
    for resource in there {
        let listing =
            Listing { outcome: Outcome::Listed, resources: vec![resource.clone()], at: NOW };
        inventory.put(resource.kind(), resource.region(), listing);
    }
    let removed = gone.iter().map(|(kind, region, id)| ResourceId::new(*kind, *region, *id));
    let gone = Gone { removed: removed.collect(), ..Gone::default() };
    let decided = classify(&Case {
        inventory: &inventory,
        manifest: &manifest,
        catalog: registry::catalog(),
        accepted_unseen: &BTreeSet::new(),
        planned: None,
        gone: &gone,
        now: NOW,
    });
    ask::asks(&Known {
        manifest: &manifest,
        inventory: &inventory,
        decided: &decided,
        gone: &gone,
        account: "842676018087",
        partition: "aws",
    })
}

fn cluster(name: &str) -> Resource {
    Resource::new(eks::CLUSTER, THERE, name, name)
}

/// The values that are asked for of a key, where it is asked for.
fn values(asks: &[Ask], key: &str) -> Vec<(Region, Vec<String>)> {
    let filters = asks.iter().flat_map(|ask| ask.filters.iter().map(|one| (ask.region, one)));
    filters
        .filter(|(_, one)| one.key == key)
        .map(|(region, one)| (region, one.values.clone()))
        .collect()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn the_labs_own_tag_is_asked_for_in_every_region() {
    let asks = asks(LAB, &[], &[]);
    assert_eq!(values(&asks, "dismantle:lab"), [(HERE, words(&["lab"])), (THERE, words(&["lab"]))]);
    assert_eq!(asks.len(), 2, "{asks:?}");
}

#[test]
fn clusters_are_asked_for_by_name_whether_they_are_to_go_or_went() {
    let gone = (eks::CLUSTER, THERE, "lab-dev-old");
    let asks = asks(LAB, &[cluster("lab-dev")], &[gone]);
    for name in ["lab-dev", "lab-dev-old"] {
        let key = format!("kubernetes.io/cluster/{name}");
        assert_eq!(values(&asks, &key), [(THERE, Vec::new())]);
    }
    let both = words(&["lab-dev", "lab-dev-old"]);
    for key in ["elbv2.k8s.aws/cluster", "eks:cluster-name", "aws:eks:cluster-name"] {
        assert_eq!(values(&asks, key), [(THERE, both.clone())], "{key}");
    }
}

#[test]
fn a_cluster_that_the_manifest_names_is_asked_for_without_a_journal() {
    let manifest = "match: [{ kind: eks:cluster, name: my-cluster }]";
    let key = "kubernetes.io/cluster/my-cluster";
    assert_eq!(values(&asks(manifest, &[], &[]), key).len(), 2);
    let bucket = "match: [{ kind: s3:bucket, name: my-cluster }]";
    assert!(values(&asks(bucket, &[], &[]), key).is_empty());
}

#[test]
fn a_cluster_that_stays_has_left_nothing() {
    // Somebody else's by now, under the name of one that went; and one that is kept.
    let gone = (eks::CLUSTER, THERE, "theirs");
    let of = |manifest: &str, name: &str| {
        let key = format!("kubernetes.io/cluster/{name}");
        values(&asks(manifest, &[cluster(name)], &[gone]), &key)
    };
    assert!(of(LAB, "theirs").is_empty());
    let kept = "match: [{ kind: eks:cluster, name: lab-dev }]\nkeep: [{ kind: eks:cluster, name: \
                lab-dev }]";
    assert_eq!(of(kept, "lab-dev"), [(HERE, Vec::new())], "not where it is");
    assert!(of(LAB, "prod").is_empty());
}

#[test]
fn domains_profiles_and_spaces_are_asked_for_by_arn() {
    let gone = [
        (sagemaker::DOMAIN, HERE, "d-1"),
        (sagemaker::USER_PROFILE, HERE, "d-1/ana"),
        (sagemaker::SPACE, HERE, "d-1/notes"),
        (sagemaker::DOMAIN, Region::new("eu-west-1"), "d-2"),
    ];
    let asks = asks(LAB, &[], &gone);
    let arn = |what: &str| words(&[&format!("arn:aws:sagemaker:us-east-1:842676018087:{what}")]);
    for (key, what) in [
        ("ManagedByAmazonSageMakerResource", "domain/d-1"),
        ("sagemaker:domain-arn", "domain/d-1"),
        ("sagemaker:user-profile-arn", "user-profile/d-1/ana"),
        ("sagemaker:space-arn", "space/d-1/notes"),
    ] {
        assert_eq!(values(&asks, key), [(HERE, arn(what))], "{key}");
    }
}

#[test]
fn more_values_than_aws_takes_become_more_questions() {
    let names: Vec<String> = (0..45).map(|number| format!("lab-dev-{number:02}")).collect();
    let gone: Vec<_> = names.iter().map(|name| (eks::CLUSTER, HERE, name.as_str())).collect();
    let asked = values(&asks(LAB, &[], &gone), "elbv2.k8s.aws/cluster");
    let counts: Vec<usize> = asked.iter().map(|(_, values)| values.len()).collect();
    assert_eq!(counts, [20, 20, 5]);
}

#[test]
fn of_the_manifests_selectors_only_plain_tags_are_asked_for() {
    let rows: &[(&str, usize)] = &[
        ("{ tags: { Project: retail } }", 2),
        ("{ tags: { Project: retail, Owner: \"*\" } }", 2),
        ("{ kind: kms:key, tags: { Project: retail } }", 0),
        ("{ prefix: lab-dev, tags: { Project: retail } }", 0),
        ("{ older_than: 7d, tags: { Project: retail } }", 0),
    ];
    for (selector, asked) in rows {
        let asks = asks(&format!("match: [{selector}]"), &[], &[]);
        let of_project = asks.iter().filter(|ask| ask.filters.iter().any(|f| f.key == "Project"));
        assert_eq!(of_project.count(), *asked, "{selector}");
    }
    let asks = asks("match: [{ tags: { Project: retail, Owner: \"*\" } }]", &[], &[]);
    let both = asks.iter().find(|ask| ask.filters.len() == 2).unwrap();
    let tags = |project: &str| {
        Tags::from([("Project".into(), project.into()), ("Owner".into(), "ana".into())])
    };
    assert_eq!(both.shows(&tags("retail")).as_deref(), Some("Owner=ana"));
    assert_eq!(both.shows(&tags("other")), None);
    // The lab's own tag as a selector is the same question, asked once.
    let own = "match: [{ tags: { \"dismantle:lab\": lab } }]";
    assert_eq!(self::asks(own, &[], &[]).len(), 2);
}

fn ask_for(key: &str, values: &[&str]) -> Ask {
    Ask { region: HERE, filters: vec![Filter { key: key.to_owned(), values: words(values) }] }
}

fn tagged(arn: &str, key: &str, value: &str) -> Tagged {
    Tagged { arn: arn.to_owned(), tags: Tags::from([(key.to_owned(), value.to_owned())]) }
}

fn found(things: Vec<Tagged>) -> Beyond {
    let Some((key, _)) = things.first().and_then(|thing| thing.tags.first_key_value()) else {
        return Beyond::default();
    };
    sorted(vec![(ask_for(key, &[]), Ok(things.clone()))], registry::catalog())
}

/// What one ARN is called, whether it costs, and the command that shows it.
fn shown(arn: &str) -> (String, Option<bool>, String) {
    let beyond = found(vec![tagged(arn, "lab", "x")]);
    let [one] = &beyond.remains[..] else { panic!("{beyond:?}") };
    (one.what.clone(), one.costs, one.command.clone())
}

#[test]
fn each_type_has_a_word_a_cost_and_a_command() {
    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);
    let balancer = "arn:aws:elasticloadbalancing:us-east-1:842676018087:loadbalancer/net/k8s-a/1f";
    let group = "arn:aws:elasticloadbalancing:us-east-1:842676018087:targetgroup/k8s-a/1f";
    let v2 = format!("elbv2 describe-load-balancers --load-balancer-arns {balancer}");
    let targets = format!("elbv2 describe-target-groups --target-group-arns {group}");
    let function = "arn:aws:lambda:us-east-1:842676018087:function:lab";
    let anything = format!("resourcegroupstaggingapi get-resources --resource-arn-list {function}");
    let ec2 = |rest: &str| format!("arn:aws:ec2:us-east-1:842676018087:{rest}");
    let (volume, interface) = (ec2("volume/vol-1"), ec2("network-interface/eni-1"));
    let (gateway, address) = (ec2("natgateway/nat-1"), ec2("elastic-ip/eipalloc-1"));
    let snapshot = "arn:aws:ec2:us-east-1::snapshot/snap-1";
    let classic = "arn:aws:elasticloadbalancing:us-east-1:842676018087:loadbalancer/a1b2";
    let files = "arn:aws:elasticfilesystem:us-east-1:842676018087:file-system/fs-1";
    let scaling = "arn:aws:autoscaling:us-east-1:842676018087:autoScalingGroup:\
                   0a1b-2c3d:autoScalingGroupName/eks-nodes";
    let rows: &[(&str, &str, Option<bool>, &str)] = &[
        (balancer, "load balancer", YES, &v2),
        (
            classic,
            "classic load balancer",
            YES,
            "elb describe-load-balancers --load-balancer-names a1b2",
        ),
        (group, "target group", NO, &targets),
        (&volume, "volume", YES, "ec2 describe-volumes --volume-ids vol-1"),
        (snapshot, "snapshot", YES, "ec2 describe-snapshots --snapshot-ids snap-1"),
        (&gateway, "NAT gateway", YES, "ec2 describe-nat-gateways --nat-gateway-ids nat-1"),
        (&address, "elastic IP", YES, "ec2 describe-addresses --allocation-ids eipalloc-1"),
        (
            &interface,
            "network interface",
            NO,
            "ec2 describe-network-interfaces --network-interface-ids eni-1",
        ),
        (files, "file system", YES, "efs describe-file-systems --file-system-id fs-1"),
        (
            scaling,
            "Auto Scaling group",
            NO,
            "autoscaling describe-auto-scaling-groups --auto-scaling-group-names eks-nodes",
        ),
        (function, "lambda:function", None, &anything),
    ];
    for (arn, what, costs, command) in rows {
        let command = format!("aws {command} --region us-east-1");
        assert_eq!(shown(arn), ((*what).to_owned(), *costs, command), "{arn}");
    }
}

#[test]
fn what_dismantle_takes_apart_itself_is_not_listed() {
    for arn in [
        "arn:aws:s3:::lab",
        "arn:aws:eks:us-east-1:842676018087:cluster/lab",
        "arn:aws:sagemaker:us-east-1:842676018087:domain/d-1",
        "arn:aws:logs:us-east-1:842676018087:log-group:/lab",
    ] {
        assert_eq!(found(vec![tagged(arn, "lab", "x")]), Beyond::default(), "{arn}");
    }
}

#[test]
fn a_network_that_was_lent_to_a_cluster_is_not_its_remains() {
    let key = "kubernetes.io/cluster/lab";
    let subnet = "arn:aws:ec2:us-east-1:842676018087:subnet/subnet-1";
    let volume = "arn:aws:ec2:us-east-1:842676018087:volume/vol-1";
    let things = vec![tagged(subnet, key, "shared"), tagged(volume, key, "owned")];
    let beyond = found(things);
    assert_eq!(beyond.remains.len(), 1);
    assert_eq!(beyond.remains[0].tag, "kubernetes.io/cluster/lab=owned");
    assert_eq!(beyond.remains[0].id, "vol-1");
}

#[test]
fn an_answer_to_another_question_is_not_listed() {
    let theirs = "arn:aws:ec2:us-east-1:842676018087:volume/vol-2";
    let answer = Ok(vec![tagged(theirs, "elbv2.k8s.aws/cluster", "prod")]);
    let beyond =
        sorted(vec![(ask_for("elbv2.k8s.aws/cluster", &["lab"]), answer)], registry::catalog());
    assert_eq!(beyond, Beyond::default());
}

#[test]
fn a_thing_with_two_tags_is_listed_once_and_what_costs_comes_first() {
    let group = "arn:aws:elasticloadbalancing:us-east-1:842676018087:targetgroup/a/1";
    let volume = "arn:aws:ec2:us-east-1:842676018087:volume/vol-1";
    let mut both = tagged(group, "a", "1");
    both.tags.insert("b".to_owned(), "2".to_owned());
    let answers = vec![
        (ask_for("a", &[]), Ok(vec![both.clone()])),
        (ask_for("b", &[]), Ok(vec![both, tagged(volume, "b", "3")])),
    ];
    let beyond = sorted(answers, registry::catalog());
    let tags: Vec<&str> = beyond.remains.iter().map(|one| one.tag.as_str()).collect();
    assert_eq!(tags, ["b=3", "a=1"]);
}

#[test]
fn what_could_not_be_asked_is_said_once() {
    let op = Op::read("tag", "GetResources");
    let denied = || {
        let error = AwsError::garbled(op, HERE, "");
        Err(AwsError { class: Class::Denied, ..error })
    };
    let answers = vec![(ask_for("a", &[]), denied()), (ask_for("b", &[]), denied())];
    let beyond = sorted(answers, registry::catalog());
    assert!(beyond.remains.is_empty());
    let [unknown] = &beyond.unknown[..] else { panic!("{beyond:?}") };
    assert_eq!((unknown.region, unknown.why.as_str()), (HERE, "GetResources was denied"));
}

#[test]
fn hostile_arns_become_neither_commands_nor_rows() {
    let (_, _, command) = shown("arn:aws:ec2:us-east-1:1:volume/vol-1;rm -rf ~'$(id)`id`");
    let quoted = r"'vol-1;rm -rf ~'\''$(id)`id`'";
    assert_eq!(
        command,
        format!("aws ec2 describe-volumes --volume-ids {quoted} --region us-east-1")
    );
    let (what, _, command) = shown("arn:aws:ec2:us-east-1:1:volume/--debug");
    assert_eq!(what, "ec2:volume");
    assert!(command.contains("--resource-arn-list arn:aws:ec2:"), "{command}");
    let long = format!("arn:aws:ec2:us-east-1:1:volume/{}", "v".repeat(2_000));
    let turned = "arn:aws:ec2:us-east-1:1:volume/\u{202e}1-lov";
    let escaping = "arn:aws:ec2:us-east-1:1:volume/\u{1b}[2Jvol-1";
    for arn in
        [long.as_str(), turned, escaping, "", "volume", "arn:aws:ec2", "arn:aws:ec2:us-east-1:1:"]
    {
        let beyond = found(vec![tagged(arn, "lab", "x")]);
        assert_eq!((beyond.remains.len(), beyond.unknown.len()), (0, 1), "{arn:?}");
    }
}
