//! Kinds of the service `sagemaker`.

use super::ResourceKind;
use of::Of;

mod again;
mod app;
mod cluster;
mod common;
mod domain;
mod endpoint;
mod endpoint_config;
mod feature_group;
mod hyper_parameter_tuning_job;
mod image_version;
mod inference_component;
mod mlflow_tracking_server;
mod model;
mod model_package;
mod model_package_group;
mod monitoring_schedule;
mod notebook_instance;
mod notebook_lifecycle_config;
mod of;
mod pipeline;
mod processing_job;
mod references;
mod seen;
mod shown;
mod space;
mod tags;
#[cfg(all(test, feature = "sandbox"))]
mod tests;
mod training_job;
mod transform_job;
mod user_profile;

/// Every kind of this service.
pub const KINDS: &[&dyn ResourceKind] = &[
    &Of(endpoint::Endpoint),
    &Of(endpoint_config::EndpointConfig),
    &Of(model::Model),
    &Of(notebook_instance::NotebookInstance),
    &Of(notebook_lifecycle_config::NotebookLifecycleConfig),
    &Of(training_job::TrainingJob),
    &Of(processing_job::ProcessingJob),
    &Of(transform_job::TransformJob),
    &Of(hyper_parameter_tuning_job::HyperParameterTuningJob),
    &Of(domain::Domain),
    &Of(user_profile::UserProfile),
    &Of(space::Space),
    &Of(app::App),
    &Of(model_package::ModelPackage),
    &Of(model_package_group::ModelPackageGroup),
    &Of(pipeline::Pipeline),
    &Of(cluster::Cluster),
    &Of(feature_group::FeatureGroup),
    &Of(inference_component::InferenceComponent),
    &Of(mlflow_tracking_server::MlflowTrackingServer),
    &Of(monitoring_schedule::MonitoringSchedule),
    &Of(seen::jobs::COMPILATION_JOB),
    &Of(seen::jobs::OPTIMIZATION_JOB),
    &Of(seen::jobs::AI_BENCHMARK_JOB),
    &Of(seen::jobs::AI_RECOMMENDATION_JOB),
    &Of(seen::jobs::AUTO_ML_JOB),
    &Of(seen::jobs::LABELING_JOB),
    &Of(seen::jobs::INFERENCE_RECOMMENDATIONS_JOB),
    &Of(seen::jobs::INFERENCE_EXPERIMENT),
    &Of(seen::settings::AI_WORKLOAD_CONFIG),
    &Of(seen::settings::IMAGE),
    &Of(image_version::ImageVersion),
    &Of(seen::settings::APP_IMAGE_CONFIG),
    &Of(seen::settings::MLFLOW_APP),
    &Of(seen::settings::PARTNER_APP),
    &Of(seen::settings::DATA_QUALITY_JOB_DEFINITION),
    &Of(seen::settings::MODEL_QUALITY_JOB_DEFINITION),
    &Of(seen::settings::MODEL_BIAS_JOB_DEFINITION),
    &Of(seen::settings::MODEL_EXPLAINABILITY_JOB_DEFINITION),
    &Of(seen::settings::FLOW_DEFINITION),
    &Of(seen::settings::HUB),
    &Of(seen::settings::MODEL_CARD),
    &Of(seen::settings::ALGORITHM),
    &Of(seen::settings::PROJECT),
];
