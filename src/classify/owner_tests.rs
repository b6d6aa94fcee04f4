//! What belongs to whom, and what is decided while somebody could not be seen.

use super::*;
use crate::inventory::Hides;

#[test]
fn belonging_flows_along_containment() {
    let provider = |name: &str| {
        let arn = format!("arn:aws:iam::842676018087:oidc-provider/{name}");
        Resource::new(iam::OIDC_PROVIDER, Region::GLOBAL, &arn, name)
    };
    let owning = |name: &str, provider: &Resource| {
        let reference = Reference::soft(iam::OIDC_PROVIDER, &provider.id.id, "issuer");
        with(thing(eks::CLUSTER, name), |it| {
            it.uses.push(reference.clone());
            it.owns.push(reference);
        })
    };
    let (ours, theirs) = (provider("oidc/A"), provider("oidc/B"));
    let lab = owning("mlops-retail-cluster", &ours);
    let prod = owning("mlops-retail-cluster-prod", &theirs);
    let workers = inside(&lab, eks::NODEGROUP, "workers");
    let others = inside(&prod, eks::NODEGROUP, "workers");
    let manifest = "match: [{ kind: eks:cluster, name: mlops-retail-cluster }]";
    let all = account([&ours, &theirs, &lab, &prod, &workers, &others]);
    let decided = judge(manifest, &all, &[]);
    for belonging in [&workers, &ours] {
        is(&decided, belonging, Decision::Delete, "belongs to eks:cluster mlops-retail-cluster");
    }
    for foreign in [&prod, &others, &theirs] {
        is(&decided, foreign, Decision::Foreign, "no rule");
    }
}

#[test]
fn the_log_groups_of_a_longer_named_cluster_are_that_clusters() {
    let insights = |cluster: &str| format!("/aws/containerinsights/{cluster}/application");
    let lab = thing(eks::CLUSTER, "mlops-retail-cluster");
    let prod = thing(eks::CLUSTER, "mlops-retail-cluster-prod");
    let ours = thing(logs::LOG_GROUP, &insights("mlops-retail-cluster"));
    let plane = thing(logs::LOG_GROUP, "/aws/eks/mlops-retail-cluster/cluster");
    let theirs = thing(logs::LOG_GROUP, &insights("mlops-retail-cluster-prod"));
    let all = account([&lab, &prod, &ours, &plane, &theirs]);
    let broad = "match:\n  - { kind: eks:cluster, name: mlops-retail-cluster }\n  \
                 - { kind: logs:log-group, prefix: /aws/containerinsights/mlops-retail-cluster }";
    let decided = judge(broad, &all, &[]);
    is(&decided, &ours, Decision::Delete, "");
    is(&decided, &plane, Decision::Delete, "belongs to eks:cluster mlops-retail-cluster");
    is(&decided, &theirs, Decision::Foreign, "belongs to eks:cluster mlops-retail-cluster-prod");
    // Whoever names it whole means it.
    let exact = format!("{broad}\n  - {{ kind: logs:log-group, name: {} }}", theirs.name);
    is(&judge(&exact, &all, &[]), &theirs, Decision::Delete, "");
}

#[test]
fn a_log_group_whose_owner_is_gone_is_still_the_labs() {
    let manifest = "match: [{ kind: eks:cluster, name: lab-dev }]";
    let ours = thing(logs::LOG_GROUP, "/aws/eks/lab-dev/cluster");
    let theirs = thing(logs::LOG_GROUP, "/aws/eks/lab-dev-prod/cluster");
    let decided = judge(manifest, &account([&ours, &theirs]), &[]);
    is(&decided, &ours, Decision::Delete, "named after eks:cluster lab-dev, which is gone");
    is(&decided, &theirs, Decision::Foreign, "no rule");
}

#[test]
fn a_log_group_is_the_labs_by_the_tags_of_an_owner_that_a_run_removed() {
    let manifest = "match: [{ tags: { Lab: dev } }]";
    let group = thing(logs::LOG_GROUP, "/aws/sagemaker/Endpoints/api");
    let mut endpoint = thing(sagemaker::ENDPOINT, "api");
    endpoint.tags.insert("Lab".into(), "dev".into());
    let mut gone = Gone::default();
    gone.note(&thing(iam::ROLE, "says-nothing-of-others"), registry::catalog());
    assert!(gone.known.is_empty());
    is(&judge_after(manifest, &account([&group]), &gone), &group, Decision::Foreign, "no rule");
    gone.note(&endpoint, registry::catalog());
    let decided = judge_after(manifest, &account([&group]), &gone);
    is(&decided, &group, Decision::Delete, "named after sagemaker:endpoint api, which is gone");
    // Another one of its name, of somebody else's, is there again: it is that one's by now.
    let again = thing(sagemaker::ENDPOINT, "api");
    let decided = judge_after(manifest, &account([&group, &again]), &gone);
    is(&decided, &group, Decision::Foreign, "");
    // In another region it was another one's.
    let mut elsewhere = endpoint.clone();
    elsewhere.id.region = THERE;
    let mut gone = Gone::default();
    gone.note(&elsewhere, registry::catalog());
    is(&judge_after(manifest, &account([&group]), &gone), &group, Decision::Foreign, "");
}

#[test]
fn names_and_owners_are_remembered_and_nothing_else_is() {
    let catalog = registry::catalog();
    let mut gone = Gone::default();
    let mut alias = Resource::new(kms::ALIAS, HERE, "alias/lab-dev", "lab-dev");
    alias.uses.push(Reference::soft(kms::KEY, "k", "key"));
    let mut cluster = thing(eks::CLUSTER, "lab-dev");
    cluster.owns.push(Reference::soft(iam::OIDC_PROVIDER, "p", "OIDC issuer"));
    let mut nodes = thing(eks::NODEGROUP, "lab-dev/n");
    for plain in [&thing(iam::ROLE, "lab-dev-r"), &nodes] {
        gone.note(plain, catalog);
    }
    assert_eq!(gone.known, []);
    nodes.owns.push(Reference::soft(iam::INSTANCE_PROFILE, "eks-1", "instance profile"));
    for one in [&alias, &cluster, &nodes] {
        gone.note(one, catalog);
    }
    assert_eq!(gone.known, [alias, cluster, nodes]);
}

#[test]
fn what_is_not_known_of_a_thing_is_a_gap_once_a_reason_and_place() {
    let unread = |name: &str, what: &str, region| {
        let mut one = Resource::new(logs::LOG_GROUP, region, name, name);
        one.unread.push(Unread { what: what.into(), why: "denied".into() });
        one
    };
    let (a, b) = (unread("lab-dev-a", "tags", HERE), unread("lab-dev-b", "tags", HERE));
    let (c, d) = (unread("lab-dev-c", "filters", HERE), unread("lab-dev-d", "tags", THERE));
    let mut role = thing(iam::ROLE, "lab-dev-e");
    role.unread = a.unread.clone();
    let foreign = unread("other", "state", HERE);
    let all = account([&a, &b, &c, &d, &role, &foreign]);
    let gaps = gaps(&all, &judge(LAB, &all, &[]));
    let said: Vec<_> = gaps.iter().map(|gap| (gap.kind, gap.region, gap.why.as_str())).collect();
    let group = logs::LOG_GROUP;
    assert_eq!(said.len(), 4, "{said:?}");
    for row in [
        (group, HERE, "tags: denied"),
        (group, HERE, "filters: denied"),
        (group, THERE, "tags: denied"),
        (iam::ROLE, role.region(), "tags: denied"),
    ] {
        assert!(said.contains(&row), "{row:?} {said:?}");
    }
}

#[test]
fn verdicts_are_found_by_their_decision_and_said_in_a_word() {
    let (ours, theirs) = (thing(logs::LOG_GROUP, "lab-dev-a"), thing(logs::LOG_GROUP, "other"));
    let decided = judge(LAB, &account([&ours, &theirs]), &[]);
    let going: Vec<_> = decided.of(Decision::Delete).map(|(id, _)| id).collect();
    assert_eq!(going, [&ours.id]);
    let words: Vec<_> = [
        Decision::Delete,
        Decision::Stop,
        Decision::Pending,
        Decision::Keep,
        Decision::Blocked,
        Decision::Foreign,
    ]
    .iter()
    .map(|one| (one.as_str(), serde_json::to_value(one).unwrap()))
    .collect();
    for (word, json) in words {
        assert_eq!(json, word);
    }
}

fn unseen(inventory: &mut Inventory, kind: Kind, region: Region) {
    let outcome = Outcome::Unseen { why: "access denied".to_owned(), hides: Hides::Everything };
    inventory.put(kind, region, Listing { outcome, resources: Vec::new(), at: NOW });
}

#[test]
fn an_unseen_kind_blocks_what_it_could_use_until_it_is_accepted() {
    let at = |region| Resource::new(sagemaker::MODEL, region, "lab-dev-m", "lab-dev-m");
    let (here, there) = (at(HERE), at(THERE));
    let role = thing(iam::ROLE, "lab-dev-role");
    let provider = thing(iam::OIDC_PROVIDER, "lab-dev-oidc");
    let mut all = account([&here, &there, &role, &provider]);
    unseen(&mut all, sagemaker::ENDPOINT_CONFIG, THERE);
    let decided = judge(LAB, &all, &[]);
    is(&decided, &here, Decision::Delete, "");
    is(&decided, &there, Decision::Blocked, "whether a sagemaker:endpoint-config uses it");
    is(&decided, &role, Decision::Blocked, "access denied");
    is(&decided, &provider, Decision::Delete, "");
    let decided = judge(LAB, &all, &[sagemaker::ENDPOINT_CONFIG]);
    for one in [&here, &there, &role, &provider] {
        is(&decided, one, Decision::Delete, "");
    }
}

#[test]
fn an_owner_that_could_not_be_seen_is_not_called_gone() {
    let group = thing(logs::LOG_GROUP, "/aws/sagemaker/Endpoints/lab-dev-api");
    let plain = thing(logs::LOG_GROUP, "lab-dev-notes");
    let mut all = account([&group, &plain]);
    unseen(&mut all, sagemaker::ENDPOINT, HERE);
    let decided = judge(LAB, &all, &[]);
    is(&decided, &group, Decision::Blocked, "sagemaker:endpoint");
    is(&decided, &plain, Decision::Delete, "");
    let decided = judge(LAB, &all, &[sagemaker::ENDPOINT]);
    is(&decided, &group, Decision::Delete, "which is gone");
}

#[test]
fn what_one_resource_does_not_show_blocks_only_what_it_could_use() {
    let (open, shut) = (thing(kms::KEY, "lab-dev-a"), thing(kms::KEY, "lab-dev-b"));
    let role = thing(iam::ROLE, "lab-dev-role");
    let mut all = account([&open, &shut, &role]);
    let mut hide = |kind, region, hides| {
        let outcome = Outcome::Unseen { why: "access denied".to_owned(), hides };
        all.put(kind, region, Listing { outcome, resources: Vec::new(), at: NOW });
        judge(LAB, &all, &[])
    };
    // The grants of one key hold no other key.
    let decided = hide(kms::GRANT, HERE, Hides::uses_of_one(shut.id.clone()));
    is(&decided, &shut, Decision::Blocked, "whether a kms:grant uses it");
    is(&decided, &open, Decision::Delete, "");
    is(&decided, &role, Decision::Delete, "");
    // A bucket whose encryption cannot be read may use any key, and no role by that.
    let decided = hide(s3::BUCKET, Region::GLOBAL, Hides::uses_of([kms::KEY]));
    is(&decided, &open, Decision::Blocked, "whether a s3:bucket uses it");
    is(&decided, &role, Decision::Delete, "");
}

#[test]
fn a_trail_uses_a_key_of_another_region() {
    let (here, there) = (thing(kms::KEY, "lab-dev-a"), Region::new("eu-west-1"));
    let group = thing(logs::LOG_GROUP, "lab-dev-logs");
    let mut all = account([&here, &group]);
    unseen(&mut all, cloudtrail::TRAIL, there);
    let decided = judge(LAB, &all, &[]);
    is(&decided, &here, Decision::Blocked, "whether a cloudtrail:trail uses it");
    is(&decided, &group, Decision::Delete, "");
}

#[test]
fn tags_that_an_owner_does_not_show_may_keep_what_is_in_it() {
    let cluster = with(thing(eks::CLUSTER, "production"), |it| {
        it.unread.push(Unread { what: "tags".to_owned(), why: "access denied".to_owned() });
    });
    let workers = inside(&cluster, eks::NODEGROUP, "lab-dev-workers");
    let decided = judge(LAB, &account([&cluster, &workers]), &[]);
    is(&decided, &workers, Decision::Blocked, "cannot see the tags of eks:cluster production");
}

#[test]
fn a_door_that_stays_open_is_said() {
    let provider = |name: &str| {
        let arn = format!("arn:aws:iam::842676018087:oidc-provider/{name}");
        Resource::new(iam::OIDC_PROVIDER, Region::GLOBAL, &arn, name)
    };
    let (ours, theirs) = (provider("lab-dev"), provider("prod"));
    let trusting = |name: &str, provider: &Resource| using(thing(iam::ROLE, name), provider);
    let (inner, outer) = (trusting("lab-dev-in", &ours), trusting("lab-dev-out", &theirs));
    let all = account([&ours, &theirs, &inner, &outer]);
    let decided = judge(LAB, &all, &[]);
    assert_eq!(decided.verdicts[&inner.id].cautions, [] as [String; 0]);
    let cautions = &decided.verdicts[&outer.id].cautions;
    assert!(cautions.len() == 1 && cautions[0].contains("oidc-provider/prod"), "{cautions:?}");
    let strict = format!("{LAB}\noptions: {{ cautions: block }}");
    let decided = judge(&strict, &all, &[]);
    is(&decided, &inner, Decision::Delete, "");
    is(&decided, &outer, Decision::Blocked, "oidc-provider/prod");
}

#[test]
fn each_alias_of_a_key_is_taken_by_a_selector_or_the_key_stays() {
    let key = |aliases: &[&str]| {
        with(thing(kms::KEY, "1234"), |it| {
            it.name = aliases[0].to_owned();
            it.other_names = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        })
    };
    let manifest = "match: [{ prefix: lab-dev }, { kind: kms:key, name: trail-key }]";
    let rows = [
        (&["lab-dev-a", "trail-key"] as &[&str], Decision::Delete),
        (&["lab-dev-a", "lab-dev-b"], Decision::Delete),
        (&["lab-dev-a", "prod-key"], Decision::Foreign),
    ];
    for (aliases, decision) in rows {
        let key = key(aliases);
        is_by(aliases[1], &judge(manifest, &account([&key]), &[]), &key, decision, "");
    }
    // One name that is kept keeps it.
    let key = key(&["lab-dev-a", "lab-dev-b"]);
    let kept = format!("{LAB}\nkeep: [{{ kind: kms:key, name: lab-dev-b }}]");
    is(&judge(&kept, &account([&key]), &[]), &key, Decision::Keep, "name lab-dev-b");
}

#[test]
fn what_another_tool_has_in_its_books_is_said() {
    let rows = [
        ("managed-by", "Terraform", true),
        ("ManagedBy", "terraform", true),
        ("pulumi:project", "shop", true),
        ("Terraform", "false", false),
        ("team", "terraform", false),
        ("managed-by", "ann", false),
    ];
    for (key, value, said) in rows {
        let bucket = tagged(thing(s3::BUCKET, "lab-dev-x"), key, value);
        let decided = judge(LAB, &account([&bucket]), &[]);
        is_by(key, &decided, &bucket, Decision::Delete, "");
        let cautions = &decided.verdicts[&bucket.id].cautions;
        assert_eq!(cautions.len(), usize::from(said), "{key}={value}: {cautions:?}");
    }
}

#[test]
fn what_cannot_be_read_keeps_and_is_said_and_takes_nothing() {
    let unread = |what: &str| Unread { what: what.to_owned(), why: "access denied".to_owned() };
    let bucket = || thing(s3::BUCKET, "lab-dev-x");
    let no_tags = with(bucket(), |it| it.unread.push(unread("tags")));
    let no_state = with(bucket(), |it| it.unknown.push(unread("versioning")));
    let off = with(bucket(), |it| it.fact("versioning", "Off"));
    let by_tag = "match: [{ kind: s3:bucket, tags: { Project: lab } }]";
    let by_state = "match: [{ kind: s3:bucket, where: { versioning: Enabled } }]";
    let keeping = format!("{LAB}\nkeep: [{{ kind: s3:bucket, where: {{ versioning: Enabled }} }}]");
    let rows = [
        ("tags in match", by_tag, &no_tags, Decision::Blocked, "its tags: access denied"),
        ("tags that are there", by_tag, &off, Decision::Foreign, "no rule"),
        ("a state in match", by_state, &no_state, Decision::Blocked, "its versioning"),
        ("another state", by_state, &off, Decision::Foreign, "no rule"),
        ("a state in keep", &keeping, &no_state, Decision::Keep, "versioning Enabled"),
        ("another state in keep", &keeping, &off, Decision::Delete, "prefix"),
    ];
    for (rule, manifest, bucket, decision, words) in rows {
        let all = account([bucket]);
        let decided = judge(manifest, &all, &[]);
        is_by(rule, &decided, bucket, decision, words);
        let said = gaps(&all, &decided).len();
        assert_eq!(said, usize::from(rule == "tags in match"), "{rule}");
    }
}

#[test]
fn a_name_stays_with_the_key_that_stays_and_goes_with_one_that_goes() {
    let key = thing(kms::KEY, "lab-dev-key");
    let named = |name: &str, key: &Resource| {
        let mut alias = Resource::new(kms::ALIAS, HERE, format!("alias/{name}"), name);
        alias.uses.push(Reference::soft(kms::KEY, &key.id.id, "key"));
        alias
    };
    let alias = named("lab-dev-key", &key);
    let bucket = |name: &str| {
        let mut bucket = thing(s3::BUCKET, name);
        bucket.uses.push(Reference::soft(kms::KEY, &key.id.id, "default encryption"));
        bucket
    };
    let decided = judge(LAB, &account([&key, &alias]), &[]);
    is(&decided, &alias, Decision::Delete, "");
    let (first, second) = (bucket("other-a"), bucket("other-b"));
    let decided = judge(LAB, &account([&key, &alias, &first]), &[]);
    is(&decided, &key, Decision::Blocked, "used by s3:bucket other-a, which stays");
    is(&decided, &alias, Decision::Blocked, "stays, and is known by this name");
    let decided = judge(LAB, &account([&key, &alias, &first, &second]), &[]);
    is(&decided, &key, Decision::Blocked, "used by s3:bucket other-a and 1 more, which stay");
    // An alias that stands in nobody's way is not named as a user.
    let users = &decided.verdicts[&key.id].used_by;
    assert_eq!(users, &[first.id.clone(), second.id.clone()]);
}

#[test]
fn what_is_not_in_the_plan_or_is_another_thing_by_now_stays_and_holds_what_it_uses() {
    let pinned =
        |name: &str, pin: &str| with(thing(iam::ROLE, name), |it| it.pin = Some(pin.into()));
    let (same, other, new) =
        (pinned("lab-dev-a", "1"), pinned("lab-dev-b", "2"), pinned("lab-dev-c", "3"));
    let policy = thing(iam::POLICY, "lab-dev-policy");
    let other = using(other, &policy);
    let all = account([&same, &other, &new, &policy]);
    let planned: BTreeMap<ResourceId, Planned> =
        [(&same, "1"), (&other, "an older one"), (&policy, "")]
            .map(|(one, pin)| (one.id.clone(), Planned { pin: Some(pin.into()), created: None }))
            .into();
    let manifest = format!(
        "version: 1\nname: lab\naccounts: [\"842676018087\"]\nregions: [us-east-1]\n{LAB}\n"
    );
    let catalog = registry::catalog();
    let manifest = Manifest::parse(&manifest, "lab.yaml", catalog).unwrap();
    let decided = classify(&Case {
        inventory: &all,
        manifest: &manifest,
        catalog,
        accepted_unseen: &BTreeSet::new(),
        planned: Some(&planned),
        gone: &Gone::default(),
        now: NOW,
    });
    is(&decided, &same, Decision::Delete, "");
    is(&decided, &other, Decision::Blocked, "a different thing by now");
    is(&decided, &new, Decision::Blocked, "not in the plan");
    is(&decided, &policy, Decision::Blocked, "used by iam:role lab-dev-b, which stays");
}

#[test]
fn what_belongs_to_something_that_stays_says_so_and_by_whom() {
    let cluster = thing(eks::CLUSTER, "lab-dev");
    let nodes = inside(&cluster, eks::NODEGROUP, "n");
    let group = thing(logs::LOG_GROUP, "/aws/eks/lab-dev/cluster");
    let user = using(thing(sagemaker::MODEL, "other"), &cluster);
    let manifest = "match: [{ kind: eks:cluster, name: lab-dev }]";
    let decided = judge(manifest, &account([&cluster, &nodes, &group, &user]), &[]);
    is(&decided, &cluster, Decision::Blocked, "used by sagemaker:model other");
    for belonging in [&nodes, &group] {
        is(&decided, belonging, Decision::Blocked, "belongs to eks:cluster lab-dev");
        assert!(decided.verdicts[&belonging.id].used_by.contains(&user.id));
    }
}
