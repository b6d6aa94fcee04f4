//! What SageMaker showed, as JSON in AWS's own field names: what a kind reads, and what is kept.

use aws_smithy_json::codec::{JsonCodec, JsonCodecSettings};
use aws_smithy_schema::codec::Codec;
use aws_smithy_schema::serde::{
    SerdeError, SerializableStruct, ShapeDeserializer, ShapeSerializer,
};
use aws_smithy_types::date_time::Format;
use serde_json::Value;

use crate::aws::record::LEFT_OUT;
use crate::aws::{Aws, AwsError, Op};

fn codec() -> JsonCodec {
    let settings = JsonCodecSettings::builder().default_timestamp_format(Format::DateTime).build();
    JsonCodec::new(settings)
}

/// A request's input out of JSON. Members that it does not have are skipped.
pub(super) fn read<T>(
    aws: &Aws,
    op: Op,
    input: &Value,
    read: impl FnOnce(&mut dyn ShapeDeserializer) -> Result<T, SerdeError>,
) -> Result<T, AwsError> {
    let bytes = input.to_string().into_bytes();
    read(&mut codec().create_deserializer(&bytes))
        .map_err(|error| AwsError::bad_record(aws, op, &error))
}

/// An answer of AWS's, or a part of one, as JSON. Times are RFC 3339.
pub(super) fn json<T: SerializableStruct>(
    aws: &Aws,
    op: Op,
    answer: &T,
) -> Result<Value, AwsError> {
    let garbled = |why: String| AwsError::garbled(op, aws.region(), why);
    let mut serializer = codec().create_serializer();
    serializer.write_struct(answer.schema(), answer).map_err(|error| garbled(error.to_string()))?;
    serde_json::from_slice(&serializer.finish()).map_err(|error| garbled(error.to_string()))
}

/// The summaries of all pages of a list.
pub(super) fn summaries<'a, T: SerializableStruct + 'a>(
    aws: &Aws,
    op: Op,
    items: impl Iterator<Item = &'a T>,
) -> Result<Vec<Value>, AwsError> {
    items.map(|item| json(aws, op, item)).collect()
}

/// The text at `path`, such as `OwnershipSettings.OwnerUserProfileName`; never an empty one.
pub(super) fn text<'v>(shown: &'v Value, path: &str) -> Option<&'v str> {
    let found = path.split('.').try_fold(shown, |value, member| value.get(member))?;
    found.as_str().filter(|text| !text.is_empty())
}

/// What is kept of what was shown: without the values of environment variables and without the
/// bodies of lifecycle scripts, for both are where people put secrets.
pub(super) fn record(shown: &Value) -> Value {
    let mut record = shown.clone();
    redact(&mut record);
    record
}

fn redact(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(members) => {
            for (member, value) in members {
                match member.as_str() {
                    "Environment" => leave_out(value),
                    "OnCreate" | "OnStart" => leave_out_contents(value),
                    "PipelineDefinition" => *value = definition(value),
                    _ => redact(value),
                }
            }
        }
        _ => {}
    }
}

/// Settings of SageMaker's own toolkits begin so, and are no secrets: without them a model is not
/// made again. (SageMaker Inference Toolkit, "Environment variables": `SAGEMAKER_PROGRAM`,
/// `SAGEMAKER_SUBMIT_DIRECTORY`…)
const TOOLKIT: &str = "SAGEMAKER_";

/// A name that says so is believed, whatever it begins with.
const SECRET_NAMES: &[&str] = &["PASSWORD", "SECRET", "TOKEN", "KEY", "CREDENTIAL"];

fn is_of_the_toolkit(variable: &str) -> bool {
    let name = variable.to_ascii_uppercase();
    variable.starts_with(TOOLKIT) && !SECRET_NAMES.iter().any(|word| name.contains(word))
}

/// Keeps the names of the variables, so that a person knows what to fill in.
fn leave_out(value: &mut Value) {
    match value {
        Value::Object(variables) => {
            let hidden = variables.iter_mut().filter(|(name, _)| !is_of_the_toolkit(name));
            hidden.for_each(|(_, value)| *value = Value::from(LEFT_OUT));
        }
        other => *other = Value::from(LEFT_OUT),
    }
}

fn leave_out_contents(value: &mut Value) {
    for hook in value.as_array_mut().into_iter().flatten() {
        leave_out(hook);
    }
}

/// A pipeline's definition is JSON in a text, and its steps carry environment variables too.
fn definition(value: &Value) -> Value {
    let parsed = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(mut parsed) = parsed else { return Value::from(LEFT_OUT) };
    redact(&mut parsed);
    Value::from(parsed.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_secret_stays_in_the_record() {
        let definition = json!({"Steps": [{"Arguments": {"Environment": {"TOKEN": "s3cret"}}}]});
        let shown = json!({
            "PrimaryContainer": {"Image": "i", "Environment": {"TOKEN": "s3cret"}},
            "OnStart": [{"Content": "s3cret"}],
            "PipelineDefinition": definition.to_string(),
        });
        let record = record(&shown);
        assert!(!record.to_string().contains("s3cret"), "{record}");
        assert_eq!(text(&record, "PrimaryContainer.Image"), Some("i"));
        assert_eq!(text(&record, "PrimaryContainer.Environment.TOKEN"), Some(LEFT_OUT));
        let definition = text(&record, "PipelineDefinition").unwrap();
        assert!(definition.contains("TOKEN"));
    }

    #[test]
    fn the_toolkits_own_settings_stay() {
        let shown = json!({"Environment": {
            "SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_API_KEY": "s3cret", "PROGRAM": "x",
        }});
        let expected = json!({"Environment": {
            "SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_API_KEY": LEFT_OUT, "PROGRAM": LEFT_OUT,
        }});
        assert_eq!(record(&shown), expected);
    }

    #[test]
    fn a_definition_that_is_not_json_is_left_out() {
        let record = record(&json!({"PipelineDefinition": "{\"Environment\": s3cret"}));
        assert_eq!(text(&record, "PipelineDefinition"), Some(LEFT_OUT));
    }
}
