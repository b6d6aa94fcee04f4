//! Calling keys and aliases back.

use crate::aws::record::text;
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild};
use crate::resource::{Action, Prep, Resource};

const CANCEL: Op = Op::write("kms", "CancelKeyDeletion");
const ENABLE: Op = Op::write("kms", "EnableKey");
const CREATE_ALIAS: Op = Op::write("kms", "CreateAlias");

pub const KEY_PERMISSIONS: &[&str] = &["kms:CancelKeyDeletion", "kms:EnableKey"];
pub const ALIAS_PERMISSIONS: &[&str] = &["kms:CreateAlias"];

/// A key in its window is called back. AWS leaves it disabled then (KMS API reference,
/// `CancelKeyDeletion`), so one that was enabled is enabled again.
pub fn key(was: &Resource) -> Rebuild {
    let mut steps = vec![Prep::new(Action::CancelDeletion)];
    if was_enabled(was) {
        steps.push(Prep::new(Action::Enable));
    }
    Rebuild { steps, ..Rebuild::default() }
}

fn was_enabled(was: &Resource) -> bool {
    text(&was.record, "KeyState").as_deref() == Some("Enabled")
}

pub fn is_enabled(now: &Resource) -> bool {
    now.facts.get("status").is_some_and(|states| states.iter().any(|state| state == "Enabled"))
}

pub async fn make_key(aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
    let (client, id) = (aws.kms(), was.id.id.as_str());
    match step.action {
        Action::CancelDeletion => {
            aws.call(CANCEL, || client.cancel_key_deletion().key_id(id).send()).await?;
        }
        Action::Enable => {
            aws.call(ENABLE, || client.enable_key().key_id(id).send()).await?;
        }
        other => return Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
    }
    Ok(Acted::Done)
}

pub async fn make_alias(aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
    if step.action != Action::Create {
        return Err(AwsError::unsupported(aws, was.kind(), step.action.as_str()));
    }
    let call = aws.kms().create_alias().alias_name(&was.id.id);
    let call = call.set_target_key_id(text(&was.record, "TargetKeyId"));
    aws.call(CREATE_ALIAS, || call.clone().send()).await?;
    Ok(Acted::Done)
}
