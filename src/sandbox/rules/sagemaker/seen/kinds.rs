//! The rows.

use std::time::Duration;

use crate::sandbox::rules::sagemaker::kinds::{
    Delete, JOB, JOB_STOP_TIME, Kind, Missing, PLAIN, SMALL_TIME, Stop,
};

/// A job whose statuses are spelled in capitals.
const LOUD_JOB: Kind = Kind {
    fresh: ("INPROGRESS", "INPROGRESS", Duration::ZERO),
    delete: Delete::Now(&["COMPLETED", "FAILED", "STOPPED"]),
    stop: Some(Stop {
        from: &["INPROGRESS"],
        via: "STOPPING",
        into: "STOPPED",
        time: JOB_STOP_TIME,
    }),
    ..PLAIN
};

/// A row for what takes a moment to go.
const SLOW: Kind =
    Kind { delete: Delete::Slow { when: &[], status: "Deleting", time: SMALL_TIME }, ..PLAIN };

/// A row for a monitoring job definition; its list calls it otherwise ([`super::row`]).
const DEFINITION: Kind = Kind {
    rows: "JobDefinitionSummaries",
    name: "JobDefinitionName",
    arn: "JobDefinitionArn",
    ..PLAIN
};

pub const KINDS: &[Kind] = &[
    Kind {
        id: "sagemaker:compilation-job",
        noun: "CompilationJob",
        plural: "CompilationJobs",
        rows: "CompilationJobSummaries",
        name: "CompilationJobName",
        arn: "CompilationJobArn",
        path: "compilation-job",
        status: "CompilationJobStatus",
        ..LOUD_JOB
    },
    Kind {
        id: "sagemaker:optimization-job",
        noun: "OptimizationJob",
        plural: "OptimizationJobs",
        rows: "OptimizationJobSummaries",
        name: "OptimizationJobName",
        arn: "OptimizationJobArn",
        path: "optimization-job",
        row: &["DeploymentInstanceType", "OptimizationTypes"],
        status: "OptimizationJobStatus",
        ..LOUD_JOB
    },
    Kind {
        id: "sagemaker:ai-benchmark-job",
        noun: "AIBenchmarkJob",
        plural: "AIBenchmarkJobs",
        rows: "AIBenchmarkJobs",
        name: "AIBenchmarkJobName",
        arn: "AIBenchmarkJobArn",
        path: "ai-benchmark-job",
        status: "AIBenchmarkJobStatus",
        ..JOB
    },
    Kind {
        id: "sagemaker:ai-recommendation-job",
        noun: "AIRecommendationJob",
        plural: "AIRecommendationJobs",
        rows: "AIRecommendationJobs",
        name: "AIRecommendationJobName",
        arn: "AIRecommendationJobArn",
        path: "ai-recommendation-job",
        status: "AIRecommendationJobStatus",
        ..JOB
    },
    Kind {
        id: "sagemaker:ai-workload-config",
        noun: "AIWorkloadConfig",
        plural: "AIWorkloadConfigs",
        rows: "AIWorkloadConfigs",
        name: "AIWorkloadConfigName",
        arn: "AIWorkloadConfigArn",
        path: "ai-workload-config",
        ..PLAIN
    },
    Kind {
        id: "sagemaker:auto-ml-job",
        noun: "AutoMLJobV2",
        plural: "AutoMLJobs",
        rows: "AutoMLJobSummaries",
        name: "AutoMLJobName",
        arn: "AutoMLJobArn",
        path: "automl-job",
        row: &["AutoMLJobSecondaryStatus", "EndTime"],
        status: "AutoMLJobStatus",
        delete: Delete::Never,
        ..JOB
    },
    Kind {
        id: "sagemaker:labeling-job",
        noun: "LabelingJob",
        plural: "LabelingJobs",
        rows: "LabelingJobSummaryList",
        name: "LabelingJobName",
        arn: "LabelingJobArn",
        path: "labeling-job",
        row: &["InputConfig", "LabelCounters"],
        status: "LabelingJobStatus",
        fresh: ("Initializing", "InProgress", SMALL_TIME),
        delete: Delete::Never,
        ..JOB
    },
    Kind {
        id: "sagemaker:inference-recommendations-job",
        noun: "InferenceRecommendationsJob",
        plural: "InferenceRecommendationsJobs",
        rows: "InferenceRecommendationsJobs",
        name: "JobName",
        arn: "JobArn",
        path: "inference-recommendations-job",
        row: &["JobType", "JobDescription", "RoleArn"],
        status: "Status",
        fresh: ("PENDING", "IN_PROGRESS", SMALL_TIME),
        delete: Delete::Never,
        stop: Some(Stop {
            from: &["PENDING", "IN_PROGRESS"],
            via: "STOPPING",
            into: "STOPPED",
            time: JOB_STOP_TIME,
        }),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:inference-experiment",
        noun: "InferenceExperiment",
        plural: "InferenceExperiments",
        rows: "InferenceExperiments",
        name: "Name",
        arn: "Arn",
        path: "inference-experiment",
        row: &["Type", "Schedule", "Description", "RoleArn"],
        status: "Status",
        fresh: ("Creating", "Running", SMALL_TIME),
        delete: Delete::Now(&["Completed", "Cancelled"]),
        stop: Some(Stop {
            from: &["Running"],
            via: "Stopping",
            into: "Completed",
            time: SMALL_TIME,
        }),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:image",
        noun: "Image",
        plural: "Images",
        rows: "Images",
        name: "ImageName",
        arn: "ImageArn",
        path: "image",
        row: &["Description", "DisplayName"],
        status: "ImageStatus",
        fresh: ("CREATING", "CREATED", SMALL_TIME),
        delete: Delete::Slow { when: &[], status: "DELETING", time: SMALL_TIME },
        ..PLAIN
    },
    Kind {
        id: "sagemaker:image-version",
        noun: "ImageVersion",
        plural: "ImageVersions",
        rows: "ImageVersions",
        name: "ImageVersionArn",
        arn: "ImageVersionArn",
        path: "image-version",
        row: &["ImageArn", "Version"],
        status: "ImageVersionStatus",
        fresh: ("CREATING", "CREATED", SMALL_TIME),
        delete: Delete::Slow { when: &[], status: "DELETING", time: SMALL_TIME },
        ..PLAIN
    },
    Kind {
        id: "sagemaker:app-image-config",
        noun: "AppImageConfig",
        plural: "AppImageConfigs",
        rows: "AppImageConfigs",
        name: "AppImageConfigName",
        arn: "AppImageConfigArn",
        path: "app-image-config",
        row: &["KernelGatewayImageConfig", "JupyterLabAppImageConfig", "CodeEditorAppImageConfig"],
        ..PLAIN
    },
    Kind {
        id: "sagemaker:mlflow-app",
        noun: "MlflowApp",
        plural: "MlflowApps",
        rows: "Summaries",
        name: "Name",
        arn: "Arn",
        path: "mlflow-app",
        row: &["MlflowVersion"],
        status: "Status",
        fresh: ("Creating", "Created", SMALL_TIME),
        ..SLOW
    },
    Kind {
        id: "sagemaker:partner-app",
        noun: "PartnerApp",
        plural: "PartnerApps",
        rows: "Summaries",
        name: "Name",
        arn: "Arn",
        path: "partner-app",
        row: &["Type"],
        status: "Status",
        fresh: ("Creating", "Available", SMALL_TIME),
        ..SLOW
    },
    Kind {
        id: "sagemaker:data-quality-job-definition",
        noun: "DataQualityJobDefinition",
        plural: "DataQualityJobDefinitions",
        path: "data-quality-job-definition",
        ..DEFINITION
    },
    Kind {
        id: "sagemaker:model-quality-job-definition",
        noun: "ModelQualityJobDefinition",
        plural: "ModelQualityJobDefinitions",
        path: "model-quality-job-definition",
        ..DEFINITION
    },
    Kind {
        id: "sagemaker:model-bias-job-definition",
        noun: "ModelBiasJobDefinition",
        plural: "ModelBiasJobDefinitions",
        path: "model-bias-job-definition",
        ..DEFINITION
    },
    Kind {
        id: "sagemaker:model-explainability-job-definition",
        noun: "ModelExplainabilityJobDefinition",
        plural: "ModelExplainabilityJobDefinitions",
        path: "model-explainability-job-definition",
        ..DEFINITION
    },
    Kind {
        id: "sagemaker:flow-definition",
        noun: "FlowDefinition",
        plural: "FlowDefinitions",
        rows: "FlowDefinitionSummaries",
        name: "FlowDefinitionName",
        arn: "FlowDefinitionArn",
        path: "flow-definition",
        status: "FlowDefinitionStatus",
        fresh: ("Initializing", "Active", SMALL_TIME),
        ..SLOW
    },
    Kind {
        id: "sagemaker:hub",
        noun: "Hub",
        plural: "Hubs",
        rows: "HubSummaries",
        name: "HubName",
        arn: "HubArn",
        path: "hub",
        row: &["HubDisplayName", "HubDescription", "HubSearchKeywords"],
        status: "HubStatus",
        fresh: ("Creating", "InService", SMALL_TIME),
        ..SLOW
    },
    Kind {
        id: "sagemaker:model-card",
        noun: "ModelCard",
        plural: "ModelCards",
        rows: "ModelCardSummaries",
        name: "ModelCardName",
        arn: "ModelCardArn",
        path: "model-card",
        row: &["ModelCardStatus"],
        ..PLAIN
    },
    Kind {
        id: "sagemaker:algorithm",
        noun: "Algorithm",
        plural: "Algorithms",
        rows: "AlgorithmSummaryList",
        name: "AlgorithmName",
        arn: "AlgorithmArn",
        path: "algorithm",
        row: &["AlgorithmDescription"],
        status: "AlgorithmStatus",
        fresh: ("Pending", "Completed", SMALL_TIME),
        ..SLOW
    },
    Kind {
        id: "sagemaker:project",
        noun: "Project",
        plural: "Projects",
        rows: "ProjectSummaryList",
        name: "ProjectName",
        arn: "ProjectArn",
        path: "project",
        row: &["ProjectDescription", "ProjectId"],
        status: "ProjectStatus",
        fresh: ("CreateInProgress", "CreateCompleted", SMALL_TIME),
        delete: Delete::Slow { when: &[], status: "DeleteInProgress", time: SMALL_TIME },
        missing: Missing::Validation("Project {} does not exist."),
        ..PLAIN
    },
];
