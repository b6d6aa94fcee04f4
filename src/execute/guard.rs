//! The last check before a call goes out, on another path than the one that planned it.
//!
//! It trusts neither the plan nor the classification: it holds the promise itself against the
//! manifest, the credentials and the resource as it was just read.

use crate::aws::Aws;
use crate::classify::{Decision, KEEP_TAG, Verdict};
use crate::journal::Intent;
use crate::manifest::{Manifest, Root};
use crate::plan::Step;
use crate::resource::Resource;

/// Proof that a step was checked; the call takes it.
#[derive(Debug)]
pub struct Cleared(());

/// Checks one step; `Err` says what is wrong with it.
pub fn check(
    step: &Step,
    fresh: &Resource,
    verdict: &Verdict,
    manifest: &Manifest,
    aws: &Aws,
    intent: &Intent,
) -> Result<Cleared, String> {
    let account = aws.number();
    if !manifest.accounts.iter().any(|allowed| allowed == account) {
        return Err(format!("account {account} is not in the manifest's accounts"));
    }
    // Not the account that the run was begun in, but that of the key which signs.
    let Some(signer) = aws.session().signer() else {
        return Err("nobody has said whose credentials sign the call".to_owned());
    };
    if signer.account != account {
        let other = signer.account;
        return Err(format!("the credentials are of account {other}, not of {account}"));
    }
    if signer.is_root() && manifest.options.root == Root::Refuse {
        return Err("the credentials are the account's root user's".to_owned());
    }
    let region = step.resource.region;
    if !region.is_global() && !manifest.regions.contains(&region) {
        return Err(format!("{region} is not one of the manifest's regions"));
    }
    if !region.is_global() && aws.region() != region {
        return Err(format!("the call would go to {}, and it is in {region}", aws.region()));
    }
    if !matches!(verdict.decision, Decision::Delete | Decision::Stop) {
        return Err(format!("its decision is {}: {}", verdict.decision.as_str(), verdict.reason));
    }
    if verdict.decision == Decision::Stop && step.action.is_removal() {
        return Err("it is to be stopped, not removed".to_owned());
    }
    if verdict.parts.is_some() && step.action != crate::resource::Action::Untag {
        return Err("only parts of it are to go".to_owned());
    }
    if step.action.is_of_restore() {
        return Err(format!("a removal does no {}", step.action));
    }
    if fresh.id != step.resource {
        return Err(format!("it is {}, not {}", fresh.id, step.resource));
    }
    if let Some(why) = fresh.differs_from(step.pin.as_deref(), step.created) {
        return Err(why);
    }
    if !fresh.can_be_told(step.pin.as_deref(), step.created) {
        return Err("nothing tells it from another thing of its name".to_owned());
    }
    if fresh.tags.contains_key(KEEP_TAG) {
        return Err(format!("it carries the tag {KEEP_TAG}"));
    }
    if intent.step() != &step.step {
        return Err(format!("the journal speaks of step {}", intent.step()));
    }
    Ok(Cleared(()))
}

#[cfg(all(test, feature = "sandbox"))]
#[path = "guard_tests.rs"]
mod tests;
