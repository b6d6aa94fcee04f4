//! What a thing's tags say about who made it: a CloudFormation stack, or a tool that has it in its
//! books and would miss it. None of the tools but those with a tag of their own says so unasked,
//! so without a tag nothing is known.

use crate::resource::Tags;

/// Words for tools in the value of a tag whose key asks who manages the thing.
const TOOLS: &[&str] = &[
    "terraform",
    "terragrunt",
    "tf",
    "opentofu",
    "tofu",
    "pulumi",
    "cdk",
    "cdktf",
    "cloudformation",
    "cfn",
    "serverless",
    "sam",
    "eksctl",
    "helm",
    "crossplane",
    "ack",
    "ansible",
];

/// Of those, what a person may be called, too, or what is short for something else.
const NAMES_TOO: &[&str] = &["tf", "sam", "helm", "ack"];

/// In a key, these mean nothing but the tool: `TerraformWorkspace`, `pulumi:project`.
const IN_KEYS: &[&str] =
    &["terraform", "terragrunt", "opentofu", "pulumi", "crossplane", "ansible", "eksctl"];

/// How keys begin that tools and services of record write themselves. `kubernetes.io/cluster/` is
/// none: it says who may use a thing, not who made it.
const OWN: &[&str] = &[
    "aws:cdk:",
    "aws:servicecatalog:",
    "elasticbeanstalk:",
    "serverless:",
    // ACK (its documentation, "Managing Tags on your AWS Resources") and kro.
    "services.k8s.aws/",
    "kro.run/",
];

/// Parts of keys that ask for what made or runs a thing, and whole ones.
const ASKS_FOR_A_TOOL: &[&str] = &["managed", "provision", "deploy", "tool"];
const ASKS_FOR_ANYBODY: &[&str] = &["created", "creator", "maintain"];
const ASKS_WHOLE: &[&str] = &["iac", "infrastructureascode", "orchestrator", "automation"];
const ASKS_WHOLE_ANYBODY: &[&str] = &["owner", "ownedby", "by"];

/// The CloudFormation stack that made the thing, by its tags (CloudFormation user guide, "Resource
/// tags": `aws:cloudformation:stack-name`, `stack-id`, `logical-id`, on every kind that has tags).
pub fn stack_of(tags: &Tags) -> Option<&str> {
    if let Some(name) = tags.get("aws:cloudformation:stack-name") {
        return Some(name);
    }
    // arn:aws:cloudformation:region:account:stack/NAME/ID
    let id = tags.get("aws:cloudformation:stack-id")?;
    Some(id.split('/').nth(1).unwrap_or(id))
}

/// The tag by which people and tools say that one of the tools made a thing: `managed-by=terraform`,
/// `pulumi:project=x`.
pub fn tool_of_record(tags: &Tags) -> Option<String> {
    tags.iter().find(|(key, value)| says(key, value)).map(|(key, value)| format!("{key}={value}"))
}

fn says(key: &str, value: &str) -> bool {
    let (key, value) = (key.to_lowercase(), value.to_lowercase());
    if OWN.iter().any(|own| key.starts_with(own)) {
        return true;
    }
    if IN_KEYS.iter().any(|tool| key.contains(tool)) {
        return !matches!(value.trim(), "false" | "no" | "none" | "0");
    }
    // `app.kubernetes.io/managed-by` and `lambda:createdBy` ask the same as without their owners.
    let asked = key.rsplit([':', '/']).next().unwrap_or(&key);
    let asked: String = asked.chars().filter(|c| c.is_alphanumeric()).collect();
    let has = |parts: &[&str]| parts.iter().any(|part| asked.contains(part));
    let is = |whole: &[&str]| whole.contains(&asked.as_str());
    let for_a_tool = has(ASKS_FOR_A_TOOL) || is(ASKS_WHOLE) || key == "lambda:createdby";
    let for_anybody = has(ASKS_FOR_ANYBODY) || is(ASKS_WHOLE_ANYBODY);
    value.split(|c: char| !c.is_alphanumeric()).any(|word| {
        TOOLS.contains(&word) && (for_a_tool || (for_anybody && !NAMES_TOO.contains(&word)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(key: &str, value: &str) -> Tags {
        Tags::from([(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn tools_say_that_they_have_it_in_many_words() {
        for (key, value) in [
            ("IaC", "Terraform"),
            ("managed-by", "terraform"),
            ("ManagedBy", "OpenTofu"),
            ("managed_by", "tf"),
            ("owner", "terraform"),
            ("deployment", "ansible"),
            ("provisioner", "eksctl"),
            ("created-by", "aws-cdk"),
            ("CreatedBy", "CloudFormation"),
            ("tool", "helm"),
            ("app.kubernetes.io/managed-by", "Helm"),
            ("lambda:createdBy", "SAM"),
            ("Managed By", "terraform cloud (prod)"),
            ("TerraformWorkspace", "prod"),
            ("pulumi:stack", "dev"),
            ("crossplane-name", "bucket-x"),
            ("alpha.eksctl.io/cluster-name", "shop"),
            ("eksctl.cluster.k8s.io/v1alpha1/cluster-name", "shop"),
            ("aws:servicecatalog:provisionedProductArn", "arn:aws:servicecatalog:x"),
            ("elasticbeanstalk:environment-name", "web"),
            ("services.k8s.aws/namespace", "default"),
            ("aws:cdk:path", "Stack/Bucket"),
            ("serverless:service", "api"),
        ] {
            assert_eq!(tool_of_record(&tags(key, value)), Some(format!("{key}={value}")));
        }
    }

    #[test]
    fn who_only_sounds_like_a_tool_is_none() {
        for (key, value) in [
            ("team", "terraform"),
            ("Terraform", "false"),
            ("owner", "sam"),
            ("created-by", "sam"),
            ("managed-by", "ann"),
            ("managed-by", "transform"),
            ("owner", "platform"),
            ("stage", "cdk"),
            ("zodiac", "terraform"),
            ("kubernetes.io/cluster/shop", "owned"),
            ("Name", "pulumi-lab"),
        ] {
            assert_eq!(tool_of_record(&tags(key, value)), None, "{key}={value}");
        }
    }

    #[test]
    fn a_stack_is_named_by_its_tags_or_its_arn() {
        let arn = "arn:aws:cloudformation:us-east-1:842676018087:stack/shop/51af3dc0-da77-11e4";
        for (key, value, stack) in [
            ("aws:cloudformation:stack-name", "shop", Some("shop")),
            ("aws:cloudformation:stack-id", arn, Some("shop")),
            ("aws:cloudformation:stack-id", "odd", Some("odd")),
            ("cloudformation", "shop", None),
        ] {
            assert_eq!(stack_of(&tags(key, value)), stack, "{key}");
        }
    }
}
