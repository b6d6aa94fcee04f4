//! Making what SageMaker held again: what a description says, as the create call wants to hear it.

use serde_json::{Map, Value, json};

use crate::aws::record::{self, LEFT_OUT, left_out, list, own_tags, text, without_left_out};
use crate::aws::{Aws, AwsError, Op, Rebuild, s3};
use crate::resource::Resource;

/// Why no job comes back.
pub const HISTORY: &str = "a job is history: it ran, and its results are where it wrote them";

/// A record as a create call's input: members that have another name there are renamed, what was
/// left out is not there, and tags are AWS's list. What the call does not know is skipped when
/// the input is read.
pub fn input(was: &Resource, renames: &[(&str, &str)]) -> Value {
    let record = without_left_out(&was.record);
    let mut input: Map<String, Value> = record.as_object().cloned().unwrap_or_default();
    for (shown, asked) in renames {
        if let Some(value) = input.remove(*shown) {
            input.insert((*asked).to_owned(), value);
        }
    }
    let tags = own_tags(was);
    let tags: Vec<Value> =
        tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    input.insert("Tags".to_owned(), Value::from(tags));
    // An empty list may be refused where none at all is taken.
    input.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
    Value::Object(input)
}

/// A model shows its data twice, by address and by source, and takes it once: the source says
/// more where the data is no archive (`ContainerDefinition`, API reference).
pub fn model(was: &Resource) -> Value {
    fn once(container: &mut Value) {
        let Some(members) = container.as_object_mut() else { return };
        if !members.contains_key("ModelDataUrl") || !members.contains_key("ModelDataSource") {
            return;
        }
        let source = &members["ModelDataSource"]["S3DataSource"];
        let is_archive = source["CompressionType"] == "Gzip";
        members.remove(if is_archive { "ModelDataSource" } else { "ModelDataUrl" });
    }
    let mut input = input(was, &[]);
    if let Some(container) = input.get_mut("PrimaryContainer") {
        once(container);
    }
    if let Some(containers) = input.get_mut("Containers").and_then(Value::as_array_mut) {
        containers.iter_mut().for_each(once);
    }
    input
}

/// A pipeline's definition is JSON in a text, and so are the gaps in it.
fn definition(was: &Resource) -> Option<Value> {
    let definition = was.record["PipelineDefinition"].as_str()?;
    serde_json::from_str(definition).ok()
}

pub fn pipeline(was: &Resource) -> Result<Rebuild, String> {
    let definition = definition(was).ok_or("its definition is in no journal")?;
    let rebuild = Rebuild::by_create().saying(&["PipelineDefinition"]);
    Ok(match record::values(&left_out(&definition)) {
        None => rebuild,
        Some(missing) => rebuild.without(missing),
    })
}

pub fn pipeline_input(was: &Resource) -> Value {
    let mut input = input(was, &[]);
    if let Some(definition) = definition(was) {
        let whole = without_left_out(&definition).to_string();
        input["PipelineDefinition"] = Value::from(whole);
    }
    input
}

/// Once a bucket is gone its name is anyone's, and what is captured goes to whoever has it.
pub async fn only_to_our_buckets(aws: &Aws, op: Op, config: &Value) -> Result<(), AwsError> {
    let members = [
        "DataCaptureConfig.DestinationS3Uri",
        "AsyncInferenceConfig.OutputConfig.S3OutputPath",
        "AsyncInferenceConfig.OutputConfig.S3FailurePath",
    ];
    for uri in members.iter().filter_map(|member| text(config, member)) {
        let path = uri.strip_prefix("s3://").unwrap_or(&uri);
        let bucket = path.split('/').next().unwrap_or_default();
        if !s3::is_ours(aws, bucket).await? {
            let why = format!("the bucket {bucket} is not there, or another account has it by now");
            return Err(AwsError::not_ours(op, aws.region(), why));
        }
    }
    Ok(())
}

/// Whether a lifecycle configuration had scripts.
pub fn has_scripts(was: &Resource) -> bool {
    ["OnCreate", "OnStart"].iter().any(|hook| !list(&was.record, hook).is_empty())
}

/// A lifecycle configuration without its scripts.
pub fn without_scripts(was: &Resource) -> Value {
    let mut input = input(was, &[]);
    if let Some(members) = input.as_object_mut() {
        members.retain(|member, _| member != "OnCreate" && member != "OnStart");
    }
    input
}

/// A policy that is kept in whole.
pub fn whole<'r>(record: &'r Value, member: &str) -> Option<&'r str> {
    record[member].as_str().filter(|policy| !policy.contains(LEFT_OUT))
}

/// Makes a create call of an input: every member that it may have is named.
macro_rules! create {
    ($aws:ident, $op:expr, $input:expr, $shape:ty, $call:ident, $($set:ident: $member:ident),+ $(,)?) => {{
        let input = $crate::aws::sagemaker::shown::read($aws, $op, &$input, <$shape>::deserialize)?;
        let client = $aws.sagemaker();
        let call = client.$call()$(.$set(input.$member))+;
        $aws.call($op, || call.clone().send()).await
    }};
}

pub(super) use create;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::kinds::sagemaker::{MODEL, NOTEBOOK_INSTANCE, PIPELINE};
    use crate::resource::{Kind, Region};

    fn of(kind: Kind, record: Value) -> Resource {
        let mut was = Resource::new(kind, Region::new("us-east-1"), "lab", "lab");
        was.record = record;
        was.tags.insert("lab".to_owned(), "mlops".to_owned());
        was.tags.insert("aws:cloudformation:stack-name".to_owned(), "s".to_owned());
        was
    }

    #[test]
    fn members_have_the_create_calls_names() {
        let record = json!({ "NotebookInstanceName": "lab", "SecurityGroups": ["sg-1"],
            "AdditionalCodeRepositories": [] });
        let was = of(NOTEBOOK_INSTANCE, record);
        let expected = json!({ "NotebookInstanceName": "lab", "SecurityGroupIds": ["sg-1"],
            "Tags": [{ "Key": "lab", "Value": "mlops" }] });
        assert_eq!(input(&was, &[("SecurityGroups", "SecurityGroupIds")]), expected);
    }

    #[test]
    fn variables_without_a_value_are_named_and_not_sent() {
        let container = json!({ "Image": "i", "ModelDataUrl": "s3://lab/model.tar.gz",
            "Environment": { "TOKEN": LEFT_OUT, "SAGEMAKER_PROGRAM": "inference.py" },
            "ModelDataSource": { "S3DataSource": { "CompressionType": "Gzip" } } });
        let was = of(MODEL, json!({ "ModelName": "lab", "PrimaryContainer": container }));
        let input = model(&was);
        let expected = json!({ "Image": "i", "ModelDataUrl": "s3://lab/model.tar.gz",
            "Environment": { "SAGEMAKER_PROGRAM": "inference.py" } });
        assert_eq!(input["PrimaryContainer"], expected);
    }

    #[test]
    fn a_definition_has_its_gaps_inside() {
        let steps = json!({ "Steps": [{ "Environment": { "TOKEN": LEFT_OUT, "N": "1" } }] });
        let was = of(PIPELINE, json!({ "PipelineDefinition": steps.to_string() }));
        let made = pipeline(&was).unwrap();
        assert_eq!(made.without, ["the values of TOKEN, which no journal keeps"]);
        let definition = pipeline_input(&was)["PipelineDefinition"].clone();
        assert_eq!(definition, r#"{"Steps":[{"Environment":{"N":"1"}}]}"#);
        let was = of(PIPELINE, json!({ "PipelineDefinition": LEFT_OUT }));
        assert!(pipeline(&was).is_err());
    }
}
