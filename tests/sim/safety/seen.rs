//! What the kinds of SageMaker's that Dismantle only reads hold: one row for each thing that each
//! of them can name.

use dismantle::aws::kinds::kms::ALIAS;
use dismantle::aws::kinds::{ecr, iam, sagemaker};
use dismantle::classify::Decision;
use dismantle::discover::Seen;
use dismantle::mandate::Survey;
use dismantle::resource::{Kind, ResourceId};
use dismantle::sandbox::{ACCOUNT_ID, Call, Service};
use serde_json::json;

use super::hold::{MANIFEST, account, enter, paused};
use super::services::lab_endpoint;
use super::yard::{HOME, Yard, at_home, global, role_arn};
use super::{BoxError, Evidence, Expect, Pair, Rule, built};
use crate::seen::{With, make};

/// What of the neighbour's things is the lab's.
#[derive(Debug, Clone, Copy)]
enum Named {
    Role,
    Bucket,
    Key,
    Image,
    Model,
    Endpoint,
    Package,
}

/// Makes the neighbour of a row, and the thing of the lab's that it names.
async fn pair(yard: Yard, kind: Kind, named: Named) -> Result<Pair, BoxError> {
    let mut with = theirs(&yard);
    let (lab, beside) = lab_thing(&yard, named, &mut with).await?;
    let id = make(kind, &yard.sagemaker(HOME), &yard.their("seen"), &with).await?;
    let pair = Pair::of(lab, at_home(kind, id));
    Ok(beside.into_iter().fold(pair, Pair::and))
}

/// Names of things of other people's, which need not be there.
fn theirs(yard: &Yard) -> With {
    let package = yard.their("package");
    With {
        role: role_arn(&yard.their("role")),
        bucket: yard.their("bucket"),
        key: format!("arn:aws:kms:{HOME}:{ACCOUNT_ID}:key/{}", yard.their("key")),
        image: "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1".to_owned(),
        model: yard.their("model"),
        endpoint: yard.their("endpoint"),
        package: format!("arn:aws:sagemaker:{HOME}:{ACCOUNT_ID}:model-package/{package}"),
    }
}

/// A thing of the lab's, put into `with`, and what stays with it.
async fn lab_thing(
    yard: &Yard,
    named: Named,
    with: &mut With,
) -> Result<(ResourceId, Option<ResourceId>), BoxError> {
    Ok(match named {
        Named::Role => {
            let name = yard.lab("role");
            with.role = yard.role(&name).await?;
            (global(iam::ROLE, name), None)
        }
        Named::Bucket => {
            with.bucket = yard.lab("bucket");
            (yard.bucket(&with.bucket).await?, None)
        }
        Named::Key => {
            let alias = format!("alias/{}", yard.lab("key"));
            let key = yard.key(&alias).await?;
            with.key.clone_from(&key.arn);
            (key.resource(), Some(at_home(ALIAS, alias)))
        }
        Named::Image => {
            let image = yard.image(&yard.lab("images")).await?;
            with.image = format!("{}:v1", image.uri);
            (image.resource(), Some(at_home(ecr::REPOSITORY, &image.repository)))
        }
        Named::Model => {
            with.model = yard.lab("model");
            let create = yard.sagemaker(HOME).create_model().model_name(&with.model);
            create.execution_role_arn(&with.role).send().await?;
            (at_home(sagemaker::MODEL, &with.model), None)
        }
        Named::Endpoint => {
            with.endpoint = yard.lab("endpoint");
            (lab_endpoint(yard).await?, None)
        }
        Named::Package => {
            let create = yard.sagemaker(HOME).create_model_package();
            let made = create.model_package_name(yard.lab("package")).send().await?;
            with.package = made.model_package_arn.ok_or("no ModelPackageArn in the answer")?;
            (at_home(sagemaker::MODEL_PACKAGE, &with.package), None)
        }
    })
}

macro_rules! seen {
    ($($kind:ident names $named:ident: $name:literal, $words:literal, $source:literal;)*) => {
        pub const RULES: &[Rule] = &[$(Rule {
            name: $name,
            source: concat!("SageMaker API reference, ", $source),
            build: |yard| built(pair(yard, sagemaker::$kind, Named::$named)),
            expect: Expect::Blocked($words),
            evidence: Evidence::Uses,
        }),*];
    };
}

seen! {
    COMPILATION_JOB names Role: "a role that a foreign compilation job runs with stays",
        "role ARN", "CreateCompilationJob, RoleArn";
    COMPILATION_JOB names Bucket: "a bucket that a foreign compilation job reads stays",
        "S3 URI", "InputConfig, S3Uri: where the model artifacts are";
    COMPILATION_JOB names Key: "a key that a foreign compilation job encrypts with stays",
        "KMS key ID", "OutputConfig, KmsKeyId";
    COMPILATION_JOB names Package: "a model package that a foreign job compiles stays",
        "model package version ARN", "CreateCompilationJob, ModelPackageVersionArn";
    OPTIMIZATION_JOB names Role: "a role that a foreign optimization job runs with stays",
        "role ARN", "CreateOptimizationJob, RoleArn";
    OPTIMIZATION_JOB names Bucket: "a bucket that a foreign optimization job writes into stays",
        "S3 output location", "OptimizationJobOutputConfig, S3OutputLocation";
    OPTIMIZATION_JOB names Key: "a key that a foreign optimization job encrypts with stays",
        "KMS key ID", "OptimizationJobOutputConfig, KmsKeyId";
    OPTIMIZATION_JOB names Image: "an image that a foreign optimization job runs stays",
        "(image)", "ModelQuantizationConfig, Image: of an LMI DLC";
    OPTIMIZATION_JOB names Model: "a model that a foreign job optimizes stays",
        "model name", "OptimizationSageMakerModel, ModelName";
    AI_BENCHMARK_JOB names Role: "a role that a foreign AI benchmark job runs with stays",
        "role ARN", "CreateAIBenchmarkJob, RoleArn";
    AI_BENCHMARK_JOB names Bucket: "a bucket that a foreign AI benchmark job writes into stays",
        "S3 output location", "AIBenchmarkOutputConfig, S3OutputLocation";
    AI_BENCHMARK_JOB names Endpoint: "an endpoint that a foreign AI benchmark job measures stays",
        "identifier", "AIBenchmarkEndpoint, Identifier: the endpoint's name or ARN";
    AI_RECOMMENDATION_JOB names Role: "a role that a foreign AI recommendation job has stays",
        "role ARN", "CreateAIRecommendationJob, RoleArn";
    AI_RECOMMENDATION_JOB names Bucket: "a bucket that a foreign AI recommendation job reads stays",
        "S3 URI", "AIModelSourceS3, S3Uri";
    AI_WORKLOAD_CONFIG names Bucket: "a bucket that a foreign AI workload's data is in stays",
        "S3 URI", "AIWorkloadS3DataSource, S3Uri";
    AUTO_ML_JOB names Role: "a role that a foreign AutoML job runs with stays",
        "role ARN", "CreateAutoMLJobV2, RoleArn";
    AUTO_ML_JOB names Bucket: "a bucket that a foreign AutoML job writes into stays",
        "S3 output path", "AutoMLOutputDataConfig, S3OutputPath";
    AUTO_ML_JOB names Key: "a key that a foreign AutoML job encrypts with stays",
        "KMS key ID", "AutoMLOutputDataConfig, KmsKeyId";
    AUTO_ML_JOB names Endpoint: "an endpoint that a foreign AutoML job deploys to stays",
        "endpoint name", "ModelDeployConfig, EndpointName";
    LABELING_JOB names Role: "a role that a foreign labeling job runs with stays",
        "role ARN", "CreateLabelingJob, RoleArn";
    LABELING_JOB names Bucket: "a bucket that a foreign labeling job writes into stays",
        "S3 output path", "LabelingJobOutputConfig, S3OutputPath";
    LABELING_JOB names Key: "a key that a foreign labeling job encrypts with stays",
        "KMS key ID", "LabelingJobOutputConfig, KmsKeyId";
    LABELING_JOB names Model: "a model that a foreign labeling job goes on learning from stays",
        "initial active learning model ARN",
        "LabelingJobAlgorithmsConfig, InitialActiveLearningModelArn";
    INFERENCE_RECOMMENDATIONS_JOB names Role: "a role that a foreign Inference Recommender has stays",
        "role ARN", "CreateInferenceRecommendationsJob, RoleArn";
    INFERENCE_RECOMMENDATIONS_JOB names Bucket: "a bucket with a foreign recommender's payload stays",
        "sample payload URL", "RecommendationJobPayloadConfig, SamplePayloadUrl";
    INFERENCE_RECOMMENDATIONS_JOB names Key: "a key of a foreign recommender's volumes stays",
        "volume KMS key ID", "RecommendationJobInputConfig, VolumeKmsKeyId";
    INFERENCE_RECOMMENDATIONS_JOB names Model: "a model that a foreign recommender tries out stays",
        "model name", "RecommendationJobInputConfig, ModelName";
    INFERENCE_RECOMMENDATIONS_JOB names Endpoint: "an endpoint that a foreign recommender loads stays",
        "endpoint name", "RecommendationJobInputConfig, Endpoints: existing customer endpoints";
    INFERENCE_RECOMMENDATIONS_JOB names Package: "a package that a foreign recommender tries stays",
        "model package version ARN", "RecommendationJobInputConfig, ModelPackageVersionArn";
    INFERENCE_EXPERIMENT names Role: "a role that a foreign inference experiment runs with stays",
        "role ARN", "CreateInferenceExperiment, RoleArn";
    INFERENCE_EXPERIMENT names Bucket: "a bucket that a foreign experiment captures into stays",
        "destination", "InferenceExperimentDataStorageConfig, Destination";
    INFERENCE_EXPERIMENT names Key: "a key that a foreign experiment encrypts with stays",
        "KMS key", "InferenceExperimentDataStorageConfig, KmsKey";
    INFERENCE_EXPERIMENT names Model: "a model that a foreign experiment shadows stays",
        "model name", "ModelVariantConfig, ModelName";
    INFERENCE_EXPERIMENT names Endpoint: "an endpoint that a foreign experiment runs on stays",
        "endpoint name", "CreateInferenceExperiment, EndpointName";
    IMAGE names Role: "a role that a foreign image of SageMaker's is made with stays",
        "role ARN", "CreateImage, RoleArn: to perform tasks on your behalf";
    IMAGE_VERSION names Image: "an image that a foreign version of Studio's is based on stays",
        "base image", "CreateImageVersion, BaseImage: the registry path of the container image";
    APP_IMAGE_CONFIG names Bucket: "a bucket that a foreign app image's variables name stays",
        "container environment variables", "ContainerConfig, ContainerEnvironmentVariables";
    MLFLOW_APP names Role: "a role that a foreign MLflow app runs with stays",
        "role ARN", "CreateMlflowApp, RoleArn: to access the artifact store";
    MLFLOW_APP names Bucket: "a bucket that a foreign MLflow app keeps its artifacts in stays",
        "artifact store URI", "CreateMlflowApp, ArtifactStoreUri";
    MLFLOW_APP names Key: "a key that a foreign MLflow app encrypts with stays",
        "KMS key ID", "CreateMlflowApp, KmsKeyId";
    PARTNER_APP names Role: "a role that a foreign partner app runs with stays",
        "execution role ARN", "CreatePartnerApp, ExecutionRoleArn";
    PARTNER_APP names Key: "a key that a foreign partner app encrypts with stays",
        "KMS key ID", "CreatePartnerApp, KmsKeyId";
    DATA_QUALITY_JOB_DEFINITION names Role: "a role of a foreign data quality definition stays",
        "role ARN", "CreateDataQualityJobDefinition, RoleArn";
    DATA_QUALITY_JOB_DEFINITION names Bucket: "a bucket for foreign data quality reports stays",
        "S3 URI", "MonitoringS3Output, S3Uri";
    DATA_QUALITY_JOB_DEFINITION names Key: "a key for foreign data quality reports stays",
        "KMS key ID", "MonitoringOutputConfig, KmsKeyId";
    DATA_QUALITY_JOB_DEFINITION names Image: "an image that foreign data is checked with stays",
        "image URI", "DataQualityAppSpecification, ImageUri";
    DATA_QUALITY_JOB_DEFINITION names Endpoint: "an endpoint whose data somebody checks stays",
        "endpoint name", "EndpointInput, EndpointName";
    MODEL_QUALITY_JOB_DEFINITION names Role: "a role of a foreign model quality definition stays",
        "role ARN", "CreateModelQualityJobDefinition, RoleArn";
    MODEL_QUALITY_JOB_DEFINITION names Endpoint: "an endpoint whose quality somebody checks stays",
        "endpoint name", "ModelQualityJobInput, EndpointInput";
    MODEL_BIAS_JOB_DEFINITION names Role: "a role of a foreign model bias definition stays",
        "role ARN", "CreateModelBiasJobDefinition, RoleArn";
    MODEL_BIAS_JOB_DEFINITION names Endpoint: "an endpoint whose bias somebody checks stays",
        "endpoint name", "ModelBiasJobInput, EndpointInput";
    MODEL_EXPLAINABILITY_JOB_DEFINITION names Role: "a role of a foreign explanation's stays",
        "role ARN", "CreateModelExplainabilityJobDefinition, RoleArn";
    MODEL_EXPLAINABILITY_JOB_DEFINITION names Endpoint: "an endpoint that somebody explains stays",
        "endpoint name", "ModelExplainabilityJobInput, EndpointInput";
    FLOW_DEFINITION names Role: "a role that a foreign flow definition has stays",
        "role ARN", "CreateFlowDefinition, RoleArn";
    FLOW_DEFINITION names Bucket: "a bucket that a foreign flow's answers go into stays",
        "S3 output path", "FlowDefinitionOutputConfig, S3OutputPath";
    FLOW_DEFINITION names Key: "a key that a foreign flow's answers are encrypted with stays",
        "KMS key ID", "FlowDefinitionOutputConfig, KmsKeyId";
    HUB names Bucket: "a bucket that a foreign hub's contents are in stays",
        "S3 output path", "HubS3StorageConfig, S3OutputPath";
    MODEL_CARD names Key: "a key that a foreign model card is encrypted with stays",
        "KMS key ID", "ModelCardSecurityConfig, KmsKeyId";
    ALGORITHM names Role: "a role that a foreign algorithm is tried out with stays",
        "validation role", "AlgorithmValidationSpecification, ValidationRole";
    ALGORITHM names Bucket: "a bucket that a foreign algorithm is tried out into stays",
        "S3 output path", "OutputDataConfig, S3OutputPath";
    ALGORITHM names Key: "a key that a foreign algorithm is tried out with stays",
        "KMS key ID", "OutputDataConfig, KmsKeyId";
    ALGORITHM names Image: "an image that a foreign algorithm trains with stays",
        "training image", "TrainingSpecification, TrainingImage";
    PROJECT names Role: "a role that a foreign project's template is set up with stays",
        "role ARN", "CfnCreateTemplateProvider, RoleARN";
    PROJECT names Bucket: "a bucket that a foreign project's template lies in stays",
        "template URL", "CfnCreateTemplateProvider, TemplateURL";
}

/// What uses nothing any more: a kind, the member that says so, and what it says.
const ENDED: &[(Kind, &str, &str)] = &[
    (sagemaker::COMPILATION_JOB, "CompilationJobStatus", "COMPLETED"),
    (sagemaker::OPTIMIZATION_JOB, "OptimizationJobStatus", "STOPPED"),
    (sagemaker::AI_BENCHMARK_JOB, "AIBenchmarkJobStatus", "Completed"),
    (sagemaker::AI_RECOMMENDATION_JOB, "AIRecommendationJobStatus", "Failed"),
    (sagemaker::AUTO_ML_JOB, "AutoMLJobStatus", "Completed"),
    (sagemaker::LABELING_JOB, "LabelingJobStatus", "Stopped"),
    (sagemaker::INFERENCE_RECOMMENDATIONS_JOB, "Status", "FAILED"),
    (sagemaker::INFERENCE_EXPERIMENT, "Status", "Cancelled"),
];

/// What is gone although AWS shows it.
const GONE: &[(Kind, &str, &str)] = &[
    (sagemaker::INFERENCE_RECOMMENDATIONS_JOB, "Status", "DELETED"),
    (sagemaker::MLFLOW_APP, "Status", "Deleted"),
    (sagemaker::PARTNER_APP, "Status", "Deleted"),
    (sagemaker::PROJECT, "ProjectStatus", "DeleteCompleted"),
];

/// A survey of an account in which each of these used a role of the lab's.
fn survey_of(rows: &[(Kind, &str, &str)]) -> (Survey, Vec<Pair>, Vec<Call>) {
    paused(async {
        let sandbox = account();
        let mut pairs = Vec::new();
        for (row, (kind, member, status)) in rows.iter().enumerate() {
            let made = pair(Yard::new(&sandbox, row), *kind, Named::Role).await;
            let made = made.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
            let id = &made.neighbours[0].id;
            let name = id.rsplit('/').next().expect("a name");
            assert!(sandbox.amend(kind.as_str(), HOME.as_str(), name, json!({ *member: status })));
            pairs.push(made);
        }
        let before = sandbox.calls_made();
        let mandate = enter(&sandbox, MANIFEST).await;
        let survey = mandate.survey(&Seen::default()).await;
        let calls = sandbox.calls().into_iter().filter(|call| call.number > before).collect();
        (survey, pairs, calls)
    })
}

#[test]
fn what_has_ended_keeps_nothing_and_is_not_described() {
    let (survey, pairs, calls) = survey_of(ENDED);
    for (pair, (kind, ..)) in pairs.iter().zip(ENDED) {
        assert_eq!(survey.decided.verdicts[&pair.lab].decision, Decision::Delete, "{kind}");
        assert!(survey.inventory.get(&pair.neighbours[0]).is_some(), "{kind} is not seen");
    }
    let asks =
        |call: &&Call| call.operation.starts_with("Describe") && call.service == Service::SageMaker;
    assert_eq!(calls.iter().find(asks).map(|call| &call.operation), None);
}

#[test]
fn what_aws_still_shows_although_it_is_gone_keeps_nothing() {
    let (survey, pairs, _) = survey_of(GONE);
    for (pair, (kind, ..)) in pairs.iter().zip(GONE) {
        assert_eq!(survey.decided.verdicts[&pair.lab].decision, Decision::Delete, "{kind}");
        assert!(survey.inventory.get(&pair.neighbours[0]).is_none(), "{kind} is seen");
    }
}
