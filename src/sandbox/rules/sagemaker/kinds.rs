//! SageMaker's kinds as data: what their calls are called, and how long things take.

use std::time::Duration;

/// One kind. Its calls are `Create`, `Describe`, `Delete`, `Stop` + [`Kind::noun`] and
/// `List` + [`Kind::plural`].
pub struct Kind {
    pub id: &'static str,
    pub noun: &'static str,
    pub plural: &'static str,
    /// The member of the list's answer that holds the rows.
    pub rows: &'static str,
    /// The member that names it, in requests and answers.
    pub name: &'static str,
    pub arn: &'static str,
    /// The ARN's resource part before the name.
    pub path: &'static str,
    /// The members of a list's row, beside name, ARN, status and times.
    pub row: &'static [&'static str],
    /// The member that holds its status; empty if it has none.
    pub status: &'static str,
    /// Its statuses when it is new and when it is ready, and how long that takes.
    pub fresh: (&'static str, &'static str, Duration),
    pub delete: Delete,
    pub stop: Option<Stop>,
    pub missing: Missing,
}

/// How a kind goes.
pub enum Delete {
    /// AWS has no such call.
    Never,
    /// At once, in any of these statuses (none given: in any).
    Now(&'static [&'static str]),
    /// In the background.
    Slow { when: &'static [&'static str], status: &'static str, time: Duration },
}

/// How a kind stops: out of which statuses, by way of which one, into which one.
pub struct Stop {
    pub from: &'static [&'static str],
    pub via: &'static str,
    pub into: &'static str,
    pub time: Duration,
}

/// How SageMaker says that there is none.
pub enum Missing {
    /// `ResourceNotFound`.
    NotFound,
    /// `ValidationException` with this text; `{}` is the ARN.
    Validation(&'static str),
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Botocore's waiters poll an endpoint 60 times every 30 s; terraform's own logs show 1 to 5 min.
const ENDPOINT_TIME: Duration = seconds(120);
/// Waiter `NotebookInstanceStopped`, `NotebookInstanceDeleted`: 60 times every 30 s.
const NOTEBOOK_TIME: Duration = seconds(90);
/// `StopTrainingJob`: "gives algorithms 120 seconds to stop".
pub const JOB_STOP_TIME: Duration = seconds(120);
/// Terraform's timeouts and logs: a domain takes 5 to 20 min.
const DOMAIN_TIME: Duration = seconds(360);
/// An app takes 1 to 5 min.
const APP_TIME: Duration = seconds(120);
/// Terraform waits up to 45 min for an MLflow tracking server to be made or deleted.
const TRACKING_SERVER_TIME: Duration = seconds(1200);
/// No published figure; polled for minutes by terraform.
pub const SMALL_TIME: Duration = seconds(30);

/// A stop as jobs do it.
const JOB_STOP: Option<Stop> =
    Some(Stop { from: &["InProgress"], via: "Stopping", into: "Stopped", time: JOB_STOP_TIME });
const ENDED: &[&str] = &["Completed", "Failed", "Stopped"];

/// A row for what has neither status nor conditions.
pub const PLAIN: Kind = Kind {
    id: "",
    noun: "",
    plural: "",
    rows: "",
    name: "",
    arn: "",
    path: "",
    row: &[],
    status: "",
    fresh: ("", "", Duration::ZERO),
    delete: Delete::Now(&[]),
    stop: None,
    missing: Missing::NotFound,
};

/// A row for a job: it runs, it is stopped or ends.
pub const JOB: Kind = Kind {
    fresh: ("InProgress", "InProgress", Duration::ZERO),
    delete: Delete::Now(ENDED),
    stop: JOB_STOP,
    ..PLAIN
};

pub const KINDS: &[Kind] = &[
    Kind {
        id: "sagemaker:endpoint",
        noun: "Endpoint",
        plural: "Endpoints",
        rows: "Endpoints",
        name: "EndpointName",
        arn: "EndpointArn",
        path: "endpoint",
        status: "EndpointStatus",
        fresh: ("Creating", "InService", ENDPOINT_TIME),
        delete: Delete::Slow {
            when: &["InService", "OutOfService", "Failed", "UpdateRollbackFailed"],
            status: "Deleting",
            time: ENDPOINT_TIME,
        },
        missing: Missing::Validation("Could not find endpoint \"{}\"."),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:endpoint-config",
        noun: "EndpointConfig",
        plural: "EndpointConfigs",
        rows: "EndpointConfigs",
        name: "EndpointConfigName",
        arn: "EndpointConfigArn",
        path: "endpoint-config",
        missing: Missing::Validation("Could not find endpoint configuration \"{}\"."),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:model",
        noun: "Model",
        plural: "Models",
        rows: "Models",
        name: "ModelName",
        arn: "ModelArn",
        path: "model",
        missing: Missing::Validation("Could not find model \"{}\"."),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:notebook-instance",
        noun: "NotebookInstance",
        plural: "NotebookInstances",
        rows: "NotebookInstances",
        name: "NotebookInstanceName",
        arn: "NotebookInstanceArn",
        path: "notebook-instance",
        row: &[
            "InstanceType",
            "Url",
            "NotebookInstanceLifecycleConfigName",
            "DefaultCodeRepository",
            "AdditionalCodeRepositories",
        ],
        status: "NotebookInstanceStatus",
        fresh: ("Pending", "InService", NOTEBOOK_TIME),
        delete: Delete::Slow {
            when: &["Stopped", "Failed"],
            status: "Deleting",
            time: NOTEBOOK_TIME,
        },
        stop: Some(Stop {
            from: &["InService"],
            via: "Stopping",
            into: "Stopped",
            time: NOTEBOOK_TIME,
        }),
        missing: Missing::Validation("RecordNotFound"),
    },
    Kind {
        id: "sagemaker:notebook-lifecycle-config",
        noun: "NotebookInstanceLifecycleConfig",
        plural: "NotebookInstanceLifecycleConfigs",
        rows: "NotebookInstanceLifecycleConfigs",
        name: "NotebookInstanceLifecycleConfigName",
        arn: "NotebookInstanceLifecycleConfigArn",
        path: "notebook-instance-lifecycle-config",
        missing: Missing::Validation(
            "Unable to describe Notebook Instance Lifecycle Config '{}'. Details: Notebook \
             Instance Lifecycle Config does not exist.",
        ),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:training-job",
        noun: "TrainingJob",
        plural: "TrainingJobs",
        rows: "TrainingJobSummaries",
        name: "TrainingJobName",
        arn: "TrainingJobArn",
        path: "training-job",
        row: &["TrainingEndTime", "SecondaryStatus", "WarmPoolStatus"],
        status: "TrainingJobStatus",
        delete: Delete::Slow { when: ENDED, status: "Deleting", time: SMALL_TIME },
        ..JOB
    },
    Kind {
        id: "sagemaker:processing-job",
        noun: "ProcessingJob",
        plural: "ProcessingJobs",
        rows: "ProcessingJobSummaries",
        name: "ProcessingJobName",
        arn: "ProcessingJobArn",
        path: "processing-job",
        row: &["ProcessingEndTime", "FailureReason", "ExitMessage"],
        status: "ProcessingJobStatus",
        ..JOB
    },
    Kind {
        id: "sagemaker:transform-job",
        noun: "TransformJob",
        plural: "TransformJobs",
        rows: "TransformJobSummaries",
        name: "TransformJobName",
        arn: "TransformJobArn",
        path: "transform-job",
        row: &["TransformEndTime", "FailureReason"],
        status: "TransformJobStatus",
        delete: Delete::Never,
        ..JOB
    },
    Kind {
        id: "sagemaker:hyper-parameter-tuning-job",
        noun: "HyperParameterTuningJob",
        plural: "HyperParameterTuningJobs",
        rows: "HyperParameterTuningJobSummaries",
        name: "HyperParameterTuningJobName",
        arn: "HyperParameterTuningJobArn",
        path: "hyper-parameter-tuning-job",
        row: &[
            "Strategy",
            "HyperParameterTuningEndTime",
            "TrainingJobStatusCounters",
            "ObjectiveStatusCounters",
            "ResourceLimits",
        ],
        status: "HyperParameterTuningJobStatus",
        ..JOB
    },
    Kind {
        id: "sagemaker:domain",
        noun: "Domain",
        plural: "Domains",
        rows: "Domains",
        name: "DomainId",
        arn: "DomainArn",
        path: "domain",
        row: &["DomainName", "Url"],
        status: "Status",
        fresh: ("Pending", "InService", DOMAIN_TIME),
        delete: Delete::Slow { when: &[], status: "Deleting", time: DOMAIN_TIME },
        ..PLAIN
    },
    Kind {
        id: "sagemaker:user-profile",
        noun: "UserProfile",
        plural: "UserProfiles",
        rows: "UserProfiles",
        name: "UserProfileName",
        arn: "UserProfileArn",
        path: "user-profile",
        row: &["DomainId"],
        status: "Status",
        fresh: ("Pending", "InService", SMALL_TIME),
        delete: Delete::Slow { when: &[], status: "Deleting", time: SMALL_TIME },
        ..PLAIN
    },
    Kind {
        id: "sagemaker:space",
        noun: "Space",
        plural: "Spaces",
        rows: "Spaces",
        name: "SpaceName",
        arn: "SpaceArn",
        path: "space",
        row: &["DomainId", "SpaceDisplayName"],
        status: "Status",
        fresh: ("Pending", "InService", SMALL_TIME),
        delete: Delete::Slow { when: &[], status: "Deleting", time: SMALL_TIME },
        missing: Missing::Validation("RecordNotFound"),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:app",
        noun: "App",
        plural: "Apps",
        rows: "Apps",
        name: "AppName",
        arn: "AppArn",
        path: "app",
        row: &["DomainId", "UserProfileName", "SpaceName", "AppType", "ResourceSpec"],
        status: "Status",
        fresh: ("Pending", "InService", APP_TIME),
        delete: Delete::Slow { when: &[], status: "Deleting", time: APP_TIME },
        missing: Missing::Validation("RecordNotFound"),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:model-package",
        noun: "ModelPackage",
        plural: "ModelPackages",
        rows: "ModelPackageSummaryList",
        name: "ModelPackageName",
        arn: "ModelPackageArn",
        path: "model-package",
        row: &[
            "ModelPackageGroupName",
            "ModelPackageVersion",
            "ModelPackageDescription",
            "ModelApprovalStatus",
        ],
        status: "ModelPackageStatus",
        fresh: ("Completed", "Completed", Duration::ZERO),
        missing: Missing::Validation("ModelPackage {} does not exist."),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:model-package-group",
        noun: "ModelPackageGroup",
        plural: "ModelPackageGroups",
        rows: "ModelPackageGroupSummaryList",
        name: "ModelPackageGroupName",
        arn: "ModelPackageGroupArn",
        path: "model-package-group",
        row: &["ModelPackageGroupDescription"],
        status: "ModelPackageGroupStatus",
        fresh: ("Completed", "Completed", Duration::ZERO),
        delete: Delete::Slow { when: &[], status: "Deleting", time: SMALL_TIME },
        missing: Missing::Validation("ModelPackageGroup {} does not exist."),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:pipeline",
        noun: "Pipeline",
        plural: "Pipelines",
        rows: "PipelineSummaries",
        name: "PipelineName",
        arn: "PipelineArn",
        path: "pipeline",
        row: &["PipelineDisplayName", "PipelineDescription", "RoleArn", "LastExecutionTime"],
        status: "PipelineStatus",
        fresh: ("Active", "Active", Duration::ZERO),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:cluster",
        noun: "Cluster",
        plural: "Clusters",
        rows: "ClusterSummaries",
        name: "ClusterName",
        arn: "ClusterArn",
        path: "cluster",
        status: "ClusterStatus",
        fresh: ("Creating", "InService", SMALL_TIME),
        delete: Delete::Slow {
            when: &["InService", "Failed"],
            status: "Deleting",
            time: SMALL_TIME,
        },
        ..PLAIN
    },
    Kind {
        id: "sagemaker:feature-group",
        noun: "FeatureGroup",
        plural: "FeatureGroups",
        rows: "FeatureGroupSummaries",
        name: "FeatureGroupName",
        arn: "FeatureGroupArn",
        path: "feature-group",
        row: &["OfflineStoreStatus"],
        status: "FeatureGroupStatus",
        fresh: ("Creating", "Created", SMALL_TIME),
        delete: Delete::Slow { when: &[], status: "Deleting", time: SMALL_TIME },
        ..PLAIN
    },
    Kind {
        id: "sagemaker:inference-component",
        noun: "InferenceComponent",
        plural: "InferenceComponents",
        rows: "InferenceComponents",
        name: "InferenceComponentName",
        arn: "InferenceComponentArn",
        path: "inference-component",
        row: &["EndpointName", "EndpointArn", "VariantName"],
        status: "InferenceComponentStatus",
        fresh: ("Creating", "InService", ENDPOINT_TIME),
        delete: Delete::Slow { when: &[], status: "Deleting", time: SMALL_TIME },
        missing: Missing::Validation("Could not find inference component \"{}\"."),
        ..PLAIN
    },
    Kind {
        id: "sagemaker:mlflow-tracking-server",
        noun: "MlflowTrackingServer",
        plural: "MlflowTrackingServers",
        rows: "TrackingServerSummaries",
        name: "TrackingServerName",
        arn: "TrackingServerArn",
        path: "mlflow-tracking-server",
        row: &["IsActive", "MlflowVersion"],
        status: "TrackingServerStatus",
        fresh: ("Creating", "Created", TRACKING_SERVER_TIME),
        delete: Delete::Slow { when: &[], status: "Deleting", time: TRACKING_SERVER_TIME },
        ..PLAIN
    },
    Kind {
        id: "sagemaker:monitoring-schedule",
        noun: "MonitoringSchedule",
        plural: "MonitoringSchedules",
        rows: "MonitoringScheduleSummaries",
        name: "MonitoringScheduleName",
        arn: "MonitoringScheduleArn",
        path: "monitoring-schedule",
        row: &["EndpointName", "MonitoringJobDefinitionName", "MonitoringType"],
        status: "MonitoringScheduleStatus",
        fresh: ("Pending", "Scheduled", SMALL_TIME),
        ..PLAIN
    },
];

/// The deleted app stays in the lists for about a day.
pub const APP_REMAINS: Duration = seconds(24 * 3600);
/// How long a started notebook takes.
pub const NOTEBOOK_START: Duration = NOTEBOOK_TIME;
/// How long a stopped pipeline execution takes.
pub const EXECUTION_STOP: Duration = JOB_STOP_TIME;
