//! Kinds of the service `sagemaker`.

use super::ResourceKind;
use common::Of;

mod common;
mod endpoint;
mod endpoint_config;
mod hyper_parameter_tuning_job;
mod model;
mod notebook_instance;
mod notebook_lifecycle_config;
mod processing_job;
mod references;
mod shown;
mod training_job;
mod transform_job;

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
];
