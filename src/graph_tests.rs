//! How uses become edges.

use super::*;
use crate::aws::kinds::{eks, iam, kms, s3, sagemaker};
use crate::aws::registry;
use crate::resource::{Action, Prep};

const HERE: Region = Region::new("us-east-1");

fn thing(kind: Kind, id: &str) -> Resource {
    let region = if kind.service() == "iam" { Region::GLOBAL } else { HERE };
    Resource::new(kind, region, id, id)
}

/// The edges among these, as `(user, used, why, tie, role, whether it is cut)`.
fn edges(resources: &[Resource]) -> Vec<(usize, usize, Why, Tie, String, bool)> {
    let map: BTreeMap<&ResourceId, &Resource> = resources.iter().map(|r| (&r.id, r)).collect();
    let graph = Graph::new(&map, registry::catalog());
    let place = |at: usize| {
        let id = &graph.resources()[at].id;
        resources.iter().position(|one| one.id == *id).unwrap()
    };
    let row = |edge: &Edge| {
        let (user, used) = (place(edge.user), place(edge.used));
        (user, used, edge.why, edge.tie, edge.role.clone(), edge.cut_by.is_some())
    };
    let mut rows: Vec<_> = graph.edges().iter().map(row).collect();
    rows.sort_by_key(|(user, used, ..)| (*user, *used));
    rows
}

fn cut(name: &str) -> Prep {
    Prep::of(Action::DetachPolicy, name)
}

#[test]
fn of_two_uses_of_one_thing_the_stronger_counts() {
    let soft = Reference::soft(iam::POLICY, "p", "soft").cut_by(cut("p"));
    let hard = Reference::hard(iam::POLICY, "p", "hard").cut_by(cut("p"));
    let also = Reference::hard(iam::POLICY, "p", "also").cut_by(cut("q"));
    for (uses, role, is_cut) in [
        (vec![soft.clone(), hard.clone()], "hard", true),
        (vec![hard.clone(), soft], "hard", true),
        (vec![hard, also], "hard", false),
    ] {
        let mut user = thing(iam::ROLE, "r");
        user.uses = uses;
        let found = edges(&[user, thing(iam::POLICY, "p")]);
        assert_eq!(found, [(0, 1, Why::Uses, Tie::Hard, role.to_owned(), is_cut)]);
    }
}

#[test]
fn a_thing_does_not_use_itself_and_may_live_in_what_it_uses() {
    let mut own = thing(s3::BUCKET, "b");
    own.uses.push(Reference::soft(s3::BUCKET, "b", "access log bucket"));
    assert_eq!(edges(&[own]), []);
    let cluster = thing(eks::CLUSTER, "c");
    let mut nodes = thing(eks::NODEGROUP, "c/n");
    nodes.parent = Some(cluster.id.clone());
    nodes.uses.push(Reference::soft(eks::CLUSTER, "c", "cluster"));
    let found: Vec<Why> = edges(&[cluster, nodes]).into_iter().map(|row| row.2).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.contains(&Why::LivesIn) && found.contains(&Why::Uses), "{found:?}");
}

#[test]
fn whoever_owns_a_door_may_be_using_what_it_leads_to() {
    let provider = thing(iam::OIDC_PROVIDER, "arn:p");
    let mut cluster = thing(eks::CLUSTER, "c");
    cluster.owns.push(
        Reference::soft(iam::OIDC_PROVIDER, "arn:p", "OIDC issuer").in_region(Region::GLOBAL),
    );
    let mut role = thing(iam::ROLE, "pods");
    role.uses.push(Reference::soft(iam::OIDC_PROVIDER, "arn:p", "trusted identity provider"));
    // A model is not let in by what it uses.
    let mut model = thing(sagemaker::MODEL, "m");
    model.uses.push(Reference::soft(iam::ROLE, "pods", "role").in_region(Region::GLOBAL));
    let found = edges(&[provider, cluster, role, model]);
    let of_cluster: Vec<_> = found.iter().filter(|row| row.0 == 1 && row.2 == Why::Uses).collect();
    assert_eq!(of_cluster.len(), 1, "{found:?}");
    assert_eq!((of_cluster[0].1, of_cluster[0].4.as_str()), (2, "lets its pods in"));
}

#[test]
fn nodes_go_before_the_entry_that_lets_them_in() {
    let cluster = thing(eks::CLUSTER, "c");
    let child = |kind: Kind, id: &str, parent: &Resource| {
        let mut one = thing(kind, id);
        one.parent = Some(parent.id.clone());
        one
    };
    let nodes = child(eks::NODEGROUP, "c/n", &cluster);
    let entry = child(eks::ACCESS_ENTRY, "c/arn:r", &cluster);
    let other = thing(eks::CLUSTER, "d");
    let theirs = child(eks::ACCESS_ENTRY, "d/arn:r", &other);
    let found = edges(&[cluster, nodes, entry, other, theirs]);
    let outlived: Vec<_> = found.iter().filter(|row| row.2 == Why::Outlives).collect();
    assert_eq!(outlived.len(), 1, "{found:?}");
    assert_eq!((outlived[0].0, outlived[0].1), (1, 2));
}

/// IAM API reference, `CreateRole`: "Names are not distinguished by case". KMS's aliases are.
#[test]
fn spellings_meet_in_any_case_where_aws_ignores_it() {
    for (kind, name, spelled, meets) in [
        (iam::ROLE, "Lab-Role", "lab-role", true),
        (iam::ROLE, "lab-role", "LAB-ROLE", true),
        (iam::POLICY, "arn:aws:iam::1:policy/Lab", "arn:aws:iam::1:policy/lab", true),
        (s3::BUCKET, "lab", "LAB", true),
        (eks::CLUSTER, "lab", "LAB", false),
        (kms::ALIAS, "alias/lab", "alias/Lab", false),
    ] {
        let used = thing(kind, name);
        let mut user = thing(sagemaker::MODEL, "m");
        user.uses.push(Reference::soft(kind, spelled, "used"));
        assert_eq!(edges(&[user, used]).len(), usize::from(meets), "{kind}: {spelled}");
    }
}
