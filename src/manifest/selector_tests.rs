use jiff::ToSpan;

use super::*;
use crate::manifest::tests::{keeping, matching};
use crate::resource::{Region, Unread};

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn resource(kind: &'static str, name: &str) -> Resource {
    Resource::new(Kind::new(kind), Region::new("us-east-1"), name, name)
}

fn hit(selector: &Selector, resource: &Resource) -> Option<Hit> {
    selector.matches(resource, &|_| None, NOW)
}

/// Each row: the selector, the kind, a name that it takes, a name that it does not.
#[test]
fn names_are_matched() {
    let rows: &[(&str, &'static str, &str, &str)] = &[
        ("{ name: lab-x }", "s3:bucket", "lab-x", "lab-x2"),
        ("{ prefix: lab-dev }", "s3:bucket", "lab-dev", "lab-devops"),
        ("{ prefix: lab-dev }", "s3:bucket", "lab-dev-x", "lab-de"),
        ("{ prefix: lab-dev }", "ecr:repository", "lab-dev/x", "x-lab-dev"),
        ("{ prefix: lab-dev }", "logs:log-group", "lab-dev:x", "lab-dev0"),
        ("{ prefix: lab-dev }", "logs:log-group", "lab-dev_x", "LAB-DEV-x"),
        ("{ prefix: lab-dev }", "logs:log-group", "lab-dev.x", "lab-dev~x"),
        ("{ prefix: lab-dev- }", "s3:bucket", "lab-dev-x", "lab-dev"),
        ("{ prefix: retail }", "sagemaker:model", "retail-forecast", "retailer-forecast"),
        (
            "{ prefix: retail-forecast-models }",
            "sagemaker:model-package",
            "retail-forecast-models/1",
            "retail-forecast/1",
        ),
        ("{ glob: '*retail-*' }", "sagemaker:endpoint", "a-retail-b", "a-retail"),
        ("{ glob: 'lab/*' }", "ecr:repository", "lab/api", "lab/api/x"),
        ("{ regex: '^lab-(dev|qa)$' }", "s3:bucket", "lab-qa", "lab-qa-x"),
        ("{ kind: 'sagemaker:*', prefix: lab }", "sagemaker:model", "lab-x", "laboratory"),
    ];
    for (selector, kind, taken, left) in rows {
        let selector = matching(selector);
        assert!(hit(&selector, &resource(kind, taken)).is_some(), "{} {taken}", selector.rule());
        assert!(hit(&selector, &resource(kind, left)).is_none(), "{} {left}", selector.rule());
        let kind = Kind::new(kind);
        assert!(selector.matches_name_of(kind, taken).is_some(), "{} {taken}", selector.rule());
        assert!(selector.matches_name_of(kind, left).is_none(), "{} {left}", selector.rule());
    }
}

#[test]
fn a_selector_is_about_its_kinds_only() {
    let selector = matching("{ kind: 'sagemaker:*', prefix: lab }");
    assert!(hit(&selector, &resource("s3:bucket", "lab-x")).is_none());
    let selector = matching("{ kind: iam:role, name: lab-x }");
    assert!(hit(&selector, &resource("iam:policy", "lab-x")).is_none());
    assert!(selector.matches_name_of(Kind::new("iam:policy"), "lab-x").is_none());
}

#[test]
fn a_name_may_be_an_id_or_an_arn() {
    let mut policy = resource("iam:policy", "lab-x");
    policy.id.id = "arn:aws:iam::123456789012:policy/lab-x".to_owned();
    policy.arn = Some(policy.id.id.clone());
    for name in ["lab-x", "arn:aws:iam::123456789012:policy/lab-x"] {
        assert!(hit(&matching(&format!("{{ name: '{name}' }}")), &policy).is_some(), "{name}");
    }
}

#[test]
fn every_alias_of_a_key_must_match() {
    let mut key = resource("kms:key", "7d1f0c5e-93ab-4e62-8b1d-f2c40a6e9d37");
    key.other_names = vec!["lab-dev-key".to_owned()];
    let by_prefix = matching("{ prefix: lab-dev }");
    assert!(hit(&by_prefix, &key).is_some());
    assert!(hit(&matching("{ kind: kms:key, name: alias/lab-dev-key }"), &key).is_some());
    key.other_names.push("shared".to_owned());
    assert!(hit(&by_prefix, &key).is_none());
    assert!(hit(&matching("{ kind: kms:key, name: lab-dev-key }"), &key).is_none());
    // Its id names the key itself, whatever it is called.
    let by_id = format!("{{ kind: kms:key, name: {} }}", key.id.id);
    assert!(hit(&matching(&by_id), &key).is_some());
}

#[test]
fn tags_are_matched() {
    let mut bucket = resource("s3:bucket", "x");
    bucket.tags = [("Project".to_owned(), "Lab".to_owned())].into();
    let rows = [
        ("{ tags: { Project: Lab } }", true),
        ("{ tags: { Project: '*' } }", true),
        ("{ tags: { Project: lab } }", false),
        ("{ tags: { project: Lab } }", false),
        ("{ tags: { Project: Lab, Owner: '*' } }", false),
        ("{ prefix: lab, tags: { Project: Lab } }", false),
    ];
    for (selector, expected) in rows {
        assert_eq!(hit(&matching(selector), &bucket).is_some(), expected, "{selector}");
    }
    bucket.unread.push(Unread { what: "tags".to_owned(), why: "denied".to_owned() });
    assert!(hit(&matching("{ tags: { Project: Lab } }"), &bucket).is_none());
    assert!(hit(&matching("{ name: x }"), &bucket).is_some());
}

#[test]
fn ages_are_matched_and_an_unknown_age_stays() {
    let older = "{ kind: s3:bucket, older_than: 7d }";
    let newer = "{ kind: s3:bucket, newer_than: 2h }";
    let mut bucket = resource("s3:bucket", "x");
    assert!(hit(&matching(older), &bucket).is_none());
    assert!(hit(&matching(newer), &bucket).is_none());
    assert!(hit(&keeping(newer), &bucket).is_some());
    assert!(hit(&keeping(older), &bucket).is_some());
    bucket.created = Some(NOW - 168.hours());
    assert!(hit(&matching(older), &bucket).is_some());
    assert!(hit(&keeping(newer), &bucket).is_none());
    bucket.created = Some(NOW - 1.hour());
    assert!(hit(&matching(older), &bucket).is_none());
    assert!(hit(&matching(newer), &bucket).is_some());
    // Made in a future that a crooked clock shows: new.
    bucket.created = Some(NOW + 1.hour());
    assert!(hit(&matching(newer), &bucket).is_some());
}

#[test]
fn where_reads_facts_and_picks_parts() {
    let mut image = resource("ecr:image", "repo@sha256:0");
    for tag in ["dev", "prod"] {
        image.fact("tag", tag);
    }
    image.fact("tagged", "true");
    let selector = matching("{ kind: ecr:image, where: { tag: [dev, staging] } }");
    let found = hit(&selector, &image).unwrap();
    assert_eq!(found.parts, Some(["dev".to_owned()].into()));
    assert_eq!(found.rule, "tag dev or staging");
    let selector = matching("{ kind: ecr:image, where: { tagged: true } }");
    assert_eq!(hit(&selector, &image).unwrap().parts, None);
    assert!(hit(&matching("{ kind: ecr:image, where: { tagged: false } }"), &image).is_none());
    assert!(hit(&matching("{ kind: ecr:image, where: { tag: [staging] } }"), &image).is_none());
    // A fact that is not known is not as asked.
    let selector = matching("{ kind: sagemaker:endpoint, where: { status: Failed } }");
    assert!(hit(&selector, &resource("sagemaker:endpoint", "x")).is_none());
}

#[test]
fn in_reads_the_parent_and_what_that_lives_in() {
    let region = Region::new("us-east-1");
    let cluster = resource("eks:cluster", "lab");
    let mut group = resource("eks:nodegroup", "lab/workers");
    group.parent = Some(cluster.id.clone());
    let mut addon = Resource::new(Kind::new("eks:addon"), region, "lab/cni", "lab/cni");
    addon.parent = Some(group.id.clone());
    let all = [&cluster, &group];
    let parents = |id: &ResourceId| all.iter().find(|one| one.id == *id).copied();
    let selector = matching("{ kind: eks:addon, in: { kind: eks:cluster, name: lab } }");
    assert!(selector.matches(&addon, &parents, NOW).is_some());
    let other = matching("{ kind: eks:addon, in: { kind: eks:cluster, name: la } }");
    assert!(other.matches(&addon, &parents, NOW).is_none());
    // The parent's id is enough where the parent itself is not at hand.
    addon.parent = Some(cluster.id.clone());
    assert!(selector.matches(&addon, &|_| None, NOW).is_some());
    // A child's own name, without its parent's.
    let by_name = matching("{ kind: eks:addon, name: cni, in: { kind: eks:cluster, name: lab } }");
    assert!(by_name.matches(&addon, &|_| None, NOW).is_some());
    addon.parent = None;
    assert!(selector.matches(&addon, &parents, NOW).is_none());
}

#[test]
fn a_circle_of_parents_ends() {
    let mut group = resource("eks:nodegroup", "a");
    group.parent = Some(group.id.clone());
    let selector = matching("{ kind: eks:nodegroup, in: { kind: eks:cluster, name: lab } }");
    assert!(selector.matches(&group, &|_| Some(&group), NOW).is_none());
}

#[test]
fn a_hit_says_its_rule_for_people() {
    let rows = [
        ("{ prefix: lab-dev }", "prefix lab-dev", false, false),
        ("{ kind: iam:role, name: x }", "name x", true, false),
        ("{ name: x }", "name x", false, false),
        ("{ tags: { Project: Lab } }", "tag Project=Lab", false, false),
        (
            "{ kind: sagemaker:training-job, glob: '*retail-*', where: { status: InProgress }, action: stop }",
            "glob *retail-*, status InProgress",
            false,
            true,
        ),
        (
            "{ kind: ecr:image, in: { kind: ecr:repository, name: lab/api } }",
            "in ecr:repository lab/api",
            false,
            false,
        ),
    ];
    for (selector, rule, exact, stop) in rows {
        let found = matching(selector).hit(None);
        assert_eq!((found.rule.as_str(), found.exact, found.stop), (rule, exact, stop));
    }
    assert_eq!(keeping("{ kind: s3:bucket }").rule(), "kind s3:bucket");
    assert_eq!(keeping("{ newer_than: 2h }").rule(), "newer than 2h");
}

#[test]
fn only_names_speak_for_what_is_gone() {
    let cluster = Kind::new("eks:cluster");
    let rows = [
        ("{ kind: eks:cluster, name: lab }", true),
        ("{ prefix: lab }", true),
        ("{ prefix: lab, tags: { a: b } }", false),
        ("{ prefix: lab, older_than: 7d }", false),
        ("{ tags: { a: b } }", false),
    ];
    for (selector, expected) in rows {
        assert_eq!(
            matching(selector).matches_name_of(cluster, "lab").is_some(),
            expected,
            "{selector}"
        );
    }
}
