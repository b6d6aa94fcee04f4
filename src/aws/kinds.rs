//! The names of the kinds, for references from one service to another.

use crate::resource::Kind;

macro_rules! kinds {
    ($($service:ident { $($name:ident = $text:literal),* $(,)? })*) => {$(
        pub mod $service {
            use super::Kind;
            $(pub const $name: Kind = Kind::new($text);)*
        }
    )*};
}

kinds! {
    cloudtrail { TRAIL = "cloudtrail:trail", EVENT_DATA_STORE = "cloudtrail:event-data-store" }
    s3 { BUCKET = "s3:bucket" }
    kms { KEY = "kms:key", ALIAS = "kms:alias", GRANT = "kms:grant" }
    iam {
        ROLE = "iam:role",
        POLICY = "iam:policy",
        INSTANCE_PROFILE = "iam:instance-profile",
        OIDC_PROVIDER = "iam:oidc-provider",
        USER = "iam:user",
        GROUP = "iam:group",
    }
    logs {
        LOG_GROUP = "logs:log-group",
        DESTINATION = "logs:destination",
        DELIVERY_SOURCE = "logs:delivery-source",
        DELIVERY_DESTINATION = "logs:delivery-destination",
        DELIVERY = "logs:delivery",
        ACCOUNT_POLICY = "logs:account-policy",
        SCHEDULED_QUERY = "logs:scheduled-query",
        ANOMALY_DETECTOR = "logs:anomaly-detector",
    }
    ecr {
        REPOSITORY = "ecr:repository",
        IMAGE = "ecr:image",
        PULL_THROUGH_CACHE_RULE = "ecr:pull-through-cache-rule",
        REPOSITORY_CREATION_TEMPLATE = "ecr:repository-creation-template",
    }
    sagemaker {
        ENDPOINT = "sagemaker:endpoint",
        ENDPOINT_CONFIG = "sagemaker:endpoint-config",
        MODEL = "sagemaker:model",
        NOTEBOOK_INSTANCE = "sagemaker:notebook-instance",
        NOTEBOOK_LIFECYCLE_CONFIG = "sagemaker:notebook-lifecycle-config",
        TRAINING_JOB = "sagemaker:training-job",
        PROCESSING_JOB = "sagemaker:processing-job",
        TRANSFORM_JOB = "sagemaker:transform-job",
        HYPER_PARAMETER_TUNING_JOB = "sagemaker:hyper-parameter-tuning-job",
        DOMAIN = "sagemaker:domain",
        USER_PROFILE = "sagemaker:user-profile",
        SPACE = "sagemaker:space",
        APP = "sagemaker:app",
        MODEL_PACKAGE = "sagemaker:model-package",
        MODEL_PACKAGE_GROUP = "sagemaker:model-package-group",
        PIPELINE = "sagemaker:pipeline",
        CLUSTER = "sagemaker:cluster",
        FEATURE_GROUP = "sagemaker:feature-group",
        INFERENCE_COMPONENT = "sagemaker:inference-component",
        MLFLOW_TRACKING_SERVER = "sagemaker:mlflow-tracking-server",
        MONITORING_SCHEDULE = "sagemaker:monitoring-schedule",
        COMPILATION_JOB = "sagemaker:compilation-job",
        OPTIMIZATION_JOB = "sagemaker:optimization-job",
        AI_BENCHMARK_JOB = "sagemaker:ai-benchmark-job",
        AI_RECOMMENDATION_JOB = "sagemaker:ai-recommendation-job",
        AUTO_ML_JOB = "sagemaker:auto-ml-job",
        LABELING_JOB = "sagemaker:labeling-job",
        INFERENCE_RECOMMENDATIONS_JOB = "sagemaker:inference-recommendations-job",
        INFERENCE_EXPERIMENT = "sagemaker:inference-experiment",
        AI_WORKLOAD_CONFIG = "sagemaker:ai-workload-config",
        IMAGE = "sagemaker:image",
        IMAGE_VERSION = "sagemaker:image-version",
        APP_IMAGE_CONFIG = "sagemaker:app-image-config",
        MLFLOW_APP = "sagemaker:mlflow-app",
        PARTNER_APP = "sagemaker:partner-app",
        DATA_QUALITY_JOB_DEFINITION = "sagemaker:data-quality-job-definition",
        MODEL_QUALITY_JOB_DEFINITION = "sagemaker:model-quality-job-definition",
        MODEL_BIAS_JOB_DEFINITION = "sagemaker:model-bias-job-definition",
        MODEL_EXPLAINABILITY_JOB_DEFINITION = "sagemaker:model-explainability-job-definition",
        FLOW_DEFINITION = "sagemaker:flow-definition",
        HUB = "sagemaker:hub",
        MODEL_CARD = "sagemaker:model-card",
        ALGORITHM = "sagemaker:algorithm",
        PROJECT = "sagemaker:project",
    }
    eks {
        CLUSTER = "eks:cluster",
        NODEGROUP = "eks:nodegroup",
        FARGATE_PROFILE = "eks:fargate-profile",
        ADDON = "eks:addon",
        ACCESS_ENTRY = "eks:access-entry",
        POD_IDENTITY_ASSOCIATION = "eks:pod-identity-association",
        CAPABILITY = "eks:capability",
    }
}
