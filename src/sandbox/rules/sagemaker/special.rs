//! Where one kind of SageMaker differs from the table.

use serde_json::{Map, Value, json};

use super::kinds::{APP_REMAINS, Kind, NOTEBOOK_START};
use super::{Ask, Refusal, find, seen};
use crate::sandbox::ACCOUNT_ID;
use crate::sandbox::records::{Change, LETTERS, Next, Record, epoch, later};

/// The name by which a request means a record: `parent/child` for what lives in a domain.
pub fn name_in(kind: &Kind, ask: &Ask<'_>) -> String {
    if let Some(name) = seen::name_in(kind, ask) {
        return name;
    }
    let domain = ask.text("DomainId");
    match kind.id {
        "sagemaker:user-profile" | "sagemaker:space" => {
            format!("{domain}/{}", ask.text(kind.name))
        }
        "sagemaker:app" => app_name(ask, domain),
        // A package is named by its ARN, or by its own name if it has no group.
        "sagemaker:model-package" => {
            let name = ask.text(kind.name);
            name.split_once(":model-package/").map_or(name, |(_, name)| name).to_owned()
        }
        "sagemaker:model-package-group" => {
            let name = ask.text(kind.name);
            name.split_once(":model-package-group/").map_or(name, |(_, name)| name).to_owned()
        }
        _ => ask.text(kind.name).to_owned(),
    }
}

/// `domain/owner/type/name`, as in its ARN.
fn app_name(ask: &Ask<'_>, domain: &str) -> String {
    let owner = match ask.text("UserProfileName") {
        "" => ask.text("SpaceName"),
        profile => profile,
    };
    let kind = ask.text("AppType").to_lowercase();
    format!("{domain}/{owner}/{kind}/{}", ask.text("AppName"))
}

/// Adds what AWS adds when a thing is made, and gives it its name.
pub fn complete(kind: &Kind, ask: &mut Ask<'_>, body: &mut Map<String, Value>) -> String {
    match kind.id {
        "sagemaker:domain" => {
            let id = format!("d-{}", ask.records.draw(LETTERS, 12));
            let efs = format!("fs-{}", ask.records.draw(LETTERS, 17));
            let url = format!("https://{id}.studio.{}.sagemaker.aws", ask.region);
            body.insert("DomainId".to_owned(), json!(id));
            body.insert("HomeEfsFileSystemId".to_owned(), json!(efs));
            body.insert("Url".to_owned(), json!(url));
            return id;
        }
        "sagemaker:notebook-instance" => {
            let config = body.remove("LifecycleConfigName");
            if let Some(config) = config {
                body.insert("NotebookInstanceLifecycleConfigName".to_owned(), config);
            }
            if let Some(groups) = body.remove("SecurityGroupIds") {
                body.insert("SecurityGroups".to_owned(), groups);
            }
            let name = ask.text("NotebookInstanceName");
            let url = format!("{name}.notebook.{}.sagemaker.aws", ask.region);
            body.insert("Url".to_owned(), json!(url));
        }
        "sagemaker:training-job" => {
            body.insert("SecondaryStatus".to_owned(), json!("Training"));
            body.insert("TrainingStartTime".to_owned(), epoch(ask.now));
        }
        "sagemaker:hyper-parameter-tuning-job" => {
            let strategy = ask.input.get("HyperParameterTuningJobConfig");
            let config = strategy.cloned().unwrap_or_default();
            let zero = json!({ "Completed": 0, "InProgress": 0, "RetryableError": 0,
                "NonRetryableError": 0, "Stopped": 0 });
            let scores = json!({ "Succeeded": 0, "Pending": 0, "Failed": 0 });
            body.insert("Strategy".to_owned(), config["Strategy"].clone());
            body.insert("ResourceLimits".to_owned(), config["ResourceLimits"].clone());
            body.insert("TrainingJobStatusCounters".to_owned(), zero);
            body.insert("ObjectiveStatusCounters".to_owned(), scores);
        }
        "sagemaker:endpoint" => complete_endpoint(ask, body),
        "sagemaker:model-package" => return complete_package(ask, body),
        "sagemaker:pipeline" => {
            body.remove("ClientRequestToken");
        }
        "sagemaker:inference-component" => complete_component(body),
        "sagemaker:monitoring-schedule" => complete_schedule(body),
        _ => {
            if let Some(name) = seen::complete(kind, ask, body) {
                return name;
            }
        }
    }
    name_in(kind, ask)
}

/// An endpoint shows the variants of its configuration.
fn complete_endpoint(ask: &Ask<'_>, body: &mut Map<String, Value>) {
    let id = ask.id("sagemaker:endpoint-config", ask.text("EndpointConfigName"));
    let Some(config) = ask.records.get(&id) else { return };
    let variants = config.body.get("ProductionVariants").and_then(Value::as_array);
    let variants: Vec<Value> = variants
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .map(|variant| {
            json!({
                "VariantName": variant["VariantName"],
                "CurrentInstanceCount": variant["InitialInstanceCount"],
                "DesiredInstanceCount": variant["InitialInstanceCount"],
            })
        })
        .collect();
    body.insert("ProductionVariants".to_owned(), json!(variants));
    if let Some(capture) = config.body.get("DataCaptureConfig") {
        let capture = json!({
            "EnableCapture": capture["EnableCapture"],
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture["KmsKeyId"],
        });
        body.insert("DataCaptureConfig".to_owned(), capture);
    }
}

/// An inference component shows the image that it was given as one that was deployed.
fn complete_component(body: &mut Map<String, Value>) {
    let container = body.get_mut("Specification").and_then(|asked| asked.get_mut("Container"));
    let Some(container) = container.and_then(Value::as_object_mut) else { return };
    if let Some(image) = container.remove("Image") {
        container.insert("DeployedImage".to_owned(), json!({ "SpecifiedImage": image }));
    }
}

/// A monitoring schedule shows what it watches over, and the first endpoint that it reads.
fn complete_schedule(body: &mut Map<String, Value>) {
    let config = body.get("MonitoringScheduleConfig").cloned().unwrap_or_default();
    let input = &config["MonitoringJobDefinition"]["MonitoringInputs"][0];
    let shown = [
        ("EndpointName", &input["EndpointInput"]["EndpointName"]),
        ("MonitoringType", &config["MonitoringType"]),
    ];
    for (member, value) in shown {
        if value.is_string() {
            body.insert(member.to_owned(), value.clone());
        }
    }
}

/// Why what is being made will fail: a model's data has to be an archive.
///
/// Source: SageMaker's "Troubleshoot … model deployments": "Please ensure that the object located
/// at the URL is a valid tar.gz archive."
pub fn failure(kind: &Kind, ask: &Ask<'_>) -> Option<String> {
    if kind.id != "sagemaker:endpoint" {
        return None;
    }
    let config = ask.id("sagemaker:endpoint-config", ask.text("EndpointConfigName"));
    let variants = ask.records.get(&config)?.body.get("ProductionVariants")?.as_array()?;
    variants.iter().find_map(|variant| {
        let model = ask.id("sagemaker:model", variant["ModelName"].as_str()?);
        let model = ask.records.get(&model)?;
        let url = model.body.get("PrimaryContainer")?["ModelDataUrl"].as_str()?;
        (!url.ends_with(".tar.gz")).then(|| {
            format!(
                "Failed to extract model data archive for container \"container_1\" from URL \
                 \"{url}\". Please ensure that the object located at the URL is a valid tar.gz \
                 archive."
            )
        })
    })
}

/// A package of a group is its next version; approval starts as AWS's default.
fn complete_package(ask: &Ask<'_>, body: &mut Map<String, Value>) -> String {
    let group = ask.text("ModelPackageGroupName");
    let group = group.split_once(":model-package-group/").map_or(group, |(_, name)| name);
    if group.is_empty() {
        return ask.text("ModelPackageName").to_owned();
    }
    let last = ask
        .records
        .within(ask.region, "sagemaker:model-package", group)
        .filter_map(|(_, record)| record.body.get("ModelPackageVersion")?.as_u64())
        .max();
    let version = last.unwrap_or(0) + 1;
    body.insert("ModelPackageGroupName".to_owned(), json!(group));
    body.insert("ModelPackageVersion".to_owned(), json!(version));
    body.insert("ModelPackageName".to_owned(), json!(group));
    body.entry("ModelApprovalStatus").or_insert(json!("PendingManualApproval"));
    body.insert("ModelPackageStatusDetails".to_owned(), json!({ "ValidationStatuses": [] }));
    format!("{group}/{version}")
}

/// What a create call answers.
pub fn created(kind: &Kind, record: &Record) -> Value {
    if let Some(output) = seen::created(kind, record) {
        return output;
    }
    let mut output = json!({ kind.arn: record.arn });
    if kind.id == "sagemaker:domain" {
        output["DomainId"] = json!(record.text("DomainId"));
        output["Url"] = json!(record.text("Url"));
    }
    output
}

/// The tag by which SageMaker knows a domain's home file system as its own.
///
/// Source: SageMaker developer guide, "AWS managed policies for SageMaker Notebooks": file systems
/// "tagged with the key ManagedByAmazonSageMakerResource"; its value is the domain's ARN.
pub const HOME_TAG: &str = "ManagedByAmazonSageMakerResource";

/// The ARN of the file system that a domain's home directories are in.
pub fn home(kind: &Kind, record: &Record, region: &str) -> Option<String> {
    let id = record.text("HomeEfsFileSystemId");
    (kind.id == "sagemaker:domain" && !id.is_empty())
        .then(|| format!("arn:aws:elasticfilesystem:{region}:{ACCOUNT_ID}:file-system/{id}"))
}

/// Whether a domain's file system goes with it.
///
/// Source: SageMaker API reference, "RetentionPolicy": the default is to retain it.
pub fn home_goes(ask: &Ask<'_>) -> bool {
    let policy = ask.input.get("RetentionPolicy");
    policy.is_some_and(|policy| policy["HomeEfsFileSystem"] == "Delete")
}

/// What is left when a slow delete is done: an app stays listed as `Deleted` for about a day.
pub fn gone(kind: &Kind) -> Change {
    match kind.id {
        "sagemaker:app" => Change::Fade(vec![(kind.status, json!("Deleted"))], APP_REMAINS),
        _ => Change::Gone,
    }
}

/// How a delete in the background fails, where AWS has a status for that (`DomainStatus`,
/// `UserProfileStatus`, `SpaceStatus`, `ModelPackageGroupStatus`).
pub fn delete_failed(kind: &Kind) -> Option<Change> {
    let status = match kind.id {
        "sagemaker:domain" | "sagemaker:user-profile" | "sagemaker:space" => "Delete_Failed",
        "sagemaker:model-package-group" => "DeleteFailed",
        _ => return None,
    };
    let why = "An internal error occurred. Try again.";
    Some(Change::Set(vec![(kind.status, json!(status)), ("FailureReason", json!(why))]))
}

/// Filters that only one kind's list has.
pub fn listed(kind: &Kind, ask: &Ask<'_>, record: &Record) -> bool {
    if kind.id != "sagemaker:model-package" {
        return seen::listed(kind, ask, record);
    }
    let approval = ask.text("ModelApprovalStatus");
    let group = ask.text("ModelPackageGroupName");
    let group = group.split_once(":model-package-group/").map_or(group, |(_, name)| name);
    let of_group = record.text("ModelPackageGroupName");
    let in_scope = match (group, ask.text("ModelPackageType")) {
        ("", "Both") => true,
        ("", "Versioned") => !of_group.is_empty(),
        ("", _) => of_group.is_empty(),
        (group, _) => group == of_group,
    };
    in_scope && (approval.is_empty() || approval == record.text("ModelApprovalStatus"))
}

pub fn start_notebook(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let kind = super::KINDS.iter().find(|kind| kind.id == "sagemaker:notebook-instance");
    let Some(kind) = kind else { return Ok(json!({})) };
    let id = find(kind, ask)?;
    let at = later(ask.now, ask.weather.background(NOTEBOOK_START));
    if let Some(record) = ask.records.get_mut(&id) {
        record.set(kind.status, "Pending");
        let change = Change::Set(vec![(kind.status, json!("InService"))]);
        record.next = Some(Next { at, change });
    }
    ask.records.settle(ask.now);
    Ok(json!({}))
}

pub fn update_model_package(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let arn = ask.text("ModelPackageArn").to_owned();
    let input = ask.input.clone();
    let now = ask.now;
    let Some(record) = ask.records.by_arn(&arn) else {
        let message = format!("ModelPackage {arn} does not exist.");
        return Err(("ValidationException", message));
    };
    for member in ["ModelApprovalStatus", "ApprovalDescription", "CustomerMetadataProperties"] {
        if let Some(value) = input.get(member) {
            record.set(member, value.clone());
        }
    }
    record.set("LastModifiedTime", epoch(now));
    Ok(json!({ "ModelPackageArn": arn }))
}

/// The training jobs that a tuning job has made: those that say so.
pub fn tuned(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let Some(kind) = super::KINDS.iter().find(|k| k.id == "sagemaker:hyper-parameter-tuning-job")
    else {
        return Ok(json!({ "TrainingJobSummaries": [] }));
    };
    let id = find(kind, ask)?;
    let arn = ask.arn(kind.path, &id.name);
    let rows: Vec<Value> = ask
        .records
        .of(ask.region, "sagemaker:training-job")
        .filter(|(_, record)| record.text("TuningJobArn") == arn)
        .map(|(_, record)| {
            json!({
                "TrainingJobName": record.text("TrainingJobName"),
                "TrainingJobArn": record.arn,
                "CreationTime": record.body["CreationTime"],
                "TrainingJobStatus": record.text("TrainingJobStatus"),
                "TunedHyperParameters": {},
            })
        })
        .collect();
    Ok(json!({ "TrainingJobSummaries": rows }))
}
