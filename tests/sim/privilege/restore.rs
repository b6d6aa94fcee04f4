//! A way back calls what each kind declares for it, and each kind declares what it calls.

use std::collections::BTreeSet;

use dismantle::journal::Journal;
use dismantle::restore::{self, changed};

use super::*;

/// What AWS asks of whoever makes a thing with tags, a role, a key or an ownership of his own. No
/// call has this name. Source: Service Authorization Reference, "Dependent actions" of each create.
const WITH_A_CREATE: &[&str] = &[
    "cloudtrail:AddTags",
    "ecr:TagResource",
    "eks:TagResource",
    "iam:PassRole",
    "iam:TagInstanceProfile",
    "iam:TagOpenIDConnectProvider",
    "iam:TagPolicy",
    "iam:TagRole",
    "kms:CreateGrant",
    "kms:DescribeKey",
    "logs:TagResource",
    "s3:PutBucketOwnershipControls",
    "sagemaker:AddTags",
];

/// Declared, and not called here: what the thing would have to be for that.
const NOT_BACK_HERE: &[(&str, &str, &str)] = &[
    ("cloudtrail:trail", "s3:ListBucket", "a bucket that the list does not show yet"),
    (
        "eks:cluster",
        "eks:UpdateClusterConfig",
        "a cluster that is still there, its protection lifted",
    ),
    ("sagemaker:endpoint-config", "s3:ListBucket", "a bucket that the list does not show yet"),
    (
        "sagemaker:notebook-instance",
        "sagemaker:StartNotebookInstance",
        "a notebook that is still there, stopped",
    ),
];

#[test]
fn a_way_back_calls_what_is_declared_for_it() {
    let called = on_a_paused_clock(async {
        let sandbox = account().await;
        let mandate = enter(&sandbox).await;
        let folder = tempfile::tempdir().expect("a folder");
        let journal = SqliteJournal::at(folder.path().join("journal.sqlite"));
        take_apart(&mandate, &journal).await;
        let run = journal.runs().await.expect("runs").pop().expect("a run").run;
        let state = journal.load(&run).await.expect("a state");
        let changed = changed(&state);
        let today = restore::look(mandate.aws(), &changed).await;
        let mut book = Book { sandbox: &sandbox, entries: Vec::new() };
        let way = restore::way(&changed, &today);
        assert!(way.steps.len() > 90, "{} steps", way.steps.len());
        for step in &way.steps {
            let was = &state.records[&step.resource];
            bring_back(&mut book, &mandate, was, step).await;
        }
        book.called()
    });
    let wrong: Vec<String> =
        registry::kinds().flat_map(|kind| judge_way_back(&kind.facts(), &called)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Does one step, and waits until it shows.
async fn bring_back(book: &mut Book<'_>, mandate: &Mandate, was: &Resource, step: &Step) {
    let code = registry::find(was.kind()).expect("a kind");
    let aws = aws_for(mandate.aws(), was, code);
    let mut said = None;
    for _ in 0..LOOKS_MAX {
        let there = book.note(was.kind(), Deed::Look, code.find_again(&aws, was)).await;
        let there = there.expect("it can be read");
        let is_done = there.as_ref().is_some_and(|now| match step.action {
            Action::Create => !matches!(now.lifecycle, Lifecycle::Leaving { .. }),
            _ => code.shows(was, now, &step.prep()),
        });
        let is_busy =
            there.as_ref().is_some_and(|now| matches!(now.lifecycle, Lifecycle::Changing { .. }));
        match (is_done, is_busy) {
            (true, false) => return,
            (_, true) => {}
            (false, false) => {
                let prep = step.prep();
                let made = code.make(&aws, was, &prep);
                said = Some(book.note(was.kind(), Deed::Restore, made).await);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{} {:?} {} is not done: {said:?}", step.action, step.target, step.resource);
}

fn judge_way_back(
    facts: &KindFacts,
    called: &BTreeMap<(Kind, Deed), BTreeSet<String>>,
) -> Vec<String> {
    let kind = facts.kind;
    let allowed = Deed::Restore.allows(facts);
    let of_deed = |deed| called.get(&(kind, deed)).into_iter().flatten().map(String::as_str);
    let calls: BTreeSet<&str> = of_deed(Deed::Restore).chain(of_deed(Deed::Look)).collect();
    let mut wrong: Vec<String> = calls
        .iter()
        .filter(|action| !allowed.contains(**action))
        .map(|action| format!("{kind} calls {action} on the way back, and does not declare it"))
        .collect();
    let not_here: BTreeSet<&str> = NOT_BACK_HERE
        .iter()
        .filter(|(of, ..)| *of == kind.as_str())
        .map(|(_, what, _)| *what)
        .collect();
    for action in facts.restore_permissions {
        let is_called = calls.contains(action);
        if !is_called && !WITH_A_CREATE.contains(action) && !not_here.contains(action) {
            wrong.push(format!("{kind} declares {action} for the way back, and does not call it"));
        }
        if is_called && not_here.contains(action) {
            wrong.push(format!("{kind} calls {action} here"));
        }
    }
    for action in not_here.iter().filter(|action| !facts.restore_permissions.contains(action)) {
        wrong.push(format!("{kind}: {action} is not declared at all"));
    }
    wrong
}
