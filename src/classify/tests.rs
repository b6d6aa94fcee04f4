//! One row a rule, over small accounts made by hand.

use super::*;
use crate::aws::kinds::{cloudtrail, ecr, eks, iam, kms, logs, s3, sagemaker};
use crate::aws::registry;
use crate::inventory::{Listing, Outcome};
use crate::resource::{Action, Last, Lifecycle, Prep, Protection, Reference, Region, Unread};

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const HERE: Region = Region::new("us-east-1");
const THERE: Region = Region::new("ap-southeast-1");
const LAB: &str = "match: [{ prefix: lab-dev }]";

fn account<const N: usize>(resources: [&Resource; N]) -> Inventory {
    let mut listed: BTreeMap<(Kind, Region), Vec<Resource>> = BTreeMap::new();
    for resource in resources {
        listed.entry((resource.kind(), resource.region())).or_default().push(resource.clone());
    }
    let mut inventory = Inventory::default();
    for ((kind, region), resources) in listed {
        inventory.put(kind, region, Listing { outcome: Outcome::Listed, resources, at: NOW });
    }
    inventory
}

fn judge(manifest: &str, inventory: &Inventory, accepted: &[Kind]) -> Classification {
    judge_case(manifest, inventory, accepted, &Gone::default())
}

fn judge_after(manifest: &str, inventory: &Inventory, gone: &Gone) -> Classification {
    judge_case(manifest, inventory, &[], gone)
}

fn judge_case(
    manifest: &str,
    inventory: &Inventory,
    accepted: &[Kind],
    gone: &Gone,
) -> Classification {
    let text = format!(
        "version: 1\nname: lab\naccounts: [\"842676018087\"]\n\
         regions: [us-east-1, ap-southeast-1]\n{manifest}\n"
    );
    let catalog = registry::catalog();
    let manifest = Manifest::parse(&text, "lab.yaml", catalog).unwrap();
    let accepted_unseen: BTreeSet<Kind> = accepted.iter().copied().collect();
    classify(&Case {
        inventory,
        manifest: &manifest,
        catalog,
        accepted_unseen: &accepted_unseen,
        planned: None,
        gone,
        now: NOW,
    })
}

fn thing(kind: Kind, name: &str) -> Resource {
    let region = if kind.service() == "iam" { Region::GLOBAL } else { HERE };
    Resource::new(kind, region, name, name)
}

fn with(mut resource: Resource, change: impl FnOnce(&mut Resource)) -> Resource {
    change(&mut resource);
    resource
}

fn using(user: Resource, used: &Resource) -> Resource {
    let reference = Reference::soft(used.kind(), &used.id.id, "data").in_region(used.region());
    with(user, |it| it.uses.push(reference))
}

fn inside(parent: &Resource, kind: Kind, name: &str) -> Resource {
    let child = Resource::new(kind, parent.region(), format!("{}/{name}", parent.id.id), name);
    with(child, |it| it.parent = Some(parent.id.clone()))
}

fn tagged(resource: Resource, key: &str, value: &str) -> Resource {
    with(resource, |it| {
        it.tags.insert(key.to_owned(), value.to_owned());
    })
}

fn ended(resource: Resource) -> Resource {
    with(resource, |it| it.lifecycle = Lifecycle::Ended { status: "Completed".to_owned() })
}

/// A job or a notebook that runs, so that it is stopped before it goes.
fn running(kind: Kind, name: &str) -> Resource {
    with(thing(kind, name), |it| it.removal.prep.push(Prep::new(Action::Stop)))
}

fn transform_job() -> Resource {
    let never = Last::Never("SageMaker keeps transform jobs as history".to_owned());
    with(thing(sagemaker::TRANSFORM_JOB, "lab-dev-x"), |it| it.removal.last = never)
}

fn protected(liftable: bool) -> Resource {
    let why = "deletion protection is on".to_owned();
    with(thing(logs::LOG_GROUP, "lab-dev-x"), |it| {
        it.protections = vec![Protection { why, liftable }]
    })
}

fn is(decided: &Classification, of: &Resource, decision: Decision, words: &str) {
    is_by("", decided, of, decision, words);
}

fn is_by(rule: &str, decided: &Classification, of: &Resource, decision: Decision, words: &str) {
    let verdict = &decided.verdicts[&of.id];
    assert_eq!(verdict.decision, decision, "{rule}: {} ({})", of.id, verdict.reason);
    assert!(verdict.reason.contains(words), "{rule}: {} ({})", of.id, verdict.reason);
}

#[test]
fn one_thing_alone_is_decided_by_its_own_state() {
    use Decision::{Blocked, Delete, Foreign, Keep, Pending, Stop};
    let bucket = || thing(s3::BUCKET, "lab-dev-x");
    let made_by_a_stack = || tagged(bucket(), "aws:cloudformation:stack-name", "web");
    let in_its_window = Lifecycle::Pending { until: None };
    let unread = || Unread { what: "tags".to_owned(), why: "access denied".to_owned() };
    let job = "match: [{ kind: sagemaker:training-job, prefix: lab-dev, action: stop }]";
    let option = |option: &str| format!("{LAB}\noptions: {{ {option} }}");
    let keep = |selector: &str| format!("{LAB}\nkeep: [{selector}]");
    let plain = || LAB.to_owned();
    let rows = [
        ("a prefix takes a name", plain(), bucket(), Delete, "prefix lab-dev"),
        ("a prefix takes all of a name", plain(), thing(iam::ROLE, "lab-dev"), Delete, "prefix"),
        (
            "a prefix ends at a boundary",
            plain(),
            thing(iam::ROLE, "lab-devops"),
            Foreign,
            "no rule",
        ),
        ("a slash is a boundary", plain(), thing(logs::LOG_GROUP, "lab-dev/x"), Delete, "prefix"),
        (
            "out of region is foreign",
            plain(),
            Resource::new(s3::BUCKET, Region::new("eu-west-1"), "lab-dev-x", "lab-dev-x"),
            Foreign,
            "eu-west-1",
        ),
        ("a keep tag wins", plain(), tagged(bucket(), KEEP_TAG, ""), Keep, "tag dismantle:keep"),
        ("a keep selector wins", keep("{ kind: s3:bucket }"), bucket(), Keep, "kind s3:bucket"),
        ("an unknown age is new", keep("{ newer_than: 2h }"), bucket(), Keep, "newer than 2h"),
        ("keep wins over protected", keep("{ name: lab-dev-x }"), protected(false), Keep, "name"),
        ("protected is blocked", plain(), protected(true), Blocked, "deletion protection is on"),
        (
            "a lift for one kind is none for another",
            option("lift_protection: [eks:cluster]"),
            protected(true),
            Blocked,
            "deletion protection is on",
        ),
        (
            "what cannot be lifted is not",
            option("lift_protection: [logs:log-group]"),
            protected(false),
            Blocked,
            "deletion protection is on",
        ),
        ("a stack's is blocked", plain(), made_by_a_stack(), Blocked, "delete the stack web"),
        ("managed: delete", option("managed: delete"), made_by_a_stack(), Delete, "prefix"),
        (
            "unread tags block",
            plain(),
            with(bucket(), |it| it.unread.push(unread())),
            Blocked,
            "cannot see its tags: access denied",
        ),
        (
            "a pending key is pending",
            plain(),
            with(thing(kms::KEY, "lab-dev-x"), |it| it.lifecycle = in_its_window),
            Pending,
            "scheduled",
        ),
        ("history is kept", plain(), ended(transform_job()), Keep, "history"),
        (
            "history that runs is stopped",
            plain(),
            with(transform_job(), |it| it.removal.prep.push(Prep::new(Action::Stop))),
            Stop,
            "history",
        ),
        (
            "action: stop",
            job.to_owned(),
            running(sagemaker::TRAINING_JOB, "lab-dev-x"),
            Stop,
            "prefix lab-dev",
        ),
        (
            "action: stop, of what is stopped",
            job.to_owned(),
            ended(thing(sagemaker::TRAINING_JOB, "lab-dev-x")),
            Keep,
            "stopped already",
        ),
        (
            "cautions: block",
            option("cautions: block"),
            with(bucket(), |it| it.cautions.push("a website".to_owned())),
            Blocked,
            "a website",
        ),
        (
            "a caution alone only warns",
            plain(),
            with(bucket(), |it| it.cautions.push("a website".to_owned())),
            Delete,
            "prefix",
        ),
        ("read only is not removed", plain(), thing(iam::USER, "lab-dev-x"), Foreign, "no rule"),
    ];
    for (rule, manifest, one, decision, words) in rows {
        is_by(rule, &judge(&manifest, &account([&one]), &[]), &one, decision, words);
    }
}

#[test]
fn a_protection_that_the_manifest_lifts_is_lifted() {
    let group = protected(true);
    let manifest = format!("{LAB}\noptions: {{ lift_protection: [logs:log-group] }}");
    let decided = judge(&manifest, &account([&group]), &[]);
    is(&decided, &group, Decision::Delete, "prefix lab-dev");
    assert!(decided.verdicts[&group.id].lift);
}

#[test]
fn what_a_neighbour_uses_is_blocked_by_name() {
    let bucket = thing(s3::BUCKET, "lab-dev-data");
    let trail = using(thing(cloudtrail::TRAIL, "audit"), &bucket);
    let decided = judge(LAB, &account([&bucket, &trail]), &[]);
    is(&decided, &trail, Decision::Foreign, "no rule");
    is(&decided, &bucket, Decision::Blocked, "used by cloudtrail:trail audit");
    assert_eq!(decided.verdicts[&bucket.id].used_by, [trail.id]);
}

/// What is never removed, whatever it is called, holds what it uses like any neighbour.
#[test]
fn what_is_only_read_holds_what_it_uses() {
    let bucket = thing(s3::BUCKET, "lab-dev-data");
    let role = thing(iam::ROLE, "lab-dev-role");
    let endpoint = thing(sagemaker::ENDPOINT, "lab-dev-api");
    let cluster = thing(eks::CLUSTER, "lab-dev");
    let rows = [
        (sagemaker::FEATURE_GROUP, "shop", &bucket),
        (sagemaker::FEATURE_GROUP, "lab-dev-features", &role),
        (sagemaker::MLFLOW_TRACKING_SERVER, "shop", &bucket),
        (sagemaker::MONITORING_SCHEDULE, "lab-dev-drift", &endpoint),
        (sagemaker::INFERENCE_COMPONENT, "lab-dev-adapter", &endpoint),
        (sagemaker::CLUSTER, "shop", &cluster),
        (cloudtrail::EVENT_DATA_STORE, "lake", &role),
        (eks::CAPABILITY, "lab-dev/argocd", &cluster),
    ];
    for (kind, name, used) in rows {
        let user = using(thing(kind, name), used);
        let decided = judge(LAB, &account([used, &user]), &[]);
        is_by(name, &decided, &user, Decision::Foreign, "no rule");
        is_by(name, &decided, used, Decision::Blocked, &format!("used by {kind} {name}"));
    }
}

/// The model is decided on after the bucket, and stays for a reason of its own.
#[test]
fn everyone_who_stays_and_uses_a_thing_is_named() {
    let bucket = thing(s3::BUCKET, "lab-dev-data");
    let trail = using(thing(cloudtrail::TRAIL, "audit"), &bucket);
    let model = using(thing(sagemaker::MODEL, "lab-dev-model"), &bucket);
    let config = using(thing(sagemaker::ENDPOINT_CONFIG, "shop"), &model);
    let endpoint = using(thing(sagemaker::ENDPOINT, "shop"), &config);
    let decided = judge(LAB, &account([&bucket, &trail, &model, &config, &endpoint]), &[]);
    is(&decided, &model, Decision::Blocked, "sagemaker:endpoint-config shop");
    assert_eq!(decided.verdicts[&bucket.id].used_by, [trail.id, model.id]);
}

#[test]
fn a_sequence_alone_blocks_nothing() {
    let role = thing(iam::ROLE, "lab-dev-role");
    let trusting = with(thing(iam::ROLE, "shop"), |it| {
        it.uses.push(Reference::order(iam::ROLE, "lab-dev-role", "trusted role"));
    });
    is(&judge(LAB, &account([&role, &trusting]), &[]), &role, Decision::Delete, "prefix");
}

#[test]
fn all_spellings_of_one_thing_meet() {
    let arn = "arn:aws:kms:us-east-1:842676018087:key/1234";
    let alias_arn = "arn:aws:kms:us-east-1:842676018087:alias/lab-dev-key";
    let key = with(Resource::new(kms::KEY, HERE, "1234", "lab-dev-key"), |it| {
        it.arn = Some(arn.to_owned());
        it.other_names = vec!["lab-dev-key".to_owned()];
        it.spellings = vec!["alias/lab-dev-key".to_owned(), alias_arn.to_owned()];
    });
    let rows = [
        (HERE, arn, true),
        (HERE, "1234", true),
        (HERE, "alias/lab-dev-key", true),
        (HERE, alias_arn, true),
        (HERE, "lab-dev-key", true),
        (THERE, arn, true),
        (THERE, "alias/lab-dev-key", false),
        (HERE, "alias/lab-dev", false),
    ];
    for (region, spelling, meets) in rows {
        let user = with(Resource::new(logs::LOG_GROUP, region, "/shop", "/shop"), |it| {
            it.uses.push(Reference::soft(kms::KEY, spelling, "key"));
        });
        let decided = judge(LAB, &account([&key, &user]), &[]);
        let users = &decided.verdicts[&key.id].used_by;
        assert_eq!(users.contains(&user.id), meets, "{spelling} in {region}");
        let decision = if meets { Decision::Blocked } else { Decision::Delete };
        is_by(spelling, &decided, &key, decision, "");
    }
}

#[test]
fn a_job_that_has_ended_uses_nothing() {
    let status = || "some".to_owned();
    let rows = [
        (Lifecycle::Live, Decision::Blocked),
        (Lifecycle::Changing { status: status() }, Decision::Blocked),
        (Lifecycle::Leaving { status: status() }, Decision::Blocked),
        (Lifecycle::DeleteFailed { why: status() }, Decision::Blocked),
        (Lifecycle::Ended { status: status() }, Decision::Delete),
    ];
    let bucket = thing(s3::BUCKET, "lab-dev-data");
    for (lifecycle, decision) in rows {
        let job = using(thing(sagemaker::TRAINING_JOB, "shop"), &bucket);
        let job = with(job, |it| it.lifecycle = lifecycle);
        is(&judge(LAB, &account([&bucket, &job]), &[]), &bucket, decision, "");
    }
}

#[test]
fn a_stopped_job_lets_go_and_a_stopped_notebook_does_not() {
    let role = thing(iam::ROLE, "lab-dev-role");
    let rows = [
        (sagemaker::TRAINING_JOB, Decision::Delete),
        (sagemaker::NOTEBOOK_INSTANCE, Decision::Blocked),
    ];
    for (kind, decision) in rows {
        let manifest =
            format!("match: [{{ prefix: lab-dev }}, {{ kind: {kind}, name: work, action: stop }}]");
        let work = using(running(kind, "work"), &role);
        let decided = judge(&manifest, &account([&role, &work]), &[]);
        is(&decided, &work, Decision::Stop, "name work");
        is(&decided, &role, decision, "");
    }
}

fn package(group: &Resource, version: &str, approval: &str) -> Resource {
    with(inside(group, sagemaker::MODEL_PACKAGE, version), |it| {
        it.name = format!("{}/{version}", group.name);
        it.fact("approval", approval);
    })
}

#[test]
fn what_a_kept_thing_needs_is_kept() {
    let manifest = "match: [{ prefix: retail }]\n\
                    keep: [{ kind: sagemaker:model-package, where: { approval: Approved } }]";
    let key = thing(kms::KEY, "retail-key");
    let bucket = using(thing(s3::BUCKET, "retail-data"), &key);
    let group = thing(sagemaker::MODEL_PACKAGE_GROUP, "retail-models");
    let approved = using(package(&group, "1", "Approved"), &bucket);
    let decided = judge(manifest, &account([&key, &bucket, &group, &approved]), &[]);
    is(&decided, &approved, Decision::Keep, "approval Approved");
    is(&decided, &group, Decision::Keep, "lives in it and is kept");
    is(&decided, &bucket, Decision::Keep, "which is kept, needs it");
    is(&decided, &key, Decision::Keep, "s3:bucket retail-data, which is kept, needs it");
}

/// "Delete pending model packages in model group (careful: keep approved ones)", says the guide.
#[test]
fn what_is_kept_for_anothers_sake_keeps_not_all_that_is_in_it() {
    let manifest = "match: [{ prefix: retail }]\n\
                    keep: [{ kind: sagemaker:model-package, where: { approval: Approved } }]";
    let group = thing(sagemaker::MODEL_PACKAGE_GROUP, "retail-models");
    let approved = package(&group, "1", "Approved");
    let pending = package(&group, "2", "PendingManualApproval");
    let decided = judge(manifest, &account([&group, &approved, &pending]), &[]);
    is(&decided, &approved, Decision::Keep, "approval Approved");
    is(&decided, &group, Decision::Keep, "lives in it and is kept");
    is(&decided, &pending, Decision::Delete, "prefix retail");
}

#[test]
fn what_belongs_to_a_kept_thing_is_kept() {
    let cluster = tagged(thing(eks::CLUSTER, "lab-dev"), KEEP_TAG, "");
    let nodegroup = inside(&cluster, eks::NODEGROUP, "lab-dev-workers");
    let group = thing(logs::LOG_GROUP, "/aws/eks/lab-dev/cluster");
    let decided = judge(LAB, &account([&cluster, &nodegroup, &group]), &[]);
    is(&decided, &nodegroup, Decision::Keep, "belongs to eks:cluster lab-dev, which is kept");
    is(&decided, &group, Decision::Keep, "belongs to eks:cluster lab-dev, which is kept");
}

#[test]
fn a_grant_goes_with_its_holder_and_blocks_its_key_when_that_stays() {
    let key = thing(kms::KEY, "lab-dev-key");
    let rows = [
        (Some("lab-dev-role"), Decision::Delete),
        (Some("shop-role"), Decision::Blocked),
        (None, Decision::Blocked),
    ];
    for (holder, decision) in rows {
        let roles = [thing(iam::ROLE, "lab-dev-role"), thing(iam::ROLE, "shop-role")];
        let grant = with(using(thing(kms::GRANT, "lab-dev-key/g"), &key), |it| {
            let reference = |name: &str| Reference::order(iam::ROLE, name, "grantee principal");
            it.belongs_to.extend(holder.map(|name| reference(name).in_region(Region::GLOBAL)));
        });
        let decided = judge(LAB, &account([&key, &grant, &roles[0], &roles[1]]), &[]);
        is_by(holder.unwrap_or("none"), &decided, &key, decision, "");
    }
}

const DEV_TAG: &str = "match: [{ kind: ecr:image, where: { tag: [dev] } }]";

fn image(repository: &Resource, digest: &str, tags: &[&str]) -> Resource {
    let id = format!("{}@sha256:{digest}", repository.id.id);
    with(Resource::new(ecr::IMAGE, HERE, &id, &id), |it| {
        it.parent = Some(repository.id.clone());
        for tag in tags {
            it.fact("tag", *tag);
            it.spellings.push(format!("{}:{tag}", repository.id.id));
        }
    })
}

#[test]
fn only_the_tags_that_are_meant_are_taken_off_an_image() {
    let repository = thing(ecr::REPOSITORY, "api");
    let both = image(&repository, "1", &["dev", "prod"]);
    let one = image(&repository, "2", &["dev"]);
    let other = image(&repository, "3", &["prod"]);
    let decided = judge(DEV_TAG, &account([&repository, &both, &one, &other]), &[]);
    is(&decided, &both, Decision::Delete, "the resource itself stays as prod");
    assert_eq!(decided.verdicts[&both.id].parts, Some(["dev".to_owned()].into()));
    is(&decided, &one, Decision::Delete, "tag dev");
    assert_eq!(decided.verdicts[&one.id].parts, None);
    is(&decided, &other, Decision::Foreign, "no rule");
}

#[test]
fn a_tag_that_a_neighbour_pulls_by_is_not_taken_off() {
    let repository = thing(ecr::REPOSITORY, "api");
    let image = image(&repository, "1", &["dev", "prod"]);
    for (pulled, decision) in [("api:dev", Decision::Blocked), ("api:prod", Decision::Delete)] {
        let model = with(thing(sagemaker::MODEL, "shop"), |it| {
            it.uses.push(Reference::soft(ecr::IMAGE, pulled, "image"));
        });
        let decided = judge(DEV_TAG, &account([&repository, &image, &model]), &[]);
        is_by(pulled, &decided, &image, decision, "");
    }
}

#[path = "owner_tests.rs"]
mod owners;
