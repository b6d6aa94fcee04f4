//! Orders that no reference alone gives.

use super::*;
use crate::aws::kinds::eks;
use crate::resource::Kind;

fn steps(things: Vec<Resource>) -> Vec<Step> {
    decide(&inventory(things, &[]), &BTreeSet::new()).1.steps
}

fn position(steps: &[Step], what: &str) -> usize {
    let said = |step: &Step| format!("{} {}", step.action, step.resource.id) == what;
    steps.iter().position(said).unwrap_or_else(|| panic!("no step {what}"))
}

fn in_cluster(kind: Kind, name: &str) -> Resource {
    let id = format!("lab-dev/{name}");
    let mut child = Resource::new(kind, HERE, id, format!("lab-dev-{name}"));
    child.parent = Some(ResourceId::new(eks::CLUSTER, HERE, "lab-dev"));
    child
}

#[test]
fn an_instance_profile_keeps_its_role_until_the_nodes_are_gone() {
    let node = role("lab-dev-node", []);
    let out = Prep::new(Action::RemoveFromInstanceProfile);
    let mut profile =
        Resource::new(iam::INSTANCE_PROFILE, Region::GLOBAL, "lab-dev-p", "lab-dev-p");
    profile.removal.prep.push(out.clone());
    let holds = Reference::hard(iam::ROLE, "lab-dev-node", "role").cut_by(out);
    profile.uses.push(holds.in_region(Region::GLOBAL));
    let mut workers = in_cluster(eks::NODEGROUP, "workers");
    let uses = Reference::soft(iam::ROLE, "lab-dev-node", "node role");
    workers.uses.push(uses.in_region(Region::GLOBAL));
    let cluster = Resource::new(eks::CLUSTER, HERE, "lab-dev", "lab-dev");
    let steps = steps(vec![node, profile, workers, cluster]);
    let at = |what| position(&steps, what);
    let nodes = at("delete lab-dev/workers");
    let strip = at("remove-from-instance-profile lab-dev-p");
    assert!(nodes < strip && strip < at("delete lab-dev-node"));
    assert!(steps[strip].after.contains(&steps[nodes].step));
}

#[test]
fn fargate_profiles_wait_for_one_another() {
    let cluster = Resource::new(eks::CLUSTER, HERE, "lab-dev", "lab-dev");
    let profiles = ["a", "b", "c"].map(|name| in_cluster(eks::FARGATE_PROFILE, name));
    let steps = steps([vec![cluster], profiles.to_vec()].concat());
    let at = |name: &str| &steps[position(&steps, &format!("delete lab-dev/{name}"))];
    assert_eq!(at("a").after, []);
    assert_eq!(at("b").after, [at("a").step.clone()]);
    assert_eq!(at("c").after, [at("b").step.clone()]);
}

#[test]
fn keys_go_last() {
    let mut key = Resource::new(kms::KEY, HERE, "lab-dev-key", "lab-dev-key");
    key.removal.last = Last::ScheduleDeletion;
    let (a, b) = (role("lab-dev-a", []), role("lab-dev-b", [hard("lab-dev-a")]));
    let steps = steps(vec![key, a, b]);
    assert_eq!(position(&steps, "schedule-deletion lab-dev-key"), steps.len() - 1);
}

#[test]
fn a_role_that_pods_use_goes_after_their_cluster() {
    let provider = "arn:aws:iam::842676018087:oidc-provider/oidc.eks/A";
    let door = Resource::new(iam::OIDC_PROVIDER, Region::GLOBAL, provider, "lab-dev-oidc");
    let trust = Reference::soft(iam::OIDC_PROVIDER, provider, "trusted identity provider");
    let detach = Prep::of(Action::DetachPolicy, "s3");
    let mut pods = role("lab-dev-pods", [trust]);
    pods.removal.prep.push(detach);
    let mut cluster = Resource::new(eks::CLUSTER, HERE, "lab-dev", "lab-dev");
    let issuer = Reference::soft(iam::OIDC_PROVIDER, provider, "issuer").in_region(Region::GLOBAL);
    cluster.uses.push(issuer.clone());
    cluster.owns.push(issuer);
    let steps = steps(vec![door, pods, cluster]);
    let at = |what: &str| position(&steps, what);
    assert!(at("delete lab-dev") < at("detach-policy lab-dev-pods"));
    assert!(at("delete lab-dev-pods") < at(&format!("delete {provider}")));
}
