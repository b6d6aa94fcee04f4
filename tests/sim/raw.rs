//! A thing as it is in the account itself, not as a list shows it.

use dismantle::resource::ResourceId;
use serde_json::{Value, json};

/// What the account holds of a thing; null if there is none.
pub fn state(account: &Value, id: &ResourceId) -> Value {
    let (name, region) = (id.id.as_str(), id.region.as_str());
    let regional = |service: &str| &account[format!("{service}/{region}")];
    let iam = &account["iam/us-east-1"];
    match id.kind.as_str() {
        "iam:role" => iam["roles"][name].clone(),
        "iam:user" => iam["users"][name].clone(),
        "iam:group" => iam["groups"][name].clone(),
        "iam:instance-profile" => iam["instance_profiles"][name].clone(),
        "iam:oidc-provider" => iam["oidc_providers"][name].clone(),
        // Whoever takes it off his own role changes the count.
        "iam:policy" => without(&iam["policies"][name], "attachment_count"),
        "kms:key" => regional("kms")["keys"][name].clone(),
        "kms:grant" => {
            let grant = name.split_once('/').map_or(name, |(_, grant)| grant);
            regional("kms")["grants"][grant].clone()
        }
        "kms:alias" => regional("kms")["aliases"][name].clone(),
        "logs:log-group" => regional("logs")["log_groups"][name].clone(),
        // Images are things of their own.
        "ecr:repository" => without(&regional("ecr")["repositories"][name], "images"),
        "ecr:image" => {
            let (repository, digest) = name.split_once('@').unwrap_or_default();
            let images = regional("ecr")["repositories"][repository]["images"].as_array();
            let mut images = images.into_iter().flatten();
            images.find(|image| image["image_digest"] == digest).cloned().unwrap_or_default()
        }
        "s3:bucket" => match &account["buckets"][name] {
            Value::Null => Value::Null,
            contents => {
                json!({ "contents": contents, "settings": regional("s3")["buckets"][name] })
            }
        },
        kind => {
            let name = match kind {
                "sagemaker:app" => app(name),
                // Known by their ARNs.
                "sagemaker:mlflow-app" | "sagemaker:partner-app" => {
                    name.rsplit('/').next().unwrap_or(name).to_owned()
                }
                "sagemaker:model-package" => {
                    name.split_once(":model-package/").map_or(name, |(_, name)| name).to_owned()
                }
                _ => name.to_owned(),
            };
            account["records"][format!("{kind} {region} {name}")].clone()
        }
    }
}

/// Whether it is there, and not on its way out.
pub fn is_live(state: &Value) -> bool {
    let body = &state["body"];
    let status = body.as_object().into_iter().flatten();
    let leaving =
        status.filter(|(member, _)| member.to_lowercase().ends_with("status")).any(|(_, value)| {
            let status = value.as_str().unwrap_or_default().to_lowercase();
            status == "deleting" || status == "deleted"
        });
    !state.is_null() && !leaving && !state["deletion_date"].is_string()
}

/// Whether it is a job that has ended.
pub fn has_ended(state: &Value) -> bool {
    let mut members = state["body"].as_object().into_iter().flatten();
    members.any(|(member, status)| {
        let over = matches!(status.as_str(), Some("Stopped" | "Completed" | "Failed"));
        member.ends_with("JobStatus") && over
    })
}

/// `domain/user-profile/OWNER/TYPE/NAME` as the sandbox keeps it: `domain/OWNER/type/NAME`.
fn app(id: &str) -> String {
    match id.split('/').collect::<Vec<_>>().as_slice() {
        [domain, _, owner, kind, name] => {
            format!("{domain}/{owner}/{}/{name}", kind.to_lowercase())
        }
        _ => id.to_owned(),
    }
}

fn without(state: &Value, member: &str) -> Value {
    let mut state = state.clone();
    if let Some(members) = state.as_object_mut() {
        members.remove(member);
    }
    state
}
