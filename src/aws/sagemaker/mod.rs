//! Kinds of the service `sagemaker`.

use super::ResourceKind;
use common::Of;

mod again;
mod app;
mod cluster;
mod common;
mod domain;
mod endpoint;
mod endpoint_config;
mod feature_group;
mod hyper_parameter_tuning_job;
mod inference_component;
mod mlflow_tracking_server;
mod model;
mod model_package;
mod model_package_group;
mod monitoring_schedule;
mod notebook_instance;
mod notebook_lifecycle_config;
mod pipeline;
mod processing_job;
mod references;
mod shown;
mod space;
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
];
