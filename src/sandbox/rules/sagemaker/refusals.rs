//! What SageMaker refuses, and in which words.
//!
//! Codes: the exceptions that the API models list for each operation. Messages: as AWS's answers
//! appear in terraform-provider-aws.

use serde_json::{Value, json};

use super::kinds::Kind;
use super::{Ask, Refusal};
use crate::sandbox::records::Id;

/// What a create call needs to find.
pub fn of_create(kind: &Kind, ask: &Ask<'_>) -> Result<(), Refusal> {
    let needs = |target: &'static str, member: &str, words: &str| {
        let name = ask.text(member);
        let id = ask.id(target, name);
        if name.is_empty() || ask.records.get(&id).is_some() {
            return Ok(());
        }
        Err(("ValidationException", format!("Could not find {words} \"{name}\".")))
    };
    match kind.id {
        "sagemaker:endpoint" => {
            needs("sagemaker:endpoint-config", "EndpointConfigName", "endpoint configuration")
        }
        "sagemaker:user-profile" | "sagemaker:space" | "sagemaker:app" => {
            needs("sagemaker:domain", "DomainId", "domain")
        }
        "sagemaker:model-package" => {
            let group = ask.text("ModelPackageGroupName");
            if group.starts_with("arn:") {
                return Ok(());
            }
            needs("sagemaker:model-package-group", "ModelPackageGroupName", "model package group")
        }
        _ => Ok(()),
    }
}

/// What keeps a thing from being deleted, beside its own status.
pub fn of_delete(kind: &Kind, ask: &Ask<'_>, id: &Id) -> Result<(), Refusal> {
    match kind.id {
        "sagemaker:domain" => domain_in_use(ask, &id.name),
        "sagemaker:user-profile" => {
            apps_of(ask, id, "UserProfileName", "User Profile").and_then(|()| spaces_of(ask, id))
        }
        "sagemaker:space" => apps_of(ask, id, "SpaceName", "Space"),
        "sagemaker:model-package-group" => group_in_use(ask, &id.name),
        "sagemaker:pipeline" => super::pipeline::running(ask, &id.name),
        _ => Ok(()),
    }
}

/// `DeleteDomain`: apps, spaces and user profiles go first (`ResourceInUse`).
fn domain_in_use(ask: &Ask<'_>, domain: &str) -> Result<(), Refusal> {
    for (kind, words) in [
        ("sagemaker:app", "App(s)"),
        ("sagemaker:space", "Space(s)"),
        ("sagemaker:user-profile", "UserProfile(s)"),
    ] {
        let live = ask
            .records
            .within(ask.region, kind, domain)
            .any(|(_, record)| record.text("Status") != "Deleted");
        if live {
            let message =
                format!("Unable to delete Domain {domain} because {words} are associated with it.");
            return Err(("ResourceInUse", message));
        }
    }
    Ok(())
}

/// `DeleteUserProfile`, `DeleteSpace`: the apps go first (`ResourceInUse`).
fn apps_of(ask: &Ask<'_>, id: &Id, owner: &str, words: &str) -> Result<(), Refusal> {
    let (domain, name) = id.name.split_once('/').unwrap_or_default();
    let live = ask
        .records
        .within(ask.region, "sagemaker:app", domain)
        .any(|(_, app)| app.text(owner) == name && app.text("Status") != "Deleted");
    if live {
        let message = format!("Unable to delete {words} {name}, because there are App(s) in it.");
        return Err(("ResourceInUse", message));
    }
    Ok(())
}

/// `DeleteUserProfile`: the spaces that it owns go first (`ResourceInUse`).
fn spaces_of(ask: &Ask<'_>, id: &Id) -> Result<(), Refusal> {
    let (domain, name) = id.name.split_once('/').unwrap_or_default();
    let owns = ask.records.within(ask.region, "sagemaker:space", domain).any(|(_, space)| {
        let owner = space.body.get("OwnershipSettings").map(|of| &of["OwnerUserProfileName"]);
        owner.and_then(Value::as_str) == Some(name)
    });
    if owns {
        let message = format!("Unable to delete User Profile {name}, because it owns Space(s).");
        return Err(("ResourceInUse", message));
    }
    Ok(())
}

/// `DeleteModelPackageGroup`: "A model group can only be deleted if it's empty"
/// (`ConflictException`).
fn group_in_use(ask: &Ask<'_>, group: &str) -> Result<(), Refusal> {
    match ask.records.within(ask.region, "sagemaker:model-package", group).next() {
        None => Ok(()),
        Some(_) => {
            let message =
                format!("Model Package Group {group} cannot be deleted: it has versions.");
            Err(("ConflictException", message))
        }
    }
}

/// A delete of what is already on its way.
pub fn while_deleting(kind: &Kind, arn: &str) -> Result<Value, Refusal> {
    match kind.id {
        // The endpoint's refusal is the same as for any other change in progress.
        "sagemaker:endpoint" => {
            let message = format!("Cannot update in-progress endpoint \"{arn}\".");
            Err(("ValidationException", message))
        }
        "sagemaker:notebook-instance" => Err(wrong_status(kind, arn, "Deleting")),
        _ => Ok(json!({})),
    }
}

/// A delete in a status in which there is none.
pub fn wrong_status(kind: &Kind, arn: &str, status: &str) -> Refusal {
    match kind.id {
        "sagemaker:endpoint" => {
            ("ValidationException", format!("Cannot update in-progress endpoint \"{arn}\"."))
        }
        "sagemaker:notebook-instance" => (
            "ValidationException",
            format!(
                "Status ({status}) not in ([Stopped, Failed]). Unable to transition to \
                 (Deleting) for Notebook Instance ({arn})"
            ),
        ),
        _ => ("ResourceInUse", format!("{arn} is {status} and cannot be deleted.")),
    }
}

/// A stop of what does not run.
pub fn cannot_stop(kind: &Kind, arn: &str, status: &str) -> Refusal {
    let message = match kind.id {
        "sagemaker:notebook-instance" => format!(
            "Status ({status}) not in ([InService]). Unable to transition to (Stopping) for \
             Notebook Instance ({arn})"
        ),
        _ => format!("The request was rejected because the job is in status {status}."),
    };
    ("ValidationException", message)
}
