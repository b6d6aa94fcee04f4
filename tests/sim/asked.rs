//! Which calls belong to a step, by what AWS calls them and by the names that they carry.

use dismantle::plan::Step;
use dismantle::resource::{Action, ResourceId};
use dismantle::sandbox::{ACCESS_KEY_ID, Call};

/// The operations that do a step.
pub fn operations(id: &ResourceId, action: Action) -> &'static [&'static str] {
    match (id.kind.as_str(), action) {
        (_, Action::DetachPolicy) => &["DetachRolePolicy"],
        (_, Action::DeleteInlinePolicy) => &["DeleteRolePolicy"],
        (_, Action::RemoveFromInstanceProfile) => &["RemoveRoleFromInstanceProfile"],
        (_, Action::DeletePolicyVersion) => &["DeletePolicyVersion"],
        (_, Action::Empty) => &["DeleteObjects", "DeleteObject", "AbortMultipartUpload"],
        (_, Action::ScheduleDeletion) => &["ScheduleKeyDeletion"],
        (_, Action::Untag) => &["BatchDeleteImage"],
        (_, Action::LiftProtection) => &["PutLogGroupDeletionProtection", "UpdateClusterConfig"],
        ("cloudtrail:trail", Action::Stop) => &["StopLogging"],
        ("sagemaker:notebook-instance", Action::Stop) => &["StopNotebookInstance"],
        ("sagemaker:training-job", Action::Stop) => &["StopTrainingJob", "UpdateTrainingJob"],
        ("sagemaker:processing-job", Action::Stop) => &["StopProcessingJob"],
        ("sagemaker:transform-job", Action::Stop) => &["StopTransformJob"],
        ("sagemaker:hyper-parameter-tuning-job", Action::Stop) => &["StopHyperParameterTuningJob"],
        ("sagemaker:pipeline", Action::Stop) => &["StopPipelineExecution"],
        (_, Action::Stop) => &[],
        (kind, Action::Delete) => deletes(kind),
        // A removal does none of a restore's.
        _ => &[],
    }
}

fn deletes(kind: &str) -> &'static [&'static str] {
    match kind {
        "cloudtrail:trail" => &["DeleteTrail"],
        "s3:bucket" => &["DeleteBucket"],
        "kms:alias" => &["DeleteAlias"],
        "iam:role" => &["DeleteRole"],
        "iam:policy" => &["DeletePolicy"],
        "iam:instance-profile" => &["DeleteInstanceProfile"],
        "iam:oidc-provider" => &["DeleteOpenIDConnectProvider"],
        "logs:log-group" => &["DeleteLogGroup"],
        "ecr:repository" => &["DeleteRepository"],
        "ecr:image" => &["BatchDeleteImage"],
        "eks:cluster" => &["DeleteCluster"],
        "eks:nodegroup" => &["DeleteNodegroup"],
        "eks:fargate-profile" => &["DeleteFargateProfile"],
        "eks:addon" => &["DeleteAddon"],
        "eks:access-entry" => &["DeleteAccessEntry"],
        "eks:pod-identity-association" => &["DeletePodIdentityAssociation"],
        "sagemaker:endpoint" => &["DeleteEndpoint"],
        "sagemaker:endpoint-config" => &["DeleteEndpointConfig"],
        "sagemaker:model" => &["DeleteModel"],
        "sagemaker:notebook-instance" => &["DeleteNotebookInstance"],
        "sagemaker:notebook-lifecycle-config" => &["DeleteNotebookInstanceLifecycleConfig"],
        "sagemaker:training-job" => &["DeleteTrainingJob"],
        "sagemaker:processing-job" => &["DeleteProcessingJob"],
        "sagemaker:hyper-parameter-tuning-job" => &["DeleteHyperParameterTuningJob"],
        "sagemaker:domain" => &["DeleteDomain"],
        "sagemaker:user-profile" => &["DeleteUserProfile"],
        "sagemaker:space" => &["DeleteSpace"],
        "sagemaker:app" => &["DeleteApp"],
        "sagemaker:model-package" => &["DeleteModelPackage"],
        "sagemaker:model-package-group" => {
            &["DeleteModelPackageGroup", "DeleteModelPackageGroupPolicy"]
        }
        "sagemaker:pipeline" => &["DeletePipeline"],
        _ => &[],
    }
}

/// The names by which a call must mean the thing, all of them.
fn names(id: &ResourceId) -> Vec<&str> {
    let whole = id.id.as_str();
    match id.kind.as_str() {
        "ecr:image" => whole.split('@').collect(),
        "sagemaker:app" => {
            let parts = whole.split('/').enumerate();
            parts.filter(|(at, _)| *at != 1).map(|(_, part)| part).collect()
        }
        "sagemaker:user-profile" | "sagemaker:space" => whole.split('/').collect(),
        kind if kind.starts_with("eks:") => whole.splitn(2, '/').collect(),
        _ => vec![whole],
    }
}

/// Whether the call names the thing.
pub fn is_about(call: &Call, id: &ResourceId) -> bool {
    let here = id.region.is_global() || call.region == id.region.as_str();
    // An ARN ends with the name.
    let said = |name: &str, word: &String| {
        word == name || word.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'))
    };
    here && names(id).into_iter().all(|name| call.words.iter().any(|word| said(name, word)))
}

pub fn removes(call: &Call, id: &ResourceId) -> bool {
    let action = match id.kind.as_str() {
        "kms:key" => Action::ScheduleDeletion,
        _ => Action::Delete,
    };
    operations(id, action).contains(&call.operation.as_str()) && is_about(call, id)
}

pub fn stops(call: &Call, id: &ResourceId) -> bool {
    operations(id, Action::Stop).contains(&call.operation.as_str()) && is_about(call, id)
}

/// Whether the call is one that does the step.
pub fn does(call: &Call, step: &Step) -> bool {
    let targeted = match step.action {
        Action::DetachPolicy
        | Action::DeleteInlinePolicy
        | Action::RemoveFromInstanceProfile
        | Action::DeletePolicyVersion => step.target.as_ref(),
        _ => None,
    };
    operations(&step.resource, step.action).contains(&call.operation.as_str())
        && is_about(call, &step.resource)
        && targeted.is_none_or(|target| call.words.contains(target))
}

/// Whether the program made it, and it would change something.
pub fn changes(call: &Call) -> bool {
    call.mutates && call.access_key == ACCESS_KEY_ID
}

/// Whether it changed something.
pub fn took_effect(call: &Call) -> bool {
    changes(call) && call.effect.is_some_and(|status| status < 300)
}
