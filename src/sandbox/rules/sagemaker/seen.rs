//! Kinds that Dismantle only reads: as rows, and what AWS does when one is made and shown.
//!
//! Source: the SageMaker API reference, each kind's `Create…`, `Describe…` and `List…`.

mod kinds;

use serde_json::{Map, Value, json};

use super::kinds::Kind;
use super::{Ask, Refusal};
use crate::sandbox::records::{LETTERS, Record};

pub use kinds::KINDS;

const IMAGE: &str = "sagemaker:image";
const IMAGE_VERSION: &str = "sagemaker:image-version";

/// The name by which a request means a record, where that is not a member's text.
pub fn name_in(kind: &Kind, ask: &Ask<'_>) -> Option<String> {
    match kind.id {
        "sagemaker:mlflow-app" | "sagemaker:partner-app" => {
            let arn = ask.text("Arn");
            Some(arn.rsplit_once('/').map_or(arn, |(_, id)| id).to_owned())
        }
        IMAGE_VERSION => {
            let image = ask.text("ImageName");
            let asked = ask.input.get("Version").and_then(Value::as_u64);
            Some(format!("{image}/{}", asked.unwrap_or_else(|| last_version(ask, image))))
        }
        _ => None,
    }
}

/// The newest version of an image; 0 if it has none.
fn last_version(ask: &Ask<'_>, image: &str) -> u64 {
    let versions = ask.records.within(ask.region, IMAGE_VERSION, image);
    versions.filter_map(|(_, record)| record.body.get("Version")?.as_u64()).max().unwrap_or(0)
}

/// Versions are of an image that is there: `ResourceNotFound`.
pub fn refused(kind: &Kind, ask: &Ask<'_>) -> Result<(), Refusal> {
    let image = ask.text("ImageName");
    if kind.id != IMAGE_VERSION || ask.records.get(&ask.id(IMAGE, image)).is_some() {
        return Ok(());
    }
    Err(("ResourceNotFound", format!("Image {} does not exist.", ask.arn("image", image))))
}

/// Adds what AWS adds when a thing is made, and gives it its name where AWS draws it.
pub fn complete(kind: &Kind, ask: &mut Ask<'_>, body: &mut Map<String, Value>) -> Option<String> {
    match kind.id {
        "sagemaker:mlflow-app" | "sagemaker:partner-app" => {
            body.remove("ClientToken");
            return Some(format!("app-{}", ask.records.draw(LETTERS, 12).to_uppercase()));
        }
        IMAGE_VERSION => return Some(complete_version(ask, body)),
        // It is not shown what it writes.
        "sagemaker:inference-recommendations-job" => {
            body.remove("OutputConfig");
        }
        "sagemaker:inference-experiment" => {
            let endpoint = json!({ "EndpointName": body.remove("EndpointName") });
            body.insert("EndpointMetadata".to_owned(), endpoint);
        }
        "sagemaker:model-card" => {
            body.insert("ModelCardVersion".to_owned(), json!(1));
        }
        "sagemaker:algorithm" => {
            let none = json!({ "ValidationStatuses": [], "ImageScanStatuses": [] });
            body.insert("AlgorithmStatusDetails".to_owned(), none);
        }
        "sagemaker:project" => {
            let id = format!("p-{}", ask.records.draw(LETTERS, 12));
            body.insert("ProjectId".to_owned(), json!(id));
            let templates = body.remove("TemplateProviders").unwrap_or_default();
            let shown = templates.as_array().into_iter().flatten();
            let shown = shown.map(
                |template| json!({ "CfnTemplateProviderDetail": template["CfnTemplateProvider"] }),
            );
            body.insert("TemplateProviderDetails".to_owned(), shown.collect());
        }
        _ => {}
    }
    None
}

/// A version is its image's next one.
fn complete_version(ask: &Ask<'_>, body: &mut Map<String, Value>) -> String {
    let image = ask.text("ImageName");
    let version = last_version(ask, image) + 1;
    for member in ["ImageName", "ClientToken", "Aliases"] {
        body.remove(member);
    }
    body.insert("ImageArn".to_owned(), json!(ask.arn("image", image)));
    body.insert("Version".to_owned(), json!(version));
    let base = body.get("BaseImage").cloned().unwrap_or_default();
    body.insert("ContainerImage".to_owned(), base);
    format!("{image}/{version}")
}

/// What a create call answers, where that is more or less than the ARN by its usual name.
pub fn created(kind: &Kind, record: &Record) -> Option<Value> {
    match kind.id {
        "sagemaker:inference-experiment" => Some(json!({ "InferenceExperimentArn": record.arn })),
        "sagemaker:project" => {
            Some(json!({ "ProjectArn": record.arn, "ProjectId": record.text("ProjectId") }))
        }
        _ => None,
    }
}

/// A description. A card's words are left out for who asks for `MetadataOnly`.
pub fn described(kind: &Kind, ask: &Ask<'_>, body: &mut Map<String, Value>) {
    if kind.id == "sagemaker:model-card" && ask.text("IncludedData") == "MetadataOnly" {
        body.insert("Content".to_owned(), json!("{}"));
    }
}

/// Whether a list shows it, by a filter that only this kind's list has.
pub fn listed(kind: &Kind, ask: &Ask<'_>, record: &Record) -> bool {
    kind.id != IMAGE_VERSION || record.text("ImageArn") == ask.arn("image", ask.text("ImageName"))
}

/// A list's row. Those of monitoring job definitions have names of their own
/// (`MonitoringJobDefinitionSummary`).
pub fn row(kind: &Kind, record: &Record, row: &mut Map<String, Value>) {
    if kind.name != "JobDefinitionName" {
        return;
    }
    for (member, called) in [
        ("JobDefinitionName", "MonitoringJobDefinitionName"),
        ("JobDefinitionArn", "MonitoringJobDefinitionArn"),
    ] {
        let value = row.remove(member).unwrap_or_default();
        row.insert(called.to_owned(), value);
    }
    let inputs = record.body.iter().filter(|(member, _)| member.ends_with("JobInput"));
    for (_, input) in inputs {
        if let Some(endpoint) = input["EndpointInput"]["EndpointName"].as_str() {
            row.insert("EndpointName".to_owned(), json!(endpoint));
        }
    }
}
