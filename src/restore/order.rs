//! In which order things come back: the graph of their removal, the other way round.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::resource::{Action, DerivedName, Prep, Reference, Resource, Tie};

/// A resource with the steps that bring it back, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub was: Resource,
    pub steps: Vec<Prep>,
    /// Names that AWS derives from its name: what they name is made by itself once this is there.
    pub derived: &'static [DerivedName],
}

/// A step of a piece: `(piece, step)`, by number.
pub type Place = (usize, usize);

/// How much an edge is worth: what a circle is broken at first comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// All of the used thing before its user, and not only that it is there.
    Whole,
    Order,
    Soft,
    Hard,
}

/// Every step with those that it waits for, in a possible order. A circle is broken where it is
/// worth least: nothing is left out.
pub fn order(pieces: &[Piece]) -> Vec<(Place, BTreeSet<Place>)> {
    let mut edges: BTreeMap<Place, BTreeMap<Place, Worth>> = BTreeMap::new();
    for (number, piece) in pieces.iter().enumerate() {
        for step in 0..piece.steps.len() {
            let before = edges.entry((number, step)).or_default();
            if step > 0 {
                before.insert((number, step - 1), Worth::Hard);
            }
        }
    }
    for (number, piece) in pieces.iter().enumerate() {
        for (other, used) in pieces.iter().enumerate().filter(|(other, _)| *other != number) {
            for (step, worth) in needs(piece, used) {
                let Some(before) = edges.get_mut(&(number, step)) else { continue };
                let mut add = |place: Place, worth: Worth| {
                    let known = before.entry(place).or_insert(worth);
                    *known = worth.max(*known);
                };
                add((other, used.steps.len() - 1), Worth::Whole);
                add((other, 0), worth);
            }
        }
    }
    sorted(edges)
}

/// The steps of `piece` that need `used` to be there, and how much.
fn needs(piece: &Piece, used: &Piece) -> Vec<(usize, Worth)> {
    if piece.steps.is_empty() || used.steps.is_empty() {
        return Vec::new();
    }
    let mut needs = Vec::new();
    if piece.was.parent.as_ref() == Some(&used.was.id) {
        needs.push((0, Worth::Hard));
    }
    // AWS makes its log group where there is none, and not as it was.
    let named = piece.derived.iter().filter(|derived| derived.kind == used.was.kind());
    if used.was.region() == piece.was.region()
        && named.clone().any(|derived| derived.owner(&used.was.name) == Some(&*piece.was.name))
    {
        needs.push((0, Worth::Order));
    }
    for reference in piece.was.uses.iter().filter(|r| reaches(&piece.was, r, &used.was)) {
        let worth = match reference.tie {
            Tie::Order => Worth::Order,
            Tie::Soft => Worth::Soft,
            Tie::Hard => Worth::Hard,
        };
        let step = match &reference.cut_by {
            Some(cut) => piece.steps.iter().position(|step| takes_back(step, cut)),
            None => Some(part_with(piece, &reference.spelling).unwrap_or(0)),
        };
        needs.extend(step.map(|step| (step, worth)));
    }
    needs
}

/// Whether a step of a restore takes a preparatory step of a removal back.
pub fn takes_back(step: &Prep, prep: &Prep) -> bool {
    prep.action.reverse() == Some(step.action) && prep.target == step.target
}

/// The member of the record that a step brings back.
pub fn member_of(step: &Prep) -> Option<&str> {
    match step.action {
        Action::AttachPolicy => Some("AttachedManagedPolicies"),
        Action::PutInlinePolicy => Some("RolePolicyList"),
        Action::CreatePolicyVersion => Some("PolicyVersionList"),
        Action::AddToInstanceProfile => Some("Roles"),
        Action::Start => Some("IsLogging"),
        // Compared apart, under this name.
        Action::Configure if step.target.as_deref() == Some("TagSet") => Some("tags"),
        Action::Configure => step.target.as_deref(),
        _ => None,
    }
}

/// The part of the configuration that names a thing, where it is put back by a step of its own: a
/// bucket can be made before the key that its settings name is back.
fn part_with(piece: &Piece, spelling: &str) -> Option<usize> {
    fn holds(value: &Value, spelling: &str) -> bool {
        match value {
            Value::String(text) => text.contains(spelling),
            Value::Array(items) => items.iter().any(|item| holds(item, spelling)),
            Value::Object(members) => members.values().any(|member| holds(member, spelling)),
            _ => false,
        }
    }
    piece.steps.iter().position(|step| {
        let part = step.target.as_deref().unwrap_or_default();
        step.action == Action::Configure && holds(&piece.was.record[part], spelling)
    })
}

/// Whether a reference of `user` means `used`.
pub fn reaches(user: &Resource, reference: &Reference, used: &Resource) -> bool {
    let region = used.region();
    let near = region.is_global()
        || reference.spelling.starts_with("arn:")
        || region == reference.region.unwrap_or(user.region());
    near && reference.means(used)
}

fn sorted(mut edges: BTreeMap<Place, BTreeMap<Place, Worth>>) -> Vec<(Place, BTreeSet<Place>)> {
    let mut placed = Vec::new();
    let mut done: BTreeSet<Place> = BTreeSet::new();
    let mut open: BTreeSet<Place> = edges.keys().copied().collect();
    while !open.is_empty() {
        let ready: Vec<Place> = open
            .iter()
            .filter(|place| edges[*place].keys().all(|before| done.contains(before)))
            .copied()
            .collect();
        for place in &ready {
            open.remove(place);
            done.insert(*place);
            placed.push((*place, edges[place].keys().copied().collect()));
        }
        if ready.is_empty() {
            // All that is open waits in, or behind, a circle.
            let waits = open.iter().flat_map(|place| &edges[place]);
            let waits = waits.filter(|(before, _)| open.contains(before));
            let Some(least) = waits.map(|(_, worth)| *worth).min() else { break };
            for place in &open {
                if let Some(before) = edges.get_mut(place) {
                    before.retain(|other, worth| done.contains(other) || *worth != least);
                }
            }
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::aws::kinds::{iam, kms, logs, s3, sagemaker};
    use crate::aws::registry;
    use crate::resource::{Kind, Region};

    fn piece(kind: Kind, name: &str, steps: &[Prep]) -> Piece {
        Piece {
            was: Resource::new(kind, Region::GLOBAL, name, name),
            steps: steps.to_vec(),
            derived: &[],
        }
    }

    fn create() -> Prep {
        Prep::new(Action::Create)
    }

    fn before(order: &[(Place, BTreeSet<Place>)], first: Place, second: Place) -> bool {
        let at = |place| order.iter().position(|(other, _)| *other == place).unwrap();
        at(first) < at(second)
    }

    #[test]
    fn a_policy_is_back_before_it_is_attached_and_the_role_need_not_wait_for_it() {
        let attach = Prep::of(Action::AttachPolicy, "p");
        let mut role = piece(iam::ROLE, "r", &[create(), attach]);
        let cut = Prep::of(Action::DetachPolicy, "p");
        role.was.uses.push(Reference::hard(iam::POLICY, "p", "attached policy").cut_by(cut));
        let version = Prep::of(Action::CreatePolicyVersion, "v2");
        let policy = piece(iam::POLICY, "p", &[create(), version]);
        let order = order(&[role, policy]);
        assert!(before(&order, (1, 1), (0, 1)));
        let (_, waits) = order.iter().find(|(place, _)| *place == (0, 0)).unwrap();
        assert!(waits.is_empty());
    }

    #[test]
    fn a_setting_waits_for_what_it_names_and_the_bucket_does_not() {
        let encrypt = Prep::of(Action::Configure, "Encryption");
        let mut bucket = piece(s3::BUCKET, "b", &[create(), encrypt]);
        bucket.was.record = json!({ "Encryption": [{ "KMSMasterKeyID": "arn:k" }] });
        bucket.was.uses.push(Reference::soft(kms::KEY, "arn:k", "default encryption"));
        let mut key = piece(kms::KEY, "k", &[Prep::new(Action::CancelDeletion)]);
        key.was.arn = Some("arn:k".into());
        let order = order(&[bucket, key]);
        assert!(before(&order, (1, 0), (0, 1)));
        assert_eq!(order.iter().find(|(place, _)| *place == (0, 0)).unwrap().1.len(), 0);
    }

    #[test]
    fn a_log_group_is_back_before_what_would_make_it() {
        let mut endpoint = piece(sagemaker::ENDPOINT, "lab", &[create()]);
        endpoint.derived = registry::catalog().get(sagemaker::ENDPOINT).unwrap().derived;
        let name = "/aws/sagemaker/Endpoints/lab";
        let keep = Prep::of(Action::Configure, "retentionInDays");
        let group = piece(logs::LOG_GROUP, name, &[create(), keep.clone()]);
        let other = piece(logs::LOG_GROUP, "/aws/sagemaker/Endpoints/lab2", &[create(), keep]);
        let order = order(&[endpoint, group, other]);
        let (_, waits) = order.iter().find(|(place, _)| *place == (0, 0)).unwrap();
        assert_eq!(*waits, BTreeSet::from([(1, 0), (1, 1)]));
    }

    #[test]
    fn a_circle_is_broken_where_it_is_worth_least() {
        let mut a = piece(iam::ROLE, "a", &[create()]);
        a.was.uses.push(Reference::order(iam::ROLE, "b", "trusted role"));
        let mut b = piece(iam::ROLE, "b", &[create()]);
        b.was.uses.push(Reference::soft(iam::ROLE, "a", "role"));
        let order = order(&[a, b]);
        assert!(before(&order, (0, 0), (1, 0)));
    }

    proptest! {
        #[test]
        fn nothing_is_left_out_and_nothing_comes_before_what_it_waits_for(
            pairs in proptest::collection::vec((0usize..12, 0usize..12, 0u8..3), 0..60),
        ) {
            let mut pieces: Vec<Piece> = (0..12)
                .map(|n| piece(iam::ROLE, &format!("r{n}"), &[create(), Prep::of(Action::Configure, "x")]))
                .collect();
            for (user, used, tie) in pairs {
                let tie = [Tie::Order, Tie::Soft, Tie::Hard][usize::from(tie)];
                let used = format!("r{used}");
                pieces[user].was.uses.push(Reference::new(iam::ROLE, used, tie, "role"));
            }
            let order = order(&pieces);
            prop_assert_eq!(order.len(), 24);
            let mut done = BTreeSet::new();
            for (place, waits) in order {
                prop_assert!(waits.is_subset(&done));
                done.insert(place);
            }
        }
    }
}
