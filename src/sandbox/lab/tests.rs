use std::collections::BTreeSet;

use super::*;
use crate::aws::kinds;
use crate::sandbox::Sandbox;

#[tokio::test(start_paused = true)]
async fn the_lab_is_built_of_every_kind() {
    let sandbox = Sandbox::builder().build();
    let lab = build(&|region| sandbox.sdk_config(region)).await;
    let lab = lab.unwrap_or_else(|error| panic!("{error:?}"));
    let of = |list: &[ResourceId]| list.iter().map(|id| id.kind).collect::<BTreeSet<_>>();
    let mut kinds = of(&lab.must_go);
    kinds.extend(of(&lab.kept));
    assert_eq!(kinds.len(), 33, "every kind that can be removed: {kinds:?}");
    let all: BTreeSet<_> =
        [&lab.must_go, &lab.kept, &lab.blocked, &lab.neighbours].into_iter().flatten().collect();
    let count = lab.must_go.len() + lab.kept.len() + lab.blocked.len() + lab.neighbours.len();
    assert_eq!(all.len(), count, "nothing is in two lists");
    assert!(lab.must_go.len() >= 39, "{}", lab.must_go.len());
    assert!(lab.neighbours.iter().any(|id| id.kind == kinds::iam::USER));
}
