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
