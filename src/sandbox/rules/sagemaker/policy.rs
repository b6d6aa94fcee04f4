//! The resource policy of a model package group, which no describe call shows.
//!
//! Source: SageMaker API reference, `PutModelPackageGroupPolicy` and its sisters.

use serde_json::{Value, json};

use super::{Ask, KINDS, Refusal, find, missing};

const GROUP: &str = "sagemaker:model-package-group";
const POLICY: &str = "-ResourcePolicy";

/// The answer, if the operation is about such a policy.
pub fn answer(operation: &str, ask: &mut Ask<'_>) -> Option<Result<Value, Refusal>> {
    let verb = operation.strip_suffix("ModelPackageGroupPolicy")?;
    matches!(verb, "Put" | "Get" | "Delete").then(|| carry_out(verb, ask))
}

fn carry_out(verb: &str, ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let unknown = || ("ValidationException", format!("{GROUP} is no kind"));
    let kind = KINDS.iter().find(|kind| kind.id == GROUP).ok_or_else(unknown)?;
    let id = find(kind, ask)?;
    let text = ask.text("ResourcePolicy").to_owned();
    let lost = missing(kind, ask, &id.name);
    let group = ask.records.get_mut(&id).ok_or(lost)?;
    let none = format!("Cannot find resource policy for: {}", group.arn);
    match verb {
        "Put" => {
            group.set(POLICY, text);
            Ok(json!({ "ModelPackageGroupArn": group.arn }))
        }
        "Get" => match group.body.get(POLICY) {
            Some(policy) => Ok(json!({ "ResourcePolicy": policy })),
            None => Err(("ValidationException", none)),
        },
        _ => match group.body.remove(POLICY) {
            Some(_) => Ok(json!({})),
            None => Err(("ValidationException", none)),
        },
    }
}
