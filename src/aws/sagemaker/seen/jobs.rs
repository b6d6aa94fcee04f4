//! Jobs that run with a role, read and write buckets, and use nothing once they have ended.

use super::super::common::{describe, list, status};
use super::{Calls, Seen, calls};
use crate::aws::Op;
use crate::aws::kinds::{ecr, iam, kms, logs, s3, sagemaker};

const ENDED: &[&str] = &["Completed", "Failed", "Stopped"];
/// As the older ones spell it.
const ENDED_LOUD: &[&str] = &["COMPLETED", "FAILED", "STOPPED"];

/// Neo compiles a model's data out of a bucket, or a model package's, into a bucket.
pub(in super::super) const COMPILATION_JOB: Seen = Seen {
    name: "CompilationJobName",
    arn: "CompilationJobArn",
    status: Some("CompilationJobStatus"),
    where_keys: &[status("STARTING, INPROGRESS, COMPLETED, FAILED, STOPPING, STOPPED")],
    ended: ENDED_LOUD,
    uses: &[sagemaker::MODEL_PACKAGE, iam::ROLE, s3::BUCKET, kms::KEY],
    members: &[("ModelPackageVersionArn", sagemaker::MODEL_PACKAGE)],
    ..Seen::new(
        sagemaker::COMPILATION_JOB,
        "compilation jobs",
        calls!(
            "ListCompilationJobs" list_compilation_jobs compilation_job_summaries,
            "DescribeCompilationJob" describe_compilation_job.compilation_job_name
        ),
    )
};

/// Quantizes a model, or its data, with an image that may be the account's own.
pub(in super::super) const OPTIMIZATION_JOB: Seen = Seen {
    name: "OptimizationJobName",
    arn: "OptimizationJobArn",
    status: Some("OptimizationJobStatus"),
    where_keys: &[status("STARTING, INPROGRESS, COMPLETED, FAILED, STOPPING, STOPPED")],
    ended: ENDED_LOUD,
    uses: &[sagemaker::MODEL, iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE],
    members: &[("ModelName", sagemaker::MODEL)],
    ..Seen::new(
        sagemaker::OPTIMIZATION_JOB,
        "optimization jobs",
        calls!(
            "ListOptimizationJobs" list_optimization_jobs optimization_job_summaries,
            "DescribeOptimizationJob" describe_optimization_job.optimization_job_name
        ),
    )
};

/// Measures an endpoint. Its log group it shows itself.
pub(in super::super) const AI_BENCHMARK_JOB: Seen = Seen {
    name: "AIBenchmarkJobName",
    arn: "AIBenchmarkJobArn",
    status: Some("AIBenchmarkJobStatus"),
    where_keys: &[status("InProgress, Completed, Failed, Stopping, Stopped")],
    ended: ENDED,
    uses: &[sagemaker::ENDPOINT, iam::ROLE, s3::BUCKET, logs::LOG_GROUP],
    members: &[("Identifier", sagemaker::ENDPOINT), ("LogGroupArn", logs::LOG_GROUP)],
    ..Seen::new(
        sagemaker::AI_BENCHMARK_JOB,
        "AI benchmark jobs",
        calls!(
            "ListAIBenchmarkJobs" list_ai_benchmark_jobs ai_benchmark_jobs,
            "DescribeAIBenchmarkJob" describe_ai_benchmark_job.ai_benchmark_job_name
        ),
    )
};

/// Looks for the best way to serve a model, and may register what it finds in a package group.
pub(in super::super) const AI_RECOMMENDATION_JOB: Seen = Seen {
    name: "AIRecommendationJobName",
    arn: "AIRecommendationJobArn",
    status: Some("AIRecommendationJobStatus"),
    where_keys: &[status("InProgress, Completed, Failed, Stopping, Stopped")],
    ended: ENDED,
    uses: &[sagemaker::MODEL_PACKAGE, sagemaker::MODEL_PACKAGE_GROUP, iam::ROLE, s3::BUCKET],
    members: &[
        ("ModelPackageArn", sagemaker::MODEL_PACKAGE),
        ("ModelPackageGroupIdentifier", sagemaker::MODEL_PACKAGE_GROUP),
    ],
    ..Seen::new(
        sagemaker::AI_RECOMMENDATION_JOB,
        "AI recommendation jobs",
        calls!(
            "ListAIRecommendationJobs" list_ai_recommendation_jobs ai_recommendation_jobs,
            "DescribeAIRecommendationJob" describe_ai_recommendation_job.ai_recommendation_job_name
        ),
    )
};

/// Autopilot. The second version of its description shows jobs of the first, too (SageMaker API
/// reference, `DescribeAutoMLJobV2`).
pub(in super::super) const AUTO_ML_JOB: Seen = Seen {
    name: "AutoMLJobName",
    arn: "AutoMLJobArn",
    status: Some("AutoMLJobStatus"),
    where_keys: &[status("InProgress, Completed, Failed, Stopping, Stopped")],
    ended: ENDED,
    uses: &[sagemaker::ENDPOINT, iam::ROLE, s3::BUCKET, kms::KEY, ecr::REPOSITORY, ecr::IMAGE],
    members: &[("EndpointName", sagemaker::ENDPOINT)],
    ..Seen::new(
        sagemaker::AUTO_ML_JOB,
        "AutoML jobs",
        calls!(
            "ListAutoMLJobs" list_auto_ml_jobs auto_ml_job_summaries,
            "DescribeAutoMLJobV2" describe_auto_ml_job_v2.auto_ml_job_name
        ),
    )
};

/// Ground Truth. People label what is in a bucket, or a model does that learned from them.
pub(in super::super) const LABELING_JOB: Seen = Seen {
    name: "LabelingJobName",
    arn: "LabelingJobArn",
    status: Some("LabelingJobStatus"),
    where_keys: &[status("Initializing, InProgress, Completed, Failed, Stopping, Stopped")],
    ended: ENDED,
    uses: &[sagemaker::MODEL, iam::ROLE, s3::BUCKET, kms::KEY],
    members: &[("InitialActiveLearningModelArn", sagemaker::MODEL)],
    ..Seen::new(
        sagemaker::LABELING_JOB,
        "labeling jobs",
        calls!(
            "ListLabelingJobs" list_labeling_jobs labeling_job_summary_list,
            "DescribeLabelingJob" describe_labeling_job.labeling_job_name
        ),
    )
};

/// Tries a model on instance types, or existing endpoints under load. Where it writes to, its
/// description does not say.
pub(in super::super) const INFERENCE_RECOMMENDATIONS_JOB: Seen = Seen {
    name: "JobName",
    arn: "JobArn",
    status: Some("Status"),
    where_keys: &[status("PENDING, IN_PROGRESS, COMPLETED, FAILED, STOPPING, STOPPED, DELETING")],
    ended: ENDED_LOUD,
    gone: &["DELETED"],
    uses: &[
        sagemaker::ENDPOINT,
        sagemaker::MODEL,
        sagemaker::MODEL_PACKAGE,
        iam::ROLE,
        s3::BUCKET,
        kms::KEY,
    ],
    members: &[
        ("EndpointName", sagemaker::ENDPOINT),
        ("ModelName", sagemaker::MODEL),
        ("ModelPackageVersionArn", sagemaker::MODEL_PACKAGE),
    ],
    ..Seen::new(
        sagemaker::INFERENCE_RECOMMENDATIONS_JOB,
        "inference recommendations jobs",
        calls!(
            "ListInferenceRecommendationsJobs" list_inference_recommendations_jobs
                inference_recommendations_jobs,
            "DescribeInferenceRecommendationsJob" describe_inference_recommendations_job.job_name
        ),
    )
};

/// Shadows the models of an endpoint, from when it is scheduled till it is over.
pub(in super::super) const INFERENCE_EXPERIMENT: Seen = Seen {
    status: Some("Status"),
    where_keys: &[status("Creating, Created, Updating, Starting, Running, Stopping, Completed…")],
    ended: &["Completed", "Cancelled"],
    uses: &[
        sagemaker::ENDPOINT,
        sagemaker::ENDPOINT_CONFIG,
        sagemaker::MODEL,
        iam::ROLE,
        s3::BUCKET,
        kms::KEY,
    ],
    members: &[
        ("EndpointName", sagemaker::ENDPOINT),
        ("EndpointConfigName", sagemaker::ENDPOINT_CONFIG),
        ("ModelName", sagemaker::MODEL),
    ],
    ..Seen::new(
        sagemaker::INFERENCE_EXPERIMENT,
        "inference experiments",
        calls!(
            "ListInferenceExperiments" list_inference_experiments inference_experiments,
            "DescribeInferenceExperiment" describe_inference_experiment.name
        ),
    )
};
